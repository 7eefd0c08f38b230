//! Files that other programs read: workflows and scripts.

use std::process::Command;

use serde_yaml::Value;

use crate::tools::tool;
use crate::{output, project};

const INSTALL: &str = "run scripts/install-hook-tools.sh";

fn workflows() -> Vec<(String, Value)> {
    let folder = std::fs::read_dir(project().join(".github/workflows")).unwrap();
    let read = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (
            path.display().to_string(),
            serde_yaml::from_str(&text).unwrap(),
        )
    };
    folder.map(|entry| read(entry.unwrap().path())).collect()
}

fn steps(workflow: &Value) -> Vec<&Value> {
    let jobs = workflow["jobs"].as_mapping().unwrap();
    jobs.values()
        .filter_map(|job| job["steps"].as_sequence())
        .flatten()
        .collect()
}

#[test]
fn actions_are_pinned_to_commits() {
    for (name, workflow) in workflows() {
        for step in steps(&workflow) {
            let Some(uses) = step["uses"].as_str().filter(|uses| !uses.starts_with("./")) else {
                continue;
            };
            let commit = uses.rsplit_once('@').unwrap().1;
            assert!(
                commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit()),
                "{name}: {uses}"
            );
        }
    }
}

#[test]
fn workflows_start_without_rights_and_put_no_expression_into_a_script() {
    for (name, workflow) in workflows() {
        assert_eq!(
            workflow["permissions"],
            Value::Mapping(Default::default()),
            "{name}"
        );
        for step in steps(&workflow) {
            let script = step["run"].as_str().unwrap_or("");
            assert!(!script.contains("${{"), "{name}: {script}");
            if step["uses"]
                .as_str()
                .is_some_and(|uses| uses.starts_with("actions/checkout@"))
            {
                assert_eq!(step["with"]["persist-credentials"], false, "{name}");
            }
        }
    }
}

/// actionlint with shellcheck on the scripts of the steps, and zizmor's rules of safety: neither asks the network.
#[test]
fn two_judges_of_workflows_and_one_of_scripts_find_nothing() {
    let judges = |name: &str| {
        let mut judge = Command::new(tool(&format!("workflows/bin/{name}")));
        let own = judge.get_program().to_str().expect("a plain path");
        let own = own.strip_suffix(name).expect("its folder");
        let path = format!("{own}:{}", std::env::var("PATH").unwrap_or_default());
        judge.current_dir(project()).env("PATH", path);
        judge
    };
    let folder = |name: &str, end: &str| -> Vec<_> {
        let entries = std::fs::read_dir(project().join(name)).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths
            .filter(|path| path.extension().is_some_and(|it| it == end))
            .collect()
    };
    let workflows = folder(".github/workflows", "yml");
    output(judges("actionlint").args(&workflows), INSTALL);
    let mut zizmor = judges("zizmor");
    zizmor.args(["--offline", "--no-config", "--quiet"]);
    output(zizmor.args(&workflows).arg("action.yml"), INSTALL);
    let mut scripts = folder("scripts", "sh");
    scripts.extend(folder("action", "sh"));
    scripts.push(".ci/run".into());
    let mut shellcheck = judges("shellcheck");
    shellcheck.arg("--severity=warning");
    output(shellcheck.args(&scripts), INSTALL);
}
