//! What a manifest's bytes say, and whether they agree with the `Content-Type` they came with.
//!
//! In: a header and at most [`MAX_MANIFEST`] bytes. Out: a [`Reading`]. Knows no HTTP. A document that two clients could
//! read differently is never guessed at (CVE-2021-41190, containerd GHSA-5j5w-g665-5m35).

use serde::Deserialize;

use image_lint_model::manifest::{
    Annotations, Body, BrokenPlatform, Child, Format, Part, Platform, Presence, Rootfs,
};

mod config;
mod digest;

pub use config::config;
pub use digest::{has_digest, is_digest, sha256};

/// As containers/image and containerd limit it (`internal/iolimits`, `remotes/docker`).
pub const MAX_MANIFEST: usize = 4 * 1024 * 1024;
/// More children or layers than this is no image anyone made on purpose.
const MAX_ENTRIES: usize = 1000;
const MAX_DEPTH: usize = 64;
/// Of one part or manifest; more is not shown.
const MAX_ANNOTATIONS: usize = 64;
const MAX_URLS: usize = 16;

/// What header and body come to together.
#[allow(
    clippy::large_enum_variant,
    reason = "one at a time, and nearly always the large one"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    Clear {
        format: Format,
        body: Body,
    },
    /// Two readers could take it for two things; in words.
    Ambiguous {
        why: String,
        format: Option<Format>,
    },
    /// It is no manifest at all.
    NoManifest {
        why: String,
    },
}

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "schemaVersion")]
    schema_version: Option<serde_json::Value>,
    #[serde(rename = "mediaType")]
    media_type: Option<String>,
    #[serde(rename = "artifactType")]
    artifact_type: Option<String>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
    manifests: Option<Vec<Descriptor>>,
    #[serde(rename = "fsLayers")]
    fs_layers: Option<Vec<FsLayer>>,
    subject: Option<serde_json::Value>,
    annotations: Option<WireAnnotations>,
    signatures: Option<Vec<serde_json::Value>>,
    blobs: Option<Vec<Descriptor>>,
    architecture: Option<String>,
}

#[derive(Deserialize)]
struct Descriptor {
    #[serde(rename = "mediaType", default)]
    media_type: String,
    #[serde(default)]
    digest: String,
    #[serde(default)]
    size: i64,
    platform: Option<WirePlatform>,
    #[serde(rename = "artifactType")]
    artifact_type: Option<String>,
    annotations: Option<WireAnnotations>,
    urls: Option<Vec<String>>,
}

/// Of any values: docker's clients do not read annotations at all.
type WireAnnotations = std::collections::BTreeMap<String, serde_json::Value>;

/// A layer of schema 1.
#[derive(Deserialize)]
struct FsLayer {
    #[serde(rename = "blobSum", default)]
    blob_sum: String,
}

#[derive(Deserialize)]
struct WirePlatform {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    variant: Option<String>,
    #[serde(rename = "os.version")]
    os_version: Option<String>,
    /// A list of texts to every client (distribution `manifestlist.PlatformSpec`, containers/image
    /// `Schema2PlatformSpec`, image-spec `v1.Platform`): with anything else none of them reads the body.
    #[serde(rename = "os.features")]
    os_features: Option<Vec<String>>,
}

/// More than any system has.
const MOST_FEATURES: usize = 16;

fn features(platform: &WirePlatform) -> Vec<Box<str>> {
    let all = platform.os_features.iter().flatten();
    all.take(MOST_FEATURES)
        .map(|feature| bounded(feature))
        .collect()
}

/// What the `Content-Type` of an answer promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    Format(Format),
    /// Missing or generic: the body has to tell.
    Open,
    /// A type that no manifest has.
    Foreign,
}

/// Reads a `Content-Type`. Generic are the types that servers of static files give (facts from
/// distribution/distribution#2384: S3 and CDNs answer `application/octet-stream` or `text/plain`).
pub fn promise(content_type: Option<&str>) -> Promise {
    let Some(text) = content_type else {
        return Promise::Open;
    };
    if let Some(format) = Format::from_media_type(text) {
        return Promise::Format(format);
    }
    let bare = text
        .split(';')
        .next()
        .unwrap_or("")
        .trim()
        .to_ascii_lowercase();
    match bare.as_str() {
        "" | "application/json" | "application/octet-stream" | "binary/octet-stream" => {
            Promise::Open
        }
        text if text.starts_with("text/") => Promise::Open,
        _ => Promise::Foreign,
    }
}

