//! What kind of object a document is, and which room reads it.

use super::embedded;
use super::path::FieldPath;
use super::pod;
use super::reader::{Reader, Within};
use super::secrets;
use crate::extract::variables::Dialect;
use crate::extract::{argo, custom_resources, delivery, kustomize, mirror_sets, openshift, tekton};
use image_lint_model::mention::{Definition, Role, Scope, SourceKind};
use image_lint_model::object::{Facts, Workload};
use image_lint_text::yaml::{Kind, Node};

/// Lists and Templates are followed this deep.
const MAX_NESTING: usize = 8;

/// What objects within a Template inherit from it.
#[derive(Clone, Debug)]
pub struct Surroundings {
    pub dialect: Dialect,
    pub scope: Option<Scope>,
    /// The Template's parameters, for objects that open a scope of their own.
    pub definitions: Vec<Definition>,
    pub nesting: usize,
}

impl Default for Surroundings {
    fn default() -> Self {
        Surroundings {
            dialect: Dialect::Kubernetes,
            scope: None,
            definitions: Vec::new(),
            nesting: 0,
        }
    }
}

impl Surroundings {
    pub fn within(&self, source: SourceKind, object: u32) -> Within {
        Within {
            source,
            dialect: self.dialect,
            scope: self.scope,
            object: Some(object),
        }
    }
}

/// Kinds with a PodSpec, and where (Kubernetes API, core, apps and batch groups).
const WORKLOADS: [(&str, &[&str]); 10] = [
    ("Pod", &["spec"]),
    ("Deployment", &["spec", "template", "spec"]),
    ("StatefulSet", &["spec", "template", "spec"]),
    ("DaemonSet", &["spec", "template", "spec"]),
    ("ReplicaSet", &["spec", "template", "spec"]),
    ("ReplicationController", &["spec", "template", "spec"]),
    ("Job", &["spec", "template", "spec"]),
    (
        "CronJob",
        &["spec", "jobTemplate", "spec", "template", "spec"],
    ),
    (
        "ScheduledJob",
        &["spec", "jobTemplate", "spec", "template", "spec"],
    ),
    ("PodTemplate", &["template", "spec"]),
];

/// Groups of the Kubernetes and OpenShift APIs whose objects name no images, besides the kinds read above.
const SILENT_GROUPS: [&str; 22] = [
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "authorization.k8s.io",
    "authorization.openshift.io",
    "autoscaling",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "extensions",
    "flowcontrol.apiserver.k8s.io",
    "networking.k8s.io",
    "gateway.networking.k8s.io",
    "oauth.openshift.io",
    "policy",
    "rbac.authorization.k8s.io",
    "route.openshift.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "user.openshift.io",
];

/// Reads one object. `fallback` is its kind where the object itself names none (the items of a typed list).
pub fn read(
    reader: &mut Reader<'_, '_>,
    node: Node<'_>,
    path: &FieldPath<'_>,
    around: &Surroundings,
    fallback: Option<&str>,
) {
    let Some(kind) = node.str_at(&["kind"]).or(fallback) else {
        return;
    };
    let api_version = node.str_at(&["apiVersion"]).unwrap_or("");
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    if around.nesting > MAX_NESTING {
        return;
    }
    if let Some(items) = node
        .get("items")
        .filter(|items| kind.ends_with("List") && items.kind() == Kind::Sequence)
    {
        let inner = Surroundings {
            nesting: around.nesting + 1,
            ..around.clone()
        };
        let path = path.key("items");
        let item_kind = kind.strip_suffix("List").filter(|kind| !kind.is_empty());
        for (i, item) in items.items().enumerate() {
            read(reader, item, &path.item(i), &inner, item_kind);
        }
        return;
    }
    if kind == "Template" && node.get("objects").is_some() {
        openshift::template::read(reader, node, path, around);
        return;
    }
    let mentions = reader.sink.extraction.mentions.len();
    let object = reader.begin(node, kind, around.dialect);
    let facts = facts(reader, node, path, around, object, (group, kind));
    reader.finish(object, facts, mentions);
}

