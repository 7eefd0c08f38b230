//! The arguments that `FROM` sees: `ARG`s above the first stage, and the platform that builders define.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use image_lint_model::evaluate::{Evaluated, Lookup, Meaning, evaluate};
use image_lint_model::value::{Op, Origin, OriginKind, Piece, Value, Variable};
use image_lint_text::source::Place;

/// What builders define for a build on and for linux/amd64 (Dockerfile reference, "Automatic platform ARGs in the
/// global scope").
const PREDEFINED: &[(&str, &str)] = &[
    ("TARGETPLATFORM", "linux/amd64"),
    ("TARGETOS", "linux"),
    ("TARGETARCH", "amd64"),
    ("TARGETVARIANT", ""),
    ("BUILDPLATFORM", "linux/amd64"),
    ("BUILDOS", "linux"),
    ("BUILDARCH", "amd64"),
    ("BUILDVARIANT", ""),
];

/// Work in bytes that the stage names of one Dockerfile may cost.
const BUDGET: usize = 16 * 1024 * 1024;

/// Arguments of the global scope, as far as they were read.
#[derive(Debug)]
pub(super) struct Arguments {
    known: HashMap<Box<str>, Argument>,
    budget: Cell<usize>,
}

#[derive(Clone, Debug)]
enum Argument {
    Declared(Place),
    Given(Rc<Evaluated>, Place),
}

impl Arguments {
    pub fn new() -> Self {
        Arguments {
            known: HashMap::new(),
            budget: Cell::new(BUDGET),
        }
    }

    /// Writes an argument down. A later `ARG X` without a default does not take the value away.
    pub fn define(&mut self, name: &str, value: Option<&Value>, place: Place) {
        let argument = match value {
            Some(value) => Argument::Given(Rc::new(evaluate(value, self)), place),
            None if self.known.contains_key(name) => return,
            None => Argument::Declared(place),
        };
        self.known.insert(name.into(), argument);
    }

    pub fn is_declared(&self, name: &str) -> bool {
        self.known.contains_key(name) || PREDEFINED.iter().any(|(known, _)| *known == name)
    }

    pub fn has_value(&self, name: &str) -> bool {
        matches!(self.known.get(name), Some(Argument::Given(..)))
    }

    /// Puts the builder's platform in place of the platform arguments that the Dockerfile does not set itself.
    pub fn put_platform(&self, value: Value) -> Value {
        if value.is_literal() {
            return value;
        }
        let mut out = Value::default();
        for piece in value.pieces {
            match piece {
                Piece::Literal(text) => out.push_literal(&text),
                Piece::Variable(variable) => {
                    self.put_variable(Arc::unwrap_or_clone(variable), &mut out)
                }
                other => out.pieces.push(other),
            }
        }
        out
    }

    fn put_variable(&self, mut variable: Variable, out: &mut Value) {
        variable.op = match variable.op {
            Op::Default { word, or_empty } => Op::Default {
                word: self.put_platform(word),
                or_empty,
            },
            Op::Alternate { word, if_not_empty } => Op::Alternate {
                word: self.put_platform(word),
                if_not_empty,
            },
            op => op,
        };
        let platform = PREDEFINED
            .iter()
            .find(|(name, _)| *name == &*variable.name && !self.has_value(name));
        let Some((name, text)) = platform else {
            return out.pieces.push(Piece::Variable(Arc::new(variable)));
        };
        let origin = Origin {
            name: (*name).into(),
            kind: OriginKind::Predefined,
            place: None,
        };
        match variable.op {
            Op::Plain => out.pieces.push(Piece::Substituted {
                text: (*text).into(),
                origin: origin.into(),
            }),
            Op::Default {
                word,
                or_empty: true,
            } if text.is_empty() => out.pieces.extend(word.pieces),
            Op::Default { .. } | Op::Required { or_empty: false } => {
                out.pieces.push(Piece::Substituted {
                    text: (*text).into(),
                    origin: origin.into(),
                });
            }
            Op::Alternate {
                if_not_empty: true, ..
            } if text.is_empty() => {}
            Op::Alternate { word, .. } => out.pieces.extend(word.pieces),
            op => {
                let value = Value {
                    pieces: vec![Piece::Variable(Arc::new(Variable { op, ..variable }))],
                };
                let text = evaluate(&value, &Platform);
                match text.known() {
                    Some(text) => out.pieces.push(Piece::Substituted {
                        text: text.into(),
                        origin: origin.into(),
                    }),
                    None => out.pieces.extend(value.pieces),
                }
            }
        }
    }
}

impl Lookup for Arguments {
    fn look_up(&self, variable: &Variable) -> Meaning {
        match self.known.get(&variable.name) {
            Some(Argument::Given(value, place)) => Meaning::Defined {
                value: Rc::clone(value),
                origin: Origin {
                    name: variable.name.clone(),
                    kind: OriginKind::DockerfileArg,
                    place: Some(*place),
                },
            },
            Some(Argument::Declared(place)) => Meaning::Declared(*place),
            None => Meaning::Undefined,
        }
    }

    fn spend(&self, bytes: usize) -> bool {
        let left = self.budget.get();
        self.budget.set(left.saturating_sub(bytes));
        left >= bytes
    }
}

/// Only the platform arguments.
struct Platform;

impl Lookup for Platform {
    fn look_up(&self, variable: &Variable) -> Meaning {
        match PREDEFINED.iter().find(|(name, _)| *name == &*variable.name) {
            Some((name, text)) => Meaning::Defined {
                value: Rc::new(Evaluated {
                    text: (*text).to_owned(),
                    ..Evaluated::default()
                }),
                origin: Origin {
                    name: (*name).into(),
                    kind: OriginKind::Predefined,
                    place: None,
                },
            },
            None => Meaning::Undefined,
        }
    }
}
