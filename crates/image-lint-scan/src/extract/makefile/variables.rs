//! Make's variables: each with the values that it may have, and where each of them is written.

use std::cell::Cell;
use std::collections::HashMap;

use super::expand::{Text, balanced};
use super::lines::{Recipe, span};
use image_lint_model::value::Value;
use image_lint_text::source::Span;

/// One value of a variable.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub text: String,
    pub span: Span,
    /// It is only a default (`?=`).
    pub default: bool,
    /// The arm of a conditional that sets it; 0 outside of all.
    arm: u32,
}

/// The variables of a Makefile.
#[derive(Default)]
pub(super) struct Variables {
    held: HashMap<String, Vec<Held>>,
    pub exported: Vec<String>,
    bodies: HashMap<String, Text>,
    /// Bodies whose lines are those of a recipe.
    pub uncalled: Vec<Recipe>,
    arm: u32,
    /// What expanding the recipes may still cost, in bytes and steps.
    left: Cell<usize>,
}

/// Most values of one variable.
const MAX_VALUES: usize = 8;
/// Most bytes of one value.
const MAX_BYTES: usize = 2000;

/// An assignment.
pub(super) struct Set<'l> {
    pub name: &'l str,
    /// The lines of it joined.
    pub value: &'l str,
    pub span: Span,
    kind: Kind,
    /// `!=`: the value is a command.
    pub runs: bool,
    export: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `=`: expanded where it is used.
    Later,
    /// `:=`, `::=`, `!=`
    Now,
    /// `?=`
    Default,
    /// `+=`
    Append,
}

impl<'l> Set<'l> {
    /// `[export|override] NAME = value`, of a line that starts at `start`. `TARGET: NAME = value` is one as well.
    pub fn read(line: &'l str, start: usize, len: usize) -> Option<Self> {
        let equals = line.find('=')?;
        let before = &line[..equals];
        let (kind, runs) = match before.as_bytes().last() {
            Some(b':') => (Kind::Now, false),
            Some(b'!') => (Kind::Now, true),
            Some(b'?') => (Kind::Default, false),
            Some(b'+') => (Kind::Append, false),
            _ => (Kind::Later, false),
        };
        let left = before.trim_end_matches([':', '?', '+', '!']).trim();
        // A variable of one target is taken for all of them.
        let left = left.rsplit_once(": ").map_or(left, |(_, name)| name.trim());
        let name = ["export ", "override ", "private "]
            .iter()
            .fold(left, |name, word| name.strip_prefix(word).unwrap_or(name))
            .trim();
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        if name.is_empty() || !name.bytes().all(plain) {
            return None;
        }
        let after = &line[equals + 1..];
        let value = after.split(" #").next().unwrap_or(after).trim();
        let offset = equals + 1 + (after.len() - after.trim_start().len());
        Some(Set {
            name,
            value,
            // Of the first line, which is `len` bytes long.
            span: span(
                start,
                offset.min(len),
                value.len().min(len.saturating_sub(offset)),
            ),
            kind,
            runs,
            export: left.starts_with("export "),
        })
    }
}

impl Variables {
    /// `sure`: no conditional decides whether the line counts.
    pub fn set(&mut self, set: &Set<'_>, sure: bool) {
        // `X ?=` says no more than that X comes from outside.
        if set.kind == Kind::Default && set.value.is_empty() {
            return;
        }
        if set.export {
            self.exported.push(set.name.to_owned());
        }
        if set.runs {
            self.held.remove(set.name);
            return;
        }
        let texts = match set.kind {
            Kind::Now => self.values(set.value, 0),
            _ => vec![set.value.to_owned()],
        };
        let arm = if sure { 0 } else { self.arm };
        let new = texts.into_iter().map(|text| Held {
            text,
            span: set.span,
            default: set.kind == Kind::Default,
            arm,
        });
        let mut new: Vec<Held> = new.collect();
        let held = self.held.entry(set.name.to_owned()).or_default();
        match set.kind {
            Kind::Default if !held.is_empty() => return,
            Kind::Append if !held.is_empty() => {
                for value in held.iter_mut() {
                    if value.text.len() + set.value.len() < MAX_BYTES {
                        value.text = format!("{} {}", value.text, set.value);
                    }
                }
                return;
            }
            _ => {}
        }
        // Outside of conditionals the last one counts; within an arm, the last one of the arm.
        held.retain(|value| !sure && value.arm != arm);
        held.append(&mut new);
        held.truncate(MAX_VALUES);
    }

