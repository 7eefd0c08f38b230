//! What is shipped: what cargo installs, the static binary in an empty image, the wheel, the GitLab component, the workflows.

mod cargo;
mod component;
mod container;
#[path = "../../crates/image-lint-registry/src/executable.rs"]
mod executable;
mod manifests;
mod owner;
mod programs;
mod sbom;
#[path = "../support/tools.rs"]
mod tools;
mod wheel;

use std::process::Command;

use tools::project;

/// Runs a program that has to succeed, and gives what it wrote to standard output. `install` gets it where it is missing.
fn output(command: &mut Command, install: &str) -> String {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{program} is needed ({error}): {install}"));
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{command:?}: {out}\n{err}");
    out.into_owned()
}

/// What every build of this version says about itself. The one beside the tests is not asked: cargo writes it anew while
/// another test installs it.
fn version() -> String {
    format!("image-lint {}\n", env!("CARGO_PKG_VERSION"))
}
