//! From the text of a template to its tree (Go, `text/template/parse/parse.go`).

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use image_lint_text::rendered::{Builder, From, Rendered};

use crate::ast::{Command, List, Node, Pipe, Word};
use crate::lex::{self, Part, SyntaxError, Token, error};

/// Blocks within blocks, and parentheses within parentheses.
const MAX_DEPTH: usize = 100;

/// A parsed file: its own body, and what it defines.
pub struct Parsed {
    pub body: List,
    pub defined: Vec<(Arc<str>, List)>,
}

/// Parses a template; `known` says which functions there are.
pub fn parse(text: &Rendered, known: &dyn Fn(&str) -> bool) -> Result<Parsed, SyntaxError> {
    let mut parser = Parser {
        text,
        parts: lex::parts(text.as_str())?,
        at: 0,
        defined: Vec::new(),
        variables: vec!["$".into()],
        depth: 0,
        loops: 0,
        known,
    };
    let (body, end) = parser.list()?;
    if let Some(end) = end {
        return error(format!("unexpected {{{{{}}}}}", end.name()), end.at);
    }
    Ok(Parsed {
        body,
        defined: parser.defined,
    })
}

struct Parser<'t> {
    text: &'t Rendered,
    parts: Vec<Part>,
    at: usize,
    defined: Vec<(Arc<str>, List)>,
    /// Those that are declared here.
    variables: Vec<Arc<str>>,
    depth: usize,
    loops: usize,
    known: &'t dyn Fn(&str) -> bool,
}

/// What ends a list: `end`, or `else` with what follows it.
struct Ending<'t> {
    otherwise: Option<Tokens<'t>>,
    at: usize,
}

impl Ending<'_> {
    fn name(&self) -> &'static str {
        if self.otherwise.is_some() {
            "else"
        } else {
            "end"
        }
    }
}

impl<'t> Parser<'t> {
    /// Nodes up to an `end`, an `else` or the end of the text.
    fn list(&mut self) -> Result<(List, Option<Ending<'t>>), SyntaxError> {
        let mut nodes = Vec::new();
        while let Some(part) = self.parts.get(self.at).cloned() {
            self.at += 1;
            match part {
                Part::Text(range) => nodes.push(Node::Text(self.text.slice(range))),
                Part::Action(range) => {
                    let mut tokens = Tokens::new(self.text, range)?;
                    tokens.skip_space();
                    let word = tokens.peek_word().to_owned();
                    let at = tokens.position();
                    match word.as_str() {
                        "end" => {
                            tokens.next();
                            tokens.nothing_more("end")?;
                            return Ok((
                                nodes.into(),
                                Some(Ending {
                                    otherwise: None,
                                    at,
                                }),
                            ));
                        }
                        "else" => {
                            tokens.next();
                            tokens.skip_space();
                            let otherwise = Some(tokens);
                            return Ok((nodes.into(), Some(Ending { otherwise, at })));
                        }
                        word => nodes.extend(self.action(word, tokens)?),
                    }
                }
            }
        }
        Ok((nodes.into(), None))
    }

    fn action(&mut self, word: &str, mut tokens: Tokens<'t>) -> Result<Option<Node>, SyntaxError> {
        if matches!(
            word,
            "if" | "with" | "range" | "template" | "define" | "block" | "break" | "continue"
        ) {
            tokens.next();
        }
        match word {
            "if" | "with" | "range" => self.control(word, tokens).map(Some),
            "define" => self.define(tokens).map(|()| None),
            "block" => self.block(tokens).map(Some),
            "template" => {
                let (name, pipe) = self.template(&mut tokens)?;
                let at = tokens.whole();
                Ok(Some(Node::Template { name, pipe, at }))
            }
            "break" | "continue" => {
                tokens.nothing_more(word)?;
                if self.loops == 0 {
                    return error(
                        format!("{{{{{word}}}}} outside {{{{range}}}}"),
                        tokens.position(),
                    );
                }
                Ok(Some(if word == "break" {
                    Node::Break
                } else {
                    Node::Continue
                }))
            }
            _ => {
                let pipe = self.pipe(&mut tokens, false)?;
                Ok(Some(Node::Action(pipe)))
            }
        }
    }

