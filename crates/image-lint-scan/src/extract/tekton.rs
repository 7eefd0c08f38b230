//! Tekton: steps, sidecars and bundles of Tasks, Pipelines and their runs, with the defaults of their parameters
//! (tektoncd/pipeline docs, `tasks.md`, `stepactions.md`, `variables.md`).

use super::kubernetes::object::Surroundings;
use super::kubernetes::path::FieldPath;
use super::kubernetes::pod;
use super::kubernetes::reader::{Reader, Within};
use super::variables::{self, Dialect};
use image_lint_model::mention::{Definition, Expect, Role, Scope, SourceKind};
use image_lint_model::object::Workload;
use image_lint_model::value::{OriginKind, Piece, Value};
use image_lint_text::yaml::{Kind, Node};

/// TaskSpecs within TaskSpecs (Pipelines within Pipelines) are followed this deep.
const MAX_NESTING: usize = 8;

/// Whether a kind is one of Tekton's that nobody else has.
pub fn is_kind(kind: &str) -> bool {
    matches!(
        kind,
        "Task"
            | "ClusterTask"
            | "TaskRun"
            | "StepAction"
            | "Pipeline"
            | "PipelineRun"
            | "TriggerTemplate"
    )
}

/// Reads an object of Tekton's groups.
pub fn read(
    reader: &mut Reader<'_, '_>,
    node: Node<'_>,
    path: &FieldPath<'_>,
    around: &Surroundings,
    object: u32,
    kind: &str,
) {
    let within = Within {
        source: SourceKind::Tekton,
        dialect: Dialect::Tekton,
        scope: None,
        object: Some(object),
    };
    match kind {
        "TriggerTemplate" => return trigger_template(reader, node, path, around),
        // Both may hold the template itself instead of its name.
        "Trigger" => {
            if let Some(template) = node.at(&["spec", "template"]) {
                trigger_template(reader, template, &path.key("spec.template"), around);
            }
            return;
        }
        "EventListener" => {
            let path = path.key("spec.triggers");
            let triggers = node
                .at(&["spec", "triggers"])
                .into_iter()
                .flat_map(|list| list.items());
            for (i, template) in triggers
                .enumerate()
                .filter_map(|(i, trigger)| Some((i, trigger.get("template")?)))
            {
                trigger_template(reader, template, &path.item(i).key("template"), around);
            }
            return;
        }
        _ => {}
    }
    let Some(spec) = node.get("spec") else { return };
    let path = path.key("spec");
    let mut task = Tekton {
        reader,
        within,
        template: &around.definitions,
    };
    if kind == "StepAction" {
        let definitions = task.parameters(spec, &[], None);
        task.enter(&definitions);
        task.step(spec, None, &path);
    } else {
        task.spec(spec, &path, &[], None, 0);
    }
}

/// Objects that a trigger makes, with `$(tt.params.X)` from the template's own parameters.
fn trigger_template(
    reader: &mut Reader<'_, '_>,
    node: Node<'_>,
    path: &FieldPath<'_>,
    around: &Surroundings,
) {
    let Some(templates) = node.at(&["spec", "resourcetemplates"]) else {
        return;
    };
    let id = reader.sink.extraction.new_scope();
    let first = reader.sink.extraction.definitions.len();
    for parameter in node
        .at(&["spec", "params"])
        .into_iter()
        .flat_map(|list| list.items())
    {
        let Some(name) = parameter.get("name") else {
            continue;
        };
        let default = parameter
            .get("default")
            .filter(|default| default.as_str().is_some());
        let value = default
            .and_then(|default| default.as_str())
            .map(Value::literal);
        let span = default.unwrap_or(name).site();
        let full = format!("tt.params.{}", name.as_str().unwrap_or(""));
        reader
            .sink
            .define(id, &full, value, OriginKind::TektonParam, span);
    }
    let inner = Surroundings {
        scope: Some(Scope { id, upto: u32::MAX }),
        definitions: reader.sink.extraction.definitions[first..].to_vec(),
        nesting: around.nesting + 1,
        ..around.clone()
    };
    let path = path.key("spec.resourcetemplates");
    for (i, template) in templates.items().enumerate() {
        super::kubernetes::object::read(reader, template, &path.item(i), &inner, None);
    }
}

