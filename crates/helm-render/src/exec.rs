//! Runs templates (Go, `text/template/exec.go`), each character of the output with its origin.
//!
//! Where an action fails its output is left out and the failure is kept; what comes after it is rendered all the same.
//! Within a line an unknown text is in its place, so that what is around it is not taken for the whole.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use image_lint_text::meter::{Meter, UsedUp};
use image_lint_text::rendered::{Builder, From, Origin, Rendered, Unknown};

use crate::ast::{Command, List, Node, Pipe, Word};
use crate::functions;
use crate::parse::{self, Templates};
use crate::print;
use crate::value::{Kind, Map, Value};

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
            nothing: Rc::new(Map {
                entries: RefCell::default(),
                kind: Kind::Plain,
            }),
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

impl Run<'_, '_> {
    fn list(&mut self, nodes: &[Node], dot: &Value) -> Given<Flow> {
        let marked = self.variables.len();
        for node in nodes {
            self.engine.meter.step()?;
            match self.node(node, dot)? {
                Flow::On => {}
                other => {
                    self.variables.truncate(marked);
                    return Ok(other);
                }
            }
        }
        Ok(Flow::On)
    }

    /// With another `.`.
    fn list_of(&mut self, nodes: &[Node], dot: &Value, is_item: bool) -> Given<Flow> {
        let before = std::mem::replace(&mut self.dot_is_item, is_item);
        let flow = self.list(nodes, dot);
        self.dot_is_item = before;
        flow
    }

    fn node(&mut self, node: &Node, dot: &Value) -> Given<Flow> {
        match node {
            Node::Text(text) => self.push(text)?,
            Node::Action(pipe) => self.action(pipe, dot)?,
            Node::If {
                pipe,
                then,
                otherwise,
            } => {
                return self.branch(pipe, dot, then, otherwise, false);
            }
            Node::With {
                pipe,
                then,
                otherwise,
            } => {
                return self.branch(pipe, dot, then, otherwise, true);
            }
            Node::Range {
                pipe,
                body,
                otherwise,
            } => {
                return self.range(pipe, dot, body, otherwise);
            }
            Node::Template { name, pipe, at } => {
                let outcome = self.template(name, pipe.as_ref(), dot);
                self.keep_on(outcome, at)?;
            }
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::On)
    }

    fn push(&mut self, text: &Rendered) -> Given<()> {
        self.engine.meter.produce(text.len())?;
        self.out.push(text);
        Ok(())
    }

    /// None after a failure, which is noted.
    fn keep_on<T>(&self, outcome: Given<T>, at: &Rendered) -> Given<Option<T>> {
        match outcome {
            Ok(value) => Ok(Some(value)),
            Err(why) => self.engine.note(why, at).map(|()| None),
        }
    }

    fn action(&mut self, pipe: &Pipe, dot: &Value) -> Given<()> {
        let failed = self.engine.failed.get();
        let outcome = self.pipe(pipe, dot);
        let value = self.keep_on(outcome, &pipe.at)?;
        if !pipe.variables.is_empty() {
            if value.is_none() {
                self.declare(pipe, Value::Nil);
            }
            return Ok(());
        }
        let text = match value {
            None | Some(Value::Nil) => Rendered::default(),
            Some(Value::Str(text)) => text,
            Some(other) => print::value(&other),
        };
        if self.engine.failed.get() > failed && self.is_hole(&text) {
            let name = pipe.at.as_str().trim();
            let hole = self.engine.unknown(name, "unknown", pipe.at.origins());
            return self.push(&print::value(&hole));
        }
        self.push(&text)
    }

    /// Whether a text of an action that failed leaves a hole within a line: at the beginning of one, where blocks are
    /// put in, an unknown word would break the YAML around it.
    fn is_hole(&self, text: &Rendered) -> bool {
        let before = self.out.as_str().rsplit('\n').next().unwrap_or("");
        let says_nothing = !text
            .as_str()
            .contains(|c: char| c.is_alphanumeric() || c == '\n');
        says_nothing && !before.trim().is_empty()
    }

    fn template(&mut self, name: &Rendered, pipe: Option<&Pipe>, dot: &Value) -> Given<()> {
        let data = match pipe {
            Some(pipe) => self.pipe(pipe, dot)?,
            None => Value::Nil,
        };
        match self.engine.include(name.as_str(), &data, &self.templates)? {
            Value::Str(text) => self.push(&text),
            _ => Ok(()),
        }
    }

    fn branch(
        &mut self,
        pipe: &Pipe,
        dot: &Value,
        then: &List,
        otherwise: &List,
        with: bool,
    ) -> Given<Flow> {
        let _level = self.engine.meter.deeper()?;
        let marked = self.variables.len();
        let outcome = self.pipe(pipe, dot);
        let value = self.keep_on(outcome, &pipe.at)?;
        let flow = match value {
            Some(value) if value.truth() => {
                let dot = if with { &value } else { dot };
                let is_item = self.dot_is_item && !with;
                self.list_of(then, dot, is_item)
            }
            _ => self.list(otherwise, dot),
        };
        self.variables.truncate(marked);
        flow
    }

