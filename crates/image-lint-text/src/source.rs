//! Where things stand in a repository: files, byte spans, lines and columns, and text that was embedded in other text.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

/// Number of a file within one run: its place in the order of the walk, which is the same in every run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A path relative to the root that is linted, with `/` between its parts and without a leading `./`.
///
/// The bytes are those of the file system, so a name that is not UTF-8 is kept exactly. The name comes from the
/// repository: it is shown only through `sanitize`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(Box<[u8]>);

impl RepoPath {
    /// From a path relative to the root. `./` prefixes are dropped.
    pub fn new(path: &Path) -> Self {
        let mut bytes = Vec::new();
        for part in path.components() {
            match part {
                std::path::Component::CurDir => continue,
                std::path::Component::RootDir => bytes.push(b'/'),
                other => {
                    if !bytes.is_empty() && bytes.last() != Some(&b'/') {
                        bytes.push(b'/');
                    }
                    bytes.extend_from_slice(os_bytes(other.as_os_str()).as_ref());
                }
            }
        }
        RepoPath(bytes.into_boxed_slice())
    }

    /// From the bytes git or a command line gave, `/` between the parts.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"./").unwrap_or(bytes);
        RepoPath(bytes.into())
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// As text, bytes that are not UTF-8 replaced. Still untrusted.
    pub fn to_text(&self) -> Cow<'_, str> {
        lossy(&self.0)
    }

    /// The last part of the path, lossy.
    pub fn file_name(&self) -> Cow<'_, str> {
        let start = self.0.iter().rposition(|b| *b == b'/').map_or(0, |i| i + 1);
        lossy(&self.0[start..])
    }

    /// The folder the file stands in (`""` for the root), lossy.
    pub fn folder(&self) -> Cow<'_, str> {
        let end = self.0.iter().rposition(|b| *b == b'/').unwrap_or(0);
        lossy(&self.0[..end])
    }

    /// As a path of the file system, relative to the root.
    pub fn to_path(&self) -> PathBuf {
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt;
            PathBuf::from(OsStr::from_bytes(&self.0))
        }
        #[cfg(not(unix))]
        {
            PathBuf::from(self.to_text().into_owned())
        }
    }
}

/// What `from_utf8_lossy` gives, without its slow way where all is text: a name is looked at by every kind of source.
fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

fn os_bytes(part: &OsStr) -> Cow<'_, [u8]> {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        Cow::Borrowed(part.as_bytes())
    }
    #[cfg(not(unix))]
    {
        Cow::Owned(part.to_string_lossy().into_owned().into_bytes())
    }
}

impl fmt::Debug for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_text())
    }
}

/// Half-open range of bytes in a [`SourceFile`]'s text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Self {
        Span {
            start: start as u32,
            end: end as u32,
        }
    }

    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// A point in a file as people and editors count it. Lines and columns start at 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    pub line: u32,
    /// In Unicode scalar values. A byte order mark at the start of the file does not count.
    pub column: u32,
    /// In UTF-16 code units (SARIF, LSP).
    pub column_utf16: u32,
}

/// A span of a file with the lines and columns of both ends. `end` is exclusive, like the span's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub file: FileId,
    pub start: Position,
    pub end: Position,
    pub span: Span,
}

/// How the bytes on disk became text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    /// UTF-8 with a byte order mark, which stays in the text so that byte offsets are those of the file.
    Utf8Bom,
    /// Decoded from UTF-16: spans count bytes of the decoded text, and no edit is offered.
    Utf16,
}

/// One file that was read. `text` lives only while the file is being extracted.
#[derive(Clone, Debug)]
pub struct SourceFile {
    pub id: FileId,
    pub path: RepoPath,
    pub text: String,
    pub encoding: Encoding,
}

impl SourceFile {
    pub fn new(id: FileId, path: RepoPath, text: String) -> Self {
        SourceFile {
            id,
            path,
            text,
            encoding: Encoding::Utf8,
        }
    }

    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// The whole file as embeddable text: offsets in it are offsets in the file.
    pub fn whole(&self) -> SourceText<'_> {
        SourceText {
            text: Cow::Borrowed(&self.text),
            map: SpanMap::Identity { shift: 0 },
        }
    }
}

