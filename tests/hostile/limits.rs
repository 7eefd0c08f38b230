//! Limits: what is beyond one is named with the flag that moves it, and the rest of the run does not suffer.

use std::time::Duration;

use crate::answers::{findings, unchecked};
use crate::program::{Workspace, pod};
use crate::support::artifact;
use crate::support::registry::{Answer, Fault, Kind, Registry, Wait};

#[test]
fn a_limit_that_is_reached_is_named_with_its_flag() {
    let registry = Registry::start();
    let workspace = Workspace::new();
    for n in 0..5 {
        registry.push_oci(&format!("app{n}"), "1");
        workspace.write(
            format!("{n}.yaml"),
            pod(&[&registry.name(&format!("app{n}:1"))]),
        );
    }
    for (flag, checked, words) in [
        ("--max-files=2", 2, "only the first 2 files"),
        ("--max-mentions=2", 2, "3 files were not judged"),
        ("--max-references=2", 2, "more than 2 images"),
        ("--max-file-size=10", 0, "more than the limit of 10"),
    ] {
        registry.clear_log();
        let ran = workspace
            .lint(&registry)
            .args(&["--no-alternatives", flag])
            .run();
        let found = ran.findings();
        assert_eq!(
            found
                .iter()
                .filter(|f| f.contains("unsupported-format"))
                .count(),
            checked,
            "{flag}: {}",
            ran.stdout
        );
        let name = flag.split('=').next().unwrap_or_default();
        assert!(
            ran.stdout.contains(words) && ran.stdout.contains(name),
            "{flag}: {}",
            ran.stdout
        );
        let expected: Vec<String> = (0..checked)
            .map(|n| format!("{n}.yaml:7:12 unsupported-format"))
            .collect();
        assert!(
            found.iter().zip(&expected).all(|(f, e)| f.starts_with(e)),
            "the first ones in order: {found:?}"
        );
    }
    let ran = workspace
        .lint(&registry)
        .args(&["--no-alternatives", "--max-references", "2"])
        .run();
    assert_eq!(
        ran.unchecked()
            .iter()
            .filter(|u| u.contains(" limit "))
            .count(),
        3,
        "{:?}",
        ran.unchecked()
    );
    let ran = workspace
        .lint(&registry)
        .args(&[
            "--max-references",
            "5",
            "--max-mentions",
            "5",
            "--max-files",
            "5",
        ])
        .run();
    assert_eq!(
        (ran.findings().len(), ran.unchecked().len()),
        (5, 0),
        "at the limit nothing is left out: {}",
        ran.stdout
    );
}

#[test]
fn hosts_of_an_untrusted_tree_are_counted_in_the_order_of_its_files() {
    let registry = Registry::start();
    registry.push_schema2("a", "b");
    let names: Vec<String> = (0..8).map(|n| format!("h{n}.example.com/a:b")).collect();
    let images: Vec<&str> = names.iter().map(String::as_str).collect();
    let workspace = Workspace::of("pod.yaml", pod(&images));
    let run = |most: &str, trust: &str| {
        let mut program = workspace.program(&[
            "--format",
            "json",
            "--no-cache",
            "--trust",
            trust,
            "--max-hosts",
            most,
        ]);
        for n in 0..8 {
            program = program.args(&["--plain-http", &format!("h{n}.example.com")]);
        }
        program.env("http_proxy", registry.url()).run()
    };
    for _ in 0..3 {
        let ran = run("3", "untrusted");
        let unchecked = ran.unchecked();
        let hosts: Vec<&str> = unchecked
            .iter()
            .filter_map(|u| u.split(" limit ").nth(1))
            .collect();
        assert_eq!(hosts, &names[3..], "{}", ran.stdout);
        assert!(ran.stdout.contains("--max-hosts"), "{}", ran.stdout);
    }
    assert_eq!(run("8", "untrusted").unchecked().len(), 0);
    assert_eq!(
        run("3", "trusted").unchecked().len(),
        0,
        "the limit is for trees that are not trusted"
    );
}

