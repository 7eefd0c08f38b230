//! Manifests of a cluster, as YAML or JSON: every document with a `kind`, whatever project it belongs to.
//!
//! This room knows how objects nest (lists, Templates, PodSpecs) and which room reads which kind. It decides by path and
//! kind: a key called `image` proves nothing.

mod embedded;
mod helm_sources;
mod large_list;
mod nodes;
pub mod object;
pub mod path;
pub mod pod;
pub mod reader;
pub mod repository_key;
pub mod secrets;
pub mod split;
pub mod unparsed;

#[cfg(test)]
mod tests;

use memchr::memmem;

use super::shapes::{Candidates, holds_any};
use super::{Candidate, Extractor, Sink};
use image_lint_text::source::{SourceFile, SourceText};
use image_lint_text::yaml;
use object::Surroundings;
use path::FieldPath;
use reader::Reader;

pub struct Kubernetes;

/// Endings of files that hold manifests, templates of them included.
const ENDINGS: [&str; 13] = [
    ".yaml",
    ".yml",
    ".json",
    ".yaml.tmpl",
    ".yml.tmpl",
    ".yaml.in",
    ".yml.in",
    ".yaml.j2",
    ".yml.j2",
    ".yaml.tpl",
    ".yml.tpl",
    ".yaml.template",
    ".yml.template",
];

/// Well-known JSON files of other tools; they are large and never manifests.
const OTHER_JSON: [&str; 6] = [
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "composer.json",
    "renovate.json",
    "devcontainer.json",
];

impl Extractor for Kubernetes {
    fn name(&self) -> &'static str {
        "manifest"
    }

    fn claims(&self, file: &Candidate<'_>) -> bool {
        let name = file.path.file_name();
        // A file that is named by itself may be spelled in capitals.
        let ends = |ending: &&str| {
            let at = name.len().checked_sub(ending.len());
            let end = at.and_then(|at| name.get(at..));
            end.is_some_and(|end| end.eq_ignore_ascii_case(ending))
        };
        ENDINGS.iter().any(ends) && !OTHER_JSON.contains(&&*name)
    }

    fn worth_reading(&self, text: &str) -> bool {
        yaml::spells_words(text) || is_manifest(text) || !Candidates::of(text, false).is_empty()
    }

    fn worth_reading_extended(&self, text: &str) -> bool {
        yaml::spells_words(text) || is_manifest(text) || !Candidates::of(text, true).is_empty()
    }

    fn worth_reading_strictly(&self, text: &str) -> bool {
        self.worth_reading(text)
    }

    fn extract(&self, file: &SourceFile, out: &mut Sink<'_>) {
        let whole = file.whole();
        if let Some(list) = large_list::find(&file.text) {
            return large_list::read(&mut Reader::new(out), &whole, &list);
        }
        let shapes = Candidates::of(&file.text, out.extended);
        let stream = yaml::parse_where(&whole, |document| {
            worth_parsing(document) || shapes.worth_parsing(document)
        });
        crate::extract::yaml_comments::ignores(&whole, &stream, out);
        helm_sources::read(file, &stream, out);
        let mut unread = stream.unread.iter().peekable();
        let mut documents = stream.documents.iter().peekable();
        let mut told = false;
        let mut known = !stream.unread.is_empty();
        let mut reader = Reader::new(out);
        // In the order of the text, whatever could be parsed.
        loop {
            let broken_first = match (documents.peek(), unread.peek()) {
                (Some(document), Some(broken)) => broken.span.start < document.span().start,
                (None, Some(_)) => true,
                (_, None) => false,
            };
            if broken_first {
                let Some(broken) = unread.next() else { break };
                unparsed::read(&mut reader, &whole, broken);
                // One template in a file says it for all.
                if !(broken.template && std::mem::replace(&mut told, true)) {
                    reader.sink.skip(
                        broken.at,
                        format!("this document is not YAML: {}", broken.why),
                        broken.template,
                    );
                }
            } else {
                let Some(document) = documents.next() else {
                    break;
                };
                if let Some(name) = shapes.read(document, reader.sink) {
                    reader.sink.reader = Some(name);
                    known = true;
                    continue;
                }
                known |= document.root().str_at(&["kind"]).is_some();
                if document.root().kind() == yaml::Kind::Sequence {
                    within_list(&mut reader, document.root(), &FieldPath::ROOT, 0);
                } else {
                    object::read(
                        &mut reader,
                        document.root(),
                        &FieldPath::ROOT,
                        &Surroundings::default(),
                        None,
                    );
                }
            }
        }
        let extraction = &reader.sink.extraction;
        reader.sink.nothing = !known && extraction.mentions.is_empty();
        crate::extract::yaml_comments::cuts(&stream, reader.sink);
    }
}

