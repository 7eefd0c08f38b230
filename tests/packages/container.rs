//! The container image: built by buildah from Dockerfile and the static binary, in docker format, and run.

use std::path::Path;
use std::process::Command;

use crate::{output, project, version};

/// Newer buildah asks for a million open files and processes (`addRlimits` in `run_linux.go`, 1.39), which a machine that is
/// itself a container may not give (setrlimit(2)).
const LIMITS: [&str; 2] = ["--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024"];

const INSTALL: &str = "apt-get install buildah";

/// buildah with a store of its own, which needs neither privileges nor a file system that can overlay.
fn buildah(store: &Path) -> Command {
    let mut command = Command::new("buildah");
    command
        .env("BUILDAH_ISOLATION", "chroot")
        .current_dir(project());
    for (option, folder) in [("--root", "root"), ("--runroot", "run")] {
        command.arg(option).arg(store.join(folder));
    }
    command.args(["--storage-driver", "vfs"]);
    command
}

#[test]
fn the_static_binary_runs_in_an_empty_image_as_nobody_in_particular() {
    let binary = output(
        Command::new("scripts/build-static.sh")
            .arg("--debug")
            .current_dir(project()),
        "it is a script",
    );
    let binary = binary.trim();
    let store = tempfile::tempdir().unwrap();
    let store = store.path();
    let argument = format!("BINARY={binary}");
    let build = [
        "build",
        "--quiet",
        "--format=docker",
        "--build-arg",
        &argument,
        "--tag",
        "image-lint",
        ".",
    ];
    output(buildah(store).args(build), INSTALL);

    let inspected = output(
        buildah(store).args(["inspect", "--type=image", "image-lint"]),
        INSTALL,
    );
    let inspected: serde_json::Value = serde_json::from_str(&inspected).unwrap();
    let config = &inspected["Docker"]["config"];
    assert_eq!(config["User"], "65532:65532");
    assert_eq!(
        config["Entrypoint"],
        serde_json::json!(["/usr/bin/image-lint"])
    );
    let manifest = inspected["Manifest"].as_str().unwrap();
    assert!(
        manifest.contains("application/vnd.docker.distribution.manifest.v2+json"),
        "docker can pull it: {manifest}"
    );

    let container = output(
        buildah(store)
            .args(["from", "--pull-never"])
            .args(LIMITS)
            .arg("image-lint"),
        INSTALL,
    );
    let container = container.trim();
    let said = output(
        buildah(store).args(["run", container, "--", "/usr/bin/image-lint", "--version"]),
        INSTALL,
    );
    assert_eq!(said, version());

    // As pre-commit's `docker_image` runs the hook: the work tree at /src, which the image makes its working folder.
    let tree = tempfile::tempdir().unwrap();
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - image: quay.io/Bad:1\n";
    std::fs::write(tree.path().join("pod.yaml"), pod).unwrap();
    let mount = format!("{}:/src:ro", tree.path().display());
    let hook = [
        "/usr/bin/image-lint",
        "--on-unchecked=warn",
        "--deadline=8",
        "--read-deadline=8",
        ".",
    ];
    let mut run = buildah(store);
    run.args(["run", "--volume", &mount, container, "--"])
        .args(hook);
    let done = run.output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(
        !done.status.success() && said.contains("invalid-reference"),
        "{done:?}"
    );
    output(buildah(store).args(["rm", container]), INSTALL);
}
