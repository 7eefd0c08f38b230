//! Make's variables: every assignment in the order of the files, with the conditionals around it. What a variable is
//! depends on the arms that are taken, and on when it is expanded.

use std::cell::Cell;
use std::collections::HashMap;

use super::evaluate::Evaluator;
use super::text::Text;
use image_lint_text::source::{Place, Span};

/// An arm of a conditional: the number of the conditional, and of the arm in it.
pub(super) type Arm = (u32, u32);

/// One assignment of a variable.
#[derive(Clone, Debug)]
pub(super) struct Assigned {
    pub kind: Kind,
    pub text: String,
    /// Where its value is written.
    pub place: Place,
    /// Only where all of these arms are taken.
    pub arms: Vec<Arm>,
    /// Only for targets of these names (`TARGET: NAME = value`).
    pub targets: Option<Box<str>>,
    /// Its number among all assignments.
    pub at: u32,
}

/// How a value is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `=`, `define`: expanded where it is used.
    Later,
    /// `:=`, `::=`
    Now,
    /// `?=`
    Default,
    /// `+=`
    Append,
    /// `!=`: what a command prints.
    Command,
}

/// `ifeq` to `endif`, where nothing in the files decides it.
#[derive(Clone, Debug, Default)]
pub(super) struct Conditional {
    /// The directive of each arm, as written.
    pub arms: Vec<Box<str>>,
    /// One arm is taken for certain: there is an `else` without a condition.
    pub exhaustive: bool,
}

/// The variables of a Makefile and of what it includes.
#[derive(Default)]
pub(super) struct Variables {
    assigned: HashMap<Box<str>, Vec<Assigned>>,
    pub conditionals: Vec<Conditional>,
    pub exported: Vec<Box<str>>,
    /// Canned recipes, with the file of each.
    bodies: HashMap<String, (usize, Text)>,
    count: u32,
    /// What expanding may still cost, in bytes and steps.
    left: Cell<usize>,
}

/// Most assignments of one variable.
const MAX_ASSIGNED: usize = 64;

/// An assignment as it is read from a line.
pub(super) struct Set<'l> {
    pub name: &'l str,
    /// The lines of it joined.
    pub value: &'l str,
    pub span: Span,
    pub kind: Kind,
    pub targets: Option<&'l str>,
    export: bool,
}

impl<'l> Set<'l> {
    /// `[export|override] NAME = value` or `TARGET: NAME = value`, of a line that starts at `start`; its first line is
    /// `len` bytes long.
    pub fn read(line: &'l str, start: usize, len: usize) -> Option<Self> {
        let equals = assignment_sign(line)?;
        let before = &line[..equals];
        let kind = match before.as_bytes().last() {
            Some(b':') => Kind::Now,
            Some(b'!') => Kind::Command,
            Some(b'?') => Kind::Default,
            Some(b'+') => Kind::Append,
            _ => Kind::Later,
        };
        let left = before.trim_end_matches([':', '?', '+', '!']).trim();
        let (targets, left) = match left.rsplit_once(':') {
            Some((targets, name)) => (Some(targets.trim()), name.trim()),
            None => (None, left),
        };
        let mut name = left;
        let mut export = false;
        while let Some((word, rest)) = name.split_once([' ', '\t']) {
            match word {
                "export" => export = true,
                "override" | "private" | "unexport" => {}
                _ => return None,
            }
            name = rest.trim();
        }
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/');
        if name.is_empty() || !name.bytes().all(plain) {
            return None;
        }
        let after = &line[equals + 1..];
        let value = after.split(" #").next().unwrap_or(after).trim();
        let offset = equals + 1 + (after.len() - after.trim_start().len());
        let offset = offset.min(len);
        Some(Set {
            name,
            value,
            span: Span::new(
                start + offset,
                start + offset + value.len().min(len.saturating_sub(offset)),
            ),
            kind,
            targets,
            export,
        })
    }
}

