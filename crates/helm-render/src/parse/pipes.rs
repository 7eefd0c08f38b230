//! Pipes, commands and their words.

use std::sync::Arc;

use image_lint_text::rendered::Rendered;

use super::Parser;
use super::literals::{character, number, unquoted};
use super::tokens::Tokens;
use crate::ast::{Command, Pipe, Word};
use crate::lex::{SyntaxError, Token, error};

impl<'t> Parser<'t> {
    /// A pipeline up to the end of the action, or to a closing parenthesis.
    pub(super) fn pipe(
        &mut self,
        tokens: &mut Tokens<'t>,
        range: bool,
    ) -> Result<Pipe, SyntaxError> {
        tokens.skip_space();
        let start = tokens.position();
        let (variables, assigns) = self.declarations(tokens, range)?;
        let mut commands = Vec::new();
        loop {
            tokens.skip_space();
            match tokens.peek() {
                None | Some(Token::Close) => break,
                Some(Token::Pipe) => {
                    return error("unexpected \"|\" in command", tokens.position());
                }
                Some(_) => {
                    commands.push(self.command(tokens)?);
                    // Go reads a command together with the pipe after it, and lets a pipeline end there.
                    if tokens.peek() == Some(&Token::Pipe) {
                        tokens.next();
                    }
                }
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
