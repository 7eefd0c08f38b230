//! Build contexts that the repository's commands and its services of Compose give its Dockerfiles (`--build-context NAME=…`,
//! `additional_contexts`): a `FROM NAME` then is no image of a registry.
//!
//! Conservative, as with build arguments: a name counts only when every build of that Dockerfile in the repository
//! gives it. Where commands build it, services do not count.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::build_args::Recipes;
use image_lint_model::build::RecipeArguments;
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
    for (id, _, extraction) in files {
        for (i, build) in extraction.builds.iter().enumerate() {
            if let Some(recipe) = recipes.get(&(*id, i)) {
                agree(&mut agreed, *recipe, &build.recipe, build.place);
            }
        }
    }
    let by_path: HashMap<String, FileId> = match files.iter().any(|(.., e)| !e.recipes.is_empty()) {
        true => files
            .iter()
            .map(|(id, path, _)| (path.to_text().into_owned(), *id))
            .collect(),
        false => HashMap::new(),
    };
    let mut of_services: HashMap<FileId, Contexts> = HashMap::new();
    for given in files
        .iter()
        .flat_map(|(.., extraction)| &extraction.recipes)
    {
        let file = given.recipe.containerfile.as_deref();
        if let Some(file) = file.and_then(|file| by_path.get(file)) {
            agree(&mut of_services, *file, &given.recipe, given.place);
        }
    }
    for (file, contexts) in of_services {
        agreed.entry(file).or_insert(contexts);
    }
    agreed.retain(|_, contexts| !contexts.is_empty());
    agreed
}

/// Keeps of a file's names those that this build gives, too.
fn agree(
    agreed: &mut HashMap<FileId, Contexts>,
    file: FileId,
    recipe: &RecipeArguments,
    place: Place,
) {
    let names: HashSet<&str> = recipe.contexts.iter().map(|name| &**name).collect();
    let given = || {
        let names = recipe.contexts.iter();
        names.map(|name| (name.clone(), place)).collect()
    };
    agreed
        .entry(file)
        .and_modify(|all| all.retain(|name, _| names.contains(&**name)))
        .or_insert_with(given);
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
