//! Markdown whose texts may come from a repository or a registry: what is not ours is in code spans, and never markup.

use image_lint_model::sanitize;

/// Characters of one text.
const LONGEST: usize = 400;

/// A code span. Backticks within it are fewer than those around it (CommonMark, "Code spans").
pub fn code(text: &str) -> String {
    let text = sanitize::short(text, LONGEST);
    let most = text
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(most + 1);
    match most {
        0 => format!("{fence}{text}{fence}"),
        _ => format!("{fence} {text} {fence}"),
    }
}

/// Prose whose marks are escaped. Names that a message quotes between single backticks stay code.
pub fn prose(text: &str) -> String {
    let text = sanitize::short(text, sanitize::LONGEST);
    // Pairs of single backticks are code spans for everybody; anything else is what its author makes of it.
    let paired = !text.contains("``") && text.matches('`').count().is_multiple_of(2);
    let mut out = String::with_capacity(text.len());
    let mut quoted = false;
    for character in text.chars() {
        if character == '`' && paired {
            quoted = !quoted;
        } else if !quoted && "\\`*_[]<>#|!".contains(character) {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

/// A command in a block of its own, to be copied.
pub fn block(language: &str, text: &str) -> String {
    let longest = text
        .split(|c| c != '`')
        .map(str::len)
        .max()
        .unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{text}\n{fence}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_never_become_markup() {
        let rows = [
            ("a/b:1", "`a/b:1`", "plain"),
            ("a`b", "`` a`b ``", "a backtick"),
            (
                "a\u{202e}b",
                "`a\\u{202e}b`",
                "a character that turns text around",
            ),
        ];
        for (text, expected, why) in rows {
            assert_eq!(code(text), expected, "{why}");
        }
        assert_eq!(prose("[x](y) <b> `a*b` *"), "\\[x\\](y) \\<b\\> `a*b` \\*");
        assert_eq!(
            prose("``` [x](y) `"),
            "\\`\\`\\` \\[x\\](y) \\`",
            "no pairs"
        );
    }
}
