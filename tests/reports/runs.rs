//! Runs of the program whose reports are read: findings of all kinds, text that wants to be something else, nothing.

use std::path::PathBuf;

use serde_json::Value;

use crate::program::{Workspace, pod};
use crate::support::demo;
use crate::support::registry::Registry;

/// What one run wrote.
pub struct Reports {
    pub name: &'static str,
    pub workspace: Workspace,
    /// The JSON report, to compare with.
    pub json: Value,
}

impl Reports {
    pub fn path(&self, format: &str) -> PathBuf {
        self.workspace.root.join(format!("report.{format}"))
    }

    pub fn read(&self, format: &str) -> String {
        self.workspace.read(&format!("report.{format}"))
    }

    pub fn findings(&self) -> &[Value] {
        self.json["findings"].as_array().unwrap()
    }

    pub fn of(
        name: &'static str,
        workspace: Workspace,
        arguments: &[&str],
        environment: &[(String, String)],
    ) -> Self {
        let mut program = workspace.program(&["--quiet"]).args(arguments);
        for format in ["sarif", "junit", "gitlab", "html", "json"] {
            program = program.arg(format!("--output={format}=report.{format}"));
        }
        for (name, value) in environment {
            program = program.env(name, value);
        }
        let ran = program.run();
        assert!(
            matches!(ran.code, Some(0 | 1 | 3)),
            "{name}: {:?} {}",
            ran.code,
            ran.said()
        );
        let json = serde_json::from_str(&workspace.read("report.json")).unwrap();
        Reports {
            name,
            workspace,
            json,
        }
    }
}

/// Every kind of run.
pub fn all() -> Vec<Reports> {
    vec![demo(), hostile(), clean(), nothing(), many()]
}

/// The demo's files: every verdict there is, related places and an edit.
pub fn demo() -> Reports {
    let registry = demo::registry();
    let workspace = Workspace::new();
    let files = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/demo");
    let arguments = demo::arguments(files);
    let arguments: Vec<&str> = arguments[1..].iter().map(String::as_str).collect();
    let environment: Vec<_> = demo::environment(&registry).into_iter().collect();
    Reports::of("demo", workspace, &arguments, &environment)
}

/// Names of files and images that would be markup, a command or an attachment if they were let.
pub fn hostile() -> Reports {
    let workspace = Workspace::new();
    for name in [
        "x\n::stop-commands::t\n.yaml",
        "a%0Ab,c:d e.yaml",
        "]]><b>&amp;.yaml",
        "ü#?.yaml",
        "e\u{1b}[2J.yaml",
    ] {
        workspace.write(
            name,
            pod(&[
                r#""x\n::error file=README.md::pwn""#,
                r#""]]><script>&#0;\uffff\ufffe\0\x1b[31m""#,
                r#""[[ATTACHMENT|/etc/passwd]]""#,
                r#""quay.io/Bad/näme:\u202e1""#,
            ]),
        );
    }
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::ffi::OsStrExt;
        let name = std::ffi::OsStr::from_bytes(b"latin1-\xe9.yaml");
        workspace.write(name, pod(&["quay.io/Bad:1"]));
    }
    Reports::of("hostile", workspace, &["--offline"], &[])
}

fn clean() -> Reports {
    let registry = Registry::start();
    registry.push_schema2("app", "1");
    let workspace = Workspace::of("deploy/pod.yaml", pod(&[&registry.name("app:1")]));
    Reports::of(
        "clean",
        workspace,
        &["--no-cache", "--plain-http", &registry.host()],
        &[],
    )
}

fn nothing() -> Reports {
    Reports::of(
        "nothing",
        Workspace::of("README.md", "no image is named here\n"),
        &[],
        &[],
    )
}

/// More than one page of anything.
fn many() -> Reports {
    let images: Vec<String> = (0..120)
        .map(|n| format!("quay.io/Bad/name{}:1", n % 60))
        .collect();
    let images: Vec<&str> = images.iter().map(String::as_str).collect();
    let workspace = Workspace::new();
    workspace
        .write("a.yaml", pod(&images))
        .write("deep/er/b.yaml", pod(&images));
    Reports::of("many", workspace, &["--offline"], &[])
}
