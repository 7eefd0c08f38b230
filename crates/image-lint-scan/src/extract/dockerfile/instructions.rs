//! Cuts a Dockerfile into instructions: continuation lines, comments in between, heredocs (BuildKit,
//! `frontend/dockerfile/parser/parser.go`). Knows no instruction's meaning but which of them may have heredocs.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use super::comments::Directives;
use super::words;
use image_lint_text::source::{Segment, SourceText, Span};

/// One instruction, its lines joined.
#[derive(Debug)]
pub(super) struct Instruction<'t> {
    /// Where it stands in the Dockerfile, heredoc bodies left out.
    pub span: Span,
    /// In upper case.
    pub keyword: String,
    /// The keyword was written in upper case.
    pub shouted: bool,
    /// What follows the keyword.
    pub rest: Logical<'t>,
    /// Name of a heredoc whose end is missing: its body was not told apart from instructions.
    pub unterminated: Option<String>,
}

/// A run of text with the way back to where each byte stood before lines were joined.
#[derive(Clone, Debug)]
pub(super) struct Logical<'t> {
    pub text: Cow<'t, str>,
    /// (offset in `text`, offset in the Dockerfile), sorted; each holds up to the next.
    starts: Vec<(u32, u32)>,
}

impl<'t> Logical<'t> {
    fn new(text: &'t str, at: usize) -> Self {
        Logical {
            text: Cow::Borrowed(text),
            starts: vec![(0, at as u32)],
        }
    }

    fn append(&mut self, text: &str, at: usize) {
        if !text.is_empty() {
            self.starts.push((self.text.len() as u32, at as u32));
            self.text.to_mut().push_str(text);
        }
    }

    fn source_of(&self, offset: usize) -> u32 {
        let i = self
            .starts
            .partition_point(|(inner, _)| *inner as usize <= offset)
            .saturating_sub(1);
        let (inner, outer) = self.starts[i];
        outer + (offset as u32).saturating_sub(inner)
    }

    /// Where a range of `text` stands in the Dockerfile.
    pub fn span(&self, range: Range<usize>) -> Span {
        let start = self.source_of(range.start);
        if range.is_empty() {
            return Span { start, end: start };
        }
        Span {
            start,
            end: self.source_of(range.end - 1) + 1,
        }
    }

    /// The text from an offset on.
    pub fn tail(&self, from: usize) -> Logical<'_> {
        let i = self
            .starts
            .partition_point(|(inner, _)| *inner as usize <= from)
            .saturating_sub(1);
        let starts = self.starts[i..]
            .iter()
            .map(|(inner, outer)| {
                let cut = (from as u32).saturating_sub(*inner);
                (inner.saturating_sub(from as u32), outer + cut)
            })
            .collect();
        Logical {
            text: Cow::Borrowed(&self.text[from..]),
            starts,
        }
    }
}

impl Logical<'_> {
    /// The text from `from` on, each byte with its place in the file of `dockerfile`.
    pub fn script(&self, from: usize, dockerfile: &SourceText<'_>) -> SourceText<'static> {
        let tail = self.tail(from);
        let ends = tail.starts.iter().skip(1).map(|(inner, _)| *inner);
        let ends = ends.chain([tail.text.len() as u32]);
        let segments = tail
            .starts
            .iter()
            .zip(ends)
            .filter(|((inner, _), end)| inner < end)
            .map(|((inner, outer), end)| Segment {
                inner: *inner,
                outer: *outer,
                outer_len: end - inner,
            });
        let segments = segments.collect();
        dockerfile.derive(tail.text.into_owned(), segments)
    }
}

/// Calls `each` for every instruction, in order, and `comment` for every comment line outside heredocs.
pub(super) fn read<'t>(
    text: &'t str,
    directives: &Directives,
    mut comment: impl FnMut(Span),
    mut each: impl FnMut(Instruction<'t>),
) {
    let lines = physical_lines(text);
    let mut ends = HeredocEnds {
        text,
        lines: &lines,
        plain: None,
        chomped: None,
    };
    let mut i = 0;
    while i < lines.len() {
        let line = &text[lines[i].clone()];
        let start = lines[i].start + leading_space(line, i == 0);
        i += 1;
        let line = text[start..lines[i - 1].end].trim_end_matches(BLANK);
        if line.is_empty() {
            continue;
        }
        if line.starts_with('#') {
            comment(Span::new(start, start + line.len()));
            continue;
        }
        let (part, mut continued) =
            without_continuation(&text[start..lines[i - 1].end], directives.escape);
        let mut logical = Logical::new(part, start);
        let mut end = start + part.len();
        while continued && i < lines.len() {
            let whole = &text[lines[i].clone()];
            let trimmed = whole.trim_matches(BLANK);
            if trimmed.starts_with('#') {
                comment(Span::new(
                    lines[i].end - whole.trim_start_matches(BLANK).len(),
                    lines[i].end,
                ));
            } else if !trimmed.is_empty() {
                let (part, more) = without_continuation(whole, directives.escape);
                logical.append(part, lines[i].start);
                end = lines[i].start + part.trim_end().len();
                continued = more;
            }
            i += 1;
        }
        let keyword_start = words::after_template_marks(&logical.text);
        let body = &logical.text[keyword_start..];
        let keyword_len = body.find(|c: char| c.is_whitespace()).unwrap_or(body.len());
        let keyword = &body[..keyword_len];
        let rest = keyword_start + keyword_len;
        let rest = rest + (logical.text[rest..].len() - logical.text[rest..].trim_start().len());
        let upper = keyword.to_ascii_uppercase();
        let mut unterminated = None;
        for heredoc in heredocs(&upper, &logical.text[rest..], directives.escape) {
            match ends.find(&heredoc, i) {
                Some(line) => i = line + 1,
                None => unterminated = Some(heredoc.name),
            }
        }
        each(Instruction {
            span: Span::new(start, end.max(start)),
            shouted: keyword == upper,
            keyword: upper,
            rest: own_tail(logical, rest),
            unterminated,
        });
    }
}

