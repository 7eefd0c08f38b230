//! Files of CI systems: the images their jobs run in, and the scripts they run.
//!
//! [`github`], [`gitlab`] and [`cloudbuild`] know their systems' schemas; [`others`] reads the systems whose jobs are an
//! image and a list of commands. Scripts go to [`crate::extract::shell`].

mod actions;
mod azure;
mod callers;
mod cloudbuild;
pub(super) mod expression;
mod github;
mod gitlab;
mod matrix;
mod others;
mod unparsed;

pub(super) use others::AzureTemplate;

pub use cloudbuild::CloudBuild;
pub use github::GitHub;
pub use gitlab::GitLab;
pub use others::OtherCi;
pub(super) use unparsed::recover;

use crate::extract::shell::{ScriptContext, extract_script};
use crate::extract::variables::{self, Dialect};
use crate::extract::{Draft, Sink, Site};
use expression::Given;
use image_lint_model::mention::{Role, SourceKind};
use image_lint_model::value::{Op, Origin, OriginKind, Piece, Syntax, Value, Variable, Way};
use image_lint_text::source::{Segment, SourceText, Span, SpanMap};
use image_lint_text::yaml::{Kind, Node};
use std::sync::Arc;

/// Variables of a job, with the place of each value.
type Variables = Vec<(Box<str>, Value, Option<Site>)>;

/// What a job or step sees of the variables around it.
fn inherited(outer: &Variables, sink: &mut Sink<'_>) -> Variables {
    if sink.may_give(outer.len()) {
        outer.clone()
    } else {
        Variables::new()
    }
}

/// Adds `key: value` pairs of a mapping, or `{name: …, value: …}` and `KEY=VALUE` of a list; a later level wins over an
/// earlier one.
fn add_variables(variables: &mut Variables, mapping: Option<Node<'_>>) {
    for item in mapping.into_iter().flat_map(|list| list.items()) {
        let pair = match item.as_str() {
            Some(text) => text
                .split_once('=')
                .map(|(key, value)| (key, value, item.site())),
            None => item
                .get("value")
                .and_then(|value| Some((item.str_at(&["name"])?, value.as_str()?, value.span()))),
        };
        if let Some((key, text, span)) = pair {
            variables.push((
                key.into(),
                variables::read(text, Dialect::Compose),
                Some(span.into()),
            ));
        }
    }
    for (key, value) in mapping.into_iter().flat_map(|m| m.pairs()) {
        // GitLab: `{value: …, description: …}`.
        let value = value.get("value").unwrap_or(value);
        if let (Some(key), Some(text)) = (key.as_str(), value.as_str()) {
            variables.push((
                key.into(),
                variables::read(text, Dialect::Compose),
                Some(value.span().into()),
            ));
        }
    }
}

/// Writes down the image of a job or a service: a string, or a mapping with it under `key`.
fn image(
    node: Option<Node<'_>>,
    key: &str,
    source: SourceKind,
    field: &str,
    known: &Variables,
    sink: &mut Sink<'_>,
) {
    let Some(node) = node else { return };
    let node = if node.kind() == Kind::Mapping {
        node.get(key)
    } else {
        Some(node)
    };
    let Some((node, text)) = node.and_then(|n| Some((n, n.as_str()?))) else {
        return;
    };
    let text = text.trim();
    if text.is_empty() {
        return;
    }
    let mut value = variables::read(text, Dialect::Compose);
    substitute(&mut value, known, sink);
    sink.mention(Draft::image(node.site(), value, Role::Ci, source, field));
}