/// Reads a manifest that came with `content_type`.
pub fn read(content_type: Option<&str>, bytes: &[u8]) -> Reading {
    let no = |why: &str| Reading::NoManifest {
        why: why.to_owned(),
    };
    if bytes.is_empty() {
        return no("the body is empty");
    }
    if deeper_than(bytes, MAX_DEPTH) {
        return no("the body is nested too deeply");
    }
    let wire: Wire = match serde_json::from_slice(bytes) {
        Ok(wire) => wire,
        Err(error) if error.to_string().starts_with("duplicate field") => {
            return Reading::Ambiguous {
                why: format!("the manifest has a {error}"),
                format: None,
            };
        }
        Err(_) => return no("the body is not the JSON of a manifest"),
    };
    let promised = match promise(content_type) {
        Promise::Format(format) => Some(format),
        Promise::Open | Promise::Foreign => None,
    };
    judge(promised, content_type, &wire, bytes.len())
}

fn judge(
    promised: Option<Format>,
    content_type: Option<&str>,
    wire: &Wire,
    size: usize,
) -> Reading {
    let ambiguous = |why: String, format| Reading::Ambiguous { why, format };
    let single = wire.config.is_some() || wire.layers.is_some();
    let schema1 = wire.fs_layers.is_some()
        || wire
            .schema_version
            .as_ref()
            .is_some_and(|v| v.as_u64() == Some(1));
    if (wire.manifests.is_some() && (single || schema1)) || (schema1 && single) {
        return ambiguous(
            "the manifest is both a list and an image (CVE-2021-41190)".to_owned(),
            promised,
        );
    }
    let written = match wire.media_type.as_deref().filter(|t| !t.is_empty()) {
        Some(text) => match Format::from_media_type(text) {
            Some(format) => Some(format),
            None => {
                return ambiguous(
                    format!("its mediaType is {text}, which is no manifest"),
                    promised,
                );
            }
        },
        None => None,
    };
    let shape = if schema1 {
        // Signed or not is a matter of the body: Quay and Nexus convert without a key.
        let signed = wire.signatures.as_ref().is_some_and(|s| !s.is_empty());
        if signed {
            Format::DockerSchema1Signed
        } else {
            Format::DockerSchema1
        }
    } else if wire.manifests.is_some() {
        Format::OciIndex
    } else if single {
        Format::OciManifest
    } else if wire.blobs.is_some() || written == Some(Format::OciArtifact) {
        Format::OciArtifact
    } else {
        return Reading::NoManifest {
            why: "the body has none of the parts of a manifest".to_owned(),
        };
    };
    // The shape alone cannot tell docker from OCI; the words can, and docker's types always carry them
    // (GoogleContainerTools/jib#2824).
    let same_shape = |format: Format| match shape {
        Format::DockerSchema1 | Format::DockerSchema1Signed => {
            matches!(format, Format::DockerSchema1 | Format::DockerSchema1Signed)
        }
        Format::OciIndex => format.is_list(),
        Format::OciManifest => matches!(format, Format::OciManifest | Format::DockerSchema2),
        _ => format == shape,
    };
    for (said, by) in [(promised, "Content-Type"), (written, "mediaType")] {
        if let Some(format) = said
            && !same_shape(format)
        {
            return ambiguous(
                format!(
                    "its {by} says {}, but the body has the shape of {}",
                    format.words(),
                    shape.words()
                ),
                said,
            );
        }
    }
    let format = match (promised, written) {
        (Some(p), Some(w)) if p != w && !schema1 => {
            return ambiguous(
                format!(
                    "Content-Type says {}, mediaType says {}",
                    p.words(),
                    w.words()
                ),
                Some(p),
            );
        }
        _ if schema1 => shape,
        (_, Some(w)) => w,
        (Some(p), None) => {
            // A body without mediaType is OCI's way, so it must not contradict a docker header elsewhere.
            let config = wire.config.as_ref().map_or("", |c| c.media_type.as_str());
            if p == Format::DockerSchema2 && config.starts_with("application/vnd.oci.") {
                return ambiguous(
                    format!(
                        "Content-Type says {}, but the body is written as an OCI manifest",
                        p.words()
                    ),
                    Some(p),
                );
            }
            p
        }
        (None, None) => shape,
    };
    if let Promise::Foreign = promise(content_type) {
        return ambiguous(
            format!(
                "it is served as {}, but the body is {}",
                content_type.unwrap_or_default(),
                format.words()
            ),
            Some(format),
        );
    }
    let entries = wire
        .manifests
        .as_ref()
        .map_or(0, Vec::len)
        .max(wire.layers.as_ref().map_or(0, Vec::len));
    if entries > MAX_ENTRIES {
        return Reading::NoManifest {
            why: format!("it has {entries} entries, more than {MAX_ENTRIES}"),
        };
    }
    Reading::Clear {
        format,
        body: body(wire, size),
    }
}

