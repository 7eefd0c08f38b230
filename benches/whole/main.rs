//! The whole program against the clock, beside what bounds it. Prints one Markdown table for each question.
//!
//! `cargo bench --bench whole -- [QUESTION]... [--checkout FOLDER]...`; without a question all are asked. Questions:
//! `start`, `list`, `asking`, `hosts`, `push`, `formats`, `growth`. Needs ripgrep, git, GNU time, skopeo and
//! docker-registry (scripts/install-test-tools.sh). Without `--bench`, as under `cargo test`, it ends at once.

#[path = "../../tests/support/mod.rs"]
mod support;

mod asking;
mod measure;
mod push;
mod slow_proxy;
mod tree;

use std::path::{Path, PathBuf};
use std::process::Command;

use measure::{Cost, cost, pairs};

/// Counted runs of each command.
const RUNS: usize = 7;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let mut words = arguments.into_iter().filter(|argument| argument != "--bench");
    let (mut questions, mut checkouts) = (Vec::new(), Vec::new());
    while let Some(word) = words.next() {
        match word.as_str() {
            "--checkout" => checkouts.extend(words.next().map(PathBuf::from)),
            _ => questions.push(word),
        }
    }
    let asked = |question: &str| questions.is_empty() || questions.iter().any(|word| word == question);
    let parts: [(&str, &dyn Fn()); 7] = [
        ("start", &start),
        ("list", &|| list(&checkouts)),
        ("asking", &asking::references),
        ("hosts", &asking::hosts),
        ("push", &push::pushes),
        ("formats", &formats),
        ("growth", &growth),
    ];
    for (name, run) in parts {
        if asked(name) {
            run();
        }
    }
}

/// The program that is measured, without the user's settings.
fn image_lint(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_image-lint"));
    command.args(arguments).env_clear();
    command
}

fn header(title: &str, columns: &str) {
    println!("\n### {title}\n\n{columns}");
    println!("{}|", "|---".repeat(columns.matches('|').count() - 1));
}

fn row(name: &str, cost: Cost, rest: &str) {
    println!("| {name} | {:.1} ms | {:.1} MiB |{rest}", cost.wall.as_secs_f64() * 1e3, cost.peak);
}

fn text_of(path: &Path) -> &str {
    path.to_str().expect("temporary folders have names that are text")
}

fn start() {
    let empty = tempfile::tempdir().expect("a temporary folder");
    header("Start", "| command | time | peak |");
    row("`true`", cost(21, &|| Command::new("true")), "");
    row("`image-lint --version`", cost(21, &|| image_lint(&["--version"])), "");
    row("`image-lint list`, empty tree", cost(21, &|| image_lint(&["list", text_of(empty.path())])), "");
    row("`image-lint`, empty tree", cost(21, &|| image_lint(&[text_of(empty.path())])), "");
}

fn list(checkouts: &[PathBuf]) {
    let generated = tempfile::tempdir().expect("a temporary folder");
    tree::mixed(generated.path(), 50_000);
    header("`list` beside ripgrep", "| tree and command | time | peak | `list` takes |");
    let mut trees: Vec<(String, &Path)> =
        checkouts.iter().map(|path| (path.display().to_string(), path.as_path())).collect();
    trees.push(("generated, 50,000 files".to_owned(), generated.path()));
    for (name, path) in trees {
        let ours = || image_lint(&["list", text_of(path)]);
        for flags in [["--no-ignore", "--hidden", "-l", "image"].as_slice(), &["--files"]] {
            let other = || {
                let mut command = support::real::tool("rg");
                command.args(flags).arg(path);
                command
            };
            let (list, grep, ratio) = pairs(RUNS, &ours, &other);
            row(&format!("{name}: `rg {}`", flags.join(" ")), grep, &format!(" {ratio:.1} × |"));
            if flags.len() == 1 {
                row(&format!("{name}: `list`"), list, " |");
            }
        }
    }
}

fn formats() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    tree::of_findings(folder.path(), 5_000);
    let path = text_of(folder.path());
    header("5,000 findings", "| format | time | peak |");
    for format in ["human", "github", "gitlab", "sarif", "junit", "json", "jsonl", "markdown", "rdjsonl"] {
        row(&format!("`{format}`"), cost(5, &|| image_lint(&["--offline", "--format", format, path])), "");
    }
}

fn growth() {
    header("Growth with mentions", "| command | time | peak | per 1,000 mentions |");
    for mentions in [1_000, 10_000, 100_000] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        tree::of_mentions(folder.path(), mentions);
        for arguments in [["list", "--format=jsonl"], ["--offline", "--format=json"]] {
            let cost = cost(RUNS, &|| image_lint(&[arguments[0], arguments[1], text_of(folder.path())]));
            let each = cost.wall.as_secs_f64() * 1e6 / mentions as f64;
            row(&format!("`{}`, {mentions} mentions", arguments.join(" ")), cost, &format!(" {each:.2} ms |"));
        }
    }
}
