//! `--format json`: one object with everything, and `--format jsonl`: the same, one entry a line.
//!
//! The field names are a promise: within one `schema_version` fields are added, never renamed, removed or given another
//! meaning. The schema is made from these types. `path`, `reference` and the text of edits are exact; prose has been
//! through the sanitiser.

use std::collections::BTreeMap;
use std::io::{self, Write};

use base64::Engine;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::blocks::groups;
use crate::report::{Report, fingerprint, wire};
use image_lint_model::finding::{Level, Untrusted};
use image_lint_model::sanitize;
use image_lint_text::source::{Place, RepoPath};

/// Counts up when a field changes its meaning.
pub const SCHEMA_VERSION: u32 = 1;

/// The report of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Version of this format.
    pub schema_version: u32,
    pub tool: Tool,
    /// Name of the target that images were judged for.
    pub target: String,
    /// One entry for each place, sorted by path, line, column and rule.
    pub findings: Vec<FindingEntry>,
    /// Mentions whose image could not be checked.
    pub unchecked: Vec<UncheckedEntry>,
    /// What the run has to say beside findings.
    pub notes: Vec<NoteEntry>,
    pub summary: SummaryEntry,
}

/// Who wrote the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    pub name: String,
    pub version: String,
}

/// One thing that is wrong at one place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingEntry {
    /// Id of the rule; `image-lint explain RULE` describes it.
    pub rule: String,
    /// `error`, `warning` or `note`.
    pub level: String,
    #[serde(flatten)]
    pub place: PlaceEntry,
    /// The image in its normal form; null when none is known.
    pub reference: Option<String>,
    /// One sentence: what is wrong and why the cluster cares.
    pub message: String,
    /// What to do, most likely first. A line that starts with `$ ` is a command.
    pub help: Vec<String>,
    /// What was seen, in the order of the report.
    pub evidence: Vec<Evidence>,
    /// The other places with the same rule and cause. Each of them has its own entry in `findings`.
    pub also_at: Vec<PlaceEntry>,
    /// Places that explain this one.
    pub related: Vec<RelatedEntry>,
    /// Edits that fix it; null when none is known.
    pub fix: Option<FixEntry>,
    /// Stays the same when lines move.
    pub fingerprint: String,
}

/// A place in a file. Lines and columns start at 1; columns count Unicode scalar values; the end is exclusive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlaceEntry {
    /// Relative to the linted root, `/` between its parts, without `./`.
    pub path: String,
    /// The bytes of the path in base64, only where it is not UTF-8 and `path` shows U+FFFD in their place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_base64: Option<String>,
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
}

/// Something that was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// `media type`, `digest`, `registry`, `status`, `credentials` …
    pub what: String,
    pub value: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RelatedEntry {
    #[serde(flatten)]
    pub place: PlaceEntry,
    pub label: String,
}

/// Edits that fix a finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FixEntry {
    pub title: String,
    /// `--fix` applies it.
    pub safe: bool,
    pub edits: Vec<EditEntry>,
}

/// The text from `start_byte` to `end_byte` is replaced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EditEntry {
    #[serde(flatten)]
    pub place: PlaceEntry,
    pub start_byte: u32,
    pub end_byte: u32,
    pub text: String,
}

/// A mention whose image could not be checked: no verdict about the image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UncheckedEntry {
    #[serde(flatten)]
    pub place: PlaceEntry,
    pub reference: String,
    /// In one word: `dns`, `connect`, `tls`, `timeout`, `rate-limited`, `offline` …
    pub cause: String,
    pub message: String,
    pub help: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteEntry {
    /// `warning` or `note`.
    pub level: String,
    /// Null for the run as a whole.
    pub path: Option<String>,
    pub line: Option<u32>,
    pub column: Option<u32>,
    pub message: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SummaryEntry {
    /// Files that were looked at.
    pub files: usize,
    /// Of these, the ones that were read as a source.
    pub files_read: usize,
    /// Files that name an image and are of a kind that is not read: `list --unread` names them.
    #[serde(default)]
    pub files_unknown: usize,
    pub mentions: usize,
    /// Distinct images that were to be asked.
    pub references: usize,
    /// HTTP requests made.
    pub requests: usize,
    pub errors: usize,
    pub warnings: usize,
    pub notes: usize,
    pub unchecked: usize,
    /// Mentions by verdict: `ok`, `bad`, `unchecked`, `not-checkable`.
    pub verdicts: BTreeMap<String, usize>,
    pub suppressed: SuppressedEntry,
    /// Findings that `--fix` fixed; they are not in `findings`.
    pub fixed: usize,
    pub elapsed_ms: u64,
    /// The run was interrupted: the report holds what was known by then.
    pub interrupted: bool,
}

/// Findings that were kept silent, by what did it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SuppressedEntry {
    pub inline: usize,
    pub config: usize,
    pub baseline: usize,
}

