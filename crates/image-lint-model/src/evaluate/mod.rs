//! Expands a [`Value`]: every variable is looked up and its operation done, within fixed bounds.
//!
//! Comes in: a value and a [`Lookup`] that knows what names mean. Goes out: the text, the parts of it that stood
//! elsewhere, and the variables that stay unknown. Knows neither files nor scopes; who looks up decides these.

mod glob;

use std::rc::Rc;

use crate::mention::{OpenVariable, Part, Unknown};
use crate::value::{Op, Origin, OriginKind, Piece, Value, Variable};
use image_lint_text::source::{Place, Span};

/// No expanded text is longer, in bytes. A reference has at most some 500 bytes; a chain `ARG B=$A$A` would double
/// without end.
pub const MAX_TEXT: usize = 4 * 1024;

/// No more parts of one text are remembered; the text itself is still whole.
pub const MAX_PARTS: usize = 32;

/// No more unknown variables of one text are named.
pub const MAX_OPEN: usize = 32;

/// How deep words in words (`${A:-${B:-…}}`) are followed.
const MAX_DEPTH: u32 = 32;

/// A value after expansion.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluated {
    /// At most [`MAX_TEXT`] bytes. Variables that stay unknown stand in it as written.
    pub text: String,
    /// Outer parts before the parts they are made of.
    pub parts: Vec<Part>,
    /// Empty: the text is known.
    pub open: Vec<OpenVariable>,
}

impl Evaluated {
    /// The text, when all of it is known.
    pub fn known(&self) -> Option<&str> {
        self.open.is_empty().then_some(&*self.text)
    }
}

/// What a name means at the place where it is used.
#[derive(Clone, Debug)]
pub enum Meaning {
    /// Nothing defines it.
    Undefined,
    /// It is declared there, without a value.
    Declared(Place),
    /// It has a value, which may itself be open.
    Defined {
        value: Rc<Evaluated>,
        origin: Origin,
    },
}

/// Knows what names mean.
pub trait Lookup {
    fn look_up(&self, variable: &Variable) -> Meaning;

    /// A value that wins over text an extractor already put in (platform arguments of builders).
    fn overrides(&self, origin: &Origin) -> Option<String> {
        let _ = origin;
        None
    }

    /// Takes `bytes` of work from whatever budget there is; false when it is used up.
    fn spend(&self, bytes: usize) -> bool {
        let _ = bytes;
        true
    }
}

/// A lookup in which nothing has a value.
#[derive(Clone, Copy, Debug)]
pub struct Nothing;

impl Lookup for Nothing {
    fn look_up(&self, _: &Variable) -> Meaning {
        Meaning::Undefined
    }
}

/// Expands a value as far as the lookup allows.
pub fn evaluate(value: &Value, lookup: &dyn Lookup) -> Evaluated {
    let mut out = Evaluated::default();
    expand(value, lookup, 0, &mut out);
    out
}

fn expand(value: &Value, lookup: &dyn Lookup, depth: u32, out: &mut Evaluated) {
    for piece in &value.pieces {
        match piece {
            Piece::Literal(text) => {
                push_text(out, text);
            }
            Piece::Substituted { text, origin } => match lookup.overrides(origin) {
                Some(text) => {
                    let origin = Origin {
                        name: origin.name.clone(),
                        kind: OriginKind::CommandLine,
                        place: None,
                    };
                    push_part(out, &text, &[], origin);
                }
                None => push_part(out, text, &[], Origin::clone(origin)),
            },
            Piece::Variable(variable) => expand_variable(variable, lookup, depth, out),
        }
    }
}

fn expand_variable(variable: &Variable, lookup: &dyn Lookup, depth: u32, out: &mut Evaluated) {
    if depth >= MAX_DEPTH || !lookup.spend(64) {
        return push_open(out, variable, None);
    }
    let meaning = lookup.look_up(variable);
    if let Meaning::Defined { value, .. } = &meaning {
        if !value.open.is_empty() {
            push_text(out, &variable.written);
            for open in &value.open {
                remember_open(out, open.clone());
            }
            return;
        }
        if !lookup.spend(value.text.len()) {
            return push_open(out, variable, None);
        }
    }
    let declared = if let Meaning::Declared(place) = &meaning {
        Some(*place)
    } else {
        None
    };
    let known = if let Meaning::Defined { value, origin } = &meaning {
        Some((&**value, origin))
    } else {
        None
    };
    match (&variable.op, known) {
        (Op::Plain, Some((value, origin))) => {
            push_part(out, &value.text, &value.parts, origin.clone())
        }
        (Op::Required { or_empty }, Some((value, origin)))
            if !or_empty || !value.text.is_empty() =>
        {
            push_part(out, &value.text, &value.parts, origin.clone());
        }
        (Op::Default { or_empty, .. }, Some((value, origin)))
            if !or_empty || !value.text.is_empty() =>
        {
            push_part(out, &value.text, &value.parts, origin.clone());
        }
        (Op::Default { word, .. }, _) => {
            let origin = Origin {
                name: variable.name.clone(),
                kind: OriginKind::InlineDefault,
                place: None,
            };
            push_word(word, origin, lookup, depth, out);
        }
        (Op::Alternate { word, if_not_empty }, Some((value, origin))) => {
            if !if_not_empty || !value.text.is_empty() {
                push_word(word, origin.clone(), lookup, depth, out);
            }
        }
        // POSIX: nothing when unset.
        (Op::Alternate { .. }, None) => {}
        (Op::Upper, Some((value, origin))) => {
            push_part(out, &value.text.to_uppercase(), &[], origin.clone())
        }
        (Op::Lower, Some((value, origin))) => {
            push_part(out, &value.text.to_lowercase(), &[], origin.clone())
        }
        (
            Op::TrimPrefix { .. } | Op::TrimSuffix { .. } | Op::Replace { .. },
            Some((value, origin)),
        ) => match matched(&value.text, &variable.op, lookup, depth) {
            Some(text) => push_part(out, &text, &[], origin.clone()),
            None => push_open(out, variable, origin.place),
        },
        (Op::Unsupported, Some((_, origin))) => push_open(out, variable, origin.place),
        (_, _) => push_open(out, variable, declared),
    }
}

