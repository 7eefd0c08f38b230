//! Names of which a part is still to come: nobody has filled it in yet, or it is empty until somebody uses the file.

use image_lint_model::mention::{Mention, OpenVariable, Part, Role, SourceKind, Unknown};
use image_lint_model::reference::ImageReference;
use image_lint_model::value::{Origin, OriginKind, Piece, Syntax};

/// A part that is empty where the name would be valid with it: a variable that a script sets to nothing before it knows
/// better, a parameter whose default is empty since whoever uses the template gives it, a tag that whoever installs a
/// chart has to choose.
pub(super) fn empty_part(raw: &str, parts: &[Part], mention: &Mention) -> Option<OpenVariable> {
    let set_to_nothing = mention.value.pieces.iter().find_map(|piece| match piece {
        Piece::Substituted { text, origin } if text.is_empty() => Some(&**origin),
        _ => None,
    });
    let given_later = || {
        let later = |part: &&Part| part.text.is_empty() && is_given_later(&part.origin);
        parts.iter().find(later).map(|part| &part.origin)
    };
    let empty = set_to_nothing.or_else(given_later);
    let untagged = raw
        .strip_suffix(':')
        .filter(|name| mention.source == SourceKind::Helm && ImageReference::parse(name).is_ok());
    if empty.is_none() && untagged.is_none() {
        return None;
    }
    let name = empty.map_or("tag", |origin| &*origin.name);
    let variable = || mention.value.variables().find(|v| &*v.name == name);
    Some(OpenVariable {
        name: name.to_owned(),
        written: variable().map_or_else(|| name.to_owned(), |v| v.written.to_string()),
        syntax: match empty {
            Some(_) => variable().map_or(Syntax::Shell, |v| v.syntax),
            None => Syntax::Braces,
        },
        declared_at: empty.and_then(|origin| origin.place),
        why: Unknown::NoValue,
    })
}

/// Whoever uses the file gives the value; what it says itself is only what holds without one.
fn is_given_later(origin: &Origin) -> bool {
    matches!(
        origin.kind,
        OriginKind::TemplateParameter
            | OriginKind::TektonParam
            | OriginKind::ArgoParameter
            | OriginKind::DockerfileArg
            | OriginKind::InlineDefault
    )
}

/// Words that a tag begins with or is, and that no image ever has: a tool or a person puts the real one in its place
/// (chartpress writes `set-by-chartpress` until it is run).
const BEGINNINGS: [&str; 4] = ["set-by-", "replaced-by-", "to-be-replaced", "replace-with-"];
const TAGS: [&str; 8] = [
    "changeme",
    "change-me",
    "change_me",
    "replaceme",
    "replace-me",
    "replace_me",
    "dummy-tag",
    "your-tag",
];

/// A tag that is to be filled in, although it is a valid one.
pub(super) fn in_tag(reference: &ImageReference, mention: &Mention) -> Option<OpenVariable> {
    let tag = reference.tag.as_deref()?;
    if mention.role == Role::Push || reference.digest.is_some() {
        return None;
    }
    let lower = tag.to_ascii_lowercase();
    let fits = TAGS.contains(&&*lower) || BEGINNINGS.iter().any(|start| lower.starts_with(start));
    fits.then(|| OpenVariable {
        name: tag.to_owned(),
        written: tag.to_owned(),
        syntax: Syntax::Placeholder,
        declared_at: None,
        why: Unknown::NoValue,
    })
}
