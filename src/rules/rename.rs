//! The edit that writes another name where an image is named.

use image_lint_model::finding::{Edit, Fix};
use image_lint_model::mention::{Expect, LinkedMention, NamedIn, SourceKind, Text};
use image_lint_model::reference::ImageReference;

/// The fix that writes `name` in the place of the image. None where the image is not written literally and in one piece,
/// or where the name is another thing to its reader: a repository with all its tags, the source of a copy.
/// `safe`: what is pulled stays what it is. A template or a command may do more with the text than to pull it.
pub(super) fn rename(linked: &LinkedMention, name: &str, title: String, safe: bool) -> Option<Fix> {
    let mention = &linked.mention;
    let Text::Known(reference) = &linked.text else {
        return None;
    };
    let span = mention.place.span;
    let from = span.start.checked_sub(mention.excerpt.offset)? as usize;
    let written = mention.excerpt.text.get(from..from + span.len())?;
    let whole = mention.value.is_literal() && linked.parts.is_empty() && mention.also.is_empty();
    // Not every registry keeps to the letters of a name.
    let plain = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"/_.:@-".contains(&b))
    };
    if !whole
        || matches!(mention.named_in, NamedIn::Looked | NamedIn::Copied)
        || mention.expect != Expect::Image
        || mention.source == SourceKind::Kustomize
        || mention.value.as_known().as_deref() != Some(written)
        || ImageReference::parse(written).as_ref() != Ok(reference)
        || !plain(written)
        || !plain(name)
    {
        return None;
    }
    let as_it_is = mention.named_in == NamedIn::Field
        && !matches!(
            mention.source,
            SourceKind::Helm | SourceKind::Shell | SourceKind::Makefile | SourceKind::Jenkinsfile
        );
    Some(Fix {
        title,
        edits: vec![Edit {
            file: mention.place.file,
            span,
            place: mention.place,
            text: name.to_owned(),
        }],
        safe: safe && as_it_is,
    })
}

/// The image as it is written, or as it is meant, with a digest after it.
pub(super) fn pinned(linked: &LinkedMention, reference: &ImageReference, digest: &str) -> String {
    let written = linked.mention.value.as_known();
    match written {
        Some(written) if ImageReference::parse(&written).as_ref() == Ok(reference) => {
            format!("{written}@{digest}")
        }
        _ => format!("{reference}@{digest}"),
    }
}
