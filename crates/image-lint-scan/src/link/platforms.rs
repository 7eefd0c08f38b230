//! Which platform is pulled, where something other than the target says it: a Dockerfile's `FROM --platform=`, or the
//! nodes that a workload's pods may run on.

use std::sync::Arc;

use super::objects::{Assembly, ObjectFacts};
use super::parameters::Meanings;
use image_lint_model::fact::{AskedPlatforms, Fact};
use image_lint_model::mention::{Extraction, Role};
use image_lint_model::value::{OriginKind, Piece};

/// What each `FROM --platform=` asks for, by mention. `$TARGETPLATFORM` asks for the target's, which needs no fact.
pub(super) fn of_recipes(
    extraction: &Extraction,
    meanings: &Meanings<'_>,
) -> Vec<(usize, AskedPlatforms)> {
    let mut found = Vec::new();
    for (index, value) in extraction.containerfiles.iter().flat_map(|c| &c.platforms) {
        let Some(mention) = extraction.mentions.get(*index as usize) else {
            continue;
        };
        // The builder's own platform is that of its machine, which nobody here knows.
        let builders = |p: &Piece| matches!(p, Piece::Substituted { origin, .. } if origin.name.starts_with("BUILD"));
        let evaluated = meanings.evaluate(value, mention.scope);
        let of_target = evaluated.parts.iter().any(|part| {
            part.origin.kind == OriginKind::Predefined && part.origin.name.starts_with("TARGET")
        });
        let asked = if value.pieces.iter().any(builders) {
            AskedPlatforms::unknown()
        } else if of_target {
            continue;
        } else {
            match evaluated.known().filter(|text| !text.is_empty()) {
                Some(text) => AskedPlatforms::parse(text),
                None => AskedPlatforms::unknown(),
            }
        };
        found.push((*index as usize, asked));
    }
    for (index, mention) in extraction.mentions.iter().enumerate() {
        let named = found.iter().any(|(known, _)| *known == index);
        if mention.role == Role::BuildBase && !named && is_of_windows(&mention.value.written()) {
            found.push((index, AskedPlatforms::parse("windows/amd64")));
        }
    }
    found
}

/// Microsoft's base images for Windows: only a builder on Windows reads such a Dockerfile
/// (learn.microsoft.com, "Container Base Images").
fn is_of_windows(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let Some(path) = lower.strip_prefix("mcr.microsoft.com/") else {
        return false;
    };
    path.starts_with("windows/")
        || path.starts_with("windows:")
        || path.contains("nanoserver")
        || path.contains("windowsservercore")
}

/// Gives the containers of workloads the platforms of their nodes, and images of streams the fact that they are imported.
pub(super) fn link(assembly: &mut Assembly) {
    for entry in &mut assembly.mentions {
        let Some(object) = entry.object.map(|o| &assembly.objects[o]) else {
            continue;
        };
        match &object.facts {
            ObjectFacts::Workload {
                platforms: Some(platforms),
                ..
            } if entry.linked.mention.container.is_some() => {
                entry.add(Fact::Platforms(Arc::clone(platforms)));
            }
            ObjectFacts::ImageStream { .. } if entry.linked.role == Role::Run => {
                entry.add(Fact::Imported);
            }
            _ => {}
        }
    }
}
