//! An untrusted workspace asks no registry and uses no credentials.

use serde_json::json;

use crate::client::Server;
use crate::program::{Workspace, pod};
use crate::support::registry::Registry;

#[test]
fn a_workspace_that_is_not_trusted_asks_nobody_until_it_is() {
    let registry = Registry::start();
    registry.push_schema2("app", "1");
    let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:2"), "Team/App"]));
    // A credential helper that leaves a trace, and a hook of git: neither may run.
    let trace = workspace.beside("ran");
    let helper = workspace.beside("bin/docker-credential-trace");
    std::fs::create_dir_all(helper.parent().unwrap()).unwrap();
    std::fs::write(&helper, format!("#!/bin/sh\n: >{}\n", trace.display())).unwrap();
    let mut server = Server::begin(&workspace, Some(&registry), json!({"trust": "untrusted"}));
    server.open_file("pod.yaml");
    assert_eq!(server.rules("pod.yaml", 1), ["8:11 invalid-reference"]);
    server.save("pod.yaml");
    let hover = server.at("textDocument/hover", "pod.yaml", 6, 14);
    let text = hover["contents"]["value"].as_str().unwrap();
    assert!(text.contains("this workspace is not trusted"), "{text}");
    let items = server.at("textDocument/completion", "pod.yaml", 6, 40);
    assert_eq!(items["items"], json!([]));
    assert_eq!(registry.log().len(), 0, "{:?}", registry.lines());
    assert!(!trace.exists());
    // The user grants trust.
    server.tell(
        "workspace/didChangeConfiguration",
        json!({"settings": {"image-lint": {"trust": "trusted"}}}),
    );
    server.diagnostics("pod.yaml", |all| all.len() == 2);
    assert!(!registry.log().is_empty());
    // And takes it back: what registries said is forgotten.
    server.tell(
        "workspace/didChangeConfiguration",
        json!({"settings": {"image-lint": {"trust": "untrusted"}}}),
    );
    server.diagnostics("pod.yaml", |all| all.len() == 1);
    assert_eq!(server.end(), 0);
}

#[test]
fn settings_cannot_raise_the_trust_that_the_command_line_gives() {
    let registry = Registry::start();
    let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:2")]));
    let mut server = Server::start(&workspace, Some(&registry), &["--trust", "untrusted"]);
    server.initialize(json!({"trust": "trusted"}));
    server.open_file("pod.yaml");
    assert_eq!(server.rules("pod.yaml", 1), [""; 0]);
    assert_eq!(server.end(), 0);
    assert_eq!(registry.log().len(), 0);
}

#[test]
fn settings_that_are_wrong_grant_nothing() {
    let registry = Registry::start();
    let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:2")]));
    let mut server = Server::begin(&workspace, Some(&registry), json!({"trust": "untrusted"}));
    server.tell(
        "workspace/didChangeConfiguration",
        json!({"settings": {"trust": "yes"}}),
    );
    server.wait(|m| m["method"] == "window/showMessage" && m["params"]["type"] == 1);
    server.open_file("pod.yaml");
    assert_eq!(server.rules("pod.yaml", 1), [""; 0]);
    assert_eq!(server.end(), 0);
    assert_eq!(registry.log().len(), 0);
}
