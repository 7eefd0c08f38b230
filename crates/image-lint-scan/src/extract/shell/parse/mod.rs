//! Reads a script into its tree. It never fails: what cannot be read is noted once, and reading goes on behind it.
//!
//! Grammar: POSIX.1-2017 XCU 2.10 with bash's `[[ ]]`, `(( ))`, arrays, `$'…'`, `function` and process substitution.
//! One pass, no backtracking beyond a word, nesting bounded by [`MAX_DEPTH`], so hostile scripts cost linear time and
//! no stack.

mod compound;
mod simple;

use std::cell::Cell;

use crate::extract::shell::syntax::{Heredoc, Node, Script, Word};
use image_lint_model::value::Syntax;
use image_lint_text::source::Span;

/// Deepest nesting of constructs and substitutions that is followed.
pub(super) const MAX_DEPTH: u32 = 60;

/// Most commands and parts of words that scripts in scripts hold in all; each is some hundred bytes in memory, and two
/// of the file.
pub const MAX_PARTS: usize = 200_000;

/// Parses `text`, at most `most` commands and parts of words of it; `foreign` are the languages whose variables are
/// replaced before a shell runs it.
pub fn parse(text: &str, foreign: &[Syntax], most: usize) -> Script {
    let mut parser = Parser::new(text, foreign);
    parser.left = most;
    let mut nodes = parser.list(&[]);
    while parser.pos < parser.end {
        // A closing word or bracket that nothing opened.
        parser.trouble(
            parser.pos,
            "a closing word or bracket without its opening one",
        );
        if matches!(parser.peek(), Some(b')' | b';')) {
            parser.pos += 1;
        } else {
            parser.word();
        }
        nodes.extend(parser.list(&[]));
    }
    let parts = most - parser.left;
    Script {
        nodes,
        heredocs: parser.heredocs,
        trouble: parser.trouble,
        parts,
        cut: parser.cut,
    }
}

/// Reads the body of a script's here-document as one word, in which quotes are text (POSIX.1-2017 XCU 2.7.4).
pub fn here_document(script: &str, body: Span, foreign: &[Syntax]) -> Word {
    let mut parser = Parser::new(script, foreign);
    parser.left = MAX_PARTS;
    parser.pos = body.start as usize;
    parser.end = body.end as usize;
    parser.quotes_are_text = true;
    parser.body()
}

/// Words that end a list.
const CLOSERS: [&str; 9] = [
    "then", "else", "elif", "fi", "do", "done", "esac", "}", "]]",
];

