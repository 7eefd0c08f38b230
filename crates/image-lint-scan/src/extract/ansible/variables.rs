//! Files of variables: `defaults/` and `vars/` of roles, `group_vars/`, `host_vars/` (docs.ansible.com, "Using variables").
//!
//! What they say is kept as definitions for the tasks of the same role or project, and an image that stands there as a
//! whole is a mention of its own: the place to edit.

use super::jinja;
use crate::extract::kubernetes::Kubernetes;
use crate::extract::kubernetes::path::FieldPath;
use crate::extract::kubernetes::reader::{Reader, Within};
use crate::extract::kubernetes::split;
use crate::extract::kubernetes::within_list;
use crate::extract::variables::Dialect;
use crate::extract::{Candidate, Extractor, Sink, yaml_comments};
use image_lint_model::mention::{Expect, Role, SourceKind};
use image_lint_model::reference::ImageReference;
use image_lint_model::value::{OriginKind, Value};
use image_lint_text::source::SourceFile;
use image_lint_text::yaml::{self, Kind, Node};

/// A file of variables.
pub(in crate::extract) struct VariableFile;

/// Values that are longer name no image and no version.
const MAX_LENGTH: usize = 500;

/// Mappings of variables nest this deep.
const MAX_DEPTH: usize = 4;

impl Extractor for VariableFile {
    fn name(&self) -> &'static str {
        "ansible"
    }

    fn claims(&self, file: &Candidate<'_>) -> bool {
        let path = file.path.to_text();
        let name = file.path.file_name();
        let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
        let mut folders = path.split('/').rev().skip(1);
        let within = folders
            .clone()
            .any(|folder| matches!(folder, "group_vars" | "host_vars"));
        let bare = !name.contains('.') && within;
        (yaml && (within || matches!(folders.next(), Some("vars" | "defaults")))) || bare
    }

    fn extract(&self, file: &SourceFile, out: &mut Sink<'_>) {
        if file.text.contains("apiVersion:") && !file.text.contains("{{") {
            return Kubernetes.extract(file, out);
        }
        let whole = file.whole();
        let stream = yaml::parse(&whole);
        yaml_comments::ignores(&whole, &stream, out);
        let scope = out.extraction.new_scope();
        for document in &stream.documents {
            define(out, scope, document.root());
            let mut reader = Reader::new(out);
            let mut within = Within::source(SourceKind::Ansible, Dialect::Kubernetes);
            within.scope = Some(image_lint_model::mention::Scope {
                id: scope,
                upto: u32::MAX,
            });
            images(&mut reader, document.root(), &FieldPath::ROOT, &within, 0);
            within_list(&mut reader, document.root(), &FieldPath::ROOT, 0);
        }
        yaml_comments::cuts(&stream, out);
        for broken in &stream.unread {
            let why = format!("these variables are not YAML: {}", broken.why);
            out.skip(broken.at, why, broken.template);
        }
    }
}

/// Writes down what a mapping gives its names; keys of mappings in it have the names of both (`app.image`).
pub(super) fn define(out: &mut Sink<'_>, scope: u32, given: Node<'_>) {
    define_below(out, scope, given, "", 0);
}

fn define_below(out: &mut Sink<'_>, scope: u32, given: Node<'_>, before: &str, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    for (key, value) in given.pairs() {
        let Some(key) = key.as_str().filter(|key| key.len() < 100) else {
            continue;
        };
        let name = if before.is_empty() {
            key.to_owned()
        } else {
            format!("{before}.{key}")
        };
        match value.kind() {
            Kind::Mapping => define_below(out, scope, value, &name, depth + 1),
            Kind::Scalar => {
                if let Some(text) = value.as_str().filter(|text| text.len() < MAX_LENGTH) {
                    let text = jinja::read(text.trim());
                    out.define(
                        scope,
                        &name,
                        Some(text),
                        OriginKind::Assignment,
                        value.site(),
                    );
                }
            }
            Kind::Sequence | Kind::Null => {}
        }
    }
}

/// Variables whose names speak of an image and whose values are one.
pub(super) fn images(
    reader: &mut Reader<'_, '_>,
    node: Node<'_>,
    path: &FieldPath<'_>,
    within: &Within,
    depth: usize,
) {
    if depth > MAX_DEPTH {
        return;
    }
    for (key, value) in node.pairs() {
        let Some(key) = key.as_str() else { continue };
        let path = path.key(key);
        match value.kind() {
            Kind::Scalar if split::speaks_of_image(key) => {
                let written = value.as_str().unwrap_or("");
                let version = split::version_beside(node, key, written);
                image(reader, (value, version), &path, within);
            }
            Kind::Mapping | Kind::Sequence => images(reader, value, &path, within, depth + 1),
            Kind::Scalar | Kind::Null => {}
        }
    }
    for (i, item) in node.items().enumerate() {
        if matches!(item.kind(), Kind::Mapping | Kind::Sequence) {
            images(reader, item, &path.item(i), within, depth + 1);
        }
    }
}

/// A variable that is an image, perhaps with its version in the variable beside it.
fn image(
    reader: &mut Reader<'_, '_>,
    (node, version): (Node<'_>, Option<(String, Node<'_>)>),
    path: &FieldPath<'_>,
    within: &Within,
) {
    let read = |node: Node<'_>| {
        let mut text = reader.text(node, within.dialect)?;
        text.value = jinja::read(&text.value.written());
        Some(text)
    };
    let Some(mut text) = read(node) else {
        return;
    };
    if !says_an_image(&text.value) {
        return;
    }
    if let Some(version) = version.and_then(|(_, version)| read(version)) {
        text = split::with_version(text, version);
    }
    reader.text_mention(text, path, within, Role::Ci, Expect::Image, None);
}

/// A registry, or a tag: `debian-cloud/debian-11` is a machine's image. With variables, a path with a tag around them.
fn says_an_image(value: &Value) -> bool {
    let written = value.written();
    if written.contains("//") || written.contains(char::is_whitespace) && value.is_literal() {
        return false;
    }
    let Some(text) = value.as_known() else {
        let before = written.split("{{").next().unwrap_or("");
        return before.contains('/') && !before.starts_with('/') && !before.contains('=');
    };
    let host = text.split_once('/').map_or("", |(host, _)| host);
    let tagged = text
        .rsplit('/')
        .next()
        .is_some_and(|last| last.contains([':', '@']));
    (tagged || host.contains(['.', ':']) && !host.starts_with('.'))
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && ImageReference::parse(&text).is_ok()
}
