//! The author of a pull request, who controls every byte and every file name of the tree.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use quick_xml::XmlVersion;
use quick_xml::events::Event;

use crate::FORMATS;
use crate::program::{Ran, Workspace, pod};

/// Whether a line of the output would be obeyed by GitHub's runner (actions/runner, `ActionCommand.cs`).
fn commands(text: &str) -> Vec<&str> {
    text.split(['\n', '\r'])
        .filter(|line| line.trim_start().starts_with("::") || line.contains("##["))
        .collect()
}

/// What an annotation's property decodes to (actions/toolkit `command.ts`).
fn decoded(property: &str) -> String {
    let text = property
        .replace("%0D", "\r")
        .replace("%0A", "\n")
        .replace("%3A", ":")
        .replace("%2C", ",");
    text.replace("%25", "%")
}

#[test]
fn no_text_of_the_tree_becomes_a_workflow_command() {
    let workspace = Workspace::of(
        "broken.yaml",
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: \"x\\n::error file=README.md::pwn\"\n\
         ::stop-commands::abc\n  - image: Bad/A # ##[stop-commands]abc\n",
    );
    workspace.write(
        "comments.yaml",
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: \"x\\n::error file=README.md::pwn\"\n  \
         # ##[add-mask]e\n  - image: Bad/A # ##[stop-commands]abc\n  # ::set-output name=a::b\n  \
         - image: Bad/B # ##[add-matcher]./evil.json\n",
    );
    let long = format!("{}::warning::{}/A", "a".repeat(40), "b".repeat(150));
    workspace.write("long.yaml", pod(&[&long]));
    let names = [
        "a%0Ab,c:d.yaml",
        "x\n::stop-commands::t\n.yaml",
        "y\r::stop-commands::t\r.yaml",
    ];
    for (name, image) in names.iter().zip(["Bad/C", "Bad/D", "Bad/E"]) {
        workspace.write(name, pod(&[image]));
    }
    let expected: [(&str, u32, u32); 8] = [
        (names[0], 7, 12),
        ("broken.yaml", 5, 13),
        ("comments.yaml", 5, 13),
        ("comments.yaml", 7, 12),
        ("comments.yaml", 9, 12),
        ("long.yaml", 7, 12),
        (names[1], 7, 12),
        (names[2], 7, 12),
    ];
    for format in FORMATS {
        let ran = workspace
            .program(&["--offline", "--format", format, "-v"])
            .env("GITHUB_ACTIONS", "true")
            .env("COLUMNS", "60")
            .run();
        assert_eq!(ran.code, Some(1), "{format}: {}", ran.stderr);
        let own = |line: &&str| {
            format == "github"
                && ["::error file=", "::warning file="]
                    .iter()
                    .any(|begin| line.starts_with(begin))
        };
        let said = ran.said();
        let foreign: Vec<&str> = commands(&said)
            .into_iter()
            .filter(|line| !own(line))
            .collect();
        assert!(foreign.is_empty(), "{format}: {foreign:#?}");
        match format {
            "json" => {
                let report = ran.json();
                let places: Vec<_> = report["findings"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(place)
                    .collect();
                assert_eq!(places, expected, "{}", ran.stdout);
                assert_eq!(
                    ran.notes(),
                    ["broken.yaml: this document is not YAML: simple key expected ':'"]
                );
                let of = |n: usize| report["findings"][n]["message"].as_str().unwrap();
                assert_eq!(
                    of(2),
                    r"`x\u{a}::error file=README.md::pwn` is not a valid image name: the image name contains a line break"
                );
            }
            "github" => {
                let errors: Vec<_> = ran
                    .stdout
                    .lines()
                    .filter_map(|line| line.strip_prefix("::error "))
                    .collect();
                let files = errors.iter().map(|line| {
                    let file = line
                        .strip_prefix("file=")
                        .and_then(|rest| rest.split(',').next());
                    decoded(file.expect("a file"))
                });
                assert!(
                    files.eq(expected.map(|(file, ..)| file)),
                    "one annotation for each: {}",
                    ran.stdout
                );
            }
            "human" => {
                // The marks that the runner obeys are broken in sight, and what stands behind them is still told.
                let at = |words: &str| {
                    ran.stdout
                        .find(words)
                        .unwrap_or_else(|| panic!("{words}: {}", ran.stdout))
                };
                for mark in [
                    r"##\[add-mask]e",
                    r"##\[stop-commands]abc",
                    r"##\[add-matcher]./evil.json",
                ] {
                    assert!(at(mark) < at("long.yaml:7:12"), "{mark}");
                }
                assert!(at(r"##\[stop-commands]abc") < at("comments.yaml:9:12"));
                let rows: Vec<&str> = ran
                    .stdout
                    .lines()
                    .filter(|line| line.contains("::warning::"))
                    .collect();
                assert!(
                    !rows.is_empty() && rows.iter().all(|row| row.contains("aaaa::warning::b")),
                    "{rows:#?}"
                );
            }
            _ => {}
        }
    }
}

fn place(finding: &serde_json::Value) -> (&str, u32, u32) {
    assert_eq!(finding["rule"], "invalid-reference", "{finding}");
    let number = |field: &str| {
        finding[field]
            .as_u64()
            .and_then(|n| n.try_into().ok())
            .expect("a number")
    };
    (
        finding["path"].as_str().expect("a path"),
        number("line"),
        number("column"),
    )
}

#[test]
fn no_control_character_of_the_tree_reaches_an_output() {
    let evil =
        "\u{1b}[2J\u{1b}]52;c;eA==\u{7}\u{1b}]8;;http://x\u{1b}\\\u{9b}2J\u{202e}\u{200b}\u{7f}";
    let workspace = Workspace::new();
    workspace.write("Dockerfile", format!("FROM quay.io/{evil}/a:1 # {evil}\n"));
    workspace.write(
        "run.sh",
        format!("#!/bin/sh\n# {evil}\npodman run 'Bad{evil}'\n"),
    );
    workspace.write("pod.yaml", pod(&["\"nginх\\e[2J\\a\"", "nginх"]));
    workspace.write(format!("{evil}.yaml").replace('/', "_"), pod(&["Bad/Name"]));
    workspace.write(
        Path::new(OsStr::from_bytes(b"latin-\xe9-\x9b2J.yaml")),
        pod(&["Bad/Name"]),
    );
    for format in FORMATS {
        let ran = workspace
            .program(&["--offline", "--format", format, "-v", "--color", "never"])
            .run();
        assert_eq!(ran.code, Some(1), "{format}: {}", ran.stderr);
        let raw = |c: char| {
            (c.is_control() && c != '\n')
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        };
        assert_eq!(
            ran.said().chars().find(|c| raw(*c)),
            None,
            "{format}: {:?}",
            ran.said()
        );
        // SARIF names a file by a URI, in which each byte is kept.
        let latin = if format == "sarif" {
            "latin-%E9-%9B2J.yaml"
        } else {
            "latin-\u{fffd}-\u{fffd}2J.yaml"
        };
        for shown in [
            "u{1b}", "u{7}", "u{9b}", "u{202e}", "u{200b}", "u{7f}", latin,
        ] {
            assert!(
                ran.stdout.contains(shown),
                "{format}: {shown} is seen: {}",
                ran.stdout
            );
        }
    }
    let ran = workspace.offline().run();
    let report = ran.json();
    let findings = report["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 6, "{}", ran.stdout);
    let not_utf8: Vec<_> = findings
        .iter()
        .filter(|f| f["path_base64"].is_string())
        .collect();
    assert_eq!(not_utf8.len(), 1, "{}", ran.stdout);
    assert_eq!(not_utf8[0]["path"], "latin-\u{fffd}-\u{fffd}2J.yaml");
    let bytes = STANDARD
        .decode(not_utf8[0]["path_base64"].as_str().unwrap())
        .unwrap();
    assert_eq!(
        bytes, b"latin-\xe9-\x9b2J.yaml",
        "the path that is not UTF-8 has its bytes beside it"
    );
    let alike = findings
        .iter()
        .find(|f| f["line"] == 9)
        .expect("the name that looks like nginx");
    assert_eq!(
        alike["message"],
        "`nginх` is not a valid image name: `х` (U+0445) is not an ASCII character"
    );
    assert_eq!(
        alike["help"][0],
        "it may look like a letter of the Latin alphabet; type the name anew"
    );
}

#[test]
fn markup_of_the_tree_stays_text() {
    let workspace = Workspace::of(
        "pod.yaml",
        pod(&[
            "\"Bad]]><script>alert(1)</script>&#0;\\uFFFF\"",
            "'Bad[[ATTACHMENT|/etc/passwd]]'",
            "'Bad`|<img src=x>@org/team#123'",
            // What stands in angle brackets is taken for a placeholder, and the name for one that nobody knows yet.
            "\"Bad]]>&#0;\\uFFFF\"",
            "'Bad`|@org/team#123'",
        ]),
    );
    let junit = workspace.program(&["--offline", "--format", "junit"]).run();
    assert_eq!(junit.code, Some(1), "{}", junit.stderr);
    let mut messages = Vec::new();
    let mut reader = quick_xml::Reader::from_str(&junit.stdout);
    loop {
        match reader
            .read_event()
            .unwrap_or_else(|error| panic!("no XML: {error}: {}", junit.stdout))
        {
            Event::Eof => break,
            Event::Start(tag) if matches!(tag.name().as_ref(), b"failure" | b"skipped") => {
                for attribute in tag.attributes() {
                    let attribute = attribute.expect("an attribute");
                    if attribute.key.as_ref() == b"message" {
                        messages.push(
                            attribute
                                .normalized_value(XmlVersion::Implicit1_0)
                                .expect("entities that exist")
                                .into_owned(),
                        );
                    }
                }
            }
            Event::Start(tag) => assert_ne!(tag.name().as_ref(), b"script"),
            Event::Text(text) => assert!(text.xml10_content().is_ok(), "{}", junit.stdout),
            _ => {}
        }
    }
    messages.sort();
    let begins = [
        r"`Bad[[ATTACHMENT|/etc/passwd]]` is not a valid image name",
        r"`Bad]]>&#0;\u{ffff}` is not a valid image name",
        "`Bad`|@org/team#123` is not a valid image name",
        "not checked: `img src=x` has no value",
        "not checked: `script`, `/script` have no value",
    ];
    assert!(
        messages.len() == 5 && messages.iter().zip(begins).all(|(m, b)| m.starts_with(b)),
        "{messages:#?}"
    );
    // XML 1.0 has no U+FFFF (2.2, "Characters").
    assert!(
        !junit.stdout.contains(['\u{fffe}', '\u{ffff}', '\0'])
            && junit.stdout.contains(r"\u{ffff}")
    );
    assert!(
        !junit.stdout.contains("<script>") && !junit.stdout.contains("]]>"),
        "{}",
        junit.stdout
    );
    // Jenkins and GitLab obey it in `system-out` and `system-err`.
    assert!(!junit.stdout.contains("<system-"), "{}", junit.stdout);
    let markdown = workspace
        .program(&["--offline", "--format", "markdown"])
        .run();
    assert_eq!(markdown.code, Some(1), "{}", markdown.stderr);
    for bracket in ["<script>", "<img src=x>"] {
        assert!(
            markdown
                .stdout
                .lines()
                .all(|line| !outside_code(line).contains(bracket)),
            "{}",
            markdown.stdout
        );
    }
    for literal in [
        "[[ATTACHMENT|",
        "`|@org/team",
        "@org/team",
        "#123",
        "]]>&#0;",
    ] {
        let mut seen = 0;
        for line in markdown.stdout.lines() {
            // Outside code spans nothing of it may stand.
            assert!(!outside_code(line).contains(literal), "{literal}: {line}");
            seen += usize::from(line.contains(literal));
        }
        assert!(seen > 0, "{literal} is told: {}", markdown.stdout);
    }
}

/// A line of Markdown without its code spans: a run of backticks is closed by one of the same length (CommonMark, 6.1).
fn outside_code(line: &str) -> String {
    let mut outside = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        let run = rest[at..].len() - rest[at..].trim_start_matches('`').len();
        let (begin, inner) = (&rest[..at], &rest[at + run..]);
        outside.push_str(begin);
        let mut closing = inner.match_indices('`').map(|(i, _)| i).filter(|i| {
            let length = inner[*i..].len() - inner[*i..].trim_start_matches('`').len();
            length == run && !inner[..*i].ends_with('`')
        });
        match closing.next() {
            Some(end) => rest = &inner[end + run..],
            None => {
                outside.push_str(&rest[at..at + run]);
                rest = inner;
            }
        }
    }
    outside + rest
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
    symlink("/etc/shadow", at("shadow.yaml")).unwrap();
    symlink("../../..", at("upper")).unwrap();
    assert!(
        Command::new("mkfifo")
            .arg(at("pipe.yaml"))
            .status()
            .unwrap()
            .success()
    );
    std::os::unix::net::UnixListener::bind(at("socket.yaml")).unwrap();
    let ran = workspace.offline().run();
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert_eq!(
        ran.findings(),
        ["real.yaml:7:12 invalid-reference Bad/Name"],
        "{}",
        ran.stdout
    );
    assert_eq!(
        (ran.summary("files"), ran.notes()),
        (1, Vec::new()),
        "{}",
        ran.said()
    );
    // Whoever names one is told.
    for (name, words) in [
        ("pipe.yaml", "pipe.yaml: neither a file nor a folder"),
        ("zero.yaml", "zero.yaml: neither a file nor a folder"),
        ("socket.yaml", "socket.yaml: neither a file nor a folder"),
        ("self.yaml", "self.yaml: too many levels of symbolic links"),
    ] {
        let ran = workspace.offline().arg(name).run();
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (Some(2), ""),
            "{name}: {}",
            ran.said()
        );
        assert_eq!(ran.stderr, format!("image-lint: {words}\n"));
    }
    let ran = workspace.offline().arg("memory.yaml").run();
    assert_eq!(
        (ran.code, ran.notes()),
        (
            Some(0),
            vec![
                "`memory.yaml` is a link, which was followed since it was named".to_owned(),
                "memory.yaml: not read: a file that the kernel makes up, such as those of /proc"
                    .to_owned()
            ]
        )
    );
}

