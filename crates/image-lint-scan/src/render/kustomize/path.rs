//! Ways to fields: `spec/template/spec/containers[]/image` of fieldspecs, `spec.containers.[name=x].image` of replacements
//! (kubernetes-sigs/kustomize `kyaml/utils/pathsplitter.go`, `kyaml/yaml/match.go`, `api/filters/fieldspec`).

use super::fail::Fail;
use super::ids::Gvk;
use super::select;
use super::value::Node;

/// Which field of which objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    pub gvk: Gvk,
    pub path: Vec<String>,
}

impl FieldSpec {
    /// Of all objects.
    pub fn everywhere(path: &str) -> Self {
        FieldSpec {
            gvk: Gvk::default(),
            path: split(path, '/'),
        }
    }

    pub fn read(node: &Node) -> Option<Self> {
        let text = |key: &str| {
            select::field(node, key)
                .and_then(Node::string)
                .unwrap_or_default()
        };
        let path = text("path");
        (!path.is_empty()).then(|| FieldSpec {
            gvk: Gvk {
                group: text("group"),
                version: text("version"),
                kind: text("kind"),
            },
            path: split(&path, '/'),
        })
    }

    /// Whether a field of the object fits, and `wanted` says so.
    pub fn finds(&self, object: &Node, wanted: &mut dyn FnMut(&Node) -> bool) -> bool {
        Gvk::of(object).is_selected(&self.gvk) && finds(object, &self.path, wanted)
    }

    /// Calls `change` on each field that the way leads to.
    pub fn change(&self, object: &mut Node, change: &mut dyn FnMut(&mut Node)) {
        if Gvk::of(object).is_selected(&self.gvk) {
            visit(object, &self.path, change);
        }
    }
}

fn finds(node: &Node, path: &[String], wanted: &mut dyn FnMut(&Node) -> bool) -> bool {
    if let Node::Seq(items) = node {
        return items.iter().any(|item| match path {
            [] => wanted(item),
            _ => finds(item, path, wanted),
        });
    }
    let Some((step, rest)) = path.split_first() else {
        return wanted(node);
    };
    let key = step.strip_suffix("[]").unwrap_or(step);
    node.get(key).is_some_and(|next| finds(next, rest, wanted))
}

fn visit(node: &mut Node, path: &[String], change: &mut dyn FnMut(&mut Node)) {
    if let Some(items) = node.items_mut() {
        for item in items {
            visit(item, path, change);
        }
        return;
    }
    let Some((step, rest)) = path.split_first() else {
        return change(node);
    };
    let key = step.strip_suffix("[]").unwrap_or(step);
    if let Some(next) = node.get_mut(key) {
        visit(next, rest, change);
    }
}

/// Splits at a mark; `\` before it keeps it.
pub fn split(path: &str, mark: char) -> Vec<String> {
    let bare = path.strip_prefix(mark).unwrap_or(path);
    let mut out: Vec<String> = Vec::new();
    for part in bare.split(mark) {
        match out.last_mut() {
            Some(last) if last.ends_with('\\') => {
                last.pop();
                last.push(mark);
                last.push_str(part);
            }
            _ => out.push(part.to_owned()),
        }
    }
    out
}

/// Splits at dots outside of brackets. Brackets without `=` only quote a key.
pub fn split_smart(path: &str) -> Vec<String> {
    let parts = split(path, '.');
    let mut out = Vec::new();
    let mut parts = parts.into_iter();
    while let Some(part) = parts.next() {
        if !part.starts_with('[') || part.ends_with(']') {
            out.push(part);
            continue;
        }
        let mut whole = part;
        for more in parts.by_ref() {
            whole.push('.');
            whole.push_str(&more);
            if more.ends_with(']') {
                break;
            }
        }
        if whole.contains('=') {
            out.push(whole);
        } else {
            out.push(whole.trim_matches(['[', ']']).to_owned());
        }
    }
    out
}

/// The single field that a way leads to (`yaml.Lookup`).
pub fn lookup<'n>(node: &'n Node, path: &[String]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, step| match node {
        Node::Seq(items) => match step.as_str() {
            "-" => items.last(),
            step => match element(step) {
                Some((key, wanted)) => items
                    .iter()
                    .find(|item| named(item, key) == Some(wanted.to_owned())),
                None => items.get(step.parse::<usize>().ok()?),
            },
        },
        node => node.get(step),
    })
}

