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
