//! The way back from a decoded scalar to the bytes of the file: quotes, escapes, line folding, indentation.
//!
//! The parser gives the decoded text and the raw bytes; this room lays one along the other. It decodes nothing on its
//! own account, so it cannot disagree with the parser: where the two do not fit, the whole scalar maps to its span.

use crate::source::{Segment, Span};

use super::Style;

/// Lays `decoded` along `raw`. `raw` starts at byte `offset` of the text that was parsed.
pub(super) fn segments(raw: &str, offset: u32, decoded: &str, style: Style) -> Vec<Segment> {
    let mut trail = Trail {
        raw,
        offset,
        decoded,
        r: 0,
        d: 0,
        out: Vec::new(),
        copying: false,
    };
    let fits = match style {
        Style::Literal | Style::Folded => trail.block(),
        Style::Plain | Style::SingleQuoted | Style::DoubleQuoted => trail.flow(style),
    };
    if fits {
        trail.out
    } else {
        vec![Segment {
            inner: 0,
            outer: offset,
            outer_len: raw.len() as u32,
        }]
    }
}

/// The content of a scalar: without quotes, and of a block scalar from its first to its last letter.
pub(super) fn content(text: &str, token: Span, style: Style) -> Span {
    match style {
        Style::Plain => token,
        Style::SingleQuoted | Style::DoubleQuoted => {
            // A quoted token has both its quotes, or the parser had refused it.
            if token.len() >= 2 {
                Span {
                    start: token.start + 1,
                    end: token.end - 1,
                }
            } else {
                token
            }
        }
        Style::Literal | Style::Folded => {
            let raw = &text[token.range()];
            let start = raw.len() - raw.trim_start().len();
            let end = raw.trim_end().len();
            Span::new(
                token.start as usize + start.min(end),
                token.start as usize + end,
            )
        }
    }
}

struct Trail<'a> {
    raw: &'a str,
    offset: u32,
    decoded: &'a str,
    /// How far both are read.
    r: usize,
    d: usize,
    out: Vec<Segment>,
    /// The last segment is a run of equal bytes that goes on.
    copying: bool,
}

