//! Patches that stand within a kustomization (kubernetes-sigs/kustomize `api/types/patch.go`): parts of objects, and lists of
//! operations (RFC 6902). Patches in files of their own are read as the manifests they look like.

use crate::extract::custom_resources;
use crate::extract::kubernetes::object::{self, Surroundings};
use crate::extract::kubernetes::path::FieldPath;
use crate::extract::kubernetes::pod;
use crate::extract::kubernetes::reader::{Reader, Within};
use crate::extract::variables::Dialect;
use image_lint_model::mention::{Role, SourceKind};
use image_lint_text::yaml::{self, Kind, Node};

/// Reads `patches[].patch`, `patchesJson6902[].patch` and the inline items of `patchesStrategicMerge`.
pub(super) fn read(reader: &mut Reader<'_, '_>, kustomization: Node<'_>, path: &FieldPath<'_>) {
    for key in ["patches", "patchesJson6902", "patchesStrategicMerge"] {
        let path = path.key(key);
        for (i, item) in kustomization
            .get(key)
            .into_iter()
            .flat_map(|list| list.items())
            .enumerate()
        {
            let path = path.item(i);
            match (item.get("patch"), key) {
                (Some(patch), _) => inline(reader, patch, &path.key("patch")),
                (None, "patchesStrategicMerge") => inline(reader, item, &path),
                (None, _) => {}
            }
        }
    }
}

/// A patch as a string; a path to a file has one line and is none.
fn inline(reader: &mut Reader<'_, '_>, patch: Node<'_>, path: &FieldPath<'_>) {
    if !patch
        .as_str()
        .is_some_and(|text| text.contains('\n') || text.trim_start().starts_with(['[', '{']))
    {
        return;
    }
    let text = patch.text();
    let stream = yaml::parse(&text);
    for document in &stream.documents {
        let root = document.root();
        if root.kind() == Kind::Sequence {
            for (i, operation) in root.items().enumerate() {
                read_operation(reader, operation, &path.item(i));
            }
        } else {
            object::read(reader, root, path, &Surroundings::default(), None);
        }
    }
    for broken in &stream.unread {
        reader.sink.skip(
            broken.at,
            format!("this patch is not YAML: {}", broken.why),
            broken.template,
        );
    }
}

/// `{op: add, path: /spec/template/spec/containers/-, value: …}`
pub(in crate::extract) fn read_operation(
    reader: &mut Reader<'_, '_>,
    operation: Node<'_>,
    path: &FieldPath<'_>,
) {
    if !matches!(operation.str_at(&["op"]), Some("add" | "replace")) {
        return;
    }
    let (Some(pointer), Some(value)) = (operation.str_at(&["path"]), operation.get("value")) else {
        return;
    };
    let within = Within::source(SourceKind::Kubernetes, Dialect::Kubernetes);
    let path = path.key("value");
    let keys: Vec<&str> = pointer.split('/').filter(|key| !key.is_empty()).collect();
    let named = |key: &&&str| **key != "-" && !key.bytes().all(|byte| byte.is_ascii_digit());
    let key = keys.iter().rev().find(named).copied().unwrap_or("");
    match value.kind() {
        Kind::Scalar if keys.last() == Some(&"image") => {
            if keys.iter().any(|key| pod::CONTAINERS.contains(key)) {
                reader.image(value, &path, &within, Role::Run);
            } else {
                reader.plausible_image(value, &path, &within, false);
            }
        }
        Kind::Mapping if pod::CONTAINERS.contains(&key) => {
            pod::container(reader, value, &path, &within)
        }
        Kind::Sequence if pod::CONTAINERS.contains(&key) => {
            pod::containers(reader, value, &path, &within)
        }
        Kind::Mapping | Kind::Sequence => {
            custom_resources::read_unknown(reader, value, key, &path, &within)
        }
        Kind::Scalar | Kind::Null => {}
    }
}
