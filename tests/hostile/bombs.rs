//! Files that grow when they are read: they cost themselves only, and little of that.

use std::fmt::Write;

use crate::program::{Ran, Workspace, pod};

/// A file without the word is not parsed at all.
const HEAD: &str = "apiVersion: v1\nkind: Pod\n# image: a/b:1\n# containers:\n";

/// Each level names the one before nine times: 9^11 of the first.
fn doubled(first: &str, level: &str) -> String {
    let mut text = format!("a0: &a0 {first}\n");
    for n in 1..12 {
        let before = vec![format!("*a{}", n - 1); 9].join(", ");
        let _ = writeln!(text, "a{n}: &a{n} {}", level.replace('@', &format!("[{before}]")));
    }
    text
}

#[test]
fn what_an_alias_stands_for_is_not_multiplied() {
    let workspace = Workspace::of("good.yaml", pod(&["Bad/Name"]));
    let laughs = doubled("[{name: a, image: quay.io/a/b:1}]", "@");
    workspace.write("laughs.yaml", format!("{HEAD}{laughs}spec: {{containers: *a11}}\n"));
    let merges = doubled("{containers: [{name: a, image: quay.io/a/b:1}]}", "{<<: @}");
    workspace.write("merges.yaml", format!("{HEAD}{merges}spec:\n  <<: *a11\n"));
    workspace.write("self.yaml", format!("{HEAD}spec: &a\n  containers: *a\n"));
    workspace.write("own.yaml", format!("{HEAD}spec: &a\n  <<: *a\n  containers: [{{image: quay.io/a/b:1}}]\n"));
    let listed = workspace.program(&["list", "--format", "jsonl"]).run();
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    // Work is counted in what comes of it: a place in the file is a mention once, whatever leads there.
    let lines = listed.stdout.lines().count();
    assert!(lines < 50, "{lines} mentions of six: {}", listed.stdout);
    let ran = shell(&workspace, "ulimit -d 307200; exec \"$0\" \"$@\" --jobs 2");
    assert!(ran.findings().iter().any(|f| f.starts_with("good.yaml:7:12 invalid-reference")), "{}", ran.stdout);
}

#[test]
fn nesting_without_end_is_refused_at_its_file() {
    let workspace = Workspace::of("good.yaml", pod(&["Bad/Name"]));
    let deep = (0..2000).fold(String::new(), |text, n| text + &" ".repeat(n) + "a:\n");
    let files = [
        ("flow.yaml", format!("{HEAD}spec: {}\n", "[".repeat(1_000_000))),
        ("flow20k.yaml", format!("{HEAD}spec: {}\n", "[".repeat(20_000))),
        ("maps.yaml", format!("{HEAD}spec: {}\n", "{a: ".repeat(50_000))),
        ("keys.yaml", format!("{HEAD}spec:\n  {}a\n", "? ".repeat(20_000))),
        ("deep.yaml", format!("{HEAD}spec:\n{deep}")),
        (
            "x.json",
            format!(
                "{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"image\":\"a/b:1\",\"containers\":{}",
                "[".repeat(100_000)
            ),
        ),
    ];
    for (name, text) in &files {
        workspace.write(name, text);
    }
    let ran = workspace.offline().run();
    assert_eq!(ran.code, Some(1), "no stack ran over: {}", ran.stderr);
    let notes = ran.notes();
    for (name, _) in &files {
        let of: Vec<&String> = notes.iter().filter(|note| note.starts_with(&format!("{name}: "))).collect();
        assert_eq!(of.len(), 1, "{name}: {notes:#?}");
        assert!(!of[0].contains("failed inside"), "{}", of[0]);
    }
    assert_eq!(ran.findings().len(), 1, "the good file is judged: {:#?}", ran.findings());
}

#[test]
fn large_files_keep_the_run_below_three_hundred_megabytes() {
    let workspace = Workspace::of("good.yaml", pod(&["Bad/Name"]));
    workspace.write("large.yaml", format!("{HEAD}# {}\n", "x".repeat(100 << 20)));
    workspace.write("scalar.yaml", format!("{HEAD}a: {}\n", "x".repeat(32 << 20)));
    let keys = (0..300_000).fold(String::new(), |mut text, n| {
        let _ = writeln!(text, "k{n}: v");
        text
    });
    workspace.write("keys.yaml", format!("{HEAD}{keys}"));
    workspace.write("many.yaml", "---\napiVersion: v1\nkind: Pod\nspec: {containers: [{image: x}]}\n".repeat(50_000));
    let ran = shell(&workspace, "ulimit -d 307200; exec \"$0\" \"$@\" --jobs 2");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let notes = ran.notes();
    for (name, words) in
        [("large.yaml", "--max-file-size"), ("scalar.yaml", "--max-file-size"), ("many.yaml", "10000 documents")]
    {
        assert!(notes.iter().any(|n| n.starts_with(&format!("{name}: ")) && n.contains(words)), "{name}: {notes:#?}");
    }
    assert!(ran.findings().iter().any(|f| f.starts_with("good.yaml:7:12 invalid-reference")), "{}", ran.stderr);
}

fn shell(workspace: &Workspace, script: &str) -> Ran {
    workspace.wrapped(&["/bin/sh", "-c", script], &["--offline", "--format", "json"]).run()
}
