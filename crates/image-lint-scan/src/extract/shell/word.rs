//! Words of a script: quotes, escapes, expansions and substitutions, each part with its bytes.

use crate::extract::shell::parse::{MAX_DEPTH, Parser};
use crate::extract::shell::syntax::{Operator, Parameter, Part, PartKind, Word};
use image_lint_model::value::Syntax;
use image_lint_text::source::Span;

/// Where a run of parts ends, apart from the end of the script.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// A blank or an operator.
    Metacharacter,
    /// The closing `"`.
    DoubleQuote,
    /// Nothing: the body of a here-document.
    End,
    /// The `}` of `${…}`.
    Brace,
    /// The `/` or `}` of `${X/pattern/with}`.
    SlashOrBrace,
}

impl Parser<'_> {
    /// The word at the cursor; None, and nothing consumed, when there is none.
    pub(super) fn word(&mut self) -> Option<Word> {
        let start = self.pos;
        // Most words are one part, and a list that grows by itself begins with four.
        let mut parts = Vec::with_capacity(1);
        self.parts(Until::Metacharacter, false, &mut parts);
        if self.pos == start {
            return None;
        }
        Some(Word {
            span: Span::new(start, self.pos),
            parts,
        })
    }

    /// All of the text, as the body of a here-document.
    pub(super) fn body(&mut self) -> Word {
        let start = self.pos;
        let mut parts = Vec::new();
        self.parts(Until::End, true, &mut parts);
        Word {
            span: Span::new(start, self.pos),
            parts,
        }
    }

    fn parts(&mut self, until: Until, quoted: bool, out: &mut Vec<Part>) {
        while let Some(b) = self.peek() {
            let ends = match until {
                Until::Metacharacter => {
                    matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b')')
                        || (matches!(b, b'<' | b'>') && self.at(self.pos + 1) != Some(b'('))
                        || b == b'(' && !self.extended_glob()
                }
                Until::DoubleQuote => b == b'"',
                Until::End => false,
                Until::Brace => b == b'}',
                Until::SlashOrBrace => b == b'}' || b == b'/',
            };
            if ends {
                return;
            }
            self.count();
            if self.pos == self.end {
                return;
            }
            if let Some((end, syntax)) = self.foreign() {
                out.push(Part {
                    span: Span::new(self.pos, end),
                    quoted,
                    kind: PartKind::Foreign(syntax),
                });
                self.pos = end;
                continue;
            }
            let in_double = matches!(until, Until::DoubleQuote | Until::End);
            match b {
                b'"' if until == Until::End => self.text_run(until, quoted, out),
                b'\\' => self.escape(in_double, quoted, out),
                b'\'' if !in_double => self.single_quoted(out),
                b'"' if !in_double => self.double_quoted(out),
                b'$' => self.dollar(quoted, in_double, out),
                b'`' => self.backquoted(quoted, out),
                b'<' | b'>' if !in_double && self.at(self.pos + 1) == Some(b'(') => {
                    let start = self.pos;
                    self.pos += 2;
                    let nodes = self.nested_list();
                    self.close_paren();
                    out.push(Part {
                        span: Span::new(start, self.pos),
                        quoted,
                        kind: PartKind::Command(nodes),
                    });
                }
                _ => self.text_run(until, quoted, out),
            }
        }
    }

    /// `@(`, `+(`, `?(`, `*(`, `!(` just before the cursor's bracket.
    fn extended_glob(&self) -> bool {
        self.pos > 0 && matches!(self.bytes[self.pos - 1], b'@' | b'+' | b'?' | b'*' | b'!')
    }

    /// Plain characters up to the next one that means something. The first is taken whatever it is.
    fn text_run(&mut self, until: Until, quoted: bool, out: &mut Vec<Part>) {
        let start = self.pos;
        let glob = self.peek() == Some(b'(');
        self.pos += 1;
        while let Some(b) = self.peek() {
            let stop = match b {
                b'"' => until != Until::End,
                b'\\' | b'$' | b'`' => true,
                b'{' => self.at(self.pos + 1) == Some(b'{'),
                b'\'' | b'<' | b'>' | b'(' => !matches!(until, Until::DoubleQuote | Until::End),
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b')' => {
                    until == Until::Metacharacter
                }
                b'}' => matches!(until, Until::Brace | Until::SlashOrBrace),
                b'/' => until == Until::SlashOrBrace,
                _ => false,
            };
            if stop {
                break;
            }
            self.pos += 1;
        }
        if glob && self.peek() == Some(b')') {
            self.pos += 1;
        }
        let span = Span::new(start, self.pos);
        out.push(Part {
            span,
            quoted,
            kind: PartKind::Text(self.text[span.range()].into()),
        });
    }

    fn escape(&mut self, in_double: bool, quoted: bool, out: &mut Vec<Part>) {
        let start = self.pos;
        let Some(next) = self.at(start + 1) else {
            self.pos += 1;
            out.push(Part {
                span: Span::new(start, self.pos),
                quoted,
                kind: PartKind::Text("\\".into()),
            });
            return;
        };
        if let Some(end) = self.line_break(start + 1) {
            self.pos = end;
            return;
        }
        let len = self.text[start + 1..]
            .chars()
            .next()
            .map_or(1, char::len_utf8);
        self.pos += 1 + len;
        let span = Span::new(start, self.pos);
        let kept = in_double
            && (!matches!(next, b'$' | b'`' | b'"' | b'\\')
                || self.quotes_are_text && next == b'"');
        let from = if kept { start } else { start + 1 };
        out.push(Part {
            span,
            quoted: true,
            kind: PartKind::Text(self.text[from..self.pos].into()),
        });
    }

    fn single_quoted(&mut self, out: &mut Vec<Part>) {
        let start = self.pos;
        let Some(len) = self.bytes[start + 1..self.end]
            .iter()
            .position(|b| *b == b'\'')
        else {
            self.end_of_line_text(start, out);
            return;
        };
        let end = start + 1 + len;
        self.pos = start + 1;
        let mut from = self.pos;
        // Other languages' variables are replaced inside any quotes.
        while self.pos < end {
            if let Some((after, syntax)) = self.foreign().filter(|(after, _)| *after <= end) {
                self.push_quoted(from, self.pos, out);
                out.push(Part {
                    span: Span::new(self.pos, after),
                    quoted: true,
                    kind: PartKind::Foreign(syntax),
                });
                self.pos = after;
                from = after;
            } else {
                self.pos += 1;
            }
        }
        if from < end || len == 0 {
            self.push_quoted(from, end, out);
        }
        self.pos = end + 1;
    }

    fn push_quoted(&self, from: usize, to: usize, out: &mut Vec<Part>) {
        out.push(Part {
            span: Span::new(from, to),
            quoted: true,
            kind: PartKind::Text(self.text[from..to].into()),
        });
    }

    fn double_quoted(&mut self, out: &mut Vec<Part>) {
        let start = self.pos;
        if self.depth >= MAX_DEPTH {
            self.end_of_line_text(start, out);
            return;
        }
        self.pos += 1;
        let before = out.len();
        self.depth += 1;
        self.parts(Until::DoubleQuote, true, out);
        self.depth -= 1;
        if self.peek() == Some(b'"') {
            if out.len() == before {
                self.push_quoted(self.pos, self.pos, out);
            }
            self.pos += 1;
        } else {
            self.end_of_line_text(start, out);
        }
    }

    /// After a quote that nothing closes the rest of its line is one word without meaning, so that only the line is lost.
    fn end_of_line_text(&mut self, start: usize, out: &mut Vec<Part>) {
        self.trouble(start, "a quote that is not closed");
        let mut end = self.bytes[start..self.end]
            .iter()
            .position(|b| *b == b'\n')
            .map_or(self.end, |i| start + i);
        if self.rewinds == MAX_REWINDS {
            // Hostile: what was read stays read.
            end = end.max(self.pos).max(start + 1);
        } else {
            self.rewinds += 1;
        }
        self.pos = end;
        out.clear();
        out.push(Part {
            span: Span::new(start, end),
            quoted: true,
            kind: PartKind::Arithmetic,
        });
    }

    fn nested_list(&mut self) -> Vec<crate::extract::shell::syntax::Node> {
        if self.depth >= MAX_DEPTH {
            self.trouble(self.pos, "nested too deeply");
            // Whatever stands inside is passed over up to the bracket.
            while self.peek().is_some_and(|b| b != b')') {
                self.pos += 1;
            }
            return Vec::new();
        }
        self.depth += 1;
        let nodes = self.list(&[]);
        self.depth -= 1;
        nodes
    }

    fn dollar(&mut self, quoted: bool, in_double: bool, out: &mut Vec<Part>) {
        let start = self.pos;
        match self.at(start + 1) {
            Some(b'(') if self.at(start + 2) == Some(b'(') && self.arithmetic_expansion() => {
                out.push(Part {
                    span: Span::new(start, self.pos),
                    quoted,
                    kind: PartKind::Arithmetic,
                });
            }
            Some(b'(') => {
                self.pos += 2;
                let nodes = self.nested_list();
                self.close_paren();
                out.push(Part {
                    span: Span::new(start, self.pos),
                    quoted,
                    kind: PartKind::Command(nodes),
                });
            }
            Some(b'{') => self.braced(quoted, out),
            Some(b'\'') if !in_double => {
                self.pos += 1;
                self.ansi_quoted(out);
            }
            Some(b'"') if !in_double => {
                self.pos += 1;
                self.double_quoted(out);
            }
            Some(b) if b.is_ascii_alphabetic() || b == b'_' => {
                self.pos += 1;
                while self
                    .peek()
                    .is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_')
                {
                    self.pos += 1;
                }
                self.push_plain(start, start + 1, quoted, out);
            }
            Some(b)
                if b.is_ascii_digit()
                    || matches!(b, b'@' | b'*' | b'#' | b'?' | b'$' | b'!' | b'-') =>
            {
                self.pos += 2;
                self.push_plain(start, start + 1, quoted, out);
            }
            _ => {
                self.pos += 1;
                out.push(Part {
                    span: Span::new(start, start + 1),
                    quoted,
                    kind: PartKind::Text("$".into()),
                });
            }
        }
    }

    fn push_plain(&self, start: usize, name_start: usize, quoted: bool, out: &mut Vec<Part>) {
        let parameter = Parameter {
            name: self.text[name_start..self.pos].into(),
            index: None,
            keys: false,
            operator: Operator::Plain,
        };
        let kind = PartKind::Parameter(Box::new(parameter));
        out.push(Part {
            span: Span::new(start, self.pos),
            quoted,
            kind,
        });
    }

    fn arithmetic_expansion(&mut self) -> bool {
        self.pos += 1;
        let arithmetic = self.arithmetic_command();
        if !arithmetic {
            self.pos -= 1;
        }
        arithmetic
    }

    fn ansi_quoted(&mut self, out: &mut Vec<Part>) {
        let start = self.pos;
        let mut i = start + 1;
        while let Some(b) = self.at(i) {
            match b {
                b'\\' => i += 2,
                b'\'' => {
                    let inner = self.text.get(start + 1..i).unwrap_or("");
                    let kind = if inner.contains('\\') {
                        PartKind::Arithmetic
                    } else {
                        PartKind::Text(inner.into())
                    };
                    out.push(Part {
                        span: Span::new(start + 1, i),
                        quoted: true,
                        kind,
                    });
                    self.pos = i + 1;
                    return;
                }
                _ => i += 1,
            }
        }
        self.end_of_line_text(start, out);
    }

    fn backquoted(&mut self, quoted: bool, out: &mut Vec<Part>) {
        let start = self.pos;
        let mut i = start + 1;
        while let Some(b) = self.at(i) {
            match b {
                b'\\' => i += 2,
                b'`' => break,
                _ => i += 1,
            }
        }
        if i >= self.end {
            self.end_of_line_text(start, out);
            return;
        }
        let outer_end = std::mem::replace(&mut self.end, i);
        self.pos = start + 1;
        let nodes = self.nested_list();
        self.resume(outer_end, i + 1);
        out.push(Part {
            span: Span::new(start, self.pos),
            quoted,
            kind: PartKind::Command(nodes),
        });
    }

    /// `${…}` at the cursor.
    fn braced(&mut self, quoted: bool, out: &mut Vec<Part>) {
        let start = self.pos;
        self.pos += 2;
        let length = self.peek() == Some(b'#') && self.at(self.pos + 1) != Some(b'}');
        let indirect = self.peek() == Some(b'!');
        if length || indirect {
            self.pos += 1;
        }
        let name_start = self.pos;
        while self
            .peek()
            .is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_')
        {
            self.pos += 1;
        }
        if self.pos == name_start
            && self
                .peek()
                .is_some_and(|b| matches!(b, b'@' | b'*' | b'#' | b'?' | b'-' | b'$'))
        {
            self.pos += 1;
        }
        let name: Box<str> = self.text[name_start..self.pos].into();
        let mut index = None;
        if self.peek() == Some(b'[') {
            let from = self.pos + 1;
            while self
                .peek()
                .is_some_and(|b| !matches!(b, b']' | b'}' | b'\n'))
            {
                self.pos += 1;
            }
            index = self.text.get(from..self.pos).map(Into::into);
            if self.peek() == Some(b']') {
                self.pos += 1;
            }
        }
        let mut operator = if self.depth >= MAX_DEPTH {
            Operator::Unsupported
        } else {
            self.operator()
        };
        let keys = indirect
            && matches!(operator, Operator::Plain)
            && matches!(index.as_deref(), Some("@" | "*"));
        if length || indirect && !keys {
            operator = Operator::Unsupported;
        }
        // What was not understood is passed over up to the brace, quotes and substitutions included.
        if self.peek() != Some(b'}') {
            operator = Operator::Unsupported;
            self.operand(Until::Brace);
        }
        if self.peek() == Some(b'}') {
            self.pos += 1;
        } else {
            self.trouble(start, "`${` without `}`");
        }
        let kind = PartKind::Parameter(Box::new(Parameter {
            name,
            index,
            keys,
            operator,
        }));
        out.push(Part {
            span: Span::new(start, self.pos),
            quoted,
            kind,
        });
    }

    fn operand(&mut self, until: Until) -> Vec<Part> {
        let mut parts = Vec::new();
        self.depth += 1;
        if self.depth <= MAX_DEPTH {
            self.parts(until, false, &mut parts);
        }
        self.depth -= 1;
        parts
    }

    fn operator(&mut self) -> Operator {
        let colon = self.peek() == Some(b':');
        let at = self.pos + usize::from(colon);
        let Some(b) = self.at(at) else {
            return Operator::Unsupported;
        };
        let doubled = self.at(at + 1) == Some(b);
        match b {
            b'}' if !colon => Operator::Plain,
            b'-' | b'=' => {
                self.pos = at + 1;
                Operator::Default {
                    word: self.operand(Until::Brace),
                    or_empty: colon,
                    assign: b == b'=',
                }
            }
            b'+' => {
                self.pos = at + 1;
                Operator::Alternate {
                    word: self.operand(Until::Brace),
                    if_not_empty: colon,
                }
            }
            b'?' => {
                self.pos = at + 1;
                self.operand(Until::Brace);
                Operator::Required { or_empty: colon }
            }
            b'#' | b'%' if !colon => {
                self.pos = at + if doubled { 2 } else { 1 };
                let pattern = self.operand(Until::Brace);
                if b == b'#' {
                    Operator::TrimPrefix {
                        pattern,
                        longest: doubled,
                    }
                } else {
                    Operator::TrimSuffix {
                        pattern,
                        longest: doubled,
                    }
                }
            }
            b'/' if !colon => {
                self.pos = at + if doubled { 2 } else { 1 };
                let pattern = self.operand(Until::SlashOrBrace);
                let mut with = Vec::new();
                if self.peek() == Some(b'/') {
                    self.pos += 1;
                    with = self.operand(Until::Brace);
                }
                Operator::Replace {
                    pattern,
                    with,
                    all: doubled,
                }
            }
            b'^' | b',' if !colon && doubled => {
                self.pos = at + 2;
                if b == b'^' {
                    Operator::Upper
                } else {
                    Operator::Lower
                }
            }
            _ => Operator::Unsupported,
        }
    }

    /// A variable of another language at the cursor, with its end.
    pub(super) fn foreign(&self) -> Option<(usize, Syntax)> {
        let (open, close, syntax) = match self.peek()? {
            b'$' if self.starts("${{") => ("${{", "}}", Syntax::Expression),
            b'$' if self.starts("$[[") => ("$[[", "]]", Syntax::Expression),
            b'$' if self.starts("$(") && self.foreign.contains(&Syntax::Tekton) => {
                let inner = self.text.get(self.pos + 2..self.end)?;
                let len = inner
                    .find(|c: char| !(c.is_ascii_alphanumeric() || "._-[]*'\"".contains(c)))?;
                let name = &inner[..len];
                let known = [
                    "params.",
                    "params[",
                    "inputs.",
                    "outputs.",
                    "workspaces.",
                    "context.",
                    "results.",
                    "steps.",
                    "step.",
                    "tasks.",
                    "resources.",
                ];
                let tekton =
                    inner[len..].starts_with(')') && known.iter().any(|k| name.starts_with(k));
                return tekton.then_some((self.pos + 2 + len + 1, Syntax::Tekton));
            }
            b'{' if self.starts("{{") => (
                "{{",
                "}}",
                if self.foreign.contains(&Syntax::Argo) {
                    Syntax::Argo
                } else {
                    Syntax::Braces
                },
            ),
            _ => return None,
        };
        if self.pos < self.no_foreign_before.get() {
            return None;
        }
        let from = self.pos + open.len();
        let window = &self.bytes[from.min(self.end)..self.end.min(from + MAX_FOREIGN)];
        let line = window
            .iter()
            .position(|b| *b == b'\n')
            .unwrap_or(window.len());
        let Some(len) = window[..line]
            .windows(2)
            .position(|pair| pair == close.as_bytes())
        else {
            self.no_foreign_before.set(from + line);
            return None;
        };
        Some((self.pos + open.len() + len + close.len(), syntax))
    }
}

/// How often the rest of a script is read again after a quote that nothing closes.
const MAX_REWINDS: u32 = 4;

/// Longest variable of another language, in bytes.
const MAX_FOREIGN: usize = 1000;
