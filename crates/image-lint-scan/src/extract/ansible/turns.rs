//! The turns of a task's loop (docs.ansible.com, "Loops"): a script once for each item of a literal list.

use image_lint_text::source::{Segment, SourceText};
use image_lint_text::yaml::Node;

/// Turns of one script that are gone through.
const MAX_TURNS: usize = 64;
/// Bytes of a script of which copies are made, and of an item.
const MAX_BYTES: usize = 4096;

/// The script of each turn; empty where it uses no item, or an item is not a text.
pub(super) fn of_script(script: &SourceText<'_>, items: &[Node<'_>]) -> Vec<SourceText<'static>> {
    if items.is_empty() || items.len() > MAX_TURNS || script.text.len() > MAX_BYTES {
        return Vec::new();
    }
    let uses = places(&script.text);
    if uses.is_empty() {
        return Vec::new();
    }
    let texts: Option<Vec<&str>> = items
        .iter()
        .map(|item| item.as_str().filter(|text| text.len() <= MAX_BYTES))
        .collect();
    let turn = |item: &str| with_item(script, &uses, item);
    texts.into_iter().flatten().map(turn).collect()
}

/// Where `{{ item }}` stands.
fn places(text: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(start) = text[from..].find("{{").map(|at| from + at) {
        let Some(end) = text[start..].find("}}").map(|at| start + at + 2) else {
            break;
        };
        if text[start + 2..end - 2].trim() == "item" {
            found.push((start, end));
        }
        from = end;
    }
    found
}

fn with_item(script: &SourceText<'_>, uses: &[(usize, usize)], item: &str) -> SourceText<'static> {
    let mut text = String::new();
    let mut segments = Vec::new();
    let mut push = |part: &str, from: usize, to: usize| {
        if !part.is_empty() {
            segments.push(Segment {
                inner: text.len() as u32,
                outer: from as u32,
                outer_len: (to - from) as u32,
            });
            text.push_str(part);
        }
    };
    let mut from = 0;
    for (start, end) in uses {
        push(&script.text[from..*start], from, *start);
        push(item, *start, *end);
        from = *end;
    }
    push(&script.text[from..], from, script.text.len());
    script.derive(text, segments)
}
