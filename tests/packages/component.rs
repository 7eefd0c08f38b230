//! The GitLab component: inputs stay out of the script, and the script passes them on as they are.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;
use serde_yaml::Value;

use crate::{output, project};

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
    timeout: String,
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

/// Inputs that only one of the two hosts has a meaning for, and why.
const OF_ONE_HOST: [(&str, &str); 11] = [
    ("job-name", "GitLab merges jobs of one name"),
    ("stage", "GitLab's pipelines have stages"),
    ("image", "the component's program comes in an image"),
    ("annotations", "GitLab shows its Code Quality report"),
    ("summary", "GitLab has no job summary"),
    ("sarif-file", "GitLab reads Code Quality"),
    ("page-artifact", "the component always keeps the page"),
    ("ghcr-token", "the host is GitHub's own"),
    ("version", "the component's image has the program"),
    ("base-url", "the same"),
    ("path", "the same"),
];

#[test]
fn inputs_are_those_of_the_action_with_its_defaults() {
    #[derive(Deserialize)]
    struct Action {
        inputs: BTreeMap<String, Value>,
    }
    let text = std::fs::read_to_string(project().join("action.yml")).unwrap();
    let action: Action = serde_yaml::from_str(&text).unwrap();
    let (_, component, _) = component();
    let own = |name: &str| OF_ONE_HOST.iter().any(|(only, _)| *only == name);
    let both = |inputs: &BTreeMap<String, Value>| -> Vec<String> {
        inputs.keys().filter(|name| !own(name)).cloned().collect()
    };
    assert_eq!(both(&action.inputs), both(&component.inputs));
    for name in both(&action.inputs) {
        let default = |inputs: &BTreeMap<String, Value>| {
            inputs[&name]["default"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        let (action, component) = (default(&action.inputs), default(&component.inputs));
        // What the action leaves open, the component has to name: an input without a default must be given.
        let fallback = match name.as_str() {
            "fail-on" => "error",
            _ => "auto",
        };
        let same = action == component || action.is_empty() && component == fallback;
        assert!(same, "{name}: {action:?} and {component:?}");
    }
}

#[test]
fn the_job_ends_later_than_what_it_waits_for() {
    let (_, _, job) = component();
    let seconds = |option: &str| {
        let value = job.script[0].split(option).nth(1).expect("the option");
        let digits: String = value.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u64>().expect("seconds")
    };
    let minutes: u64 = job
        .timeout
        .strip_suffix(" minutes")
        .and_then(|minutes| minutes.parse().ok())
        .expect("GitLab docs, \"timeout\": such as `30 minutes`");
    assert!(minutes * 60 > seconds("--read-deadline=") + seconds(" --deadline="));
}

#[test]
fn reports_are_kept_whatever_the_outcome() {
    let (_, _, job) = component();
    assert_eq!(job.artifacts["when"], "always");
    let reports = &job.artifacts["reports"];
    for (kind, option) in [("codequality", "gitlab"), ("junit", "junit")] {
        let file = reports[kind].as_str().unwrap();
        assert!(
            job.script[0].contains(&format!("\"--output={option}=${{top}}{file}\"")),
            "{kind}"
        );
    }
    let page = job.artifacts["paths"][0].as_str().unwrap();
    assert!(job.script[0].contains(&format!("\"--output=html=${{top}}{page}\"")));
    // GitLab docs, "artifacts:expose_as": letters, digits, `-`, `_` and blanks, and no variable in the paths.
    let name = job.artifacts["expose_as"].as_str().unwrap();
    assert!(
        name.chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_ ".contains(c))
    );
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
    let (_, name) = default
        .strip_prefix("$CI_REGISTRY/")
        .and_then(|path| path.split_once("/image-lint"))
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
    let folder = tempfile::tempdir().unwrap();
    let found = arguments_in(folder.path(), &[], inputs);
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "something was evaluated"
    );
    found
}

/// The same in a folder, with these variables of the job. Of what is said only the arguments are kept.
fn arguments_in(
    folder: &Path,
    environment: &[(&str, &str)],
    inputs: &[(&str, &str)],
) -> Vec<String> {
    let (_, head, job) = component();
    let programs = tempfile::tempdir().unwrap();
    let told = programs.path().join("told");
    let script = format!("#!/bin/sh\nprintf '%s\\0' \"$@\" >'{}'\n", told.display());
    crate::executable::write_executable(&programs.path().join("image-lint"), &script);
    let mut command = Command::new("sh");
    command
        .arg("-euc")
        .arg(job.script.join("\n"))
        .current_dir(folder)
        .env_clear()
        .env("CI_PROJECT_DIR", folder)
        .envs(environment.iter().copied());
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", programs.path().display());
    command.env("PATH", path);
    for (variable, value) in &job.variables {
        command.env(variable, variable_value(value, &head, inputs));
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    std::fs::read_to_string(told)
        .expect("the program was started")
        .split_terminator('\0')
        .map(str::to_owned)
        .collect()
}

/// What GitLab puts into a variable: an input's value, its default, or the text as it is written.
fn variable_value(value: &Value, head: &Inputs, inputs: &[(&str, &str)]) -> String {
    let template = value.as_str().or_else(|| value["value"].as_str()).unwrap();
    let name = template
        .strip_prefix("$[[ inputs.")
        .and_then(|rest| rest.strip_suffix(" ]]"));
    let Some(name) = name else {
        return template.to_owned();
    };
    let given = inputs.iter().find(|(n, _)| *n == name);
    match given {
        Some((_, value)) => (*value).to_owned(),
        None => head.inputs[name]["default"].as_str().unwrap().to_owned(),
    }
}

#[test]
fn defaults_lint_everything() {
    let expected = [
        "--output=gitlab=gl-code-quality-report.json",
        "--output=junit=image-lint-junit.xml",
        "--output=html=image-lint.html",
        "--fail-on=error",
        "--read-deadline=300",
        "--deadline=900",
        "--trust=auto",
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
        let inputs = ["paths", "target", "config", "baseline"].map(|name| (name, value));
        let found = arguments(&inputs);
        let tail = [
            format!("--target={value}"),
            format!("--config={value}"),
            format!("--baseline={value}"),
            "--trust=auto".into(),
            "--".into(),
            value.to_owned(),
        ];
        assert_eq!(found[6..], tail, "{value:?}");
    }
    assert_eq!(arguments(&[("paths", "a b\nc")])[8..], ["a b", "c"]);
    let inputs = [
        ("on-unchecked", "fail"),
        ("registry-auth", "none"),
        ("trust", "untrusted"),
    ];
    assert_eq!(
        arguments(&inputs)[6..10],
        [
            "--on-unchecked=fail",
            "--no-credentials",
            "--trust=untrusted",
            "--"
        ]
    );
}

/// The program takes `IMAGE_LINT_CONFIG` for the user's own file, which may name hosts and credentials.
#[test]
fn the_configuration_of_the_repository_is_not_given_as_the_users() {
    let template = std::fs::read_to_string(project().join("templates/image-lint.yml")).unwrap();
    assert!(!template.contains("IMAGE_LINT_CONFIG"));
}

#[test]
fn a_strict_job_asks_the_program_for_it() {
    let (with, without) = (arguments(&[("strict", "true")]), arguments(&[]));
    let is_strict = |argument: &String| argument == "--strict";
    assert!(with.iter().any(is_strict) && !without.iter().any(is_strict));
}

/// What GitLab's runner does before the script: a shallow checkout of a merge request's commit.
#[test]
fn only_what_a_merge_request_changes_is_judged_though_the_checkout_is_shallow() {
    let git = |folder: &Path, arguments: &[&str]| {
        let mut command = Command::new("git");
        command.arg("-C").arg(folder).args(arguments).envs([
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_AUTHOR_NAME", "t"),
            ("GIT_AUTHOR_EMAIL", "t@localhost"),
            ("GIT_COMMITTER_NAME", "t"),
            ("GIT_COMMITTER_EMAIL", "t@localhost"),
        ]);
        output(&mut command, "git is needed: scripts/install-test-tools.sh")
    };
    let folder = tempfile::tempdir().unwrap();
    let (origin, job) = (folder.path().join("origin"), folder.path().join("job"));
    std::fs::create_dir(&origin).unwrap();
    git(&origin, &["init", "--quiet"]);
    // GitLab's servers give any commit that is asked for by name.
    git(
        &origin,
        &["config", "uploadpack.allowAnySHA1InWant", "true"],
    );
    for commit in ["base", "between", "head"] {
        git(
            &origin,
            &["commit", "--quiet", "--allow-empty", "-m", commit],
        );
    }
    let url = format!("file://{}", origin.display());
    git(
        folder.path(),
        &["clone", "--quiet", "--depth=1", &url, "job"],
    );
    let base = git(&origin, &["rev-parse", "HEAD~2"]).trim().to_owned();
    let zeros = "0".repeat(40);
    // (the variables of the job, what the program is told)
    for (environment, expected) in [
        (
            vec![
                ("CI_MERGE_REQUEST_DIFF_BASE_SHA", &base),
                ("CI_COMMIT_BEFORE_SHA", &zeros),
            ],
            Some(&base),
        ),
        (vec![("CI_COMMIT_BEFORE_SHA", &base)], Some(&base)),
        (vec![("CI_COMMIT_BEFORE_SHA", &zeros)], None),
    ] {
        let mut environment: Vec<(&str, &str)> = environment
            .into_iter()
            .map(|(name, value)| (name, value.as_str()))
            .collect();
        environment.push(("CI_PROJECT_DIR", job.to_str().unwrap()));
        let found = arguments_in(&job, &environment, &[("changed-only", "true")]);
        let told = found
            .iter()
            .find_map(|a| a.strip_prefix("--changed-since="));
        assert_eq!(told, expected.map(String::as_str), "{found:?}");
    }
    git(&job, &["cat-file", "-e", &base]);
}
