//! Files that grow when they are read: they cost themselves only, and little of that.

use std::fmt::Write;
use std::time::Duration;

use crate::program::{Ran, Workspace, pod};

/// A file without the word is not parsed at all.
const HEAD: &str = "apiVersion: v1\nkind: Pod\n# image: a/b:1\n# containers:\n";

/// Each level names the one before nine times: 9^11 of the first.
fn doubled(first: &str, level: &str) -> String {
    let mut text = format!("a0: &a0 {first}\n");
    for n in 1..12 {
        let before = vec![format!("*a{}", n - 1); 9].join(", ");
        let _ = writeln!(
            text,
            "a{n}: &a{n} {}",
            level.replace('@', &format!("[{before}]"))
        );
    }
    text
}

/// Processor time for one bomb: as much as is bearable in front of a terminal, the start of an unoptimised program with it.
const BEARABLE: Duration = Duration::from_millis(200);

/// What a run over one file says besides what it says of any other: notes and findings with their places.
fn alone(name: &str, text: &str) -> (Vec<String>, Duration) {
    let workspace = Workspace::of(name, text);
    let (ran, took) = workspace.measured(&["--offline", "--format", "json", "--jobs", "1"]);
    assert_eq!(ran.code, Some(0), "{name}: {}", ran.said());
    let report = ran.json();
    let entries = report["notes"]
        .as_array()
        .unwrap()
        .iter()
        .chain(report["findings"].as_array().unwrap());
    let placed = entries
        .filter(|entry| entry["path"].is_string())
        .map(|entry| {
            let message = entry["message"].as_str().unwrap();
            if entry["line"].is_null() {
                message.to_owned()
            } else {
                format!("{}:{} {message}", entry["line"], entry["column"])
            }
        });
    (placed.collect(), took)
}

#[test]
fn what_an_alias_stands_for_is_not_multiplied() {
    let laughs = doubled("[{name: a, image: quay.io/a/b:1}]", "@");
    let merges = doubled("{containers: [{name: a, image: quay.io/a/b:1}]}", "{<<: @}");
    let cut =
        "7:45 what aliases and merge keys stand for here is too much, and was not read to its end";
    let files = [
        (
            "laughs.yaml",
            format!("{HEAD}{laughs}spec: {{containers: *a11}}\n"),
            vec![],
        ),
        (
            "merges.yaml",
            format!("{HEAD}{merges}spec:\n  <<: *a11\n"),
            vec![cut],
        ),
        (
            "self.yaml",
            format!("{HEAD}spec: &a\n  containers: *a\n"),
            vec![],
        ),
        (
            "own.yaml",
            format!("{HEAD}spec: &a\n  <<: *a\n  containers: [{{image: quay.io/a/b:1}}]\n"),
            vec![],
        ),
    ];
    let workspace = Workspace::of("good.yaml", pod(&["Bad/Name"]));
    for (name, text, expected) in &files {
        let (said, took) = alone(name, text);
        assert_eq!(said, *expected, "{name}");
        assert!(took < BEARABLE, "{name}: {took:?}");
        workspace.write(name, text);
    }
    let listed = workspace.program(&["list", "--format", "text"]).run();
    assert_eq!(listed.code, Some(0), "{}", listed.stderr);
    // A place in the file is a mention once, whatever leads there.
    let places: Vec<&str> = listed
        .stdout
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(
        places,
        ["good.yaml:7:12", "own.yaml:7:24"],
        "{}",
        listed.stdout
    );
    let ran = shell(&workspace, "ulimit -d 307200; exec \"$0\" \"$@\" --jobs 2");
    assert_eq!(
        ran.findings(),
        ["good.yaml:7:12 invalid-reference Bad/Name"],
        "{}",
        ran.stderr
    );
}

#[test]
fn merge_keys_are_followed_sixteen_deep_and_for_a_thousand_pairs() {
    let chain = |length: usize| {
        let links = (1..length).fold(String::new(), |text, n| {
            text + &format!("a{n}: &a{n} {{<<: *a{}}}\n", n - 1)
        });
        let first = "a0: &a0 {containers: [{name: a, image: Bad/Name}]}\n";
        format!("{HEAD}{first}{links}spec:\n  <<: *a{}\n", length - 1)
    };
    let wide = |pairs: usize| {
        let pairs = (1..pairs).fold(String::new(), |text, n| text + &format!("k{n}: 1, "));
        format!("{HEAD}a: &a {{{pairs}image: Bad/Name}}\nspec: {{containers: [{{<<: *a}}]}}\n")
    };
    let cut = "what aliases and merge keys stand for here is too much";
    for (what, text, whole) in [
        ("a chain of sixteen", chain(16), true),
        ("a chain of seventeen", chain(17), false),
        ("a thousand pairs", wide(1000), true),
        ("a thousand pairs and one", wide(1001), false),
    ] {
        let ran = Workspace::of("a.yaml", &text).offline().run();
        assert_eq!(
            ran.findings().len(),
            usize::from(whole),
            "{what}: {}",
            ran.stdout
        );
        assert_eq!(
            ran.notes().iter().filter(|n| n.contains(cut)).count(),
            usize::from(!whole),
            "{what}: {}",
            ran.stdout
        );
    }
}

