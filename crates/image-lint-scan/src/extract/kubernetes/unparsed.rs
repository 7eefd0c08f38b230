//! Documents that are not YAML, most of them Helm templates: their lines are read one by one, by the same paths.

use super::path::FieldPath;
use super::reader::{Reader, Text, Within, looks_like_image};
use crate::extract::variables::{self, Dialect};
use image_lint_model::mention::{Expect, Role, Scope, SourceKind};
use image_lint_model::value::{OriginKind, Value};
use image_lint_text::source::{SourceText, Span};
use image_lint_text::yaml::Unread;
use image_lint_text::yaml::scan;

/// What the scan keeps of a line.
struct Row<'t> {
    path: String,
    group: u32,
    key: &'t str,
    value: &'t str,
    span: Span,
}

/// Keys whose lists hold containers, steps or the like.
const LISTS: [&str; 9] = [
    "containers",
    "initContainers",
    "ephemeralContainers",
    "steps",
    "sidecars",
    "stepTemplate",
    "container",
    "script",
    "images",
];

/// Keys under which an `image` is none.
const TRAPS: [&str; 8] = [
    "rbd",
    "status",
    "properties",
    "containerStatuses",
    "metadata",
    "annotations",
    "withItems",
    "example",
];

/// Reads what can be read of a document that does not parse.
pub fn read(reader: &mut Reader<'_, '_>, text: &SourceText<'_>, unread: &Unread) {
    let mut rows: Vec<Row<'_>> = Vec::new();
    scan::lines(&text.text, unread.span, |line| {
        let wanted = matches!(
            line.key,
            "kind" | "apiVersion" | "name" | "namespace" | "value" | "dockerImageRepository"
        ) || line.key == "image"
            || line.key.ends_with("Image");
        if wanted {
            let path = line.parents.iter().fold(String::new(), |mut path, key| {
                if *key != "-" && !path.is_empty() {
                    path.push('.');
                }
                path.push_str(if *key == "-" { "[]" } else { key });
                path
            });
            rows.push(Row {
                path,
                group: line.group,
                key: line.key,
                value: line.value,
                span: line.span,
            });
        }
    });
    let root = |key: &str| {
        rows.iter()
            .find(|row| row.path.is_empty() && row.key == key)
            .map(|row| row.value)
    };
    let kind = match (root("kind"), root("apiVersion")) {
        (Some(kind), Some(_)) => kind,
        // A part of a manifest, as charts include it: only its containers say what they are.
        _ if unread.template => {
            let container = |row: &Row<'_>| {
                ["containers[]", "initContainers[]"]
                    .iter()
                    .any(|end| row.path.ends_with(end))
            };
            rows.retain(|row| row.key == "image" && container(row));
            ""
        }
        _ => return,
    };
    if kind == "CustomResourceDefinition" {
        return;
    }
    let openshift = matches!(
        kind,
        "Template" | "BuildConfig" | "ImageStream" | "DeploymentConfig"
    );
    let mut within = Within::source(SourceKind::Kubernetes, Dialect::Kubernetes);
    within.source = match () {
        () if unread.template && is_chart(reader) => SourceKind::Helm,
        () if openshift => SourceKind::OpenShift,
        () => SourceKind::Kubernetes,
    };
    if kind == "Template" {
        within.dialect = Dialect::Template;
        within.scope = Some(parameters(reader, text, &rows));
    }
    for (i, row) in rows.iter().enumerate() {
        let keys = || {
            row.path
                .split(['.', '[', ']'])
                .filter(|key| !key.is_empty())
        };
        if keys().any(|key| TRAPS.contains(&key)) {
            continue;
        }
        let value = || variables::read(row.value, within.dialect);
        let (role, expect) = match row.key {
            "image"
                if keys().any(|key| LISTS.contains(&key))
                    && !row.value.starts_with(['{', '|', '>']) =>
            {
                (Role::Run, Expect::Image)
            }
            "image" if row.value.starts_with("{{") && keys().any(|key| LISTS.contains(&key)) => {
                (Role::Run, Expect::Image)
            }
            // The image of an operator's object, computed as a whole: nothing but its place says what it is.
            "image" if row.path == "spec" && row.value.starts_with("{{") => {
                (Role::Run, Expect::Image)
            }
            "dockerImageRepository" => (Role::Run, Expect::Repository),
            "name" if docker_image(&rows, i) => {
                match row.path.contains("strategy") || row.path.contains("source") {
                    true => (Role::BuildBase, Expect::Image),
                    false => (Role::Run, Expect::Image),
                }
            }
            // A key that says less: only what looks like a reference.
            key if key == "image" || key.ends_with("Image") => {
                if super::split::speaks_of_image(key) && looks_like_image(&value(), false) {
                    (Role::Run, Expect::Image)
                } else {
                    continue;
                }
            }
            _ => continue,
        };
        if row.value.is_empty() && row.key != "image" {
            continue;
        }
        let span = text.outer(row.span);
        let path = FieldPath::ROOT;
        let field = if row.path.is_empty() {
            row.key.to_owned()
        } else {
            format!("{}.{}", row.path, row.key)
        };
        let text = Text {
            span,
            value: value(),
            also: Vec::new(),
        };
        reader.text_mention(text, &path.key(&field), &within, role, expect, None);
    }
}

/// A file of a chart's `templates` folder.
fn is_chart(reader: &Reader<'_, '_>) -> bool {
    let path = reader.sink.file().path.to_text();
    path.split('/')
        .any(|part| part == "templates" || part == "charts")
}

/// The row is `name:` beside `kind: DockerImage`.
fn docker_image(rows: &[Row<'_>], i: usize) -> bool {
    let near = &rows[i.saturating_sub(2)..rows.len().min(i + 3)];
    near.iter()
        .any(|row| row.group == rows[i].group && row.key == "kind" && row.value == "DockerImage")
}

/// The parameters of a Template, as far as they stand on lines of their own.
fn parameters(reader: &mut Reader<'_, '_>, text: &SourceText<'_>, rows: &[Row<'_>]) -> Scope {
    let id = reader.sink.extraction.new_scope();
    for (i, row) in rows
        .iter()
        .enumerate()
        .filter(|(_, row)| row.path == "parameters[]" && row.key == "name")
    {
        let near = &rows[i.saturating_sub(2)..rows.len().min(i + 3)];
        let value = near
            .iter()
            .find(|other| other.group == row.group && other.key == "value");
        let span = text.outer(value.map_or(row.span, |value| value.span));
        let value = value.map(|row| Value::literal(row.value));
        reader
            .sink
            .define(id, row.value, value, OriginKind::TemplateParameter, span);
    }
    Scope { id, upto: u32::MAX }
}
