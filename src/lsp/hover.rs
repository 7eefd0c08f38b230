//! Hover: what an image is, where its parts come from, what the registry stores, and what each target makes of it.

use std::time::SystemTime;

use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind, Position};

use super::exchange::Answer;
use super::markdown::{block, code, prose};
use super::requests::View;
use crate::rules::{self, Case, Finding, Levels, Subject};
use crate::rules::{facts, unchecked};
use image_lint_model::finding::Level;
use image_lint_model::manifest::{Body, Manifest, Platform};
use image_lint_model::mention::{Condition, LinkedMention, Text};
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::{Resolution, Resolved};
use image_lint_model::target::Target;

/// Images of one place that are told; a line may stand for more.
const IMAGES: usize = 4;
/// Parts, platforms and variables that are told of one image.
const ROWS: usize = 12;

pub fn hover(view: &View<'_>, at: Position) -> Option<Hover> {
    let offset = view.offset(at);
    let found = view.snapshot.mentions_at(view.file?, offset);
    let first = *found.first()?;
    let told: Vec<String> = found.iter().take(IMAGES).map(|m| image(view, m)).collect();
    let mut text = told.join("\n---\n\n");
    if found.len() > IMAGES {
        text.push_str(&format!("\n---\n\nand {} more\n", found.len() - IMAGES));
    }
    let place = first.mention.place;
    let within = Some(place.file) == view.file && place.span.range().contains(&offset);
    let kind = match view.markdown {
        true => MarkupKind::Markdown,
        false => MarkupKind::PlainText,
    };
    Some(Hover {
        contents: HoverContents::Markup(MarkupContent { kind, value: text }),
        range: within.then(|| view.ranges.range(&place)),
    })
}

fn image(view: &View<'_>, linked: &LinkedMention) -> String {
    let mut text = subject(linked);
    parts(view, linked, &mut text);
    let Text::Known(reference) = &linked.text else {
        return text;
    };
    match view.snapshot.answer(reference).filter(|_| linked.asked) {
        Some(answer) => {
            stored(reference, answer, &mut text);
            verdicts(view, linked, &answer.resolved, &mut text);
        }
        None => text.push_str(&format!("\n{}\n", not_asked(view, linked))),
    }
    text
}

/// What is named.
fn subject(linked: &LinkedMention) -> String {
    let role = linked.role.as_str();
    match &linked.text {
        Text::Known(reference) => {
            let mut text = format!("{} · {role}\n", code(&reference.to_string()));
            if reference.tag_implied {
                text.push_str("\nno tag is written: `latest` is meant\n");
            }
            text
        }
        Text::Invalid { text, error } => format!(
            "{} is not a valid image name: {}\n",
            code(text),
            prose(&error.why)
        ),
        Text::Open(variables) => {
            let names = variables.iter().take(ROWS).map(|v| code(&v.name));
            format!(
                "{} · {role}\n\nhas no value in this repository: {}\n",
                code(&linked.mention.value.written()),
                names.collect::<Vec<_>>().join(", ")
            )
        }
        Text::Internal { text } => format!(
            "{} · a registry that only the cluster reaches\n",
            code(text)
        ),
        Text::Stream { name, .. } => {
            let tag = name.tag.as_deref().map(|tag| format!(":{tag}"));
            let name = format!("{}{}", name.name, tag.unwrap_or_default());
            format!("{} · of an ImageStream\n", code(&name))
        }
        Text::Local { text, why } => format!("{} · {}\n", code(text), prose(why)),
        Text::Empty => "filled in by a controller or a trigger\n".to_owned(),
    }
}

/// Which line gives which part.
fn parts(view: &View<'_>, linked: &LinkedMention, text: &mut String) {
    let rows: Vec<String> = (linked.parts.iter())
        .filter_map(|part| {
            let place = part.origin.place?;
            let path = view.snapshot.files.get(place.file.0 as usize)?;
            let at = format!("{}:{}", path.to_text(), place.start.line);
            Some(format!(
                "- {} is {} from {}\n",
                code(&part.text),
                code(&part.origin.name),
                link(view, &place, &at)
            ))
        })
        .take(ROWS)
        .collect();
    if !rows.is_empty() {
        text.push('\n');
        text.extend(rows);
    }
    for fact in linked.facts.iter().take(ROWS) {
        let (words, place) = facts::words(fact);
        text.push_str(&format!("- {}", prose(&words)));
        let path = place.and_then(|place| view.snapshot.files.get(place.file.0 as usize));
        if let (Some(place), Some(path)) = (place, path) {
            let at = format!("{}:{}", path.to_text(), place.start.line);
            text.push_str(&format!(" ({})", link(view, &place, &at)));
        }
        text.push('\n');
    }
    match &linked.mention.condition {
        Some(Condition::TurnedOn(when)) => {
            text.push_str(&format!("\ndeployed {}\n", code(when)));
        }
        Some(Condition::NotPulled(why)) => text.push_str(&format!("\npulled: {}\n", code(why))),
        Some(Condition::Branch(when)) => text.push_str(&format!("\nwhere {}\n", code(when))),
        None => {}
    }
}

/// A link to a line. The URI is made here of a path, and escaped.
fn link(view: &View<'_>, place: &image_lint_text::source::Place, words: &str) -> String {
    let path = view.snapshot.path(place.file);
    match super::uri::from_path(&path) {
        Some(uri) => format!(
            "[{}](<{}#L{}>)",
            code(words),
            uri.as_str(),
            place.start.line
        ),
        None => code(words),
    }
}

