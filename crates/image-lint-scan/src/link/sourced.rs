//! Variables that scripts take from files they source: `. ./versions.sh`, `source "$(dirname "$0")/images.env"`.
//!
//! Comes in: what each script leaves in its variables, and the paths it sources. Goes out: for each script the values
//! of variables that it does not set itself. A later file wins, as in a shell.

use std::collections::{HashMap, HashSet};

use super::parameters::{FromOutside, Meanings};
use super::values::Values;
use image_lint_model::mention::{Extraction, Scope, Sourced, SourcedFrom};
use image_lint_text::source::{FileId, Place, RepoPath};

/// Values by name, with the place of each assignment.
pub(super) type Variables = HashMap<Box<str>, (String, Place)>;

/// How deep files that source files are followed.
const MAX_DEPTH: u32 = 8;

/// What all scripts together take from files they source, in bytes; beyond it they take nothing more, and such variables
/// stay open.
const BUDGET: usize = 64 * 1024 * 1024;

/// What a definition counts besides its text.
const COST: usize = 128;

/// Variables by the index of the script in `files`.
pub(super) fn collect(
    files: &[(FileId, RepoPath, Extraction)],
    values: &Values,
) -> HashMap<usize, Variables> {
    if files
        .iter()
        .all(|(_, _, extraction)| extraction.sourced.is_empty())
    {
        return HashMap::new();
    }
    let left = files
        .iter()
        .enumerate()
        .filter(|(_, (_, _, extraction))| extraction.left.is_some());
    let by_path: HashMap<String, usize> = left
        .map(|(i, (_, path, _))| (path.to_text().into_owned(), i))
        .collect();
    let scripts = files
        .iter()
        .enumerate()
        .filter(|(_, (_, _, extraction))| !extraction.sourced.is_empty());
    let mut gathering = Gathering {
        files,
        values,
        by_path,
        budget: BUDGET,
    };
    scripts
        .filter_map(|(i, _)| {
            let mut found = Variables::new();
            gathering.add(i, 0, &mut HashSet::new(), &mut found);
            (!found.is_empty()).then_some((i, found))
        })
        .collect()
}

struct Gathering<'a> {
    files: &'a [(FileId, RepoPath, Extraction)],
    values: &'a Values,
    by_path: HashMap<String, usize>,
    /// In bytes, of what may still be looked at.
    budget: usize,
}

impl Gathering<'_> {
    /// The file that is meant. Where the folder is not known it is the script's own or the top of the tree, if only one
    /// of them has such a file.
    fn file(&self, sourced: &Sourced, folder: &str) -> Option<usize> {
        let at = |path: &str| self.by_path.get(&super::build_args::clean(path)?).copied();
        let own = || at(&format!("{folder}/{}", sourced.path));
        match sourced.from {
            SourcedFrom::OwnFolder => own(),
            SourcedFrom::Top => at(&sourced.path),
            SourcedFrom::Unknown => match (own(), at(&sourced.path)) {
                (Some(own), Some(top)) if own != top => None,
                (own, top) => own.or(top),
            },
        }
    }

    /// Adds what the files leave that a script sources, theirs first.
    fn add(&mut self, script: usize, depth: u32, seen: &mut HashSet<usize>, found: &mut Variables) {
        let (_, path, extraction) = &self.files[script];
        for sourced in &extraction.sourced {
            let file = self.file(sourced, &path.folder());
            let Some(file) = file.filter(|file| depth < MAX_DEPTH && seen.insert(*file)) else {
                continue;
            };
            let Some(left) = self
                .budget
                .checked_sub(COST * (1 + self.files[file].2.definitions.len()))
            else {
                return;
            };
            self.budget = left;
            self.add(file, depth + 1, seen, found);
            let (_, _, extraction) = &self.files[file];
            let scope = extraction.left.map(|id| Scope { id, upto: u32::MAX });
            let before = std::mem::take(found);
            let outside = FromOutside {
                sourced: Some(&before),
                ..Default::default()
            };
            let meanings = Meanings::new(extraction, self.values, outside);
            let own = extraction
                .definitions
                .iter()
                .filter(|definition| Some(definition.scope) == extraction.left);
            let mut own: Vec<_> = own
                .filter_map(|definition| Some((definition, definition.value.as_ref()?)))
                .collect();
            own.sort_by_key(|(definition, _)| definition.place.span);
            let evaluated = own.into_iter().filter_map(|(definition, value)| {
                let text = meanings.evaluate(value, scope).known()?.to_owned();
                Some((definition.name.clone(), (text, definition.place)))
            });
            let evaluated: Vec<_> = evaluated.collect();
            let bytes: usize = evaluated.iter().map(|(_, (text, _))| text.len()).sum();
            self.budget = self.budget.saturating_sub(bytes);
            *found = before;
            found.extend(evaluated);
        }
    }
}
