//! What overwrites a container's image from an ImageStream: ImageChange triggers of a DeploymentConfig, and the
//! annotation `image.openshift.io/triggers` on any workload.

use serde::Deserialize;

use crate::extract::kubernetes::path::FieldPath;
use crate::extract::kubernetes::reader::{Reader, Within};
use crate::extract::variables;
use image_lint_model::mention::{Expect, Role, StreamKind};
use image_lint_model::object::Trigger;
use image_lint_text::yaml::Node;

/// `spec.triggers[]` of type ImageChange; each `from` is a mention of a stream.
pub(super) fn of_deployment_config(
    reader: &mut Reader<'_, '_>,
    node: Node<'_>,
    path: &FieldPath<'_>,
    within: &Within,
) -> Vec<Trigger> {
    let mut triggers = Vec::new();
    let Some(list) = node.at(&["spec", "triggers"]) else {
        return triggers;
    };
    let path = path.key("spec.triggers");
    for (i, item) in list.items().enumerate() {
        let Some(params) = item.get("imageChangeParams") else {
            continue;
        };
        let Some(from) = params.get("from") else {
            continue;
        };
        let Some(name) = from.get("name") else {
            continue;
        };
        super::reference(
            reader,
            from,
            &path.item(i).key("imageChangeParams.from"),
            within,
            Role::Stream,
        );
        let Some(value) = reader.value(Some(name), within.dialect) else {
            continue;
        };
        let containers = params.get("containerNames").map(|names| {
            names
                .items()
                .filter_map(|name| name.as_str().map(Into::into))
                .collect()
        });
        let place = reader.sink.place(name.site());
        let namespace = reader.value(from.get("namespace"), within.dialect);
        triggers.push(Trigger {
            place,
            containers: containers.unwrap_or_default(),
            from: value,
            namespace,
        });
    }
    triggers
}

/// One entry of the annotation (openshift/docs, "Triggering updates on image stream changes").
#[derive(Deserialize)]
struct Entry {
    from: From,
    #[serde(rename = "fieldPath", default)]
    field_path: String,
    /// The trigger is off, and the image stays as it is written.
    paused: Option<bool>,
}

#[derive(Deserialize)]
struct From {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    name: String,
    namespace: Option<String>,
}

/// Triggers that the annotation of a workload lists. An entry that names its container by position counts for all
/// containers of its name only when the position can be looked up.
pub fn from_annotation(
    reader: &mut Reader<'_, '_>,
    node: Node<'_>,
    within: &Within,
) -> Vec<Trigger> {
    let Some(annotation) = node.at(&["metadata", "annotations", "image.openshift.io/triggers"])
    else {
        return Vec::new();
    };
    let Some(text) = annotation.as_str() else {
        return Vec::new();
    };
    let Ok(entries) = serde_json::from_str::<Vec<Entry>>(text) else {
        return Vec::new();
    };
    let place = reader.sink.place(annotation.site());
    let mut triggers = Vec::new();
    for entry in entries
        .into_iter()
        .filter(|entry| matches!(&*entry.from.kind, "ImageStreamTag" | "ImageStreamImage"))
    {
        if entry.from.name.is_empty() || entry.paused == Some(true) {
            continue;
        }
        let Some(container) = container_of(node, &entry.field_path) else {
            continue;
        };
        let from = variables::read(&entry.from.name, within.dialect);
        let namespace = entry
            .from
            .namespace
            .map(|namespace| variables::read(&namespace, within.dialect));
        triggers.push(Trigger {
            place,
            containers: vec![container.into()],
            from,
            namespace,
        });
    }
    if !triggers.is_empty() {
        mention_streams(reader, annotation, &triggers, within);
    }
    triggers
}

/// The first stream that the annotation names is a mention at its name within the JSON text.
fn mention_streams(
    reader: &mut Reader<'_, '_>,
    annotation: Node<'_>,
    triggers: &[Trigger],
    within: &Within,
) {
    let text = annotation.text();
    let path = FieldPath::ROOT;
    for trigger in triggers {
        let written = trigger.from.written();
        let Some(start) = text.text.find(&written) else {
            continue;
        };
        let span = text.outer(image_lint_text::source::Span::new(
            start,
            start + written.len(),
        ));
        let expect = Expect::Stream {
            kind: StreamKind::ImageStreamTag,
            namespace: trigger
                .namespace
                .as_ref()
                .and_then(|namespace| namespace.as_known())
                .map(Into::into),
        };
        let text = crate::extract::kubernetes::reader::Text {
            span,
            value: trigger.from.clone(),
            also: Vec::new(),
        };
        let path = path.key("metadata.annotations.image.openshift.io/triggers");
        reader.text_mention(text, &path, within, Role::Stream, expect, None);
    }
}

/// The container's name of `spec.template.spec.containers[?(@.name=="web")].image` or `…containers[0].image`.
fn container_of<'d>(node: Node<'d>, field_path: &str) -> Option<&'d str> {
    let (way, rest) = field_path.split_once("ontainers[")?;
    let list = if way.ends_with("initC") {
        "initContainers"
    } else {
        "containers"
    };
    let owner = way
        .strip_suffix("initC")
        .or_else(|| way.strip_suffix('c'))?;
    let keys: Vec<&str> = owner.split('.').filter(|key| !key.is_empty()).collect();
    let containers = node.at(&keys)?.get(list)?;
    // library-go, `ContainerForObjectFieldPath`: nothing else than the image is replaced.
    let selector = rest.strip_suffix("].image")?;
    let wanted = selector.split(['"', '\'']).nth(1);
    match (wanted, selector.parse::<usize>()) {
        (Some(wanted), _) => containers
            .items()
            .find_map(|item| item.str_at(&["name"]).filter(|name| *name == wanted)),
        (None, Ok(position)) => containers.items().nth(position)?.str_at(&["name"]),
        _ => None,
    }
}