pub(super) struct Parser<'t> {
    pub(super) text: &'t str,
    pub(super) bytes: &'t [u8],
    pub(super) pos: usize,
    pub(super) end: usize,
    pub(super) depth: u32,
    pub(super) foreign: &'t [Syntax],
    pub(super) rewinds: u32,
    /// `\"` is two characters, as in a here-document.
    pub(super) quotes_are_text: bool,
    /// Up to here nothing closes a variable of another language.
    pub(super) no_foreign_before: Cell<usize>,
    heredocs: Vec<Heredoc>,
    /// Delimiters of heredocs whose bodies start at the next line: index into `heredocs`, delimiter.
    pending: Vec<(usize, String)>,
    trouble: Option<(Span, &'static str)>,
    /// Commands and parts of words that may still be read.
    left: usize,
    /// Where there were no more.
    cut: Option<usize>,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str, foreign: &'t [Syntax]) -> Self {
        Parser {
            text,
            bytes: text.as_bytes(),
            pos: 0,
            end: text.len(),
            depth: 0,
            foreign,
            rewinds: 0,
            quotes_are_text: false,
            no_foreign_before: Cell::new(0),
            heredocs: Vec::new(),
            pending: Vec::new(),
            trouble: None,
            left: usize::MAX,
            cut: None,
        }
    }

    /// Counts one more command or part of a word. Beyond the last one the script is at its end.
    pub(super) fn count(&mut self) {
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => {
                self.cut.get_or_insert(self.pos);
                self.end = self.pos;
            }
        }
    }

    /// Passes over a character that nothing was made of.
    pub(super) fn step_from(&mut self, before: usize) {
        if self.pos == before && before < self.end {
            self.pos += self.text[before..].chars().next().map_or(1, char::len_utf8);
        }
    }

    /// Goes on behind a stretch that had an end of its own.
    pub(super) fn resume(&mut self, end: usize, pos: usize) {
        if self.cut.is_none() {
            (self.end, self.pos) = (end, pos);
        }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.at(self.pos)
    }

    pub(super) fn at(&self, i: usize) -> Option<u8> {
        if i < self.end {
            Some(self.bytes[i])
        } else {
            None
        }
    }

    pub(super) fn starts(&self, prefix: &str) -> bool {
        self.bytes[self.pos.min(self.end)..self.end].starts_with(prefix.as_bytes())
    }

    pub(super) fn trouble(&mut self, at: usize, why: &'static str) {
        if self.trouble.is_none() && self.cut.is_none() {
            let line_end = self.bytes[at..self.end]
                .iter()
                .position(|b| *b == b'\n')
                .map_or(self.end, |i| at + i);
            self.trouble = Some((Span::new(at, line_end), why));
        }
    }

    /// Blanks, continued lines and comments.
    fn blanks(&mut self) {
        while let Some(b) = self.peek() {
            match b {
                b' ' | b'\t' | b'\r' => self.pos += 1,
                b'\\' if self.line_break(self.pos + 1).is_some() => {
                    self.pos = self.line_break(self.pos + 1).unwrap_or(self.pos + 1);
                }
                b'#' if self.at_word_start() => {
                    while self.peek().is_some_and(|b| b != b'\n') {
                        self.pos += 1;
                    }
                }
                _ => return,
            }
        }
    }

    /// The end of a line break that begins here, with any number of carriage returns before it.
    pub(super) fn line_break(&self, at: usize) -> Option<usize> {
        let returns = self
            .bytes
            .get(at..self.end)?
            .iter()
            .take_while(|byte| **byte == b'\r')
            .count();
        (self.at(at + returns) == Some(b'\n')).then_some(at + returns + 1)
    }

    fn at_word_start(&self) -> bool {
        self.pos == 0
            || matches!(
                self.bytes[self.pos - 1],
                b' ' | b'\t' | b'\n' | b'\r' | b';' | b'&' | b'|' | b'(' | b')' | b'`'
            )
    }

    fn newline(&mut self) {
        self.pos += 1;
        for (index, delimiter) in std::mem::take(&mut self.pending) {
            self.heredoc_body(index, &delimiter);
        }
    }

    fn heredoc_body(&mut self, index: usize, delimiter: &str) {
        let start = self.pos;
        loop {
            let line_end = self.bytes[self.pos..self.end]
                .iter()
                .position(|b| *b == b'\n')
                .map(|i| self.pos + i);
            let line = &self.bytes[self.pos..line_end.unwrap_or(self.end)];
            let line =
                &line[..line.len() - line.iter().rev().take_while(|byte| **byte == b'\r').count()];
            // `<<-` drops tabs; spaces too, because a script in YAML or Groovy may be indented as a whole.
            let trimmed = if self.heredocs[index].strip_tabs {
                line.trim_ascii_start()
            } else {
                line
            };
            if trimmed == delimiter.as_bytes() {
                self.heredocs[index].body = Span::new(start, self.pos);
                self.pos = line_end.map_or(self.end, |e| e + 1);
                return;
            }
            match line_end {
                Some(e) => self.pos = e + 1,
                None => {
                    self.heredocs[index].body = Span::new(start, self.end);
                    self.trouble(start, "a here-document without its closing line");
                    self.pos = self.end;
                    return;
                }
            }
        }
    }

    /// The bare word at the cursor, without moving.
    fn peek_bare(&self) -> &'t str {
        let mut i = self.pos;
        while let Some(b) = self.at(i) {
            if matches!(
                b,
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')'
            ) {
                break;
            }
            i += 1;
            if i - self.pos > 32 {
                break;
            }
        }
        self.text.get(self.pos..i).unwrap_or("")
    }

    /// Commands up to the end, a `)`, a `;;` or one of the words in `until` (not consumed).
    pub(super) fn list(&mut self, until: &[&str]) -> Vec<Node> {
        let mut nodes = Vec::new();
        let mut alternative = false;
        loop {
            self.blanks();
            let Some(b) = self.peek() else { return nodes };
            match b {
                b'\n' => {
                    self.newline();
                    continue;
                }
                b';' => {
                    if matches!(self.at(self.pos + 1), Some(b';' | b'&')) {
                        return nodes;
                    }
                    self.pos += 1;
                    alternative = false;
                    continue;
                }
                b'&' if self.at(self.pos + 1) != Some(b'>') => {
                    self.pos += 1;
                    alternative = false;
                    continue;
                }
                b'|' => {
                    alternative = self.at(self.pos + 1) == Some(b'|');
                    self.pos += if alternative { 2 } else { 1 };
                    continue;
                }
                b')' => return nodes,
                _ => {}
            }
            let bare = self.peek_bare();
            if CLOSERS.contains(&bare) {
                if until.contains(&bare) || until.is_empty() || bare != "}" {
                    return nodes;
                }
                // A lone brace in an argument position of something we did not understand.
                self.pos += 1;
                continue;
            }
            self.count();
            let before = self.pos;
            if before == self.end {
                return nodes;
            }
            let node = self.command(bare);
            if self.pos == before {
                self.trouble(before, "not a command");
                self.step_from(before);
                continue;
            }
            let Some(node) = node else { continue };
            if alternative {
                nodes.push(Node::Branch {
                    condition: Vec::new(),
                    arms: vec![vec![node]],
                    when: Vec::new(),
                    exhaustive: false,
                });
                alternative = false;
            } else {
                nodes.push(node);
            }
        }
    }

    fn command(&mut self, bare: &str) -> Option<Node> {
        if self.depth >= MAX_DEPTH {
            self.trouble(self.pos, "nested too deeply");
            return self.simple();
        }
        self.depth += 1;
        let node = match bare {
            "!" | "time" | "coproc" => {
                self.pos += bare.len();
                self.blanks();
                let next = self.peek_bare();
                if next.is_empty() && self.peek() != Some(b'(') {
                    None
                } else {
                    self.command(next)
                }
            }
            "if" => self.if_clause(),
            "while" | "until" => {
                self.pos += 5;
                let condition = self.list(&["do"]);
                let body = self.do_group();
                Some(Node::Loop { condition, body })
            }
            "for" | "select" => self.for_clause(bare.len()),
            "case" => self.case_clause(),
            "{" => {
                self.pos += 1;
                let body = self.list(&["}"]);
                self.close_word("}");
                Some(Node::Group {
                    body,
                    subshell: false,
                })
            }
            "function" => {
                self.pos += 8;
                self.blanks();
                let name = self.word().and_then(|w| w.as_literal()).unwrap_or_default();
                self.function(name)
            }
            "[[" => Some(self.extended_test()),
            _ if self.peek() == Some(b'(')
                && self.at(self.pos + 1) == Some(b'(')
                && self.arithmetic_command() =>
            {
                None
            }
            _ if self.peek() == Some(b'(') => {
                self.pos += 1;
                let body = self.list(&[]);
                self.close_paren();
                Some(Node::Group {
                    body,
                    subshell: true,
                })
            }
            _ => self.simple(),
        };
        self.depth -= 1;
        if !matches!(node, Some(Node::Simple(_) | Node::Function { .. })) {
            self.trailing_redirects();
        }
        node
    }

    /// Redirections behind a compound command; only their heredocs matter.
    fn trailing_redirects(&mut self) {
        loop {
            self.blanks();
            let digits = self.bytes[self.pos..self.end]
                .iter()
                .take_while(|b| b.is_ascii_digit())
                .count();
            if !matches!(self.at(self.pos + digits), Some(b'<' | b'>')) {
                return;
            }
            self.pos += digits;
            self.redirect();
        }
    }

    fn close_word(&mut self, word: &str) -> bool {
        self.blanks();
        if self.peek_bare() == word {
            self.pos += word.len();
            return true;
        }
        self.trouble(
            self.pos.min(self.end),
            "a construct without its closing word",
        );
        false
    }

    pub(super) fn close_paren(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.pos += 1;
        }
        if self.peek() == Some(b')') {
            self.pos += 1;
        } else {
            self.trouble(self.pos.min(self.end), "a bracket that is not closed");
        }
    }
}

