//! What is shown while typing, and what once a file is saved.

use serde_json::json;

use crate::client::{Server, lines};
use crate::program::{Workspace, pod};
use crate::support::registry::Registry;

#[test]
fn a_saved_file_shows_what_registries_say_and_a_changed_one_what_it_says_itself() {
    let registry = Registry::start();
    registry.push_schema2("app", "1");
    let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:2")]));
    let mut server = Server::begin(&workspace, Some(&registry), json!({}));
    server.open_file("pod.yaml");
    let found = server.diagnostics("pod.yaml", |all| !all.is_empty());
    assert_eq!(lines(&found), ["6:11 tag-not-found"]);
    assert_eq!(found[0]["severity"], 1);
    assert_eq!(found[0]["source"], "image-lint");
    let message = found[0]["message"].as_str().unwrap();
    assert!(message.contains("has no tag `2`"), "{message}");
    // The tag that exists, and one more image whose name is none; nobody has saved yet.
    let requests = registry.log().len();
    let wrong = pod(&[&registry.name("app:1"), "Team/App"]);
    server.change("pod.yaml", 2, None, &wrong);
    assert_eq!(server.rules("pod.yaml", 2), ["8:11 invalid-reference"]);
    assert_eq!(
        registry.log().len(),
        requests,
        "nothing is asked before it is saved"
    );
    std::fs::write(workspace.root.join("pod.yaml"), &wrong).unwrap();
    server.save("pod.yaml");
    let asked = |registry: &Registry| registry.count("HEAD", "/v2/app/manifests/1") > 0;
    server.wait(|_| asked(&registry));
    assert_eq!(server.end(), 0);
}

#[test]
fn each_change_is_made_in_the_text_and_the_last_version_is_shown() {
    let workspace = Workspace::of("Dockerfile", "FROM quay.io/team/app:1\n");
    let mut server = Server::begin(&workspace, None, json!({"offline": true}));
    server.open_file("Dockerfile");
    assert_eq!(server.rules("Dockerfile", 1), [""; 0]);
    // Typed letter by letter: `FROM quay.io/team/App:1`, then a second line before it.
    server.change("Dockerfile", 2, Some([0, 18, 0, 19]), "A");
    server.change("Dockerfile", 3, Some([0, 0, 0, 0]), "# 😀\n");
    server.change("Dockerfile", 4, Some([0, 4, 0, 4]), "!");
    assert_eq!(server.rules("Dockerfile", 4), ["1:5 invalid-reference"]);
    // An old version changes nothing.
    server.change("Dockerfile", 3, None, "");
    server.change("Dockerfile", 5, Some([0, 0, 1, 0]), "");
    assert_eq!(server.rules("Dockerfile", 5), ["0:5 invalid-reference"]);
    assert_eq!(server.end(), 0);
}

#[test]
fn columns_are_counted_as_the_client_counts() {
    let text = "services:\n  a: {x-ü😀: 1, image: Team/App}\n";
    for (encoding, expected) in [("utf-8", "1:26"), ("utf-16", "1:23"), ("utf-32", "1:22")] {
        let workspace = Workspace::of("compose.yaml", text);
        let mut server = Server::start(&workspace, None, &["--offline"]);
        let folder = server.uri("");
        let params = json!({
            "capabilities": {"general": {"positionEncodings": [encoding]}},
            "rootUri": folder,
        });
        let result = server.ask("initialize", params);
        assert_eq!(result["capabilities"]["positionEncoding"], encoding);
        server.tell("initialized", json!({}));
        server.open_file("compose.yaml");
        let found = server.diagnostics("compose.yaml", |all| !all.is_empty());
        let start = &found[0]["range"]["start"];
        assert_eq!(
            format!("{}:{}", start["line"], start["character"]),
            expected,
            "{encoding}"
        );
        assert_eq!(server.end(), 0);
    }
}

#[test]
fn an_open_document_counts_in_place_of_its_file_for_every_other_file() {
    let workspace = Workspace::new();
    workspace
        .write("chart/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n")
        .write("chart/values.yaml", "image: quay.io/team/app:1\n")
        .write(
            "chart/templates/pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: a\n    image: {{ .Values.image }}\n",
        );
    let mut server = Server::begin(&workspace, None, json!({"offline": true}));
    server.open_file("chart/values.yaml");
    assert_eq!(server.rules("chart/values.yaml", 1), [""; 0]);
    server.change("chart/values.yaml", 2, Some([0, 15, 0, 19]), "Team");
    assert_eq!(
        server.rules("chart/values.yaml", 2),
        ["0:7 invalid-reference"]
    );
    // Closed without being saved: the file counts again, and what was shown is taken back.
    let uri = server.uri("chart/values.yaml");
    server.tell(
        "textDocument/didClose",
        json!({"textDocument": {"uri": uri}}),
    );
    server.diagnostics("chart/values.yaml", <[_]>::is_empty);
    assert_eq!(server.end(), 0);
}

