//! Where the action gets its binary from: only one whose digest is in the action's own commit is run.

use std::process::Command;

use crate::executable::write_executable;
use crate::runner::{Job, project};

const PROGRAM: &str = "#!/bin/sh\necho ran >>\"$GITHUB_WORKSPACE/ran\"\n";
const ASSET: &str = "image-lint-1.2.3-x86_64-unknown-linux-gnu";

fn sha256(text: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// A job whose action knows version 1.2.3 by `digest`, and whose mirror serves `served`.
fn job(digest: &str, served: &str) -> Job {
    let mut job = Job::new();
    std::fs::write(
        job.at("action/action/checksums.txt"),
        format!("# table\n{digest}  {ASSET}\n"),
    )
    .unwrap();
    std::fs::create_dir(job.at("mirror")).unwrap();
    std::fs::write(job.at("mirror").join(ASSET), served).unwrap();
    let mirror = format!("file://{}/", job.at("mirror").display());
    job.input("base-url", mirror);
    job
}

fn ran(job: &Job) -> usize {
    std::fs::read_to_string(job.workspace.join("ran")).map_or(0, |text| text.lines().count())
}

#[test]
fn a_binary_with_the_right_digest_is_run_and_kept() {
    let job = job(&sha256(PROGRAM), PROGRAM);
    assert_eq!(job.run().status, 0);
    std::fs::remove_file(job.at("mirror").join(ASSET)).unwrap();
    let again = job.run();
    assert_eq!(
        (again.status, ran(&job)),
        (0, 2),
        "the second run needs no download: {}",
        again.log
    );
    let mut left: Vec<_> = std::fs::read_dir(&job.workspace)
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["ran"], "nothing is put into the workspace");
}

/// Runs scripts/add-checksums.sh on the job's table; whether it succeeded, and what it said.
fn add_checksums(job: &Job, sums: &str) -> (bool, String) {
    let file = job.at("SHA256SUMS");
    std::fs::write(&file, sums).unwrap();
    let script = project().join("scripts/add-checksums.sh");
    let done = Command::new(script)
        .arg(&file)
        .arg(job.at("action/action/checksums.txt"))
        .output()
        .unwrap();
    let said = [done.stdout, done.stderr].concat();
    (done.status.success(), String::from_utf8(said).unwrap())
}

#[test]
fn a_release_fills_the_table_and_its_binary_is_run() {
    let job = job("no digest yet", PROGRAM);
    let targets = [
        "aarch64-unknown-linux-gnu",
        "x86_64-apple-darwin",
        "aarch64-apple-darwin",
        "x86_64-pc-windows-msvc.exe",
    ];
    let other = sha256("another program");
    let mut sums = format!(
        "{}  {ASSET}\n{other} *image-lint-1.2.3.cdx.json\n",
        sha256(PROGRAM)
    );
    sums.push_str(&format!(
        "{other}  image_lint-1.2.3-py3-none-manylinux_2_28_x86_64.whl\n"
    ));
    assert!(
        !add_checksums(&job, &sums).0,
        "a release without all its binaries"
    );
    targets
        .iter()
        .for_each(|target| sums.push_str(&format!("{other}  image-lint-1.2.3-{target}\n")));
    let (fine, said) = add_checksums(&job, &sums);
    assert!(fine && said.starts_with("added 5 of 5"), "{said}");
    let result = job.run();
    assert_eq!((result.status, ran(&job)), (0, 1), "{}", result.log);

    let (fine, said) = add_checksums(&job, &sums);
    assert!(fine && said.starts_with("added 0 of 5"), "{said}");
    let (fine, said) = add_checksums(&job, &sums.replace(&sha256(PROGRAM), &other));
    assert!(
        !fine && said.contains("is there with another digest"),
        "{said}"
    );
    let (fine, said) = add_checksums(&job, &sums.replace(&sha256(PROGRAM), "$(id)"));
    assert!(!fine && said.contains("no SHA-256"), "{said}");
}

#[test]
fn a_binary_with_another_digest_is_not_run() {
    let job = job(
        &sha256(PROGRAM),
        "#!/bin/sh\ntouch \"$GITHUB_WORKSPACE/pwned\"\n",
    );
    let result = job.run();
    assert_eq!((result.status, ran(&job)), (2, 0));
    assert!(result.log.contains("It was not run"), "{}", result.log);
    assert!(!job.workspace.join("pwned").exists());
}

