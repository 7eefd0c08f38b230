//! `image-lint inspect IMAGE…`: what a registry stores under a name, and what each target makes of it. A table for people
//! or JSON.

use std::collections::BTreeMap;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::json::SCHEMA_VERSION;
use crate::report::style::Ink;
use crate::report::{Style, count, wire};
use image_lint_model::sanitize;

/// What is known of one image. Everything from the registry is untrusted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Inspection {
    /// As given on the command line.
    pub given: String,
    /// Normalised; null when it is no image reference.
    pub reference: Option<String>,
    /// Host that was asked.
    pub registry: Option<String>,
    pub digest: Option<String>,
    /// Of the manifest, list or index that the name stands for.
    pub media_type: Option<String>,
    /// The same in words: "OCI index".
    pub format: Option<String>,
    /// Of the manifest, in bytes.
    pub size: Option<u64>,
    /// Of a single image, by its config: `linux/amd64`.
    pub platform: Option<String>,
    /// For `tag@digest`: the digest that the tag names now.
    pub tag_digest: Option<String>,
    /// `os.version` of the config.
    pub os_version: Option<String>,
    pub config_media_type: Option<String>,
    /// The config itself; null for lists and schema 1.
    pub config: Option<InspectedPart>,
    pub artifact_type: Option<String>,
    /// Digest of the manifest that this one is about.
    pub subject: Option<String>,
    pub annotations: BTreeMap<String, String>,
    pub layers: Vec<InspectedPart>,
    /// Manifests of a list or index, attestations included.
    pub children: Vec<InspectedChild>,
    /// Where credentials came from, never their value; null when none were used.
    pub credentials: Option<String>,
    /// Each place that credentials were looked for in and what it gave, with `--explain-auth`.
    pub credentials_tried: Vec<String>,
    /// Strangers are refused, so that nodes need a pull secret; null where that is not known.
    pub needs_credentials: Option<bool>,
    /// What is left of the registry's pull quota, in its words.
    pub quota: Option<String>,
    /// When the tag is missing: those nearest to it, best first.
    pub nearest_tags: Vec<String>,
    /// An older tag in a format that the first target takes which cannot pull this one.
    pub older: Option<InspectedOlder>,
    /// HTTP requests made for this image.
    pub requests: usize,
    /// These requests, in order; what was said beside them (credentials kept back or refused) stands among them.
    pub asked: Vec<InspectedRequest>,
    pub from_cache: bool,
    /// Why nothing is known, in words; null when something is.
    pub problem: Option<String>,
    /// What to do about the problem or the verdicts. A line that starts with `$ ` is a command.
    pub help: Vec<String>,
    /// One for each target.
    pub verdicts: Vec<TargetVerdict>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InspectedPart {
    pub media_type: String,
    pub digest: String,
    /// In bytes, as the manifest says; 0 for schema 1, which says none.
    pub size: u64,
    /// Places beside the registry that have it.
    pub urls: Vec<String>,
    pub annotations: BTreeMap<String, String>,
    /// Whether the registry has it; null where that was not asked, or no answer proves it.
    pub present: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InspectedChild {
    pub media_type: String,
    pub digest: String,
    /// In bytes.
    pub size: u64,
    /// `linux/arm64/v8`; null when the list names none.
    pub platform: Option<String>,
    /// `os.version`, which tells Windows releases apart.
    pub os_version: Option<String>,
    pub artifact_type: Option<String>,
    pub annotations: BTreeMap<String, String>,
    /// Provenance or SBOM: no image.
    pub attestation: bool,
    /// Whether the registry has it; null where that was not asked, or no answer proves it.
    pub present: Option<bool>,
    /// What it is served as, where that is not what the list declares.
    pub served_as: Option<String>,
    /// Null unless the child itself was read.
    pub config_media_type: Option<String>,
    pub config: Option<InspectedPart>,
    /// Empty unless the child itself was read.
    pub layers: Vec<InspectedPart>,
    /// Of a list in a list.
    pub children: Vec<InspectedChild>,
}

/// A tag of the same repository that is stored otherwise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InspectedOlder {
    pub tag: String,
    pub media_type: String,
    /// In words: "docker manifest list".
    pub format: String,
}

/// One request and its answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InspectedRequest {
    /// `HEAD`, `GET`, `POST`; null for a remark that is no request.
    pub method: Option<String>,
    /// `manifest`, `tags`, `blob`, `token`, `credentials`.
    pub what: String,
    /// Host and path, without a query.
    pub place: String,
    /// Null when no answer came.
    pub status: Option<u16>,
    pub content_type: Option<String>,
    pub error: Option<String>,
}

