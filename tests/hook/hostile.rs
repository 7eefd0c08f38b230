//! Repositories that try to have something run or to be read as something else.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use image_lint::discover::commit::{Blobs, list};
use image_lint::git::Git;
use image_lint::hook::pre_push::{Request, plan};

use crate::executable::write_executable;
use crate::repository::Repository;

#[test]
fn nothing_that_the_configuration_names_is_run() {
    let repository = Repository::with_remote();
    repository
        .write("a", "1")
        .write(".gitattributes", "* diff=evil filter=evil\n")
        .commit();
    repository.git(&["push", "--quiet", "origin", "main"]);
    repository.write("a", "2").commit();
    let lines = repository.lines_of_push(&["origin", "main:refs/heads/new", "main"]);
    let pwned = repository.beside("pwned");
    let program = repository.beside("evil");
    let text = format!("#!/bin/sh\ntouch '{}'\n", pwned.display());
    write_executable(&program, &text);
    let program = program.to_str().unwrap();
    let hooks = repository.beside("evil-hooks");
    for hook in [
        "fsmonitor-watchman",
        "post-index-change",
        "reference-transaction",
        "post-checkout",
    ] {
        write_executable(&hooks.join(hook), &text);
    }
    let transport = format!("ext::{program}");
    for (key, value) in [
        ("core.fsmonitor", program),
        ("core.hooksPath", hooks.to_str().unwrap()),
        ("core.pager", program),
        ("core.sshCommand", program),
        ("core.alternateRefsCommand", program),
        ("core.gitProxy", program),
        ("core.askPass", program),
        ("diff.external", program),
        ("diff.evil.command", program),
        ("diff.evil.textconv", program),
        ("filter.evil.smudge", program),
        ("filter.evil.process", program),
        ("alias.cat-file", &format!("!{program}")),
        ("alias.ls-tree", &format!("!{program}")),
        ("pager.diff-tree", program),
        ("credential.helper", &format!("!{program}")),
        ("remote.origin.promisor", "true"),
        ("remote.origin.url", &transport),
        ("protocol.ext.allow", "always"),
        ("extensions.partialClone", "origin"),
        ("core.repositoryFormatVersion", "1"),
    ] {
        repository.git(&["config", key, value]);
    }
    let git = Git::open(&repository.root).unwrap();
    let plan = plan(&git, Some(OsStr::new("origin")), &Request::Lines(lines)).unwrap();
    assert_eq!(plan.commits.len(), 1);
    for entry in list(&git, &plan.commits[0].commit).unwrap() {
        Blobs::open(&git, 1000, vec![entry.oid])
            .unwrap()
            .next()
            .unwrap()
            .unwrap();
    }
    // An object that is not here would have to be fetched from the hostile remote.
    let absent = image_lint::git::Oid::parse("1".repeat(40).as_bytes()).unwrap();
    assert!(
        Blobs::open(&git, 1000, vec![absent.clone()])
            .unwrap()
            .next()
            .unwrap()
            .is_err()
    );
    assert_eq!(git.look_up(&[absent.to_string()]).unwrap(), [None]);
    assert!(git.commit_of(OsStr::new("@{push}")).is_none());
    assert!(!pwned.exists(), "a program of the repository was run");
}

#[test]
fn file_names_are_bytes_and_nothing_else() {
    let names: &[&[u8]] = &[
        b"x;touch pwned;",
        b"$(touch pwned)",
        b"`id`",
        b"-rf",
        b"--output=pwned",
        b"a\nb",
        b"a\tb",
        b"\"quoted\"",
        b" blank ",
        b"a%0Ab,c:d.yaml",
        b"latin1-\xe9.yaml",
        b":(glob)**",
        b"e\x1b[2Jf",
    ];
    let repository = Repository::with_remote();
    repository.write("a", "1").commit();
    repository.git(&["push", "--quiet", "origin", "main"]);
    for name in names {
        repository.write(Path::new(OsStr::from_bytes(name)), *name);
    }
    repository.commit();
    let lines = repository.lines_of_push(&["origin", "main"]);
    let git = repository.open();
    let plan = plan(&git, Some(OsStr::new("origin")), &Request::Lines(lines)).unwrap();
    let changed = plan.commits[0].changed.as_ref().unwrap();
    let entries = list(&git, &plan.commits[0].commit).unwrap();
    for name in names {
        let shown = String::from_utf8_lossy(name);
        assert!(
            changed.iter().any(|path| path.as_bytes() == *name),
            "{shown} is changed"
        );
        let entry = entries.iter().find(|entry| entry.path.as_bytes() == *name);
        let oid = entry.unwrap_or_else(|| panic!("{shown}")).oid.clone();
        assert_eq!(
            Blobs::open(&git, 1000, vec![oid])
                .unwrap()
                .next()
                .unwrap()
                .unwrap(),
            *name
        );
    }
    assert!(!repository.root.join("pwned").exists());
}

#[test]
fn a_remote_name_cannot_become_an_option_or_a_pattern() {
    let repository = Repository::with_remote();
    repository.write("a", "1").commit();
    repository.git(&["push", "--quiet", "origin", "main"]);
    repository.write("b", "1").commit();
    let lines = repository.lines_of_push(&["origin", "main:refs/heads/new"]);
    for name in [
        "--output=pwned",
        "or*",
        "origin --all",
        "$(touch pwned)",
        "a\nb",
    ] {
        let plan = plan(
            &repository.open(),
            Some(OsStr::new(name)),
            &Request::Lines(lines.clone()),
        )
        .unwrap();
        assert_eq!(plan.commits[0].changed, None, "{name:?}");
    }
    assert!(!repository.root.join("pwned").exists());
}
