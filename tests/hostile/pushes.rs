//! What git, or whoever takes its place, gives the pre-push hook, and the repositories that it runs in.

use crate::program::{Program, Workspace, pod};

/// A repository with a commit that names a bad image (`bad`) and one before it that names none (`good`).
struct Repository {
    workspace: Workspace,
    good: String,
    bad: String,
}

impl Repository {
    fn new(init: &[&str]) -> Self {
        let mut repository = Repository {
            workspace: Workspace::new(),
            good: String::new(),
            bad: String::new(),
        };
        repository.git(&[&["init", "--quiet", "--initial-branch=main"], init].concat());
        repository.workspace.write("readme.txt", "a");
        repository.good = repository.commit();
        repository.workspace.write("pod.yaml", pod(&["Bad/Name"]));
        repository.bad = repository.commit();
        repository
    }

    fn commit(&self) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message=change"]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn git(&self, arguments: &[&str]) -> String {
        let ran = self.workspace.git(arguments);
        assert_eq!(ran.code, Some(0), "git {arguments:?}: {}", ran.said());
        ran.stdout.trim().to_owned()
    }

    fn hook(&self) -> Program {
        self.workspace.program(&[
            "pre-push",
            "origin",
            "https://git.example.com/r.git",
            "--offline",
        ])
    }

    fn zeros(&self) -> String {
        "0".repeat(self.good.len())
    }
}

#[test]
fn whatever_is_on_stdin_the_pushed_commits_decide() {
    for format in ["sha1", "sha256"] {
        let repository = Repository::new(&[&format!("--object-format={format}")]);
        let (good, bad, none) = (&repository.good, &repository.bad, &repository.zeros());
        repository.git(&["tag", "--annotate", "--message=one", "one"]);
        let tag = repository.git(&["rev-parse", "one"]);
        let blob = repository.git(&["rev-parse", "HEAD:pod.yaml"]);
        let update = format!("refs/heads/main {bad} refs/heads/main {good}\n");
        let many = format!("refs/heads/main {bad} refs/heads/main {good}\n").repeat(100_000);
        let garbage = format!("\u{0}\u{1b}[2J ::error::x\n{}\n", "x".repeat(100_000));
        let left_out = |lines: usize| {
            format!(
                "{lines} line(s) on standard input are not what git gives a pre-push hook, and were left out"
            )
        };
        let rows: [(&str, String, i32, String); 15] = [
            ("no lines", String::new(), 0, String::new()),
            ("an update", update.clone(), 1, String::new()),
            ("nothing new", format!("refs/heads/main {good} refs/heads/main {good}\n"), 0, String::new()),
            (
                "a new branch",
                format!("refs/heads/x {bad} refs/heads/x {none}\n"),
                1,
                "all files are linted, not only changed ones: the remote has nothing of this history yet".to_owned(),
            ),
            ("a deletion", format!("(delete) {none} refs/heads/x {bad}\n"), 0, String::new()),
            ("a deletion beside an update", format!("(delete) {none} refs/heads/x {bad}\n{update}"), 1, String::new()),
            ("garbage", garbage.clone(), 0, left_out(2)),
            ("garbage beside an update", format!("{garbage}{update}"), 1, left_out(2)),
            ("three fields", format!("{bad} refs/heads/main {good}\n"), 0, left_out(1)),
            ("a name with blanks", format!("HEAD@{{1 day ago}} {bad} refs/heads/main {good}\n"), 1, String::new()),
            ("an option for a name", format!("--help {bad} --upload-pack=id {good}\n"), 1, String::new()),
            (
                "a tag object",
                format!("refs/tags/one {tag} refs/tags/one {none}\n"),
                1,
                "all files are linted, not only changed ones: the remote has nothing of this history yet".to_owned(),
            ),
            (
                "an old commit that is not here",
                format!("a {bad} refs/heads/main {}\n", "1".repeat(good.len())),
                1,
                "the remote's commit 11111111".to_owned(),
            ),
            ("a blob", format!("refs/x {blob} refs/x {none}\n"), 0, String::new()),
            ("a hundred thousand lines", many, 1, String::new()),
        ];
        for (what, lines, code, said) in rows {
            let ran = repository.hook().arg("-v").stdin(lines).run();
            let told = ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(told.contains(&said), "{format}, {what}: {told}");
            assert!(
                said.is_empty() || code == 1 || told.contains('⚠') || told.contains('!'),
                "{format}, {what}: {told}"
            );
            assert_eq!(ran.code, Some(code), "{format}, {what}: {}", ran.said());
            assert!(
                !ran.said().contains(['\u{1b}', '\u{0}']) && !ran.said().contains("::error::x"),
                "{what}"
            );
            assert_eq!(
                ran.stderr.contains("pod.yaml"),
                code == 1,
                "{format}, {what}: {}",
                ran.stderr
            );
        }
    }
}

