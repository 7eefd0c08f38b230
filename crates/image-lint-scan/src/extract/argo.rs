//! Argo Workflows: containers, scripts and sidecars of templates, with the values of their parameters
//! (argoproj/argo-workflows docs, `fields.md`, `variables.md`).

use super::kubernetes::object::{self, Surroundings};
use super::kubernetes::path::FieldPath;
use super::kubernetes::pod;
use super::kubernetes::reader::{Reader, Within};
use super::kubernetes::unparsed;
use super::variables::{self, Dialect};
use image_lint_model::mention::{Scope, SourceKind};
use image_lint_model::value::OriginKind;
use image_lint_text::yaml::{self, Node};

/// Templates within templates (`steps[][].inline`) are followed this deep.
const MAX_NESTING: usize = 4;

/// Reads a Workflow, WorkflowTemplate, ClusterWorkflowTemplate or CronWorkflow.
pub fn read(
    reader: &mut Reader<'_, '_>,
    node: Node<'_>,
    path: &FieldPath<'_>,
    around: &Surroundings,
    object: u32,
    kind: &str,
) {
    let way: &[&str] = if kind == "CronWorkflow" {
        &["spec", "workflowSpec"]
    } else {
        &["spec"]
    };
    let Some(spec) = node.at(way) else { return };
    let words = way.join(".");
    let path = path.key(&words);
    let within = Within {
        source: SourceKind::Argo,
        dialect: Dialect::Argo,
        scope: around.scope,
        object: Some(object),
    };
    let mut workflow = Workflow {
        reader,
        spec,
        within,
    };
    if let Some(defaults) = spec.get("templateDefaults") {
        workflow.template(defaults, &path.key("templateDefaults"), 0);
    }
    // Plugins of the executor, each a container beside the workflow's own (argo-workflows `ExecutorPlugin`).
    if let Some(plugins) = spec.get("executorPlugins") {
        let path = path.key("executorPlugins");
        for (i, plugin) in plugins.items().enumerate() {
            if let Some(container) = plugin.at(&["spec", "sidecar", "container"]) {
                let path = path.item(i);
                pod::container(
                    workflow.reader,
                    container,
                    &path.key("spec.sidecar.container"),
                    &workflow.within,
                );
            }
        }
    }
    if let Some(templates) = spec.get("templates") {
        let path = path.key("templates");
        for (i, template) in templates.items().enumerate() {
            workflow.template(template, &path.item(i), 0);
        }
    }
}

struct Workflow<'r, 's, 'f, 'd> {
    reader: &'r mut Reader<'s, 'f>,
    spec: Node<'d>,
    within: Within,
}

impl Workflow<'_, '_, '_, '_> {
    fn template(&mut self, template: Node<'_>, path: &FieldPath<'_>, nesting: usize) {
        if nesting > MAX_NESTING {
            return;
        }
        let id = self.reader.sink.extraction.new_scope();
        self.within.scope = Some(Scope { id, upto: u32::MAX });
        if let Some(parameters) = self.spec.at(&["arguments", "parameters"]) {
            self.define(parameters, id, &["workflow.parameters."]);
        }
        if let Some(parameters) = template.at(&["inputs", "parameters"]) {
            self.define(parameters, id, &["inputs.parameters."]);
        }
        for key in ["container", "script"] {
            if let Some(container) = template.get(key) {
                let path = path.key(key);
                pod::container(self.reader, container, &path, &self.within);
                super::scripts::of_container(self.reader, container, &path, &self.within);
            }
        }
        for key in ["initContainers", "sidecars"] {
            if let Some(list) = template.get(key) {
                pod::containers(self.reader, list, &path.key(key), &self.within);
            }
        }
        if let Some(manifest) = template.at(&["resource", "manifest"]) {
            self.manifest(manifest, &path.key("resource.manifest"));
        }
        if let Some(list) = template.at(&["containerSet", "containers"]) {
            pod::containers(
                self.reader,
                list,
                &path.key("containerSet.containers"),
                &self.within,
            );
        }
        // `steps` is a list of lists, `dag.tasks` a list; both may hold whole templates.
        let steps = template
            .get("steps")
            .into_iter()
            .flat_map(|steps| steps.items())
            .flat_map(|group| group.items());
        let tasks = template
            .at(&["dag", "tasks"])
            .into_iter()
            .flat_map(|tasks| tasks.items());
        for step in steps.chain(tasks) {
            if let Some(inline) = step.get("inline") {
                self.template(inline, &path.key("inline"), nesting + 1);
            }
        }
    }

    /// The object that a template of type `resource` makes in the cluster, as a string.
    fn manifest(&mut self, manifest: Node<'_>, path: &FieldPath<'_>) {
        if manifest.as_str().is_none() {
            return;
        }
        let text = manifest.text();
        let stream = yaml::parse(&text);
        let around = Surroundings {
            dialect: Dialect::Argo,
            scope: self.within.scope,
            nesting: 1,
            definitions: Vec::new(),
        };
        for document in &stream.documents {
            object::read(self.reader, document.root(), path, &around, None);
        }
        for broken in &stream.unread {
            unparsed::read(self.reader, &text, broken);
            self.reader.sink.skip(
                broken.at,
                format!("this manifest is not YAML: {}", broken.why),
                broken.template,
            );
        }
    }

    /// `value`, or `default` where none is given. What a caller passes as an argument is not followed: a template may
    /// have many callers.
    fn define(&mut self, parameters: Node<'_>, scope: u32, prefixes: &[&str]) {
        for parameter in parameters.items() {
            let Some(name) = parameter.get("name") else {
                continue;
            };
            let Some(text) = name.as_str() else { continue };
            let value = parameter
                .get("value")
                .or_else(|| parameter.get("default"))
                .filter(|value| value.as_str().is_some());
            let span = value.unwrap_or(name).site();
            for prefix in prefixes {
                let value = value
                    .and_then(|value| value.as_str())
                    .map(|value| variables::read(value.trim(), Dialect::Argo));
                self.reader.sink.define(
                    scope,
                    &format!("{prefix}{text}"),
                    value,
                    OriginKind::ArgoParameter,
                    span,
                );
            }
        }
    }
}
