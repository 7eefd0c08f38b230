//! Variables of a running script: what each one holds, as far as the script says it.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::extract::shell::names_a_program;
use image_lint_model::value::{Op, Piece, Syntax, Value, Variable, Way};
use image_lint_text::source::Place;

/// What a variable holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Binding {
    pub value: Value,
    /// Elements of an array.
    pub elements: Option<Rc<[Element]>>,
    /// Where it was assigned, when that stands in the repository.
    pub place: Option<Place>,
    /// Programs see it.
    pub exported: bool,
}

/// One element of an array.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// Its number, or its key in an associative array.
    pub key: Box<str>,
    pub value: Value,
}

/// Names and bindings, with a log so that a branch can be undone at the cost of its own assignments.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    bindings: HashMap<Arc<str>, Binding>,
    log: Vec<(Arc<str>, Option<Binding>)>,
    /// Numbers of the choices between values so far.
    choices: u32,
    /// `set -a`: every assignment is exported.
    pub export_all: bool,
}

/// What changed since a mark.
pub type Changes = HashMap<Arc<str>, Option<Binding>>;

/// Longest value that is followed, in pieces and in bytes, those of the words after operators with them; `A=$A$A` and
/// `A=${B:-$A$A}` double it each time.
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
    pub fn undo(&mut self, mark: usize) -> Changes {
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

    /// Joins what several ways through the script left behind, each taken `when`; `certain` when one of them was taken.
    /// Costs by what the ways changed, however many ways and names there are.
    pub fn join(&mut self, ways: Vec<Changes>, when: &[Arc<str>], certain: bool) {
        let count = ways.len();
        self.choices += 1;
        let together = self.choices;
        let mut ends: HashMap<Arc<str>, Vec<End>> = HashMap::new();
        for (i, way) in ways.into_iter().enumerate() {
            for (name, binding) in way {
                let when = when.get(i).cloned();
                ends.entry(name).or_default().push(End { binding, when });
            }
        }
        let mut ends: Vec<_> = ends.into_iter().collect();
        ends.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (name, mut ends) in ends {
            let before = self.bindings.get(&name).cloned();
            // `case … in a) X=…;; b) X=…;; esac`: where no arm was taken nothing had set it, and nobody uses it so.
            let all_set = || ends.iter().all(|end| end.binding.is_some());
            let several = before.is_none() && ends.len() > 1 && all_set();
            if (ends.len() < count || !certain) && !several {
                let when = (!when.is_empty()).then(|| not_taken(&ends));
                let binding = before.clone();
                ends.push(End { binding, when });
            }
            let whole = ends.len();
            ends.dedup_by(|a, b| a.is_as(b));
            // What all ways set goes together with the other variables of which that holds.
            let choice = if ends.len() == whole && whole == count {
                together
            } else {
                self.choices += 1;
                self.choices
            };
            let one_of = one_of(&name, &ends, choice);
            let ends = ends.into_iter().map(|end| end.binding).collect();
            let joined = join_ends(&name, ends, before.is_none()).or(one_of);
            self.set(&name, joined);
        }
    }
}

/// What one way leaves in a variable.
struct End {
    binding: Option<Binding>,
    /// When that way is taken.
    when: Option<Arc<str>>,
}

impl End {
    /// Takes this way into another one that leaves the same.
    fn is_as(&self, before: &mut End) -> bool {
        let same = same(self.binding.as_ref(), before.binding.as_ref());
        if same {
            before.when = match (&before.when, &self.when) {
                (Some(one), Some(other)) => Some(format!("{one} or {other}").into()),
                _ => None,
            };
        }
        same
    }
}

/// None of the ways that change a variable is taken.
fn not_taken(ends: &[End]) -> Arc<str> {
    match ends {
        [
            End {
                when: Some(only), ..
            },
        ] => format!("not {only}").into(),
        _ => "otherwise".into(),
    }
}

/// What a variable holds after it was left with one of `ends`; `unset_before` when nothing had set it.
fn join_ends(name: &str, mut ends: Vec<Option<Binding>>, unset_before: bool) -> Option<Binding> {
    match ends.as_mut_slice() {
        [one] => one.take(),
        // `if [ -z "$X" ]; then X=default; fi`
        [Some(one), None] if unset_before && one.elements.is_none() => {
            let variable = Variable {
                name: name.into(),
                written: format!("${{{name}}}").into(),
                syntax: Syntax::Shell,
                op: Op::Default {
                    word: std::mem::take(&mut one.value),
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
        // `if …; then CR=podman; else CR=docker; fi`: either way it is one of them.
        [Some(one), others @ ..] if programs(one, others) => Some(Binding {
            value: assumed(name, one.value.clone()),
            ..one.clone()
        }),
        _ => None,
    }
}

/// Whether every way leaves the name of a program that is read here.
fn programs(one: &Binding, others: &[Option<Binding>]) -> bool {
    let program = |binding: &Binding| {
        let text = binding.value.as_known();
        binding.elements.is_none() && text.is_some_and(|text| names_a_program(&text))
    };
    program(one)
        && others
            .iter()
            .all(|other| other.as_ref().is_some_and(program))
}

/// A value that is only a default.
fn assumed(name: &str, word: Value) -> Value {
    variable(
        name,
        Op::Default {
            word,
            or_empty: true,
        },
    )
}

fn variable(name: &str, op: Op) -> Value {
    let variable = Variable {
        name: name.into(),
        written: format!("${{{name}}}").into(),
        syntax: Syntax::Shell,
        op,
    };
    Value {
        pieces: vec![Piece::Variable(Arc::new(variable))],
    }
}

/// Values that are told apart where a variable has one of several.
const MAX_WAYS: usize = 8;

/// One of several values, where every way leaves one.
fn one_of(name: &str, ends: &[End], choice: u32) -> Option<Binding> {
    let ways: Option<Vec<Way>> = ends
        .iter()
        .map(|end| {
            let binding = end.binding.as_ref();
            let binding = binding.filter(|binding| binding.elements.is_none())?;
            // `TAG=`, and further down a test whether it is still empty.
            if binding.value.as_known().is_some_and(|text| text.is_empty()) {
                return None;
            }
            Some(Way {
                value: binding.value.clone(),
                place: binding.place,
                when: end.when.clone(),
            })
        })
        .collect();
    let ways = ways.filter(|ways| (2..=MAX_WAYS).contains(&ways.len()))?;
    let mut bindings = ends.iter().filter_map(|end| end.binding.as_ref());
    let exported = bindings.any(|binding| binding.exported);
    let op = Op::OneOf {
        ways: ways.into(),
        choice,
    };
    Some(Binding {
        value: variable(name, op),
        elements: None,
        place: None,
        exported,
    })
}

fn same(a: Option<&Binding>, b: Option<&Binding>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.value == b.value && a.elements == b.elements,
        (None, None) => true,
        _ => false,
    }
}

fn fits(binding: &Binding) -> bool {
    let size = |value: &Value| {
        let weight = value.weight(MAX_PIECES);
        weight.pieces <= MAX_PIECES && weight.bytes <= MAX_BYTES
    };
    size(&binding.value)
        && binding
            .elements
            .as_ref()
            .is_none_or(|all| all.len() <= 256 && all.iter().all(|one| size(&one.value)))
}
