//! What a push sends, and which paths it changes. In: the lines git gives a pre-push hook, or what a hook manager leaves
//! of them. Out: a [`Plan`]: the distinct trees that are pushed, each with the paths that the remote does not have yet.
//!
//! The protocol is that of githooks(5), "pre-push", and `transport.c` of git. This room reads objects and nothing of the
//! work tree, and knows no file format.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fmt;

use crate::git::{Git, GitError, Oid};
use image_lint_model::finding::Untrusted;
use image_lint_text::source::RepoPath;

/// One line of the protocol that is no deletion: the remote's ref is to name `new` instead of `old`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// May name a tag object or, for notes and the like, something that is no commit.
    pub new: Oid,
    /// `None` when the ref is new on the remote.
    pub old: Option<Oid>,
    pub remote_ref: Untrusted,
}

/// Reads the lines of the protocol. The second value counts lines that are none.
///
/// Fields are split from the right: the first one is what the user typed (`HEAD~`, `@{1 day ago}`), blanks included, and
/// is not used. Zeros have the length of the repository's object names. Deletions give nothing.
pub fn parse_updates(input: &[u8]) -> (Vec<Update>, usize) {
    let mut updates = Vec::new();
    let mut unreadable = 0;
    for line in input.split(|b| *b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        let mut fields = line.rsplitn(4, |b| *b == b' ');
        let (old, remote_ref, new) = (fields.next(), fields.next(), fields.next());
        let complete = fields.next().is_some_and(|first| !first.is_empty());
        let (Some(old), Some(new), Some(remote_ref), true) = (
            old.and_then(Oid::parse),
            new.and_then(Oid::parse),
            remote_ref,
            complete,
        ) else {
            unreadable += 1;
            continue;
        };
        if !new.is_zero() {
            let remote_ref = Untrusted::new(String::from_utf8_lossy(remote_ref));
            updates.push(Update {
                new,
                old: Some(old).filter(|old| !old.is_zero()),
                remote_ref,
            });
        }
    }
    (updates, unreadable)
}

/// Where the pushed commits are to be learnt from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Git's own lines; none at all when everything is up to date.
    Lines(Vec<u8>),
    /// pre-commit and prek keep the lines to themselves and name the first pair in the environment. Without `from`
    /// everything up to `to` is new.
    Range {
        from: Option<OsString>,
        to: OsString,
        remote: Option<OsString>,
    },
    /// Run by hand, or by a manager that passes nothing on: what the current branch has and its upstream has not.
    Upstream,
}

impl Request {
    /// Chooses the source. `lines` is the whole standard input, `None` when that is a terminal; `arguments` tells whether
    /// git's arguments (remote and URL) were given; `environment` looks up a variable.
    pub fn choose(
        lines: Option<Vec<u8>>,
        arguments: bool,
        environment: impl Fn(&str) -> Option<OsString>,
    ) -> Request {
        let variable = |name: &str| environment(name).filter(|value| !value.is_empty());
        match lines {
            Some(lines) if !lines.is_empty() => return Request::Lines(lines),
            // Git was asked to push what the remote has already, and said so with no line at all.
            Some(lines) if arguments && variable("PRE_COMMIT").is_none() => {
                return Request::Lines(lines);
            }
            _ => {}
        }
        let to = variable("PRE_COMMIT_TO_REF");
        // pre-commit names no pair when the root commit is among what is pushed, only the branch (`hook_impl.py`).
        match to.or_else(|| variable("PRE_COMMIT_LOCAL_BRANCH")) {
            Some(to) => {
                let remote = variable("PRE_COMMIT_REMOTE_NAME");
                Request::Range {
                    from: variable("PRE_COMMIT_FROM_REF"),
                    to,
                    remote,
                }
            }
            None => Request::Upstream,
        }
    }
}

/// `IMAGE_LINT_SKIP=1` lets one push through; `0` and nothing do not.
pub fn skipped(environment: impl Fn(&str) -> Option<OsString>) -> bool {
    environment("IMAGE_LINT_SKIP").is_some_and(|value| !value.is_empty() && value != "0")
}