/// One line of `--format jsonl`; `type` says which.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Line {
    /// The first line.
    Start {
        schema_version: u32,
        target: String,
    },
    Finding(FindingEntry),
    Unchecked(UncheckedEntry),
    Note(NoteEntry),
    /// The last line.
    Summary(SummaryEntry),
}

/// Writes one object. Entries are made while they are written: all at once would be a second report in memory.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    wire::pretty(&streamed(&Entries::of(report)), out)
}

/// The same object on one line, for a `script` element of a page.
pub(crate) fn write_in_script(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    wire::script(&streamed(&Entries::of(report)), out)
}

/// The [`Document`] of a report, whose entries are made when they are written.
fn streamed(entries: &Entries<'_>) -> impl Serialize {
    #[derive(Serialize)]
    struct Streamed<F: Serialize, U: Serialize, N: Serialize> {
        schema_version: u32,
        tool: Tool,
        target: String,
        findings: F,
        unchecked: U,
        notes: N,
        summary: SummaryEntry,
    }
    Streamed {
        schema_version: SCHEMA_VERSION,
        tool: Tool {
            name: "image-lint".into(),
            version: env!("CARGO_PKG_VERSION").into(),
        },
        target: entries.report.target.clone(),
        findings: Each(|| entries.findings()),
        unchecked: Each(|| entries.unchecked()),
        notes: Each(|| entries.notes()),
        summary: summary(entries.report),
    }
}

/// Writes one object a line.
pub fn write_lines(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let entries = Entries::of(report);
    wire::line(
        &Line::Start {
            schema_version: SCHEMA_VERSION,
            target: report.target.clone(),
        },
        out,
    )?;
    for entry in entries.findings() {
        wire::line(&Line::Finding(entry), out)?;
    }
    for entry in entries.unchecked() {
        wire::line(&Line::Unchecked(entry), out)?;
    }
    for entry in entries.notes() {
        wire::line(&Line::Note(entry), out)?;
    }
    wire::line(&Line::Summary(summary(report)), out)
}

/// A list whose entries are made one after the other.
struct Each<F>(F);

impl<I, F> Serialize for Each<F>
where
    F: Fn() -> I,
    I: Iterator,
    I::Item: Serialize,
{
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// The report's parts as their JSON types.
struct Entries<'a> {
    report: &'a Report,
    fingerprints: Vec<String>,
    groups: Vec<Vec<usize>>,
    /// By finding: the number of its group.
    group_of: Vec<usize>,
}

impl<'a> Entries<'a> {
    fn of(report: &'a Report) -> Self {
        let groups = groups(report);
        let mut group_of = vec![0; report.findings.len()];
        for (number, group) in groups.iter().enumerate() {
            group.iter().for_each(|finding| group_of[*finding] = number);
        }
        Entries {
            report,
            fingerprints: fingerprint::all(report),
            groups,
            group_of,
        }
    }

    fn findings(&self) -> impl Iterator<Item = FindingEntry> {
        (0..self.report.findings.len()).map(|i| self.finding(i))
    }

    fn finding(&self, i: usize) -> FindingEntry {
        let (report, f) = (self.report, &self.report.findings[i]);
        let group = &self.groups[self.group_of[i]];
        let shown = if group.len() > 10 * ALSO_MAX {
            ALSO_FEW
        } else {
            ALSO_MAX
        };
        let mut bytes = 0;
        let others = group.iter().filter(|o| **o != i).take(shown);
        let others = others.take_while(|o| {
            bytes += report
                .path(report.findings[**o].place.file)
                .as_bytes()
                .len();
            bytes <= ALSO_BYTES
        });
        FindingEntry {
            rule: f.rule.to_string(),
            level: f.level.as_str().into(),
            place: place(report, f.place),
            reference: f.reference.as_ref().map(|r| r.raw().to_owned()),
            message: prose(&f.message),
            help: f.help.iter().map(prose).collect(),
            evidence: f
                .evidence
                .iter()
                .map(|(what, value)| Evidence {
                    what: (*what).into(),
                    value: prose(value),
                })
                .collect(),
            also_at: others
                .map(|o| place(report, report.findings[*o].place))
                .collect(),
            related: f
                .related
                .iter()
                .map(|r| RelatedEntry {
                    place: place(report, r.place),
                    label: prose(&r.label),
                })
                .collect(),
            fix: f.fix.as_ref().map(|fix| FixEntry {
                title: sanitize::line(&fix.title).into_owned(),
                safe: fix.safe,
                edits: fix
                    .edits
                    .iter()
                    .map(|e| EditEntry {
                        place: place(report, e.place),
                        start_byte: e.span.start,
                        end_byte: e.span.end,
                        text: e.text.clone(),
                    })
                    .collect(),
            }),
            fingerprint: self.fingerprints[i].clone(),
        }
    }

    fn unchecked(&self) -> impl Iterator<Item = UncheckedEntry> {
        self.report.unchecked.iter().map(|u| UncheckedEntry {
            place: place(self.report, u.place),
            reference: u.reference.raw().to_owned(),
            cause: u.cause.as_str().into(),
            message: prose(&u.message),
            help: u.help.iter().map(prose).collect(),
        })
    }

