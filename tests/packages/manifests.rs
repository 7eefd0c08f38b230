//! Files that other programs read: workflows and the dependency policy.

use serde_yaml::Value;

use crate::project;

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
