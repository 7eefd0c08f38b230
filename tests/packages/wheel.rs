//! The wheel: built by maturin, installed by pip without any index, and run.

use std::path::PathBuf;
use std::process::Command;

use crate::{output, project, version};

#[test]
fn the_wheel_puts_the_binary_on_the_path() {
    let install = "run scripts/install-hook-tools.sh";
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| project().join("target"), PathBuf::from);
    let tools = target.join("hook-tools/venv/bin");
    let folder = tempfile::tempdir().unwrap();
    let wheels = folder.path().join("wheels");
    let mut build = Command::new(tools.join("maturin"));
    build.args(["build", "--quiet", "--profile", "dev", "--out"]).arg(&wheels).current_dir(project());
    output(&mut build, install);
    let wheel = std::fs::read_dir(&wheels).unwrap().next().unwrap().unwrap().path();
    let name = wheel.file_name().unwrap().to_string_lossy().into_owned();
    let expected = format!("image_lint-{}-py3-none-", env!("CARGO_PKG_VERSION"));
    assert!(name.starts_with(&expected), "one wheel for every Python 3: {name}");

    let venv = folder.path().join("venv");
    output(Command::new(tools.join("python")).args(["-m", "venv"]).arg(&venv), install);
    let pip = ["-m", "pip", "install", "--quiet", "--no-index", "--disable-pip-version-check"];
    output(Command::new(venv.join("bin/python")).args(pip).arg(&wheel), install);
    assert_eq!(output(Command::new(venv.join("bin/image-lint")).arg("--version"), install), version());
}
