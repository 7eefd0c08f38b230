//! The hook in a repository: installed, chained, called by git, and taken out again.

use std::path::{Path, PathBuf};

use image_lint::hook::install::{InstallError, Installed, Uninstalled, install, uninstall};

use crate::executable::write_executable;
use crate::repository::Repository;

/// A program in the place of image-lint that keeps what it was given and ends with `status`.
fn program(repository: &Repository, status: u8) -> PathBuf {
    let folder = repository.beside("it's a $(touch pwned) folder");
    std::fs::create_dir_all(&folder).unwrap();
    let kept = repository.beside("kept");
    let path = folder.join("image-lint");
    let script = format!(
        "#!/bin/sh\n{{ printf '%s\\n' \"$@\"; cat; }} >'{}'\nexit {status}\n",
        kept.display()
    );
    write_executable(&path, &script);
    path
}

fn kept(repository: &Repository) -> String {
    std::fs::read_to_string(repository.beside("kept")).unwrap_or_default()
}

fn repository() -> Repository {
    let repository = Repository::new();
    repository.add_remote("origin", &[]);
    repository.write("a", "1").commit();
    repository
}

fn hook(repository: &Repository) -> PathBuf {
    repository.root.join(".git/hooks/pre-push")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn git_calls_the_program_with_its_arguments_and_lines() {
    let repository = repository();
    let installed = install(
        &repository.open(),
        &repository.root,
        &program(&repository, 0),
        false,
    )
    .unwrap();
    assert_eq!(
        installed,
        Installed::Written {
            hook: hook(&repository),
            chained: None
        }
    );
    repository.git(&["push", "--quiet", "origin", "main"]);
    let head = repository.oid("HEAD");
    let url = repository.beside("origin.git");
    let zeros = "0".repeat(40);
    let expected = format!(
        "pre-push\norigin\n{}\nrefs/heads/main {head} refs/heads/main {zeros}\n",
        url.display()
    );
    assert_eq!(kept(&repository), expected);
    assert!(!repository.root.join("pwned").exists());
}

#[test]
fn a_failing_program_stops_the_push() {
    let repository = repository();
    install(
        &repository.open(),
        &repository.root,
        &program(&repository, 1),
        false,
    )
    .unwrap();
    assert!(
        !repository
            .run(&["push", "--quiet", "origin", "main"])
            .status
            .success()
    );
    repository.git(&["push", "--quiet", "--no-verify", "origin", "main"]);
}

#[test]
fn a_program_that_is_gone_lets_the_push_through_and_says_so() {
    let repository = repository();
    let program = program(&repository, 1);
    install(&repository.open(), &repository.root, &program, false).unwrap();
    std::fs::remove_file(program).unwrap();
    // Only the system's folders, so that an installed image-lint is not found instead.
    let push = repository
        .command("git")
        .env("PATH", "/usr/bin:/bin")
        .args(["push", "origin", "main"])
        .output();
    let push = push.unwrap();
    assert!(push.status.success());
    assert!(
        String::from_utf8_lossy(&push.stderr).contains("not installed any more"),
        "{push:?}"
    );
}

#[test]
fn an_older_hook_is_called_first_and_comes_back() {
    let repository = repository();
    let older = "#!/bin/sh\n{ printf '%s\\n' \"$@\"; cat; } >older-was-called\n";
    std::fs::create_dir_all(repository.root.join(".git/hooks")).unwrap();
    write_executable(&hook(&repository), older);
    let program = program(&repository, 0);
    let git = repository.open();
    let aside = repository
        .root
        .join(".git/hooks/pre-push.before-image-lint");
    let installed = install(&git, &repository.root, &program, false).unwrap();
    assert_eq!(
        installed,
        Installed::Written {
            hook: hook(&repository),
            chained: Some(aside.clone())
        }
    );
    repository.git(&["push", "--quiet", "origin", "main"]);
    let seen = read(&repository.root.join("older-was-called"));
    assert_eq!(
        kept(&repository),
        format!("pre-push\n{seen}"),
        "the same arguments and lines"
    );

    assert_eq!(
        install(&git, &repository.root, &program, false).unwrap(),
        Installed::Already {
            hook: hook(&repository)
        }
    );
    assert_eq!(
        read(&aside),
        older,
        "a second installation does not chain to itself"
    );

    let removed = uninstall(&git, &repository.root).unwrap();
    assert_eq!(
        removed,
        Uninstalled::Removed {
            hook: hook(&repository),
            restored: true
        }
    );
    assert_eq!(read(&hook(&repository)), older);
    assert!(!aside.exists());
    assert!(matches!(
        uninstall(&git, &repository.root),
        Err(InstallError::NotOurs(_))
    ));
}

#[test]
fn an_older_hook_that_fails_stops_the_push_before_the_program() {
    let repository = repository();
    std::fs::create_dir_all(repository.root.join(".git/hooks")).unwrap();
    write_executable(&hook(&repository), "#!/bin/sh\nexit 3\n");
    install(
        &repository.open(),
        &repository.root,
        &program(&repository, 0),
        false,
    )
    .unwrap();
    assert!(
        !repository
            .run(&["push", "--quiet", "origin", "main"])
            .status
            .success()
    );
    assert_eq!(kept(&repository), "");
}

#[test]
fn an_older_hook_that_reads_nothing_is_no_trouble() {
    let repository = repository();
    std::fs::create_dir_all(repository.root.join(".git/hooks")).unwrap();
    write_executable(&hook(&repository), "#!/bin/sh\nexec 0<&-\n");
    install(
        &repository.open(),
        &repository.root,
        &program(&repository, 0),
        false,
    )
    .unwrap();
    for n in 0..200 {
        repository.git(&["branch", &format!("branch-with-a-rather-long-name-{n}")]);
    }
    let push = repository.run(&["push", "--quiet", "--all", "origin"]);
    assert!(push.status.success());
    assert_eq!(String::from_utf8_lossy(&push.stderr), "");
    assert_eq!(kept(&repository).lines().count(), 3 + 201);
}

#[test]
fn a_hook_another_tool_wrote_over_ours_is_left_alone() {
    let repository = repository();
    std::fs::create_dir_all(repository.root.join(".git/hooks")).unwrap();
    write_executable(&hook(&repository), "#!/bin/sh\n# first\n");
    let program = program(&repository, 0);
    install(&repository.open(), &repository.root, &program, false).unwrap();
    write_executable(&hook(&repository), "#!/bin/sh\n# third\n");
    let again = install(&repository.open(), &repository.root, &program, false);
    assert!(
        matches!(again, Err(InstallError::TwoHooks { .. })),
        "{again:?}"
    );
    assert_eq!(read(&hook(&repository)), "#!/bin/sh\n# third\n");
}

#[test]
fn a_newer_program_replaces_our_own_hook_only() {
    let repository = repository();
    install(
        &repository.open(),
        &repository.root,
        Path::new("/old/image-lint"),
        false,
    )
    .unwrap();
    let installed = install(
        &repository.open(),
        &repository.root,
        Path::new("/new/image-lint"),
        false,
    )
    .unwrap();
    assert_eq!(
        installed,
        Installed::Written {
            hook: hook(&repository),
            chained: None
        }
    );
    assert!(read(&hook(&repository)).contains("/new/image-lint"));
    assert_eq!(
        uninstall(&repository.open(), &repository.root).unwrap(),
        Uninstalled::Removed {
            hook: hook(&repository),
            restored: false
        }
    );
    assert_eq!(
        uninstall(&repository.open(), &repository.root).unwrap(),
        Uninstalled::Nothing
    );
}

#[test]
fn the_repositorys_own_hooks_path_is_followed() {
    let repository = repository();
    repository.git(&["config", "core.hooksPath", "my hooks"]);
    install(
        &repository.open(),
        &repository.root,
        &program(&repository, 0),
        false,
    )
    .unwrap();
    assert!(repository.root.join("my hooks/pre-push").exists());
    repository.git(&["push", "--quiet", "origin", "main"]);
    assert!(kept(&repository).starts_with("pre-push\norigin\n"));
}

#[test]
fn linked_worktrees_share_the_hook() {
    let repository = repository();
    let linked = repository.beside("linked");
    repository.git(&["worktree", "add", "--quiet", linked.to_str().unwrap()]);
    let git = image_lint::git::Git::open(&linked).unwrap();
    install(&git, &linked, &program(&repository, 0), false).unwrap();
    assert!(hook(&repository).exists());
    repository.git(&[
        "-C",
        linked.to_str().unwrap(),
        "push",
        "--quiet",
        "origin",
        "linked",
    ]);
    assert!(kept(&repository).contains("refs/heads/linked"));
}

#[test]
fn a_hook_manager_keeps_its_hooks_and_gets_a_snippet() {
    for (file, name) in [
        ("lefthook.yml", "lefthook"),
        (".config/lefthook.yml", "lefthook"),
        (".husky/pre-commit", "husky"),
        (".pre-commit-config.yaml", "pre-commit"),
    ] {
        let repository = repository();
        repository.write(file, "");
        let installed =
            install(&repository.open(), &repository.root, Path::new("/x"), false).unwrap();
        assert!(
            matches!(installed, Installed::Manager { manager, .. } if manager.name == name),
            "{file}"
        );
        assert!(!hook(&repository).exists(), "{file}");
        install(&repository.open(), &repository.root, Path::new("/x"), true).unwrap();
        assert!(
            hook(&repository).exists(),
            "{file}: asked for beside the manager"
        );
    }
}
