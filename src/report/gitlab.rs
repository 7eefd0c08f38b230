//! GitLab's Code Quality report: a JSON array (doc/ci/testing/code_quality.md). GitLab stops at the first entry that it
//! does not understand and loses the rest, so every entry has every required field. What could not be checked is no
//! statement about the code and is left out.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::report::{Report, fingerprint, path_from_root, wire};
use image_lint_model::finding::{Level, Untrusted};
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
            let help = match remedy(&f.help) {
                text if text.is_empty() => text,
                text => format!(" ({text})"),
            };
            Entry {
                description: format!(
                    "{}{}{help}",
                    sanitize::short(f.message.raw(), 1000),
                    report.origin(f.place)
                ),
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

/// The first thing to do; a command that its words lead to goes with it, and whole.
fn remedy(help: &[Untrusted]) -> String {
    let mut lines = help.iter().map(|line| sanitize::short(line.raw(), 1000));
    let first = lines.next().unwrap_or_default();
    let command = lines.next().filter(|_| first.ends_with(':'));
    match command.as_deref().and_then(|line| line.strip_prefix("$ ")) {
        Some(command) => format!("{first} {command}"),
        None => first
            .trim_start_matches("$ ")
            .trim_end_matches(':')
            .to_owned(),
    }
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
    fn a_command_is_whole_and_no_description_dangles() {
        let lines = |lines: &[&str]| {
            lines
                .iter()
                .map(|l| Untrusted::from(*l))
                .collect::<Vec<_>>()
        };
        let long = format!(
            "$ skopeo copy docker://a@sha256:{} docker://REGISTRY/PROJECT/a:1",
            "0".repeat(400)
        );
        for (help, expected) in [
            (vec![], String::new()),
            (lines(&["build it anew"]), "build it anew".to_owned()),
            (
                lines(&["build it:", "$ buildah bud .", "or:"]),
                "build it: buildah bud .".to_owned(),
            ),
            (
                lines(&["copy it:", &long]),
                format!("copy it: {}", &long[2..]),
            ),
            (lines(&["either:", "or"]), "either".to_owned()),
            (lines(&["$ skopeo copy a b"]), "skopeo copy a b".to_owned()),
        ] {
            assert_eq!(remedy(&help), expected);
        }
        let entries: Vec<Entry> = serde_json::from_str(&written(&sample::realistic())).unwrap();
        assert!(entries.iter().all(|e| !e.description.ends_with(":)")));
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