#[test]
fn standard_input_has_the_size_of_sixty_four_files() {
    let text = pod(&["Bad/Name"]);
    let room = text.len().div_ceil(64).to_string();
    let workspace = Workspace::new();
    let run = |limit: &str, text: &str| {
        workspace
            .offline()
            .args(&["-", "--max-file-size", limit])
            .stdin(text)
            .run()
    };
    let ran = run(&room, &text);
    assert_eq!(
        (ran.code, ran.findings().len()),
        (Some(1), 1),
        "{}",
        ran.said()
    );
    let ran = run(&room, &text.repeat(2));
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (Some(2), ""),
        "{}",
        ran.said()
    );
    assert!(ran.stderr.contains("--max-file-size"), "{}", ran.stderr);
}

#[test]
fn requests_in_flight_are_counted_per_host_and_in_all() {
    // All hosts are this one, by way of a proxy.
    let registry = Registry::start();
    registry.latency(Duration::from_millis(20));
    let mut names = Vec::new();
    for host in 0..6 {
        for tag in 0..20 {
            registry.push_schema2("app", &format!("t{tag}"));
            names.push(format!("h{host}.example.com/app:t{tag}"));
        }
    }
    let images: Vec<&str> = names.iter().map(String::as_str).collect();
    let workspace = Workspace::of("pod.yaml", pod(&images));
    for (per_host, all, most) in [("3", "64", 18), ("16", "7", 7), ("1", "64", 6)] {
        registry.forget_most_in_flight();
        let mut program = workspace.program(&[
            "--format",
            "json",
            "--no-cache",
            "--per-host",
            per_host,
            "--requests",
            all,
        ]);
        for host in 0..6 {
            program = program.args(&["--plain-http", &format!("h{host}.example.com")]);
        }
        let ran = program.env("http_proxy", registry.url()).run();
        assert_eq!(
            (ran.code, ran.unchecked()),
            (Some(0), Vec::new()),
            "{}",
            ran.said()
        );
        assert!(
            registry.most_in_flight() <= most,
            "{per_host}, {all}: {} in flight",
            registry.most_in_flight()
        );
        assert!(
            registry.most_in_flight() > most / 2,
            "{per_host}, {all}: {} in flight",
            registry.most_in_flight()
        );
    }
}

#[test]
fn a_wait_that_a_registry_asks_for_is_bounded() {
    // What it asks for, and how long that is when it is longer than anybody waits.
    for (wait, seconds) in [
        (Wait::Header("0".to_owned()), None),
        (Wait::Header("1".to_owned()), None),
        (
            Wait::Header("Wed, 21 Oct 2015 07:28:00 GMT".to_owned()),
            None,
        ),
        (Wait::Header("soon".to_owned()), None),
        (Wait::Header("-1".to_owned()), None),
        (Wait::Header("1e9".to_owned()), None),
        (Wait::GoDuration("880.092µs".to_owned()), None),
        (Wait::BareText, None),
        (Wait::Html, None),
        (Wait::Unsaid, None),
        (Wait::Header("31".to_owned()), Some("31")),
        (Wait::Header("999999".to_owned()), Some("999999")),
        (Wait::Header("9".repeat(30)), Some("4294967295")),
        (
            Wait::Header("Wed, 21 Oct 2099 07:28:00 GMT".to_owned()),
            Some(""),
        ),
        (Wait::GoDuration("1h30m".to_owned()), Some("5400")),
    ] {
        let what = format!("{wait:?}");
        let registry = Registry::start();
        registry.push_docker_list("app", "1");
        registry.on("app:1").get().once(Fault::limited(wait));
        let ran = Workspace::of("pod.yaml", pod(&[&registry.name("app:1")]))
            .lint(&registry)
            .run();
        let lines = registry.lines();
        let Some(seconds) = seconds else {
            assert_eq!(
                (ran.code, ran.unchecked()),
                (Some(0), Vec::new()),
                "{what}: {}",
                ran.said()
            );
            let asked = [
                "GET /v2/app/manifests/1 200",
                "GET /v2/app/manifests/1 429",
                "HEAD /v2/app/manifests/1 200",
            ];
            assert_eq!(lines, asked, "{what}: asked once more");
            continue;
        };
        assert_eq!(
            (ran.code, ran.findings()),
            (Some(3), Vec::new()),
            "{what}: {}",
            ran.said()
        );
        let said = unchecked(&ran).join("\n");
        assert!(
            said.starts_with(&format!(
                "rate-limited: limits requests and asks to wait {seconds}"
            )),
            "{what}: {said}"
        );
        assert_eq!(
            lines,
            [
                "GET /v2/app/manifests/1 429",
                "HEAD /v2/app/manifests/1 200"
            ],
            "{what}: left in peace"
        );
    }
}