#[test]
fn a_repository_of_any_shape_works_or_is_refused_with_the_reason() {
    let repository = Repository::new(&[]);
    let line = format!(
        "refs/heads/main {} refs/heads/main {}\n",
        repository.bad, repository.good
    );
    let url = format!("file://{}", repository.workspace.root.display());
    let at = |name: &str| {
        repository
            .workspace
            .beside(name)
            .to_str()
            .expect("a plain path")
            .to_owned()
    };
    repository.git(&["config", "uploadpack.allowFilter", "true"]);
    repository.git(&[
        "worktree",
        "add",
        "--quiet",
        "--detach",
        &at("linked"),
        "HEAD",
    ]);
    repository.git(&["clone", "--quiet", "--bare", &url, &at("bare.git")]);
    repository.git(&["clone", "--quiet", "--depth=1", &url, &at("shallow")]);
    // Nothing of the remote is known there: neither the old commit nor a tracking branch.
    repository.git(&[
        "-C",
        &at("shallow"),
        "update-ref",
        "-d",
        "refs/remotes/origin/main",
    ]);
    repository.git(&[
        "clone",
        "--quiet",
        "--filter=blob:none",
        "--no-checkout",
        &url,
        &at("partial"),
    ]);
    repository.git(&["clone", "--quiet", &url, &at("sparse")]);
    repository.git(&["-C", &at("sparse"), "sparse-checkout", "set", "nothing"]);
    repository.git(&["clone", "--quiet", &url, &at("super")]);
    let allow = "protocol.file.allow=always";
    repository.git(&[
        "-C",
        &at("super"),
        "-c",
        allow,
        "submodule",
        "--quiet",
        "add",
        &url,
        "sub",
    ]);
    let rows = [
        ("linked", "", 1, "pod.yaml"),
        ("shallow", "", 1, "pod.yaml"),
        ("sparse", "", 1, "pod.yaml"),
        // A submodule is a repository of its own, with its `.git` a file.
        ("super/sub", "", 1, "pod.yaml"),
        // Its blobs are not here, and are not fetched: that is said.
        ("partial", "", 0, "was not read"),
        // Git sets GIT_DIR in a bare repository; without it none is used that only lies around in a tree.
        ("bare.git", ".", 1, "pod.yaml"),
        ("bare.git", "", 2, ""),
    ];
    for (folder, git_dir, code, words) in rows {
        let mut program = repository.hook().stdin(line.clone());
        program.command.current_dir(at(folder));
        if !git_dir.is_empty() {
            program = program.env("GIT_DIR", git_dir);
        }
        let ran = program.run();
        assert_eq!(ran.code, Some(code), "{folder}: {}", ran.said());
        assert!(ran.stderr.contains(words), "{folder}: {}", ran.stderr);
    }
    // The parent names the submodule's commit, which is none of its files.
    repository.git(&["-C", &at("super"), "commit", "--quiet", "--message=sub"]);
    let parent = repository.git(&["-C", &at("super"), "rev-parse", "HEAD"]);
    let line = format!(
        "refs/heads/main {parent} refs/heads/main {}\n",
        repository.bad
    );
    let mut program = repository.hook().stdin(line);
    program.command.current_dir(at("super"));
    let ran = program.run();
    assert_eq!(ran.code, Some(0), "{}", ran.said());
    // Git's own switch for its tests makes every repository somebody else's (git `setup.c`).
    let ran = repository
        .hook()
        .stdin("")
        .env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        .run();
    assert_eq!(ran.code, Some(2), "{}", ran.said());
    assert!(ran.stderr.contains("safe.directory"), "{}", ran.stderr);
    let mut outside = repository.hook().stdin("");
    outside.command.current_dir(&repository.workspace.home);
    let ran = outside.run();
    assert!(
        ran.code == Some(2) && ran.stderr.contains("not in a git repository"),
        "{}",
        ran.said()
    );
}

