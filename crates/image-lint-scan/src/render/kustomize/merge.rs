//! Strategic merge patches (kubernetes-sigs/kustomize `kyaml/yaml/merge2`, `walk`): lists of known kinds are merged by key,
//! what the patch holds comes first; other lists are replaced.

use std::sync::Arc;

use image_lint_text::meter::Meter;

use super::fail::Fail;
use super::ids::Gvk;
use super::value::Node;

/// Where in an object of a known kind a node is. Kinds that kustomize has no schema of are `Unknown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    Unknown,
    /// An object whose PodSpec is its `spec`.
    Pod,
    /// An object with `spec.template`.
    Workload,
    CronJob,
    /// An object with `template`, and what `spec.template` holds.
    Template,
    ServiceAccount,
    Service,
    Meta,
    WorkloadSpec,
    CronSpec,
    PodSpec,
    ServiceSpec,
    Containers,
    Container,
    /// A list that is merged by these keys.
    Keyed(&'static [&'static str]),
    /// A list of strings that is joined.
    Set,
}

impl Schema {
    /// The kinds of the Kubernetes API that kustomize knows (its built-in schema is that of 1.21).
    pub fn of(gvk: &Gvk) -> Self {
        match (&*gvk.group, &*gvk.version, &*gvk.kind) {
            ("", "v1", "Pod") => Schema::Pod,
            ("", "v1", "PodTemplate") => Schema::Template,
            ("", "v1", "ReplicationController") => Schema::Workload,
            ("", "v1", "ServiceAccount") => Schema::ServiceAccount,
            ("", "v1", "Service") => Schema::Service,
            ("apps", "v1", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet") => {
                Schema::Workload
            }
            ("batch", "v1", "Job") => Schema::Workload,
            ("batch", "v1" | "v1beta1", "CronJob") => Schema::CronJob,
            _ => Schema::Unknown,
        }
    }

    fn field(self, key: &str) -> Schema {
        match (self, key) {
            (
                Schema::Pod
                | Schema::Workload
                | Schema::CronJob
                | Schema::Template
                | Schema::ServiceAccount
                | Schema::Service,
                "metadata",
            ) => Schema::Meta,
            (Schema::Pod | Schema::Template, "spec") => Schema::PodSpec,
            (Schema::Template, "template") => Schema::Template,
            (Schema::Workload, "spec") => Schema::WorkloadSpec,
            (Schema::CronJob, "spec") => Schema::CronSpec,
            (Schema::CronSpec, "jobTemplate") => Schema::Workload,
            (Schema::WorkloadSpec, "template") => Schema::Template,
            (Schema::ServiceAccount, "secrets") => Schema::Keyed(&["name"]),
            (Schema::Service, "spec") => Schema::ServiceSpec,
            (Schema::ServiceSpec, "ports") => Schema::Keyed(&["port", "protocol"]),
            (Schema::Meta, "ownerReferences") => Schema::Keyed(&["uid"]),
            (Schema::Meta, "finalizers") => Schema::Set,
            (Schema::PodSpec, "containers" | "initContainers" | "ephemeralContainers") => {
                Schema::Containers
            }
            (Schema::PodSpec, "volumes" | "imagePullSecrets") => Schema::Keyed(&["name"]),
            (Schema::PodSpec, "hostAliases") => Schema::Keyed(&["ip"]),
            (Schema::PodSpec, "topologySpreadConstraints") => {
                Schema::Keyed(&["topologyKey", "whenUnsatisfiable"])
            }
            (Schema::Container, "env") => Schema::Keyed(&["name"]),
            (Schema::Container, "ports") => Schema::Keyed(&["containerPort", "protocol"]),
            (Schema::Container, "volumeMounts") => Schema::Keyed(&["mountPath"]),
            (Schema::Container, "volumeDevices") => Schema::Keyed(&["devicePath"]),
            _ => Schema::Unknown,
        }
    }

    fn keys(self) -> Option<&'static [&'static str]> {
        match self {
            Schema::Containers => Some(&["name"]),
            Schema::Keyed(keys) => Some(keys),
            _ => None,
        }
    }

    fn element(self) -> Schema {
        match self {
            Schema::Containers => Schema::Container,
            _ => Schema::Unknown,
        }
    }
}

const DIRECTIVE: &str = "$patch";

/// What a patch makes of a node; None: nothing is left of it.
///
/// # Errors
/// A mapping where the other has a list, an unknown directive, or too much work.
pub fn merge(
    dest: &Node,
    patch: &Node,
    schema: Schema,
    meter: &Meter,
) -> Result<Option<Node>, Fail> {
    meter.charge(1)?;
    match (dest, patch) {
        (_, Node::Null) => Ok(None),
        (Node::Null, patch) => added(patch, schema, meter),
        (Node::Map(_), Node::Map(_)) => mapping(dest, patch, schema, meter),
        (Node::Seq(_), Node::Seq(_)) => list(dest, patch, schema, meter),
        (Node::Scalar(_), Node::Scalar(_)) => Ok(Some(patch.clone())),
        _ => Err(Fail::refused(
            "wrong Node Kind: the patch and the resource have different kinds of values in one field",
            None,
        )),
    }
}