#[test]
fn a_config_without_end_is_no_verdict() {
    let registry = Registry::start();
    registry.push_schema2("app", "1");
    registry.on("app").blobs().gives(Fault::Endless);
    let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:1")]));
    assert_eq!(workspace.lint(&registry).run().code, Some(0));
    let ran = workspace.lint(&registry).arg("--deep").run();
    let expected =
        "protocol: did not answer as a registry does: the answer is larger than 4194304 bytes";
    assert_eq!(
        (ran.code, unchecked(&ran)),
        (Some(3), vec![expected.to_owned()]),
        "{}",
        ran.stdout
    );
}

#[test]
fn three_pages_of_a_tag_list_are_read() {
    let registry = Registry::start();
    registry.push_schema2("app", "1");
    let tag = |n: usize| format!("v{n:05}");
    for n in 0..3500 {
        registry.push("app", &tag(n), &artifact::schema2("same"));
    }
    for (wanted, nearest) in [("v02998x", "v02998"), ("v02999x", "v02998")] {
        registry.clear_log();
        let ran = Workspace::of("pod.yaml", pod(&[&registry.name(&format!("app:{wanted}"))]))
            .lint(&registry)
            .run();
        assert_eq!(findings(&ran).len(), 1, "{}", ran.stdout);
        assert_eq!(
            registry.count_kind(Kind::Tags),
            3,
            "{:#?}",
            registry.lines()
        );
        let help = ran.json()["findings"][0]["help"].to_string();
        assert!(
            help.contains(&format!("nearest tags that exist: `{nearest}`"))
                && !help.contains("v02999`"),
            "{help}"
        );
    }
}

#[test]
fn an_error_body_is_read_to_sixty_four_kibibytes() {
    for (size, expected) in [
        (
            60_000,
            "tag-not-found: the repository `HOST/app` has no tag `1`",
        ),
        // Cut, it is no answer that a registry would give.
        (
            70_000,
            "protocol: did not answer as a registry does: status 404, and nothing in the answer looks like a registry",
        ),
    ] {
        let registry = Registry::start();
        registry.push_schema2("app", "2");
        let padding = "A".repeat(size);
        let body = format!(
            r#"{{"padding":"{padding}","errors":[{{"code":"MANIFEST_UNKNOWN","message":"x"}}]}}"#
        );
        registry.on("app:1").gives(Fault::Answer(
            Answer::new(404).body("application/json", body),
        ));
        registry.on("app").tags().gives(Fault::status(500));
        let ran = Workspace::of("pod.yaml", pod(&[&registry.name("app:1")]))
            .lint(&registry)
            .run();
        let said = [findings(&ran), unchecked(&ran)]
            .concat()
            .join("\n")
            .replace(&registry.host(), "HOST");
        assert_eq!(said, expected);
    }
}

