//! Commands that are given as a list of words in YAML or JSON: a flag that is added to one is an item of its own.

use image_lint_text::source::Span;

/// Where a flag goes that is to be the next item of a list: in bytes of the file, with the texts around it. `item` is
/// the text of the item before it, without its quotes.
///
/// None where the list cannot be told from its surroundings: an item over several lines, with an anchor or a tag, in a
/// list within a list.
pub(super) fn after(text: &str, item: Span) -> Option<(usize, String, String)> {
    let written = text
        .get(item.range())
        .filter(|word| !word.is_empty() && !word.contains(['\n', '\r']))?;
    let (mut start, mut end) = (item.start as usize, item.end as usize);
    let quote = text[..start]
        .chars()
        .next_back()
        .filter(|c| matches!(c, '"' | '\''));
    let quote = match quote {
        Some(quote) if text[end..].starts_with(quote) => {
            (start, end) = (start - 1, end + 1);
            quote.to_string()
        }
        Some(_) => return None,
        // A word that needs quotes and has none is no item of its own.
        None if written.contains([',', '[', ']', '{', '}', '#', ':']) => return None,
        None => String::new(),
    };
    let before = text[..start].trim_end_matches([' ', '\t', '\n', '\r']);
    let after = text[end..].trim_start_matches([' ', '\t', '\n', '\r']);
    if before.ends_with(['[', ',']) && after.starts_with([',', ']']) {
        return Some((end, format!(", {quote}"), quote));
    }
    // A block sequence: nothing but the dash stands before the item on its line.
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let (indent, gap) = text[line..start].split_once('-')?;
    let blank = |part: &str| part.bytes().all(|b| b == b' ');
    if !blank(indent) || !blank(gap) || gap.is_empty() {
        return None;
    }
    let rest = &text[end..];
    let rest = &rest[..rest.find('\n').unwrap_or(rest.len())];
    let (rest, ending) = rest
        .strip_suffix('\r')
        .map_or((rest, "\n"), |rest| (rest, "\r\n"));
    let comment = rest.trim_start_matches([' ', '\t']);
    if !comment.is_empty() && (!comment.starts_with('#') || rest.len() == comment.len()) {
        return None;
    }
    Some((
        end + rest.len(),
        format!("{ending}{indent}-{gap}{quote}"),
        quote,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_becomes_the_next_item_of_its_list() {
        let table: &[(&str, Option<&str>, &str)] = &[
            (
                "a: [buildah, bud, -t, x]",
                Some("a: [buildah, bud, --f, -t, x]"),
                "flow",
            ),
            (
                "a: [buildah, 'bud', x]",
                Some("a: [buildah, 'bud', '--f', x]"),
                "quoted as its neighbour",
            ),
            (
                "{\"a\": [\"bud\"]}",
                Some("{\"a\": [\"bud\", \"--f\"]}"),
                "JSON, last item",
            ),
            (
                "a: [\n  buildah,\n  bud,\n  x\n]",
                Some("a: [\n  buildah,\n  bud, --f,\n  x\n]"),
                "flow over lines",
            ),
            (
                "a:\n  - bud\n  - x\n",
                Some("a:\n  - bud\n  - --f\n  - x\n"),
                "block",
            ),
            (
                "a:\n-   \"bud\"\n- x\n",
                Some("a:\n-   \"bud\"\n-   \"--f\"\n- x\n"),
                "block without indentation, quoted",
            ),
            (
                "a:\n  - bud",
                Some("a:\n  - bud\n  - --f"),
                "end of the file",
            ),
            (
                "a:\n  - bud  # why\n  - x\n",
                Some("a:\n  - bud  # why\n  - --f\n  - x\n"),
                "a comment stays with its item",
            ),
            (
                "a:\r\n  - bud\r\n  - x\r\n",
                Some("a:\r\n  - bud\r\n  - --f\r\n  - x\r\n"),
                "line endings are kept",
            ),
            ("a:\n  - &s bud\n  - x\n", None, "an anchor"),
            ("a:\n  - - bud\n", None, "a list within a list"),
            ("a:\n  - >-\n    bud\n", None, "a block scalar"),
            ("a: bud", None, "no list"),
        ];
        for (text, expected, why) in table {
            let at = text.find("bud").expect("the word");
            let found = after(text, Span::new(at, at + 3)).map(|(at, before, after)| {
                let mut edited = (*text).to_owned();
                edited.insert_str(at, &format!("{before}--f{after}"));
                edited
            });
            assert_eq!(found.as_deref(), *expected, "{why}: {text}");
        }
    }
}
