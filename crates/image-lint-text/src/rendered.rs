//! Text made from several files, in which every run of bytes knows where it came from.
//!
//! A chart's template prints pieces of values.yaml, of Chart.yaml and of itself; a kustomization puts names of one file
//! into another. What comes out is a [`Rendered`]: one string and its runs. Cloning shares both.
//!
//! ```
//! use image_lint_text::rendered::{Builder, From, Rendered, SourceId};
//!
//! let repository = Rendered::copied("quay.io/a/b", SourceId(1), 18);
//! let mut image = Builder::default();
//! image.push(&repository);
//! image.push_from(":1", &From::Nowhere);
//! let image = image.finish();
//! assert_eq!(image.as_str(), "quay.io/a/b:1");
//! assert_eq!(image.slice(8..11).origins()[0].span.start, 26);
//! ```

use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use crate::source::Span;

/// Number of a file, chosen by the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// Bytes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    pub source: SourceId,
    pub span: Span,
}

/// Text of which only the world outside the repository knows what it will be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Unknown {
    /// As the template calls it: `.Release.Name`, `randAlphaNum`.
    pub name: Box<str>,
    pub origins: Box<[Origin]>,
}

/// Where a run of bytes came from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub enum From {
    /// A constant of the program that rendered.
    #[default]
    Nowhere,
    /// An exact copy: byte `i` of the run is byte `at + i` of the file.
    Copied { source: SourceId, at: u32 },
    /// Made of these bytes, in an order that is not kept.
    Made(Arc<[Origin]>),
    /// Stands for something that is not known; the bytes are only a guess.
    Unknown(Arc<Unknown>),
}

/// Most origins that one derived run remembers.
const MAX_ORIGINS: usize = 16;

impl From {
    pub fn made(origins: Vec<Origin>) -> Self {
        if origins.is_empty() {
            From::Nowhere
        } else {
            From::Made(origins.into())
        }
    }

    pub fn is_unknown(&self) -> bool {
        matches!(self, From::Unknown(_))
    }

    /// The origin of `len` bytes from `cut` on, `cut` counted from where the run begins.
    fn origins(&self, cut: usize, len: usize, out: &mut Vec<Origin>) {
        match self {
            From::Nowhere => {}
            From::Copied { source, at } => {
                let start = *at as usize + cut;
                add(
                    out,
                    Origin {
                        source: *source,
                        span: Span::new(start, start + len),
                    },
                );
            }
            From::Made(all) => all.iter().for_each(|origin| add(out, *origin)),
            From::Unknown(unknown) => unknown.origins.iter().for_each(|o| add(out, *o)),
        }
    }

    /// The same, `cut` bytes later.
    fn later(&self, cut: usize) -> From {
        match self {
            From::Copied { source, at } => From::Copied {
                source: *source,
                at: at + cut as u32,
            },
            other => other.clone(),
        }
    }

