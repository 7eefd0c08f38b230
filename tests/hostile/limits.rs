//! Limits: what is beyond one is named with the flag that moves it, and the rest of the run does not suffer.

use crate::program::{Workspace, pod};
use crate::support::registry::Registry;

#[test]
fn a_limit_that_is_reached_is_named_with_its_flag() {
    let registry = Registry::start();
    let workspace = Workspace::new();
    for n in 0..5 {
        registry.push_oci(&format!("app{n}"), "1");
        workspace.write(format!("{n}.yaml"), pod(&[&registry.name(&format!("app{n}:1"))]));
    }
    for (flag, checked, words) in [
        ("--max-files=2", 2, "only the first 2 files"),
        ("--max-mentions=2", 2, "3 files were not judged"),
        ("--max-references=2", 2, "more than 2 images"),
        ("--max-file-size=10", 0, "more than the limit of 10"),
    ] {
        registry.clear_log();
        let ran = workspace.lint(&registry).args(&["--no-alternatives", flag]).run();
        let found = ran.findings();
        assert_eq!(
            found.iter().filter(|f| f.contains("unsupported-format")).count(),
            checked,
            "{flag}: {}",
            ran.stdout
        );
        let name = flag.split('=').next().unwrap_or_default();
        assert!(ran.stdout.contains(words) && ran.stdout.contains(name), "{flag}: {}", ran.stdout);
        let expected: Vec<String> = (0..checked).map(|n| format!("{n}.yaml:7:12 unsupported-format")).collect();
        assert!(found.iter().zip(&expected).all(|(f, e)| f.starts_with(e)), "the first ones in order: {found:?}");
    }
    let ran = workspace.lint(&registry).args(&["--no-alternatives", "--max-references", "2"]).run();
    assert_eq!(ran.unchecked().iter().filter(|u| u.contains(" limit ")).count(), 3, "{:?}", ran.unchecked());
    let ran =
        workspace.lint(&registry).args(&["--max-references", "5", "--max-mentions", "5", "--max-files", "5"]).run();
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
        let mut program = workspace.program(&["--format", "json", "--no-cache", "--trust", trust, "--max-hosts", most]);
        for n in 0..8 {
            program = program.args(&["--plain-http", &format!("h{n}.example.com")]);
        }
        program.env("http_proxy", registry.url()).run()
    };
    for _ in 0..3 {
        let ran = run("3", "untrusted");
        let unchecked = ran.unchecked();
        let hosts: Vec<&str> = unchecked.iter().filter_map(|u| u.split(" limit ").nth(1)).collect();
        assert_eq!(hosts, &names[3..], "{}", ran.stdout);
        assert!(ran.stdout.contains("--max-hosts"), "{}", ran.stdout);
    }
    assert_eq!(run("8", "untrusted").unchecked().len(), 0);
    assert_eq!(run("3", "trusted").unchecked().len(), 0, "the limit is for trees that are not trusted");
}
