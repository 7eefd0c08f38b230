//! `key = "value"` lines of TOML with the section they stand in (toml.io/en/v1.0.0): as much of it as settings that name
//! images use.

use image_lint_text::source::Span;

/// One line.
pub(super) struct Line<'t> {
    /// Without brackets: `runners.docker` of `[runners.docker]` and of `[[runners.docker]]`.
    pub section: &'t str,
    pub key: &'t str,
    /// Without quotes.
    pub value: &'t str,
    /// Of the value.
    pub span: Span,
}

/// Lines whose value is a string on one line.
pub(super) fn read(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut section = "";
    let mut at = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = at;
        at += line.len();
        let content = line.trim();
        if content.starts_with('[') {
            let name = content.split('#').next().unwrap_or("").trim();
            section = name.trim_matches(['[', ']']).trim();
            return None;
        }
        let (key, rest) = content
            .split_once('=')
            .filter(|_| !content.starts_with('#'))?;
        let value = quoted(rest.trim())?;
        // The value stands behind its key, in quotes.
        let equals = line.find('=')?;
        let offset = equals + line[equals..].find(value)?;
        Some(Line {
            section,
            key: key.trim().trim_matches('"'),
            value,
            span: Span::new(start + offset, start + offset + value.len()),
        })
    })
}

fn quoted(value: &str) -> Option<&str> {
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (inner, _) = value[1..].split_once(quote)?;
    (!inner.is_empty()).then_some(inner)
}
