//! The hook on a repository of 5,000 files, whose remote has all but the last commit.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::measure::{Time, median};
use super::page::Page;
use super::support::{artifact, real};
use super::{image_lint, text_of, tree};

const RUNS: usize = 7;

pub fn pushes(page: &mut Page) {
    let registry = real::Storage::new().serve(None, &real::Access::Open);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path();
    tree::mixed(path, 5_000);
    git(path, &["init", "--quiet", "--initial-branch=main"]);
    let first = commit(path, "all");
    std::fs::write(path.join("part-00/notes.txt"), "a word\n").expect("room for a file");
    let unrelated = commit(path, "a note");
    let images: Vec<String> = (0..20)
        .map(|i| {
            registry.put(
                "team/app",
                &format!("1.{i}"),
                &artifact::schema2(&i.to_string()),
            );
            registry.name(&format!("team/app:1.{i}"))
        })
        .collect();
    tree::of_images(path, &images);
    let images = commit(path, "twenty images");
    let cache = tempfile::tempdir().expect("a temporary folder");
    page.header(&["one commit of 5,000 files", "objects", "time"]);
    for packed in [false, true] {
        if packed {
            git(path, &["gc", "--quiet"]);
        }
        for (what, from, to) in [
            ("nothing that names an image", &first, &unrelated),
            (
                "two manifests with 20 images, asked before",
                &unrelated,
                &images,
            ),
        ] {
            let run = || push(path, cache.path(), registry.host(), from, to);
            run();
            let objects = if packed { "in a pack" } else { "a file each" };
            page.row(&[
                &what,
                &objects,
                &Time(median((0..RUNS).map(|_| run()).collect())),
            ]);
        }
    }
}

fn push(path: &Path, cache: &Path, host: &str, from: &str, to: &str) -> Duration {
    let mut command = image_lint(&[
        "pre-push",
        "--plain-http",
        host,
        "origin",
        "https://git.example.com/team/app",
    ]);
    command
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("XDG_CACHE_HOME", cache)
        .current_dir(path);
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let line = format!("refs/heads/main {to} refs/heads/main {from}\n");
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(line.as_bytes())
        .expect("git's line is read");
    let output = child.wait_with_output().expect("it ends");
    let elapsed = started.elapsed();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    elapsed
}

/// The new commit's id.
fn commit(path: &Path, message: &str) -> String {
    git(path, &["add", "--all"]);
    git(
        path,
        &[
            "-c",
            "user.name=x",
            "-c",
            "user.email=x@example.com",
            "commit",
            "--quiet",
            "-m",
            message,
        ],
    );
    git(path, &["rev-parse", "HEAD"]).trim().to_owned()
}

fn git(path: &Path, arguments: &[&str]) -> String {
    let mut command: Command = real::tool("git");
    real::run(command.args(["-C", text_of(path)]).args(arguments))
}
