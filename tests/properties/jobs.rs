//! One repository, read by one thread and by many: the bytes are the same.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use clap::Parser;
use image_lint::app;
use image_lint::cli::Cli;
use proptest::prelude::*;

/// Runs the program in this process: exit code, and what it writes without the time it took.
pub fn run(folder: &Path, words: &[&str]) -> (u8, String) {
    let mut all = vec!["image-lint"];
    all.extend(words);
    let folder = folder
        .to_str()
        .expect("a temporary folder has a plain name");
    all.push(folder);
    let cli = Cli::try_parse_from(all).expect("the arguments are right");
    let mut out = Vec::new();
    let home = BTreeMap::from([("HOME".to_owned(), folder.to_owned())]);
    let code = app::run(cli, &home, &mut out).expect("the run can be made");
    let text = String::from_utf8(out).expect("output is UTF-8");
    (code, without_time(&text))
}

/// The time a run took is the one thing that differs.
fn without_time(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        if line.trim_start().starts_with("\"elapsed_ms\"") {
            continue;
        }
        let _ = writeln!(out, "{line}");
    }
    out
}

/// Files whose meaning depends on each other: a stream and its users, a kustomization, a script that builds an image,
/// a Dockerfile with an argument that a Makefile gives.
fn write_tree(folder: &Path, files: &[(u8, u8)]) {
    for (number, (kind, name)) in files.iter().enumerate() {
        let sub = folder.join(format!("d{}", name % 5));
        std::fs::create_dir_all(&sub).expect("a folder");
        let image = format!("quay.io/acme/app{}:{}", name % 7, kind);
        let (file, text) = match kind % 7 {
            0 => (
                format!("p{number}.yaml"),
                format!("kind: Pod\nspec: {{containers: [{{name: a, image: \"{image}\"}}]}}\n"),
            ),
            1 => (
                "kustomization.yaml".to_owned(),
                format!(
                    "images:\n- name: quay.io/acme/app{}\n  newTag: x{name}\n",
                    name % 7
                ),
            ),
            2 => (
                format!("b{number}.sh"),
                format!("buildah bud -t {image} .\nbuildah push {image}\n"),
            ),
            3 => (
                "Dockerfile".to_owned(),
                "ARG BASE=alpine:3\nFROM $BASE\nCOPY --from=x:1 / /\n".to_owned(),
            ),
            4 => (
                "Makefile".to_owned(),
                format!("all:\n\tpodman build --build-arg BASE={image} -t o{name} .\n"),
            ),
            5 => (
                format!("is{number}.yaml"),
                format!(
                    "kind: ImageStream\nmetadata: {{name: s{name}}}\nspec: {{tags: [{{name: '1', from: {{kind: DockerImage, name: {image}}}}}]}}\n"
                ),
            ),
            _ => (
                format!("bad{number}.yaml"),
                format!("kind: Pod\nspec:\n  containers: [{{image: '{image}\n"),
            ),
        };
        std::fs::write(sub.join(file), text).expect("a file");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_number_of_jobs_gives_the_same_bytes(files in proptest::collection::vec((any::<u8>(), any::<u8>()), 1..60)) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        write_tree(folder.path(), &files);
        for words in [
            ["list", "--format=jsonl", "--no-gitignore"].as_slice(),
            ["list", "--files", "--format=text"].as_slice(),
            ["--offline", "--no-cache", "--format=json"].as_slice(),
        ] {
            let with = |jobs: &str| {
                let mut all = words.to_vec();
                all.extend(["--jobs", jobs]);
                run(folder.path(), &all)
            };
            let one = with("1");
            for jobs in ["2", "7", "32"] {
                prop_assert_eq!(&with(jobs), &one, "{:?} --jobs {}", words, jobs);
            }
        }
    }
}