    fn deeper(&mut self, at: usize) -> Result<(), SyntaxError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return error("nested too deeply", at);
        }
        Ok(())
    }

    /// `if`, `with`, `range` with their branches.
    fn control(&mut self, word: &str, mut tokens: Tokens<'t>) -> Result<Node, SyntaxError> {
        self.deeper(tokens.position())?;
        let variables = self.variables.len();
        let start = tokens.position();
        let pipe = self.pipe(&mut tokens, word == "range")?;
        self.loops += usize::from(word == "range");
        let (then, ending) = self.list()?;
        self.loops -= usize::from(word == "range");
        let Some(ending) = ending else {
            return error("unexpected EOF", start);
        };
        let otherwise = match ending.otherwise {
            None => Rc::from([]),
            Some(tokens) => self.otherwise(word, tokens)?,
        };
        self.variables.truncate(variables);
        self.depth -= 1;
        Ok(match word {
            "if" => Node::If {
                pipe,
                then,
                otherwise,
            },
            "with" => Node::With {
                pipe,
                then,
                otherwise,
            },
            _ => Node::Range {
                pipe,
                body: then,
                otherwise,
            },
        })
    }

    fn otherwise(&mut self, word: &str, mut tokens: Tokens<'t>) -> Result<List, SyntaxError> {
        let next = tokens.peek_word().to_owned();
        if next == word && word != "range" {
            tokens.next();
            // Its end is that of the whole chain.
            let node = self.control(word, tokens)?;
            return Ok(Rc::from([node]));
        }
        tokens.nothing_more("else")?;
        let start = tokens.position();
        match self.list()? {
            (
                list,
                Some(Ending {
                    otherwise: None, ..
                }),
            ) => Ok(list),
            (_, Some(ending)) => error("expected end; found {{else}}", ending.at),
            (_, None) => error("unexpected EOF", start),
        }
    }

    fn define(&mut self, mut tokens: Tokens<'t>) -> Result<(), SyntaxError> {
        let name = tokens.name("define clause")?;
        tokens.nothing_more("define clause")?;
        let body = self.body(tokens.position())?;
        self.defined.push((name.as_str().into(), body));
        Ok(())
    }

    fn body(&mut self, at: usize) -> Result<List, SyntaxError> {
        self.deeper(at)?;
        let variables = std::mem::replace(&mut self.variables, vec!["$".into()]);
        let (body, ending) = self.list()?;
        self.variables = variables;
        self.depth -= 1;
        match ending {
            Some(Ending {
                otherwise: None, ..
            }) => Ok(body),
            Some(ending) => error("unexpected {{else}} in define clause", ending.at),
            None => error("unexpected EOF in define clause", at),
        }
    }

    fn block(&mut self, mut tokens: Tokens<'t>) -> Result<Node, SyntaxError> {
        let (name, pipe) = self.template(&mut tokens)?;
        let at = tokens.whole();
        let body = self.body(tokens.position())?;
        self.defined.push((name.as_str().into(), body));
        Ok(Node::Template { name, pipe, at })
    }

    fn template(
        &mut self,
        tokens: &mut Tokens<'t>,
    ) -> Result<(Rendered, Option<Pipe>), SyntaxError> {
        let name = tokens.name("template clause")?;
        tokens.skip_space();
        let pipe = match tokens.peek() {
            None => None,
            Some(_) => Some(self.pipe(tokens, false)?),
        };
        Ok((name, pipe))
    }

    /// A pipeline up to the end of the action, or to a closing parenthesis.
    fn pipe(&mut self, tokens: &mut Tokens<'t>, range: bool) -> Result<Pipe, SyntaxError> {
        tokens.skip_space();
        let start = tokens.position();
        let (variables, assigns) = self.declarations(tokens, range)?;
        let mut commands = Vec::new();
        loop {
            tokens.skip_space();
            match tokens.peek() {
                None | Some(Token::Close) => break,
                Some(Token::Pipe) => {
                    tokens.next();
                    tokens.skip_space();
                    // Go refuses an empty command after a pipe.
                    if matches!(tokens.peek(), None | Some(Token::Close)) {
                        return error("missing value for command", tokens.position());
                    }
                }
                Some(_) => commands.push(self.command(tokens)?),
            }
        }
        if commands.is_empty() {
            return error("missing value for command", start);
        }
        if let Some(later) = commands[1..].iter().find(|c| is_constant(c)) {
            let at = start;
            return error(
                format!(
                    "non executable command in pipeline stage ({} words)",
                    later.words.len()
                ),
                at,
            );
        }
        if !assigns {
            self.variables.extend(variables.iter().cloned());
        }
        let at = self.text.slice(start..tokens.end_of_last());
        Ok(Pipe {
            variables,
            assigns,
            commands,
            at,
        })
    }

    fn declarations(
        &mut self,
        tokens: &mut Tokens<'t>,
        range: bool,
    ) -> Result<(Vec<Arc<str>>, bool), SyntaxError> {
        let mut names = Vec::new();
        let before = tokens.at;
        while tokens.peek() == Some(&Token::Variable) {
            let name: Arc<str> = tokens.shown().into();
            tokens.next();
            tokens.skip_space();
            names.push(name);
            match tokens.peek() {
                Some(Token::Declare) => {
                    tokens.next();
                    return Ok((names, false));
                }
                Some(Token::Assign) => {
                    tokens.next();
                    if let Some(unknown) = names.iter().find(|name| !self.variables.contains(name))
                    {
                        return error(
                            format!("undefined variable \"{unknown}\""),
                            tokens.position(),
                        );
                    }
                    return Ok((names, true));
                }
                Some(Token::Comma) if range && names.len() < 2 => {
                    tokens.next();
                    tokens.skip_space();
                }
                _ => break,
            }
        }
        tokens.at = before;
        Ok((Vec::new(), false))
    }

    fn command(&mut self, tokens: &mut Tokens<'t>) -> Result<Command, SyntaxError> {
        let mut words = Vec::new();
        loop {
            tokens.skip_space();
            match tokens.peek() {
                None | Some(Token::Close | Token::Pipe) => break,
                Some(_) => words.push(self.word(tokens)?),
            }
            match tokens.peek() {
                None | Some(Token::Space | Token::Close | Token::Pipe) => {}
                Some(_) => {
                    return error(
                        format!("unexpected {:?} in operand", tokens.shown()),
                        tokens.position(),
                    );
                }
            }
        }
        Ok(Command { words })
    }

    fn word(&mut self, tokens: &mut Tokens<'t>) -> Result<Word, SyntaxError> {
        let position = tokens.position();
        let shown = tokens.rendered();
        let Some(token) = tokens.next() else {
            return error("missing value for command", position);
        };
        let word = match token {
            Token::Dot => Word::Dot,
            Token::Field => Word::Field(vec![shown.as_str()[1..].into()]),
            Token::Variable => {
                let name: Arc<str> = shown.as_str().into();
                if !self.variables.contains(&name) {
                    return error(format!("undefined variable \"{name}\""), position);
                }
                Word::Variable(name, Vec::new())
            }
            Token::Word => self.named(shown, position)?,
            Token::Number => number(shown, position)?,
            Token::Character => character(shown, position)?,
            Token::Quoted => Word::Text(unquoted(&shown, position)?),
            Token::Raw => Word::Text(shown.slice(1..shown.len() - 1)),
            Token::Open => {
                self.deeper(position)?;
                let pipe = self.pipe(tokens, false)?;
                if tokens.next() != Some(Token::Close) {
                    return error("unclosed left paren", position);
                }
                self.depth -= 1;
                Word::Pipe(Box::new(pipe), Vec::new())
            }
            _ => {
                return error(
                    format!("unexpected {:?} in operand", shown.as_str()),
                    position,
                );
            }
        };
        fields(word, tokens)
    }

    fn named(&self, shown: Rendered, position: usize) -> Result<Word, SyntaxError> {
        Ok(match shown.as_str() {
            "nil" => Word::Nil,
            "true" => Word::Bool(true, shown),
            "false" => Word::Bool(false, shown),
            "if" | "else" | "end" | "with" | "range" | "template" | "define" | "block" => {
                return error(
                    format!("unexpected <{}> in operand", shown.as_str()),
                    position,
                );
            }
            name if (self.known)(name) => Word::Function(shown),
            name => return error(format!("function {name:?} not defined"), position),
        })
    }
}

