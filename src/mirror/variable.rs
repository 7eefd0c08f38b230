//! Copies of images whose names hold variables. A variable that gives the tag alone stays: the copy has the same tag. One
//! that gives the name is given the copy's, where every image that it is in is copied.

use image_lint_model::finding::Edit;
use image_lint_model::mention::{Expect, LinkedMention, NamedIn, Part, SourceKind};
use image_lint_model::reference::ImageReference;
use image_lint_model::value::{OriginKind, Piece};
use image_lint_text::source::{Place, Position, Span};

use super::rewrite::replace;

/// The edit of the name before a tag that variables give; None where they give more, Some(None) where it is the copy's
/// already.
pub fn beside_the_tag(
    linked: &LinkedMention,
    source: &ImageReference,
    named: &ImageReference,
    text: &str,
) -> Option<Option<Edit>> {
    let mention = &linked.mention;
    let apart = mention.also.is_empty() || mention.tag_at.is_some();
    if !apart || !is_image(linked) || source.digest.is_some() || source.tag != named.tag {
        return None;
    }
    let Some(Piece::Literal(first)) = mention.value.pieces.first() else {
        return None;
    };
    let slash = first.rfind('/').map_or(0, |at| at + 1);
    let name = &first[..slash + first[slash..].find(':')?];
    let parsed = ImageReference::parse(name).ok()?;
    let written = text.get(mention.place.span.range())?;
    if parsed.name() != source.name() || !written.starts_with(name) {
        return None;
    }
    let place = beginning(mention.place, name)?;
    Some(replace(place, &named.name(), text))
}

/// What a copy takes is named there as it is, whatever deploys.
fn is_image(linked: &LinkedMention) -> bool {
    linked.mention.expect == Expect::Image && linked.mention.named_in != NamedIn::Copied
}

/// The first part of a place, which is on one line.
fn beginning(place: Place, part: &str) -> Option<Place> {
    let len = u32::try_from(part.len()).ok()?;
    let end = Position {
        line: place.start.line,
        // A name is made of ASCII.
        column: place.start.column + len,
        column_utf16: place.start.column_utf16 + len,
    };
    let start = place.span.start as usize;
    Some(Place {
        end,
        span: Span::new(start, start + part.len()),
        ..place
    })
}

/// The one variable that gives the whole name, with or without the tag, and has its value in a file.
pub fn of_the_name<'l>(
    linked: &'l LinkedMention,
    source: &ImageReference,
) -> Option<(&'l Part, Place)> {
    let [part] = linked.parts.as_slice() else {
        return None;
    };
    let given = matches!(
        part.origin.kind,
        OriginKind::CommandLine | OriginKind::Predefined | OriginKind::BuildArg
    );
    let same = ImageReference::parse(&part.text).ok()?;
    let is_name = same.name() == source.name();
    let place = part
        .origin
        .place
        .filter(|_| is_name && !given && is_image(linked))?;
    Some((part, place))
}

/// What is written as the variable's value.
pub fn value(part: &Part, named: &ImageReference) -> String {
    let tagged = ImageReference::parse(&part.text).is_ok_and(|own| !own.tag_implied);
    match tagged {
        true => named.to_string(),
        false => named.name(),
    }
}

/// Why a person has to change it.
pub fn by_hand(linked: &LinkedMention, source: &ImageReference) -> String {
    let of_name = |part: &&Part| {
        let tag = source.tag.as_deref().unwrap_or_default();
        part.text != tag
    };
    let names: Vec<String> = (linked.parts.iter())
        .filter(of_name)
        .map(|part| format!("`{}`", part.origin.name))
        .collect();
    if linked.mention.source == SourceKind::Helm {
        return "the chart puts the name together of several values: change these so that this is what comes out, a registry \
                and a tag of their own not being part of the others"
            .to_owned();
    }
    match names.as_slice() {
        [] => "it is put together by the program that runs it".to_owned(),
        [one] => format!(
            "the variable {one} gives a part of the name, and other images may need its value: write the whole name here"
        ),
        several => format!(
            "the variables {} give parts of the name, and other images may need their values: write the whole name here",
            several.join(" and ")
        ),
    }
}