/// What one target makes of an image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetVerdict {
    pub target: String,
    /// The client that pulls: "docker 1.13".
    pub client: String,
    pub verdict: Verdict,
    /// Why, in a few words; null for `ok`.
    pub why: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Ok,
    Bad,
    Unknown,
}

/// The JSON of all images that were asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InspectDocument {
    /// Version of this format.
    pub schema_version: u32,
    pub images: Vec<Inspection>,
}

/// Writes JSON.
pub fn inspect_json(images: &[Inspection], out: &mut dyn Write) -> io::Result<()> {
    wire::pretty(
        &InspectDocument {
            schema_version: SCHEMA_VERSION,
            images: images.to_vec(),
        },
        out,
    )
}

/// Writes a table for each image.
pub fn inspect(images: &[Inspection], style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut text = String::new();
    for (i, image) in images.iter().enumerate() {
        if i > 0 {
            text.push('\n');
        }
        table(image, style, &mut text);
    }
    out.write_all(sanitize::break_commands(&text).as_bytes())
}

fn show(text: &str) -> String {
    sanitize::short(text, sanitize::LONGEST)
}

fn table(image: &Inspection, style: &Style, text: &mut String) {
    let name = image.reference.as_deref().unwrap_or(&image.given);
    text.push_str(&format!("{}\n", style.paint(Ink::Heading, &show(name))));
    let mut row = |what: &str, value: String| {
        text.push_str(&format!(
            "  {} {value}\n",
            style.paint(Ink::Note, &format!("{what:<12}"))
        ));
    };
    if let Some(registry) = &image.registry {
        let how = image
            .credentials
            .as_ref()
            .map_or("no credentials".to_owned(), |c| {
                format!("credentials from {c}")
            });
        let how = if image.from_cache {
            format!("{how}, from the cache")
        } else {
            how
        };
        row(
            "registry",
            show(&format!(
                "{registry} ({}, {how})",
                count::of(image.requests, "request")
            )),
        );
    }
    if let Some(needs) = image.needs_credentials {
        row(
            "access",
            if needs {
                "with credentials only: nodes need a pull secret"
            } else {
                "open to everybody"
            }
            .to_owned(),
        );
    }
    if let Some(quota) = &image.quota {
        row("quota", show(quota));
    }
    if let Some(digest) = &image.digest {
        row("digest", show(digest));
    }
    if let Some(tag) = image
        .tag_digest
        .as_ref()
        .filter(|tag| Some(*tag) != image.digest.as_ref())
    {
        row("tag moved", show(&format!("the tag names {tag} now")));
    }
    if let Some(media_type) = &image.media_type {
        let words = image
            .format
            .as_ref()
            .map_or(String::new(), |f| format!(" ({f})"));
        row("manifest", show(&format!("{media_type}{words}")));
    }
    if let Some(size) = image.size {
        row("size", bytes(size));
    }
    if let Some(artifact) = &image.artifact_type {
        row("artifact", show(artifact));
    }
    if let Some(subject) = &image.subject {
        row("subject", show(subject));
    }
    for (i, line) in notes(&image.annotations).enumerate() {
        row(if i == 0 { "annotations" } else { "" }, show(&line));
    }
    if let Some(config) = &image.config {
        row("config", show(&part(config)));
    }
    if let Some(platform) = &image.platform {
        row(
            "platform",
            show(&with_version(platform, image.os_version.as_deref())),
        );
    }
    for (i, layer) in image.layers.iter().enumerate() {
        row(if i == 0 { "layers" } else { "" }, show(&part(layer)));
        for line in layer.urls.iter().cloned().chain(notes(&layer.annotations)) {
            row("", show(&format!("  {line}")));
        }
    }
    for (i, line) in lines_of(&image.children, 0).iter().enumerate() {
        row(if i == 0 { "platforms" } else { "" }, show(line));
    }
    if let Some(problem) = &image.problem {
        row("problem", style.paint(Ink::Error, &show(problem)));
    }
    if !image.nearest_tags.is_empty() {
        row("nearest tags", show(&image.nearest_tags.join(", ")));
    }
    if let Some(older) = &image.older {
        row(
            "older tag",
            show(&format!(
                "{}  {} ({})",
                older.tag, older.media_type, older.format
            )),
        );
    }
    for (i, v) in image.verdicts.iter().enumerate() {
        let what = if i == 0 { "targets" } else { "" };
        let (ink, word) = match v.verdict {
            Verdict::Ok => (Ink::Good, "ok"),
            Verdict::Bad => (Ink::Error, "cannot pull"),
            Verdict::Unknown => (Ink::Warning, "unknown"),
        };
        let why = v
            .why
            .as_ref()
            .map_or(String::new(), |why| format!(": {}", show(why)));
        let target = show(&format!("{} ({})", v.target, v.client));
        row(
            what,
            format!("{target:<30} {}{why}", style.paint(ink, word)),
        );
    }
    for (i, line) in image.help.iter().enumerate() {
        let what = if i == 0 { "help" } else { "" };
        match line.strip_prefix("$ ") {
            Some(command) => row(
                what,
                format!("  {}", style.paint(Ink::Command, &sanitize::line(command))),
            ),
            None => row(what, sanitize::line(line).into_owned()),
        }
    }
    for (i, line) in image.credentials_tried.iter().enumerate() {
        row(if i == 0 { "looked in" } else { "" }, show(line));
    }
    for (i, request) in image.asked.iter().enumerate() {
        row(if i == 0 { "asked" } else { "" }, show(&asked(request)));
    }
}

