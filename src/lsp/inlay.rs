//! Inlay hints: the image beside an expression that stands for it.

use lsp_types::{InlayHint, InlayHintLabel, Range};

use super::requests::View;
use image_lint_model::mention::Text;
use image_lint_model::sanitize;

/// Characters of a hint.
const LONGEST: usize = 120;

/// One hint for each place whose image is not written there as it is.
pub fn hints(view: &View<'_>, range: Range) -> Vec<InlayHint> {
    let Some(file) = view.file else {
        return Vec::new();
    };
    let mut hints: Vec<InlayHint> = Vec::new();
    for linked in view.snapshot.repository.mentions_in(file) {
        let Text::Known(reference) = &linked.text else {
            continue;
        };
        if linked.mention.value.is_literal() && linked.parts.is_empty() {
            continue;
        }
        let end = view.ranges.range(&linked.mention.place).end;
        if end < range.start || range.end < end {
            continue;
        }
        let text = format!("= {}", sanitize::short(&reference.to_string(), LONGEST));
        // Two ways through a script give one place two images.
        match hints.iter_mut().find(|hint| hint.position == end) {
            Some(InlayHint {
                label: InlayHintLabel::String(label),
                ..
            }) if !label.contains(&text) => label.push_str(&format!(" {text}")),
            Some(_) => {}
            None => hints.push(InlayHint {
                position: end,
                label: InlayHintLabel::String(text),
                kind: None,
                text_edits: None,
                tooltip: None,
                padding_left: Some(true),
                padding_right: None,
                data: None,
            }),
        }
    }
    hints
}
