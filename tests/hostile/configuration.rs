//! The linted tree's own configuration, which a stranger may have written.

use std::os::unix::fs::symlink;

use crate::program::{Ran, Workspace, pod};
use crate::support::registry::Registry;

/// A tree with one bad name and this configuration.
fn with(text: impl AsRef<[u8]>) -> Workspace {
    let workspace = Workspace::of(".image-lint.yaml", text);
    workspace.write("pod.yaml", pod(&["Bad/Name"]));
    workspace
}

fn refused(ran: &Ran, words: &str) {
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (Some(2), ""),
        "{words}: {}",
        ran.said()
    );
    assert!(
        ran.stderr
            .starts_with(&format!("image-lint: .image-lint.yaml{words}")),
        "{words}: {}",
        ran.stderr
    );
    assert!(
        ran.stderr.len() < 1000,
        "{words}: {} bytes",
        ran.stderr.len()
    );
}

#[test]
fn a_configuration_that_leads_out_of_the_tree_is_not_quoted() {
    let workspace = Workspace::of("pod.yaml", pod(&["quay.io/a/b:1"]));
    let secret = workspace.beside("secret");
    std::fs::write(&secret, "canary: 1\n").unwrap();
    symlink(&secret, workspace.root.join(".image-lint.yaml")).unwrap();
    let ran = workspace.offline().run();
    assert_eq!(ran.code, Some(2));
    assert!(
        ran.stderr.contains("symlink") && !ran.said().contains("canary"),
        "{}",
        ran.said()
    );
}

#[test]
fn the_trees_configuration_cannot_reach_beyond_it() {
    let stranger = "does not count in a repository's own configuration: a stranger's pull request could set it";
    for (key, value) in [
        ("hosts", "{quay.io: {plain-http: true}}"),
        ("insecure", "[quay.io]"),
        ("insecure-registries", "[quay.io]"),
        ("plain-http", "[quay.io]"),
        ("ca", "[/etc/passwd]"),
        ("auth-file", "/etc/passwd"),
        ("pull-secrets", "[x]"),
        ("output", "{json: /tmp/x}"),
        ("cache", "/tmp/x"),
    ] {
        refused(
            &with(format!("target: openshift-4\n{key}: {value}\n"))
                .offline()
                .run(),
            &format!(":2:1: `{key}` {stranger}"),
        );
    }
    for key in ["authfile", "command", "proxy", "tls-verify"] {
        refused(
            &with(format!("{key}: touch pwned\n")).offline().run(),
            &format!(":1:1: unknown key `{key}`"),
        );
    }
    refused(
        &with("ignore: ['*']\n").offline().run(),
        ":1:10: entry 1 of `ignore` takes an entry with keys of its own",
    );
    refused(
        &with("ignore:\n- reason: quiet\n").offline().run(),
        ":1:1: an entry of `ignore` that would silence everything",
    );
}

#[test]
fn what_the_trees_configuration_silences_is_counted() {
    let workspace = with("ignore:\n- {paths: ['*'], reason: quiet}\n");
    let ran = workspace.offline().run();
    assert_eq!(
        (ran.code, ran.findings()),
        (Some(0), Vec::new()),
        "{}",
        ran.stdout
    );
    assert_eq!(
        ran.json()["summary"]["suppressed"]["config"],
        1,
        "{}",
        ran.said()
    );
    let human = workspace.program(&["--offline", "--format", "human"]).run();
    assert!(
        human
            .stdout
            .contains("1 finding suppressed: 1 by the configuration"),
        "{}",
        human.stdout
    );
    let without = workspace.offline().arg("--no-config").run();
    assert_eq!(
        without.findings(),
        ["pod.yaml:7:12 invalid-reference Bad/Name"]
    );
}

#[test]
fn a_configuration_without_measure_is_refused_at_its_limit() {
    let large = "a configuration of more than 256 KiB is not read";
    for (text, words) in [
        (
            format!("# {}\n", "x".repeat(10_000_000)),
            format!(": {large}"),
        ),
        (
            format!("# {}\n", "x".repeat(257 * 1024)),
            format!(": {large}"),
        ),
        (
            format!("exclude: [{}]\n", "'**/x*y*z*',".repeat(100_000)),
            format!(": {large}"),
        ),
        (
            format!(
                "target: openshift-4\nexclude: [{}]\n",
                "'**/x*y*z*',".repeat(1_001)
            ),
            ":2:12: `**/x*y*z*`: 1001 patterns are more than the 1000 that are allowed".to_owned(),
        ),
        (
            format!(
                "target: openshift-4\nexclude:\n- '{}'\n",
                "{a,b}".repeat(1000)
            ),
            format!(
                ":3:4: `{}…`: a pattern of more than 300 characters",
                "{a,b}".repeat(12)
            ),
        ),
        (
            format!(
                "ignore:\n- {{images: ['{}'], reason: x}}\n",
                "{a,b}".repeat(1000)
            ),
            format!(
                ":2:14: `{}…`: a pattern of more than 300 characters",
                "{a,b}".repeat(12)
            ),
        ),
        (
            format!("target: x\ntargets: {}\n", "[".repeat(100_000)),
            ":2:110: brackets more than 100 deep".to_owned(),
        ),
    ] {
        let (ran, took) = with(text).measured(&["--offline", "--format", "json"]);
        refused(&ran, &words);
        assert!(took.as_secs() < 2, "{words}: {took:?}");
    }
    // The largest pattern of all, and one for a folder that is as bad as its letters allow: matched in linear time.
    let deep = "a/".repeat(100);
    let workspace = with(format!(
        "exclude: ['{}', '{}']\n",
        "{a,b}".repeat(60),
        "**/a*".repeat(60)
    ));
    for n in 0..200 {
        workspace.write(format!("{deep}{n}{}.yaml", "a".repeat(200)), "a: 1\n");
    }
    let (ran, took) = workspace.measured(&["--offline", "--format", "json"]);
    assert_eq!(
        ran.findings(),
        ["pod.yaml:7:12 invalid-reference Bad/Name"],
        "{}",
        ran.stderr
    );
    assert!(took.as_secs() < 10, "{took:?}");
}

#[test]
fn a_regular_expression_is_a_pattern_of_letters() {
    let registry = Registry::start();
    let workspace = Workspace::of(
        ".image-lint.yaml",
        "exclude: ['(a+)+$']\nignore:\n- {images: ['^(a+)+$'], reason: a regular expression}\n",
    );
    for name in ["(a+)+$", "aaaa"] {
        workspace.write(format!("{name}/pod.yaml"), pod(&["Bad/Name"]));
    }
    let ran = workspace.lint(&registry).run();
    assert_eq!(
        ran.findings(),
        ["aaaa/pod.yaml:7:12 invalid-reference Bad/Name"],
        "{}",
        ran.stdout
    );
    // What it silences in vain is said.
    let notes = ran.notes();
    assert!(
        notes.len() == 1 && notes[0].contains("^(a+)+$"),
        "{notes:#?}"
    );
}
