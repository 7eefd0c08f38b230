//! Small charts, each of one idea: what `list` says of each, and whether the place that it names decides what helm
//! renders.

use std::process::Command;

use serde_json::Value;

use crate::program::Workspace;
use crate::tools::tool;

const CHARTS: &str = include_str!("../../crates/helm-render/tests/small_charts.txt");

/// Chart, place, and what is deployed, with the value that has to be turned on.
const LISTED: [&str; 29] = [
    "01-v-prefix values.yaml:1 quay.io/a/b:v1.2.3",
    "02-v-prefix-in-helper values.yaml:1 quay.io/a/b:v1.2.3",
    "03-suffix values.yaml:1 quay.io/a/b:1.2.3-apache",
    "04-global-tag values.yaml:2 quay.io/a/b:v9",
    "05-default-registry values.yaml:2 reg.example.io/a/b:1",
    "06-registry-namespace-name values.yaml:3 quay.io/jetstack/controller:1.2.3",
    "07-hub values.yaml:3 quay.io/x/pilot:5",
    "08-literal-in-tpl templates/_helpers.tpl:2 docker.io/library/busybox:1.36",
    "09-literal-default templates/pod.yaml:7 quay.io/x/def:7",
    "10-partial-literal templates/pod.yaml:7 quay.io/x/part:4",
    "11-map-of-full values.yaml:2 quay.io/x/server:1",
    "12-map-shared-tag values.yaml:1 quay.io/x/op:3",
    "13-number-tag values.yaml:1 quay.io/a/b:1.2",
    // No name may hold a plus sign.
    "14-date-tag values.yaml:1 invalid quay.io/a/b:2.0210512e+07",
    "15-tpl-in-values values.yaml:1 quay.io/c/b:1.2.3",
    "16-name-repository values.yaml:1 gcr.io/org/worker:2",
    // The others have no name: `n` is false to YAML 1.1.
    "17-range templates/pod.yaml:7 docker.io/library/x:latest",
    "18-disabled-by-default values.yaml:1 quay.io/a/b:1",
    "18-disabled-by-default values.yaml:2 quay.io/a/side:2 when side.enabled",
    "19-unused-values values.yaml:1 quay.io/a/b:1",
    "20-digest-wins values.yaml:1 quay.io/a/b@sha256:b…",
    "21-subchart-appversion charts/sub/values.yaml:1 quay.io/s/sub:7.7",
    "21-subchart-appversion templates/pod.yaml:7 quay.io/p/parent:1",
    "22-parent-overrides-subchart charts/sub/values.yaml:1 quay.io/s/sub:8.8",
    "22-parent-overrides-subchart templates/pod.yaml:7 quay.io/p/parent:1",
    "23-global-registry-wins values.yaml:2 mirror.example.io/a/b:1",
    "24-appversion-only values.yaml:1 quay.io/a/b:1.2.3",
    "25-tag-with-digest-key values.yaml:1 quay.io/a/b:1@sha256:c…",
    "26-env-values values.yaml:1 quay.io/a/b:1",
];

/// What is only there with a values file beside the chart, or open.
const MORE: [&str; 2] = [
    "26-env-values values.yaml:1 quay.io/a/b:2",
    "27-requirements-yaml values.yaml:1 open registry.k8s.io/ksm/ksm:{{ .Chart.AppVersion }}",
];

/// Name and files of each chart.
fn charts() -> Vec<(&'static str, Workspace)> {
    let charts = CHARTS.split("\n== ").skip(1).map(|chart| {
        let mut parts = chart.split("\n-- ");
        let name = parts.next().unwrap_or_default();
        let workspace = Workspace::of(
            "Chart.yaml",
            "apiVersion: v2\nname: c\nversion: 0.1.0\nappVersion: 1.2.3\n",
        );
        for part in parts {
            let (path, text) = part.split_once('\n').unwrap();
            workspace.write(path, format!("{text}\n"));
        }
        (name, workspace)
    });
    charts.collect()
}

fn listed(workspace: &Workspace) -> Vec<Value> {
    let ran = workspace
        .program(&["list", "--format", "jsonl", "--no-gitignore", "."])
        .run();
    let mentions = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    mentions
        .filter(|mention| mention["kind"] == "image")
        .collect()
}

fn shown(chart: &str, mention: &Value) -> String {
    let text = |key: &str| mention[key].as_str().unwrap_or_default().to_owned();
    let image = match mention["reference"].as_str() {
        Some(reference) => reference.to_owned(),
        None => format!("{} {}", text("status"), text("text")),
    };
    let mut line = format!("{chart} {}:{} {image}", text("path"), mention["line"]);
    for letter in ["b", "c"] {
        line = line.replace(&letter.repeat(64), &format!("{letter}…"));
    }
    format!("{line} {}", text("condition"))
        .trim_end()
        .to_owned()
}

#[test]
fn every_small_chart_is_listed_with_image_place_and_condition() {
    let charts = charts();
    assert_eq!(charts.len(), 27);
    let mentions = charts.iter().flat_map(|(name, workspace)| {
        let mentions = listed(workspace);
        let lines = mentions.iter().map(|mention| shown(name, mention));
        lines.collect::<Vec<_>>()
    });
    let mut found: Vec<String> = mentions.collect();
    let mut expected: Vec<&str> = LISTED.iter().chain(&MORE).copied().collect();
    found.sort();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

/// The images of `helm template`, with a value turned on where one is named.
fn images(workspace: &Workspace, condition: &str) -> Vec<String> {
    let mut helm = Command::new(tool("charts/helm"));
    helm.arg("template").arg(&workspace.root);
    if let Some(path) = condition.strip_prefix("when ") {
        helm.arg("--set").arg(format!("{path}=true"));
    }
    let output = helm.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter(|line| line.contains("image:"));
    lines.map(str::to_owned).collect()
}

#[test]
fn a_mark_at_the_place_of_an_image_is_in_what_helm_renders() {
    for (name, workspace) in charts() {
        for mention in listed(&workspace) {
            // helm refuses the chart of 27; what a values file gives is rendered with that file alone.
            if MORE.contains(&shown(name, &mention).as_str()) {
                continue;
            }
            let path = mention["path"].as_str().unwrap();
            let [start, end] =
                ["start_byte", "end_byte"].map(|key| mention[key].as_u64().unwrap() as usize);
            let text = workspace.read(path);
            let letter = text[start..end].find(|c: char| c.is_ascii_alphanumeric());
            let at = start + letter.unwrap();
            workspace.write(path, format!("{}zqz{}", &text[..at], &text[at..]));
            let condition = mention["condition"].as_str().unwrap_or_default();
            let rendered = images(&workspace, condition);
            workspace.write(path, &text);
            assert!(
                rendered.iter().any(|line| line.contains("zqz")),
                "{name}: {mention:#} does not decide {rendered:?}"
            );
        }
    }
}
