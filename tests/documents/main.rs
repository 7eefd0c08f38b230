//! The documents say what is so: README's output is the demo's, its YAML is taken, its links lead somewhere.

#[path = "../../crates/image-lint-registry/src/executable.rs"]
mod executable;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/tools.rs"]
mod tools;

mod action;
mod completions;
mod guides;
mod pulls;
mod reader;
mod reference;
mod rooms;
mod trust;
mod typed;

use std::process::Command;

use clap::Parser;
use image_lint::cli::Cli;
use support::demo;
use tools::project;

const README: &str = include_str!("../../README.md");

/// Fenced blocks of a language, in order.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let open = format!("```{language}\n");
    text.split(&open)
        .skip(1)
        .filter_map(|rest| rest.split_once("\n```"))
        .map(|(block, _)| block)
        .collect()
}

/// Without what only the demo's commands need: its registry has no TLS, and the reader's has.
fn demo_at_100_columns() -> String {
    let registry = demo::registry();
    let mut environment = demo::environment(&registry);
    environment.extend([
        ("COLUMNS".to_owned(), "100".to_owned()),
        ("LC_ALL".to_owned(), "C.UTF-8".to_owned()),
    ]);
    let files = project().join("testdata/demo");
    let cli = Cli::try_parse_from(demo::arguments(files.to_str().unwrap())).unwrap();
    let mut out = Vec::new();
    assert_eq!(
        image_lint::app::run(cli, &environment, &mut out).unwrap(),
        1
    );
    let out = String::from_utf8(out).unwrap();
    out.replace(" --src-tls-verify=false", "")
        .replace(" --tls-verify=false", "")
}

#[test]
fn the_readme_shows_what_the_demo_prints() {
    let out = demo_at_100_columns();
    let shown = README
        .split("as text:\n\n```\n")
        .nth(1)
        .and_then(|rest| rest.split_once("\n```"))
        .unwrap()
        .0;
    assert!(
        out.contains(shown),
        "README.md shows\n{shown}\nand the demo prints\n{out}"
    );
}

#[test]
fn the_first_forty_lines_say_how_to_run_it_anywhere() {
    let first: String = README.lines().take(40).collect::<Vec<_>>().join("\n");
    for needed in [
        "missing signature key",
        "repository does not exist",
        "cargo run --example demo",
        "scripts/test.sh",
        "cargo install",
        "image-lint .",
        "hook install",
        "/image-lint@COMMIT # v",
        "component:",
    ] {
        assert!(first.contains(needed), "{needed}");
    }
}

#[test]
fn the_yaml_of_the_readme_is_taken() {
    let blocks = blocks(README, "yaml");
    assert_eq!(blocks.len(), 4);
    for block in &blocks {
        serde_yaml::from_str::<serde_yaml::Value>(block)
            .unwrap_or_else(|error| panic!("{error}\n{block}"));
    }
    let configuration = blocks
        .iter()
        .find(|block| block.contains("ignore:"))
        .unwrap();
    let rules = image_lint::config::known_rules();
    image_lint::config::repository(".image-lint.yaml", configuration, &rules).unwrap();
}

/// Fenced blocks of YAML as they are pasted, without the indentation of the list that they are in.
fn pasted(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some((indent, "")) = line.split_once("```yaml") else {
            continue;
        };
        let inside = lines.by_ref().take_while(|line| line.trim() != "```");
        let inside = inside.map(|line| line.strip_prefix(indent).unwrap_or(line).to_owned() + "\n");
        found.push(inside.collect());
    }
    found
}

#[test]
fn every_block_of_yaml_that_a_document_shows_is_yaml() {
    let mut seen = 0;
    // The rules show what is wrong, and templates.
    let documents = guides::documents().into_iter();
    for document in documents.filter(|document| document != "docs/rules.md") {
        let text = std::fs::read_to_string(project().join(&document)).unwrap();
        for block in pasted(&text) {
            seen += 1;
            for part in serde_yaml::Deserializer::from_str(&block) {
                let value = <serde_yaml::Value as serde::Deserialize>::deserialize(part);
                value.unwrap_or_else(|error| panic!("{document}: {error}\n{block}"));
            }
        }
    }
    assert!(seen > 20, "{seen} blocks");
}

