//! `--changed-since REF`: the paths that differ between a commit and the work tree.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::Path;

use super::{Failure, top};
use crate::config;
use crate::git::Git;
use crate::rules::near;
use image_lint_model::mention::LinkedMention;
use image_lint_text::source::RepoPath;

/// Submodules are other repositories, in which git would run itself.
const DIFF: [&str; 5] = [
    "-z",
    "--name-only",
    "--no-renames",
    "--diff-filter=d",
    "--ignore-submodules=all",
];

/// Paths, named as the report names them, that are not as they were at `reference`; new files count.
///
/// `root` is the folder that is linted.
///
/// # Errors
/// Outside a repository, or a reference that this clone does not have.
pub fn since(reference: &OsStr, root: &Path) -> Result<BTreeSet<RepoPath>, Failure> {
    let failed = |source| Failure::Io {
        what: "cannot find the current folder".into(),
        source,
    };
    let base = top::base(root).map_err(failed)?;
    // Git names paths from the top of the work tree.
    let top = top::of(&base).unwrap_or(&base);
    let git = Git::open(top)?;
    let Some(commit) = git.commit_of(reference) else {
        let reference = reference.to_string_lossy();
        let what = match meant(&git, &reference) {
            Some(near) => format!("; did you mean `{near}`?"),
            None => missing(&git, &reference),
        };
        return Err(Failure::Usage(format!(
            "--changed-since {reference}: this clone has no such commit{what}"
        )));
    };
    let prefix = RepoPath::new(base.strip_prefix(top).unwrap_or(Path::new("")));
    let below = |path: &[u8]| match prefix.as_bytes() {
        b"" => Some(RepoPath::from_bytes(path)),
        prefix => path
            .strip_prefix(prefix)?
            .strip_prefix(b"/")
            .map(RepoPath::from_bytes),
    };
    let tracked = git.compare(
        "diff-index",
        &[&DIFF[..], &[commit.as_str(), "--"]].concat(),
    )?;
    let new = git.output("ls-files", &["-z", "--others", "--exclude-standard"])?;
    Ok([tracked, new]
        .iter()
        .flat_map(|list| list.split(|b| *b == 0))
        .filter(|p| !p.is_empty())
        .filter_map(below)
        .collect())
}

/// Whether one of the files that decide what an image is, or who deploys it, is among those that count: its own, those with
/// its parts and the values of its variables, and the overlays, applications and values files that deploy it.
pub fn decides(
    linked: &LinkedMention,
    paths: &[RepoPath],
    counts: &dyn Fn(&RepoPath) -> bool,
) -> bool {
    let mention = &linked.mention;
    let own = std::iter::once(mention.place);
    let tag = mention.tag_at.iter().map(|tag| tag.place);
    let values = linked.parts.iter().filter_map(|part| part.origin.place);
    let mut places = own
        .chain(mention.also.iter().copied())
        .chain(tag)
        .chain(values);
    places.any(|place| counts(&paths[place.file.0 as usize]))
        || mention.deployed_by.iter().any(|way| way.iter().any(counts))
}

/// How a commit that this clone lacks gets into it, as the end of a sentence.
fn missing(git: &Git, reference: &str) -> String {
    let says = |name, arguments: &[&str]| -> String {
        let said = git.output(name, arguments).unwrap_or_default();
        String::from_utf8_lossy(&said).trim().to_owned()
    };
    let remotes = says("remote", &[]);
    let plain = |name: &str| {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._/-".contains(&b);
        !name.is_empty() && !name.starts_with('-') && name.bytes().all(allowed)
    };
    let of_remote = reference.split_once('/').filter(|(remote, name)| {
        remotes.lines().any(|known| known == *remote) && plain(remote) && plain(name)
    });
    let ci = "`fetch-depth: 0` in actions/checkout, `GIT_DEPTH: 0` in GitLab";
    let Some((remote, name)) = of_remote else {
        return format!("; a shallow clone needs more history ({ci})");
    };
    // In a whole clone this flag would cut the history off.
    let shallow = says("rev-parse", &["--is-shallow-repository"]) == "true";
    let depth = if shallow { "--depth=1 " } else { "" };
    format!(
        "; a shallow clone, or one of a single branch, needs `git fetch {depth}{remote} {name}:refs/remotes/{remote}/{name}` ({ci})"
    )
}

/// The branch or tag that may have been meant: the other usual name of a main branch, else one that is written alike.
fn meant(git: &Git, reference: &str) -> Option<String> {
    let all = git
        .output(
            "for-each-ref",
            &[
                "--format=%(refname:short) %(symref)",
                "refs/heads",
                "refs/remotes",
                "refs/tags",
            ],
        )
        .ok()?;
    let all = String::from_utf8_lossy(&all).into_owned();
    // `origin/HEAD` is no name of its own.
    let mut all: Vec<&str> = all
        .lines()
        .filter_map(|line| line.strip_suffix(' '))
        .collect();
    let (remote, name) = reference.rsplit_once('/').unwrap_or(("", reference));
    let usual = ["main", "master"];
    let others = usual
        .iter()
        .filter(|other| usual.contains(&name) && **other != name);
    let mut others = others.map(|other| match remote {
        "" => (*other).to_owned(),
        remote => format!("{remote}/{other}"),
    });
    if let Some(other) = others.find(|other| all.contains(&other.as_str())) {
        return Some(other);
    }
    // Compared with the branch that is checked out, nothing has changed.
    let head = git.output("symbolic-ref", &["--quiet", "--short", "HEAD"]);
    let head = String::from_utf8_lossy(&head.unwrap_or_default())
        .trim()
        .to_owned();
    let is_head = |name: &str| {
        let bare = name.split_once('/').map_or(name, |(_, bare)| bare);
        let named = !head.is_empty() && (name == head || bare == head);
        named && near::within_two(name, reference).is_none()
    };
    all.retain(|name| !is_head(name));
    config::load::nearest(reference, &all).map(str::to_owned)
}
