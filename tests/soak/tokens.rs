//! 10,000 repositories on 100 hosts, each with a token service of its own: memory and open files stay flat.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::process;
use crate::support::artifact;
use crate::support::registry::{Kind, Registry};

const HOSTS: usize = 100;
const REPOSITORIES: usize = 100;

fn host(number: usize) -> String {
    format!("registry{number}.example.com")
}

/// One registry that answers for all hosts, as their proxy.
fn registry() -> Registry {
    let registry = Registry::start();
    registry
        .with_tokens()
        .challenge(&[r#"Bearer realm="http://{host}/token",service="{host}",scope="{scope}""#]);
    let image = artifact::schema2("one for all");
    for number in 0..HOSTS {
        for repository in 0..REPOSITORIES {
            registry.push(&format!("team{number}/app{repository}"), "1.0", &image);
        }
    }
    registry
}

/// Pods of a hundred containers each, each on another host.
fn write_tree(folder: &Path) {
    for repository in 0..REPOSITORIES {
        let mut text =
            "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n".to_owned();
        for number in 0..HOSTS {
            let _ = writeln!(
                text,
                "  - name: c{number}\n    image: {}/team{number}/app{repository}:1.0",
                host(number)
            );
        }
        std::fs::write(folder.join(format!("pod{repository:03}.yaml")), text).expect("a file");
    }
}

fn lint(home: &Path, tree: &Path, registry: &Registry) -> Command {
    let mut command = process::program(home);
    command.arg(tree).args([
        "--format",
        "jsonl",
        "--no-gitignore",
        "--no-config",
        "--no-cache",
    ]);
    for number in 0..HOSTS {
        command.args(["--plain-http", &host(number)]);
    }
    command
        .env("http_proxy", registry.url())
        .stdout(Stdio::null());
    command
}

fn budget() -> Duration {
    let seconds = std::env::var("IMAGE_LINT_SOAK_BUDGET").ok();
    Duration::from_secs(seconds.map_or(300, |seconds| seconds.parse().expect("seconds")))
}

#[test]
#[ignore = "takes a minute: cargo test --test soak -- --ignored --nocapture"]
fn ten_thousand_repositories_behind_a_hundred_token_services_take_flat_memory() {
    let tree = tempfile::tempdir().expect("a folder");
    let home = tempfile::tempdir().expect("a folder");
    write_tree(tree.path());
    let registry = registry();
    let mut offline = 0;
    let mut child = lint(home.path(), tree.path(), &registry)
        .arg("--offline")
        .spawn()
        .expect("the program starts");
    process::wait(&mut child, budget(), |pid| {
        offline = process::memory(pid, "VmHWM").unwrap_or(offline);
    });
    // Resident kilobytes and open files, by requests.
    let mut course: Vec<(usize, u64, usize)> = Vec::new();
    let mut child = lint(home.path(), tree.path(), &registry)
        .spawn()
        .expect("the program starts");
    let status = process::wait(&mut child, budget(), |pid| {
        let resident = process::memory(pid, "VmRSS").unwrap_or(0);
        course.push((registry.requests(), resident, process::open_files(pid)));
    });
    let (all, tokens) = (registry.requests(), registry.count_kind(Kind::Token));
    println!(
        "{all} requests, {tokens} for tokens; {} MiB without a request",
        offline / 1024
    );
    for (requests, resident, files) in course.iter().step_by(course.len().div_ceil(24).max(1)) {
        println!(
            "  {requests:>6} requests {:>4} MiB {files:>4} files",
            resident / 1024
        );
    }
    assert_eq!(status.code(), Some(0), "all images can be pulled");
    let heads = all - tokens;
    assert!(
        heads <= HOSTS * REPOSITORIES + HOSTS,
        "{heads}: one for each, and one for each challenge"
    );
    // Five batches a host, and those of the first moment that are not full.
    assert!(
        tokens <= HOSTS * (REPOSITORIES.div_ceil(20) + 3),
        "{tokens}"
    );
    let most = |part: &[(usize, u64, usize)]| part.iter().map(|sample| sample.1).max().unwrap_or(0);
    let asking: Vec<_> = course
        .iter()
        .copied()
        .filter(|sample| (1..all).contains(&sample.0))
        .collect();
    let (early, late) = asking.split_at(asking.len() / 2);
    assert!(
        most(late) < most(early) + 24 * 1024,
        "{} MiB in the first half, {} MiB in the second",
        most(early) / 1024,
        most(late) / 1024
    );
    assert!(
        most(&asking) < offline + 64 * 1024,
        "{} MiB while asking, {} MiB without",
        most(&asking) / 1024,
        offline / 1024
    );
    let files = course.iter().map(|sample| sample.2).max().unwrap_or(0);
    assert!(files < 4 * 64 + 64, "{files} open files");
}
