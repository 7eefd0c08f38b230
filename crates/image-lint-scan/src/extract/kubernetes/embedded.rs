//! What ConfigMaps and Secrets hold as strings: manifests, Helm values, Dockerfiles, scripts. Off by default, since nothing says that
//! the cluster ever runs them. Secrets' `data` stays closed: only what is written in plain text is read.

use memchr::memmem;

use super::object::{self, Surroundings};
use super::path::FieldPath;
use super::reader::Reader;
use super::unparsed;
use crate::extract::dockerfile::{self, Embedding};
use crate::extract::helm;
use crate::extract::shell::{self, ScriptContext};
use image_lint_model::mention::SourceKind;
use image_lint_text::source::SourceText;
use image_lint_text::yaml::{self, Node};

/// A longer string is no file that a person wrote.
const MAX_LENGTH: usize = 1024 * 1024;

/// Reads the strings below `field` (`data` of a ConfigMap, `stringData` of a Secret).
pub(super) fn read(
    reader: &mut Reader<'_, '_>,
    node: Node<'_>,
    field: &str,
    path: &FieldPath<'_>,
    around: &Surroundings,
    object: u32,
) {
    if !reader.sink.extended {
        return;
    }
    let path = path.key(field);
    for (key, value) in node.get(field).into_iter().flat_map(|data| data.pairs()) {
        let (Some(key), Some(text)) = (key.as_str(), value.as_str()) else {
            continue;
        };
        // Credentials are never looked into here.
        if !key.starts_with(".docker") && text.len() < MAX_LENGTH {
            one(reader, &value.text(), key, &path.key(key), around, object);
        }
    }
}

fn one(
    reader: &mut Reader<'_, '_>,
    text: &SourceText<'static>,
    key: &str,
    path: &FieldPath<'_>,
    around: &Surroundings,
    object: u32,
) {
    let bytes = text.text.as_bytes();
    let field = path.to_string();
    if dockerfile::is_dockerfile(key) {
        let embedding = Embedding {
            source: SourceKind::Kubernetes,
            field: &field,
            replaced_from: false,
            build_args: &[],
            enclosing: around.scope,
            object: Some(object),
        };
        dockerfile::extract_embedded(text, &embedding, reader.sink);
    } else if key.ends_with(".sh") || shell::shebang(bytes) {
        let mut context = ScriptContext::new(SourceKind::Kubernetes, &field, object);
        context.scope = around.scope;
        context.object = Some(object);
        shell::extract_script(text, &context, reader.sink);
    } else if helm::is_values(key) {
        // For a chart that is elsewhere: without its own values, and what it sets without a tag has that chart's.
        for document in &yaml::parse(text).documents {
            helm::values(document.root(), false, reader.sink);
        }
    } else if [&b"apiVersion"[..], b"kind"]
        .iter()
        .all(|word| memmem::find(bytes, word).is_some())
    {
        let inner = Surroundings {
            nesting: around.nesting + 1,
            ..around.clone()
        };
        let stream = yaml::parse(text);
        for document in &stream.documents {
            object::read(reader, document.root(), path, &inner, None);
        }
        for broken in &stream.unread {
            unparsed::read(reader, text, broken);
            reader.sink.skip(
                broken.at,
                format!("this text is not YAML: {}", broken.why),
                true,
            );
        }
    }
}
