//! Charts of a repository as Argo CD, Flux, helmfiles and `helm` commands of it deploy them, beside what the real helm
//! renders with the same values.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use crate::program::Workspace;

const FILES: [(&str, &str); 5] = [
    (
        "charts/web/Chart.yaml",
        "apiVersion: v2\nname: web\nversion: 0.1.0\nappVersion: 1.2.3\n",
    ),
    (
        "charts/web/values.yaml",
        "image:\n  repository: quay.io/a/web\n  tag: \"\"\nside:\n  enabled: false\n  image: quay.io/a/side:1\nextra:\n- {image: quay.io/a/extra, tag: \"1\"}\n",
    ),
    (
        "charts/web/templates/d.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: a\n      image: \"{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}\"\n{{- if .Values.side.enabled }}\n    - name: side\n      image: {{ .Values.side.image }}\n{{- end }}\n{{- range .Values.extra }}\n    - name: extra\n      image: \"{{ .image }}:{{ .tag }}\"\n{{- end }}\n",
    ),
    ("charts/web/prod.yaml", "image:\n  tag: prod\n"),
    ("env/dev.yaml", "image:\n  repository: q.io/dev/web\n"),
];

/// What the chart gives by itself: its defaults, and the side that a value turns on.
const OWN: [&str; 3] = [
    "quay.io/a/web:1.2.3",
    "quay.io/a/side:1",
    "quay.io/a/extra:1",
];