fn not_asked(view: &View<'_>, linked: &LinkedMention) -> &'static str {
    if !linked.asked {
        return "not asked of a registry";
    }
    match view.snapshot.silent {
        Some(why) => why,
        None if !view.document.saved => "asked of its registry when the file is saved",
        None => "no answer of its registry yet",
    }
}

/// What the registry stores.
fn stored(reference: &ImageReference, answer: &Answer, text: &mut String) {
    let resolved = &answer.resolved;
    text.push('\n');
    match &resolved.resolution {
        Resolution::Found(manifest) => manifest_rows(manifest, text),
        Resolution::Ambiguous(ambiguity) => {
            text.push_str(&format!(
                "- contradicts itself: {}\n",
                prose(&ambiguity.why)
            ));
        }
        Resolution::Absent(absence) => {
            let near = absence.nearest_tags.iter().map(|tag| code(tag));
            let near: Vec<String> = near.collect();
            text.push_str("- not in the registry");
            if !near.is_empty() {
                text.push_str(&format!("; nearest tags: {}", near.join(", ")));
            }
            text.push('\n');
        }
        Resolution::Denied(denial) => {
            text.push_str(&format!(
                "- the registry refuses (status {})\n",
                denial.status
            ));
        }
        Resolution::Unknown(unreachable) => {
            let why = unchecked::message_for(reference, unreachable);
            text.push_str(&format!("- could not be checked: {}\n", prose(why.raw())));
        }
    }
    if let Some(digest) = &resolved.tag_digest {
        text.push_str(&format!("- the tag now names {}\n", code(digest)));
    }
    if let Some(older) = &resolved.alternative {
        text.push_str(&format!(
            "- {} is stored as {}\n",
            code(&older.tag),
            older.format.words()
        ));
    }
    let host = &resolved.evidence.api_host;
    text.push_str(&format!("- asked {} {}\n", code(host), age(answer.at)));
}

fn manifest_rows(manifest: &Manifest, text: &mut String) {
    text.push_str(&format!(
        "- stored as {}, {}\n",
        manifest.format.words(),
        code(manifest.format.media_type())
    ));
    if let Some(digest) = &manifest.digest {
        text.push_str(&format!("- digest {}\n", code(digest)));
    }
    let Some(body) = &manifest.body else { return };
    let platforms = platforms(body);
    if !platforms.is_empty() {
        text.push_str(&format!("- platforms: {}\n", platforms.join(", ")));
    }
    if let Some(size) = size(body) {
        text.push_str(&format!("- size {size}\n"));
    }
}

fn platforms(body: &Body) -> Vec<String> {
    let children = body.images().filter_map(|child| child.platform.as_ref());
    let all: Vec<&Platform> = children.chain(&body.platform).collect();
    let mut words: Vec<String> = (all.iter().take(ROWS))
        .map(|platform| code(&platform.to_string()))
        .collect();
    if all.len() > ROWS {
        words.push(format!("and {} more", all.len() - ROWS));
    }
    words
}

/// Of the layers, compressed; None for lists and schema 1.
fn size(body: &Body) -> Option<String> {
    let bytes: u64 = body.layers.iter().map(|layer| layer.size).sum();
    let count = body.layers.len();
    // Tenths of a mebibyte are exact enough for a size that is shown.
    let mebibytes = bytes as f64 / (1024.0 * 1024.0);
    let layers = if count == 1 { "layer" } else { "layers" };
    (bytes > 0).then(|| format!("{mebibytes:.1} MiB in {count} {layers}"))
}

fn age(at: SystemTime) -> String {
    let seconds = at.elapsed().unwrap_or_default().as_secs();
    match seconds {
        0..60 => "just now".to_owned(),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}

/// What each target makes of it, the configured one first, and what to do for that one.
fn verdicts(view: &View<'_>, linked: &LinkedMention, resolved: &Resolved, text: &mut String) {
    if let Resolution::Unknown(_) = resolved.resolution {
        return;
    }
    text.push('\n');
    let mut help: Vec<String> = Vec::new();
    for (number, target) in view.snapshot.targets.iter().enumerate() {
        let findings = judged(view, linked, resolved, target);
        let name = code(&target.name);
        match findings.first() {
            None => text.push_str(&format!("- {name}: can pull it\n")),
            Some(found) => {
                text.push_str(&format!("- {name}: **no**, {}\n", prose(found.label.raw())));
                if number == 0 {
                    help = found
                        .help
                        .iter()
                        .map(|line| line.raw().to_owned())
                        .collect();
                }
            }
        }
    }
    for line in help {
        match line.strip_prefix("$ ") {
            Some(command) => text.push_str(&format!(
                "\n{}",
                block("sh", &image_lint_model::sanitize::line(command))
            )),
            None => text.push_str(&format!("\n{}\n", prose(&line))),
        }
    }
}

/// What a target proves about an image.
fn judged(
    view: &View<'_>,
    linked: &LinkedMention,
    resolved: &Resolved,
    target: &Target,
) -> Vec<Finding> {
    let case = Case {
        subject: Subject::Mention {
            linked,
            resolved: Some(resolved),
        },
        target,
        // A person asks about this image: what only a CI system pulls is judged, too.
        target_is_of_path: true,
        policy: None,
        repository: &view.snapshot.repository,
    };
    let mut findings = Vec::new();
    rules::judge(&case, &Levels::default(), &mut findings);
    findings.retain(|finding| finding.level == Level::Error);
    findings
}
