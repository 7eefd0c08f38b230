//! Reports in several formats at once, on stdout and in files.

use crate::program::{Workspace, pod};
use crate::support::registry::Registry;

#[test]
fn several_outputs_are_written_at_once_and_say_the_same() {
    let registry = Registry::start();
    registry.push_oci("app", "1");
    let image = registry.name("app:1");
    let workspace = Workspace::of("pod.yaml", pod(&[&image]));
    let formats = [
        "json", "jsonl", "sarif", "gitlab", "junit", "markdown", "html", "rdjsonl", "github",
        "human",
    ];
    let mut program = workspace.program(&[
        "--format",
        "human",
        "--no-cache",
        "--plain-http",
        &registry.host(),
    ]);
    for format in formats {
        program = program
            .arg("--output")
            .arg(format!("{format}=report.{format}"));
    }
    let ran = program.run();
    assert_eq!(ran.code, Some(1), "{}", ran.said());
    for format in formats {
        let text = workspace.read(&format!("report.{format}"));
        assert!(text.contains("unsupported-format"), "{format}: {text}");
    }
    for format in ["json", "sarif", "gitlab"] {
        let text = workspace.read(&format!("report.{format}"));
        serde_json::from_str::<serde_json::Value>(&text)
            .unwrap_or_else(|e| panic!("{format}: {e}"));
    }
    for format in ["jsonl", "rdjsonl"] {
        for line in workspace.read(&format!("report.{format}")).lines() {
            serde_json::from_str::<serde_json::Value>(line)
                .unwrap_or_else(|e| panic!("{format}: {e}: {line}"));
        }
    }
    let left: Vec<_> = std::fs::read_dir(&workspace.root)
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .filter(|n| n.to_string_lossy().starts_with(".image-lint-"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_folder_that_is_not_there_is_said_before_anything_is_asked() {
    let registry = Registry::start();
    let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:1")]));
    let ran = workspace
        .lint(&registry)
        .args(&["--output", "sarif=gone/x.sarif"])
        .run();
    assert_eq!(
        (ran.code, registry.log().len()),
        (Some(2), 0),
        "{}",
        ran.said()
    );
}

#[test]
fn list_names_every_mention_with_its_place_and_asks_nobody() {
    let registry = Registry::start();
    let workspace = Workspace::of(
        "pod.yaml",
        pod(&[&registry.name("app:1"), "quay.io/a/b", "Bad/Name"]),
    );
    let ran = workspace.program(&["list", "--format", "jsonl"]).run();
    assert_eq!(
        (ran.code, registry.log().len()),
        (Some(0), 0),
        "{}",
        ran.stderr
    );
    let rows: Vec<(u64, u64, String, String)> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|e| {
            let number = |f: &str| e[f].as_u64().unwrap();
            let text = |f: &str| e[f].as_str().unwrap_or("-").to_owned();
            (
                number("line"),
                number("column"),
                text("status"),
                text("reference"),
            )
        })
        .collect();
    let row =
        |line, status: &str, reference: &str| (line, 12, status.to_owned(), reference.to_owned());
    assert_eq!(
        rows,
        [
            row(7, "known", &registry.name("app:1")),
            row(9, "known", "quay.io/a/b:latest"),
            row(11, "invalid", "-")
        ]
    );
}
