//! The level of a finding is decided in one place, and the verdict on an image does not depend on it.

use crate::program::{Ran, Workspace, pod};
use crate::support::artifact;
use crate::support::registry::Registry;

/// `path rule level` of each finding.
fn levels(ran: &Ran) -> Vec<String> {
    let report = ran.json();
    let findings = report["findings"].as_array().expect("a list").iter();
    findings
        .map(|f| {
            let word = |key: &str| f[key].as_str().expect("a word").to_owned();
            format!("{} {} {}", word("path"), word("rule"), word("level"))
        })
        .collect()
}

#[test]
fn the_target_of_a_path_chooses_the_levels_of_its_rules() {
    let registry = Registry::start();
    let table = [
        (
            "target: openshift-3.11\ntargets: [{paths: ['four/**'], target: openshift-4}]\n",
            "four/pod.yaml short-name warning",
        ),
        (
            "target: openshift-4\ntargets: [{paths: ['four/**'], target: openshift-3.11}]\n",
            "rest/pod.yaml short-name warning",
        ),
    ];
    for (config, expected) in table {
        let workspace = Workspace::of(".image-lint.yaml", config);
        workspace.write("four/pod.yaml", pod(&["mongo:latest"]));
        workspace.write("rest/pod.yaml", pod(&["mongo:latest"]));
        let ran = workspace.lint(&registry).arg("--offline").run();
        assert_eq!(levels(&ran), [expected], "{config}");
    }
}

#[test]
fn an_absent_image_is_bad_whatever_level_its_rule_has() {
    let registry = Registry::start();
    registry.push("app", "there", &artifact::schema2("s"));
    let image = registry.name("app:absent");
    for level in ["off", "note", "warning", "error"] {
        let workspace = Workspace::of("pod.yaml", pod(&[&image]));
        let config = format!("levels: {{tag-not-found: '{level}'}}\n");
        workspace.write(".image-lint.yaml", config);
        let ran = workspace.lint(&registry).run();
        let report = ran.json();
        let verdicts = &report["summary"]["verdicts"];
        assert_eq!(verdicts["bad"], 1, "{level}: {verdicts}");
        assert_eq!(verdicts["ok"].as_u64(), None, "{level}: {verdicts}");
        let junit = workspace
            .lint(&registry)
            .args(&["--format", "junit"])
            .run()
            .stdout;
        let passed = junit
            .lines()
            .any(|line| line.contains("<testcase") && line.ends_with("/>"));
        assert!(!passed, "{level}: {junit}");
    }
}

#[test]
fn a_configured_level_caps_a_weakened_one_and_never_raises_it() {
    let registry = Registry::start();
    registry.push("app", "there", &artifact::schema2("s"));
    let image = registry.name("app:absent");
    let table = [
        (
            "",
            "warning",
            1,
            "a name that the repository pushes is a weaker case",
        ),
        (
            "levels: {tag-not-found: note}\n",
            "note",
            0,
            "never above what is configured",
        ),
        (
            "levels: {tag-not-found: error}\n",
            "warning",
            1,
            "the case stays a weaker one",
        ),
    ];
    for (config, level, code, why) in table {
        let workspace = Workspace::of("pod.yaml", pod(&[&image]));
        workspace.write("push.sh", format!("docker push {image}\n"));
        workspace.write(".image-lint.yaml", config);
        let ran = workspace
            .lint(&registry)
            .args(&["--fail-on", "warning"])
            .run();
        // docker with containerd's store pushes an OCI index: what depends on the machine is a note of its own.
        assert_eq!(
            levels(&ran),
            [
                format!("pod.yaml tag-not-found {level}"),
                "push.sh oci-build note".to_owned()
            ],
            "{why}"
        );
        assert_eq!(ran.code, Some(code), "{why}");
    }
}

#[test]
fn what_a_ci_system_pulls_is_a_warning_unless_somebody_says_otherwise() {
    let registry = Registry::start();
    registry.push("app", "there", &artifact::schema2("s"));
    let image = registry.name("app:absent");
    for (config, level) in [
        ("", "warning"),
        ("levels: {tag-not-found: error}\n", "error"),
        ("levels: {tag-not-found: note}\n", "note"),
        // Who chooses a target for it says that it is deployed.
        (
            "targets: [{paths: [.gitlab-ci.yml], target: kubernetes}]\n",
            "error",
        ),
        (
            "targets: [{paths: [other], target: kubernetes}]\n",
            "warning",
        ),
    ] {
        let workspace = Workspace::of(
            ".gitlab-ci.yml",
            format!("job:\n  image: {image}\n  script: [x]\n"),
        );
        workspace.write(".image-lint.yaml", config);
        let ran = workspace.lint(&registry).run();
        assert_eq!(
            levels(&ran),
            [format!(".gitlab-ci.yml tag-not-found {level}")],
            "{config}"
        );
    }
}