/// Text that stands in a file, perhaps transformed on the way (a YAML block scalar, a JSON string, a Make recipe), with
/// the way back from its offsets to those of the file.
#[derive(Clone, Debug)]
pub struct SourceText<'a> {
    pub text: Cow<'a, str>,
    pub map: SpanMap,
}

impl<'a> SourceText<'a> {
    /// The place in the file of a span of this text.
    pub fn outer(&self, span: Span) -> Span {
        self.map.outer(span)
    }

    /// Whether a byte of the file at this offset, or the end before it, is a part of this text.
    pub fn reaches(&self, offset: u32) -> bool {
        let within = |start: u32, len: u32| (start..=start + len).contains(&offset);
        match &self.map {
            SpanMap::Identity { shift } => within(*shift, self.text.len() as u32),
            SpanMap::Segments(all) => all.iter().any(|s| within(s.outer, s.outer_len)),
        }
    }

    /// Text made from parts of this text: the segments' outer offsets are those of `self`. One that is as long as what it
    /// was made from is a copy, and each of its bytes leads back to its own in the file.
    pub fn derive(&self, text: String, segments: Vec<Segment>) -> SourceText<'static> {
        let mut through = Vec::with_capacity(segments.len());
        for (i, segment) in segments.iter().enumerate() {
            let end = segments
                .get(i + 1)
                .map_or(text.len() as u32, |next| next.inner);
            let made_from = Span {
                start: segment.outer,
                end: segment.outer + segment.outer_len,
            };
            if end.saturating_sub(segment.inner) == segment.outer_len {
                self.map.copied(made_from, segment.inner, &mut through);
            } else {
                let outer = self.map.outer(made_from);
                through.push(Segment {
                    inner: segment.inner,
                    outer: outer.start,
                    outer_len: outer.end - outer.start,
                });
            }
        }
        SourceText {
            text: Cow::Owned(text),
            map: SpanMap::Segments(through),
        }
    }

    /// Puts this text behind another one, whose segments lead to the file already.
    pub fn append_to(&self, text: &mut String, segments: &mut Vec<Segment>) {
        self.map
            .copied(Span::new(0, self.text.len()), text.len() as u32, segments);
        text.push_str(&self.text);
    }

    /// A byte-for-byte slice of this text.
    pub fn slice(&self, span: Span) -> SourceText<'_> {
        let text = self.text.get(span.range()).unwrap_or("");
        let map = match &self.map {
            SpanMap::Identity { shift } => SpanMap::Identity {
                shift: shift + span.start,
            },
            SpanMap::Segments(all) => SpanMap::Segments(
                all.iter()
                    .enumerate()
                    .filter(|(i, s)| {
                        s.inner < span.end
                            && all.get(i + 1).is_none_or(|next| next.inner > span.start)
                    })
                    .map(|(_, s)| {
                        let cut = span.start.saturating_sub(s.inner);
                        Segment {
                            inner: s.inner.saturating_sub(span.start),
                            outer: s.outer + cut.min(s.outer_len),
                            outer_len: s.outer_len.saturating_sub(cut),
                        }
                    })
                    .collect(),
            ),
        };
        SourceText {
            text: Cow::Borrowed(text),
            map,
        }
    }
}

/// A run of embedded text that is copied from the file: `inner` is its offset in the embedded text, up to the next
/// segment's; `outer` and `outer_len` are the bytes of the file it was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    pub inner: u32,
    pub outer: u32,
    pub outer_len: u32,
}

/// The way from offsets in embedded text to offsets in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpanMap {
    /// Every byte stands in the file at its offset plus `shift`.
    Identity { shift: u32 },
    /// Sorted by `inner`, the first one at 0 unless the text is empty.
    Segments(Vec<Segment>),
}

