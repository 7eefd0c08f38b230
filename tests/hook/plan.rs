//! What the hook gets for each kind of push, and what is linted for it.

use std::collections::BTreeSet;
use std::ffi::OsStr;

use image_lint::git::Git;
use image_lint::hook::pre_push::{Plan, PlanNote, PushedTree, Request, plan};

use crate::repository::Repository;

fn planned(repository: &Repository, remote: &str, lines: Vec<u8>) -> Plan {
    plan(
        &repository.open(),
        Some(OsStr::new(remote)),
        &Request::Lines(lines),
    )
    .unwrap()
}

/// The plan of one push to `origin`, which is not carried out.
fn push(repository: &Repository, arguments: &[&str]) -> Plan {
    let lines = repository.lines_of_push(arguments);
    planned(repository, "origin", lines)
}

fn only(plan: &Plan) -> &PushedTree {
    assert_eq!(plan.commits.len(), 1, "{plan:?}");
    &plan.commits[0]
}

/// Changed paths, sorted; `None` for the whole tree.
fn changed(tree: &PushedTree) -> Option<BTreeSet<String>> {
    tree.changed.as_ref().map(|paths| {
        paths
            .iter()
            .map(|path| path.to_text().into_owned())
            .collect()
    })
}

fn set(paths: &[&str]) -> Option<BTreeSet<String>> {
    Some(paths.iter().map(|path| (*path).to_owned()).collect())
}

/// A repository whose `main` is pushed, with files `a` and `b`.
fn pushed() -> Repository {
    let repository = Repository::with_remote();
    repository.write("a", "1").write("b", "1").commit();
    repository.git(&["push", "--quiet", "origin", "main"]);
    repository
}

#[test]
fn an_update_changes_what_differs_from_the_remotes_commit() {
    let repository = pushed();
    let head = repository.write("a", "2").write("dir/c", "1").commit();
    let plan = push(&repository, &["origin", "main"]);
    let tree = only(&plan);
    assert_eq!((&tree.commit, changed(tree)), (&head, set(&["a", "dir/c"])));
    assert!(plan.notes.is_empty() && tree.notes.is_empty(), "{plan:?}");
    assert_eq!(tree.refs[0].raw(), "refs/heads/main");
}

#[test]
fn removed_files_are_not_linted() {
    let repository = pushed();
    std::fs::remove_file(repository.root.join("a")).unwrap();
    repository.commit();
    assert_eq!(
        changed(only(&push(&repository, &["origin", "main"]))),
        set(&[])
    );
}

#[test]
fn the_first_push_lints_the_whole_tree_and_says_so() {
    let repository = Repository::with_remote();
    repository.write("a", "1").commit();
    let plan = push(&repository, &["origin", "main"]);
    assert_eq!(changed(only(&plan)), None);
    assert!(
        matches!(only(&plan).notes[..], [PlanNote::WholeTree(_)]),
        "{plan:?}"
    );
}

#[test]
fn a_new_branch_changes_what_its_new_commits_touch() {
    let repository = pushed();
    repository.git(&["switch", "--quiet", "--create", "topic"]);
    repository.write("a", "2").commit();
    repository.write("c", "1").commit();
    assert_eq!(
        changed(only(&push(&repository, &["origin", "topic"]))),
        set(&["a", "c"])
    );
}

#[test]
fn a_new_branch_does_not_answer_for_what_it_merged_from_the_remote() {
    let repository = pushed();
    repository.git(&["switch", "--quiet", "--create", "topic"]);
    repository.write("c", "1").commit();
    repository.git(&["switch", "--quiet", "main"]);
    repository.write("b", "2").commit();
    repository.git(&["push", "--quiet", "origin", "main"]);
    repository.git(&["switch", "--quiet", "topic"]);
    repository.git(&["merge", "--quiet", "--no-edit", "main"]);
    assert_eq!(
        changed(only(&push(&repository, &["origin", "topic"]))),
        set(&["c"])
    );
}

