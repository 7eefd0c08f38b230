//! GitLab's Code Quality report: a JSON array (doc/ci/testing/code_quality.md). GitLab stops at the first entry that it
//! does not understand and loses the rest, so every entry has every required field. What could not be checked is no
//! statement about the code and is left out.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::report::{Report, fingerprint, path_from_root, wire};
use image_lint_model::finding::Level;
use image_lint_model::sanitize;

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: String,
    location: Location,
}

#[derive(Debug, Serialize, Deserialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Debug, Serialize, Deserialize)]
struct Lines {
    begin: u32,
    end: u32,
}

/// Writes the array; `[]` when there is nothing.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let entries: Vec<Entry> = report
        .findings
        .iter()
        .zip(fingerprint::all(report))
        .map(|(f, fingerprint)| {
            let help = f.help.first().map_or(String::new(), |h| {
                format!(" ({})", sanitize::short(h.raw(), 300))
            });
            Entry {
                description: format!("{}{help}", sanitize::short(f.message.raw(), 1000)),
                check_name: f.rule.as_str().into(),
                fingerprint,
                severity: match f.level {
                    Level::Error => "major",
                    Level::Warning => "minor",
                    Level::Note => "info",
                }
                .into(),
                location: Location {
                    path: path_from_root(report, f.place.file),
                    lines: Lines {
                        begin: f.place.start.line.max(1),
                        end: f.place.end.line.max(1),
                    },
                },
            }
        })
        .collect();
    wire::pretty(&entries, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn written(report: &Report) -> String {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn entries_have_what_gitlab_reads() {
        insta::assert_snapshot!(written(&sample::realistic()));
        assert_eq!(written(&Report::default()), "[]\n");
        let entries: Vec<Entry> = serde_json::from_str(&written(&sample::many(3_000))).unwrap();
        assert_eq!(entries.len(), 3_000);
        assert_eq!(
            entries
                .iter()
                .map(|e| &e.fingerprint)
                .collect::<BTreeSet<_>>()
                .len(),
            3_000
        );
    }

    #[test]
    fn paths_start_at_the_repository_root() {
        let mut report = sample::many(1);
        report.prefix = "deploy/".into();
        let entries: Vec<Entry> = serde_json::from_str(&written(&report)).unwrap();
        assert_eq!(entries[0].location.path, "deploy/a.yaml");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn hostile_text_makes_valid_entries(text in any::<String>()) {
            let json = written(&sample::hostile_with(&text));
            prop_assert!(!json.contains(|c| sanitize::is_forbidden(c) && c != '\n'));
            prop_assert_eq!(serde_json::from_str::<Vec<Entry>>(&json).unwrap().len(), 3);
        }
    }
}
