//! What git ignores in a folder that is walked: its `.gitignore` files, those above it, and `.git/info/exclude`.

use std::fs;
use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use walkdir::DirEntry;

/// The `.gitignore` files in force, outermost first, each with the depth of its folder.
#[derive(Default)]
pub(super) struct Rules {
    stack: Vec<(usize, Gitignore)>,
    above: Vec<Gitignore>,
}

impl Rules {
    /// The files of the folders above `root` up to the top of its git work tree, and `.git/info/exclude`.
    pub fn above(root: &Path) -> Self {
        let Some(top) = root.ancestors().find(|folder| folder.join(".git").exists()) else {
            return Rules::default();
        };
        let mut above = Vec::new();
        let mut exclude = GitignoreBuilder::new(top);
        if exclude.add(top.join(".git/info/exclude")).is_none()
            && let Ok(built) = exclude.build()
        {
            above.push(built);
        }
        let mut folders: Vec<&Path> = root
            .ancestors()
            .skip(1)
            .take_while(|folder| folder.starts_with(top))
            .collect();
        folders.reverse();
        above.extend(folders.into_iter().filter_map(load));
        Rules {
            stack: Vec::new(),
            above,
        }
    }

    pub fn enter(&mut self, folder: &Path, depth: usize) {
        if let Some(rules) = load(folder) {
            self.stack.push((depth, rules));
        }
    }

    /// Forgets the files of folders that are no ancestors of an entry at `depth`.
    pub fn leave_to(&mut self, depth: usize) {
        while self.stack.last().is_some_and(|(d, _)| *d >= depth) {
            self.stack.pop();
        }
    }

    /// The innermost file that says anything decides.
    pub fn ignores(&self, entry: &DirEntry) -> bool {
        let is_dir = entry.file_type().is_dir();
        for (_, rules) in self.stack.iter().rev() {
            let verdict = rules.matched(entry.path(), is_dir);
            if !verdict.is_none() {
                return verdict.is_ignore();
            }
        }
        if self.above.is_empty() {
            return false;
        }
        let Ok(absolute) = std::path::absolute(entry.path()) else {
            return false;
        };
        for rules in self.above.iter().rev() {
            if absolute.starts_with(rules.path()) {
                let verdict = rules.matched(&absolute, is_dir);
                if !verdict.is_none() {
                    return verdict.is_ignore();
                }
            }
        }
        false
    }
}

fn load(folder: &Path) -> Option<Gitignore> {
    let file = folder.join(".gitignore");
    // A `.gitignore` that is a link or huge is the repository's own doing: not followed, not read.
    let meta = fs::symlink_metadata(&file).ok()?;
    if !meta.is_file() || meta.len() > 1024 * 1024 {
        return None;
    }
    let mut builder = GitignoreBuilder::new(folder);
    // Lines that are no pattern are passed over, as git does.
    builder.add(&file);
    builder.build().ok()
}