#[test]
fn nesting_without_end_is_refused_at_its_file() {
    let workspace = Workspace::of("good.yaml", pod(&["Bad/Name"]));
    let deep = (0..2000).fold(String::new(), |text, n| text + &" ".repeat(n) + "a:\n");
    let json = "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"image\":\"a/b:1\",\"containers\":";
    let files = [
        (
            "flow.yaml",
            format!("{HEAD}spec: {}\n", "[".repeat(1_000_000)),
            "5:135 this document is not YAML: recursion limit exceeded",
        ),
        (
            "flow20k.yaml",
            format!("{HEAD}spec: {}\n", "[".repeat(20_000)),
            "5:135 this document is not YAML: recursion limit exceeded",
        ),
        (
            "maps.yaml",
            format!("{HEAD}spec: {}\n", "{a: ".repeat(50_000)),
            "5:515 this document is not YAML: nested too deeply",
        ),
        (
            "keys.yaml",
            format!("{HEAD}spec:\n  {}a\n", "? ".repeat(20_000)),
            "6:257 this document is not YAML: recursion limit exceeded",
        ),
        (
            "deep.yaml",
            format!("{HEAD}spec:\n{deep}"),
            "134:129 this document is not YAML: recursion limit exceeded",
        ),
        (
            "x.json",
            format!("{json}{}", "[".repeat(100_000)),
            "1:189 this document is not YAML: recursion limit exceeded",
        ),
    ];
    for (name, text, expected) in &files {
        let (said, took) = alone(name, text);
        assert_eq!(said, [*expected], "{name}");
        assert!(took < 5 * BEARABLE, "{name}: {took:?}");
        workspace.write(name, text);
    }
    let ran = workspace.offline().run();
    assert_eq!(
        (ran.code, ran.notes().len()),
        (Some(1), files.len()),
        "no stack ran over: {}",
        ran.said()
    );
    assert_eq!(
        ran.findings(),
        ["good.yaml:7:12 invalid-reference Bad/Name"],
        "the good file is judged"
    );
}

#[test]
fn large_files_keep_the_run_below_three_hundred_megabytes() {
    let workspace = Workspace::of("good.yaml", pod(&["Bad/Name"]));
    workspace.write("large.yaml", format!("{HEAD}# {}\n", "x".repeat(100 << 20)));
    workspace.write(
        "scalar.yaml",
        format!("{HEAD}a: {}\n", "x".repeat(32 << 20)),
    );
    workspace.write(
        "scalar3.yaml",
        format!(
            "{HEAD}a: {}\nspec: {{containers: [{{image: Bad/B}}]}}\n",
            "x".repeat(3 << 20)
        ),
    );
    let keys = (0..300_000).fold(String::new(), |mut text, n| {
        let _ = writeln!(text, "k{n}: v");
        text
    });
    workspace.write(
        "keys.yaml",
        format!("{HEAD}{keys}spec: {{containers: [{{image: Bad/C}}]}}\n"),
    );
    workspace.write(
        "many.yaml",
        "---\napiVersion: v1\nkind: Pod\nspec: {containers: [{image: x}]}\n".repeat(50_000),
    );
    workspace.write(
        "nodes.yaml",
        format!("{HEAD}a: [{}1]\n", "1,".repeat(1_100_000)),
    );
    let ran = shell(&workspace, "ulimit -d 307200; exec \"$0\" \"$@\" --jobs 2");
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let limit = "bytes are more than the limit of 4194304; raise it with --max-file-size";
    let mut notes: Vec<String> = ran
        .notes()
        .into_iter()
        .filter(|n| !n.contains("--offline"))
        .collect();
    notes.sort();
    assert_eq!(
        notes,
        [
            format!(
                "large.yaml: not read: {} {limit}",
                (100 << 20) + HEAD.len() + 3
            ),
            "many.yaml: this document is not YAML: more than 10000 documents in one file: split it"
                .to_owned(),
            "nodes.yaml: this document is not YAML: too many values in one document".to_owned(),
            format!(
                "scalar.yaml: not read: {} {limit}",
                (32 << 20) + HEAD.len() + 4
            ),
        ]
    );
    let notes = &ran.json()["notes"];
    let many = notes
        .as_array()
        .unwrap()
        .iter()
        .find(|n| n["path"] == "many.yaml")
        .unwrap();
    assert_eq!(
        (&many["line"], &many["column"]),
        (&40_001.into(), &1.into()),
        "the first that is not read"
    );
    assert_eq!(
        ran.findings(),
        [
            "good.yaml:7:12 invalid-reference Bad/Name",
            "keys.yaml:300005:29 invalid-reference Bad/C",
            "scalar3.yaml:6:29 invalid-reference Bad/B",
        ],
        "what is below the limits is read to its end"
    );
}

