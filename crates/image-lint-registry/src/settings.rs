//! What the user decided about asking registries: plain data, read once, so that tests need no process environment.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::watch::Watch;
use image_lint_model::manifest::{Format, Platform};

/// Where answers are kept between runs.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum CacheMode {
    #[default]
    Off,
    /// In this folder, which is made when it is missing. It must lie outside the repository.
    Folder {
        folder: PathBuf,
        /// How long the answer to a tag counts; zero for never (CI).
        tag_life: Duration,
        /// How long the answer to a digest counts.
        digest_life: Duration,
    },
}

impl CacheMode {
    /// The usual folder, `$XDG_CACHE_HOME/image-lint` or `~/.cache/image-lint`; off when there is no home.
    pub fn usual(environment: &Environment, tag_life: Duration) -> CacheMode {
        let base = environment
            .xdg_cache_home
            .clone()
            .filter(|p| p.is_absolute())
            .or_else(|| environment.home.as_ref().map(|home| home.join(".cache")))
            // A relative home would be a folder of the linted tree.
            .filter(|base| base.is_absolute());
        match base {
            Some(base) => CacheMode::Folder {
                folder: base.join("image-lint"),
                tag_life,
                digest_life: Duration::from_secs(30 * 24 * 3600),
            },
            None => CacheMode::Off,
        }
    }
}

/// Whether the tree that names the images may be believed (a fork's pull request may not).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Trust {
    /// In-house addresses may be asked.
    #[default]
    Trusted,
    /// Only public addresses are asked, no credential helper runs, and the number of hosts is bounded.
    Untrusted,
}

/// What a name without a registry stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ShortNames {
    /// `docker.io`, as for docker and the kubelet.
    #[default]
    Docker,
    /// The aliases and the search list of `registries.conf`, as for podman and CRI-O.
    RegistriesConf,
    /// An error of whoever wrote it; asked as docker does.
    Error,
}

/// The process environment, captured once. It has no `Debug`: `docker_auth_config` and proxies hold secrets.
#[derive(Clone, Default)]
pub struct Environment {
    pub home: Option<PathBuf>,
    pub docker_config: Option<PathBuf>,
    pub registry_auth_file: Option<PathBuf>,
    /// `CONTAINERS_REGISTRIES_CONF`, read in place of all other `registries.conf`.
    pub registries_conf: Option<PathBuf>,
    /// `DOCKER_AUTH_CONFIG`: the JSON itself.
    pub docker_auth_config: Option<String>,
    pub xdg_config_home: Option<PathBuf>,
    pub xdg_runtime_dir: Option<PathBuf>,
    pub xdg_cache_home: Option<PathBuf>,
    pub kubeconfig: Option<PathBuf>,
    pub https_proxy: Option<String>,
    pub http_proxy: Option<String>,
    pub no_proxy: Option<String>,
    /// `PATH`, where credential helpers are looked for.
    pub path: Option<std::ffi::OsString>,
    /// Folder of the system's settings (`/etc`); None reads none of them.
    pub etc: Option<PathBuf>,
    /// Folder of what ends with the system's run (`/run`); None reads nothing of it.
    pub run: Option<PathBuf>,
}

impl Environment {
    /// From the variables of a process.
    pub fn of(variables: &BTreeMap<String, String>) -> Self {
        let text = |name: &str| {
            variables
                .get(name)
                .filter(|value| !value.is_empty())
                .cloned()
        };
        let path = |name: &str| text(name).map(PathBuf::from);
        Environment {
            home: path("HOME"),
            docker_config: path("DOCKER_CONFIG"),
            registry_auth_file: path("REGISTRY_AUTH_FILE"),
            registries_conf: path("CONTAINERS_REGISTRIES_CONF"),
            docker_auth_config: text("DOCKER_AUTH_CONFIG"),
            xdg_config_home: path("XDG_CONFIG_HOME"),
            xdg_runtime_dir: path("XDG_RUNTIME_DIR"),
            xdg_cache_home: path("XDG_CACHE_HOME"),
            kubeconfig: path("KUBECONFIG"),
            https_proxy: text("HTTPS_PROXY").or_else(|| text("https_proxy")),
            // Only the lower-case spelling: `HTTP_PROXY` can be set by a request header in CGI programs.
            http_proxy: text("http_proxy"),
            no_proxy: text("NO_PROXY").or_else(|| text("no_proxy")),
            path: text("PATH").map(Into::into),
            etc: Some(PathBuf::from("/etc")),
            run: Some(PathBuf::from("/run")),
        }
    }

