//! From the text of a template to its tree (Go, `text/template/parse/parse.go`).

mod literals;
mod pipes;
mod tokens;

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use image_lint_text::rendered::Rendered;

use crate::ast::{List, Node, Pipe};
use crate::lex::{self, Part, SyntaxError, error};
pub use literals::integer;
use tokens::Tokens;

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
}

/// Bodies by name. A later definition replaces an earlier one, unless it is empty (Go, `template.AddParseTree`).
#[derive(Clone, Default)]
pub struct Templates {
    bodies: HashMap<Arc<str>, List>,
}

impl Templates {
    pub fn len(&self) -> usize {
        self.bodies.len()
    }

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
