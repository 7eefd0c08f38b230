//! What `list` says of each repository under testdata/: every place, with role, kind, status and where its parts come
//! from. A change here is a change in what users see; review it like code (`cargo insta review`).

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::Parser;
use image_lint::cli::Cli;
use serde_json::Value;

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

/// Names of the folders, in order.
fn repositories() -> Vec<String> {
    let entries = testdata().read_dir().unwrap().map(|entry| entry.unwrap());
    let folders = entries.filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = folders
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The lines that `image-lint list --format jsonl` prints for a folder.
fn list(folder: &Path, flags: &[&str]) -> Vec<Value> {
    let mut arguments = vec![
        "image-lint".into(),
        "list".into(),
        folder.as_os_str().to_owned(),
    ];
    arguments.extend(["--no-gitignore", "--no-config", "--format", "jsonl"].map(Into::into));
    arguments.extend(flags.iter().map(Into::into));
    let mut out = Vec::new();
    let code = image_lint::app::run(
        Cli::try_parse_from(arguments).unwrap(),
        &BTreeMap::new(),
        &mut out,
    )
    .unwrap();
    assert_eq!(code, 0, "{}", folder.display());
    String::from_utf8(out)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A mention on one line, the field and the parts below it.
fn shown(mention: &Value) -> String {
    let text = |key: &str| mention[key].as_str().unwrap_or("").to_owned();
    let mut line = format!("{}:{}:{}", text("path"), mention["line"], mention["column"]);
    line += &format!(
        " {} {} {} {}",
        text("role"),
        text("kind"),
        text("source"),
        text("status")
    );
    if mention["asked"] == false {
        line += " unasked";
    }
    line += &format!("\n    {} = {:?}", text("field"), text("text"));
    if let Some(reference) = mention["reference"].as_str() {
        line += &format!(" -> {reference}");
    }
    if let Some(reason) = mention["reason"].as_str() {
        line += &format!(" ({reason})");
    }
    for part in mention["parts"].as_array().into_iter().flatten() {
        write!(
            line,
            "\n    {} from {} {}",
            part["text"], part["origin"], part["name"]
        )
        .unwrap();
        if let Some(path) = part["path"].as_str() {
            write!(line, " at {path}:{}:{}", part["line"], part["column"]).unwrap();
        }
    }
    line + "\n"
}

#[test]
fn every_repository_is_listed_as_its_snapshot_says() {
    let repositories: Vec<PathBuf> = repositories()
        .into_iter()
        .map(|name| testdata().join(name))
        .collect();
    assert!(repositories.len() > 50, "testdata/ is there");
    for repository in repositories {
        let mut text: String = list(&repository, &[]).iter().map(shown).collect();
        for file in list(&repository, &["--files"]) {
            for skipped in file["skipped"].as_array().into_iter().flatten() {
                writeln!(
                    text,
                    "skipped {}:{} {}",
                    file["path"].as_str().unwrap(),
                    skipped["line"],
                    skipped["why"]
                )
                .unwrap();
            }
        }
        let name = repository
            .file_name()
            .unwrap()
            .to_string_lossy()
            .into_owned();
        insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(name, text);
        });
    }
}

/// ConfigMaps and Secrets hold manifests, registries hold more than images: read when asked for.
#[test]
fn what_is_read_on_request_is_listed_as_its_snapshot_says() {
    for name in [
        "manifests-in-configmap",
        "artifacts-of-registries",
        "values-under-other-names",
    ] {
        let usual = list(&testdata().join(name), &[]);
        let extended = list(&testdata().join(name), &["--extended"]);
        assert!(extended.len() > usual.len(), "{name}");
        let text: String = extended.iter().map(shown).collect();
        insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(format!("{name}-extended"), text);
        });
    }
}

#[test]
fn traps_name_no_image() {
    let found = list(&testdata().join("traps"), &[]);
    assert!(found.is_empty(), "{found:#?}");
}

