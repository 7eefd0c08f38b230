//! The file itself: what kustomize refuses to read (kubernetes-sigs/kustomize `api/types/kustomization.go`).

use super::fail::{Fail, Site};
use super::value::{Node, Text, Type};

/// Names that kustomize takes (`konfig.RecognizedKustomizationFileNames`).
pub const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    String,
    Strings,
    /// A mapping of strings.
    Words,
    Entries,
    Any,
}

/// The fields of a kustomization.
const FIELDS: [(&str, Holds); 35] = [
    ("apiVersion", Holds::String),
    ("kind", Holds::String),
    ("metadata", Holds::Any),
    ("openapi", Holds::Words),
    ("namePrefix", Holds::String),
    ("nameSuffix", Holds::String),
    ("namespace", Holds::String),
    ("commonLabels", Holds::Words),
    ("labels", Holds::Any),
    ("commonAnnotations", Holds::Words),
    ("patchesStrategicMerge", Holds::Strings),
    ("patchesJson6902", Holds::Any),
    ("patches", Holds::Any),
    ("images", Holds::Entries),
    ("imageTags", Holds::Entries),
    ("replacements", Holds::Any),
    ("replicas", Holds::Any),
    ("vars", Holds::Any),
    ("sortOptions", Holds::Any),
    ("resources", Holds::Strings),
    ("components", Holds::Strings),
    ("crds", Holds::Strings),
    ("bases", Holds::Strings),
    ("configMapGenerator", Holds::Any),
    ("secretGenerator", Holds::Any),
    ("helmGlobals", Holds::Any),
    ("helmCharts", Holds::Any),
    ("helmChartInflationGenerator", Holds::Any),
    ("generatorOptions", Holds::Any),
    ("configurations", Holds::Strings),
    ("generators", Holds::Strings),
    ("transformers", Holds::Strings),
    ("validators", Holds::Strings),
    ("buildMetadata", Holds::Strings),
    ("inventory", Holds::Any),
];

/// The fields of an entry of `images`.
const IMAGE: [&str; 5] = ["name", "newName", "newTag", "digest", "tagSuffix"];

/// Whether kustomize takes the file.
///
/// # Errors
/// kustomize's reason, at the field.
pub fn check(node: &Node, at: Option<Site>) -> Result<(), Fail> {
    let mut any = false;
    for (key, value) in node.pairs() {
        let Some((name, holds)) = FIELDS
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(key))
        else {
            let why = format!("invalid Kustomization: json: unknown field \"{key}\"");
            return Err(Fail::refused(why, first_place(value).or(at)));
        };
        any |= !matches!(*name, "apiVersion" | "kind") && !value.is_null();
        field(name, *holds, value)?;
    }
    if !any {
        return Err(Fail::refused("kustomization.yaml is empty", at));
    }
    let kind = node.string_at(&["kind"]).unwrap_or_default();
    if !matches!(&*kind, "" | "Kustomization" | "Component") {
        let place = node.get("kind").and_then(first_place);
        return Err(Fail::refused(
            "kind should be Kustomization or Component",
            place,
        ));
    }
    let version = node.string_at(&["apiVersion"]).unwrap_or_default();
    let required = if kind == "Component" {
        "kustomize.config.k8s.io/v1alpha1"
    } else {
        "kustomize.config.k8s.io/v1beta1"
    };
    if !version.is_empty() && version != required {
        let kind = if kind.is_empty() {
            "Kustomization"
        } else {
            &kind
        };
        let why = format!("apiVersion for {kind} should be {required}");
        return Err(Fail::refused(
            why,
            node.get("apiVersion").and_then(first_place),
        ));
    }
    Ok(())
}

fn field(name: &str, holds: Holds, value: &Node) -> Result<(), Fail> {
    match (holds, value) {
        (_, Node::Null) | (Holds::Any, _) => Ok(()),
        (Holds::String, value) => string(value, &format!("Kustomization.{name}")),
        (Holds::Strings, Node::Seq(items)) => items
            .iter()
            .try_for_each(|item| string(item, &format!("Kustomization.{name}"))),
        (Holds::Words, Node::Map(pairs)) => pairs
            .iter()
            .try_for_each(|(_, value)| string(value, &format!("Kustomization.{name}"))),
        (Holds::Entries, Node::Seq(items)) => items.iter().try_for_each(|item| entry(name, item)),
        (_, value) => Err(wrong_type(value, &format!("Kustomization.{name}"), "list")),
    }
}

fn entry(name: &str, item: &Node) -> Result<(), Fail> {
    for (key, value) in item.pairs() {
        let Some(known) = IMAGE.iter().find(|known| known.eq_ignore_ascii_case(key)) else {
            let why = format!("invalid Kustomization: json: unknown field \"{key}\"");
            return Err(Fail::refused(why, first_place(value)));
        };
        string(value, &format!("Image.{name}.{known}"))?;
    }
    Ok(())
}

fn string(value: &Node, field: &str) -> Result<(), Fail> {
    match value {
        Node::Null => Ok(()),
        Node::Scalar(scalar) if scalar.json_type() == Type::String => Ok(()),
        other => Err(wrong_type(other, field, "string")),
    }
}

fn wrong_type(value: &Node, field: &str, expected: &str) -> Fail {
    let found = match value {
        Node::Scalar(scalar) => match scalar.json_type() {
            Type::Number => "number",
            Type::Bool => "bool",
            Type::String => "string",
        },
        Node::Seq(_) => "array",
        _ => "object",
    };
    let why = format!(
        "invalid Kustomization: json: cannot unmarshal {found} into Go struct field {field} of type {expected}"
    );
    let at = first_place(value);
    if expected == "string" && matches!(found, "number" | "bool") {
        Fail::Unquoted { why, at }
    } else {
        Fail::refused(why, at)
    }
}

/// The first string in a node that has a place.
pub fn first_place(node: &Node) -> Option<Site> {
    match node {
        Node::Null => None,
        Node::Scalar(scalar) => scalar.text.place(),
        Node::Seq(items) => items.iter().find_map(first_place),
        Node::Map(pairs) => pairs.iter().find_map(|(_, value)| first_place(value)),
    }
}

/// What lies elsewhere: an address, not a path (`api/internal/git/repospec.go`).
pub fn is_remote(path: &str) -> bool {
    let host = path.split('/').next().unwrap_or("");
    path.contains("://")
        || path.contains("?ref=")
        || path.contains("?version=")
        || path.starts_with("git@")
        || path.starts_with("git::")
        || (host.contains('.') && !host.starts_with('.') && path.contains('/') && {
            const HOSTS: [&str; 6] = [".com", ".org", ".io", ".dev", ".net", ".cloud"];
            HOSTS.iter().any(|ending| host.ends_with(ending))
        })
}

/// The text of a field, not empty.
pub fn text_of<'n>(node: &'n Node, key: &str) -> Option<&'n Text> {
    super::select::field(node, key)
        .and_then(Node::as_text)
        .filter(|text| text.len() > 0)
}
