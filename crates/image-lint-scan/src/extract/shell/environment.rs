//! Variables of a running script: what each one holds, as far as the script says it.

use std::collections::HashMap;
use std::sync::Arc;

use image_lint_model::value::{Op, Piece, Syntax, Value, Variable};
use image_lint_text::source::Place;

/// What a variable holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    pub value: Value,
    /// Elements of an array.
    pub elements: Option<Vec<Value>>,
    /// Where it was assigned, when that stands in the repository.
    pub place: Option<Place>,
    /// Programs see it.
    pub exported: bool,
}

/// Names and bindings, with a log so that a branch can be undone at the cost of its own assignments.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    bindings: HashMap<Box<str>, Binding>,
    log: Vec<(Box<str>, Option<Binding>)>,
    /// `set -a`: every assignment is exported.
    pub export_all: bool,
}

/// Longest value that is followed, in pieces and in bytes; `A=$A$A` doubles it each time.
const MAX_PIECES: usize = 64;
const MAX_BYTES: usize = 8192;

impl Environment {
    pub fn get(&self, name: &str) -> Option<&Binding> {
        self.bindings.get(name)
    }

    /// Assigns, or forgets with None. A name that was exported stays exported.
    pub fn set(&mut self, name: &str, binding: Option<Binding>) {
        let old = match binding {
            Some(mut new) if fits(&new) => {
                new.exported |=
                    self.export_all || self.bindings.get(name).is_some_and(|b| b.exported);
                self.bindings.insert(name.into(), new)
            }
            _ => self.bindings.remove(name),
        };
        self.log.push((name.into(), old));
    }

    /// All variables, in no order.
    pub fn bindings(&self) -> impl Iterator<Item = (&str, &Binding)> {
        self.bindings
            .iter()
            .map(|(name, binding)| (&**name, binding))
    }

    pub fn export(&mut self, name: &str) {
        if let Some(binding) = self.bindings.get(name) {
            let binding = Binding {
                exported: true,
                ..binding.clone()
            };
            self.set(name, Some(binding));
        }
    }

    /// A point to return to with [`Environment::undo`].
    pub fn mark(&self) -> usize {
        self.log.len()
    }

    /// Returns to a mark, and tells what the names that changed since held.
    pub fn undo(&mut self, mark: usize) -> HashMap<Box<str>, Option<Binding>> {
        let mut changed = HashMap::new();
        while self.log.len() > mark {
            let Some((name, old)) = self.log.pop() else {
                break;
            };
            let now = self.bindings.get(&name).cloned();
            changed.entry(name.clone()).or_insert(now);
            match old {
                Some(binding) => self.bindings.insert(name, binding),
                None => self.bindings.remove(&name),
            };
        }
        changed
    }

    /// Joins what several ways through the script left behind; `certain` when one of them was taken.
    pub fn join(&mut self, ways: Vec<HashMap<Box<str>, Option<Binding>>>, certain: bool) {
        let mut names: Vec<Box<str>> = ways.iter().flat_map(|w| w.keys().cloned()).collect();
        names.sort();
        names.dedup();
        for name in names {
            let before = self.bindings.get(&name).cloned();
            let mut ends: Vec<Option<Binding>> = ways
                .iter()
                .map(|way| way.get(&name).cloned().unwrap_or_else(|| before.clone()))
                .collect();
            if !certain {
                ends.push(before.clone());
            }
            ends.dedup_by(|a, b| same(a.as_ref(), b.as_ref()));
            let joined = match ends.as_slice() {
                [one] => one.clone(),
                // `if [ -z "$X" ]; then X=default; fi`
                [Some(one), None] if before.is_none() && one.elements.is_none() => {
                    let word = one.value.clone();
                    let variable = Variable {
                        name: name.clone(),
                        written: format!("${{{name}}}").into(),
                        syntax: Syntax::Shell,
                        op: Op::Default {
                            word,
                            or_empty: true,
                        },
                    };
                    let value = Value {
                        pieces: vec![Piece::Variable(Arc::new(variable))],
                    };
                    Some(Binding {
                        value,
                        ..one.clone()
                    })
                }
                _ => None,
            };
            self.set(&name, joined);
        }
    }
}

fn same(a: Option<&Binding>, b: Option<&Binding>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.value == b.value && a.elements == b.elements,
        (None, None) => true,
        _ => false,
    }
}

fn fits(binding: &Binding) -> bool {
    let size =
        |value: &Value| value.pieces.len() <= MAX_PIECES && value.written().len() <= MAX_BYTES;
    size(&binding.value)
        && binding
            .elements
            .as_ref()
            .is_none_or(|all| all.len() <= 256 && all.iter().all(size))
}
