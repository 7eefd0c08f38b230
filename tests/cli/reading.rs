//! What a person reads of many findings: two screens, a line each, or a table.

use std::io::Read as _;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use crate::program::{Workspace, pod};
use crate::support::registry::Registry;

const IMAGES: usize = 150;

fn many() -> (Registry, Workspace) {
    let registry = Registry::start();
    let workspace = Workspace::new();
    for n in 0..IMAGES {
        registry.push_oci("team/app", &format!("v{n}"));
        let name = registry.name(&format!("team/app:v{n}"));
        workspace.write(format!("deploy/p{n:03}.yaml"), pod(&[&name, &name]));
    }
    workspace.write("a.yaml", pod(&["tomcat:$(Bad"]));
    (registry, workspace)
}

fn lint(registry: &Registry, workspace: &Workspace, arguments: &[&str]) -> String {
    let ran = workspace
        .program(&[
            "--no-cache",
            "--no-alternatives",
            "--plain-http",
            &registry.host(),
        ])
        .args(arguments)
        .run();
    assert_eq!(ran.code, Some(1), "{}", ran.said());
    ran.stdout
}

#[test]
fn findings_of_one_kind_fit_on_two_screens_at_any_width() {
    let (registry, workspace) = many();
    for columns in ["50", "80", "120"] {
        let ran = workspace
            .program(&[
                "--no-cache",
                "--no-alternatives",
                "--plain-http",
                &registry.host(),
            ])
            .env("COLUMNS", columns)
            .run();
        let text = &ran.stdout;
        let lines = text.lines().count();
        assert!(lines <= 80, "{lines} lines at {columns} columns:\n{text}");
        // Long lines are wrapped, with a bar before each part.
        let words = text
            .split_whitespace()
            .filter(|word| !matches!(*word, "|" | "│"));
        let words = words.collect::<Vec<_>>().join(" ");
        assert_eq!(
            words.matches("missing signature key").count(),
            1,
            "the cause once:\n{text}"
        );
        assert!(
            words.contains("149 more images with the same problem"),
            "{text}"
        );
        assert!(words.contains("151 errors at 301 places"), "{text}");
    }
    let all = lint(&registry, &workspace, &["-v"]);
    assert_eq!(all.matches("missing signature key").count(), IMAGES);
    let quiet = lint(&registry, &workspace, &["-q"]);
    assert!(
        !quiet.contains("target openshift") && !quiet.contains(" requests"),
        "{quiet}"
    );
}

#[test]
fn a_line_or_a_row_for_each() {
    let (registry, workspace) = many();
    let short = lint(&registry, &workspace, &["--format", "short"]);
    let lines: Vec<&str> = short
        .lines()
        .filter(|line| line.contains("[unsupported-format]"))
        .collect();
    assert_eq!(lines.len(), 2 * IMAGES, "{short}");
    assert!(
        lines[0].starts_with("deploy/p000.yaml:7:12: error[unsupported-format] `"),
        "{}",
        lines[0]
    );
    let table = lint(&registry, &workspace, &["--statistics"]);
    assert!(
        table.contains("   300     150  error[unsupported-format]\n"),
        "{table}"
    );
    assert!(table.lines().count() < 8, "{table}");
}

#[test]
fn errors_come_before_warnings_whatever_their_files_are_called() {
    let workspace = Workspace::of("a.yaml", pod(&["k8s.gcr.io/pause:3.1"]));
    workspace.write("b.yaml", pod(&["Bad/Name"]));
    let ran = workspace.program(&["--offline"]).run();
    let (error, warning) = (ran.stdout.find("error["), ran.stdout.find("warning["));
    assert!(error.is_some() && error < warning, "{}", ran.stdout);
}

