//! What the rest of the repository says about an image reaches the rules.

use crate::program::{Ran, Workspace, pod};
use crate::support::artifact::{self, DOCKER_LIST, Family};
use crate::support::registry::Registry;

/// The rules of the findings, without places.
fn rules(ran: &Ran) -> Vec<String> {
    let report = ran.json();
    let findings = report["findings"].as_array().expect("a list").iter();
    findings
        .map(|f| f["rule"].as_str().expect("a word").to_owned())
        .collect()
}

fn arm_only(registry: &Registry) -> String {
    let list = artifact::list(DOCKER_LIST, Family::Docker, &["linux/arm64"], "arm");
    registry.push("a/b", "1", &list);
    registry.name("a/b:1")
}

#[test]
fn the_platform_that_a_from_asks_for_is_the_one_that_counts() {
    let registry = Registry::start();
    let image = arm_only(&registry);
    let table = [
        (
            "FROM --platform=linux/arm64 IMAGE\n",
            true,
            "the line asks for what there is",
        ),
        (
            "FROM --platform=linux/arm64/v8 IMAGE\n",
            true,
            "variants do not count",
        ),
        (
            "FROM --platform=arm64 IMAGE\n",
            true,
            "an architecture alone",
        ),
        (
            "FROM --platform=linux/aarch64 IMAGE\n",
            true,
            "another word for it",
        ),
        (
            "FROM --platform=$BUILDPLATFORM IMAGE\n",
            true,
            "the builder's own platform is not known here",
        ),
        (
            "ARG P\nFROM --platform=$P IMAGE\n",
            true,
            "nor is a variable without a value",
        ),
        (
            "ARG P=linux/arm64\nFROM --platform=$P IMAGE\n",
            true,
            "a default counts",
        ),
        (
            "FROM --platform=$TARGETPLATFORM IMAGE\n",
            false,
            "the target's own",
        ),
        (
            "FROM --platform=linux/amd64 IMAGE\n",
            false,
            "what there is not",
        ),
        (
            "FROM --platform=linux/s390x IMAGE\n",
            false,
            "what there is not",
        ),
        ("FROM IMAGE\n", false, "nothing is asked for"),
    ];
    for (text, fine, why) in table {
        let workspace = Workspace::of("Dockerfile", text.replace("IMAGE", &image));
        let ran = workspace.lint(&registry).run();
        let expected: &[&str] = if fine { &[] } else { &["platform-not-found"] };
        assert_eq!(rules(&ran), expected, "{why}: {text}");
    }
}

#[test]
fn the_nodes_of_a_workload_say_which_platform_is_pulled() {
    let registry = Registry::start();
    let image = arm_only(&registry);
    let affinity = |terms: &str| {
        format!(
            "  affinity: {{nodeAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: {{nodeSelectorTerms: [{terms}]}}}}}}\n"
        )
    };
    let arch = |operator: &str, values: &str| {
        format!(
            "{{matchExpressions: [{{key: kubernetes.io/arch, operator: {operator}, values: [{values}]}}]}}"
        )
    };
    let table = [
        ("  nodeSelector: {kubernetes.io/arch: arm64}\n".to_owned(), true, "a selector"),
        ("  nodeSelector: {beta.kubernetes.io/arch: arm64}\n".to_owned(), true, "the older label"),
        ("  nodeSelector: {kubernetes.io/arch: s390x}\n".to_owned(), false, "no platform of the image meets it"),
        ("  nodeSelector: {disk: ssd}\n".to_owned(), false, "another label says nothing"),
        (affinity(&arch("In", "arm64")), true, "a required affinity"),
        (affinity(&arch("In", "amd64, arm64")), true, "one of two will do"),
        (affinity(&format!("{}, {}", arch("In", "s390x"), arch("In", "arm64"))), true, "one of two terms will do"),
        (affinity(&arch("In", "ppc64le, s390x")), false, "none of them"),
        (affinity(&arch("NotIn", "amd64")), true, "any but the target's: nobody knows which"),
        (affinity(&arch("NotIn", "arm64")), false, "the target's own is left"),
        (
            "  affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: \
             {matchExpressions: [{key: kubernetes.io/arch, operator: In, values: [arm64]}]}}]}}\n"
                .to_owned(),
            false,
            "what is only preferred forbids no other node",
        ),
    ];
    for (nodes, fine, why) in table {
        let text = pod(&[&image]) + &nodes;
        let ran = Workspace::of("pod.yaml", text).lint(&registry).run();
        let expected: &[&str] = if fine { &[] } else { &["platform-not-found"] };
        assert_eq!(rules(&ran), expected, "{why}: {nodes}");
    }
}

