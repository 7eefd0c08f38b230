//! Turns fields of manifests into mentions: what every kind of object shares.

use std::collections::HashSet;

use super::path::FieldPath;
use crate::extract::variables::{self, Dialect};
use crate::extract::{Draft, Sink};
use image_lint_model::mention::{Expect, Role, Scope, SourceKind};
use image_lint_model::object::{Facts, Object};
use image_lint_model::reference::ImageReference;
use image_lint_model::value::Value;
use image_lint_text::source::Span;
use image_lint_text::yaml::{Kind, Node};

/// What surrounds the fields of one object.
#[derive(Clone, Copy, Debug)]
pub struct Within {
    pub source: SourceKind,
    pub dialect: Dialect,
    /// The definitions its variables see.
    pub scope: Option<Scope>,
    /// Index of the object in the extraction.
    pub object: Option<u32>,
}

impl Within {
    /// A source with variables of manifests, and no object.
    pub fn source(source: SourceKind, dialect: Dialect) -> Self {
        Within {
            source,
            dialect,
            scope: None,
            object: None,
        }
    }
}

/// Reads the fields of one file's objects.
pub struct Reader<'s, 'f> {
    pub sink: &'s mut Sink<'f>,
    /// Where mentions start: what several aliases lead to is one mention.
    seen: HashSet<u32>,
}

/// A string of the tree, ready for a mention.
pub struct Text {
    pub span: Span,
    pub value: Value,
    /// The anchor of an alias, or the alias that leads here.
    pub also: Vec<Span>,
}

impl<'s, 'f> Reader<'s, 'f> {
    pub fn new(sink: &'s mut Sink<'f>) -> Self {
        Reader {
            sink,
            seen: HashSet::new(),
        }
    }

    /// The string of a scalar (or of nothing, which is empty), without outer white space. None for collections, except
    /// that `{{ x }}` without quotes reads as mappings and is a template's variable.
    pub fn text(&self, node: Node<'_>, dialect: Dialect) -> Option<Text> {
        let (span, value) = match node.kind() {
            Kind::Null => (node.site(), Value::literal("")),
            Kind::Scalar => {
                let text = node.as_str()?;
                let trimmed = text.trim();
                let span = if trimmed.len() == text.len() || node.alias().is_some() {
                    node.site()
                } else {
                    let start = text.len() - text.trim_start().len();
                    node.text().outer(Span::new(start, start + trimmed.len()))
                };
                let value = if trimmed.is_empty() {
                    Value::literal("")
                } else {
                    variables::read(trimmed, dialect)
                };
                (span, value)
            }
            Kind::Mapping if node.raw().starts_with("{{") => {
                (node.site(), variables::read(node.raw().trim(), dialect))
            }
            Kind::Mapping | Kind::Sequence => return None,
        };
        let also = match (node.alias(), node.through()) {
            (Some(_), _) => vec![node.span()],
            (None, Some(through)) => vec![through],
            (None, None) => Vec::new(),
        };
        Some(Text { span, value, also })
    }

    /// The value of a field that names something: empty when there is none.
    pub fn value(&self, node: Option<Node<'_>>, dialect: Dialect) -> Option<Value> {
        node.filter(|node| !node.is_null())
            .and_then(|node| self.text(node, dialect))
            .map(|text| text.value)
    }

    /// An image named by a field, however it looks.
    pub fn image(
        &mut self,
        node: Node<'_>,
        path: &FieldPath<'_>,
        within: &Within,
        role: Role,
    ) -> Option<u32> {
        self.mention(node, path, within, role, Expect::Image, None)
    }

    pub fn mention(
        &mut self,
        node: Node<'_>,
        path: &FieldPath<'_>,
        within: &Within,
        role: Role,
        expect: Expect,
        container: Option<&str>,
    ) -> Option<u32> {
        let mut text = self.text(node, within.dialect)?;
        // What a container or a Compose file names is taken as it is written, white space included.
        let as_written = container.is_some() || within.source == SourceKind::Compose;
        if let Some(whole) = node.as_str().filter(|_| as_written)
            && whole.trim().len() != whole.len()
            && !whole.trim().is_empty()
        {
            text.value = variables::read(whole, within.dialect);
        }
        self.text_mention(text, path, within, role, expect, container)
    }

    /// A mention of a string that was put together by the caller. None when its place was already mentioned.
    pub fn text_mention(
        &mut self,
        text: Text,
        path: &FieldPath<'_>,
        within: &Within,
        role: Role,
        expect: Expect,
        container: Option<&str>,
    ) -> Option<u32> {
        if !self.seen.insert(text.span.start) {
            return None;
        }
        let mut draft = Draft::image(text.span, text.value, role, within.source, path.to_string());
        draft.expect = expect;
        draft.scope = within.scope;
        draft.object = within.object;
        draft.container = container.map(Into::into);
        draft.also = text.also;
        self.sink.mention(draft)
    }

