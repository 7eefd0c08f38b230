//! Defaults, conditions and types.

use image_lint_text::rendered::{From, Rendered};

use super::Call;
use crate::exec::{Given, Stop, failed};
use crate::value::{Kind, Value};

pub fn call(call: &Call<'_, '_>) -> Option<Given<Value>> {
    Some(match call.name {
        "default" => default(call),
        "empty" => call.get(0).and_then(|value| call.truth(!value.truth())),
        "coalesce" => {
            let given = call.arguments.iter().find(|value| value.truth());
            Ok(given.cloned().unwrap_or(Value::Nil))
        }
        "all" => call.truth(call.arguments.iter().all(Value::truth)),
        "any" => call.truth(call.arguments.iter().any(Value::truth)),
        "ternary" => ternary(call),
        "not" => call.get(0).and_then(|value| call.truth(!value.truth())),
        "required" => required(call),
        "fail" => call.str(0).and_then(|why| failed(why.as_str())),
        "toString" => call
            .get(0)
            .and_then(|value| call.shown(value).map(Value::Str)),
        "typeOf" => call.get(0).map(|value| Value::text(value.type_name())),
        "kindOf" => call.get(0).map(|value| Value::text(value.kind_name())),
        "kindIs" => named(call, Value::kind_name),
        "typeIs" => named(call, Value::type_name),
        "typeIsLike" => {
            let like = |value: &Value| value.type_name();
            named(call, like)
        }
        "len" => len(call),
        "index" => index(call),
        "deepCopy" | "mustDeepCopy" => call.get(0).and_then(|value| {
            call.engine.meter.charge(value.size())?;
            Ok(value.deep_copy())
        }),
        "call" => failed("error calling call: non-function"),
        _ => return None,
    })
}

fn default(call: &Call<'_, '_>) -> Given<Value> {
    let fallback = call.get(0)?;
    Ok(match call.arguments.get(1) {
        Some(given) if given.truth() => given.clone(),
        _ => fallback.clone(),
    })
}

fn ternary(call: &Call<'_, '_>) -> Given<Value> {
    call.exactly(3)?;
    match call.get(2)? {
        Value::Bool(which, _) => Ok(call.get(usize::from(!which))?.clone()),
        Value::Nil => failed("invalid value; expected bool"),
        other => failed(format!(
            "wrong type for value; expected bool; got {}",
            other.type_name()
        )),
    }
}

fn required(call: &Call<'_, '_>) -> Given<Value> {
    let why = call.str(0)?;
    let value = call.get(1)?;
    if value.is_nil() || value.as_str() == Some("") {
        return Err(Stop::Failed(why.as_str().to_owned()));
    }
    Ok(value.clone())
}

fn named(call: &Call<'_, '_>, name: fn(&Value) -> &'static str) -> Given<Value> {
    let wanted = call.str(0)?;
    call.truth(wanted.as_str() == name(call.get(1)?))
}

fn len(call: &Call<'_, '_>) -> Given<Value> {
    let length = match call.get(0)? {
        Value::Str(text) => text.len(),
        Value::List(items) => items.len(),
        Value::Map(map) if !matches!(map.kind, Kind::Struct(_)) => map.entries.borrow().len(),
        Value::Nil => return call.fail("len of nil pointer"),
        other => return call.fail(format!("len of type {}", other.type_name())),
    };
    Ok(Value::Int(length as i64, From::Nowhere))
}

fn index(call: &Call<'_, '_>) -> Given<Value> {
    let mut value = call.get(0)?.clone();
    for i in 1..call.count() {
        let key = call.get(i)?;
        value = match (&value, key) {
            (Value::Map(map), Value::Str(key)) => map.get(key.as_str()).unwrap_or(Value::Nil),
            (Value::Map(_), other) => {
                return call.fail(format!(
                    "value has type {}; should be string",
                    other.type_name()
                ));
            }
            (Value::List(items), Value::Int(at, _) | Value::Int64(at, _)) => {
                match usize::try_from(*at).ok().and_then(|at| items.get(at)) {
                    Some(item) => item.clone(),
                    None => return call.fail(format!("index out of range: {at}")),
                }
            }
            (Value::Str(text), Value::Int(at, _) | Value::Int64(at, _)) => {
                let byte = usize::try_from(*at)
                    .ok()
                    .and_then(|at| text.as_str().as_bytes().get(at));
                match byte {
                    Some(byte) => Value::Int(i64::from(*byte), text.smeared()),
                    None => return call.fail(format!("index out of range: {at}")),
                }
            }
            (Value::List(_) | Value::Str(_), other) => {
                return call.fail(format!(
                    "cannot index slice/array with type {}",
                    other.type_name()
                ));
            }
            (Value::Nil, _) => return call.fail("index of untyped nil"),
            (other, _) => {
                return call.fail(format!("can't index item of type {}", other.type_name()));
            }
        };
    }
    Ok(value)
}

/// Only so that texts without arguments have a type here.
pub fn constant(text: &str) -> Given<Value> {
    Ok(Value::Str(Rendered::constant(text)))
}
