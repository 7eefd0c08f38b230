//! Names of images that lead into the machine or its network: no packet is sent.

use crate::program::{Workspace, pod};
use crate::support::registry::Registry;

#[test]
fn no_spelling_of_a_local_address_is_connected_to() {
    let registry = Registry::start();
    registry.push_oci("a", "b");
    let port = registry.address().port();
    let hosts = [
        format!("127.0.0.1:{port}"),
        format!("localhost:{port}"),
        format!("LOCALHOST:{port}"),
        format!("x.localhost:{port}"),
        format!("2130706433:{port}"),
        format!("0x7f.1:{port}"),
        format!("127.1:{port}"),
        format!("0177.0.0.1:{port}"),
        format!("0.0.0.0:{port}"),
        format!("[::1]:{port}"),
        format!("[::ffff:127.0.0.1]:{port}"),
        format!("[::ffff:7f00:1]:{port}"),
        format!("[64:ff9b::7f00:1]:{port}"),
        "169.254.169.254".to_owned(),
        "[fd00:ec2::254]".to_owned(),
        "metadata.google.internal".to_owned(),
    ];
    let images: Vec<String> = hosts.iter().map(|host| format!("\"{host}/a:b\"")).collect();
    let images: Vec<&str> = images.iter().map(String::as_str).collect();
    let workspace = Workspace::of("pod.yaml", pod(&images));
    for trust in ["trusted", "untrusted"] {
        let arguments = ["--format", "json", "--no-cache", "--timeout", "5", "--trust", trust];
        let ran = workspace.program(&arguments).run();
        assert_eq!(registry.connections(), 0, "{trust}: {:?}", registry.lines());
        assert!(matches!(ran.code, Some(1 | 3)), "{trust}: {}", ran.stderr);
        for unchecked in ran.unchecked() {
            assert!(unchecked.contains(" forbidden ") || unchecked.contains(" offline "), "{trust}: {unchecked}");
        }
        assert_eq!(ran.summary("requests"), 0, "{trust}");
    }
}

#[test]
fn addresses_of_the_own_network_are_not_asked_for_an_untrusted_tree() {
    let hosts =
        ["10.0.0.1:5000", "192.168.1.1", "172.16.0.1:8080", "100.64.0.1", "[fd12::1]:5000", "[::ffff:10.0.0.1]"];
    let images: Vec<String> = hosts.iter().map(|host| format!("\"{host}/a:b\"")).collect();
    let images: Vec<&str> = images.iter().map(String::as_str).collect();
    let workspace = Workspace::of("pod.yaml", pod(&images));
    let ran = workspace.program(&["--format", "json", "--no-cache", "--timeout", "5", "--trust", "untrusted"]).run();
    assert_eq!(ran.summary("requests"), 0, "{}", ran.stdout);
    assert!(ran.unchecked().iter().all(|u| u.contains(" forbidden ")), "{:#?}", ran.unchecked());
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
    assert_eq!((ran.code, registry.connections()), (Some(3), 0), "{}", ran.stdout);
}

#[test]
fn an_untrusted_tree_cannot_make_us_ask_any_number_of_hosts() {
    let registry = Registry::start();
    let names: Vec<String> = (0..80).map(|n| format!("h{n}.example.com/a:b")).collect();
    let images: Vec<&str> = names.iter().map(String::as_str).collect();
    let workspace = Workspace::of("pod.yaml", pod(&images));
    let mut program = workspace.program(&["--format", "json", "--no-cache", "--trust", "untrusted"]);
    for n in 0..80 {
        program = program.args(&["--plain-http", &format!("h{n}.example.com")]);
    }
    let ran = program.env("http_proxy", registry.url()).run();
    let mut hosts: Vec<String> =
        registry.log().iter().filter_map(|seen| seen.asked.header("host").map(str::to_owned)).collect();
    hosts.sort();
    hosts.dedup();
    assert!(hosts.len() <= 50, "{} hosts", hosts.len());
    assert!(ran.unchecked().len() >= 30, "{}", ran.stdout);
}
