//! Files of CI systems: the images their jobs run in, and the scripts they run.
//!
//! [`github`], [`gitlab`] and [`cloudbuild`] know their systems' schemas; [`others`] reads the systems whose jobs are an
//! image and a list of commands. Scripts go to [`crate::extract::shell`].

mod actions;
mod cloudbuild;
mod github;
mod gitlab;
mod matrix;
mod others;
mod unparsed;

pub use cloudbuild::CloudBuild;
pub use github::GitHub;
pub use gitlab::GitLab;
pub use others::OtherCi;
pub(super) use unparsed::recover;

use crate::extract::shell::{ScriptContext, extract_script};
use crate::extract::variables::{self, Dialect};
use crate::extract::{Draft, Sink, Site};
use image_lint_model::mention::{Role, SourceKind};
use image_lint_model::value::{Op, Origin, OriginKind, Piece, Value, Variable};
use image_lint_text::source::{Segment, SourceText, Span, SpanMap};
use image_lint_text::yaml::{Kind, Node};

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
    if text.is_empty() || text.contains(char::is_whitespace) && !text.contains("{{") {
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
            Piece::Variable(v) => text_of(v, known, 0, sink),
            _ => None,
        };
        match found {
            Some((name, text, span)) => {
                let place = span.map(|span| sink.place_of(span));
                let origin = Origin {
                    name,
                    kind: OriginKind::Assignment,
                    place,
                };
                pieces.push(Piece::Substituted {
                    text: text.into(),
                    origin: origin.into(),
                });
            }
            None => pieces.push(piece),
        }
    }
    value.pieces = pieces;
}

/// Variables made of variables are followed this deep (GitLab, "Nested variable expansion").
const MAX_NESTING: u32 = 8;

/// The name, text and place of a variable that is known as a whole.
fn text_of(
    variable: &Variable,
    known: &Variables,
    depth: u32,
    sink: &mut Sink<'_>,
) -> Option<(Box<str>, String, Option<Site>)> {
    if depth > MAX_NESTING || variable.op != Op::Plain || !sink.may_look_through(known.len()) {
        return None;
    }
    let (name, value, span) = known
        .iter()
        .rev()
        .find(|(name, ..)| *name == variable.name)?;
    let mut text = String::new();
    for piece in &value.pieces {
        match piece {
            Piece::Literal(t) | Piece::Substituted { text: t, .. } => text.push_str(t),
            Piece::Variable(inner) => text.push_str(&text_of(inner, known, depth + 1, sink)?.1),
        }
    }
    sink.meter.produce(text.len()).ok()?;
    Some((name.clone(), text, *span))
}

/// A script that is a string or a list of strings (nested lists too), joined by line breaks into one.
fn script(nodes: &[Option<Node<'_>>], context: &ScriptContext<'_>, sink: &mut Sink<'_>) {
    let mut text = String::new();
    let mut segments = Vec::new();
    for node in nodes.iter().flatten() {
        gather(*node, 0, &mut text, &mut segments);
    }
    if !text.is_empty() {
        extract_script(
            &SourceText {
                text: text.into(),
                map: SpanMap::Segments(segments),
            },
            context,
            sink,
        );
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