#[test]
fn a_kept_binary_that_was_changed_is_fetched_again() {
    let job = job(&sha256(PROGRAM), PROGRAM);
    job.run();
    let kept = job.at("tools/image-lint/1.2.3/x86_64-unknown-linux-gnu/image-lint");
    std::fs::write(&kept, "#!/bin/sh\ntouch \"$GITHUB_WORKSPACE/pwned\"\n").unwrap();
    assert_eq!((job.run().status, ran(&job)), (0, 2));
    assert!(!job.workspace.join("pwned").exists());
}

#[test]
fn a_version_that_this_commit_does_not_know_is_refused() {
    let mut unknown = job(&sha256(PROGRAM), PROGRAM);
    unknown.input("version", "9.9.9");
    let result = unknown.run();
    assert_eq!(result.status, 2);
    assert!(
        result
            .log
            .contains("::error title=image-lint::Version 9.9.9 has no checksum"),
        "{}",
        result.log
    );
    for version in [
        "latest",
        "1.2.3;touch pwned",
        "$(touch pwned)",
        "../1.2.3",
        "1.2.3\n::warning::x",
        "-1",
    ] {
        let mut job = job(&sha256(PROGRAM), PROGRAM);
        job.input("version", version);
        let result = job.run();
        assert_eq!(
            (result.status, ran(&job)),
            (2, 0),
            "{version}: {}",
            result.log
        );
        assert!(
            !result.log.contains("::warning::") && !job.workspace.join("pwned").exists(),
            "{version}"
        );
    }
}

#[test]
fn a_binary_of_ones_own_needs_no_table() {
    let mut job = Job::new();
    let program = job.at("it's $(touch pwned) here/image-lint");
    write_executable(&program, PROGRAM);
    job.input("path", program.to_str().unwrap());
    assert_eq!((job.run().status, ran(&job)), (0, 1));
    assert!(!job.workspace.join("pwned").exists());
    for path in ["/no/such/program", "/tmp", "a\nbinary=/bin/sh"] {
        job.input("path", path);
        let result = job.run();
        assert_eq!(
            (result.status, ran(&job)),
            (2, 1),
            "{path:?}: {}",
            result.log
        );
    }
}

#[test]
fn without_a_released_binary_the_actions_own_source_is_built_away_from_the_workspace() {
    let mut job = Job::new();
    // A cargo that tells where and how it was called, and "builds" a program.
    let cargo = format!(
        "#!/bin/sh\npwd >\"$GITHUB_WORKSPACE/folder\"\necho \"$@\" >\"$GITHUB_WORKSPACE/arguments\"\n\
         mkdir -p \"$RUNNER_TEMP/image-lint-build/release\"\ncat >\"$RUNNER_TEMP/image-lint-build/release/image-lint\" <<'X'\n\
         {PROGRAM}X\nchmod +x \"$RUNNER_TEMP/image-lint-build/release/image-lint\"\n"
    );
    write_executable(&job.at("bin/cargo"), &cargo);
    job.path = Some(format!("{}:/usr/bin:/bin", job.at("bin").display()));
    let result = job.run();
    assert_eq!((result.status, ran(&job)), (0, 1), "{}", result.log);
    let kept = |name: &str| std::fs::read_to_string(job.workspace.join(name)).unwrap();
    assert_eq!(
        kept("folder").trim(),
        job.at("action").to_str().unwrap(),
        "not where a .cargo/config.toml may wait"
    );
    assert!(
        kept("arguments").starts_with("build --locked --release --bin image-lint --target-dir")
    );
}

#[test]
fn without_cargo_the_message_says_what_to_add() {
    let mut job = Job::new();
    std::fs::create_dir(job.at("bin")).unwrap();
    for tool in ["bash", "uname", "sha256sum", "cut"] {
        let found = Command::new("sh")
            .args(["-c", &format!("command -v {tool}")])
            .output()
            .unwrap()
            .stdout;
        let found = String::from_utf8(found).unwrap();
        std::os::unix::fs::symlink(found.trim(), job.at("bin").join(tool)).unwrap();
    }
    job.path = Some(job.at("bin").to_str().unwrap().to_owned());
    let result = job.run();
    assert_eq!(result.status, 2);
    assert!(
        result
            .log
            .contains("building one needs cargo: add dtolnay/rust-toolchain"),
        "{}",
        result.log
    );
}
