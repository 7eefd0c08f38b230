//! Build contexts that the repository's commands give its Dockerfiles (`--build-context NAME=…`): a `FROM NAME` then is no
//! image of a registry.
//!
//! Conservative, as with build arguments: a name counts only when every build of that Dockerfile in the repository
//! gives it.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::build_args::Recipes;
use image_lint_model::mention::{Extraction, Mention};
use image_lint_text::source::{FileId, Place, RepoPath};

/// Names that every build of a file gives, with the first command that does.
pub(super) type Contexts = BTreeMap<Box<str>, Place>;

/// Build contexts by Dockerfile.
pub(super) fn collect(
    files: &[(FileId, RepoPath, Extraction)],
    recipes: &Recipes,
) -> HashMap<FileId, Contexts> {
    let mut agreed: HashMap<FileId, Contexts> = HashMap::new();
    // Only builds have a recipe.
    let builds = files.iter().flat_map(|(id, _, extraction)| {
        let numbered = extraction.builds.iter().enumerate();
        numbered.filter_map(|(i, build)| Some((*recipes.get(&(*id, i))?, build)))
    });
    for (recipe, build) in builds {
        let given = || {
            build
                .recipe
                .contexts
                .iter()
                .map(|name| (name.clone(), build.place))
                .collect()
        };
        let names: HashSet<&str> = build.recipe.contexts.iter().map(|name| &**name).collect();
        agreed
            .entry(recipe)
            .and_modify(|all| all.retain(|name, _| names.contains(&**name)))
            .or_insert_with(given);
    }
    agreed.retain(|_, contexts| !contexts.is_empty());
    agreed
}

/// The command that puts a context in the place of each mention of a file, by the mention's index.
pub(super) fn replaced(extraction: &Extraction, contexts: &Contexts) -> Vec<(usize, Place)> {
    let of_file = extraction
        .containerfiles
        .iter()
        .filter(|containerfile| !containerfile.embedded);
    let indices = of_file
        .flat_map(|containerfile| &containerfile.replaceable)
        .map(|index| *index as usize);
    let named = |mention: &Mention| contexts.get(&*mention.value.as_known()?).copied();
    indices
        .filter_map(|index| Some((index, named(extraction.mentions.get(index)?)?)))
        .collect()
}
