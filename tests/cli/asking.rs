//! What registries are asked: each distinct reference once, nothing offline, and a bad host costs nobody else.

use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::program::{Ran, Workspace, pod};
use crate::support::registry::{Fault, Registry, Wait};

#[test]
fn each_distinct_reference_is_asked_once_and_every_place_is_reported() {
    let registry = Registry::start();
    registry.push_oci("app", "1");
    registry.push_schema2("app", "2");
    let (one, two) = (registry.name("app:1"), registry.name("app:2"));
    let workspace = Workspace::new();
    for n in 0..20 {
        workspace.write(format!("{n}.yaml"), pod(&[&one, &two, &one]));
    }
    workspace.write(
        "Dockerfile",
        format!("FROM {one}\nCOPY --from={one} /a /b\n"),
    );
    let ran = workspace.lint(&registry).run();
    assert_eq!(ran.findings().len(), 42, "{}", ran.stdout);
    let asked: Vec<String> = registry
        .lines()
        .into_iter()
        .filter(|line| line.contains("/manifests/"))
        .collect();
    assert_eq!(
        asked,
        [
            // What is about to be called bad is read once.
            "GET /v2/app/manifests/1 200",
            "HEAD /v2/app/manifests/1 200",
            "HEAD /v2/app/manifests/2 200"
        ]
    );
    assert_eq!(
        (ran.summary("references"), ran.summary("requests")),
        (2, registry.log().len() as u64)
    );
}

