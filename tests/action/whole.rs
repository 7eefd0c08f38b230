//! The whole action with the real program, against a registry on this machine: what a job shows, writes and exits with.

use crate::runner::{Job, Result};
use crate::support::registry::Registry;

/// A job whose runner's user configuration allows plain HTTP to the registry: no input of the action can.
fn job(registry: &Registry) -> Job {
    let mut job = Job::new();
    job.input("path", env!("CARGO_BIN_EXE_image-lint"));
    let config = job.at("temp/.config/image-lint");
    std::fs::create_dir_all(&config).unwrap();
    let text = format!("hosts:\n  \"{}\":\n    plain-http: true\n", registry.host());
    std::fs::write(config.join("config.yaml"), text).unwrap();
    job
}

fn write(job: &Job, path: &str, text: &str) {
    let path = job.workspace.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn pod(image: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n    - name: a\n      image: {image}\n"
    )
}

fn commands(result: &Result) -> Vec<&str> {
    result
        .log
        .lines()
        .filter(|line| line.starts_with("::error") || line.starts_with("::warning"))
        .collect()
}

#[test]
fn a_clean_repository_passes() {
    let registry = Registry::start();
    registry.push_schema2("a/web", "1");
    let job = job(&registry);
    write(&job, "deploy/pod.yaml", &pod(&registry.name("a/web:1")));
    let result = job.run();
    assert_eq!(result.status, 0, "{}", result.log);
    assert_eq!(result.outputs["result"], "ok", "{:?}", result.outputs);
    assert_eq!(
        (&*result.outputs["findings"], &*result.outputs["refs"]),
        ("0", "1")
    );
    assert!(result.log.contains("no problems found"), "{}", result.log);
    assert!(commands(&result).is_empty(), "{}", result.log);
}

#[test]
fn a_finding_is_in_log_annotation_summary_sarif_and_outputs() {
    let registry = Registry::start();
    registry.push_oci("a/web", "1");
    let mut job = job(&registry);
    write(
        &job,
        "deploy/prod/pod.yaml",
        &pod(&registry.name("a/web:1")),
    );
    std::fs::create_dir(job.workspace.join(".git")).unwrap();
    job.input("working-directory", "deploy")
        .input("paths", "prod")
        .input("sarif-file", "images.sarif");
    for (name, value) in [
        ("GITHUB_SERVER_URL", "https://github.com"),
        ("GITHUB_REPOSITORY", "acme/shop"),
        ("GITHUB_SHA", "5f0b"),
    ] {
        job.environment.insert(name.into(), value.into());
    }
    let result = job.run();
    assert_eq!(result.status, 1, "{}", result.log);
    assert_eq!(
        (&*result.outputs["result"], &*result.outputs["exit-code"]),
        ("findings", "1")
    );
    assert_eq!(
        (&*result.outputs["findings"], &*result.outputs["unchecked"]),
        ("1", "0")
    );
    // The log is for people; the annotation names the file from the repository's top.
    assert!(
        result.log.contains("error[unsupported-format]"),
        "{}",
        result.log
    );
    let annotations = commands(&result);
    assert!(
        annotations.len() == 1 && annotations[0].contains("file=deploy/prod/pod.yaml,line=8"),
        "{annotations:?}"
    );
    assert!(
        result.summary.contains("unsupported-format"),
        "{}",
        result.summary
    );
    let sarif = &result.outputs["sarif-file"];
    assert_eq!(sarif, "deploy/images.sarif");
    let sarif = std::fs::read_to_string(job.workspace.join(sarif)).unwrap();
    assert!(sarif.contains("deploy/prod/pod.yaml"), "{sarif}");
    let json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&result.outputs["json-file"]).unwrap()).unwrap();
    assert_eq!(json["findings"][0]["rule"], "unsupported-format");
    // Places lead to their lines at the commit, rules to the documentation of the action's own version.
    let line = "https://github.com/acme/shop/blob/5f0b/deploy/prod/pod.yaml#L8";
    let rule = "https://github.com/OWNER/image-lint/blob/v1/docs/rules.md#unsupported-format";
    assert!(result.summary.contains(line) && result.summary.contains(rule));
    assert!(
        sarif.contains(&format!("\"helpUri\": \"{rule}\""))
            || sarif.contains(&format!("\"helpUri\":\"{rule}\""))
    );
    let page = std::fs::read_to_string(&result.outputs["html-file"]).unwrap();
    assert!(page.contains(line));
    assert!(page.starts_with("<!doctype html>") && page.contains("1 image cannot be pulled"));
}