    /// Whether a run of this origin goes on where one of `before`, `len` bytes long, ends.
    fn continues(&self, before: &From, len: usize) -> bool {
        match (before, self) {
            (From::Copied { source, at }, From::Copied { source: s, at: a }) => {
                source == s && *at as usize + len == *a as usize
            }
            (From::Nowhere, From::Nowhere) => true,
            (From::Made(a), From::Made(b)) => Arc::ptr_eq(a, b),
            (From::Unknown(a), From::Unknown(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

fn add(out: &mut Vec<Origin>, origin: Origin) {
    if let Some(last) = out.last_mut()
        && last.source == origin.source
        && last.span.end == origin.span.start
    {
        last.span.end = origin.span.end;
    } else if out.len() < MAX_ORIGINS && !out.contains(&origin) {
        out.push(origin);
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Run {
    /// Offset behind its last byte.
    end: u32,
    from: From,
}

/// Text with the origins of its bytes.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    text: Arc<str>,
    /// Sorted, without gaps, the last one ends with the text.
    runs: Runs,
}

/// Most texts have one origin.
#[derive(Clone, Debug, Hash)]
enum Runs {
    One(From),
    Many(Arc<[Run]>),
}

impl Default for Runs {
    fn default() -> Self {
        Runs::One(From::Nowhere)
    }
}

impl PartialEq for Rendered {
    /// By the text alone.
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Rendered {
    pub fn new(text: impl Into<Arc<str>>, from: From) -> Self {
        Rendered {
            text: text.into(),
            runs: Runs::One(from),
        }
    }

    /// A constant.
    pub fn constant(text: &str) -> Self {
        Rendered::new(text, From::Nowhere)
    }

    /// Bytes of a file from `at` on.
    pub fn copied(text: impl Into<Arc<str>>, source: SourceId, at: usize) -> Self {
        let at = at as u32;
        Rendered::new(text, From::Copied { source, at })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn len(&self) -> usize {
        self.text.len()
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The runs that touch `range`, each with its part of it.
    pub fn runs(&self, range: Range<usize>) -> impl Iterator<Item = (Range<usize>, From)> {
        let range = range.start.min(self.len())..range.end.min(self.len());
        let one = match &self.runs {
            Runs::One(from) => {
                (!range.is_empty()).then(|| (range.clone(), from.later(range.start)))
            }
            Runs::Many(_) => None,
        };
        let all: &[Run] = match &self.runs {
            Runs::One(_) => &[],
            Runs::Many(all) => all,
        };
        let first = all.partition_point(|run| run.end as usize <= range.start);
        let mut start = first.checked_sub(1).map_or(0, |i| all[i].end as usize);
        let end = range.end;
        let many = all[first..].iter().map_while(move |run| {
            let begins = std::mem::replace(&mut start, run.end as usize);
            let part = begins.max(range.start)..(run.end as usize).min(end);
            (!part.is_empty()).then(|| (part.clone(), run.from.later(part.start - begins)))
        });
        one.into_iter().chain(many)
    }

    /// A part of this text; the bounds are those of characters.
    pub fn slice(&self, range: Range<usize>) -> Rendered {
        if range == (0..self.len()) {
            return self.clone();
        }
        let mut out = Builder::default();
        out.push_part(self, range);
        out.finish()
    }

    /// The bytes that this text was made from, as far as they are remembered.
    pub fn origins(&self) -> Vec<Origin> {
        self.origins_of(0..self.len())
    }

    pub fn origins_of(&self, range: Range<usize>) -> Vec<Origin> {
        let mut out = Vec::new();
        for (part, from) in self.runs(range) {
            from.origins(0, part.len(), &mut out);
        }
        out
    }

    /// Feeds the text and where its bytes came from: equality looks at the text alone.
    pub fn hash_with_origins(&self, state: &mut impl Hasher) {
        self.text.hash(state);
        self.runs.hash(state);
    }

    /// The name of the first thing in it that is not known.
    pub fn unknown(&self) -> Option<Arc<Unknown>> {
        let of = |from: &From| match from {
            From::Unknown(unknown) => Some(Arc::clone(unknown)),
            _ => None,
        };
        match &self.runs {
            Runs::One(from) => of(from),
            Runs::Many(all) => all.iter().find_map(|run| of(&run.from)),
        }
    }

    /// What a text that was made of this one, in whatever way, comes from.
    pub fn smeared(&self) -> From {
        smear([self])
    }
}

/// What a text that was made of these, in whatever way, comes from. One unknown makes all of it unknown.
pub fn smear<'a>(texts: impl IntoIterator<Item = &'a Rendered>) -> From {
    let mut origins = Vec::new();
    let mut unknown = None;
    for text in texts {
        unknown = unknown.or_else(|| text.unknown());
        for (part, from) in text.runs(0..text.len()) {
            from.origins(0, part.len(), &mut origins);
        }
        if text.is_empty()
            && let Runs::One(from) = &text.runs
        {
            from.origins(0, 0, &mut origins);
        }
    }
    match unknown {
        Some(unknown) => From::Unknown(unknown),
        None => From::made(origins),
    }
}

/// Puts texts one after the other.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    text: String,
    runs: Vec<Run>,
}

impl Builder {
    pub fn len(&self) -> usize {
        self.text.len()
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn push(&mut self, text: &Rendered) {
        self.push_part(text, 0..text.len());
    }

    /// Bytes of a text; the bounds are those of characters.
    pub fn push_part(&mut self, text: &Rendered, range: Range<usize>) {
        for (part, from) in text.runs(range) {
            self.push_from(text.text.get(part).unwrap_or(""), &from);
        }
    }

    /// Text of one origin.
    pub fn push_from(&mut self, text: &str, from: &From) {
        if text.is_empty() {
            return;
        }
        let start = self.runs.iter().rev().nth(1).map_or(0, |run| run.end);
        self.text.push_str(text);
        let end = self.text.len() as u32;
        match self.runs.last_mut() {
            Some(last) if from.continues(&last.from, (last.end - start) as usize) => last.end = end,
            _ => self.runs.push(Run {
                end,
                from: from.clone(),
            }),
        }
    }

    pub fn finish(mut self) -> Rendered {
        let runs = match self.runs.len() {
            0 => Runs::default(),
            1 => Runs::One(self.runs.pop().map_or(From::Nowhere, |run| run.from)),
            _ => Runs::Many(self.runs.into()),
        };
        Rendered {
            text: self.text.into(),
            runs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: SourceId = SourceId(7);

    fn origin(start: usize, end: usize) -> Origin {
        Origin {
            source: FILE,
            span: Span::new(start, end),
        }
    }

    #[test]
    fn every_byte_of_a_joined_text_leads_to_its_own_in_the_file() {
        let mut out = Builder::default();
        out.push(&Rendered::copied("abc", FILE, 10));
        out.push_from("-", &From::Nowhere);
        out.push(&Rendered::new("XY", From::made(vec![origin(40, 50)])));
        let text = out.finish();
        for (range, expected, why) in [
            (0..3, vec![origin(10, 13)], "a copy"),
            (1..2, vec![origin(11, 12)], "a byte of a copy"),
            (3..4, vec![], "a constant"),
            (
                4..5,
                vec![origin(40, 50)],
                "one byte of what was made of ten",
            ),
            (2..6, vec![origin(12, 13), origin(40, 50)], "across"),
        ] {
            assert_eq!(text.origins_of(range), expected, "{why}");
        }
        assert_eq!(text.slice(1..5).origins_of(0..1), [origin(11, 12)]);
    }

    #[test]
    fn copies_that_follow_one_another_are_one_run() {
        let whole = Rendered::copied("abcdef", FILE, 0);
        let mut out = Builder::default();
        for i in 0..6 {
            out.push_part(&whole, i..i + 1);
        }
        assert_eq!(out.runs.len(), 1);
        assert_eq!(out.finish().origins(), [origin(0, 6)]);
    }

    #[test]
    fn an_unknown_spreads() {
        let unknown = From::Unknown(Arc::new(Unknown {
            name: ".Release.Name".into(),
            origins: Box::new([origin(1, 2)]),
        }));
        let known = Rendered::copied("a", FILE, 0);
        let name = Rendered::new("x", unknown);
        assert!(smear([&known, &name]).is_unknown());
        assert!(!smear([&known]).is_unknown());
    }
}
