//! `.a` of a value: keys of maps, fields of structs, and the methods of helm's own objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use image_lint_text::rendered::{Builder, From, Rendered};

use crate::exec::{Engine, Given, failed};
use crate::value::{Kind, Map, Value};
use crate::{glob, yaml};

/// A field, or a method with its arguments. The value comes with the type that Go's messages give it.
pub fn field(
    engine: &Engine<'_>,
    (value, shown): (&Value, &str),
    name: &str,
    arguments: Vec<Value>,
) -> Given<Value> {
    engine.meter.step()?;
    let Value::Map(map) = value else {
        return match value {
            Value::Nil => failed(format!("nil pointer evaluating interface {{}}.{name}")),
            _ => failed(format!("can't evaluate field {name} in type {shown}")),
        };
    };
    match map.kind {
        Kind::Files => {
            if let Some(outcome) = files_method(engine, map, name, &arguments) {
                return outcome;
            }
        }
        Kind::ApiVersions if name == "Has" => {
            let wanted = arguments.first().and_then(Value::as_str).unwrap_or("");
            return Ok(Value::Bool(map.get(wanted).is_some(), From::Nowhere));
        }
        _ => {}
    }
    let found = map.get(name);
    match (found, map.kind) {
        (Some(value), Kind::Struct(_)) => Ok(value),
        (_, _) if !arguments.is_empty() => {
            failed(format!("{name} is not a method but has arguments"))
        }
        (Some(value), _) => Ok(value),
        (None, Kind::Struct(kind)) => failed(format!("can't evaluate field {name} in type {kind}")),
        (None, Kind::Texts) => Ok(Value::text("")),
        (None, _) => Ok(Value::Nil),
    }
}

/// The files of a chart as `.Files`.
pub fn files(all: impl Iterator<Item = (Arc<str>, Rendered)>) -> Value {
    let entries: BTreeMap<_, _> = all.map(|(name, text)| (name, Value::Str(text))).collect();
    Value::of(entries, Kind::Files)
}

fn files_method(
    engine: &Engine<'_>,
    map: &Map,
    name: &str,
    arguments: &[Value],
) -> Option<Given<Value>> {
    let given = arguments.first().and_then(Value::as_str).unwrap_or("");
    Some(match name {
        "Get" | "GetBytes" => Ok(map.get(given).unwrap_or_else(|| Value::text(""))),
        "Glob" => {
            let entries = map.entries.borrow();
            let matching = entries
                .iter()
                .filter(|(name, _)| glob::matches(given, name));
            Ok(Value::of(
                matching
                    .map(|(name, value)| (Arc::clone(name), value.clone()))
                    .collect(),
                Kind::Files,
            ))
        }
        "AsConfig" => as_data(engine, map, false),
        "AsSecrets" => as_data(engine, map, true),
        "Lines" => Ok(lines(map.get(given))),
        _ => return None,
    })
}

fn lines(value: Option<Value>) -> Value {
    let Some(Value::Str(text)) = value else {
        return Value::list(Vec::new());
    };
    let mut items = Vec::new();
    let mut at = 0;
    let all = text.as_str();
    let all = all.strip_suffix('\n').unwrap_or(all);
    for line in all.split('\n') {
        items.push(Value::Str(text.slice(at..at + line.len())));
        at += line.len() + 1;
    }
    Value::list(items)
}

/// The content of each file under its name without folders, as YAML.
fn as_data(engine: &Engine<'_>, map: &Map, secret: bool) -> Given<Value> {
    let mut entries = BTreeMap::new();
    for (name, value) in map.entries.borrow().iter() {
        let base: Arc<str> = name.rsplit('/').next().unwrap_or(name).into();
        let value = match value {
            Value::Str(text) if secret => {
                let encoded = base64::engine::general_purpose::STANDARD.encode(text.as_str());
                Value::Str(Rendered::new(encoded, text.smeared()))
            }
            other => other.clone(),
        };
        entries.insert(base, value);
    }
    if entries.is_empty() {
        return Ok(Value::text(""));
    }
    let mut out = Builder::default();
    yaml::write(&Value::map(entries), engine.meter, &mut out)?;
    Ok(Value::Str(out.finish()))
}
