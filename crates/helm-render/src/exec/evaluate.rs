//! What a pipe is worth: commands, functions, fields and variables.

use std::sync::Arc;

use image_lint_text::rendered::Rendered;

use super::{Given, Run, failed};
use crate::ast::{Command, Pipe, Word};
use crate::functions;
use crate::value::{Kind, Value};

impl Run<'_, '_> {
    pub(super) fn pipe(&mut self, pipe: &Pipe, dot: &Value) -> Given<Value> {
        let value = self.commands(pipe, dot)?;
        self.declare(pipe, value.clone());
        Ok(value)
    }

    pub(super) fn commands(&mut self, pipe: &Pipe, dot: &Value) -> Given<Value> {
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

    pub(super) fn variable(&self, name: &str) -> Given<(Value, bool)> {
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
        value: (Value, bool),
        names: &[Arc<str>],
        arguments: Vec<Value>,
    ) -> Given<Value> {
        let found = self.field_of_field(value, names, arguments)?;
        self.saw(&found);
        Ok(found)
    }

    fn saw(&self, value: &Value) {
        if let Some(watch) = &self.engine.watch {
            watch.saw(value);
        }
    }

    fn field_of_field(
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
                let given = functions::call(&call)?;
                self.saw(&given);
                Ok(given)
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