#[test]
fn what_cannot_be_checked_is_said_by_why() {
    let workspace = Workspace::of(
        "a.yaml",
        pod(&["$(TAG)", "docker-registry.default.svc:5000/a/b:1"]),
    );
    workspace.write(
        "build.sh",
        "#!/bin/sh\nbuildah bud --format=docker -t quay.io/a/b:1 .\nbuildah push quay.io/a/b:1\n",
    );
    let ran = workspace.program(&["--offline"]).run();
    let words = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("not checkable ("), "{words}");
    for why in ["inside the cluster", "pushed"] {
        assert!(words.contains(why), "{why}: {words}");
    }
}

#[test]
fn what_reads_nothing_says_what_to_do_even_when_quiet() {
    let workspace = Workspace::of("pod.yaml", pod(&["quay.io/a/b:1"]));
    workspace.git(&["init", "--quiet"]);
    workspace.git(&["add", "--all"]);
    workspace.git(&["commit", "--quiet", "--message=all"]);
    for (arguments, stdin, expected) in [
        (
            &["--changed-since", "HEAD"][..],
            "",
            "no image references in files that differ from HEAD",
        ),
        (&["-"], "podman run quay.io/a/b:1\n", "--stdin-filename"),
    ] {
        for quiet in [&[][..], &["-q"]] {
            let ran = workspace
                .program(&["--offline"])
                .args(arguments)
                .args(quiet)
                .stdin(stdin)
                .run();
            assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.said());
            let words = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(
                words.contains(expected),
                "{arguments:?} {quiet:?}: {}",
                ran.said()
            );
            assert!(!words.contains("right folder"), "{words}");
        }
    }
}

#[test]
fn a_dockerfile_on_stdin_is_read_as_one() {
    let workspace = Workspace::new();
    for (text, found) in [
        ("FROM Bad/Name\n", true),
        (
            "# syntax=docker/dockerfile:1\n\nARG A=Bad/Name\nFROM $A\n",
            true,
        ),
        ("from Bad/Name AS b\n", true),
        ("FROM: Bad/Name\n", false),
        ("apiVersion: v1\n", false),
    ] {
        let ran = workspace.offline().arg("-").stdin(text).run();
        let places = ran.findings();
        assert_eq!(
            places.iter().any(|f| f.starts_with("stdin.dockerfile:")),
            found,
            "{text}: {}",
            ran.said()
        );
    }
}

#[test]
fn files_that_name_images_and_are_of_a_kind_that_is_not_read_are_counted() {
    let workspace = Workspace::new();
    workspace.write("pod.yaml", pod(&["quay.io/team/app:1"]));
    workspace.write("main.tf", "image = \"quay.io/team/other:1\"\n");
    workspace.write("Tiltfile", "docker_pull(\"quay.io/team/third:1\")\n");
    let ran = workspace.program(&["--offline", "--no-cache"]).run();
    let text = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains("2 files with images are not read (list --unread)"),
        "{}",
        ran.said()
    );
    let ran = workspace
        .program(&["--offline", "--no-cache", "--format", "json"])
        .run();
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["summary"]["files_unknown"], 2);
}

#[test]
fn a_hint_keeps_the_host_and_a_placeholder_gets_none() {
    let image = |name: &str| {
        let workspace = Workspace::of("pod.yaml", pod(&[name]));
        let report = workspace.offline().run().json();
        report["findings"][0].clone()
    };
    for (name, meant) in [
        ("quay.io/Team/docker:1", "`quay.io/team/docker:1`"),
        ("R.example/Team/docker:1", "`R.example/team/docker:1`"),
        ("localhost:5000/Team/x:1", "`localhost:5000/team/x:1`"),
    ] {
        let finding = image(name);
        assert_eq!(finding["rule"], "invalid-reference", "{finding:#}");
        assert!(finding["help"].to_string().contains(meant), "{finding:#}");
    }
    for name in ["REGISTRY/Team/docker:1", "IMAGE_NAME:TAG", "CHANGEME"] {
        let finding = image(name);
        assert_eq!(finding["rule"], "unresolved", "{finding:#}");
        assert!(!finding.to_string().contains("did you mean"), "{finding:#}");
    }
}