/// Puts the job's variables in their places; GitLab expands them in `image:` (docs, "Where variables can be used").
fn substitute(value: &mut Value, known: &Variables, sink: &mut Sink<'_>) {
    let mut pieces = Vec::with_capacity(value.pieces.len());
    for piece in value.pieces.drain(..) {
        let found = match &piece {
            Piece::Variable(v) => values_of(v, known, 0, sink),
            _ => Vec::new(),
        };
        match (&piece, found.as_slice()) {
            (Piece::Variable(v), [(text, site)]) => {
                let place = site.map(|site| sink.place_of(site));
                let origin = Origin {
                    name: v.name.clone(),
                    kind: OriginKind::Assignment,
                    place,
                };
                pieces.push(Piece::Substituted {
                    text: text.as_str().into(),
                    origin: origin.into(),
                });
            }
            (Piece::Variable(v), [_, ..]) => pieces.push(one_of(v, &found, sink)),
            (Piece::Variable(v), []) => {
                let behind = behind(v, known, sink);
                pieces.push(behind.unwrap_or(piece));
            }
            _ => pieces.push(piece),
        }
    }
    value.pieces = pieces;
}

/// What nobody knows of a variable that has a value: the variable that this value is in turn.
fn behind(variable: &Variable, known: &Variables, sink: &mut Sink<'_>) -> Option<Piece> {
    let mut name = variable.name.trim();
    let mut last = None;
    for _ in 0..MAX_NESTING {
        if !sink.may_look_through(known.len()) {
            break;
        }
        let given = known.iter().rev().find(|(own, ..)| **own == *name);
        let Some([piece @ Piece::Variable(inner)]) = given.map(|(_, value, _)| &*value.pieces)
        else {
            break;
        };
        if *inner.name == *name {
            break;
        }
        last = Some(piece.clone());
        name = inner.name.trim();
    }
    last
}

/// A variable that has one of several values.
fn one_of(variable: &Variable, found: &[Given], sink: &mut Sink<'_>) -> Piece {
    let ways: Vec<Way> = found
        .iter()
        .map(|(text, site)| Way {
            value: Value::literal(text),
            place: site.map(|site| sink.place_of(site)),
            when: None,
        })
        .collect();
    let op = Op::OneOf {
        ways: ways.into(),
        choice: sink.new_choice(),
    };
    Piece::Variable(Arc::new(Variable {
        op,
        ..variable.clone()
    }))
}

/// Variables made of variables are followed this deep (GitLab, "Nested variable expansion").
const MAX_NESTING: u32 = 8;
/// Values of one variable that are told apart.
const MAX_VALUES: usize = 16;

/// The values of a variable that is known as a whole; none where it is not.
fn values_of(
    variable: &Variable,
    known: &Variables,
    depth: u32,
    sink: &mut Sink<'_>,
) -> Vec<Given> {
    if depth > MAX_NESTING || variable.op != Op::Plain {
        return Vec::new();
    }
    match variable.syntax {
        Syntax::Expression => {
            expression::values(&variable.name, &mut |path| named(path, known, depth, sink))
        }
        _ => named(&variable.name, known, depth, sink),
    }
}

/// The values of a name.
fn named(name: &str, known: &Variables, depth: u32, sink: &mut Sink<'_>) -> Vec<Given> {
    if depth > MAX_NESTING || !sink.may_look_through(known.len()) {
        return Vec::new();
    }
    let found = known.iter().rev().find(|(own, ..)| **own == *name);
    let Some((_, value, site)) = found else {
        return Vec::new();
    };
    let mut all: Vec<String> = vec![String::new()];
    for piece in &value.pieces {
        let next: Vec<String> = match piece {
            Piece::Literal(text) | Piece::Substituted { text, .. } => vec![text.to_string()],
            Piece::Variable(inner) => match &inner.op {
                Op::OneOf { ways, .. } => {
                    let known = ways.iter().map(|way| way.value.as_known());
                    known.collect::<Option<_>>().unwrap_or_default()
                }
                _ => {
                    let found = values_of(inner, known, depth + 1, sink);
                    found.into_iter().map(|(text, _)| text).collect()
                }
            },
        };
        let pairs = all
            .iter()
            .flat_map(|before| next.iter().map(move |text| format!("{before}{text}")));
        all = pairs.take(MAX_VALUES).collect();
    }
    let bytes = all.iter().map(String::len).sum();
    if sink.meter.produce(bytes).is_err() {
        return Vec::new();
    }
    all.into_iter().map(|text| (text, *site)).collect()
}

