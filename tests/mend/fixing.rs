//! `--diff` shows what `--fix` does; `--fix` leaves a tree that lints clean.

use std::os::unix::fs::PermissionsExt;

use super::program::{Tree, mode};

const SCRIPT: &str =
    "#!/bin/sh\r\n# ü\r\nbuildah bud -t app .\r\nbuildah push app docker://r.example.com/app:1\r\n";
const CI: &str = "image: r.example.com/tools:1\nbuild:\n  script:\n    - podman build --format oci -t r.example.com/x .\n    - >-\n      podman push\n      r.example.com/x\n";

fn tree() -> Tree {
    Tree::new(&[
        ("ci/build.sh", SCRIPT),
        (".gitlab-ci.yml", CI),
        ("README", "buildah bud -t x .\n"),
    ])
}

const OFFLINE: [&str; 3] = ["--offline", "--format", "json"];

#[test]
fn a_fixed_tree_lints_clean_and_a_second_fix_changes_nothing() {
    let tree = tree();
    std::fs::set_permissions(
        tree.path("ci/build.sh"),
        std::fs::Permissions::from_mode(0o750),
    )
    .unwrap();
    assert_eq!(tree.lint(&OFFLINE).code, 1);
    let ran = tree.lint(&["--offline", "--format", "json", "--fix"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(
        ran.report()["findings"],
        serde_json::json!([]),
        "the report is of the mended files"
    );
    assert_eq!(ran.report()["summary"]["fixed"], 2);
    assert!(
        ran.err
            .contains("ci/build.sh: fixed, line 3: insert `--format=docker`"),
        "{}",
        ran.err
    );
    assert_eq!(
        tree.read("ci/build.sh"),
        SCRIPT.replace("buildah bud", "buildah bud --format=docker")
    );
    assert_eq!(
        tree.read(".gitlab-ci.yml"),
        CI.replace("--format oci", "--format docker")
    );
    assert_eq!(tree.read("README"), "buildah bud -t x .\n");
    assert_eq!(mode(&tree.path("ci/build.sh")), 0o750);
    let left = std::fs::read_dir(tree.path("ci")).unwrap().count();
    assert_eq!(left, 1, "nothing is left beside the file");

    assert_eq!(tree.lint(&OFFLINE).code, 0);
    let again = tree.lint(&["--offline", "--format", "json", "--fix"]);
    assert_eq!(again.report()["summary"]["fixed"], 0);
    assert_eq!(
        tree.read("ci/build.sh"),
        SCRIPT.replace("buildah bud", "buildah bud --format=docker")
    );
}

#[test]
fn a_diff_changes_nothing_and_git_applies_it_to_what_fix_gives() {
    let (shown, mended) = (tree(), tree());
    let diff = shown.lint(&["--offline", "--diff", "--output", "json=../report.json"]);
    assert_eq!(diff.code, 1, "the findings are still there");
    assert!(
        diff.out
            .starts_with("--- a/.gitlab-ci.yml\n+++ b/.gitlab-ci.yml\n@@ "),
        "{}",
        diff.out
    );
    assert!(
        diff.err.contains("2 of 2 findings can be fixed by --fix"),
        "{}",
        diff.err
    );
    assert_eq!(shown.read("ci/build.sh"), SCRIPT);
    let report = std::fs::read_to_string(shown.path("../report.json")).unwrap();
    assert!(report.contains("oci-build"));

    shown.write("p", diff.out.as_bytes());
    let applied = shown.run("git", &["apply", "--whitespace=nowarn", "p"]);
    assert_eq!(applied.code, 0, "{applied:?}");
    mended.lint(&["--offline", "--fix"]);
    for name in ["ci/build.sh", ".gitlab-ci.yml"] {
        assert_eq!(shown.read(name), mended.read(name));
    }
    assert_eq!(mended.lint(&["--offline", "--diff"]).out, "");
}

#[test]
fn what_is_ignored_is_not_mended() {
    let text = "build:\n  script:\n    # image-lint: ignore[oci-build] the mirror converts\n    - buildah bud -t r.example.com/x .\n";
    let tree = Tree::new(&[(".gitlab-ci.yml", text)]);
    assert_eq!(tree.lint(&["--offline", "--fix"]).code, 0);
    assert_eq!(tree.read(".gitlab-ci.yml"), text);
    assert_eq!(tree.lint(&["--offline", "--fix", "--no-ignores"]).code, 0);
    assert_ne!(tree.read(".gitlab-ci.yml"), text);
}

#[test]
fn utf16_links_and_stdin_are_left_alone_and_said() {
    let tree = Tree::new(&[]);
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(
            "buildah bud -t r.example.com/x .\n"
                .encode_utf16()
                .flat_map(u16::to_le_bytes),
        )
        .collect();
    tree.write("a.sh", &utf16);
    let ran = tree.lint(&["--offline", "--fix"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.contains("a.sh: not fixed: it is saved as UTF-16"),
        "{}",
        ran.err
    );
    assert_eq!(std::fs::read(tree.path("a.sh")).unwrap(), utf16);

    tree.write("../real.sh", b"buildah bud -t r.example.com/x .\n");
    std::os::unix::fs::symlink("../real.sh", tree.path("link.sh")).unwrap();
    let ran = tree.lint(&["--offline", "--fix", "link.sh"]);
    assert!(
        ran.err
            .contains("link.sh: not fixed: it is a symbolic link"),
        "{}",
        ran.err
    );
    assert_eq!(
        tree.read("../real.sh"),
        "buildah bud -t r.example.com/x .\n"
    );

    assert_eq!(tree.lint(&["--fix", "-"]).code, 2);
    assert_eq!(tree.lint(&["--fix", "--diff"]).code, 2);
}

#[test]
fn only_what_is_named_is_mended() {
    let tree = tree();
    tree.write("dir/b.sh", b"buildah bud -t r.example.com/x .\n");
    assert_eq!(tree.lint(&["--offline", "--fix", "dir"]).code, 0);
    assert_eq!(
        tree.read("dir/b.sh"),
        "buildah bud --format=docker -t r.example.com/x .\n"
    );
    assert_eq!(tree.read("ci/build.sh"), SCRIPT);
}

#[test]
fn a_command_given_as_a_list_gets_the_flag_as_an_item_of_its_own() {
    let job = |command: &str| {
        format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: b}}\nspec:\n  template:\n    spec:\n      containers:\n        - name: b\n          image: r.example.com/tools:1\n{command}"
        )
    };
    let flow =
        job("          command: [buildah]\n          args: [bud, '-t', r.example.com/x, .]\n");
    let block = job(
        "          command:\n            - buildah\n            - bud # builds\n            - -t\n            - r.example.com/x\n            - .\n",
    );
    let json = "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"b\"}, \"spec\": {\"containers\": [{\"name\": \"b\", \"image\": \"r.example.com/tools:1\",\n \"command\": [\"skopeo\", \"copy\", \"oci:d:x\", \"docker://r.example.com/x\"]}]}}\n";
    let cloud = "steps:\n  - name: r.example.com/tools:1\n    entrypoint: podman\n    args: [\"build\", \"-t\", \"r.example.com/x\", \".\"]\n";
    let lines = "build:\n  script:\n    - |\n      sh -c 'set -e\n      buildah bud -t r.example.com/x .'\n";
    let nested = job("          command: [sh, -c, 'buildah bud -t r.example.com/x .']\n");
    let table = [
        (
            "flow.yaml",
            flow.clone(),
            flow.replace("bud, ", "bud, --format=docker, "),
        ),
        (
            "block.yaml",
            block.clone(),
            block.replace(
                "bud # builds\n",
                "bud # builds\n            - --format=docker\n",
            ),
        ),
        (
            "pod.json",
            json.to_owned(),
            json.replace("\"copy\", ", "\"copy\", \"--format=v2s2\", "),
        ),
        (
            "cloudbuild.yaml",
            cloud.to_owned(),
            cloud.replace("\"build\", ", "\"build\", \"--format=docker\", "),
        ),
        (
            ".gitlab-ci.yml",
            lines.to_owned(),
            lines.replace("bud ", "bud --format=docker "),
        ),
        (
            "nested.yaml",
            nested.clone(),
            nested.replace("bud ", "bud --format=docker "),
        ),
    ];
    for (name, text, expected) in table {
        let tree = Tree::new(&[(name, &text)]);
        assert_eq!(tree.lint(&OFFLINE).code, 1, "{name}");
        let ran = tree.lint(&["--offline", "--format", "json", "--fix"]);
        assert_eq!(
            (ran.code, tree.read(name)),
            (0, expected.clone()),
            "{name}: {ran:?}"
        );
        tree.lint(&["--offline", "--fix"]);
        assert_eq!(tree.read(name), expected, "{name}: once is enough");
    }
}

