//! Media types, formats and platforms of what registries store, and the classification of a header and a body.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The one `Accept` header of every probe: all six manifest types, comma-joined (facts: registry, section 0).
pub const ACCEPT_ALL: &str = "application/vnd.oci.image.index.v1+json, \
application/vnd.oci.image.manifest.v1+json, \
application/vnd.docker.distribution.manifest.list.v2+json, \
application/vnd.docker.distribution.manifest.v2+json, \
application/vnd.docker.distribution.manifest.v1+prettyjws, \
application/vnd.docker.distribution.manifest.v1+json";

/// In which form a registry stores an image (the manifest's own form; layers apart).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Format {
    /// `application/vnd.docker.distribution.manifest.v1+prettyjws`
    DockerSchema1Signed,
    /// `application/vnd.docker.distribution.manifest.v1+json`; docker 1.13 refuses it.
    DockerSchema1,
    /// `application/vnd.docker.distribution.manifest.v2+json`
    DockerSchema2,
    /// `application/vnd.docker.distribution.manifest.list.v2+json`
    DockerList,
    /// `application/vnd.oci.image.manifest.v1+json`
    OciManifest,
    /// `application/vnd.oci.image.index.v1+json`
    OciIndex,
    /// `application/vnd.oci.artifact.manifest.v1+json`, withdrawn.
    OciArtifact,
}

impl Format {
    pub const ALL: [Format; 7] = [
        Format::DockerSchema1Signed,
        Format::DockerSchema1,
        Format::DockerSchema2,
        Format::DockerList,
        Format::OciManifest,
        Format::OciIndex,
        Format::OciArtifact,
    ];

    pub fn media_type(self) -> &'static str {
        match self {
            Format::DockerSchema1Signed => {
                "application/vnd.docker.distribution.manifest.v1+prettyjws"
            }
            Format::DockerSchema1 => "application/vnd.docker.distribution.manifest.v1+json",
            Format::DockerSchema2 => "application/vnd.docker.distribution.manifest.v2+json",
            Format::DockerList => "application/vnd.docker.distribution.manifest.list.v2+json",
            Format::OciManifest => "application/vnd.oci.image.manifest.v1+json",
            Format::OciIndex => "application/vnd.oci.image.index.v1+json",
            Format::OciArtifact => "application/vnd.oci.artifact.manifest.v1+json",
        }
    }

    /// From a `Content-Type` or `mediaType`; parameters and case do not count.
    pub fn from_media_type(text: &str) -> Option<Format> {
        let bare = text.split(';').next().unwrap_or("").trim();
        Format::ALL
            .into_iter()
            .find(|f| f.media_type().eq_ignore_ascii_case(bare))
    }

    /// In words: "OCI index", "docker schema 2".
    pub fn words(self) -> &'static str {
        match self {
            Format::DockerSchema1Signed => "docker schema 1 (signed)",
            Format::DockerSchema1 => "docker schema 1 (unsigned)",
            Format::DockerSchema2 => "docker schema 2",
            Format::DockerList => "docker manifest list",
            Format::OciManifest => "OCI manifest",
            Format::OciIndex => "OCI index",
            Format::OciArtifact => "OCI artifact manifest",
        }
    }

    pub fn is_list(self) -> bool {
        matches!(self, Format::DockerList | Format::OciIndex)
    }
}

/// Operating system, architecture and variant, in Go's words (`linux`, `arm64`, `v8`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Platform {
    pub os: Box<str>,
    pub architecture: Box<str>,
    pub variant: Option<Box<str>>,
}

impl Platform {
    pub fn new(os: &str, architecture: &str, variant: Option<&str>) -> Self {
        Platform {
            os: os.into(),
            architecture: architecture.into(),
            variant: variant.map(Into::into),
        }
    }

    /// Whether a node of one of these platforms runs it; variants do not count.
    pub fn is_one_of(&self, platforms: &[Platform]) -> bool {
        let same = |p: &Platform| p.os == self.os && p.architecture == self.architecture;
        platforms.iter().any(same)
    }

    /// `linux/arm64/v8`; None unless two or three parts.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let (os, architecture) = (parts.next()?, parts.next()?);
        let variant = parts.next();
        if os.is_empty() || architecture.is_empty() || parts.next().is_some() {
            return None;
        }
        Some(Platform::new(os, architecture, variant))
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

/// What stands under a reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: Format,
    /// `Docker-Content-Digest`, or the hash of the body where the header was missing.
    pub digest: Option<Box<str>>,
    /// Where the digest came from the body's own hash.
    pub digest_computed: bool,
    /// What a GET of the body told; None when a HEAD sufficed.
    pub body: Option<Body>,
}

