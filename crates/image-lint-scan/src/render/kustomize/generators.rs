//! `configMapGenerator` and `secretGenerator` (kubernetes-sigs/kustomize `api/internal/generators`): their data, as far as
//! replacements and variables may take images from it.

use image_lint_text::source::Span;

use super::fail::Fail;
use super::ids::{Behavior, Resource};
use super::load::Files;
use super::select::field;
use super::value::{Node, Text, plain_text};
use crate::tree;

/// What a generator makes.
///
/// # Errors
/// A file that is not in the repository, a line that is no `KEY=VALUE`.
pub fn generate(
    files: &Files<'_>,
    folder: &str,
    item: &Node,
    kind: &str,
    used: &mut dyn FnMut(image_lint_text::source::FileId),
) -> Result<Resource, Fail> {
    let mut node = Node::map();
    node.set("apiVersion", Node::made("v1"));
    node.set("kind", Node::made(kind));
    let mut metadata = Node::map();
    for key in ["name", "namespace"] {
        if let Some(value) = field(item, key) {
            metadata.set(key, value.clone());
        }
    }
    node.set("metadata", metadata);
    if let Some(type_) = field(item, "type") {
        node.set("type", type_.clone());
    }
    let mut data = Node::map();
    let list = |key: &str| field(item, key).map(Node::items).unwrap_or_default();
    for literal in list("literals").iter().filter_map(Node::as_text) {
        let (key, value) = pair(literal)?;
        data.set(&key, Node::text(value));
    }
    let envs = list("envs").iter().chain(field(item, "env"));
    for path in envs.filter_map(Node::as_text) {
        let (id, whole) = read(files, folder, path, &path.to_string())?;
        used(id);
        env_file(id, &whole, &mut data)?;
    }
    for source in list("files").iter().filter_map(Node::as_text) {
        let text = source.to_string();
        let (key, path) = match text.split_once('=') {
            Some((key, path)) => (key.to_owned(), path),
            None => (text.rsplit('/').next().unwrap_or("").to_owned(), &*text),
        };
        let (id, whole) = read(files, folder, source, path)?;
        used(id);
        let value = plain_text(id, &whole, Span::new(0, whole.len()));
        data.set(&key, Node::text(value));
    }
    // Secrets' data would be in base64.
    node.set(
        if kind == "Secret" {
            "stringData"
        } else {
            "data"
        },
        data,
    );
    let mut resource = Resource::new(node);
    let behavior = field(item, "behavior").and_then(Node::string);
    resource.behavior = match behavior.as_deref() {
        Some("merge") => Behavior::Merge,
        Some("replace") => Behavior::Replace,
        _ => Behavior::Create,
    };
    Ok(resource)
}

fn read(
    files: &Files<'_>,
    folder: &str,
    source: &Text,
    path: &str,
) -> Result<(image_lint_text::source::FileId, String), Fail> {
    let missing = || Fail::Missing {
        path: path.to_owned(),
        at: source.place(),
    };
    let found = tree::join(folder, path).and_then(|path| files.tree.find(&path));
    let id = found.ok_or_else(missing)?;
    let text = files.text(id).ok_or_else(missing)?;
    Ok((id, text.text.clone()))
}

/// `KEY=VALUE`; quotes around the value are not part of it.
fn pair(text: &Text) -> Result<(String, Text), Fail> {
    let whole = text.to_string();
    let Some(at) = whole.find('=').filter(|at| *at > 0) else {
        let why = format!("invalid literal source {whole}, expected key=value");
        return Err(Fail::refused(why, text.place()));
    };
    let value = &whole[at + 1..];
    let quoted = value.len() >= 2
        && ["\"", "'"]
            .iter()
            .any(|quote| value.starts_with(quote) && value.ends_with(quote));
    let inner = if quoted {
        text.slice(at + 2, whole.len() - 1)
    } else {
        text.slice(at + 1, whole.len())
    };
    Ok((whole[..at].to_owned(), inner))
}

/// Lines `KEY=VALUE`; a key alone takes its value from the environment, which nobody here knows.
fn env_file(id: image_lint_text::source::FileId, whole: &str, data: &mut Node) -> Result<(), Fail> {
    let mut start = 0;
    for line in whole.split_inclusive('\n') {
        let at = start;
        start += line.len();
        let line = line.trim_end_matches(['\n', '\r']);
        let indent = line.len() - line.trim_start().len();
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        let from = at + indent + key.len() + 1;
        let text = plain_text(id, whole, Span::new(from, from + value.len()));
        data.set(key, Node::text(text));
    }
    Ok(())
}

/// Puts what a generator made beside, into, or in place of what is there.
///
/// # Errors
/// Nothing to merge with, or something of that name already.
pub fn absorb(resources: &mut Vec<Resource>, made: Resource) -> Result<(), Fail> {
    let id = made.id();
    let at = made
        .node
        .at(&["metadata", "name"])
        .and_then(Node::as_text)
        .and_then(Text::place);
    let same: Vec<usize> = (0..resources.len())
        .filter(|i| resources[*i].ids().iter().any(|other| other.same(&id)))
        .collect();
    match (same.as_slice(), made.behavior) {
        ([], Behavior::Create) => resources.push(made),
        ([], _) => {
            let why = format!("id {} does not exist; cannot merge or replace", id.show());
            return Err(Fail::refused(why, at));
        }
        ([one], Behavior::Replace) => {
            let mut made = made;
            made.earlier = resources[*one].ids();
            resources[*one].node = made.node;
        }
        ([one], Behavior::Merge) => {
            for key in ["data", "stringData"] {
                for (name, value) in made.node.get(key).map(Node::pairs).unwrap_or_default() {
                    let old = &mut resources[*one].node;
                    if old.get(key).is_none() {
                        old.set(key, Node::map());
                    }
                    if let Some(data) = old.get_mut(key) {
                        data.set(name, value.clone());
                    }
                }
            }
        }
        _ => {
            let why = format!("id {} exists; behavior must be merge or replace", id.show());
            return Err(Fail::refused(why, at));
        }
    }
    Ok(())
}
