//! Cuts a text at its document marks, so that each document is parsed, or skipped, on its own.
//!
//! `---` and `...` at the start of a line end every open construct (YAML 1.2.2, 9.1.2 "Document Markers"): neither a
//! block scalar nor a quoted one can hold them there, so the cut needs no parser.

use crate::source::Span;

/// The documents of a text, in order. Directives and comments before a `---` belong to the document it starts.
pub(super) fn documents(text: &str) -> Vec<Span> {
    let mut documents = Vec::new();
    let mut start = 0;
    for mark in marks(text) {
        let after = line_end(text, mark);
        if text[mark..].starts_with("...") {
            documents.push(Span::new(start, after));
            start = after;
        } else if mark > start && has_content(&text[start..mark]) {
            documents.push(Span::new(start, mark));
            start = mark;
        }
    }
    if start < text.len() || documents.is_empty() {
        documents.push(Span::new(start, text.len()));
    }
    if documents.iter().any(|span| is_json(&text[span.range()])) {
        return documents
            .into_iter()
            .flat_map(|span| objects(text, span))
            .collect();
    }
    documents
}

/// It begins as a JSON object, and another one may come after it.
fn is_json(chunk: &str) -> bool {
    chunk.trim_start().starts_with('{') && memchr::memmem::find(chunk.as_bytes(), b"\n{").is_some()
}

/// JSON objects one after another, as `opm render` and `kubectl get -o json` of several write them (k8s.io/apimachinery
/// `util/yaml` reads them so). Nothing of YAML can come after a flow mapping that is closed, so the cut needs no parser.
fn objects(text: &str, span: Span) -> Vec<Span> {
    let chunk = &text[span.range()];
    if !is_json(chunk) {
        return vec![span];
    }
    let start = span.start as usize;
    let mut from = start;
    let mut cut = Vec::new();
    for at in memchr::memmem::find_iter(chunk.as_bytes(), b"\n{") {
        let at = start + at + 1;
        if text[from..at].trim_end().ends_with('}') {
            cut.push(Span::new(from, at));
            from = at;
        }
    }
    cut.push(Span::new(from, span.end as usize));
    cut
}

/// Offsets of the lines that are `---` or `...`, perhaps with something behind.
fn marks(text: &str) -> impl Iterator<Item = usize> {
    let first = usize::from(text.starts_with('\u{feff}')) * '\u{feff}'.len_utf8();
    let bytes = text.as_bytes();
    std::iter::once(first)
        .chain(memchr::memchr_iter(b'\n', bytes).map(|i| i + 1))
        .filter(move |start| {
            let line = &bytes[*start..];
            (line.starts_with(b"---") || line.starts_with(b"..."))
                && matches!(line.get(3), None | Some(b' ' | b'\t' | b'\r' | b'\n'))
        })
}

fn line_end(text: &str, from: usize) -> usize {
    memchr::memchr(b'\n', &text.as_bytes()[from..]).map_or(text.len(), |i| from + i + 1)
}

/// Something besides blank lines, comments and directives.
fn has_content(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').lines().any(|line| {
        let line = line.trim_end();
        !line.is_empty() && !line.trim_start().starts_with('#') && !line.starts_with('%')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_cut_at_marks_at_the_start_of_a_line_only() {
        for (text, expected, why) in [
            ("", &[""][..], "an empty text is one empty document"),
            ("a: b\n", &["a: b\n"], "no marks"),
            (
                "---\na\n---\nb\n",
                &["---\na\n", "---\nb\n"],
                "two documents",
            ),
            (
                "# licence\n---\na\n",
                &["# licence\n---\na\n"],
                "a comment above belongs to what follows",
            ),
            (
                "%YAML 1.2\n---\na\n",
                &["%YAML 1.2\n---\na\n"],
                "so does a directive",
            ),
            (
                "a\n...\n%YAML 1.2\n---\nb\n",
                &["a\n...\n", "%YAML 1.2\n---\nb\n"],
                "a directive after an end mark",
            ),
            (
                "a: |\n  ---\nb: c\n",
                &["a: |\n  ---\nb: c\n"],
                "indented: text",
            ),
            ("a\n----\n", &["a\n----\n"], "four dashes are no mark"),
            (
                "\u{feff}---\r\na\r\n---\r\nb",
                &["\u{feff}---\r\na\r\n", "---\r\nb"],
                "byte order mark and CRLF",
            ),
            (
                "---\n---\n",
                &["---\n", "---\n"],
                "an empty document between marks",
            ),
            (
                "{\n \"a\": 1\n}\n{\"b\": 2}\n\n{\"c\": 3}",
                &["{\n \"a\": 1\n}\n", "{\"b\": 2}\n\n", "{\"c\": 3}"],
                "JSON objects one after another",
            ),
            (
                "{\"a\":\n{\"b\": 2}}\n",
                &["{\"a\":\n{\"b\": 2}}\n"],
                "an object within another one",
            ),
        ] {
            let got: Vec<&str> = documents(text)
                .into_iter()
                .map(|s| &text[s.range()])
                .collect();
            assert_eq!(got, expected, "{why}");
        }
    }
}