/// What a patch adds where nothing was.
fn added(patch: &Node, schema: Schema, meter: &Meter) -> Result<Option<Node>, Fail> {
    meter.charge(1)?;
    match patch {
        Node::Map(pairs) => {
            if directive(patch)? == Directive::Delete {
                return Ok(None);
            }
            let mut out = Vec::with_capacity(pairs.len());
            for (key, value) in pairs.iter().filter(|(key, _)| **key != *DIRECTIVE) {
                if let Some(value) = added(value, schema.field(key), meter)? {
                    out.push((Arc::clone(key), value));
                }
            }
            Ok(Some(Node::Map(Arc::new(out))))
        }
        Node::Seq(items) if schema.keys().is_some() => {
            let mut out = Vec::with_capacity(items.len());
            for item in items.iter().filter(|item| list_directive(item).is_none()) {
                out.extend(added(item, schema.element(), meter)?);
            }
            Ok(Some(Node::Seq(Arc::new(out))))
        }
        Node::Null => Ok(None),
        other => Ok(Some(other.clone())),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Directive {
    Merge,
    Replace,
    Delete,
}

fn directive(patch: &Node) -> Result<Directive, Fail> {
    match patch.string_at(&[DIRECTIVE]).as_deref() {
        None | Some("merge") => Ok(Directive::Merge),
        Some("replace") => Ok(Directive::Replace),
        Some("delete") => Ok(Directive::Delete),
        Some(other) => Err(Fail::refused(
            format!("unknown patch strategy '{other}'"),
            patch
                .get(DIRECTIVE)
                .and_then(Node::as_text)
                .and_then(super::value::Text::place),
        )),
    }
}

/// The word of an element that only says what is done with the whole list.
fn list_directive(item: &Node) -> Option<String> {
    (item.pairs().len() == 1)
        .then(|| item.string_at(&[DIRECTIVE]))
        .flatten()
}

fn mapping(dest: &Node, patch: &Node, schema: Schema, meter: &Meter) -> Result<Option<Node>, Fail> {
    match directive(patch)? {
        Directive::Delete => return Ok(None),
        Directive::Replace => {
            let mut whole = patch.clone();
            whole.remove(DIRECTIVE);
            return Ok(Some(whole));
        }
        Directive::Merge => {}
    }
    let mut out = dest.clone();
    for (key, value) in patch.pairs() {
        if **key == *DIRECTIVE {
            continue;
        }
        meter.charge(out.pairs().len() as u64 + 1)?;
        let inner = schema.field(key);
        let merged = match out.get(key) {
            Some(old) => merge(old, value, inner, meter)?,
            None => added(value, inner, meter)?,
        };
        match merged {
            Some(merged) => out.set(key, merged),
            None => out.remove(key),
        }
    }
    Ok(Some(out))
}

fn list(dest: &Node, patch: &Node, schema: Schema, meter: &Meter) -> Result<Option<Node>, Fail> {
    if schema == Schema::Set {
        let mut out = patch.items().to_vec();
        meter.charge((out.len() * dest.items().len()) as u64)?;
        out.extend(
            dest.items()
                .iter()
                .filter(|item| !patch.items().contains(item))
                .cloned(),
        );
        return Ok(Some(Node::Seq(Arc::new(out))));
    }
    let Some(keys) = schema.keys() else {
        return Ok(Some(patch.clone()));
    };
    match patch.items().iter().find_map(list_directive).as_deref() {
        Some("delete") => return Ok(None),
        Some("replace") => {
            let kept = patch.items().iter();
            let kept = kept.filter(|item| list_directive(item).is_none()).cloned();
            return Ok(Some(Node::Seq(Arc::new(kept.collect()))));
        }
        _ => {}
    }
    let mut left: Vec<Option<&Node>> = dest.items().iter().map(Some).collect();
    let mut out = Vec::new();
    for item in patch
        .items()
        .iter()
        .filter(|item| list_directive(item).is_none())
    {
        meter.charge(left.len() as u64 + 1)?;
        let same = left
            .iter()
            .position(|old| old.is_some_and(|old| same_keys(old, item, keys)));
        let merged = match same.and_then(|at| left[at].take()) {
            Some(old) => merge(old, item, schema.element(), meter)?,
            None => added(item, schema.element(), meter)?,
        };
        out.extend(merged.filter(|node| !node.is_empty()));
    }
    out.extend(left.into_iter().flatten().cloned());
    Ok(Some(Node::Seq(Arc::new(out))))
}

/// One key must be there in both; a further one may be missing in either.
fn same_keys(a: &Node, b: &Node, keys: &[&str]) -> bool {
    let value = |node: &Node, key: &str| node.string_at(&[key]);
    keys.iter()
        .enumerate()
        .all(|(i, key)| match (value(a, key), value(b, key)) {
            (Some(a), Some(b)) => a == b,
            (None, None) => i > 0,
            _ => i > 0,
        })
}