fn facts(
    reader: &mut Reader<'_, '_>,
    node: Node<'_>,
    path: &FieldPath<'_>,
    around: &Surroundings,
    object: u32,
    (group, kind): (&str, &str),
) -> Facts {
    let kubernetes = around.within(SourceKind::Kubernetes, object);
    let core = group.is_empty() || matches!(group, "apps" | "batch" | "extensions" | "v1");
    match kind {
        "ImageDigestMirrorSet" | "ImageTagMirrorSet" | "ImageContentSourcePolicy"
            if group.ends_with(".openshift.io") =>
        {
            mirror_sets::read(reader, node, kind).unwrap_or(Facts::Other)
        }
        "ServiceAccount" if core => secrets::service_account(reader, node, &kubernetes),
        "ConfigMap" if core => {
            embedded::read(reader, node, "data", path, around, object);
            Facts::Other
        }
        "Secret" | "SealedSecret" | "ExternalSecret" | "ClusterExternalSecret" => {
            if kind == "Secret" {
                embedded::read(reader, node, "stringData", path, around, object);
            }
            secrets::pull_secret(node, kind)
        }
        "DeploymentConfig" | "BuildConfig" | "Build" | "ImageStream" | "ImageStreamTag"
        | "ImageStreamImport"
            if group.is_empty() || group.ends_with("openshift.io") =>
        {
            openshift::read(
                reader,
                node,
                path,
                &around.within(SourceKind::OpenShift, object),
                kind,
            )
        }
        // A part of another object may leave its version out.
        _ if group == "tekton.dev"
            || group == "triggers.tekton.dev"
            || group.is_empty() && node.get("apiVersion").is_none() && tekton::is_kind(kind) =>
        {
            tekton::read(reader, node, path, around, object, kind);
            Facts::Other
        }
        "Workflow" | "WorkflowTemplate" | "ClusterWorkflowTemplate" | "CronWorkflow"
            if group == "argoproj.io" =>
        {
            argo::read(reader, node, path, around, object, kind);
            Facts::Other
        }
        "Kustomization" | "Component" if group == "kustomize.config.k8s.io" => {
            kustomize::read(reader, node, path)
        }
        _ => match WORKLOADS
            .iter()
            .find(|(name, _)| *name == kind)
            .filter(|_| core)
        {
            Some((_, way)) => workload(reader, node, path, &kubernetes, way),
            None if SILENT_GROUPS.contains(&group) => Facts::Other,
            None => {
                let within = around.within(SourceKind::CustomResource, object);
                match delivery::read(reader, node, path, &within, (group, kind)) {
                    Some(facts) => facts,
                    None => custom_resources::read(reader, node, path, &within, (group, kind)),
                }
            }
        },
    }
}

/// Reads the PodSpec of a built-in workload.
pub fn workload(
    reader: &mut Reader<'_, '_>,
    node: Node<'_>,
    path: &FieldPath<'_>,
    within: &Within,
    way: &[&str],
) -> Facts {
    let mut facts = Workload::default();
    annotations(reader, node, path, within);
    if let Some((_, owner)) = way.split_last()
        && !owner.is_empty()
        && let Some(template) = node.at(owner)
    {
        let words = owner.join(".");
        annotations(reader, template, &path.key(&words), within);
    }
    if let Some(pod) = node.at(way) {
        let words = way.join(".");
        pod::pod_spec(reader, pod, &path.key(&words), within, &mut facts);
    }
    facts.triggers = openshift::triggers::from_annotation(reader, node, within);
    Facts::Workload(facts)
}

/// Annotations that name an image to run (istio.io/docs/reference/config/annotations).
const IMAGE_ANNOTATIONS: [&str; 1] = ["sidecar.istio.io/proxyImage"];

fn annotations(
    reader: &mut Reader<'_, '_>,
    owner: Node<'_>,
    path: &FieldPath<'_>,
    within: &Within,
) {
    let Some(annotations) = owner.at(&["metadata", "annotations"]) else {
        return;
    };
    for name in IMAGE_ANNOTATIONS {
        if let Some(value) = annotations
            .get(name)
            .filter(|value| value.as_str().is_some_and(|text| !text.is_empty()))
        {
            let path = path.key("metadata.annotations");
            reader.image(value, &path.key(name), within, Role::Run);
        }
    }
}
