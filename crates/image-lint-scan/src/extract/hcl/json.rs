//! The same language in JSON: blocks are objects under the name of their kind, with a level for each label
//! (hashicorp/hcl `json/spec.md`). Which names are kinds of blocks only the program that reads the file knows.

use super::{Attribute, Block, Body, Expression};
use image_lint_text::source::Span;

/// Kinds of blocks of bake and Terraform, and how many labels each has.
const KINDS: [(&str, usize); 9] = [
    ("variable", 1),
    ("target", 1),
    ("group", 1),
    ("module", 1),
    ("provider", 1),
    ("output", 1),
    ("resource", 2),
    ("data", 2),
    ("locals", 0),
];

/// Kinds within which objects are blocks, too: what is one there depends on the provider.
const NESTED: [&str; 2] = ["resource", "data"];

pub(super) fn body(pairs: Vec<(String, Expression)>) -> Body {
    let mut body = Body::default();
    for (name, value) in pairs {
        match KINDS.iter().find(|(kind, _)| *kind == name) {
            Some((_, labels)) => blocks(&name, *labels, &[], value, &mut body),
            None => body.attributes.push(Attribute { name, value }),
        }
    }
    body
}

/// One block, or several in a list, or one for each label. The parser's own depth bounds this.
fn blocks(kind: &str, missing: usize, labels: &[String], value: Expression, out: &mut Body) {
    match value {
        Expression::List(items) => {
            for item in items {
                blocks(kind, missing, labels, item, out);
            }
        }
        Expression::Object(pairs) if missing > 0 => {
            for (label, value) in pairs {
                let mut labels = labels.to_vec();
                labels.push(label);
                blocks(kind, missing - 1, &labels, value, out);
            }
        }
        Expression::Object(pairs) => out.blocks.push(Block {
            kind: kind.to_owned(),
            labels: labels.to_vec(),
            span: pairs
                .iter()
                .find_map(|(_, value)| first(value))
                .unwrap_or(Span::new(0, 0)),
            body: match NESTED.contains(&kind) {
                true => nested(pairs),
                false => attributes(pairs),
            },
        }),
        _ => {}
    }
}

fn attributes(pairs: Vec<(String, Expression)>) -> Body {
    let attribute = |(name, value)| Attribute { name, value };
    Body {
        attributes: pairs.into_iter().map(attribute).collect(),
        blocks: Vec::new(),
    }
}

fn nested(pairs: Vec<(String, Expression)>) -> Body {
    let mut body = Body::default();
    for (name, value) in pairs {
        match value {
            Expression::Object(pairs) => body.blocks.push(Block {
                kind: name,
                labels: Vec::new(),
                span: Span::new(0, 0),
                body: nested(pairs),
            }),
            Expression::List(items)
                if items
                    .iter()
                    .all(|item| matches!(item, Expression::Object(_))) =>
            {
                let all = nested(items.into_iter().map(|item| (name.clone(), item)).collect());
                body.blocks.extend(all.blocks);
            }
            value => body.attributes.push(Attribute { name, value }),
        }
    }
    body
}

/// The first text within, which is where the block is said to be.
fn first(value: &Expression) -> Option<Span> {
    match value {
        Expression::Text(text) => Some(text.span),
        Expression::List(items) | Expression::Call(items) => items.iter().find_map(first),
        Expression::Object(pairs) => pairs.iter().find_map(|(_, value)| first(value)),
        Expression::Name(span, _) => Some(*span),
        Expression::Other => None,
    }
}
