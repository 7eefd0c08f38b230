//! The author of a pull request, who controls every byte and every file name of the tree.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::FORMATS;
use crate::program::{Ran, Workspace, pod};

/// Whether a line of the output would be obeyed by GitHub's runner (actions/runner, `ActionCommand.cs`).
fn commands(text: &str) -> Vec<&str> {
    text.split(['\n', '\r']).filter(|line| line.trim_start().starts_with("::") || line.contains("##[")).collect()
}

#[test]
fn no_text_of_the_tree_becomes_a_workflow_command() {
    let workspace = Workspace::of(
        "pod.yaml",
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: \"x\\n::error file=README.md::pwn\"\n\
         ::stop-commands::abc\n  - image: Bad/A # ##[stop-commands]abc\n  - image: Bad/B # ##[add-matcher]./evil.json\n",
    );
    // The middle line is no YAML; a second file keeps what must be found.
    workspace.write(
        "b.yaml",
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: \"x\\n::error file=README.md::pwn\"\n  \
         # ##[add-mask]e\n  - image: Bad/A # ##[stop-commands]abc\n  # ::set-output name=a::b\n  - image: Bad/B\n",
    );
    let long = format!("{}::warning::{}/A", "a".repeat(40), "b".repeat(150));
    workspace.write("long.yaml", pod(&[&long]));
    workspace.write("x\n::stop-commands::t\n.yaml", pod(&["Bad/C"]));
    workspace.write("y\r::stop-commands::t\r.yaml", pod(&["Bad/D"]));
    workspace.write("a%0Ab,c:d.yaml", pod(&["Bad/E"]));
    for format in FORMATS {
        let ran = workspace
            .program(&["--offline", "--format", format, "-v"])
            .env("GITHUB_ACTIONS", "true")
            .env("COLUMNS", "60")
            .run();
        assert_eq!(ran.code, Some(1), "{format}: {}", ran.stderr);
        let own = |line: &&str| {
            format == "github"
                && ["::error file=", "::warning file=", "::notice file=", "::notice title=", "::warning title="]
                    .iter()
                    .any(|begin| line.starts_with(begin))
        };
        let said = ran.said();
        let foreign: Vec<&str> = commands(&said).into_iter().filter(|line| !own(line)).collect();
        assert!(foreign.is_empty(), "{format}: {foreign:#?}");
        if format == "github" {
            let of =
                |file: &str| ran.stdout.lines().filter(|l| l.starts_with(&format!("::error file={file},"))).count();
            assert_eq!(of("a%250Ab%2Cc%3Ad.yaml"), 1, "{}", ran.stdout);
            assert_eq!(of("x%0A%3A%3Astop-commands%3A%3At%0A.yaml"), 1, "{}", ran.stdout);
        }
    }
}

#[test]
fn no_control_character_of_the_tree_reaches_an_output() {
    let evil = "\u{1b}[2J\u{1b}]52;c;eA==\u{7}\u{1b}]8;;http://x\u{1b}\\\u{9b}2J\u{202e}\u{200b}\u{7f}";
    let workspace = Workspace::new();
    workspace.write("Dockerfile", format!("FROM quay.io/{evil}/a:1 # {evil}\n"));
    workspace.write("run.sh", format!("#!/bin/sh\n# {evil}\npodman run 'Bad{evil}'\n"));
    workspace.write("pod.yaml", pod(&["\"nginх\\e[2J\\a\"", "nginх"]));
    workspace.write(format!("{evil}.yaml").replace('/', "_"), pod(&["Bad/Name"]));
    workspace.write(Path::new(OsStr::from_bytes(b"latin-\xe9-\x9b2J.yaml")), pod(&["Bad/Name"]));
    for format in FORMATS {
        let ran = workspace.program(&["--offline", "--format", format, "-v", "--color", "never"]).run();
        assert_eq!(ran.code, Some(1), "{format}: {}", ran.stderr);
        let raw =
            |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}');
        assert_eq!(ran.said().chars().find(|c| raw(*c)), None, "{format}: {:?}", ran.said());
    }
    let ran = workspace.offline().run();
    let report = ran.json();
    let exact = report["findings"].as_array().unwrap().iter().filter_map(|f| f["path_base64"].as_str()).count();
    assert_eq!(exact, 1, "the path that is not UTF-8 has its bytes beside it: {}", ran.stdout);
}

