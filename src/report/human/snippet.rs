//! The lines of a file around a place, as miette wants them: safe to show, cropped to the terminal, with the line
//! numbers and columns of the file although only a few lines of it are at hand.

use miette::{MietteError, SourceCode, SourceSpan, SpanContents};

use image_lint_model::mention::Excerpt;
use image_lint_model::sanitize::Shown;
use image_lint_text::source::Place;

/// Lines to show, with the marked bytes in them.
#[derive(Debug)]
pub struct Snippet {
    /// `path`, safe to show.
    name: String,
    text: String,
    /// Number of the first line, from 1.
    first_line: u32,
    lines: usize,
    /// The marked text, in `text`.
    pub start: usize,
    pub end: usize,
    /// As the file's reader counts, from 1.
    line: u32,
    column: u32,
}

impl Snippet {
    /// None when there is no text around the place. `width` is the room for one line of text, in columns.
    pub fn new(
        name: String,
        excerpt: &Excerpt,
        place: Place,
        width: usize,
        more: &str,
    ) -> Option<Self> {
        let (from, to) = (
            place.span.start.checked_sub(excerpt.offset)?,
            place.span.end.saturating_sub(excerpt.offset),
        );
        if excerpt.text.is_empty() || from as usize > excerpt.text.len() || excerpt.first_line == 0
        {
            return None;
        }
        let shown = Shown::new(&excerpt.text, excerpt.offset == 0);
        let (start, end) = (shown.at(from as usize), shown.at(to as usize));
        let cropped = crop(&shown.text, start, end.max(start), width, more);
        Some(Snippet {
            name,
            lines: cropped.text.lines().count(),
            text: cropped.text,
            first_line: excerpt.first_line,
            start: cropped.start,
            end: cropped.end,
            line: place.start.line,
            column: place.start.column,
        })
    }

    /// How many columns stand before the middle of the mark, where the label hangs.
    pub fn mark_column(&self) -> usize {
        let line_start = self.text[..self.start].rfind('\n').map_or(0, |at| at + 1);
        let end = self.text[self.start..self.end]
            .find('\n')
            .map_or(self.end, |at| self.start + at);
        columns(&self.text[line_start..self.start]) + columns(&self.text[self.start..end]) / 2
    }

    /// The marked text, as far as it is on its first line.
    pub fn marked(&self) -> &str {
        let marked = &self.text[self.start..self.end];
        marked.lines().next().unwrap_or(marked)
    }

    /// The line in which the mark begins.
    pub fn line_of_mark(&self) -> &str {
        let from = self.text[..self.start].rfind('\n').map_or(0, |at| at + 1);
        let line = &self.text[from..];
        line.lines().next().unwrap_or(line)
    }

    /// Width of the largest line number.
    pub fn number_width(first_line: u32) -> usize {
        (first_line + 2).to_string().len()
    }
}

/// Columns a text takes, tabs at their widest. Wide scripts take more than is counted here; such a line may run over.
fn columns(text: &str) -> usize {
    text.chars().map(|c| if c == '\t' { 4 } else { 1 }).sum()
}

struct Cropped {
    text: String,
    start: usize,
    end: usize,
}

/// Cuts every line to `width` columns; the line of the mark around the mark, with `more` where something is left out.
fn crop(text: &str, start: usize, end: usize, width: usize, more: &str) -> Cropped {
    let width = width.max(20);
    let mut out = Cropped {
        text: String::with_capacity(text.len()),
        start: 0,
        end: 0,
    };
    let mut at = 0;
    for (i, line) in text.split('\n').enumerate() {
        if i > 0 {
            out.text.push('\n');
        }
        let behind = at + line.len();
        let starts_here = (at..=behind).contains(&start)
            && (at..=behind).contains(&end.min(behind))
            && start <= behind;
        let skip = match starts_here {
            true if columns(line) > width && columns(&text[at..end.min(behind)]) > width => {
                // A third of the room stays for what stands before the mark.
                columns(&text[at..start]).saturating_sub(width / 3)
            }
            _ => 0,
        };
        let line_out = out.text.len();
        let (mut used, mut passed) = (0, 0);
        let mut map = Vec::new();
        for (offset, c) in line.char_indices() {
            let wide = if c == '\t' { 4 } else { 1 };
            passed += wide;
            if passed <= skip {
                continue;
            }
            if map.is_empty() && skip > 0 {
                out.text.push_str(more);
                used += more.chars().count();
            }
            if used + wide + more.chars().count() > width && columns(&line[offset..]) + used > width
            {
                map.push((offset, out.text.len()));
                out.text.push_str(more);
                break;
            }
            map.push((offset, out.text.len()));
            out.text.push(c);
            used += wide;
        }
        let moved = |point: usize| {
            let inner = point - at;
            let i = map.partition_point(|(offset, _)| *offset < inner);
            map.get(i).map_or(out.text.len(), |(_, moved)| *moved)
        };
        if (at..=behind).contains(&start) {
            out.start = moved(start).max(line_out);
        }
        if (at..=behind).contains(&end) {
            out.end = moved(end);
        }
        at = behind + 1;
    }
    if out.end < out.start || end >= at {
        out.end = out.text.len();
    }
    // What is marked stays at least one character wide as long as there is one.
    if end > start && out.end == out.start {
        out.end += out.text[out.start..]
            .chars()
            .next()
            .filter(|c| *c != '\n')
            .map_or(0, char::len_utf8);
    }
    out
}

