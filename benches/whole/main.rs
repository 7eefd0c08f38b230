//! The whole program against the clock, beside what bounds it.
//!
//! `cargo bench --bench whole -- [QUESTION]... [--checkout FOLDER]... [--write]`; without a question all are asked.
//! Questions: `start`, `list`, `asking`, `classes`, `hosts`, `push`, `formats`, `growth`,
//! `pages`. Each prints a Markdown table; with `--write`
//! the tables are put in their places in docs/performance.md. Commands that are compared run in turn, A B A B, and
//! ratios are medians of the ratios of neighbours.
//!
//! Needs ripgrep, git, GNU time, skopeo, docker-registry, node and Chromium (scripts/install-test-tools.sh), and for `pages`
//! scripts/install-hook-tools.sh. All of it takes a quarter of
//! an hour, most of it waiting for slow answers. Without `--bench`, as under `cargo test`, it ends at once.

#[path = "../../tests/support/mod.rs"]
mod support;

mod asking;
mod classes;
mod measure;
mod page;
mod pages;
mod push;
mod reading;
mod slow_proxy;
mod texts;
mod tree;

use std::path::{Path, PathBuf};
use std::process::Command;

use page::Page;

/// Its name, and what answers it.
type Question<'a> = (&'a str, &'a dyn Fn(&mut Page));

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let mut words = arguments
        .into_iter()
        .filter(|argument| argument != "--bench");
    let (mut asked, mut checkouts, mut write) = (Vec::new(), Vec::new(), false);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--checkout" => checkouts.extend(words.next().map(PathBuf::from)),
            "--write" => write = true,
            _ => asked.push(word),
        }
    }
    let questions: [Question<'_>; 9] = [
        ("start", &reading::start),
        ("list", &|page| reading::list(page, &checkouts)),
        ("asking", &asking::references),
        ("classes", &classes::classes),
        ("hosts", &asking::hosts),
        ("push", &push::pushes),
        ("formats", &reading::formats),
        ("growth", &reading::growth),
        ("pages", &pages::pages),
    ];
    if let Some(unknown) = asked
        .iter()
        .find(|word| questions.iter().all(|(name, _)| name != word))
    {
        panic!("`{unknown}` is none of the questions");
    }
    let mut page = Page::new(write);
    questions
        .iter()
        .map(|(name, _)| *name)
        .chain(["machine"])
        .for_each(|name| page.check(name));
    for (name, answer) in questions {
        if asked.is_empty() || asked.iter().any(|word| word == name) {
            println!("\n### {name}");
            answer(&mut page);
            page.end(name);
        }
    }
    println!("\n{}", page.machine());
    page.end("machine");
}

/// The program that is measured, without the user's settings.
fn image_lint(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_image-lint"));
    command.args(arguments).env_clear();
    command
}

fn text_of(path: &Path) -> &str {
    path.to_str()
        .expect("temporary folders have names that are text")
}