impl SpanMap {
    /// The span of the file from which `span` was made: from its first byte to its last one.
    pub fn outer(&self, span: Span) -> Span {
        match self {
            SpanMap::Identity { shift } => Span {
                start: span.start + shift,
                end: span.end + shift,
            },
            SpanMap::Segments(_) => {
                let start = self.start_of(span.start);
                let end = if span.end > span.start {
                    self.end_of(span.end)
                } else {
                    start
                };
                Span {
                    start,
                    end: end.max(start),
                }
            }
        }
    }

    /// The segments of a copy of `part` that begins at `at` in another text.
    fn copied(&self, part: Span, at: u32, out: &mut Vec<Segment>) {
        let SpanMap::Segments(all) = self else {
            let outer = self.outer(part);
            out.push(Segment {
                inner: at,
                outer: outer.start,
                outer_len: part.len() as u32,
            });
            return;
        };
        let first = all
            .partition_point(|s| s.inner <= part.start)
            .saturating_sub(1);
        for (i, segment) in all.iter().enumerate().skip(first) {
            let start = segment.inner.max(part.start);
            let end = all
                .get(i + 1)
                .map_or(part.end, |next| next.inner.min(part.end));
            if start >= end && !(part.is_empty() && i == first) {
                if segment.inner >= part.end {
                    break;
                }
                continue;
            }
            let outer = self.outer(Span { start, end });
            out.push(Segment {
                inner: at + (start - part.start),
                outer: outer.start,
                outer_len: outer.end - outer.start,
            });
        }
    }

    fn start_of(&self, inner: u32) -> u32 {
        let SpanMap::Segments(all) = self else {
            return inner;
        };
        let Some(i) = all.partition_point(|s| s.inner <= inner).checked_sub(1) else {
            return 0;
        };
        all[i].outer + (inner - all[i].inner).min(all[i].outer_len)
    }

    /// The outer offset just behind the byte before `inner`.
    fn end_of(&self, inner: u32) -> u32 {
        let SpanMap::Segments(all) = self else {
            return inner;
        };
        let Some(i) = all.partition_point(|s| s.inner < inner).checked_sub(1) else {
            return 0;
        };
        let segment = all[i];
        let inner_len = all.get(i + 1).map(|next| next.inner - segment.inner);
        if inner_len == Some(inner - segment.inner) {
            // The whole segment, which may be an escape longer than what it stands for.
            return segment.outer + segment.outer_len;
        }
        segment.outer + (inner - segment.inner).min(segment.outer_len)
    }
}

/// Finds lines and columns for byte offsets of one text. Asking in rising order costs one pass over the text; in any
/// other order each question costs [`STEP`] at most, so that a line of megabytes can be asked about a thousand times.
#[derive(Debug)]
pub struct Positions<'a> {
    text: &'a str,
    line_starts: Vec<u32>,
    last_offset: usize,
    last: Position,
    /// Counted up to every [`STEP`] bytes or the character's start before; made when a long line first asks for it.
    milestones: Vec<Counted>,
}

/// Bytes between two milestones.
const STEP: usize = 1024;

/// What stands before an offset.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    offset: usize,
    /// In Unicode scalar values.
    chars: u32,
    utf16: u32,
}

impl Counted {
    fn up_to(mut self, offset: usize, text: &str) -> Self {
        for c in text[self.offset..offset].chars() {
            self.chars += 1;
            self.utf16 += c.len_utf16() as u32;
        }
        Counted { offset, ..self }
    }
}