/// The children of a list, each with what was read of it; lists in lists are set in.
fn lines_of(children: &[InspectedChild], depth: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let pad = "  ".repeat(depth);
    for child in children {
        let platform = match (&child.platform, child.attestation) {
            (_, true) => "attestation".to_owned(),
            (Some(platform), _) => with_version(platform, child.os_version.as_deref()),
            (None, _) => "no platform".to_owned(),
        };
        let gone = if child.present == Some(false) {
            "  GONE"
        } else {
            ""
        };
        lines.push(format!(
            "{pad}{platform:<16} {}  {}  {}{gone}",
            child.media_type,
            child.digest,
            bytes(child.size)
        ));
        let indent = format!("{pad}{:<16} ", "");
        let served = child
            .served_as
            .iter()
            .map(|text| format!("served as {text}"));
        let artifact = child
            .artifact_type
            .iter()
            .map(|text| format!("artifact {text}"));
        let config = child
            .config
            .iter()
            .map(|config| format!("config {}", part(config)));
        let layers = child.layers.iter().flat_map(|layer| {
            let urls = layer.urls.iter().map(|url| format!("       {url}"));
            std::iter::once(format!("layer  {}", part(layer))).chain(urls)
        });
        let own = served
            .chain(artifact)
            .chain(notes(&child.annotations))
            .chain(config)
            .chain(layers);
        lines.extend(own.map(|line| format!("{indent}{line}")));
        lines.extend(lines_of(&child.children, depth + 1));
    }
    lines
}

/// `windows/amd64 10.0.17763.5936`
fn with_version(platform: &str, version: Option<&str>) -> String {
    version.map_or(platform.to_owned(), |version| {
        format!("{platform} {version}")
    })
}

/// Type, size and digest of a config or a layer.
fn part(part: &InspectedPart) -> String {
    let typed = match &*part.media_type {
        "" => String::new(),
        text => format!("{text}  {}  ", bytes(part.size)),
    };
    let gone = if part.present == Some(false) {
        "  GONE"
    } else {
        ""
    };
    format!("{typed}{}{gone}", part.digest)
}

fn notes(annotations: &BTreeMap<String, String>) -> impl Iterator<Item = String> {
    annotations
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
}

/// `HEAD quay.io/v2/acme/web/manifests/2.4  200 application/vnd.oci.image.index.v1+json`
fn asked(request: &InspectedRequest) -> String {
    let error = request
        .error
        .as_deref()
        .map_or(String::new(), |error| format!(" {error}"));
    let Some(method) = &request.method else {
        return format!("{}:{error}", request.what);
    };
    let status = request
        .status
        .map_or("no answer".to_owned(), |status| status.to_string());
    let content = request.content_type.as_deref().filter(|_| error.is_empty());
    let content = content.map_or(String::new(), |content| format!(" {content}"));
    format!("{method:<4} {}  {status}{content}{error}", request.place)
}

