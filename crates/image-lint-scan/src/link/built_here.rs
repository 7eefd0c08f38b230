//! Names that the repository itself builds and pushes: such an image may be absent for the good reason that it was not
//! pushed yet.

use std::collections::HashMap;

use super::objects::Assembly;
use image_lint_model::build::{Action, Built, ImageName, Transport};
use image_lint_model::fact::{Fact, Maker};
use image_lint_model::mention::{Mention, Role, Text};
use image_lint_model::reference::ImageReference;
use image_lint_model::value::Piece;
use image_lint_text::source::Place;

/// Tells each image of a name that the repository builds where that is: what its commands make, and what its files say
/// that a build of the cluster or of a CI system pushes.
pub(super) fn link(assembly: &mut Assembly, builds: &[Built]) {
    let mut built: HashMap<String, (Place, Maker)> = HashMap::new();
    // The first place by path wins; pushes before builds that only name the image locally.
    for entry in &assembly.mentions {
        let mention = &entry.linked.mention;
        if mention.role == Role::Push
            && let Some(name) = name_of(mention, &entry.linked.text, &entry.raw)
        {
            let pushed = (mention.place, Maker::Push);
            built.entry(name).or_insert(pushed);
        }
    }
    for name in builds.iter().filter(makes).flat_map(outputs) {
        if let Some(repository) = name.repository() {
            let here = (name.place, Maker::Build);
            built.entry(repository).or_insert(here);
        }
    }
    if built.is_empty() {
        return;
    }
    for entry in &mut assembly.mentions {
        if !matches!(entry.linked.role, Role::Run | Role::BuildBase | Role::Ci) {
            continue;
        }
        let Text::Known(reference) = &entry.linked.text else {
            continue;
        };
        if let Some((place, by)) = built.get(&reference.name()).copied() {
            entry.add(Fact::BuiltHere { place, by });
        }
    }
}

/// Commands that give an image a name of this machine.
fn makes(build: &&Built) -> bool {
    matches!(
        build.command.action,
        Action::Build | Action::Commit | Action::Tag
    )
}

fn outputs(build: &Built) -> impl Iterator<Item = &ImageName> {
    let names = build.command.outputs.iter();
    names.filter(|name| matches!(name.transport, Transport::Registry | Transport::Storage))
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
