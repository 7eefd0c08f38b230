//! Runs `list` over every folder of a folder of checkouts and prints a line for each: how many files were read, how many
//! mentions and distinct references were found, how many of each status, how long it took, and whether anything failed.
//!
//! `cargo run --release --example corpus -- FOLDER...` repeats the project's measurement on any checkouts.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Parser;
use image_lint::cli::Cli;

/// The statuses of `list`, in the order of the columns.
const STATUSES: [&str; 6] = ["known", "open", "invalid", "internal", "stream", "local"];

/// What `list` and `list --files` said of one repository.
#[derive(Default)]
struct Figures {
    files: usize,
    mentions: usize,
    references: BTreeSet<String>,
    statuses: BTreeMap<String, usize>,
    skipped: usize,
    failures: usize,
    took: Duration,
}

fn main() -> Result<(), Box<dyn Error>> {
    let roots: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if roots.is_empty() {
        return Err(
            "name a folder of checkouts: cargo run --release --example corpus -- FOLDER".into(),
        );
    }
    let mut repositories = Vec::new();
    for root in &roots {
        for entry in fs::read_dir(root).map_err(|error| format!("{}: {error}", root.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                repositories.push(path);
            }
        }
    }
    repositories.sort();
    let width = repositories
        .iter()
        .map(|path| name(path).chars().count())
        .max()
        .unwrap_or(0)
        .max("repository".len());
    print!(
        "{:width$} {:>6} {:>8} {:>8}",
        "repository", "files", "mentions", "distinct"
    );
    STATUSES.iter().for_each(|status| print!(" {status:>8}"));
    println!(" {:>7} {:>6} {:>8}", "skipped", "panics", "ms");
    let mut total = Figures::default();
    for repository in &repositories {
        let figures = measure(repository)?;
        print_line(&name(repository), width, &figures);
        total.add(figures);
    }
    print_line("total", width, &total);
    Ok(())
}

fn name(repository: &Path) -> String {
    repository
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn measure(repository: &Path) -> Result<Figures, Box<dyn Error>> {
    let mut figures = Figures::default();
    let begin = Instant::now();
    let mentions = list(repository, &[])?;
    figures.took = begin.elapsed();
    for line in mentions.lines() {
        let mention: serde_json::Value = serde_json::from_str(line)?;
        figures.mentions += 1;
        let status = mention["status"].as_str().unwrap_or("?").to_owned();
        *figures.statuses.entry(status).or_default() += 1;
        if let Some(reference) = mention["reference"].as_str() {
            figures.references.insert(reference.to_owned());
        }
    }
    for line in list(repository, &["--files"])?.lines() {
        let file: serde_json::Value = serde_json::from_str(line)?;
        figures.files += usize::from(!file["reader"].is_null());
        for skipped in file["skipped"].as_array().into_iter().flatten() {
            figures.skipped += 1;
            let why = skipped["why"].as_str().unwrap_or("");
            figures.failures += usize::from(why.contains("image-lint failed inside"));
        }
    }
    Ok(figures)
}

/// The lines that `image-lint list --format jsonl` prints.
fn list(repository: &Path, flags: &[&str]) -> Result<String, Box<dyn Error>> {
    let mut arguments = vec![
        "image-lint".into(),
        "list".into(),
        "--format".into(),
        "jsonl".into(),
    ];
    arguments.extend(["--no-gitignore", "--no-config"].map(Into::into));
    arguments.extend(flags.iter().map(Into::into));
    arguments.push(repository.as_os_str().to_owned());
    let mut out = Vec::new();
    image_lint::app::run(Cli::try_parse_from(arguments)?, &BTreeMap::new(), &mut out)?;
    Ok(String::from_utf8(out)?)
}

fn print_line(name: &str, width: usize, figures: &Figures) {
    print!(
        "{name:width$} {:>6} {:>8} {:>8}",
        figures.files,
        figures.mentions,
        figures.references.len()
    );
    for status in STATUSES {
        print!(" {:>8}", figures.statuses.get(status).copied().unwrap_or(0));
    }
    println!(
        " {:>7} {:>6} {:>8}",
        figures.skipped,
        figures.failures,
        figures.took.as_millis()
    );
}

impl Figures {
    fn add(&mut self, other: Figures) {
        self.files += other.files;
        self.mentions += other.mentions;
        self.references.extend(other.references);
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        self.skipped += other.skipped;
        self.failures += other.failures;
        self.took += other.took;
    }
}
