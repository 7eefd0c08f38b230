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

const OVERLAY: &str =
    "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../../base]\n";

const CHART: &str = "apiVersion: v2\nname: web\nversion: 0.1.0\n";

const TEMPLATE: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: \"{{ .Values.image }}\"\n";

/// A way to deploy one image to two clusters: files, `targets`, and the file whose path says that the old cluster gets it.
struct Shared {
    why: &'static str,
    files: &'static [(&'static str, &'static str)],
    old: &'static str,
    by: Option<&'static str>,
}

/// The file that names the image is `IMAGE` in a text.
const SHARED: &[Shared] = &[
    Shared {
        why: "two overlays of one base",
        files: &[
            ("apps/base/kustomization.yaml", "resources: [pod.yaml]\n"),
            ("apps/base/pod.yaml", "POD"),
            ("apps/overlays/new/kustomization.yaml", OVERLAY),
            ("apps/overlays/ocp311/kustomization.yaml", OVERLAY),
        ],
        old: "apps/overlays/ocp311/**",
        by: Some("apps/overlays/ocp311/kustomization.yaml"),
    },
    Shared {
        why: "one kustomization includes both overlays",
        files: &[
            ("apps/base/kustomization.yaml", "resources: [pod.yaml]\n"),
            ("apps/base/pod.yaml", "POD"),
            ("apps/overlays/new/kustomization.yaml", OVERLAY),
            (
                "apps/overlays/ocp311/kustomization.yaml",
                "namePrefix: old-\nresources: [../../base]\n",
            ),
            (
                "apps/kustomization.yaml",
                "resources: [overlays/new, overlays/ocp311]\n",
            ),
        ],
        old: "apps/overlays/ocp311/**",
        by: Some("apps/overlays/ocp311/kustomization.yaml"),
    },
    Shared {
        why: "a Flux Kustomization of each cluster",
        files: &[
            ("apps/kustomization.yaml", "resources: [pod.yaml]\n"),
            ("apps/pod.yaml", "POD"),
            (
                "clusters/new/apps.yaml",
                "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps}\nspec: {path: ./apps}\n",
            ),
            (
                "clusters/ocp311/apps.yaml",
                "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps}\nspec: {path: ./apps}\n",
            ),
        ],
        old: "clusters/ocp311/**",
        by: Some("clusters/ocp311/apps.yaml"),
    },
    Shared {
        why: "an Argo CD Application of each cluster",
        files: &[
            ("apps/kustomization.yaml", "resources: [pod.yaml]\n"),
            ("apps/pod.yaml", "POD"),
            (
                "clusters/new/apps.yaml",
                "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: apps}\nspec: {source: {path: apps}}\n",
            ),
            (
                "clusters/ocp311/apps.yaml",
                "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: apps}\nspec: {source: {path: apps}}\n",
            ),
        ],
        old: "clusters/ocp311/**",
        by: Some("clusters/ocp311/apps.yaml"),
    },
    Shared {
        why: "a chart's values file of each cluster",
        files: &[
            ("web/Chart.yaml", CHART),
            ("web/values.yaml", "image: IMAGE\nreplicas: 1\n"),
            ("web/values-ocp311.yaml", "replicas: 2\n"),
            ("web/templates/pod.yaml", TEMPLATE),
        ],
        old: "web/values-ocp311.yaml",
        by: Some("web/values-ocp311.yaml"),
    },
    Shared {
        why: "a chart that an Application deploys as it is",
        files: &[
            ("web/Chart.yaml", CHART),
            ("web/values.yaml", "image: IMAGE\n"),
            ("web/templates/pod.yaml", TEMPLATE),
            (
                "clusters/ocp311/web.yaml",
                "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web}\nspec: {source: {path: web}}\n",
            ),
        ],
        old: "clusters/ocp311/**",
        by: Some("clusters/ocp311/web.yaml"),
    },
    Shared {
        why: "a chart with values files that lie in the folders of clusters",
        files: &[
            ("web/Chart.yaml", CHART),
            ("web/values.yaml", "image: IMAGE\n"),
            ("web/templates/pod.yaml", TEMPLATE),
            ("clusters/ocp311/values.yaml", "replicas: 3\n"),
            (
                "deploy.sh",
                "helm upgrade --install web web -f clusters/ocp311/values.yaml\n",
            ),
        ],
        old: "clusters/ocp311/**",
        by: Some("clusters/ocp311/values.yaml"),
    },
    Shared {
        why: "no way leads to the old cluster",
        files: &[
            ("apps/base/kustomization.yaml", "resources: [pod.yaml]\n"),
            ("apps/base/pod.yaml", "POD"),
            ("apps/overlays/new/kustomization.yaml", OVERLAY),
        ],
        old: "apps/overlays/ocp311/**",
        by: None,
    },
    Shared {
        why: "the overlay's target goes before the one of the base's own path",
        files: &[
            ("apps/base/kustomization.yaml", "resources: [pod.yaml]\n"),
            ("apps/base/pod.yaml", "POD"),
            ("apps/new/app/kustomization.yaml", OVERLAY),
        ],
        old: "apps/base/**",
        by: None,
    },
];

#[test]
fn an_image_is_judged_for_every_target_that_it_is_deployed_to() {
    let registry = Registry::start();
    registry.push_oci("app", "1");
    let image = registry.name("app:1");
    for row in SHARED {
        let workspace = Workspace::new();
        for (path, text) in row.files {
            let text = text.replace("POD", &pod(&[&image]));
            workspace.write(path, text.replace("IMAGE", &image));
        }
        let targets = format!(
            "target: kubernetes\ntargets:\n- {{paths: ['apps/new/**'], target: openshift-4}}\n- {{paths: ['{}'], target: \
             openshift-3.11}}\n",
            row.old
        );
        workspace.write(".image-lint.yaml", targets);
        let ran = workspace.lint(&registry).run();
        let json = ran.json();
        let found: Vec<(&str, Option<&str>)> = json["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|found| found["level"] == "error")
            .map(|found| {
                let mut evidence = found["evidence"].as_array().unwrap().iter();
                let by = evidence.find(|seen| seen["what"] == "deployed by");
                (
                    found["rule"].as_str().unwrap(),
                    by.and_then(|seen| seen["value"].as_str()),
                )
            })
            .collect();
        let expected: Vec<_> = row
            .by
            .iter()
            .map(|by| ("unsupported-format", Some(*by)))
            .collect();
        assert_eq!(found, expected, "{}: {}", row.why, ran.stdout);
        assert_eq!(
            ran.code,
            Some(i32::from(row.by.is_some())),
            "{}: {}",
            row.why,
            ran.said()
        );
        let shown = workspace.program(&["--offline", "."]).run();
        let said = shown.said();
        let said: Vec<&str> = said.split_whitespace().collect();
        let said = said.join(" ");
        assert!(
            said.contains("also openshift-4 for apps/new/** and 1 more")
                || said.contains(&format!("openshift-3.11 for {}", row.old)),
            "{}: {}",
            row.why,
            shown.said()
        );
    }
}