impl<'a> Positions<'a> {
    pub fn new(text: &'a str) -> Self {
        let mut line_starts = vec![0];
        line_starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|i| i as u32 + 1));
        let last = Position {
            line: 1,
            column: 1,
            column_utf16: 1,
        };
        Positions {
            text,
            line_starts,
            last_offset: 0,
            last,
            milestones: Vec::new(),
        }
    }

    fn counted(&mut self, offset: usize) -> Counted {
        if self.milestones.is_empty() {
            self.milestones.push(Counted::default());
            let mut last = Counted::default();
            for at in (STEP..=self.text.len()).step_by(STEP) {
                let start = (last.offset..=at)
                    .rev()
                    .find(|at| self.text.is_char_boundary(*at))
                    .unwrap_or(last.offset);
                last = last.up_to(start, self.text);
                self.milestones.push(last);
            }
        }
        let behind = self
            .milestones
            .partition_point(|counted| counted.offset <= offset);
        self.milestones[behind.saturating_sub(1)].up_to(offset, self.text)
    }

    /// The same as counting from the start of the line.
    fn far_along(&mut self, line: usize, line_start: usize, offset: usize) -> Position {
        let (before, here) = (self.counted(line_start), self.counted(offset));
        let marks = if line == 1 {
            self.text.len() - self.text.trim_start_matches('\u{feff}').len()
        } else {
            0
        };
        // Each byte order mark has three bytes and counts once.
        let marks = (marks.min(offset) / 3) as u32;
        let (column, column_utf16) = (
            here.chars - before.chars - marks + 1,
            here.utf16 - before.utf16 - marks + 1,
        );
        Position {
            line: line as u32,
            column,
            column_utf16,
        }
    }

    /// The position of a byte offset; one past the end of the text is allowed, further is taken as the end.
    pub fn at(&mut self, offset: u32) -> Position {
        let mut offset = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self
            .line_starts
            .partition_point(|start| *start as usize <= offset);
        let line_start = self.line_starts[line - 1] as usize;
        let (from, mut column, mut column_utf16) =
            if self.last.line == line as u32 && self.last_offset <= offset {
                (self.last_offset, self.last.column, self.last.column_utf16)
            } else {
                (line_start, 1, 1)
            };
        if offset - from > STEP {
            self.last_offset = offset;
            self.last = self.far_along(line, line_start, offset);
            return self.last;
        }
        for c in self.text[from..offset].chars() {
            if c == '\u{feff}' && line == 1 && column == 1 {
                continue;
            }
            column += 1;
            column_utf16 += c.len_utf16() as u32;
        }
        self.last_offset = offset;
        self.last = Position {
            line: line as u32,
            column,
            column_utf16,
        };
        self.last
    }

    pub fn place(&mut self, file: FileId, span: Span) -> Place {
        let start = self.at(span.start);
        let end = self.at(span.end);
        Place {
            file,
            start,
            end,
            span,
        }
    }

    /// The bytes of a 1-based line, without its line break.
    pub fn line_span(&self, line: u32) -> Span {
        let Some(start) = self
            .line_starts
            .get(line.saturating_sub(1) as usize)
            .copied()
        else {
            return Span::new(self.text.len(), self.text.len());
        };
        let end = self
            .line_starts
            .get(line as usize)
            .map_or(self.text.len(), |next| *next as usize - 1);
        let line = &self.text[start as usize..end];
        Span::new(
            start as usize,
            start as usize + line.strip_suffix('\r').unwrap_or(line).len(),
        )
    }

    /// How many lines the text has; a text that ends with a line break has no further, empty line.
    pub fn lines(&self) -> u32 {
        let n = self.line_starts.len() as u32;
        if n > 1 && *self.line_starts.last().unwrap_or(&0) as usize == self.text.len() {
            n - 1
        } else {
            n
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_the_same_in_any_order_of_questions() {
        let line = "aü𝄞\u{feff}\r x".repeat(900);
        for text in [
            format!("{line}\n{line}\r\n{line}"),
            format!("\u{feff}\u{feff}{line}\nb"),
            line.clone(),
        ] {
            let offsets: Vec<u32> = (0..=text.len() as u32)
                .filter(|at| text.is_char_boundary(*at as usize))
                .collect();
            let mut rising = Positions::new(&text);
            let expected: Vec<Position> = offsets.iter().map(|at| rising.at(*at)).collect();
            assert!(
                rising.milestones.is_empty(),
                "in rising order nothing else is counted"
            );
            let mut falling = Positions::new(&text);
            for (at, expected) in offsets.iter().zip(expected).rev() {
                assert_eq!(falling.at(*at), expected, "byte {at}");
            }
        }
    }

    #[test]
    fn positions_count_scalar_values_and_utf16_units_from_one() {
        let text = "\u{feff}a: ü𝄞x\r\nb\n";
        let mut p = Positions::new(text);
        let at = |p: &mut Positions, needle: &str| p.at(text.find(needle).unwrap() as u32);
        assert_eq!(
            at(&mut p, "a"),
            Position {
                line: 1,
                column: 1,
                column_utf16: 1
            }
        );
        assert_eq!(
            at(&mut p, "x"),
            Position {
                line: 1,
                column: 6,
                column_utf16: 7
            }
        );
        assert_eq!(
            at(&mut p, "b"),
            Position {
                line: 2,
                column: 1,
                column_utf16: 1
            }
        );
        assert_eq!(
            at(&mut p, "ü"),
            Position {
                line: 1,
                column: 4,
                column_utf16: 4
            }
        );
        assert_eq!(&text[p.line_span(1).range()], "\u{feff}a: ü𝄞x");
        assert_eq!(p.lines(), 2);
    }

    #[test]
    fn embedded_text_leads_back_to_the_file() {
        let file = SourceFile::new(
            FileId(0),
            RepoPath::from_bytes(b"x"),
            "k: |\n  one two\n  three\n".into(),
        );
        let inner = file.whole().derive(
            "one two\nthree\n".into(),
            vec![
                Segment {
                    inner: 0,
                    outer: 7,
                    outer_len: 8,
                },
                Segment {
                    inner: 8,
                    outer: 17,
                    outer_len: 6,
                },
            ],
        );
        let at = inner.text.find("two").unwrap();
        assert_eq!(file.slice(inner.outer(Span::new(at, at + 3))), "two");
        let at = inner.text.find("three").unwrap();
        assert_eq!(file.slice(inner.outer(Span::new(at, at + 5))), "three");
        let line = inner.slice(Span::new(8, 13));
        assert_eq!(file.slice(line.outer(Span::new(2, 5))), "ree");
    }

    #[test]
    fn copies_of_copies_lead_back_byte_by_byte() {
        let file = SourceFile::new(
            FileId(0),
            RepoPath::from_bytes(b"x"),
            r#"k: "a\tb\u0021c d""#.into(),
        );
        let segment = |inner, outer, outer_len| Segment {
            inner,
            outer,
            outer_len,
        };
        let decoded = file.whole().derive(
            "a\tb!c d".into(),
            vec![
                segment(0, 4, 1),
                segment(1, 5, 2),
                segment(2, 7, 1),
                segment(3, 8, 6),
                segment(4, 14, 3),
            ],
        );
        // A copy from the `b` on, behind a word of its own.
        let copy = decoded.derive("_ b!c d".into(), vec![segment(0, 2, 0), segment(2, 2, 5)]);
        let slice = |text: &SourceText<'_>, word: &str| {
            let at = text.text.find(word).unwrap();
            file.slice(text.outer(Span::new(at, at + word.len())))
                .to_owned()
        };
        assert_eq!(slice(&copy, "b"), "b");
        assert_eq!(slice(&copy, "!"), r"\u0021");
        assert_eq!(slice(&copy, "c d"), "c d");
        let (mut text, mut segments) = ("x ".to_owned(), vec![segment(0, 0, 0)]);
        copy.append_to(&mut text, &mut segments);
        let appended = SourceText {
            text: text.into(),
            map: SpanMap::Segments(segments),
        };
        assert_eq!(
            (slice(&appended, "d"), slice(&appended, "!c")),
            ("d".into(), r"\u0021c".into())
        );
    }

    #[test]
    fn paths_lose_their_dot_and_keep_their_bytes() {
        assert_eq!(RepoPath::new(Path::new("./a/b.yaml")).to_text(), "a/b.yaml");
        assert_eq!(RepoPath::new(Path::new("a/b.yaml")).folder(), "a");
        assert_eq!(RepoPath::new(Path::new("b.yaml")).file_name(), "b.yaml");
        assert_eq!(RepoPath::new(Path::new("b.yaml")).folder(), "");
    }
}
