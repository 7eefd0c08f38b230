//! Runs templates (Go, `text/template/exec.go`), each character of the output with its origin.
//!
//! Where an action fails its output is left out and the failure is kept; what comes after it is rendered all the same.
//! Within a line an unknown text is in its place, so that what is around it is not taken for the whole.

mod evaluate;
mod run;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use image_lint_text::meter::{Meter, UsedUp};
use image_lint_text::rendered::{Builder, From, Origin, Rendered, Unknown};

use crate::ast::List;
use crate::functions;
use crate::parse::{self, Templates};
use crate::value::{Kind, Map, Value};
use crate::watch::Watch;

/// Why an action gave nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// helm fails here too.
    Failed(String),
    /// Something that this crate does not do; helm may.
    Unsupported(String),
    /// A template that another chart would define, which is not here.
    Missing(String),
    UsedUp(UsedUp),
}

impl std::convert::From<UsedUp> for Stop {
    fn from(cause: UsedUp) -> Self {
        Stop::UsedUp(cause)
    }
}

/// An action that gave nothing.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The file that was rendered.
    pub template: Arc<str>,
    pub why: Stop,
    /// The action.
    pub at: Option<Origin>,
}

pub type Given<T> = Result<T, Stop>;

pub fn failed<T>(why: impl Into<String>) -> Given<T> {
    Err(Stop::Failed(why.into()))
}

/// What all templates of one rendering share.
pub struct Engine<'m> {
    pub meter: &'m Meter,
    pub failures: RefCell<Vec<Failure>>,
    /// How many actions failed, each as often as it did.
    failed: Cell<u64>,
    /// The file that is being rendered.
    pub template: RefCell<Arc<str>>,
    /// Templates of charts that are not here may be included: their names are not errors.
    pub incomplete: bool,
    /// What Go's nil is where a map is wanted.
    pub nothing: Rc<Map>,
    /// Who wants to know what false values leave out.
    pub watch: Option<Watch<'m>>,
}

/// Most failures of one rendering that are kept.
const MAX_FAILURES: usize = 50;

enum Flow {
    On,
    Break,
    Continue,
}

/// A variable of a template.
struct Variable {
    name: Arc<str>,
    value: Value,
    /// It is an item of a collection, an interface to Go, whatever is in it.
    is_item: bool,
}

/// One run of one template.
struct Run<'e, 'm> {
    engine: &'e Engine<'m>,
    templates: Rc<Templates>,
    variables: Vec<Variable>,
    /// `.` is an item of what `range` goes over.
    dot_is_item: bool,
    out: Builder,
}

impl<'m> Engine<'m> {
    pub fn new(meter: &'m Meter, incomplete: bool) -> Self {
        Engine {
            meter,
            failures: RefCell::default(),
            failed: Cell::new(0),
            template: RefCell::new("".into()),
            incomplete,
            nothing: Rc::new(Map::new(BTreeMap::new(), Kind::Plain)),
            watch: None,
        }
    }

    /// Renders a body.
    pub fn execute(&self, body: &List, dot: &Value, templates: &Rc<Templates>) -> Given<Rendered> {
        let _level = self.meter.deeper()?;
        let mut run = Run {
            engine: self,
            templates: Rc::clone(templates),
            variables: vec![Variable {
                name: "$".into(),
                value: dot.clone(),
                is_item: false,
            }],
            dot_is_item: false,
            out: Builder::default(),
        };
        run.list(body, dot)?;
        Ok(run.out.finish())
    }

    pub fn include(&self, name: &str, dot: &Value, templates: &Rc<Templates>) -> Given<Value> {
        let Some(body) = templates.get(name) else {
            return Err(self.no_template(name));
        };
        self.execute(&body, dot, templates).map(Value::Str)
    }

    fn no_template(&self, name: &str) -> Stop {
        if self.incomplete {
            Stop::Missing(name.to_owned())
        } else {
            Stop::Failed(format!(
                "no template {name:?} associated with template \"gotpl\""
            ))
        }
    }

    /// `tpl`: a text of the values as a template.
    pub fn tpl(&self, text: &Rendered, dot: &Value, templates: &Rc<Templates>) -> Given<Value> {
        self.meter.charge(text.len() as u64)?;
        if !text.as_str().contains("{{") {
            return Ok(Value::Str(text.clone()));
        }
        let parsed = parse::parse(text, &functions::is_known)
            .map_err(|error| Stop::Failed(format!("cannot parse template: {error}")))?;
        let body = Rc::clone(&parsed.body);
        if parsed.defined.is_empty() {
            return self.execute(&body, dot, templates).map(Value::Str);
        }
        let mut own = Templates::clone(templates);
        for (name, body) in parsed.defined {
            own.add(&name, body);
        }
        self.execute(&body, dot, &Rc::new(own)).map(Value::Str)
    }

    /// A text that only the world outside knows.
    pub fn unknown(&self, name: &str, guess: &str, origins: Vec<Origin>) -> Value {
        let unknown = Unknown {
            name: name.into(),
            origins: origins.into(),
        };
        Value::Str(Rendered::new(guess, From::Unknown(Arc::new(unknown))))
    }

    fn note(&self, why: Stop, at: &Rendered) -> Given<()> {
        if let Stop::UsedUp(cause) = why
            && cause != UsedUp::Depth
        {
            return Err(why);
        }
        self.failed.set(self.failed.get() + 1);
        let mut failures = self.failures.borrow_mut();
        let at = at.origins().first().copied();
        let template = self.template.borrow().clone();
        let again = |known: &Failure| known.at == at && known.template == template;
        if failures.len() < MAX_FAILURES && !failures.iter().any(again) {
            failures.push(Failure { template, why, at });
        }
        Ok(())
    }
}
