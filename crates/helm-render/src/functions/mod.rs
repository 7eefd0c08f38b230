//! The functions that templates can call: those of text/template, of sprig and of helm.
//!
//! What copies text keeps the origin of each character; what computes from it spreads the origins of its arguments over
//! the result. What only a cluster, chance or a clock can give is a marked unknown.

mod base32;
mod compare;
mod dates;
mod encoding;
mod fields;
mod lists;
mod maps;
mod numbers;
mod outside;
mod regex;
mod semver;
mod signatures;
mod text;
mod toml;
mod types;
mod url;

pub use fields::{field, files};
pub use semver::satisfies;
pub use signatures::is_known;

use std::rc::Rc;
use std::sync::Arc;

use image_lint_text::rendered::{From, Rendered, smear};

use crate::exec::{Engine, Given, Stop, failed};
use crate::print;
use crate::value::{Items, Map, Value};

/// One call of a function.
pub struct Call<'c, 'm> {
    pub engine: &'c Engine<'m>,
    pub name: &'c str,
    /// The name as it stands in the template.
    pub at: &'c Rendered,
    pub arguments: Vec<Value>,
    /// Which of the first 64 arguments are fields without a value, a bit each.
    pub nil_fields: u64,
}

type Family = fn(&Call<'_, '_>) -> Option<Given<Value>>;

const FAMILIES: [Family; 13] = [
    types::call,
    text::call,
    compare::call,
    maps::call,
    lists::call,
    encoding::call,
    numbers::call,
    regex::call,
    semver::call,
    url::call,
    toml::call,
    // What is left of dates is unknown.
    dates::call,
    outside::call,
];

/// Runs a function.
pub fn call(call: &Call<'_, '_>) -> Given<Value> {
    call.engine.meter.step()?;
    signatures::check(call)?;
    for family in FAMILIES {
        if let Some(outcome) = family(call) {
            return outcome;
        }
    }
    Err(Stop::Unsupported(format!("the function {}", call.name)))
}

impl Call<'_, '_> {
    pub fn fail<T>(&self, why: impl std::fmt::Display) -> Given<T> {
        failed(format!("error calling {}: {why}", self.name))
    }

    pub fn count(&self) -> usize {
        self.arguments.len()
    }

    pub fn get(&self, i: usize) -> Given<&Value> {
        match self.arguments.get(i) {
            Some(value) => Ok(value),
            None => failed(format!("wrong number of args for {}", self.name)),
        }
    }

    /// Exactly so many arguments.
    pub fn exactly(&self, count: usize) -> Given<()> {
        if self.arguments.len() == count {
            Ok(())
        } else {
            failed(format!(
                "wrong number of args for {}: want {count} got {}",
                self.name,
                self.arguments.len()
            ))
        }
    }

    pub fn str(&self, i: usize) -> Given<&Rendered> {
        match self.get(i)? {
            Value::Str(text) => Ok(text),
            Value::Nil => failed("invalid value; expected string"),
            other => failed(format!(
                "wrong type for value; expected string; got {}",
                other.type_name()
            )),
        }
    }

    pub fn int(&self, i: usize) -> Given<i64> {
        match self.get(i)? {
            Value::Int(value, _) | Value::Int64(value, _) => Ok(*value),
            Value::Nil => failed("invalid value; expected int"),
            other => failed(format!(
                "wrong type for value; expected int; got {}",
                other.type_name()
            )),
        }
    }

    pub fn map(&self, i: usize) -> Given<&Rc<Map>> {
        match self.get(i)? {
            Value::Map(map) => Ok(map),
            Value::Nil => Ok(&self.engine.nothing),
            other => failed(format!(
                "wrong type for value; expected map[string]interface {{}}; got {}",
                other.type_name()
            )),
        }
    }

    pub fn list(&self, i: usize) -> Given<&Rc<Items>> {
        match self.get(i)? {
            Value::List(items) => Ok(items),
            Value::Nil => self.fail("Cannot use nil as a list"),
            other => self.fail(format!("Cannot use type {} as a list", other.kind_name())),
        }
    }

    /// A new list, charged.
    pub fn new_list(&self, items: Vec<Value>) -> Given<Value> {
        self.engine.meter.charge(items.len() as u64)?;
        Ok(Value::list(items))
    }

    pub fn new_text(&self, text: Rendered) -> Given<Value> {
        self.engine.meter.produce(text.len())?;
        Ok(Value::Str(text))
    }

    /// A value as text, charged: the same long text may be asked for many times.
    pub fn shown(&self, value: &Value) -> Given<Rendered> {
        let text = to_text(value);
        self.engine.meter.produce(text.len())?;
        Ok(text)
    }

    /// Text that was computed from all arguments.
    pub fn computed(&self, text: String) -> Given<Value> {
        let from = self.from();
        self.new_text(Rendered::new(text, from))
    }

    pub fn truth(&self, value: bool) -> Given<Value> {
        Ok(Value::Bool(value, From::Nowhere))
    }

    pub fn number(&self, value: i64) -> Given<Value> {
        Ok(Value::Int(value, self.from()))
    }

    pub fn number64(&self, value: i64) -> Given<Value> {
        Ok(Value::Int64(value, self.from()))
    }

    pub fn float(&self, value: f64) -> Given<Value> {
        Ok(Value::Float(value, self.from()))
    }

    /// Where its arguments came from.
    pub fn from(&self) -> From {
        let texts: Vec<Rendered> = self
            .arguments
            .iter()
            .map(|argument| match argument {
                Value::Str(text) => text.clone(),
                other => Rendered::new("", other.from()),
            })
            .collect();
        let from = smear(&texts);
        if from != From::Nowhere {
            return from;
        }
        texts
            .iter()
            .find_map(|text| text.unknown().map(From::Unknown))
            .unwrap_or(From::Nowhere)
    }

    pub fn key(&self, i: usize) -> Given<Arc<str>> {
        Ok(self.str(i)?.as_str().into())
    }
}

/// sprig's `strval`.
pub fn to_text(value: &Value) -> Rendered {
    print::value(value)
}

#[cfg(test)]
mod tests;