/// A known text after `#`, `%`, `/`, `^^` or `,,`; None when the pattern is not known or too costly.
pub fn edited(text: &str, op: &Op, lookup: &dyn Lookup) -> Option<String> {
    match op {
        Op::Upper => Some(text.to_uppercase()),
        Op::Lower => Some(text.to_lowercase()),
        _ => matched(text, op, lookup, 0),
    }
}

/// The text after `#`, `%` or `/`.
fn matched(text: &str, op: &Op, lookup: &dyn Lookup, depth: u32) -> Option<String> {
    let word = |value: &Value| -> Option<String> {
        let mut out = Evaluated::default();
        expand(value, lookup, depth + 1, &mut out);
        out.open.is_empty().then_some(out.text)
    };
    let (pattern, with) = match op {
        Op::TrimPrefix { pattern, .. } | Op::TrimSuffix { pattern, .. } => {
            (word(pattern)?, String::new())
        }
        Op::Replace { pattern, with, .. } => (word(pattern)?, word(with)?),
        _ => return None,
    };
    let pattern = glob::Pattern::new(&pattern)?;
    if !lookup.spend(pattern.cost(text)) {
        return None;
    }
    match op {
        Op::TrimPrefix { longest, .. } => pattern.trim_prefix(text, *longest),
        Op::TrimSuffix { longest, .. } => pattern.trim_suffix(text, *longest),
        Op::Replace { all, .. } => pattern.replace(text, &with, *all),
        _ => None,
    }
}

/// A word in place of a variable: one part as a whole, with the parts it is made of.
fn push_word(word: &Value, origin: Origin, lookup: &dyn Lookup, depth: u32, out: &mut Evaluated) {
    let mut inner = Evaluated::default();
    expand(word, lookup, depth + 1, &mut inner);
    if inner.open.is_empty() {
        push_part(out, &inner.text, &inner.parts, origin);
    } else {
        push_text(out, &inner.text);
        for open in inner.open {
            remember_open(out, open);
        }
    }
}

/// Adds text up to the limit; false when it was cut. A cut text is never a valid reference: it is far too long.
fn push_text(out: &mut Evaluated, text: &str) -> bool {
    let room = MAX_TEXT - out.text.len();
    if text.len() <= room {
        out.text.push_str(text);
        return true;
    }
    let mut end = room;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    out.text.push_str(&text[..end]);
    false
}

fn push_part(out: &mut Evaluated, text: &str, inner: &[Part], origin: Origin) {
    let start = out.text.len();
    if !push_text(out, text) {
        let written: String = format!("${{{}}}", origin.name);
        remember_open(
            out,
            OpenVariable {
                name: origin.name.to_string(),
                written,
                syntax: crate::value::Syntax::Shell,
                declared_at: origin.place,
                why: Unknown::NoValue,
            },
        );
        return;
    }
    if out.parts.len() < MAX_PARTS {
        out.parts.push(Part {
            span: Span::new(start, out.text.len()),
            text: text.to_owned(),
            origin,
        });
    }
    for part in inner.iter().take(MAX_PARTS.saturating_sub(out.parts.len())) {
        let span = Span::new(
            start + part.span.start as usize,
            start + part.span.end as usize,
        );
        out.parts.push(Part {
            span,
            text: part.text.clone(),
            origin: part.origin.clone(),
        });
    }
}

fn push_open(out: &mut Evaluated, variable: &Variable, declared_at: Option<Place>) {
    push_text(out, &variable.written);
    let open = OpenVariable {
        name: variable.name.to_string(),
        written: variable.written.to_string(),
        syntax: variable.syntax,
        declared_at,
        why: Unknown::of(variable),
    };
    remember_open(out, open);
}

fn remember_open(out: &mut Evaluated, open: OpenVariable) {
    if out.open.len() < MAX_OPEN && !out.open.contains(&open) {
        out.open.push(open);
    }
}

#[cfg(test)]
mod tests;
