//! Which nodes a PodSpec's pods may run on: `nodeSelector` and the required node affinity, for the well-known labels of
//! operating system and architecture (kubernetes.io/docs/reference/labels-annotations-taints).

use super::reader::{Reader, Within};
use image_lint_model::object::{NodeChoice, Nodes};
use image_lint_text::yaml::Node;

const OS: [&str; 2] = ["kubernetes.io/os", "beta.kubernetes.io/os"];
const ARCHITECTURE: [&str; 2] = ["kubernetes.io/arch", "beta.kubernetes.io/arch"];

/// Reads both. A selector goes before an affinity: a node has to satisfy the two.
pub(super) fn read(reader: &Reader<'_, '_>, pod: Node<'_>, within: &Within) -> Nodes {
    let choice = |labels: &[&str]| match selector(reader, pod, within, labels) {
        NodeChoice::Any => affinity(reader, pod, within, labels),
        chosen => chosen,
    };
    Nodes {
        os: choice(&OS),
        architectures: choice(&ARCHITECTURE),
    }
}

fn selector(
    reader: &Reader<'_, '_>,
    pod: Node<'_>,
    within: &Within,
    labels: &[&str],
) -> NodeChoice {
    let Some(selector) = pod.get("nodeSelector") else {
        return NodeChoice::Any;
    };
    let value = labels.iter().find_map(|label| selector.get(label));
    match reader.value(value, within.dialect) {
        Some(value) => NodeChoice::OneOf(vec![value]),
        None => NodeChoice::Any,
    }
}

/// A node has to satisfy one of the terms (core/v1.NodeSelector).
fn affinity(
    reader: &Reader<'_, '_>,
    pod: Node<'_>,
    within: &Within,
    labels: &[&str],
) -> NodeChoice {
    const TERMS: [&str; 4] = [
        "affinity",
        "nodeAffinity",
        "requiredDuringSchedulingIgnoredDuringExecution",
        "nodeSelectorTerms",
    ];
    let Some(terms) = pod.at(&TERMS) else {
        return NodeChoice::Any;
    };
    let choices = terms
        .items()
        .map(|term| term_choice(reader, term, within, labels));
    choices.reduce(either).unwrap_or_default()
}

/// A term is satisfied by all of its expressions (core/v1.NodeSelectorTerm); the first one about a label counts.
fn term_choice(
    reader: &Reader<'_, '_>,
    term: Node<'_>,
    within: &Within,
    labels: &[&str],
) -> NodeChoice {
    let Some(expressions) = term.get("matchExpressions") else {
        return NodeChoice::Any;
    };
    let about = |expression: &Node<'_>| {
        let key = expression.str_at(&["key"]);
        key.is_some_and(|key| labels.contains(&key))
    };
    let Some(expression) = expressions.items().find(about) else {
        return NodeChoice::Any;
    };
    let values = expression.get("values").map(|values| {
        let values = values.items();
        values
            .filter_map(|value| reader.value(Some(value), within.dialect))
            .collect()
    });
    match (expression.str_at(&["operator"]), values) {
        (Some("In"), Some(values)) => NodeChoice::OneOf(values),
        (Some("NotIn"), Some(values)) => NodeChoice::NoneOf(values),
        _ => NodeChoice::Any,
    }
}

/// What holds where one of two terms does.
fn either(one: NodeChoice, other: NodeChoice) -> NodeChoice {
    match (one, other) {
        (NodeChoice::OneOf(mut these), NodeChoice::OneOf(more)) => {
            these.extend(more);
            NodeChoice::OneOf(these)
        }
        (NodeChoice::Any, _) | (_, NodeChoice::Any) => NodeChoice::Any,
        // Some of all nodes: which is not known here.
        _ => NodeChoice::OneOf(Vec::new()),
    }
}
