//! `vars:` (kubernetes-sigs/kustomize `api/internal/accumulator`, `api/filters/refvar`): `$(NAME)` in known fields.

use std::collections::BTreeMap;

use image_lint_text::meter::Meter;

use super::fail::{Fail, Site};
use super::ids::{Gvk, Id, Resource};
use super::path::{FieldSpec, lookup};
use super::select::field;
use super::value::{Node, Text};

/// One variable.
#[derive(Clone, Debug)]
pub struct Var {
    pub name: String,
    pub object: Id,
    path: Vec<String>,
    pub site: Option<Site>,
}

impl Var {
    pub fn read(node: &Node) -> Option<Self> {
        let name = field(node, "name")?;
        let object = field(node, "objref")?;
        let text = |key: &str| {
            field(object, key)
                .and_then(Node::string)
                .unwrap_or_default()
        };
        let api_version = text("apiVersion");
        let gvk = if api_version.is_empty() {
            Gvk {
                group: text("group"),
                version: text("version"),
                kind: text("kind"),
            }
        } else {
            Gvk::new(&api_version, &text("kind"))
        };
        let path = field(node, "fieldref")
            .and_then(|reference| field(reference, "fieldPath"))
            .and_then(Node::string)
            .unwrap_or_else(|| "metadata.name".into());
        Some(Var {
            name: name.string()?,
            object: Id {
                gvk,
                name: text("name"),
                namespace: text("namespace"),
            },
            path: steps(&path),
            site: name.as_text().and_then(Text::place),
        })
    }
}

/// `spec.containers[0].image` as steps.
fn steps(path: &str) -> Vec<String> {
    super::path::split(path, '.')
        .into_iter()
        .flat_map(|part| match part.split_once('[') {
            Some((name, index)) => vec![name.to_owned(), index.trim_end_matches(']').to_owned()],
            None => vec![part],
        })
        .collect()
}

/// Marks the object that a variable takes its value from, so that it is found under any later name.
///
/// # Errors
/// Several objects of that name.
pub fn bind(resources: &mut [Resource], var: &Var) -> Result<(), Fail> {
    let exact = !var.object.namespace.is_empty() || var.object.is_cluster_scoped();
    let same = |id: &Id| {
        if exact {
            id.same(&var.object)
        } else {
            id.name == var.object.name && id.gvk == var.object.gvk
        }
    };
    let found: Vec<usize> = (0..resources.len())
        .filter(|i| resources[*i].ids().iter().any(same))
        .collect();
    match found.as_slice() {
        [] => Ok(()),
        [one] => {
            resources[*one].vars.push(var.name.clone());
            Ok(())
        }
        several => Err(Fail::refused(
            format!(
                "found {} resId matches for var {} (unable to disambiguate)",
                several.len(),
                var.name
            ),
            var.site,
        )),
    }
}

/// Puts the variables' values in.
///
/// # Errors
/// A variable whose object or field is not there.
pub fn resolve(
    resources: &mut [Resource],
    vars: &[Var],
    fields: &[FieldSpec],
    meter: &Meter,
) -> Result<(), Fail> {
    if vars.is_empty() {
        return Ok(());
    }
    let mut values = BTreeMap::new();
    for var in vars {
        let object = resources
            .iter()
            .find(|resource| resource.vars.contains(&var.name));
        let value = object.and_then(|object| lookup(&object.node, &var.path)?.as_text().cloned());
        let Some(value) = value else {
            let why = format!(
                "var '{}' cannot be mapped to a field in the set of known resources",
                var.name
            );
            return Err(Fail::refused(why, var.site));
        };
        values.insert(var.name.clone(), value);
    }
    for resource in resources {
        meter.charge(resource.node.size())?;
        for field in fields {
            meter.charge(1)?;
            let mut uses = |node: &Node| mentions(node);
            if field.finds(&resource.node, &mut uses) {
                field.change(&mut resource.node, &mut |node| expand_in(node, &values));
            }
        }
    }
    Ok(())
}

