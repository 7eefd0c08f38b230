//! What the author of a pull request gets from flags that were meant for somebody else's files.

use std::os::unix::fs::symlink;

use crate::program::{Program, Workspace, pod};

fn from_a_fork(workspace: &Workspace, arguments: &[&str]) -> Program {
    let event = workspace.beside("event.json");
    std::fs::write(
        &event,
        r#"{"pull_request":{"head":{"repo":{"id":2}},"base":{"repo":{"id":1}}}}"#,
    )
    .unwrap();
    workspace
        .program(arguments)
        .env("GITHUB_EVENT_NAME", "pull_request")
        .env("GITHUB_EVENT_PATH", event)
}

#[test]
fn no_command_gives_the_environment_to_a_tree_from_a_fork() {
    let workspace = Workspace::of(
        "a.sh",
        "#!/bin/sh\ndocker pull \"q.example.com/a/$TOKEN\"\n",
    );
    for command in [
        &["--offline", "--env"][..],
        &["list", "--env"],
        &["list", "--format", "jsonl", "--env"],
        &["mirror", "--to", "r.example.com/p", "--env"],
    ] {
        let ran = from_a_fork(&workspace, command)
            .env("TOKEN", "canary")
            .run();
        assert_eq!(ran.code, Some(2), "{command:?}: {}", ran.said());
        assert!(
            ran.stderr.contains("--env") && !ran.said().contains("canary"),
            "{command:?}: {}",
            ran.said()
        );
    }
    let ran = workspace
        .program(&["list", "--env"])
        .env("TOKEN", "canary")
        .run();
    assert!(
        ran.stdout.contains("canary"),
        "the user's own tree: {}",
        ran.said()
    );
}

#[test]
fn an_endless_file_in_the_place_of_one_that_a_flag_names_ends_the_run() {
    let workspace = Workspace::of("pod.yaml", pod(&["Bad/Name"]));
    symlink("/dev/zero", workspace.root.join("zero")).unwrap();
    for flag in ["--baseline", "--config", "--values"] {
        let limits = "ulimit -t 60; ulimit -d 1000000; exec \"$0\" \"$@\"";
        let ran = workspace
            .wrapped(&["/bin/sh", "-c", limits], &["--offline", flag, "zero"])
            .run();
        assert_eq!(ran.code, Some(2), "{flag}: {}", ran.said());
        assert!(
            ran.stderr.contains("zero") && ran.stderr.contains("more than"),
            "{flag}: {}",
            ran.stderr
        );
    }
}

#[test]
fn a_link_of_a_fork_in_the_place_of_a_named_file_is_not_read() {
    let workspace = Workspace::of("pod.yaml", pod(&["Bad/Name"]));
    let secret = workspace.beside("secret");
    std::fs::write(&secret, "\"canary: canary\"\n").unwrap();
    symlink(&secret, workspace.root.join("link")).unwrap();
    std::fs::write(workspace.root.join("own"), "A: x\n").unwrap();
    symlink("own", workspace.root.join("inner")).unwrap();
    for flag in ["--baseline", "--config", "--values"] {
        let ran = from_a_fork(&workspace, &["--offline", flag, "link"]).run();
        assert_eq!(ran.code, Some(2), "{flag}: {}", ran.said());
        assert!(
            ran.stderr.contains("leads out") && !ran.said().contains("canary"),
            "{flag}: {}",
            ran.said()
        );
    }
    for named in [secret.to_str().unwrap(), "inner"] {
        let ran = from_a_fork(&workspace, &["--offline", "--config", named]).run();
        assert!(!ran.stderr.contains("leads out"), "{named}: {}", ran.stderr);
    }
    let ran = from_a_fork(&workspace, &["--offline", "--values", "inner"]).run();
    assert_eq!(ran.code, Some(1), "a link within the tree: {}", ran.said());
}

/// Lines that GitHub's runner obeys: white space before the command does not count, whatever .NET calls so.
fn obeyed(text: &str) -> Vec<&str> {
    let mut stopped: Option<String> = None;
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        match &stopped {
            Some(word) if line == format!("::{word}::") => stopped = None,
            Some(_) => {}
            None => match line.strip_prefix("::stop-commands::") {
                Some(word) => stopped = Some(word.to_owned()),
                None if line.starts_with("::") || line.contains("##[") => found.push(line),
                None => {}
            },
        }
    }
    assert_eq!(stopped, None, "the runner listens again");
    found
}

#[test]
fn neither_a_list_nor_a_diff_commands_the_runner() {
    let workspace = Workspace::new();
    for space in ['\u{a0}', '\u{3000}', '\u{2003}', ' '] {
        workspace.write(format!("{space}::error::x/pod.yaml"), pod(&["Bad/Name"]));
    }
    let script = "#!/bin/sh\n::add-mask::a\nbuildah bud -t q.io/a/b .\n \u{a0}::error::b\n# ##[add-mask]c\nbuildah push q.io/a/b\n";
    workspace.write("build.sh", script);
    for command in [
        &["list"][..],
        &["list", "--files"],
        &["--offline", "--diff"],
    ] {
        let ran = workspace
            .program(command)
            .env("GITHUB_ACTIONS", "true")
            .run();
        assert_eq!(
            obeyed(&ran.stdout),
            Vec::<&str>::new(),
            "{command:?}: {}",
            ran.stdout
        );
    }

    let diff = workspace
        .program(&["--offline", "--diff"])
        .env("GITHUB_ACTIONS", "true")
        .run();
    assert!(
        diff.stdout.contains("\n ::add-mask::a\n"),
        "exact: {}",
        diff.stdout
    );
    workspace.git(&["init", "--quiet"]);
    workspace.write("a.patch", &diff.stdout);
    let applied = workspace.git(&["apply", "a.patch"]);
    assert_eq!(applied.code, Some(0), "{}", applied.said());
    assert!(
        workspace.read("build.sh").contains("--format"),
        "{}",
        workspace.read("build.sh")
    );
}

