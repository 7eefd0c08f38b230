//! What holds for one folder: flags, the client's settings, environment and configuration, settled as for a run.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::app::run::Flags;
use crate::app::settings::Sources;
use crate::app::{Failure, network};
use crate::cli::{LspArgs, NetworkArgs, TrustArg};
use crate::config::{self, Settings, Targets};
use crate::lsp::options::{Options, Trust as Wanted};
use image_lint_model::sanitize;
use image_lint_registry::Trust;

/// The command line, the environment and what the client set: the same for all folders.
#[derive(Clone)]
pub struct Given {
    pub args: LspArgs,
    pub env: BTreeMap<String, String>,
    pub options: Options,
}

impl Given {
    /// Settings and flags may only lower the trust of each other.
    pub fn trust(&self) -> Trust {
        let flag = network::trust(self.args.network.trust, &self.env);
        let client = match self.options.trust {
            Wanted::Auto => network::trust(TrustArg::Auto, &self.env),
            Wanted::Trusted => Trust::Trusted,
            Wanted::Untrusted => Trust::Untrusted,
        };
        match (flag, client) {
            (Trust::Trusted, Trust::Trusted) => Trust::Trusted,
            // The client knows what its user said of this folder; `auto` is a guess.
            (Trust::Untrusted, Trust::Trusted)
                if self.args.network.trust == TrustArg::Auto
                    && self.options.trust == Wanted::Trusted =>
            {
                Trust::Trusted
            }
            _ => Trust::Untrusted,
        }
    }

    /// The flags for a workspace whose trust is decided.
    pub fn trusted_network(&self) -> NetworkArgs {
        NetworkArgs {
            trust: match self.trust() {
                Trust::Trusted => TrustArg::Trusted,
                Trust::Untrusted => TrustArg::Untrusted,
            },
            offline: self.silent().is_some(),
            ..self.args.network.clone()
        }
    }

    /// Why no registry is asked; None: they are.
    pub fn silent(&self) -> Option<&'static str> {
        if self.trust() == Trust::Untrusted {
            return Some("no registry is asked, since this workspace is not trusted");
        }
        let offline = self.options.offline || self.args.network.offline;
        offline.then_some("no registry is asked, since the server is set offline")
    }
}

/// All that is settled for a folder.
pub struct Setup {
    pub settings: Settings,
    pub targets: Targets,
    pub sources: Sources,
}

impl Setup {
    /// `root` is a folder, or one file.
    ///
    /// # Errors
    /// A configuration that cannot be used.
    pub fn new(root: &Path, given: &Given) -> Result<Setup, Failure> {
        let args = &given.args;
        let mut judging = args.judging.clone();
        if let Some(target) = &given.options.target {
            judging.target = Some(target.clone());
        }
        let network = given.trusted_network();
        let flags = Flags {
            sources: &args.sources,
            settings: &args.settings,
            judging: &judging,
            network: &network,
            env: &given.env,
        };
        let paths: Vec<OsString> = vec![root.as_os_str().to_owned()];
        let run = flags.of_paths(&paths)?;
        let sources = run.sources()?;
        let (mut settings, targets) = (run.settings, run.targets);
        without_lost_baseline(&mut settings);
        settings.below.iter_mut().for_each(without_lost_baseline);
        Ok(Setup {
            settings,
            targets,
            sources,
        })
    }

    /// Without any configuration of the folder, where its own cannot be used.
    ///
    /// # Errors
    /// Flags or the user's own file cannot be used.
    pub fn without_config(root: &Path, given: &Given) -> Result<Setup, Failure> {
        let mut given = given.clone();
        given.args.settings.no_config = true;
        given.args.settings.config = None;
        Setup::new(root, &given)
    }
}

/// A baseline that is named and not there is written by nobody here: the findings are shown.
fn without_lost_baseline(settings: &mut Settings) {
    if settings.known.is_none() {
        settings.baseline = None;
    }
}

/// What is wrong, for the user to read.
pub fn words(failure: &Failure) -> String {
    let text = failure.to_string();
    let lines: Vec<_> = text.lines().map(sanitize::line).collect();
    format!("image-lint: {}", lines.join("\n"))
}

/// Whether a change of this file changes what is settled.
pub fn is_setting(path: &Path, settings: &Settings) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let config = name.is_some_and(|name| config::FILE_NAMES.contains(&name));
    let baseline = |settings: &Settings| {
        let named = settings
            .baseline
            .as_ref()
            .map(|named| PathBuf::from(&named.value));
        named.is_some_and(|named| path.ends_with(named))
    };
    config || baseline(settings) || settings.below.iter().any(baseline)
}
