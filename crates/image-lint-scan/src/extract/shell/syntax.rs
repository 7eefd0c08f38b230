//! The tree of a shell script: commands, words and their parts, each with its bytes in the script. No meaning yet.

use std::sync::Arc;

use image_lint_model::value::Syntax;
use image_lint_text::source::Span;

/// One command, or a construct that holds commands.
#[derive(Clone, Debug)]
pub enum Node {
    Simple(Simple),
    /// `{ … }` and `( … )`; the latter keeps its assignments to itself.
    Group {
        body: Vec<Node>,
        subshell: bool,
    },
    /// Bodies of which at most one runs (`if`, `case`, the right side of `||`).
    Branch {
        /// What is run in any case before the choice is made.
        condition: Vec<Node>,
        arms: Vec<Vec<Node>>,
        /// When each arm runs, in words; fewer than arms where nothing says so.
        when: Vec<Arc<str>>,
        /// One of the arms runs for certain.
        exhaustive: bool,
    },
    /// `while`, `until`.
    Loop {
        condition: Vec<Node>,
        body: Vec<Node>,
    },
    /// `for x in …`; without a list, the positional parameters are meant.
    For {
        variable: Box<str>,
        words: Option<Vec<Word>>,
        body: Vec<Node>,
    },
    Function {
        name: Box<str>,
        body: Box<Node>,
    },
}

/// Assignments, words and redirections of one simple command.
#[derive(Clone, Debug, Default)]
pub struct Simple {
    /// From the first to the last word.
    pub span: Span,
    pub assignments: Vec<Assignment>,
    pub words: Vec<Word>,
    pub redirects: Vec<Redirect>,
}

#[derive(Clone, Debug)]
pub struct Assignment {
    pub name: Box<str>,
    /// `X[index]=…`: the text between the brackets.
    pub index: Option<Box<str>>,
    /// `X+=…`
    pub append: bool,
    pub value: Assigned,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum Assigned {
    Word(Word),
    Array(Vec<Word>),
}

#[derive(Clone, Debug)]
pub struct Redirect {
    pub kind: RedirectKind,
}

#[derive(Clone, Debug)]
pub enum RedirectKind {
    /// `> word`, `>> word`, `>| word`, `&> word`.
    Out(Word),
    In,
    /// Index into [`Script::heredocs`].
    Heredoc(usize),
    HereString(Word),
}

#[derive(Clone, Debug)]
pub struct Heredoc {
    /// The body, without the line of the delimiter.
    pub body: Span,
    /// The delimiter was quoted: nothing is expanded in the body.
    pub literal: bool,
    /// `<<-`: leading tabs are dropped.
    pub strip_tabs: bool,
}

/// A word as written: parts that stand next to each other.
#[derive(Clone, Debug, Default)]
pub struct Word {
    pub span: Span,
    pub parts: Vec<Part>,
}

#[derive(Clone, Debug)]
pub struct Part {
    /// Without the quotes around it.
    pub span: Span,
    pub quoted: bool,
    pub kind: PartKind,
}

#[derive(Clone, Debug)]
pub enum PartKind {
    /// Quotes and escapes undone. Where nothing had to be undone it is the text of the span.
    Text(Arc<str>),
    Parameter(Box<Parameter>),
    /// `$( … )`, backticks, `<( … )`.
    Command(Vec<Node>),
    /// `$(( … ))`.
    Arithmetic,
    /// A variable of another language that is replaced before the shell sees the script.
    Foreign(Syntax),
}

#[derive(Clone, Debug)]
pub struct Parameter {
    pub name: Box<str>,
    /// Text between `[` and `]`.
    pub index: Option<Box<str>>,
    /// `${!X[@]}`: the keys of an array.
    pub keys: bool,
    pub operator: Operator,
}

/// POSIX and bash parameter expansion, as far as the model knows it.
#[derive(Clone, Debug)]
pub enum Operator {
    Plain,
    Default {
        word: Vec<Part>,
        or_empty: bool,
        assign: bool,
    },
    Alternate {
        word: Vec<Part>,
        if_not_empty: bool,
    },
    Required {
        or_empty: bool,
    },
    TrimPrefix {
        pattern: Vec<Part>,
        longest: bool,
    },
    TrimSuffix {
        pattern: Vec<Part>,
        longest: bool,
    },
    Replace {
        pattern: Vec<Part>,
        with: Vec<Part>,
        all: bool,
    },
    Upper,
    Lower,
    Unsupported,
}

/// A parsed script.
#[derive(Clone, Debug, Default)]
pub struct Script {
    pub nodes: Vec<Node>,
    pub heredocs: Vec<Heredoc>,
    /// The first thing that could not be read, and why. Everything else was read.
    pub trouble: Option<(Span, &'static str)>,
    /// How many commands and parts of words there are.
    pub parts: usize,
    /// Where reading ended before the end of the script, since there were too many.
    pub cut: Option<usize>,
}

impl Word {
    /// The text of a word without variables.
    pub fn as_literal(&self) -> Option<String> {
        let mut text = String::new();
        for part in &self.parts {
            match &part.kind {
                PartKind::Text(t) => text.push_str(t),
                _ => return None,
            }
        }
        Some(text)
    }

    /// The text of a word that has neither variables nor quotes nor escapes: only such a word is a keyword.
    pub fn as_bare<'t>(&self, script: &'t str) -> Option<&'t str> {
        match self.parts.as_slice() {
            [
                Part {
                    quoted: false,
                    kind: PartKind::Text(t),
                    ..
                },
            ] => {
                let written = script.get(self.span.range())?;
                (written == &**t).then_some(written)
            }
            _ => None,
        }
    }
}