/// `.a.b` after a word, without space.
fn fields(mut word: Word, tokens: &mut Tokens<'_>) -> Result<Word, SyntaxError> {
    while tokens.peek() == Some(&Token::Field) {
        let name: Arc<str> = tokens.shown()[1..].into();
        match &mut word {
            Word::Field(names) | Word::Variable(_, names) | Word::Pipe(_, names) => {
                names.push(name)
            }
            Word::Dot => word = Word::Field(vec![name]),
            _ => return error(format!("unexpected .{name} after term"), tokens.position()),
        }
        tokens.next();
    }
    Ok(word)
}

/// What cannot take the value of the command before it.
fn is_constant(command: &Command) -> bool {
    matches!(
        command.words.first(),
        Some(
            Word::Bool(..)
                | Word::Dot
                | Word::Nil
                | Word::Int(..)
                | Word::Float(..)
                | Word::Text(_)
        )
    )
}

fn number(shown: Rendered, position: usize) -> Result<Word, SyntaxError> {
    let text = shown.as_str();
    if let Some(value) = integer(text) {
        return Ok(Word::Int(value, shown));
    }
    if let Some(value) = hexadecimal(text) {
        return Ok(Word::Float(value, shown));
    }
    match text.replace('_', "").parse::<f64>() {
        Ok(value) => Ok(Word::Float(value, shown)),
        Err(_) => error(format!("bad number syntax: {text:?}"), position),
    }
}