    fn notes(&self) -> impl Iterator<Item = NoteEntry> {
        self.report.every_note().map(|n| NoteEntry {
            level: n.level.as_str().into(),
            path: n
                .place
                .map(|p| p.file)
                .or(n.file)
                .map(|f| self.report.path(f).to_text().into_owned()),
            line: n.place.map(|p| p.start.line),
            column: n.place.map(|p| p.start.column),
            message: prose(&n.message),
        })
    }
}

/// A cause at thousands of places would make `also_at` grow with the square; each place has its own entry anyway.
const ALSO_MAX: usize = 100;
/// The same where a report of a small file would become gigabytes.
const ALSO_FEW: usize = 5;
/// Bytes of the paths in one `also_at`: a path may have thousands.
const ALSO_BYTES: usize = 8 * 1024;

fn summary(report: &Report) -> SummaryEntry {
    let s = &report.summary;
    SummaryEntry {
        files: s.files,
        files_read: s.files_read,
        files_unknown: s.files_unknown,
        mentions: s.mentions,
        references: s.references,
        requests: s.requests,
        errors: report.count(Level::Error),
        warnings: report.count(Level::Warning),
        notes: report.count(Level::Note),
        unchecked: report.unchecked.len(),
        verdicts: s
            .verdicts
            .iter()
            .map(|(verdict, n)| (verdict.as_str().to_owned(), *n))
            .collect(),
        suppressed: SuppressedEntry {
            inline: report.suppressed.inline,
            config: report.suppressed.config,
            baseline: report.suppressed.baseline,
        },
        fixed: s.fixed,
        elapsed_ms: s.elapsed_ms,
        interrupted: s.interrupted,
    }
}

fn place(report: &Report, place: Place) -> PlaceEntry {
    let (path, path_base64) = exact_path(report.path(place.file));
    PlaceEntry {
        path,
        path_base64,
        line: place.start.line,
        column: place.start.column,
        end_line: place.end.line,
        end_column: place.end.column,
    }
}

/// A path for JSON: text, and its bytes in base64 where the text is not exact.
pub(crate) fn exact_path(path: &RepoPath) -> (String, Option<String>) {
    let exact = std::str::from_utf8(path.as_bytes()).is_ok();
    let bytes = (!exact).then(|| base64::engine::general_purpose::STANDARD.encode(path.as_bytes()));
    (path.to_text().into_owned(), bytes)
}

fn prose(text: &Untrusted) -> String {
    sanitize::text(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use proptest::prelude::*;

    fn written(report: &Report) -> String {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn document(report: &Report) -> Document {
        serde_json::from_str(&written(report)).unwrap()
    }

    #[test]
    fn a_report_reads_back_as_it_was_written() {
        let report = sample::realistic();
        let back = document(&report);
        assert_eq!(
            back.findings,
            Entries::of(&report).findings().collect::<Vec<_>>()
        );
        assert_eq!(back.summary, summary(&report));
        insta::assert_snapshot!(written(&report));
    }

    #[test]
    fn each_occurrence_is_an_entry_that_names_the_others() {
        let report = sample::realistic();
        let oci: Vec<_> = document(&report)
            .findings
            .into_iter()
            .filter(|f| f.rule == "unsupported-format")
            .collect();
        assert_eq!(oci.len(), 2);
        assert_eq!(oci[0].also_at, vec![oci[1].place.clone()]);
        assert_eq!(oci[1].also_at, vec![oci[0].place.clone()]);
    }

    #[test]
    fn a_path_that_is_not_utf8_is_still_exact() {
        let mut report = sample::many(1);
        report.files = vec![RepoPath::from_bytes(b"a\xff.yaml")];
        let entry = &document(&report).findings[0];
        assert_eq!(entry.place.path, "a\u{fffd}.yaml");
        assert_eq!(entry.place.path_base64.as_deref(), Some("Yf8ueWFtbA=="));
    }

    #[test]
    fn an_empty_report_is_whole() {
        let back: Document = serde_json::from_str(&written(&Report::default())).unwrap();
        assert!(back.findings.is_empty() && back.unchecked.is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn hostile_text_stays_inside_its_strings(text in any::<String>()) {
            let report = sample::hostile_with(&text);
            let json = written(&report);
            prop_assert!(!json.contains(|c| sanitize::is_forbidden(c) && c != '\n'));
            let back: Document = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(back.findings[0].reference.as_deref(), Some(text.as_str()));
            let mut lines = Vec::new();
            write_lines(&report, &mut lines).unwrap();
            let lines = String::from_utf8(lines).unwrap();
            prop_assert_eq!(lines.lines().count(), 7);
            for line in lines.lines() {
                prop_assert!(serde_json::from_str::<Line>(line).is_ok());
            }
        }
    }
}
