//! The last `FROM` of a Dockerfile that only BuildConfigs build: a dockerStrategy with `from` puts its own image there
//! (OpenShift, "Docker strategy": the `FROM` of the last stage is replaced), so the name in the Dockerfile may be any.

use std::collections::{HashMap, HashSet};

use super::build_args::{Recipes, clean};
use super::objects::Assembly;
use image_lint_model::fact::Fact;
use image_lint_model::mention::{Extraction, Text};
use image_lint_model::object::Facts;
use image_lint_text::source::{FileId, Place, RepoPath};

/// Who replaces the `FROM` of a Dockerfile.
pub(super) struct Replaced {
    /// The BuildConfig.
    place: Place,
    /// The BuildConfig names the Dockerfile or its folder; else it may be the one of another repository.
    named: bool,
}

/// Dockerfiles whose builds all replace their last `FROM`.
pub(super) fn collect(
    files: &[(FileId, RepoPath, Extraction)],
    recipes: &Recipes,
) -> HashMap<FileId, Replaced> {
    let mut by_path: HashMap<String, Option<Replaced>> = HashMap::new();
    for object in files
        .iter()
        .flat_map(|(.., extraction)| &extraction.objects)
    {
        let Facts::BuildConfig(build) = &object.facts else {
            continue;
        };
        let Some(replaces) = build.replaces_from else {
            continue;
        };
        let path = build.dockerfile.as_deref().unwrap_or("Dockerfile");
        let Some(path) = clean(path) else { continue };
        let new = replaces.then_some(Replaced {
            place: object.place,
            named: build.dockerfile.is_some(),
        });
        by_path
            .entry(path)
            .and_modify(|known| {
                if new.is_none() {
                    *known = None;
                }
            })
            .or_insert(new);
    }
    if by_path.is_empty() {
        return HashMap::new();
    }
    let built: HashSet<&FileId> = recipes.values().collect();
    let dockerfiles = files
        .iter()
        .filter(|(id, _, extraction)| !extraction.containerfiles.is_empty() && !built.contains(id));
    dockerfiles
        .filter_map(|(id, path, _)| Some((*id, by_path.remove(&*path.to_text())??)))
        .collect()
}

/// Says so at the `FROM`. What is surely another's Dockerfile keeps a name that can be pulled.
pub(super) fn link(
    assembly: &mut Assembly,
    first: usize,
    extraction: &Extraction,
    replaced: Option<&Replaced>,
) {
    let Some(replaced) = replaced else { return };
    let base = extraction
        .containerfiles
        .iter()
        .filter(|containerfile| !containerfile.embedded)
        .find_map(|containerfile| containerfile.stages.last()?.base);
    let Some(entry) = base.and_then(|base| assembly.mentions.get_mut(first + base as usize)) else {
        return;
    };
    if !replaced.named && matches!(entry.linked.text, Text::Known(_)) {
        return;
    }
    entry.linked.text = Text::Local {
        text: entry.raw.to_string(),
        why: "the image of the build's strategy takes its place",
    };
    entry.add(Fact::ReplacedFrom {
        place: replaced.place,
    });
}
