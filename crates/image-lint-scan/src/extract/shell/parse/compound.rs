//! Commands that hold commands: `if`, loops, `case`, functions, `[[ ]]`, `(( ))`.

use super::Parser;
use crate::extract::shell::syntax::{Node, Part, PartKind, Simple, Word};
use image_lint_text::source::Span;
use std::sync::Arc;

/// Longest `(( … ))` in bytes; a bound keeps a file full of brackets linear.
const MAX_ARITHMETIC: usize = 2000;

/// Characters of a condition that are shown.
const MAX_CONDITION: usize = 80;

impl Parser<'_> {
    pub(super) fn if_clause(&mut self) -> Option<Node> {
        self.pos += 2;
        let start = self.pos;
        let mut condition = self.list(&["then"]);
        let mut arms = Vec::new();
        let mut exhaustive = false;
        let mut when = vec![self.quoted(start)];
        if !self.close_word("then") {
            return Some(Node::Group {
                body: condition,
                subshell: false,
            });
        }
        arms.push(self.list(&["elif", "else", "fi"]));
        loop {
            match self.peek_bare() {
                "elif" => {
                    self.pos += 4;
                    let start = self.pos;
                    condition.extend(self.list(&["then"]));
                    when.push(self.quoted(start));
                    self.close_word("then");
                    arms.push(self.list(&["elif", "else", "fi"]));
                }
                "else" => {
                    self.pos += 4;
                    exhaustive = true;
                    let first = when.first().filter(|_| when.len() == 1);
                    let otherwise =
                        first.map_or("otherwise".into(), |first| format!("not {first}"));
                    when.push(otherwise.into());
                    arms.push(self.list(&["fi"]));
                }
                _ => {
                    self.close_word("fi");
                    return Some(Node::Branch {
                        condition,
                        arms,
                        when,
                        exhaustive,
                    });
                }
            }
        }
    }

    /// The text from a byte to where the parser is, as a condition is shown.
    fn quoted(&self, start: usize) -> Arc<str> {
        let text = self.text.get(start..self.pos).unwrap_or("");
        let text = text.trim().trim_end_matches(';').trim_end();
        let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some((cut, _)) = words.char_indices().nth(MAX_CONDITION) {
            words.truncate(cut);
            words.push('…');
        }
        format!("`{words}`").into()
    }

    pub(super) fn do_group(&mut self) -> Vec<Node> {
        self.skip_separators();
        if !self.close_word("do") {
            return Vec::new();
        }
        let body = self.list(&["done"]);
        self.close_word("done");
        body
    }

    pub(super) fn skip_separators(&mut self) {
        loop {
            self.blanks();
            match self.peek() {
                Some(b'\n') => self.newline(),
                Some(b';') if self.at(self.pos + 1) != Some(b';') => self.pos += 1,
                _ => return,
            }
        }
    }

    pub(super) fn for_clause(&mut self, keyword: usize) -> Option<Node> {
        self.pos += keyword;
        self.blanks();
        if self.starts("((") {
            self.arithmetic_command();
            let body = self.do_group();
            return Some(Node::Loop {
                condition: Vec::new(),
                body,
            });
        }
        let variable = self.word()?.as_literal().unwrap_or_default();
        self.blanks();
        while self.peek() == Some(b'\n') {
            self.newline();
            self.blanks();
        }
        let mut words = None;
        if self.peek_bare() == "in" {
            self.pos += 2;
            let mut list = Vec::new();
            loop {
                self.blanks();
                if matches!(self.peek(), None | Some(b'\n' | b';' | b'&' | b'|' | b')')) {
                    break;
                }
                let before = self.pos;
                list.extend(self.word());
                self.step_from(before);
            }
            words = Some(list);
        }
        let body = self.do_group();
        Some(Node::For {
            variable: variable.into(),
            words,
            body,
        })
    }

    pub(super) fn case_clause(&mut self) -> Option<Node> {
        self.pos += 4;
        self.blanks();
        let mut condition = Vec::new();
        let start = self.pos;
        let mut when = Vec::new();
        if let Some(word) = self.word() {
            condition.push(Node::Simple(Simple {
                span: word.span,
                words: vec![colon(word.span), word],
                ..Simple::default()
            }));
        }
        let subject = self.quoted(start);
        self.skip_separators();
        self.close_word("in");
        let mut arms = Vec::new();
        let mut exhaustive = false;
        loop {
            self.skip_separators();
            while self.starts(";;") || self.starts(";&") {
                self.pos += 2;
                if self.peek() == Some(b'&') {
                    self.pos += 1;
                }
                self.skip_separators();
            }
            if self.peek().is_none() || self.peek_bare() == "esac" {
                self.close_word("esac");
                return Some(Node::Branch {
                    condition,
                    arms,
                    when,
                    exhaustive,
                });
            }
            if self.peek() == Some(b'(') {
                self.pos += 1;
            }
            let start = self.pos;
            loop {
                self.blanks();
                match self.peek() {
                    Some(b')') => {
                        when.push(format!("{subject} is {}", self.quoted(start)).into());
                        self.pos += 1;
                        break;
                    }
                    Some(b'|') => self.pos += 1,
                    None => break,
                    Some(b'\n') => self.newline(),
                    _ => {
                        let before = self.pos;
                        let pattern = self.word();
                        exhaustive |= pattern.is_some_and(|w| w.as_bare(self.text) == Some("*"));
                        self.step_from(before);
                    }
                }
            }
            self.count();
            arms.push(self.list(&["esac"]));
            if !(self.starts(";;") || self.starts(";&"))
                && self.peek_bare() != "esac"
                && self.peek().is_some()
            {
                self.trouble(self.pos, "a `case` that is not closed");
                return Some(Node::Branch {
                    condition,
                    arms,
                    when,
                    exhaustive,
                });
            }
        }
    }

    pub(super) fn function(&mut self, name: String) -> Option<Node> {
        self.blanks();
        if self.peek() == Some(b'(') {
            self.pos += 1;
            self.blanks();
            self.close_paren();
        }
        self.skip_separators();
        let bare = self.peek_bare();
        let body = self.command(bare)?;
        self.trailing_redirects();
        Some(Node::Function {
            name: name.into(),
            body: Box::new(body),
        })
    }

    /// `[[ … ]]`: its words matter only for the substitutions in them.
    pub(super) fn extended_test(&mut self) -> Node {
        let start = self.pos;
        self.pos += 2;
        let mut words = vec![colon(Span::new(start, start + 2))];
        loop {
            self.blanks();
            if self.peek_bare() == "]]" {
                self.pos += 2;
                break;
            }
            match self.peek() {
                None => {
                    self.trouble(start, "`[[` without `]]`");
                    break;
                }
                Some(b'\n') => self.newline(),
                Some(b'&' | b'|' | b'<' | b'>' | b'(' | b')' | b';') => self.pos += 1,
                Some(_) => {
                    let before = self.pos;
                    words.extend(self.word());
                    self.step_from(before);
                }
            }
        }
        Node::Simple(Simple {
            span: Span::new(start, self.pos),
            words,
            ..Simple::default()
        })
    }

    /// `(( … ))` at the cursor; false, and nothing consumed, when the brackets are two subshells.
    pub(in crate::extract::shell) fn arithmetic_command(&mut self) -> bool {
        let mut depth = 0usize;
        let limit = self.end.min(self.pos + MAX_ARITHMETIC);
        for i in self.pos..limit {
            match self.bytes[i] {
                b'(' => depth += 1,
                b')' if depth > 1 => depth -= 1,
                b')' => {
                    // A shell that has no arithmetic command (dash) runs what is in the brackets.
                    let inner = self.pos + 2..i.saturating_sub(1).max(self.pos + 2);
                    let arithmetic =
                        self.bytes[i - 1] == b')' && !says_two_words(&self.bytes[inner]);
                    if arithmetic {
                        self.pos = i + 1;
                    }
                    return arithmetic;
                }
                _ => {}
            }
        }
        false
    }
}

/// Whether two words follow each other with nothing but blanks between, as in no expression: a command has arguments.
fn says_two_words(text: &[u8]) -> bool {
    let letter = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'_';
    let words = text.split(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b' ')));
    words.into_iter().any(|run| {
        let mut words = run
            .split(|byte| *byte == b' ')
            .filter(|word| !word.is_empty());
        let first = words.next().and_then(|word| word.first());
        let second = words.next().and_then(|word| word.first());
        first.is_some_and(letter) && second.is_some_and(letter)
    })
}

/// The command that does nothing, in place of a construct of which only the words matter.
fn colon(span: Span) -> Word {
    Word {
        span,
        parts: vec![Part {
            span,
            quoted: true,
            kind: PartKind::Text(":".into()),
        }],
    }
}