#[test]
fn unchecked_has_no_level_and_the_configuration_says_what_decides() {
    for level in ["off", "note", "warning", "error"] {
        let workspace = Workspace::of("pod.yaml", pod(&["quay.io/a/b:1"]));
        let config = format!("levels: {{unchecked: '{level}'}}\n");
        workspace.write(".image-lint.yaml", config);
        let flag = format!("unchecked={level}");
        let ran = workspace
            .offline()
            .args(&["--no-config", "--level", &flag])
            .run();
        assert_eq!(ran.code, Some(2), "{level}");
        assert!(ran.stderr.contains("--on-unchecked"), "{}", ran.stderr);
        let ran = workspace.offline().run();
        assert_eq!(ran.code, Some(2), "{level}");
        assert!(
            ran.stderr.contains(".image-lint.yaml:1:10") && ran.stderr.contains("on-unchecked"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn data_of_tests_and_what_no_node_pulls_are_at_most_warnings() {
    let registry = Registry::start();
    registry.push("app", "there", &artifact::schema2("s"));
    let image = registry.name("app:absent");
    let thing = |spec: &str| {
        format!("apiVersion: example.com/v1\nkind: Thing\nmetadata: {{name: a}}\nspec: {spec}\n")
    };
    let csv = format!(
        "apiVersion: operators.coreos.com/v1alpha1\nkind: ClusterServiceVersion\nmetadata:\n  name: a\n  annotations: {{containerImage: '{image}'}}\nspec: {{}}\n"
    );
    for (path, text, level) in [
        ("deploy/pod.yaml", pod(&[&image]), "error"),
        ("tests/e2e/pod.yaml", pod(&[&image]), "error"),
        ("pkg/testdata/pod.yaml", pod(&[&image]), "warning"),
        ("test/fixtures/a/pod.yaml", pod(&[&image]), "warning"),
        ("fixtures/Dockerfile", format!("FROM {image}\n"), "warning"),
        (
            "a.yaml",
            thing(&format!("{{pmm: {{enabled: false, image: '{image}'}}}}")),
            "warning",
        ),
        (
            "a.yaml",
            thing(&format!("{{pmm: {{enabled: true, image: '{image}'}}}}")),
            "error",
        ),
        ("csv.yaml", csv, "warning"),
    ] {
        let workspace = Workspace::of(path, text);
        let ran = workspace.lint(&registry).run();
        let expected = format!("{path} tag-not-found {level}");
        assert_eq!(levels(&ran), [expected], "{}", ran.stdout);
        assert_eq!(ran.code, Some(i32::from(level == "error")), "{path}");
    }
}

#[test]
fn a_folder_of_test_data_that_is_named_is_meant() {
    let registry = Registry::start();
    registry.push("app", "there", &artifact::schema2("s"));
    let image = registry.name("app:absent");
    let workspace = Workspace::of("testdata/pod.yaml", pod(&[&image]));
    let ran = workspace.lint(&registry).arg("testdata").run();
    let expected = ["testdata/pod.yaml tag-not-found error"];
    assert_eq!(levels(&ran), expected, "{}", ran.stdout);
}

#[test]
fn a_strict_run_takes_no_folder_for_test_data() {
    let registry = Registry::start();
    registry.push("app", "there", &artifact::schema2("s"));
    let image = registry.name("app:absent");
    let workspace = Workspace::of("fixtures/pod.yaml", pod(&[&image]));
    let ran = workspace.lint(&registry).arg("--strict").run();
    let expected = ["fixtures/pod.yaml tag-not-found error"];
    assert_eq!(levels(&ran), expected, "{}", ran.stdout);
    assert_eq!(ran.code, Some(1));
}

#[test]
fn a_compose_file_says_why_its_images_are_warnings_and_how_they_become_errors() {
    let registry = Registry::start();
    registry.push("app", "there", &artifact::schema2("s"));
    registry.push("oci", "1", &artifact::oci("o"));
    let services = format!(
        "services:\n  a: {{image: {}}}\n  b: {{image: {}}}\n",
        registry.name("app:absent"),
        registry.name("oci:1")
    );
    let workspace = Workspace::of("docker-compose.yml", services);
    let ran = workspace.lint(&registry).run();
    assert_eq!(levels(&ran), ["docker-compose.yml tag-not-found warning"]);
    let found = &ran.json()["findings"][0];
    assert!(
        !found["message"].as_str().unwrap().contains("node"),
        "{found}"
    );
    let help = found["help"].to_string();
    let config = "targets: [{paths: [docker-compose.yml], target: openshift-3.11}]";
    assert!(
        help.contains("Compose file") && help.contains(config),
        "{help}"
    );
    workspace.write(".image-lint.yaml", format!("{config}\n"));
    let ran = workspace.lint(&registry).run();
    assert_eq!(
        levels(&ran),
        [
            "docker-compose.yml tag-not-found error",
            "docker-compose.yml unsupported-format error"
        ]
    );
    assert_eq!(ran.code, Some(1));
}
