//! From the text of a recipe to a script that the shell's reader reads: make's variables become the shell's, canned
//! recipes and loops are put in, and every byte keeps its place in the file.

use std::sync::Arc;

use super::evaluate::{Bound, Evaluator};
use super::functions;
use super::lines::Recipe;
use super::text::{Text, balanced, ranges};
use crate::extract::Site;
use crate::extract::shell::names_a_program;
use image_lint_model::value::{Op, Piece, Syntax, Value, Variable};
use image_lint_text::source::{SourceText, SpanMap};

/// Variables that a script is given: name, value, place of the value.
type Given = Vec<(Box<str>, Value, Option<Site>)>;

/// Deepest nesting of canned recipes and loops.
const MAX_DEPTH: u32 = 4;
/// Most bytes that a recipe may become.
const MAX_SCRIPT: usize = 200_000;

/// One way to expand a recipe.
pub(super) struct Expansion<'e, 'v> {
    evaluator: &'e Evaluator<'v>,
    /// Of which file the recipe is.
    file: usize,
    pub given: Given,
    /// Parts of it were put in more than once.
    pub repeats: bool,
}

/// What a name is bound to, with its bytes.
type BoundText = Vec<(String, Text)>;

impl<'e, 'v> Expansion<'e, 'v> {
    pub fn new(evaluator: &'e Evaluator<'v>, file: usize) -> Self {
        Expansion {
            evaluator,
            file,
            given: Vec::new(),
            repeats: false,
        }
    }

