//! Credentials as docker, podman and the kubelet find them: where they come from is always reported, their value never.
//!
//! What the user names comes first, then what the tools find by themselves, in the order of `Store::new`. A repository
//! may have several; each is tried until one is taken ([`Search`]). Nothing of the linted repository is ever read here.

mod docker_config;
mod files;
mod helper;
pub(super) mod keyring;
mod kubeconfig;
pub(super) mod pull_secret;
mod search;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::secret::Secret;
use crate::settings::{Settings, SetupError, Trust};
use docker_config::Config;
use helper::Helper;
use keyring::Keyring;
pub use search::{Outcome, Search};

/// What proves who we are.
#[derive(Clone)]
pub enum Kind {
    Password {
        user: String,
        password: Secret,
    },
    /// Exchanged for a bearer token by POST; where nobody takes that, a password of this user.
    IdentityToken {
        user: String,
        token: Secret,
    },
    /// A bearer token as it is.
    RegistryToken(Secret),
}

/// Credentials for a host, with their source in words.
#[derive(Clone)]
pub struct Login {
    pub kind: Kind,
    /// `~/.docker/config.json`, `docker-credential-ecr-login`; no secret in it.
    pub source: String,
    /// Distinguishes logins within a run; holds the source and the user, no secret.
    pub identity: String,
}

impl Login {
    /// `key` is the entry that holds the credentials: two entries of one file may be two accounts.
    fn new(kind: Kind, source: &str, key: &str) -> Self {
        let user = match &kind {
            Kind::Password { user, .. } => user.as_str(),
            Kind::IdentityToken { .. } => "<identity token>",
            Kind::RegistryToken(_) => "<registry token>",
        };
        Login {
            identity: format!("{source} as {user} for {key}"),
            source: source.to_owned(),
            kind,
        }
    }
}

enum Source {
    /// A docker or containers file, or `DOCKER_AUTH_CONFIG`.
    Config { name: String, config: Config },
    /// All pull secrets, matched as the kubelet does.
    Keyring(Keyring),
    /// The current `oc login`, for the hosts the user names.
    Kubeconfig { name: String, path: PathBuf },
    /// A helper that `registries.conf` names for all registries.
    Helper { helper: String },
    /// Was looked for and is not usable; in words.
    Unusable { name: String, why: String },
}

/// All sources, in order.
pub struct Store {
    sources: Vec<Source>,
    kubeconfig_hosts: Vec<String>,
    anonymous_hosts: Vec<String>,
    helpers: Option<Helper>,
    /// Helpers count, although offline none is run.
    helpers_trusted: bool,
    /// By helper and server: a helper is run once for each.
    answers: Mutex<HashMap<(String, String), Arc<HelperAnswer>>>,
    /// Sources that were asked and could not be used, in words.
    troubles: Mutex<BTreeSet<String>>,
}

type HelperAnswer = tokio::sync::OnceCell<Result<Option<Kind>, String>>;

/// The name that stands for the files of credentials among the helpers of `registries.conf`
/// (containers-registries.conf.5, "credential-helpers").
const AUTH_FILES: &str = "containers-auth.json";

impl Store {
    /// Reads the sources that the settings, the environment and `registries.conf` name.
    ///
    /// # Errors
    /// A source that the user named explicitly cannot be read. Its content is not quoted.
    pub fn new(settings: &Settings, helpers: &[String]) -> Result<Store, SetupError> {
        let mut store = Store {
            sources: Vec::new(),
            kubeconfig_hosts: settings.kubeconfig_hosts.clone(),
            anonymous_hosts: settings.anonymous_hosts.clone(),
            helpers: None,
            helpers_trusted: settings.trust == Trust::Trusted,
            answers: Mutex::default(),
            troubles: Mutex::default(),
        };
        if !settings.use_credentials {
            return Ok(store);
        }
        let environment = &settings.environment;
        // A stranger's tree must not make programs run, and a helper may ask the network.
        store.helpers = (settings.trust == Trust::Trusted && !settings.offline)
            .then(|| Helper::new(environment.path.clone(), environment.home.clone()));
        store.add_named(settings)?;
        // For a stranger's tree the files that are named for it count, and no others.
        if settings.trust == Trust::Trusted {
            store.add_environment(settings)?;
            store.add_found(settings, helpers);
        }
        Ok(store)
    }

