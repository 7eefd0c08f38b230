//! Shell scripts within manifests: `script` of Tekton steps, `source` of Argo's script templates, `command` and `args`
//! of containers. They run in the cluster, where builds in a pod are made of them.

use super::kubernetes::path::FieldPath;
use super::kubernetes::reader::{Reader, Within};
use super::shell::{
    ScriptContext, entrypoint, extract_arguments, extract_script, implied, names_a_tool,
};
use super::variables::Dialect;
use crate::extract::Site;
use image_lint_model::value::{Syntax, Value};
use image_lint_text::source::SourceText;
use image_lint_text::yaml::{Kind, Node};

/// Shells whose `-c` argument is a script.
const SHELLS: [&str; 5] = ["sh", "bash", "dash", "ash", "ksh"];

/// Reads the commands of a container, step or script template.
pub fn of_container(
    reader: &mut Reader<'_, '_>,
    container: Node<'_>,
    path: &FieldPath<'_>,
    within: &Within,
) {
    of_step(reader, container, None, path, within);
}

/// The same of a step of Tekton; `template` is the `stepTemplate`, whose variables it has unless it gives them itself.
pub fn of_step(
    reader: &mut Reader<'_, '_>,
    container: Node<'_>,
    template: Option<Node<'_>>,
    path: &FieldPath<'_>,
    within: &Within,
) {
    let containers = [template, Some(container)];
    for key in ["script", "source"] {
        let Some(script) = container
            .get(key)
            .filter(|node| node.as_str().is_some_and(is_shell))
        else {
            continue;
        };
        run(
            reader,
            &containers,
            within,
            &path.key(key),
            |context, reader| {
                extract_script(&script.text(), context, reader.sink);
            },
        );
    }
    let mut words: Vec<SourceText<'static>> = ["command", "args"]
        .into_iter()
        .filter_map(|key| container.get(key))
        .filter(|list| list.kind() == Kind::Sequence)
        .flat_map(|list| list.items())
        .take(MAX_WORDS)
        .filter(|item| item.as_str().is_some())
        .map(|item| item.text())
        .collect();
    // Without a command the image's own program reads the arguments.
    if container.get("command").is_none()
        && let Some(program) = container.str_at(&["image"]).and_then(entrypoint)
        && let Some(first) = words.first()
    {
        words.insert(0, implied(program, first));
    }
    if words.iter().any(|word| names_a_tool(&word.text)) {
        let shell = words
            .first()
            .is_some_and(|word| SHELLS.contains(&word.text.rsplit('/').next().unwrap_or("")));
        let script = words
            .iter()
            .position(|word| is_script_flag(&word.text))
            .and_then(|at| words.get(at + 1));
        run(
            reader,
            &containers,
            within,
            &path.key("command"),
            |context, reader| match script.filter(|_| shell) {
                Some(script) => extract_script(script, context, reader.sink),
                None => extract_arguments(&words, context, reader.sink),
            },
        );
    }
}

/// Words of one command line.
const MAX_WORDS: usize = 4096;

/// `-c`, `-ec`, `-euxc`
fn is_script_flag(word: &str) -> bool {
    word.strip_prefix('-')
        .is_some_and(|flags| flags.ends_with('c') && flags.bytes().all(|b| b.is_ascii_lowercase()))
}

/// Without a first line that names another interpreter, and with a tool that is read at all.
fn is_shell(script: &str) -> bool {
    let first = script.trim_start().lines().next().unwrap_or("");
    (!first.starts_with("#!") || first.contains("sh")) && names_a_tool(script)
}

/// Variables of the container's `env` and the object's own are known to its scripts.
fn run(
    reader: &mut Reader<'_, '_>,
    containers: &[Option<Node<'_>>],
    within: &Within,
    path: &FieldPath<'_>,
    read: impl FnOnce(&ScriptContext<'_>, &mut Reader<'_, '_>),
) {
    let environment: Vec<(Box<str>, Value, Option<Site>)> = containers
        .iter()
        .flatten()
        .filter_map(|container| container.get("env"))
        .flat_map(|list| list.items())
        .filter_map(|variable| {
            let value = variable.get("value")?;
            let text = reader.text(value, within.dialect)?;
            Some((
                variable.str_at(&["name"])?.into(),
                text.value,
                Some(text.span.into()),
            ))
        })
        .collect();
    let foreign: &[Syntax] = match within.dialect {
        Dialect::Tekton => &[Syntax::Tekton],
        Dialect::Argo => &[Syntax::Argo],
        Dialect::Template => &[Syntax::Template, Syntax::Tekton],
        Dialect::Kubernetes | Dialect::Compose => &[],
    };
    let field = path.to_string();
    // Steps of one object share a workspace, and with it the local store.
    let job = within.object.unwrap_or(0);
    let mut context = ScriptContext::new(within.source, &field, job);
    context.environment = &environment;
    context.foreign = foreign;
    context.scope = within.scope;
    context.object = within.object;
    read(&context, reader);
}
