//! 0 clean, 1 findings, 2 could not run, 3 could not check, 130 interrupted; the same for every format.

use std::process::Command;

use crate::program::{Ran, Workspace, pod};
use crate::support::registry::{Fault, Registry};

const FORMATS: [&str; 10] = [
    "human", "github", "gitlab", "sarif", "junit", "json", "jsonl", "markdown", "html", "rdjsonl",
];

#[test]
fn every_format_ends_with_the_same_code() {
    let registry = Registry::start();
    registry.push_schema2("app", "good");
    registry.push_oci("app", "oci");
    registry.on("app:broken").gives(Fault::status(501));
    for (tags, code) in [
        (vec!["good"], 0),
        (vec!["good", "oci"], 1),
        (vec!["oci", "broken"], 1),
        (vec!["good", "broken"], 3),
        (vec![], 0),
    ] {
        let images: Vec<String> = tags
            .iter()
            .map(|tag| registry.name(&format!("app:{tag}")))
            .collect();
        let images: Vec<&str> = images.iter().map(String::as_str).collect();
        let workspace = Workspace::of("pod.yaml", pod(&images));
        for format in FORMATS {
            let arguments = [
                "--format",
                format,
                "--no-cache",
                "--plain-http",
                &registry.host(),
            ];
            let ran = workspace.program(&arguments).run();
            assert_eq!(
                ran.code,
                Some(code),
                "{tags:?} {format}: {}{}",
                ran.stdout,
                ran.stderr
            );
        }
    }
}

#[test]
fn policies_move_the_code_and_nothing_else() {
    let registry = Registry::start();
    registry.push_oci("app", "oci");
    registry.on("app:broken").gives(Fault::status(501));
    let workspace = Workspace::of(
        "pod.yaml",
        pod(&[&registry.name("app:oci"), &registry.name("app:broken")]),
    );
    for (arguments, code) in [
        (vec!["--fail-on", "never"], 3),
        (vec!["--fail-on", "never", "--on-unchecked", "warn"], 0),
        (vec!["--on-unchecked", "warn"], 1),
        (vec!["--fail-on", "error"], 1),
    ] {
        let ran = workspace.lint(&registry).args(&arguments).run();
        assert_eq!(ran.code, Some(code), "{arguments:?}");
        assert_eq!(
            (ran.findings().len(), ran.unchecked().len()),
            (1, 1),
            "{arguments:?}"
        );
    }
}

#[test]
fn what_cannot_run_ends_with_2_and_a_sentence() {
    let workspace = Workspace::of("pod.yaml", pod(&["quay.io/a/b:1"]));
    for (arguments, words) in [
        (vec!["--no-such-flag"], "--no-such-flag"),
        (vec!["--format", "csv"], "csv"),
        (vec!["--output", "json"], "FORMAT=PATH"),
        (
            vec!["--output", "json=-"],
            "`-` is not a file; --format json writes to standard output",
        ),
        (
            vec!["--output", "json=nowhere/x.json"],
            "`nowhere` does not exist",
        ),
        (vec!["--target", "openshift-5"], "openshift-5"),
        (vec!["--stdin-filename", "x.yaml"], "`-`"),
        (vec!["--ca", "nowhere.pem"], "nowhere.pem"),
        (vec!["--set", "novalue"], "NAME=VALUE"),
        (vec!["--timeout", "0"], "seconds"),
        (vec!["--exclude", "a{b"], "a{b"),
        (vec!["explain", "no-such-rule"], "no-such-rule"),
    ] {
        let ran = workspace.program(&arguments).run();
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.said());
        assert!(ran.stderr.contains(words), "{arguments:?}: {}", ran.stderr);
        assert!(!ran.said().contains("panicked"), "{}", ran.said());
    }
}

#[test]
fn an_interrupted_run_says_what_it_knows_and_ends_with_130() {
    for signal in ["-INT", "-TERM"] {
        let registry = Registry::start();
        registry.push_oci("app", "oci");
        registry.on("app:stuck").gives(Fault::Hang);
        let workspace = Workspace::of(
            "pod.yaml",
            pod(&[&registry.name("app:oci"), &registry.name("app:stuck")]),
        );
        let output = workspace.beside("report.json");
        let mut child = workspace
            .lint(&registry)
            .args(&["--timeout", "50", "--output"])
            .arg(format!("json={}", output.display()))
            .spawn();
        // The program is at work as soon as both questions have come in.
        let asked = |tag: &str| {
            registry
                .lines()
                .iter()
                .any(|line| line.contains(&format!("manifests/{tag}")))
        };
        while !(asked("oci") && asked("stuck")) {
            assert!(
                child.try_wait().unwrap().is_none(),
                "{:?}",
                registry.lines()
            );
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        assert!(
            Command::new("kill")
                .args([signal, &child.id().to_string()])
                .status()
                .unwrap()
                .success()
        );
        let ran = Ran::wait(child);
        assert_eq!(ran.code, Some(130), "{signal}: {}", ran.said());
        assert_eq!(ran.json()["summary"]["interrupted"], true);
        assert_eq!(
            ran.unchecked()
                .iter()
                .filter(|u| u.contains("app:stuck"))
                .count(),
            1,
            "{}",
            ran.stdout
        );
        assert_eq!(
            std::fs::read_to_string(&output).unwrap(),
            ran.stdout,
            "the file is whole"
        );
    }
}
