//! 100,000 mentions of 10,000 references on 100 hosts, of which 10 are dead, 10 slow and 10 limiting.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::process;
use crate::support::registry::{Fault, Registry, Wait};

const HOSTS: usize = 100;
const REPOSITORIES: usize = 10;
const TAGS: usize = 10;
/// Each reference is named so often.
const TIMES: usize = 10;

/// What is the matter with a host, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// Nobody listens.
    Dead,
    /// Answers after 300 ms.
    Slow,
    /// Refuses the first requests for each repository, and asks to wait a second.
    Limiting,
    /// Refuses all requests, for an hour.
    Closed,
    Fine,
}

fn manner(host: usize) -> Manner {
    match host {
        0..10 => Manner::Dead,
        10..20 => Manner::Slow,
        20..25 => Manner::Limiting,
        25..30 => Manner::Closed,
        _ => Manner::Fine,
    }
}

fn name(host: usize) -> String {
    match manner(host) {
        // The discard port of a loopback address of its own, asked directly.
        Manner::Dead => format!("127.0.1.{}:9", host + 1),
        _ => format!("registry{host}.example.com"),
    }
}

/// Every second tag is stored as OCI.
fn registry() -> Registry {
    let registry = Registry::start();
    for host in 10..HOSTS {
        for repository in 0..REPOSITORIES {
            let repository = format!("team{host}/app{repository}");
            for tag in 0..TAGS {
                if tag % 2 == 0 {
                    registry.push_schema2(&repository, &format!("v{tag}"));
                } else {
                    registry.push_oci(&repository, &format!("v{tag}"));
                }
            }
            match manner(host) {
                Manner::Slow => drop(
                    registry
                        .on(&repository)
                        .gives(Fault::Delay(Duration::from_millis(300))),
                ),
                Manner::Limiting => {
                    drop(
                        registry
                            .on(&repository)
                            .times(1, Fault::limited(Wait::Header("1".to_owned()))),
                    );
                }
                Manner::Closed => drop(
                    registry
                        .on(&repository)
                        .gives(Fault::limited(Wait::Header("3600".to_owned()))),
                ),
                Manner::Dead | Manner::Fine => {}
            }
        }
    }
    registry
}

/// Pods of 100 containers each; the references are spread so that all hosts are met early and late.
fn write_tree(folder: &Path) {
    let references = HOSTS * REPOSITORIES * TAGS;
    let mut file = 0;
    let mut text = String::new();
    for number in 0..references * TIMES {
        if number % 100 == 0 {
            text = format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: p{file}}}\nspec:\n  containers:\n"
            );
        }
        // 7919 has no factor in common with the number of references: every one is met once in each round.
        let reference = number * 7919 % references;
        let (host, rest) = (reference % HOSTS, reference / HOSTS);
        let (repository, tag) = (rest % REPOSITORIES, rest / REPOSITORIES);
        let _ = writeln!(
            text,
            "  - name: c{number}\n    image: {}/team{host}/app{repository}:v{tag}",
            name(host)
        );
        if number % 100 == 99 {
            std::fs::write(folder.join(format!("pod{file:04}.yaml")), &text).expect("a file");
            file += 1;
        }
    }
}

/// What was seen of a run at one moment.
#[derive(Clone, Copy)]
struct Sample {
    second: u64,
    /// Kilobytes.
    resident: u64,
    open_files: usize,
    requests: usize,
}

/// The run over the tree, of which 10 hosts are asked directly and the others through the registry as their proxy.
fn lint(home: &Path, tree: &Path, registry: &Registry) -> Command {
    let mut command = process::program(home);
    command
        .arg(tree)
        .args(["--format", "jsonl", "--no-gitignore", "--no-config"]);
    for host in 0..HOSTS {
        command.args(["--plain-http", &name(host)]);
        if manner(host) == Manner::Dead {
            command.args(["--allow-host", &name(host)]);
        }
    }
    command
        .env("http_proxy", registry.url())
        .env("NO_PROXY", "127.0.0.0/8")
        .stdout(Stdio::null());
    command
}