    /// `$(X)` and `${X}` become the shell's `${X}` and `$$` becomes `$`: the shell then sees make's variables as its
    /// environment, and each use keeps its place. What only running make tells stays open.
    pub fn script(&mut self, recipe: &Recipe) -> SourceText<'static> {
        let mut out = Text::default();
        for line in &recipe.lines {
            if self.evaluator.takes(&line.arms, true) {
                self.expand(&line.text, &Vec::new(), &mut out, 0);
            }
        }
        SourceText {
            text: out.text.into(),
            map: SpanMap::Segments(out.segments),
        }
    }

    /// `bound`: the arguments of a call and the variables of loops.
    fn expand(&mut self, text: &Text, bound: &BoundText, out: &mut Text, depth: u32) {
        if !self.evaluator.variables.may_expand(text.text.len() + 1) {
            return;
        }
        let bytes = text.text.as_bytes();
        let (mut i, mut from) = (0, 0);
        while i < bytes.len() && out.text.len() < MAX_SCRIPT {
            // A part never spans two lines of the file.
            if bytes[i] == b'\n' {
                out.part(text, from, i + 1);
                from = i + 1;
                i += 1;
                continue;
            }
            if bytes[i] != b'$' {
                i += 1;
                continue;
            }
            out.part(text, from, i);
            let end = match bytes.get(i + 1) {
                Some(b'$') => {
                    out.instead("$", text, i, i + 2);
                    i + 2
                }
                Some(open @ (b'(' | b'{')) => {
                    let (end, _) = balanced(&text.text, i + 1, *open);
                    self.reference(text, (i, end), bound, out, depth);
                    end
                }
                Some(_) => {
                    let len = text.text[i + 1..].chars().next().map_or(1, char::len_utf8);
                    let end = i + 1 + len;
                    match self.known(&text.text[i..end], bound) {
                        Some(known) => out.instead(&known, text, i, end),
                        None => out.instead("${MAKE_AUTOMATIC}", text, i, end),
                    }
                    end
                }
                None => {
                    out.instead("$", text, i, i + 1);
                    i + 1
                }
            };
            i = end;
            from = end;
        }
        out.part(text, from, i);
    }

    /// What make puts in the place of a text.
    fn known(&self, text: &str, bound: &BoundText) -> Option<String> {
        let now = self.evaluator.variables.now();
        let bound = plain(bound);
        self.evaluator.expand(text, now, &bound, 0)
    }

    /// `$(…)` at bytes `from..to`.
    fn reference(
        &mut self,
        text: &Text,
        (from, to): (usize, usize),
        bound: &BoundText,
        out: &mut Text,
        depth: u32,
    ) {
        let inner = text.text.get(from + 2..to.saturating_sub(1)).unwrap_or("");
        if let Some((_, argument)) = bound.iter().rev().find(|(name, _)| name == inner) {
            self.repeats = true;
            out.part(argument, 0, argument.text.len());
            return;
        }
        if depth < MAX_DEPTH && self.structure(text, (from, to), bound, out, depth) {
            return;
        }
        if is_name(inner) {
            match self.as_commands(inner) {
                Some(commands) => out.instead(&commands, text, from, to),
                None => {
                    self.give(inner);
                    out.instead(&format!("${{{inner}}}"), text, from, to);
                }
            }
            return;
        }
        match self.known(&text.text[from..to], bound) {
            Some(known) => out.instead(&known, text, from, to),
            // `$(ARCH:%=--arch %)`, `$(if $(X),--foo)`: flags or nothing.
            None if gives_flags(inner) && !out.text.ends_with('"') => {
                out.instead("${MAKE_FLAGS}", text, from, to)
            }
            // `$(shell …)`, `$(1)`: a variable that nobody knows.
            None => out.instead("${MAKE_FUNCTION}", text, from, to),
        }
    }

    /// A canned recipe, a loop or a choice: what it holds keeps its places. False for anything else.
    fn structure(
        &mut self,
        text: &Text,
        (from, to): (usize, usize),
        bound: &BoundText,
        out: &mut Text,
        depth: u32,
    ) -> bool {
        let inner = text.text.get(from + 2..to.saturating_sub(1)).unwrap_or("");
        let canned = inner.strip_prefix("call ").unwrap_or(inner);
        let name = canned.split(',').next().unwrap_or(canned).trim();
        if let Some((file, body)) = self.evaluator.variables.body(name) {
            let start = from + 2 + (inner.len() - canned.len());
            let mut all = vec![("0".to_owned(), Text::default())];
            for (n, argument) in text
                .arguments(start, to - 1)
                .into_iter()
                .enumerate()
                .skip(1)
            {
                let mut expanded = Text::default();
                self.expand(&argument, bound, &mut expanded, depth + 1);
                all.push((n.to_string(), expanded));
            }
            let mut lines = Text::default();
            if file == self.file {
                lines.append(body);
            } else {
                // Its bytes are those of another file.
                for line in body.text.lines() {
                    let bare = line.trim_start_matches(['\t', '@', '-', '+', ' ']);
                    lines.instead(&format!("{bare}\n"), text, from, to);
                }
            }
            self.repeats = true;
            self.expand(&lines, &all, out, depth + 1);
            return true;
        }
        let Some((function @ ("foreach" | "if" | "call"), arguments)) = functions::call(inner)
        else {
            return false;
        };
        let start = to - 1 - arguments.len();
        match function {
            "foreach" => self.each(text, (from, start, to), bound, out, depth),
            "if" => self.choice(text, (start, to), bound, out, depth),
            _ => false,
        }
    }

    fn each(
        &mut self,
        text: &Text,
        (from, start, to): (usize, usize, usize),
        bound: &BoundText,
        out: &mut Text,
        depth: u32,
    ) -> bool {
        let ranges = ranges(&text.text, start, to - 1);
        let [variable, list, (body, _), ..] = ranges.as_slice() else {
            return false;
        };
        let Some(list) = self.known(&text.text[list.0..list.1], bound) else {
            return false;
        };
        let body = text.slice(*body, to - 1);
        for (n, item) in list.split_whitespace().take(64).enumerate() {
            let mut all = bound.clone();
            let mut word = Text::default();
            word.instead(item, text, from, to);
            let name = text.text[variable.0..variable.1].trim().to_owned();
            all.push((name, word));
            self.repeats = true;
            if n > 0 {
                out.instead(" ", text, from, to);
            }
            self.expand(&body, &all, out, depth + 1);
        }
        true
    }

    fn choice(
        &mut self,
        text: &Text,
        (start, to): (usize, usize),
        bound: &BoundText,
        out: &mut Text,
        depth: u32,
    ) -> bool {
        let ranges = ranges(&text.text, start, to - 1);
        let [condition, then, otherwise @ ..] = ranges.as_slice() else {
            return false;
        };
        let now = self.evaluator.variables.now();
        let condition = &text.text[condition.0..condition.1];
        let Some(value) = self.evaluator.condition(condition, now, &plain(bound), 0) else {
            return false;
        };
        let part = match (value.trim().is_empty(), otherwise.first()) {
            (false, _) => text.slice(then.0, then.1),
            (true, Some((from, _))) => text.slice(*from, to - 1),
            (true, None) => Text::default(),
        };
        self.expand(&part, bound, out, depth + 1);
        true
    }

    /// The value of a variable that holds whole commands: make puts it in before the shell reads the line.
    fn as_commands(&self, name: &str) -> Option<String> {
        let now = self.evaluator.variables.now();
        let value = self.evaluator.value(name, now, 0)?;
        let commands =
            value.contains([';', '|', '\n', '`']) || value.contains("&&") || value.contains("$(");
        commands.then_some(value)
    }

    /// Gives the script a variable.
    fn give(&mut self, name: &str) {
        if self.given.iter().any(|(n, ..)| &**n == name) {
            return;
        }
        let now = self.evaluator.variables.now();
        let Some(held) = self.evaluator.held(name, now, 0) else {
            return;
        };
        let known = self.evaluator.value(name, now, 0);
        let value = match &known {
            // Make keeps quotes; the shell that runs the recipe takes them away.
            Some(text) => Value::literal(&text.replace(['"', '\''], "")),
            None => self.value(&held.raw, 0),
        };
        let program = known
            .as_deref()
            .is_some_and(|text| !text.contains(' ') && names_a_program(text));
        let value = if let Some(program) = program_of_a_shell(&held.raw) {
            assumed(name, &held.raw, Value::literal(program))
        } else if held.default && program {
            // `DOCKER ?= podman`: which program it is, is only assumed.
            assumed(name, &held.raw, value)
        } else {
            value
        };
        self.given
            .push((name.into(), value, Some(Site::There(held.place))));
    }

    /// A value, its variables in their place as far as they are known.
    fn value(&self, text: &str, depth: u32) -> Value {
        let mut value = Value::default();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            value.push_literal(&rest[..at].replace(['"', '\''], ""));
            let next = rest.as_bytes().get(at + 1).copied();
            let Some(open @ (b'(' | b'{')) = next else {
                let end = (at + 2).min(rest.len());
                let end = (end..=rest.len())
                    .find(|end| rest.is_char_boundary(*end))
                    .unwrap_or(rest.len());
                match self.known(&rest[at..end], &Vec::new()) {
                    Some(known) => value.push_literal(&known),
                    None => value.push_variable("MAKE_AUTOMATIC", &rest[at..end], Syntax::Make),
                }
                rest = &rest[end..];
                continue;
            };
            let (end, name) = balanced(rest, at + 1, open);
            let now = self.evaluator.variables.now();
            match self.known(&rest[at..end], &Vec::new()) {
                Some(known) => value.push_literal(&known.replace(['"', '\''], "")),
                None => match self.evaluator.held(name, now, 0) {
                    Some(held) if depth < 8 && value.pieces.len() < 64 => {
                        let mut inner = self.value(&held.raw, depth + 1);
                        value.pieces.append(&mut inner.pieces);
                    }
                    _ => value.push_variable(name, &rest[at..end], Syntax::Make),
                },
            }
            rest = &rest[end..];
        }
        value.push_literal(&rest.replace(['"', '\''], ""));
        value
    }
}