#[test]
fn every_key_and_variable_is_in_the_reference() {
    let page = std::fs::read_to_string(project().join("docs/configuration.md")).unwrap();
    let mut names: Vec<String> = image_lint::config::variables::VARIABLES
        .iter()
        .flat_map(|variable| variable.names.split(", "))
        .map(str::to_owned)
        .collect();
    for schema in ["config", "user-config"] {
        let path = project().join(format!("schemas/{schema}.schema.json"));
        let schema: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let keys = schema["properties"].as_object().expect("keys").keys();
        names.extend(keys.filter(|key| !key.starts_with('$')).cloned());
    }
    for name in names {
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
}

#[test]
fn links_of_the_documents_lead_to_files() {
    for document in guides::documents() {
        let path = project().join(&document);
        let text = std::fs::read_to_string(&path).unwrap();
        for target in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split_once(')'))
            .map(|(target, _)| target)
        {
            if target.starts_with("https://") || target.starts_with('#') {
                continue;
            }
            let file = target.split('#').next().unwrap();
            assert!(
                path.parent().unwrap().join(file).exists(),
                "{document} links to {target}"
            );
        }
    }
}

/// Runs the program away from any repository; what it wrote to stdout, and its exit code.
fn run(arguments: &[&str]) -> (String, i32) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_image-lint"));
    let done = command
        .args(arguments)
        .current_dir(folder.path())
        .env("HOME", folder.path())
        .output()
        .unwrap();
    (
        String::from_utf8(done.stdout).unwrap() + &String::from_utf8_lossy(&done.stderr),
        done.status.code().unwrap(),
    )
}

#[test]
fn offline_help_is_there_for_everything() {
    let mut rows: Vec<(Vec<&str>, &str)> = vec![
        (vec!["explain"], "unsupported-format"),
        (vec!["explain", "oci-build"], "What to do"),
        (
            vec!["config", "--show", "--target", "kubernetes"],
            "# --target",
        ),
        (vec!["man"], ".TH image-lint"),
        (vec!["--help"], "--plain-http"),
        (vec!["-h"], "--target"),
    ];
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        rows.push((vec!["completions", shell], "image-lint"));
    }
    for published in &image_lint::schema::ALL {
        rows.push((vec!["schema", published.name], "json-schema.org"));
    }
    for (arguments, expected) in rows {
        let (text, code) = run(&arguments);
        assert!(
            code == 0 && text.contains(expected),
            "{arguments:?}: {code}\n{text}"
        );
    }
}

/// Names of long options in what a manual page says of options.
fn manual_options(page: &str) -> Vec<String> {
    let text = page
        .replace("\\-", "-")
        .replace("\\fB", "")
        .replace("\\fR", "");
    let options = text.split_once(".SH OPTIONS").map_or("", |(_, rest)| rest);
    options
        .split(".TP\n")
        .filter_map(|entry| entry.lines().next())
        .filter_map(|head| head.split("--").nth(1))
        .map(|name| {
            name.split([' ', '=', '['])
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .collect()
}

#[test]
fn every_command_has_a_manual_page_and_every_option_a_word_in_it() {
    let mut all = image_lint::cli::full_command();
    all.build();
    let mut pages: Vec<(Vec<String>, clap::Command)> = vec![(Vec::new(), all.clone())];
    let mut next = 0;
    while let Some((path, command)) = pages.get(next).cloned() {
        for below in command
            .get_subcommands()
            .filter(|c| !c.is_hide_set() && c.get_name() != "help")
        {
            let path = [path.clone(), vec![below.get_name().to_owned()]].concat();
            pages.push((path, below.clone()));
        }
        next += 1;
    }
    for (path, command) in &pages {
        let arguments: Vec<&str> = std::iter::once("man")
            .chain(path.iter().map(String::as_str))
            .collect();
        let (page, code) = run(&arguments);
        let name = [&["image-lint".to_owned()], &path[..]].concat().join("-");
        assert!(
            code == 0 && page.contains(&format!(".TH {name} ")),
            "{path:?}: {page}"
        );
        for option in command.get_arguments().filter(|arg| !arg.is_hide_set()) {
            assert!(
                option.get_help().is_some() || option.get_long_help().is_some(),
                "{path:?}: {} has no word of help",
                option.get_id()
            );
        }
        let known = command
            .get_arguments()
            .filter(|arg| !arg.is_hide_set())
            .filter_map(|arg| arg.get_long().map(str::to_owned));
        let shown = manual_options(&page);
        for option in known {
            assert!(shown.contains(&option), "{path:?}: --{option} of {shown:?}");
        }
        // An entry without a word is a heading that the next one follows at once.
        assert!(!page.contains(".TP\n\\fB\\-\\-\\fR\n.TP"), "{path:?}");
    }
    let (page, _) = run(&["man"]);
    for section in [
        "EXIT STATUS",
        "ENVIRONMENT",
        "FILES",
        "IMAGE_LINT_TARGET",
        "IMAGE_LINT_SKIP",
    ] {
        assert!(page.contains(section), "{section}: {page}");
    }
    assert_eq!(run(&["man", "lsit"]).1, 2);
}

#[test]
fn completions_offer_the_words_that_an_option_takes() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let (script, _) = run(&["completions", shell]);
        let words = [
            "openshift-4",
            "sarif",
            "never",
            "oci-build",
            "short-name=warning",
            "registries.conf",
        ];
        for word in words {
            assert!(script.contains(word), "{shell} does not offer {word}");
        }
    }
}

