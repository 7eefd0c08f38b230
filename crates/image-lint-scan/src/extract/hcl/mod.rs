//! HashiCorp's configuration language as far as images need it: blocks, attributes, strings with `${…}`, lists and objects
//! (hashicorp/hcl `hclsyntax/spec.md`). What else an expression says only running it could tell. It never fails: what
//! does not fit is passed over.

mod json;
mod parse;

use std::sync::Arc;

use image_lint_model::value::{Op, Piece, Syntax, Value, Variable};
use image_lint_text::source::Span;

pub(super) use parse::{parse, parse_json};

/// What stands in a file, or between the braces of a block.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub attributes: Vec<Attribute>,
    pub blocks: Vec<Block>,
}

#[derive(Debug)]
pub(super) struct Attribute {
    pub name: String,
    pub value: Expression,
}

#[derive(Debug)]
pub(super) struct Block {
    pub kind: String,
    pub labels: Vec<String>,
    /// Of its first word.
    pub span: Span,
    pub body: Body,
}

#[derive(Debug)]
pub(super) enum Expression {
    /// A string, without its quotes.
    Text(Text),
    List(Vec<Expression>),
    Object(Vec<(String, Expression)>),
    /// A name with dots between its parts.
    Name(Span, String),
    /// The arguments of a call: `jsonencode([…])`.
    Call(Vec<Expression>),
    Other,
}

#[derive(Clone, Debug)]
pub(super) struct Text {
    pub span: Span,
    pub value: Value,
}

impl Body {
    pub fn get(&self, name: &str) -> Option<&Expression> {
        let found = self
            .attributes
            .iter()
            .find(|attribute| attribute.name == name);
        found.map(|attribute| &attribute.value)
    }
}

impl Expression {
    pub fn text(&self) -> Option<&Text> {
        match self {
            Expression::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a string, or of a name alone.
    pub fn value(&self) -> Option<Text> {
        match self {
            Expression::Text(text) => Some(text.clone()),
            Expression::Name(span, name) => Some(Text {
                span: *span,
                value: variable(name, name),
            }),
            _ => None,
        }
    }

    pub fn items(&self) -> &[Expression] {
        match self {
            Expression::List(items) | Expression::Call(items) => items,
            _ => &[],
        }
    }

    pub fn pairs(&self) -> &[(String, Expression)] {
        match self {
            Expression::Object(pairs) => pairs,
            _ => &[],
        }
    }
}

/// A use of a variable; what is no plain name is never known. `a["b"]` is the same as `a.b`.
fn variable(name: &str, written: &str) -> Value {
    let name = &*name.replace("[\"", ".").replace("\"]", "");
    let plain = !name.is_empty()
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
    let op = if plain { Op::Plain } else { Op::Unsupported };
    Value {
        pieces: vec![Piece::Variable(Arc::new(Variable {
            name: name.into(),
            written: written.into(),
            syntax: Syntax::Expression,
            op,
        }))],
    }
}