/// What is to be linted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Each tree once, however many refs it is pushed to. Empty: nothing to do.
    pub commits: Vec<PushedTree>,
    pub notes: Vec<PlanNote>,
}

/// A pushed commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedTree {
    pub commit: Oid,
    pub tree: Oid,
    /// The refs it is pushed to.
    pub refs: Vec<Untrusted>,
    /// Paths that this push adds or changes; `None` when all of them count. Paths that it removes are not among them.
    pub changed: Option<BTreeSet<RepoPath>>,
    pub notes: Vec<PlanNote>,
}

/// What a person should know about how the plan was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanNote {
    /// Lines on standard input that are not of the protocol.
    Unreadable(usize),
    /// A ref whose object is no commit.
    NotACommit(Untrusted),
    /// The remote's commit is not here (shallow clone, or somebody else pushed): compared with the tracking branches.
    OldMissing(Oid),
    /// No way to tell what is new, so that all files count.
    WholeTree(&'static str),
    /// More tips than one push may cost time for.
    TooMany { left_out: usize },
    /// More on standard input than is read: so many bytes.
    TooLong { limit: u64 },
}

impl PlanNote {
    /// Something of the push was not looked at, which has to be told even where nothing else is.
    pub fn leaves_out(&self) -> bool {
        matches!(
            self,
            PlanNote::Unreadable(_) | PlanNote::TooMany { .. } | PlanNote::TooLong { .. }
        )
    }

    /// The sentence for the report.
    pub fn message(&self) -> Untrusted {
        Untrusted::new(match self {
            PlanNote::Unreadable(lines) => {
                format!(
                    "{lines} line(s) on standard input are not what git gives a pre-push hook, and were left out"
                )
            }
            PlanNote::NotACommit(name) => format!(
                "{} names no commit, so there is nothing to lint",
                name.raw()
            ),
            PlanNote::OldMissing(old) => format!(
                "the remote's commit {} is not in this clone: `git fetch` would make the comparison exact",
                old.short()
            ),
            PlanNote::WholeTree(why) => {
                format!("all files are linted, not only changed ones: {why}")
            }
            PlanNote::TooMany { left_out } => {
                format!(
                    "{left_out} more distinct commits are pushed and were not linted; lint them in CI"
                )
            }
            PlanNote::TooLong { limit } => {
                format!(
                    "standard input is longer than {limit} bytes; what its further lines push was not linted"
                )
            }
        })
    }
}

/// Distinct trees that one push is linted for. Each costs two git processes of a few milliseconds.
const MAX_TREES: usize = 200;
/// New commits whose own changes are collected for a branch that is new; above it the whole tree is linted.
const MAX_NEW_COMMITS: usize = 1000;

/// Finds out what is pushed. `remote` is the remote's name; a URL, as git gives for a push without a configured remote,
/// stands for no tracking branches.
pub fn plan(git: &Git, remote: Option<&OsStr>, request: &Request) -> Result<Plan, GitError> {
    match request {
        Request::Lines(lines) => {
            let (updates, unreadable) = parse_updates(lines);
            let notes = (unreadable > 0)
                .then_some(PlanNote::Unreadable(unreadable))
                .into_iter()
                .collect();
            plan_updates(git, Base::of(remote), updates, notes)
        }
        Request::Range {
            from,
            to,
            remote: named,
        } => {
            let name = Untrusted::new(to.to_string_lossy());
            let Some(new) = git.commit_of(to) else {
                return Ok(Plan {
                    commits: Vec::new(),
                    notes: vec![PlanNote::NotACommit(name)],
                });
            };
            let old = from.as_deref().and_then(|from| git.commit_of(from));
            let base = Base::of(named.as_deref().or(remote));
            plan_updates(
                git,
                base,
                vec![Update {
                    new,
                    old,
                    remote_ref: name,
                }],
                Vec::new(),
            )
        }
        Request::Upstream => {
            let Some(new) = git.commit_of(OsStr::new("HEAD")) else {
                return Ok(Plan::default());
            };
            let old = git.commit_of(OsStr::new("@{push}"));
            let base = remote.map_or(Base::AllRemotes, |remote| Base::of(Some(remote)));
            plan_updates(
                git,
                base,
                vec![Update {
                    new,
                    old,
                    remote_ref: "HEAD".into(),
                }],
                Vec::new(),
            )
        }
    }
}

