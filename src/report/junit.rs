//! JUnit XML as Jenkins' xUnit plugin validates it (jenkinsci/xunit-plugin `junit-10.xsd`) and GitLab reads it
//! (`lib/gitlab/ci/parsers/test/junit.rb`): a suite for each file, a case for each distinct image in it.
//!
//! An error is a `failure`; an image that could not be checked is an `error`; what is only a warning, not checkable or
//! suppressed is `skipped`, because JUnit knows nothing between red and green. The schema has no `file` on a case, so
//! the path is the class name and the suite's `file`. There is no `system-out`: GitLab obeys `[[ATTACHMENT|…]]` in it.

use std::collections::BTreeMap;
use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::report::{Report, SilentWhy, path_from_root};
use image_lint_model::finding::Level;
use image_lint_model::sanitize;
use image_lint_text::source::FileId;

/// The worst of what is known wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Skipped,
    Passed,
    Error,
    Failure,
}

#[derive(Debug)]
struct Case {
    outcome: Outcome,
    /// Rule or cause.
    kind: String,
    message: String,
    text: String,
}

/// Writes the suites; one passed case when there is nothing at all, because GitLab wants a suite.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let suites = suites(report);
    let mut xml = Writer::new_with_indent(&mut *out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let all = suites.values().flat_map(BTreeMap::values);
    let time = seconds(report.summary.elapsed_ms);
    let (tests, failures, errors) = count(all);
    xml.create_element("testsuites")
        .with_attributes([
            ("name", "image-lint"),
            ("tests", tests.to_string().as_str()),
            ("failures", failures.to_string().as_str()),
            ("errors", errors.to_string().as_str()),
            ("time", time.as_str()),
        ])
        .write_inner_content(|xml| {
            for (path, cases) in &suites {
                suite(xml, path, cases)?;
            }
            Ok(())
        })?;
    out.write_all(b"\n")
}

fn count<'a>(cases: impl Iterator<Item = &'a Case>) -> (usize, usize, usize) {
    cases.fold((0, 0, 0), |(tests, failures, errors), case| {
        (
            tests + 1,
            failures + usize::from(case.outcome == Outcome::Failure),
            errors + usize::from(case.outcome == Outcome::Error),
        )
    })
}

fn suite<W: Write>(
    xml: &mut Writer<W>,
    path: &str,
    cases: &BTreeMap<String, Case>,
) -> io::Result<()> {
    let (tests, failures, errors) = count(cases.values());
    let skipped = cases
        .values()
        .filter(|c| c.outcome == Outcome::Skipped)
        .count();
    xml.create_element("testsuite")
        .with_attributes([
            ("name", path),
            ("tests", tests.to_string().as_str()),
            ("failures", failures.to_string().as_str()),
            ("errors", errors.to_string().as_str()),
            ("skipped", skipped.to_string().as_str()),
            ("time", "0"),
            ("file", path),
        ])
        .write_inner_content(|xml| {
            for (name, case) in cases {
                let element = xml.create_element("testcase").with_attributes([
                    ("name", name.as_str()),
                    ("classname", path),
                    ("time", "0"),
                ]);
                let tag = match case.outcome {
                    Outcome::Passed => {
                        element.write_empty()?;
                        continue;
                    }
                    Outcome::Skipped => "skipped",
                    Outcome::Error => "error",
                    Outcome::Failure => "failure",
                };
                element.write_inner_content(|xml| {
                    xml.create_element(tag)
                        .with_attributes([
                            ("type", case.kind.as_str()),
                            ("message", case.message.as_str()),
                        ])
                        .write_text_content(BytesText::new(&case.text))?;
                    Ok(())
                })?;
            }
            Ok(())
        })?;
    Ok(())
}