#[test]
fn white_space_around_a_name_is_an_error_where_it_is_part_of_the_name() {
    let registry = Registry::start();
    registry.push("a/b", "1", &artifact::schema2("s"));
    let image = registry.name("a/b:1");
    let in_pod = |value: &str| ("pod.yaml", pod(&[value]));
    let quoted = format!("\" {image} \"");
    let after = format!("'{image} '");
    let block = format!("|\n      {image}");
    let stripped = format!("|-\n      {image}");
    let folded = format!(">\n      {image}");
    let template = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a}}\nspec: {{template: {{spec: {{containers: [{{name: a, image: {quoted}}}]}}}}}}\n"
    );
    let table = [
        (in_pod(&quoted), true, "both sides"),
        (in_pod(&after), true, "after it"),
        (
            in_pod(&block),
            true,
            "a block scalar ends with a line break",
        ),
        (in_pod(&folded), true, "and so does a folded one"),
        (in_pod(&stripped), false, "not with a dash"),
        (
            in_pod(&format!("  {image}  # x")),
            false,
            "no part of a plain scalar",
        ),
        (
            in_pod("' '"),
            false,
            "OpenShift's placeholder for a trigger",
        ),
        (
            ("deploy.yaml", template),
            true,
            "the pods made of it are refused",
        ),
        (
            ("Dockerfile", format!("ARG V=\"{image} \"\nFROM $V\n")),
            true,
            "in a variable",
        ),
        (
            ("Dockerfile", format!("FROM {image}   \n")),
            false,
            "no part of the word",
        ),
        (
            (
                "compose.yaml",
                format!("services: {{a: {{image: {quoted}}}}}\n"),
            ),
            true,
            "Compose",
        ),
    ];
    for ((path, text), wrong, why) in table {
        let ran = Workspace::of(path, &text).lint(&registry).run();
        let expected: &[&str] = if wrong { &["invalid-reference"] } else { &[] };
        assert_eq!(rules(&ran), expected, "{why}: {text}");
        if wrong {
            assert_eq!(ran.json()["summary"]["verdicts"]["bad"], 1, "{why}");
        }
    }
}

#[test]
fn importing_is_only_spoken_of_where_an_image_stream_imports() {
    let registry = Registry::start();
    registry.push("a/b", "1", &artifact::oci("o"));
    let image = registry.name("a/b:1");
    let stream = format!(
        "apiVersion: image.openshift.io/v1\nkind: ImageStream\nmetadata: {{name: s}}\nspec: {{tags: [{{name: t, from: {{kind: DockerImage, name: '{image}'}}}}]}}\n"
    );
    let values = format!("import-from-s3:\n  image: {image}\n");
    for (path, text, expected) in [
        ("stream.yaml", stream, true),
        ("chart/values.yaml", values, false),
        ("pod.yaml", pod(&[&image]), false),
    ] {
        let workspace = Workspace::of(path, &text);
        workspace.write(
            "chart/Chart.yaml",
            "name: c\nversion: 1.0.0\napiVersion: v2\n",
        );
        let ran = workspace.lint(&registry).run();
        assert_eq!(rules(&ran), ["unsupported-format"], "{text}");
        assert_eq!(ran.stdout.contains("ImageStream"), expected, "{text}");
    }
}