    fn range(&mut self, pipe: &Pipe, dot: &Value, body: &List, otherwise: &List) -> Given<Flow> {
        let _level = self.engine.meter.deeper()?;
        let marked = self.variables.len();
        // `:=` declares the variables of the loop, not one with the whole list.
        let outcome = self.commands(pipe, dot);
        let value = self.keep_on(outcome, &pipe.at)?.unwrap_or(Value::Nil);
        let items = match rangeable(&value) {
            Some(items) => items,
            None => {
                let why = Stop::Failed(format!(
                    "range can't iterate over {}",
                    print::value(&value).as_str()
                ));
                self.engine.note(why, &pipe.at)?;
                Vec::new()
            }
        };
        if items.is_empty() {
            let flow = self.list(otherwise, dot);
            self.variables.truncate(marked);
            return flow;
        }
        for (key, item) in items {
            self.engine.meter.step()?;
            self.loop_variables(pipe, key, &item);
            let flow = self.list_of(body, &item, true);
            self.variables.truncate(marked);
            if let Flow::Break = flow? {
                break;
            }
        }
        Ok(Flow::On)
    }

    fn loop_variables(&mut self, pipe: &Pipe, key: Value, item: &Value) {
        let values = match pipe.variables.len() {
            0 => return,
            1 => vec![item.clone()],
            _ => vec![key, item.clone()],
        };
        for (name, value) in pipe.variables.iter().zip(values) {
            self.put(name, value, pipe.assigns, true);
        }
    }

    /// Assigns a variable that there is, or declares one.
    fn put(&mut self, name: &Arc<str>, value: Value, assigns: bool, is_item: bool) {
        let new = Variable {
            name: Arc::clone(name),
            value,
            is_item,
        };
        if !assigns {
            self.variables.push(new);
        } else if let Some(old) = self
            .variables
            .iter_mut()
            .rev()
            .find(|old| old.name == *name)
        {
            *old = new;
        }
    }

    fn declare(&mut self, pipe: &Pipe, value: Value) {
        for name in &pipe.variables {
            self.put(name, value.clone(), pipe.assigns, false);
        }
    }

    fn pipe(&mut self, pipe: &Pipe, dot: &Value) -> Given<Value> {
        let value = self.commands(pipe, dot)?;
        self.declare(pipe, value.clone());
        Ok(value)
    }

    fn commands(&mut self, pipe: &Pipe, dot: &Value) -> Given<Value> {
        let mut value = None;
        for command in &pipe.commands {
            self.engine.meter.step()?;
            value = Some(self.command(command, dot, value)?);
        }
        Ok(value.unwrap_or(Value::Nil))
    }

    fn command(&mut self, command: &Command, dot: &Value, last: Option<Value>) -> Given<Value> {
        // The parser makes no empty command.
        let Some((first, rest)) = command.words.split_first() else {
            return failed("missing value for command");
        };
        match first {
            Word::Function(name) => self.function(name, rest, dot, last),
            Word::Field(names) => {
                let arguments = self.arguments(rest, dot, last)?;
                self.fields((dot.clone(), self.dot_is_item), names, arguments)
            }
            Word::Variable(name, names) => {
                let arguments = self.arguments(rest, dot, last)?;
                let value = self.variable(name)?;
                self.fields(value, names, arguments)
            }
            Word::Pipe(pipe, names) => {
                let arguments = self.arguments(rest, dot, last)?;
                let value = self.nested(pipe, dot)?;
                self.fields((value, false), names, arguments)
            }
            word if rest.is_empty() && last.is_none() => match word {
                Word::Nil => failed("nil is not a command"),
                word => self.word(word, dot),
            },
            _ => failed("can't give argument to non-function"),
        }
    }

    fn nested(&mut self, pipe: &Pipe, dot: &Value) -> Given<Value> {
        let _level = self.engine.meter.deeper()?;
        self.pipe(pipe, dot)
    }

    fn arguments(&mut self, words: &[Word], dot: &Value, last: Option<Value>) -> Given<Vec<Value>> {
        let mut arguments = Vec::with_capacity(words.len() + 1);
        for word in words {
            arguments.push(self.word(word, dot)?);
        }
        arguments.extend(last);
        Ok(arguments)
    }

