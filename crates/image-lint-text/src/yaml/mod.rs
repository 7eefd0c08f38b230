//! YAML and JSON as a tree in which every scalar knows its bytes in the file.
//!
//! Comes in: a [`SourceText`]. Goes out: a [`Stream`] of documents, and for each document that is not YAML one
//! [`Unread`] with the reason; a broken document never costs its neighbours. Reading never fails, never recurses with
//! the depth of the input and never copies what an alias stands for.
//!
//! This room knows no schema: which keys name images is decided by its callers. JSON is read by the same parser, as
//! YAML 1.2 contains it.

mod document;
mod scalar;
pub mod scan;
mod split;

pub use document::{Document, Items, Kind, Node, Pairs};

use granit_parser::{Event, Parser, ScalarStyle, options};

use crate::source::{SourceText, Span};
use document::Builder;

/// Collections nested deeper than this are refused, document by document. Kubernetes' own manifests stay below 40;
/// the API server refuses JSON nested deeper than 10,000 (k8s.io/apimachinery `util/json`).
pub const MAX_DEPTH: usize = 128;

/// Nodes of one document; a 4 MiB document of one-letter items stays above it only on purpose.
pub const MAX_NODES: usize = 1_000_000;

/// Documents of one text that are read; `helm template` of a large chart makes some hundreds.
pub const MAX_DOCUMENTS: usize = 10_000;

/// All that one text holds.
#[derive(Debug, Default)]
pub struct Stream<'t> {
    pub documents: Vec<Document<'t>>,
    /// In the order of the text.
    pub unread: Vec<Unread>,
}

/// A document that is not YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The whole document, in the text that was parsed (not yet in the file).
    pub span: Span,
    /// Where the parser gave up, in the file.
    pub at: Span,
    /// The parser's reason, in words.
    pub why: String,
    /// It holds template marks (`{{`, `{%`, `<%`, `[[`): a template is not meant to be YAML.
    pub template: bool,
}

impl Stream<'_> {
    /// Offset of each document of which a limit kept something from being read; to be asked when they have been walked.
    pub fn cuts(&self) -> impl Iterator<Item = Span> {
        self.documents.iter().filter_map(Document::cut)
    }
}

/// Whether a text may say a word without holding it: a quoted one may be written with escapes, or be broken between its
/// letters (YAML 1.2.2, 5.7 "Escaped Characters"). Whoever looks for words before parsing has to parse such a text.
pub fn spells_words(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'\\', bytes).any(|at| match bytes.get(at + 1) {
        Some(b'x' | b'u' | b'U') => true,
        // Within a word; after a blank it is how commands go on in the next line.
        Some(b'\n' | b'\r') => at > 0 && bytes[at - 1].is_ascii_alphanumeric(),
        _ => false,
    })
}

/// Reads every document of a text.
pub fn parse<'t>(text: &'t SourceText<'t>) -> Stream<'t> {
    parse_where(text, |_| true)
}

/// Reads the documents that `worth` says are worth it, judging by their bytes. The others cost that one look.
pub fn parse_where<'t>(text: &'t SourceText<'t>, worth: impl Fn(&str) -> bool) -> Stream<'t> {
    parse_parts(text, |chunk| if worth(chunk) { chunk.len() } else { 0 })
}

/// Reads of each document as many of its first bytes as `length` says, which are whole lines.
pub fn parse_parts<'t>(text: &'t SourceText<'t>, length: impl Fn(&str) -> usize) -> Stream<'t> {
    let mut stream = Stream::default();
    let mut read = 0;
    for span in split::documents(&text.text) {
        let length = length(&text.text[span.range()]) as u32;
        if length == 0 {
            continue;
        }
        let span = Span {
            end: span.start + length,
            ..span
        };
        if read == MAX_DOCUMENTS {
            let start = Span {
                start: span.start,
                end: span.start,
            };
            let why = format!("more than {MAX_DOCUMENTS} documents in one file: split it");
            let span = Span {
                start: span.start,
                end: text.text.len() as u32,
            };
            stream.unread.push(Unread {
                span,
                at: text.outer(start),
                why,
                template: false,
            });
            break;
        }
        read += 1;
        parse_document(text, span, &mut stream);
    }
    stream
}

/// Reads one document, or the few that stand in `span` after one another.
fn parse_document<'t>(text: &'t SourceText<'t>, span: Span, stream: &mut Stream<'t>) {
    let chunk = &text.text[span.range()];
    let options = options! {
        // Comments are looked up in the text where they matter; emitting them is bounded to 96 in a row.
        emit_comments: false,
        emit_unresolved_aliases: true,
        // A key of a flow mapping may be long in minified JSON.
        simple_key_max_lookahead: 1 << 16,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut builder: Option<Builder<'t>> = None;
    for event in Parser::new_from_str_with_options(chunk, options) {
        let error = match event {
            Ok((event, place)) => {
                // `new_from_str` gives byte offsets for every event (granit-parser, README "Span API").
                let range = place.byte_range().unwrap_or(0..0);
                let range = Span {
                    start: span.start + range.start as u32,
                    end: span.start + range.end as u32,
                };
                match event {
                    Event::DocumentStart(..) => builder = Some(Builder::new(text, span)),
                    Event::DocumentEnd => {
                        if let Some(document) = builder.take().and_then(Builder::finish) {
                            stream.documents.push(document);
                        }
                    }
                    other => {
                        if let Some(builder) = &mut builder {
                            add(builder, other, range);
                        }
                    }
                }
                let Some(why) = builder.as_ref().and_then(Builder::refusal) else {
                    continue;
                };
                (why.to_owned(), range.start)
            }
            Err(error) => {
                let offset = error.marker().byte_offset().unwrap_or(0).min(chunk.len());
                (error.info().to_owned(), span.start + offset as u32)
            }
        };
        let (why, offset) = error;
        let at = text.outer(Span {
            start: offset,
            end: offset,
        });
        let template = scan::has_template_marks(chunk);
        stream.unread.push(Unread {
            span,
            at,
            why,
            template,
        });
        return;
    }
}

fn add<'t>(builder: &mut Builder<'t>, event: Event<'t>, range: Span) {
    match event {
        Event::Scalar(text, style, anchor, tag) => {
            let tagged_string = tag.is_some_and(|t| t.is_yaml_core_schema_tag("str"));
            builder.scalar(text, style, range, anchor, tagged_string);
        }
        Event::SequenceStart(_, anchor, _) => builder.open(Kind::Sequence, range, anchor),
        Event::MappingStart(_, anchor, _) => builder.open(Kind::Mapping, range, anchor),
        Event::SequenceEnd | Event::MappingEnd => builder.close(range),
        Event::Alias(anchor) => builder.alias(Some(anchor), range),
        Event::UnresolvedAlias(_) => builder.alias(None, range),
        _ => {}
    }
}

/// How a scalar is written; decides the way back from its text to the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

impl From<ScalarStyle> for Style {
    fn from(style: ScalarStyle) -> Self {
        match style {
            ScalarStyle::Plain => Style::Plain,
            ScalarStyle::SingleQuoted => Style::SingleQuoted,
            ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
            ScalarStyle::Literal => Style::Literal,
            ScalarStyle::Folded => Style::Folded,
        }
    }
}

#[cfg(test)]
mod tests;