#[test]
fn markup_of_the_tree_stays_text() {
    let workspace = Workspace::of(
        "pod.yaml",
        pod(&[
            "'Bad]]><script>alert(1)</script>&#0;'",
            "'Bad[[ATTACHMENT|/etc/passwd]]'",
            "'Bad`|<img src=x>@org/team#123'",
        ]),
    );
    let junit = workspace.program(&["--offline", "--format", "junit"]).run();
    assert!(!junit.stdout.contains("<script>") && !junit.stdout.contains("]]>"), "{}", junit.stdout);
    // Jenkins and GitLab obey it in `system-out` and `system-err`.
    for stream in ["<system-out", "<system-err"] {
        let rest = junit.stdout.split(stream).skip(1);
        assert!(rest.into_iter().all(|text| !text.split("</system-").next().unwrap_or("").contains("[[ATTACHMENT")));
    }
    let markdown = workspace.program(&["--offline", "--format", "markdown"]).run();
    assert!(!markdown.stdout.contains("<script>"), "{}", markdown.stdout);
    for line in markdown.stdout.lines() {
        // Outside code spans nothing of it may stand.
        let outside: String = line.split('`').step_by(2).collect();
        assert!(!outside.contains("<img") && !outside.contains("@org/team"), "{line}");
    }
}

#[test]
fn bombs_of_yaml_cost_themselves_only() {
    let mut laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..12 {
        laughs.push_str(&format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(", ")));
    }
    let mut merges = "a0: &a0 {k: v}\n".to_owned();
    for n in 1..12 {
        merges.push_str(&format!("a{n}: &a{n}\n  <<: [{}]\n", vec![format!("*a{}", n - 1); 9].join(", ")));
    }
    let head = "apiVersion: v1\nkind: Pod\n";
    let workspace = Workspace::of("good.yaml", pod(&["Bad/Name"]));
    workspace.write("laughs.yaml", format!("{head}{laughs}spec: *a11\n"));
    workspace.write("merges.yaml", format!("{head}{merges}spec:\n  <<: *a11\n"));
    workspace.write("self.yaml", format!("{head}spec: &a\n  containers: *a\n"));
    workspace.write("flow.yaml", format!("{head}spec: {}\n", "[".repeat(200_000)));
    workspace.write("maps.yaml", format!("{head}spec: {}\n", "{a: ".repeat(50_000)));
    workspace.write("keys.yaml", format!("{head}spec:\n  {}a\n", "? ".repeat(20_000)));
    let deep: String = (0..1200).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
    workspace.write("deep.yaml", format!("{head}spec:\n{deep}"));
    workspace.write("many.yaml", "---\na: 1\n".repeat(50_000));
    let wide: String = (0..100_000).map(|n| format!("k{n}: v\n")).collect();
    workspace.write("wide.yaml", format!("{head}{wide}"));
    workspace.write("scalar.yaml", format!("{head}a: {}\n", "x".repeat(3_000_000)));
    workspace.write("x.json", format!("{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"a\":{}", "[".repeat(100_000)));
    workspace.write(
        "Dockerfile",
        format!(
            "{}FROM $A20\n",
            (0..20)
                .fold("ARG A0=xx\n".to_owned(), |text, n| { format!("{text}ARG A{}=$A{n}$A{n}$A{n}$A{n}\n", n + 1) })
        ),
    );
    workspace.write("b.Dockerfile", format!("ARG A=$A$A\n{}FROM $A\n", "ARG A=$A$A\n".repeat(5000)));
    workspace.write("c.Dockerfile", format!("FROM x\nRUN {}\n", "a ".repeat(1_000_000)));
    workspace.write("d.sh", format!("#!/bin/sh\nx=a\n{}podman run $x\n", "x=$x$x\n".repeat(64)));
    workspace.write("e.sh", format!("#!/bin/sh\npodman run {}x{}\n", "$(".repeat(5000), ")".repeat(5000)));
    let start = Instant::now();
    let ran = workspace.offline().run();
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(
        ran.findings().contains(&"good.yaml:7:12 invalid-reference -".to_owned())
            || ran.findings().iter().any(|f| f.starts_with("good.yaml:7:12 invalid-reference")),
        "{}",
        ran.stdout
    );
    assert!(!ran.notes().iter().any(|n| n.contains("failed inside")), "{:#?}", ran.notes());
    // An unoptimised build on a busy machine: the bound is against growth without end, not a measurement.
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

