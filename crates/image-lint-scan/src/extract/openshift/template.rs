//! Templates: objects of every kind, with parameters that `oc process` puts in (openshift/api `template/v1`).

use crate::extract::kubernetes::object::{self, Surroundings};
use crate::extract::kubernetes::path::FieldPath;
use crate::extract::kubernetes::reader::Reader;
use crate::extract::variables::Dialect;
use image_lint_model::mention::Scope;
use image_lint_model::value::{OriginKind, Value};
use image_lint_text::yaml::Node;

/// Reads a Template: its parameters become definitions, then its objects are read as if they stood alone.
pub fn read(
    reader: &mut Reader<'_, '_>,
    node: Node<'_>,
    path: &FieldPath<'_>,
    around: &Surroundings,
) {
    let id = reader.sink.extraction.new_scope();
    let first = reader.sink.extraction.definitions.len();
    if let Some(parameters) = node.get("parameters") {
        for parameter in parameters.items() {
            define(reader, parameter, id);
        }
    }
    let inner = Surroundings {
        dialect: Dialect::Template,
        scope: Some(Scope { id, upto: u32::MAX }),
        definitions: reader.sink.extraction.definitions[first..].to_vec(),
        nesting: around.nesting + 1,
    };
    let path = path.key("objects");
    if let Some(objects) = node.get("objects") {
        for (i, item) in objects.items().enumerate() {
            object::read(reader, item, &path.item(i), &inner, None);
        }
    }
}

/// A parameter without a value: none is given, it is generated, or it is required and empty.
fn define(reader: &mut Reader<'_, '_>, parameter: Node<'_>, scope: u32) {
    let Some(name) = parameter.get("name") else {
        return;
    };
    let Some(text) = name.as_str() else { return };
    let value = parameter
        .get("value")
        .filter(|value| value.as_str().is_some());
    let generated = parameter
        .get("generate")
        .is_some_and(|generate| generate.as_str().is_some_and(|s| !s.is_empty()));
    let required = parameter.str_at(&["required"]) == Some("true");
    let known = value
        .and_then(|value| value.as_str())
        .filter(|text| !(text.is_empty() && (required || generated)));
    // Parameters are not put into parameters (openshift/library-go `template/templateprocessing`).
    let definition = known.map(Value::literal);
    let span = value
        .filter(|_| definition.is_some())
        .unwrap_or(name)
        .site();
    reader
        .sink
        .define(scope, text, definition, OriginKind::TemplateParameter, span);
}