#[test]
fn registries_are_asked_while_input_is_still_to_be_read() {
    let registry = Registry::start();
    registry.push_oci("base", "1");
    registry.push_oci("app", "1");
    let workspace = Workspace::of("Dockerfile", format!("FROM {}\n", registry.name("base:1")));
    let mut command = workspace.lint(&registry).args(&[".", "-"]).command;
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // The last input is held back until the first one's image was asked for.
    let patience = Instant::now() + Duration::from_secs(30);
    while registry.log().is_empty() {
        assert!(
            Instant::now() < patience,
            "nothing is asked before all is read"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    stdin
        .write_all(pod(&[&registry.name("app:1")]).as_bytes())
        .expect("the program reads its input");
    drop(stdin);
    let ran = Ran::wait(child);
    assert_eq!(ran.findings().len(), 2, "{}", ran.stdout);
}

#[test]
fn a_dead_host_hides_nothing_about_others() {
    let registry = Registry::start();
    registry.push_oci("app", "1");
    let limited = Registry::start();
    limited
        .on("*")
        .anything()
        .gives(Fault::limited(Wait::Header("3600".into())));
    let dead = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let (image, late) = (registry.name("app:1"), limited.name("x:1"));
    let lost: Vec<String> = (0..5).map(|n| format!("{dead}/lost:{n}")).collect();
    let mut images: Vec<&str> = lost.iter().map(String::as_str).collect();
    images.extend([late.as_str(), image.as_str()]);
    let workspace = Workspace::of("pod.yaml", pod(&images));
    let ran = workspace
        .lint(&registry)
        .args(&["--plain-http", &dead, "--plain-http", &limited.host()])
        .run();
    assert_eq!(
        ran.findings(),
        [format!("pod.yaml:19:12 unsupported-format {image}")],
        "{}",
        ran.stdout
    );
    let unchecked = ran.unchecked();
    assert_eq!(unchecked.len(), 6, "{unchecked:#?}");
    assert!(
        unchecked
            .iter()
            .any(|u| u.contains("rate-limited") && u.ends_with(&late)),
        "{unchecked:#?}"
    );
    assert_eq!(ran.code, Some(1));
}

#[test]
fn offline_asks_nobody_and_keeps_what_needs_no_network() {
    let registry = Registry::start();
    let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:1"), "Bad/Name"]));
    workspace.write(
        "build.sh",
        "#!/bin/sh\nbuildah bud -t quay.io/me/app:1 .\nbuildah push quay.io/me/app:1\n",
    );
    let ran = workspace.lint(&registry).arg("--offline").run();
    assert_eq!(
        (ran.code, registry.log().len(), ran.unchecked().len()),
        (Some(1), 0, 0)
    );
    let found = ran.findings();
    assert!(
        found.iter().any(|f| f.contains("invalid-reference")),
        "{found:?}"
    );
    assert!(
        found
            .iter()
            .any(|f| f.starts_with("build.sh:") && f.contains("oci-build")),
        "{found:?}"
    );
    assert!(
        ran.notes().iter().any(|n| n.contains("--offline")),
        "{:?}",
        ran.notes()
    );
}

#[test]
fn the_deadline_ends_the_run_and_what_is_left_counts_as_not_checked() {
    let registry = Registry::start();
    registry.push_oci("app", "1");
    registry.on("app:2").gives(Fault::Hang);
    let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:2")]));
    let ran = workspace
        .lint(&registry)
        .args(&["--timeout", "60", "--deadline", "0.3"])
        .run();
    assert_eq!(ran.code, Some(3), "{}", ran.stdout);
    assert_eq!(
        ran.unchecked(),
        [format!("pod.yaml:7:12 deadline {}", registry.name("app:2"))]
    );
}

#[test]
fn the_configurations_rewrites_are_asked_in_place_of_the_names() {
    let registry = Registry::start();
    registry.push_oci("hub/library/redis", "7");
    registry.push_schema2("internal/team/app", "1");
    let host = registry.host();
    let workspace = Workspace::of(
        "pod.yaml",
        pod(&[
            "redis:7",
            "docker-registry.default.svc:5000/team/app:1",
            "docker-registry.default.svc:5000/other/app:1",
        ]),
    );
    workspace.write(
        ".image-lint.yaml",
        format!(
            "rewrites:\n- {{from: docker.io, to: {host}/hub}}\n- {{from: 'docker-registry.default.svc:5000/team', to: {host}/internal/team}}\n"
        ),
    );
    let ran = workspace.lint(&registry).args(&["--no-alternatives"]).run();
    assert_eq!(ran.code, Some(1), "{}", ran.said());
    let expected = ["pod.yaml:7:12 unsupported-format docker.io/library/redis:7"];
    assert_eq!(
        (ran.findings(), ran.unchecked().len()),
        (expected.map(str::to_owned).to_vec(), 0),
        "{}",
        ran.stdout
    );
    let expected = [
        "GET /v2/hub/library/redis/manifests/7 200",
        "HEAD /v2/hub/library/redis/manifests/7 200",
        "HEAD /v2/internal/team/app/manifests/1 200",
    ];
    assert_eq!(registry.lines(), expected);
}

/// docker.io is this registry, below `hub`.
fn hub(registry: &Registry) -> String {
    let host = registry.host();
    format!(
        "rewrites: [{{from: docker.io, to: {host}/hub}}, {{from: mcr.microsoft.com, to: {host}/mcr}}]\n"
    )
}

#[test]
fn a_base_image_that_is_absent_may_be_a_stage_that_was_meant() {
    let registry = Registry::start();
    registry.push_schema2("hub/library/golang", "1");
    let workspace = Workspace::of("Dockerfile", "FROM golang:1 AS build\nFROM biuld\n");
    workspace.write(".image-lint.yaml", hub(&registry));
    let ran = workspace.lint(&registry).args(&["--no-alternatives"]).run();
    assert_eq!(ran.findings().len(), 1, "{}", ran.said());
    let hint = "did you mean the stage `build`?";
    assert!(ran.stdout.contains(hint), "{}", ran.stdout);
}

/// BuildKit alone pulls a frontend, and Windows its base images: the cluster's docker is asked for neither.
#[test]
fn what_another_builder_pulls_is_not_judged_by_the_target() {
    let registry = Registry::start();
    registry.push_oci("hub/docker/dockerfile", "1");
    registry.push_schema2("hub/library/alpine", "3");
    let workspace = Workspace::of(
        "Dockerfile",
        "# syntax=docker/dockerfile:1\nFROM alpine:3\n",
    );
    workspace.write(
        "old/Dockerfile",
        "# syntax=docker/dockerfile:absent\nFROM alpine:3\n",
    );
    workspace.write(".image-lint.yaml", hub(&registry));
    let ran = workspace.lint(&registry).args(&["--no-alternatives"]).run();
    let expected = ["old/Dockerfile:1:10 tag-not-found docker.io/docker/dockerfile:absent"];
    assert_eq!(ran.findings(), expected, "{}", ran.said());
}

#[test]
fn a_name_that_is_too_long_with_its_host_is_refused_by_clients_that_count_it() {
    let registry = Registry::start();
    let long = format!("registry.example.org/{}:1", "a/".repeat(120) + "app");
    for (target, refused) in [
        ("openshift-3.11", true),
        ("docker-20.10", true),
        ("openshift-4", true),
        ("kubernetes", false),
    ] {
        let workspace = Workspace::of("pod.yaml", pod(&[&long]));
        let ran = workspace
            .lint(&registry)
            .args(&["--offline", "--target", target])
            .run();
        let found = ran
            .findings()
            .iter()
            .any(|f| f.contains("invalid-reference"));
        assert_eq!(found, refused, "{target}: {}", ran.said());
    }
}
