//! Start, reading and writing: everything without a network.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::measure::{Cost, Factor, Peak, Time, cost, in_turn};
use super::page::Page;
use super::{image_lint, support, text_of, tree};

/// Counted runs of each command.
const RUNS: usize = 7;

pub fn start(page: &mut Page) {
    let empty = tempfile::tempdir().expect("a temporary folder");
    let empty = text_of(empty.path());
    page.header(&["command", "time", "peak"]);
    let commands: [(&str, &dyn Fn() -> Command); 5] = [
        ("`true`", &|| Command::new("true")),
        ("`image-lint --version`", &|| image_lint(&["--version"])),
        ("`image-lint list`, empty tree", &|| {
            image_lint(&["list", empty])
        }),
        ("`image-lint`, empty tree", &|| image_lint(&[empty])),
        ("`image-lint --offline`, empty tree", &|| {
            image_lint(&["--offline", empty])
        }),
    ];
    let commands_only: Vec<_> = commands.iter().map(|(_, command)| *command).collect();
    for ((name, _), cost) in commands.iter().zip(in_turn(41, &commands_only).costs) {
        page.row(&[name, &Time(cost.wall), &Peak(cost.peak)]);
    }
    let size = std::fs::metadata(env!("CARGO_BIN_EXE_image-lint")).map_or(0, |meta| meta.len());
    page.row(&[
        &"size of the program",
        &format!("{:.1} MB", size as f64 / 1e6),
        &"",
    ]);
}

pub fn list(page: &mut Page, checkouts: &[PathBuf]) {
    let generated = tempfile::tempdir().expect("a temporary folder");
    tree::mixed(generated.path(), 50_000);
    let mut trees: Vec<(String, &Path)> = checkouts
        .iter()
        .map(|path| (name_of(path), path.as_path()))
        .collect();
    trees.push(("generated".to_owned(), generated.path()));
    page.header(&[
        "tree",
        "files",
        "`list`",
        "peak",
        "`rg --no-ignore --hidden -l image`",
        "`list` takes",
        "`rg --files`",
        "`list` takes",
    ]);
    for (name, path) in trees {
        let rg = |flags: &[&str]| {
            let mut command = support::real::tool("rg");
            command.args(flags).arg(path);
            command
        };
        let grep = || rg(&["--no-ignore", "--hidden", "-l", "image"]);
        let files = || rg(&["--files"]);
        let found = in_turn(
            RUNS,
            &[&|| image_lint(&["list", text_of(path)]), &grep, &files],
        );
        let counted = rg(&["--no-ignore", "--hidden", "--files"])
            .output()
            .expect("ripgrep runs");
        let count = counted.stdout.iter().filter(|byte| **byte == b'\n').count();
        let [ours, grep, files] = [0, 1, 2].map(|i| found.costs[i]);
        page.row(&[
            &name,
            &count,
            &Time(ours.wall),
            &Peak(ours.peak),
            &Time(grep.wall),
            &Factor(found.ratio(0, 1)),
            &Time(files.wall),
            &Factor(found.ratio(0, 2)),
        ]);
    }
}

/// `owner/name` of a folder called `name` or `owner+name`.
fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().replace('+', "/"),
    )
}

pub fn formats(page: &mut Page) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    tree::of_findings(folder.path(), 5_000);
    let path = text_of(folder.path());
    page.header(&["format", "time", "peak"]);
    for format in [
        "human", "github", "gitlab", "sarif", "junit", "json", "jsonl", "markdown", "html",
        "rdjsonl",
    ] {
        let cost = cost(RUNS, &|| {
            image_lint(&["--offline", "--format", format, path])
        });
        page.row(&[&format!("`{format}`"), &Time(cost.wall), &Peak(cost.peak)]);
    }
}

pub fn growth(page: &mut Page) {
    let each = |cost: Cost, mentions: usize| cost.wall.as_secs_f64() * 1e6 / mentions as f64;
    page.header(&[
        "command",
        "mentions",
        "time",
        "per 1,000",
        "beside 1,000 mentions",
        "peak",
    ]);
    for arguments in [["list", "--format=jsonl"], ["--offline", "--format=json"]] {
        let mut first = None;
        for mentions in [1_000, 10_000, 100_000] {
            let folder = tempfile::tempdir().expect("a temporary folder");
            tree::of_mentions(folder.path(), mentions);
            let runs = if mentions == 100_000 { 3 } else { RUNS };
            let cost = cost(runs, &|| {
                image_lint(&[arguments[0], arguments[1], text_of(folder.path())])
            });
            let each = each(cost, mentions);
            page.row(&[
                &format!("`{}`", arguments.join(" ")),
                &mentions,
                &Time(cost.wall),
                &format!("{each:.1} ms"),
                &Factor(each / *first.get_or_insert(each)),
                &Peak(cost.peak),
            ]);
        }
    }
}