#[test]
fn names_of_files_are_names_and_nothing_else() {
    let workspace = Workspace::new();
    let names = [
        "x;touch pwned;",
        "$(touch pwned)",
        "`touch pwned`",
        "-rf",
        "--config=evil.yaml",
    ];
    for name in names {
        workspace.write(format!("{name}/pod.yaml"), pod(&["Bad/Name"]));
    }
    let every = |ran: &Ran| {
        let mut expected =
            names.map(|name| format!("{name}/pod.yaml:7:12 invalid-reference Bad/Name"));
        expected.sort();
        let mut found = ran.findings();
        found.sort();
        assert_eq!(
            (ran.code, &found[..]),
            (Some(1), &expected[..]),
            "{}",
            ran.said()
        );
        assert!(!workspace.root.join("pwned").exists());
    };
    every(&workspace.offline().run());
    // As pre-commit gives them: behind `--`.
    every(&workspace.offline().arg("--").args(&names).run());
}

#[test]
fn commands_are_printed_only_for_references_that_are_well_formed() {
    let workspace = Workspace::of(
        "pod.yaml",
        pod(&["a'$(id)", "\"a'`id`\"", "'quay.io/a;id'"]),
    );
    workspace.write("build.sh", "#!/bin/sh\npodman push 'quay.io/a;id'\n");
    let ran = workspace.offline().run();
    let report = ran.json();
    let told: Vec<String> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(told)
        .collect();
    assert_eq!(
        told,
        [
            r#"build.sh:2 oci-build ["push in docker format: `--format=v2s2` right after `push`"]"#,
            "build.sh:2 invalid-reference []",
            r#"pod.yaml:7 unresolved ["give it a default, or a value for this check: `--set id=VALUE`"]"#,
            r#"pod.yaml:9 invalid-reference ["the quotes are doubled; write them once"]"#,
            "pod.yaml:11 invalid-reference []",
        ],
        "{}",
        ran.stdout
    );
    // Nothing of it is known to a registry, so that a plan has nothing to copy.
    let mirror = workspace
        .program(&["mirror", "--to", "registry.example.com/team"])
        .run();
    assert!(
        !mirror.said().contains("skopeo copy") && !mirror.said().contains("$(id)"),
        "{}",
        mirror.said()
    );
}

