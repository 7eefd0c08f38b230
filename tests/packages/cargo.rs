//! `cargo install` as README gives it: the committed lock file is enough, and one program lands in the folder.

use std::path::Path;
use std::process::Command;

use crate::{output, project, version};

const INSTALL: &str = "cargo runs the tests";

#[test]
fn cargo_installs_the_program_and_nothing_else() {
    let root = tempfile::tempdir().unwrap();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("cargo's target folder holds it");
    let mut install = Command::new(env!("CARGO"));
    // Unoptimised and in the folder of this build, so that only what differs is compiled.
    install.args([
        "install",
        "--quiet",
        "--locked",
        "--offline",
        "--debug",
        "--no-track",
    ]);
    install
        .arg("--path")
        .arg(project())
        .arg("--root")
        .arg(root.path())
        .arg("--target-dir")
        .arg(target);
    output(&mut install, INSTALL);

    let programs: Vec<_> = root
        .path()
        .join("bin")
        .read_dir()
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(programs, ["image-lint"]);
    assert_eq!(
        output(
            Command::new(root.path().join("bin/image-lint")).arg("--version"),
            INSTALL
        ),
        version()
    );
}

/// What a published crate holds, from its folder.
fn packaged(folder: &Path) -> Vec<String> {
    let mut list = Command::new(env!("CARGO"));
    list.args(["package", "--list", "--allow-dirty", "--offline", "--quiet"]);
    let names = output(list.current_dir(folder), INSTALL);
    names.lines().map(str::to_owned).collect()
}

/// Files that this source takes in, as it writes them: `#[path = "…"]`, `include_str!("…")`, `include_bytes!("…")`.
fn taken_in(source: &str) -> Vec<&str> {
    ["#[path = \"", "include_str!(\"", "include_bytes!(\""]
        .iter()
        .flat_map(|opening| source.split(opening).skip(1))
        .filter_map(|rest| rest.split_once('"'))
        .map(|(path, _)| path)
        .collect()
}

#[test]
fn a_published_crate_holds_every_file_that_its_sources_take_in() {
    let mut folders = vec![project().to_owned()];
    for entry in std::fs::read_dir(project().join("crates")).unwrap() {
        folders.push(entry.unwrap().path());
    }
    let mut followed = 0;
    for folder in folders {
        let names = packaged(&folder);
        assert!(names.iter().any(|name| name == "src/lib.rs"), "{names:?}");
        for name in names.iter().filter(|name| name.ends_with(".rs")) {
            let source = std::fs::read_to_string(folder.join(name)).unwrap();
            for path in taken_in(&source) {
                let mut full = Path::new(name).parent().unwrap().to_owned();
                for part in Path::new(path) {
                    if part == ".." {
                        assert!(full.pop(), "{}: {name} takes {path}", folder.display());
                    } else {
                        full.push(part);
                    }
                }
                let full = full.to_str().unwrap();
                assert!(
                    names.iter().any(|name| name == full),
                    "{}: {name} takes {path}, which is not published",
                    folder.display()
                );
                followed += 1;
            }
        }
    }
    assert!(followed > 5, "{followed} files");
}

#[test]
fn two_crates_measure_the_work_of_their_tests_alike() {
    let read = |name: &str| {
        let path = project().join(format!("crates/{name}/src/processor_time.rs"));
        std::fs::read_to_string(path).unwrap()
    };
    // Each crate is published by itself, so that they cannot share a file.
    assert_eq!(read("image-lint-registry"), read("image-lint-scan"));
}