#[test]
fn what_a_merge_itself_changes_counts() {
    let repository = pushed();
    repository.git(&["switch", "--quiet", "--create", "topic"]);
    repository.write("c", "1").commit();
    repository.git(&["switch", "--quiet", "main"]);
    repository.write("b", "2").commit();
    repository.git(&["push", "--quiet", "origin", "main"]);
    repository.git(&["switch", "--quiet", "topic"]);
    repository.git(&["merge", "--quiet", "--no-commit", "main"]);
    repository.write("b", "3").commit();
    assert_eq!(
        changed(only(&push(&repository, &["origin", "topic"]))),
        set(&["b", "c"])
    );
}

#[test]
fn a_branch_without_news_changes_nothing() {
    let repository = pushed();
    assert_eq!(
        changed(only(&push(
            &repository,
            &["origin", "main:refs/heads/copy"]
        ))),
        set(&[])
    );
}

#[test]
fn an_amended_commit_is_compared_with_the_one_it_replaces() {
    let repository = pushed();
    repository.write("a", "2").commit();
    repository.git(&["push", "--quiet", "origin", "main"]);
    repository
        .write("b", "3")
        .git(&["commit", "--quiet", "--all", "--amend", "--message=again"]);
    assert_eq!(
        changed(only(&push(&repository, &["--force", "origin", "main"]))),
        set(&["b"])
    );
}

#[test]
fn a_remote_commit_that_is_not_here_falls_back_to_the_tracking_branch() {
    let repository = pushed();
    let other = repository.beside("other");
    repository.git(&[
        "clone",
        "--quiet",
        "--branch=main",
        repository.beside("origin.git").to_str().unwrap(),
        other.to_str().unwrap(),
    ]);
    std::fs::write(other.join("z"), "1").unwrap();
    let in_other = ["-C", other.to_str().unwrap()];
    repository.git(&[&in_other[..], &["add", "z"]].concat());
    repository.git(&[&in_other[..], &["commit", "--quiet", "--message=other"]].concat());
    repository.git(&[&in_other[..], &["push", "--quiet", "origin", "HEAD:main"]].concat());
    repository.write("a", "2").commit();
    let plan = push(&repository, &["--force", "origin", "main"]);
    assert_eq!(changed(only(&plan)), set(&["a"]));
    assert!(
        matches!(only(&plan).notes[..], [PlanNote::OldMissing(_)]),
        "{plan:?}"
    );
}

#[test]
fn a_rejected_push_and_one_that_is_up_to_date_give_nothing() {
    let repository = pushed();
    let up_to_date = repository.lines_of_push(&["origin", "main"]);
    assert_eq!(up_to_date, b"", "git says nothing at all");
    assert_eq!(planned(&repository, "origin", up_to_date), Plan::default());
    repository.git(&[
        "commit",
        "--quiet",
        "--amend",
        "--allow-empty",
        "--message=other history",
    ]);
    repository.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    let rejected = repository.lines_of_push(&["origin", "main"]);
    assert_eq!(planned(&repository, "origin", rejected), Plan::default());
}

#[test]
fn a_dry_run_is_planned_like_a_push() {
    let repository = pushed();
    repository.write("a", "2").commit();
    assert_eq!(
        changed(only(&push(&repository, &["--dry-run", "origin", "main"]))),
        set(&["a"])
    );
}

#[test]
fn deletions_need_nothing_even_beside_an_update() {
    let repository = pushed();
    repository.git(&["push", "--quiet", "origin", "main:old", "main:older"]);
    assert_eq!(push(&repository, &["origin", ":old"]), Plan::default());
    repository.write("a", "2").commit();
    let plan = push(&repository, &["origin", "main", ":older"]);
    assert_eq!(changed(only(&plan)), set(&["a"]));
}

#[test]
fn tags_are_followed_to_their_commit() {
    let repository = pushed();
    let head = repository.write("a", "2").commit();
    repository.git(&["tag", "--annotate", "--message=release", "v1"]);
    repository.git(&[
        "tag",
        "--annotate",
        "--message=tag of a tag",
        "v1-again",
        "v1",
    ]);
    repository.git(&["tag", "light"]);
    assert_ne!(repository.oid("v1"), head, "the hook gets the tag object");
    let plan = push(&repository, &["origin", "v1", "v1-again", "light"]);
    let tree = only(&plan);
    assert_eq!(
        (&tree.commit, tree.refs.len(), changed(tree)),
        (&head, 3, set(&["a"]))
    );
}