#[test]
#[ignore = "takes minutes: cargo test --test soak -- --ignored --nocapture"]
fn a_hundred_thousand_mentions_end_in_time_with_the_right_classes_and_flat_memory() {
    let tree = tempfile::tempdir().expect("a folder");
    let home = tempfile::tempdir().expect("a folder");
    write_tree(tree.path());
    let registry = registry();

    // What reading and reporting takes, without a request.
    let mut child = lint(home.path(), tree.path(), &registry)
        .arg("--offline")
        .spawn()
        .expect("the program starts");
    let mut offline = 0;
    let status = process::wait(&mut child, budget(), |pid| {
        offline = process::memory(pid, "VmHWM").unwrap_or(offline)
    });
    assert_eq!(
        (status.code(), registry.requests()),
        (Some(0), 0),
        "nothing is wrong but what only registries tell"
    );

    let report = home.path().join("report.json");
    let mut command = lint(home.path(), tree.path(), &registry);
    command
        .arg("--output")
        .arg(format!("json={}", report.display()));
    let started = Instant::now();
    let mut child = command.spawn().expect("the program starts");
    let mut course: Vec<Sample> = Vec::new();
    let mut peak = 0;
    let status = process::wait(&mut child, budget(), |pid| {
        peak = process::memory(pid, "VmHWM").unwrap_or(peak);
        course.push(Sample {
            second: started.elapsed().as_secs(),
            resident: process::memory(pid, "VmRSS").unwrap_or(0),
            open_files: process::open_files(pid),
            requests: registry.requests(),
        });
    });
    let took = started.elapsed();
    let all = registry.requests();
    println!(
        "{took:?}, peak {} MiB ({} MiB without a request), {all} requests seen, {} at once, {} connections",
        peak / 1024,
        offline / 1024,
        registry.most_in_flight(),
        registry.connections()
    );
    for sample in course.iter().step_by(course.len().div_ceil(24).max(1)) {
        let Sample {
            second,
            resident,
            open_files,
            requests,
        } = sample;
        println!(
            "  {second:>4} s  {:>4} MiB  {open_files:>4} files  {requests:>6} requests",
            resident / 1024
        );
    }
    assert_eq!(
        status.code(),
        Some(1),
        "there are images that cannot be pulled"
    );
    let report: Value =
        serde_json::from_slice(&std::fs::read(&report).expect("the report is there"))
            .expect("JSON");
    classes(&report);

    let asking: Vec<&Sample> = course
        .iter()
        .filter(|sample| (1..all).contains(&sample.requests))
        .collect();
    let most = asking
        .iter()
        .map(|sample| sample.resident)
        .max()
        .expect("requests take longer than a sample");
    assert!(
        most < offline + 64 * 1024,
        "{} MiB while asking, {} MiB without",
        most / 1024,
        offline / 1024
    );
    assert!(
        peak < offline + 96 * 1024,
        "{} MiB with {} findings",
        peak / 1024,
        report["findings"].as_array().map_or(0, Vec::len)
    );
    // Four times the 64 requests in flight, a few that are being closed, and the program's own.
    let files = course
        .iter()
        .map(|sample| sample.open_files)
        .max()
        .unwrap_or(0);
    assert!(files < 4 * 64 + 64, "{files} open files");
    let left = course.last().map_or(0, |sample| sample.open_files);
    assert!(left < 16, "{left} files are open at the end");
}

/// What a run may take: five minutes, or `IMAGE_LINT_SOAK_BUDGET` seconds on a machine with other work.
fn budget() -> Duration {
    let seconds = std::env::var("IMAGE_LINT_SOAK_BUDGET")
        .ok()
        .map(|seconds| seconds.parse().expect("seconds"));
    Duration::from_secs(seconds.unwrap_or(300))
}

/// Every mention is accounted for, by the manner of its host.
fn classes(report: &Value) {
    let host_of = |reference: &Value| {
        let text = reference.as_str().unwrap_or_default();
        let host = text.split('/').next().unwrap_or_default();
        (0..HOSTS)
            .find(|n| name(*n) == host)
            .unwrap_or_else(|| panic!("{text}"))
    };
    let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
    for finding in report["findings"].as_array().expect("findings") {
        let manner = format!("{:?}", manner(host_of(&finding["reference"])));
        *seen
            .entry((manner, finding["rule"].to_string()))
            .or_default() += 1;
    }
    for unchecked in report["unchecked"].as_array().expect("unchecked") {
        let manner = format!("{:?}", manner(host_of(&unchecked["reference"])));
        *seen
            .entry((manner, unchecked["cause"].to_string()))
            .or_default() += 1;
    }
    println!("{seen:#?}\n{}", report["summary"]);
    let of = |wanted: &str, rule: &str| {
        seen.get(&(wanted.to_owned(), format!("\"{rule}\"")))
            .copied()
            .unwrap_or(0)
    };
    let per_host = REPOSITORIES * TAGS * TIMES;
    assert_eq!(of("Fine", "unsupported-format"), 70 * per_host / 2);
    assert_eq!(of("Slow", "unsupported-format"), 10 * per_host / 2);
    assert_eq!(
        of("Limiting", "unsupported-format"),
        5 * per_host / 2,
        "a limit that ends is waited for"
    );
    assert_eq!(of("Closed", "rate-limited"), 5 * per_host);
    let dead: usize = seen
        .iter()
        .filter(|((manner, _), _)| manner == "Dead")
        .map(|(_, n)| n)
        .sum();
    assert_eq!(dead, 10 * per_host);
    assert_eq!(
        of("Dead", "connect") + of("Dead", "host-given-up"),
        dead,
        "dead hosts are unreachable, not missing"
    );
    assert_eq!(
        seen.len(),
        if of("Dead", "connect") > 0 && of("Dead", "host-given-up") > 0 {
            6
        } else {
            5
        }
    );
    assert_eq!(report["summary"]["mentions"], HOSTS * per_host);
    assert_eq!(report["summary"]["references"], HOSTS * REPOSITORIES * TAGS);
}