/// `path:line rule help`
fn told(finding: &serde_json::Value) -> String {
    let text = |field: &str| finding[field].as_str().expect("a text");
    format!(
        "{}:{} {} {}",
        text("path"),
        finding["line"],
        text("rule"),
        finding["help"]
    )
}

/// What Azure Pipelines, TeamCity and Buildkite obey in a line, as their agents look for it (azure-pipelines-agent
/// `Command.cs`, JetBrains "Service Messages", Buildkite "Managing log output").
fn obeyed_elsewhere(text: &str) -> Vec<&str> {
    let anywhere = [
        "##vso[",
        "##teamcity[",
        "##[",
        "\u{1b}]1338;",
        "\u{1b}[8mha:",
    ];
    let groups = ["--- ", "+++ ", "~~~ ", "^^^ "];
    text.lines()
        .filter(|line| {
            anywhere.iter().any(|word| line.contains(word))
                || groups
                    .iter()
                    .any(|word| line.trim_start().starts_with(word))
                || (line.contains("section_start:") && line.contains('\r'))
        })
        .collect()
}

#[test]
fn no_text_of_the_tree_commands_another_ci_system() {
    let workspace = Workspace::of(
        "comment.yaml",
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  \
         - image: Bad/A # ##vso[task.setvariable variable=PWN]1 ##teamcity[buildStop comment='x']\n  \
         # section_start:1:a\r\u{1b}[0Kx\n  - image: \"Bad/##vso[a.b]c\"\n",
    );
    for (number, name) in [
        "##vso[task.complete result=Succeeded;]x.yaml",
        "##teamcity[buildStop].yaml",
        "##[section]x.yaml",
        "+++ x.yaml",
        "--- folder/~~~ x.yaml",
        "section_start:1:a\r\u{1b}[0Kx.yaml",
        "\u{1b}[8mha:AAAA\u{1b}[0mx.yaml",
    ]
    .iter()
    .enumerate()
    {
        workspace.write(name, pod(&[&format!("Bad/N{number}")]));
    }
    let mut commands: Vec<Vec<&str>> = FORMATS
        .iter()
        .map(|format| vec!["--offline", "-v", "--format", format])
        .collect();
    commands.extend([
        vec!["list"],
        vec!["list", "--files"],
        vec!["list", "--format", "json"],
        vec!["list", "--format", "jsonl"],
        vec!["list", "--files", "--format", "jsonl"],
    ]);
    for command in commands {
        for columns in ["50", "120"] {
            let ran = workspace
                .program(&command)
                .env("TF_BUILD", "True")
                .env("COLUMNS", columns)
                .run();
            let said = ran.said();
            assert_eq!(obeyed_elsewhere(&said), Vec::<&str>::new(), "{command:?}");
            assert!(said.contains("comment.yaml"), "{command:?}: {said}");
        }
    }
    workspace.write(
        "build.sh",
        "#!/bin/sh\n# ##vso[task.complete]x\nbuildah bud -t q.io/a/b .\nbuildah push q.io/a/b\n",
    );
    for (name, exact) in [
        ("TF_BUILD", false),
        ("TEAMCITY_VERSION", false),
        ("OTHER", true),
    ] {
        let ran = workspace
            .program(&["--offline", "--diff", "build.sh"])
            .env(name, "True")
            .run();
        let shown = ran.stdout.contains("##vso[");
        assert_eq!(shown, exact, "{name}: {}", ran.said());
        assert_eq!(
            ran.stderr.contains("cannot be applied"),
            !exact,
            "{name}: {}",
            ran.stderr
        );
    }
}
