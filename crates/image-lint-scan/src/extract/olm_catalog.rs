//! File-based catalogs of the Operator Lifecycle Manager and the templates they are made from
//! (olm.operatorframework.io/docs/reference/file-based-catalogs, …/catalog-templates). The cluster pulls a bundle to unpack
//! it, and `relatedImages` are what its operator runs.

use super::Sink;
use super::kubernetes::path::FieldPath;
use super::kubernetes::reader::{Reader, Within};
use super::shapes::{Shape, holds_all};
use super::variables::Dialect;
use image_lint_model::mention::{Role, SourceKind};
use image_lint_text::yaml::{Document, Node};

/// A blob of a catalog, or a template.
pub(super) struct Catalog;

impl Shape for Catalog {
    fn name(&self) -> &'static str {
        "olm-catalog"
    }

    fn may_be(&self, text: &str) -> bool {
        holds_all(text, &["olm.", "chema", "mage"])
    }

    fn read(&self, document: &Document<'_>, out: &mut Sink<'_>) -> bool {
        let root = document.root();
        let schema = field(root, "schema").and_then(|schema| schema.as_str());
        let Some(schema) = schema.filter(|schema| schema.starts_with("olm.")) else {
            return false;
        };
        let mut reader = Reader::new(out);
        let within = Within::source(SourceKind::CustomResource, Dialect::Kubernetes);
        let path = FieldPath::ROOT;
        match schema {
            "olm.template.basic" => {
                for (i, entry) in items(root, "entries").enumerate() {
                    bundle(&mut reader, entry, &path.key("entries").item(i), &within);
                }
            }
            "olm.semver" => {
                // operator-registry alpha/template/semver/types.go
                for channel in ["candidate", "fast", "stable"] {
                    let Some(list) = field(root, channel) else {
                        continue;
                    };
                    let path = path.key(channel);
                    for (i, entry) in items(list, "bundles").enumerate() {
                        bundle(&mut reader, entry, &path.key("bundles").item(i), &within);
                    }
                }
            }
            _ => bundle(&mut reader, root, &path, &within),
        }
        true
    }
}

/// A field; the program reads names with capitals or without (`encoding/json`).
fn field<'n>(node: Node<'n>, name: &str) -> Option<Node<'n>> {
    let is = |key: Node<'_>| {
        key.as_str()
            .is_some_and(|key| key.eq_ignore_ascii_case(name))
    };
    let found = node.pairs().find(|(key, _)| is(*key));
    found.map(|(_, value)| value)
}

fn items<'n>(node: Node<'n>, key: &str) -> impl Iterator<Item = Node<'n>> {
    field(node, key).into_iter().flat_map(|list| list.items())
}

/// `image`, `relatedImages[].image`. A bundle names itself among the related ones, too.
fn bundle(reader: &mut Reader<'_, '_>, node: Node<'_>, path: &FieldPath<'_>, within: &Within) {
    if let Some(image) = field(node, "image") {
        reader.image(image, &path.key("image"), within, Role::Run);
    }
    let related = path.key("relatedImages");
    for (i, entry) in items(node, "relatedImages").enumerate() {
        if let Some(image) = entry.get("image") {
            let path = related.item(i);
            reader.image(image, &path.key("image"), within, Role::Run);
        }
    }
}