#[test]
fn a_registry_that_does_not_answer_is_named_while_a_terminal_waits() {
    // It takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = silent.local_addr().unwrap().to_string();
    for (locale, full) in [("C", "#"), ("C.UTF-8", "█")] {
        let workspace = Workspace::of("pod.yaml", pod(&[&format!("{host}/a/b:1")]));
        let command = format!(
            "'{}' --no-cache --plain-http {host} --timeout 60 .",
            env!("CARGO_BIN_EXE_image-lint")
        );
        let mut terminal = Command::new("script")
            .args(["--quiet", "--flush", "--return", "--command", &command])
            .arg(workspace.beside("typescript"))
            .current_dir(&workspace.root)
            .env_clear()
            .env("HOME", &workspace.home)
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LC_ALL", locale)
            .env("TERM", "xterm")
            .env("SHELL", "/bin/sh")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script, which is in bsdutils");
        let mut output = terminal.stdout.take().unwrap();
        let named = format!("waiting for {host} (2 s)");
        let mut shown = Vec::new();
        let mut part = [0; 4096];
        let text = loop {
            let read = output.read(&mut part).unwrap();
            shown.extend_from_slice(&part[..read]);
            let text = String::from_utf8_lossy(&shown).into_owned();
            assert!(read > 0, "it ended without a word of the host: {text}");
            if text.contains(&named) {
                break text;
            }
        };
        // What asks is the terminal's child: the terminal closes, and it gets the signal for that.
        terminal.kill().unwrap();
        terminal.wait().unwrap();
        assert!(text.contains("0/1 images asked"), "{text:?}");
        assert!(!text.contains("0/0"), "{text:?}");
        assert_eq!(text.is_ascii(), locale == "C", "{text:?}");
        let bar = text.rsplit('\r').find(|line| line.contains("0/1"));
        assert!(
            bar.is_some_and(|bar| !bar.contains(full)),
            "nothing is done: {text:?}"
        );
        assert!(
            text.contains("1s, waiting") || text.contains("2s, waiting"),
            "{text:?}"
        );
    }
}

#[test]
fn one_message_leads_to_a_registry_of_ones_own_without_tls() {
    let registry = Registry::start();
    registry.push_schema2("a/b", "1");
    let host = registry.host();
    let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("a/b:1")]));
    let asked = |arguments: &[&str]| workspace.program(&["--no-cache"]).args(arguments).run();
    let text = asked(&[]).said();
    let (flag, line) = (
        format!("--plain-http {host} (which allows its address, too)"),
        format!("hosts: {{\"{host}\": {{plain-http: true}}}}"),
    );
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(&flag) && words.contains(&line), "{text}");
    // Either of the two is enough.
    assert_eq!(asked(&["--plain-http", &host]).code, Some(0));
    let file = workspace.home.join(".config/image-lint/config.yaml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, line).unwrap();
    let ran = asked(&[]);
    assert_eq!(ran.code, Some(0), "{}", ran.said());
}

#[test]
fn what_a_fix_writes_is_asked_in_the_same_run() {
    let registry = Registry::start();
    registry.push_oci("shop/web", "2.1");
    registry.push_schema2("shop/db", "1.0");
    let workspace = Workspace::of(
        "Dockerfile",
        format!("FROM {}\n", registry.name("shop/web:2.O")),
    );
    workspace.write("pod.yaml", pod(&[&registry.name("shop/db:1.0")]));
    let ran = workspace.lint(&registry).args(&["--fix", "--unsafe"]).run();
    assert_eq!(
        workspace.read("Dockerfile"),
        format!("FROM {}\n", registry.name("shop/web:2.1"))
    );
    let found = ran.findings();
    assert!(
        found.len() == 1 && found[0].starts_with("Dockerfile:1:6 unsupported-format"),
        "{}",
        ran.said()
    );
    assert_eq!(ran.code, Some(1));
    assert_eq!(
        registry.count("HEAD", "/v2/shop/db/manifests/1.0"),
        1,
        "once"
    );
}