#[test]
fn a_link_of_a_fork_does_not_choose_where_a_report_is_written() {
    let workspace = Workspace::of("pod.yaml", pod(&["Bad/Name"]));
    let elsewhere = workspace.beside("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    std::fs::write(elsewhere.join("kept"), "kept").unwrap();
    std::fs::create_dir_all(workspace.root.join(".git/hooks")).unwrap();
    std::fs::create_dir(workspace.root.join("inner")).unwrap();
    for (to, link) in [
        (elsewhere.as_path(), "reports"),
        (&elsewhere.join("kept"), "file"),
        (&elsewhere.join("new"), "dangling"),
        (".git/hooks".as_ref(), "hooks"),
        ("inner".as_ref(), "within"),
    ] {
        symlink(to, workspace.root.join(link)).unwrap();
    }
    for path in [
        "reports/a",
        "./inner/../reports/a",
        "file",
        "dangling",
        "hooks/pre-commit",
    ] {
        let absolute = workspace.root.join(path);
        for named in [path, absolute.to_str().unwrap()] {
            for arguments in [
                ["--output".to_owned(), format!("json={named}")],
                ["--write-baseline".to_owned(), named.to_owned()],
            ] {
                let ran =
                    from_a_fork(&workspace, &["--offline", &arguments[0], &arguments[1]]).run();
                assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.said());
                assert!(
                    ran.stderr.contains(named) && ran.stderr.contains("leads out"),
                    "{arguments:?}: {}",
                    ran.stderr
                );
            }
        }
    }
    let left: Vec<_> = std::fs::read_dir(&elsewhere)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["kept"]);
    assert_eq!(
        std::fs::read_to_string(elsewhere.join("kept")).unwrap(),
        "kept"
    );
    assert_eq!(
        std::fs::read_dir(workspace.root.join(".git/hooks"))
            .unwrap()
            .count(),
        0
    );

    // A link within the tree, and folders that the user names outside of it.
    let beside = format!("json={}", elsewhere.join("mine").display());
    for output in ["json=within/a", "json=../elsewhere/mine2", &beside] {
        let ran = from_a_fork(&workspace, &["--offline", "--output", output]).run();
        assert_eq!(ran.code, Some(1), "{output}: {}", ran.said());
    }
    assert!(workspace.root.join("inner/a").is_file() && elsewhere.join("mine").is_file());
    let ran = workspace
        .program(&["--offline", "--output", "json=reports/own"])
        .run();
    assert_eq!(ran.code, Some(1), "the user's own tree: {}", ran.said());
    assert!(elsewhere.join("own").is_file());
}

#[test]
fn a_link_of_a_fork_in_the_place_of_a_named_path_is_not_followed() {
    let workspace = Workspace::of("pod.yaml", pod(&["Bad/Name"]));
    let outside = workspace.beside("outside");
    std::fs::create_dir(&outside).unwrap();
    let secret = "#!/bin/sh\nTOKEN=canary\ndocker pull Q.io/canary:1\n";
    std::fs::write(outside.join("deploy.sh"), secret).unwrap();
    let at = |name: &str| workspace.root.join(name);
    std::fs::create_dir(at("own")).unwrap();
    for (to, link) in [
        ("/proc/self/environ", "environ.sh"),
        ("/proc/self", "process"),
        ("../outside", "k8s"),
        ("../outside/deploy.sh", "deploy.sh"),
        ("k8s", "twice"),
        (".git", "git"),
        ("own", "within"),
    ] {
        symlink(to, at(link)).unwrap();
    }
    std::fs::create_dir(at(".git")).unwrap();
    std::fs::write(at("own/pod.yaml"), pod(&["Bad/Other"])).unwrap();
    for path in [
        "environ.sh",
        "process",
        "process/environ",
        "k8s",
        "./k8s",
        "own/../k8s",
        "deploy.sh",
        "k8s/deploy.sh",
        "twice",
        "git",
    ] {
        let absolute = at(path);
        for named in [path, absolute.to_str().unwrap()] {
            for command in [&["--offline"][..], &["list"], &["list", "--files"]] {
                let ran = from_a_fork(&workspace, command)
                    .env("SECRET", "canary")
                    .arg(named)
                    .run();
                assert_eq!(ran.code, Some(2), "{command:?} {named}: {}", ran.said());
                assert!(!ran.said().contains("canary"), "{named}: {}", ran.said());
            }
        }
    }
    let ran = from_a_fork(&workspace, &["--offline", "within"]).run();
    assert_eq!(ran.code, Some(1), "a link within the tree: {}", ran.said());
    let ran = workspace.program(&["--offline", "-v", "k8s"]).run();
    assert_eq!(ran.code, Some(0), "the user's own link: {}", ran.said());
    assert!(ran.said().contains("`k8s` is a link"), "{}", ran.said());
}

#[test]
fn files_that_the_kernel_makes_up_are_not_read_for_anybody() {
    let workspace = Workspace::of("pod.yaml", pod(&["Bad/Name"]));
    symlink("/proc/self/environ", workspace.root.join("environ.sh")).unwrap();
    for named in ["environ.sh", "/proc/self/environ", "/proc/self/cmdline"] {
        let ran = workspace
            .program(&["--offline", named])
            .env("X", "\ndocker pull q.io/canary:1\n")
            .run();
        assert!(!ran.said().contains("canary"), "{named}: {}", ran.said());
        assert!(
            ran.said().contains("kernel makes up"),
            "{named}: {}",
            ran.said()
        );
    }
}