#[test]
fn refs_that_are_no_commits_are_noted_and_do_no_harm() {
    let repository = pushed();
    repository.git(&["tag", "blob", "HEAD:a"]);
    repository.git(&["tag", "tree", "HEAD^{tree}"]);
    let plan = push(&repository, &["origin", "blob", "tree"]);
    assert!(plan.commits.is_empty());
    assert!(
        matches!(
            plan.notes[..],
            [PlanNote::NotACommit(_), PlanNote::NotACommit(_)]
        ),
        "{plan:?}"
    );
}

#[test]
fn whatever_the_user_typed_the_object_decides() {
    let repository = pushed();
    let first = repository.write("a", "2").commit();
    repository.write("b", "2").commit();
    for spelling in ["HEAD~", first.as_str(), "HEAD@{1}", "main^{/change}^"] {
        let plan = push(
            &repository,
            &["--dry-run", "origin", &format!("{spelling}:refs/heads/x")],
        );
        assert_eq!(
            (&only(&plan).commit, changed(only(&plan))),
            (&first, set(&["a"])),
            "{spelling}"
        );
    }
}

#[test]
fn a_mirror_push_looks_at_each_tree_once() {
    let repository = pushed();
    repository.add_remote("mirror", &[]);
    repository.git(&["branch", "same"]);
    repository.git(&["switch", "--quiet", "--create", "topic"]);
    repository.write("c", "1").commit();
    let lines = repository.lines_of_push(&["--mirror", "mirror"]);
    assert!(
        String::from_utf8_lossy(&lines).contains("refs/remotes/origin/main"),
        "git sends tracking branches too"
    );
    let plan = planned(&repository, "mirror", lines);
    assert_eq!(plan.commits.len(), 2, "{plan:?}");
    assert_eq!(
        plan.commits
            .iter()
            .map(|tree| tree.refs.len())
            .sum::<usize>(),
        4
    );
}

#[test]
fn one_tree_pushed_to_two_refs_answers_for_both() {
    let repository = pushed();
    repository.git(&["push", "--quiet", "origin", "main:one"]);
    repository.write("a", "2").commit();
    repository.git(&["push", "--quiet", "origin", "main:two"]);
    repository.write("b", "2").commit();
    let plan = push(&repository, &["origin", "main:one", "main:two"]);
    assert_eq!(changed(only(&plan)), set(&["a", "b"]));
}

#[test]
fn a_push_to_a_url_lints_the_whole_tree() {
    let repository = pushed();
    repository.write("a", "2").commit();
    let url = repository.beside("origin.git");
    let url = url.to_str().unwrap();
    let lines = repository.lines_of_push(&[url, "main:refs/heads/by-url"]);
    assert_eq!(changed(only(&planned(&repository, url, lines))), None);
}

#[test]
fn sha256_repositories_are_like_any_other() {
    let repository = Repository::with(&["--object-format=sha256"]);
    repository.add_remote("origin", &["--object-format=sha256"]);
    repository.record();
    repository.write("a", "1").commit();
    assert_eq!(changed(only(&push(&repository, &["origin", "main"]))), None);
    repository.git(&["push", "--quiet", "origin", "main"]);
    let head = repository.write("b", "1").commit();
    assert_eq!(head.as_str().len(), 64);
    assert_eq!(
        changed(only(&push(&repository, &["origin", "main"]))),
        set(&["b"])
    );
    repository.git(&["push", "--quiet", "origin", "main:gone"]);
    assert_eq!(push(&repository, &["origin", ":gone"]), Plan::default());
}

#[test]
fn a_shallow_clone_compares_with_what_it_has() {
    let repository = pushed();
    repository.write("b", "2").commit();
    repository.git(&["push", "--quiet", "origin", "main"]);
    let url = format!("file://{}", repository.beside("origin.git").display());
    let shallow = Repository::new();
    shallow.git(&["remote", "add", "origin", &url]);
    shallow.git(&["fetch", "--quiet", "--depth=1", "origin", "main"]);
    shallow.git(&["switch", "--quiet", "--create", "topic", "FETCH_HEAD"]);
    shallow.record();
    shallow.write("c", "1").commit();
    shallow.git(&["update-ref", "refs/remotes/origin/main", "FETCH_HEAD"]);
    assert_eq!(
        changed(only(&push(&shallow, &["origin", "topic"]))),
        set(&["c"])
    );
}

