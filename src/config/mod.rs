//! What the user sets: the repository's `.image-lint.yaml`, the user's own file, environment and flags.
//!
//! Comes in: texts of files and maps of values; this room opens no file itself. Goes out: [`Settings`] with the origin
//! of each value, [`Targets`], and [`suppress`] for findings that are to be silent. It knows no registry and no format.
//!
//! Two tiers of trust. The repository's file comes with the tree that is linted, perhaps from a stranger's pull
//! request: it may ignore, choose targets and set levels, and every silenced finding is counted. What opens the network
//! or uses credentials (plain HTTP, certificate authorities, credentials, private hosts) is believed only from the
//! user's file, the environment and flags.

pub mod anchor;
pub mod baseline;
pub mod find;
mod lines;
pub mod load;
pub mod pattern;
mod policy;
pub mod settings;
pub mod suppress;
pub mod targets;
pub mod variables;
mod words;

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use load::{ConfigError, repository, user};
pub use settings::{Origin, Overrides, Settings};
pub use targets::{Judging, Targets};

use crate::exit::{FailOn, OnUnchecked};
use crate::rules::{rules, unchecked::UNCHECKED};
use image_lint_model::finding::Level;

/// Names of the repository's file, at the root of what is linted; the first one found counts.
pub const FILE_NAMES: [&str; 2] = [".image-lint.yaml", ".image-lint.yml"];

/// `.image-lint.yaml`: what a repository says about how it is linted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RepositoryConfig {
    /// What pulls the images: `openshift-3.11` (default), `docker-20.10`, `openshift-4`, `kubernetes`, or a target of
    /// `own-targets`.
    pub target: Option<String>,
    /// What pulls the base images of builds (`FROM`, `buildah from`), when it is another one than `target`.
    pub build_base_target: Option<String>,
    /// Operating system and architecture, `linux/arm64` or `linux/arm/v7`; `linux/amd64` by default.
    pub platform: Option<String>,
    /// Other targets for some paths; the first entry that matches counts.
    pub targets: Vec<PathTarget>,
    /// Targets that are not built in, by name.
    #[serde(deserialize_with = "lines::unique")]
    pub own_targets: BTreeMap<String, OwnTarget>,
    /// Level by rule.
    #[serde(deserialize_with = "lines::unique")]
    pub levels: BTreeMap<String, LevelSetting>,
    /// Findings to keep silent. They are counted in every report.
    pub ignore: Vec<Ignore>,
    /// File of known findings and of images that could not be checked, below the folder of this one; only what is new
    /// counts. `--write-baseline FILE` writes it.
    pub baseline: Option<String>,
    /// Globs of paths to look at; everything when empty.
    pub include: Vec<String>,
    /// Globs of paths to leave out.
    pub exclude: Vec<String>,
    /// Hosts of registries that only the cluster reaches; `*.` stands for any name below. Their images are not checked.
    pub internal_hosts: Vec<String>,
    /// What may be pulled: registries, tags that are moved.
    pub policy: PolicyConfig,
    /// Mirrors that the cluster pulls from instead: the name that begins with `from` is asked with `to` in its place.
    pub rewrites: Vec<Rewrite>,
    /// Read sources that are off by default: manifests within ConfigMaps and Secrets, packages of Crossplane, `oci://`
    /// repositories of Flux and dependencies of charts.
    pub extended: Option<bool>,
    /// The least level that makes the run fail: `error` (default), `warning`, `note` or `never`.
    pub fail_on: Option<FailOn>,
    /// Whether an image that could not be checked makes the run fail.
    pub on_unchecked: Option<OnUnchecked>,
}

/// The user's own file (`~/.config/image-lint/config.yaml`): defaults for every repository, and what only the user may
/// say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct UserConfig {
    /// As in the repository's file, over it.
    pub target: Option<String>,
    /// As in the repository's file, over it.
    pub build_base_target: Option<String>,
    /// As in the repository's file, over it.
    pub platform: Option<String>,
    /// As in the repository's file; a name that both define is the user's.
    #[serde(deserialize_with = "lines::unique")]
    pub own_targets: BTreeMap<String, OwnTarget>,
    /// As in the repository's file, over it for each rule.
    #[serde(deserialize_with = "lines::unique")]
    pub levels: BTreeMap<String, LevelSetting>,
    /// As in the repository's file; both have to allow an image.
    pub policy: PolicyConfig,
    /// As in the repository's file, added to it.
    pub internal_hosts: Vec<String>,
    /// As in the repository's file, before its own.
    pub rewrites: Vec<Rewrite>,
    /// As in the repository's file, over it.
    pub fail_on: Option<FailOn>,
    /// As in the repository's file, over it.
    pub on_unchecked: Option<OnUnchecked>,
    /// Certificate authorities to trust for every host, as PEM files, beside the system's.
    pub ca: Vec<PathBuf>,
    /// Files with registry credentials in docker's format or as a Secret, tried before the usual places.
    pub pull_secrets: Vec<PathBuf>,
    /// What holds for one registry, by `host` or `host:port`.
    #[serde(deserialize_with = "lines::unique")]
    pub hosts: BTreeMap<String, Host>,
}

