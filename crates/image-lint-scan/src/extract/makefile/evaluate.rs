//! What make's text becomes when it is expanded (GNU make manual, "How make Reads a Makefile", "Variables Have Two
//! Flavors", "Target-specific Variable Values").
//!
//! Comes in: a text, and the arms of conditionals that are taken. Goes out: the text that make would put there; None
//! where only running make could tell. Where several arms are possible, [`Choices`] goes through them one by one.

use std::cell::RefCell;

use super::functions;
use super::text::{balanced, ranges};
use super::variables::{Arm, Assigned, Kind, Variables};
use image_lint_text::source::Place;

/// Deepest nesting of expansions.
const MAX_DEPTH: u32 = 24;
/// Most bytes of one value.
const MAX_BYTES: usize = 4000;

/// The arms that are taken, chosen when they first matter.
#[derive(Debug, Default)]
pub(super) struct Choices {
    /// Conditional, arm, and how many arms it has.
    path: Vec<(u32, u32, u32)>,
    /// How many of `path` were asked for.
    asked: usize,
}

impl Choices {
    /// The arm that is taken of a conditional with so many.
    fn pick(&mut self, conditional: u32, arms: u32) -> u32 {
        if let Some((_, arm, _)) = self.path[..self.asked]
            .iter()
            .find(|(known, ..)| *known == conditional)
        {
            return *arm;
        }
        match self.path.get(self.asked) {
            Some((known, arm, _)) if *known == conditional => {
                self.asked += 1;
                *arm
            }
            _ => {
                self.path.truncate(self.asked);
                self.path.push((conditional, 0, arms.max(1)));
                self.asked += 1;
                0
            }
        }
    }

    /// Goes to the next way; false after the last one.
    pub fn next(&mut self) -> bool {
        while let Some((_, arm, arms)) = self.path.last_mut() {
            if *arm + 1 < *arms {
                *arm += 1;
                self.asked = 0;
                return true;
            }
            self.path.pop();
        }
        false
    }

    /// The arms of this way.
    pub fn taken(&self) -> impl Iterator<Item = Arm> {
        self.path[..self.asked].iter().map(|(c, arm, _)| (*c, *arm))
    }
}

/// A name and what it is bound to: the arguments of a call, the variable of a loop.
pub(super) type Bound = Vec<(String, String)>;

/// Expands text.
pub(super) struct Evaluator<'v> {
    pub variables: &'v Variables,
    pub choices: RefCell<Choices>,
    /// The target whose recipe is expanded.
    pub target: Option<String>,
    /// Its prerequisites.
    pub prerequisites: Option<String>,
    /// Values that somebody may change from outside count for nothing.
    strict: bool,
}

/// What a variable is, and the assignment that says so last.
pub(super) struct Held<'v> {
    pub text: Option<String>,
    pub raw: String,
    pub place: Place,
    /// It is only a default (`?=`).
    pub default: bool,
    pub last: &'v Assigned,
}

impl<'v> Evaluator<'v> {
    pub fn new(variables: &'v Variables) -> Self {
        Evaluator {
            variables,
            choices: RefCell::default(),
            target: None,
            prerequisites: None,
            strict: false,
        }
    }

    /// For conditions that the files themselves decide.
    pub fn strict(variables: &'v Variables) -> Self {
        Evaluator {
            strict: true,
            ..Evaluator::new(variables)
        }
    }

    /// A text after everything was read.
    pub fn text(&self, text: &str) -> Option<String> {
        self.expand(text, self.variables.now(), &Vec::new(), 0)
    }

    /// Whether all of these arms are taken. Arms of a conditional without `else` count one that is none of them where
    /// `or_none`.
    pub fn takes(&self, arms: &[Arm], or_none: bool) -> bool {
        arms.iter().all(|(conditional, arm)| {
            let known = self.variables.conditionals.get(*conditional as usize);
            let count = known.map_or(1, |known| {
                known.arms.len() as u32 + u32::from(!known.exhaustive && or_none)
            });
            self.choices.borrow_mut().pick(*conditional, count) == *arm
        })
    }

