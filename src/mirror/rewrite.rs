//! Edits that put a copy's name in the place of its source's. Only text that is the whole name, literally, is replaced;
//! for the rest it is said why a person has to.

use super::variable;
use image_lint_model::finding::Edit;
use image_lint_model::mention::{EntryKey, Expect, LinkedMention, NamedIn, SourceKind, Text};
use image_lint_model::reference::ImageReference;
use image_lint_text::source::{Place, Position, Span};

/// The edits of one mention. `named` is the copy's name with its tag, `digest` the copy's own digest when it was copied
/// already, `text` the text of the mention's file. No edits: it names the copy already.
///
/// # Errors
/// Why it must be done by hand.
pub fn edits(
    linked: &LinkedMention,
    named: &ImageReference,
    digest: Option<&str>,
    text: &str,
) -> Result<Vec<Edit>, String> {
    let mention = &linked.mention;
    let Text::Known(source) = &linked.text else {
        return Err("it names no image".into());
    };
    if !mention.value.is_literal() {
        return variable::beside_the_tag(linked, source, named, text)
            .map(|edit| edit.into_iter().collect())
            .ok_or_else(|| variable::by_hand(linked, source));
    }
    if source.digest.is_some() && digest.is_none() && mention.source == SourceKind::Kustomize {
        return Err("it is pinned: the copy's digest is known when the copy is made".into());
    }
    if mention.source == SourceKind::Kustomize {
        return kustomize(linked, source, named, digest, text);
    }
    let here = text.get(mention.place.span.range());
    // The line of a template that a chart's value is used in is no part of it.
    let is_whole = here.is_some() && here.map(str::to_owned) == mention.value.as_known();
    if !mention.also.is_empty() && !is_whole {
        return Err("its parts stand in fields of their own".into());
    }
    if mention.expect == Expect::Repository {
        return Err("it names a repository with all its tags".into());
    }
    if mention.named_in == NamedIn::Copied {
        return Err("it is the source of a copy".into());
    }
    let Some(written) = mention.value.as_known() else {
        return Err("it contains a variable".into());
    };
    if here != Some(written.as_str()) || !linked.parts.is_empty() {
        return Err("it is not written literally in one piece".into());
    }
    if ImageReference::parse(&written).as_ref() != Ok(source) {
        return Err("more than the image's name stands there".into());
    }
    let pinned = ImageReference {
        tag: source
            .tag
            .as_ref()
            .filter(|_| !source.tag_implied)
            .and(named.tag.clone()),
        digest: source.digest.as_ref().and(digest).map(Into::into),
        ..named.clone()
    };
    let new = if pinned.digest.is_some() {
        pinned
    } else {
        named.clone()
    }
    .to_string();
    Ok(replace(mention.place, &new, text).into_iter().collect())
}

/// An entry of `images:`: its name is what bases call the image and stays.
fn kustomize(
    linked: &LinkedMention,
    source: &ImageReference,
    named: &ImageReference,
    digest: Option<&str>,
    text: &str,
) -> Result<Vec<Edit>, String> {
    let mention = &linked.mention;
    let tag = named.tag.as_deref().unwrap_or("latest");
    let same_tag = source.tag.as_deref().unwrap_or("latest") == tag;
    let NamedIn::Entry(key) = mention.named_in else {
        return Err("its parts stand in fields of their own".into());
    };
    match (key, &mention.also[..]) {
        (EntryKey::NewName, []) if mention.expect != Expect::Repository && same_tag => {
            Ok(replace(mention.place, &named.name(), text)
                .into_iter()
                .collect())
        }
        (EntryKey::NewTag | EntryKey::Digest, [name]) => {
            let mut edits: Vec<Edit> = match key_before(text, *name) {
                Some("newName") => replace(*name, &named.name(), text).into_iter().collect(),
                Some("name") => vec![new_name(text, mention.place, key.as_str(), &named.name())?],
                _ => return Err("it is not written literally in one piece".into()),
            };
            let last = if key == EntryKey::NewTag {
                Some(tag)
            } else {
                digest
            };
            let last =
                last.ok_or("it is pinned: the copy's digest is known when the copy is made")?;
            let is = if key == EntryKey::NewTag {
                source.tag.as_deref()
            } else {
                source.digest.as_deref()
            };
            if text.get(mention.place.span.range()) != is {
                return Err("it is not written literally in one piece".into());
            }
            edits.extend(replace(mention.place, last, text));
            Ok(edits)
        }
        _ => Err("its parts stand in fields of their own".into()),
    }
}

pub(super) fn replace(place: Place, new: &str, text: &str) -> Option<Edit> {
    (text.get(place.span.range()) != Some(new)).then(|| Edit {
        file: place.file,
        span: place.span,
        place,
        text: new.to_owned(),
    })
}

/// The key in front of a plain or quoted value of a block mapping.
fn key_before(text: &str, value: Place) -> Option<&str> {
    let before = text.get(line_start(text, value)..value.span.start as usize)?;
    let before = before
        .trim_end_matches(['"', '\''])
        .trim_end()
        .strip_suffix(':')?;
    Some(before.trim_start_matches([' ', '-']))
}

fn line_start(text: &str, place: Place) -> usize {
    text.get(..place.span.start as usize)
        .and_then(|t| t.rfind('\n'))
        .map_or(0, |i| i + 1)
}

/// A line `newName: …` in front of another key of the entry.
fn new_name(text: &str, value: Place, key: &str, name: &str) -> Result<Edit, String> {
    let start = line_start(text, value);
    let by_hand = || format!("the entry has no `newName`: add `newName: {name}`");
    if key_before(text, value) != Some(key) {
        return Err(by_hand());
    }
    let indent = text
        .get(start..)
        .and_then(|t| t.find(key))
        .ok_or_else(by_hand)?;
    let blank: String = text[start..start + indent].replace('-', " ");
    if !blank.bytes().all(|b| b == b' ') {
        return Err(by_hand());
    }
    let end = if text[start..]
        .lines()
        .next()
        .is_some_and(|_| text[start..].contains("\r\n"))
    {
        "\r\n"
    } else {
        "\n"
    };
    let column = indent as u32 + 1;
    let at = Position {
        line: value.start.line,
        column,
        column_utf16: column,
    };
    let span = Span::new(start + indent, start + indent);
    let place = Place {
        file: value.file,
        start: at,
        end: at,
        span,
    };
    Ok(Edit {
        file: value.file,
        span,
        place,
        text: format!("newName: {name}{end}{blank}"),
    })
}
