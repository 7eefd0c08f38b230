//! SARIF through Microsoft's own validator: the schema, the specification, and what GitHub refuses at upload.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::runs::{self, Reports};
use crate::tools::tool;

/// `rule: message` of everything that the validator objects to, notes (`SARIF2002` and other advice) apart.
fn objections(log: &Path) -> Vec<String> {
    let out = log.with_extension("validated");
    let mut command = Command::new(tool(
        "node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool",
    ));
    command.arg("validate").arg(log).args([
        "--rule-kind",
        "Sarif;Ghas",
        "--level",
        "Error;Warning",
    ]);
    command
        .args(["--log", "ForceOverwrite", "--output"])
        .arg(&out);
    // The validator is a .NET program; it needs no locale data for this.
    command.env("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1");
    let done = command.output().expect("the validator starts");
    assert!(done.status.success(), "{done:?}");
    let validated: Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    let run = &validated["runs"][0];
    assert_eq!(run["invocations"][0]["executionSuccessful"], true, "{run}");
    let results = run["results"].as_array().unwrap();
    results
        .iter()
        .map(|r| format!("{}: {}", r["ruleId"].as_str().unwrap(), r["message"]))
        .collect()
}

/// The project has no address yet that `informationUri` could name.
fn known(objection: &str) -> bool {
    env!("CARGO_PKG_REPOSITORY").is_empty() && objection.starts_with("SARIF2005:")
}

#[test]
fn every_log_is_valid_sarif_that_github_takes() {
    for reports in runs::all() {
        let mut objections = objections(&reports.path("sarif"));
        objections.retain(|objection| !known(objection));
        assert!(objections.is_empty(), "{}: {objections:#?}", reports.name);
        let log: Value = serde_json::from_str(&reports.read("sarif")).unwrap();
        assert_eq!(
            log["runs"][0]["results"].as_array().unwrap().len(),
            reports.findings().len(),
            "{}",
            reports.name
        );
    }
}

#[test]
fn the_validator_refuses_what_github_refuses() {
    let demo = runs::demo();
    type Row = (&'static str, fn(&mut Value), &'static str);
    let damage: [Row; 4] = [
        ("no results", |run| run["results"] = Value::Null, "JSON"),
        (
            "no place",
            |run| run["results"][0]["locations"] = json!([]),
            "GH",
        ),
        (
            "line 0",
            |run| {
                run["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] =
                    json!(0)
            },
            "JSON",
        ),
        (
            "an unknown field",
            |run| run["results"][0]["surprise"] = json!(1),
            "JSON",
        ),
    ];
    for (what, damage, expected) in damage {
        let found = damaged(&demo, damage);
        assert!(
            found
                .iter()
                .any(|objection| objection.starts_with(expected)),
            "{what}: {found:#?}"
        );
    }
}

fn damaged(reports: &Reports, damage: fn(&mut Value)) -> Vec<String> {
    let mut log: Value = serde_json::from_str(&reports.read("sarif")).unwrap();
    damage(&mut log["runs"][0]);
    let path = reports.workspace.beside("damaged.sarif");
    std::fs::write(&path, log.to_string()).unwrap();
    objections(&path)
}
