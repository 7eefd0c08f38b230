//! A machine without room, home or a reader.

use std::os::unix::fs::{PermissionsExt, chown, symlink};

use crate::program::{Ran, Workspace, pod};
use crate::support::artifact;
use crate::support::registry::Registry;

/// Enough findings that a pipe of 64 KiB cannot hold the report.
fn many() -> Workspace {
    let names: Vec<String> = (0..400).map(|n| format!("Bad/Name{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Workspace::of("pod.yaml", pod(&names))
}

fn shell(workspace: &Workspace, script: &str) -> Ran {
    let mut program = workspace.wrapped(&["/bin/sh", "-c", script], &[]);
    program = program.arg("--offline");
    program.run()
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let workspace = many();
    let ran = shell(
        &workspace,
        "\"$0\" \"$@\" --format json 2>errors | head -c 10; cat errors",
    );
    assert_eq!(ran.code, Some(0), "{}", ran.said());
    assert!(
        !ran.said().contains("panicked") && !ran.said().contains("Broken pipe"),
        "{}",
        ran.said()
    );
}

#[test]
fn closed_streams_and_a_full_disk_end_cleanly() {
    let workspace = many();
    for (script, code) in [
        ("\"$0\" \"$@\" >&-", 1),
        ("\"$0\" \"$@\" 2>&-", 1),
        ("\"$0\" \"$@\" <&- >&- 2>&-", 1),
        ("\"$0\" \"$@\" >/dev/full", 2),
        ("\"$0\" \"$@\" >/dev/full 2>/dev/full", 2),
        ("\"$0\" \"$@\" --output json=/dev/full >/dev/null", 2),
        (
            "\"$0\" list >/dev/full; c=$?; \"$0\" explain >/dev/full || exit $c",
            2,
        ),
    ] {
        let ran = shell(&workspace, script);
        assert_eq!(ran.code, Some(code), "{script}: {}", ran.stderr);
        assert!(!ran.said().contains("panicked"), "{script}: {}", ran.said());
    }
}

#[test]
fn without_a_home_or_with_one_that_cannot_be_written_the_run_goes_on() {
    let registry = Registry::start();
    registry.push_oci("app", "1");
    let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:1")]));
    let arguments = ["--format", "json", "--plain-http", &registry.host()];
    let locked = workspace.beside("locked");
    std::fs::create_dir(&locked).unwrap();
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o500)).unwrap();
    let file = workspace.beside("file");
    std::fs::write(&file, "").unwrap();
    for home in [
        None,
        Some("/nonexistent".into()),
        Some(locked),
        Some(file),
        Some("relative".into()),
    ] {
        let mut program = workspace.program(&arguments).env("TMPDIR", "/nonexistent");
        match &home {
            Some(home) => program = program.env("HOME", home),
            None => {
                program.command.env_remove("HOME");
            }
        }
        let ran = program.run();
        assert_eq!(ran.code, Some(1), "{home:?}: {}", ran.said());
        assert_eq!(ran.findings().len(), 1, "{home:?}");
    }
    assert!(
        !workspace.root.join("relative").exists(),
        "nothing is written into the tree"
    );
}

#[test]
fn with_little_memory_the_run_ends_cleanly() {
    let workspace = many();
    let ran = shell(
        &workspace,
        "ulimit -v 800000; exec \"$0\" \"$@\" --format json --jobs 2",
    );
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    assert_eq!(ran.findings().len(), 400);
    // With less there may be no thread to be had, or no memory at all: then there is no report, and never half of one.
    // Where not even the program and its libraries fit, the kernel or the loader ends it before its first instruction,
    // which is no matter of ours: the first size is the one with which it says its version.
    let starts = |kib: &u32| {
        let script = format!("ulimit -v {kib}; exec \"$0\" --version");
        let program = workspace.wrapped(&["/bin/sh", "-c", &script], &[]);
        program.run().code == Some(0)
    };
    let least = (30_000..90_000)
        .step_by(5_000)
        .find(starts)
        .expect("a size with which the program starts");
    for kib in [least, least + 10_000, 90_000, 130_000, 170_000, 220_000] {
        let ran = shell(
            &workspace,
            &format!("ulimit -v {kib}; exec \"$0\" \"$@\" --format json"),
        );
        match ran.code {
            Some(1) => assert_eq!(ran.findings().len(), 400, "{kib} KiB"),
            Some(2) => {
                assert!(
                    ran.stdout.is_empty() && ran.stderr.starts_with("image-lint: "),
                    "{kib}: {}",
                    ran.said()
                );
                assert!(
                    !ran.stderr.contains("report this"),
                    "{kib}: it is the machine's fault: {}",
                    ran.stderr
                );
            }
            // The standard library's last word before it gives up.
            None => assert!(
                ran.stdout.is_empty() && ran.stderr.contains("memory allocation"),
                "{kib}: {}",
                ran.said()
            ),
            code => panic!("{kib} KiB: {code:?} {}", ran.said()),
        }
    }
}

