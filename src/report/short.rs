//! One line a finding, for editors, `grep` and problem matchers: `path:line:column: level[rule] message`. What could not be
//! checked is `warning[unchecked]`; notes about a place of a file are lines, too.

use std::io::{self, Write};

use crate::report::Report;
use crate::rules::unchecked::UNCHECKED;
use image_lint_model::finding::{Level, Untrusted};
use image_lint_model::sanitize;

/// Writes the lines, by path and place; findings first.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
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
    for note in report.notes.iter().filter(|note| note.level > Level::Note) {
        if let Some(place) = note.place {
            let (at, level) = (report.at(place), note.level.as_str());
            lines.push_str(&format!("{at}: {level} {}\n", said(&note.message)));
        }
    }
    out.write_all(sanitize::break_commands(&lines).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn written(report: &Report) -> String {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
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
