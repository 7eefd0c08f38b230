//! Findings about charts themselves, with helm deciding what a chart renders to.

use std::process::Command;

use serde_json::json;

use crate::program::Workspace;
use crate::tools::tool;

const CHART: &str = "apiVersion: v2\nname: shop\nversion: 0.1.0\nappVersion: 1.2.3\n";

/// A pod whose only image is this template.
fn pod(image: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n  - name: a\n    image: {image}\n"
    )
}

fn chart(values: &str, template: &str) -> Workspace {
    let workspace = Workspace::of("Chart.yaml", CHART);
    workspace.write("values.yaml", values);
    workspace.write("templates/pod.yaml", template);
    workspace
}

/// Exit code, stdout and stderr of `helm template`.
fn helm(workspace: &Workspace) -> (bool, String, String) {
    let output = Command::new(tool("charts/helm"))
        .arg("template")
        .arg(&workspace.root)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.success(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn a_value_that_helm_prints_otherwise_is_reported_where_it_is_set() {
    for (written, template) in [
        ("1.20", "quay.io/a/b:{{ .Values.tag }}"),
        ("20210512", "quay.io/a/b:{{ .Values.tag }}"),
        ("0362525", "{{ printf \"quay.io/a/b:%v\" .Values.tag }}"),
        ("1e10", "\"quay.io/a/b:{{ .Values.tag }}\""),
        ("on", "quay.io/a/b:{{ .Values.tag | toString }}"),
        ("0x1F", "quay.io/a/b:{{ .Values.tag }}"),
        ("1_000", "quay.io/a/b:{{ .Values.tag }}"),
        ("1.10", "quay.io/a/b:v{{ .Values.tag }}-slim"),
    ] {
        let workspace = chart(&format!("other: 1\ntag: {written}\n"), &pod(template));
        let (ok, rendered, _) = helm(&workspace);
        assert!(ok, "{written}");
        let image = rendered.lines().find(|line| line.contains("image:"));
        let image = image.unwrap().trim().trim_start_matches("image: ");
        let image = image.trim_matches('"');
        let ran = workspace.offline().run();
        let json = ran.json();
        let found = json["findings"].as_array().unwrap().iter();
        let found: Vec<_> = found
            .filter(|finding| finding["rule"] == "unquoted-number")
            .collect();
        let [found] = found.as_slice() else {
            panic!("{written}: {}", ran.said())
        };
        let place = json!([found["path"], found["line"], found["column"]]);
        assert_eq!(place, json!(["values.yaml", 2, 6]));
        let message = found["message"].as_str().unwrap();
        assert!(
            message.ends_with(&format!("the chart deploys `{image}`")),
            "helm renders {image}: {message}"
        );

        let fixed = workspace.offline().args(&["--fix", "--unsafe"]).run();
        let values = workspace.read("values.yaml");
        assert_eq!(
            values,
            format!("other: 1\ntag: \"{written}\"\n"),
            "{}",
            fixed.said()
        );
        assert!(helm(&workspace).1.contains(written), "{written}");
    }
}

#[test]
fn a_value_that_helm_prints_as_it_is_written_is_not_reported() {
    for written in [
        "\"1.20\"",
        "'on'",
        "12",
        "1.25",
        "v1.20",
        "!!str 1.20",
        "latest",
    ] {
        let workspace = chart(
            &format!("tag: {written}\n"),
            &pod("quay.io/a/b:{{ .Values.tag }}"),
        );
        let plain = written
            .trim_start_matches("!!str ")
            .trim_matches(['"', '\'']);
        assert!(
            helm(&workspace)
                .1
                .contains(&format!("quay.io/a/b:{plain}\n")),
            "{written}"
        );
        let ran = workspace.offline().run();
        assert_eq!(ran.findings(), [""; 0], "{written}: {}", ran.said());
    }
}

#[test]
fn a_chart_that_helm_refuses_is_reported_with_the_reason_of_helm() {
    for (values, template, line) in [
        (
            "{}",
            "{{ required \"image.tag is missing\" .Values.tag }}",
            7,
        ),
        ("{}", "{{ fail \"choose a flavour\" }}", 7),
        ("{}", "{{ .Values.image.repository }}", 7),
        ("a: b", "{{ .Values.a.b }}", 7),
        ("a: b", "{{ with .Values.a }}{{ .b }}{{ end }}", 7),
        ("{}", "{{ .Chart.Name.b }}", 7),
        ("{}", "{{ include \"nowhere\" . }}", 7),
    ] {
        let workspace = chart(values, &pod(template));
        let (ok, _, said) = helm(&workspace);
        assert!(!ok, "{template}");
        let ran = workspace.offline().run();
        let json = ran.json();
        let found = &json["findings"][0];
        assert_eq!(found["rule"], "broken-chart", "{template}: {}", ran.said());
        assert_eq!(found["level"], "warning");
        let place = json!([found["path"], found["line"]]);
        assert_eq!(place, json!(["templates/pod.yaml", line]), "{said}");
        let message = found["message"].as_str().unwrap();
        let why = message.split_once("values: ").unwrap().1;
        assert!(said.contains(why), "helm: {said}\nhere: {why}");
    }
    // A values file of the repository that it can be rendered with is enough.
    let workspace = chart(
        "{}",
        &pod("quay.io/a/b:{{ required \"no tag\" .Values.tag }}"),
    );
    workspace.write("ci/default-values.yaml", "tag: \"1\"\n");
    assert_eq!(workspace.offline().run().findings(), [""; 0]);
}

#[test]
fn an_image_that_renders_without_a_name_is_reported_at_its_template() {
    for (values, template) in [
        (
            "image: {repository: \"\", tag: \"1\"}",
            "\"{{ .Values.image.repository }}:{{ .Values.image.tag }}\"",
        ),
        (
            "image: {tag: \"\"}",
            "\"{{ .Values.image.repository }}:{{ .Values.image.tag }}\"",
        ),
        (
            "registry: quay.io",
            "\"{{ .Values.registry }}/{{ .Values.name }}:1\"",
        ),
        ("name: \"\"", "{{ .Values.name | quote }}"),
    ] {
        let workspace = chart(values, &pod(template));
        assert!(helm(&workspace).0, "{template}");
        let ran = workspace.offline().run();
        let found = ran.findings();
        assert!(
            found.len() == 1 && found[0].contains("nameless-image"),
            "{template}: {}",
            ran.said()
        );
    }
}

#[test]
fn rendered_input_names_the_template_that_each_image_comes_from() {
    let workspace = chart("tag: \"1\"\n", &pod("Bad/Name:{{ .Values.tag }}"));
    workspace.write(
        "templates/a.yaml",
        "# a comment\nkind: ConfigMap\napiVersion: v1\n",
    );
    workspace.write("templates/z.yaml", pod("quay.io/a/b:2"));
    let (ok, rendered, _) = helm(&workspace);
    assert!(ok);
    let line = |text: &str| rendered.lines().position(|line| line == text).unwrap() + 1;

    let ran = workspace.offline().arg("-").stdin(rendered.clone()).run();
    let json = ran.json();
    let related = &json["findings"][0]["related"][0];
    assert_eq!(
        related["line"],
        line("# Source: shop/templates/pod.yaml"),
        "{json:#}"
    );
    let listed = workspace
        .program(&["list", "--format", "jsonl", "-"])
        .stdin(rendered.clone())
        .run();
    let templates: Vec<String> = listed
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|mention| mention["template"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        templates,
        ["shop/templates/pod.yaml", "shop/templates/z.yaml"]
    );
    let formats = [
        "human", "short", "github", "gitlab", "junit", "markdown", "sarif", "html",
    ];
    for format in formats {
        let ran = workspace
            .program(&["--offline", "--format", format, "-"])
            .stdin(rendered.clone())
            .run();
        assert!(
            ran.stdout.contains("shop/templates/pod.yaml"),
            "{format}: {}",
            ran.said()
        );
    }
}

#[test]
fn a_chart_without_templates_deploys_what_the_charts_in_it_render() {
    let workspace = Workspace::of("Chart.yaml", CHART);
    workspace.write("values.yaml", "side: {tag: \"2\"}\n");
    workspace.write("charts/side/Chart.yaml", CHART.replace("shop", "side"));
    workspace.write("charts/side/values.yaml", "tag: \"1\"\n");
    workspace.write(
        "charts/side/templates/pod.yaml",
        pod("quay.io/a/b:{{ .Values.tag }}"),
    );
    assert!(helm(&workspace).1.contains("quay.io/a/b:2\n"));
    let listed = workspace.program(&["list"]).run();
    assert!(listed.stdout.contains("quay.io/a/b:2"), "{}", listed.said());
    assert!(
        !listed.stdout.contains("quay.io/a/b:1"),
        "{}",
        listed.said()
    );
}

#[test]
fn a_chart_is_made_of_the_files_that_the_walk_met() {
    let outside = Workspace::of("pod.yaml", pod("quay.io/secret/outside:1"));
    let workspace = chart("tag: \"1\"\n", &pod("quay.io/a/b:{{ .Values.tag }}"));
    std::os::unix::fs::symlink(
        outside.root.join("pod.yaml"),
        workspace.root.join("templates/link.yaml"),
    )
    .unwrap();
    workspace.write(".helmignore", "templates/ignored.yaml\n");
    workspace.write("templates/ignored.yaml", pod("quay.io/a/ignored:1"));
    let listed = workspace.program(&["list"]).run();
    assert!(listed.stdout.contains("quay.io/a/b:1"), "{}", listed.said());
    assert!(!listed.stdout.contains("outside"), "{}", listed.said());
    // helm passes it over. It is a manifest all the same, which nothing keeps from being applied by itself.
    assert!(
        listed
            .stdout
            .contains("templates/ignored.yaml:7:12  quay.io/a/ignored:1"),
        "{}",
        listed.said()
    );
}
