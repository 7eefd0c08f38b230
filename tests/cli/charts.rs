//! Findings about charts themselves, with helm deciding what a chart renders to.

use std::process::Command;

use serde_json::json;

use crate::program::{Ran, Workspace};
use crate::support::registry::Registry;
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

/// A chart of the repository below `chart/`, with a registry that has `app:1.4.6` and `app:2.10`.
fn deployed(values: &str, image: &str) -> (Workspace, Registry) {
    let registry = Registry::start();
    for tag in ["1.4.6", "2.10"] {
        registry.push_schema2("app", tag);
    }
    let workspace = Workspace::new();
    workspace.write(
        "chart/Chart.yaml",
        "apiVersion: v2\nname: shop\nversion: 0.1.0\nappVersion: \"1.4.7\"\n",
    );
    let own = |text: &str| text.replace("R/", &format!("{}/", registry.host()));
    workspace.write("chart/values.yaml", own(values));
    workspace.write("chart/templates/pod.yaml", own(&pod(image)));
    (workspace, registry)
}

/// `path:line:column` of each `tag-not-found`.
fn missing(ran: &Ran) -> Vec<String> {
    let json = ran.json();
    let found = json["findings"].as_array().expect("findings").iter();
    let found = found.filter(|finding| finding["rule"] == "tag-not-found");
    found
        .map(|f| {
            format!(
                "{}:{}:{}",
                f["path"].as_str().expect("a path"),
                f["line"],
                f["column"]
            )
        })
        .collect()
}

const IMAGE: &str =
    "\"{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}\"";

#[test]
fn a_charts_missing_tag_is_marked_where_the_tag_is_given_and_the_nearest_is_offered_there() {
    // (values, template of the image, the place, the line before and after --fix --unsafe)
    let rows = [
        (
            "image:\n  repository: R/app\n  tag: 1.4.7\n",
            IMAGE,
            "chart/values.yaml:3:8",
            Some(("  tag: 1.4.7\n", "  tag: 1.4.6\n")),
            "a value beside the name",
        ),
        (
            "image:\n  repository: R/app\n  tag: \"\"\n",
            IMAGE,
            "chart/Chart.yaml:4:14",
            Some(("appVersion: \"1.4.7\"", "appVersion: \"1.4.6\"")),
            "the chart's version, where no tag is given",
        ),
        (
            "image:\n  repository: R/app\n  tag: v2.11\n",
            IMAGE,
            "chart/values.yaml:3:8",
            Some(("  tag: v2.11\n", "  tag: \"2.10\"\n")),
            "a tag that YAML would take for a number is written in quotes",
        ),
        (
            "image:\n  repository: R/app\n  tag: '2.11'\n",
            IMAGE,
            "chart/values.yaml:3:9",
            Some(("  tag: '2.11'\n", "  tag: '2.10'\n")),
            "quotes stay",
        ),
        (
            "image:\n  repository: R/app\n",
            "{{ .Values.image.repository }}:1.4.7",
            "chart/templates/pod.yaml:7:42",
            Some((":1.4.7", ":1.4.6")),
            "a tag of the template",
        ),
        (
            "image:\n  repository: R/app\n  version: 1.4\n",
            "{{ .Values.image.repository }}:{{ .Values.image.version }}.7",
            "chart/values.yaml:3:12",
            None,
            "a part of the tag alone",
        ),
        (
            "image: R/app:1.4.7\n",
            "{{ .Values.image }}",
            "chart/values.yaml:1:8",
            Some((":1.4.7", ":1.4.6")),
            "one text for all",
        ),
    ];
    for (values, image, place, fix, why) in rows {
        let (workspace, registry) = deployed(values, image);
        let ran = workspace.lint(&registry).run();
        let [found] = missing(&ran)
            .try_into()
            .unwrap_or_else(|_| panic!("{why}: {}", ran.said()));
        let found: String = found;
        let at = place.to_owned();
        let column = place.rsplit(':').next().unwrap_or("");
        // The registry's host is as long as its port.
        let shifted = image.contains("1.4.7") || values.starts_with("image: R");
        match shifted {
            true => assert!(
                found.starts_with(at.trim_end_matches(column)),
                "{why}: {found}"
            ),
            false => assert_eq!(found, at, "{why}"),
        }
        let path = place.split(':').next().expect("a path");
        let before = workspace.read(path);
        workspace.lint(&registry).args(&["--fix", "--unsafe"]).run();
        let expected = match fix {
            Some((from, to)) => before.replace(from, to),
            None => before.clone(),
        };
        assert_eq!(workspace.read(path), expected, "{why}");
        if fix.is_some() {
            assert_ne!(expected, before, "{why}");
            assert!(
                missing(&workspace.lint(&registry).run()).is_empty(),
                "{why}: clean now"
            );
        }
    }
}

