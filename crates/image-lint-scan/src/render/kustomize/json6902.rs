//! JSON patches (RFC 6902) as kustomize applies them (`api/filters/patchjson6902`, evanphx/json-patch v4).

use image_lint_text::meter::Meter;

use super::fail::Fail;
use super::value::Node;

/// Applies a list of operations.
///
/// # Errors
/// An operation that does not apply; the object is left as it was.
pub fn apply(object: &mut Node, operations: &Node, meter: &Meter) -> Result<(), Fail> {
    let mut changed = object.clone();
    for operation in operations.items() {
        meter.charge(1)?;
        let at = operation
            .get("path")
            .and_then(Node::as_text)
            .and_then(super::value::Text::place);
        one(&mut changed, operation, meter).map_err(|fail| match fail {
            Fail::Refused { why, at: None } => Fail::Refused { why, at },
            other => other,
        })?;
    }
    *object = changed;
    Ok(())
}

/// Whether a document is a list of operations.
pub fn is_patch(document: &Node) -> bool {
    !document.items().is_empty()
        && document
            .items()
            .iter()
            .all(|item| item.get("op").is_some() && item.get("path").is_some())
}

fn one(object: &mut Node, operation: &Node, meter: &Meter) -> Result<(), Fail> {
    let name = operation.string_at(&["op"]).unwrap_or_default();
    let path = operation.string_at(&["path"]).unwrap_or_default();
    let way = tokens(&path);
    let value = || operation.get("value").cloned().unwrap_or(Node::Null);
    match &*name {
        "add" => add(object, &way, value(), &path),
        "replace" => replace(object, &way, value(), &path),
        "remove" => remove(object, &way, &path).map(drop),
        "move" | "copy" => {
            let from = operation.string_at(&["from"]).unwrap_or_default();
            let source = tokens(&from);
            let moved = if name == "move" {
                remove(object, &source, &from)?
            } else {
                let found = find(object, &source, meter)?.cloned();
                found.ok_or_else(|| not_applied("copy", &from))?
            };
            add(object, &way, moved, &path)?;
            // A copy of a whole in itself doubles it.
            weigh(object, meter)
        }
        "test" => {
            let found = find(object, &way, meter)?.map(|node| *node == value());
            match found {
                Some(true) => Ok(()),
                None if value().is_null() => Ok(()),
                _ => Err(Fail::refused(format!("testing value {path} failed"), None)),
            }
        }
        other => Err(Fail::refused(format!("Unexpected kind: {other}"), None)),
    }
}

/// Charges for every node of an object.
pub fn weigh(node: &Node, meter: &Meter) -> Result<(), Fail> {
    let _level = meter.deeper()?;
    for item in node.items() {
        weigh(item, meter)?;
    }
    for (_, value) in node.pairs() {
        weigh(value, meter)?;
    }
    Ok(())
}

fn not_applied(operation: &str, path: &str) -> Fail {
    Fail::refused(
        format!(
            "{operation} operation does not apply: doc is missing path: \"{path}\": missing value"
        ),
        None,
    )
}

/// The steps of a pointer; what is before the first `/` does not count.
fn tokens(path: &str) -> Vec<String> {
    path.split('/')
        .skip(1)
        .map(|part| part.replace("~1", "/").replace("~0", "~"))
        .collect()
}

fn find<'n>(
    node: &'n mut Node,
    way: &[String],
    meter: &Meter,
) -> Result<Option<&'n mut Node>, Fail> {
    let mut here = node;
    for step in way {
        meter.charge(1)?;
        let next = match here {
            Node::Map(_) => here.get_mut(step),
            Node::Seq(_) => {
                let items = here.items_mut();
                items.and_then(|items| {
                    let at = index(step, items.len())?;
                    items.get_mut(at)
                })
            }
            _ => None,
        };
        let Some(next) = next else { return Ok(None) };
        here = next;
    }
    Ok(Some(here))
}

/// An index of a list of this length; a negative one counts from its end.
fn index(step: &str, len: usize) -> Option<usize> {
    let at: i64 = step.parse().ok()?;
    let at = if at < 0 { at + len as i64 } else { at };
    usize::try_from(at).ok()
}

fn parent<'n, 'w>(object: &'n mut Node, way: &'w [String]) -> Option<(&'n mut Node, &'w str)> {
    let (last, before) = way.split_last()?;
    let mut here = object;
    for step in before {
        here = match here {
            Node::Seq(_) => {
                let items = here.items_mut()?;
                let at = index(step, items.len())?;
                items.get_mut(at)?
            }
            _ => here.get_mut(step)?,
        };
    }
    Some((here, last))
}

fn add(object: &mut Node, way: &[String], value: Node, path: &str) -> Result<(), Fail> {
    if way.is_empty() {
        *object = value;
        return Ok(());
    }
    let missing = || not_applied("add", path);
    // kustomize keeps notes of its own in the annotations, so while it builds there always are some.
    if let [metadata, annotations, _] = way
        && (metadata.as_str(), annotations.as_str()) == ("metadata", "annotations")
        && let Some(holder) = object.get_mut("metadata")
        && holder.get("annotations").is_none()
    {
        holder.set("annotations", Node::Map(std::sync::Arc::new(Vec::new())));
    }
    let (holder, key) = parent(object, way).ok_or_else(missing)?;
    match holder {
        Node::Map(_) => holder.set(key, value),
        Node::Seq(_) => {
            let items = holder.items_mut().ok_or_else(missing)?;
            let at = match key {
                "-" => items.len(),
                key => index(key, items.len() + 1).ok_or_else(missing)?,
            };
            if at > items.len() {
                return Err(Fail::refused(
                    format!(
                        "add operation does not apply: doc is missing path: \"{path}\": Unable to access invalid index: {at}"
                    ),
                    None,
                ));
            }
            items.insert(at, value);
        }
        _ => return Err(missing()),
    }
    Ok(())
}

/// A key of a mapping need not be there: json-patch v4 sets it all the same.
fn replace(object: &mut Node, way: &[String], value: Node, path: &str) -> Result<(), Fail> {
    if way.is_empty() {
        *object = value;
        return Ok(());
    }
    let missing = || not_applied("replace", path);
    let (holder, key) = parent(object, way).ok_or_else(missing)?;
    match holder {
        Node::Map(_) => holder.set(key, value),
        _ => {
            let items = holder.items_mut().ok_or_else(missing)?;
            let at = index(key, items.len()).filter(|at| *at < items.len());
            items[at.ok_or_else(missing)?] = value;
        }
    }
    Ok(())
}

fn remove(object: &mut Node, way: &[String], path: &str) -> Result<Node, Fail> {
    let missing = || not_applied("remove", path);
    let (holder, key) = parent(object, way).ok_or_else(missing)?;
    if let Some(items) = holder.items_mut() {
        let at = index(key, items.len()).filter(|at| *at < items.len());
        return Ok(items.remove(at.ok_or_else(missing)?));
    }
    let found = holder.get(key).cloned().ok_or_else(missing)?;
    holder.remove(key);
    Ok(found)
}
