//! What flags, environment and configuration decide, resolved once and in the same way for every command.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use super::ask::Asking;
use super::output::Outputs;
use super::progress::Show;
use super::settings::{self, Sources};
use super::tree_config::TreeConfig;
use super::{Failure, network, untrusted_guard};
use crate::cli::{
    JudgingArgs, LintArgs, LspArgs, MirrorArgs, NetworkArgs, PrePushArgs, ReportArgs, SettingsArgs,
    SourceArgs,
};
use crate::config::{self, Targets};
use image_lint_registry::Trust;

/// The flags of a command that reads sources, and the environment of its process.
#[derive(Clone, Copy)]
pub struct Flags<'a> {
    pub sources: &'a SourceArgs,
    pub settings: &'a SettingsArgs,
    pub judging: &'a JudgingArgs,
    pub network: &'a NetworkArgs,
    pub env: &'a BTreeMap<String, String>,
}

/// A command line that has them all.
pub trait Reads {
    fn flags<'a>(&'a self, env: &'a BTreeMap<String, String>) -> Flags<'a>;
}

macro_rules! reads {
    ($($args:ty),*) => {
        $(impl Reads for $args {
            fn flags<'a>(&'a self, env: &'a BTreeMap<String, String>) -> Flags<'a> {
                Flags {
                    sources: &self.sources,
                    settings: &self.settings,
                    judging: &self.judging,
                    network: &self.network,
                    env,
                }
            }
        })*
    };
}

reads!(LintArgs, LspArgs, MirrorArgs, PrePushArgs);

impl<'a> Flags<'a> {
    /// How far the linted tree is trusted.
    pub fn trust(&self) -> Trust {
        network::trust(self.network.trust, self.env)
    }

    /// The outputs that `args` ask for, after the check that the files which flags name may be read and written.
    ///
    /// # Errors
    /// An output that cannot be used; a flag that a tree without trust must not get.
    pub fn outputs(&self, args: &ReportArgs, on_stderr: bool) -> Result<Outputs, Failure> {
        let mut outputs = Outputs::new(args, self.env, on_stderr)?;
        if self.network.explain_auth {
            outputs.say_more();
        }
        self.check(outputs.paths())?;
        Ok(outputs)
    }

    /// Whether the files that flags name may be read, and those of reports and of a baseline be written.
    ///
    /// # Errors
    /// A flag that a tree without trust must not get.
    pub fn check<'p>(&'p self, reports: impl Iterator<Item = &'p Path>) -> Result<(), Failure> {
        let baseline = self.judging.write_baseline.as_deref();
        let written: Vec<&Path> = reports.chain(baseline).collect();
        let known = self.judging.baseline.as_ref();
        untrusted_guard::check(self.sources, self.settings, known, &written, self.trust())
    }

    /// The configuration of these paths with flags and environment laid over it.
    ///
    /// # Errors
    /// A file, variable or flag that cannot be used.
    pub fn of_paths(&self, paths: &'a [OsString]) -> Result<Run<'a>, Failure> {
        let tree = TreeConfig::Paths {
            paths,
            gitignore: !self.sources.no_gitignore,
        };
        self.resolve(tree, paths)
    }

    /// The same with a configuration from elsewhere.
    ///
    /// # Errors
    /// A file, variable or flag that cannot be used.
    pub fn resolve(&self, tree: TreeConfig<'_>, paths: &'a [OsString]) -> Result<Run<'a>, Failure> {
        let overrides = settings::overrides(self.judging, self.sources, self.network);
        let (settings, config_path) = settings::layered(overrides, tree, self.settings, self.env)?;
        let targets = Targets::new(&settings)?;
        Ok(Run {
            flags: *self,
            paths,
            settings,
            config_path,
            targets,
        })
    }
}

/// A command's run: its flags, what is in force, and the targets that images are judged for.
pub struct Run<'a> {
    pub flags: Flags<'a>,
    paths: &'a [OsString],
    pub settings: config::Settings,
    /// The configuration file that counts for the whole run.
    pub config_path: Option<String>,
    pub targets: Targets,
}

impl Run<'_> {
    /// What is read.
    ///
    /// # Errors
    /// A glob, a `--set` or a values file that cannot be used.
    pub fn sources(&self) -> Result<Sources, Failure> {
        let Flags { sources, env, .. } = self.flags;
        let jobs = self.flags.settings.jobs;
        let mut sources = settings::sources(self.paths, sources, &self.settings, jobs, env)?;
        sources.input.links = untrusted_guard::links(self.flags.trust(), env);
        Ok(sources)
    }

    /// Starts asking with the client that flags, environment and configuration describe.
    ///
    /// # Errors
    /// A file, host or proxy that cannot be used.
    pub fn ask(&self, reporting: &ReportArgs) -> Result<Asking, Failure> {
        let Flags { network, env, .. } = self.flags;
        let mut settings = network::settings(network, &self.settings, env);
        let show = Show::new(reporting, env);
        settings.watch = show.watch();
        let options = network::ask_options(network, &settings, env);
        Asking::start(settings, options, show.progress())
    }
}
