//! Completion: what is offered, and what is asked for it.

use serde_json::{Value, json};

use crate::client::Server;
use crate::program::{Workspace, pod};
use crate::support::registry::Registry;

/// Opens a text whose cursor is at `|`, and gives what is offered there.
fn offered(server: &mut Server, path: &str, text: &str) -> Vec<Value> {
    let at = text.find('|').expect("a cursor");
    let line = text[..at].matches('\n').count();
    let character = at - text[..at].rfind('\n').map_or(0, |n| n + 1);
    server.open(path, &text.replace('|', ""));
    let found = server.at(
        "textDocument/completion",
        path,
        line as u32,
        character as u32,
    );
    let uri = server.uri(path);
    server.tell(
        "textDocument/didClose",
        json!({"textDocument": {"uri": uri}}),
    );
    found["items"].as_array().cloned().unwrap_or_default()
}

fn labels(items: &[Value]) -> Vec<&str> {
    items
        .iter()
        .map(|item| item["label"].as_str().unwrap())
        .collect()
}

#[test]
fn tags_are_offered_in_the_order_of_their_versions_with_formats_of_the_first_ten() {
    let registry = Registry::start();
    let mut expected = Vec::new();
    for minor in (0..14).rev() {
        let tag = format!("1.{minor}");
        match minor % 2 {
            0 => registry.push_oci("app", &tag),
            _ => registry.push_schema2("app", &tag),
        };
        expected.push(tag);
    }
    registry.push_schema2("app", "latest");
    expected.push("latest".to_owned());
    let workspace = Workspace::of("other.yaml", pod(&["quay.io/team/x:1"]));
    let mut server = Server::begin(&workspace, Some(&registry), json!({}));
    let text = pod(&[&format!("{}:1.|", registry.name("app"))]);
    let items = offered(&mut server, "pod.yaml", &text);
    assert_eq!(labels(&items), expected);
    let sorted: Vec<&str> = items
        .iter()
        .map(|i| i["sortText"].as_str().unwrap())
        .collect();
    assert!(sorted.is_sorted(), "{sorted:?}");
    let formats = items
        .iter()
        .filter(|i| i["labelDetails"]["description"].is_string());
    assert_eq!(formats.count(), 10);
    assert_eq!(items[0]["labelDetails"]["description"], "docker schema 2");
    // What was typed of the tag is replaced.
    let start = 11 + registry.name("app:").len();
    let range = &items[0]["textEdit"]["range"];
    assert_eq!(
        (&range["start"]["character"], &range["end"]["character"]),
        (&json!(start), &json!(start + 2))
    );
    assert_eq!(registry.count("GET", "/v2/app/tags/list"), 1);
    let heads = registry
        .lines()
        .iter()
        .filter(|line| line.starts_with("HEAD"))
        .count();
    assert_eq!(heads, 10, "{:?}", registry.lines());
    assert_eq!(server.end(), 0);
}

#[test]
fn tags_are_offered_in_every_kind_of_source() {
    let registry = Registry::start();
    registry.push_schema2("app", "7");
    let app = registry.name("app");
    let workspace = Workspace::of("x", "");
    let mut server = Server::begin(&workspace, Some(&registry), json!({}));
    let rows = [
        ("Dockerfile", format!("FROM {app}:|\nRUN x\n")),
        (
            "compose.yaml",
            format!("services:\n  a:\n    image: \"{app}:|\"\n"),
        ),
        (
            ".gitlab-ci.yml",
            format!("a:\n  image: {app}:|\n  script: [x]\n"),
        ),
        ("up.sh", format!("#!/bin/sh\npodman pull {app}:|\n")),
        (
            "kustomization.yaml",
            format!("images:\n- name: a\n  newName: {app}\n  newTag: |\n"),
        ),
        (
            "chart/values.yaml",
            format!("image:\n  repository: {app}\n  tag: |\n"),
        ),
        ("web.container", format!("[Container]\nImage={app}:|\n")),
        (
            ".github/workflows/a.yaml",
            format!("jobs:\n  a:\n    container: {app}:|\n    steps: []\n"),
        ),
    ];
    for (path, text) in rows {
        let items = offered(&mut server, path, &text);
        assert_eq!(labels(&items), ["7"], "{path}");
    }
    assert_eq!(server.end(), 0);
}

#[test]
fn the_digest_is_offered_after_the_at_sign() {
    let registry = Registry::start();
    let digest = registry.push_schema2("app", "1");
    let workspace = Workspace::of("x", "");
    let mut server = Server::begin(&workspace, Some(&registry), json!({}));
    for typed in ["app:1@|", "app:1@sha256:|"] {
        let text = format!("FROM {}\n", registry.name(typed));
        let items = offered(&mut server, "Dockerfile", &text);
        assert_eq!(labels(&items), [digest.as_str()], "{typed}");
    }
    assert_eq!(server.end(), 0);
}

#[test]
fn repositories_of_the_workspace_are_offered_and_nobody_is_asked_for_what_is_no_image_yet() {
    let registry = Registry::start();
    let workspace = Workspace::of(
        "a.yaml",
        pod(&[
            "quay.io/team/web:1",
            "quay.io/team/web:2",
            "redis:7",
            "quay.io/team/db:1",
        ]),
    );
    let mut server = Server::begin(&workspace, Some(&registry), json!({}));
    let rows: [(String, &[&str], &str); 6] = [
        (
            pod(&["|"]),
            &["quay.io/team/web", "quay.io/team/db", "redis"],
            "nothing yet: the most used first",
        ),
        (
            pod(&["quay|"]),
            &["quay.io/team/web", "quay.io/team/db", "redis"],
            "the client filters",
        ),
        (
            pod(&[&format!("{}|", registry.host())]),
            &[],
            "a host with a port, which is no tag",
        ),
        (
            pod(&["registry.example.com:50|"]),
            &[],
            "a port that is being typed",
        ),
        (pod(&["Team/App:|"]), &[], "no image name"),
        ("kind: Pod\nmetadata: {name: re|}\n".into(), &[], "no image"),
    ];
    for (text, expected, why) in rows {
        let items = offered(&mut server, "pod.yaml", &text);
        assert_eq!(labels(&items), expected, "{why}");
    }
    assert_eq!(registry.log().len(), 0, "{:?}", registry.lines());
    assert_eq!(server.end(), 0);
}
