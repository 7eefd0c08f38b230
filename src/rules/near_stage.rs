//! A `FROM` or `COPY --from` that is likely meant to be a stage of its own Dockerfile.

use super::near::within_two;
use image_lint_model::finding::Untrusted;
use image_lint_model::mention::{LinkedMention, Repository};
use image_lint_model::reference::ImageReference;

/// The question, where a stage of the same file has almost that name.
pub(super) fn hint(
    linked: &LinkedMention,
    reference: &ImageReference,
    repository: &Repository,
) -> Option<Untrusted> {
    let name = reference.repository.strip_prefix("library/")?;
    let place = linked.mention.place;
    let own = repository.containerfiles.iter().find(|containerfile| {
        let span = containerfile.place.span;
        containerfile.place.file == place.file
            && span.start <= place.span.start
            && place.span.end <= span.end
    })?;
    let names = own.stages.iter().filter_map(|stage| stage.name.as_deref());
    let near = names.filter(|stage| *stage != name && within_two(stage, name).is_some());
    let stage = near.min_by_key(|stage| within_two(stage, name))?;
    Some(format!("did you mean the stage `{stage}`?").into())
}
