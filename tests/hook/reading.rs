//! The files of a commit, read from the object store.

use std::time::Instant;

use image_lint::discover::commit::{BlobError, Blobs, Entry, Kind, list};
use image_lint::hook::git::Oid;

use crate::repository::Repository;

const LIMIT: u64 = 4 * 1024 * 1024;

fn entry<'a>(entries: &'a [Entry], path: &str) -> &'a Entry {
    entries.iter().find(|entry| entry.path.to_text() == path).unwrap_or_else(|| panic!("{path} in {entries:?}"))
}

#[test]
fn the_commit_decides_not_the_work_tree() {
    let repository = Repository::new();
    let head = repository.write("a", "committed").commit();
    repository.write("a", "changed since").write("b", "not committed");
    let git = repository.open();
    let entries = list(&git, &head).unwrap();
    assert_eq!(entries.len(), 1);
    let mut blobs = Blobs::open(&git, LIMIT).unwrap();
    assert_eq!(blobs.read(&entries[0].oid).unwrap(), b"committed");
}

#[test]
fn every_kind_of_entry_is_told_apart() {
    let repository = Repository::new();
    std::os::unix::fs::symlink("/etc/shadow", repository.root.join("link")).unwrap();
    repository.write("dir/file", "12345").commit();
    let commit = repository.oid("HEAD");
    repository.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{commit},sub")]);
    repository.git(&["commit", "--quiet", "--message=submodule"]);
    let git = repository.open();
    let entries = list(&git, &repository.oid("HEAD")).unwrap();
    let found = |path: &str| (entry(&entries, path).kind, entry(&entries, path).size);
    assert_eq!(found("dir/file"), (Kind::Blob, Some(5)));
    assert_eq!(found("link"), (Kind::Symlink, Some(11)));
    assert_eq!(found("sub"), (Kind::Submodule, None));
    let mut blobs = Blobs::open(&git, LIMIT).unwrap();
    let answer = blobs.read(&entry(&entries, "sub").oid);
    assert!(matches!(&answer, Err(BlobError::NotABlob(kind)) if kind == "commit"), "{answer:?}");
    assert_eq!(blobs.read(&entry(&entries, "dir/file").oid).unwrap(), b"12345", "the stream is still in step");
}

#[test]
fn what_cannot_be_read_is_told_and_the_next_blob_is_read_all_the_same() {
    let repository = Repository::new();
    let pointer = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12\n", "a".repeat(64));
    repository.write("large", vec![b'x'; 3000]).write("pointer", pointer).write("small", "ok").write("empty", "");
    let head = repository.commit();
    let git = repository.open();
    let entries = list(&git, &head).unwrap();
    let mut blobs = Blobs::open(&git, 2999).unwrap();
    let mut read = |path: &str| blobs.read(&entry(&entries, path).oid);
    assert!(matches!(read("large"), Err(BlobError::TooLarge { size: 3000, limit: 2999 })));
    assert!(matches!(read("pointer"), Err(BlobError::LargeFilePointer)));
    assert_eq!(read("empty").unwrap(), b"");
    assert_eq!(read("small").unwrap(), b"ok");
    assert!(matches!(blobs.read(&Oid::parse("1".repeat(40).as_bytes()).unwrap()), Err(BlobError::Absent)));
    assert_eq!(blobs.read(&entry(&entries, "small").oid).unwrap(), b"ok");
}

#[test]
fn blobs_that_a_partial_clone_lacks_are_absent_and_never_fetched() {
    let origin = Repository::new();
    origin.write("a", "1").commit();
    origin.git(&["config", "uploadpack.allowFilter", "true"]);
    let partial = Repository::new();
    partial.git(&["remote", "add", "origin", &format!("file://{}", origin.root.display())]);
    partial.git(&["fetch", "--quiet", "--filter=blob:none", "origin"]);
    let git = partial.open();
    let entries = list(&git, &partial.oid("origin/main")).unwrap();
    assert_eq!((entries.len(), entries[0].size), (1, None));
    let mut blobs = Blobs::open(&git, LIMIT).unwrap();
    assert!(matches!(blobs.read(&entries[0].oid), Err(BlobError::Absent)));
    let mut ask = partial.command("git");
    let present = ask.env("GIT_NO_LAZY_FETCH", "1").args(["cat-file", "-e", entries[0].oid.as_str()]).output().unwrap();
    assert!(!present.status.success(), "the blob is still absent");
}

#[test]
fn a_replaced_object_is_read_as_it_is_pushed() {
    let repository = Repository::new();
    let head = repository.write("a", "pushed").write("b", "shown instead").commit();
    repository.git(&["replace", "HEAD:a", "HEAD:b"]);
    let git = repository.open();
    let oid = &list(&git, &head).unwrap()[0].oid.clone();
    assert_eq!(Blobs::open(&git, LIMIT).unwrap().read(oid).unwrap(), b"pushed");
}

#[test]
fn filters_and_text_conversion_do_not_touch_the_content() {
    let repository = Repository::new();
    repository.write(".gitattributes", "* filter=x diff=x text eol=crlf\n").write("a", "one\ntwo\n");
    let head = repository.commit();
    repository.git(&["config", "filter.x.smudge", "touch pwned"]);
    repository.git(&["config", "diff.x.textconv", "touch pwned"]);
    let git = repository.open();
    let entries = list(&git, &head).unwrap();
    assert_eq!(Blobs::open(&git, LIMIT).unwrap().read(&entry(&entries, "a").oid).unwrap(), b"one\ntwo\n");
    assert!(!repository.root.join("pwned").exists());
}

#[test]
fn five_thousand_files_are_planned_and_listed_quickly() {
    let repository = Repository::with_remote();
    for n in 0..5000 {
        repository.write(format!("d{}/e{}/f{n}", n % 50, n % 7), format!("{n}"));
    }
    repository.commit();
    repository.git(&["push", "--quiet", "origin", "main"]);
    repository.write("README", "1").commit();
    let lines = repository.lines_of_push(&["origin", "main"]);
    // The best of five, because the machine does other things as well.
    let best = (0..5).map(|_| {
        let start = Instant::now();
        let git = repository.open();
        let request = image_lint::hook::pre_push::Request::Lines(lines.clone());
        let plan = image_lint::hook::pre_push::plan(&git, Some("origin".as_ref()), &request).unwrap();
        let entries = list(&git, &plan.commits[0].commit).unwrap();
        assert_eq!((plan.commits[0].changed.as_ref().unwrap().len(), entries.len()), (1, 5001));
        start.elapsed()
    });
    let best = best.min().unwrap();
    println!("plan and list of 5,000 files: {best:?}");
    assert!(best.as_millis() < 1000, "{best:?}");
}
