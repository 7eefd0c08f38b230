//! One command of words: its assignments, arrays and redirections.

use super::Parser;
use crate::extract::shell::syntax::{
    Assigned, Assignment, Heredoc, Node, Redirect, RedirectKind, Simple, Word,
};
use image_lint_text::source::Span;

impl Parser<'_> {
    pub(super) fn simple(&mut self) -> Option<Node> {
        let mut simple = Simple::default();
        let start = self.pos;
        let mut last = start;
        loop {
            self.blanks();
            let Some(b) = self.peek() else { break };
            match b {
                b'\n' | b';' | b'|' | b')' => break,
                b'&' => {
                    if self.at(self.pos + 1) != Some(b'>') {
                        break;
                    }
                    self.pos += 1;
                    simple.redirects.extend(self.redirect());
                }
                b'<' | b'>' if self.at(self.pos + 1) != Some(b'(') => {
                    simple.redirects.extend(self.redirect())
                }
                b'(' => {
                    if simple.words.len() == 1 && self.at_empty_parens() {
                        let name = simple.words[0].as_literal().unwrap_or_default();
                        return self.function(name);
                    }
                    // Not a shell's bracket; leave it as text.
                    self.trouble(self.pos, "a bracket where none can stand");
                    self.pos += 1;
                }
                _ => {
                    let digits = self.bytes[self.pos..self.end]
                        .iter()
                        .take_while(|b| b.is_ascii_digit())
                        .count();
                    if digits > 0 && matches!(self.at(self.pos + digits), Some(b'<' | b'>')) {
                        self.pos += digits;
                        simple.redirects.extend(self.redirect());
                        continue;
                    }
                    if simple.words.is_empty()
                        && let Some(assignment) = self.assignment()
                    {
                        last = self.pos;
                        simple.assignments.push(assignment);
                        continue;
                    }
                    let before = self.pos;
                    if let Some(word) = self.word() {
                        simple.words.push(word);
                    }
                    if self.pos == before {
                        break;
                    }
                    last = self.pos;
                    // `declare -a X=(…)`, `local X=(…)`
                    if self.peek() == Some(b'(')
                        && self.bytes[self.pos - 1] == b'='
                        && let Some(word) = simple.words.pop()
                        && let Some(name) = word.as_literal()
                    {
                        let name = name.trim_end_matches('=').trim_end_matches('+').to_owned();
                        let value = Assigned::Array(self.array());
                        let span = Span::new(word.span.start as usize, self.pos);
                        simple.assignments.push(Assignment {
                            name: name.into(),
                            index: None,
                            append: false,
                            value,
                            span,
                        });
                        last = self.pos;
                    }
                }
            }
        }
        if simple.words.is_empty() && simple.assignments.is_empty() && simple.redirects.is_empty() {
            return None;
        }
        simple.span = Span::new(start, last.max(start));
        Some(Node::Simple(simple))
    }

    pub(super) fn at_empty_parens(&self) -> bool {
        let mut i = self.pos + 1;
        while matches!(self.at(i), Some(b' ' | b'\t')) {
            i += 1;
        }
        self.at(i) == Some(b')')
    }

    /// `NAME=word`, `NAME+=word`, `NAME=( … )`, `NAME[i]=word`; None and nothing consumed when there is none.
    pub(super) fn assignment(&mut self) -> Option<Assignment> {
        let start = self.pos;
        let mut i = start;
        if !self
            .at(i)
            .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        {
            return None;
        }
        while self
            .at(i)
            .is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_')
        {
            i += 1;
        }
        let name_end = i;
        let mut index = None;
        if self.at(i) == Some(b'[') {
            while self
                .at(i)
                .is_some_and(|b| !matches!(b, b']' | b'\n' | b' '))
            {
                i += 1;
            }
            if self.at(i) != Some(b']') {
                return None;
            }
            index = self.text.get(name_end + 1..i).map(Into::into);
            i += 1;
        }
        let append = self.at(i) == Some(b'+');
        if append {
            i += 1;
        }
        if self.at(i) != Some(b'=') {
            return None;
        }
        self.count();
        if self.pos == self.end {
            return None;
        }
        let name: Box<str> = self.text[start..name_end].into();
        self.pos = i + 1;
        let value = if self.peek() == Some(b'(') {
            Assigned::Array(self.array())
        } else {
            let at = self.pos;
            let word = match self.peek() {
                None
                | Some(b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b')') => {
                    None
                }
                _ => self.word(),
            };
            Assigned::Word(word.unwrap_or(Word {
                span: Span::new(at, at),
                parts: Vec::new(),
            }))
        };
        Some(Assignment {
            name,
            index,
            append,
            value,
            span: Span::new(start, self.pos),
        })
    }

    pub(super) fn array(&mut self) -> Vec<Word> {
        let start = self.pos;
        self.pos += 1;
        let mut words = Vec::new();
        loop {
            self.blanks();
            match self.peek() {
                None => {
                    self.trouble(start, "an array that is not closed");
                    return words;
                }
                Some(b')') => {
                    self.pos += 1;
                    return words;
                }
                Some(b'\n') => self.newline(),
                Some(b';' | b'&' | b'|' | b'<' | b'>' | b'(') => self.pos += 1,
                Some(_) => {
                    let before = self.pos;
                    words.extend(self.word());
                    self.step_from(before);
                }
            }
        }
    }

    /// A redirection at its `<` or `>`.
    pub(super) fn redirect(&mut self) -> Option<Redirect> {
        let output = self.peek() == Some(b'>');
        self.pos += 1;
        if !output && self.starts("<<") {
            self.pos += 2;
            self.blanks();
            return self.word().map(|w| Redirect {
                kind: RedirectKind::HereString(w),
            });
        }
        if !output && self.starts("<") {
            self.pos += 1;
            let strip_tabs = self.peek() == Some(b'-');
            if strip_tabs {
                self.pos += 1;
            }
            self.blanks();
            let word = self.word()?;
            let delimiter = word.as_literal()?;
            let literal = word.as_bare(self.text).is_none();
            self.heredocs.push(Heredoc {
                body: Span::default(),
                literal,
                strip_tabs,
            });
            self.pending.push((self.heredocs.len() - 1, delimiter));
            return Some(Redirect {
                kind: RedirectKind::Heredoc(self.heredocs.len() - 1),
            });
        }
        let duplicate = self.peek() == Some(b'&');
        while matches!(self.peek(), Some(b'>' | b'|' | b'&')) {
            self.pos += 1;
        }
        self.blanks();
        let word = self.word()?;
        if duplicate {
            return None;
        }
        Some(Redirect {
            kind: if output {
                RedirectKind::Out(word)
            } else {
                RedirectKind::In
            },
        })
    }
}
