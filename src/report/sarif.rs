//! SARIF 2.1.0 as GitHub's code scanning takes it (github/docs `sarif-support-for-code-scanning.md`, `sarif-limits.md`).
//!
//! Results are findings only. What could not be checked says nothing about the code, so it is a notification of the
//! run: an alert must not open and close with the network. `primaryLocationLineHash` is left to the upload, which
//! computes it; our own fingerprint has its own name.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::report::links::{Links, percent};
use crate::report::{Report, fingerprint, wire};
use crate::rules;
use crate::rules::{Finding, RuleId};
use image_lint_model::finding::Level;
use image_lint_model::sanitize;
use image_lint_text::source::{FileId, Place};

/// GitHub keeps the first 5,000 results of a run.
const RESULTS: usize = 5_000;
/// GitHub's limit for descriptions.
const DESCRIPTION: usize = 1_000;
/// Characters of a result's message.
const MESSAGE: usize = 4_000;

/// Writes one log with one run.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    wire::pretty(&log(report), out)
}

fn log(report: &Report) -> Value {
    let rules = rule_descriptors(&report.links);
    let ids: Vec<RuleId> = rules.iter().map(|(id, _)| *id).collect();
    let fingerprints = fingerprint::all(report);
    let mut order: Vec<usize> = (0..report.findings.len()).collect();
    if order.len() > RESULTS {
        // What is left out is the least of it; what is kept stays in its order.
        order.sort_by_key(|i| std::cmp::Reverse(report.findings[*i].level));
        order.truncate(RESULTS);
        order.sort_unstable();
    }
    let results: Vec<Value> = order
        .iter()
        .map(|i| result(report, &report.findings[*i], &fingerprints[*i], &ids))
        .collect();
    let mut driver = json!({
        "name": "image-lint",
        "version": env!("CARGO_PKG_VERSION"),
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": rules.into_iter().map(|(_, rule)| rule).collect::<Vec<_>>(),
    });
    let home = env!("CARGO_PKG_REPOSITORY");
    if !home.is_empty() {
        driver["informationUri"] = json!(home);
    }
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver },
            "automationDetails": { "id": format!("image-lint/{}/", sanitize::line(&report.target)) },
            "columnKind": "utf16CodeUnits",
            "originalUriBaseIds": { "%SRCROOT%": { "description": { "text": "Root of the repository." } } },
            "invocations": [{
                "executionSuccessful": !report.summary.interrupted,
                "toolExecutionNotifications": notifications(report),
            }],
            "results": results,
        }],
    })
}

/// Every rule there is, with its description.
fn rule_descriptors(links: &Links) -> Vec<(RuleId, Value)> {
    let rules = rules::rules().iter();
    rules
        .map(|rule| {
            let meta = rule.meta();
            let level = meta.level.map_or("none", Level::as_str);
            let help = format!("{}\n\n{}", meta.why, meta.remedy);
            let markdown = format!(
                "{help}\n\nBefore:\n\n```\n{}\n```\n\nAfter:\n\n```\n{}\n```\n",
                meta.before, meta.after
            );
            let mut described =
                descriptor(meta.id, level, meta.summary, meta.why, &help, &markdown);
            if let Some(url) = links.rule(meta.id) {
                described["helpUri"] = json!(url);
            }
            (meta.id, described)
        })
        .collect()
}

/// No `name`: it may not be the id over again (SARIF 3.49.7).
fn descriptor(
    id: RuleId,
    level: &str,
    summary: &str,
    full: &str,
    help: &str,
    markdown: &str,
) -> Value {
    let short = |text: &str| text.chars().take(DESCRIPTION).collect::<String>();
    json!({
        "id": id.as_str(),
        "shortDescription": { "text": short(summary) },
        "fullDescription": { "text": short(full) },
        "help": { "text": help, "markdown": markdown },
        "defaultConfiguration": { "level": level },
        "properties": {
            "precision": "very-high",
            "problem.severity": match level { "error" => "error", "warning" => "warning", _ => "recommendation" },
            "tags": ["container-image", "correctness"],
        },
    })
}

fn result(report: &Report, f: &Finding, fingerprint: &str, rules: &[RuleId]) -> Value {
    let mut text = sanitize::short(f.message.raw(), 1_000);
    // GitHub takes the first sentence as the title.
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    for line in &f.help {
        text.push('\n');
        text.push_str(&sanitize::text(line));
    }
    for (what, value) in &f.evidence {
        text.push_str(&format!("\n{what}: {}", sanitize::text(value)));
    }
    let mut result = json!({
        "ruleId": f.rule.as_str(),
        "level": f.level.as_str(),
        "message": { "text": text.chars().take(MESSAGE).collect::<String>() },
        "locations": [{ "physicalLocation": location(report, f.place) }],
        "partialFingerprints": { "imageLint/v1": fingerprint },
    });
    if let Some(index) = rules.iter().position(|id| *id == f.rule) {
        result["ruleIndex"] = json!(index);
    }
    if !f.related.is_empty() {
        result["relatedLocations"] = f
            .related
            .iter()
            .take(100)
            .enumerate()
            .map(|(id, r)| {
                json!({
                    "id": id,
                    "physicalLocation": location(report, r.place),
                    "message": { "text": sanitize::short(r.label.raw(), DESCRIPTION) },
                })
            })
            .collect();
    }
    if let Some(fix) = &f.fix {
        let changes: Vec<Value> = fix
            .edits
            .iter()
            .map(|e| {
                json!({
                    "artifactLocation": artifact(report, e.file),
                    "replacements": [{
                        "deletedRegion": region(e.place),
                        "insertedContent": { "text": e.text },
                    }],
                })
            })
            .collect();
        // `artifactChanges` must not be empty (SARIF 3.55.3).
        if !changes.is_empty() {
            let title = sanitize::short(&fix.title, DESCRIPTION);
            result["fixes"] =
                json!([{ "description": { "text": title }, "artifactChanges": changes }]);
        }
    }
    result
}