/// `[name=web]`
fn element(step: &str) -> Option<(&str, &str)> {
    step.strip_prefix('[')?.strip_suffix(']')?.split_once('=')
}

fn named(item: &Node, key: &str) -> Option<String> {
    if key.is_empty() {
        item.string()
    } else {
        item.get(key)?.string()
    }
}

/// Calls `change` on each field that a way of a replacement leads to, and gives how many there were.
///
/// # Errors
/// An index beyond a list, or a field of something that has none.
pub fn change_each(
    node: &mut Node,
    path: &[String],
    create: Option<&Node>,
    change: &mut dyn FnMut(&mut Node) -> Result<(), Fail>,
) -> Result<usize, Fail> {
    let Some((step, rest)) = path.split_first() else {
        return change(node).map(|()| 1);
    };
    if !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_digit()) {
        return indexed(node, step, rest, create, change);
    }
    if let Some((key, pattern)) = element(step) {
        return matching(node, (key, pattern), path, create, change);
    }
    if step == "*" {
        let Some(items) = node.items_mut() else {
            return Err(wrong_kind("list"));
        };
        let mut count = 0;
        for item in items {
            count += change_each(item, rest, create, change)?;
        }
        return Ok(count);
    }
    if matches!(node, Node::Seq(_) | Node::Scalar(_)) {
        return Err(wrong_kind("mapping"));
    }
    if node.get(step).is_none() {
        let Some(value) = create else { return Ok(0) };
        node.set(step, made_for(rest.first(), value));
    }
    match node.get_mut(step) {
        Some(next) => change_each(next, rest, create, change),
        None => Ok(0),
    }
}

fn wrong_kind(expected: &str) -> Fail {
    Fail::refused(format!("wrong node kind: expected a {expected}"), None)
}

/// What is made where a way leads to nothing: what its next step needs.
fn made_for(next: Option<&String>, value: &Node) -> Node {
    match next {
        None => match value {
            Node::Map(_) => Node::map(),
            Node::Seq(_) => Node::Seq(Default::default()),
            _ => Node::made(""),
        },
        Some(step) if element(step).is_some() || step.bytes().all(|b| b.is_ascii_digit()) => {
            Node::Seq(Default::default())
        }
        Some(_) => Node::map(),
    }
}

fn indexed(
    node: &mut Node,
    step: &str,
    rest: &[String],
    create: Option<&Node>,
    change: &mut dyn FnMut(&mut Node) -> Result<(), Fail>,
) -> Result<usize, Fail> {
    let index: usize = step.parse().unwrap_or(usize::MAX);
    let Some(items) = node.items_mut() else {
        return Err(wrong_kind("list"));
    };
    if let Some(value) = create
        && index == items.len()
    {
        items.push(made_for(rest.first(), value));
    }
    let found = items.len();
    match items.get_mut(index) {
        Some(item) => change_each(item, rest, create, change),
        None => Err(Fail::refused(
            format!("index {step} specified but only {found} elements found"),
            None,
        )),
    }
}

fn matching(
    node: &mut Node,
    (key, pattern): (&str, &str),
    path: &[String],
    create: Option<&Node>,
    change: &mut dyn FnMut(&mut Node) -> Result<(), Fail>,
) -> Result<usize, Fail> {
    let Some(regex) = select::compile(pattern) else {
        return Err(Fail::refused(
            format!("error parsing regexp: {pattern}"),
            None,
        ));
    };
    let Some(items) = node.items_mut() else {
        return Err(wrong_kind("list"));
    };
    let fits = |item: &Node| named(item, key).is_some_and(|text| regex.is_match(text.trim()));
    if let Some(_) = create
        && !items.iter().any(fits)
    {
        let mut item = Node::map();
        if key.is_empty() {
            item = Node::made(pattern);
        } else {
            item.set(key, Node::made(pattern));
        }
        items.push(item);
    }
    let mut count = 0;
    for item in items.iter_mut().filter(|item| fits(item)) {
        count += change_each(item, &path[1..], create, change)?;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_are_split_as_kustomize_splits_them() {
        for (path, expected) in [
            ("a.b.c", vec!["a", "b", "c"]),
            ("a.[name=x.y].b", vec!["a", "[name=x.y]", "b"]),
            ("a.[x.y/z].b", vec!["a", "x.y/z", "b"]),
            (r"a.b\.c", vec!["a", "b.c"]),
        ] {
            assert_eq!(split_smart(path), expected, "{path}");
        }
        assert_eq!(split("/a/b", '/'), ["a", "b"]);
    }
}
