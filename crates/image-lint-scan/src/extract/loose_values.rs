//! YAML and JSON of which nothing says what reads it: values of charts under other names, settings of programs. Read only
//! with `extended`, and then by looks: fields that speak of an image, images in parts, and strings that can hardly be
//! anything else.

use super::Sink;
use super::custom_resources;
use super::kubernetes::path::FieldPath;
use super::kubernetes::reader::{Reader, Within};
use super::shapes::{Shape, holds_any};
use super::variables::Dialect;
use image_lint_model::mention::{Role, SourceKind};
use image_lint_model::reference::ImageReference;
use image_lint_text::yaml::{Document, Node};

/// Any document.
pub(super) struct Loose;

impl Shape for Loose {
    fn name(&self) -> &'static str {
        "yaml"
    }

    fn may_be(&self, text: &str) -> bool {
        holds_any(text, &["mage", "@sha256:", ".io/", ".com/", ".dev/"])
    }

    fn read(&self, document: &Document<'_>, out: &mut Sink<'_>) -> bool {
        let mut reader = Reader::new(out);
        let within = Within::source(SourceKind::Configuration, Dialect::Kubernetes);
        let before = reader.sink.extraction.mentions.len();
        custom_resources::read_unknown(&mut reader, document.root(), "", &FieldPath::ROOT, &within);
        full(&mut reader, document.root(), &FieldPath::ROOT, &within, 0);
        reader.sink.extraction.mentions.len() > before
    }

    fn is_extended(&self) -> bool {
        true
    }
}

/// Documents are followed this deep.
const MAX_DEPTH: usize = 32;

/// Strings that are a whole name with a registry and a tag or digest, wherever they stand.
fn full(
    reader: &mut Reader<'_, '_>,
    node: Node<'_>,
    path: &FieldPath<'_>,
    within: &Within,
    depth: usize,
) {
    if depth > MAX_DEPTH {
        return;
    }
    if node.as_str().is_some_and(is_full_name) {
        reader.image(node, path, within, Role::Run);
    }
    for (key, value) in node.pairs() {
        if let Some(key) = key.as_str() {
            full(reader, value, &path.key(key), within, depth + 1);
        }
    }
    for (i, item) in node.items().enumerate() {
        full(reader, item, &path.item(i), within, depth + 1);
    }
}

/// `quay.io/a/b:1`: a registry with a domain, a path, and a tag or a digest.
pub(super) fn is_full_name(text: &str) -> bool {
    if text.len() > 512 || text.contains("//") {
        return false;
    }
    let Some((host, rest)) = text.split_once('/') else {
        return false;
    };
    let domain = host.split(':').next().unwrap_or("");
    let last = domain.rsplit_once('.').map_or("", |(_, last)| last);
    let named = rest.rsplit('/').next().unwrap_or("").contains([':', '@']);
    last.len() > 1
        && last.bytes().all(|b| b.is_ascii_lowercase())
        && named
        && ImageReference::parse(text).is_ok()
}
