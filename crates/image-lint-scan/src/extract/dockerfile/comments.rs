//! Parser directives (`# syntax=`, `# escape=`, `# check=`) and inline ignores in comments.

use std::ops::Range;

use crate::extract::ignores::{self, Comment};

/// What the directives at the head of a Dockerfile say (BuildKit, `frontend/dockerfile/parser/directives.go`).
#[derive(Debug)]
pub(super) struct Directives {
    /// The escape and continuation character.
    pub escape: char,
    /// Bytes of the frontend image after `# syntax=`.
    pub syntax: Option<Range<usize>>,
    /// Bytes of an `# escape=` value that is neither a backslash nor a backtick.
    pub bad_escape: Option<Range<usize>>,
}

/// Reads the directives: they end at the first line that is none. `syntax` may stand in a comment of C or in JSON, too
/// (`DetectSyntax`): what follows then is no Dockerfile, but the frontend is pulled.
pub(super) fn directives(text: &str) -> Directives {
    let mut found = Directives {
        escape: '\\',
        syntax: None,
        bad_escape: None,
    };
    let mut at = text.len() - text.trim_start_matches('\u{feff}').len();
    if text[at..].starts_with("#!") {
        at += text[at..].find('\n').map_or(text.len() - at, |end| end + 1);
    }
    with_mark(text, at, "#", &mut found);
    if found.syntax.is_none() && text[at..].starts_with("//") {
        let mut other = Directives {
            escape: found.escape,
            syntax: None,
            bad_escape: None,
        };
        with_mark(text, at, "//", &mut other);
        found.syntax = other.syntax;
    }
    if found.syntax.is_none() && text[at..].trim_start().starts_with('{') {
        found.syntax = in_json(text, at);
    }
    found
}

fn with_mark(text: &str, mut at: usize, mark: &str, found: &mut Directives) {
    for line in text[at..].split_inclusive('\n') {
        let start = at;
        at += line.len();
        let Some((key, value)) = directive(line, mark) else {
            break;
        };
        let range = start + value.start..start + value.end;
        match key.as_str() {
            "syntax" => {
                // Only the first word names the image.
                let word = text[range.clone()].split(' ').next().map_or(0, str::len);
                found.syntax.get_or_insert(range.start..range.start + word);
            }
            "escape" => match &text[range.clone()] {
                "\\" => {}
                "`" => found.escape = '`',
                _ => found.bad_escape = Some(range),
            },
            "check" => {}
            // A word that is no directive ends them (`validDirectives`).
            _ => break,
        }
    }
}

/// `{"syntax": "…"}`
fn in_json(text: &str, at: usize) -> Option<Range<usize>> {
    let root: serde_json::Value = serde_json::from_str(&text[at..]).ok()?;
    let syntax = root
        .get("syntax")?
        .as_str()
        .filter(|name| !name.is_empty())?;
    let start = at + text[at..].find(&format!("\"{syntax}\""))? + 1;
    Some(start..start + syntax.len())
}

/// `# key = value`: the key in lower case and the bytes of the value.
fn directive(line: &str, mark: &str) -> Option<(String, Range<usize>)> {
    // BuildKit trims the line (`parser/directives.go`).
    let body = line.trim_start_matches([' ', '\t']).strip_prefix(mark)?;
    let (key, value) = body.split_once('=')?;
    let key = key.trim();
    if key.is_empty() || !key.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    if !key.chars().all(|c| c.is_ascii_alphanumeric()) {
        return None;
    }
    let start = line.len() - value.trim_start().len();
    let end = start + value.trim().len();
    (end > start).then(|| (key.to_ascii_lowercase(), start..end))
}

/// `# image-lint: ignore[rule, rule] reason`, or a word in the place of `ignore`.
pub(super) fn ignore(comment: &str) -> Option<Comment<'_>> {
    let body = comment.trim_start_matches('#').trim();
    ignores::parse(body.strip_prefix(ignores::MARK)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_end_at_the_first_line_that_is_none() {
        for (text, escape, syntax, why) in [
            (
                "# syntax=docker/dockerfile:1\nFROM x",
                '\\',
                Some("docker/dockerfile:1"),
                "plain",
            ),
            (
                "#syntax = a/b:1 more\n# ESCAPE=`\n",
                '`',
                Some("a/b:1"),
                "space, case, second directive",
            ),
            (
                "\u{feff}# escape=`\r\n# syntax=a:1\r\n",
                '`',
                Some("a:1"),
                "BOM and CRLF",
            ),
            (
                "#!/usr/bin/env build\n# syntax=a:1\n",
                '\\',
                Some("a:1"),
                "shebang",
            ),
            (
                "# check=skip=all\n# syntax=a:1\n",
                '\\',
                Some("a:1"),
                "check",
            ),
            ("# a comment\n# syntax=a:1\n", '\\', None, "after a comment"),
            ("\n# escape=`\n", '\\', None, "after an empty line"),
            ("FROM x\n# escape=`\n", '\\', None, "after an instruction"),
            ("# escape=x\n", '\\', None, "not an escape character"),
            (" \t# escape=`\n", '`', None, "blanks before it"),
        ] {
            let found = directives(text);
            assert_eq!(found.escape, escape, "{why}");
            assert_eq!(found.syntax.map(|r| &text[r]), syntax, "{why}");
        }
    }

    #[test]
    fn ignores_name_rules_and_a_reason() {
        for (comment, expected) in [
            (
                "# image-lint: ignore[moved-tag] on purpose",
                Some((vec!["moved-tag"], "on purpose")),
            ),
            ("#image-lint:ignore[a, b]", Some((vec!["a", "b"], ""))),
            (
                "# image-lint: ignore all of it",
                Some((vec![], "all of it")),
            ),
            ("# image-lint: ignore", Some((vec![], ""))),
            ("# image-lint ignore[a]", Some((vec!["a"], ""))),
            ("# image-lint: ignore[a", None),
            ("# hadolint ignore=DL3006", None),
        ] {
            let got = match ignore(comment) {
                Some(Comment::Ignore(rules, reason)) => Some((rules, reason)),
                _ => None,
            };
            let got = got
                .as_ref()
                .map(|(r, why)| (r.iter().map(|r| &**r).collect::<Vec<_>>(), *why));
            assert_eq!(got, expected, "{comment}");
        }
        assert_eq!(
            ignore("# image-lint: disable=DL3006"),
            Some(Comment::Instead("disable=DL3006"))
        );
    }
}
