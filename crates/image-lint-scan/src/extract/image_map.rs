//! Maps of names to images that operators and their build tools are given: `images: {controller: quay.io/…}`,
//! `images.json` of OpenShift's operators. Only what names a registry or a digest is one: an `images:` may hold anything.

use super::Sink;
use super::kubernetes::path::FieldPath;
use super::kubernetes::reader::{Reader, Within};
use super::shapes::{Shape, holds_any};
use super::variables::Dialect;
use image_lint_model::mention::{Role, SourceKind};
use image_lint_model::reference::ImageReference;
use image_lint_text::yaml::{Document, Kind, Node};

/// A file whose root, or whose `images` at the root, is such a map.
pub(super) struct Images;

impl Shape for Images {
    fn name(&self) -> &'static str {
        "image-map"
    }

    fn may_be(&self, text: &str) -> bool {
        holds_any(text, &["images", "Images"]) && text.contains('/')
    }

    fn read(&self, document: &Document<'_>, out: &mut Sink<'_>) -> bool {
        let within = Within::source(SourceKind::Configuration, Dialect::Kubernetes);
        let mut reader = Reader::new(out);
        let root = document.root();
        let maps = root.pairs().filter_map(|(key, value)| {
            let key = key.as_str().filter(|key| speaks_of_images(key))?;
            Some((key, value))
        });
        let mut any = false;
        for (key, value) in maps {
            any |= read(&mut reader, value, &FieldPath::ROOT.key(key), &within);
        }
        any
    }
}

/// `images`, `imageOverrides`, `defaultImages`.
pub(super) fn speaks_of_images(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    lower.ends_with("images") || lower == "imageoverrides" || lower == "image_overrides"
}

/// Reads a map of names to images, or a list of them; true when one was found.
pub(super) fn read(
    reader: &mut Reader<'_, '_>,
    node: Node<'_>,
    path: &FieldPath<'_>,
    within: &Within,
) -> bool {
    let mut any = false;
    let mut one = |reader: &mut Reader<'_, '_>, value: Node<'_>, path: &FieldPath<'_>| {
        if value.kind() == Kind::Scalar && names_registry(value) {
            any |= reader.image(value, path, within, Role::Run).is_some();
        }
    };
    for (key, value) in node.pairs() {
        if let Some(key) = key.as_str() {
            one(reader, value, &path.key(key));
            // `{name: x, image: y}` for each.
            if let Some(image) = value.get("image") {
                one(reader, image, &path.key(key).key("image"));
            }
        }
    }
    for (i, item) in node.items().enumerate() {
        one(reader, item, &path.item(i));
        if let Some(image) = item.get("image") {
            one(reader, image, &path.item(i).key("image"));
        }
    }
    any
}

/// It says more than a word: a registry and a path, with a tag or a digest or not.
fn names_registry(node: Node<'_>) -> bool {
    let text = node.as_str().unwrap_or("");
    let host = text.split_once('/').map_or("", |(host, _)| host);
    let registry = host.contains(['.', ':']) && !host.starts_with('.') && !text.contains("//");
    registry && ImageReference::parse(text).is_ok_and(|reference| !is_file(&reference, text))
}

/// `assets.example.com/logo.png`
fn is_file(reference: &ImageReference, text: &str) -> bool {
    let known = [
        ".png", ".jpg", ".svg", ".gif", ".webp", ".iso", ".qcow2", ".img",
    ];
    reference.digest.is_none() && known.iter().any(|ending| text.ends_with(ending))
}
