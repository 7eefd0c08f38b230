//! Findings as diagnostics, each with the version of the document that it was found in.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use lsp_types::notification::PublishDiagnostics;
use lsp_types::{
    Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, NumberOrString,
    PublishDiagnosticsParams, Range,
};

use super::client::Client;
use super::exchange::Snapshot;
use super::ranges::Ranges;
use crate::report::Unchecked;
use crate::rules::Finding;
use crate::rules::unchecked::UNCHECKED;
use image_lint_model::finding::{Level, Note, Untrusted};
use image_lint_model::sanitize;
use image_lint_text::source::FileId;

/// The name that diagnostics carry.
pub const SOURCE: &str = "image-lint";
/// Lines of help in a diagnostic's message; hover shows all.
const HELP: usize = 3;
/// Characters of one line.
const LONGEST: usize = 1000;
/// Diagnostics of one file.
const MOST: usize = 2000;

/// What the client shows now.
#[derive(Debug, Default)]
pub struct Shown(HashMap<PathBuf, Of>);

#[derive(Debug)]
struct Of {
    root: PathBuf,
    version: Option<i32>,
    diagnostics: Vec<Diagnostic>,
}

impl Shown {
    /// Publishes what a snapshot says, and what it no longer says. A document that changed since is left as it is: what
    /// is true of it comes next.
    pub fn publish(&mut self, client: &Client, ranges: &Ranges<'_>, related: bool) {
        let snapshot = ranges.snapshot;
        let key = snapshot.lone.as_ref().unwrap_or(&snapshot.root).clone();
        let mut files = by_file(ranges, related);
        for (path, of) in &self.0 {
            if of.root == key {
                files.entry(path.clone()).or_default();
            }
        }
        for (path, mut diagnostics) in files {
            diagnostics.truncate(MOST);
            let version = match ranges.documents.get(&path) {
                Some(document) if snapshot.versions.get(&path) != Some(&document.version) => {
                    continue;
                }
                Some(document) => Some(document.version),
                None => None,
            };
            let known = self.0.get(&path);
            let same = known
                .is_some_and(|known| known.version == version && known.diagnostics == diagnostics);
            let nothing = known.is_none() && diagnostics.is_empty() && version.is_none();
            if same || nothing {
                continue;
            }
            let Some(uri) = ranges.uri(&path) else {
                continue;
            };
            let root = key.clone();
            client.notify::<PublishDiagnostics>(PublishDiagnosticsParams {
                uri,
                diagnostics: diagnostics.clone(),
                version,
            });
            match diagnostics.is_empty() && version.is_none() {
                true => self.0.remove(&path),
                false => self.0.insert(
                    path,
                    Of {
                        root,
                        version,
                        diagnostics,
                    },
                ),
            };
        }
    }

    /// Takes back what was shown of a folder that is no longer open.
    pub fn forget(
        &mut self,
        client: &Client,
        root: &PathBuf,
        uri: impl Fn(&PathBuf) -> Option<lsp_types::Uri>,
    ) {
        let gone: Vec<PathBuf> = (self.0.iter())
            .filter(|(_, of)| of.root == *root)
            .map(|(path, _)| path.clone())
            .collect();
        for path in gone {
            self.0.remove(&path);
            if let Some(uri) = uri(&path) {
                client.notify::<PublishDiagnostics>(PublishDiagnosticsParams {
                    uri,
                    diagnostics: Vec::new(),
                    version: None,
                });
            }
        }
    }
}

fn by_file(ranges: &Ranges<'_>, related: bool) -> BTreeMap<PathBuf, Vec<Diagnostic>> {
    let snapshot = ranges.snapshot;
    let mut files: BTreeMap<PathBuf, Vec<Diagnostic>> = BTreeMap::new();
    let mut add = |file: FileId, diagnostic: Diagnostic| {
        files
            .entry(snapshot.path(file))
            .or_default()
            .push(diagnostic);
    };
    for finding in &snapshot.findings {
        add(finding.place.file, of_finding(finding, ranges, related));
    }
    for unchecked in &snapshot.unchecked {
        add(unchecked.place.file, of_unchecked(unchecked, ranges));
    }
    for note in snapshot
        .notes
        .iter()
        .filter(|note| note.level > Level::Note)
    {
        if let Some(file) = note.file {
            add(file, of_note(note, ranges));
        }
    }
    // An open document without findings is published, too: that it is clean is an answer.
    for path in snapshot.versions.keys() {
        files.entry(path.clone()).or_default();
    }
    files
}

fn of_finding(finding: &Finding, ranges: &Ranges<'_>, related: bool) -> Diagnostic {
    let information = finding.related.iter().filter_map(|related| {
        Some(DiagnosticRelatedInformation {
            location: ranges.location(&related.place)?,
            message: sanitize::short(related.label.raw(), LONGEST),
        })
    });
    let information: Vec<_> = information.collect();
    Diagnostic {
        severity: Some(severity(finding.level)),
        code: Some(NumberOrString::String(finding.rule.as_str().to_owned())),
        related_information: (related && !information.is_empty()).then_some(information),
        ..diagnostic(
            ranges.range(&finding.place),
            &finding.message,
            &finding.help,
        )
    }
}

fn of_unchecked(unchecked: &Unchecked, ranges: &Ranges<'_>) -> Diagnostic {
    Diagnostic {
        severity: Some(DiagnosticSeverity::INFORMATION),
        code: Some(NumberOrString::String(UNCHECKED.to_owned())),
        ..diagnostic(
            ranges.range(&unchecked.place),
            &unchecked.message,
            &unchecked.help,
        )
    }
}

fn of_note(note: &Note, ranges: &Ranges<'_>) -> Diagnostic {
    let range = note.place.map(|place| ranges.range(&place));
    Diagnostic {
        severity: Some(DiagnosticSeverity::INFORMATION),
        ..diagnostic(range.unwrap_or_default(), &note.message, &[])
    }
}

fn diagnostic(range: Range, message: &Untrusted, help: &[Untrusted]) -> Diagnostic {
    let mut text = sanitize::short(message.raw(), LONGEST);
    for line in help.iter().take(HELP) {
        text.push_str("\nhelp: ");
        text.push_str(&sanitize::short(line.raw(), LONGEST));
    }
    Diagnostic {
        range,
        source: Some(SOURCE.to_owned()),
        message: text,
        ..Diagnostic::default()
    }
}

fn severity(level: Level) -> DiagnosticSeverity {
    match level {
        Level::Error => DiagnosticSeverity::ERROR,
        Level::Warning => DiagnosticSeverity::WARNING,
        Level::Note => DiagnosticSeverity::INFORMATION,
    }
}

/// What a snapshot says that is of no file, for the log.
pub fn of_run(snapshot: &Snapshot) -> impl Iterator<Item = String> {
    let notes = snapshot.notes.iter();
    notes
        .filter(|note| note.file.is_none() && note.level > Level::Note)
        .map(|note| sanitize::short(note.message.raw(), LONGEST))
}