    /// `${XDG_CONFIG_HOME:-~/.config}`
    pub fn config_home(&self) -> Option<PathBuf> {
        self.xdg_config_home
            .clone()
            .filter(|p| p.is_absolute())
            .or_else(|| self.home.as_ref().map(|home| home.join(".config")))
    }
}

/// Everything a [`Client`](crate::Client) is made from.
#[derive(Clone)]
pub struct Settings {
    /// Requests in flight to one host.
    pub per_host: usize,
    /// Requests in flight in all.
    pub total: usize,
    /// For one request with its answer.
    pub timeout: Duration,
    pub connect_timeout: Duration,
    /// For the whole run, from the client's making.
    pub deadline: Option<Duration>,
    /// Tries of one request that fails for a reason that may pass.
    pub tries: u32,
    /// Pause before the second try; it doubles for each further one.
    pub first_pause: Duration,
    /// Pause before the late second pass over what nobody knows.
    pub late_pause: Duration,
    /// Longest wait that a registry may ask for with `Retry-After`.
    pub longest_wait: Duration,
    /// Hosts (`host` or `host:port`) that are asked over plain HTTP; they may be loopback.
    pub plain_http: Vec<String>,
    /// PEM files with further certificate authorities.
    pub extra_ca: Vec<PathBuf>,
    /// `--use-mirrors`: the mirrors of `registries.conf` are asked before the registry itself.
    pub use_mirrors: bool,
    pub short_names: ShortNames,
    pub offline: bool,
    pub cache: CacheMode,
    pub trust: Trust,
    pub use_credentials: bool,
    /// `--authfile`
    pub authfile: Option<PathBuf>,
    /// Kubernetes Secrets (`kubernetes.io/dockerconfigjson`, `kubernetes.io/dockercfg`) or plain docker configs.
    pub pull_secrets: Vec<PathBuf>,
    /// Hosts (`host` or `host:port`) that may be asked whatever their address is.
    pub allow_hosts: Vec<String>,
    /// Registries that take the current `oc login` token.
    pub kubeconfig_hosts: Vec<String>,
    /// Registries that get no credentials, whatever is found.
    pub anonymous_hosts: Vec<String>,
    /// Further (registry host, token host) pairs that may share credentials.
    pub trusted_realms: Vec<(String, String)>,
    /// Beginnings of names, and what is asked in their place.
    pub rewrites: Vec<(String, String)>,
    /// Most hosts an untrusted tree may cause to be asked, and as many more that these lead to.
    pub max_hosts: usize,
    /// Formats that a target of the run does not take: what is stored in one is read, so that its layers are known.
    pub doubtful: Vec<Format>,
    /// Of the nodes of this run: a full look asks for the parts of these. Empty: of all.
    pub platforms: Vec<Platform>,
    /// Name servers that are asked instead of the system's.
    pub name_servers: Vec<SocketAddr>,
    pub user_agent: String,
    pub environment: Environment,
    pub watch: Option<Arc<dyn Watch>>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            per_host: 16,
            total: 64,
            timeout: Duration::from_secs(20),
            connect_timeout: Duration::from_secs(5),
            deadline: None,
            tries: 3,
            first_pause: Duration::from_millis(500),
            late_pause: Duration::from_secs(2),
            longest_wait: Duration::from_secs(30),
            plain_http: Vec::new(),
            extra_ca: Vec::new(),
            use_mirrors: false,
            short_names: ShortNames::Docker,
            offline: false,
            cache: CacheMode::Off,
            trust: Trust::Trusted,
            use_credentials: true,
            authfile: None,
            pull_secrets: Vec::new(),
            allow_hosts: Vec::new(),
            kubeconfig_hosts: Vec::new(),
            anonymous_hosts: Vec::new(),
            trusted_realms: Vec::new(),
            rewrites: Vec::new(),
            max_hosts: 50,
            doubtful: Vec::new(),
            platforms: Vec::new(),
            name_servers: Vec::new(),
            user_agent: concat!("image-lint/", env!("CARGO_PKG_VERSION")).to_owned(),
            environment: Environment::default(),
            watch: None,
        }
    }
}

/// Why no client could be made. Each names what the user gave.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("cannot read the certificate authorities in {}: {why}", path.display())]
    Ca { path: PathBuf, why: String },
    #[error("cannot use the proxy from {variable}: it is not a URL")]
    Proxy { variable: &'static str },
    #[error("cannot read the credentials in {source_name}: {why}")]
    Credentials { source_name: String, why: String },
    #[error("cannot use {}: {why}", path.display())]
    RegistriesConf { path: PathBuf, why: String },
    #[error("cannot set up TLS: {0}")]
    Tls(String),
    #[error("`{0}` is not a host name with an optional port")]
    Host(String),
}
