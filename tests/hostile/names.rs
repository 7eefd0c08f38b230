//! Names whose name server means harm: what counts is the address that a connection goes to.

use crate::program::{Workspace, pod};
use crate::support::dns::NameServer;
use crate::support::registry::Registry;

#[test]
fn a_name_that_leads_into_the_machine_is_not_connected_to() {
    let registry = Registry::start();
    registry.push_oci("a", "b");
    let port = registry.address().port();
    let names: [(&str, &[&[&str]]); 9] = [
        ("loopback.example.test", &[&["127.0.0.1"]]),
        ("loopback6.example.test", &[&["::1"]]),
        (
            "several.example.test",
            &[&["127.0.0.1", "127.0.0.2", "::1"]],
        ),
        ("mapped.example.test", &[&["::ffff:127.0.0.1"]]),
        ("nat64.example.test", &[&["64:ff9b::7f00:1"]]),
        ("sixtofour.example.test", &[&["2002:7f00:1::1"]]),
        ("metadata.example.test", &[&["169.254.169.254"]]),
        ("metadata6.example.test", &[&["fd00:ec2::254"]]),
        ("unspecified.example.test", &[&["0.0.0.0", "::"]]),
    ];
    let server = NameServer::start(&names);
    let images: Vec<String> = names
        .iter()
        .map(|(name, _)| format!("{name}:{port}/a:b"))
        .collect();
    let images: Vec<&str> = images.iter().map(String::as_str).collect();
    let workspace = Workspace::of("pod.yaml", pod(&images));
    let lint = [
        "--format",
        "json",
        "--no-cache",
        "--timeout",
        "60",
        "--name-server",
        &server.address(),
    ];
    for trust in ["trusted", "untrusted"] {
        let ran = workspace.program(&lint).args(&["--trust", trust]).run();
        assert_eq!(registry.connections(), 0, "{trust}: {:?}", registry.lines());
        assert_eq!(
            (ran.code, ran.unchecked().len()),
            (Some(3), names.len()),
            "{trust}: {}",
            ran.said()
        );
        for unchecked in ran.unchecked() {
            assert!(unchecked.contains(" forbidden "), "{trust}: {unchecked}");
        }
    }
    for (name, _) in names {
        assert!(server.times(name) >= 2, "{name} was looked up");
    }
    // What shows that the address alone kept us away: the same name, allowed by the user, is connected to.
    let host = format!("loopback.example.test:{port}");
    let ran = workspace
        .program(&lint)
        .args(&["--plain-http", &host])
        .run();
    assert!(
        ran.findings()
            .iter()
            .any(|f| f.contains("unsupported-format loopback.example.test")),
        "{}",
        ran.said()
    );
}

#[test]
fn private_addresses_behind_names_are_not_connected_to_for_an_untrusted_tree() {
    let names: [(&str, &[&[&str]]); 4] = [
        ("private.example.test", &[&["10.0.0.1"]]),
        ("mapped.example.test", &[&["::ffff:10.0.0.1"]]),
        ("nat64.example.test", &[&["64:ff9b::c0a8:101"]]),
        ("local.example.test", &[&["fd12::1"]]),
    ];
    let server = NameServer::start(&names);
    let images: Vec<String> = names
        .iter()
        .map(|(name, _)| format!("{name}:5000/a:b"))
        .collect();
    let images: Vec<&str> = images.iter().map(String::as_str).collect();
    let workspace = Workspace::of("pod.yaml", pod(&images));
    let lint = [
        "--format",
        "json",
        "--no-cache",
        "--trust",
        "untrusted",
        "--name-server",
        &server.address(),
    ];
    let ran = workspace.program(&lint).run();
    assert_eq!(ran.unchecked().len(), names.len(), "{}", ran.stdout);
    assert!(
        ran.unchecked().iter().all(|u| u.contains(" forbidden ")),
        "{:#?}",
        ran.unchecked()
    );
}

#[test]
fn a_name_that_is_rebound_between_two_looks_is_not_connected_to() {
    let registry = Registry::start();
    let port = registry.address().port();
    // 198.18.0.0/15 is for benchmarks (RFC 2544): no host has it. A trusted tree may have it asked, which fails, and the
    // next try finds the name at this machine.
    let server = NameServer::start(&[("rebound.example.test", &[&["198.18.0.1"], &["127.0.0.1"]])]);
    let workspace = Workspace::of(
        "pod.yaml",
        pod(&[&format!("rebound.example.test:{port}/a:b")]),
    );
    let lint = [
        "--format",
        "json",
        "--no-cache",
        "--timeout",
        "1",
        "--name-server",
        &server.address(),
    ];
    let ran = workspace.program(&lint).run();
    assert!(
        server.times("rebound.example.test") >= 3,
        "the name was looked up again"
    );
    assert_eq!(registry.connections(), 0);
    assert_eq!(
        (ran.code, ran.unchecked().len()),
        (Some(3), 1),
        "{}",
        ran.said()
    );
    assert!(
        ran.unchecked()[0].contains(" forbidden "),
        "{:?}",
        ran.unchecked()
    );
}

#[test]
fn a_name_that_does_not_exist_is_no_missing_image() {
    let server = NameServer::start(&[]);
    let workspace = Workspace::of("pod.yaml", pod(&["gone.example.test/a:b"]));
    let ran = workspace
        .program(&[
            "--format",
            "json",
            "--no-cache",
            "--name-server",
            &server.address(),
        ])
        .run();
    assert_eq!(
        (ran.code, ran.findings().len()),
        (Some(3), 0),
        "{}",
        ran.said()
    );
    assert!(
        ran.unchecked()[0].contains(" dns "),
        "{:?}",
        ran.unchecked()
    );
}
