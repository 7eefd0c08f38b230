//! The walk of one folder: what git ignores and what package managers copied is left out, links are not followed.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use image_lint_text::source::RepoPath;
use walkdir::{DirEntry, WalkDir};

use super::content::io_words;
use super::gitignore::Rules;
use super::root::Root;
use super::worktree::{Found, LinkTo, Selection, Step, is_executable, is_vendored};

/// Folders nested deeper than this are not entered.
const MAX_DEPTH: usize = 256;

/// Everything below `root`, sorted by name within each folder. Of roots in `already`, which were walked before, nothing
/// comes again.
pub(super) fn walk_folder(
    root: PathBuf,
    opened: Arc<Root>,
    selection: Selection,
    already: Vec<PathBuf>,
) -> impl Iterator<Item = Step> + Send {
    let inside_another = already.iter().any(|other| opened.path().starts_with(other));
    let walker = WalkDir::new(&root)
        .max_depth(if inside_another { 0 } else { MAX_DEPTH })
        .sort_by_file_name();
    let mut filter = Filter::new(root.clone(), &opened, selection.clone(), already);
    let folder = Folder {
        names: Names::new(root),
        opened,
        selection,
    };
    walker
        .into_iter()
        .filter_entry(move |entry| filter.enters(entry))
        .filter_map(move |entry| match entry {
            Ok(entry) => folder.step(entry),
            Err(error) => {
                let path = error.path().unwrap_or(&folder.names.root);
                let why = error.io_error().map_or_else(|| error.to_string(), io_words);
                Some(Step::Failed {
                    path: folder.names.of(path),
                    why,
                })
            }
        })
}

/// Which entries the walk enters.
struct Filter {
    root: PathBuf,
    selection: Selection,
    already: Vec<PathBuf>,
    rules: Rules,
    /// The depth of a folder that is hidden as a whole, while the walk is in it.
    hidden_at: Option<usize>,
}

impl Filter {
    fn new(root: PathBuf, opened: &Root, selection: Selection, already: Vec<PathBuf>) -> Self {
        let rules = match selection.gitignore {
            true => Rules::above(opened.path()),
            false => Rules::default(),
        };
        Filter {
            root,
            selection,
            already,
            rules,
            hidden_at: None,
        }
    }

    fn enters(&mut self, entry: &DirEntry) -> bool {
        let is_dir = entry.file_type().is_dir();
        if entry.depth() > 0 && !self.counts(entry, is_dir) {
            return false;
        }
        if is_dir && self.selection.gitignore {
            self.rules.enter(entry.path(), entry.depth());
        }
        true
    }

    fn counts(&mut self, entry: &DirEntry, is_dir: bool) -> bool {
        if is_dir && (entry.file_name() == ".git" || self.was_walked(entry)) {
            return false;
        }
        let path = entry.path();
        let relative = path.strip_prefix(&self.root).unwrap_or(path).to_owned();
        !self.selection.excludes(&relative)
            && (!self.is_hidden(entry, &relative, is_dir) || self.selection.insists_on(&relative))
    }

    fn was_walked(&self, entry: &DirEntry) -> bool {
        (self.already.iter())
            .any(|other| other.ends_with(entry.file_name()) && same(other, entry.path()))
    }

    /// Whether git ignores it, or it is a copy of another project; what is in a hidden folder is hidden with it.
    fn is_hidden(&mut self, entry: &DirEntry, relative: &Path, is_dir: bool) -> bool {
        if self.selection.gitignore {
            self.rules.leave_to(entry.depth());
        }
        if self.hidden_at.is_some_and(|depth| entry.depth() > depth) {
            return true;
        }
        let hidden = is_vendored(relative) || self.selection.gitignore && self.rules.ignores(entry);
        self.hidden_at = (hidden && is_dir).then(|| entry.depth());
        hidden
    }
}

/// How the report names what is met.
struct Names {
    root: PathBuf,
    /// `..` would leave the root when joined to what is shown, so such an argument is treated like an absolute one.
    from_root: bool,
}

impl Names {
    fn new(root: PathBuf) -> Self {
        let climbs = |part| matches!(part, Component::ParentDir);
        Names {
            from_root: root.is_absolute() || root.components().any(climbs),
            root,
        }
    }

    fn of(&self, path: &Path) -> RepoPath {
        self.of_relative(path.strip_prefix(&self.root).unwrap_or(path))
    }

    fn of_relative(&self, relative: &Path) -> RepoPath {
        if self.from_root {
            RepoPath::new(relative)
        } else {
            RepoPath::new(&self.root.join(relative))
        }
    }
}

struct Folder {
    names: Names,
    opened: Arc<Root>,
    selection: Selection,
}

impl Folder {
    fn step(&self, entry: DirEntry) -> Option<Step> {
        let kind = entry.file_type();
        let path = self.names.of(entry.path());
        if kind.is_dir() && entry.depth() == MAX_DEPTH {
            let why = format!("folders nested deeper than {MAX_DEPTH} are not entered");
            return Some(Step::Failed { path, why });
        }
        let root = &self.names.root;
        let relative = entry.path().strip_prefix(root).unwrap_or(entry.path());
        let is_link = kind.is_symlink() && self.selection.is_strict();
        if !(kind.is_file() || is_link) || !self.selection.wants(relative) {
            return None;
        }
        if is_link {
            let to = self.follow(entry.path());
            return Some(Step::Link { path, to });
        }
        let below = relative.to_owned();
        // The mode matters only where the name says nothing; a stat of every file would cost a third of the walk.
        let executable = !path.file_name().contains('.')
            && entry.metadata().is_ok_and(|meta| is_executable(&meta));
        Some(Step::File(Found {
            root: self.opened.clone(),
            below,
            on_disk: entry.into_path(),
            path,
            executable,
            explicit: false,
        }))
    }

    /// Where a link leads; nothing is opened for it.
    fn follow(&self, link: &Path) -> LinkTo {
        let Ok(real) = fs::canonicalize(link) else {
            return LinkTo::Nowhere;
        };
        match real.strip_prefix(self.opened.path()) {
            Ok(below) if !below.iter().any(|part| part == ".git") => {
                LinkTo::Within(self.names.of_relative(below))
            }
            _ => LinkTo::Elsewhere,
        }
    }
}

fn same(canonical: &Path, path: &Path) -> bool {
    fs::canonicalize(path).is_ok_and(|p| p == canonical)
}