/// `0x1p60`
fn hexadecimal(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.strip_prefix("0x")?.split_once(['p', 'P'])?;
    let mantissa = u64::from_str_radix(mantissa, 16).ok()?;
    let exponent: i32 = exponent.parse().ok()?;
    Some(mantissa as f64 * 2f64.powi(exponent))
}

/// Go's `ParseInt(text, 0, 64)`.
pub fn integer(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = if let Some(hex) = lower.strip_prefix("0x") {
        (16, hex)
    } else if let Some(octal) = lower.strip_prefix("0o") {
        (8, octal)
    } else if let Some(binary) = lower.strip_prefix("0b") {
        (2, binary)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, &lower[1..])
    } else {
        (10, &*lower)
    };
    let digits = digits.replace('_', "");
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let value = u64::from_str_radix(&digits, radix).ok()?;
    if negative {
        0i64.checked_sub_unsigned(value)
    } else {
        i64::try_from(value).ok()
    }
}

fn character(shown: Rendered, position: usize) -> Result<Word, SyntaxError> {
    let inner = unescaped(&shown.slice(1..shown.len() - 1), position)?;
    match inner.as_str().chars().next() {
        Some(c) => Ok(Word::Int(i64::from(u32::from(c)), shown)),
        None => error("malformed character constant", position),
    }
}

fn unquoted(shown: &Rendered, position: usize) -> Result<Rendered, SyntaxError> {
    unescaped(&shown.slice(1..shown.len() - 1), position)
}

/// Go's escapes undone; what has none stays a copy.
fn unescaped(text: &Rendered, position: usize) -> Result<Rendered, SyntaxError> {
    if !text.as_str().contains('\\') {
        return Ok(text.clone());
    }
    let mut out = Builder::default();
    let mut at = 0;
    let all = text.as_str();
    while let Some(slash) = all[at..].find('\\').map(|i| at + i) {
        out.push_part(text, at..slash);
        let Some((c, length)) = escape(&all[slash..]) else {
            return error("invalid syntax in a quoted string", position);
        };
        let from = From::made(text.origins_of(slash..slash + length));
        out.push_from(c.encode_utf8(&mut [0; 4]), &from);
        at = slash + length;
    }
    out.push_part(text, at..all.len());
    Ok(out.finish())
}

