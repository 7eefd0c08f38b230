//! Build arguments that the repository gives its Dockerfiles: `buildArgs` of a BuildConfig that names the Dockerfile, and
//! `--build-arg` of commands whose Dockerfile can be told.
//!
//! Conservative: a value counts only when every build of that Dockerfile in the repository gives the same one.

use std::collections::{HashMap, HashSet};

use super::parameters::{BuildArguments, FromOutside, Meanings};
use super::values::Values;
use image_lint_model::build::{Action, Command};
use image_lint_model::mention::Extraction;
use image_lint_model::object::Facts;
use image_lint_text::source::{FileId, RepoPath};

/// Build arguments by the index of the Dockerfile in `files`.
pub(super) fn collect(
    files: &[(FileId, RepoPath, Extraction)],
    values: &Values,
) -> HashMap<usize, BuildArguments> {
    // Each build of a Dockerfile, with the arguments that it gives.
    let mut builds: HashMap<String, Vec<BuildArguments>> = HashMap::new();
    let dockerfiles: HashSet<String> = files
        .iter()
        .filter(|(_, _, extraction)| !extraction.containerfiles.is_empty())
        .map(|(_, path, _)| path.to_text().into_owned())
        .collect();
    if dockerfiles.is_empty() {
        return HashMap::new();
    }
    for (_, path, extraction) in files {
        let mut meanings = None;
        for command in extraction
            .builds
            .iter()
            .filter(|command| command.action == Action::Build)
        {
            let Some(dockerfile) = dockerfile_of(command, &path.folder(), &dockerfiles) else {
                continue;
            };
            let meanings = meanings
                .get_or_insert_with(|| Meanings::new(extraction, values, FromOutside::default()));
            let mut given = BuildArguments::new();
            for (name, value) in &command.recipe.build_args {
                if let Some(text) = meanings.evaluate(value, None).known() {
                    given.insert(name.clone(), (text.to_owned(), command.place));
                }
            }
            builds.entry(dockerfile).or_default().push(given);
        }
        // The scope of each object is that of its first mention.
        let mut scopes = HashMap::new();
        for mention in &extraction.mentions {
            if let Some(object) = mention.object {
                scopes.entry(object).or_insert(mention.scope);
            }
        }
        for (i, object) in extraction.objects.iter().enumerate() {
            let Facts::BuildConfig(build) = &object.facts else {
                continue;
            };
            let Some(path) = build.dockerfile.as_deref().and_then(clean) else {
                continue;
            };
            let meanings = meanings
                .get_or_insert_with(|| Meanings::new(extraction, values, FromOutside::default()));
            let scope = scopes.get(&(i as u32)).copied().flatten();
            let mut given = BuildArguments::new();
            for (name, value) in &build.build_args {
                let value = match scope {
                    Some(_) => meanings.evaluate(value, scope),
                    None => meanings.evaluate_anywhere(value),
                };
                if let Some(text) = value.known() {
                    given.insert(name.clone(), (text.to_owned(), object.place));
                }
            }
            builds.entry(path).or_default().push(given);
        }
    }
    // Where a command of the repository builds a file, the command decides.
    for (file, given) in of_services(files, values) {
        builds.entry(file).or_insert(given);
    }
    if builds.is_empty() {
        return HashMap::new();
    }
    let mut agreed = HashMap::new();
    for (i, (_, path, extraction)) in files.iter().enumerate() {
        if extraction.containerfiles.is_empty() {
            continue;
        }
        let Some((first, others)) = builds
            .get(&*path.to_text())
            .and_then(|all| all.split_first())
        else {
            continue;
        };
        let mut same = first.clone();
        same.retain(|name, (text, _)| {
            others
                .iter()
                .all(|other| other.get(name).is_some_and(|(t, _)| t == text))
        });
        if !same.is_empty() {
            agreed.insert(i, same);
        }
    }
    agreed
}

/// What services of Compose give each Dockerfile; one that gives nothing counts, too.
fn of_services(
    files: &[(FileId, RepoPath, Extraction)],
    values: &Values,
) -> HashMap<String, Vec<BuildArguments>> {
    let mut builds: HashMap<String, Vec<BuildArguments>> = HashMap::new();
    for (_, _, extraction) in files.iter().filter(|(.., e)| !e.recipes.is_empty()) {
        let meanings = Meanings::new(extraction, values, FromOutside::default());
        for given in &extraction.recipes {
            let Some(file) = &given.recipe.containerfile else {
                continue;
            };
            let known = given.recipe.build_args.iter().filter_map(|(name, value)| {
                let text = meanings.evaluate(value, None).known()?.to_owned();
                Some((name.clone(), (text, given.place)))
            });
            let arguments = known.collect();
            builds.entry(file.to_string()).or_default().push(arguments);
        }
    }
    builds
}

/// Which file of the repository holds the Containerfile of each command, by the command's index in its file.
pub(super) type Recipes = HashMap<(FileId, usize), FileId>;

/// Finds the Containerfile of every build.
pub(super) fn recipes(files: &[(FileId, RepoPath, Extraction)]) -> Recipes {
    let by_path: HashMap<String, FileId> = files
        .iter()
        .filter(|(_, _, extraction)| extraction.containerfiles.iter().any(|c| !c.embedded))
        .map(|(id, path, _)| (path.to_text().into_owned(), *id))
        .collect();
    if by_path.is_empty() {
        return Recipes::new();
    }
    let names: HashSet<String> = by_path.keys().cloned().collect();
    let mut found = Recipes::new();
    for (id, path, extraction) in files {
        let folder = path.folder();
        for (i, command) in extraction.builds.iter().enumerate() {
            let recipe = (command.action == Action::Build)
                .then(|| dockerfile_of(command, &folder, &names))
                .flatten()
                .and_then(|dockerfile| by_path.get(&dockerfile));
            if let Some(recipe) = recipe {
                found.insert((*id, i), *recipe);
            }
        }
    }
    found
}

/// The Dockerfile of the repository that a command builds. Scripts run at the root or in their own folder; when both
/// would find a Dockerfile, or neither, nobody can tell.
fn dockerfile_of(command: &Command, folder: &str, dockerfiles: &HashSet<String>) -> Option<String> {
    let context = command.recipe.context.as_deref().unwrap_or(".");
    let names: &[&str] = match &command.recipe.containerfile {
        Some(name) => &[name],
        None => &["Containerfile", "Dockerfile"],
    };
    if context.starts_with('/') || names.iter().any(|name| name.starts_with('/')) {
        return None;
    }
    let mut found: Option<String> = None;
    for base in [folder, ""] {
        for name in names {
            // `-f` is relative to where the command runs; buildah looks into the context as well.
            let below_context = format!("{base}/{context}/{name}");
            let beside = format!("{base}/{name}");
            let candidates = if command.recipe.containerfile.is_some() {
                vec![beside, below_context]
            } else {
                vec![below_context]
            };
            for path in candidates
                .iter()
                .filter_map(|path| clean(path))
                .filter(|path| dockerfiles.contains(path))
            {
                if found.as_ref().is_some_and(|other| *other != path) {
                    return None;
                }
                found = Some(path);
            }
        }
    }
    found
}

/// A path below the root without `.` parts; None when it leads out.
pub(super) fn clean(path: &str) -> Option<String> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}