/// The `=` of an assignment: outside of brackets.
fn assignment_sign(line: &str) -> Option<usize> {
    let mut depth = 0u32;
    for (i, byte) in line.bytes().enumerate() {
        match byte {
            b'(' | b'{' => depth += 1,
            b')' | b'}' => depth = depth.saturating_sub(1),
            b'=' if depth == 0 => return Some(i),
            // A rule's command.
            b';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

impl Variables {
    /// Of files of so many bytes.
    pub fn of(len: usize) -> Self {
        Variables {
            left: Cell::new(100_000 + len.saturating_mul(20)),
            ..Variables::default()
        }
    }

    /// More text is read: an included file's.
    pub fn more(&self, len: usize) {
        self.left.set(self.left.get() + len.saturating_mul(20));
    }

    pub fn set(&mut self, set: &Set<'_>, place: Place, arms: &[Arm]) {
        // `X ?=` says no more than that X comes from outside.
        if set.kind == Kind::Default && set.value.is_empty() {
            return;
        }
        if set.export {
            self.exported.push(set.name.into());
        }
        let targets = set.targets.map(Into::into);
        self.add(set.name, set.kind, set.value, place, arms, targets);
    }

    fn add(
        &mut self,
        name: &str,
        kind: Kind,
        text: &str,
        place: Place,
        arms: &[Arm],
        targets: Option<Box<str>>,
    ) {
        self.count += 1;
        let all = self.assigned.entry(name.into()).or_default();
        if all.len() >= MAX_ASSIGNED {
            return;
        }
        all.push(Assigned {
            kind,
            text: text.to_owned(),
            place,
            arms: arms.to_vec(),
            targets,
            at: self.count,
        });
    }

    /// `define NAME … endef`
    pub fn define(&mut self, name: String, body: Text, place: Place, arms: &[Arm], file: usize) {
        self.add(
            &name,
            Kind::Later,
            body.text.trim_end_matches('\n'),
            place,
            arms,
            None,
        );
        self.bodies.insert(name, (file, body));
    }

    pub fn body(&self, name: &str) -> Option<(usize, &Text)> {
        self.bodies.get(name).map(|(file, body)| (*file, body))
    }

    /// The assignments of a variable, in their order.
    pub fn assigned(&self, name: &str) -> &[Assigned] {
        self.assigned.get(name).map_or(&[], Vec::as_slice)
    }

    /// A number after that of every assignment so far.
    pub fn now(&self) -> u32 {
        self.count + 1
    }

    /// Whether so many more bytes may be expanded.
    pub fn may_expand(&self, bytes: usize) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(bytes));
        left >= bytes
    }

    /// Something was not expanded.
    pub fn cut(&self) -> bool {
        self.left.get() == 0
    }

    /// Whether a condition holds; None where only running make could tell.
    pub fn holds(&self, word: &str, condition: &str) -> Option<bool> {
        let evaluator = Evaluator::strict(self);
        match word {
            "ifdef" | "ifndef" => {
                let name = condition.trim();
                let sure = |one: &&Assigned| {
                    one.arms.is_empty() && one.kind != Kind::Default && one.targets.is_none()
                };
                let set = self
                    .assigned(name)
                    .iter()
                    .filter(sure)
                    .any(|one| !one.text.is_empty());
                // What is not set here may be set outside.
                set.then_some(word == "ifdef")
            }
            "ifeq" | "ifneq" => {
                let (left, right) = sides(condition)?;
                let equal = evaluator.text(left)? == evaluator.text(right)?;
                Some(equal == (word == "ifeq"))
            }
            _ => None,
        }
    }
}

/// `(a,b)`, `"a" "b"`, `'a' 'b'`
fn sides(condition: &str) -> Option<(&str, &str)> {
    if let Some(inner) = condition.strip_prefix('(') {
        let inner = inner.trim_end().strip_suffix(')')?;
        let mut depth = 0u32;
        let comma = inner.char_indices().find(|(_, c)| {
            match c {
                '(' | '{' => depth += 1,
                ')' | '}' => depth = depth.saturating_sub(1),
                ',' if depth == 0 => return true,
                _ => {}
            }
            false
        })?;
        return Some((inner[..comma.0].trim(), inner[comma.0 + 1..].trim()));
    }
    let quote = condition
        .chars()
        .next()
        .filter(|c| matches!(c, '"' | '\''))?;
    let (left, rest) = condition[1..].split_once(quote)?;
    let rest = rest.trim();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Some((left, rest[1..].split_once(quote)?.0))
}
