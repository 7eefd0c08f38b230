//! Text of a Makefile with the way back to its bytes.

use image_lint_text::source::Segment;

/// Text with the way back to the file.
#[derive(Clone, Default)]
pub(super) struct Text {
    pub text: String,
    pub segments: Vec<Segment>,
}

impl Text {
    pub fn copy(&mut self, line: &str, from: usize, to: usize, outer: usize) {
        if from < to {
            self.put(&line[from..to], (outer + from) as u32, (to - from) as u32);
        }
    }

    /// A line of a recipe. `@`, `-` and `+` before a command are make's.
    pub fn recipe_line(&mut self, line: &str, start: usize, continued: bool) {
        let from = line.len() - line.trim_start_matches(marks(continued)).len();
        self.copy(line, from, line.len(), start);
    }

    /// The lines of a canned recipe.
    pub fn append(&mut self, body: &Text) {
        let mut at = 0;
        let mut continued = false;
        for line in body.text.split_inclusive('\n') {
            let from = at + line.len() - line.trim_start_matches(marks(continued)).len();
            at += line.len();
            continued = super::lines::goes_on(line);
            self.part(body, from, at);
        }
    }

    fn put(&mut self, text: &str, outer: u32, outer_len: u32) {
        self.segments.push(Segment {
            inner: self.text.len() as u32,
            outer,
            outer_len,
        });
        self.text.push_str(text);
    }

    /// Bytes `from..to` of another text, each with its own place.
    pub fn part(&mut self, other: &Text, from: usize, to: usize) {
        let mut at = from;
        while at < to {
            // A part never spans two segments, so that byte for byte holds in each.
            let next = other.segments.partition_point(|s| s.inner as usize <= at);
            let end = other
                .segments
                .get(next)
                .map_or(to, |s| (s.inner as usize).min(to));
            self.instead(&other.text[at..end], other, at, end);
            at = end;
        }
    }

    /// Another text in the place of bytes `from..to` of a third.
    pub fn instead(&mut self, text: &str, of: &Text, from: usize, to: usize) {
        let start = of.outer(from).0;
        let end = of.outer(to.saturating_sub(1).max(from)).1;
        self.put(text, start, end.saturating_sub(start));
    }

    /// The bytes of the file from which a byte was made.
    fn outer(&self, at: usize) -> (u32, u32) {
        let next = self.segments.partition_point(|s| s.inner as usize <= at);
        let Some(segment) = next.checked_sub(1).and_then(|i| self.segments.get(i)) else {
            return (0, 0);
        };
        let end = self
            .segments
            .get(next)
            .map_or(self.text.len(), |s| s.inner as usize);
        if end - segment.inner as usize == segment.outer_len as usize {
            let start = segment.outer + at as u32 - segment.inner;
            (start, start + 1)
        } else {
            (segment.outer, segment.outer + segment.outer_len)
        }
    }

    pub fn slice(&self, from: usize, to: usize) -> Text {
        let mut out = Text::default();
        out.part(self, from, to);
        out
    }

    /// Arguments of a function in bytes `from..to`, at commas outside of brackets.
    pub fn arguments(&self, from: usize, to: usize) -> Vec<Text> {
        ranges(&self.text, from, to)
            .into_iter()
            .map(|(start, end)| self.slice(start, end))
            .collect()
    }
}

/// What make takes from the beginning of a recipe's line.
fn marks(continued: bool) -> &'static [char] {
    match continued {
        true => &['\t'],
        false => &['\t', '@', '-', '+', ' '],
    }
}

/// The parts of bytes `from..to` between commas outside of brackets.
pub(super) fn ranges(text: &str, from: usize, to: usize) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    let (mut depth, mut start) = (0u32, from);
    for (i, b) in text.bytes().enumerate().take(to).skip(from) {
        match b {
            b'(' | b'{' => depth += 1,
            b')' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                out.push((start, i));
                start = i + 1;
            }
            _ => {}
        }
    }
    out.push((start, to));
    out
}

/// The end after the bracket that closes the one at `open_at`, and what is between them.
pub(super) fn balanced(text: &str, open_at: usize, open: u8) -> (usize, &str) {
    let close = if open == b'(' { b')' } else { b'}' };
    let mut depth = 0u32;
    for (i, b) in text.bytes().enumerate().skip(open_at).take(2000) {
        if b == open {
            depth += 1;
        } else if b == close {
            depth -= 1;
            if depth == 0 {
                return (i + 1, &text[open_at + 1..i]);
            }
        }
    }
    (open_at + 1, "")
}
