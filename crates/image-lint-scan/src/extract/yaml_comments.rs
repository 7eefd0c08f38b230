//! `# image-lint: ignore[rule] reason` comments of a YAML text.
//!
//! They are looked up in the text: a comment is where a `#` stands behind white space and within no scalar.

use crate::extract::Sink;
use crate::extract::ignores::{MARK, parse};
use image_lint_text::source::{SourceText, Span};
use image_lint_text::yaml::Stream;

/// Hands every such comment outside scalars to the sink; those within a block scalar belong to who reads the scalar.
pub fn ignores(text: &SourceText<'_>, stream: &Stream<'_>, sink: &mut Sink<'_>) {
    let bytes = text.text.as_bytes();
    let mut scalars = stream
        .documents
        .iter()
        .flat_map(|document| document.scalars())
        .peekable();
    let (mut line_start, mut line_end) = (0, 0);
    for found in memchr::memmem::find_iter(bytes, MARK) {
        // A line has one comment: what stands behind it belongs to it.
        if found < line_start {
            continue;
        }
        if found >= line_end {
            line_start = memchr::memrchr(b'\n', &bytes[line_end..found])
                .map_or(line_end, |i| line_end + i + 1);
            line_end = memchr::memchr(b'\n', &bytes[found..]).map_or(bytes.len(), |i| found + i);
        }
        let before = text.text[line_start..found].trim_end();
        let Some(code) = before
            .strip_suffix('#')
            .map(|code| code.trim_start_matches('\u{feff}'))
        else {
            continue;
        };
        let hash = line_start + before.len() - 1;
        let outside = code.is_empty() || code.ends_with([' ', '\t']);
        while scalars
            .next_if(|scalar| scalar.end as usize <= hash)
            .is_some()
        {}
        if !outside
            || scalars
                .peek()
                .is_some_and(|scalar| scalar.range().contains(&hash))
        {
            continue;
        }
        let comment = &text.text[found + MARK.len()..line_end];
        if let Some(said) = parse(comment) {
            let span = text.outer(Span::new(
                hash,
                hash + text.text[hash..line_end].trim_end().len(),
            ));
            sink.ignore(span, said, code.trim().is_empty());
        }
        line_start = line_end;
    }
}

/// Notes each document of which a limit kept something from being read; to be called when they have been walked.
pub fn cuts(stream: &Stream<'_>, sink: &mut Sink<'_>) {
    for at in stream.cuts() {
        sink.skip(
            at,
            "what aliases and merge keys stand for here is too much, and was not read to its end",
            false,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image_lint_text::source::{FileId, RepoPath, SourceFile};

    #[test]
    fn ignore_comments_are_found_outside_scalars() {
        for (text, expected, why) in [
            (
                "a: b # image-lint: ignore[short-name] ours\n",
                &[(1, "short-name", "ours", false)][..],
                "behind a value",
            ),
            (
                "# image-lint: ignore[a, b]\nx: y\n",
                &[(1, "a,b", "", true)],
                "alone, two rules",
            ),
            (
                "x: y\n  # image-lint: ignore old\r\n",
                &[(2, "", "old", true)],
                "every rule, CRLF",
            ),
            (
                "x: |\n  # image-lint: ignore[a]\ny: z\n",
                &[],
                "text of a block scalar",
            ),
            (
                "x: 'y # image-lint: ignore[a]'\n",
                &[],
                "text of a quoted scalar",
            ),
            (
                "x: y# image-lint: ignore[a]\n",
                &[],
                "no white space before the hash",
            ),
            (
                "x: {{ y }} z # image-lint: ignore[a]\n",
                &[(1, "a", "", false)],
                "in a document that is not YAML",
            ),
            ("# image-lint reads this\n", &[], "another word"),
        ] {
            let file = SourceFile::new(FileId(0), RepoPath::from_bytes(b"x.yaml"), text.to_owned());
            let whole = file.whole();
            let stream = image_lint_text::yaml::parse(&whole);
            let mut sink = Sink::new(&file);
            ignores(&whole, &stream, &mut sink);
            let found = sink.finish().ignores;
            let got: Vec<_> = found
                .iter()
                .map(|i| {
                    (
                        i.place.start.line,
                        i.rules.join(","),
                        &*i.reason,
                        i.covers_next,
                    )
                })
                .collect();
            let expected: Vec<_> = expected
                .iter()
                .map(|(l, r, w, n)| (*l, (*r).to_owned(), *w, *n))
                .collect();
            assert_eq!(got, expected, "{why}");
        }
    }
}
