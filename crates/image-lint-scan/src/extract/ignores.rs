//! `# image-lint: ignore[rule] reason` comments: what stands behind the mark, and where they stand in texts whose comments
//! run to the end of the line (shell, Make, Groovy).

use crate::extract::Sink;
use image_lint_text::source::{SourceText, Span};

/// What every such comment holds.
pub const MARK: &str = "image-lint";

/// What a comment says after [`MARK`].
#[derive(Debug, PartialEq, Eq)]
pub enum Comment<'t> {
    /// Rules and reason of `: ignore[rule, rule] reason`. No rules: every rule.
    Ignore(Vec<Box<str>>, &'t str),
    /// A word of other linters, such as `disable=rule`.
    Instead(&'t str),
}

/// How other linters begin their comments (pylint, eslint, shellcheck, golangci-lint, hadolint).
const OTHERS: [&str; 9] = [
    "ignore", "disable", "enable", "skip", "suppress", "allow", "exclude", "noqa", "nolint",
];

/// What stands after [`MARK`]: `: ignore[rule] reason`, where the blank may be missing, and the colon where a bracket
/// follows. None: it only names the program.
pub fn parse(rest: &str) -> Option<Comment<'_>> {
    let (colon, said) = match rest.strip_prefix(':') {
        Some(said) => (true, said.trim_start()),
        None => (false, rest.strip_prefix(' ')?),
    };
    if let Some(after) = said.strip_prefix("ignore") {
        if let Some(list) = after.trim_start().strip_prefix('[') {
            let (rules, reason) = list.split_once(']')?;
            let rules = rules
                .split(',')
                .map(str::trim)
                .filter(|rule| !rule.is_empty())
                .map(Into::into)
                .collect();
            return Some(Comment::Ignore(rules, reason.trim()));
        }
        if colon && (after.is_empty() || after.starts_with(char::is_whitespace)) {
            return Some(Comment::Ignore(Vec::new(), after.trim()));
        }
    }
    let word = said.split_whitespace().next()?;
    let known = OTHERS.iter().any(|other| word.starts_with(other));
    (known && (colon || word.contains(['=', '[']))).then_some(Comment::Instead(word))
}

/// Hands every such comment to the sink that begins with `sign` (`#`, `//`) at the start of a line or behind white space,
/// and outside quotes as far as its own line tells.
pub fn in_line_comments(text: &SourceText<'_>, sign: &str, sink: &mut Sink<'_>) {
    let mut line_start = 0;
    for line in text.text.split_inclusive('\n') {
        if let Some((at, comment)) = in_line(line, sign) {
            let span = Span::new(line_start + at, line_start + line.trim_end().len());
            let alone = line[..at].trim_start_matches('\u{feff}').trim().is_empty();
            sink.ignore(text.outer(span), comment, alone);
        }
        line_start += line.len();
    }
}

/// Where the comment begins, and what it says. A line has one comment: what follows belongs to it.
fn in_line<'t>(line: &'t str, sign: &str) -> Option<(usize, Comment<'t>)> {
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
        let comment = parse(line[found + MARK.len()..].trim_end_matches(['\n', '\r']))?;
        return Some((code.len(), comment));
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
        let rows: &[Row] = &[
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
            ("# image-lint reads this\n", "#", None, "another word"),
            (
                "# image-lint:ignore[a] why\n",
                "#",
                Some((1, "a", "why", true)),
                "without the blank",
            ),
            (
                "# image-lint ignore[a]\n",
                "#",
                Some((1, "a", "", true)),
                "without the colon",
            ),
            ("# image-lint ignore this\n", "#", None, "prose"),
            (
                "sh 'x' // image-lint: ignore[a]\n",
                "//",
                Some((1, "a", "", false)),
                "Groovy",
            ),
        ];
        for &(text, sign, expected, why) in rows {
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

    #[test]
    fn words_of_other_linters_are_kept_to_be_named() {
        for (rest, expected) in [
            (": disable=short-name", Some("disable=short-name")),
            (":disable short-name", Some("disable")),
            (" disable=all x", Some("disable=all")),
            (": ignore=short-name", Some("ignore=short-name")),
            (": ignored", Some("ignored")),
            (": ignore-next-line", Some("ignore-next-line")),
            (": skip", Some("skip")),
            (": noqa", Some("noqa")),
            (" is disabled here", None),
            (" skip this one", None),
            (": see the handbook", None),
            ("-hook: skip", None),
            ("", None),
        ] {
            assert_eq!(parse(rest), expected.map(Comment::Instead), "{rest:?}");
        }
    }
}