fn plain(bound: &BoundText) -> Bound {
    bound
        .iter()
        .map(|(name, text)| (name.clone(), text.text.clone()))
        .collect()
}

fn is_name(inner: &str) -> bool {
    !inner.is_empty()
        && inner
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// A value that is only a default.
fn assumed(name: &str, written: &str, word: Value) -> Value {
    let op = Op::Default {
        word,
        or_empty: false,
    };
    let variable = Variable {
        name: name.into(),
        written: written.into(),
        syntax: Syntax::Make,
        op,
    };
    Value {
        pieces: vec![Piece::Variable(Arc::new(variable))],
    }
}

/// The first program that a command looks for: `$(shell command -v podman || echo docker)`.
fn program_of_a_shell(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("$(shell ")?;
    let mut words = inner.split(|c: char| c.is_whitespace() || "();|&".contains(c));
    words.find(|word| !word.is_empty() && names_a_program(word))
}

/// Whether a function's result is flags or nothing.
fn gives_flags(inner: &str) -> bool {
    let flag = |text: &str| text.trim_start().starts_with('-');
    match inner.split_once(' ') {
        Some(("if" | "and" | "or" | "addprefix" | "patsubst", rest)) => rest.split(',').any(flag),
        _ => inner
            .split_once(':')
            .and_then(|(_, pattern)| pattern.split_once('='))
            .is_some_and(|(_, to)| flag(to)),
    }
}
