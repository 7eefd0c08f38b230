//! Values that several parts of one object give a chart, later ones first in rank, as one tree.

use std::sync::Arc;

use crate::extract::helm;
use crate::extract::kubernetes::reader::Reader;
use crate::render::kustomize::emit::Rendered;
use crate::render::kustomize::value::{Node, Type};
use image_lint_text::meter::{Allowance, Meter};

use image_lint_text::yaml;

/// Values on their way to a chart.
pub struct Values {
    tree: Node,
    meter: Meter,
}

impl Values {
    pub fn new(reader: &Reader<'_, '_>) -> Self {
        let len = reader.sink.file().text.len();
        Values {
            tree: Node::map(),
            meter: Meter::new(Allowance::of_file(len)),
        }
    }

    /// Adds a mapping; what it sets counts before what was there (helm.sh, "Values Files").
    pub fn add(&mut self, node: yaml::Node<'_>, reader: &Reader<'_, '_>) {
        let file = reader.sink.file();
        let read = Node::read(node, file.id, &file.text);
        self.merge(read);
    }

    /// Adds values that are written as a text.
    pub fn add_text(&mut self, node: yaml::Node<'_>, reader: &Reader<'_, '_>) {
        if node.as_str().is_none() {
            return;
        }
        let text = node.text();
        let id = reader.sink.file().id;
        for document in &yaml::parse(&text).documents {
            self.merge(Node::read(document.root(), id, ""));
        }
    }

    /// Sets one value, as `helm --set` does: `image.tag=1`, `list[0].image=x`, `a\.b=c`.
    pub fn set(&mut self, name: &str, value: yaml::Node<'_>, reader: &Reader<'_, '_>) {
        let file = reader.sink.file();
        let value = Node::read(value, file.id, &file.text);
        let steps = steps(name);
        if steps.is_empty() || self.meter.charge(steps.len() as u64).is_err() {
            return;
        }
        put(&mut self.tree, &steps, value);
    }

    fn merge(&mut self, mut other: Node) {
        print_numbers(&mut other);
        let tree = std::mem::replace(&mut self.tree, Node::Null);
        self.tree = merged(tree, other, &self.meter);
    }

    /// Reads the images that the values name.
    pub fn read(self, reader: &mut Reader<'_, '_>) {
        let mut rendered = Rendered::default();
        if self.tree.is_empty() || rendered.add(&self.tree, &self.meter).is_err() {
            return;
        }
        let text = rendered.source();
        for document in &yaml::parse(&text).documents {
            helm::values(document.root(), false, reader.sink);
        }
    }
}

/// Numbers of values are floating point in templates, and are printed so: `1.20` is 1.2 (helm/helm issue 4099).
fn print_numbers(node: &mut Node) {
    match node {
        Node::Scalar(scalar) if scalar.json_type() == Type::Number => {
            let text = scalar.text.to_string();
            if let Some(printed) = printed(&text).filter(|printed| *printed != text) {
                scalar.text = scalar.text.renamed(&printed);
            }
        }
        Node::Scalar(_) | Node::Null => {}
        Node::Seq(_) => node
            .items_mut()
            .into_iter()
            .flatten()
            .for_each(print_numbers),
        Node::Map(_) => {
            for (_, value) in node.pairs_mut().into_iter().flatten() {
                print_numbers(value);
            }
        }
    }
}

/// A number as Go prints a float64 (`strconv.FormatFloat(x, 'g', -1, 64)`); a leading zero makes it octal.
fn printed(text: &str) -> Option<String> {
    let bare = text.replace('_', "");
    let octal = bare.len() > 1 && bare.starts_with('0') && bare.bytes().all(|b| b.is_ascii_digit());
    let number = match i64::from_str_radix(&bare, 8).ok().filter(|_| octal) {
        Some(number) => number as f64,
        None => bare.parse::<f64>().ok()?,
    };
    let shown = format!("{number:e}");
    let (digits, exponent) = shown.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    if (-4..6).contains(&exponent) || (number == 0.0) {
        return Some(format!("{number}"));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    Some(format!("{digits}e{sign}{:02}", exponent.abs()))
}

/// Mappings are merged, all else is replaced.
fn merged(base: Node, other: Node, meter: &Meter) -> Node {
    if meter.charge(1 + base.pairs().len() as u64).is_err() {
        return base;
    }
    match (&base, &other) {
        (Node::Map(_), Node::Map(pairs)) => {
            let mut out = base.clone();
            for (key, value) in pairs.iter() {
                let value = match out.get(key) {
                    Some(old) => merged(old.clone(), value.clone(), meter),
                    None => value.clone(),
                };
                out.set(key, value);
            }
            out
        }
        _ => other,
    }
}

/// A step of a name: a key, or an index of a list.
enum Step {
    Key(String),
    Index(usize),
}

/// Items that a name may make of a list (helm's `MaxIndex` is 65,536).
const MAX_INDEX: usize = 1000;

fn steps(name: &str) -> Vec<Step> {
    let mut out = Vec::new();
    for part in crate::render::kustomize::path::split(name, '.') {
        let mut rest = part.as_str();
        let end = rest.find('[').unwrap_or(rest.len());
        out.push(Step::Key(rest[..end].to_owned()));
        rest = &rest[end..];
        while let Some(inner) = rest.strip_prefix('[') {
            let Some((index, more)) = inner.split_once(']') else {
                break;
            };
            match index.parse() {
                Ok(index) if index <= MAX_INDEX => out.push(Step::Index(index)),
                _ => return Vec::new(),
            }
            rest = more;
        }
    }
    out
}

fn put(node: &mut Node, steps: &[Step], value: Node) {
    let Some((step, rest)) = steps.split_first() else {
        *node = value;
        return;
    };
    match step {
        Step::Key(key) => {
            if node.get(key).is_none() {
                node.set(key, Node::Null);
            }
            if let Some(next) = node.get_mut(key) {
                put(next, rest, value);
            }
        }
        Step::Index(index) => {
            if !matches!(node, Node::Seq(_)) {
                *node = Node::Seq(Arc::default());
            }
            if let Some(items) = node.items_mut() {
                if items.len() <= *index {
                    items.resize(*index + 1, Node::Null);
                }
                put(&mut items[*index], rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `helm template` 3.17 prints for `{{ .Values.tag }}`.
    #[test]
    fn numbers_are_printed_as_helm_prints_them() {
        for (text, expected) in [
            ("1.20", "1.2"),
            ("20210512", "2.0210512e+07"),
            ("0362525", "124245"),
            ("123456", "123456"),
            ("1000000", "1e+06"),
            ("7", "7"),
        ] {
            assert_eq!(printed(text).as_deref(), Some(expected), "{text}");
        }
    }
}
