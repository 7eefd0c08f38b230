//! Reads `key: value` lines of a text that is not YAML (a Helm template, a broken document) without parsing it.
//!
//! It follows indentation to know under which keys a line stands, so that callers can decide by path as they do for a
//! document that parses. What it gives is a literal reading: template marks stay in the value.

use crate::source::Span;

/// One `key: value` line.
#[derive(Debug)]
pub struct Line<'t, 's> {
    /// Keys above, outermost first; `-` for the item of a list.
    pub parents: &'s [&'t str],
    /// Offset of the line that opened the innermost parent: lines with the same number are of one mapping.
    pub group: u32,
    pub key: &'t str,
    /// Without quotes; may be empty.
    pub value: &'t str,
    /// Of `value`, in the text that is scanned.
    pub span: Span,
}

/// Marks of Go templates, Jinja and ERB.
pub fn has_template_marks(text: &str) -> bool {
    ["{{", "{%", "<%"]
        .iter()
        .any(|mark| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some())
}

/// Deeper parents than this are not followed.
const MAX_PARENTS: usize = super::MAX_DEPTH;

/// Calls `see` for every line of `span` that reads `key: value`, the contents of block scalars left out.
pub fn lines<'t>(text: &'t str, span: Span, mut see: impl FnMut(Line<'t, '_>)) {
    let mut parents: Vec<&'t str> = Vec::new();
    // Column and line of each parent.
    let mut indents: Vec<(usize, usize)> = Vec::new();
    let mut rows = Rows {
        text,
        at: span.start as usize,
        end: span.end as usize,
    };
    let mut block: Option<usize> = None;
    while let Some((start, row)) = rows.next() {
        let body = row.trim_start_matches([' ', '\t', '\u{feff}']);
        let mut column = row.len() - body.len();
        if body.is_empty() || body.starts_with('#') || is_template_line(body) {
            continue;
        }
        if block.is_some_and(|indent| column > indent) {
            continue;
        }
        block = None;
        let mut rest = body;
        let outer = column;
        close(&mut parents, &mut indents, column, rest.starts_with("- "));
        while let Some(after) = rest.strip_prefix("- ") {
            if parents.len() >= MAX_PARENTS {
                break;
            }
            parents.push("-");
            indents.push((column, start));
            let trimmed = after.trim_start();
            column += rest.len() - trimmed.len();
            rest = trimmed;
        }
        let Some((key, after)) = split_key(rest) else {
            continue;
        };
        let json = rest.starts_with('"');
        let offset = start + (row.len() - after.len());
        let (value, at) = match block_indicator(after) {
            true => {
                block = Some(
                    outer
                        .max(if rest.len() < body.len() {
                            column
                        } else {
                            outer
                        })
                        .min(column),
                );
                rows.first_line_of_block(column)
            }
            false => trim_value(after, offset, json),
        };
        let group = indents.last().map_or(0, |(_, line)| *line as u32 + 1);
        see(Line {
            parents: &parents,
            group,
            key,
            value,
            span: Span::new(at, at + value.len()),
        });
        if (value.is_empty() || value == "{" || value == "[") && parents.len() < MAX_PARENTS {
            parents.push(known_by(key));
            indents.push((column, start));
        }
    }
}

struct Rows<'t> {
    text: &'t str,
    at: usize,
    end: usize,
}

impl<'t> Rows<'t> {
    fn next(&mut self) -> Option<(usize, &'t str)> {
        if self.at >= self.end {
            return None;
        }
        let start = self.at;
        let rest = &self.text[start..self.end];
        let len = memchr::memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |i| i + 1);
        self.at = start + len;
        Some((start, rest[..len].trim_end()))
    }

    /// The first line with text below a `>` or `|`, when it is indented more than its key.
    fn first_line_of_block(&self, column: usize) -> (&'t str, usize) {
        let mut ahead = Rows { ..*self };
        while let Some((start, row)) = ahead.next() {
            let text = row.trim_start();
            if !text.is_empty() {
                let indent = row.len() - text.len();
                return if indent > column {
                    (text, start + indent)
                } else {
                    ("", self.at)
                };
            }
        }
        ("", self.at)
    }
}

/// Leaves the parents that a line at this column no longer stands under.
fn close(parents: &mut Vec<&str>, indents: &mut Vec<(usize, usize)>, column: usize, item: bool) {
    while let (Some((indent, _)), Some(parent)) = (indents.last(), parents.last()) {
        // A list may stand at the column of its key.
        let under = *indent < column || (*indent == column && item && *parent != "-");
        if under {
            return;
        }
        parents.pop();
        indents.pop();
    }
}

/// A line of nothing but template actions.
fn is_template_line(body: &str) -> bool {
    (body.starts_with("{{") && body.ends_with("}}") && !body.contains("}}:"))
        || (body.starts_with("{%") && body.ends_with("%}"))
        || (body.starts_with("<%") && body.ends_with("%>"))
}