/// Space and tab, and the carriage return of a CRLF.
const BLANK: [char; 3] = [' ', '\t', '\r'];

fn own_tail(logical: Logical<'_>, from: usize) -> Logical<'_> {
    match logical.text {
        // One line, the usual case: no copy.
        Cow::Borrowed(text) => Logical::new(&text[from..], logical.starts[0].1 as usize + from),
        Cow::Owned(_) => {
            let tail = logical.tail(from);
            Logical {
                text: Cow::Owned(tail.text.into_owned()),
                starts: tail.starts,
            }
        }
    }
}

/// Byte ranges of the lines, without line breaks (`\n`, with any number of `\r` before it).
fn physical_lines(text: &str) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let next = text[start..]
            .find('\n')
            .map_or(text.len(), |i| start + i + 1);
        let line = text[start..next].trim_end_matches('\n');
        lines.push(start..start + line.trim_end_matches('\r').len());
        start = next;
    }
    lines
}

fn leading_space(line: &str, first: bool) -> usize {
    let bare = if first {
        line.trim_start_matches('\u{feff}')
    } else {
        line
    };
    line.len() - bare.trim_start().len()
}

/// The line without its continuation mark, and whether there was one. A doubled mark is none.
fn without_continuation(line: &str, escape: char) -> (&str, bool) {
    let trimmed = line.trim_end_matches([' ', '\t']);
    match trimmed.strip_suffix(escape) {
        Some(before) if !before.ends_with(escape) => (before, true),
        _ => (line, false),
    }
}

struct Heredoc {
    name: String,
    /// `<<-`: leading tabs of the end line do not count.
    chomp: bool,
}

/// The heredocs that an instruction opens, in order.
fn heredocs(keyword: &str, rest: &str, escape: char) -> Vec<Heredoc> {
    if !rest.contains("<<") {
        return Vec::new();
    }
    let takes = |keyword: &str| matches!(keyword, "RUN" | "COPY" | "ADD");
    let rest = if keyword == "ONBUILD" {
        let inner = rest.find(char::is_whitespace).unwrap_or(rest.len());
        if !takes(&rest[..inner].to_ascii_uppercase()) {
            return Vec::new();
        }
        rest[inner..].trim_start()
    } else if takes(keyword) {
        rest
    } else {
        return Vec::new();
    };
    if rest.starts_with('[')
        && serde_json::from_str::<Vec<serde::de::IgnoredAny>>(rest.trim()).is_ok()
    {
        return Vec::new();
    }
    let words = words::split_quoted(rest, escape);
    let mut words = words.into_iter().map(|word| &rest[word]);
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        let Some((chomp, name)) = opening(word) else {
            continue;
        };
        // Blanks may stand before the name (`lex.go`, `processPossibleHeredoc`).
        let name = if name.is_empty() {
            words.next()
        } else {
            Some(name)
        };
        if let Some(name) = name.filter(|name| !name.contains('<')) {
            let name = unquoted(name);
            found.extend((!name.is_empty()).then_some(Heredoc { name, chomp }));
        }
    }
    found
}

/// `<<EOF`, `3<<-"EOF"`: BuildKit's `^(\d*)<<(-?)\s*([^<]*)$`.
fn opening(word: &str) -> Option<(bool, &str)> {
    let word = word
        .trim_start_matches(|c: char| c.is_ascii_digit())
        .strip_prefix("<<")?;
    Some(match word.strip_prefix('-') {
        Some(name) => (true, name),
        None => (false, word),
    })
}

/// A name without its quotes; a backslash outside single quotes stands for what follows it.
fn unquoted(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut quote = None;
    let mut chars = name.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            (None | Some('"'), '\\') => out.extend(chars.next()),
            _ => out.push(c),
        }
    }
    out
}

/// Finds the lines that end heredocs. The table is made when the first heredoc is met, so that many heredocs without
/// an end do not each search the whole file.
struct HeredocEnds<'a> {
    text: &'a str,
    lines: &'a [Range<usize>],
    plain: Option<HashMap<&'a str, Vec<usize>>>,
    chomped: Option<HashMap<&'a str, Vec<usize>>>,
}

impl HeredocEnds<'_> {
    /// The first line from `from` on that is the heredoc's name.
    fn find(&mut self, heredoc: &Heredoc, from: usize) -> Option<usize> {
        let (text, lines) = (self.text, self.lines);
        let table = if heredoc.chomp {
            &mut self.chomped
        } else {
            &mut self.plain
        };
        let table = table.get_or_insert_with(|| {
            let mut table: HashMap<&str, Vec<usize>> = HashMap::new();
            for (i, line) in lines.iter().enumerate() {
                let line = &text[line.clone()];
                let line = if heredoc.chomp {
                    line.trim_start_matches('\t')
                } else {
                    line
                };
                if !line.is_empty() && line.len() <= 128 {
                    table.entry(line).or_default().push(i);
                }
            }
            table
        });
        let ends = table.get(&*heredoc.name)?;
        ends.get(ends.partition_point(|line| *line < from)).copied()
    }
}
