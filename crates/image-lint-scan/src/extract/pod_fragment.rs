//! Pods without `apiVersion` and `kind`, which whoever deploys them adds: `yamlFile` of Jenkins' Kubernetes plugin
//! (plugins.jenkins.io/kubernetes), sidecars that a script or an operator puts into workloads, templates of pods.

use super::Sink;
use super::kubernetes::path::FieldPath;
use super::kubernetes::pod;
use super::kubernetes::reader::{Reader, Within};
use super::scripts;
use super::shapes::{Shape, holds_all, holds_any};
use super::variables::Dialect;
use image_lint_model::mention::SourceKind;
use image_lint_model::object::Workload;
use image_lint_text::yaml::{Document, Kind, Node};

/// A PodSpec at one of the places where it stands.
pub(super) struct Pod;

/// Where a PodSpec is, from the root.
const WAYS: [&[&str]; 5] = [
    &[],
    &["spec"],
    &["template", "spec"],
    &["spec", "template", "spec"],
    &["podTemplate", "spec"],
];

impl Shape for Pod {
    fn name(&self) -> &'static str {
        "pod"
    }

    fn may_be(&self, text: &str) -> bool {
        holds_all(text, &["image"]) && (holds_any(text, &["ontainers"]) || is_list(text))
    }

    fn read(&self, document: &Document<'_>, out: &mut Sink<'_>) -> bool {
        let root = document.root();
        let within = Within::source(SourceKind::Kubernetes, Dialect::Kubernetes);
        let mut reader = Reader::new(out);
        if root.kind() == Kind::Sequence {
            return list(&mut reader, root, &within);
        }
        let mut any = false;
        for way in WAYS {
            let spec = if way.is_empty() {
                Some(root)
            } else {
                root.at(way)
            };
            if let Some(spec) = spec.filter(|spec| holds_containers(*spec)) {
                let words = way.join(".");
                let path = FieldPath::ROOT;
                let path = if way.is_empty() {
                    path
                } else {
                    path.key(&words)
                };
                pod::pod_spec(&mut reader, spec, &path, &within, &mut Workload::default());
                any = true;
            }
        }
        any
    }
}

/// The first line that says something begins an item.
fn is_list(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_end);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with('#') && *line != "---");
    first.is_some_and(|line| line.starts_with("- "))
}

/// Containers have a name or a command beside their image: `containers:` of other tools have not.
fn holds_containers(spec: Node<'_>) -> bool {
    let lists = pod::CONTAINERS.iter().filter_map(|key| spec.get(key));
    lists
        .filter(|list| list.kind() == Kind::Sequence)
        .any(|list| list.items().any(is_container))
}

const BESIDE: [&str; 8] = [
    "name",
    "command",
    "args",
    "env",
    "resources",
    "volumeMounts",
    "imagePullPolicy",
    "tty",
];

fn is_container(node: Node<'_>) -> bool {
    node.str_at(&["image"]).is_some() && BESIDE.iter().any(|key| node.get(key).is_some())
}

/// A bare list of containers: each has what only a container has.
fn list(reader: &mut Reader<'_, '_>, root: Node<'_>, within: &Within) -> bool {
    let strict = |node: Node<'_>| {
        let beside = || BESIDE[1..].iter().any(|key| node.get(key).is_some());
        node.str_at(&["image"]).is_some() && node.str_at(&["name"]).is_some() && beside()
    };
    if root.items().next().is_none() || !root.items().all(strict) {
        return false;
    }
    let path = FieldPath::ROOT;
    for (i, item) in root.items().enumerate() {
        pod::container(reader, item, &path.item(i), within);
        scripts::of_container(reader, item, &path.item(i), within);
    }
    true
}
