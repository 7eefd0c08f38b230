//! Terraform and OpenTofu, as far as they deploy containers: pods of the Kubernetes provider, containers of Cloud Run,
//! Azure and Nomad, task definitions of ECS, images of the docker provider (registry.terraform.io, each provider's docs).
//! A machine's image stands in other blocks and is none.

mod module;

use super::hcl::{self, Block, Body, Expression, Text};
use super::kubernetes::reader::looks_like_image;
use super::{Candidate, Draft, Extractor, Sink, ignores};
use image_lint_model::mention::{Role, Scope, SourceKind};
use image_lint_text::source::SourceFile;

/// `*.tf`, `*.tofu`, `*.tf.json`.
pub struct Terraform;

/// Blocks whose `image` a cluster runs.
const CONTAINERS: [&str; 6] = [
    "container",
    "init_container",
    "containers",
    "init_containers",
    "sidecar",
    "template_container",
];

/// Resources of the docker provider, and the attribute that is the image (kreuzwerker/docker).
const DOCKER: [(&str, &str); 4] = [
    ("docker_image", "name"),
    ("docker_registry_image", "name"),
    ("docker_container", "image"),
    ("container_spec", "image"),
];

impl Extractor for Terraform {
    fn name(&self) -> &'static str {
        "terraform"
    }

    fn claims(&self, file: &Candidate<'_>) -> bool {
        let name = file.path.file_name();
        [".tf", ".tofu", ".tf.json"]
            .iter()
            .any(|end| name.ends_with(end))
    }

    fn worth_reading(&self, text: &str) -> bool {
        text.contains("image")
    }

    fn extract(&self, file: &SourceFile, out: &mut Sink<'_>) {
        ignores::in_line_comments(&file.whole(), "#", out);
        let meter = std::rc::Rc::clone(&out.meter);
        let body = match file.path.file_name().ends_with(".json") {
            true => hcl::parse_json(&file.text, &meter),
            false => hcl::parse(&file.text, &meter),
        };
        let scope = Scope {
            id: out.extraction.new_scope(),
            upto: u32::MAX,
        };
        for (name, text) in define(&body).0 {
            let place = out.place(text.span);
            out.define_at(scope.id, &name, text.value, place);
        }
        module::define_others(scope, out);
        let before = out.extraction.mentions.len();
        for block in &body.blocks {
            blocks(
                block,
                block.labels.first().map_or("", |kind| kind),
                scope,
                out,
            );
        }
        let mut made = out.extraction.mentions[before..].iter();
        if out.tree.is_none() && made.any(|mention| mention.value.variables().next().is_some()) {
            out.extraction.follows = true;
        }
        // Of files without any it may be another kind of block that names one.
        out.nothing = out.extraction.mentions.len() == before;
    }
}

/// Names of variables with the texts that they stand for.
#[derive(Default)]
struct Values(Vec<(String, Text)>);

impl Values {
    /// A text, or the texts within an object: `var.image.tag`.
    fn add(&mut self, name: &str, value: &Expression, depth: usize) {
        if let Some(text) = value.text() {
            self.0.push((name.to_owned(), text.clone()));
        } else if depth < MAX_DEPTH {
            for (key, value) in value.pairs() {
                self.add(&format!("{name}.{key}"), value, depth + 1);
            }
        }
    }
}

/// `variable "x" { default = … }` and `locals { x = … }`.
fn define(body: &Body) -> Values {
    let mut values = Values::default();
    for block in &body.blocks {
        match (block.kind.as_str(), block.labels.first()) {
            ("variable", Some(name)) => {
                if let Some(value) = block.body.get("default") {
                    values.add(&format!("var.{name}"), value, 0);
                }
            }
            ("locals", _) => {
                for attribute in &block.body.attributes {
                    values.add(&format!("local.{}", attribute.name), &attribute.value, 0);
                }
            }
            _ => {}
        }
    }
    values
}

fn blocks(block: &Block, resource: &str, scope: Scope, out: &mut Sink<'_>) {
    let kind = block.kind.as_str();
    // `dynamic "container"` makes blocks of that name.
    let kind = match (kind, block.labels.first()) {
        ("dynamic", Some(made)) => made.as_str(),
        _ => kind,
    };
    let named = if matches!(kind, "resource" | "data") {
        resource
    } else {
        kind
    };
    let docker = DOCKER.iter().find(|(name, _)| *name == named);
    if let Some((_, attribute)) = docker
        && let Some(value) = block.body.get(attribute)
    {
        image(value, Role::Ci, &format!("{named}.{attribute}"), scope, out);
    }
    if CONTAINERS.contains(&kind)
        && let Some(value) = block.body.get("image")
    {
        image(value, Role::Run, &format!("{kind}.image"), scope, out);
    }
    for attribute in &block.body.attributes {
        objects(&attribute.value, scope, out, 0);
    }
    for inner in &block.body.blocks {
        blocks(inner, resource, scope, out);
    }
}

/// Objects are followed this deep; the parser's own depth bounds blocks.
const MAX_DEPTH: usize = 40;

/// `container_definitions = jsonencode([{image = "…"}])`, manifests as objects: containers have a name beside the image.
fn objects(value: &Expression, scope: Scope, out: &mut Sink<'_>, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    for item in value.items() {
        objects(item, scope, out, depth + 1);
    }
    let named = value.pairs().iter().any(|(key, _)| key == "name");
    for (key, value) in value.pairs() {
        if key == "image" && named {
            image(value, Role::Run, "containers.image", scope, out);
        } else {
            objects(value, scope, out, depth + 1);
        }
    }
}

fn image(value: &Expression, role: Role, field: &str, scope: Scope, out: &mut Sink<'_>) {
    let Some(text) = value.value().filter(|text| !text.span.is_empty()) else {
        return;
    };
    // What another resource knows only a run can tell.
    let written = text.value.written();
    let of_variable = written.starts_with("var.") || written.starts_with("local.");
    if !of_variable && value.text().is_none() {
        return;
    }
    if !of_variable && text.value.is_literal() && !looks_like_image(&text.value, true) {
        return;
    }
    let mut draft = Draft::image(text.span, text.value, role, SourceKind::Terraform, field);
    draft.scope = Some(scope);
    out.mention(draft);
}
