//! Names of images that lead into the machine or its network: no packet is sent.

use crate::answers::unchecked;
use crate::program::{Workspace, pod};
use crate::support::registry::Registry;

/// Each image alone is refused before a packet is sent, for this reason.
fn refused(host: &str, trust: &str, why: &str) {
    let workspace = Workspace::of("pod.yaml", pod(&[&format!("\"{host}/a:b\"")]));
    let ran = workspace
        .program(&[
            "--format",
            "json",
            "--no-cache",
            "--timeout",
            "60",
            "--trust",
            trust,
        ])
        .run();
    assert_eq!(
        (ran.code, ran.findings()),
        (Some(3), Vec::new()),
        "{host}, {trust}: {}",
        ran.said()
    );
    let end = ", which is not asked unless named with --allow-host or --plain-http";
    assert_eq!(
        unchecked(&ran),
        [format!("forbidden: is not allowed: {why}{end}")],
        "{host}, {trust}"
    );
    assert_eq!(ran.summary("requests"), 0, "{host}, {trust}");
}

#[test]
fn no_spelling_of_a_local_address_is_connected_to() {
    let registry = Registry::start();
    registry.push_oci("a", "b");
    let port = registry.address().port();
    let loopback = "127.0.0.1 is a loopback address";
    for (host, why) in [
        (format!("127.0.0.1:{port}"), loopback),
        (format!("localhost:{port}"), "localhost is this machine"),
        (format!("LOCALHOST:{port}"), "localhost is this machine"),
        (format!("x.localhost:{port}"), "x.localhost is this machine"),
        (format!("2130706433:{port}"), loopback),
        (format!("0x7f.1:{port}"), loopback),
        (format!("127.1:{port}"), loopback),
        (format!("0177.0.0.1:{port}"), loopback),
        (
            format!("0.0.0.0:{port}"),
            "0.0.0.0 is not the address of a server",
        ),
        (format!("[::1]:{port}"), "[::1] is a loopback address"),
        (
            format!("[::ffff:7f00:1]:{port}"),
            "[::ffff:7f00:1] is a loopback address",
        ),
        (
            format!("[64:ff9b::7f00:1]:{port}"),
            "[64:ff9b::7f00:1] is a loopback address",
        ),
        ("0x7f.1".to_owned(), loopback),
        ("127.1:80".to_owned(), loopback),
        ("localhost:2375".to_owned(), "localhost is this machine"),
        (
            "169.254.169.254".to_owned(),
            "169.254.169.254 is a link-local address",
        ),
        (
            "[fd00:ec2::254]".to_owned(),
            "[fd00:ec2::254] is a cloud metadata address",
        ),
        (
            "metadata.google.internal".to_owned(),
            "metadata.google.internal is a cloud metadata service",
        ),
    ] {
        for trust in ["trusted", "untrusted"] {
            refused(&host, trust, why);
        }
    }
    assert_eq!(registry.connections(), 0, "{:?}", registry.lines());
    // Docker's grammar has no dots in a bracketed address, and a number alone is no host but a folder of Docker Hub.
    let mapped = format!("\"[::ffff:127.0.0.1]:{port}/a:b\"");
    let ran = Workspace::of("pod.yaml", pod(&[&mapped])).offline().run();
    assert_eq!(ran.findings().len(), 1, "{}", ran.stdout);
    assert!(
        ran.findings()[0].contains(" invalid-reference "),
        "{:?}",
        ran.findings()
    );
    let listed = Workspace::of("pod.yaml", pod(&["2130706433/a:b"]))
        .program(&["list", "--format", "jsonl"])
        .run();
    let mention: serde_json::Value = serde_json::from_str(&listed.stdout).expect("one mention");
    assert_eq!(mention["reference"], "docker.io/2130706433/a:b");
}

#[test]
fn addresses_of_the_own_network_are_not_asked_for_an_untrusted_tree() {
    for (host, why) in [
        (
            "10.0.0.1:5000",
            "10.0.0.1 is an address of a private network",
        ),
        (
            "192.168.1.1",
            "192.168.1.1 is an address of a private network",
        ),
        (
            "172.16.0.1:8080",
            "172.16.0.1 is an address of a private network",
        ),
        (
            "100.64.0.1",
            "100.64.0.1 is an address of a private network",
        ),
        (
            "[fd12::1]:5000",
            "[fd12::1] is an address of a private network",
        ),
        (
            "[::ffff:a00:1]",
            "[::ffff:a00:1] is an address of a private network",
        ),
    ] {
        refused(host, "untrusted", why);
    }
}

#[test]
fn a_host_is_asked_only_under_the_exact_name_that_was_allowed() {
    let registry = Registry::start();
    registry.push_oci("a", "b");
    let port = registry.address().port();
    let image = format!("localhost:{port}/a:b");
    let workspace = Workspace::of("pod.yaml", pod(&[&image]));
    // Named is 127.0.0.1, asked for is localhost.
    let ran = workspace.lint(&registry).run();
    assert_eq!(
        (ran.code, registry.connections()),
        (Some(3), 0),
        "{}",
        ran.stdout
    );
}

#[test]
fn an_untrusted_tree_cannot_make_us_ask_any_number_of_hosts() {
    let registry = Registry::start();
    let names: Vec<String> = (0..80).map(|n| format!("h{n}.example.com/a:b")).collect();
    let images: Vec<&str> = names.iter().map(String::as_str).collect();
    let workspace = Workspace::of("pod.yaml", pod(&images));
    let mut program =
        workspace.program(&["--format", "json", "--no-cache", "--trust", "untrusted"]);
    for n in 0..80 {
        program = program.args(&["--plain-http", &format!("h{n}.example.com")]);
    }
    let ran = program.env("http_proxy", registry.url()).run();
    let mut hosts: Vec<String> = registry
        .log()
        .iter()
        .filter_map(|seen| seen.asked.header("host").map(str::to_owned))
        .collect();
    hosts.sort();
    hosts.dedup();
    assert_eq!(hosts.len(), 50, "{hosts:?}");
    assert_eq!(
        ran.unchecked()
            .iter()
            .filter(|u| u.contains(" limit "))
            .count(),
        30,
        "{}",
        ran.stdout
    );
}
