//! A repository in a field of its own, `imageRepository: quay.io/a/b`: the tag is in the field beside it
//! (`imageTag`, `tag`), or whoever reads the object adds one of its own (1Password's chart, Envoy Gateway's API
//! "ImageRepository … without specifying a tag").

use std::sync::Arc;

use super::path::FieldPath;
use super::reader::{Reader, Within, looks_like_image};
use image_lint_model::mention::{Expect, Role};
use image_lint_model::value::{Op, Piece, Syntax, Variable};
use image_lint_text::yaml::Node;

/// The mapping that holds the field.
pub struct Beside<'n, 'p, 't> {
    pub parent: Node<'n>,
    pub path: &'p FieldPath<'t>,
}

const ENDINGS: [&str; 2] = ["Repository", "Repo"];

/// `imageRepository`, `sidecarImageRepo`.
pub fn is_one(key: &str) -> bool {
    stem(key).is_some_and(|stem| stem == "image" || stem.ends_with("Image"))
}

fn stem(key: &str) -> Option<&str> {
    ENDINGS.iter().find_map(|ending| key.strip_suffix(ending))
}

/// Reads the field with the tag beside it; without one the tag is not known here.
pub fn read(
    reader: &mut Reader<'_, '_>,
    (key, node): (&str, Node<'_>),
    of: &Beside<'_, '_, '_>,
    within: &Within,
) -> Option<u32> {
    let mut text = reader.text(node, within.dialect)?;
    if !looks_like_image(&text.value, false) {
        return None;
    }
    let written = text.value.written();
    let last = written.rsplit('/').next().unwrap_or("");
    let mut field = key.to_owned();
    if !last.contains([':', '@']) {
        let names =
            ["Tag", "Version"].map(|word| format!("{}{word}", stem(key).unwrap_or("image")));
        let full = |key: &str| {
            let value = of.parent.get(key)?;
            value.as_str().filter(|text| !text.is_empty())?;
            Some((key.to_owned(), reader.text(value, within.dialect)?))
        };
        text.value.push_literal(":");
        match names
            .iter()
            .map(String::as_str)
            .chain(["tag"])
            .find_map(full)
        {
            Some((key, tag)) => {
                text.also.push(text.span);
                text.also.extend(tag.also);
                text.span = tag.span;
                text.value.pieces.extend(tag.value.pieces);
                field = key;
            }
            None => text.value.pieces.push(Piece::Variable(Arc::new(Variable {
                name: "tag".into(),
                written: "{tag}".into(),
                syntax: Syntax::Braces,
                op: Op::Plain,
            }))),
        }
    }
    reader.text_mention(
        text,
        &of.path.key(&field),
        within,
        Role::Run,
        Expect::Image,
        None,
    )
}