/// By path, then by image. All text in it is safe to show.
fn suites(report: &Report) -> BTreeMap<String, BTreeMap<String, Case>> {
    let mut suites: BTreeMap<String, BTreeMap<String, Case>> = BTreeMap::new();
    let mut add = |file: FileId, name: String, case: Case| {
        let cases = suites.entry(path_from_root(report, file)).or_default();
        match cases.get_mut(&name) {
            None => {
                cases.insert(name, case);
            }
            Some(known) => {
                if case.outcome > known.outcome {
                    (known.outcome, known.kind, known.message) =
                        (case.outcome, case.kind, case.message);
                }
                if !case.text.is_empty() && !known.text.contains(&case.text) {
                    known.text.push('\n');
                    known.text.push_str(&case.text);
                }
            }
        }
    };
    for f in &report.findings {
        let message = sanitize::short(f.message.raw(), 1_000);
        let mut text = format!(
            "{}: {}[{}] {message}{}",
            report.at(f.place),
            f.level.as_str(),
            f.rule,
            report.origin(f.place)
        );
        for line in &f.help {
            text.push('\n');
            text.push_str(&sanitize::text(line));
        }
        let name = match f.reference.as_ref().map(|r| sanitize::short(r.raw(), 300)) {
            Some(name) if !name.is_empty() => name,
            _ => format!("line {}", f.place.start.line),
        };
        let outcome = if f.level == Level::Error {
            Outcome::Failure
        } else {
            Outcome::Skipped
        };
        add(
            f.place.file,
            name,
            Case {
                outcome,
                kind: f.rule.to_string(),
                message,
                text,
            },
        );
    }
    for u in &report.unchecked {
        let message = sanitize::short(u.message.raw(), 1_000);
        let text = format!("{}: not checked: {message}", report.at(u.place));
        let case = Case {
            outcome: Outcome::Error,
            kind: u.cause.as_str().to_owned(),
            message,
            text,
        };
        add(u.place.file, sanitize::short(u.reference.raw(), 300), case);
    }
    for s in &report.silent {
        let (outcome, kind) = match s.why {
            SilentWhy::Ok => (Outcome::Passed, ""),
            SilentWhy::NotCheckable(why) => (Outcome::Skipped, why),
            SilentWhy::Suppressed => (Outcome::Skipped, "suppressed"),
        };
        let case = Case {
            outcome,
            kind: kind.into(),
            message: kind.into(),
            text: String::new(),
        };
        add(s.place.file, sanitize::short(s.reference.raw(), 300), case);
    }
    if suites.is_empty() {
        let case = Case {
            outcome: Outcome::Passed,
            kind: String::new(),
            message: String::new(),
            text: String::new(),
        };
        suites.insert(
            "image-lint".into(),
            BTreeMap::from([("no problems found".to_owned(), case)]),
        );
    }
    suites
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1000, ms % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use proptest::prelude::*;
    use quick_xml::Reader;

    fn written(report: &Report) -> String {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// Elements in order, attributes decoded; panics where the text is not well formed or the schema has no such thing.
    fn read(xml: &str) -> Vec<(String, BTreeMap<String, String>)> {
        let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
            (
                "testsuites",
                &["name", "time", "tests", "failures", "errors"][..],
            ),
            (
                "testsuite",
                &[
                    "name", "tests", "failures", "errors", "skipped", "time", "file",
                ][..],
            ),
            ("testcase", &["name", "time", "classname"][..]),
            ("failure", &["type", "message"][..]),
            ("error", &["type", "message"][..]),
            ("skipped", &["type", "message"][..]),
        ]);
        let mut reader = Reader::from_str(xml);
        let mut all = Vec::new();
        let mut depth = 0;
        loop {
            match reader.read_event().unwrap() {
                Event::Eof => break,
                event @ (Event::Start(_) | Event::Empty(_)) => {
                    depth += i32::from(matches!(event, Event::Start(_)));
                    let (Event::Start(e) | Event::Empty(e)) = event else {
                        unreachable!()
                    };
                    let name = String::from_utf8(e.name().as_ref().to_vec()).unwrap();
                    let mut attributes = BTreeMap::new();
                    for a in e.attributes() {
                        let a = a.unwrap();
                        let key = String::from_utf8(a.key.as_ref().to_vec()).unwrap();
                        assert!(
                            allowed[name.as_str()].contains(&key.as_str()),
                            "{name} has no {key}"
                        );
                        let raw = std::str::from_utf8(&a.value).unwrap();
                        attributes
                            .insert(key, quick_xml::escape::unescape(raw).unwrap().into_owned());
                    }
                    all.push((name, attributes));
                }
                Event::End(_) => depth -= 1,
                _ => {}
            }
        }
        assert_eq!(depth, 0);
        all
    }

    #[test]
    fn suites_of_a_run() {
        let xml = written(&sample::realistic());
        read(&xml);
        insta::assert_snapshot!(xml);
    }

    #[test]
    fn an_empty_report_has_one_passed_case() {
        let all = read(&written(&Report::default()));
        let names: Vec<_> = all.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["testsuites", "testsuite", "testcase"]);
    }

    #[test]
    fn the_nastiest_text_stays_text() {
        let xml = written(&sample::hostile_with(sample::HOSTILE));
        read(&xml);
        assert!(!xml.contains("system-out") && sanitize::command_bracket(&xml).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn hostile_text_is_well_formed(text in any::<String>()) {
            let xml = written(&sample::hostile_with(&text));
            let all = read(&xml);
            prop_assert!(!xml.contains(|c| sanitize::is_forbidden(c) && c != '\n'));
            prop_assert!(all.iter().filter(|(name, _)| name == "failure").count() == 1);
        }
    }
}