    /// What a variable is where assignments up to the number `upto` were read.
    pub fn held(&self, name: &str, upto: u32, depth: u32) -> Option<Held<'v>> {
        let all = self.variables.assigned(name);
        let mut held: Option<Held<'v>> = None;
        let mine = |one: &&Assigned| match (&one.targets, &self.target) {
            (None, _) => true,
            (Some(targets), Some(target)) => targets.split_whitespace().any(|t| fits(t, target)),
            (Some(_), None) => false,
        };
        // Those of the target come after all others.
        let general = all.iter().filter(|one| one.targets.is_none());
        let specific = all.iter().filter(|one| one.targets.is_some()).filter(mine);
        for one in general
            .chain(specific)
            .take_while(|one| one.at < upto || one.targets.is_some())
        {
            if self.strict && (!one.arms.is_empty() || one.kind == Kind::Default) {
                return None;
            }
            if !self.takes(&one.arms, held.is_some()) {
                continue;
            }
            self.apply(one, &mut held, depth)?;
        }
        held
    }

    fn apply(&self, one: &'v Assigned, held: &mut Option<Held<'v>>, depth: u32) -> Option<()> {
        if one.text.len() > MAX_BYTES || !self.variables.may_expand(one.text.len() + 1) {
            return None;
        }
        let expanded = || self.expand(&one.text, one.at, &Vec::new(), depth + 1);
        match (one.kind, &mut *held) {
            (Kind::Default, Some(_)) => {}
            (Kind::Append, Some(before)) => {
                let simple = before.last.kind == Kind::Now;
                before.raw = format!("{} {}", before.raw, one.text);
                let more = if simple { expanded() } else { None };
                before.text = before
                    .text
                    .take()
                    .and_then(|text| Some(format!("{text} {}", more?)));
            }
            (kind, _) => {
                let text = match kind {
                    Kind::Now => expanded(),
                    _ => None,
                };
                *held = Some(Held {
                    text,
                    raw: match kind {
                        Kind::Command => format!("$(shell {})", one.text),
                        _ => one.text.clone(),
                    },
                    place: one.place,
                    default: kind == Kind::Default,
                    last: one,
                });
            }
        }
        Some(())
    }

    /// The expanded value of a variable.
    pub fn value(&self, name: &str, upto: u32, depth: u32) -> Option<String> {
        if depth > MAX_DEPTH {
            return None;
        }
        let held = self.held(name, upto, depth)?;
        match (held.text, held.last.kind) {
            (Some(text), _) => Some(text),
            (None, Kind::Now) => None,
            (None, _) => self.expand(&held.raw, upto, &Vec::new(), depth + 1),
        }
    }

    /// A text with everything in it expanded.
    pub fn expand(&self, text: &str, upto: u32, bound: &Bound, depth: u32) -> Option<String> {
        if depth > MAX_DEPTH || !self.variables.may_expand(text.len() + 1) {
            return None;
        }
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let next = rest[at + 1..].chars().next()?;
            let end = match next {
                '$' => {
                    out.push('$');
                    at + 2
                }
                '(' | '{' => {
                    let (end, inner) = balanced(rest, at + 1, next as u8);
                    if inner.is_empty() {
                        return None;
                    }
                    out.push_str(&self.reference(inner, upto, bound, depth)?);
                    end
                }
                _ => {
                    out.push_str(&self.automatic(next)?);
                    at + 1 + next.len_utf8()
                }
            };
            if out.len() > MAX_BYTES {
                return None;
            }
            rest = &rest[end..];
        }
        out.push_str(rest);
        Some(out)
    }

    /// `$@` and its kin.
    fn automatic(&self, name: char) -> Option<String> {
        match name {
            '@' => self.target.clone(),
            '<' => {
                let all = self.prerequisites.as_deref()?;
                Some(all.split_whitespace().next().unwrap_or("").to_owned())
            }
            '^' | '+' => self.prerequisites.clone(),
            _ => None,
        }
    }

    /// What stands in `$( … )`.
    pub fn reference(&self, inner: &str, upto: u32, bound: &Bound, depth: u32) -> Option<String> {
        if let Some((_, value)) = bound.iter().rev().find(|(name, _)| name == inner) {
            return Some(value.clone());
        }
        if let Some((name, arguments)) = functions::call(inner) {
            return self.function(name, arguments, upto, bound, depth);
        }
        // The name may itself be made of variables: `$($(ENV)_TAG)`.
        let name = self.expand(inner, upto, bound, depth + 1)?;
        if let Some((name, pattern)) = name.split_once(':')
            && let Some((from, to)) = pattern.split_once('=')
        {
            let value = self.value(name, upto, depth + 1)?;
            return Some(functions::substitution(&value, from, to));
        }
        if let [only] = name.as_bytes()
            && matches!(only, b'@' | b'<' | b'^')
        {
            return self.automatic(char::from(*only));
        }
        self.value(&name, upto, depth + 1)
    }

    /// A value in a condition: what nobody sets is empty, as it is for make.
    pub fn condition(&self, text: &str, upto: u32, bound: &Bound, depth: u32) -> Option<String> {
        if let Some(known) = self.expand(text, upto, bound, depth + 1) {
            return Some(known);
        }
        let name = text.trim().strip_prefix("$(")?.strip_suffix(')')?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let unset =
            !self.strict && name.bytes().all(plain) && self.variables.assigned(name).is_empty();
        unset.then(String::new)
    }

    fn function(
        &self,
        name: &str,
        arguments: &str,
        upto: u32,
        bound: &Bound,
        depth: u32,
    ) -> Option<String> {
        let parts: Vec<&str> = ranges(arguments, 0, arguments.len())
            .into_iter()
            .map(|(start, end)| &arguments[start..end])
            .collect();
        let known = |text: &str| self.expand(text, upto, bound, depth + 1);
        match (name, parts.as_slice()) {
            ("if", [condition, then, otherwise @ ..]) => {
                let holds = !self
                    .condition(condition, upto, bound, depth)?
                    .trim()
                    .is_empty();
                match holds {
                    true => known(then),
                    false => known(&otherwise.join(",")),
                }
            }
            ("or", all) => {
                let (last, others) = all.split_last()?;
                for one in others {
                    let value = self.condition(one, upto, bound, depth)?;
                    if !value.trim().is_empty() {
                        return Some(value);
                    }
                }
                known(last)
            }
            ("and", all) => {
                let mut value = String::new();
                for one in all {
                    value = self.condition(one, upto, bound, depth)?;
                    if value.trim().is_empty() {
                        return Some(String::new());
                    }
                }
                Some(value)
            }
            ("foreach", [variable, list, body @ ..]) => {
                let body = body.join(",");
                let mut words = Vec::new();
                for word in known(list)?.split_whitespace().take(64) {
                    let mut inner = bound.clone();
                    inner.push((variable.trim().to_owned(), word.to_owned()));
                    words.push(self.expand(&body, upto, &inner, depth + 1)?);
                }
                Some(words.join(" "))
            }
            ("call", [function, given @ ..]) => {
                let function = known(function)?;
                let mut inner: Bound = vec![("0".to_owned(), function.clone())];
                for (n, argument) in given.iter().enumerate() {
                    inner.push(((n + 1).to_string(), known(argument)?));
                }
                let body = self.held(function.trim(), upto, depth + 1)?.raw;
                self.expand(&body, upto, &inner, depth + 1)
            }
            ("value", [variable]) => Some(self.held(variable.trim(), upto, depth + 1)?.raw),
            ("shell", _) => functions::printed(&known(arguments)?),
            _ => {
                let parts: Option<Vec<String>> = parts.iter().map(|part| known(part)).collect();
                functions::of_text(name, &parts?)
            }
        }
    }
}

/// Whether a pattern of targets is this one.
fn fits(pattern: &str, target: &str) -> bool {
    match pattern.split_once('%') {
        Some((before, after)) => {
            target.len() >= before.len() + after.len()
                && target.starts_with(before)
                && target.ends_with(after)
        }
        None => pattern == target,
    }
}