#[test]
fn a_changed_configuration_or_baseline_counts_at_once() {
    let workspace = Workspace::of("pod.yaml", pod(&["Team/App", "quay.io/team/App"]));
    let mut server = Server::begin(&workspace, None, json!({"offline": true}));
    server.open_file("pod.yaml");
    let both = ["6:11 invalid-reference", "8:11 invalid-reference"];
    assert_eq!(server.rules("pod.yaml", 1), both);
    let changed = |server: &mut Server, path: &str| {
        let uri = server.uri(path);
        let changes = json!({"changes": [{"uri": uri, "type": 2}]});
        server.tell("workspace/didChangeWatchedFiles", changes);
    };
    workspace.write(
        ".image-lint.yaml",
        "ignore:\n- {images: [Team/App], reason: old}\n",
    );
    changed(&mut server, ".image-lint.yaml");
    server.diagnostics("pod.yaml", |all| lines(all) == both[1..]);
    // What is wrong with a configuration is shown, and what held before holds still.
    workspace.write(".image-lint.yaml", "ignore: [{}]\n");
    changed(&mut server, ".image-lint.yaml");
    let shown = server.wait(|m| m["method"] == "window/showMessage");
    assert!(
        shown["params"]["message"]
            .as_str()
            .unwrap()
            .contains(".image-lint.yaml"),
        "{shown}"
    );
    let written = workspace
        .program(&["--offline", "--no-config", "--write-baseline", "known.json"])
        .run();
    assert_eq!(written.code, Some(0), "{}", written.said());
    workspace.write(".image-lint.yaml", "baseline: known.json\n");
    changed(&mut server, ".image-lint.yaml");
    server.diagnostics("pod.yaml", <[_]>::is_empty);
    // The baseline alone changes.
    workspace.write("known.json", r#"{"schema_version": 1, "findings": []}"#);
    changed(&mut server, "known.json");
    server.diagnostics("pod.yaml", |all| lines(all) == both);
    assert_eq!(server.end(), 0);
}

#[test]
fn each_folder_has_its_own_configuration_and_a_document_in_none_its_own() {
    let workspace = Workspace::new();
    for (folder, config) in [
        ("a", ""),
        ("b", "levels: {invalid-reference: warning}\n"),
        ("c", ""),
    ] {
        workspace
            .write(format!("{folder}/.image-lint.yaml"), config)
            .write(format!("{folder}/Dockerfile"), "FROM Team/App\n");
    }
    let mut server = Server::start(&workspace, None, &["--offline"]);
    let folder = |server: &Server, name: &str| json!({"uri": server.uri(name), "name": name});
    let (a, b) = (folder(&server, "a"), folder(&server, "b"));
    server.ask(
        "initialize",
        json!({"capabilities": {}, "workspaceFolders": [a]}),
    );
    server.tell("initialized", json!({}));
    for (path, severity) in [
        ("a/Dockerfile", 1),
        ("b/Dockerfile", 2),
        ("c/Dockerfile", 1),
    ] {
        server.open_file(path);
        let found = server.diagnostics(path, |all| !all.is_empty());
        assert_eq!(found[0]["severity"], severity, "{path}");
    }
    // The folder of an open document is added, and another one removed.
    let event = json!({"event": {"added": [b], "removed": [a]}});
    server.tell("workspace/didChangeWorkspaceFolders", event);
    for (path, severity) in [("b/Dockerfile", 2), ("a/Dockerfile", 1)] {
        let text = std::fs::read_to_string(workspace.root.join(path)).unwrap();
        server.change(path, 2, None, &format!("# {text}{text}"));
        let found = server.diagnostics(path, |all| lines(all) == ["1:5 invalid-reference"]);
        assert_eq!(found[0]["severity"], severity, "{path}");
    }
    assert_eq!(server.end(), 0);
}

#[test]
fn files_that_are_not_open_are_shown_where_the_client_wants_all() {
    let workspace = Workspace::of("a/Dockerfile", "FROM Team/App\n");
    workspace.write("b/Dockerfile", "FROM Team/App\n");
    let options = json!({"offline": true, "diagnostics": "workspace"});
    let mut server = Server::begin(&workspace, None, options);
    for path in ["a/Dockerfile", "b/Dockerfile"] {
        server.diagnostics(path, |all| lines(all) == ["0:5 invalid-reference"]);
    }
    // One is removed by somebody else, one is made.
    std::fs::remove_file(workspace.root.join("a/Dockerfile")).unwrap();
    workspace.write("c.Dockerfile", "FROM Team/App\n");
    let changes = json!([
        {"uri": server.uri("a/Dockerfile"), "type": 3},
        {"uri": server.uri("c.Dockerfile"), "type": 1},
    ]);
    server.tell(
        "workspace/didChangeWatchedFiles",
        json!({"changes": changes}),
    );
    server.diagnostics("a/Dockerfile", <[_]>::is_empty);
    server.diagnostics("c.Dockerfile", |all| all.len() == 1);
    assert_eq!(server.end(), 0);
}

#[test]
fn work_that_takes_time_is_shown() {
    let registry = Registry::start();
    registry.push_schema2("app", "1");
    let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:1")]));
    let mut server = Server::begin(&workspace, Some(&registry), json!({}));
    server.open_file("pod.yaml");
    for title in ["image-lint: reading files", "image-lint: asking registries"] {
        let begun = server.wait(|m| m["params"]["value"]["title"] == title);
        let token = begun["params"]["token"].clone();
        server.wait(|m| {
            m["method"] == "window/workDoneProgress/create" && m["params"]["token"] == token
        });
        server.wait(|m| m["params"]["token"] == token && m["params"]["value"]["kind"] == "end");
    }
    assert_eq!(server.end(), 0);
}
