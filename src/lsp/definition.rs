//! Go to definition: each line that gives a part of an image.

use lsp_types::{GotoDefinitionResponse, Location, Position};

use super::requests::View;
use image_lint_model::fact::Fact;
use image_lint_model::mention::{LinkedMention, Text};
use image_lint_text::source::Place;

/// The lines that a mention at a position is made of; its own only where it is met from one of the others.
pub fn definition(view: &View<'_>, at: Position) -> Option<GotoDefinitionResponse> {
    let offset = view.offset(at);
    let file = view.file?;
    let mut places: Vec<Place> = Vec::new();
    for linked in view.snapshot.mentions_at(file, offset) {
        for place in givers(linked) {
            if !places.contains(&place) {
                places.push(place);
            }
        }
    }
    let here = |place: &Place| {
        let span = place.span.start as usize..=place.span.end as usize;
        place.file == file && span.contains(&offset)
    };
    // Where the cursor is already is no place to go to, unless there is no other.
    if places.iter().any(|place| !here(place)) {
        places.retain(|place| !here(place));
    }
    let locations = places
        .iter()
        .filter_map(|place| view.ranges.location(place));
    let locations: Vec<Location> = locations.collect();
    (!locations.is_empty()).then_some(GotoDefinitionResponse::Array(locations))
}

/// Where the parts of a mention's image are, the mention itself first.
pub fn givers(linked: &LinkedMention) -> Vec<Place> {
    let mention = &linked.mention;
    let mut places = vec![mention.place];
    places.extend(linked.parts.iter().filter_map(|part| part.origin.place));
    places.extend(mention.also.iter().copied());
    if let Text::Open(variables) = &linked.text {
        places.extend(variables.iter().filter_map(|variable| variable.declared_at));
    }
    if let Text::Stream {
        defined: Some(place),
        ..
    } = &linked.text
    {
        places.push(*place);
    }
    places.extend(linked.facts.iter().filter_map(|fact| match fact {
        Fact::BuiltHere { place, .. }
        | Fact::TriggeredBy { place }
        | Fact::Mirrored { place, .. }
        | Fact::StreamOf { place }
        | Fact::ReplacedFrom { place }
        | Fact::FilledIn { place }
        | Fact::BuildContext { place } => Some(*place),
        Fact::Rewritten { by, .. } => *by,
        Fact::UsedBy { .. }
        | Fact::NoStreamName(_)
        | Fact::Imported
        | Fact::RenderedFrom { .. }
        | Fact::PullSecret(_)
        | Fact::NoPullSecret(_)
        | Fact::Platforms(_)
        | Fact::Blank => None,
    }));
    places
}