/// The same mentions at the same lines and columns, whatever ends the lines; bytes are those of the file.
#[test]
fn line_ends_move_no_place() {
    for (name, text) in [
        (
            "pod.yaml",
            "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: >-\n      r.example.com/a:1\n  - image: \"r.example.com/b:1\"\n  - {image: r.example.com/c:1,\n     name: x}\n",
        ),
        (
            "bc.yaml",
            "apiVersion: v1\nkind: BuildConfig\nspec:\n  source:\n    dockerfile: |\n      FROM \\\n        r.example.com/a:1\n\n      COPY --from=r.example.com/b:1 a b\n",
        ),
        (
            "task.yaml",
            "apiVersion: tekton.dev/v1\nkind: Task\nspec:\n  steps:\n  - image: r.example.com/a:1\n    script: |\n      buildah from r.example.com/b:1\n      podman pull r.example.com/c:1\n",
        ),
        (
            "Dockerfile",
            "FROM --platform=linux/amd64 \\\n  r.example.com/ä:1 AS x\nFROM r.example.com/b:1\nRUN <<E\nE\nFROM r.example.com/c:1\n",
        ),
        (
            "run.sh",
            "#!/bin/sh\nbuildah from \\\n  r.example.com/a:1\ncat >Dockerfile <<E\nFROM r.example.com/b:1\nE\npodman pull r.example.com/c:1\n",
        ),
        (
            "list.json",
            "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"spec\": {\n\"containers\": [\n{\"image\": \"r.example.com/\\u0061:1\"}]}}\n",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        let places = |ending: &str| {
            let text = text.replace('\n', ending);
            std::fs::write(&path, &text).unwrap();
            let found = list(folder.path(), &[]);
            for mention in &found {
                let (start, end) = (
                    mention["start_byte"].as_u64().unwrap(),
                    mention["end_byte"].as_u64().unwrap(),
                );
                let slice = &text[start as usize..end as usize];
                assert!(
                    slice.starts_with("r.example.com/") && slice.ends_with(":1"),
                    "{name} {ending:?}: {slice:?}"
                );
            }
            let place = |m: &Value| {
                ["line", "column", "end_line", "end_column", "text"].map(|key| m[key].clone())
            };
            found.iter().map(place).collect::<Vec<_>>()
        };
        let expected = places("\n");
        assert!(!expected.is_empty(), "{name}");
        for ending in ["\r\n", "\r\r\n"] {
            assert_eq!(places(ending), expected, "{name} {ending:?}");
        }
    }
}

/// What a line and column of `list` point at is what it says, in every file.
#[test]
fn every_place_holds_the_text_that_was_found() {
    for repository in repositories() {
        let folder = testdata().join(&repository);
        for mention in list(&folder, &[]) {
            let path = mention["path"].as_str().unwrap();
            // Its bytes are those of the decoded text.
            if path == "utf16.yaml" {
                continue;
            }
            let text = std::fs::read_to_string(folder.join(path)).unwrap();
            let line = text
                .split('\n')
                .nth(mention["line"].as_u64().unwrap() as usize - 1)
                .unwrap();
            let column = mention["column"].as_u64().unwrap() as usize - 1;
            let at: usize = line.chars().take(column).map(char::len_utf8).sum();
            let (start, end) = (
                mention["start_byte"].as_u64().unwrap(),
                mention["end_byte"].as_u64().unwrap(),
            );
            let slice = &text[start as usize..end as usize];
            assert!(
                line[at..].starts_with(slice.lines().next().unwrap_or("")),
                "{repository}/{path}: {mention}"
            );
            assert!(!slice.contains('\r'), "{repository}/{path}: {mention}");
        }
    }
}

/// Silence about a file must not be taken for a verdict.
#[test]
fn files_that_name_images_and_are_read_by_nobody_are_listed() {
    let folder = testdata().join("files-that-nobody-reads");
    let unread: Vec<String> = list(&folder, &["--unread"])
        .iter()
        .map(|row| format!("{}:{}", row["path"].as_str().unwrap(), row["line"]))
        .collect();
    assert_eq!(unread, ["Tiltfile:2", "main.tf:3", "settings.yaml:2"]);
    let extended = list(&folder, &["--unread", "--extended"]);
    assert_eq!(extended.len(), 2, "settings are read on request");
}
