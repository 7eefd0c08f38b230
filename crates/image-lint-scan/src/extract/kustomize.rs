//! Kustomizations: which images they put in place of which, and what they are made of
//! (kubernetes-sigs/kustomize `api/types/image.go`, `api/internal/image`).
//!
//! What a rewrite means for the manifests below is not known here.

pub(super) mod patches;

use super::kubernetes::path::FieldPath;
use super::kubernetes::reader::{Reader, Text, Within};
use super::variables::Dialect;
use super::{Candidate, Extractor, Sink};
use image_lint_model::mention::{EntryKey, Expect, NamedIn, Role, SourceKind};
use image_lint_model::object::Facts;
use image_lint_model::value::{Piece, Value};
use image_lint_text::source::SourceFile;
use image_lint_text::yaml::{self, Node};

pub struct Kustomize;

/// Names that kustomize takes (`api/konfig`), `Kustomization` without an ending included.
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

impl Extractor for Kustomize {
    fn name(&self) -> &'static str {
        "kustomize"
    }

    fn claims(&self, file: &Candidate<'_>) -> bool {
        NAMES.contains(&&*file.path.file_name())
    }

    fn extract(&self, file: &SourceFile, out: &mut Sink<'_>) {
        let whole = file.whole();
        let stream = yaml::parse(&whole);
        crate::extract::yaml_comments::ignores(&whole, &stream, out);
        let mut reader = Reader::new(out);
        for document in &stream.documents {
            let node = document.root();
            // Without a kind the file's name makes it one.
            let kind = node.str_at(&["kind"]).unwrap_or("Kustomization").to_owned();
            let mentions = reader.sink.extraction.mentions.len();
            let object = reader.begin(node, &kind, Dialect::Kubernetes);
            let facts = read(&mut reader, node, &FieldPath::ROOT);
            reader.finish(object, facts, mentions);
        }
        for broken in &stream.unread {
            reader.sink.skip(
                broken.at,
                format!("this kustomization is not YAML: {}", broken.why),
                broken.template,
            );
        }
    }
}

/// Reads a Kustomization or Component by itself: the images that its entries and its own patches name. What becomes of
/// them is known when it is built.
pub fn read(reader: &mut Reader<'_, '_>, node: Node<'_>, path: &FieldPath<'_>) -> Facts {
    // The object is the one that was begun last; patches begin others.
    let object = (reader.sink.extraction.objects.len() as u32).checked_sub(1);
    let within = Within {
        object,
        ..Within::source(SourceKind::Kustomize, Dialect::Kubernetes)
    };
    entries(reader, node, path, &within);
    Facts::Other
}

/// The `images` and `patches` of a kustomization, or of what takes the same fields.
pub(super) fn entries(
    reader: &mut Reader<'_, '_>,
    node: Node<'_>,
    path: &FieldPath<'_>,
    within: &Within,
) {
    for key in ["images", "imageTags"] {
        let path = path.key(key);
        let items = node.get(key).into_iter().flat_map(|list| list.items());
        for (i, entry) in items.enumerate() {
            image(reader, entry, &path.item(i), within);
        }
    }
    patches::read(reader, node, path);
}

/// One entry. What it makes of `name` is mentioned at its last part; without a tag or digest of its own it keeps that of
/// the manifest, so only the repository is named here.
fn image(
    reader: &mut Reader<'_, '_>,
    entry: Node<'_>,
    path: &FieldPath<'_>,
    within: &Within,
) -> Option<u32> {
    let full = |key: &'static str| {
        entry
            .get(key)
            .filter(|node| node.as_str().is_some_and(|text| !text.is_empty()))
    };
    let base = full("newName").or(entry.get("name"))?;
    let key = if full("newName").is_some() {
        EntryKey::NewName
    } else {
        EntryKey::Name
    };
    let mut parts = vec![("", base, key)];
    parts.extend(full("newTag").map(|node| (":", node, EntryKey::NewTag)));
    if full("newTag").is_some() {
        parts.extend(full("tagSuffix").map(|node| ("", node, EntryKey::TagSuffix)));
    }
    parts.extend(full("digest").map(|node| ("@", node, EntryKey::Digest)));
    // The suffix of a tag that the manifest gives.
    let suffix = full("tagSuffix").filter(|_| parts.len() == 1);
    if parts.len() == 1 && full("newName").is_none() && suffix.is_none() {
        return None;
    }
    let tagged = parts.len() > 1;
    let mut value = Value::default();
    let mut spans = Vec::new();
    let mut last = key;
    for (mark, node, key) in parts {
        let part = reader.text(node, within.dialect)?;
        value.push_literal(mark);
        for piece in part.value.pieces {
            match piece {
                Piece::Literal(text) => value.push_literal(&text),
                other => value.pieces.push(other),
            }
        }
        spans.push(part.span);
        last = key;
    }
    if let Some(suffix) = suffix {
        spans.push(suffix.site());
        last = EntryKey::TagSuffix;
    }
    let span = spans.pop()?;
    let expect = if tagged {
        Expect::Image
    } else {
        Expect::Repository
    };
    let text = Text {
        span,
        value,
        also: spans,
    };
    let path = path.key(last.as_str());
    let index = reader.text_mention(text, &path, within, Role::Run, expect, None)?;
    reader.sink.extraction.mentions[index as usize].named_in = NamedIn::Entry(last);
    Some(index)
}
