//! Reads one word into a [`Value`]: quotes, escapes and variables (Dockerfile reference, "Environment replacement";
//! BuildKit, `frontend/dockerfile/shell/lex.go`).

use std::sync::Arc;

use super::words::template_mark;
use image_lint_model::value::{Op, Piece, Syntax, Value, Variable};

/// How deep `${A:-${B:-…}}` is read; deeper ones are kept as one unknown variable.
const MAX_DEPTH: u32 = 16;

/// Reads a whole word.
pub(super) fn value(word: &str, escape: char) -> Value {
    let mut reader = Reader {
        text: word,
        at: 0,
        escape,
    };
    reader.word(None, false, 0)
}

/// How many bytes of quotes enclose the whole word (the same at both ends), so that a span can leave them out.
pub(super) fn enclosing_quotes(word: &str) -> usize {
    let mut chars = word.chars();
    match (chars.next(), chars.next_back()) {
        (Some(a @ ('"' | '\'')), Some(z)) if a == z && !chars.as_str().contains(a) => 1,
        _ => 0,
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    escape: char,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Reads up to `stop` (left unread) or the end. In a `pattern`, escapes stay for the pattern to read.
    fn word(&mut self, stop: Option<&[char]>, pattern: bool, depth: u32) -> Value {
        let mut value = Value::default();
        let mut literal = String::new();
        let mut quoted = false;
        while let Some(c) = self.peek() {
            if !quoted && stop.is_some_and(|s| s.contains(&c)) {
                break;
            }
            let start = self.at;
            if matches!(c, '{' | '<')
                && let Some(len) = template_mark(&self.text[start..])
            {
                let written = &self.text[start..start + len];
                if c == '{' || written.starts_with("<%") {
                    value.push_literal(&std::mem::take(&mut literal));
                    let name = written
                        .trim_matches(['{', '}', '%', '<', '>'])
                        .trim_matches(['=', '-'])
                        .trim();
                    value.push_variable(name, written, Syntax::Braces);
                    self.at += len;
                    continue;
                }
            }
            self.at += c.len_utf8();
            match c {
                '"' => quoted = !quoted,
                '\'' if !quoted => {
                    let rest = &self.text[self.at..];
                    match rest.find('\'') {
                        Some(end) => {
                            literal.push_str(&rest[..end]);
                            self.at += end + 1;
                        }
                        None => literal.push('\''),
                    }
                }
                '$' => match self.dollar(start, depth) {
                    Some(variable) => {
                        value.push_literal(&std::mem::take(&mut literal));
                        value.pieces.push(Piece::Variable(Arc::new(variable)));
                    }
                    None => literal.push('$'),
                },
                c if c == self.escape => match self.peek() {
                    Some(next) if !quoted || matches!(next, '"' | '$') || next == self.escape => {
                        self.at += next.len_utf8();
                        if pattern {
                            literal.push('\\');
                        }
                        literal.push(next);
                    }
                    // At the end of a word it escapes nothing.
                    None if !quoted => {}
                    _ => literal.push(c),
                },
                c => literal.push(c),
            }
        }
        if quoted && depth == 0 {
            // Builders refuse a quote that nothing closes; with it the word is not a valid name.
            return Value::literal(self.text);
        }
        value.push_literal(&literal);
        value
    }

    /// Reads what follows `$`; None when that is no variable and the `$` stands for itself.
    fn dollar(&mut self, start: usize, depth: u32) -> Option<Variable> {
        let rest = &self.text[self.at..];
        let (name, syntax, op) = if rest.starts_with("{{") {
            let len = template_mark(rest)?;
            self.at += len;
            (
                rest[..len].trim_matches(['{', '}']).trim(),
                Syntax::Expression,
                Op::Plain,
            )
        } else if let Some(inner) = rest.strip_prefix('{') {
            self.at += 1;
            let name_len = name_len(inner);
            self.at += name_len;
            let op = self.operation(depth).unwrap_or_else(|| {
                self.skip_braces();
                Op::Unsupported
            });
            (&inner[..name_len], Syntax::Shell, op)
        } else {
            let len = name_len(rest);
            if len == 0 {
                return None;
            }
            self.at += len;
            (&rest[..len], Syntax::Shell, Op::Plain)
        };
        Some(Variable {
            name: name.into(),
            written: self.text[start..self.at].into(),
            syntax,
            op,
        })
    }

    /// Reads from behind the name up to and with `}`; None for what is no operation we know, or not closed.
    fn operation(&mut self, depth: u32) -> Option<Op> {
        if depth >= MAX_DEPTH || self.at == self.text.len() {
            return None;
        }
        if self.text[..self.at].ends_with('{') {
            // `${}`, `${?}`: no name.
            return None;
        }
        let close: &[char] = &['}'];
        let op = match self.next()? {
            '}' => return Some(Op::Plain),
            // BuildKit's lexer knows no `=`: it refuses the line (`lex.go`, "unsupported modifier").
            ':' => match self.next()? {
                '-' => Op::Default {
                    word: self.word(Some(close), false, depth + 1),
                    or_empty: true,
                },
                '+' => Op::Alternate {
                    word: self.word(Some(close), false, depth + 1),
                    if_not_empty: true,
                },
                '?' => {
                    self.word(Some(close), false, depth + 1);
                    Op::Required { or_empty: true }
                }
                _ => return None,
            },
            '-' => Op::Default {
                word: self.word(Some(close), false, depth + 1),
                or_empty: false,
            },
            '+' => Op::Alternate {
                word: self.word(Some(close), false, depth + 1),
                if_not_empty: false,
            },
            '?' => {
                self.word(Some(close), false, depth + 1);
                Op::Required { or_empty: false }
            }
            c @ ('#' | '%') => {
                let longest = self.peek() == Some(c);
                self.at += usize::from(longest);
                let pattern = self.word(Some(close), true, depth + 1);
                if c == '#' {
                    Op::TrimPrefix { pattern, longest }
                } else {
                    Op::TrimSuffix { pattern, longest }
                }
            }
            '/' => {
                let all = self.peek() == Some('/');
                self.at += usize::from(all);
                let pattern = self.word(Some(&['/']), true, depth + 1);
                if self.next()? != '/' {
                    return None;
                }
                // Escapes in the replacement stay, too (`lex.go`, `processStopOn('}', true)`).
                let with = self.word(Some(close), true, depth + 1);
                Op::Replace { pattern, with, all }
            }
            _ => return None,
        };
        (self.next()? == '}').then_some(op)
    }

    /// Goes behind the `}` that closes an expression nobody understands, or to the end.
    fn skip_braces(&mut self) {
        let mut open = 1u32;
        // What was read of it may already hold the end.
        if self.text[..self.at].ends_with('}') {
            return;
        }
        while let Some(c) = self.next() {
            match c {
                '{' => open += 1,
                '}' => open -= 1,
                _ => {}
            }
            if open == 0 {
                return;
            }
        }
    }
}

/// Bytes of a variable's name: a word, the digits of a positional parameter, or the mark of a special one (`lex.go`,
/// `processName`).
fn name_len(text: &str) -> usize {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits > 0 {
        return digits;
    }
    if text.starts_with(['@', '*', '#', '?', '-', '$', '!']) {
        return 1;
    }
    let part = |c: &char| c.is_alphanumeric() || *c == '_';
    text.chars().take_while(part).map(char::len_utf8).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A value as one line: variables as `<name op …>`.
    fn show(value: &Value) -> String {
        value
            .pieces
            .iter()
            .map(|p| match p {
                Piece::Literal(t) => t.to_string(),
                Piece::Substituted { text, .. } => format!("={text}"),
                Piece::Variable(v) => match &v.op {
                    Op::Plain => format!("<{}>", v.name),
                    Op::Default { word, or_empty } => {
                        format!(
                            "<{}{}{}>",
                            v.name,
                            if *or_empty { ":-" } else { "-" },
                            show(word)
                        )
                    }
                    Op::Alternate { word, if_not_empty } => {
                        format!(
                            "<{}{}{}>",
                            v.name,
                            if *if_not_empty { ":+" } else { "+" },
                            show(word)
                        )
                    }
                    Op::Required { .. } => format!("<{}?>", v.name),
                    Op::TrimPrefix { pattern, longest } => {
                        format!(
                            "<{}{}{}>",
                            v.name,
                            if *longest { "##" } else { "#" },
                            show(pattern)
                        )
                    }
                    Op::TrimSuffix { pattern, longest } => {
                        format!(
                            "<{}{}{}>",
                            v.name,
                            if *longest { "%%" } else { "%" },
                            show(pattern)
                        )
                    }
                    Op::Replace { pattern, with, all } => {
                        format!(
                            "<{}{}{}/{}>",
                            v.name,
                            if *all { "//" } else { "/" },
                            show(pattern),
                            show(with)
                        )
                    }
                    _ => format!("<{} ??>", v.name),
                },
            })
            .collect()
    }

    #[test]
    fn words_become_literals_and_variables() {
        for (word, expected) in [
            ("alpine:3", "alpine:3"),
            ("\"alpine:3\"", "alpine:3"),
            ("'a $X'", "a $X"),
            ("\"a$X\"", "a<X>"),
            ("$X:$Y", "<X>:<Y>"),
            ("${X}y", "<X>y"),
            (r"\$X", "$X"),
            (r"\${X}", "${X}"),
            ("a$", "a$"),
            ("a$-b", "a<->b"),
            ("${X:-w}", "<X:-w>"),
            ("${X-w}", "<X-w>"),
            ("${X:+w}", "<X:+w>"),
            ("${X+w}", "<X+w>"),
            ("${X:?no}", "<X?>"),
            ("${X#a*}", "<X#a*>"),
            ("${X##a*}", "<X##a*>"),
            ("${X%:*}", "<X%:*>"),
            ("${X%%:*}", "<X%%:*>"),
            ("${X/a/b}", "<X/a/b>"),
            ("${X//a/b}", "<X//a/b>"),
            ("${X//a}", "<X ??>"),
            (r"${X//\//-}", r"<X//\//->"),
            (r"${X//a/\/}", r"<X//a/\/>"),
            ("${X:-${Y:-z}}t", "<X:-<Y:-z>>t"),
            ("r:${A}@${S}", "r:<A>@<S>"),
            ("i${TARGETARCH:+@sha256:0a}", "i<TARGETARCH:+@sha256:0a>"),
            ("${X^}", "<X ??>"),
            ("${X", "<X ??>"),
            ("${}", "< ??>"),
            ("${X:-{a}}b", "<X:-{a>}b"),
            ("{{ x }}/y", "<x>/y"),
            ("${{ x }}", "<x>"),
            ("$(params.x)", "$(params.x)"),
            ("<%= img %>", "<img>"),
            ("ü${X}é", "ü<X>é"),
        ] {
            assert_eq!(show(&value(word, '\\')), expected, "{word}");
        }
        assert_eq!(show(&value("`$X$Y", '`')), "$X<Y>");
        assert_eq!(show(&value(r"c:\$X", '`')), r"c:\<X>");
    }

    proptest! {
        #[test]
        fn what_is_written_is_kept(word in "[a-z$:{}/#%\\-+?\"' ü\\\\<>]{0,60}") {
            let value = value(&word, '\\');
            for variable in value.variables() {
                prop_assert!(word.contains(&*variable.written));
            }
        }
    }
}
