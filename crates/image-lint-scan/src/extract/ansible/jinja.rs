//! Strings with Jinja's expressions (jinja.palletsprojects.com/templates), as far as they name variables: `{{ x }}`,
//! `{{ x.y }}`, `{{ x | default('y') }}`. What else stands between the braces only running it could tell.

use std::sync::Arc;

use image_lint_model::value::{Op, Piece, Syntax, Value, Variable};

/// A longer string names no image.
const MAX_LENGTH: usize = 4096;

/// Filters that leave a name of an image as it is.
const HARMLESS: [&str; 4] = ["trim", "string", "lower", "mandatory"];

/// Reads a string.
pub(super) fn read(text: &str) -> Value {
    let mut value = Value::default();
    if text.len() > MAX_LENGTH {
        return Value::literal(text);
    }
    let mut rest = text;
    while let Some(open) = rest.find("{{") {
        let Some(len) = rest[open..].find("}}") else {
            break;
        };
        value.push_literal(&rest[..open]);
        let written = &rest[open..open + len + 2];
        push(&mut value, written);
        rest = &rest[open + len + 2..];
    }
    value.push_literal(rest);
    value
}

fn push(value: &mut Value, written: &str) {
    let inner = written[2..written.len() - 2]
        .trim_matches(['-', '+'])
        .trim();
    let mut parts = inner.split('|').map(str::trim);
    let subject = parts.next().unwrap_or("");
    if let Some(text) = quoted(subject)
        && parts.clone().all(|filter| HARMLESS.contains(&filter))
    {
        return value.push_literal(text);
    }
    let mut op = Op::Plain;
    for filter in parts {
        match default(filter) {
            Some(word) => {
                op = Op::Default {
                    word,
                    or_empty: filter.contains("true"),
                }
            }
            None if HARMLESS.contains(&filter) => {}
            None => op = Op::Unsupported,
        }
        if op == Op::Unsupported {
            break;
        }
    }
    let (name, op) = match path(subject) {
        Some(name) => (name, op),
        None => (inner.to_owned(), Op::Unsupported),
    };
    value.pieces.push(Piece::Variable(Arc::new(Variable {
        name: name.into(),
        written: written.into(),
        syntax: Syntax::Braces,
        op,
    })));
}

/// `default('x')`, `d(other)`, `default('x', true)`
fn default(filter: &str) -> Option<Value> {
    let call = filter
        .strip_prefix("default")
        .or_else(|| filter.strip_prefix("d"))?;
    let inner = call.trim().strip_prefix('(')?.strip_suffix(')')?;
    let first = inner.split(',').next()?.trim();
    if let Some(text) = quoted(first) {
        return Some(Value::literal(text));
    }
    let name = path(first)?;
    let mut value = Value::default();
    value.push_variable(&name, first, Syntax::Braces);
    Some(value)
}

fn quoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
    let inner = text[1..].strip_suffix(quote)?;
    (!inner.contains(quote)).then_some(inner)
}

/// `x`, `x.y`, `x['y']`, with dots between its parts.
fn path(text: &str) -> Option<String> {
    let text = text
        .replace("['", ".")
        .replace("[\"", ".")
        .replace("']", "")
        .replace("\"]", "");
    let word = |part: &str| {
        !part.is_empty()
            && !part.starts_with(|c: char| c.is_ascii_digit())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    text.split('.').all(word).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Literals as they are, variables in brackets with what stands in for them.
    fn shown(value: &Value) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Literal(text) | Piece::Substituted { text, .. } => text.to_string(),
            Piece::Variable(variable) => match &variable.op {
                Op::Plain => format!("[{}]", variable.name),
                Op::Default { word, .. } => format!("[{} or {}]", variable.name, word.written()),
                _ => format!("[? {}]", variable.written),
            },
        };
        value.pieces.iter().map(piece).collect()
    }

    #[test]
    fn expressions_are_read_as_far_as_they_are_names() {
        for (text, expected, why) in [
            ("q.io/a:1", "q.io/a:1", "nothing to replace"),
            ("{{ image }}", "[image]", "a variable"),
            ("q.io/a:{{tag}}", "q.io/a:[tag]", "a part"),
            ("{{ app.image }}", "[app.image]", "a key"),
            ("{{ app['image'] }}", "[app.image]", "a key in brackets"),
            ("{{ a | default('x') }}", "[a or x]", "a default"),
            (
                "{{ a|d(b) }}",
                "[a or b]",
                "another variable as the default",
            ),
            ("{{ a | trim }}:1", "[a]:1", "a filter that changes no name"),
            (
                "{{ a | replace('x', 'y') }}",
                "[? {{ a | replace('x', 'y') }}]",
                "a filter",
            ),
            ("{{ a ~ b }}", "[? {{ a ~ b }}]", "an operator"),
            ("{{ 'x' }}:1", "x:1", "a string"),
            ("{{ x", "{{ x", "never closed"),
            ("{%- if x %}", "{%- if x %}", "a statement"),
        ] {
            assert_eq!(shown(&read(text)), expected, "{why}");
        }
    }
}