struct Tekton<'r, 's, 'f, 'd> {
    reader: &'r mut Reader<'s, 'f>,
    within: Within,
    /// Parameters of the OpenShift Template around the object.
    template: &'d [Definition],
}

/// A parameter with what is known of its value.
#[derive(Clone)]
struct Parameter {
    name: String,
    value: Option<Value>,
    span: image_lint_text::source::Span,
}

impl Tekton<'_, '_, '_, '_> {
    /// Reads a TaskSpec, PipelineSpec or the spec of a run: whichever fields are there.
    fn spec(
        &mut self,
        spec: Node<'_>,
        path: &FieldPath<'_>,
        outer: &[Parameter],
        arguments: Option<Node<'_>>,
        nesting: usize,
    ) {
        if nesting > MAX_NESTING {
            return;
        }
        let parameters = self.parameters(spec, outer, arguments);
        self.enter(&parameters);
        for key in ["steps", "sidecars"] {
            if let Some(list) = spec.get(key) {
                let path = path.key(key);
                for (i, step) in list.items().enumerate() {
                    self.step(step, spec.get("stepTemplate"), &path.item(i));
                }
            }
        }
        // `check` is the one step of a Condition (v1alpha1).
        for key in ["stepTemplate", "check"] {
            if let Some(step) = spec.get(key) {
                self.step(step, None, &path.key(key));
            }
        }
        super::tekton_catalog::uses(self.reader, spec, path, &self.within);
        for reference in ["taskRef", "pipelineRef"] {
            if let Some(node) = spec.get(reference) {
                self.bundle(node, &path.key(reference));
            }
        }
        for key in ["podTemplate", "template"] {
            if let Some(pod) = spec.get(key).or_else(|| spec.at(&["taskRunTemplate", key])) {
                pod::pull_secrets(
                    self.reader,
                    pod,
                    &self.within,
                    &mut Workload::default().pull_secrets,
                );
            }
        }
        for (key, inner) in [("taskSpec", "taskSpec"), ("pipelineSpec", "pipelineSpec")] {
            if let Some(node) = spec.get(key) {
                // The run's `params` are values for the spec's own.
                self.spec(
                    node,
                    &path.key(inner),
                    &parameters,
                    spec.get("params"),
                    nesting + 1,
                );
            }
        }
        for key in ["tasks", "finally"] {
            let Some(list) = spec.get(key) else { continue };
            let path = path.key(key);
            for (i, task) in list.items().enumerate() {
                let path = path.item(i);
                self.enter(&parameters);
                super::tekton_catalog::uses(self.reader, task, &path, &self.within);
                if let Some(node) = task.get("taskRef") {
                    self.bundle(node, &path.key("taskRef"));
                }
                for key in ["taskSpec", "pipelineSpec"] {
                    if let Some(node) = task.get(key) {
                        self.spec(
                            node,
                            &path.key(key),
                            &parameters,
                            task.get("params"),
                            nesting + 1,
                        );
                    }
                }
            }
        }
    }

    fn step(&mut self, step: Node<'_>, template: Option<Node<'_>>, path: &FieldPath<'_>) {
        pod::container(self.reader, step, path, &self.within);
        super::scripts::of_step(self.reader, step, template, path, &self.within);
    }

    /// A bundle is an OCI artifact: the old field, and the parameter of the `bundles` resolver.
    fn bundle(&mut self, reference: Node<'_>, path: &FieldPath<'_>) {
        // Who names a resolver may not name a bundle beside it (tektoncd/pipeline, `TaskRef.Validate`).
        let alone = reference.get("resolver").is_none();
        if let Some(bundle) = reference.get("bundle").filter(|_| alone) {
            let path = path.key("bundle");
            self.reader.mention(
                bundle,
                &path,
                &self.within,
                Role::Run,
                Expect::Artifact,
                None,
            );
        }
        if reference.str_at(&["resolver"]) != Some("bundles") {
            return;
        }
        let Some(params) = reference
            .get("params")
            .or_else(|| reference.get("resource"))
        else {
            return;
        };
        let path = path.key("params");
        for (i, parameter) in params.items().enumerate() {
            if parameter.str_at(&["name"]) == Some("bundle")
                && let Some(value) = parameter.get("value")
            {
                let path = path.item(i);
                self.reader.mention(
                    value,
                    &path.key("value"),
                    &self.within,
                    Role::Run,
                    Expect::Artifact,
                    None,
                );
            }
        }
    }