fn location(report: &Report, place: Place) -> Value {
    json!({ "artifactLocation": artifact(report, place.file), "region": region(place) })
}

fn artifact(report: &Report, file: FileId) -> Value {
    let mut uri = String::new();
    percent(report.prefix.as_bytes(), &mut uri);
    percent(report.path(file).as_bytes(), &mut uri);
    json!({ "uri": uri, "uriBaseId": "%SRCROOT%" })
}

fn region(place: Place) -> Value {
    json!({
        "startLine": place.start.line.max(1),
        "startColumn": place.start.column_utf16.max(1),
        "endLine": place.end.line.max(1),
        "endColumn": place.end.column_utf16.max(1),
    })
}

fn notifications(report: &Report) -> Vec<Value> {
    let mut all: Vec<Value> = report
        .unchecked
        .iter()
        .take(RESULTS)
        .map(|u| {
            json!({
                "level": "warning",
                "descriptor": { "id": format!("unchecked/{}", u.cause.as_str()) },
                "message": { "text": format!(
                    "{} was not checked: {}",
                    sanitize::short(u.reference.raw(), sanitize::LONGEST),
                    sanitize::short(u.message.raw(), DESCRIPTION)
                ) },
                "locations": [{ "physicalLocation": location(report, u.place) }],
            })
        })
        .collect();
    for note in report.every_note().take(RESULTS) {
        let mut entry = json!({
            "level": note.level.as_str(),
            "message": { "text": sanitize::short(note.message.raw(), DESCRIPTION) },
        });
        if let Some(place) = note.place {
            entry["locations"] = json!([{ "physicalLocation": location(report, place) }]);
        }
        all.push(entry);
    }
    if report.findings.len() > RESULTS {
        all.push(json!({
            "level": "warning",
            "message": { "text": format!(
                "{} of {} findings are in this file: code scanning keeps no more of one run.",
                RESULTS,
                report.findings.len()
            ) },
        }));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use image_lint_text::source::RepoPath;
    use proptest::prelude::*;

    fn written(report: &Report) -> String {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// What GitHub asks of a file, over the schema.
    fn as_github_wants(log: &Value) {
        assert_eq!(log["version"], "2.1.0");
        assert!(log["$schema"].is_string());
        let run = &log["runs"][0];
        assert_eq!(run["tool"]["driver"]["name"], "image-lint");
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        for rule in rules {
            for field in ["shortDescription", "fullDescription"] {
                let text = rule[field]["text"].as_str().unwrap();
                assert!(!text.is_empty() && text.chars().count() <= 1024);
            }
            assert!(rule["help"]["text"].is_string());
            assert!(rule["id"].as_str().unwrap().len() <= 255);
        }
        let results = run["results"].as_array().unwrap();
        assert!(results.len() <= RESULTS);
        for result in results {
            let index = result["ruleIndex"].as_u64().unwrap() as usize;
            assert_eq!(rules[index]["id"], result["ruleId"]);
            assert!(!result["message"]["text"].as_str().unwrap().is_empty());
            let location = &result["locations"][0]["physicalLocation"];
            let uri = location["artifactLocation"]["uri"].as_str().unwrap();
            assert!(!uri.is_empty() && !uri.starts_with("./") && uri.is_ascii());
            for field in ["startLine", "startColumn", "endLine", "endColumn"] {
                assert!(location["region"][field].as_u64().unwrap() >= 1);
            }
        }
    }

    #[test]
    fn a_log_of_a_run() {
        let text = written(&sample::realistic());
        let mut log: Value = serde_json::from_str(&text).unwrap();
        as_github_wants(&log);
        // The table of rules and the version have their own pace.
        log["runs"][0]["tool"] = json!(null);
        for result in log["runs"][0]["results"].as_array_mut().unwrap() {
            result["ruleIndex"] = json!(null);
        }
        insta::assert_snapshot!(serde_json::to_string_pretty(&log).unwrap());
    }

    #[test]
    fn an_empty_report_has_an_empty_list_of_results() {
        let log: Value = serde_json::from_str(&written(&Report::default())).unwrap();
        as_github_wants(&log);
        assert_eq!(log["runs"][0]["results"], json!([]));
    }

    #[test]
    fn too_many_findings_keep_the_worst_and_say_so() {
        let log: Value = serde_json::from_str(&written(&sample::many(30_000))).unwrap();
        as_github_wants(&log);
        let results = log["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results.len(), RESULTS);
        assert!(results.iter().all(|r| r["level"] == "error"));
        assert!(written(&sample::many(30_000)).contains("5000 of 30000 findings"));
    }

    #[test]
    fn paths_are_percent_encoded_byte_by_byte() {
        let mut report = sample::many(1);
        report.files = vec![RepoPath::from_bytes(b"a b/c:d%\xff.yaml")];
        report.prefix = "sub/".into();
        assert_eq!(
            artifact(&report, FileId(0))["uri"],
            "sub/a%20b/c%3Ad%25%FF.yaml"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn hostile_text_makes_a_valid_log(text in any::<String>()) {
            let json = written(&sample::hostile_with(&text));
            prop_assert!(!json.contains(|c| sanitize::is_forbidden(c) && c != '\n'));
            as_github_wants(&serde_json::from_str(&json).unwrap());
        }
    }
}