/// The tracking branches that tell what the remote has already.
#[derive(Clone, Debug)]
enum Base {
    Remote(String),
    AllRemotes,
    None,
}

impl Base {
    fn of(remote: Option<&OsStr>) -> Base {
        let Some(name) = remote.and_then(OsStr::to_str) else {
            return Base::None;
        };
        // A name that cannot be part of a ref (git-check-ref-format(1)) is a URL or a path, and `*` would be a pattern.
        let odd = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
        if name.is_empty() || name.contains(odd) || name.starts_with(['/', '.']) {
            Base::None
        } else {
            Base::Remote(name.to_owned())
        }
    }

    fn option(&self) -> Option<String> {
        match self {
            Base::Remote(name) => Some(format!("--remotes={name}")),
            Base::AllRemotes => Some("--remotes".to_owned()),
            Base::None => None,
        }
    }
}

fn plan_updates(
    git: &Git,
    base: Base,
    updates: Vec<Update>,
    notes: Vec<PlanNote>,
) -> Result<Plan, GitError> {
    let mut plan = Plan {
        commits: Vec::new(),
        notes,
    };
    let expressions: Vec<String> = updates
        .iter()
        .flat_map(|update| {
            let old = update
                .old
                .as_ref()
                .map_or_else(|| "-".to_owned(), |old| format!("{old}^{{tree}}"));
            [
                format!("{}^{{commit}}", update.new),
                format!("{}^{{tree}}", update.new),
                old,
            ]
        })
        .collect();
    let found = git.look_up(&expressions)?;
    // Where each tree stands in the plan, with the bases it was compared with.
    let mut places: BTreeMap<Oid, usize> = BTreeMap::new();
    let mut compared: BTreeSet<(Oid, Option<Oid>)> = BTreeSet::new();
    let mut left_out = BTreeSet::new();
    for (update, answer) in updates.into_iter().zip(found.chunks(3)) {
        let [commit, tree, old_tree] = answer else {
            continue;
        };
        let (Some(commit), Some(tree)) = (commit.clone(), tree.clone()) else {
            plan.notes.push(PlanNote::NotACommit(update.remote_ref));
            continue;
        };
        let place = match places.get(&tree) {
            Some(place) => *place,
            None if plan.commits.len() == MAX_TREES => {
                left_out.insert(tree);
                continue;
            }
            None => {
                places.insert(tree.clone(), plan.commits.len());
                let changed = Some(BTreeSet::new());
                plan.commits.push(PushedTree {
                    commit: commit.clone(),
                    tree: tree.clone(),
                    refs: Vec::new(),
                    changed,
                    notes: Vec::new(),
                });
                plan.commits.len() - 1
            }
        };
        let pushed = &mut plan.commits[place];
        pushed.refs.push(update.remote_ref);
        let missing = update.old.filter(|_| old_tree.is_none());
        let basis = old_tree.clone();
        let key = (
            if basis.is_some() {
                tree.clone()
            } else {
                commit.clone()
            },
            basis.clone(),
        );
        if !compared.insert(key) {
            continue;
        }
        let (changed, why) = match basis {
            Some(old_tree) => changed_between(git, &old_tree, &tree),
            None => new_on(git, &base, &commit)?,
        };
        if let Some(old) = missing {
            pushed.notes.push(PlanNote::OldMissing(old));
        }
        if let Some(why) = why {
            pushed.notes.push(PlanNote::WholeTree(why));
        }
        pushed.changed = match (pushed.changed.take(), changed) {
            (Some(mut before), Some(more)) => {
                before.extend(more);
                Some(before)
            }
            _ => None,
        };
    }
    if !left_out.is_empty() {
        plan.notes.push(PlanNote::TooMany {
            left_out: left_out.len(),
        });
    }
    Ok(plan)
}