struct Row {
    why: &'static str,
    path: &'static str,
    text: &'static str,
    /// The arguments of `helm template x charts/web`, for each time that it is deployed.
    helm: &'static [&'static [&'static str]],
    /// Line of the file that decides the image.
    line: Option<u32>,
}

const ROWS: &[Row] = &[
    Row {
        why: "an Application: values files of the chart, parameters before them",
        path: "app.yaml",
        text: "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  source:\n    path: charts/web\n    helm:\n      valueFiles: [prod.yaml]\n      parameters:\n      - name: image.repository\n        value: q.io/argo/web\n",
        helm: &[&[
            "-f",
            "charts/web/prod.yaml",
            "--set",
            "image.repository=q.io/argo/web",
        ]],
        line: Some(11),
    },
    Row {
        why: "an Application: values as a text",
        path: "app.yaml",
        text: "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  source:\n    path: charts/web\n    helm:\n      values: |\n        image:\n          repository: q.io/text/web\n        side:\n          enabled: true\n",
        helm: &[&["--set", "image.repository=q.io/text/web,side.enabled=true"]],
        line: Some(10),
    },
    Row {
        why: "an Application: an object, and a file of another source",
        path: "app.yaml",
        text: "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  sources:\n  - ref: values\n  - path: charts/web\n    helm:\n      valueFiles: [$values/env/dev.yaml]\n      valuesObject:\n        image: {tag: \"7\"}\n",
        helm: &[&["-f", "env/dev.yaml", "--set-string", "image.tag=7"]],
        line: None,
    },
    Row {
        why: "an ApplicationSet with literal elements",
        path: "set.yaml",
        text: "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: a}\nspec:\n  generators:\n  - list:\n      elements:\n      - {tag: v1, chart: web}\n      - {tag: v2, chart: web}\n  template:\n    spec:\n      source:\n        path: charts/{{chart}}\n        helm:\n          parameters:\n          - {name: image.tag, value: \"{{tag}}\"}\n",
        helm: &[&["--set", "image.tag=v1"], &["--set", "image.tag=v2"]],
        line: None,
    },
    Row {
        why: "a HelmRelease: numbers of its values are floating point",
        path: "release.yaml",
        text: "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: r}\nspec:\n  chart:\n    spec:\n      chart: ./charts/web\n      sourceRef: {kind: GitRepository, name: x}\n      valuesFiles: [./env/dev.yaml]\n  values:\n    image: {tag: 1.20}\n",
        helm: &[&["-f", "env/dev.yaml", "--set-json", "image.tag=1.20"]],
        line: None,
    },
    Row {
        why: "a helmfile: files, values of its own, and set",
        path: "deploy/helmfile.yaml",
        text: "releases:\n- name: web\n  chart: ../charts/web\n  values:\n  - ../env/dev.yaml\n  - side: {enabled: true}\n  set:\n  - name: image.tag\n    value: \"9\"\n",
        helm: &[&[
            "-f",
            "env/dev.yaml",
            "--set",
            "side.enabled=true,image.tag=9",
        ]],
        line: None,
    },
    Row {
        why: "a script",
        path: "deploy.sh",
        text: "set -e\nhelm upgrade --install web ./charts/web -n prod \\\n  -f env/dev.yaml --set image.tag=20210512,side.enabled=true --wait\n",
        helm: &[&[
            "-f",
            "env/dev.yaml",
            "--set",
            "image.tag=20210512,side.enabled=true",
        ]],
        line: None,
    },
    Row {
        why: "a Makefile",
        path: "Makefile",
        text: "REPO := q.io/make/web\ndeploy:\n\thelm upgrade -i web charts/web --set-string image.repository=$(REPO)\n",
        helm: &[&["--set-string", "image.repository=q.io/make/web"]],
        line: None,
    },
    Row {
        why: "a CI job, started in the folder of the chart's parent",
        path: ".gitlab-ci.yml",
        text: "deploy:\n  script:\n    - helm template web charts/web --values=charts/web/prod.yaml --set 'image.repository=q.io/ci/web'\n",
        helm: &[&[
            "-f",
            "charts/web/prod.yaml",
            "--set",
            "image.repository=q.io/ci/web",
        ]],
        line: Some(3),
    },
    Row {
        why: "places in a list, which replaces the chart's own",
        path: "deploy.sh",
        text: "helm upgrade -i web charts/web --set 'extra[0].image=q.io/x/e,extra[0].tag=2' --set extra[1].image=q.io/x/f,extra[1].tag=v3\n",
        helm: &[&[
            "--set",
            "extra[0].image=q.io/x/e,extra[0].tag=2",
            "--set",
            "extra[1].image=q.io/x/f,extra[1].tag=v3",
        ]],
        line: None,
    },
    Row {
        why: "values in JSON and literal ones",
        path: "deploy.sh",
        text: "helm upgrade -i web charts/web --set-json 'image={\"repository\": \"q.io/json/web\", \"tag\": \"1.0\"}' --set-json 'extra=[{\"image\": \"q.io/json/e\", \"tag\": 1.20}]'\nhelm template web charts/web --set-literal image.tag=true --set image.repository=q.io/lit/web\n",
        helm: &[
            &[
                "--set-json",
                "image={\"repository\": \"q.io/json/web\", \"tag\": \"1.0\"}",
                "--set-json",
                "extra=[{\"image\": \"q.io/json/e\", \"tag\": 1.20}]",
            ],
            &[
                "--set-literal",
                "image.tag=true",
                "--set",
                "image.repository=q.io/lit/web",
            ],
        ],
        line: None,
    },
    Row {
        why: "what is not known says nothing",
        path: "deploy.sh",
        text: "helm upgrade -i web charts/web --set image.tag=\"$TAG\" --set image.repository=q.io/x/open\n",
        helm: &[],
        line: None,
    },
];

#[test]
fn charts_are_rendered_with_what_the_repository_gives_them() {
    let helm = helm();
    for row in ROWS {
        let workspace = Workspace::new();
        for (path, text) in FILES {
            workspace.write(path, text);
        }
        workspace.write(row.path, row.text);
        let mut expected: BTreeSet<String> = OWN.iter().map(|image| (*image).to_owned()).collect();
        for arguments in row.helm {
            let mut command = Command::new(&helm);
            command
                .args(["template", "x", "charts/web"])
                .args(*arguments);
            let out = command
                .current_dir(&workspace.root)
                .output()
                .expect("helm runs");
            assert!(out.status.success(), "{}: {out:?}", row.why);
            let text = String::from_utf8(out.stdout).expect("text");
            let images = text
                .lines()
                .filter_map(|line| line.trim().strip_prefix("image: "));
            expected.extend(images.map(|image| image.trim_matches('"').to_owned()));
        }
        let listed = workspace.program(&["list", "--format", "jsonl", "."]).run();
        let mentions: Vec<serde_json::Value> = listed
            .stdout
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .filter(|mention: &serde_json::Value| mention["status"] == "known")
            .collect();
        let found: BTreeSet<String> = mentions
            .iter()
            .map(|mention| mention["reference"].as_str().expect("a name").to_owned())
            .collect();
        assert_eq!(found, expected, "{}: {}", row.why, listed.stdout);
        if let Some(line) = row.line {
            let here = |mention: &&serde_json::Value| {
                mention["path"] == row.path && mention["line"] == line
            };
            assert_eq!(
                mentions.iter().filter(here).count(),
                1,
                "{}: {}",
                row.why,
                listed.stdout
            );
        }
    }
}

/// # Panics
/// When it is missing: no test passes because a tool is not there.
fn helm() -> PathBuf {
    let project = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| project.join("target"), PathBuf::from);
    let tool = target.join("hook-tools/charts/helm");
    assert!(
        tool.exists(),
        "{} is needed: run scripts/install-chart-tools.sh",
        tool.display()
    );
    tool
}
