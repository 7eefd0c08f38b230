//! What a template is after parsing. Every piece of text and every literal knows the bytes it came from.

use std::rc::Rc;
use std::sync::Arc;

use image_lint_text::rendered::Rendered;

/// The body of a template, of a branch, of a loop.
pub type List = Rc<[Node]>;

#[derive(Debug)]
pub enum Node {
    Text(Rendered),
    Action(Pipe),
    If {
        pipe: Pipe,
        then: List,
        otherwise: List,
    },
    With {
        pipe: Pipe,
        then: List,
        otherwise: List,
    },
    Range {
        pipe: Pipe,
        body: List,
        otherwise: List,
    },
    Template {
        name: Rendered,
        pipe: Option<Pipe>,
        /// The action as written.
        at: Rendered,
    },
    Break,
    Continue,
}

/// `$a, $b := command | command`
#[derive(Debug)]
pub struct Pipe {
    pub variables: Vec<Arc<str>>,
    /// `=` instead of `:=`.
    pub assigns: bool,
    pub commands: Vec<Command>,
    /// As written.
    pub at: Rendered,
}

#[derive(Debug)]
pub struct Command {
    /// At least one.
    pub words: Vec<Word>,
}

#[derive(Debug)]
pub enum Word {
    Dot,
    Nil,
    Bool(bool, Rendered),
    Int(i64, Rendered),
    Float(f64, Rendered),
    Text(Rendered),
    Function(Rendered),
    /// `.a.b`
    Field(Vec<Arc<str>>),
    /// `$x.a.b`
    Variable(Arc<str>, Vec<Arc<str>>),
    /// `(…).a.b`
    Pipe(Box<Pipe>, Vec<Arc<str>>),
}
