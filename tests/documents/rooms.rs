//! The house is as CONTRIBUTING draws it: which room sees which, and that each one is on the map.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::project;

type Edges = BTreeMap<String, BTreeSet<String>>;

/// Which rooms of `src/` each one may see. A new edge belongs here and on CONTRIBUTING's map, or the thing that is wanted
/// belongs in a room that both see.
const ROOMS: [(&str, &[&str]); 14] = [
    ("action", &["git"]),
    (
        "app",
        &[
            "action", "cli", "config", "discover", "exit", "fix", "git", "hook", "lsp", "mirror",
            "report", "rules", "schema",
        ],
    ),
    (
        "cli",
        &["config", "discover", "exit", "report", "rules", "schema"],
    ),
    ("config", &["exit", "report", "rules"]),
    ("discover", &["git"]),
    ("exit", &[]),
    ("fix", &["rules"]),
    ("git", &[]),
    ("hook", &["git"]),
    ("lsp", &["fix", "report", "rules"]),
    ("mirror", &["rules"]),
    ("report", &["exit", "rules"]),
    ("rules", &[]),
    ("schema", &["config", "report"]),
];

/// Which crates of the house each one stands on. What is not declared does not compile.
const CRATES: [(&str, &[&str]); 6] = [
    ("helm-render", &["image-lint-text"]),
    (
        "image-lint",
        &[
            "image-lint-model",
            "image-lint-registry",
            "image-lint-scan",
            "image-lint-text",
        ],
    ),
    ("image-lint-model", &["image-lint-text"]),
    (
        "image-lint-registry",
        &["image-lint-model", "image-lint-text"],
    ),
    (
        "image-lint-scan",
        &["helm-render", "image-lint-model", "image-lint-text"],
    ),
    ("image-lint-text", &[]),
];

fn table(rows: &[(&str, &[&str])]) -> Edges {
    let rows = rows.iter().map(|(room, seen)| {
        let seen = seen.iter().map(|name| (*name).to_owned()).collect();
        ((*room).to_owned(), seen)
    });
    rows.collect()
}

/// Every Rust file below a folder, with its text.
fn rust_files(folder: &Path, out: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let name = path.strip_prefix(project()).expect("below the project");
            let text = std::fs::read_to_string(&path).expect("text");
            out.push((name.display().to_string(), text));
        }
    }
}

/// The code without comments, and without the tests at its end, which may build what they need.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or(text);
    let lines = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or(""));
    lines.collect::<Vec<_>>().join("\n")
}

/// Names after `crate::`, those within braces too.
fn seen(code: &str) -> BTreeSet<String> {
    let word = |text: &str| -> String {
        let letters = text
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_');
        letters.collect()
    };
    let mut found = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            None => {
                found.insert(word(after));
            }
            Some(list) => {
                let mut depth = 1;
                let mut begins = true;
                for (at, c) in list.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        ',' if depth == 1 => begins = true,
                        c if begins && depth == 1 && c.is_alphabetic() => {
                            found.insert(word(&list[at..]));
                            begins = false;
                        }
                        _ => {}
                    }
                    if depth == 0 {
                        break;
                    }
                }
            }
        }
    }
    found
}

#[test]
fn each_room_sees_only_what_the_table_allows() {
    let mut files = Vec::new();
    rust_files(&project().join("src"), &mut files);
    let mut edges: Edges = BTreeMap::new();
    for (path, text) in &files {
        let room = path.split('/').nth(1).expect("a room");
        let room = room.trim_end_matches(".rs");
        if matches!(room, "lib" | "main") {
            continue;
        }
        let edges = edges.entry(room.to_owned()).or_default();
        edges.extend(seen(&code(text)).into_iter().filter(|other| other != room));
    }
    assert_eq!(edges, table(&ROOMS));
}

#[test]
fn names_within_braces_are_seen() {
    let names = |text: &str| seen(text).into_iter().collect::<Vec<_>>();
    assert_eq!(
        names("use crate::{git, report::{json, list}};"),
        ["git", "report"]
    );
    assert_eq!(names("fn a(b: crate::rules::Finding)"), ["rules"]);
    assert_eq!(
        names(&code("// crate::git\nuse crate::fix; // crate::app")),
        ["fix"]
    );
}

#[test]
fn each_crate_stands_on_what_the_table_says() {
    let mut edges: Edges = BTreeMap::new();
    let crates = std::fs::read_dir(project().join("crates")).expect("crates");
    let folders = crates.map(|entry| entry.expect("an entry").path());
    for folder in folders.chain([project().to_owned()]) {
        let text = std::fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
        let manifest: toml::Table = text.parse().expect("TOML");
        let name = manifest["package"]["name"].as_str().expect("a name");
        let dependencies = manifest["dependencies"].as_table().expect("dependencies");
        let own = |name: &&String| name.starts_with("image-lint") || *name == "helm-render";
        edges.insert(
            name.to_owned(),
            dependencies.keys().filter(own).cloned().collect(),
        );
    }
    assert_eq!(edges, table(&CRATES));
}

#[test]
fn the_map_of_the_house_names_every_room() {
    let map = std::fs::read_to_string(project().join("CONTRIBUTING.md")).expect("the map");
    let rooms = ROOMS.iter().map(|(room, _)| format!("`src/{room}"));
    let crates = CRATES.iter().map(|(name, _)| *name);
    let crates = crates.filter(|name| *name != "image-lint");
    let crates = crates.map(|name| format!("`crates/{name}"));
    let missing: Vec<String> = rooms
        .chain(crates)
        .filter(|name| !map.contains(name))
        .collect();
    assert!(
        missing.is_empty(),
        "CONTRIBUTING.md does not name {missing:?}"
    );
}
