//! Commands that the documents show are ones that the program takes.

use clap::Parser;
use image_lint::cli::Cli;

use crate::project;

/// Every Markdown document of the project, by its path from the top.
pub fn documents() -> Vec<String> {
    let mut found: Vec<String> = [
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "SECURITY.md",
    ]
    .map(str::to_owned)
    .to_vec();
    for folder in ["docs", "docs/guides"] {
        let names = std::fs::read_dir(project().join(folder)).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        found.extend(
            names
                .filter(|name| name.ends_with(".md"))
                .map(|name| format!("{folder}/{name}")),
        );
    }
    found.sort();
    found
}

/// The calls of the program in the document's code, each as its words.
fn calls(text: &str) -> Vec<Vec<String>> {
    let mut code = false;
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with("```") {
            code = !code;
            continue;
        }
        let line = line.split(" #").next().unwrap_or_default();
        let line = ["run: ", "- script: ", "- "]
            .iter()
            .find_map(|key| line.strip_prefix(key))
            .unwrap_or(line);
        let call = line.split(" | ").last().unwrap_or_default();
        if code && call.starts_with("image-lint ") {
            let words = call
                .split([' ', '\t'])
                .filter(|word| !word.is_empty())
                .take_while(|word| !matches!(*word, ">" | "&&" | ">>"));
            found.push(words.map(str::to_owned).collect());
        }
    }
    found
}

#[test]
fn every_command_that_a_document_shows_is_taken() {
    let mut seen = 0;
    for document in documents() {
        let text = std::fs::read_to_string(project().join(&document)).unwrap();
        for call in calls(&text) {
            seen += 1;
            // Names in capitals stand for what the reader knows; `…` for more of the same.
            let words = call.iter().filter(|word| *word != "…");
            if let Err(error) = Cli::try_parse_from(words) {
                let help = matches!(
                    error.kind(),
                    clap::error::ErrorKind::DisplayHelp | clap::error::ErrorKind::DisplayVersion
                );
                assert!(help, "{document}: {call:?}: {error}");
            }
        }
    }
    assert!(seen > 20, "commands are found: {seen}");
}

/// As the site and GitHub make an anchor of a heading of letters, digits, blanks, dashes and dots.
fn anchor(title: &str) -> String {
    let kept = title
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

#[test]
fn every_guide_that_a_rule_names_is_a_heading_of_its_page() {
    let guides = image_lint::rules::rules()
        .iter()
        .flat_map(|rule| rule.meta().guides);
    let mut seen = 0;
    for guide in guides {
        let (page, section) = guide.page.split_once('#').unwrap_or((guide.page, ""));
        let text = std::fs::read_to_string(project().join("docs").join(page)).unwrap();
        let mut heads = text.lines().filter(|line| line.starts_with('#'));
        let found = heads.any(|line| line.trim_start_matches('#').trim() == guide.title);
        assert!(found, "{page} has no heading `{}`", guide.title);
        if !section.is_empty() {
            assert_eq!(anchor(guide.title), section, "{page}");
        }
        seen += 1;
    }
    assert!(seen > 15, "{seen} guides");
}
