//! BuildConfig and Build: what a build starts from, what it copies from, where its result goes.

use super::reference;
use crate::extract::dockerfile::{Embedding, extract_embedded};
use crate::extract::kubernetes::path::FieldPath;
use crate::extract::kubernetes::pod;
use crate::extract::kubernetes::reader::{Reader, Within};
use image_lint_model::mention::{Role, SourceKind};
use image_lint_model::object::{BuildConfig, Facts};
use image_lint_model::value::Value;
use image_lint_text::yaml::Node;

const STRATEGIES: [&str; 4] = [
    "dockerStrategy",
    "sourceStrategy",
    "customStrategy",
    "jenkinsPipelineStrategy",
];

pub(super) fn read(
    reader: &mut Reader<'_, '_>,
    node: Node<'_>,
    path: &FieldPath<'_>,
    within: &Within,
) -> Facts {
    let mut facts = BuildConfig::default();
    let Some(spec) = node.get("spec") else {
        return Facts::Other;
    };
    let path = path.key("spec");
    let mut replaced = false;
    for name in STRATEGIES {
        let Some(strategy) = spec.at(&["strategy", name]) else {
            continue;
        };
        let path = path.key("strategy");
        let path = path.key(name);
        if let Some(from) = strategy.get("from") {
            replaced |= name == "dockerStrategy";
            reference(reader, from, &path.key("from"), within, Role::BuildBase);
        }
        if let Some(env) = strategy.get("env") {
            pod::environment(reader, env, &path.key("env"), within);
        }
        if name == "dockerStrategy" {
            facts.build_args = build_args(reader, strategy, within);
            facts.replaces_from = Some(strategy.get("from").is_some());
            let folder = spec
                .str_at(&["source", "contextDir"])
                .unwrap_or("")
                .trim_matches('/');
            let file = strategy
                .str_at(&["dockerfilePath"])
                .map(|file| file.trim_start_matches("./"));
            facts.dockerfile = (file.is_some() || !folder.is_empty()).then(|| {
                let file = file.unwrap_or("Dockerfile");
                if matches!(folder, "" | ".") {
                    file.into()
                } else {
                    format!("{folder}/{file}").into()
                }
            });
        }
    }
    if let Some(source) = spec.get("source") {
        read_source(
            reader,
            source,
            &path.key("source"),
            within,
            &facts,
            replaced,
        );
    }
    if let Some(triggers) = spec.get("triggers") {
        let path = path.key("triggers");
        for (i, trigger) in triggers.items().enumerate() {
            if let Some(from) = trigger.at(&["imageChange", "from"]) {
                reference(
                    reader,
                    from,
                    &path.item(i).key("imageChange.from"),
                    within,
                    Role::BuildBase,
                );
            }
        }
    }
    if let Some(to) = spec.at(&["output", "to"]) {
        reference(reader, to, &path.key("output.to"), within, Role::Push);
        if to.str_at(&["kind"]) == Some("ImageStreamTag") {
            facts.output_stream = reader.value(to.get("name"), within.dialect);
        }
    }
    Facts::BuildConfig(facts)
}

fn build_args(
    reader: &Reader<'_, '_>,
    strategy: Node<'_>,
    within: &Within,
) -> Vec<(Box<str>, Value)> {
    let Some(list) = strategy.get("buildArgs") else {
        return Vec::new();
    };
    list.items()
        .filter_map(|argument| {
            let name = argument.str_at(&["name"])?;
            Some((
                name.into(),
                reader.value(argument.get("value"), within.dialect)?,
            ))
        })
        .collect()
}

/// `source.images[]` are copied from; `source.dockerfile` is a Dockerfile of its own.
fn read_source(
    reader: &mut Reader<'_, '_>,
    source: Node<'_>,
    path: &FieldPath<'_>,
    within: &Within,
    facts: &BuildConfig,
    replaced: bool,
) {
    if let Some(images) = source.get("images") {
        let path = path.key("images");
        for (i, image) in images.items().enumerate() {
            if let Some(from) = image.get("from") {
                reference(
                    reader,
                    from,
                    &path.item(i).key("from"),
                    within,
                    Role::BuildBase,
                );
            }
        }
    }
    if let Some(dockerfile) = source
        .get("dockerfile")
        .filter(|text| text.as_str().is_some())
    {
        let embedding = Embedding {
            source: SourceKind::OpenShift,
            field: &path.key("dockerfile").to_string(),
            replaced_from: replaced,
            build_args: &facts.build_args,
            enclosing: within.scope,
            object: within.object,
        };
        extract_embedded(&dockerfile.text(), &embedding, reader.sink);
    }
}
