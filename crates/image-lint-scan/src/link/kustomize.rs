//! Mentions that no kustomization of the repository deploys as they are written: a build puts another image in their place,
//! or leaves them out. They are not asked.

use super::objects::Assembly;
use image_lint_model::fact::Fact;
use image_lint_model::kustomize::Unbuilt;
use image_lint_model::mention::Text;

/// Takes the meaning from what render found not to be deployed; `first` is the index of the file's first mention.
pub(super) fn link(assembly: &mut Assembly, first: usize, unbuilt: &[Unbuilt]) {
    for Unbuilt { mention, by, why } in unbuilt {
        let Some(entry) = assembly.mentions.get_mut(first + *mention as usize) else {
            continue;
        };
        entry.linked.text = Text::Local {
            text: entry.raw.to_string(),
            why,
        };
        entry.add(Fact::Rewritten { by: *by, why });
    }
}
