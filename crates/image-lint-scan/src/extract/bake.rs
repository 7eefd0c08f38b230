//! Files of `docker buildx bake` (docs.docker.com/build/bake/reference): targets with their contexts, arguments and tags.
//! Each target is a build, whose arguments and contexts count for its Dockerfile.

use super::dockerfile::{Embedding, extract_embedded};
use super::hcl::{self, Block, Body, Expression, Text};
use super::kubernetes::split;
use super::{Candidate, Draft, Extractor, Sink, ignores};
use image_lint_model::build::{Action, Command, ImageName, RecipeArguments, Tool, Transport};
use image_lint_model::mention::{Role, Scope, SourceKind};
use image_lint_model::value::{OriginKind, Value};
use image_lint_text::source::{SourceFile, Span};

/// `docker-bake.hcl` and any other HCL with targets, `docker-bake.json`.
pub struct Bake;

/// What a context that is an image begins with.
const IMAGE: &str = "docker-image://";

impl Extractor for Bake {
    fn name(&self) -> &'static str {
        "bake"
    }

    fn claims(&self, file: &Candidate<'_>) -> bool {
        let name = file.path.file_name();
        name.ends_with(".hcl") || name.starts_with("docker-bake") && name.ends_with(".json")
    }

    fn worth_reading(&self, text: &str) -> bool {
        // Terragrunt, Packer and Nomad have other blocks.
        (text.contains("target \"") || text.contains("\"target\""))
            && ["dockerfile", "tags", "contexts", "args", "output"]
                .iter()
                .any(|word| text.contains(word))
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
        for attribute in &body.attributes {
            define(&attribute.name, &attribute.value, scope, out);
        }
        for block in body.blocks.iter().filter(|block| block.kind == "variable") {
            if let (Some(name), Some(value)) = (block.labels.first(), block.body.get("default")) {
                define(name, value, scope, out);
            }
        }
        for block in body.blocks.iter().filter(|block| block.kind == "target") {
            target(&body, block, scope, out);
        }
    }
}

fn define(name: &str, value: &Expression, scope: Scope, out: &mut Sink<'_>) {
    if let Some(text) = value.value() {
        out.define(
            scope.id,
            name,
            Some(text.value),
            OriginKind::Assignment,
            text.span,
        );
    }
}

/// One target. What it inherits counts where it says nothing itself; the last one named wins.
fn target(file: &Body, block: &Block, scope: Scope, out: &mut Sink<'_>) {
    mentions(block, scope, out);
    // All others are looked through for each.
    let cost = file.blocks.len() as u64;
    if out.meter.charge(cost).is_err() || is_only_a_part(file, block) {
        return;
    }
    let place = out.place(block.span);
    let excerpt = out.excerpt(place);
    let mut command = Command::new(
        (place, excerpt),
        SourceKind::Bake,
        Tool::Docker,
        Action::Build,
        "docker buildx bake",
    );
    command.recipe = recipe(file, block);
    command.outputs = outputs(block, out);
    out.extraction.builds.push(command);
}

/// What others inherit from is a part of them, unless a group builds it, too.
fn is_only_a_part(file: &Body, block: &Block) -> bool {
    let Some(label) = block.labels.first() else {
        return false;
    };
    let names = |list: &Expression| {
        let mut names = list.items().iter().filter_map(known);
        names.any(|name| *name == **label)
    };
    let in_field = |kind: &str, field: &str| {
        let mut blocks = file.blocks.iter().filter(|block| block.kind == kind);
        blocks.any(|block| block.body.get(field).is_some_and(names))
    };
    in_field("target", "inherits") && !in_field("group", "targets")
}

/// What the target, and those that it inherits from, say of its Dockerfile.
fn recipe(file: &Body, block: &Block) -> RecipeArguments {
    let parents = parents(file, block);
    let inherited = |name: &str| {
        let own = block.body.get(name);
        let mut others = parents.iter().rev();
        own.or_else(|| others.find_map(|parent| parent.body.get(name)))
    };
    let mut recipe = RecipeArguments {
        containerfile: match inherited("dockerfile-inline") {
            // No file of the repository is called so.
            Some(_) => Some("$inline".into()),
            None => inherited("dockerfile").and_then(known),
        },
        context: inherited("context").and_then(known),
        target: inherited("target").and_then(known),
        ..RecipeArguments::default()
    };
    for parent in parents.iter().copied().chain([block]) {
        for (name, value) in pairs(parent, "args") {
            recipe.build_args.retain(|(known, _)| **known != *name);
            if let Some(text) = value.value() {
                recipe.build_args.push((name.as_str().into(), text.value));
            }
        }
        let names = pairs(parent, "contexts").iter();
        recipe
            .contexts
            .extend(names.map(|(name, _)| name.as_str().into()));
    }
    recipe
}