    /// The parameters a spec sees: those around it, then its own defaults, then what it is given.
    fn parameters(
        &self,
        spec: Node<'_>,
        outer: &[Parameter],
        arguments: Option<Node<'_>>,
    ) -> Vec<Parameter> {
        let mut all = outer.to_vec();
        let old = spec.at(&["inputs", "params"]);
        for declared in spec
            .get("params")
            .into_iter()
            .chain(old)
            .flat_map(|list| list.items())
        {
            let Some(name) = declared.get("name").filter(|name| name.as_str().is_some()) else {
                continue;
            };
            let default = declared.get("default").or_else(|| declared.get("value"));
            self.declare(&mut all, name, default, outer);
        }
        for argument in arguments.into_iter().flat_map(|list| list.items()) {
            if let (Some(name), Some(value)) = (
                argument.get("name").filter(|n| n.as_str().is_some()),
                argument.get("value"),
            ) {
                self.declare(&mut all, name, Some(value), outer);
            }
        }
        all
    }

    /// Arrays and objects give a parameter for each of their items.
    fn declare(
        &self,
        all: &mut Vec<Parameter>,
        name: Node<'_>,
        value: Option<Node<'_>>,
        outer: &[Parameter],
    ) {
        let full = format!("params.{}", name.as_str().unwrap_or(""));
        let mut put = |name: String, span, value: Option<Value>| {
            all.retain(|known| known.name != name);
            if all.len() < MAX_PARAMETERS {
                all.push(Parameter { name, value, span });
            }
        };
        let Some(value) = value else {
            return put(full, name.site(), None);
        };
        match value.kind() {
            Kind::Sequence => {
                for (i, item) in value
                    .items()
                    .enumerate()
                    .filter(|(_, item)| item.as_str().is_some())
                {
                    put(format!("{full}[{i}]"), item.site(), self.known(item, outer));
                }
            }
            Kind::Mapping => {
                for (key, item) in value.pairs() {
                    if let (Some(key), Some(_)) = (key.as_str(), item.as_str()) {
                        put(
                            format!("{full}.{key}"),
                            item.site(),
                            self.known(item, outer),
                        );
                    }
                }
            }
            Kind::Scalar | Kind::Null => put(full, value.site(), self.known(value, outer)),
        }
    }

    /// A parameter's value with the parameters around it put in: a name within it means another parameter than the
    /// same name in the spec it is given to.
    fn known(&self, node: Node<'_>, outer: &[Parameter]) -> Option<Value> {
        let text = node.as_str().unwrap_or("").trim();
        let mut value = Value::default();
        for piece in variables::read(text, self.dialect()).pieces {
            match piece {
                Piece::Literal(text) => value.push_literal(&text),
                Piece::Variable(variable) if variable.name.starts_with("params.") => {
                    let known = outer
                        .iter()
                        .find(|parameter| *parameter.name == *variable.name)?;
                    for piece in known.value.clone()?.pieces {
                        value.pieces.push(piece);
                    }
                }
                other => value.pieces.push(other),
            }
        }
        Some(value)
    }

    /// Opens a scope that holds these parameters and those of the Template around.
    fn enter(&mut self, parameters: &[Parameter]) {
        let id = self.reader.sink.extraction.new_scope();
        for definition in self.template {
            let definition = Definition {
                scope: id,
                ..definition.clone()
            };
            self.reader.sink.extraction.definitions.push(definition);
        }
        for parameter in parameters {
            let value = parameter.value.clone();
            self.reader.sink.define(
                id,
                &parameter.name,
                value,
                OriginKind::TektonParam,
                parameter.span,
            );
        }
        self.within.scope = Some(Scope { id, upto: u32::MAX });
        self.within.dialect = self.dialect();
    }

    /// Within a Template `${X}` is a parameter; `$(params.X)` is read in both.
    fn dialect(&self) -> Dialect {
        if self.template.is_empty() {
            Dialect::Tekton
        } else {
            Dialect::Template
        }
    }
}

/// Parameters of one spec.
const MAX_PARAMETERS: usize = 1000;