#[test]
fn connections_stay_below_the_limit_of_open_files() {
    const HOSTS: usize = 150;
    let registry = Registry::start();
    let workspace = Workspace::new();
    for n in 0..HOSTS {
        registry.push_oci(&format!("team{n}/app"), "1");
        registry.push_schema2(&format!("team{n}/app"), "2");
        let image = |tag: &str| format!("h{n}.example.com/team{n}/app:{tag}");
        workspace.write(format!("{n}.yaml"), pod(&[&image("1"), &image("2")]));
    }
    // With 60 files, 15 requests in flight, and a third of them for connections.
    let limited = ["/bin/sh", "-c", "ulimit -n 60; exec \"$0\" \"$@\""];
    let hosts: Vec<String> = (0..HOSTS)
        .map(|n| format!("--plain-http=h{n}.example.com"))
        .collect();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let ran = workspace
        .wrapped(&limited, &["--format", "json", "--no-cache"])
        .args(&hosts);
    let ran = ran.env("http_proxy", registry.url()).run();
    let found = ran.findings();
    assert_eq!(
        found
            .iter()
            .filter(|f| f.contains("unsupported-format"))
            .count(),
        HOSTS,
        "{}",
        ran.stderr
    );
    assert_eq!(
        (ran.unchecked(), found.len()),
        (Vec::new(), HOSTS),
        "{found:#?}"
    );
    assert!(
        registry.most_in_flight() <= 15,
        "{} in flight",
        registry.most_in_flight()
    );
}

#[test]
fn a_long_name_is_none_and_a_long_value_is_used_up() {
    let value = "q".repeat(3900);
    let head = format!(
        "apiVersion: v1\nkind: Template\nparameters: [{{name: B, value: '{value}'}}]\nobjects:\n"
    );
    let objects = "- apiVersion: v1\n  kind: Pod\n  spec:\n    containers:\n";
    let workspace = Workspace::of(
        "template.yaml",
        format!("{head}{objects}{}", "    - image: ${B}\n".repeat(200)),
    );
    workspace.write(
        "pod.yaml",
        pod(&[
            &"a/".repeat(100),
            &format!("quay.io/{}b", "a/".repeat(600)),
            "Bad/Name",
        ]),
    );
    let ran = workspace.program(&["list", "--format", "jsonl"]).run();
    let rows: Vec<serde_json::Value> = ran
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let count = |path: &str, reason: &str| {
        rows.iter()
            .filter(|row| {
                row["path"] == path && row["reason"].as_str().is_some_and(|r| r.contains(reason))
            })
            .count()
    };
    assert_eq!(
        count("pod.yaml", "1209 bytes are too long for an image name"),
        1,
        "{}",
        ran.stdout
    );
    // 64 KiB and 768 bytes for each of 200 images and one definition, less what is kept beside the value.
    let within = count("template.yaml", "3900 bytes are too long for an image name");
    assert!(
        (50..=(64 * 1024 + 201 * 768) / 3900).contains(&within),
        "{within}: {}",
        ran.stdout
    );
    assert_eq!(count("template.yaml", "no value for ${B}"), 200 - within);
    assert!(
        rows.iter().all(|row| row.to_string().len() < 4000),
        "only the beginning of a long name is kept"
    );
    assert_eq!(
        workspace
            .offline()
            .run()
            .findings()
            .iter()
            .filter(|f| f.contains("pod.yaml:9:12"))
            .count(),
        1
    );
}

#[test]
fn reading_ends_at_its_deadline_and_what_was_not_read_is_named() {
    let workspace = Workspace::new();
    for number in 0..3_000 {
        workspace.write(
            format!("{number}/Dockerfile"),
            "FROM quay.io/team/app:1\n".repeat(200),
        );
    }
    let ran = workspace
        .program(&["--offline", "--read-deadline", "0.001"])
        .run();
    assert_eq!(ran.code, Some(3), "{}", ran.said());
    assert!(
        ran.said().contains("--read-deadline") && ran.said().contains("/Dockerfile"),
        "{}",
        ran.said()
    );
    let ran = workspace
        .program(&["--offline", "--read-deadline", "600"])
        .run();
    assert_eq!(ran.code, Some(0), "{}", ran.said());
}
