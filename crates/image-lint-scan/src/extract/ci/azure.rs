//! What Azure Pipelines put in before a job runs: `parameters` and their defaults, `variables`, `strategy.matrix`
//! (learn.microsoft.com, "Define variables", "Template parameters", "jobs.job.strategy").

use super::matrix::Combinations;
use super::{Variables, add_variables, joined, matrix, put_in, resolved, with_values};
use crate::extract::Sink;
use crate::extract::shell::{ScriptContext, extract_script};
use crate::extract::variables::{self, Dialect};
use image_lint_text::yaml::{Kind, Node};

/// Defaults of the parameters of a pipeline or template: `parameters.X`.
pub(super) fn parameters(root: Node<'_>) -> Variables {
    let mut found = Variables::new();
    let Some(parameters) = root.get("parameters") else {
        return found;
    };
    let mut add = |name: Option<&str>, value: Option<Node<'_>>| {
        if let (Some(name), Some(value)) = (name, value)
            && let Some(text) = value.as_str()
        {
            let name = format!("parameters.{name}").into();
            let read = variables::read(text, Dialect::Compose);
            found.push((name, read, Some(value.span().into())));
        }
    };
    for item in parameters.items() {
        add(item.str_at(&["name"]), item.get("default"));
    }
    for (name, value) in parameters.pairs() {
        add(name.as_str(), Some(value));
    }
    found
}

/// Variables, under their own names and as templates name them.
pub(super) fn add(variables: &mut Variables, node: Option<Node<'_>>) {
    let mut own = Variables::new();
    add_variables(&mut own, node);
    let named = own.iter().map(|(name, value, site)| {
        let name = format!("variables.{name}").into();
        (name, value.clone(), *site)
    });
    let named: Variables = named.collect();
    variables.extend(own);
    variables.extend(named);
}

/// `strategy.matrix`: a mapping from names to variables.
pub(super) fn combinations(job: Node<'_>) -> Combinations {
    let Some(matrix) = job.at(&["strategy", "matrix"]) else {
        return Vec::new();
    };
    let each = matrix.pairs().map(|(_, own)| {
        let mut variables = Variables::new();
        if own.kind() == Kind::Mapping {
            add(&mut variables, Some(own));
        }
        variables
    });
    each.filter(|one| !one.is_empty()).collect()
}

/// A script, once for each combination that it uses something of.
pub(super) fn script(
    node: Node<'_>,
    context: &ScriptContext<'_>,
    known: &Variables,
    combinations: &Combinations,
    sink: &mut Sink<'_>,
) {
    let text = joined(&[Some(node)]);
    if text.text.is_empty() {
        return;
    }
    for one in matrix::used(combinations, &with_values(&text.text, known)) {
        if !sink.may_give(known.len() + one.len()) {
            return;
        }
        let all = [known.as_slice(), one.as_slice()].concat();
        let all = resolved(&all, &all, sink);
        let script = put_in(&text, &all, sink);
        let context = ScriptContext {
            environment: &all,
            ..context.clone()
        };
        extract_script(&script, &context, sink);
    }
}