    fn word(&mut self, word: &Word, dot: &Value) -> Given<Value> {
        Ok(match word {
            Word::Dot => dot.clone(),
            Word::Nil => Value::Nil,
            Word::Bool(value, at) => Value::Bool(*value, at.smeared()),
            Word::Int(value, at) => Value::Int(*value, at.smeared()),
            Word::Float(value, at) => Value::Float(*value, at.smeared()),
            Word::Text(text) => Value::Str(text.clone()),
            Word::Function(name) => self.function(name, &[], dot, None)?,
            Word::Field(names) => {
                self.fields((dot.clone(), self.dot_is_item), names, Vec::new())?
            }
            Word::Variable(name, names) => {
                let value = self.variable(name)?;
                self.fields(value, names, Vec::new())?
            }
            Word::Pipe(pipe, names) => {
                let value = self.nested(pipe, dot)?;
                self.fields((value, false), names, Vec::new())?
            }
        })
    }

    fn variable(&self, name: &str) -> Given<(Value, bool)> {
        let found = self
            .variables
            .iter()
            .rev()
            .find(|known| &*known.name == name);
        match found {
            Some(variable) => Ok((variable.value.clone(), variable.is_item)),
            None => failed(format!("undefined variable: {name}")),
        }
    }

    /// Fields of a value, of which is said whether it is an item of a collection.
    fn fields(
        &self,
        (mut value, is_item): (Value, bool),
        names: &[Arc<str>],
        arguments: Vec<Value>,
    ) -> Given<Value> {
        let Some((last, before)) = names.split_last() else {
            if arguments.is_empty() {
                return Ok(value);
            }
            return failed("can't give argument to non-function");
        };
        // Nothing has no fields, and asking for them is no error; a missing key of a map on the way is one.
        if value.is_nil() && !is_item {
            return Ok(Value::Nil);
        }
        let mut shown = if is_item {
            "interface {}"
        } else {
            value.type_name()
        };
        for name in before {
            let next = functions::field(self.engine, (&value, shown), name, Vec::new())?;
            // What a map holds is an interface to Go, whatever is in it.
            shown = match &value {
                Value::Map(map) if matches!(map.kind, Kind::Struct(_)) => next.type_name(),
                _ => "interface {}",
            };
            value = next;
        }
        functions::field(self.engine, (&value, shown), last, arguments)
    }

    fn function(
        &mut self,
        name: &Rendered,
        rest: &[Word],
        dot: &Value,
        last: Option<Value>,
    ) -> Given<Value> {
        match name.as_str() {
            "and" | "or" => self.logic(name.as_str() == "and", rest, dot, last),
            "include" => {
                let arguments = self.arguments(rest, dot, last)?;
                let [Value::Str(name), data] = arguments.as_slice() else {
                    return failed("error calling include: wrong number or type of args");
                };
                self.engine.include(name.as_str(), data, &self.templates)
            }
            "tpl" => {
                let arguments = self.arguments(rest, dot, last)?;
                let [Value::Str(text), data] = arguments.as_slice() else {
                    return failed("error calling tpl: wrong number or type of args");
                };
                self.engine.tpl(text, data, &self.templates)
            }
            known => {
                let arguments = self.arguments(rest, dot, last)?;
                let call = functions::Call {
                    engine: self.engine,
                    name: known,
                    at: name,
                    nil_fields: self.nil_fields(rest, &arguments),
                    arguments,
                };
                functions::call(&call)
            }
        }
    }

    /// Which arguments are interfaces without a value to Go: fields that a map does not have or that hold nothing, and
    /// items of collections.
    fn nil_fields(&self, words: &[Word], arguments: &[Value]) -> u64 {
        let is_interface = |word: &Word| match word {
            Word::Field(_) => true,
            Word::Pipe(_, names) => !names.is_empty(),
            Word::Variable(name, names) => {
                !names.is_empty() || self.variable(name).is_ok_and(|(_, is_item)| is_item)
            }
            Word::Dot => self.dot_is_item,
            _ => false,
        };
        let all = words.iter().zip(arguments).enumerate().take(64);
        all.filter(|(_, (word, value))| value.is_nil() && is_interface(word))
            .fold(0, |bits, (i, _)| bits | 1 << i)
    }

    /// `and` and `or` look no further than they must.
    fn logic(
        &mut self,
        and: bool,
        rest: &[Word],
        dot: &Value,
        last: Option<Value>,
    ) -> Given<Value> {
        let mut value = Value::Nil;
        for word in rest {
            value = self.word(word, dot)?;
            if value.truth() != and {
                return Ok(value);
            }
        }
        Ok(last.unwrap_or(value))
    }
}

/// Keys and items of what `range` goes over; None where it cannot.
fn rangeable(value: &Value) -> Option<Vec<(Value, Value)>> {
    match value {
        Value::Nil => Some(Vec::new()),
        Value::List(items) => {
            let numbered = items.iter().enumerate();
            Some(
                numbered
                    .map(|(i, item)| (Value::Int(i as i64, From::Nowhere), item.clone()))
                    .collect(),
            )
        }
        Value::Map(map) if !matches!(map.kind, Kind::Struct(_)) => {
            let entries = map.entries.borrow();
            Some(
                entries
                    .iter()
                    .map(|(key, value)| (Value::text(key), value.clone()))
                    .collect(),
            )
        }
        _ => None,
    }
}
