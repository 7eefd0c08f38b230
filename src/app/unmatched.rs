//! Patterns of `include`, `exclude` and `targets` that match nothing: most likely a name that is misspelt, or one that is
//! gone.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::config::settings::Origin;
use crate::config::{Settings, pattern::Patterns};
use crate::discover::worktree::{Selection, Unmatched};
use crate::rules::near;
use image_lint_model::finding::{Level, Note};
use image_lint_text::source::RepoPath;

/// A note for each, where what was walked holds all that the pattern is about. `files` are those that were met.
pub fn notes(
    selection: &Selection,
    settings: &Settings,
    roots: &[PathBuf],
    files: &[RepoPath],
) -> Vec<Note> {
    let walked: Vec<PathBuf> = (roots.iter())
        .filter_map(|root| std::fs::canonicalize(root).ok())
        .filter(|root| root.is_dir())
        .collect();
    let is_walked = |folder: &Path| walked.iter().any(|root| folder.starts_with(root));
    if walked.is_empty() {
        return Vec::new();
    }
    let seen = Seen::new(files);
    let globs = selection.unmatched().into_iter().filter(|unmatched| {
        // What git ignores is not met by the walk, and to leave it out once more does no harm.
        let there = |root: &PathBuf| root.join(unmatched.glob.trim_start_matches('/')).exists();
        match &unmatched.folder {
            Some(folder) => is_walked(folder) && !there(folder),
            None => !walked.iter().any(there),
        }
    });
    let globs = globs.map(|unmatched| of_glob(&unmatched, settings, &seen));
    let all = std::iter::once(settings).chain(&settings.below);
    let here = all.filter(|settings| settings.folder.as_deref().is_none_or(is_walked));
    let targets = here.flat_map(|settings| of_targets(settings, files, &seen));
    let texts: Vec<String> = globs.chain(targets).collect();
    let note = |text: String| Note::of_run(Level::Warning, text);
    texts.into_iter().map(note).collect()
}

fn of_glob(unmatched: &Unmatched, settings: &Settings, seen: &Seen) -> String {
    let Unmatched { key, glob, folder } = unmatched;
    let owner = std::iter::once(settings)
        .chain(&settings.below)
        .find(|settings| folder.is_some() && settings.folder == *folder);
    let place = match owner.and_then(|settings| settings.file.as_deref()) {
        Some(file) => format!("{file}: `{key}: {glob}`"),
        None => format!("--{key} {glob}"),
    };
    let does = match *key {
        "include" => "takes nothing in",
        _ => "leaves nothing out",
    };
    format!("{place} {does}: no path matches it{}", seen.meant(glob))
}

/// One line for each pattern of `targets` that is about none of the files.
fn of_targets(settings: &Settings, files: &[RepoPath], seen: &Seen) -> Vec<String> {
    let mut lines = Vec::new();
    for set in &settings.targets {
        let Origin::Repository(file) = &set.from else {
            continue;
        };
        for glob in &set.value.paths {
            // The file's loader has refused what is no glob.
            let Ok(patterns) = Patterns::paths(std::slice::from_ref(glob)) else {
                continue;
            };
            let is_about = |path: &RepoPath| {
                let shown = path.to_text();
                let path = settings.anchor.path(&shown);
                path.is_some_and(|path| patterns.matches(&path))
            };
            if !files.iter().any(is_about) {
                let target = &set.value.target;
                let meant = seen.meant(glob);
                lines.push(format!(
                    "{file}: nothing is judged for {target} by the `targets` entry of `{glob}`: no file matches it{meant}"
                ));
            }
        }
    }
    lines
}

/// The first parts of the paths that were met.
struct Seen(BTreeSet<String>);

impl Seen {
    fn new(files: &[RepoPath]) -> Self {
        let first = |path: &RepoPath| Some(path.to_text().split('/').next()?.to_owned());
        Seen(files.iter().filter_map(first).collect())
    }

    /// The folder or file that a pattern may have meant, as the end of a sentence.
    fn meant(&self, glob: &str) -> String {
        let bare = glob.trim_start_matches("./").trim_start_matches('/');
        let (first, rest) = match bare.split_once('/') {
            Some((first, rest)) => (first, format!("/{rest}")),
            None => (bare, String::new()),
        };
        let like = |known: &&String| *known != first && near::within_two(known, first).is_some();
        match self.0.iter().find(like) {
            Some(known) if first.len() > 2 => format!("; did you mean `{known}{rest}`?"),
            _ => String::new(),
        }
    }
}
