//! From the text of a recipe to a script that the shell's reader reads: make's variables become the shell's, canned
//! recipes and loops are put in, and every byte keeps its place in the file.

use std::sync::Arc;

use super::variables::Variables;
use crate::extract::shell::names_a_program;
use image_lint_model::value::{Op, Piece, Syntax, Value, Variable};
use image_lint_text::source::{Segment, SourceText, Span, SpanMap};

/// Text with the way back to the file.
#[derive(Clone, Default)]
pub(super) struct Text {
    pub text: String,
    segments: Vec<Segment>,
    /// Parts of it were put in more than once.
    repeats: bool,
}

/// Variables that a script is given: name, value, place of the value.
type Given = Vec<(Box<str>, Value, Option<Span>)>;

/// Deepest nesting of canned recipes and loops.
const MAX_DEPTH: u32 = 4;
/// Most bytes that a recipe may become.
const MAX_SCRIPT: usize = 200_000;

impl Text {
    pub fn copy(&mut self, line: &str, from: usize, to: usize, outer: usize) {
        if from < to {
            self.put(&line[from..to], (outer + from) as u32, (to - from) as u32);
        }
    }

    /// A line of a recipe. `@`, `-` and `+` before a command are make's.
    pub fn recipe_line(&mut self, line: &str, start: usize, continued: bool) {
        let marks: &[char] = if continued {
            &['\t']
        } else {
            &['\t', '@', '-', '+', ' ']
        };
        let from = line.len() - line.trim_start_matches(marks).len();
        self.copy(line, from, line.len(), start);
    }

    pub fn append(&mut self, body: &Text) {
        let mut at = 0;
        let mut continued = false;
        for line in body.text.split_inclusive('\n') {
            let marks: &[char] = if continued {
                &['\t']
            } else {
                &['\t', '@', '-', '+', ' ']
            };
            let from = at + line.len() - line.trim_start_matches(marks).len();
            at += line.len();
            continued = super::lines::goes_on(line);
            self.part(body, from, at);
        }
    }

    pub fn repeats(&self) -> bool {
        self.repeats
    }

    fn put(&mut self, text: &str, outer: u32, outer_len: u32) {
        self.segments.push(Segment {
            inner: self.text.len() as u32,
            outer,
            outer_len,
        });
        self.text.push_str(text);
    }

    /// Bytes `from..to` of another text, each with its own place.
    fn part(&mut self, other: &Text, from: usize, to: usize) {
        let mut at = from;
        while at < to {
            // A part never spans two segments, so that byte for byte holds in each.
            let next = other.segments.partition_point(|s| s.inner as usize <= at);
            let end = other
                .segments
                .get(next)
                .map_or(to, |s| (s.inner as usize).min(to));
            self.instead(&other.text[at..end], other, at, end);
            at = end;
        }
    }

    /// Another text in the place of bytes `from..to` of a third.
    fn instead(&mut self, text: &str, of: &Text, from: usize, to: usize) {
        let start = of.outer(from).0;
        let end = of.outer(to.saturating_sub(1).max(from)).1;
        self.put(text, start, end.saturating_sub(start));
    }

    /// The bytes of the file from which a byte was made.
    fn outer(&self, at: usize) -> (u32, u32) {
        let next = self.segments.partition_point(|s| s.inner as usize <= at);
        let Some(segment) = next.checked_sub(1).and_then(|i| self.segments.get(i)) else {
            return (0, 0);
        };
        let end = self
            .segments
            .get(next)
            .map_or(self.text.len(), |s| s.inner as usize);
        if end - segment.inner as usize == segment.outer_len as usize {
            let start = segment.outer + at as u32 - segment.inner;
            (start, start + 1)
        } else {
            (segment.outer, segment.outer + segment.outer_len)
        }
    }

    fn slice(&self, from: usize, to: usize) -> Text {
        let mut out = Text::default();
        out.part(self, from, to);
        out
    }
}

/// One way to expand a recipe.
pub(super) struct Expansion<'v> {
    variables: &'v Variables,
    /// Which of the ways to choose among values this is.
    way: usize,
    /// How many there are.
    pub ways: usize,
    pub given: Given,
}

