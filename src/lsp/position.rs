//! Positions of the protocol and bytes of a text. A line ends at `\n`, `\r\n` or `\r`; a character is counted in the units
//! that client and server agreed upon (LSP 3.17, "Position").

use lsp_types::{Position, PositionEncodingKind, Range};

use image_lint_text::source::{Place, Span};

/// What one character of a position is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf16,
    Utf32,
}

impl Encoding {
    /// The one that costs nothing where the client has it, else the one that every client has.
    pub fn chosen(offered: Option<&[PositionEncodingKind]>) -> Self {
        let offered = offered.unwrap_or_default();
        let has = |kind: &PositionEncodingKind| offered.contains(kind);
        if has(&PositionEncodingKind::UTF8) {
            Encoding::Utf8
        } else if !has(&PositionEncodingKind::UTF16) && has(&PositionEncodingKind::UTF32) {
            Encoding::Utf32
        } else {
            Encoding::Utf16
        }
    }

    pub fn kind(self) -> PositionEncodingKind {
        match self {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
            Encoding::Utf32 => PositionEncodingKind::UTF32,
        }
    }

    fn width(self, character: char) -> usize {
        match self {
            Encoding::Utf8 => character.len_utf8(),
            Encoding::Utf16 => character.len_utf16(),
            Encoding::Utf32 => 1,
        }
    }
}

/// Where the lines of a text begin.
#[derive(Clone, Debug, Default)]
pub struct Lines(Vec<u32>);

impl Lines {
    pub fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, byte) in bytes.iter().enumerate() {
            let ends = *byte == b'\n' || *byte == b'\r' && bytes.get(at + 1) != Some(&b'\n');
            if ends {
                starts.push(at as u32 + 1);
            }
        }
        Lines(starts)
    }

    /// The bytes of a line without its end.
    fn line(&self, text: &str, line: usize) -> Option<(usize, usize)> {
        let start = *self.0.get(line)? as usize;
        let end = self
            .0
            .get(line + 1)
            .map_or(text.len(), |next| *next as usize);
        let content = text.get(start..end)?.trim_end_matches(['\n', '\r']);
        Some((start, start + content.len()))
    }

    /// The byte of a position. A character beyond the end of its line is the end of the line, and a line beyond the last
    /// one the end of the text.
    pub fn offset(&self, text: &str, position: Position, encoding: Encoding) -> usize {
        let Some((start, end)) = self.line(text, position.line as usize) else {
            return text.len();
        };
        let mut left = position.character as usize;
        // Whole characters; the start of one is taken for what lies within it.
        for (at, character) in text[start..end].char_indices() {
            let width = encoding.width(character);
            if left < width {
                return start + at;
            }
            left -= width;
        }
        end
    }

    /// The position of a byte; what lies within a character counts as its start.
    pub fn position(&self, text: &str, offset: usize, encoding: Encoding) -> Position {
        let offset = offset.min(text.len());
        let line = self
            .0
            .partition_point(|start| *start as usize <= offset)
            .saturating_sub(1);
        let start = self.0[line] as usize;
        let before = text[start..]
            .char_indices()
            .take_while(|(at, c)| start + at + c.len_utf8() <= offset);
        let character: usize = before.map(|(_, c)| encoding.width(c)).sum();
        Position::new(line as u32, character as u32)
    }

    pub fn range(&self, text: &str, span: Span, encoding: Encoding) -> Range {
        Range::new(
            self.position(text, span.start as usize, encoding),
            self.position(text, span.end as usize, encoding),
        )
    }

    /// The first byte of the line of a byte.
    pub fn start_of(&self, offset: usize) -> usize {
        let line = self.0.partition_point(|start| *start as usize <= offset);
        self.0[line.saturating_sub(1)] as usize
    }
}

/// The range of a place of a file whose text is not at hand; None where the text is needed.
pub fn without_text(place: &Place, encoding: Encoding) -> Option<Range> {
    let column = |position: image_lint_text::source::Position| match encoding {
        Encoding::Utf8 => None,
        Encoding::Utf16 => Some(position.column_utf16),
        Encoding::Utf32 => Some(position.column),
    };
    let at = |position: image_lint_text::source::Position| {
        let character = column(position)?.saturating_sub(1);
        Some(Position::new(position.line.saturating_sub(1), character))
    };
    Some(Range::new(at(place.start)?, at(place.end)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_in_the_units_that_were_agreed_upon() {
        let text = "a: ü\r\nb: 😀x\rc\n";
        let lines = Lines::of(text);
        let rows = [
            (
                (0, 3),
                Encoding::Utf8,
                3,
                "before the first letter of two bytes",
            ),
            ((0, 4), Encoding::Utf16, 5, "behind it"),
            ((0, 5), Encoding::Utf8, 5, "behind it"),
            (
                (0, 99),
                Encoding::Utf16,
                5,
                "beyond the end of the line is its end",
            ),
            ((1, 5), Encoding::Utf16, 14, "a surrogate pair is two"),
            (
                (1, 4),
                Encoding::Utf16,
                10,
                "within a character is its start",
            ),
            ((1, 4), Encoding::Utf32, 14, "and one scalar value"),
            ((1, 7), Encoding::Utf8, 14, "and four bytes"),
            (
                (2, 0),
                Encoding::Utf16,
                16,
                "a bare carriage return ends a line",
            ),
            ((3, 0), Encoding::Utf16, 18, "the empty line at the end"),
            ((9, 9), Encoding::Utf16, 18, "beyond the end of the text"),
        ];
        for ((line, character), encoding, expected, why) in rows {
            let given = Position::new(line, character);
            assert_eq!(lines.offset(text, given, encoding), expected, "{why}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_character_boundary_goes_there_and_back(
            text in "[a\u{e9}\u{1f600}\r\n:]{0,40}",
        ) {
            let lines = Lines::of(&text);
            for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
                for (at, character) in text.char_indices() {
                    if matches!(character, '\n' | '\r') {
                        continue;
                    }
                    let position = lines.position(&text, at, encoding);
                    proptest::prop_assert_eq!(lines.offset(&text, position, encoding), at);
                }
            }
        }
    }

    #[test]
    fn the_encoding_is_one_that_the_client_has() {
        let (u8, u16, u32) = (
            PositionEncodingKind::UTF8,
            PositionEncodingKind::UTF16,
            PositionEncodingKind::UTF32,
        );
        let rows: [(Option<Vec<PositionEncodingKind>>, Encoding); 4] = [
            (None, Encoding::Utf16),
            (Some(vec![u16.clone(), u8]), Encoding::Utf8),
            (Some(vec![u16]), Encoding::Utf16),
            (Some(vec![u32]), Encoding::Utf32),
        ];
        for (offered, expected) in rows {
            assert_eq!(Encoding::chosen(offered.as_deref()), expected);
        }
    }
}
