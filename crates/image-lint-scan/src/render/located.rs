//! From an image in rendered text to the bytes of the sources it was made of.

use std::ops::Range;
use std::sync::Arc;

use super::{Collector, name_of};
use image_lint_model::mention::{Mention, TagPlace};
use image_lint_model::value::{
    Op, Origin as PartOrigin, OriginKind, Piece, Syntax, Value, Variable,
};
use image_lint_text::rendered::{From, Origin, Rendered};
use image_lint_text::source::{Place, SourceFile};

/// A mention with its place in the sources.
pub(super) struct Located {
    /// The bytes that decide the image: those of the last part of its name.
    pub main: Origin,
    pub value: Value,
    /// The template's line, when it is another one.
    pub also: Vec<Place>,
    /// Where its tag or digest is, when that is another value.
    pub tag: Option<Box<TagPlace>>,
    /// All bytes it was made of.
    pub used: Vec<Origin>,
    /// Numbers among them that are printed otherwise than they are written.
    pub numbers: Vec<Number>,
}

/// A number or a boolean of a values file, which helm prints otherwise than it is written.
pub(super) struct Number {
    pub origin: Origin,
    pub written: Arc<str>,
    pub printed: Arc<str>,
}

/// None where no byte of it came from a source.
pub(super) fn locate(
    text: &Rendered,
    mention: &Mention,
    collector: &mut Collector<'_>,
) -> Option<Located> {
    let range = mention.place.span.range();
    let shown = text.as_str().get(range.clone())?;
    let exact = mention.value.as_known().as_deref() == Some(shown);
    let line = line_origin(text, range.start);
    let used = text.origins_of(range.clone());
    let main = if exact {
        deciding(text, range.clone(), shown)
    } else {
        used.first().copied()
    };
    let main = main.or_else(|| used.first().copied()).or(line)?;
    let mut numbers = Vec::new();
    let value = if exact {
        let (value, found) = pieces(text, range.clone(), main, collector);
        numbers = found;
        value
    } else {
        unknown_or(text, range.clone(), mention)
    };
    let tag = exact
        .then(|| tag_place(text, range.clone(), main, collector))
        .flatten();
    let also = line
        .filter(|line| {
            line.source != main.source || !overlaps(text_line(collector, *line), main, *line)
        })
        .and_then(|line| collector.place(line));
    Some(Located {
        main,
        value,
        also: also.into_iter().collect(),
        tag,
        used,
        numbers,
    })
}

/// Where the line of the file that an origin is in begins and ends.
fn text_line(collector: &Collector<'_>, origin: Origin) -> Range<u32> {
    let Some(file) = collector.files.get(origin.source.0 as usize) else {
        return origin.span.start..origin.span.end;
    };
    let at = (origin.span.start as usize).min(file.text.len());
    let bytes = file.text.as_bytes();
    let start = bytes[..at]
        .iter()
        .rposition(|b| *b == b'\n')
        .map_or(0, |i| i + 1);
    let end = bytes[at..]
        .iter()
        .position(|b| *b == b'\n')
        .map_or(bytes.len(), |i| at + i);
    start as u32..end as u32
}

fn overlaps(line: Range<u32>, main: Origin, other: Origin) -> bool {
    main.source == other.source && line.contains(&main.span.start)
}

/// The bytes that the key before a value came from: the template's line.
pub(super) fn line_origin(text: &Rendered, at: usize) -> Option<Origin> {
    let before = text.as_str().get(..at)?;
    let start = before.rfind('\n').map_or(0, |i| i + 1);
    let key = before[start..].trim_start();
    let from = at - key.len();
    let key = key
        .trim_start_matches("- ")
        .trim_end_matches(['"', '\'', ' ', ':']);
    let skipped = before[from..].find(key).unwrap_or(0);
    text.origins_of(from + skipped..from + skipped + key.len())
        .first()
        .copied()
}

/// Which bytes decide the image: those of the last part of its name, before tag and digest.
fn deciding(text: &Rendered, range: Range<usize>, shown: &str) -> Option<Origin> {
    let name = shown.split('@').next().unwrap_or(shown);
    let slash = name.rfind('/').map_or(0, |i| i + 1);
    let end = name[slash..].find(':').map_or(name.len(), |i| slash + i);
    let at = range.start + end.checked_sub(1)?;
    // The run that gave the last byte of the name, as far as it reaches within the image.
    let (part, from) = text
        .runs(range.clone())
        .find(|(part, _)| part.contains(&at))?;
    let origins = text.origins_of(part);
    match from {
        From::Nowhere => None,
        _ => origins.first().copied(),
    }
}

