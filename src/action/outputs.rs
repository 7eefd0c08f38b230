//! The outputs of action.yml: numbers and paths the workflow or the action itself chose, never text from the repository.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;

use image_lint_model::sanitize;

/// A step's summary over this size is dropped as a whole (actions/runner, `AttachmentSizeLimit`: 1 MiB).
const MAX_SUMMARY: u64 = 1024 * 1024;

/// The numbers of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    pub findings: usize,
    pub unchecked: usize,
    pub references: u64,
}

#[derive(Deserialize)]
struct JsonReport {
    findings: Vec<IgnoredAny>,
    unchecked: Vec<IgnoredAny>,
    summary: Summary,
}

#[derive(Deserialize)]
struct Summary {
    references: u64,
}

impl Counts {
    /// From the JSON report. `None` when the run ended before it wrote one.
    pub fn of_report(json: impl Read) -> Option<Counts> {
        let report: JsonReport = serde_json::from_reader(io::BufReader::new(json)).ok()?;
        let (findings, unchecked) = (report.findings.len(), report.unchecked.len());
        Some(Counts {
            findings,
            unchecked,
            references: report.summary.references,
        })
    }
}

/// The files that a run wrote, as far as later steps are told of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Written<'a> {
    pub json: Option<&'a Path>,
    pub html: Option<&'a Path>,
    pub sarif: Option<&'a OsStr>,
}

/// The lines for `GITHUB_OUTPUT`. Paths with a line break are refused when the inputs are read.
pub fn lines(exit_code: u8, counts: Option<Counts>, written: Written<'_>) -> Vec<u8> {
    let result = match exit_code {
        0 => "ok",
        1 => "findings",
        3 => "incomplete",
        _ => "error",
    };
    let mut text = format!("exit-code={exit_code}\nresult={result}\n").into_bytes();
    if let Some(counts) = counts {
        let Counts {
            findings,
            unchecked,
            references,
        } = counts;
        text.extend_from_slice(
            format!("findings={findings}\nunchecked={unchecked}\nrefs={references}\n").as_bytes(),
        );
    }
    for (name, path) in [
        ("json-file", written.json.map(Path::as_os_str)),
        ("html-file", written.html.map(Path::as_os_str)),
        ("sarif-file", written.sarif),
    ] {
        if let Some(path) = path {
            text.extend_from_slice(name.as_bytes());
            text.push(b'=');
            text.extend_from_slice(path.as_encoded_bytes());
            text.push(b'\n');
        }
    }
    text
}

/// A workflow command that shows why the step could not run. The text may quote a file name or an input.
pub fn error_line(text: &str) -> String {
    let lines: Vec<String> = text
        .trim_end()
        .lines()
        .map(|line| sanitize::line(line).replace('%', "%25"))
        .collect();
    format!("::error title=image-lint::{}\n", lines.join("%0A"))
}

/// Adds lines to a file of the runner, which other parts of the step may have written to.
pub fn append(file: &Path, bytes: &[u8]) -> io::Result<()> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(file)?
        .write_all(bytes)
}

/// Adds the Markdown report to the job summary, cut at a line where it would be too long to be shown at all.
pub fn append_summary(summary: &Path, report: &Path) -> io::Result<()> {
    let room = MAX_SUMMARY.saturating_sub(summary.metadata().map_or(0, |m| m.len()));
    let mut text = Vec::new();
    File::open(report)?.take(room + 1).read_to_end(&mut text)?;
    if text.len() as u64 > room {
        const CUT: &[u8] =
            b"\n\n(The summary is too long for GitHub; the rest is in the log and the reports.)\n";
        text.truncate((room as usize).saturating_sub(CUT.len()));
        text.truncate(text.iter().rposition(|b| *b == b'\n').unwrap_or(0));
        text.extend_from_slice(CUT);
    }
    append(summary, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_come_from_the_json_report() {
        let json = br#"{"schema_version":1,"findings":[{"rule":"x"},{}],"unchecked":[{}],"summary":{"references":7,"files":1}}"#;
        assert_eq!(
            Counts::of_report(&json[..]),
            Some(Counts {
                findings: 2,
                unchecked: 1,
                references: 7
            })
        );
        assert_eq!(Counts::of_report(&b""[..]), None);
        assert_eq!(Counts::of_report(&b"{}"[..]), None);
    }

    #[test]
    fn a_message_is_one_command_whatever_it_quotes() {
        let rows = [
            ("no `a`", "::error title=image-lint::no `a`\n"),
            ("100%\nb", "::error title=image-lint::100%25%0Ab\n"),
            (
                "x\n::stop-commands::t\n",
                "::error title=image-lint::x%0A::stop-commands::t\n",
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(error_line(text), expected);
        }
    }

    #[test]
    fn every_exit_code_has_its_result() {
        for (code, result) in [
            (0, "ok"),
            (1, "findings"),
            (2, "error"),
            (3, "incomplete"),
            (130, "error"),
        ] {
            let text = String::from_utf8(lines(code, None, Written::default())).unwrap();
            assert_eq!(text, format!("exit-code={code}\nresult={result}\n"));
        }
        let counts = Counts {
            findings: 1,
            unchecked: 2,
            references: 3,
        };
        let text = lines(
            1,
            Some(counts),
            Written {
                json: Some(Path::new("/own/j")),
                html: Some(Path::new("/own/h")),
                sarif: Some(OsStr::new("o.sarif")),
            },
        );
        let text = String::from_utf8(text).unwrap();
        assert!(
            text.ends_with(
                "findings=1\nunchecked=2\nrefs=3\njson-file=/own/j\nhtml-file=/own/h\nsarif-file=o.sarif\n"
            ),
            "{text}"
        );
    }

    #[test]
    fn a_long_summary_is_cut_so_that_it_is_shown() {
        let folder = tempfile::tempdir().unwrap();
        let (summary, report) = (folder.path().join("summary"), folder.path().join("report"));
        std::fs::write(&summary, "earlier\n").unwrap();
        std::fs::write(&report, "a line of the report\n".repeat(100_000)).unwrap();
        append_summary(&summary, &report).unwrap();
        let text = std::fs::read_to_string(&summary).unwrap();
        assert!(text.len() as u64 <= MAX_SUMMARY && text.len() > 1_000_000);
        assert!(
            text.starts_with("earlier\na line")
                && text.contains("of the report\n\n(The summary is too long")
        );
    }
}