/// Splits text that is no shell into literal parts and variables of other languages.
pub fn foreign_parts(text: &str, foreign: &[Syntax]) -> Vec<(Span, Option<Syntax>)> {
    let mut parser = Parser::new(text, foreign);
    let mut parts = Vec::new();
    let mut from = 0;
    while parser.pos < parser.end {
        if let Some((end, syntax)) = parser.foreign() {
            if from < parser.pos {
                parts.push((Span::new(from, parser.pos), None));
            }
            parts.push((Span::new(parser.pos, end), Some(syntax)));
            parser.pos = end;
            from = end;
        } else {
            parser.pos += 1;
        }
    }
    if from < text.len() {
        parts.push((Span::new(from, text.len()), None));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_may_end_at_any_of_its_parts() {
        let text = "if a; then b >c; elif d; then e; else f; fi\nwhile a; do b; done\nfor a in b \"$c\"; do d; done\n\
                    case a in b|c) d;; *) e;; esac\nf() { ü; }\nfunction g { { ( a && b || ! c ) } }\n[[ -n ü && a ]]\n\
                    a=b c+=d e=(f ü) declare -a x=(y)\n$(a `b ü` <(c)) ${a:-b$c} ${a/b/c} 'a' \"ü$(b)\" $'c' \\ü\n\
                    cat <<A <<<b 2>&1 &>c\nü\nA\n(( a )) ; ü";
        let whole = parse(text, &[], MAX_PARTS);
        assert_eq!((whole.cut, whole.trouble), (None, None));
        let mut before = 0;
        for most in 0..whole.parts {
            let script = parse(text, &[], most);
            let cut = script
                .cut
                .unwrap_or_else(|| panic!("{most} of {} parts", whole.parts));
            assert!(
                text.is_char_boundary(cut) && before <= cut,
                "{most}: {cut} after {before}"
            );
            assert_eq!((script.parts, script.trouble), (most, None));
            before = cut;
        }
    }
}
