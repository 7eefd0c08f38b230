//! One image as a table for people.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::{InspectedChild, InspectedPart, InspectedRequest, Inspection, Verdict};
use crate::report::style::Ink;
use crate::report::{Style, count};
use image_lint_model::sanitize;

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
            Verdict::Bad if v.pulls == Some(true) => (Ink::Error, "pulls it and cannot run it"),
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
        let features = (!child.os_features.is_empty())
            .then(|| format!("os.features {}", child.os_features.join(", ")));
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
            .chain(features)
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
    let typed = match (&*part.media_type, part.size) {
        // Schema 1 gives neither.
        ("", 0) => String::new(),
        ("", size) => format!("no type  {}  ", bytes(size)),
        (text, size) => format!("{text}  {}  ", bytes(size)),
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

/// `3.1 MiB (3250000 B)`: rounded to be read, whole to be compared with a manifest.
pub(super) fn bytes(n: u64) -> String {
    if n < 1024 {
        return format!("{n} B");
    }
    let mut value = n as f64 / 1024.0;
    let mut unit = "KiB";
    for larger in ["MiB", "GiB"] {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = larger;
    }
    format!("{value:.1} {unit} ({n} B)")
}
