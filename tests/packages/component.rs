//! The GitLab component: inputs stay out of the script, and the script passes them on as they are.

use std::collections::BTreeMap;
use std::process::Command;

use serde::Deserialize;
use serde_yaml::Value;

use crate::project;

#[derive(Deserialize)]
struct Specification {
    spec: Inputs,
}

#[derive(Deserialize)]
struct Inputs {
    inputs: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Job {
    script: Vec<String>,
    variables: BTreeMap<String, Value>,
    artifacts: Value,
    rules: Vec<Value>,
}

fn component() -> (String, Inputs, Job) {
    let text = std::fs::read_to_string(project().join("templates/image-lint.yml")).unwrap();
    let mut documents = serde_yaml::Deserializer::from_str(&text);
    let head = Specification::deserialize(documents.next().unwrap()).unwrap();
    let mut jobs = BTreeMap::<String, Job>::deserialize(documents.next().unwrap()).unwrap();
    assert!(
        documents.next().is_none() && jobs.len() == 1,
        "GitLab takes exactly two documents"
    );
    drop(documents);
    (
        text,
        head.spec,
        jobs.remove("$[[ inputs.job-name ]]").unwrap(),
    )
}

#[test]
fn every_input_is_used_and_none_in_the_script() {
    let (text, head, job) = component();
    for name in head.inputs.keys() {
        assert!(text.contains(&format!("$[[ inputs.{name} ]]")), "{name}");
    }
    assert!(
        job.script.iter().all(|line| !line.contains("$[[")),
        "{:?}",
        job.script
    );
    assert!(!job.rules.is_empty());
}

#[test]
fn reports_are_kept_whatever_the_outcome() {
    let (_, _, job) = component();
    assert_eq!(job.artifacts["when"], "always");
    let reports = &job.artifacts["reports"];
    for (kind, option) in [("codequality", "gitlab"), ("junit", "junit")] {
        let file = reports[kind].as_str().unwrap();
        assert!(
            job.script[0].contains(&format!("--output={option}={file}")),
            "{kind}"
        );
    }
}

#[test]
fn a_mirror_makes_the_image_that_the_component_runs() {
    let (_, head, _) = component();
    let text = std::fs::read_to_string(crate::project().join(".gitlab-ci.yml")).unwrap();
    let pipeline: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
    // `image`, `services` and the like are no names for jobs.
    let names: Vec<&str> = pipeline
        .as_mapping()
        .unwrap()
        .keys()
        .filter_map(|key| key.as_str())
        .collect();
    assert_eq!(names, ["stages", "binary", "container"]);
    let default = head.inputs["image"]["default"].as_str().unwrap();
    let name = default
        .strip_prefix("$CI_REGISTRY/OWNER/image-lint")
        .expect("the mirror's own registry");
    let script: Vec<&str> = pipeline["container"]["script"]
        .as_sequence()
        .unwrap()
        .iter()
        .map(|line| line.as_str().unwrap())
        .collect();
    assert!(
        script[0].starts_with("buildah build --format=docker "),
        "{script:?}"
    );
    assert_eq!(
        *script.last().unwrap(),
        format!("buildah push \"$CI_REGISTRY_IMAGE{name}\"")
    );
    assert_eq!(
        pipeline["binary"]["script"][0],
        "cp \"$(scripts/build-static.sh)\" image-lint"
    );
}

/// The arguments that the script gives to image-lint when the inputs have these values.
fn arguments(inputs: &[(&str, &str)]) -> Vec<String> {
    let (_, head, job) = component();
    let folder = tempfile::tempdir().unwrap();
    crate::manifests::write_executable(
        &folder.path().join("image-lint"),
        "#!/bin/sh\nprintf '%s\\0' \"$@\"\n",
    );
    let mut command = Command::new("sh");
    command
        .arg("-euc")
        .arg(job.script.join("\n"))
        .current_dir(folder.path());
    command.env("PATH", format!("{}:/usr/bin:/bin", folder.path().display()));
    for (variable, value) in &job.variables {
        let template = value.as_str().or_else(|| value["value"].as_str()).unwrap();
        let name = template
            .strip_prefix("$[[ inputs.")
            .and_then(|rest| rest.strip_suffix(" ]]"));
        let default = |name: &str| head.inputs[name]["default"].as_str().unwrap().to_owned();
        let given = |name: &str| {
            inputs
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, value)| (*value).to_owned())
        };
        let value = name.map_or_else(
            || template.to_owned(),
            |name| given(name).unwrap_or_else(|| default(name)),
        );
        command.env(variable, value);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "something was evaluated"
    );
    String::from_utf8(output.stdout)
        .unwrap()
        .split_terminator('\0')
        .map(str::to_owned)
        .collect()
}

#[test]
fn defaults_lint_everything() {
    let expected = [
        "--output=gitlab=gl-code-quality-report.json",
        "--output=junit=image-lint-junit.xml",
        "--fail-on=error",
        "--",
        ".",
    ];
    assert_eq!(arguments(&[]), expected);
}

#[test]
fn hostile_values_arrive_as_they_are() {
    for value in [
        "x;touch pwned;",
        "$(touch pwned)",
        "`touch pwned`",
        "a  b",
        "*",
        "-rf",
        "\"; touch pwned; \"",
        "'",
    ] {
        let found = arguments(&[("paths", value), ("target", value), ("config", value)]);
        let tail = [
            format!("--target={value}"),
            format!("--config={value}"),
            "--".into(),
            value.to_owned(),
        ];
        assert_eq!(found[3..], tail, "{value:?}");
    }
    assert_eq!(arguments(&[("paths", "a b\nc")])[4..], ["a b", "c"]);
    assert_eq!(
        arguments(&[("on-unchecked", "fail")])[3..5],
        ["--on-unchecked=fail", "--"]
    );
}