/// Reads the objects of a text within another file.
pub(in crate::extract) fn embedded(text: &SourceText<'_>, sink: &mut Sink<'_>) {
    let stream = yaml::parse_where(text, worth_parsing);
    let mut reader = Reader::new(sink);
    for document in &stream.documents {
        object::read(
            &mut reader,
            document.root(),
            &FieldPath::ROOT,
            &Surroundings::default(),
            None,
        );
    }
    for broken in &stream.unread {
        unparsed::read(&mut reader, text, broken);
    }
}

/// Reads a part of an object, or a list of operations, within another file: what `kubectl patch` is given.
pub(in crate::extract) fn embedded_part(text: &SourceText<'_>, sink: &mut Sink<'_>) {
    let parts = Candidates::of(&text.text, false);
    for document in &yaml::parse(text).documents {
        parts.read(document, sink);
    }
}

/// Objects in a list of something else: `k8s.definition` of Ansible's tasks.
pub(in crate::extract) fn within_list(
    reader: &mut Reader<'_, '_>,
    node: yaml::Node<'_>,
    path: &FieldPath<'_>,
    depth: usize,
) {
    if depth > 12 {
        return;
    }
    if node.str_at(&["kind"]).is_some() && node.str_at(&["apiVersion"]).is_some() {
        return object::read(reader, node, path, &Surroundings::default(), None);
    }
    for (i, item) in node.items().enumerate() {
        within_list(reader, item, &path.item(i), depth + 1);
    }
    for (key, value) in node.pairs() {
        if let Some(key) = key.as_str() {
            within_list(reader, value, &path.key(key), depth + 1);
        }
    }
}

/// Words one of which stands in every document that names an image or says how one is pulled.
fn names_image(text: &[u8]) -> bool {
    // `image`, `Image` in any key; credentials and inline Dockerfiles; Tekton bundles; `docker://` disks; artifacts.
    [
        &b"mage"[..],
        b"docker",
        b"bundle",
        b"IMAGE",
        b"oci://",
        b"pkg.crossplane.io",
        // What names charts and kustomizations that are deployed.
        b"toolkit.fluxcd.io",
        b"argoproj.io",
        b"helm.cattle.io",
    ]
    .iter()
    .any(|word| memmem::find(text, word).is_some())
}

fn is_manifest(text: &str) -> bool {
    let bytes = text.as_bytes();
    names_image(bytes)
        && (memmem::find(bytes, b"apiVersion").is_some() || is_part_of_manifest(bytes))
}

/// A part of a manifest that a chart puts into others.
fn is_part_of_manifest(text: &[u8]) -> bool {
    memmem::find(text, b"ontainers:").is_some() && memmem::find(text, b"{{").is_some()
}

/// Whether a document is parsed: a CustomResourceDefinition, often the bulk of a file, is only a schema.
fn worth_parsing(document: &str) -> bool {
    let bytes = document.as_bytes();
    yaml::spells_words(document)
        || names_image(bytes)
            && (memmem::find(bytes, b"kind").is_some() || is_part_of_manifest(bytes))
            && !is_definition(document)
}

/// Whether a document is a CustomResourceDefinition for certain: its first lines say so, and no other key of its mapping
/// may say something else. (The line alone may be one of a quoted text.)
pub(crate) fn is_definition(document: &str) -> bool {
    let said_first = || {
        let mut lines = document
            .lines()
            .map(str::trim_end)
            .filter(|line| !(line.is_empty() || line.starts_with('#') || *line == "---"));
        let first = lines.next().unwrap_or_default();
        first.starts_with("apiVersion: apiextensions.k8s.io/v1")
            && lines.next() == Some("kind: CustomResourceDefinition")
    };
    let other_keys = ["\n\"", "\n'", "\n?", "\n!", "\n&", "\n*", "\n<<", "\n{"];
    memmem::find(document.as_bytes(), b"\nkind: CustomResourceDefinition").is_some()
        && said_first()
        && memmem::find_iter(document.as_bytes(), b"\nkind").count() == 1
        && !holds_any(document, &other_keys)
}
