//! One line a finding, for editors, `grep` and problem matchers: `path:line:column: level[rule] message`. What could not be
//! checked is `warning[unchecked]`; notes about a place of a file are lines, too, and with `-v` all others.

use std::io::{self, Write};

use crate::report::Report;
use crate::rules::unchecked::UNCHECKED;
use image_lint_model::finding::{Level, Untrusted};
use image_lint_model::sanitize;

/// Writes the lines, by path and place; findings first.
pub fn write(report: &Report, verbose: bool, out: &mut dyn Write) -> io::Result<()> {
    let said = |text: &Untrusted| sanitize::short(text.raw(), 2 * sanitize::LONGEST);
    let mut lines = String::new();
    for finding in &report.findings {
        lines.push_str(&format!(
            "{}: {}[{}] {}{}\n",
            report.at(finding.place),
            finding.level.as_str(),
            finding.rule,
            said(&finding.message),
            report.origin(finding.place)
        ));
    }
    for unchecked in &report.unchecked {
        let (at, message) = (report.at(unchecked.place), said(&unchecked.message));
        let origin = report.origin(unchecked.place);
        lines.push_str(&format!("{at}: warning[{UNCHECKED}] {message}{origin}\n"));
    }
    for note in report
        .notes
        .iter()
        .filter(|note| verbose || note.level > Level::Note)
    {
        let at = match (note.place, note.file) {
            (Some(place), _) => report.at(place),
            (None, Some(file)) if verbose => sanitize::path(report.path(file)).to_string(),
            (None, None) if verbose => "image-lint".to_owned(),
            (None, _) => continue,
        };
        lines.push_str(&format!(
            "{at}: {} {}\n",
            note.level.as_str(),
            said(&note.message)
        ));
    }
    out.write_all(sanitize::break_commands(&lines).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn written(report: &Report) -> String {
        let mut out = Vec::new();
        write(report, false, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_finding_is_a_line_that_begins_with_its_place() {
        let report = sample::realistic();
        let text = written(&report);
        assert!(text.lines().count() >= report.findings.len() + report.unchecked.len());
        for (line, finding) in text.lines().zip(&report.findings) {
            let head = format!(
                "{}: {}[{}] ",
                report.at(finding.place),
                finding.level.as_str(),
                finding.rule
            );
            assert!(line.starts_with(&head), "{line}");
        }
        assert!(text.contains(": warning[unchecked] "), "{text}");
        assert_eq!(written(&sample::clean()), "");
    }

    #[test]
    fn what_was_skipped_is_a_line_where_somebody_asks_for_more() {
        let mut report = sample::realistic();
        report.notes.push(image_lint_model::finding::Note::of_run(
            Level::Note,
            "17 files were not read".to_owned(),
        ));
        let mut out = Vec::new();
        super::write(&report, true, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let line = "image-lint: note 17 files were not read\n";
        assert!(text.contains(line), "{text}");
        assert!(!written(&report).contains(line));
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn hostile_text_never_acts(text in proptest::prelude::any::<String>()) {
            let report = sample::hostile_with(&text);
            let out = written(&report);
            proptest::prop_assert!(!out.contains(|c| sanitize::is_forbidden(c) && c != '\n'), "{}", out);
            proptest::prop_assert!(!out.lines().any(|l| l.trim_start().starts_with("::") || l.contains("##[")), "{}", out);
        }
    }
}
