//! Cuts the text of an instruction into words. Template marks (`{{ … }}`, `<% … %>`, `<NAME>`) are never cut in two.

use std::ops::Range;

/// Words between white space, as `FROM` takes them: quotes do not hold words together.
pub(super) fn split(text: &str) -> Vec<Range<usize>> {
    split_with(text, None, usize::MAX)
}

/// Words between white space outside quotes, as `ARG` and flags take them.
pub(super) fn split_quoted(text: &str, escape: char) -> Vec<Range<usize>> {
    split_with(text, Some(escape), usize::MAX)
}

/// The first of the words that [`split_quoted`] gives; the rest of the text is not looked at.
pub(super) fn first_quoted(text: &str, escape: char) -> Option<Range<usize>> {
    split_with(text, Some(escape), 1).into_iter().next()
}

fn split_with(text: &str, quotes: Option<char>, limit: usize) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote = None;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let next = at + c.len_utf8();
        if quote.is_none() && c.is_whitespace() {
            if let Some(start) = start.take() {
                words.push(start..at);
                if words.len() == limit {
                    return words;
                }
            }
            at = next;
            continue;
        }
        start.get_or_insert(at);
        at = next;
        if let Some(escape) = quotes {
            if c == escape && quote != Some('\'') {
                at += text[at..].chars().next().map_or(0, char::len_utf8);
                continue;
            }
            match quote {
                Some(q) if q == c => quote = None,
                None if c == '"' || c == '\'' => quote = Some(c),
                _ => {}
            }
        }
        // `<< NAME >` is a here-document with a redirection.
        if matches!(c, '{' | '<')
            && !text[..next - c.len_utf8()].ends_with('<')
            && let Some(len) = template_mark(&text[next - c.len_utf8()..])
        {
            at = next - c.len_utf8() + len;
        }
    }
    if let Some(start) = start {
        words.push(start..text.len());
    }
    words
}

/// No template mark is looked for further, in bytes: a text of many opening braces would be searched as often.
const MAX_MARK: usize = 512;

/// The length of a template mark that starts here: `{{ … }}`, `{% … %}`, `<% … %>`, `<words>`. On one line only.
pub(super) fn template_mark(text: &str) -> Option<usize> {
    let mut end = text.len().min(MAX_MARK);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let line = text[..end].split('\n').next().unwrap_or("");
    for (open, close) in [("{{", "}}"), ("{%", "%}"), ("<%", "%>")] {
        if let Some(inner) = line.strip_prefix(open) {
            let end = inner.find(close)? + open.len() + close.len();
            // `{{ {…}}}`: the last of several braces closes.
            return Some(
                end + line[end..]
                    .bytes()
                    .take_while(|b| open == "{{" && *b == b'}')
                    .count(),
            );
        }
    }
    let inner = line.strip_prefix('<')?;
    let end = inner.find(['<', '>'])?;
    (inner[end..].starts_with('>') && end > 0).then_some(end + 2)
}

/// Where the keyword of an instruction starts: behind template marks that stand before it (`}}ARG`, `{{if x}}FROM`).
pub(super) fn after_template_marks(text: &str) -> usize {
    let mut at = 0;
    loop {
        at += text[at..].len() - text[at..].trim_start().len();
        let rest = &text[at..];
        let marked = if rest.starts_with("}}") {
            Some(2)
        } else if rest.starts_with("{{") || rest.starts_with("{%") || rest.starts_with("<%") {
            template_mark(rest)
        } else {
            None
        };
        match marked {
            // The mark may be the instruction's own text when nothing follows.
            Some(len) if at + len < text.len() => at += len,
            _ => return at,
        }
    }
}

/// The length of a word without the mark at its end that closes a template's block (`x{% endif %}`, `x{{ end }}`): it
/// stands for no text.
pub(super) fn without_block_end(word: &str) -> usize {
    for (open, close) in [("{%", "%}"), ("{{", "}}")] {
        let Some(at) = word.ends_with(close).then(|| word.rfind(open)).flatten() else {
            continue;
        };
        let inner = word[at + open.len()..].trim_start_matches('-').trim_start();
        if at > 0
            && ["end", "else", "elif"]
                .iter()
                .any(|keyword| inner.starts_with(keyword))
        {
            return at;
        }
    }
    word.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_template_marks_whole() {
        for (text, expected) in [
            ("a  b\tc", vec!["a", "b", "c"]),
            ("{{ spec.base }} AS x", vec!["{{ spec.base }}", "AS", "x"]),
            (
                "q/{{ a b }}:{{ c }}-x y",
                vec!["q/{{ a b }}:{{ c }}-x", "y"],
            ),
            ("<your image> as x", vec!["<your image>", "as", "x"]),
            ("<%= image %>", vec!["<%= image %>"]),
            ("{{ never closed", vec!["{{", "never", "closed"]),
            ("\"a b\" c", vec!["\"a", "b\"", "c"]),
            ("", vec![]),
        ] {
            assert_eq!(
                split(text)
                    .into_iter()
                    .map(|r| &text[r])
                    .collect::<Vec<_>>(),
                expected,
                "{text}"
            );
        }
        let text = r#"A="x y" B='p "q' C=a\ b"#;
        let words: Vec<_> = split_quoted(text, '\\')
            .into_iter()
            .map(|r| &text[r])
            .collect();
        assert_eq!(words, [r#"A="x y""#, r#"B='p "q'"#, r"C=a\ b"]);
    }

    #[test]
    fn keywords_may_follow_template_marks() {
        for (text, expected) in [
            ("FROM x", "FROM x"),
            ("}}ARG X=1", "ARG X=1"),
            ("{{ if a }}FROM x", "FROM x"),
            ("{% if a %} FROM x", "FROM x"),
            ("{{ a }}", "{{ a }}"),
            ("{{ open", "{{ open"),
        ] {
            assert_eq!(&text[after_template_marks(text)..], expected);
        }
    }
}
