//! Variables that scripts take from files they source: `. ./versions.sh`, `source "$(dirname "$0")/images.env"`.
//!
//! Comes in: what each script leaves in its variables, and the paths it sources. Goes out: for each script the values
//! of variables that it does not set itself. A later file wins, as in a shell.

use std::collections::{HashMap, HashSet};

use super::parameters::{FromOutside, Meanings};
use super::values::Values;
use crate::model::mention::{Extraction, Scope};
use crate::model::source::{FileId, Place, RepoPath};

/// Values by name, with the place of each assignment.
pub(super) type Variables = HashMap<Box<str>, (String, Place)>;

/// How deep files that source files are followed.
const MAX_DEPTH: u32 = 8;

/// Variables by the index of the script in `files`.
pub(super) fn collect(files: &[(FileId, RepoPath, Extraction)], values: &Values) -> HashMap<usize, Variables> {
    if files.iter().all(|(_, _, extraction)| extraction.sourced.is_empty()) {
        return HashMap::new();
    }
    let left = files.iter().enumerate().filter(|(_, (_, _, extraction))| extraction.left.is_some());
    let by_path: HashMap<String, usize> = left.map(|(i, (_, path, _))| (path.to_text().into_owned(), i)).collect();
    let scripts = files.iter().enumerate().filter(|(_, (_, _, extraction))| !extraction.sourced.is_empty());
    scripts
        .filter_map(|(i, _)| {
            let mut found = Variables::new();
            gather(files, values, &by_path, i, 0, &mut HashSet::new(), &mut found);
            (!found.is_empty()).then_some((i, found))
        })
        .collect()
}

/// Adds what the files leave that a script sources, theirs first.
fn gather(
    files: &[(FileId, RepoPath, Extraction)],
    values: &Values,
    by_path: &HashMap<String, usize>,
    script: usize,
    depth: u32,
    seen: &mut HashSet<usize>,
    found: &mut Variables,
) {
    let (_, path, extraction) = &files[script];
    for sourced in &extraction.sourced {
        // Scripts name files from their own folder or from the root.
        let candidates = [format!("{}/{sourced}", path.folder()), sourced.to_string()];
        let file = candidates.iter().find_map(|path| by_path.get(&super::build_args::clean(path)?).copied());
        let Some(file) = file.filter(|file| depth < MAX_DEPTH && seen.insert(*file)) else { continue };
        gather(files, values, by_path, file, depth + 1, seen, found);
        let (_, _, extraction) = &files[file];
        let scope = extraction.left.map(|id| Scope { id, upto: u32::MAX });
        let before = std::mem::take(found);
        let meanings = Meanings::new(extraction, values, FromOutside { sourced: Some(&before), ..Default::default() });
        let own = extraction.definitions.iter().filter(|definition| Some(definition.scope) == extraction.left);
        let mut own: Vec<_> = own.filter_map(|definition| Some((definition, definition.value.as_ref()?))).collect();
        own.sort_by_key(|(definition, _)| definition.place.span);
        let evaluated = own.into_iter().filter_map(|(definition, value)| {
            let text = meanings.evaluate(value, scope).known()?.to_owned();
            Some((definition.name.clone(), (text, definition.place)))
        });
        let evaluated: Vec<_> = evaluated.collect();
        *found = before;
        found.extend(evaluated);
    }
}
