//! `build` of a service (compose-spec `build.md`): its Containerfile, inline or in a file, and what it is given.

use super::pairs;
use crate::extract::dockerfile::{Embedding, extract_embedded};
use crate::extract::kubernetes::path::FieldPath;
use crate::extract::kubernetes::reader::{Reader, Text, Within};
use crate::extract::variables::{self, Dialect};
use image_lint_model::build::RecipeArguments;
use image_lint_model::mention::{Expect, GivenRecipe, Role, SourceKind};
use image_lint_model::value::Value;
use image_lint_text::source::Span;
use image_lint_text::yaml::Node;

/// Reads what a service says of its build.
pub(super) fn read(
    reader: &mut Reader<'_, '_>,
    build: Node<'_>,
    path: &FieldPath<'_>,
    within: &Within,
) {
    let arguments: Vec<(Box<str>, Value)> = pairs(build.get("args"))
        .into_iter()
        .map(|(name, text)| (name, text.value))
        .collect();
    let contexts = pairs(build.get("additional_contexts"));
    let names: Vec<Box<str>> = contexts.iter().map(|(name, _)| name.clone()).collect();
    if let Some(text) = build
        .get("dockerfile_inline")
        .filter(|text| text.as_str().is_some())
    {
        let embedding = Embedding {
            source: SourceKind::Compose,
            field: &path.key("dockerfile_inline").to_string(),
            replaced_from: false,
            build_args: &arguments,
            enclosing: None,
            object: None,
        };
        let first = reader.sink.extraction.mentions.len();
        extract_embedded(&text.text(), &embedding, reader.sink);
        for mention in &mut reader.sink.extraction.mentions[first..] {
            let is_context = |name: &str| names.iter().any(|context| **context == *name);
            if mention
                .value
                .as_known()
                .is_some_and(|name| is_context(&name))
            {
                mention.role = Role::Local;
            }
        }
    } else if let Some(recipe) = recipe(reader, build, arguments, names) {
        let place = reader.sink.place(build.site());
        reader
            .sink
            .extraction
            .recipes
            .push(GivenRecipe { recipe, place });
    }
    let path = path.key("additional_contexts");
    for (name, context) in contexts {
        image_of_context(reader, &name, context, &path, within);
    }
}

/// What the Containerfile of a folder of the repository is given. Paths are from the file's folder.
fn recipe(
    reader: &Reader<'_, '_>,
    build: Node<'_>,
    build_args: Vec<(Box<str>, Value)>,
    contexts: Vec<Box<str>>,
) -> Option<RecipeArguments> {
    let context = match build.as_str() {
        Some(context) => context,
        None => build.str_at(&["context"]).unwrap_or("."),
    };
    let name = build.str_at(&["dockerfile"]).unwrap_or("Dockerfile");
    if context.contains(['$', ':']) || name.contains('$') {
        return None;
    }
    let folder = reader.sink.file().path.folder().into_owned();
    let folder = crate::tree::join(&folder, context)?;
    let file = crate::tree::join(&folder, name)?;
    Some(RecipeArguments {
        containerfile: Some(file.into()),
        build_args,
        contexts,
        target: build.str_at(&["target"]).map(Into::into),
        ..RecipeArguments::default()
    })
}

/// `additional_contexts: {base: docker-image://alpine:3}`.
fn image_of_context(
    reader: &mut Reader<'_, '_>,
    name: &str,
    context: Text,
    path: &FieldPath<'_>,
    within: &Within,
) {
    let written = context.value.written();
    let Some(image) = written.strip_prefix("docker-image://") else {
        return;
    };
    let span = Span {
        start: context.span.end - image.len() as u32,
        end: context.span.end,
    };
    let text = Text {
        span,
        value: variables::read(image, Dialect::Compose),
        also: context.also,
    };
    let path = path.key(name);
    reader.text_mention(text, &path, within, Role::Ci, Expect::Image, None);
}