/// The targets that a target inherits from, one after the other.
fn parents<'b>(file: &'b Body, block: &Block) -> Vec<&'b Block> {
    let names = block
        .body
        .get("inherits")
        .map(Expression::items)
        .unwrap_or_default();
    let named = |name: &Expression| {
        let name = known(name)?;
        let mut targets = file.blocks.iter().filter(|block| block.kind == "target");
        targets.find(|block| block.labels.first().is_some_and(|label| **label == *name))
    };
    names.iter().filter_map(named).collect()
}

fn known(value: &Expression) -> Option<Box<str>> {
    Some(value.text()?.value.as_known()?.into())
}

fn pairs<'b>(block: &'b Block, name: &str) -> &'b [(String, Expression)] {
    block
        .body
        .get(name)
        .map(Expression::pairs)
        .unwrap_or_default()
}

/// Images that the target takes, and the names of what it makes.
fn mentions(block: &Block, scope: Scope, out: &mut Sink<'_>) {
    let label = block.labels.first().map_or("", |label| label);
    let mut write = |text: Text, role: Role, field: &str| {
        let field = format!("target.{label}.{field}");
        let mut draft = Draft::image(text.span, text.value, role, SourceKind::Bake, field);
        draft.scope = Some(scope);
        out.mention(draft);
    };
    for (_, context) in pairs(block, "contexts") {
        if let Some(text) = context.text().and_then(image_of_context) {
            write(text, Role::BuildBase, "contexts");
        }
    }
    for (name, value) in pairs(block, "args") {
        let Some(text) = value.text() else { continue };
        let written = text.value.written();
        if split::speaks_of_image(name) && written.contains('/') && written.contains([':', '@']) {
            write(text.clone(), Role::BuildBase, "args");
        }
    }
    for text in tags(block) {
        write(text.clone(), Role::Push, "tags");
    }
    if let Some(text) = block
        .body
        .get("dockerfile-inline")
        .and_then(Expression::text)
    {
        inline(text, out);
    }
}

fn image_of_context(text: &Text) -> Option<Text> {
    let mut value = Value::default();
    let mut first = true;
    for piece in &text.value.pieces {
        match piece {
            image_lint_model::value::Piece::Literal(literal) if first => {
                value.push_literal(literal.strip_prefix(IMAGE)?);
            }
            other => value.pieces.push(other.clone()),
        }
        first = false;
    }
    let span = Span::new(
        text.span.start as usize + IMAGE.len(),
        text.span.end as usize,
    );
    (!value.pieces.is_empty()).then_some(Text { span, value })
}

/// `dockerfile-inline = "FROM …"`, as far as it has no escapes.
fn inline(text: &Text, out: &mut Sink<'_>) {
    if out.file().slice(text.span).contains('\\') {
        return;
    }
    let embedding = Embedding {
        source: SourceKind::Bake,
        field: "dockerfile-inline",
        replaced_from: false,
        build_args: &[],
        enclosing: None,
        object: None,
    };
    let whole = out.file().whole();
    let slice = whole.slice(text.span);
    extract_embedded(&slice, &embedding, out);
}

fn outputs(block: &Block, out: &mut Sink<'_>) -> Vec<ImageName> {
    tags(block)
        .into_iter()
        .map(|text| ImageName {
            transport: Transport::Storage,
            text: text.value.written().into(),
            place: out.place(text.span),
            known: text.value.as_known().is_some(),
            local: false,
        })
        .collect()
}

/// The names that a target's result is given: a list, or the lists that a function joins (`concat`, `compact`). What a
/// function of the file makes of its arguments is not known: they are no names themselves.
fn tags(block: &Block) -> Vec<&Text> {
    let Some(value) = block.body.get("tags") else {
        return Vec::new();
    };
    let lists = match value {
        Expression::Call(arguments) => arguments.as_slice(),
        list => std::slice::from_ref(list),
    };
    let items = lists.iter().filter_map(|list| match list {
        Expression::List(items) => Some(items),
        _ => None,
    });
    items
        .flatten()
        .filter_map(Expression::text)
        .filter(|text| !text.span.is_empty())
        .collect()
}
