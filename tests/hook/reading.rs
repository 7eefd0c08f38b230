//! The files of a commit, read from the object store.

use std::io::Write;
use std::process::Stdio;

use image_lint::discover::commit::{BlobError, Blobs, Entry, Kind, list};
use image_lint::git::{Git, Oid};

use crate::executable::write_executable;
use crate::repository::Repository;

const LIMIT: u64 = 4 * 1024 * 1024;

fn content(git: &Git, oid: &Oid) -> Result<Vec<u8>, BlobError> {
    Blobs::open(git, LIMIT, vec![oid.clone()])
        .unwrap()
        .next()
        .unwrap()
}

fn entry<'a>(entries: &'a [Entry], path: &str) -> &'a Entry {
    entries
        .iter()
        .find(|entry| entry.path.to_text() == path)
        .unwrap_or_else(|| panic!("{path} in {entries:?}"))
}

#[test]
fn the_commit_decides_not_the_work_tree() {
    let repository = Repository::new();
    let head = repository.write("a", "committed").commit();
    repository
        .write("a", "changed since")
        .write("b", "not committed");
    let git = repository.open();
    let entries = list(&git, &head).unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(content(&git, &entries[0].oid).unwrap(), b"committed");
}

#[test]
fn every_kind_of_entry_is_told_apart() {
    let repository = Repository::new();
    std::os::unix::fs::symlink("/etc/shadow", repository.root.join("link")).unwrap();
    repository.write("dir/file", "12345").commit();
    let commit = repository.oid("HEAD");
    repository.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("160000,{commit},sub"),
    ]);
    repository.git(&["commit", "--quiet", "--message=submodule"]);
    let git = repository.open();
    let entries = list(&git, &repository.oid("HEAD")).unwrap();
    assert_eq!(entry(&entries, "dir/file").kind, Kind::Blob);
    assert_eq!(entry(&entries, "link").kind, Kind::Symlink);
    assert_eq!(entry(&entries, "sub").kind, Kind::Submodule);
    let wanted = ["sub", "dir/file"].map(|path| entry(&entries, path).oid.clone());
    let answers: Vec<_> = Blobs::open(&git, LIMIT, wanted.into()).unwrap().collect();
    assert!(
        matches!(&answers[0], Err(BlobError::NotABlob(kind)) if kind == "commit"),
        "{answers:?}"
    );
    assert_eq!(
        answers[1].as_ref().unwrap(),
        b"12345",
        "the stream is still in step"
    );
    assert_eq!(answers.len(), 2);
}

#[test]
fn what_cannot_be_read_is_told_and_the_next_blob_is_read_all_the_same() {
    let repository = Repository::new();
    let pointer = format!(
        "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12\n",
        "a".repeat(64)
    );
    repository
        .write("large", vec![b'x'; 3000])
        .write("pointer", pointer)
        .write("small", "ok")
        .write("empty", "");
    let head = repository.commit();
    let git = repository.open();
    let entries = list(&git, &head).unwrap();
    let mut wanted = ["large", "pointer", "empty", "small"]
        .map(|path| entry(&entries, path).oid.clone())
        .to_vec();
    wanted.extend([
        Oid::parse("1".repeat(40).as_bytes()).unwrap(),
        entry(&entries, "small").oid.clone(),
    ]);
    let mut blobs = Blobs::open(&git, 2999, wanted).unwrap();
    let mut next = || blobs.next().unwrap();
    assert!(matches!(
        next(),
        Err(BlobError::TooLarge {
            size: 3000,
            limit: 2999
        })
    ));
    assert!(matches!(next(), Err(BlobError::LargeFilePointer)));
    assert_eq!(next().unwrap(), b"");
    assert_eq!(next().unwrap(), b"ok");
    assert!(matches!(next(), Err(BlobError::Absent)));
    assert_eq!(next().unwrap(), b"ok");
    assert!(blobs.next().is_none());
}

#[test]
fn more_answers_than_a_pipe_holds_come_in_order_and_may_be_left_unread() {
    let repository = Repository::new();
    for number in 0..300 {
        repository.write(
            format!("{number:03}"),
            format!("{number} {}", "x".repeat(3000)),
        );
    }
    let head = repository.commit();
    let git = repository.open();
    let entries = list(&git, &head).unwrap();
    // Many times the 64 kB of a pipe, in questions as well.
    let wanted: Vec<Oid> = (0..20)
        .flat_map(|_| entries.iter().map(|entry| entry.oid.clone()))
        .collect();
    for (number, content) in Blobs::open(&git, LIMIT, wanted.clone())
        .unwrap()
        .enumerate()
    {
        assert!(
            content
                .unwrap()
                .starts_with(format!("{} ", number % 300).as_bytes()),
            "answer {number}"
        );
    }
    let mut blobs = Blobs::open(&git, LIMIT, wanted).unwrap();
    assert!(blobs.next().unwrap().unwrap().starts_with(b"0 "));
}