    /// Whether a place is already a mention.
    pub fn is_seen(&self, span: Span) -> bool {
        self.seen.contains(&span.start)
    }

    /// An image named by a field of which nothing says that it must be one: taken only when it looks like a reference.
    pub fn plausible_image(
        &mut self,
        node: Node<'_>,
        path: &FieldPath<'_>,
        within: &Within,
        plain_names: bool,
    ) -> Option<u32> {
        let text = self.text(node, within.dialect)?;
        if !looks_like_image(&text.value, plain_names) {
            return None;
        }
        self.text_mention(text, path, within, Role::Run, Expect::Image, None)
    }

    /// Writes an object down; [`Reader::finish`] takes it back when nothing came of it.
    pub fn begin(&mut self, node: Node<'_>, kind: &str, dialect: Dialect) -> u32 {
        let named = node.at(&["metadata", "name"]);
        let span = named.map_or_else(
            || Span {
                end: node.span().start,
                ..node.span()
            },
            |name| name.site(),
        );
        let place = self.sink.place(span);
        let name = self.value(named, dialect).unwrap_or_default();
        let namespace = self.value(node.at(&["metadata", "namespace"]), dialect);
        let api_version = node.str_at(&["apiVersion"]).unwrap_or("").into();
        let objects = &mut self.sink.extraction.objects;
        objects.push(Object {
            place,
            kind: kind.into(),
            api_version,
            name,
            namespace,
            facts: Facts::Other,
        });
        objects.len() as u32 - 1
    }

    /// Gives an object its facts. `mentions` is how many mentions there were at [`Reader::begin`].
    pub fn finish(&mut self, object: u32, facts: Facts, mentions: usize) {
        let extraction = &mut self.sink.extraction;
        let needed = !matches!(facts, Facts::Other) || extraction.mentions.len() > mentions;
        if let Some(entry) = extraction.objects.get_mut(object as usize) {
            entry.facts = facts;
        }
        if !needed && extraction.objects.len() as u32 == object + 1 {
            extraction.objects.pop();
        }
    }
}

/// File types that are no container images, though their names pass the grammar.
const FILES: [&str; 20] = [
    ".png", ".jpg", ".jpeg", ".gif", ".svg", ".ico", ".webp", ".bmp", ".qcow2", ".iso", ".img",
    ".raw", ".vmdk", ".vhd", ".ova", ".tar", ".gz", ".xz", ".zip", ".sif",
];

/// Whether a string of an unknown field is an image name. With `plain_names`, words without registry, path, tag and
/// digest (`nginx`) are taken too.
pub fn looks_like_image(value: &Value, plain_names: bool) -> bool {
    let Some(text) = value.as_known() else {
        // With variables the grammar cannot say; a path and a tag around them can.
        return value.pieces.len() > 1
            && value.written().contains(['/', ':'])
            && !value.written().contains("://");
    };
    let name = text.split('@').next().unwrap_or("").to_ascii_lowercase();
    if FILES.iter().any(|ending| name.ends_with(ending)) || text.contains("//") {
        return false;
    }
    match ImageReference::parse(&text) {
        Ok(reference) => plain_names || is_specific(&text, &reference),
        Err(_) => false,
    }
}

/// It says more than a word does: a registry, a path with a tag, a digest.
fn is_specific(text: &str, reference: &ImageReference) -> bool {
    let tagged = !reference.tag_implied;
    // `8080:80`, `10:30` and `v1:x` are no images, `nginx:1.25` is.
    let worded = text.contains('/')
        || (reference.repository.len() > "library/x".len()
            && !text.starts_with(|c: char| c.is_ascii_digit()));
    worded
        && (reference.digest.is_some()
            || !reference.short
            || (tagged && text.contains(':'))
            || text.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_unknown_fields_are_judged_by_their_looks() {
        for (text, plain, expected, why) in [
            ("quay.io/a/b:1", false, true, "full"),
            ("nginx:1.25", false, true, "tagged"),
            ("a/b", false, true, "path"),
            ("nginx", false, false, "a word"),
            ("nginx", true, true, "a word where an image is expected"),
            ("favicon.png", true, false, "a picture"),
            ("img/logo.svg", false, false, "a picture with a path"),
            ("fedora-39.qcow2", true, false, "a disk"),
            ("Visual Studio 2015", true, false, "a CI machine"),
            ("ko://github.com/a/b", true, false, "an import path"),
            ("//x:y", true, false, "a bazel label"),
            ("https://a/b", true, false, "an address"),
            ("10:30", false, false, "a time"),
            ("${IMAGE}", false, false, "nothing but a variable"),
            ("quay.io/a:${TAG}", false, true, "a path around a variable"),
            ("https://x/${V}", false, false, "an address with a variable"),
            ("imageValue", true, false, "uppercase"),
            ("", true, false, "empty"),
        ] {
            assert_eq!(
                looks_like_image(&variables::read(text, Dialect::Kubernetes), plain),
                expected,
                "{why}"
            );
        }
    }
}
