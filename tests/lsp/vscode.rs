//! The extension for Visual Studio Code: its unit tests, and what its package holds.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::Ran;
use crate::tools::{project, tool};

fn extension() -> PathBuf {
    project().join("editors/vscode")
}

#[test]
fn the_extension_passes_its_own_tests() {
    let mut node = Command::new("node");
    node.args(["--test", "test/"]).current_dir(extension());
    let output = node.output();
    let ran = Ran::of(&output.expect("node is needed: scripts/install-test-tools.sh"));
    assert_eq!(ran.code, Some(0), "{}", ran.said());
    assert!(ran.stdout.contains("# pass 12"), "{}", ran.stdout);
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            copy(&entry.path(), &target);
        } else if kind.is_file() {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn the_package_holds_the_extension_and_what_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let work = folder.path().join("vscode");
    copy(&extension(), &work);
    let _ = std::fs::remove_dir_all(work.join("node_modules"));
    copy(
        &tool("vscode").join("node_modules"),
        &work.join("node_modules"),
    );
    let package = folder.path().join("image-lint.vsix");
    let output = Command::new(tool("node_modules/.bin/vsce"))
        .args(["package", "--allow-missing-repository", "--out"])
        .arg(&package)
        .current_dir(&work)
        .output();
    let ran = Ran::of(&output.unwrap());
    assert_eq!(ran.code, Some(0), "{}", ran.said());
    let listed = Command::new("python3")
        .args(["-m", "zipfile", "-l"])
        .arg(&package)
        .output();
    let listed = Ran::of(&listed.expect("python3 is needed: scripts/install-test-tools.sh"));
    let names = listed.stdout.lines().skip(1);
    let mut own: Vec<&str> = names
        .clone()
        .filter_map(|line| line.split_whitespace().next()?.strip_prefix("extension/"))
        .filter(|name| !name.starts_with("node_modules/"))
        .collect();
    own.sort_unstable();
    let expected = [
        "LICENSE.txt",
        "README.md",
        "extension.js",
        "package.json",
        "settings.js",
    ];
    assert_eq!(own, expected);
    let main = "extension/node_modules/vscode-languageclient/node.js";
    assert!(
        names.clone().any(|line| line.starts_with(main)),
        "{}",
        listed.stdout
    );
    assert!(
        !listed.stdout.contains(".d.ts"),
        "types are of no use in it"
    );
    let size = std::fs::metadata(&package).unwrap().len();
    assert!(size < 1024 * 1024, "{size} bytes");
}
