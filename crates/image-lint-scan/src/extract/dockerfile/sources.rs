//! Where `COPY`, `ADD` and `RUN` name what they take from: `--from=` and `--mount=…,from=`.

use std::ops::Range;

use super::words;

/// Bytes of each source that an instruction's flags name, quotes left out. May be empty ranges.
pub(super) fn sources(keyword: &str, rest: &str, escape: char) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if !rest.starts_with("--") {
        return found;
    }
    for word in flags(rest, escape) {
        let text = &rest[word.clone()];
        match keyword {
            "COPY" | "ADD" if text.starts_with("--from=") => {
                found.push(unquoted(rest, word.start + "--from=".len()..word.end));
            }
            "RUN" if text.starts_with("--mount=") => {
                mount(
                    rest,
                    unquoted(rest, word.start + "--mount=".len()..word.end),
                    &mut found,
                );
            }
            _ => {}
        }
    }
    found
}

/// Bytes of the value of a flag (`--platform=`), quotes left out.
pub(super) fn flag_value(text: &str, word: Range<usize>, name: &str) -> Option<Range<usize>> {
    text[word.clone()]
        .starts_with(name)
        .then(|| unquoted(text, word.start + name.len()..word.end))
}

/// The words that start with `--`, up to the first one that does not.
fn flags(rest: &str, escape: char) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    // Shell text after the flags may be long and oddly quoted: it is not cut into words.
    while rest[at..].starts_with("--") {
        let Some(word) = words::first_quoted(&rest[at..], escape) else {
            break;
        };
        let word = at + word.start..at + word.end;
        at = word.end + (rest[word.end..].len() - rest[word.end..].trim_start().len());
        let last = &rest[word.clone()] == "--";
        found.push(word);
        if last {
            break;
        }
    }
    found
}

/// `type=bind,from=ref,"source=a,b"`: comma-separated, each field may be quoted (CSV).
fn mount(text: &str, value: Range<usize>, found: &mut Vec<Range<usize>>) {
    let mut at = value.start;
    while at < value.end {
        let rest = &text[at..value.end];
        let (field, next) = match rest.strip_prefix('"') {
            Some(inner) => {
                let end = inner.find('"').unwrap_or(inner.len());
                let behind = &inner[end..];
                (
                    at + 1..at + 1 + end,
                    at + 1 + end + behind.find(',').map_or(behind.len(), |i| i + 1),
                )
            }
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                (at..at + end, at + (end + 1).min(rest.len()))
            }
        };
        if let Some((key, _)) = text[field.clone()].split_once('=')
            && key.trim().eq_ignore_ascii_case("from")
        {
            found.push(unquoted(text, field.start + key.len() + 1..field.end));
        }
        at = next;
    }
}

/// Without quotes at both ends and white space around.
fn unquoted(text: &str, range: Range<usize>) -> Range<usize> {
    let inner = &text[range.clone()];
    let inner = inner.trim();
    let start = range.start + (text[range.clone()].len() - text[range.clone()].trim_start().len());
    for quote in ['"', '\''] {
        if inner.len() >= 2 && inner.starts_with(quote) && inner.ends_with(quote) {
            return start + 1..start + inner.len() - 1;
        }
    }
    start..start + inner.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_name_their_sources() {
        for (keyword, rest, expected) in [
            ("COPY", "--from=a/b:1 /x /y", vec!["a/b:1"]),
            ("COPY", "--chown=1:1 --from=\"a\" /x /y", vec!["a"]),
            ("COPY", "--link --from='a' [\"/x\", \"/y\"]", vec!["a"]),
            ("COPY", "/x --from=a /y", vec![]),
            ("COPY", "--from= /x /y", vec![""]),
            ("ADD", "--from=a /x /y", vec!["a"]),
            (
                "RUN",
                "--mount=type=bind,from=a:1,source=/x,target=/y make",
                vec!["a:1"],
            ),
            (
                "RUN",
                "--mount=type=cache,target=/c --mount=from=a,target=/y --network=none make",
                vec!["a"],
            ),
            ("RUN", "--mount=\"type=bind,from=a b\" make", vec!["a b"]),
            (
                "RUN",
                "--mount=type=bind,\"from=a\",target=\"/x,y\" make",
                vec!["a"],
            ),
            ("RUN", "--mount=type=bind,FROM=a make", vec!["a"]),
            (
                "RUN",
                "--mount=type=bind,from=${X:-y},target=/z make",
                vec!["${X:-y}"],
            ),
            ("RUN", "echo --mount=from=a", vec![]),
            (
                "RUN",
                "--mount=type=secret,id=from make --mount=from=b",
                vec![],
            ),
            ("RUN", "--mount=", vec![]),
            ("RUN", "--mount=from=a", vec!["a"]),
        ] {
            let got: Vec<_> = sources(keyword, rest, '\\')
                .into_iter()
                .map(|r| &rest[r])
                .collect();
            assert_eq!(got, expected, "{keyword} {rest}");
        }
    }
}
