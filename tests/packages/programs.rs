//! A program that tests or scripts start is in an install list, or CI says where it is started: a machine that has
//! everything hides what a bare one lacks.

use std::path::Path;
use std::process::{Command, Output};

use crate::project;

fn check(root: &Path) -> Output {
    Command::new(project().join("scripts/check-programs.py"))
        .arg(root)
        .output()
        .expect("python3 is needed: scripts/install-test-tools.sh")
}

#[test]
fn every_program_that_tests_and_scripts_start_is_in_an_install_list() {
    let ran = check(project());
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
}

#[test]
fn a_program_that_no_list_has_is_named_with_its_place() {
    // (file, text, what is named)
    let table: &[(&str, &str, &[&str])] = &[
        (
            "tests/a.rs",
            "fn a() {\n    Command::new(\"nvim\")\n        .arg(\"--headless\");\n}\n",
            &["tests/a.rs:2: `nvim`"],
        ),
        (
            "crates/b/src/c.rs",
            "tool(\n    \"helm\",\n);",
            &["crates/b/src/c.rs:1: `helm`"],
        ),
        (
            "benches/d.rs",
            "world.run(\"kubectl\", &[]); wrapped(&[\"prlimit\", \"--as=1\"], &[])",
            &["`kubectl`", "`prlimit`"],
        ),
        (
            "tests/e.rs",
            "tool(\"node_modules/.bin/actionlint\"); tool(\"venv/bin/pip\")",
            &["`node_modules/.bin/actionlint`", "`venv/bin/pip`"],
        ),
        (
            "scripts/f.sh",
            "a=1 jq . | yq\n(nerdctl ps) && ! crun || true; if ctr; then dockerd; fi\nx=$(oc whoami)\n",
            &["jq", "yq", "nerdctl", "crun", "ctr", "dockerd", "oc"],
        ),
        (
            "scripts/g.sh",
            "echo \"$(jq -r '.a; b' \"$file\") is; fine\" 'a; b' # c; d\n",
            &["g.sh:1: `jq`"],
        ),
        (
            "scripts/h.sh",
            "case $a in\n  x86 | arm) zig ;;\nesac\ncat <<E\nif rubbish\nE\nif command -v brew; then brew; fi\nf() { :; }\nf\nlist=(one two)\n",
            &["h.sh:2: `zig`"],
        ),
        (
            "scripts/i.sh",
            "cargo build \\\n    bans; git tag\n./own.sh; \"$tools/deny\"; $maybe pip3 list\n",
            &["i.sh:3: `pip3`"],
        ),
    ];
    for (file, text, named) in table {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("scripts/install-test-tools.sh", "needs='\ngit  git\n'\n");
        write(
            "scripts/install-hook-tools.sh",
            "\"$tools/venv/bin/pip\" install \"maturin==$V\"\n",
        );
        write(".ci/run", "cargo test\n");
        write(file, text);
        let ran = check(root.path());
        let said = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(1), "{file}: {said}");
        for name in *named {
            assert!(said.contains(name), "{file}: no {name} in\n{said}");
        }
        // The last line says what to do.
        assert_eq!(said.lines().count(), named.len() + 1, "{file}: {said}");
    }
}