/// What the body of a manifest says.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Body {
    /// Size in bytes.
    pub size: u64,
    /// The body names its own media type; OCI makes that optional, docker's schema 2 does not.
    pub typed: bool,
    /// `config`; None for lists and schema 1.
    pub config: Option<Part>,
    pub artifact_type: Option<Box<str>>,
    /// Digest of the manifest that this one is about (OCI 1.1 `subject`).
    pub subject: Option<Box<str>>,
    pub annotations: Annotations,
    /// Platform of a single manifest, out of its config; known only after a full look (`inspect`, `--deep`).
    pub platform: Option<Platform>,
    /// `os.version` of the config.
    pub os_version: Option<Box<str>>,
    /// What the config says of the layers.
    #[serde(default)]
    pub rootfs: Rootfs,
    /// Schema 1 names digests alone.
    pub layers: Vec<Part>,
    /// Children of a list or an index, attestations included.
    pub children: Vec<Child>,
}

/// Keys and values as they are written, in the order of the keys; as many and as long as anyone shows.
pub type Annotations = std::collections::BTreeMap<Box<str>, Box<str>>;

impl Body {
    pub fn config_media_type(&self) -> Option<&str> {
        self.config.as_ref().map(|config| &*config.media_type)
    }

    /// Children that clients take for images. An attestation is none to them where it is listed for an unknown platform:
    /// the annotation that says what it is is read by none of them.
    pub fn images(&self) -> impl Iterator<Item = &Child> {
        let listed = |child: &Child| {
            let platform = child.platform.as_ref();
            platform.is_none_or(|platform| &*platform.os != "unknown")
        };
        self.children
            .iter()
            .filter(move |child| !child.attestation || listed(child))
    }
}

/// `rootfs` of an image's config.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Rootfs {
    /// The config was not read.
    #[default]
    Unread,
    /// The config is not JSON.
    Unreadable,
    /// The config has none.
    Absent,
    /// It names so many layers.
    Layers(usize),
}

/// A config or a layer: a blob that a manifest names.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Part {
    pub media_type: Box<str>,
    pub digest: Box<str>,
    /// In bytes, as the manifest says.
    pub size: u64,
    /// Places beside the registry that have it (foreign layers).
    pub urls: Vec<Box<str>>,
    pub annotations: Annotations,
    pub presence: Presence,
}

/// Whether the registry has a part; known only after a full look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Presence {
    /// Not asked for, or no answer that proves anything.
    #[default]
    Unknown,
    There {
        /// In bytes, where the registry said it.
        size: Option<u64>,
    },
    /// 404 or 410.
    Gone,
}

#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Child {
    /// As the list declares it; what is served may be another ([`Child::manifest`]).
    pub media_type: Box<str>,
    pub digest: Box<str>,
    pub size: u64,
    pub platform: Option<Platform>,
    /// Where the platform names no operating system or no architecture, which leaves [`Child::platform`] out.
    #[serde(default)]
    pub broken_platform: Option<BrokenPlatform>,
    /// `os.version`, which tells Windows releases apart.
    pub os_version: Option<Box<str>>,
    /// `os.features` that a node has to have: the first 16.
    pub os_features: Vec<Box<str>>,
    pub artifact_type: Option<Box<str>>,
    pub annotations: Annotations,
    /// BuildKit provenance or SBOM: no image, left out of platform and format checks.
    pub attestation: bool,
    /// The registry does not have it (404 or 410).
    pub gone: bool,
    /// The child itself; known only after a full look (`inspect`, `--deep`).
    pub manifest: Option<Box<Manifest>>,
}

/// A platform that is there and says nothing of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BrokenPlatform {
    /// Neither operating system nor architecture.
    Empty,
    /// One of them.
    Half,
}

impl Child {
    /// What is served where that is known, else what the list declares.
    pub fn format(&self) -> Option<Format> {
        match &self.manifest {
            Some(manifest) => Some(manifest.format),
            None => Format::from_media_type(&self.media_type),
        }
    }

    pub fn body(&self) -> Option<&Body> {
        self.manifest.as_ref()?.body.as_ref()
    }
}
