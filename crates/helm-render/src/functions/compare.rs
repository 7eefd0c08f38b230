//! `eq`, `lt` and their kin (Go, `text/template/funcs.go`).

use std::cmp::Ordering;

use super::Call;
use crate::exec::Given;
use crate::value::{Value, deep_equal};

pub fn call(call: &Call<'_, '_>) -> Option<Given<Value>> {
    Some(match call.name {
        "eq" => eq(call),
        "ne" => pair(call).and_then(|(a, b)| {
            let equal = equal(call, a, b)?;
            call.truth(!equal)
        }),
        "lt" => order(call, |ordering| ordering == Ordering::Less),
        "le" => order(call, |ordering| ordering != Ordering::Greater),
        "gt" => order(call, |ordering| ordering == Ordering::Greater),
        "ge" => order(call, |ordering| ordering != Ordering::Less),
        "deepEqual" => pair(call).and_then(|(a, b)| {
            let equal = deep_equal(a, b, call.engine.meter)?;
            call.truth(equal)
        }),
        _ => return None,
    })
}

fn pair<'c>(call: &'c Call<'_, '_>) -> Given<(&'c Value, &'c Value)> {
    call.exactly(2)?;
    Ok((call.get(0)?, call.get(1)?))
}

fn eq(call: &Call<'_, '_>) -> Given<Value> {
    if call.count() < 2 {
        return call.fail("missing argument for comparison");
    }
    let first = call.get(0)?;
    for other in &call.arguments[1..] {
        if equal(call, first, other)? {
            return call.truth(true);
        }
    }
    call.truth(false)
}

fn equal(call: &Call<'_, '_>, a: &Value, b: &Value) -> Given<bool> {
    Ok(match (a, b) {
        (Value::Bool(a, _), Value::Bool(b, _)) => a == b,
        (Value::Int(a, _) | Value::Int64(a, _), Value::Int(b, _) | Value::Int64(b, _)) => a == b,
        (Value::Float(a, _), Value::Float(b, _)) => a == b,
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Nil, Value::Nil) => true,
        (Value::Map(_) | Value::List(_), Value::Nil) | (Value::Nil, _) | (_, Value::Nil) => false,
        (Value::Map(_) | Value::List(_), _) | (_, Value::Map(_) | Value::List(_)) => {
            return call.fail("non-comparable type");
        }
        _ => return call.fail("incompatible types for comparison"),
    })
}

fn order(call: &Call<'_, '_>, holds: fn(Ordering) -> bool) -> Given<Value> {
    let (a, b) = pair(call)?;
    let ordering = match (a, b) {
        (Value::Int(a, _) | Value::Int64(a, _), Value::Int(b, _) | Value::Int64(b, _)) => {
            Some(a.cmp(b))
        }
        (Value::Float(a, _), Value::Float(b, _)) => a.partial_cmp(b),
        (Value::Str(a), Value::Str(b)) => Some(a.as_str().cmp(b.as_str())),
        (Value::Nil | Value::Map(_) | Value::List(_) | Value::Bool(..), _) => {
            return call.fail("invalid type for comparison");
        }
        _ => return call.fail("incompatible types for comparison"),
    };
    call.truth(ordering.is_some_and(holds))
}
