//! Values of templates: those of Go's reflection as far as templates can tell them apart, each scalar with its origin.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use image_lint_text::meter::Meter;
use image_lint_text::rendered::{From, Rendered, smear};

use crate::exec::Given;

/// A value of a template. Maps are references, as in Go: what one template sets in them the next one sees.
#[derive(Clone, Debug)]
pub enum Value {
    Nil,
    Bool(bool, From),
    /// Numbers of the template's own text and of functions; those of YAML are floats.
    Int(i64, From),
    /// What sprig's arithmetic gives: another type than an int to Go, also where an int is wanted.
    Int64(i64, From),
    Float(f64, From),
    Str(Rendered),
    List(Rc<Items>),
    Map(Rc<Map>),
}

/// A map, or a Go struct.
#[derive(Debug)]
pub struct Map {
    pub entries: RefCell<BTreeMap<Arc<str>, Value>>,
    pub kind: Kind,
    /// It is a part of `.Values`: what one template changes in it another one sees.
    is_shared: Cell<bool>,
}

/// Items of a list. A type of its own because of how it ends: see [`unravel`].
#[derive(Debug)]
pub struct Items(Vec<Value>);

impl std::ops::Deref for Items {
    type Target = Vec<Value>;

    fn deref(&self) -> &Vec<Value> {
        &self.0
    }
}

impl Drop for Items {
    fn drop(&mut self) {
        unravel(std::mem::take(&mut self.0));
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        unravel(
            std::mem::take(self.entries.get_mut())
                .into_values()
                .collect(),
        );
    }
}

/// Ends values one after the other, however deep they are in each other: a loop of a template nests as deep as it has
/// turns, and a value that ended within the end of another would take the stack for each level.
fn unravel(mut ended: Vec<Value>) {
    while let Some(value) = ended.pop() {
        match value {
            Value::List(items) => {
                if let Ok(mut items) = Rc::try_unwrap(items) {
                    ended.append(&mut items.0);
                }
            }
            Value::Map(map) => {
                if let Ok(mut map) = Rc::try_unwrap(map) {
                    ended.extend(std::mem::take(map.entries.get_mut()).into_values());
                }
            }
            _ => {}
        }
    }
}

/// What a [`Map`] is in Go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Plain,
    /// `map[string]string`: a key that it does not have is an empty text.
    Texts,
    /// Asking for a field that it does not have is an error.
    Struct(&'static str),
    /// A chart's files: names and contents.
    Files,
    /// The API versions of a cluster.
    ApiVersions,
}

impl Value {
    pub fn map(entries: BTreeMap<Arc<str>, Value>) -> Value {
        Value::of(entries, Kind::Plain)
    }

    pub fn of(entries: BTreeMap<Arc<str>, Value>, kind: Kind) -> Value {
        Value::Map(Rc::new(Map::new(entries, kind)))
    }

    pub fn list(items: Vec<Value>) -> Value {
        Value::List(Rc::new(Items(items)))
    }

    pub fn text(text: &str) -> Value {
        Value::Str(Rendered::constant(text))
    }

    pub fn is_nil(&self) -> bool {
        matches!(self, Value::Nil)
    }

    pub fn as_map(&self) -> Option<&Rc<Map>> {
        match self {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// A map as YAML gives it, which merging may go into.
    pub fn as_table(&self) -> Option<&Rc<Map>> {
        self.as_map().filter(|map| map.kind == Kind::Plain)
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(text) => Some(text.as_str()),
            _ => None,
        }
    }

    /// Go's `IsTrue` of text/template, which is also the opposite of sprig's `empty`.
    pub fn truth(&self) -> bool {
        match self {
            Value::Nil => false,
            Value::Bool(value, _) => *value,
            Value::Int(value, _) | Value::Int64(value, _) => *value != 0,
            Value::Float(value, _) => *value != 0.0,
            Value::Str(text) => !text.is_empty(),
            Value::List(items) => !items.is_empty(),
            Value::Map(map) => match map.kind {
                Kind::Struct(_) => true,
                _ => !map.entries.borrow().is_empty(),
            },
        }
    }

    /// The name that `%T` prints.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Nil => "<nil>",
            Value::Bool(..) => "bool",
            Value::Int(..) => "int",
            Value::Int64(..) => "int64",
            Value::Float(..) => "float64",
            Value::Str(_) => "string",
            Value::List(_) => "[]interface {}",
            Value::Map(map) => match map.kind {
                Kind::Plain => "map[string]interface {}",
                Kind::Texts => "map[string]string",
                Kind::Struct(name) => name,
                Kind::Files => "engine.files",
                Kind::ApiVersions => "chartutil.VersionSet",
            },
        }
    }

    /// The name of its `reflect.Kind`.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Value::Nil => "invalid",
            Value::List(_) => "slice",
            Value::Map(map) => match map.kind {
                Kind::Struct(name) if name.starts_with('*') => "ptr",
                Kind::Struct(_) => "struct",
                Kind::ApiVersions => "slice",
                _ => "map",
            },
            other => other.type_name(),
        }
    }

    /// Where it came from; of collections all that is in them, as far as the first few say.
    pub fn from(&self) -> From {
        match self {
            Value::Nil => From::Nowhere,
            Value::Bool(_, from)
            | Value::Int(_, from)
            | Value::Int64(_, from)
            | Value::Float(_, from) => from.clone(),
            Value::Str(text) => text.smeared(),
            other => {
                let mut found = Vec::new();
                gather(other, &mut found, &mut { MAX_LOOKS });
                smear(&found)
            }
        }
    }

    /// Deep copy: maps of its own.
    pub fn deep_copy(&self) -> Value {
        match self {
            Value::List(items) => Value::list(items.iter().map(Value::deep_copy).collect()),
            Value::Map(map) if map.kind == Kind::Plain => {
                let entries = map.entries.borrow();
                Value::map(
                    entries
                        .iter()
                        .map(|(key, value)| (Arc::clone(key), value.deep_copy()))
                        .collect(),
                )
            }
            other => other.clone(),
        }
    }

    /// Values within it, itself included: what copying it costs. Of a value that is too deep or too large to be walked
    /// through, more than any meter lets through.
    pub fn size(&self) -> u64 {
        let mut left = MAX_WALK;
        if count(self, &mut left, MAX_LEVELS) {
            MAX_WALK - left
        } else {
            u64::MAX
        }
    }
}