#[test]
fn with_few_file_descriptors_everything_is_still_read() {
    let workspace = Workspace::new();
    for n in 0..200 {
        workspace.write(format!("{n}.yaml"), pod(&["Bad/Name"]));
    }
    let ran = shell(&workspace, "ulimit -n 24; exec \"$0\" \"$@\" --format json");
    assert_eq!(ran.findings().len(), 200, "{}", ran.stderr);
}

#[test]
fn a_cache_in_the_tree_or_of_somebody_else_is_not_believed() {
    let registry = Registry::start();
    // What the target can pull: anything else is asked again each time.
    registry.push("app", "1", &artifact::docker_list("app"));
    let workspace = Workspace::of("pod.yaml", pod(&[&registry.name("app:1")]));
    // Requests that a run makes; the answer is the same in any case.
    let asked = |cache: &str, trust: &str| {
        registry.clear_log();
        let ran = workspace
            .program(&[
                "--format",
                "json",
                "--no-alternatives",
                "--trust",
                trust,
                "--plain-http",
                &registry.host(),
            ])
            .env("XDG_CACHE_HOME", workspace.beside(cache))
            .run();
        assert_eq!(
            (ran.code, ran.findings()),
            (Some(0), vec![]),
            "{cache}: {}",
            ran.said()
        );
        registry.log().len()
    };
    let trusted = |cache: &str| asked(cache, "trusted");
    assert_eq!(
        [trusted("cache"), trusted("cache")],
        [2, 0],
        "what was said once is kept"
    );
    assert_eq!(asked("cache", "untrusted"), 2, "not for a stranger's tree");
    let answers = workspace.beside("cache/image-lint/answers");
    let files: Vec<_> = std::fs::read_dir(&answers)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    let [file] = &files[..] else {
        panic!("{files:?}")
    };
    let whole = std::fs::read(file).unwrap();
    assert_eq!(
        std::fs::metadata(&answers).unwrap().permissions().mode() & 0o777,
        0o700
    );

    // The very answer, but in the tree.
    let name = file.file_name().unwrap().to_str().unwrap();
    for folder in [
        ".image-lint-cache",
        ".cache/image-lint",
        "image-lint",
        ".image-lint-cache/image-lint",
    ] {
        workspace.write(format!("{folder}/answers/{name}"), &whole);
        workspace.write(format!("{folder}/{name}"), &whole);
    }
    assert_eq!([trusted("another"), trusted("another")], [2, 0]);

    for (what, spoilt) in [
        ("garbage", b"\0garbage".to_vec()),
        ("nothing", Vec::new()),
        ("a half", whole[..whole.len() / 2].to_vec()),
        (
            "another format",
            String::from_utf8(whole.clone())
                .unwrap()
                .replace("DockerList", "OciIndex")
                .into_bytes(),
        ),
        (
            "a later time",
            String::from_utf8(whole.clone())
                .unwrap()
                .replace("\"at\":1", "\"at\":9")
                .into_bytes(),
        ),
        (
            "five megabytes",
            [&whole[..], &vec![b' '; 5 << 20]].concat(),
        ),
    ] {
        assert_ne!(spoilt, whole, "{what}");
        std::fs::write(file, spoilt).unwrap();
        assert_eq!(
            [trusted("cache"), trusted("cache")],
            [2, 0],
            "{what} is written anew"
        );
    }
    let elsewhere = workspace.beside("elsewhere");
    std::fs::write(&elsewhere, &whole).unwrap();
    std::fs::remove_file(file).unwrap();
    symlink(&elsewhere, file).unwrap();
    assert_eq!(
        [trusted("cache"), trusted("cache")],
        [2, 0],
        "a link is replaced"
    );
    assert_eq!(
        std::fs::read(&elsewhere).unwrap(),
        whole,
        "and not written through"
    );

    let linked = workspace.beside("linked/image-lint");
    std::fs::create_dir_all(&linked).unwrap();
    symlink(&answers, linked.join("answers")).unwrap();
    assert_eq!(
        [trusted("linked"), trusted("linked")],
        [2, 2],
        "a folder that is a link"
    );
    // Only root can give a folder away.
    if chown(&answers, Some(65534), None).is_ok() {
        assert_eq!(
            [trusted("cache"), trusted("cache")],
            [2, 2],
            "a folder of another user"
        );
    }
}
