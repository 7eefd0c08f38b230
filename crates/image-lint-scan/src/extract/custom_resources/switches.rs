//! Sections that are switched off: `pmm: {enabled: false, image: …}`. Whoever reads the object starts nothing of them.

use crate::extract::kubernetes::path::FieldPath;
use crate::extract::kubernetes::reader::Reader;
use image_lint_model::mention::Condition;
use image_lint_text::yaml::Node;

/// How many mentions there are before a section is read.
pub fn before(reader: &Reader<'_, '_>) -> usize {
    reader.sink.extraction.mentions.len()
}

/// Says of all that was read of a section since `before` that it counts only when somebody turns the section on.
pub fn mark(reader: &mut Reader<'_, '_>, node: Node<'_>, path: &FieldPath<'_>, before: usize) {
    let mentions = &mut reader.sink.extraction.mentions;
    if mentions.len() <= before || node.str_at(&["enabled"]) != Some("false") {
        return;
    }
    let words = format!("when {}", path.key("enabled"));
    for mention in mentions[before..]
        .iter_mut()
        .filter(|m| m.condition.is_none())
    {
        mention.condition = Some(Condition::TurnedOn(words.as_str().into()));
    }
}

/// Says of one mention that no node pulls it.
pub fn not_pulled(reader: &mut Reader<'_, '_>, mention: Option<u32>, why: &str) {
    let mentions = &mut reader.sink.extraction.mentions;
    if let Some(mention) = mention.and_then(|index| mentions.get_mut(index as usize)) {
        mention.condition = Some(Condition::NotPulled(why.into()));
    }
}