/// Variables whose values hold what others are, put in as far as they are known.
fn resolved(variables: &Variables, known: &Variables, sink: &mut Sink<'_>) -> Variables {
    let mut all = variables.clone();
    for (_, value, _) in &mut all {
        if !value.is_literal() {
            substitute(value, known, sink);
        }
    }
    all
}

/// A text with the values of variables that hold others, so that those count as used by it.
fn with_values(text: &str, variables: &Variables) -> String {
    let mut all = text.to_owned();
    for (_, value, _) in variables.iter().filter(|(_, value, _)| !value.is_literal()) {
        all.push(' ');
        all.push_str(&value.written());
    }
    all
}

/// A script with what another language puts in before the shell reads it: `$(NAME)` of Azure.
fn put_in(script: &SourceText<'_>, known: &Variables, sink: &mut Sink<'_>) -> SourceText<'static> {
    let mut text = String::new();
    let mut segments = Vec::new();
    let source = &script.text;
    let mut push = |text: &mut String, part: &str, from: usize, to: usize| {
        if !part.is_empty() {
            segments.push(Segment {
                inner: text.len() as u32,
                outer: from as u32,
                outer_len: (to - from) as u32,
            });
            text.push_str(part);
        }
    };
    let mut from = 0;
    for (at, _) in source.match_indices("$(") {
        let Some((name, _)) = source[at + 2..].split_once(')') else {
            break;
        };
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"_.-".contains(&b);
        if at < from || name.is_empty() || !name.bytes().all(plain) {
            continue;
        }
        let found = named(name, known, 0, sink);
        let [(value, _)] = found.as_slice() else {
            continue;
        };
        push(&mut text, &source[from..at], from, at);
        from = at + name.len() + 3;
        push(&mut text, value, at, from);
    }
    push(&mut text, &source[from..], from, source.len());
    script.derive(text, segments)
}

/// The lines of a script as one text.
fn joined(nodes: &[Option<Node<'_>>]) -> SourceText<'static> {
    let mut text = String::new();
    let mut segments = Vec::new();
    for node in nodes.iter().flatten() {
        gather(*node, 0, &mut text, &mut segments);
    }
    SourceText {
        text: text.into(),
        map: SpanMap::Segments(segments),
    }
}

/// A script that is a string or a list of strings (nested lists too), joined by line breaks into one.
fn script(nodes: &[Option<Node<'_>>], context: &ScriptContext<'_>, sink: &mut Sink<'_>) {
    let script = joined(nodes);
    if !script.text.is_empty() {
        extract_script(&script, context, sink);
    }
}

fn gather(node: Node<'_>, depth: u32, text: &mut String, segments: &mut Vec<Segment>) {
    if node.kind() == Kind::Sequence && depth < 4 {
        for item in node.items() {
            gather(item, depth + 1, text, segments);
        }
        return;
    }
    if node.as_str().is_none() {
        return;
    }
    let line = node.text();
    let at = text.len() as u32;
    match &line.map {
        SpanMap::Identity { shift } => {
            segments.push(Segment {
                inner: at,
                outer: *shift,
                outer_len: line.text.len() as u32,
            });
        }
        SpanMap::Segments(all) => {
            segments.extend(all.iter().map(|s| Segment {
                inner: at + s.inner,
                ..*s
            }));
        }
    }
    text.push_str(&line.text);
    let end = line
        .outer(Span::new(line.text.len(), line.text.len()))
        .start;
    segments.push(Segment {
        inner: text.len() as u32,
        outer: end,
        outer_len: 0,
    });
    text.push('\n');
}