#[test]
fn symlinks_and_special_files_are_not_followed() {
    let workspace = Workspace::of("real.yaml", pod(&["Bad/Name"]));
    let outside = workspace.beside("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("secret.yaml"), pod(&["Bad/Secret"])).unwrap();
    let at = |name: &str| workspace.root.join(name);
    symlink(outside.join("secret.yaml"), at("out.yaml")).unwrap();
    symlink(&outside, at("out")).unwrap();
    symlink("..", at("up")).unwrap();
    symlink(".", at("loop")).unwrap();
    symlink("self.yaml", at("self.yaml")).unwrap();
    symlink("/dev/zero", at("zero.yaml")).unwrap();
    symlink("/proc/self/mem", at("memory.yaml")).unwrap();
    assert!(Command::new("mkfifo").arg(at("pipe.yaml")).status().unwrap().success());
    std::os::unix::net::UnixListener::bind(at("socket.yaml")).unwrap();
    let ran = workspace.offline().run();
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert!(!ran.said().contains("Secret"), "{}", ran.said());
    assert_eq!(ran.findings().len(), 1, "{}", ran.stdout);
    for name in ["pipe.yaml", "zero.yaml", "socket.yaml"] {
        let ran = workspace.offline().arg(name).run();
        assert!(matches!(ran.code, Some(0 | 2)), "{name}: {}", ran.said());
    }
}

#[test]
fn a_configuration_that_leads_out_of_the_tree_is_not_quoted() {
    let workspace = Workspace::of("pod.yaml", pod(&["quay.io/a/b:1"]));
    let secret = workspace.beside("secret");
    std::fs::write(&secret, "canary: 1\n").unwrap();
    symlink(&secret, workspace.root.join(".image-lint.yaml")).unwrap();
    let ran = workspace.offline().run();
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("symlink") && !ran.said().contains("canary"), "{}", ran.said());
}

#[test]
fn the_trees_configuration_cannot_reach_beyond_it() {
    for text in [
        "hosts: {quay.io: {plain-http: true}}",
        "plain-http: [quay.io]",
        "ca: [/etc/passwd]",
        "authfile: /etc/passwd",
        "output: {json: /tmp/x}",
        "pull-secrets: [x]",
        "command: touch pwned",
        "proxy: http://evil",
    ] {
        let workspace = Workspace::of(".image-lint.yaml", format!("{text}\n"));
        workspace.write("pod.yaml", pod(&["quay.io/a/b:1"]));
        let ran = workspace.offline().run();
        assert_eq!(ran.code, Some(2), "{text}: {}", ran.said());
    }
    let workspace = Workspace::of(".image-lint.yaml", "ignore:\n- {paths: ['**'], reason: quiet}\n");
    workspace.write("pod.yaml", pod(&["Bad/Name"]));
    let ran = workspace.offline().run();
    assert_eq!(ran.json()["summary"]["suppressed"]["config"], 1, "{}", ran.said());
    for text in [
        format!("exclude: ['{}']\n", "{a,b}".repeat(1000)),
        format!("exclude: [{}]\n", "'**/x*y*z*',".repeat(100_000)),
        format!("# {}\n", "x".repeat(10_000_000)),
    ] {
        let workspace = Workspace::of(".image-lint.yaml", text);
        let start = Instant::now();
        let ran = workspace.offline().run();
        assert!(matches!(ran.code, Some(0 | 2)), "{}", ran.said());
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    }
}

#[test]
fn names_of_files_are_names_and_nothing_else() {
    let workspace = Workspace::new();
    let names = ["x;touch pwned;", "$(touch pwned)", "`touch pwned`", "-rf", "--config=evil.yaml"];
    for name in names {
        workspace.write(format!("{name}/pod.yaml"), pod(&["Bad/Name"]));
    }
    let ran: Ran = workspace.offline().run();
    assert_eq!(ran.findings().len(), names.len(), "{}", ran.stdout);
    assert!(!workspace.root.join("pwned").exists());
}

#[test]
fn commands_are_printed_only_for_references_that_are_well_formed() {
    let workspace = Workspace::of("pod.yaml", pod(&["a'$(id)", "\"a'`id`\"", "'quay.io/a;id'"]));
    let ran = workspace.offline().run();
    let report = ran.json();
    let help: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|f| f["help"].as_array().unwrap())
        .filter_map(|h| h.as_str())
        .filter(|h| h.starts_with("$ "))
        .collect();
    assert!(help.is_empty(), "{help:?}");
}

#[test]
fn a_deep_and_wide_tree_is_walked() {
    let workspace = Workspace::new();
    let mut deep = String::new();
    for _ in 0..120 {
        deep.push_str("abcdefghij/");
    }
    workspace.write(format!("{deep}pod.yaml"), pod(&["Bad/Name"]));
    workspace.write(format!("{}pod.yaml", "d/".repeat(1500)), pod(&["Bad/Name"]));
    for n in 0..20_000 {
        workspace.write(format!("wide/{n}.txt"), "");
    }
    let ran = workspace.offline().run();
    assert_eq!(ran.findings().len(), 1, "{}", ran.stderr);
    // What lies too deep is not read, which is said once.
    let notes = ran.notes();
    let too_deep: Vec<&String> = notes.iter().filter(|note| note.contains("nested deeper than 256")).collect();
    assert_eq!(too_deep.len(), 1, "{notes:#?}");
}
