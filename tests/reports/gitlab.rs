//! Code Quality as GitLab reads it (gitlabhq `lib/gitlab/ci/parsers/codequality/code_climate.rb`, its schema
//! `codeclimate.json` and `codequality_reports.rb`): it stops at the first entry that does not fit, and of two entries with
//! one fingerprint the last counts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::runs;

/// The entries that GitLab shows, by fingerprint.
fn read(report: &str) -> BTreeMap<String, Value> {
    assert!(
        !report.starts_with('\u{feff}'),
        "GitLab's parser fails at a byte order mark"
    );
    let entries: Vec<Value> = serde_json::from_str(report).expect("an array");
    let fits = |entry: &&Value| {
        let location = &entry["location"];
        let line = [
            &location["lines"]["begin"],
            &location["positions"]["begin"]["line"],
        ];
        ["description", "fingerprint", "severity"]
            .iter()
            .all(|field| entry[*field].is_string())
            && location["path"].is_string()
            && line.iter().any(|line| line.is_u64())
    };
    let shown = entries.iter().take_while(fits);
    shown
        .map(|entry| {
            (
                entry["fingerprint"].as_str().unwrap().to_owned(),
                entry.clone(),
            )
        })
        .collect()
}

#[test]
fn gitlab_shows_every_finding_of_every_report() {
    for reports in runs::all() {
        let shown = read(&reports.read("gitlab"));
        assert_eq!(shown.len(), reports.findings().len(), "{}", reports.name);
        for entry in shown.values() {
            let severity = entry["severity"].as_str().unwrap();
            assert!(
                ["info", "minor", "major", "critical", "blocker"].contains(&severity),
                "{entry}"
            );
            let path = entry["location"]["path"].as_str().unwrap();
            assert!(
                !path.starts_with("./") && !path.starts_with('/'),
                "{}: {path}",
                reports.name
            );
            assert!(
                entry["location"]["lines"]["begin"].as_u64().unwrap() >= 1,
                "{entry}"
            );
        }
        let places = |of: &dyn Fn(&Value) -> (String, u64)| -> BTreeSet<(String, u64)> {
            shown.values().map(of).collect()
        };
        let shown_rules = places(&|e| {
            (
                e["check_name"].as_str().unwrap().to_owned(),
                e["location"]["lines"]["begin"].as_u64().unwrap(),
            )
        });
        let found: BTreeSet<(String, u64)> = reports
            .findings()
            .iter()
            .map(|f| {
                (
                    f["rule"].as_str().unwrap().to_owned(),
                    f["line"].as_u64().unwrap(),
                )
            })
            .collect();
        assert_eq!(shown_rules, found, "{}", reports.name);
    }
}

#[test]
fn a_reader_like_gitlabs_loses_what_follows_a_bad_entry() {
    let good = |n: u64| {
        json!({"description": "d", "fingerprint": n.to_string(), "severity": "major",
               "location": {"path": "a", "lines": {"begin": n}}})
    };
    let mut bad = good(2);
    bad["severity"] = Value::Null;
    assert_eq!(read(&json!([good(1), bad, good(3)]).to_string()).len(), 1);
    assert_eq!(
        read(&json!([good(1), good(1), good(3)]).to_string()).len(),
        2
    );
}
