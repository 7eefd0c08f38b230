//! What other tools test for years, retyped as facts: Renovate's fixtures by manager, OpenShift's tables of references,
//! streams, triggers and templates, hadolint's FROM lines. Each row is a file and the images that it names.

mod buildkit;
mod hadolint;
mod openshift;
mod renovate;
mod renovate_fixtures;

use image_lint_model::fact::Fact;
use image_lint_model::mention::{LinkedMention, Text};
use image_lint_scan::extract::{self, Claim};
use image_lint_scan::link::{self, Values};
use image_lint_text::source::{FileId, RepoPath, SourceFile};

/// What each mention of a file is: its normalised name, or its status.
fn images(path: &str, text: &str) -> Vec<String> {
    let path = RepoPath::from_bytes(path.as_bytes());
    let file = SourceFile::new(FileId(0), path.clone(), text.to_owned());
    let head = &text.as_bytes()[..text.len().min(128)];
    let Claim::By(extractor) = extract::claim(&path, head, true) else {
        return vec!["nobody".into()];
    };
    let (_, extraction) = extract::extract(&file, extractor, true);
    let repository = link::link(vec![(file.id, path, extraction)], &Values::new());
    let refused = |linked: &LinkedMention| {
        let mut facts = linked.facts.iter();
        facts.any(|fact| matches!(fact, Fact::NoStreamName(_)))
    };
    let shown = repository.mentions.iter().map(|linked| match &linked.text {
        _ if refused(linked) => "invalid".to_owned(),
        Text::Known(reference) => reference.to_string(),
        Text::Open(open) => format!("open {}", open[0].written),
        Text::Invalid { .. } => "invalid".to_owned(),
        Text::Stream { name, .. } => {
            let tag = name
                .tag
                .as_deref()
                .map_or(String::new(), |tag| format!(":{tag}"));
            format!("stream {}{tag}", name.name)
        }
        other => other.status().to_owned(),
    });
    let mut all: Vec<String> = shown.collect();
    all.dedup();
    all
}

/// A row: why, the file, its text, the images.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

/// Counts the rows that are right and names the others.
fn check(peer: &str, rows: &[Row]) {
    let mut wrong = Vec::new();
    for (why, path, text, expected) in rows {
        let found = images(path, text);
        if found != *expected {
            wrong.push(format!("{why} ({path}): {found:?}, not {expected:?}"));
        }
    }
    println!(
        "{peer}: {} of {} equal",
        rows.len() - wrong.len(),
        rows.len()
    );
    assert!(
        wrong.is_empty(),
        "{peer}: {} wrong\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
