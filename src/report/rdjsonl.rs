//! reviewdog's diagnostics, one a line (reviewdog `proto/rdf/reviewdog.proto`): columns are UTF-8 bytes from 1, the end
//! is exclusive. Edits become suggestions that a reviewer takes with one click.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::report::{Report, path_from_root, rule_url, wire};
use image_lint_model::finding::Level;
use image_lint_model::mention::Excerpt;
use image_lint_model::sanitize;
use image_lint_text::source::{Place, Position, Span};

#[derive(Debug, Serialize, Deserialize)]
struct Diagnostic {
    message: String,
    location: Location,
    severity: String,
    source: Source,
    code: Code,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<Suggestion>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Location {
    path: String,
    range: Range,
}

#[derive(Debug, Serialize, Deserialize)]
struct Range {
    start: Point,
    end: Point,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Point {
    line: u32,
    column: u32,
}

#[derive(Debug, Serialize, Deserialize)]
struct Source {
    name: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Code {
    value: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Suggestion {
    range: Range,
    text: String,
}

/// Writes one finding a line; nothing when there is none.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for f in &report.findings {
        let mut message = sanitize::text(&f.message).into_owned();
        for line in &f.help {
            message.push('\n');
            message.push_str(&sanitize::text(line));
        }
        let suggestions = f
            .fix
            .iter()
            .flat_map(|fix| &fix.edits)
            .filter(|e| e.file == f.place.file)
            .map(|e| Suggestion {
                range: range(&f.excerpt, e.place, e.span),
                text: e.text.clone(),
            })
            .collect();
        let diagnostic = Diagnostic {
            message,
            location: Location {
                path: path_from_root(report, f.place.file),
                range: range(&f.excerpt, f.place, f.place.span),
            },
            severity: match f.level {
                Level::Error => "ERROR",
                Level::Warning => "WARNING",
                Level::Note => "INFO",
            }
            .into(),
            source: Source {
                name: "image-lint".into(),
            },
            code: Code {
                value: f.rule.as_str().into(),
                url: rule_url(f.rule),
            },
            suggestions,
        };
        wire::line(&diagnostic, out)?;
    }
    Ok(())
}

fn range(excerpt: &Excerpt, place: Place, span: Span) -> Range {
    let point = |p: Position, offset: u32| Point {
        line: p.line,
        column: byte_column(excerpt, p, offset),
    };
    Range {
        start: point(place.start, span.start),
        end: point(place.end, span.end),
    }
}

/// Bytes from the start of the line to `offset`, plus 1. A point outside the excerpt, or on a line that was cut, counts
/// as many bytes as characters.
fn byte_column(excerpt: &Excerpt, position: Position, offset: u32) -> u32 {
    let exact = || {
        let before = excerpt
            .text
            .get(..offset.checked_sub(excerpt.offset)? as usize)?;
        let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
        let whole =
            line.trim_start_matches('\u{feff}').chars().count() as u32 + 1 == position.column;
        whole.then_some(line.len() as u32 + 1)
    };
    exact().unwrap_or(position.column)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use proptest::prelude::*;

    fn written(report: &Report) -> String {
        let mut out = Vec::new();
        write(report, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn diagnostics_of_a_run() {
        insta::assert_snapshot!(written(&sample::realistic()));
        assert_eq!(written(&Report::default()), "");
    }

    #[test]
    fn columns_are_bytes() {
        let excerpt = Excerpt {
            first_line: 7,
            offset: 100,
            text: "äb: x\nü: y".into(),
        };
        let at = |line, column| Position {
            line,
            column,
            column_utf16: column,
        };
        assert_eq!(byte_column(&excerpt, at(7, 5), 105), 6);
        assert_eq!(byte_column(&excerpt, at(8, 4), 111), 5);
        assert_eq!(
            byte_column(&excerpt, at(7, 50), 105),
            50,
            "the line was cut at its start"
        );
        assert_eq!(byte_column(&excerpt, at(9, 3), 400), 3, "outside");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn hostile_text_makes_one_valid_line_each(text in any::<String>()) {
            let out = written(&sample::hostile_with(&text));
            prop_assert_eq!(out.lines().count(), 3);
            for line in out.lines() {
                let d: Diagnostic = serde_json::from_str(line).unwrap();
                prop_assert_eq!(&d.suggestions[0].text, &text);
            }
        }
    }
}