#[test]
fn a_partial_clone_is_planned_without_fetching() {
    let repository = pushed();
    let origin = repository.beside("origin.git");
    repository.git(&[
        "-C",
        origin.to_str().unwrap(),
        "config",
        "uploadpack.allowFilter",
        "true",
    ]);
    let url = format!("file://{}", origin.display());
    for filter in ["blob:none", "tree:0"] {
        let partial = Repository::new();
        partial.git(&["remote", "add", "origin", &url]);
        partial.git(&["fetch", "--quiet", &format!("--filter={filter}"), "origin"]);
        partial.git(&["switch", "--quiet", "--create", "topic", "origin/main"]);
        partial.record();
        partial.write("a", "2").commit();
        let plan = push(&partial, &["origin", "topic"]);
        assert_eq!(changed(only(&plan)), set(&["a"]), "{filter}");
    }
}

#[test]
fn linked_worktrees_and_subfolders_find_their_repository() {
    let repository = pushed();
    let linked = repository.beside("linked");
    repository.git(&["worktree", "add", "--quiet", linked.to_str().unwrap()]);
    let git = Git::open(&linked).unwrap();
    assert!(git.git_dir().ends_with(".git/worktrees/linked"), "{git:?}");
    assert_eq!(git.common_dir().unwrap(), repository.root.join(".git"));
    repository.write("dir/c", "1");
    assert!(Git::open(&repository.root.join("dir")).is_ok());
}

#[test]
fn a_bare_repository_inside_a_tree_is_not_used() {
    let repository = pushed();
    assert!(Git::open(&repository.beside("origin.git")).is_err());
}

#[test]
fn pre_commits_range_is_taken_when_it_kept_the_lines() {
    let repository = pushed();
    repository.write("a", "2").commit();
    let range = |from: Option<&str>, to: &str| Request::Range {
        from: from.map(Into::into),
        to: to.into(),
        remote: Some("origin".into()),
    };
    let made = |request| plan(&repository.open(), None, &request).unwrap();
    assert_eq!(
        changed(only(&made(range(Some("HEAD~"), "HEAD")))),
        set(&["a"])
    );
    assert_eq!(
        changed(only(&made(range(None, "refs/heads/main")))),
        set(&["a"])
    );
    let none = made(range(None, "--output=x"));
    assert!(
        matches!(none.notes[..], [PlanNote::NotACommit(_)]),
        "{none:?}"
    );
}

#[test]
fn by_hand_the_upstream_tells_what_is_new() {
    let repository = pushed();
    repository.write("a", "2").commit();
    let made = || plan(&repository.open(), None, &Request::Upstream).unwrap();
    assert_eq!(
        changed(only(&made())),
        set(&["a"]),
        "tracking branches of any remote"
    );
    repository.git(&["branch", "--quiet", "--set-upstream-to=origin/main"]);
    repository.git(&["push", "--quiet", "origin", "main"]);
    repository.write("b", "2").commit();
    assert_eq!(changed(only(&made())), set(&["b"]), "@{{push}}");
}

#[test]
fn an_unborn_branch_has_nothing_to_push() {
    let repository = Repository::new();
    assert_eq!(
        plan(&repository.open(), None, &Request::Upstream).unwrap(),
        Plan::default()
    );
}

#[test]
fn garbage_and_absent_objects_are_noted() {
    let repository = pushed();
    let lines = format!(
        "one two\nr {} refs/heads/x {}\n",
        "1".repeat(40),
        "2".repeat(40)
    );
    let plan = planned(&repository, "origin", lines.into_bytes());
    assert!(plan.commits.is_empty());
    assert!(
        matches!(
            plan.notes[..],
            [PlanNote::Unreadable(1), PlanNote::NotACommit(_)]
        ),
        "{plan:?}"
    );
}
