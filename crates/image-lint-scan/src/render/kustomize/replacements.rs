//! `replacements:` (kubernetes-sigs/kustomize `api/filters/replacement`): a field of one object is written to fields of others.

use image_lint_text::meter::Meter;

use super::fail::{Fail, Site};
use super::ids::{Gvk, Id, Resource};
use super::json6902::weigh;
use super::load::Files;
use super::path::{change_each, lookup, split_smart};
use super::select::{Selector, field};
use super::value::{Node, Scalar, Text};

/// How a part of a string is taken or written.
struct Options {
    delimiter: String,
    index: i64,
    create: bool,
}

impl Options {
    fn read(node: Option<&Node>) -> Self {
        let text = |key: &str| {
            node.and_then(|node| field(node, key))
                .and_then(Node::string)
                .unwrap_or_default()
        };
        Options {
            delimiter: text("delimiter"),
            index: text("index").parse().unwrap_or(0),
            create: text("create") == "true",
        }
    }
}

/// Writes the source's value to each target.
///
/// # Errors
/// No source or several, or a target without the field.
pub fn apply(
    resources: &mut [Resource],
    item: &Node,
    (files, meter): (&Files<'_>, &Meter),
) -> Result<(), Fail> {
    let at = field(item, "source")
        .and_then(|source| field(source, "kind").or_else(|| field(source, "name")))
        .and_then(Node::as_text)
        .and_then(Text::place);
    let value = match field(item, "sourceValue") {
        Some(value) => value.clone(),
        None => {
            let source = field(item, "source").ok_or_else(|| {
                Fail::refused(
                    "replacements must specify a source and at least one target",
                    at,
                )
            })?;
            source_value(resources, source, (at, files))?
        }
    };
    let targets = field(item, "targets").ok_or_else(|| {
        Fail::refused(
            "replacements must specify a source and at least one target",
            at,
        )
    })?;
    for target in targets.items() {
        write(resources, target, &value, (at, files, meter))?;
    }
    Ok(())
}

fn source_value(
    resources: &[Resource],
    source: &Node,
    (at, files): (Option<Site>, &Files<'_>),
) -> Result<Node, Fail> {
    let text = |key: &str| {
        field(source, key)
            .and_then(Node::string)
            .unwrap_or_default()
    };
    let mut gvk = Gvk {
        group: text("group"),
        version: text("version"),
        kind: text("kind"),
    };
    let api_version = text("apiVersion");
    if !api_version.is_empty() && gvk.group.is_empty() && gvk.version.is_empty() {
        gvk = Gvk::new(&api_version, &gvk.kind);
    }
    let wanted = Id {
        gvk,
        name: text("name"),
        namespace: text("namespace"),
    };
    let mut found = resources
        .iter()
        .filter(|resource| resource.ids().iter().any(|id| id.is_selected(&wanted)));
    let Some(one) = found.next() else {
        return Err(Fail::refused(
            format!("nothing selected by {}", wanted.show()),
            at,
        ));
    };
    if found.next().is_some() {
        let why = format!("multiple matches for selector {}", wanted.show());
        return Err(Fail::refused(why, at));
    }
    files.looks_into(one);
    let path = Some(text("fieldPath")).filter(|path| !path.is_empty());
    let path = path.unwrap_or_else(|| "metadata.name".into());
    let value = lookup(&one.node, &split_smart(&path)).filter(|value| !value.is_empty());
    let Some(value) = value else {
        let why = format!(
            "fieldPath `{path}` is missing for replacement source {}",
            wanted.show()
        );
        return Err(Fail::refused(why, at));
    };
    refined(value, &Options::read(field(source, "options")), at)
}

fn refined(value: &Node, options: &Options, at: Option<Site>) -> Result<Node, Fail> {
    if options.delimiter.is_empty() {
        return Ok(value.clone());
    }
    let Some(text) = value.as_text() else {
        let why = "delimiter option can only be used with scalar nodes";
        return Err(Fail::refused(why, at));
    };
    let parts = parts(text, &options.delimiter);
    match usize::try_from(options.index)
        .ok()
        .and_then(|index| parts.get(index))
    {
        Some(part) => Ok(Node::text(part.clone())),
        None => Err(Fail::refused(
            format!(
                "options.index {} is out of bounds for value {text}",
                options.index
            ),
            at,
        )),
    }
}

/// What is between the delimiters.
fn parts(text: &Text, delimiter: &str) -> Vec<Text> {
    let whole = text.to_string();
    let mut out = Vec::new();
    let mut start = 0;
    for (at, mark) in whole.match_indices(delimiter) {
        out.push(text.slice(start, at));
        start = at + mark.len();
    }
    out.push(text.slice(start, whole.len()));
    out
}

fn write(
    resources: &mut [Resource],
    target: &Node,
    value: &Node,
    (at, files, meter): (Option<Site>, &Files<'_>, &Meter),
) -> Result<(), Fail> {
    let Some(select) = field(target, "select") else {
        return Err(Fail::refused("target must specify resources to select", at));
    };
    let refuse = |why: String| Fail::refused(why, at);
    let selector = Selector::new(select).map_err(refuse)?;
    let rejects = field(target, "reject").map(Node::items).unwrap_or_default();
    let rejects: Result<Vec<Selector>, String> = rejects.iter().map(Selector::new).collect();
    let rejects = rejects.map_err(refuse)?;
    let options = Options::read(field(target, "options"));
    let mut paths: Vec<String> = field(target, "fieldPaths")
        .map(|paths| paths.items().iter().filter_map(Node::string).collect())
        .unwrap_or_default();
    if paths.is_empty() {
        paths.push("metadata.name".into());
    }
    for resource in resources {
        meter.charge(1)?;
        let ids = resource.ids();
        let rejected = |reject: &Selector| {
            (!reject.unnamed && ids.iter().any(|id| reject.fits_id(id)))
                || (reject.unnamed && reject.fits_metadata(&resource.node))
        };
        if !selector.fits_metadata(&resource.node)
            || rejects.iter().any(rejected)
            || !ids.iter().any(|id| selector.fits_id(id))
        {
            continue;
        }
        files.looks_into(resource);
        for path in &paths {
            write_one(&mut resource.node, path, value, &options).map_err(|fail| match fail {
                Fail::Refused { why, at: None } => Fail::Refused { why, at },
                other => other,
            })?;
        }
        if !matches!(value, Node::Scalar(_)) {
            weigh(&resource.node, meter)?;
        }
    }
    Ok(())
}

fn write_one(object: &mut Node, path: &str, value: &Node, options: &Options) -> Result<(), Fail> {
    let create = options.create.then_some(value);
    let mut change = |node: &mut Node| put(node, value, options);
    let count = change_each(object, &split_smart(path), create, &mut change)?;
    if count == 0 {
        let verb = if options.create {
            "find or create"
        } else {
            "find"
        };
        let why = format!("unable to {verb} field \"{path}\" in replacement target");
        return Err(Fail::refused(why, None));
    }
    Ok(())
}

fn put(node: &mut Node, value: &Node, options: &Options) -> Result<(), Fail> {
    let mut value = value.clone();
    if !options.delimiter.is_empty() {
        let (Some(old), Some(new)) = (node.as_text(), value.as_text()) else {
            let why = "delimiter option can only be used with scalar nodes";
            return Err(Fail::refused(why, None));
        };
        let mut parts = parts(old, &options.delimiter);
        let len = parts.len() as i64;
        match options.index {
            index if index < 0 => parts.insert(0, new.clone()),
            index if index >= len => parts.push(new.clone()),
            index => parts[index as usize] = new.clone(),
        }
        let mut joined = Text::default();
        for (i, part) in parts.into_iter().enumerate() {
            if i > 0 {
                joined.push_made(&options.delimiter);
            }
            joined.push(part);
        }
        value = Node::text(joined);
    }
    *node = match (&*node, value) {
        (Node::Scalar(old), Node::Scalar(new)) => Node::Scalar(Scalar {
            text: new.text,
            plain: old.plain,
        }),
        (_, value) => value,
    };
    Ok(())
}
