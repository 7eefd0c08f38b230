//! `--strict`: every tracked file that some reader claims is read whole, or the run fails and names it.
//!
//! What the readers themselves could not read they say in any case, as warnings. Here is what nobody would say otherwise:
//! links that lead to what nobody reads, and files that git tracks and that are not there.

use std::collections::BTreeSet;

use super::gather::Gathered;
use super::read::{Input, Read, named};
use crate::discover::worktree::LinkTo;
use crate::report::Report;
use image_lint_model::finding::{Level, Note};
use image_lint_scan::extract::{self, Claim};
use image_lint_scan::tree::Tree as _;
use image_lint_text::source::{FileId, RepoPath};

/// A link that the walk met.
#[derive(Clone, Debug)]
pub struct Link {
    pub id: FileId,
    pub path: RepoPath,
    pub to: LinkTo,
}

/// Names of files that are looked at for all links of a run together.
const MOST_NAMES: usize = 1_000_000;

/// Adds a warning for each link through which something could be deployed that is not read under its own name, and one
/// for tracked files that are not there.
pub fn complete(read: &mut Read, links: Vec<Link>, input: &Input) {
    let mut left = MOST_NAMES;
    for link in links {
        if let Some(why) = hides(&link, read, &mut left) {
            read.note_file(link.id, link.path, format!("not read: a link {why}"));
        }
    }
    let missing: Vec<RepoPath> = (input.roots.iter())
        .flat_map(|root| {
            let below = input.selection.tracked_below(root);
            let shown = move |path: RepoPath| RepoPath::new(&root.join(path.to_path()));
            let own = root.is_absolute() || root.iter().any(|part| part == "..");
            below
                .into_iter()
                .map(move |path| if own { path } else { shown(path) })
        })
        .filter(|path| is_claimed(path) && read.tree.find(&path.to_text()).is_none())
        .collect();
    let noted = read.noted();
    let is_noted = |path: &RepoPath| {
        let ancestors = path.as_bytes().iter().enumerate();
        let ancestors = ancestors.filter_map(|(at, byte)| (*byte == b'/').then_some(at));
        ancestors
            .chain([path.as_bytes().len()])
            .any(|end| noted.contains(&path.as_bytes()[..end]))
    };
    let missing: Vec<_> = missing.into_iter().filter(|path| !is_noted(path)).collect();
    if !missing.is_empty() {
        let text = format!(
            "not read: git tracks these files, and the work tree does not hold them as files: {}",
            named(&missing)
        );
        read.notes.push(Note::of_run(Level::Warning, text));
    }
}

fn is_claimed(path: &RepoPath) -> bool {
    matches!(extract::claim(path, b"", true), Claim::By(_))
}

/// Why something could be deployed by the link's name that is not read.
fn hides(link: &Link, read: &Read, left: &mut usize) -> Option<&'static str> {
    let to = match &link.to {
        LinkTo::Nowhere => {
            return is_claimed(&link.path).then_some("to what is not there");
        }
        LinkTo::Elsewhere => return Some("that leads out of the tree"),
        LinkTo::Within(to) => to,
    };
    let met = |path: &RepoPath| read.tree.find(&path.to_text()).is_some();
    if met(to) {
        return differs(&link.path, to)
            .then_some("to a file that is read otherwise by its own name");
    }
    let folder = to.to_text();
    let below = read.tree.below(&folder);
    if below.is_empty() {
        return Some("to what is not read");
    }
    *left = left.saturating_sub(below.len());
    if *left == 0 {
        return Some("into a folder of too many files");
    }
    let other = below.iter().any(|(_, real)| {
        let rest = real.strip_prefix(&*folder).unwrap_or(real);
        let alias = [
            link.path.as_bytes(),
            b"/",
            rest.trim_start_matches('/').as_bytes(),
        ]
        .concat();
        differs(
            &RepoPath::from_bytes(&alias),
            &RepoPath::from_bytes(real.as_bytes()),
        )
    });
    other.then_some("to a folder with files that are read otherwise by their own names")
}

/// Whether the first name is one that a reader claims, and the second one not by the same.
fn differs(alias: &RepoPath, real: &RepoPath) -> bool {
    match (
        extract::claim(alias, b"", true),
        extract::claim(real, b"", true),
    ) {
        (Claim::By(one), Claim::By(other)) => one.name() != other.name(),
        (Claim::By(_), _) => true,
        _ => false,
    }
}

/// Counts what was not read whole, which fails the run, and names it once more together. Each file has said why already.
pub fn judge(
    report: &mut Report,
    gathered: &Gathered,
    only: Option<&(dyn Fn(&RepoPath) -> bool + Sync)>,
) {
    let read = &gathered.read;
    let counts = |file: FileId| only.is_none_or(|only| only(report.path(file)));
    let warnings = || (read.notes.iter()).filter(|note| note.level >= Level::Warning);
    let skips = gathered.repository.skips.iter().map(|skip| skip.place.file);
    let files: BTreeSet<&RepoPath> = warnings()
        .filter_map(|note| note.file)
        .chain(skips)
        .filter(|file| counts(*file))
        .map(|file| report.path(file))
        .chain(&read.unread)
        .collect();
    let of_run = warnings().filter(|note| note.file.is_none()).count();
    let incomplete = files.len() + of_run;
    if incomplete == 0 {
        return;
    }
    let files: Vec<RepoPath> = files.into_iter().cloned().collect();
    let text = match files.len() {
        0 => {
            "--strict: not everything was read, so the run fails; the warnings say what".to_owned()
        }
        _ => format!(
            "--strict: these files were not read whole, so the run fails: {}",
            named(&files)
        ),
    };
    report.summary.incomplete = incomplete;
    report.notes.push(Note::of_run(Level::Warning, text));
}