    /// What flags and the user's configuration name.
    fn add_named(&mut self, settings: &Settings) -> Result<(), SetupError> {
        if let Some(path) = &settings.authfile {
            self.sources
                .push(named_file(path, path.display().to_string())?);
        }
        let mut keyring = Keyring::default();
        for path in &settings.pull_secrets {
            let name = path.display().to_string();
            let secret = files::read(path).and_then(|bytes| pull_secret::parse(&bytes));
            match secret {
                Ok(entries) => keyring.add(&name, entries),
                Err(why) => return Err(unreadable(name, why)),
            }
        }
        if !settings.pull_secrets.is_empty() {
            self.sources.push(Source::Keyring(keyring));
        }
        if let Some(path) = kubeconfig_of(settings) {
            let name = files::shorten(&path, settings.environment.home.as_deref());
            self.sources.push(Source::Kubeconfig { name, path });
        }
        Ok(())
    }

    fn add_environment(&mut self, settings: &Settings) -> Result<(), SetupError> {
        let environment = &settings.environment;
        if let Some(path) = &environment.registry_auth_file {
            let name = format!("{} (REGISTRY_AUTH_FILE)", path.display());
            self.sources.push(named_file(path, name)?);
        }
        if let Some(text) = &environment.docker_auth_config {
            let name = "DOCKER_AUTH_CONFIG".to_owned();
            match Config::parse(text.as_bytes()) {
                Ok(config) => self.sources.push(Source::Config { name, config }),
                Err(why) => return Err(unreadable(name, why)),
            }
        }
        Ok(())
    }

    /// What the tools find without being told: the helpers of `registries.conf`, and the usual files in their place.
    fn add_found(&mut self, settings: &Settings, helpers: &[String]) {
        let files_only = [AUTH_FILES.to_owned()];
        let helpers = if helpers.is_empty() {
            &files_only
        } else {
            helpers
        };
        for helper in helpers {
            if helper != AUTH_FILES {
                let helper = helper.clone();
                self.sources.push(Source::Helper { helper });
                continue;
            }
            let home = settings.environment.home.as_deref();
            for path in files::usual(&settings.environment) {
                let name = files::shorten(&path, home);
                self.sources
                    .push(match files::read(&path).and_then(|b| Config::parse(&b)) {
                        Ok(config) => Source::Config { name, config },
                        Err(why) => Source::Unusable { name, why },
                    });
            }
        }
    }

    /// The sources that were looked into so far and could not be used, each once and why.
    pub fn troubles(&self) -> Vec<String> {
        self.troubles
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .cloned()
            .collect()
    }

    fn trouble(&self, words: String) {
        self.troubles
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(words);
    }

    /// The user wants no credentials for this host, whatever is found.
    fn is_anonymous(&self, host: &str) -> bool {
        self.anonymous_hosts
            .iter()
            .any(|named| docker_config::canonical_host(named) == host)
    }

    fn has_oc_login(&self, host: &str) -> bool {
        self.kubeconfig_hosts
            .iter()
            .any(|named| named.eq_ignore_ascii_case(host))
    }
}

/// The kubeconfig whose login goes to the hosts that the user names for it.
fn kubeconfig_of(settings: &Settings) -> Option<PathBuf> {
    let environment = &settings.environment;
    let wanted = settings.trust == Trust::Trusted && !settings.kubeconfig_hosts.is_empty();
    let usual = || {
        let home = environment.home.as_ref()?;
        Some(home.join(".kube/config"))
    };
    environment
        .kubeconfig
        .clone()
        .or_else(usual)
        .filter(|_| wanted)
}

/// The token of the current `oc login`; None when no host may have it or there is none.
pub fn openshift_token(settings: &Settings) -> Option<Secret> {
    let bytes = files::read(&kubeconfig_of(settings)?).ok()?;
    kubeconfig::token(&bytes).ok()
}

/// The user of that token: the registry of OpenShift takes any.
pub const OPENSHIFT_USER: &str = "unused";

fn named_file(path: &Path, name: String) -> Result<Source, SetupError> {
    match files::read(path).and_then(|bytes| Config::parse(&bytes)) {
        Ok(config) => Ok(Source::Config { name, config }),
        Err(why) => Err(unreadable(name, why)),
    }
}

fn unreadable(source_name: String, why: String) -> SetupError {
    SetupError::Credentials { source_name, why }
}

#[cfg(test)]
mod tests;