#[test]
fn what_a_push_holds_beyond_the_limits_is_said() {
    let repository = Repository::new(&[]);
    let (good, bad, none) = (&repository.good, &repository.bad, &repository.zeros());
    // A hook's report goes to stderr.
    let report = |lines: Vec<u8>| {
        let mut ran = repository
            .hook()
            .args(&["--format", "json"])
            .stdin(lines)
            .run();
        std::mem::swap(&mut ran.stdout, &mut ran.stderr);
        ran
    };
    // A line without an end, and behind it one that would be judged.
    let mut long = format!("refs/heads/main {good} refs/heads/main {good}\n").into_bytes();
    long.resize(64 << 20, b'x');
    let whole = [&long[..], b"\n"].concat();
    long.extend_from_slice(format!("\nrefs/heads/main {bad} refs/heads/main {good}\n").as_bytes());
    let ran = report(long);
    assert_eq!(
        (ran.code, ran.findings()),
        (Some(0), Vec::new()),
        "{}",
        ran.said()
    );
    let cut =
        "standard input is longer than 67108864 bytes; what its further lines push was not linted";
    assert_eq!(
        ran.notes().iter().filter(|note| *note == cut).count(),
        1,
        "{:#?}",
        ran.notes()
    );
    let ran = report(whole[1..].to_vec());
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (Some(0), ""),
        "{}",
        ran.said()
    );
    let unread =
        "1 line(s) on standard input are not what git gives a pre-push hook, and were left out";
    assert_eq!(ran.notes(), [unread], "at the limit all of it is read");

    // Two hundred trees are judged, and of a push of two hundred and one it is said that one was not.
    let commits: Vec<String> = (0..201)
        .map(|n| {
            repository
                .workspace
                .write("pod.yaml", pod(&[&format!("Bad/Name{n}")]));
            repository.commit()
        })
        .collect();
    let push = |commits: &[String]| {
        let lines = commits
            .iter()
            .enumerate()
            .map(|(n, commit)| format!("a {commit} refs/heads/b{n} {none}\n"));
        report(lines.collect::<String>().into_bytes())
    };
    let left = |ran: &crate::program::Ran| {
        ran.notes()
            .into_iter()
            .filter(|note| note.contains("were not linted"))
            .collect::<Vec<_>>()
    };
    let ran = push(&commits[..200]);
    assert_eq!(
        (ran.code, ran.findings().len(), left(&ran)),
        (Some(1), 200, Vec::new()),
        "{}",
        ran.stderr
    );
    let ran = push(&commits);
    let told = "1 more distinct commits are pushed and were not linted; lint them in CI".to_owned();
    assert_eq!(
        (ran.code, ran.findings().len(), left(&ran)),
        (Some(1), 200, vec![told]),
        "{}",
        ran.stderr
    );
}

#[test]
fn files_of_all_pushed_trees_are_counted_together() {
    let repository = Repository::new(&[]);
    let none = repository.zeros();
    let commits: Vec<String> = (0..3)
        .map(|n| {
            repository
                .workspace
                .write("pod.yaml", pod(&[&format!("Bad/Name{n}")]));
            repository.commit()
        })
        .collect();
    let line = |(n, commit): (usize, &String)| format!("a {commit} refs/heads/b{n} {none}\n");
    let lines: String = commits.iter().enumerate().map(line).collect();
    let said = "only the first 2 files were looked at; raise the limit with --max-files, or lint a part of the tree";
    for (most, found, told) in [("2", 2, 1), ("3", 3, 0)] {
        let flags = ["--format", "json", "--max-files", most];
        let mut ran = repository
            .hook()
            .args(&flags)
            .stdin(lines.clone().into_bytes())
            .run();
        std::mem::swap(&mut ran.stdout, &mut ran.stderr);
        let notes = ran.notes().iter().filter(|note| *note == said).count();
        assert_eq!(
            (ran.code, ran.findings().len(), notes),
            (Some(1), found, told),
            "{most}: {}",
            ran.said()
        );
    }
}
