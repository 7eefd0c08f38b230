//! Lists of operations in files of their own (RFC 6902), as kustomize, Flux and `kubectl patch --type=json` take them:
//! images that they put into manifests.

use super::Sink;
use super::kubernetes::path::FieldPath;
use super::kubernetes::reader::Reader;
use super::kustomize;
use super::shapes::{Shape, holds_all};
use image_lint_text::yaml::{Document, Kind};

/// A list of operations.
pub(super) struct Operations;

impl Shape for Operations {
    fn name(&self) -> &'static str {
        "json-patch"
    }

    fn may_be(&self, text: &str) -> bool {
        holds_all(text, &["op", "path", "value", "mage"])
    }

    fn read(&self, document: &Document<'_>, out: &mut Sink<'_>) -> bool {
        let root = document.root();
        let is_operation = |node: image_lint_text::yaml::Node<'_>| {
            node.str_at(&["op"]).is_some() && node.str_at(&["path"]).is_some()
        };
        if root.kind() != Kind::Sequence || !root.items().next().is_some_and(is_operation) {
            return false;
        }
        let mut reader = Reader::new(out);
        for (i, operation) in root.items().enumerate() {
            kustomize::patches::read_operation(&mut reader, operation, &FieldPath::ROOT.item(i));
        }
        true
    }
}