#[test]
fn the_values_file_that_gives_the_missing_tag_is_the_findings_place() {
    let (workspace, registry) = deployed("image:\n  repository: R/app\n  tag: 1.4.6\n", IMAGE);
    workspace.write("chart/values-prod.yaml", "image:\n  tag: 2.11.0\n");
    let ran = workspace.lint(&registry).run();
    assert_eq!(
        missing(&ran),
        ["chart/values-prod.yaml:2:8"],
        "{}",
        ran.said()
    );
    // What a person reads: the tag's line is drawn, and the name's is named.
    let shown = workspace
        .program(&["--no-cache", "--plain-http", &registry.host()])
        .run();
    assert!(
        shown.stdout.contains("chart/values-prod.yaml:2:8"),
        "{}",
        shown.stdout
    );
    assert!(shown.stdout.contains("tag: 2.11.0"), "{}", shown.stdout);
    assert!(
        shown.stdout.contains("the name comes from here"),
        "{}",
        shown.stdout
    );
    // A comment at either line is about it.
    for (path, text) in [
        (
            "chart/values-prod.yaml",
            "image:\n  # image-lint: ignore[tag-not-found] pushed later\n  tag: 2.11.0\n"
                .to_owned(),
        ),
        (
            "chart/values.yaml",
            workspace.read("chart/values.yaml").replace(
                "  repository",
                "  # image-lint: ignore[tag-not-found] pushed later\n  repository",
            ),
        ),
    ] {
        let before = workspace.read(path);
        workspace.write(path, text);
        assert!(
            missing(&workspace.lint(&registry).run()).is_empty(),
            "{path}"
        );
        workspace.write(path, before);
    }
}

#[test]
fn values_of_elsewhere_are_given_to_the_charts_as_helm_takes_them() {
    let (workspace, registry) = deployed("image:\n  repository: R/app\n  tag: 1.4.6\n", IMAGE);
    workspace.write("deploy/base.yaml", "image:\n  tag: 9.9.9\n");
    workspace.write("deploy/prod.yaml", "image:\n  tag: 2.11.0\n");
    let alone = workspace.lint(&registry).run();
    assert!(
        missing(&alone).is_empty(),
        "nothing in the repository names them"
    );
    let said = "deploy/base.yaml, deploy/prod.yaml look like values of the chart in chart/, and nothing here gives them to it: \
                `--values deploy/base.yaml`";
    assert!(
        alone.notes().iter().any(|note| note.contains(said)),
        "{}",
        alone.said()
    );
    let rows: [(&[&str], &[&str], &str); 3] = [
        (
            &["--values", "deploy/prod.yaml"],
            &["deploy/prod.yaml:2:8"],
            "one file",
        ),
        (
            &[
                "--values",
                "deploy/base.yaml",
                "--values",
                "deploy/prod.yaml",
            ],
            &["deploy/prod.yaml:2:8"],
            "the later one counts, as with helm -f",
        ),
        (
            &["--values", "./deploy/../deploy/base.yaml", "chart"],
            &["deploy/base.yaml:2:8"],
            "a path with dots",
        ),
    ];
    for (arguments, expected, why) in rows {
        let ran = workspace.lint(&registry).args(arguments).run();
        assert_eq!(missing(&ran), expected, "{why}: {}", ran.said());
    }
    // What they are for is said where nothing takes them.
    workspace.write("pod/pod.yaml", pod("quay.io/a/b:1"));
    let ran = workspace
        .offline()
        .args(&["pod", "--values", "deploy/prod.yaml"])
        .run();
    let note = "--values deploy/prod.yaml: values of a chart, and no chart is among what is read";
    assert!(
        ran.notes().iter().any(|said| said.contains(note)),
        "{}",
        ran.said()
    );
    workspace.write("deploy/broken.yaml", "image: none\n");
    let ran = workspace
        .offline()
        .args(&["--values", "deploy/broken.yaml"])
        .run();
    let note = "--values deploy/broken.yaml: the chart in chart/ cannot be rendered with it";
    assert!(
        ran.notes().iter().any(|said| said.contains(note)),
        "{}",
        ran.said()
    );
}