/// How one registry is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Host {
    /// Ask over HTTP, not HTTPS.
    pub plain_http: bool,
    /// A certificate authority for this host, as a PEM file.
    pub ca: Option<PathBuf>,
    /// Where credentials come from.
    pub credentials: Option<CredentialsFrom>,
    /// Ask the host although its address is loopback or private.
    pub allow: bool,
}

/// Where the credentials for a host come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialsFrom {
    /// The usual places: docker's and podman's files and helpers.
    Found,
    /// The token of the current `oc` login.
    OpenshiftLogin,
    /// None, whatever is found.
    None,
}

/// Another target for some paths.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PathTarget {
    /// Globs, relative to the root; a folder stands for all below it.
    pub paths: Vec<String>,
    pub target: String,
}

/// What a cluster or builder of one's own can pull.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OwnTarget {
    /// The formats that it takes.
    pub accepts: Vec<AcceptedFormat>,
    /// Whether it unpacks zstd layers.
    #[serde(default)]
    pub zstd: bool,
    /// `linux/amd64` by default.
    #[serde(default)]
    pub platform: Option<String>,
    /// Whether names without a registry are worth a warning (CRI-O's search list).
    #[serde(default)]
    pub warn_short_names: bool,
}

/// A format in which registries store images.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AcceptedFormat {
    /// Signed.
    DockerSchema1,
    DockerSchema1Unsigned,
    DockerSchema2,
    DockerList,
    OciManifest,
    OciIndex,
}

/// Level of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LevelSetting {
    Off,
    Note,
    Warning,
    Error,
}

impl LevelSetting {
    pub const ALL: [LevelSetting; 4] = [
        LevelSetting::Off,
        LevelSetting::Note,
        LevelSetting::Warning,
        LevelSetting::Error,
    ];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            LevelSetting::Off => "off",
            LevelSetting::Note => "note",
            LevelSetting::Warning => "warning",
            LevelSetting::Error => "error",
        }
    }

    /// None: off.
    pub fn level(self) -> Option<Level> {
        match self {
            LevelSetting::Off => None,
            LevelSetting::Note => Some(Level::Note),
            LevelSetting::Warning => Some(Level::Warning),
            LevelSetting::Error => Some(Level::Error),
        }
    }
}

/// Findings to keep silent: those that match every list that is given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ignore {
    /// Rules by id.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Globs of paths; a folder stands for all below it.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Globs of images in their normal form (`docker.io/library/*`); `*` also stands for slashes.
    #[serde(default)]
    pub images: Vec<String>,
    /// Why. It must be given, and is not shown.
    pub reason: String,
}

/// What may be pulled.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PolicyConfig {
    /// Lists of registries and repositories (`registry-not-allowed`); every list that concerns an image has to allow it.
    pub registries: Vec<RegistryPolicy>,
    /// Globs of tags that are moved to other images (`floating-tag`); `latest` by default.
    pub floating_tags: Vec<String>,
}

/// Registries and repositories that are allowed or denied.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RegistryPolicy {
    /// Globs of what is allowed, in normal form: `registry.example.com`, `*.example.com`, `docker.io/library/*`. A name
    /// stands for all below it. Everything that is not denied, when empty.
    pub allow: Vec<String>,
    /// Globs of what is denied, whatever is allowed.
    pub deny: Vec<String>,
    /// Globs of the paths for which it holds; everywhere when empty.
    pub paths: Vec<String>,
    /// What it holds for; everything that is pulled when empty.
    pub roles: Vec<PolicyRole>,
}

/// Who pulls an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PolicyRole {
    /// The cluster, to run it.
    Run,
    /// A builder, as a base.
    BuildBase,
    /// A CI system.
    Ci,
}

/// A mirror.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rewrite {
    /// Beginning of a name: a host, or a host with a path.
    pub from: String,
    pub to: String,
}

/// Names that `ignore` may hold: every rule, and `unchecked`. `levels` may hold the rules.
pub fn known_rules() -> Vec<&'static str> {
    let ids = rules().iter().map(|rule| rule.meta().id.as_str());
    ids.chain([UNCHECKED]).collect()
}

/// Where the user's file is: `$IMAGE_LINT_CONFIG`, else below `$XDG_CONFIG_HOME` or `$HOME/.config`.
pub fn user_path(env: &BTreeMap<String, String>) -> Option<PathBuf> {
    let get = |name: &str| env.get(name).filter(|v| !v.is_empty());
    if let Some(path) = get("IMAGE_LINT_CONFIG") {
        return Some(PathBuf::from(path));
    }
    // The XDG base directory specification: a relative path is invalid and does not count.
    let base = get("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .filter(|p| p.is_absolute())
        .or_else(|| get("HOME").map(|home| PathBuf::from(home).join(".config")))?;
    Some(base.join("image-lint").join("config.yaml"))
}
