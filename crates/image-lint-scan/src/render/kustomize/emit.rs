//! Writes built objects as a text that the readers of manifests read, with the way back from each of its bytes to the
//! file that it came from.

use std::fmt::Write;

use image_lint_text::meter::{Meter, UsedUp};
use image_lint_text::source::{FileId, Segment, SourceText, Span, SpanMap};

use super::ids::{Resource, Through};
use super::value::{Node, Part, Text};

/// Built objects as one text.
#[derive(Debug, Default)]
pub struct Rendered {
    pub text: String,
    /// In the order of the text.
    runs: Vec<Run>,
    /// Where each object begins, and by which kustomizations it was included.
    objects: Vec<(u32, Through)>,
}

/// A run of bytes that came from one place.
#[derive(Debug)]
struct Run {
    at: u32,
    len: u32,
    file: FileId,
    outer: Span,
    entry: Option<Part>,
}

/// A part of a text with where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bit {
    /// In the rendered text.
    pub inner: Span,
    pub file: FileId,
    pub outer: Span,
    pub entry: Option<Part>,
}

impl Rendered {
    /// Adds an object as a document.
    ///
    /// # Errors
    /// More text than the meter lets through, or nested too deeply.
    pub fn add(&mut self, object: &Node, meter: &Meter) -> Result<(), UsedUp> {
        self.text.push_str("---\n");
        self.node(object, meter)?;
        self.text.push('\n');
        Ok(())
    }

    /// Adds an object of a build as a document.
    ///
    /// # Errors
    /// As [`Rendered::add`].
    pub fn add_resource(&mut self, object: &Resource, meter: &Meter) -> Result<(), UsedUp> {
        let at = self.text.len() as u32;
        self.objects.push((at, object.through.clone()));
        self.add(&object.node, meter)
    }

    /// The kustomizations by which the object at a byte was included.
    pub fn through(&self, at: u32) -> Through {
        let next = self.objects.partition_point(|(start, _)| *start <= at);
        let object = next.checked_sub(1).and_then(|last| self.objects.get(last));
        object.and_then(|(_, through)| through.clone())
    }

    fn node(&mut self, node: &Node, meter: &Meter) -> Result<(), UsedUp> {
        let _level = meter.deeper()?;
        match node {
            Node::Null => self.text.push_str("null"),
            Node::Scalar(scalar) => self.string(&scalar.text, meter)?,
            Node::Seq(items) => {
                self.text.push('[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        self.text.push_str(", ");
                    }
                    self.node(item, meter)?;
                }
                self.text.push(']');
            }
            Node::Map(pairs) => {
                self.text.push('{');
                for (i, (key, value)) in pairs.iter().enumerate() {
                    if i > 0 {
                        self.text.push_str(", ");
                    }
                    self.string(&Text::made(key), meter)?;
                    self.text.push_str(": ");
                    self.node(value, meter)?;
                }
                self.text.push('}');
            }
        }
        Ok(())
    }

    fn string(&mut self, text: &Text, meter: &Meter) -> Result<(), UsedUp> {
        meter.produce(text.len() + 4)?;
        self.text.push('"');
        for piece in &text.pieces {
            let whole = piece.as_str();
            let mut start = 0;
            for (at, c) in whole.char_indices() {
                let Some(escaped) = escape(c) else { continue };
                self.run(piece, start, at);
                let from = self.text.len();
                self.text.push_str(&escaped);
                self.note(piece, (at, at + c.len_utf8()), from);
                start = at + c.len_utf8();
            }
            self.run(piece, start, whole.len());
        }
        self.text.push('"');
        Ok(())
    }

    /// A stretch without escapes.
    fn run(&mut self, piece: &super::value::Piece, start: usize, end: usize) {
        if start == end {
            return;
        }
        let from = self.text.len();
        self.text.push_str(&piece.as_str()[start..end]);
        self.note(piece, (start, end), from);
    }

    fn note(&mut self, piece: &super::value::Piece, (start, end): (usize, usize), from: usize) {
        if let Some((file, outer)) = piece.place(start, end) {
            self.runs.push(Run {
                at: from as u32,
                len: (self.text.len() - from) as u32,
                file,
                outer,
                entry: piece.entry,
            });
        }
    }

    /// The text with the way back to the file, where all of it came from one.
    pub fn source(&self) -> SourceText<'_> {
        let mut segments = vec![Segment {
            inner: 0,
            outer: self.runs.first().map_or(0, |run| run.outer.start),
            outer_len: 0,
        }];
        for run in &self.runs {
            segments.push(Segment {
                inner: run.at,
                outer: run.outer.start,
                outer_len: run.outer.len() as u32,
            });
            // What no file holds comes after the last byte that one does.
            segments.push(Segment {
                inner: run.at + run.len,
                outer: run.outer.end,
                outer_len: 0,
            });
        }
        // Of two that begin at one byte the later one counts.
        segments.reverse();
        segments.dedup_by_key(|segment| segment.inner);
        segments.reverse();
        SourceText {
            text: (&*self.text).into(),
            map: SpanMap::Segments(segments),
        }
    }

    /// Where the bytes of a span came from, neighbours joined.
    pub fn bits(&self, span: Span) -> Vec<Bit> {
        let first = self
            .runs
            .partition_point(|run| run.at + run.len <= span.start);
        let mut out: Vec<Bit> = Vec::new();
        for run in &self.runs[first..] {
            // An empty span is where it begins.
            if run.at >= span.end.max(span.start + 1) {
                break;
            }
            let from = span.start.max(run.at) - run.at;
            let to = span
                .end
                .min(run.at + run.len)
                .saturating_sub(run.at)
                .max(from);
            let exact = run.len as usize == run.outer.len();
            let outer = if exact {
                Span {
                    start: run.outer.start + from,
                    end: run.outer.start + to,
                }
            } else {
                run.outer
            };
            let inner = Span {
                start: run.at + from,
                end: run.at + to,
            };
            match out.last_mut() {
                Some(last)
                    if last.file == run.file
                        && last.entry == run.entry
                        && last.outer.end <= outer.start
                        && (last.inner.end == inner.start
                            && outer.start - last.outer.end <= 64
                            || inner.start - last.inner.end == outer.start - last.outer.end
                                && inner.start - last.inner.end == 1) =>
                {
                    last.outer.end = outer.end;
                    last.inner.end = inner.end;
                }
                _ => out.push(Bit {
                    inner,
                    file: run.file,
                    outer,
                    entry: run.entry,
                }),
            }
        }
        out
    }
}

/// What a character is written as in double quotes; None for itself.
fn escape(c: char) -> Option<String> {
    match c {
        '"' => Some("\\\"".into()),
        '\\' => Some("\\\\".into()),
        '\n' => Some("\\n".into()),
        '\t' => Some("\\t".into()),
        '\r' => Some("\\r".into()),
        c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
            let mut out = String::new();
            // Writing to a string cannot fail.
            let _ = write!(out, "\\u{:04x}", c as u32);
            Some(out)
        }
        _ => None,
    }
}