/// `key: value`, `"key": value`, `key:`
/// As much of a key as tells it from all that a schema has: it is repeated at every line below it.
fn known_by(key: &str) -> &str {
    key.char_indices()
        .nth(40)
        .map_or(key, |(end, _)| &key[..end])
}

fn split_key(text: &str) -> Option<(&str, &str)> {
    let (key, after) = match text.as_bytes().first()? {
        quote @ (b'"' | b'\'') => {
            let end = text[1..].find(*quote as char)? + 1;
            (
                &text[1..end],
                text[end + 1..].trim_start().strip_prefix(':')?,
            )
        }
        _ => {
            let end = text.find(|c: char| {
                !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '$' | '#'))
            })?;
            (&text[..end], text[end..].strip_prefix(':')?)
        }
    };
    (after.is_empty() || after.starts_with([' ', '\t']) || text.starts_with('"'))
        .then_some((key, after))
}

fn block_indicator(after: &str) -> bool {
    let after = after.trim();
    let Some(rest) = after.strip_prefix(['|', '>']) else {
        return false;
    };
    rest.split('#')
        .next()
        .unwrap_or("")
        .trim()
        .chars()
        .all(|c| matches!(c, '-' | '+' | '0'..='9'))
}

/// Takes quotes, the comment behind and JSON's comma off; gives the value and its offset.
fn trim_value(after: &str, offset: usize, json: bool) -> (&str, usize) {
    let value = after.trim_start();
    let offset = offset + (after.len() - value.len());
    let mut value = value.trim_end();
    if json || value.starts_with('"') {
        value = value.strip_suffix(',').unwrap_or(value).trim_end();
    }
    if let Some(quote @ ('"' | '\'')) = value.chars().next() {
        // The last quote on the line: template actions hold quotes of their own.
        let uncommented = cut_comment(value);
        let end = uncommented
            .rfind(quote)
            .filter(|end| *end > 0)
            .or_else(|| value.rfind(quote).filter(|end| *end > 0));
        return match end {
            Some(end) => (&value[1..end], offset + 1),
            None => (&value[1..], offset + 1),
        };
    }
    (cut_comment(value), offset)
}

/// Up to a `#` behind white space; one within `{{ }}` does not count.
fn cut_comment(value: &str) -> &str {
    let mut at = 0;
    while let Some(found) = value[at..].find('#') {
        let hash = at + found;
        let before = &value[..hash];
        let inside = before.matches("{{").count() > before.matches("}}").count();
        if !inside && (before.is_empty() || before.ends_with([' ', '\t'])) {
            return before.trim_end();
        }
        at = hash + 1;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let mut out = Vec::new();
        lines(text, Span::new(0, text.len()), |line| {
            assert_eq!(&text[line.span.range()], line.value);
            out.push(format!(
                "{}/{}={}",
                line.parents.join("/"),
                line.key,
                line.value
            ));
        });
        out
    }

    #[test]
    fn lines_are_read_under_their_parents() {
        for (text, expected, why) in [
            (
                "spec:\n  containers:\n  - name: a\n    image: b:1\n",
                "spec/containers/-/image=b:1",
                "a list at its key's column",
            ),
            (
                "spec:\n  containers:\n    - image: \"b:1\" # c\n",
                "spec/containers/-/image=b:1",
                "quoted, with a comment",
            ),
            (
                "a:\n  {{- if .x }}\n  image: b\n  {{- end }}\n",
                "a/image=b",
                "template lines are passed over",
            ),
            (
                "image: \"{{ default \"x\" .y }}:1\"\n",
                "/image={{ default \"x\" .y }}:1",
                "quotes within a template action",
            ),
            (
                "image: {{ .Values.image | quote }}\n",
                "/image={{ .Values.image | quote }}",
                "unquoted action",
            ),
            ("  \"image\": \"b:1\",\n", "/image=b:1", "JSON"),
            (
                "a:\n  image: >-\n    b:1\n  c: d\n",
                "a/image=b:1",
                "folded on the next line",
            ),
            ("a:\r\n  image: b:1\r\n", "a/image=b:1", "CRLF"),
            (
                "a:\n  x: y\nb:\n  image: z\n",
                "b/image=z",
                "parents are left",
            ),
        ] {
            assert!(
                read(text).iter().any(|l| l == expected),
                "{why}: {:?}",
                read(text)
            );
        }
    }

    #[test]
    fn contents_of_block_scalars_are_no_lines() {
        let got = read("data:\n  x: |\n    image: no\n  y: z\nimage: yes\n");
        assert_eq!(
            got,
            ["/data=", "data/x=image: no", "data/y=z", "/image=yes"]
        );
    }
}