/// A Dockerfile of a length.
type Text<'t> = &'t dyn Fn(usize) -> String;

#[test]
fn dockerfiles_that_grow_cost_by_their_size() {
    let chain = |length: usize| {
        let links = (0..length).fold(String::from("ARG A0=x\n"), |text, n| {
            text + &format!("ARG A{}=$A{n}\n", n + 1)
        });
        format!("{links}FROM $A{length}\n")
    };
    let rows: [(&str, Text<'_>, usize, String); 5] = [
        ("a chain of ARG", &chain, 100_000, "100002:6 not checked: `A99872` has no value in this repository".into()),
        (
            "ARG of itself",
            &|n| format!("{}FROM $A\n", "ARG A=$A$A\n".repeat(n)),
            100_000,
            "1:1 not read to its end: it expands to more text than a file of its size may".into(),
        ),
        (
            "heredocs",
            &|n| format!("FROM x\n{}", "RUN <<A\n".repeat(n)),
            100_000,
            "2:1 the heredoc `A` has no end; what follows was read as instructions (and 99999 more)".into(),
        ),
        (
            "one line",
            &|n| format!("FROM $A\nRUN {}\n", "a ".repeat(n)),
            2_000_000,
            "1:6 not checked: `A` has no value in this repository".into(),
        ),
        (
            "one name",
            &|n| format!("FROM {}\n", "$A".repeat(n)),
            1_000_000,
            "1:6 not checked: `A` has no value in this repository".into(),
        ),
    ];
    for (what, text, length, expected) in rows {
        let (_, quarter) = alone("Dockerfile", &text(length / 4));
        let (said, whole) = alone("Dockerfile", &text(length));
        assert_eq!(said, [expected], "{what}");
        // Four times the work and some slack; its square would be sixteen times.
        assert!(
            whole < 8 * quarter + BEARABLE,
            "{what}: {quarter:?}, then {whole:?}"
        );
    }
    // A million of them, and a line of ten megabytes, are beyond the size of a file.
    for text in [
        chain(1_000_000),
        format!("FROM x\nRUN {}\n", "a ".repeat(5_000_000)),
    ] {
        let (said, took) = alone("Dockerfile", &text);
        let limit = "bytes are more than the limit of 4194304; raise it with --max-file-size";
        assert_eq!(said, [format!("not read: {} {limit}", text.len())]);
        assert!(took < BEARABLE, "{took:?}");
    }
}

#[test]
fn scripts_that_grow_are_read_to_their_limits() {
    let doubling = format!("#!/bin/sh\nx=a\n{}podman run $x\n", "x=$x$x\n".repeat(64));
    let items = "a ".repeat(60);
    let loops = format!(
        "#!/bin/sh\nf() {{ for x in {items}; do for y in {items}; do for z in {items}; do podman tag c/d $x$y$z; done; done; done; }}\nf\npodman run Bad/Name\n"
    );
    let deep = format!(
        "#!/bin/sh\npodman run {}x{}\n",
        "$(".repeat(5000),
        ")".repeat(5000)
    );
    for (name, text, expected) in [
        ("doubling.sh", &doubling, vec![]),
        (
            "deep.sh",
            &deep,
            vec!["2:72 the shell would not read this: nested too deeply".to_owned()],
        ),
        (
            "loops.sh",
            &loops,
            vec![
                "1:1 not read to its end: it asks for more work than a file of its size may cost"
                    .to_owned(),
            ],
        ),
    ] {
        let (said, took) = alone(name, text);
        assert_eq!(said, expected, "{name}");
        assert!(took < 10 * BEARABLE, "{name}: {took:?}");
    }
    // A value beyond 4 KiB is no name that could be asked for.
    let workspace = Workspace::of("doubling.sh", doubling);
    let listed = workspace.program(&["list", "--format", "jsonl"]).run();
    let mention: serde_json::Value = serde_json::from_str(&listed.stdout).expect("one mention");
    assert_eq!(
        (&mention["line"], &mention["status"]),
        (&67.into(), &"open".into()),
        "{mention}"
    );
    assert!(listed.stdout.len() < 1000, "{}", listed.stdout);
}

fn shell(workspace: &Workspace, script: &str) -> Ran {
    workspace
        .wrapped(
            &["/bin/sh", "-c", script],
            &["--offline", "--format", "json"],
        )
        .run()
}
