//! Code actions: each makes what it says, and nothing else.

use serde_json::{Value, json};

use crate::client::{Server, edited, lines};
use crate::program::{Workspace, pod};
use crate::support::registry::Registry;

/// The actions at a position, of these kinds only where some are given.
fn actions(
    server: &mut Server,
    path: &str,
    line: u32,
    character: u32,
    only: &[&str],
) -> Vec<Value> {
    let at = json!({"line": line, "character": character});
    let mut context = json!({"diagnostics": []});
    if !only.is_empty() {
        context["only"] = json!(only);
    }
    let params = json!({
        "textDocument": {"uri": server.uri(path)},
        "range": {"start": at, "end": at},
        "context": context,
    });
    let found = server.ask("textDocument/codeAction", params);
    found.as_array().expect("a list").clone()
}

fn titled<'a>(actions: &'a [Value], start: &str) -> &'a Value {
    let mut all = actions.iter();
    all.find(|a| {
        a["title"]
            .as_str()
            .is_some_and(|title| title.starts_with(start))
    })
    .unwrap_or_else(|| panic!("{start}: {actions:#?}"))
}

/// The text that an action's edits of one document make of it.
fn made(action: &Value, text: &str) -> String {
    edited(text, &action["edit"]["documentChanges"][0]["edits"])
}

#[test]
fn safe_fixes_are_made_one_by_one_or_all_at_once() {
    let text = "#!/bin/sh\nbuildah bud -t quay.io/team/a .\nbuildah push quay.io/team/a\npodman build -t quay.io/team/b .\npodman push quay.io/team/b\n";
    let workspace = Workspace::of("build.sh", text);
    let mut server = Server::begin(&workspace, None, json!({"offline": true}));
    server.open_file("build.sh");
    server.diagnostics("build.sh", |all| all.len() >= 2);
    let one = actions(&mut server, "build.sh", 1, 3, &["quickfix"]);
    let fix = titled(&one, "insert");
    assert_eq!(
        (&fix["kind"], &fix["isPreferred"]),
        (&json!("quickfix"), &json!(true))
    );
    assert_eq!(
        fix["edit"]["documentChanges"][0]["textDocument"]["version"],
        1
    );
    let mended = made(fix, text);
    assert_eq!(mended, text.replace("bud -t", "bud --format=docker -t"));
    let all = actions(&mut server, "build.sh", 0, 0, &["source.fixAll"]);
    let [fix] = all.as_slice() else {
        panic!("one action: {all:#?}")
    };
    assert_eq!(fix["kind"], "source.fixAll.image-lint");
    let mended = made(fix, text);
    assert_eq!(
        mended,
        text.replace("bud -t", "bud --format=docker -t")
            .replace("build -t", "build --format=docker -t")
    );
    server.change("build.sh", 2, None, &mended);
    assert_eq!(server.rules("build.sh", 2), [""; 0]);
    assert_eq!(
        actions(&mut server, "build.sh", 1, 3, &["source.fixAll.image-lint"]),
        [""; 0]
    );
    assert_eq!(server.end(), 0);
}

#[test]
fn a_tag_that_exists_is_written_and_a_digest_pinned() {
    let registry = Registry::start();
    for tag in ["1.4", "1.5", "1.6"] {
        registry.push_schema2("app", tag);
    }
    let digest = registry.push_schema2("app", "2.0");
    let text = pod(&[&registry.name("app:1.7"), &registry.name("app:2.0")]);
    let workspace = Workspace::of("pod.yaml", &text);
    let mut server = Server::begin(&workspace, Some(&registry), json!({}));
    server.open_file("pod.yaml");
    server.diagnostics("pod.yaml", |all| lines(all) == ["6:11 tag-not-found"]);
    let found = actions(&mut server, "pod.yaml", 6, 14, &[]);
    for (title, tag) in [
        ("write the nearest tag, `1.6`", "1.6"),
        ("write the tag `1.5`", "1.5"),
    ] {
        let fix = titled(&found, title);
        assert!(
            fix["title"].as_str().unwrap().ends_with("(unsafe)"),
            "{fix}"
        );
        assert_eq!(fix["isPreferred"], Value::Null);
        assert_eq!(
            made(fix, &text),
            text.replace("app:1.7", &format!("app:{tag}"))
        );
    }
    let found = actions(&mut server, "pod.yaml", 8, 14, &[]);
    let pin = titled(&found, "pin the digest sha256:");
    assert_eq!(
        made(pin, &text),
        text.replace("app:2.0", &format!("app:2.0@{digest}"))
    );
    assert_eq!(server.end(), 0);
}

#[test]
fn an_ignore_with_a_reason_silences_its_finding() {
    let rows = [
        ("pod.yaml", pod(&["Team/App"]), 6),
        ("Dockerfile", "FROM Team/App\nRUN x\n".to_owned(), 0),
        (
            "compose.yaml",
            "services:\n  a:\n    image: Team/App\n".to_owned(),
            2,
        ),
        (
            "build.sh",
            "#!/bin/sh\nbuildah from Team/App\n".to_owned(),
            1,
        ),
        (
            ".gitlab-ci.yml",
            "a:\n  image: Team/App\n  script: [x]\n".to_owned(),
            1,
        ),
    ];
    for (path, text, line) in rows {
        let workspace = Workspace::of(path, &text);
        let mut server = Server::begin(&workspace, None, json!({"offline": true}));
        server.open_file(path);
        let found = server.diagnostics(path, |all| !all.is_empty());
        assert_eq!(found[0]["code"], "invalid-reference", "{path}");
        let start = found[0]["range"]["start"]["character"].as_u64().unwrap() as u32;
        let found = actions(&mut server, path, line, start, &["quickfix"]);
        let ignore = titled(&found, "ignore `invalid-reference` here");
        let edited = made(ignore, &text);
        assert!(
            edited.contains("# image-lint: ignore[invalid-reference] TODO: say why"),
            "{edited}"
        );
        server.change(path, 2, None, &edited);
        assert_eq!(server.rules(path, 2), [""; 0], "{path}: {edited}");
        assert_eq!(server.end(), 0);
    }
}

#[test]
fn what_to_do_is_copied_by_the_client_or_shown() {
    let registry = Registry::start();
    registry.push_oci("app", "1");
    let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:1")]));
    let mut server = Server::begin(&workspace, Some(&registry), json!({}));
    server.open_file("pod.yaml");
    server.diagnostics("pod.yaml", |all| all.len() == 1);
    let found = actions(&mut server, "pod.yaml", 6, 14, &[]);
    let copy = titled(&found, "copy: skopeo copy");
    assert_eq!(copy["command"]["command"], "image-lint.copyRemedy");
    let arguments = copy["command"]["arguments"].clone();
    assert!(
        arguments[0].as_str().unwrap().starts_with("skopeo copy "),
        "{arguments}"
    );
    let params = json!({"command": "image-lint.copyRemedy", "arguments": arguments});
    server.ask("workspace/executeCommand", params);
    let shown = server.wait(|m| m["method"] == "window/showMessage");
    assert_eq!(shown["params"]["message"], arguments[0]);
    assert_eq!(server.end(), 0);
}
