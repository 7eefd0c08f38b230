//! The turns of a loop over names that hold another variable nobody knows (`x/$m:$T`): one open mention, with the values
//! that are known, in place of one for each turn. Turns that name the same image are one mention too.

use std::collections::HashMap;

use super::objects::{ClusterObject, Entry};
use image_lint_model::mention::{LinkedMention, Text};
use image_lint_text::source::{FileId, Place, Span};

/// Values of one mention that are named.
const MAX_PARTS: usize = 64;

/// The mentions, in their order.
pub(super) fn joined(entries: Vec<Entry>, objects: &[ClusterObject]) -> Vec<LinkedMention> {
    let mut first: HashMap<(FileId, Span), (usize, Option<Place>)> = HashMap::new();
    let mut mentions: Vec<LinkedMention> = Vec::with_capacity(entries.len());
    for entry in entries {
        let within = entry.object.and_then(|object| objects.get(object));
        let within = within.map(|object| object.place);
        let linked = entry.linked;
        let place = linked.mention.place;
        if !matches!(linked.text, Text::Open(_) | Text::Known(_)) {
            mentions.push(linked);
            continue;
        }
        let known = first.get(&(place.file, place.span)).copied();
        let before = known.filter(|(_, object)| *object == within);
        match before.and_then(|(at, _)| mentions.get_mut(at)) {
            Some(before) if is_turn_of(before, &linked) => {
                let new = linked.parts.into_iter();
                let other: Vec<_> = new.filter(|part| !before.parts.contains(part)).collect();
                let room = MAX_PARTS.saturating_sub(before.parts.len());
                before.parts.extend(other.into_iter().take(room));
            }
            _ => {
                first.insert((place.file, place.span), (mentions.len(), within));
                mentions.push(linked);
            }
        }
    }
    mentions
}

/// Whether the same variables are open for the same reason. The objects around them, where there are any, stand at one
/// place: a here-document that a loop applies again and again.
fn is_turn_of(before: &LinkedMention, next: &LinkedMention) -> bool {
    before.role == next.role
        && before.text == next.text
        && before.mention.condition == next.mention.condition
        && before.mention.field == next.mention.field
        && before.facts == next.facts
}
