//! `# image-lint: ignore[rule] reason` comments: what stands behind the mark, and where they stand in texts whose comments
//! run to the end of the line (shell, Make, Groovy).

use crate::extract::Sink;
use crate::model::source::{SourceText, Span};

/// What every such comment holds.
pub const MARK: &str = "image-lint: ignore";

/// Rules and reason of what stands behind [`MARK`]: `[rule, rule] reason`, both optional. No rules: every rule.
pub fn parse(rest: &str) -> Option<(Vec<Box<str>>, &str)> {
    let Some(list) = rest.trim_start().strip_prefix('[') else {
        // `ignored`, `ignore-file` are other words.
        return (rest.is_empty() || rest.starts_with(char::is_whitespace)).then(|| (Vec::new(), rest.trim()));
    };
    let (rules, reason) = list.split_once(']')?;
    let rules = rules.split(',').map(str::trim).filter(|rule| !rule.is_empty()).map(Into::into).collect();
    Some((rules, reason.trim()))
}

/// Hands every such comment to the sink that begins with `sign` (`#`, `//`) at the start of a line or behind white space,
/// and outside quotes as far as its own line tells.
pub fn in_line_comments(text: &SourceText<'_>, sign: &str, sink: &mut Sink<'_>) {
    for (found, _) in text.text.match_indices(MARK) {
        let line_start = text.text[..found].rfind('\n').map_or(0, |i| i + 1);
        let line_end = text.text[found..].find('\n').map_or(text.text.len(), |i| found + i);
        let Some(code) = text.text[line_start..found].trim_end().strip_suffix(sign) else { continue };
        let code = code.trim_start_matches('\u{feff}');
        let quoted = ['"', '\''].into_iter().any(|quote| code.matches(quote).count() % 2 == 1);
        if quoted || !(code.is_empty() || code.ends_with([' ', '\t'])) {
            continue;
        }
        if let Some((rules, reason)) = parse(&text.text[found + MARK.len()..line_end]) {
            let start = line_start + text.text[line_start..found].trim_end().len() - sign.len();
            let span = Span::new(start, start + text.text[start..line_end].trim_end().len());
            sink.ignore(text.outer(span), rules, reason, code.trim().is_empty());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::source::{FileId, RepoPath, SourceFile};

    #[test]
    fn comments_are_found_outside_quotes() {
        type Row = (&'static str, &'static str, Option<(u32, &'static str, &'static str, bool)>, &'static str);
        let rows: [Row; 8] = [
            (
                "a\nbuildah push x # image-lint: ignore[oci-build] old\n",
                "#",
                Some((2, "oci-build", "old", false)),
                "behind",
            ),
            ("  # image-lint: ignore[a, b]\nx\n", "#", Some((1, "a,b", "", true)), "alone"),
            ("# image-lint: ignore why\r\n", "#", Some((1, "", "why", true)), "every rule, CRLF"),
            ("echo '# image-lint: ignore'\n", "#", None, "quoted"),
            ("echo \" # image-lint: ignore\"\n", "#", None, "quoted"),
            ("x# image-lint: ignore\n", "#", None, "part of a word"),
            ("# image-lint: ignored\n", "#", None, "another word"),
            ("sh 'x' // image-lint: ignore[a]\n", "//", Some((1, "a", "", false)), "Groovy"),
        ];
        for (text, sign, expected, why) in rows {
            let file = SourceFile::new(FileId(0), RepoPath::from_bytes(b"x"), text.into());
            let mut sink = Sink::new(&file);
            in_line_comments(&file.whole(), sign, &mut sink);
            let ignores = sink.finish().ignores;
            let got = ignores.first().map(|i| (i.place.start.line, i.rules.join(","), &*i.reason, i.covers_next));
            assert_eq!(
                got,
                expected.map(|(line, rules, reason, next)| (line, rules.to_owned(), reason, next)),
                "{why}"
            );
        }
    }
}
