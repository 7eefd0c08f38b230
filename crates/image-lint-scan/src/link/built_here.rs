//! Names that the repository itself builds and pushes: such an image may be absent for the good reason that it was not
//! pushed yet.

use std::collections::HashMap;

use super::objects::Assembly;
use image_lint_model::mention::{Mention, RemarkKind, Role, SourceKind, Text};
use image_lint_model::reference::ImageReference;
use image_lint_model::value::Piece;
use image_lint_text::source::Place;

/// Tells each image of a name that the repository builds where that is.
pub(super) fn link(assembly: &mut Assembly) {
    // The first place by path wins; pushes before builds that only name the image locally.
    let mut built: HashMap<String, (Place, &'static str)> = HashMap::new();
    for pushes in [true, false] {
        for entry in &assembly.mentions {
            let mention = &entry.linked.mention;
            let word = match mention.role {
                Role::Push if pushes => "built and pushed here",
                Role::Local if !pushes && is_build_name(mention) => "built here",
                _ => continue,
            };
            if let Some(name) = name_of(mention, &entry.linked.text, &entry.raw) {
                built.entry(name).or_insert((mention.place, word));
            }
        }
    }
    if built.is_empty() {
        return;
    }
    for entry in &mut assembly.mentions {
        if !matches!(
            entry.linked.mention.role,
            Role::Run | Role::BuildBase | Role::Ci
        ) {
            continue;
        }
        let Text::Known(reference) = &entry.linked.text else {
            continue;
        };
        if let Some((place, word)) = built.get(&reference.name()).copied() {
            entry.remark(RemarkKind::BuiltHere, Some(place), word);
        }
    }
}

/// Names that a command gives what it builds; stages and containers of other sources are no image names.
fn is_build_name(mention: &Mention) -> bool {
    matches!(
        mention.source,
        SourceKind::Shell
            | SourceKind::Makefile
            | SourceKind::Jenkinsfile
            | SourceKind::GitHub
            | SourceKind::GitLab
            | SourceKind::Ci
    ) && mention
        .field
        .split_whitespace()
        .any(|word| matches!(word, "build" | "bud" | "commit" | "tag"))
}

/// The repository part of a name that is built. Its tag may be unknown, as in `quay.io/a/b:$VERSION`.
fn name_of(mention: &Mention, text: &Text, raw: &str) -> Option<String> {
    match text {
        Text::Known(reference) => Some(reference.name()),
        Text::Local { text, .. } | Text::Internal { text } => {
            ImageReference::parse(text).ok().map(|r| r.name())
        }
        Text::Open(_) => {
            // Only when the first unknown piece stands behind the colon of the tag.
            let known = match mention
                .value
                .pieces
                .iter()
                .find(|p| matches!(p, Piece::Variable(_)))
            {
                Some(Piece::Variable(variable)) => raw.split(&*variable.written).next()?,
                _ => return None,
            };
            let name = known.rsplit_once(':').map(|(name, _)| name)?;
            (!name.is_empty()
                && known.rfind(':') > known.rfind('/')
                && known.rfind('/').is_some()
                && !name.contains('$'))
            .then(|| ImageReference::parse(name).ok().map(|r| r.name()))
            .flatten()
        }
        _ => None,
    }
}