fn body(wire: &Wire, size: usize) -> Body {
    let schema1 = wire.fs_layers.iter().flatten().map(|layer| Part {
        digest: bounded(&layer.blob_sum),
        ..Part::default()
    });
    Body {
        size: size as u64,
        typed: wire
            .media_type
            .as_deref()
            .is_some_and(|text| !text.is_empty()),
        config: wire.config.as_ref().map(part),
        artifact_type: wire.artifact_type.as_deref().map(bounded),
        subject: wire
            .subject
            .as_ref()
            .and_then(|subject| subject["digest"].as_str())
            .map(bounded),
        annotations: annotations(wire.annotations.as_ref()),
        platform: wire
            .architecture
            .as_deref()
            .map(|arch| Platform::new("linux", &bounded(arch), None)),
        os_version: None,
        rootfs: Rootfs::Unread,
        layers: wire
            .layers
            .iter()
            .flatten()
            .map(part)
            .chain(schema1)
            .collect(),
        children: wire.manifests.iter().flatten().map(child).collect(),
    }
}

fn part(d: &Descriptor) -> Part {
    Part {
        media_type: bounded(&d.media_type),
        digest: bounded(&d.digest),
        size: u64::try_from(d.size).unwrap_or(0),
        urls: d
            .urls
            .iter()
            .flatten()
            .take(MAX_URLS)
            .map(|url| bounded(url))
            .collect(),
        annotations: annotations(d.annotations.as_ref()),
        presence: Presence::Unknown,
    }
}

/// As many as anyone shows.
fn annotations(wire: Option<&WireAnnotations>) -> Annotations {
    let text = |value: &serde_json::Value| match value.as_str() {
        Some(text) => bounded(text),
        None => bounded(&value.to_string()),
    };
    wire.into_iter()
        .flatten()
        .take(MAX_ANNOTATIONS)
        .map(|(key, value)| (bounded(key), text(value)))
        .collect()
}

fn child(d: &Descriptor) -> Child {
    let platform = d
        .platform
        .as_ref()
        .filter(|p| !p.os.is_empty() && !p.architecture.is_empty())
        .map(|p| {
            let variant = p.variant.as_deref().filter(|v| !v.is_empty()).map(bounded);
            Platform::new(
                &bounded(&p.os),
                &bounded(&p.architecture),
                variant.as_deref(),
            )
        });
    let annotation = d
        .annotations
        .as_ref()
        .and_then(|a| a.get("vnd.docker.reference.type"));
    // BuildKit's provenance and SBOM entries; some tools copy them without the annotation.
    let attestation = annotation.and_then(|a| a.as_str()) == Some("attestation-manifest")
        || platform
            .as_ref()
            .is_some_and(|p| &*p.os == "unknown" && &*p.architecture == "unknown");
    let version = d.platform.as_ref().and_then(|p| p.os_version.as_deref());
    let broken = |p: &WirePlatform| match (p.os.is_empty(), p.architecture.is_empty()) {
        (true, true) => Some(BrokenPlatform::Empty),
        (false, false) => None,
        _ => Some(BrokenPlatform::Half),
    };
    Child {
        media_type: bounded(&d.media_type),
        digest: bounded(&d.digest),
        size: u64::try_from(d.size).unwrap_or(0),
        platform,
        broken_platform: d.platform.as_ref().and_then(broken),
        os_version: version.filter(|text| !text.is_empty()).map(bounded),
        os_features: d.platform.as_ref().map_or_else(Vec::new, features),
        artifact_type: d.artifact_type.as_deref().map(bounded),
        annotations: annotations(d.annotations.as_ref()),
        attestation,
        gone: false,
        manifest: None,
    }
}

/// Texts of a registry are kept short.
fn bounded(text: &str) -> Box<str> {
    text.chars().take(256).collect::<String>().into_boxed_str()
}

/// Whether brackets outside of strings nest deeper than `limit`.
fn deeper_than(bytes: &[u8], limit: usize) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for byte in bytes {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                if depth > limit {
                    return true;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests;