struct Contents<'a> {
    snippet: &'a Snippet,
    data: &'a [u8],
    span: SourceSpan,
    line: usize,
    column: usize,
}

impl<'a> SpanContents<'a> for Contents<'a> {
    fn data(&self) -> &'a [u8] {
        self.data
    }

    fn span(&self) -> &SourceSpan {
        &self.span
    }

    fn name(&self) -> Option<&str> {
        Some(&self.snippet.name)
    }

    fn line(&self) -> usize {
        self.line
    }

    fn column(&self) -> usize {
        self.column
    }

    fn line_count(&self) -> usize {
        self.snippet.lines
    }
}

impl SourceCode for Snippet {
    /// With context, all that is at hand: the excerpt was cut to the neighbourhood when the file was read. Without
    /// context, miette asks for the place to write into the frame.
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        _after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (from, to) = (span.offset(), span.offset() + span.len());
        if to > self.text.len() {
            return Err(MietteError::OutOfBounds);
        }
        Ok(Box::new(if before == 0 {
            Contents {
                snippet: self,
                data: &self.text.as_bytes()[from..to],
                span: *span,
                line: self.line.saturating_sub(1) as usize,
                column: self.column.saturating_sub(1) as usize,
            }
        } else {
            Contents {
                snippet: self,
                data: self.text.as_bytes(),
                span: SourceSpan::new(0.into(), self.text.len()),
                line: self.first_line.saturating_sub(1) as usize,
                column: 0,
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cropped(text: &str, marked: &str, width: usize) -> (String, String) {
        let start = text.find(marked).unwrap();
        let c = crop(text, start, start + marked.len(), width, "…");
        (c.text[c.start..c.end].to_owned(), c.text)
    }

    #[test]
    fn lines_are_cropped_around_the_mark() {
        assert_eq!(
            cropped("a: b\nimage: x:1\nz", "x:1", 40),
            ("x:1".into(), "a: b\nimage: x:1\nz".into())
        );
        let long = format!("{}image: quay.io/a:1{}", "p ".repeat(100), " s".repeat(100));
        let (mark, text) = cropped(&long, "quay.io/a:1", 40);
        assert_eq!(mark, "quay.io/a:1");
        assert!(text.starts_with('…') && text.ends_with('…'), "{text}");
        assert!(text.chars().count() <= 41, "{text}");
        let (mark, text) = cropped(
            "k: 12345678901234567890123456789",
            "12345678901234567890123456789",
            20,
        );
        assert_eq!(
            (mark.as_str(), text.as_str()),
            ("1234567890123456…", "k: 1234567890123456…")
        );
    }

    proptest! {
        #[test]
        fn a_mark_stays_inside_the_text(text in "[a-z \t\nüж]{0,120}", a in 0usize..200, b in 0usize..200, width in 1usize..60) {
            let edge = |n: usize| (0..=n.min(text.len())).rev().find(|n| text.is_char_boundary(*n)).unwrap_or(0);
            let (start, end) = (edge(a.min(b)), edge(a.max(b)));
            let c = crop(&text, start, end, width, "…");
            prop_assert!(c.start <= c.end && c.end <= c.text.len());
            prop_assert!(c.text.is_char_boundary(c.start) && c.text.is_char_boundary(c.end));
            prop_assert_eq!(c.text.matches('\n').count(), text.matches('\n').count());
        }
    }
}
