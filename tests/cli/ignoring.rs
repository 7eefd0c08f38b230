//! `--ignore`, `--level` and ignore comments: what they silence, and what is said of one that is misspelt.

use crate::program::{Workspace, pod};
use crate::support::registry::Registry;

const RULE: &str = "invalid-reference";

#[test]
fn a_rule_is_ignored_or_given_a_level_on_the_command_line() {
    let workspace = Workspace::of("pod.yaml", pod(&["Bad/Name"]));
    workspace.write(".image-lint.yaml", "levels: {invalid-reference: note}\n");
    // (flags, exit code, findings with their level, how many are ignored)
    let rows: &[(&[&str], i32, &[&str], u64)] = &[
        (&[], 0, &["note"], 0),
        (&["--level", "invalid-reference=error"], 1, &["error"], 0),
        (
            &["--level", "invalid-reference=warning"],
            0,
            &["warning"],
            0,
        ),
        (&["--level", "invalid-reference=off"], 0, &[], 0),
        (&["--ignore", RULE], 0, &[], 1),
        (&["--ignore", RULE, "--no-ignores"], 0, &[], 1),
        // Not used, and not complained of: a flag is for many folders.
        (&["--ignore", "oci-build"], 0, &["note"], 0),
    ];
    for (flags, code, levels, ignored) in rows {
        let ran = workspace.offline().args(flags).run();
        let report = ran.json();
        let found: Vec<&str> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| finding["level"].as_str().unwrap())
            .collect();
        assert_eq!((ran.code, &*found), (Some(*code), *levels), "{flags:?}");
        let suppressed = &report["summary"]["suppressed"]["config"];
        assert_eq!(
            suppressed.as_u64().unwrap_or(0),
            *ignored,
            "{flags:?}: {}",
            ran.stdout
        );
        assert_eq!(ran.notes(), Vec::<String>::new(), "{flags:?}");
    }
    let shown = workspace
        .program(&[
            "config",
            "--show",
            "--level",
            "short-name=warning",
            "--ignore",
            RULE,
        ])
        .run();
    for line in ["levels.short-name", "# --level", "# --ignore"] {
        assert!(shown.stdout.contains(line), "{}", shown.stdout);
    }
}

#[test]
fn a_misspelt_rule_or_level_is_named_with_what_was_meant() {
    let workspace = Workspace::of("pod.yaml", pod(&["a:1"]));
    for (flags, expected) in [
        (
            ["--level", "invalid-refrence=off"],
            "did you mean `invalid-reference`?",
        ),
        (
            ["--level", "invalid-reference=loud"],
            "off, note, warning or error",
        ),
        (["--level", "invalid-reference"], "not RULE=LEVEL"),
        (["--ignore", "invalid-refrence"], "'invalid-reference'"),
    ] {
        let ran = workspace.offline().args(&flags).run();
        assert_eq!(ran.code, Some(2), "{flags:?}: {}", ran.said());
        assert!(ran.stderr.contains(expected), "{flags:?}: {}", ran.stderr);
    }
}

#[test]
fn a_comment_without_a_blank_or_colon_ignores_and_another_linters_word_is_named() {
    let named = "this comment ignores nothing: `disable=invalid-reference` is not `ignore`; write \
                 `# image-lint: ignore[RULE] reason`";
    // (comment, whether it silences, what is said of it)
    let rows: &[(&str, bool, Option<&str>)] = &[
        ("image-lint: ignore[invalid-reference] why", true, None),
        ("image-lint:ignore[invalid-reference]", true, None),
        ("image-lint ignore[invalid-reference]", true, None),
        ("image-lint: disable=invalid-reference", false, Some(named)),
        ("image-lint reads this file", false, None),
    ];
    for (comment, silences, said) in rows {
        for (path, text) in [
            ("pod.yaml", pod(&[&format!("Bad/Name # {comment}")])),
            ("Dockerfile", format!("# {comment}\nFROM Bad/Name\n")),
            (
                "run.sh",
                format!("#!/bin/sh\npodman run Bad/Name # {comment}\n"),
            ),
        ] {
            let ran = Workspace::of(path, text).offline().run();
            assert_eq!(
                ran.findings().is_empty(),
                *silences,
                "{path}, {comment}: {}",
                ran.stdout
            );
            let notes = ran.notes();
            let expected = said.map(|said| format!("{path}: {said}"));
            assert_eq!(notes, Vec::from_iter(expected), "{path}, {comment}");
        }
    }
}

#[test]
fn settings_are_shown_as_json_too() {
    let workspace = Workspace::of(".image-lint.yaml", "levels: {short-name: note}\n");
    let ran = workspace
        .program(&["config", "--show", "--format", "json"])
        .run();
    let rows = ran.json();
    let row = |key: &str| {
        let rows = rows.as_array().expect("a list").iter();
        rows.clone()
            .find(|row| row["key"] == key)
            .cloned()
            .unwrap_or_default()
    };
    assert_eq!(row("levels.short-name")["value"], "note");
    assert_eq!(row("levels.short-name")["from"], ".image-lint.yaml");
    assert_eq!(row("target")["from"], "default");
    let ran = workspace
        .program(&["config", "--show", "--format", "sarif"])
        .run();
    assert_eq!(ran.code, Some(2), "{}", ran.said());
}