/// The character of an escape, and how long it is.
fn escape(text: &str) -> Option<(char, usize)> {
    let simple = match text.as_bytes().get(1)? {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'a' => '\u{7}',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'v' => '\u{b}',
        c @ (b'\\' | b'"' | b'\'') => char::from(*c),
        b'x' => return coded(text, 2, 2, 16),
        b'u' => return coded(text, 2, 4, 16),
        b'U' => return coded(text, 2, 8, 16),
        b'0'..=b'7' => return coded(text, 1, 3, 8),
        _ => return None,
    };
    Some((simple, 2))
}

fn coded(text: &str, start: usize, length: usize, radix: u32) -> Option<(char, usize)> {
    let digits = text.get(start..start + length)?;
    let code = u32::from_str_radix(digits, radix).ok()?;
    Some((char::from_u32(code)?, start + length))
}

/// The tokens of one action.
struct Tokens<'t> {
    text: &'t Rendered,
    range: Range<usize>,
    tokens: Vec<(Token, Range<usize>)>,
    at: usize,
}

impl<'t> Tokens<'t> {
    fn new(text: &'t Rendered, range: Range<usize>) -> Result<Self, SyntaxError> {
        let tokens = lex::tokens(text.as_str(), range.clone())?;
        Ok(Tokens {
            text,
            range,
            tokens,
            at: 0,
        })
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.at += 1;
        token
    }

    fn skip_space(&mut self) {
        while self.peek() == Some(&Token::Space) {
            self.at += 1;
        }
    }

    fn position(&self) -> usize {
        self.tokens
            .get(self.at)
            .map_or(self.range.end, |(_, range)| range.start)
    }

    fn end_of_last(&self) -> usize {
        let read = self.tokens[..self.at.min(self.tokens.len())].iter();
        let last = read.rev().find(|(token, _)| *token != Token::Space);
        last.map_or(self.range.start, |(_, range)| range.end)
    }

    fn shown(&self) -> &'t str {
        let range = self
            .tokens
            .get(self.at)
            .map_or(0..0, |(_, range)| range.clone());
        &self.text.as_str()[range]
    }

    fn rendered(&self) -> Rendered {
        let range = self
            .tokens
            .get(self.at)
            .map_or(0..0, |(_, range)| range.clone());
        self.text.slice(range)
    }

    fn whole(&self) -> Rendered {
        self.text.slice(self.range.clone())
    }

    fn peek_word(&self) -> &'t str {
        if self.peek() == Some(&Token::Word) {
            self.shown()
        } else {
            ""
        }
    }

    fn name(&mut self, context: &str) -> Result<Rendered, SyntaxError> {
        self.skip_space();
        let position = self.position();
        let shown = self.rendered();
        match self.next() {
            Some(Token::Quoted) => unquoted(&shown, position),
            Some(Token::Raw) => Ok(shown.slice(1..shown.len() - 1)),
            _ => error(
                format!("unexpected {:?} in {context}", shown.as_str()),
                position,
            ),
        }
    }

    fn nothing_more(&mut self, context: &str) -> Result<(), SyntaxError> {
        self.skip_space();
        match self.peek() {
            None => Ok(()),
            Some(_) => error(
                format!("unexpected {:?} in {context}", self.shown()),
                self.position(),
            ),
        }
    }
}

/// Bodies by name. A later definition replaces an earlier one, unless it is empty (Go, `template.AddParseTree`).
#[derive(Clone, Default)]
pub struct Templates {
    bodies: HashMap<Arc<str>, List>,
}

impl Templates {
    pub fn get(&self, name: &str) -> Option<List> {
        self.bodies.get(name).cloned()
    }

    pub fn add(&mut self, name: &str, body: List) {
        if self.bodies.contains_key(name) && is_empty(&body) {
            return;
        }
        self.bodies.insert(name.into(), body);
    }

    pub fn add_all(&mut self, name: &str, parsed: Parsed) {
        for (name, body) in parsed.defined {
            self.add(&name, body);
        }
        self.add(name, parsed.body);
    }
}

fn is_empty(body: &[Node]) -> bool {
    body.iter()
        .all(|node| matches!(node, Node::Text(text) if text.as_str().trim().is_empty()))
}

#[cfg(test)]
mod tests;