    /// Of a file of so many bytes.
    pub fn of(len: usize) -> Self {
        Variables {
            left: Cell::new(100_000 + len.saturating_mul(20)),
            ..Variables::default()
        }
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

    pub fn define(&mut self, name: String, body: Text) {
        self.bodies.insert(name, body);
    }

    pub fn body(&self, name: &str) -> Option<&Text> {
        self.bodies.get(name)
    }

    /// Another arm of a conditional, or what comes after it.
    pub fn next_arm(&mut self) {
        self.arm += 1;
    }

    /// The values that a variable may have.
    pub fn held(&self, name: &str) -> &[Held] {
        self.held.get(name).map_or(&[], Vec::as_slice)
    }

    /// Exported variables that are known.
    pub fn exported(&self) -> impl Iterator<Item = (Box<str>, Value, Option<Span>)> {
        self.exported.iter().filter_map(|name| {
            let held = self.held(name).last()?;
            let text = self.known(&held.text, 0)?;
            Some((
                Box::from(name.as_str()),
                Value::literal(&text),
                Some(held.span),
            ))
        })
    }

    /// A text with variables in their place; None when one is not known, or has several values.
    pub fn known(&self, text: &str, depth: u32) -> Option<String> {
        if depth > 8 || text.len() > MAX_BYTES {
            return None;
        }
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let open = *rest.as_bytes().get(at + 1)?;
            if !matches!(open, b'(' | b'{') {
                return None;
            }
            let (end, name) = balanced(rest, at + 1, open);
            match self.held(name) {
                [one] => out.push_str(&self.known(&one.text, depth + 1)?),
                _ => return None,
            }
            if out.len() > 2 * MAX_BYTES {
                return None;
            }
            rest = &rest[end..];
        }
        out.push_str(rest);
        Some(out)
    }

    /// What a text is now: once for each value of a variable in it that has several; as it is when it is not known.
    fn values(&self, text: &str, depth: u32) -> Vec<String> {
        if let Some(known) = self.known(text, depth) {
            return vec![known];
        }
        let Some((before, name, after)) = first_variable(text) else {
            return vec![text.to_owned()];
        };
        let held = self.held(name);
        if held.is_empty() || depth > 4 {
            return vec![text.to_owned()];
        }
        let each = held.iter().filter(|value| !value.text.contains('$'));
        let all = each
            .flat_map(|value| self.values(&format!("{before}{}{after}", value.text), depth + 1));
        all.take(MAX_VALUES).collect()
    }

    /// Whether a condition holds; None where only running make could tell.
    pub fn holds(&self, word: &str, condition: &str) -> Option<bool> {
        match word {
            "ifdef" | "ifndef" => {
                let held = self.held(condition.trim());
                // What is not set here may be set outside.
                let set = held
                    .iter()
                    .any(|value| !value.text.is_empty() && value.arm == 0 && !value.default);
                set.then_some(word == "ifdef")
            }
            "ifeq" | "ifneq" => {
                let (left, right) = sides(condition)?;
                let equal = self.sure(left)? == self.sure(right)?;
                Some(equal == (word == "ifeq"))
            }
            _ => None,
        }
    }

    /// A text that nothing outside of the file changes.
    fn sure(&self, text: &str) -> Option<String> {
        let mut rest = text;
        while let Some((_, name, after)) = first_variable(rest) {
            match self.held(name) {
                [one] if !one.default && one.arm == 0 => rest = after,
                _ => return None,
            }
        }
        self.known(text, 0)
    }
}

/// The text before the first `$(NAME)`, the name, and the text after it.
fn first_variable(text: &str) -> Option<(&str, &str, &str)> {
    let at = text.find('$')?;
    let open = *text.as_bytes().get(at + 1)?;
    if !matches!(open, b'(' | b'{') {
        return None;
    }
    let (end, name) = balanced(text, at + 1, open);
    Some((&text[..at], name, &text[end..]))
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
