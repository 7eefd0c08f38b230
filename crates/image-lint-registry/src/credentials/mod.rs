//! Credentials as docker, podman and the kubelet find them: where they come from is always told, their value never.
//!
//! The first source that has something for a host wins; the order is that of `Store::new`. Nothing of the linted
//! repository is ever read here.

mod docker_config;
mod helper;
mod kubeconfig;
pub(super) mod pull_secret;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::secret::Secret;
use crate::settings::{Settings, SetupError, Trust};
use docker_config::{Config, Entry};
use helper::Helper;

/// What proves who we are.
#[derive(Clone)]
pub enum Kind {
    Password {
        user: String,
        password: Secret,
    },
    /// Exchanged for a bearer token by POST.
    IdentityToken(Secret),
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
    /// `key` is the entry that the credentials stand under: two entries of one file may be two accounts.
    fn new(kind: Kind, source: &str, key: &str) -> Self {
        let user = match &kind {
            Kind::Password { user, .. } => user.as_str(),
            Kind::IdentityToken(_) => "<identity token>",
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
    /// A pull secret, matched as the kubelet does.
    PullSecret { name: String, config: Config },
    /// The current `oc login`, for the hosts the user names.
    Kubeconfig { name: String, path: PathBuf },
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

/// A file of credentials is never larger.
const MAX_FILE: u64 = 4 * 1024 * 1024;

impl Store {
    /// Reads the sources that the settings and the environment name.
    ///
    /// # Errors
    /// A source that the user named explicitly cannot be read. Its content is not quoted.
    pub fn new(settings: &Settings) -> Result<Store, SetupError> {
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
        let named = |path: &Path, name: String| match read_config(path) {
            Ok(config) => Ok(Source::Config { name, config }),
            Err(why) => Err(SetupError::Credentials {
                source_name: name,
                why,
            }),
        };
        if let Some(path) = &settings.authfile {
            store.sources.push(named(path, path.display().to_string())?);
        }
        // For a stranger's tree the files that are named for it count, and no others.
        let usual = settings.trust == Trust::Trusted;
        if let Some(path) = environment.registry_auth_file.as_ref().filter(|_| usual) {
            store.sources.push(named(
                path,
                format!("{} (REGISTRY_AUTH_FILE)", path.display()),
            )?);
        }
        if let Some(text) = environment.docker_auth_config.as_ref().filter(|_| usual) {
            let name = "DOCKER_AUTH_CONFIG".to_owned();
            match Config::parse(text.as_bytes()) {
                Ok(config) => store.sources.push(Source::Config { name, config }),
                Err(why) => {
                    return Err(SetupError::Credentials {
                        source_name: name,
                        why,
                    });
                }
            }
        }
        for path in usual_files(settings)
            .into_iter()
            .filter(|path| usual && path.is_file())
        {
            let name = shorten(&path, environment.home.as_deref());
            store.sources.push(match read_config(&path) {
                Ok(config) => Source::Config { name, config },
                Err(why) => Source::Unusable { name, why },
            });
        }
        for path in &settings.pull_secrets {
            let name = path.display().to_string();
            match read(path).and_then(|bytes| pull_secret::parse(&bytes)) {
                Ok(config) => store.sources.push(Source::PullSecret { name, config }),
                Err(why) => {
                    return Err(SetupError::Credentials {
                        source_name: name,
                        why,
                    });
                }
            }
        }
        if usual && !settings.kubeconfig_hosts.is_empty() {
            let usual = environment
                .home
                .as_ref()
                .map(|home| home.join(".kube/config"));
            if let Some(path) = environment.kubeconfig.clone().or(usual) {
                store.sources.push(Source::Kubeconfig {
                    name: shorten(&path, environment.home.as_deref()),
                    path,
                });
            }
        }
        Ok(store)
    }

    /// The credentials for a repository on a host, as the user writes the host (`docker.io`), and what was tried.
    pub async fn find(&self, host: &str, repository: &str) -> (Option<Login>, Vec<String>) {
        let host = docker_config::canonical_host(host);
        let mut tried = Vec::new();
        if self.is_anonymous(&host) {
            tried.push(format!(
                "the user's configuration: no credentials for {host}"
            ));
            return (None, tried);
        }
        for source in &self.sources {
            let found = match source {
                Source::Unusable { name, why } => {
                    tried.push(self.trouble(format!("{name}: {why}")));
                    continue;
                }
                Source::Kubeconfig { name, path } => {
                    if !self.has_oc_login(&host) {
                        continue;
                    }
                    let token = read(path).and_then(|bytes| kubeconfig::token(&bytes));
                    token.map(|token| {
                        // The registry of OpenShift takes any user name with a token.
                        let kind = Kind::Password {
                            user: "unused".into(),
                            password: token,
                        };
                        Some((Login::new(kind, name, &host), name.clone()))
                    })
                }
                Source::PullSecret { name, config } => {
                    Ok(pull_secret::find(config, &host, repository)
                        .map(|(key, kind)| (Login::new(kind, name, key), name.clone())))
                }
                Source::Config { name, config } => {
                    self.in_config(name, config, &host, repository, &mut tried)
                        .await
                }
            };
            match found {
                Ok(Some((login, place))) => {
                    tried.push(format!("{place}: used"));
                    return (Some(login), tried);
                }
                Ok(None) => tried.push(format!("{}: nothing for {host}", source.name())),
                Err(why) => tried.push(self.trouble(format!("{}: {why}", source.name()))),
            }
        }
        (None, tried)
    }

    /// Whose answers are kept together between runs: the source and user that [`find`](Self::find) would come to,
    /// without running a helper, so that an answer can be found offline and at once. Empty: nobody's.
    pub fn identity(&self, host: &str, repository: &str) -> String {
        let host = docker_config::canonical_host(host);
        if self.is_anonymous(&host) {
            return String::new();
        }
        let of_entry = |name: &str, config: &Config, key: &str| match config.entry(key) {
            Some(Entry::Usable(kind)) => Some(Login::new(kind.clone(), name, key).identity),
            _ => None,
        };
        let found = self.sources.iter().find_map(|source| match source {
            Source::Unusable { .. } => None,
            Source::Kubeconfig { name, .. } => self.has_oc_login(&host).then(|| name.clone()),
            Source::PullSecret { name, config } => pull_secret::find(config, &host, repository)
                .map(|(key, kind)| Login::new(kind, name, key).identity),
            Source::Config { name, config } => docker_config::keys(&host, repository)
                .into_iter()
                .find_map(|key| {
                    let helper = config
                        .helpers_for(&key)
                        .next()
                        .filter(|_| self.helpers_trusted);
                    helper
                        .map(|helper| format!("docker-credential-{helper} ({name}) for {key}"))
                        .or_else(|| of_entry(name, config, &key))
                }),
        });
        found.unwrap_or_default()
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

    fn trouble(&self, words: String) -> String {
        self.troubles
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(words.clone());
        words
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

    /// The token of the current `oc login`, as a password; None when no host may have it or there is none.
    pub fn openshift_token(&self) -> Option<Kind> {
        let path = self.sources.iter().find_map(|source| match source {
            Source::Kubeconfig { path, .. } => Some(path),
            _ => None,
        })?;
        let token = read(path)
            .and_then(|bytes| kubeconfig::token(&bytes))
            .ok()?;
        Some(Kind::Password {
            user: "unused".into(),
            password: token,
        })
    }

    async fn in_config(
        &self,
        name: &str,
        config: &Config,
        host: &str,
        repository: &str,
        tried: &mut Vec<String>,
    ) -> Result<Option<(Login, String)>, String> {
        for key in docker_config::keys(host, repository) {
            for helper in config.helpers_for(&key) {
                let Some(runner) = &self.helpers else {
                    tried.push(format!(
                        "docker-credential-{helper} ({name}): not run for an untrusted tree or with --offline"
                    ));
                    continue;
                };
                let server = config.server_name(&key);
                let cell = {
                    let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
                    answers
                        .entry((helper.to_owned(), server.clone()))
                        .or_default()
                        .clone()
                };
                match cell.get_or_init(|| runner.get(helper, &server)).await {
                    Ok(Some(kind)) => {
                        let source = format!("docker-credential-{helper} ({name})");
                        return Ok(Some((Login::new(kind.clone(), &source, &key), source)));
                    }
                    Ok(None) => tried.push(format!(
                        "docker-credential-{helper} ({name}): nothing for {key}"
                    )),
                    // A helper that does not work is no reason to fail: docker asks anonymously then, too.
                    Err(why) => tried
                        .push(self.trouble(format!("docker-credential-{helper} ({name}): {why}"))),
                }
            }
            match config.entry(&key) {
                Some(Entry::Usable(kind)) => {
                    return Ok(Some((
                        Login::new(kind.clone(), name, &key),
                        name.to_owned(),
                    )));
                }
                Some(Entry::Broken(why)) => return Err(format!("the entry for {key}: {why}")),
                // `{}` says that a helper has it.
                Some(Entry::Empty) | None => {}
            }
        }
        Ok(None)
    }
}

impl Source {
    fn name(&self) -> &str {
        match self {
            Source::Config { name, .. }
            | Source::PullSecret { name, .. }
            | Source::Kubeconfig { name, .. }
            | Source::Unusable { name, .. } => name,
        }
    }
}

/// The files that docker and containers tools read without being told to.
fn usual_files(settings: &Settings) -> Vec<PathBuf> {
    let environment = &settings.environment;
    let home = environment.home.as_ref();
    let mut paths = Vec::new();
    let docker = environment
        .docker_config
        .clone()
        .or_else(|| home.map(|home| home.join(".docker")));
    paths.extend(docker.map(|folder| folder.join("config.json")));
    paths.extend(
        environment
            .xdg_runtime_dir
            .as_ref()
            .map(|base| base.join("containers/auth.json")),
    );
    paths.extend(
        environment
            .config_home()
            .map(|base| base.join("containers/auth.json")),
    );
    paths.extend(home.map(|home| home.join(".dockercfg")));
    paths
}

fn read_config(path: &Path) -> Result<Config, String> {
    Config::parse(&read(path)?)
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let meta = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !meta.is_file() {
        return Err("it is not a file".to_owned());
    }
    if meta.len() > MAX_FILE {
        return Err("it is too large".to_owned());
    }
    std::fs::read(path).map_err(|error| error.to_string())
}

fn shorten(path: &Path, home: Option<&Path>) -> String {
    match home.and_then(|home| path.strip_prefix(home).ok()) {
        Some(rest) => format!("~/{}", rest.display()),
        None => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Environment;

    fn password(login: &Login) -> (String, String) {
        match &login.kind {
            Kind::Password { user, password } => (user.clone(), password.reveal().to_owned()),
            Kind::IdentityToken(token) | Kind::RegistryToken(token) => {
                (String::new(), token.reveal().to_owned())
            }
        }
    }

    fn auth(host: &str, user: &str) -> String {
        use base64::Engine;
        let auth = base64::engine::general_purpose::STANDARD.encode(format!("{user}:pw"));
        format!(r#"{{"auths":{{"{host}":{{"auth":"{auth}"}}}}}}"#)
    }

    #[tokio::test]
    async fn sources_are_tried_in_the_order_of_the_tools() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str, user: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, auth("quay.io", user)).unwrap();
            path
        };
        let authfile = at("explicit.json", "explicit");
        let registry_auth_file = at("env.json", "env-file");
        at("home/.docker/config.json", "docker");
        at("run/containers/auth.json", "runtime");
        at("home/.config/containers/auth.json", "config");
        std::fs::write(
            folder.path().join("home/.dockercfg"),
            r#"{"quay.io":{"username":"old","password":"pw"}}"#,
        )
        .unwrap();
        let mut settings = Settings {
            authfile: Some(authfile),
            environment: Environment {
                home: Some(folder.path().join("home")),
                registry_auth_file: Some(registry_auth_file),
                docker_auth_config: Some(auth("quay.io", "env-text")),
                xdg_runtime_dir: Some(folder.path().join("run")),
                ..Environment::default()
            },
            ..Settings::default()
        };
        let mut seen = Vec::new();
        for step in 0..6 {
            let (login, tried) = Store::new(&settings)
                .unwrap()
                .find("quay.io", "org/app")
                .await;
            let login = login.unwrap_or_else(|| panic!("step {step}: {tried:?}"));
            assert!(!tried.concat().contains("pw"), "no secret in what is told");
            seen.push(password(&login).0);
            match step {
                0 => settings.authfile = None,
                1 => settings.environment.registry_auth_file = None,
                2 => settings.environment.docker_auth_config = None,
                3 => std::fs::remove_file(folder.path().join("home/.docker/config.json")).unwrap(),
                4 => std::fs::remove_file(folder.path().join("run/containers/auth.json")).unwrap(),
                _ => {}
            }
        }
        assert_eq!(
            seen,
            [
                "explicit", "env-file", "env-text", "docker", "runtime", "config"
            ]
        );
        std::fs::remove_file(folder.path().join("home/.config/containers/auth.json")).unwrap();
        let (login, _) = Store::new(&settings)
            .unwrap()
            .find("quay.io", "org/app")
            .await;
        assert_eq!(password(&login.unwrap()).0, "old");
        settings.use_credentials = false;
        assert!(
            Store::new(&settings)
                .unwrap()
                .find("quay.io", "org/app")
                .await
                .0
                .is_none()
        );
    }

    #[test]
    fn a_broken_variable_is_named_and_not_quoted() {
        let environment = Environment {
            docker_auth_config: Some("{canary-secret".into()),
            ..Environment::default()
        };
        let settings = Settings {
            environment,
            ..Settings::default()
        };
        let error = Store::new(&settings).err().unwrap().to_string();
        assert!(
            error.contains("DOCKER_AUTH_CONFIG") && !error.contains("canary"),
            "{error}"
        );
    }
}
