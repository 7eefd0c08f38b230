//! More findings than a place that shows them can take, and none at all.

use crate::FORMATS;
use crate::program::{Workspace, pod};

fn bad(count: usize) -> Workspace {
    let names: Vec<String> = (0..count).map(|n| format!("Bad/Name{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Workspace::of("pod.yaml", pod(&names))
}

#[test]
fn three_thousand_findings_fit_the_places_that_show_them() {
    let workspace = bad(3000);
    let ran = workspace
        .program(&[
            "--offline",
            "--format",
            "github",
            "--output",
            "gitlab=gitlab.json",
            "--output",
            "json=all.json",
        ])
        .args(&["--output", "markdown=summary.md"])
        .env("GITHUB_ACTIONS", "true")
        .run();
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    for level in ["error", "warning", "notice"] {
        let of = ran
            .said()
            .lines()
            .filter(|line| line.starts_with(&format!("::{level} ")))
            .count();
        assert!(
            of <= 10,
            "{of} annotations of level {level}: the runner keeps ten and drops the rest in silence"
        );
    }
    assert!(
        ran.stdout
            .lines()
            .any(|line| line.starts_with("::error ") && line.contains("more")),
        "{}",
        ran.stdout
    );
    // The action appends it to the job's summary, of which GitHub takes 1 MiB.
    let summary = workspace.read("summary.md");
    assert!(
        !summary.is_empty() && summary.len() < 1024 * 1024,
        "{} bytes of summary",
        summary.len()
    );
    let entries = |name: &str| {
        serde_json::from_str::<serde_json::Value>(&workspace.read(name)).expect("JSON")
    };
    assert_eq!(entries("gitlab.json").as_array().map(Vec::len), Some(3000));
    assert_eq!(
        entries("all.json")["findings"].as_array().map(Vec::len),
        Some(3000)
    );
}

#[test]
fn thirty_thousand_findings_are_cut_where_github_would_refuse_them() {
    let workspace = bad(30_000);
    let ran = workspace
        .program(&[
            "--offline",
            "--format",
            "sarif",
            "--output",
            "json=all.json",
        ])
        .run();
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let run = &ran.json()["runs"][0];
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), 5000);
    assert!(
        run["invocations"][0].to_string().contains("30000") || run.to_string().contains("30,000"),
        "a notice"
    );
    // GitHub takes 10 MB after gzip; before it is already less.
    assert!(ran.stdout.len() < 10_000_000, "{} bytes", ran.stdout.len());
    let all: serde_json::Value = serde_json::from_str(&workspace.read("all.json")).expect("JSON");
    assert_eq!(
        all["findings"].as_array().map(Vec::len),
        Some(30_000),
        "our own report has them all"
    );
}

#[test]
fn a_clean_run_is_said_in_every_format() {
    let workspace = Workspace::of("pod.yaml", pod(&["quay.io/team/app:1"]));
    for format in FORMATS {
        let ran = workspace.program(&["--offline", "--format", format]).run();
        assert_eq!(ran.code, Some(0), "{format}: {}", ran.said());
        let json = || serde_json::from_str::<serde_json::Value>(&ran.stdout).expect("JSON");
        match format {
            "sarif" => assert_eq!(json()["runs"][0]["results"], serde_json::json!([])),
            "gitlab" => assert_eq!(json(), serde_json::json!([])),
            "json" => assert_eq!(json()["findings"], serde_json::json!([])),
            "junit" => {
                assert!(
                    ran.stdout.contains("<testcase ") && !ran.stdout.contains("<failure"),
                    "{}",
                    ran.stdout
                );
            }
            "github" => assert!(!ran.stdout.contains("::error"), "{}", ran.stdout),
            "jsonl" => assert!(!ran.stdout.contains("\"finding\""), "{}", ran.stdout),
            "rdjsonl" => assert_eq!(ran.stdout, ""),
            _ => assert!(
                ran.stdout.to_lowercase().contains("no problems found"),
                "{format}: {}",
                ran.stdout
            ),
        }
    }
}