#[test]
fn every_output_shows_the_edit_that_fix_makes() {
    let tree = Tree::new(&[("b.sh", "buildah bud -t r.example.com/x .\n")]);
    let ran = tree.lint(&[
        "--offline",
        "--output",
        "json=j",
        "--output",
        "sarif=s",
        "--output",
        "rdjsonl=r",
        "--format",
        "human",
    ]);
    assert_eq!(ran.code, 1);
    let read =
        |name: &str| serde_json::from_str::<serde_json::Value>(&tree.read(name)).expect("JSON");
    let edit = &read("j")["findings"][0]["fix"]["edits"][0];
    let (line, column, text) = (
        &edit["line"],
        &edit["column"],
        edit["text"].as_str().expect("a text"),
    );
    let sarif =
        &read("s")["runs"][0]["results"][0]["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(sarif["deletedRegion"]["startLine"], *line);
    assert_eq!(sarif["deletedRegion"]["startColumn"], *column);
    assert_eq!(sarif["insertedContent"]["text"], text);
    let suggestion = &read("r")["suggestions"][0];
    assert_eq!(
        (
            &suggestion["range"]["start"]["line"],
            &suggestion["range"]["start"]["column"]
        ),
        (line, column)
    );
    assert_eq!(suggestion["text"], text);
    assert!(ran.out.contains(text.trim()), "{}", ran.out);
    let fixed = tree.lint(&["--offline", "--fix"]);
    assert_eq!(fixed.code, 0);
    let column = column.as_u64().expect("a column") as usize - 1;
    let mut expected = "buildah bud -t r.example.com/x .\n".to_owned();
    expected.insert_str(column, text);
    assert_eq!(tree.read("b.sh"), expected);
}
