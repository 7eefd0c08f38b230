//! What names an object: group, version, kind, name and namespace (kubernetes-sigs/kustomize `kyaml/resid`).

use std::rc::Rc;

use super::value::Node;
use image_lint_text::source::FileId;

/// Group, version and kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Gvk {
    pub group: String,
    pub version: String,
    pub kind: String,
}

/// The whole name of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Id {
    pub gvk: Gvk,
    pub name: String,
    /// As written; empty when it is not.
    pub namespace: String,
}

impl Gvk {
    pub fn new(api_version: &str, kind: &str) -> Self {
        let (group, version) = split_version(api_version);
        Gvk {
            group: group.into(),
            version: version.into(),
            kind: kind.into(),
        }
    }

    pub fn of(node: &Node) -> Self {
        let text = |key| node.string_at(&[key]).unwrap_or_default();
        Gvk::new(&text("apiVersion"), &text("kind"))
    }

    /// Whether a selector with empty fields for "any" selects it.
    pub fn is_selected(&self, by: &Gvk) -> bool {
        (by.group.is_empty() || by.group == self.group)
            && (by.version.is_empty() || by.version == self.version)
            && (by.kind.is_empty() || by.kind == self.kind)
    }

    fn is_cluster_scoped(&self) -> bool {
        let (groups, kinds) = CLUSTER_SCOPED;
        groups.contains(&&*self.group) && kinds.contains(&&*self.kind)
    }
}

/// `apps/v1` in two; a version alone has no group.
fn split_version(api_version: &str) -> (&str, &str) {
    match api_version.split_once('/') {
        Some((group, version)) => (group, version),
        None => ("", api_version),
    }
}

/// Groups and kinds of objects without a namespace (`kyaml/openapi/openapi.go`, `precomputedIsNamespaceScoped`).
const CLUSTER_SCOPED: ([&str; 11], [&str; 24]) = (
    [
        "",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "certificates.k8s.io",
        "flowcontrol.apiserver.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "storage.k8s.io",
    ],
    [
        "MutatingWebhookConfiguration",
        "ValidatingWebhookConfiguration",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "CustomResourceDefinition",
        "APIService",
        "CertificateSigningRequest",
        "FlowSchema",
        "PriorityLevelConfiguration",
        "IngressClass",
        "RuntimeClass",
        "PodSecurityPolicy",
        "ClusterRole",
        "ClusterRoleBinding",
        "PriorityClass",
        "CSIDriver",
        "CSINode",
        "StorageClass",
        "VolumeAttachment",
        "ComponentStatus",
        "Namespace",
        "Node",
        "NodeProxyOptions",
        "PersistentVolume",
    ],
);

impl Id {
    pub fn of(node: &Node) -> Self {
        let text = |key| node.string_at(&["metadata", key]).unwrap_or_default();
        Id {
            gvk: Gvk::of(node),
            name: text("name"),
            namespace: text("namespace"),
        }
    }

    pub fn effective_namespace(&self) -> &str {
        if self.is_cluster_scoped() {
            return "_non_namespaceable_";
        }
        if self.namespace.is_empty() {
            "default"
        } else {
            &self.namespace
        }
    }

    pub fn is_cluster_scoped(&self) -> bool {
        self.gvk.is_cluster_scoped()
            || (self.gvk.group == "scheduling.k8s.io" && self.gvk.kind == "PriorityClass")
    }

    /// The same object, a missing namespace being `default`.
    pub fn same(&self, other: &Id) -> bool {
        self.name == other.name
            && self.gvk == other.gvk
            && self.effective_namespace() == other.effective_namespace()
    }

    /// Whether a selector with empty fields for "any" selects it.
    pub fn is_selected(&self, by: &Id) -> bool {
        (by.name.is_empty() || by.name == self.name)
            && (by.namespace.is_empty() || by.effective_namespace() == self.effective_namespace())
            && self.gvk.is_selected(&by.gvk)
    }

    /// As kustomize prints it: `Deployment.v1.apps/name.[noNs]`.
    pub fn show(&self) -> String {
        let or = |text: &str, none: &str| {
            if text.is_empty() {
                none.to_owned()
            } else {
                text.to_owned()
            }
        };
        format!(
            "{}.{}.{}/{}.{}",
            or(&self.gvk.kind, "[noKind]"),
            or(&self.gvk.version, "[noVer]"),
            or(&self.gvk.group, "[noGrp]"),
            or(&self.name, "[noName]"),
            or(&self.namespace, "[noNs]")
        )
    }
}

/// Whether an object is a CustomResourceDefinition, which names no image.
pub fn is_definition(object: &Node) -> bool {
    let kind = object.get("kind").and_then(Node::as_text);
    kind.is_some_and(|kind| kind.is("CustomResourceDefinition"))
}

/// An object on its way through a build.
#[derive(Clone, Debug)]
pub struct Resource {
    pub node: Node,
    /// Names it had before, the first one first.
    pub earlier: Vec<Id>,
    /// What a generator does with an object of the same name.
    pub behavior: Behavior,
    /// Names of the `vars` that take a field of it.
    pub vars: Vec<String>,
    /// The kustomizations by which it came into the one that has it now.
    pub through: Through,
}

/// Kustomizations that include each other, the outermost first.
pub type Through = Option<Rc<Included>>;

#[derive(Debug)]
pub struct Included {
    pub by: FileId,
    pub inner: Through,
}

/// Objects as a kustomization has them that includes the one of this file.
pub fn included(resources: &[Resource], by: FileId) -> impl Iterator<Item = Resource> {
    // Most of them came the same way: it is kept once.
    let mut last: Option<(Through, Rc<Included>)> = None;
    resources.iter().map(move |resource| {
        let known = last
            .as_ref()
            .filter(|(inner, _)| same(inner, &resource.through));
        let through = known.map_or_else(
            || {
                let inner = resource.through.clone();
                Rc::new(Included { by, inner })
            },
            |(_, known)| Rc::clone(known),
        );
        last = Some((resource.through.clone(), Rc::clone(&through)));
        Resource {
            through: Some(through),
            ..resource.clone()
        }
    })
}

/// Whether two are the very same.
pub fn same(a: &Through, b: &Through) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => Rc::ptr_eq(a, b),
        _ => false,
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Behavior {
    #[default]
    Create,
    Replace,
    Merge,
}

impl Resource {
    pub fn new(node: Node) -> Self {
        Resource {
            node,
            earlier: Vec::new(),
            behavior: Behavior::Create,
            vars: Vec::new(),
            through: None,
        }
    }

    pub fn id(&self) -> Id {
        Id::of(&self.node)
    }

    /// A schema, which is never a workload.
    pub fn is_definition(&self) -> bool {
        is_definition(&self.node)
    }

    /// The name that it was loaded with.
    pub fn original(&self) -> Id {
        self.earlier.first().cloned().unwrap_or_else(|| self.id())
    }

    pub fn remember(&mut self) {
        self.earlier.push(self.id());
    }

    /// All its names, the present one last.
    pub fn ids(&self) -> Vec<Id> {
        let mut ids = self.earlier.clone();
        ids.push(self.id());
        ids
    }
}
