//! OWNER is the one placeholder, and `scripts/set-owner.sh` fills it in everywhere.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::{output, project};

const INSTALL: &str = "git is needed: scripts/install-test-tools.sh";

/// A copy of what the repository holds, without what is built.
fn copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut list = Command::new("git");
    list.args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]);
    let names = output(list.current_dir(project()), INSTALL);
    for name in names.split_terminator('\0') {
        // Large, and without the placeholder.
        if name.starts_with("vendor/") || name.starts_with("testdata/") {
            continue;
        }
        let (from, to) = (project().join(name), folder.path().join(name));
        if from.is_file() {
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(from, to).unwrap();
        }
    }
    folder
}

fn set_owner(root: &Path, arguments: &[&str]) -> Output {
    let mut bash = Command::new("bash");
    bash.arg(root.join("scripts/set-owner.sh"));
    bash.args(arguments).output().unwrap()
}

/// Files that people and programs read, each with its text.
fn texts(root: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_owned();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

fn text(root: &Path, name: &str) -> String {
    std::fs::read_to_string(root.join(name)).unwrap()
}

#[test]
fn one_script_fills_in_the_owner_everywhere_and_only_once() {
    let root = copy();
    let root = root.path();
    let before = text(root, "tests/hostile/pushes.rs");
    let done = set_owner(root, &["Acme-Tools"]);
    assert!(done.status.success(), "{done:?}");
    let after = texts(root);
    for (name, bytes) in &after {
        let is_test = name.components().any(|part| {
            let part = part.as_os_str();
            part == "tests" || part == "src"
        });
        let text = String::from_utf8_lossy(bytes);
        let left = text.contains("OWNER/image-lint") || text.contains("OWNER.github.io");
        assert!(
            is_test || name.ends_with("set-owner.sh") || !left,
            "{name:?}"
        );
        assert!(name.extension().is_none_or(|end| end != "part"), "{name:?}");
    }
    assert_eq!(text(root, "tests/hostile/pushes.rs"), before);

    // Names of images and hosts have no capitals, everything else keeps them.
    for (file, expected) in [
        (
            ".pre-commit-hooks.yaml",
            "entry: ghcr.io/acme-tools/image-lint:",
        ),
        (
            "templates/image-lint.yml",
            "$CI_REGISTRY/acme-tools/image-lint:",
        ),
        ("README.md", "uses: Acme-Tools/image-lint@COMMIT"),
        ("SECURITY.md", "--repo Acme-Tools/image-lint"),
        ("docs/hooks.md", "https://github.com/Acme-Tools/image-lint"),
        (
            "mkdocs.yml",
            "site_url: https://acme-tools.github.io/image-lint/",
        ),
        ("mkdocs.yml", "https://github.com/Acme-Tools/image-lint"),
    ] {
        assert!(text(root, file).contains(expected), "{file}: {expected}");
    }
    // The parsers are those of the tests of these files.
    for file in [".pre-commit-hooks.yaml", ".github/workflows/release.yml"] {
        serde_yaml::from_str::<serde_yaml::Value>(&text(root, file)).unwrap();
    }
    let mut metadata = Command::new(env!("CARGO"));
    metadata.args([
        "metadata",
        "--no-deps",
        "--offline",
        "--locked",
        "--format-version=1",
    ]);
    let metadata = output(metadata.current_dir(root), "cargo runs the tests");
    let metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 5);
    for package in packages {
        let name = &package["name"];
        assert_eq!(
            package["repository"], "https://github.com/Acme-Tools/image-lint",
            "{name}"
        );
        assert_eq!(
            package["homepage"], "https://acme-tools.github.io/image-lint",
            "{name}"
        );
    }
    let script = std::fs::metadata(root.join("scripts/set-owner.sh")).unwrap();
    #[cfg(unix)]
    assert!(std::os::unix::fs::PermissionsExt::mode(&script.permissions()) & 0o100 != 0);

    let again = set_owner(root, &["Acme-Tools"]);
    assert!(
        again.status.success() && again.stdout.is_empty(),
        "{again:?}"
    );
    assert_eq!(texts(root), after, "a second run changes nothing");
    let other = set_owner(root, &["other"]);
    assert_eq!(other.status.code(), Some(1), "{other:?}");
    assert_eq!(texts(root), after, "nor does another name");
}

#[test]
fn what_is_no_name_of_an_account_is_refused() {
    let root = copy();
    let before = texts(root.path());
    let long = "a".repeat(40);
    // (arguments, why)
    let rows: &[(&[&str], &str)] = &[
        (&[], "nothing"),
        (&[""], "empty"),
        (&["OWNER"], "the placeholder itself"),
        (&["a/b"], "two parts"),
        (&["-a"], "begins with a hyphen"),
        (&["a-"], "ends with one"),
        (&["a--b"], "two of them"),
        (&["a_b"], "a character that no account has"),
        (&["a,g;e touch x"], "sed's own language"),
        (&["a\nb"], "two lines"),
        (&[&long], "40 characters"),
        (&["a", "b"], "two names"),
    ];
    for (arguments, why) in rows {
        let done = set_owner(root.path(), arguments);
        assert_eq!(done.status.code(), Some(2), "{why}: {done:?}");
    }
    assert_eq!(texts(root.path()), before);
}
