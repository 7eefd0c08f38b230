//! JUnit through the schema of Jenkins' xUnit plugin, and as GitLab reads it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use quick_xml::events::Event;

use crate::runs;
use crate::tools::tool;

fn validate(report: &Path) -> Output {
    let mut command = Command::new(tool("venv/bin/xmlschema-validate"));
    command
        .arg("--schema")
        .arg(tool("junit-10.xsd"))
        .arg(report)
        .output()
        .expect("the validator starts")
}

#[test]
fn every_report_is_valid_by_jenkins_schema() {
    for reports in runs::all() {
        let done = validate(&reports.path("junit"));
        assert!(done.status.success(), "{}: {done:?}", reports.name);
    }
}

#[test]
fn the_schema_refuses_what_it_does_not_know() {
    let reports = runs::demo();
    let path = reports.workspace.beside("damaged.xml");
    std::fs::write(
        &path,
        reports
            .read("junit")
            .replacen("<testcase ", "<testcase line=\"1\" ", 1),
    )
    .unwrap();
    assert!(!validate(&path).status.success());
}

/// The cases of a report by suite, class and name with their outcome, as GitLab's `lib/gitlab/ci/parsers/test/junit.rb`
/// finds them: below `testsuites`, suites in suites; of two cases with the same names the first counts.
fn gitlab_cases(xml: &str) -> BTreeMap<[String; 3], &'static str> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let (mut suite, mut case) = (String::new(), None::<[String; 3]>);
    let mut cases = BTreeMap::new();
    loop {
        let event = reader.read_event().expect("well-formed XML");
        let (element, empty) = match &event {
            Event::Eof => return cases,
            Event::Start(element) => (element, false),
            Event::Empty(element) => (element, true),
            Event::End(end) if end.name().as_ref() == b"testcase" => {
                cases.entry(case.take().unwrap()).or_insert("success");
                continue;
            }
            _ => continue,
        };
        let attribute = |name: &str| {
            let found = element
                .try_get_attribute(name)
                .expect("attributes")
                .expect("a needed attribute");
            let raw = String::from_utf8(found.value.into_owned()).unwrap();
            quick_xml::escape::unescape(&raw)
                .expect("entities")
                .into_owned()
        };
        match element.name().as_ref() {
            b"testsuite" => suite = attribute("name"),
            b"testcase" => {
                let names = [suite.clone(), attribute("classname"), attribute("name")];
                if empty {
                    cases.entry(names).or_insert("success");
                } else {
                    case = Some(names);
                }
            }
            outcome @ (b"failure" | b"error" | b"skipped") => {
                let outcome = match outcome {
                    b"failure" => "failed",
                    b"error" => "error",
                    _ => "skipped",
                };
                cases
                    .entry(case.clone().expect("an outcome stands in a case"))
                    .or_insert(outcome);
            }
            b"testsuites" => {}
            other => panic!("GitLab is given {}", String::from_utf8_lossy(other)),
        }
    }
}

#[test]
fn gitlab_shows_each_image_of_each_file_once_with_its_verdict() {
    for reports in runs::all() {
        let text = reports.read("junit");
        let cases = gitlab_cases(&text);
        assert!(
            !cases.is_empty(),
            "{}: GitLab wants a suite with a case",
            reports.name
        );
        assert_eq!(
            text.matches("<testcase ").count(),
            cases.len(),
            "{}: two cases of one name",
            reports.name
        );
        let failed = cases
            .values()
            .filter(|outcome| **outcome == "failed")
            .count();
        let errors = reports
            .findings()
            .iter()
            .filter(|finding| finding["level"] == "error")
            .count();
        assert_eq!(failed > 0, errors > 0, "{}", reports.name);
        assert!(failed <= errors, "{}", reports.name);
        let unchecked = reports.json["unchecked"].as_array().unwrap();
        assert_eq!(
            cases.values().any(|outcome| *outcome == "error"),
            !unchecked.is_empty(),
            "{}",
            reports.name
        );
    }
}