/// Debian 12's git (2.39) and others before 2.45 end at such a blob; later ones call it missing. This is run with whatever
/// git the machine has, so scripts/check-bare-machine.sh shows both.
#[test]
fn blobs_that_a_partial_clone_lacks_are_absent_and_never_fetched() {
    for format in ["--object-format=sha1", "--object-format=sha256"] {
        let origin = Repository::with(&[format]);
        origin.git(&["config", "uploadpack.allowFilter", "true"]);
        for name in ["a", "b", "c", "d", "e"] {
            origin.write(name, name);
        }
        origin.commit();
        let partial = Repository::with(&[format]);
        let url = format!("file://{}", origin.root.display());
        partial.git(&["remote", "add", "origin", &url]);
        partial.git(&["fetch", "--quiet", "--filter=blob:none", "origin"]);
        let git = partial.open();
        let entries = list(&git, &partial.oid("origin/main")).unwrap();
        let oid = |name| entry(&entries, name).oid.clone();
        // Two of them are there, and so are two lacking ones before, between and after them.
        for name in ["b", "d"] {
            partial.git(&["cat-file", "-e", oid(name).as_str()]);
        }
        let wanted: Vec<Oid> = ["a", "b", "c", "a", "d", "e"].map(oid).into();
        let answers: Vec<_> = Blobs::open(&git, LIMIT, wanted)
            .unwrap()
            .map(|answer| match answer {
                Ok(content) => String::from_utf8(content).unwrap(),
                Err(BlobError::Absent) => "absent".to_owned(),
                Err(other) => panic!("{other}"),
            })
            .collect();
        assert_eq!(
            answers,
            ["absent", "b", "absent", "absent", "d", "absent"],
            "{format}"
        );
        let mut ask = partial.command("git");
        let present = ask
            .env("GIT_NO_LAZY_FETCH", "1")
            .args(["cat-file", "-e", oid("a").as_str()])
            .output()
            .unwrap();
        assert!(!present.status.success(), "the blob is still absent");
    }
}

#[test]
fn a_replaced_object_is_read_as_it_is_pushed() {
    let repository = Repository::new();
    let head = repository
        .write("a", "pushed")
        .write("b", "shown instead")
        .commit();
    repository.git(&["replace", "HEAD:a", "HEAD:b"]);
    let git = repository.open();
    let oid = &list(&git, &head).unwrap()[0].oid.clone();
    assert_eq!(content(&git, oid).unwrap(), b"pushed");
}

#[test]
fn filters_and_text_conversion_do_not_touch_the_content() {
    let repository = Repository::new();
    repository
        .write(".gitattributes", "* filter=x diff=x text eol=crlf\n")
        .write("a", "one\ntwo\n");
    let head = repository.commit();
    repository.git(&["config", "filter.x.smudge", "touch pwned"]);
    repository.git(&["config", "diff.x.textconv", "touch pwned"]);
    let git = repository.open();
    let entries = list(&git, &head).unwrap();
    assert_eq!(
        content(&git, &entry(&entries, "a").oid).unwrap(),
        b"one\ntwo\n"
    );
    assert!(!repository.root.join("pwned").exists());
}

#[test]
fn five_thousand_files_take_as_many_processes_as_fifty() {
    let processes = |files: usize| {
        let repository = Repository::with_remote();
        for n in 0..files {
            repository.write(
                format!("d{}/e{}/f{n}.yaml", n % 50, n % 7),
                format!("a: {n}\n"),
            );
        }
        repository.commit();
        repository.git(&["push", "--quiet", "origin", "main"]);
        for n in 0..files {
            repository.write(
                format!("d{}/e{}/f{n}.yaml", n % 50, n % 7),
                format!("image: {n}\n"),
            );
        }
        repository.commit();
        // A `git` in front of the real one that counts.
        let (folder, log) = (repository.beside("bin"), repository.beside("calls"));
        std::fs::create_dir(&folder).unwrap();
        let script = format!(
            "#!/bin/sh\necho \"$*\" >>'{}'\nPATH=${{PATH#*:}} exec git \"$@\"\n",
            log.display()
        );
        write_executable(&folder.join("git"), &script);
        let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
        let lines = repository.lines_of_push(&["origin", "main"]);
        let mut command = repository.command(env!("CARGO_BIN_EXE_image-lint"));
        command
            .args(["pre-push", "origin", "url", "--offline", "--format", "json"])
            .env("PATH", path);
        let mut child = command
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&lines).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{said}");
        assert!(
            said.contains(&format!("\"files\": {files},")),
            "every file is looked at: {said:.2000}"
        );
        std::fs::read_to_string(log).unwrap()
    };
    let (few, many) = (processes(50), processes(5000));
    let count = |calls: &str| calls.lines().count();
    assert_eq!(count(&few), count(&many), "{few}\nand\n{many}");
    assert!(count(&few) < 20, "{few}");
}