fn mentions(node: &Node) -> bool {
    match node {
        Node::Scalar(scalar) => scalar.text.to_string().contains("$("),
        other => {
            other.items().iter().any(mentions) || other.pairs().iter().any(|(_, v)| mentions(v))
        }
    }
}

fn expand_in(node: &mut Node, values: &BTreeMap<String, Text>) {
    if !mentions(node) {
        return;
    }
    match node {
        Node::Scalar(scalar) => {
            scalar.text = expand(&scalar.text, values);
            scalar.plain = false;
        }
        Node::Seq(_) => {
            for item in node.items_mut().into_iter().flatten() {
                expand_in(item, values);
            }
        }
        Node::Map(_) => {
            for (_, value) in node.pairs_mut().into_iter().flatten() {
                expand_in(value, values);
            }
        }
        Node::Null => {}
    }
}

/// `$(NAME)`; `$$` is a dollar sign, and an unknown name stays as it is.
fn expand(text: &Text, values: &BTreeMap<String, Text>) -> Text {
    let whole = text.to_string();
    let mut out = Text::default();
    let mut start = 0;
    let mut at = 0;
    while let Some(found) = whole[at..].find('$') {
        let dollar = at + found;
        let rest = &whole[dollar + 1..];
        if rest.starts_with('$') {
            out.push(text.slice(start, dollar));
            start = dollar + 1;
            at = dollar + 2;
            continue;
        }
        at = dollar + 1;
        if !rest.starts_with('(') {
            continue;
        }
        let Some(end) = rest.find(')') else { break };
        let after = dollar + 1 + end + 1;
        if let Some(value) = values.get(&rest[1..end]) {
            out.push(text.slice(start, dollar));
            out.push(value.clone());
            start = after;
        }
        at = after;
    }
    out.push(text.slice(start, whole.len()));
    out
}

/// Fields in which variables are looked for without being configured (`builtinpluginconsts/varreference.go`), as far as
/// images are in them.
pub fn default_fields() -> Vec<FieldSpec> {
    let pods: [(&[&str], &str); 3] = [
        (&["Pod"], "spec"),
        (
            &[
                "DaemonSet",
                "Deployment",
                "Job",
                "ReplicaSet",
                "StatefulSet",
            ],
            "spec/template/spec",
        ),
        (&["CronJob"], "spec/jobTemplate/spec/template/spec"),
    ];
    let mut out = Vec::new();
    for (kinds, way) in pods {
        for kind in kinds {
            for list in ["containers", "initContainers"] {
                for key in ["args", "command", "env/value"] {
                    let mut spec = FieldSpec::everywhere(&format!("{way}/{list}/{key}"));
                    spec.gvk.kind = (*kind).to_owned();
                    out.push(spec);
                }
            }
        }
    }
    out.push(FieldSpec::everywhere("metadata/labels"));
    out.push(FieldSpec::everywhere("metadata/annotations"));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From `api/filters/refvar/expand_test.go`, as facts.
    #[test]
    fn variables_are_expanded_as_kustomize_expands_them() {
        let values: BTreeMap<String, Text> = [("VAR_A", "A"), ("VAR_B", "B"), ("VAR_EMPTY", "")]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), Text::made(value)))
            .collect();
        for (text, expected) in [
            ("$(VAR_A)", "A"),
            ("___$(VAR_B)___", "___B___"),
            ("$(VAR_A)_$(VAR_B)", "A_B"),
            ("$$(VAR_B)_$(VAR_A)", "$(VAR_B)_A"),
            ("f000-$$VAR_A", "f000-$VAR_A"),
            ("foo$(VAR_EMPTY)bar", "foobar"),
            ("foo$(VAR_Awhoops!", "foo$(VAR_Awhoops!"),
            ("$(VAR_DNE)", "$(VAR_DNE)"),
            ("$$$$$$$(VAR_A)", "$$$A"),
            ("${VAR_A}", "${VAR_A}"),
            ("$VAR_A", "$VAR_A"),
        ] {
            assert_eq!(
                expand(&Text::made(text), &values).to_string(),
                expected,
                "{text}"
            );
        }
    }
}
