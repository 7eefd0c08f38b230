//! Debian's Neovim, which nobody wrote for this test: opens, reads, edits, applies an action and completes a tag.

use std::process::{Command, Stdio};

use serde_json::json;

use crate::program::{Ran, Workspace, pod};
use crate::support::registry::Registry;

#[test]
fn neovim_shows_mends_and_completes() {
    let registry = Registry::start();
    for tag in ["1.5", "1.6"] {
        registry.push_schema2("app", tag);
    }
    let image = registry.name("app");
    let workspace = Workspace::of("pod.yaml", pod(&[&format!("{image}:1.7")]));
    workspace.write("Dockerfile", "ARG TAG=1.6\nFROM quay.io/team/app:${TAG}\n");
    let command = [
        env!("CARGO_BIN_EXE_image-lint"),
        "lsp",
        "--no-cache",
        "--plain-http",
        &registry.host(),
    ];
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lsp/neovim.lua");
    let started = Command::new("nvim")
        .args(["--headless", "-u", "NONE", "-i", "NONE", "-n"])
        .args(["-c", &format!("luafile {script}")])
        .current_dir(&workspace.root)
        .env_clear()
        .env("HOME", &workspace.home)
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env(
            "LSP_TEST",
            json!({"command": command, "image": image}).to_string(),
        )
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let ran = Ran::wait(started.expect("nvim is needed: run scripts/install-test-tools.sh"));
    let said: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(
        said,
        [
            "opened 6:11 tag-not-found",
            &format!(
                "message the repository `{image}` has no tag `1.7`: the node answers `manifest for {image}:1.7 not found`"
            ),
            &format!("hover `{image}:1.7` · run"),
            "action write the nearest tag, `1.6` (unsafe)",
            &format!("edited     image: {image}:1.6"),
            "completion 1.6, 1.5",
            &format!("completed     image: {image}:1.6"),
            "definition ARG TAG=1.6",
            "stopped in order",
        ],
        "{}",
        ran.said()
    );
}
