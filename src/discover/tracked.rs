//! Which files of a work tree git tracks: with `--strict` none of them is left out for a rule that whoever wrote the tree
//! may have written for it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use image_lint_text::source::RepoPath;

use crate::git::Git;

/// The index of one repository.
#[derive(Debug)]
pub struct Tracked {
    /// The top of its work tree, without links.
    top: PathBuf,
    /// Paths from there, in order.
    files: Vec<Box<[u8]>>,
    /// Those of them that are links.
    links: BTreeSet<Box<[u8]>>,
    /// Folders that are other repositories: what git tracks in them is not asked, everything counts.
    submodules: BTreeSet<Box<[u8]>>,
}

impl Tracked {
    /// Of the repository that holds a folder, which is absolute and without links. None where there is none, or git cannot
    /// say it: everything counts as tracked then.
    pub fn of(folder: &Path) -> Option<Self> {
        let top = folder
            .ancestors()
            .find(|above| above.join(".git").exists())?;
        let listed = Git::open(top).ok()?.output("ls-files", &["-z", "--stage"]);
        Some(Tracked::new(top.to_owned(), &listed.ok()?))
    }

    /// From `git ls-files -z --stage`: `MODE OBJECT STAGE<tab>PATH` (git-ls-files(1), "Output").
    fn new(top: PathBuf, listed: &[u8]) -> Self {
        const SUBMODULE: &[u8] = b"160000 ";
        const LINK: &[u8] = b"120000 ";
        let mut tracked = Tracked {
            top,
            files: Vec::new(),
            links: BTreeSet::new(),
            submodules: BTreeSet::new(),
        };
        for entry in listed.split(|byte| *byte == 0) {
            let Some(tab) = entry.iter().position(|byte| *byte == b'\t') else {
                continue;
            };
            let path: Box<[u8]> = entry[tab + 1..].into();
            if entry.starts_with(SUBMODULE) {
                tracked.submodules.insert(path);
            } else {
                if entry.starts_with(LINK) {
                    tracked.links.insert(path.clone());
                }
                tracked.files.push(path);
            }
        }
        // A file in conflict is there once for each side.
        tracked.files.sort();
        tracked.files.dedup();
        tracked
    }

    /// Whether a path, absolute and without links, is a tracked file or a folder that holds one.
    pub fn holds(&self, path: &Path) -> bool {
        let Ok(below) = path.strip_prefix(&self.top) else {
            return false;
        };
        let below = RepoPath::new(below);
        let below = below.as_bytes();
        if below.is_empty() {
            return true;
        }
        let at = self.files.partition_point(|file| &**file < below);
        let is_in = |file: &[u8]| {
            file.strip_prefix(below)
                .is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
        };
        // Names such as `a-b` come between `a` and `a/b`.
        let folder = [below, b"/"].concat();
        let first_in = self.files.partition_point(|file| **file < *folder);
        self.files.get(at).is_some_and(|file| is_in(file))
            || self.files.get(first_in).is_some_and(|file| is_in(file))
            || self.is_of_submodule(below)
    }

    fn is_of_submodule(&self, below: &[u8]) -> bool {
        let ends = below.iter().enumerate();
        let ends = ends.filter_map(|(at, byte)| (*byte == b'/').then_some(at));
        !self.submodules.is_empty()
            && ends
                .chain([below.len()])
                .any(|end| self.submodules.contains(&below[..end]))
    }

    /// Tracked files, no links, below a folder, which is absolute and without links, by their paths from there.
    pub fn below(&self, folder: &Path) -> impl Iterator<Item = RepoPath> {
        let prefix = folder.strip_prefix(&self.top).ok().map(RepoPath::new);
        let files = (self.files.iter()).filter(|file| !self.links.contains(*file));
        files.filter_map(move |file| {
            let rest = match prefix.as_ref()?.as_bytes() {
                b"" => &**file,
                prefix => file.strip_prefix(prefix)?.strip_prefix(b"/")?,
            };
            Some(RepoPath::from_bytes(rest))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_tracked_files_and_submodules_are_held() {
        let listed = b"100644 e69de29bb2d1d6434b8b29ae775ad8c2e48c5391 0\ta-b\0\
                       100644 e69de29bb2d1d6434b8b29ae775ad8c2e48c5391 0\ta/b/c.yaml\0\
                       120000 e69de29bb2d1d6434b8b29ae775ad8c2e48c5391 0\tlink\0\
                       160000 e69de29bb2d1d6434b8b29ae775ad8c2e48c5391 0\tsub/one\0";
        let tracked = Tracked::new("/t".into(), listed);
        for (path, held, why) in [
            ("/t", true, "the top"),
            (
                "/t/a",
                true,
                "a folder, though `a-b` comes before what is in it",
            ),
            ("/t/a/b", true, "a folder"),
            ("/t/a/b/c.yaml", true, "a file"),
            ("/t/a/b/c", false, "the beginning of a name"),
            ("/t/a/x", false, "beside it"),
            ("/t/link", true, "a link"),
            ("/t/sub/one", true, "a submodule"),
            ("/t/sub/one/vendor/x.yaml", true, "whatever is in it"),
            ("/t/sub/two", false, "another folder"),
            ("/other/a-b", false, "another tree"),
        ] {
            assert_eq!(tracked.holds(Path::new(path)), held, "{path}: {why}");
        }
        let below: Vec<_> = tracked.below(Path::new("/t/a")).collect();
        assert_eq!(below, [RepoPath::from_bytes(b"b/c.yaml")]);
    }
}
