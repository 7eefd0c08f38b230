//! Messages that are none, come out of order, or are huge: answered, passed over, and what follows is served.

use serde_json::{Value, json};

use crate::client::Server;
use crate::program::Workspace;

fn workspace() -> Workspace {
    Workspace::of("Dockerfile", "FROM Team/App\n")
}

/// The server still does its work.
fn works(server: &mut Server) {
    server.open_file("Dockerfile");
    assert_eq!(server.rules("Dockerfile", 1), ["0:5 invalid-reference"]);
}

#[test]
fn what_comes_before_the_beginning_and_after_the_end_is_refused() {
    let workspace = workspace();
    let mut server = Server::start(&workspace, None, &["--offline"]);
    let id = server.request("textDocument/hover", json!({}));
    assert_eq!(server.response(id)["error"]["code"], -32002);
    // Dropped: nothing is open before the beginning.
    server.open("Dockerfile", "FROM a\n");
    server.initialize(json!({}));
    let id = server.request("initialize", json!({"capabilities": {}}));
    assert_eq!(server.response(id)["error"]["code"], -32600);
    works(&mut server);
    server.ask("shutdown", Value::Null);
    let id = server.request("textDocument/hover", json!({}));
    assert_eq!(server.response(id)["error"]["code"], -32600);
    server.tell("exit", Value::Null);
    assert_eq!(server.exit_code(), 0);
}

#[test]
fn an_end_without_a_shutdown_is_an_error() {
    let workspace = workspace();
    let mut server = Server::start(&workspace, None, &["--offline"]);
    server.initialize(json!({}));
    server.tell("exit", Value::Null);
    assert_eq!(server.exit_code(), 1);
    // The client is gone without a word.
    let server = Server::start(&workspace, None, &["--offline"]);
    assert_eq!(server.exit_code(), 1);
}

#[test]
fn nonsense_is_answered_and_what_follows_is_served() {
    let workspace = workspace();
    let mut server = Server::start(&workspace, None, &["--offline"]);
    server.initialize(json!({}));
    let framed = |text: &str| format!("Content-Length: {}\r\n\r\n{text}", text.len());
    let rows = [
        (framed("{\"jsonrpc\""), -32700, "half a message"),
        (framed("[]"), -32600, "a list"),
        (
            framed("{\"jsonrpc\": \"2.0\"}"),
            -32600,
            "neither request nor response",
        ),
        (
            framed(&"[".repeat(2_000_000)),
            -32700,
            "nesting without end",
        ),
        ("Content-Type: x\r\n\r\n".to_owned(), -32700, "no length"),
    ];
    for (bytes, code, why) in rows {
        server.raw(bytes.as_bytes());
        let answer = server.wait(|m| m["id"].is_null() && m.get("error").is_some());
        assert_eq!(answer["error"]["code"], code, "{why}");
    }
    let requests = [
        ("image-lint/none", json!({}), -32601, "no such method"),
        (
            "textDocument/hover",
            json!({"textDocument": 1}),
            -32602,
            "parameters of another kind",
        ),
        (
            "textDocument/hover",
            json!([[[]]]),
            -32602,
            "a list of parameters",
        ),
        (
            "workspace/executeCommand",
            json!({"command": "rm"}),
            -32602,
            "no such command",
        ),
    ];
    for (method, params, code, why) in requests {
        let id = server.request(method, params);
        assert_eq!(server.response(id)["error"]["code"], code, "{why}");
    }
    let notifications = [
        ("textDocument/didChange", json!({"x": 1})),
        ("textDocument/didOpen", json!(null)),
        (
            "textDocument/didClose",
            json!({"textDocument": {"uri": "file:///none"}}),
        ),
        (
            "textDocument/didSave",
            json!({"textDocument": {"uri": "untitled:1"}}),
        ),
        ("$/cancelRequest", json!({"id": 99})),
        ("$/unknown", json!({})),
        ("none", json!({})),
    ];
    for (method, params) in notifications {
        server.tell(method, params);
    }
    server.change("Dockerfile", 2, None, "never opened");
    server.send(json!({"jsonrpc": "2.0", "id": 4711, "result": "to no question"}));
    works(&mut server);
    assert_eq!(server.end(), 0);
}

#[test]
fn a_message_or_document_beyond_the_limits_costs_its_own_service_alone() {
    let workspace = workspace();
    let mut server = Server::start(&workspace, None, &["--offline"]);
    server.initialize(json!({}));
    let length = 64 * 1024 * 1024 + 1;
    server.raw(format!("Content-Length: {length}\r\n\r\n").as_bytes());
    let piece = vec![b' '; 1024 * 1024];
    for _ in 0..64 {
        server.raw(&piece);
    }
    server.raw(b" ");
    let answer = server.wait(|m| m["id"].is_null() && m.get("error").is_some());
    assert_eq!(answer["error"]["code"], -32700);
    // A document above the limit of files is not read, one above that of documents not kept.
    server.open("large.yaml", &"# x\n".repeat(1_500_000));
    assert_eq!(server.rules("large.yaml", 1), [""; 0]);
    server.open("huge.yaml", &"# x\n".repeat(5_000_000));
    server.wait(|m| {
        m["params"]["message"]
            .as_str()
            .is_some_and(|text| text.contains("16 MiB"))
    });
    assert_eq!(
        server.at("textDocument/hover", "huge.yaml", 0, 0),
        Value::Null
    );
    works(&mut server);
    assert_eq!(server.end(), 0);
}

#[test]
fn positions_and_versions_that_cannot_be_are_borne() {
    let workspace = workspace();
    let mut server = Server::start(&workspace, None, &["--offline"]);
    server.initialize(json!({}));
    works(&mut server);
    let far = u32::MAX >> 1;
    server.change("Dockerfile", 2, Some([far, far, far, far]), "# end\n");
    server.change("Dockerfile", 3, Some([0, 9, 0, 5]), "Name");
    assert_eq!(server.rules("Dockerfile", 3), ["0:5 invalid-reference"]);
    for method in ["textDocument/hover", "textDocument/definition"] {
        assert_eq!(
            server.at(method, "Dockerfile", far, far),
            Value::Null,
            "{method}"
        );
    }
    server.at("textDocument/completion", "Dockerfile", far, far);
    assert_eq!(server.end(), 0);
}