#[test]
fn a_comment_at_any_line_that_a_build_finding_names_ignores_it() {
    const IGNORE: &str = "# image-lint: ignore[oci-build] converted by the mirror";
    // (files, why)
    let rows: &[(&[(&str, &str)], &str)] = &[
        (
            &[(
                "b.sh",
                "IGNORE\nbuildah bud -t x .\nbuildah push x r.io/x:1\n",
            )],
            "above the build of what is pushed",
        ),
        (
            &[(
                "b.sh",
                "buildah bud -t x . IGNORE\nbuildah push x r.io/x:1\n",
            )],
            "on the line of the build",
        ),
        (
            &[(
                "b.sh",
                "buildah bud -t x .\nIGNORE\nbuildah push x r.io/x:1\n",
            )],
            "above the push",
        ),
        (
            &[(
                "b.sh",
                "IGNORE\nbuildah bud -t x .\nbuildah push x r.io/x:1\nbuildah push x r.io/y:1\n",
            )],
            "one build of two pushes",
        ),
        (
            &[
                ("build.sh", "IGNORE\npodman build -t quay.io/a/b:1 .\n"),
                ("push.sh", "podman push quay.io/a/b:1\n"),
            ],
            "in another file",
        ),
        (
            &[(
                ".gitlab-ci.yml",
                "variables:\n  IGNORE\n  BUILDAH_FORMAT: oci\nb:\n  script:\n    - buildah bud -t r.io/x .\n",
            )],
            "above the variable that asks for OCI",
        ),
        (
            &[(
                "Makefile",
                "b:\n\tIGNORE\n\tpodman build -t x .\np: b\n\tpodman push x r.io/x\n",
            )],
            "in a Makefile",
        ),
    ];
    for (files, why) in rows {
        let workspace = Workspace::new();
        for (path, text) in *files {
            workspace.write(path, text.replace("IGNORE", IGNORE));
        }
        let ran = workspace.offline().run();
        assert_eq!(ran.code, Some(0), "{why}: {}", ran.stdout);
        assert_eq!(ran.findings().len(), 0, "{why}: {}", ran.stdout);
        let unused = ran
            .notes()
            .into_iter()
            .filter(|note| note.contains("ignores nothing"));
        assert_eq!(unused.count(), 0, "{why}: {}", ran.stdout);
        // Without the comment it is found, and a comment elsewhere is of no use.
        for (path, text) in *files {
            workspace.write(path, text.replace("IGNORE", "# nothing"));
        }
        assert_eq!(workspace.offline().run().code, Some(1), "{why}");
    }
}

#[test]
fn what_was_not_judged_in_a_run_may_need_its_ignores() {
    let registry = Registry::start();
    registry.push_schema2("app", "1");
    let workspace = Workspace::new();
    let gone = pod(&[&registry.name("app:gone")]);
    let fine = pod(&[&registry.name("app:1")]);
    workspace
        .write(
            ".image-lint.yaml",
            "ignore:\n- {rules: [tag-not-found], paths: ['app/**'], reason: later}\n- {rules: [tag-not-found], paths: ['none/**'], reason: never}\n",
        )
        .write("app/pod.yaml", gone)
        .write("b/pod.yaml", &fine)
        .write("b/c.yaml", format!("# image-lint: ignore[tag-not-found] once\n{fine}"));
    let said = |arguments: &[&str]| {
        let ran = workspace.lint(&registry).args(arguments).run();
        let notes = ran.json()["notes"].as_array().unwrap().clone();
        let texts = notes
            .iter()
            .map(|note| note["message"].as_str().unwrap_or_default().to_owned());
        texts
            .filter(|text| text.contains("ignores nothing"))
            .collect::<Vec<_>>()
    };
    let comment = "this comment ignores nothing: remove it";
    let whole = said(&["."]);
    assert!(
        whole.len() == 2 && whole.iter().any(|text| text == comment),
        "{whole:?}"
    );
    assert!(
        whole.iter().any(|text| text.contains("none/**")),
        "{whole:?}"
    );
    for (arguments, expected) in [
        (&["b"][..], vec![comment]),
        (&["b/c.yaml"], vec![comment]),
        (&["b/pod.yaml"], vec![]),
        (&["--exclude", "app/**", "."], vec![comment]),
    ] {
        assert_eq!(said(arguments), expected, "{arguments:?}");
    }
    // One image that could not be checked says nothing of other files.
    workspace.write("d/pod.yaml", pod(&["127.0.0.1:1/x/y:1"]));
    assert_eq!(said(&["."]), [comment]);
}