impl Trail<'_> {
    fn flow(&mut self, style: Style) -> bool {
        while self.r < self.raw.len() {
            let rest = &self.raw[self.r..];
            let byte = rest.as_bytes()[0];
            let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            let taken = match byte {
                b'\\' if style == Style::DoubleQuoted => self.escape(rest),
                b'\'' if style == Style::SingleQuoted => {
                    rest.starts_with("''") && self.special(2, 1)
                }
                b' ' | b'\t' | b'\r' | b'\n' if rest[blank..].starts_with(['\r', '\n']) => {
                    self.fold(rest)
                }
                _ => self.copy(),
            };
            if !taken {
                return false;
            }
        }
        self.d == self.decoded.len()
    }

    /// A backslash and what it stands for.
    fn escape(&mut self, rest: &str) -> bool {
        let Some(kind) = rest.as_bytes().get(1) else {
            return false;
        };
        let raw_len = match kind {
            b'x' => 4,
            // A high surrogate: its low half follows as another escape, as in JSON.
            b'u' if high_surrogate(rest.get(2..4).unwrap_or("")) => 12,
            b'u' => 6,
            b'U' => 10,
            b'\n' | b'\r' => {
                // A line break that is taken away, with the next line's indentation.
                let after = rest[1..].trim_start_matches(['\r', '\n']);
                self.r += rest.len() - after.trim_start_matches([' ', '\t']).len();
                self.copying = false;
                return true;
            }
            _ => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        };
        let Some(stands_for) = self.decoded[self.d..].chars().next() else {
            return false;
        };
        rest.len() >= raw_len && self.special(raw_len, stands_for.len_utf8())
    }

    /// One line break is a space, n are n − 1 line breaks (YAML 1.2.2, 6.5 "Line Folding").
    fn fold(&mut self, rest: &str) -> bool {
        let run = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        let breaks = line_breaks(&rest[..run]).max(1);
        let produced = if breaks == 1 { 1 } else { breaks - 1 };
        let fits = self.decoded.as_bytes().get(self.d..self.d + produced);
        fits.is_some_and(|bytes| bytes.iter().all(u8::is_ascii_whitespace))
            && self.special(run, produced)
    }

    /// `raw_len` bytes stand for `decoded_len` bytes.
    fn special(&mut self, raw_len: usize, decoded_len: usize) -> bool {
        if self.d + decoded_len > self.decoded.len() || !self.raw.is_char_boundary(self.r + raw_len)
        {
            return false;
        }
        self.push(raw_len);
        self.r += raw_len;
        self.d += decoded_len;
        self.copying = false;
        true
    }

    /// The same character on both sides.
    fn copy(&mut self) -> bool {
        let (raw, decoded) = (
            self.raw[self.r..].chars().next(),
            self.decoded[self.d..].chars().next(),
        );
        let Some(c) = raw.filter(|c| Some(*c) == decoded) else {
            return false;
        };
        let len = c.len_utf8();
        if self.copying {
            if let Some(last) = self.out.last_mut() {
                last.outer_len += len as u32;
            }
        } else {
            self.push(len);
            self.copying = true;
        }
        self.r += len;
        self.d += len;
        true
    }

    fn push(&mut self, raw_len: usize) {
        let outer = self.offset + self.r as u32;
        self.out.push(Segment {
            inner: self.d as u32,
            outer,
            outer_len: raw_len as u32,
        });
    }

    /// Block scalars: each line's text stands in the decoded text as it is, with other white space around it.
    fn block(&mut self) -> bool {
        for line in self.raw.split_inclusive('\n') {
            let start = self.r;
            self.r += line.len();
            let text = line
                .trim_start_matches([' ', '\t'])
                .trim_end_matches(['\r', '\n']);
            if text.trim().is_empty() {
                continue;
            }
            let mut indent = line.len() - line.trim_start_matches([' ', '\t']).len();
            // What the decoded text has before this line's first letter: line breaks, then spaces that belong to it.
            let gap = &self.decoded[self.d..];
            let gap = &gap[..gap.len() - gap.trim_start_matches([' ', '\t', '\n']).len()];
            let kept = (gap.len() - gap.trim_end_matches([' ', '\t']).len()).min(indent);
            let at = self.d + gap.len();
            if !self.decoded[at..].starts_with(text) {
                return false;
            }
            // A folded line's own break may be the space: it then stands for the break, not for indentation.
            let folded = kept == 1 && gap.len() == 1 && !self.out.is_empty();
            let kept = if folded { 0 } else { kept };
            indent -= kept;
            let breaks = (line.len() - line.trim_end_matches(['\r', '\n']).len()) as u32;
            let outer = self.offset + (start + indent) as u32;
            self.out.push(Segment {
                inner: (at - kept) as u32,
                outer,
                outer_len: (kept + text.len()) as u32 + breaks,
            });
            self.d = at + text.len();
        }
        if let Some(first) = self.out.first().copied().filter(|s| s.inner > 0) {
            self.out.insert(
                0,
                Segment {
                    inner: 0,
                    outer: first.outer,
                    outer_len: 0,
                },
            );
        }
        !self.out.is_empty() && self.decoded[self.d..].trim().is_empty()
    }
}

fn high_surrogate(hex: &str) -> bool {
    u8::from_str_radix(hex, 16).is_ok_and(|byte| (0xd8..=0xdb).contains(&byte))
}

/// Line breaks as YAML counts them (1.2.2, 5.4): `\r\n`, `\n`, and a `\r` of its own.
fn line_breaks(text: &str) -> usize {
    let pairs = text.matches("\r\n").count();
    text.matches(['\r', '\n']).count() - pairs
}
