//! Every target on every stored form, at the depth that each needs.

use crate::program::{Workspace, pod};
use crate::support::artifact::{self, Artifact, DOCKER_LIST, Family, OCI_LAYER_ZSTD};
use crate::support::registry::Registry;

const TARGETS: [&str; 4] = [
    "openshift-3.11",
    "docker-20.10",
    "openshift-4",
    "kubernetes",
];

#[test]
fn four_targets_judge_eight_stored_forms() {
    let registry = Registry::start();
    let forms: [(&str, Artifact, [&str; 4]); 10] = [
        ("schema2", artifact::schema2("s"), ["-"; 4]),
        (
            "oci",
            artifact::oci("o"),
            ["unsupported-format", "-", "-", "-"],
        ),
        ("list", artifact::docker_list("l"), ["-"; 4]),
        (
            "index",
            artifact::oci_index("i"),
            ["unsupported-format", "-", "-", "-"],
        ),
        (
            "list-of-oci",
            artifact::docker_list_of_oci("x"),
            ["unsupported-format", "-", "-", "-"],
        ),
        (
            "attested",
            artifact::index_with_attestations("a"),
            ["unsupported-format", "-", "-", "-"],
        ),
        (
            "arm64",
            artifact::list(DOCKER_LIST, Family::Docker, &["linux/arm64/v8"], "m"),
            ["platform-not-found"; 4],
        ),
        ("chart", artifact::helm_chart("c"), ["not-an-image"; 4]),
        (
            "schema1",
            artifact::schema1("app", "schema1", true),
            ["-", "-", "-", "unsupported-format"],
        ),
        (
            "zstd",
            artifact::image_with_layer(Family::Oci, "linux/amd64", "z", OCI_LAYER_ZSTD),
            ["unsupported-format", "unsupported-format", "-", "-"],
        ),
    ];
    for (tag, artifact, _) in &forms {
        registry.push("app", tag, artifact);
    }
    for (n, target) in TARGETS.iter().enumerate() {
        for (tag, _, expected) in &forms {
            let image = registry.name(&format!("app:{tag}"));
            let workspace = Workspace::of("pod.yaml", pod(&[&image]));
            let ran = workspace
                .lint(&registry)
                .args(&["--deep", "--target", target])
                .run();
            let errors: Vec<String> = ran.json()["findings"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|f| f["level"] == "error")
                .map(|f| f["rule"].as_str().unwrap().to_owned())
                .collect();
            let expected: &[&str] = if expected[n] == "-" {
                &[]
            } else {
                &expected[n..=n]
            };
            assert_eq!(errors, expected, "{target} {tag}: {}", ran.stdout);
            assert_eq!(ran.unchecked().len(), 0, "{target} {tag}: {}", ran.stdout);
        }
    }
}

/// Answers of docker 20.10, podman 5.8 and containerd 2.1 to Debian's docker-registry; those of docker 1.13 as its source
/// has them.
#[test]
fn what_the_node_answers_is_in_the_words_of_its_client() {
    let (open, closed) = (Registry::start(), Registry::start());
    open.push_schema2("team/app", "1");
    closed.push_schema2("team/app", "1");
    closed.with_basic();
    let (absent, private) = (open.name("team/app:9"), closed.name("team/app:1"));
    let docker = [
        format!("manifest for {absent} not found"),
        "repository does not exist or may require 'docker login'".to_owned(),
    ];
    let crio = [
        format!(
            "reading manifest 9 in {}: manifest unknown",
            open.name("team/app")
        ),
        "authentication required".to_owned(),
    ];
    let containerd = [
        format!("{absent}: not found"),
        "pull access denied, repository does not exist or may require authorization".to_owned(),
    ];
    let workspace = Workspace::of("pod.yaml", pod(&[&absent, &private]));
    for (target, words) in [
        ("openshift-3.11", &docker),
        ("docker-20.10", &docker),
        ("openshift-4", &crio),
        ("kubernetes", &containerd),
    ] {
        let ran = workspace
            .lint(&open)
            .args(&["--plain-http", &closed.host(), "--target", target])
            .run();
        let report = ran.json();
        let findings = report["findings"].as_array().expect("a list").iter();
        let messages: Vec<&str> = findings
            .map(|found| found["message"].as_str().expect("a message"))
            .collect();
        assert_eq!(messages.len(), 2, "{target}: {}", ran.stdout);
        for (message, words) in messages.iter().zip(words) {
            assert!(
                message.ends_with(&format!(" `{words}`")),
                "{target}: {message}"
            );
        }
    }
}