#[test]
fn a_pull_request_from_a_fork_uses_no_credentials() {
    let registry = Registry::start();
    registry
        .with_basic()
        .user("me", "canary")
        .push_schema2("a/web", "1");
    let mut job = job(&registry);
    write(&job, "pod.yaml", &pod(&registry.name("a/web:1")));
    let auth = format!(
        r#"{{"auths":{{"{}":{{"auth":"bWU6Y2FuYXJ5"}}}}}}"#,
        registry.host()
    );
    job.environment.insert("DOCKER_AUTH_CONFIG".into(), auth);
    assert_eq!(job.run().status, 0, "a push may");
    registry.clear_log();
    let event = job.at("event.json");
    let text = r#"{"pull_request":{"head":{"repo":{"id":2}},"base":{"sha":"","repo":{"id":1}}}}"#;
    std::fs::write(&event, text).unwrap();
    job.environment
        .insert("GITHUB_EVENT_NAME".into(), "pull_request".into());
    job.environment
        .insert("GITHUB_EVENT_PATH".into(), event.to_str().unwrap().into());
    let result = job.run();
    assert_eq!(
        result.status, 0,
        "what only the owner's credentials could show fails no stranger: {}",
        result.log
    );
    assert!(
        result.log.contains("not checked[no-credentials]"),
        "{}",
        result.log
    );
    assert!(result.log.contains("missing or private"), "{}", result.log);
    assert_eq!(
        (&*result.outputs["result"], &*result.outputs["unchecked"]),
        ("ok", "1"),
        "{:?}",
        result.outputs
    );
    assert!(
        !registry.log().is_empty()
            && registry
                .log()
                .iter()
                .all(|seen| seen.authorization().is_none())
    );
    assert!(!result.log.contains("canary") && !result.log.contains("bWU6Y2FuYXJ5"));
    assert_eq!(
        job.input("on-unchecked", "fail").run().status,
        3,
        "unless the workflow insists"
    );
}

#[test]
fn what_keeps_the_action_from_running_is_one_annotation_and_an_output() {
    let registry = Registry::start();
    type Row<'a> = (&'a [(&'a str, &'a str)], &'a str);
    let rows: &[Row<'_>] = &[
        (
            &[("fail-on", "maybe")],
            "the input fail-on takes error, warning or note",
        ),
        (
            &[("working-directory", "nowhere\n::stop-commands::t")],
            "the input working-directory holds a line break",
        ),
        (
            &[("working-directory", "nowhere")],
            "the input working-directory, `nowhere`",
        ),
        (&[("paths", "no\u{1b}[2Jsuch.yaml")], "such.yaml"),
        (&[("target", "openshift-3.12")], "openshift-3.12"),
        (&[("config", "missing.yaml")], "missing.yaml"),
        (&[("sarif-file", "no/folder/x.sarif")], "no/folder"),
    ];
    for (inputs, expected) in rows {
        let mut job = job(&registry);
        for (name, value) in *inputs {
            job.input(name, *value);
        }
        let result = job.run();
        assert_eq!(result.status, 2, "{inputs:?}: {}", result.log);
        let lines: Vec<&str> = result.log.lines().collect();
        assert!(
            lines.len() == 1
                && lines[0].starts_with("::error title=image-lint::")
                && lines[0].contains(expected),
            "{inputs:?}: {lines:?}"
        );
        assert!(!result.log.contains('\u{1b}'), "{inputs:?}");
        assert_eq!(
            (&*result.outputs["exit-code"], &*result.outputs["result"]),
            ("2", "error"),
            "{inputs:?}"
        );
    }
}

#[test]
fn changed_only_without_a_commit_to_compare_with_says_so_and_judges_everything() {
    let registry = Registry::start();
    registry.push_oci("a/web", "1");
    let mut job = job(&registry);
    write(&job, "pod.yaml", &pod(&registry.name("a/web:1")));
    job.input("changed-only", "true");
    let result = job.run();
    assert_eq!(result.status, 1, "{}", result.log);
    assert!(
        result
            .log
            .starts_with("The event names no commit to compare with"),
        "{}",
        result.log
    );
}

#[test]
fn hostile_names_are_linted_as_they_are() {
    let registry = Registry::start();
    registry.push_oci("a/web", "1");
    for name in [
        "x;touch pwned;",
        "$(touch pwned)",
        "`touch pwned`",
        "-rf",
        "--config=evil",
        "a b",
        "%0A::error::",
    ] {
        let mut job = job(&registry);
        write(
            &job,
            &format!("{name}/pod.yaml"),
            &pod(&registry.name("a/web:1")),
        );
        job.input("paths", name);
        let result = job.run();
        assert_eq!(result.status, 1, "{name:?}: {}", result.log);
        assert_eq!(result.outputs["findings"], "1", "{name:?}");
        assert_eq!(
            std::fs::read_dir(&job.workspace).unwrap().count(),
            1,
            "{name:?} was evaluated"
        );
    }
}