#[test]
fn no_older_tag_takes_the_place_of_what_the_repository_is_about_to_push() {
    let registry = Registry::start();
    registry.push_schema2("shop/api", "1.4");
    let name = registry.name("shop/api:1.5");
    let workspace = Workspace::of("pod.yaml", pod(&[&name]));
    let fix = |workspace: &Workspace| {
        let json = workspace.lint(&registry).run().json();
        json["findings"][0]["fix"].clone()
    };
    assert!(
        !fix(&workspace).is_null(),
        "a misspelt tag, as far as anybody knows"
    );
    workspace.write(
        "build.sh",
        format!("#!/bin/sh\nbuildah bud --format=docker -t {name} web\nbuildah push {name}\n"),
    );
    assert!(fix(&workspace).is_null());
    // Nor is there a command that builds it from another folder than the script does.
    registry.push_oci("shop/api", "1.5");
    let json = workspace.lint(&registry).run().json();
    let help = json["findings"][0]["help"].to_string();
    assert!(help.contains("this repository builds it"), "{json:#}");
    assert!(!help.contains("$ buildah bud"), "{help}");
}

#[test]
fn a_baseline_is_no_file_that_deploys() {
    let workspace = Workspace::of("pod.yaml", pod(&["quay.io/Docker/app:1"]));
    let baseline = |version: &str| {
        format!(
            "{{\n  \"{version}\": 1,\n  \"findings\": [{{\"rule\": \"tag-not-found\", \"path\": \"docker/pod.yaml\", \
             \"reference\": \"quay.io/docker/app:1\", \"count\": 1}}]\n}}\n"
        )
    };
    workspace.write("known.json", baseline("schema_version"));
    // The same names in a file that nobody knows.
    workspace.write("other.json", baseline("v"));
    let unread = workspace.program(&["list", "--unread"]).run().stdout;
    assert!(
        unread.contains("other.json") && !unread.contains("known.json"),
        "{unread}"
    );
    // The program writes what it takes for one.
    let written = workspace
        .offline()
        .args(&["--write-baseline", "written.json"])
        .run();
    assert_eq!(written.code, Some(0), "{}", written.said());
    let known = workspace
        .offline()
        .args(&["--baseline", "written.json"])
        .run();
    assert_eq!(known.code, Some(0), "{}", known.said());
}

#[test]
fn a_base_beside_what_was_named_is_there_and_was_not_judged() {
    let workspace = Workspace::new();
    workspace
        .write("base/kustomization.yaml", "resources: [pod.yaml]\n")
        .write("base/pod.yaml", pod(&["Bad/Name"]))
        .write(
            "overlays/a/kustomization.yaml",
            "resources: [../../base]\nimages: [{name: other, newTag: '1'}]\n",
        )
        .write("overlays/b/kustomization.yaml", "resources: [../../gone]\n");
    workspace.git(&["init", "--quiet"]);
    let notes = |arguments: &[&str]| {
        let ran = workspace.offline().args(arguments).run();
        let report = ran.json();
        let notes = report["notes"].as_array().unwrap().clone();
        let rules: Vec<String> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|found| found["rule"].as_str().unwrap().to_owned())
            .collect();
        let beyond = notes.iter().filter(|note| {
            let text = note["message"].as_str().unwrap_or_default();
            note["level"] == "warning"
                && text.contains("`../../base` is not among the files of this run")
        });
        (beyond.count(), rules)
    };
    assert_eq!(notes(&["overlays/a"]), (1, vec![]));
    let broken = vec!["broken-kustomization".to_owned()];
    assert_eq!(notes(&["--exclude", "base", "."]), (1, broken.clone()));
    assert_eq!(notes(&["overlays/b"]), (0, broken));
    let (beyond, rules) = notes(&["overlays/a", "base"]);
    assert!(
        beyond == 0 && rules.contains(&"invalid-reference".to_owned()),
        "{rules:?}"
    );
}