impl<'v> Expansion<'v> {
    pub fn new(variables: &'v Variables, way: usize) -> Self {
        Expansion {
            variables,
            way,
            ways: 1,
            given: Vec::new(),
        }
    }

    /// `$(X)` and `${X}` become the shell's `${X}` and `$$` becomes `$`: the shell then sees make's variables as its
    /// environment, and each use keeps its place. What calls a function of make stays open.
    pub fn script(&mut self, recipe: &Text) -> SourceText<'static> {
        let mut out = Text::default();
        self.expand(recipe, &[], &mut out, 0);
        SourceText {
            text: out.text.into(),
            map: SpanMap::Segments(out.segments),
        }
    }

    /// `bound`: the arguments of a call and the variables of loops.
    fn expand(&mut self, text: &Text, bound: &[(String, Text)], out: &mut Text, depth: u32) {
        if !self.variables.may_expand(text.text.len() + 1) {
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
                    self.reference(text, i, end, bound, out, depth);
                    end
                }
                Some(_) => {
                    let len = text.text[i + 1..].chars().next().map_or(1, char::len_utf8);
                    out.instead("${MAKE_AUTOMATIC}", text, i, i + 1 + len);
                    i + 1 + len
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

    /// `$(…)` at bytes `from..to`.
    fn reference(
        &mut self,
        text: &Text,
        from: usize,
        to: usize,
        bound: &[(String, Text)],
        out: &mut Text,
        depth: u32,
    ) {
        let inner = text.text.get(from + 2..to.saturating_sub(1)).unwrap_or("");
        if let Some((_, argument)) = bound.iter().rev().find(|(name, _)| name == inner) {
            let end = argument.text.len();
            out.repeats = true;
            out.part(argument, 0, end);
            return;
        }
        let plain = |name: &str| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        };
        let canned = inner.strip_prefix("call ").unwrap_or(inner);
        let name = canned.split(',').next().unwrap_or(canned).trim();
        if let Some(body) = self.variables.body(name).filter(|_| depth < MAX_DEPTH) {
            let start = from + 2 + (inner.len() - canned.len());
            let mut all = vec![("0".to_owned(), Text::default())];
            let arguments = arguments(text, start, to - 1);
            for (n, argument) in arguments.into_iter().enumerate().skip(1) {
                let mut expanded = Text::default();
                self.expand_argument(&argument, bound, &mut expanded);
                all.push((n.to_string(), expanded));
            }
            let mut lines = Text::default();
            lines.append(body);
            out.repeats = true;
            self.expand(&lines, &all, out, depth + 1);
            return;
        }
        if inner.starts_with("foreach ") && depth < MAX_DEPTH {
            let arguments = arguments(text, from + 2 + "foreach ".len(), to - 1);
            if let [variable, list, body] = arguments.as_slice()
                && let Some(list) = self.variables.known(&list.text, 0)
            {
                for item in list.split_whitespace().take(64) {
                    let mut all = bound.to_vec();
                    let mut word = Text::default();
                    word.instead(item, text, from, to);
                    all.push((variable.text.trim().to_owned(), word));
                    out.repeats = true;
                    self.expand(body, &all, out, depth + 1);
                }
                return;
            }
        }
        let (name, pattern) = inner.split_once(':').unwrap_or((inner, ""));
        if plain(inner) {
            self.give(inner);
            out.instead(&format!("${{{inner}}}"), text, from, to);
        } else if gives_flags(inner, pattern) && !out.text.ends_with('"') {
            // `$(ARCH:%=--arch %)`, `$(if $(X),--foo)`: flags or nothing.
            let _ = name;
            out.instead("${MAKE_FLAGS}", text, from, to);
        } else {
            // `$(shell …)`, `$(1)`: a variable that nobody knows.
            out.instead("${MAKE_FUNCTION}", text, from, to);
        }
    }

    fn expand_argument(&mut self, argument: &Text, bound: &[(String, Text)], out: &mut Text) {
        if bound.is_empty() {
            let end = argument.text.len();
            out.part(argument, 0, end);
            return;
        }
        // Arguments of a call within a call.
        let mut expanded = Text::default();
        let keep = self.variables;
        let mut inner = Expansion::new(keep, self.way);
        inner.expand(argument, bound, &mut expanded, MAX_DEPTH);
        self.given.append(&mut inner.given);
        let end = expanded.text.len();
        out.part(&expanded, 0, end);
    }

    /// Gives the script a variable, with one of its values.
    fn give(&mut self, name: &str) {
        if self.given.iter().any(|(n, ..)| &**n == name) {
            return;
        }
        let held = self.variables.held(name);
        if held.is_empty() {
            return;
        }
        let held = &held[(self.way / self.ways) % held.len()];
        let count = self.variables.held(name).len();
        self.ways = self.ways.saturating_mul(count).min(1024);
        let value = self.value(&held.text, 0);
        let known = value.as_known().map(|text| text.to_string());
        let program = known
            .as_deref()
            .is_some_and(|text| !text.contains(' ') && names_a_program(text));
        let shell = program_of_a_shell(&held.text);
        let value = if let Some(program) = shell {
            assumed(name, &held.text, Value::literal(program))
        } else if held.default && program {
            // `DOCKER ?= podman`: which program it is, is only assumed.
            assumed(name, &held.text, value)
        } else {
            value
        };
        self.given.push((name.into(), value, Some(held.span)));
    }

    /// A value, its variables in their place as far as they are known. Make keeps quotes; the shell that runs the recipe
    /// takes them away.
    fn value(&self, text: &str, depth: u32) -> Value {
        let mut value = Value::default();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            value.push_literal(&rest[..at].replace(['"', '\''], ""));
            let Some(open @ (b'(' | b'{')) = rest.as_bytes().get(at + 1) else {
                let end = (at + 2).min(rest.len());
                let end = (end..=rest.len())
                    .find(|end| rest.is_char_boundary(*end))
                    .unwrap_or(rest.len());
                value.push_variable("MAKE_AUTOMATIC", &rest[at..end], Syntax::Make);
                rest = &rest[end..];
                continue;
            };
            let (end, name) = balanced(rest, at + 1, *open);
            match self.variables.held(name) {
                [one] if depth < 8 && value.pieces.len() < 64 => {
                    let mut inner = self.value(&one.text, depth + 1);
                    value.pieces.append(&mut inner.pieces);
                }
                _ => value.push_variable(name, &rest[at..end], Syntax::Make),
            }
            rest = &rest[end..];
        }
        value.push_literal(&rest.replace(['"', '\''], ""));
        value
    }
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
fn gives_flags(inner: &str, pattern: &str) -> bool {
    let flag = |text: &str| text.trim_start().starts_with('-');
    match inner.split_once(' ') {
        Some(("if" | "and" | "or" | "addprefix" | "patsubst", rest)) => rest.split(',').any(flag),
        _ => pattern.split_once('=').is_some_and(|(_, to)| flag(to)),
    }
}

/// Arguments of a function, at commas outside of brackets.
fn arguments(text: &Text, from: usize, to: usize) -> Vec<Text> {
    let mut out = Vec::new();
    let (mut depth, mut start) = (0u32, from);
    for (i, b) in text.text.bytes().enumerate().take(to).skip(from) {
        match b {
            b'(' | b'{' => depth += 1,
            b')' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                out.push(text.slice(start, i));
                start = i + 1;
            }
            _ => {}
        }
    }
    out.push(text.slice(start, to));
    out
}

/// The end after the bracket that closes the one at `open_at`, and what is between them.
pub(super) fn balanced(text: &str, open_at: usize, open: u8) -> (usize, &str) {
    let close = if open == b'(' { b')' } else { b'}' };
    let mut depth = 0u32;
    for (i, b) in text.bytes().enumerate().skip(open_at).take(2000) {
        if b == open {
            depth += 1;
        } else if b == close {
            depth -= 1;
            if depth == 0 {
                return (i + 1, &text[open_at + 1..i]);
            }
        }
    }
    (open_at + 1, "")
}