/// Marks all maps within a value as those that templates share.
pub fn share(value: &Value) {
    match value {
        Value::List(items) => items.iter().for_each(share),
        Value::Map(map) if !map.is_shared.replace(true) => {
            map.entries.borrow().values().for_each(share);
        }
        _ => {}
    }
}

/// Values that one walk goes through at most. What is shared counts at each place that it is seen at, so that a few
/// lines make a value of any size.
const MAX_WALK: u64 = 4_000_000;
/// Levels that one walk goes down at most, as many as the meter lets readers go.
const MAX_LEVELS: u32 = 100;

/// Counts down for each value; whether the walk came to its end.
fn count(value: &Value, left: &mut u64, levels: u32) -> bool {
    if *left == 0 || levels == 0 {
        return false;
    }
    *left -= 1;
    match value {
        Value::List(items) => items.iter().all(|item| count(item, left, levels - 1)),
        Value::Map(map) if map.kind == Kind::Plain => {
            let entries = map.entries.borrow();
            entries.values().all(|item| count(item, left, levels - 1))
        }
        _ => true,
    }
}

/// Most scalars of a collection whose origins are looked at.
const MAX_SCALARS: usize = 8;
/// Most values of a collection that are looked at for them.
const MAX_LOOKS: u32 = 200;

fn gather(value: &Value, out: &mut Vec<Rendered>, looks: &mut u32) {
    if out.len() >= MAX_SCALARS || *looks == 0 {
        return;
    }
    *looks -= 1;
    match value {
        Value::Nil => {}
        Value::Str(text) => out.push(text.clone()),
        Value::List(items) => items.iter().for_each(|item| gather(item, out, looks)),
        Value::Map(map) if map.kind == Kind::Plain => {
            map.entries
                .borrow()
                .values()
                .for_each(|item| gather(item, out, looks));
        }
        Value::Map(_) => {}
        scalar => out.push(Rendered::new("", scalar.from())),
    }
}

impl Map {
    pub fn new(entries: BTreeMap<Arc<str>, Value>, kind: Kind) -> Self {
        Map {
            entries: RefCell::new(entries),
            kind,
            is_shared: Cell::new(false),
        }
    }

    pub fn is_shared(&self) -> bool {
        self.is_shared.get()
    }

    pub fn get(&self, key: &str) -> Option<Value> {
        self.entries.borrow().get(key).cloned()
    }

    pub fn set(&self, key: &str, value: Value) {
        self.entries.borrow_mut().insert(key.into(), value);
    }

    pub fn remove(&self, key: &str) {
        self.entries.borrow_mut().remove(key);
    }
}

/// Go's `reflect.DeepEqual`.
pub fn deep_equal(a: &Value, b: &Value, meter: &Meter) -> Given<bool> {
    Ok(match (a, b) {
        (Value::Nil, Value::Nil) => true,
        (Value::Bool(a, _), Value::Bool(b, _)) => a == b,
        (Value::Int(a, _), Value::Int(b, _)) | (Value::Int64(a, _), Value::Int64(b, _)) => a == b,
        (Value::Float(a, _), Value::Float(b, _)) => a == b,
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && all_equal(a.iter().zip(b.iter()), meter)?
        }
        (Value::Map(a), Value::Map(b)) => {
            if Rc::ptr_eq(a, b) {
                return Ok(true);
            }
            let (a, b) = (a.entries.borrow(), b.entries.borrow());
            a.len() == b.len()
                && a.keys().eq(b.keys())
                && all_equal(a.values().zip(b.values()), meter)?
        }
        _ => false,
    })
}

fn all_equal<'v>(
    pairs: impl Iterator<Item = (&'v Value, &'v Value)>,
    meter: &Meter,
) -> Given<bool> {
    let _level = meter.deeper()?;
    for (a, b) in pairs {
        meter.step()?;
        if !deep_equal(a, b, meter)? {
            return Ok(false);
        }
    }
    Ok(true)
}
