//! Hover, definitions and inlay hints.

use serde_json::{Value, json};

use crate::client::Server;
use crate::program::{Workspace, pod};
use crate::support::registry::Registry;

fn text(hover: &Value) -> String {
    hover["contents"]["value"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn hover_says_what_the_registry_stores_and_what_each_target_makes_of_it() {
    let registry = Registry::start();
    let digest = registry.push_oci_index("app", "1");
    let image = registry.name("app:1");
    let workspace = Workspace::of("pod.yaml", pod(&[&image]));
    let mut server = Server::begin(&workspace, Some(&registry), json!({}));
    server.open_file("pod.yaml");
    server.diagnostics("pod.yaml", |all| all.len() == 1);
    let hover = server.at("textDocument/hover", "pod.yaml", 6, 14);
    let text = text(&hover);
    for expected in [
        &*format!("`{image}` · run"),
        "`application/vnd.oci.image.index.v1+json`",
        &*format!("digest `{digest}`"),
        "platforms: `linux/amd64`",
        "just now",
        "`openshift-3.11`: **no**",
        "`kubernetes`: can pull it",
        // The remedy, to be copied.
        "```sh\nskopeo copy",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let range = &hover["range"];
    assert_eq!(
        (&range["start"], &range["end"]["character"]),
        (
            &json!({"line": 6, "character": 11}),
            &json!(11 + image.len())
        )
    );
    assert_eq!(
        server.at("textDocument/hover", "pod.yaml", 1, 1),
        Value::Null
    );
    assert_eq!(server.end(), 0);
}

#[test]
fn a_question_waits_for_the_text_as_it_is_now_and_can_be_cancelled() {
    let workspace = Workspace::of("Dockerfile", "FROM quay.io/team/app:1\n");
    let options = json!({"offline": true, "debounce": 10_000});
    let mut server = Server::begin(&workspace, None, options);
    server.open_file("Dockerfile");
    // The pause after a change does not hold an answer up.
    server.change("Dockerfile", 2, Some([0, 22, 0, 23]), "2");
    let hover = server.at("textDocument/hover", "Dockerfile", 0, 8);
    assert!(text(&hover).contains("`quay.io/team/app:2`"), "{hover}");
    assert_eq!(server.end(), 0);
}

#[test]
fn a_question_that_a_registry_has_to_answer_can_be_cancelled() {
    use crate::support::registry::Fault;
    let registry = Registry::start();
    registry.push_schema2("app", "1");
    registry.on("app").tags().gives(Fault::Hang);
    let image = registry.name("app:1");
    let workspace = Workspace::of("Dockerfile", format!("FROM {image}\n"));
    let mut server = Server::begin(&workspace, Some(&registry), json!({}));
    server.open_file("Dockerfile");
    server.rules("Dockerfile", 1);
    let at = 5 + image.len();
    let params = json!({
        "textDocument": {"uri": server.uri("Dockerfile")},
        "position": {"line": 0, "character": at},
    });
    let id = server.request("textDocument/completion", params);
    server.tell("$/cancelRequest", json!({"id": id}));
    assert_eq!(server.response(id)["error"]["code"], -32800);
    assert_eq!(server.end(), 0);
}

#[test]
fn definitions_are_the_lines_that_give_a_part() {
    let workspace = Workspace::new();
    workspace
        .write("Dockerfile", "ARG HOST=quay.io\nARG TAG=1\nFROM ${HOST}/team/app:${TAG}\n")
        .write("chart/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n")
        .write("chart/values.yaml", "image:\n  repository: quay.io/team/web\n  tag: v2\n")
        .write(
            "chart/templates/pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: \"{{ .Values.image.repository }}:{{ .Values.image.tag }}\"\n",
        )
        .write(
            "kustomization.yaml",
            "resources: [deployment.yaml]\nimages:\n- name: quay.io/team/db\n  newTag: v3\n",
        )
        .write("deployment.yaml", pod(&["quay.io/team/db:v1"]))
        .write(
            "stream.yaml",
            "apiVersion: image.openshift.io/v1\nkind: ImageStream\nmetadata: {name: app}\nspec:\n  tags:\n  - name: '1'\n    from: {kind: DockerImage, name: quay.io/team/x:1}\n",
        )
        .write(
            "dc.yaml",
            "apiVersion: build.openshift.io/v1\nkind: BuildConfig\nmetadata: {name: b}\nspec:\n  strategy:\n    dockerStrategy:\n      from: {kind: ImageStreamTag, name: 'app:1'}\n",
        );
    let mut server = Server::begin(&workspace, None, json!({"offline": true}));
    // (file, line, character) and where its parts are, `file:line`, from 0.
    let rows: [(&str, u32, u32, &[&str], &str); 6] = [
        (
            "Dockerfile",
            2,
            10,
            &["Dockerfile:0", "Dockerfile:1"],
            "ARG",
        ),
        (
            "Dockerfile",
            1,
            9,
            &["Dockerfile:2", "Dockerfile:0"],
            "from the ARG to where it is used",
        ),
        (
            "chart/values.yaml",
            1,
            16,
            &["chart/values.yaml:2"],
            "the tag's own line",
        ),
        (
            "chart/values.yaml",
            2,
            8,
            &["chart/values.yaml:1"],
            "and back",
        ),
        (
            "deployment.yaml",
            6,
            14,
            &["kustomization.yaml:2"],
            "the kustomization that changes it",
        ),
        ("dc.yaml", 6, 45, &["stream.yaml:5"], "the ImageStream"),
    ];
    for (path, line, character, expected, why) in rows {
        server.open_file(path);
        let found = server.at("textDocument/definition", path, line, character);
        let locations = found.as_array().cloned().unwrap_or_default();
        let root = server.uri("");
        let shown: Vec<String> = (locations.iter())
            .map(|l| {
                let uri = l["uri"].as_str().unwrap();
                let path = uri.strip_prefix(&root).unwrap_or(uri);
                format!("{path}:{}", l["range"]["start"]["line"])
            })
            .collect();
        for place in expected {
            assert!(shown.iter().any(|known| known == place), "{why}: {shown:?}");
        }
    }
    assert_eq!(server.end(), 0);
}

#[test]
fn hints_are_off_until_somebody_wants_them() {
    let text = "ARG TAG=1\nFROM quay.io/team/app:${TAG}\nFROM quay.io/team/other:2\n";
    let workspace = Workspace::of("Dockerfile", text);
    let mut server = Server::begin(&workspace, None, json!({"offline": true}));
    server.open_file("Dockerfile");
    let hints = |server: &mut Server| {
        let range =
            json!({"start": {"line": 0, "character": 0}, "end": {"line": 3, "character": 0}});
        let document = json!({"uri": server.uri("Dockerfile")});
        server.ask(
            "textDocument/inlayHint",
            json!({"textDocument": document, "range": range}),
        )
    };
    assert_eq!(hints(&mut server), json!([]));
    let settings = json!({"settings": {"image-lint": {"offline": true, "inlayHints": true}}});
    server.tell("workspace/didChangeConfiguration", settings);
    let shown = hints(&mut server);
    let labels: Vec<_> = shown
        .as_array()
        .unwrap()
        .iter()
        .map(|h| (&h["label"], &h["position"]["line"]))
        .collect();
    assert_eq!(labels, [(&json!("= quay.io/team/app:1"), &json!(1))]);
    assert_eq!(server.end(), 0);
}

#[test]
fn what_a_repository_says_is_no_markup_and_no_control_character() {
    let text = "ARG X=1\nARG Y='`[click](command:run)`'\nFROM quay.io/[click](command:x)/a\u{202e}b:${X}${Y}\n";
    let workspace = Workspace::of("Dockerfile", text);
    let mut server = Server::begin(&workspace, None, json!({"offline": true}));
    server.open_file("Dockerfile");
    let found = server.diagnostics("Dockerfile", |all| !all.is_empty());
    let hover = server.at("textDocument/hover", "Dockerfile", 2, 8);
    let all = format!("{found:?}{hover}");
    assert!(
        !all.contains('\u{202e}') && all.contains("u{202e}"),
        "{all}"
    );
    let shown = self::text(&hover);
    assert!(shown.contains("](command"), "{shown}");
    assert!(!outside_code(&shown).contains("](command"), "{shown}");
    assert_eq!(server.end(), 0);
}

/// A text without its code spans: what is between two runs of as many backticks (CommonMark, "Code spans").
fn outside_code(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('`') {
        out.push_str(&rest[..at]);
        let run = rest[at..].len() - rest[at..].trim_start_matches('`').len();
        let (fence, behind) = rest[at..].split_at(run);
        let end = behind.match_indices(fence).find(|(end, _)| {
            let after = behind[end + run..].starts_with('`');
            !after && !behind[..*end].ends_with('`')
        });
        rest = match end {
            Some((end, _)) => &behind[end + run..],
            None => behind,
        };
    }
    out + rest
}