/// `3.1 MiB`
fn bytes(n: u64) -> String {
    let mut value = n as f64;
    for unit in ["B", "KiB", "MiB"] {
        if value < 1024.0 {
            return if unit == "B" {
                format!("{n} B")
            } else {
                format!("{value:.1} {unit}")
            };
        }
        value /= 1024.0;
    }
    format!("{value:.1} GiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> InspectedPart {
        InspectedPart {
            media_type: "application/vnd.oci.image.config.v1+json".into(),
            digest: "sha256:c0".into(),
            size: 512,
            ..InspectedPart::default()
        }
    }

    fn sample() -> Inspection {
        let child = |platform: Option<&str>, digest: &str| InspectedChild {
            media_type: "application/vnd.oci.image.manifest.v1+json".into(),
            digest: digest.into(),
            size: 1234,
            platform: platform.map(Into::into),
            attestation: platform.is_none(),
            present: Some(true),
            config_media_type: platform.map(|_| "application/vnd.oci.image.config.v1+json".into()),
            config: platform.map(|_| config()),
            ..InspectedChild::default()
        };
        let verdict = |target: &str, client: &str, verdict, why: Option<&str>| TargetVerdict {
            target: target.into(),
            client: client.into(),
            verdict,
            why: why.map(Into::into),
        };
        Inspection {
            given: "quay.io/acme/web:2.4".into(),
            reference: Some("quay.io/acme/web:2.4".into()),
            registry: Some("quay.io".into()),
            digest: Some("sha256:9b2a".into()),
            media_type: Some("application/vnd.oci.image.index.v1+json".into()),
            format: Some("OCI index".into()),
            size: Some(1609),
            config_media_type: Some("application/vnd.oci.image.config.v1+json".into()),
            config: Some(config()),
            os_version: Some("10.0.17763".into()),
            subject: Some("sha256:ff".into()),
            annotations: BTreeMap::from([(
                "org.opencontainers.image.version".into(),
                "2.4".into(),
            )]),
            layers: vec![InspectedPart {
                media_type: "application/vnd.oci.image.layer.v1.tar+gzip".into(),
                digest: "sha256:1f".into(),
                size: 3_250_000,
                urls: vec!["https://layers.example.com/1f".into()],
                present: Some(false),
                ..InspectedPart::default()
            }],
            children: vec![
                child(Some("linux/amd64"), "sha256:aa"),
                child(Some("linux/arm64/v8"), "sha256:bb"),
                child(None, "sha256:cc"),
            ],
            requests: 2,
            asked: vec![
                InspectedRequest {
                    method: Some("GET".into()),
                    what: "manifest".into(),
                    place: "quay.io/v2/acme/web/manifests/2.4".into(),
                    status: Some(200),
                    content_type: Some("application/vnd.oci.image.index.v1+json".into()),
                    error: None,
                },
                InspectedRequest {
                    method: Some("HEAD".into()),
                    what: "manifest".into(),
                    place: "quay.io/v2/acme/web/manifests/2.3".into(),
                    status: Some(404),
                    content_type: None,
                    error: Some("MANIFEST_UNKNOWN".into()),
                },
            ],
            needs_credentials: Some(false),
            quota: Some("quay.io: 7 pulls left".into()),
            platform: Some("linux/amd64".into()),
            tag_digest: Some("sha256:77".into()),
            nearest_tags: vec!["2.3".into(), "2.5".into()],
            older: Some(InspectedOlder {
                tag: "2.2".into(),
                media_type: "application/vnd.docker.distribution.manifest.list.v2+json".into(),
                format: "docker manifest list".into(),
            }),
            help: vec![
                "copy it in docker format".into(),
                "$ skopeo copy --format v2s2 …".into(),
            ],
            verdicts: vec![
                verdict(
                    "openshift-3.11",
                    "docker 1.13",
                    Verdict::Bad,
                    Some("OCI index"),
                ),
                verdict("openshift-4", "CRI-O", Verdict::Ok, None),
            ],
            ..Inspection::default()
        }
    }

    #[test]
    fn an_image_is_a_table() {
        let mut out = Vec::new();
        inspect(&[sample()], &Style::plain(), &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap());
    }

    #[test]
    fn json_reads_back() {
        let mut out = Vec::new();
        inspect_json(&[sample()], &mut out).unwrap();
        let back: InspectDocument = serde_json::from_slice(&out).unwrap();
        assert_eq!(back.images, [sample()]);
    }

    #[test]
    fn hostile_answers_are_shown_and_do_nothing() {
        let hostile = "x\u{1b}[2J\n::error::y ##vso[z]".to_owned();
        let image = Inspection {
            given: hostile.clone(),
            registry: Some(hostile.clone()),
            media_type: Some(hostile.clone()),
            problem: Some(hostile.clone()),
            help: vec![hostile.clone(), format!("$ {hostile}")],
            ..sample()
        };
        let mut out = Vec::new();
        inspect(std::slice::from_ref(&image), &Style::plain(), &mut out).unwrap();
        inspect_json(&[image], &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(
            !out.contains(|c| sanitize::is_forbidden(c) && c != '\n')
                && sanitize::command_bracket(&out).is_none()
        );
    }

    #[test]
    fn sizes_have_units() {
        for (n, expected) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1536, "1.5 KiB"),
            (3_250_000, "3.1 MiB"),
            (5 << 30, "5.0 GiB"),
        ] {
            assert_eq!(bytes(n), expected);
        }
    }
}