type Changed = (Option<BTreeSet<RepoPath>>, Option<&'static str>);

const DIFF: &[&str] = &[
    "-r",
    "-z",
    "--name-only",
    "--no-renames",
    "--no-ext-diff",
    "--no-textconv",
    "--diff-filter=d",
];

/// Paths that differ between two trees, removed ones left out.
fn changed_between(git: &Git, old: &Oid, new: &Oid) -> Changed {
    let mut arguments = DIFF.to_vec();
    arguments.extend([old.as_str(), new.as_str()]);
    match git.output("diff-tree", &arguments) {
        Ok(answer) => (Some(paths(&answer)), None),
        // A partial clone may lack folders of the old tree.
        Err(_) => (None, Some("this clone lacks parts of the remote's version")),
    }
}

/// Paths touched by the commits that no tracking branch of the remote has. `None` for the whole tree when there is no
/// tracking branch to tell.
fn new_on(git: &Git, base: &Base, commit: &Oid) -> Result<Changed, GitError> {
    let Some(option) = base.option() else {
        return Ok((None, Some("the remote has no tracking branches here")));
    };
    let limit = format!("--max-count={}", MAX_NEW_COMMITS + 1);
    let arguments = [
        limit.as_str(),
        "--boundary",
        commit.as_str(),
        "--not",
        option.as_str(),
    ];
    let listed = git.output("rev-list", &arguments)?;
    let (mut new, mut known) = (Vec::new(), false);
    for line in listed
        .split(|b| *b == b'\n')
        .filter(|line| !line.is_empty())
    {
        match line.strip_prefix(b"-") {
            Some(_) => known = true,
            None => new.push(line),
        }
    }
    if new.is_empty() {
        return Ok((Some(BTreeSet::new()), None));
    }
    if !known {
        return Ok((None, Some("the remote has nothing of this history yet")));
    }
    if new.len() > MAX_NEW_COMMITS {
        return Ok((None, Some("more than 1000 commits are new")));
    }
    let mut arguments = DIFF.to_vec();
    // `-c` shows of a merge what differs from every parent: what came from the other side is no news.
    arguments.extend(["-c", "--root", "--no-commit-id", "--stdin"]);
    let mut input = new.join(&b'\n');
    input.push(b'\n');
    Ok(match git.answer("diff-tree", &arguments, &input) {
        Ok(answer) => (Some(paths(&answer)), None),
        Err(_) => (None, Some("this clone lacks parts of the new history")),
    })
}

fn paths(answer: &[u8]) -> BTreeSet<RepoPath> {
    answer
        .split(|b| *b == 0)
        .filter(|path| !path.is_empty())
        .map(RepoPath::from_bytes)
        .collect()
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Request::Lines(_) => "git's lines on standard input",
            Request::Range { .. } => "the range that pre-commit names",
            Request::Upstream => "the commits that are not upstream yet",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    const Z: &str = "0000000000000000000000000000000000000000";

    #[test]
    fn lines_of_the_protocol_are_read_from_the_right() {
        let long = "c".repeat(64);
        let zeros = "0".repeat(64);
        // (line, (new, old) of the update, unreadable lines, why)
        type Row = (
            String,
            Option<(String, Option<String>)>,
            usize,
            &'static str,
        );
        let rows: Vec<Row> = vec![
            (
                format!("refs/heads/main {A} refs/heads/main {B}"),
                Some((A.into(), Some(B.into()))),
                0,
                "update",
            ),
            (
                format!("refs/heads/new {A} refs/heads/new {Z}"),
                Some((A.into(), None)),
                0,
                "new branch",
            ),
            (
                format!("(delete) {Z} refs/heads/old {B}"),
                None,
                0,
                "deletion",
            ),
            (
                format!("HEAD~ {A} refs/heads/main {B}"),
                Some((A.into(), Some(B.into()))),
                0,
                "what the user typed",
            ),
            (
                format!("{A} {A} refs/heads/main {Z}"),
                Some((A.into(), None)),
                0,
                "a bare object name",
            ),
            (
                format!("HEAD@{{1 day ago}} {A} refs/heads/x {Z}"),
                Some((A.into(), None)),
                0,
                "blanks in field 1",
            ),
            (
                format!("r {long} refs/heads/x {zeros}"),
                Some((long.clone(), None)),
                0,
                "SHA-256",
            ),
            (
                format!("(delete) {zeros} refs/heads/x {long}"),
                None,
                0,
                "deletion, SHA-256",
            ),
            (format!("{A} refs/heads/main {B}"), None, 1, "three fields"),
            (
                format!(" {A} refs/heads/main {B}"),
                None,
                1,
                "empty first field",
            ),
            ("garbage".into(), None, 1, "garbage"),
            (
                format!("r {A} refs/heads/x --output=x"),
                None,
                1,
                "an option instead of an object",
            ),
            (
                format!("r {A} refs/heads/main {B}\r"),
                Some((A.into(), Some(B.into()))),
                0,
                "carriage return",
            ),
            (String::new(), None, 0, "up to date: nothing at all"),
        ];
        for (line, expected, unreadable, why) in rows {
            let (updates, bad) = parse_updates(line.as_bytes());
            let found = updates
                .first()
                .map(|u| (u.new.to_string(), u.old.as_ref().map(Oid::to_string)));
            assert_eq!((found, bad), (expected, unreadable), "{why}");
        }
    }

    #[test]
    fn a_hundred_thousand_lines_are_no_trouble() {
        let line = format!("refs/heads/x {A} refs/heads/x {B}\n");
        assert_eq!(
            parse_updates(line.repeat(100_000).as_bytes()).0.len(),
            100_000
        );
    }

    #[test]
    fn the_source_of_the_refs_follows_the_precedence() {
        let lines = || Some(b"x".to_vec());
        let range = |from: Option<&str>, to: &str| Request::Range {
            from: from.map(OsString::from),
            to: to.into(),
            remote: None,
        };
        type Row<'a> = (
            Option<Vec<u8>>,
            bool,
            &'a [(&'a str, &'a str)],
            Request,
            &'a str,
        );
        let pair: &[_] = &[
            ("PRE_COMMIT", "1"),
            ("PRE_COMMIT_FROM_REF", "a"),
            ("PRE_COMMIT_TO_REF", "b"),
        ];
        let rows: &[Row] = &[
            (
                lines(),
                true,
                pair,
                Request::Lines(b"x".to_vec()),
                "lines win",
            ),
            (
                Some(vec![]),
                true,
                &[],
                Request::Lines(vec![]),
                "up to date",
            ),
            (
                Some(vec![]),
                false,
                pair,
                range(Some("a"), "b"),
                "pre-commit",
            ),
            (
                Some(vec![]),
                true,
                pair,
                range(Some("a"), "b"),
                "pre-commit with arguments",
            ),
            (None, false, pair, range(Some("a"), "b"), "on a terminal"),
            (
                Some(vec![]),
                false,
                &[("PRE_COMMIT_LOCAL_BRANCH", "m")],
                range(None, "m"),
                "first push",
            ),
            (
                Some(vec![]),
                false,
                &[("PRE_COMMIT_TO_REF", "")],
                Request::Upstream,
                "empty is not set",
            ),
            (None, false, &[], Request::Upstream, "by hand"),
        ];
        for (input, arguments, environment, expected, why) in rows {
            let look = |name: &str| {
                environment
                    .iter()
                    .find(|(n, _)| *n == name)
                    .map(|(_, v)| OsString::from(v))
            };
            assert_eq!(
                &Request::choose(input.clone(), *arguments, look),
                expected,
                "{why}"
            );
        }
    }

    #[test]
    fn a_push_to_a_url_has_no_tracking_branches() {
        let rows = [
            ("origin", Some("--remotes=origin")),
            ("team/fork", Some("--remotes=team/fork")),
            ("https://user:secret@host/x.git", None),
            ("git@host:x.git", None),
            ("/srv/git/x.git", None),
            ("../x.git", None),
            ("or*", None),
            ("", None),
        ];
        for (name, expected) in rows {
            assert_eq!(
                Base::of(Some(OsStr::new(name))).option().as_deref(),
                expected,
                "{name}"
            );
        }
    }

    #[test]
    fn one_push_can_be_let_through() {
        for (value, expected) in [("1", true), ("true", true), ("0", false), ("", false)] {
            assert_eq!(skipped(|_| Some(value.into())), expected, "{value:?}");
        }
        assert!(!skipped(|_| None));
    }
}
