//! `# image-lint: ignore[rule] reason` comments: what stands behind the mark, and where they stand in texts whose comments
//! run to the end of the line (shell, Make, Groovy).

use crate::extract::Sink;
use image_lint_text::source::{SourceText, Span};

/// What every such comment holds.
pub const MARK: &str = "image-lint: ignore";

/// Rules and reason of what stands behind [`MARK`]: `[rule, rule] reason`, both optional. No rules: every rule.
pub fn parse(rest: &str) -> Option<(Vec<Box<str>>, &str)> {
    let Some(list) = rest.trim_start().strip_prefix('[') else {
        // `ignored`, `ignore-file` are other words.
        return (rest.is_empty() || rest.starts_with(char::is_whitespace))
            .then(|| (Vec::new(), rest.trim()));
    };
    let (rules, reason) = list.split_once(']')?;
    let rules = rules
        .split(',')
        .map(str::trim)
        .filter(|rule| !rule.is_empty())
        .map(Into::into)
        .collect();
    Some((rules, reason.trim()))
}

/// Hands every such comment to the sink that begins with `sign` (`#`, `//`) at the start of a line or behind white space,
/// and outside quotes as far as its own line tells.
pub fn in_line_comments(text: &SourceText<'_>, sign: &str, sink: &mut Sink<'_>) {
    let mut line_start = 0;
    for line in text.text.split_inclusive('\n') {
        if let Some((comment, rules, reason)) = in_line(line, sign) {
            let span = Span::new(line_start + comment, line_start + line.trim_end().len());
            let alone = line[..comment]
                .trim_start_matches('\u{feff}')
                .trim()
                .is_empty();
            sink.ignore(text.outer(span), rules, reason, alone);
        }
        line_start += line.len();
    }
}

/// Where the comment begins, its rules and its reason. A line has one comment: what stands behind it belongs to it.
fn in_line<'t>(line: &'t str, sign: &str) -> Option<(usize, Vec<Box<str>>, &'t str)> {
    // Whether a quote is open, counted from mark to mark, so that a line of megabytes is gone through once.
    let (mut counted, mut open) = (0, [false; 2]);
    for (found, _) in line.match_indices(MARK) {
        for byte in line[counted..found].bytes() {
            open[0] ^= byte == b'"';
            open[1] ^= byte == b'\'';
        }
        counted = found;
        let Some(code) = line[..found].trim_end().strip_suffix(sign) else {
            continue;
        };
        let before = code.trim_start_matches('\u{feff}');
        if open != [false; 2] || !(before.is_empty() || before.ends_with([' ', '\t'])) {
            continue;
        }
        let (rules, reason) = parse(line[found + MARK.len()..].trim_end_matches(['\n', '\r']))?;
        return Some((code.len(), rules, reason));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use image_lint_text::source::{FileId, RepoPath, SourceFile};

    #[test]
    fn comments_are_found_outside_quotes() {
        type Row = (
            &'static str,
            &'static str,
            Option<(u32, &'static str, &'static str, bool)>,
            &'static str,
        );
        let rows: [Row; 8] = [
            (
                "a\nbuildah push x # image-lint: ignore[oci-build] old\n",
                "#",
                Some((2, "oci-build", "old", false)),
                "behind",
            ),
            (
                "  # image-lint: ignore[a, b]\nx\n",
                "#",
                Some((1, "a,b", "", true)),
                "alone",
            ),
            (
                "# image-lint: ignore why\r\n",
                "#",
                Some((1, "", "why", true)),
                "every rule, CRLF",
            ),
            ("echo '# image-lint: ignore'\n", "#", None, "quoted"),
            ("echo \" # image-lint: ignore\"\n", "#", None, "quoted"),
            ("x# image-lint: ignore\n", "#", None, "part of a word"),
            ("# image-lint: ignored\n", "#", None, "another word"),
            (
                "sh 'x' // image-lint: ignore[a]\n",
                "//",
                Some((1, "a", "", false)),
                "Groovy",
            ),
        ];
        for (text, sign, expected, why) in rows {
            let file = SourceFile::new(FileId(0), RepoPath::from_bytes(b"x"), text.into());
            let mut sink = Sink::new(&file);
            in_line_comments(&file.whole(), sign, &mut sink);
            let ignores = sink.finish().ignores;
            let got = ignores.first().map(|i| {
                (
                    i.place.start.line,
                    i.rules.join(","),
                    &*i.reason,
                    i.covers_next,
                )
            });
            assert_eq!(
                got,
                expected.map(|(line, rules, reason, next)| (line, rules.to_owned(), reason, next)),
                "{why}"
            );
        }
    }
}