/// Which of the bytes of an image in `range` are its tag or digest.
fn tag_range(shown: &str) -> Option<Range<usize>> {
    if let Some(at) = shown.find('@') {
        return Some(at + 1..shown.len());
    }
    let slash = shown.rfind('/').map_or(0, |i| i + 1);
    let colon = shown[slash..].find(':')?;
    Some(slash + colon + 1..shown.len())
}

/// The value that gives most of the tag or digest, where that is another one than the image's own place.
fn tag_place(
    text: &Rendered,
    range: Range<usize>,
    main: Origin,
    collector: &mut Collector<'_>,
) -> Option<Box<TagPlace>> {
    let tag = tag_range(text.as_str().get(range.clone())?)?;
    let tag = range.start + tag.start..range.start + tag.end;
    let known = text
        .runs(tag.clone())
        .filter(|(_, from)| !matches!(from, From::Nowhere));
    let (part, _) = known.max_by_key(|(part, _)| part.len())?;
    let shown = text.as_str().get(part.clone())?;
    let is_all = part == tag;
    let origin = text.origins_of(part).first().copied()?;
    if origin == main {
        return None;
    }
    let file = collector.files.get(origin.source.0 as usize)?;
    let whole = is_all && file.slice(origin.span) == shown;
    let sink = collector.sink(origin.source.0)?;
    let place = sink.place(origin.span);
    Some(Box::new(TagPlace {
        place,
        excerpt: sink.excerpt(place),
        whole,
    }))
}

/// The image with each run as a piece: the deciding one is what stands at the place.
fn pieces(
    text: &Rendered,
    range: Range<usize>,
    main: Origin,
    collector: &mut Collector<'_>,
) -> (Value, Vec<Number>) {
    let mut value = Value::default();
    let mut numbers = Vec::new();
    for (part, from) in text.runs(range) {
        let shown = text.as_str().get(part.clone()).unwrap_or("");
        let origin = text.origins_of(part).first().copied();
        match (&from, origin) {
            (From::Unknown(of), _) => value.pieces.push(unknown(&of.name)),
            (_, Some(origin))
                if origin != main && shown.bytes().any(|b| b.is_ascii_alphanumeric()) =>
            {
                let file = collector.files.get(origin.source.0 as usize);
                let name = file.map_or_else(|| "".into(), |file| name_of(file, origin.span));
                let number = file.and_then(|file| number(file, origin, shown));
                let kind = match number {
                    Some(_) => OriginKind::HelmNumber,
                    None => OriginKind::HelmChart,
                };
                numbers.extend(number);
                value.pieces.push(Piece::Substituted {
                    text: shown.into(),
                    origin: Arc::new(PartOrigin {
                        name: Box::from(&*name),
                        kind,
                        place: collector.place(origin),
                    }),
                });
            }
            _ => value.push_literal(shown),
        }
    }
    (value, numbers)
}

/// A plain scalar that is shown as helm prints it, and is written otherwise.
fn number(file: &SourceFile, origin: Origin, shown: &str) -> Option<Number> {
    let written = file.slice(origin.span);
    let printed = helm_render::printed_otherwise(written)?;
    (printed == shown).then(|| Number {
        origin,
        written: written.into(),
        printed: printed.into(),
    })
}

/// A string that stands otherwise in the text than what it means: open where any of it is.
fn unknown_or(text: &Rendered, range: Range<usize>, mention: &Mention) -> Value {
    let open = text.runs(range).find_map(|(_, from)| match from {
        From::Unknown(of) => Some(of),
        _ => None,
    });
    match open {
        Some(of) => Value {
            pieces: vec![unknown(&of.name)],
        },
        None => mention.value.clone(),
    }
}

fn unknown(name: &str) -> Piece {
    open(name, &format!("{{{{ {name} }}}}"))
}

/// Something that nothing in the repository says.
pub(super) fn open(name: &str, written: &str) -> Piece {
    Piece::Variable(Arc::new(Variable {
        name: name.into(),
        written: written.into(),
        syntax: Syntax::Braces,
        op: Op::Plain,
    }))
}
