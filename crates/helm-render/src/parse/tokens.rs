//! The tokens of one action, one after the other.

use std::ops::Range;

use image_lint_text::rendered::Rendered;

use super::literals::unquoted;
use crate::lex::{self, SyntaxError, Token, error};

/// The tokens of one action.
pub(super) struct Tokens<'t> {
    text: &'t Rendered,
    range: Range<usize>,
    tokens: Vec<(Token, Range<usize>)>,
    pub(super) at: usize,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t Rendered, range: Range<usize>) -> Result<Self, SyntaxError> {
        let tokens = lex::tokens(text.as_str(), range.clone())?;
        Ok(Tokens {
            text,
            range,
            tokens,
            at: 0,
        })
    }

    pub(super) fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    pub(super) fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.at += 1;
        token
    }

    pub(super) fn skip_space(&mut self) {
        while self.peek() == Some(&Token::Space) {
            self.at += 1;
        }
    }

    pub(super) fn position(&self) -> usize {
        self.tokens
            .get(self.at)
            .map_or(self.range.end, |(_, range)| range.start)
    }

    pub(super) fn end_of_last(&self) -> usize {
        let read = self.tokens[..self.at.min(self.tokens.len())].iter();
        let last = read.rev().find(|(token, _)| *token != Token::Space);
        last.map_or(self.range.start, |(_, range)| range.end)
    }

    pub(super) fn shown(&self) -> &'t str {
        let range = self
            .tokens
            .get(self.at)
            .map_or(0..0, |(_, range)| range.clone());
        &self.text.as_str()[range]
    }

    pub(super) fn rendered(&self) -> Rendered {
        let range = self
            .tokens
            .get(self.at)
            .map_or(0..0, |(_, range)| range.clone());
        self.text.slice(range)
    }

    pub(super) fn whole(&self) -> Rendered {
        self.text.slice(self.range.clone())
    }

    pub(super) fn peek_word(&self) -> &'t str {
        if self.peek() == Some(&Token::Word) {
            self.shown()
        } else {
            ""
        }
    }

    pub(super) fn name(&mut self, context: &str) -> Result<Rendered, SyntaxError> {
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

    pub(super) fn nothing_more(&mut self, context: &str) -> Result<(), SyntaxError> {
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
