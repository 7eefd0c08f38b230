//! The pages that show the GitHub action say what action.yml says.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;
use serde_yaml::Value;

use crate::{blocks, guides, project};

#[derive(Deserialize)]
struct Action {
    inputs: serde_yaml::Mapping,
}

/// Descriptions and defaults of the inputs, in the order of the file.
fn inputs() -> Vec<(String, String, String)> {
    let text = std::fs::read_to_string(project().join("action.yml")).unwrap();
    let action: Action = serde_yaml::from_str(&text).unwrap();
    let word = |input: &Value, key: &str| {
        let word = input.get(key).and_then(Value::as_str);
        word.unwrap_or_default().to_owned()
    };
    let rows = action.inputs.iter().map(|(name, input)| {
        let name = name.as_str().expect("a name").to_owned();
        (name, word(input, "description"), word(input, "default"))
    });
    rows.collect()
}

const HEAD: &str = "## All inputs\n\n";

#[test]
fn the_page_about_github_has_every_input() {
    let mut table = String::from("| input | default | what it says |\n|---|---|---|\n");
    for (name, description, default) in inputs() {
        let default = match default.as_str() {
            "" => String::new(),
            word => format!("`{word}`"),
        };
        let _ = writeln!(table, "| `{name}` | {default} | {description} |");
    }
    let path = project().join("docs/guides/ci-github.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, known) = page.split_once(HEAD).expect("a list of inputs");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{HEAD}{table}")).unwrap();
        return;
    }
    assert!(
        known == table,
        "docs/guides/ci-github.md does not have the inputs of action.yml: run `UPDATE_DOCS=1 cargo test --test documents`"
    );
}

/// The steps that use the action, wherever they stand in a workflow or a part of one.
fn steps(value: &Value, out: &mut Vec<serde_yaml::Mapping>) {
    match value {
        Value::Sequence(all) => all.iter().for_each(|one| steps(one, out)),
        Value::Mapping(map) => {
            let uses = map.get("uses").and_then(Value::as_str).unwrap_or_default();
            if uses.contains("/image-lint@") {
                out.push(map.clone());
            }
            map.values().for_each(|one| steps(one, out));
        }
        _ => {}
    }
}

#[test]
fn every_step_that_a_page_shows_uses_inputs_that_the_action_has() {
    let known: BTreeMap<String, String> = inputs().into_iter().map(|(n, d, _)| (n, d)).collect();
    let mut seen = 0;
    for document in guides::documents() {
        let text = std::fs::read_to_string(project().join(&document)).unwrap();
        for block in blocks(&text, "yaml") {
            if !block.contains("/image-lint@") {
                continue;
            }
            let value: Value = serde_yaml::from_str(block)
                .unwrap_or_else(|error| panic!("{document}: {error}\n{block}"));
            let mut found = Vec::new();
            steps(&value, &mut found);
            for step in found {
                seen += 1;
                let Some(Value::Mapping(with)) = step.get("with") else {
                    continue;
                };
                for name in with.keys().filter_map(Value::as_str) {
                    assert!(known.contains_key(name), "{document}: no input {name}");
                }
            }
        }
    }
    assert!(seen >= 4, "{seen} steps");
}

/// The inputs of the component: all of its first document, in the order of the file.
fn inputs_of_gitlab() -> String {
    let text = std::fs::read_to_string(project().join("templates/image-lint.yml")).unwrap();
    let (head, _) = text.split_once("\n---\n").expect("two documents");
    let value: Value = serde_yaml::from_str(head).unwrap();
    let inputs = value["spec"]["inputs"].as_mapping().expect("inputs");
    let mut table = String::from("| input | default | what it says |\n|---|---|---|\n");
    for (name, input) in inputs {
        let word = |key: &str| input.get(key).and_then(Value::as_str).unwrap_or_default();
        let default = match word("default") {
            "" => String::new(),
            word => format!("`{word}`"),
        };
        let name = name.as_str().expect("a name");
        let _ = writeln!(table, "| `{name}` | {default} | {} |", word("description"));
    }
    table
}

#[test]
fn the_page_about_gitlab_has_every_input() {
    let table = inputs_of_gitlab();
    let path = project().join("docs/guides/ci-gitlab.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, known) = page.split_once(HEAD).expect("a list of inputs");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{HEAD}{table}")).unwrap();
        return;
    }
    assert!(
        known == table,
        "docs/guides/ci-gitlab.md does not have the inputs of templates/image-lint.yml: run `UPDATE_DOCS=1 cargo test --test documents`"
    );
}