#[test]
fn short_help_fits_a_screen() {
    for command in [
        "", "list", "inspect", "pre-push", "hook", "mirror", "explain", "config", "schema",
    ] {
        let mut arguments: Vec<&str> = command.split_whitespace().collect();
        arguments.push("-h");
        let mut program = Command::new(env!("CARGO_BIN_EXE_image-lint"));
        let text = program
            .args(&arguments)
            .env("COLUMNS", "80")
            .output()
            .unwrap()
            .stdout;
        let text = String::from_utf8(text).unwrap();
        let wide: Vec<&str> = text
            .lines()
            .filter(|line| line.chars().count() > 80)
            .collect();
        assert!(
            text.lines().count() <= 50 && wide.is_empty(),
            "{command}: {} lines, {wide:?}\n{text}",
            text.lines().count()
        );
    }
}

/// The lines that the picture of a terminal shows, without blanks, which it has as distances.
fn drawn(svg: &str) -> Vec<String> {
    let inner = |text: &str| {
        let parts = text
            .split("<tspan")
            .skip(1)
            .filter_map(|part| Some(part.split_once('>')?.1.split_once('<')?.0));
        let text = parts
            .collect::<String>()
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"");
        text.replace("&amp;", "&").replace(' ', "")
    };
    svg.split("<text ")
        .skip(1)
        .filter_map(|rest| rest.split_once("</text>"))
        .map(|(line, _)| inner(line))
        .collect()
}

#[test]
fn the_picture_in_the_readme_shows_what_the_demo_prints() {
    let svg = std::fs::read_to_string(project().join("docs/report.svg")).unwrap();
    let out = demo_at_100_columns().replace(' ', "");
    // Long commands run out of the picture; how many requests it took, and how long, depends on the moment.
    let timeless = |line: &str| match line.split_once("notcheckable·") {
        Some((before, _)) => before.to_owned(),
        None => line.to_owned(),
    };
    let lines: Vec<String> = drawn(&svg)
        .iter()
        .map(|line| timeless(line))
        .filter(|line| !line.is_empty())
        .collect();
    assert!(lines.len() > 30);
    for line in lines {
        assert!(
            out.lines().any(|printed| printed.starts_with(&line)),
            "docs/report.svg shows {line}\n{out}"
        );
    }
}

#[test]
fn what_is_mistyped_is_named_with_what_was_meant() {
    let rows: &[(&[&str], &str)] = &[
        (&["--formt", "json"], "--format"),
        (&["lsit"], "did you mean `image-lint list`?"),
        (&["--target", "openshift3"], "openshift-3.11"),
        (&["--format", "xml"], "junit"),
        (
            &["explain", "unsuported-format"],
            "did you mean `unsupported-format`?",
        ),
        (
            &["explain", "platfrom"],
            "did you mean `platform-not-found`?",
        ),
        (
            &["explain", "pull-secret"],
            "did you mean `no-pull-secret`?",
        ),
        (&["schema", "foo"], "user-config"),
        (&["--fail-on", "err"], "warning"),
    ];
    for (arguments, expected) in rows {
        let (text, code) = run(arguments);
        assert!(
            code == 2 && text.contains(expected),
            "{arguments:?}: {code}\n{text}"
        );
    }
}
