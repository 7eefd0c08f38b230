//! SIGINT, SIGTERM and a closed stdout at random moments: no half report, no temporary file, no process left behind.

use crate::executable::write_executable;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::process;
use crate::support::registry::Registry;

const HOST: &str = "registry.example.com";
const HELD: &str = "held.example.com";

/// A registry that takes its time, so that signals find requests in flight.
fn registry() -> Registry {
    let registry = Registry::start();
    for tag in 0..120 {
        registry.push_oci("team/app", &format!("v{tag}"));
    }
    registry.latency(Duration::from_millis(15));
    registry
}

fn write_tree(folder: &Path) {
    for file in 0..40 {
        let images: String = (0..3)
            .map(|i| {
                format!(
                    "  - {{name: c{i}, image: \"{HOST}/team/app:v{}\"}}\n",
                    file * 3 + i
                )
            })
            .collect();
        let text = format!("apiVersion: v1\nkind: Pod\nspec:\n  containers:\n{images}");
        std::fs::write(folder.join(format!("p{file}.yaml")), text).expect("a file");
    }
    std::fs::write(
        folder.join("held.yaml"),
        format!("apiVersion: v1\nkind: Pod\nspec: {{containers: [{{image: \"{HELD}/a/b:1\"}}]}}\n"),
    )
    .expect("a file");
}

/// A credential helper that writes its process id down and has no answer for so many seconds.
fn write_helper(home: &Path, seconds: &str) {
    let helper = home.join("docker-credential-slow");
    let script = format!(
        "#!/bin/sh\necho $$ >> {}\nexec /bin/sleep {seconds}\n",
        home.join("pids").display()
    );
    write_executable(&helper, &script);
    std::fs::create_dir_all(home.join(".docker")).expect("a folder");
    let config = format!(r#"{{"credHelpers":{{"{HELD}":"slow"}}}}"#);
    std::fs::write(home.join(".docker/config.json"), config).expect("a file");
}

#[derive(Clone, Copy, Debug)]
enum End {
    Interrupt,
    Terminate,
    ClosedStdout,
    /// Left alone: what the others interrupt.
    None,
}

/// One run, ended after `delay`.
fn run(end: End, delay: Duration, tree: &Path, registry: &Registry) {
    let home = tempfile::tempdir().expect("a folder");
    let out = tempfile::tempdir().expect("a folder");
    let signalled = matches!(end, End::Interrupt | End::Terminate);
    write_helper(home.path(), if signalled { "600" } else { "0.2" });
    let mut command = process::program(home.path());
    command.arg(tree).args([
        "--plain-http",
        HOST,
        "--plain-http",
        HELD,
        "--format",
        "jsonl",
        "--no-config",
    ]);
    for format in ["json", "sarif", "junit"] {
        command
            .arg("--output")
            .arg(format!("{format}={}", out.path().join(format).display()));
    }
    command
        .env("http_proxy", registry.url())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().expect("the program starts");
    let mut stdout = child.stdout.take();
    std::thread::sleep(delay);
    let ended = Instant::now();
    match end {
        End::Interrupt => process::signal(child.id(), "INT"),
        End::Terminate => process::signal(child.id(), "TERM"),
        End::ClosedStdout => {
            let mut few = [0; 100];
            let _ = stdout.as_mut().map(|out| out.read(&mut few));
            drop(stdout.take());
        }
        End::None => {}
    }
    // What is left on stdout has to be taken, or the program waits for its reader.
    let reader = stdout.map(|mut out| {
        std::thread::spawn(move || {
            let mut rest = Vec::new();
            let _ = out.read_to_end(&mut rest);
        })
    });
    let status = process::wait(&mut child, Duration::from_secs(120), |_| {});
    let took = ended.elapsed();
    if let Some(reader) = reader {
        reader.join().expect("the reader ends with the pipe");
    }
    let why = format!("{end:?} after {delay:?}: {status}");
    match end {
        End::Interrupt => {
            assert!(
                status.code() == Some(130) || status.signal() == Some(2) || is_whole(status.code()),
                "{why}"
            )
        }
        End::Terminate => {
            assert!(
                status.code() == Some(130)
                    || status.signal() == Some(15)
                    || is_whole(status.code()),
                "{why}"
            )
        }
        End::ClosedStdout => assert!(is_whole(status.code()), "{why}"),
        End::None => {
            assert_eq!(status.code(), Some(1), "{why}");
            assert_eq!(
                std::fs::read_dir(out.path()).expect("the folder").count(),
                3,
                "{why}"
            );
            assert!(
                home.path().join("pids").exists(),
                "the credential helper was asked"
            );
        }
    }
    println!("{why}, {took:?}");
    reports(out.path(), &why);
    cache(home.path(), &why);
    helpers(home.path(), &why);
}

/// Ended by itself, with findings or before the signal came.
fn is_whole(code: Option<i32>) -> bool {
    matches!(code, Some(0 | 1 | 3))
}

/// Reports are whole or absent, and nothing else is in their folder.
fn reports(folder: &Path, why: &str) {
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("a plain name");
        let text = std::fs::read_to_string(entry.path()).expect("a report");
        match name.as_str() {
            "json" | "sarif" => {
                assert!(
                    serde_json::from_str::<serde_json::Value>(&text).is_ok(),
                    "{why}: half a {name} report"
                );
            }
            "junit" => assert!(
                text.trim_end().ends_with("</testsuites>"),
                "{why}: half a report"
            ),
            other => panic!("{why}: `{other}` was left behind"),
        }
    }
}

/// The cache holds whole answers under their names only.
fn cache(home: &Path, why: &str) {
    let Ok(entries) = std::fs::read_dir(home.join(".cache/image-lint/answers")) else {
        return;
    };
    for entry in entries {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("a plain name");
        assert!(
            name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit()),
            "{why}: `{name}` was left behind"
        );
        let bytes = std::fs::read(entry.path()).expect("an answer");
        assert!(
            serde_json::from_slice::<serde_json::Value>(&bytes).is_ok(),
            "{why}: half an answer"
        );
    }
}

/// No helper outlives the run.
fn helpers(home: &Path, why: &str) {
    let pids = std::fs::read_to_string(home.join("pids")).unwrap_or_default();
    for pid in pids.lines().filter_map(|line| line.trim().parse().ok()) {
        let started = Instant::now();
        while process::exists(pid) {
            if started.elapsed() > Duration::from_secs(30) {
                process::signal(pid, "KILL");
                panic!("{why}: the credential helper {pid} is still there");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn rounds(runs: usize) {
    let tree = tempfile::tempdir().expect("a folder");
    write_tree(tree.path());
    let registry = registry();
    let seed = std::env::var("SOAK_SEED")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or_else(|| fastrand::u64(..));
    println!("SOAK_SEED={seed}");
    run(End::None, Duration::ZERO, tree.path(), &registry);
    let mut random = fastrand::Rng::with_seed(seed);
    let started = Instant::now();
    for number in 0..runs {
        let end = [End::Interrupt, End::Terminate, End::ClosedStdout][number % 3];
        run(
            end,
            Duration::from_millis(random.u64(0..700)),
            tree.path(),
            &registry,
        );
    }
    println!("{runs} runs in {:?}", started.elapsed());
}

/// `IMAGE_LINT_SOAK_RUNS=200` makes more of them than an ordinary test run has time for.
#[test]
fn ends_at_random_moments_leave_nothing_behind() {
    let runs = std::env::var("IMAGE_LINT_SOAK_RUNS")
        .ok()
        .map(|runs| runs.parse().expect("a number of runs"));
    rounds(runs.unwrap_or(20));
}
