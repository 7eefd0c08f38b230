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
