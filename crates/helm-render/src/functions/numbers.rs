//! Arithmetic. sprig turns whatever it is given into a number (github.com/spf13/cast).

use super::Call;
use crate::exec::Given;
use crate::parse::integer;
use crate::value::Value;

pub fn call(call: &Call<'_, '_>) -> Option<Given<Value>> {
    Some(match call.name {
        "int" => call.get(0).and_then(|value| call.number(to_int(value))),
        "int64" => call.get(0).and_then(|value| call.number64(to_int(value))),
        "float64" => call.get(0).and_then(|value| call.float(to_float(value))),
        "atoi" => call
            .str(0)
            .and_then(|text| call.number(text.as_str().parse().unwrap_or(0))),
        "toDecimal" => call.get(0).and_then(|value| {
            let text = super::to_text(value);
            call.number64(i64::from_str_radix(text.as_str(), 8).unwrap_or(0))
        }),
        "add" => folded(call, 0, i64::wrapping_add),
        "add1" => call
            .get(0)
            .and_then(|value| call.number64(to_int(value).wrapping_add(1))),
        "sub" => paired(call, |a, b| Some(a.wrapping_sub(b))),
        "div" => paired(call, i64::checked_div),
        "mod" => paired(call, i64::checked_rem),
        "mul" => folded(call, 1, i64::wrapping_mul),
        "max" | "biggest" => chosen(call, i64::max),
        "min" => chosen(call, i64::min),
        "add1f" => call
            .get(0)
            .and_then(|value| call.float(to_float(value) + 1.0)),
        "addf" => floats(call, 0.0, |a, b| a + b),
        "subf" => reduced(call, |a, b| a - b),
        "mulf" => reduced(call, |a, b| a * b),
        "divf" => reduced(call, |a, b| a / b),
        "maxf" => reduced(call, f64::max),
        "minf" => reduced(call, f64::min),
        "ceil" => call
            .get(0)
            .and_then(|value| call.float(to_float(value).ceil())),
        "floor" => call
            .get(0)
            .and_then(|value| call.float(to_float(value).floor())),
        "round" => round(call),
        _ => return None,
    })
}

pub fn to_int(value: &Value) -> i64 {
    match value {
        Value::Int(value, _) | Value::Int64(value, _) => *value,
        Value::Float(value, _) => *value as i64,
        Value::Bool(value, _) => i64::from(*value),
        Value::Str(text) => {
            let text = text.as_str();
            // Zeros after a point are left out (cast, `trimZeroDecimal`).
            let whole = match text.split_once('.') {
                Some((whole, zeros)) if zeros.bytes().all(|byte| byte == b'0') => whole,
                _ => text,
            };
            integer(whole).unwrap_or(0)
        }
        _ => 0,
    }
}

pub fn to_float(value: &Value) -> f64 {
    match value {
        Value::Int(value, _) | Value::Int64(value, _) => *value as f64,
        Value::Float(value, _) => *value,
        Value::Bool(value, _) => f64::from(u8::from(*value)),
        Value::Str(text) => text.as_str().parse().unwrap_or(0.0),
        _ => 0.0,
    }
}

fn folded(call: &Call<'_, '_>, start: i64, op: fn(i64, i64) -> i64) -> Given<Value> {
    call.number64(call.arguments.iter().map(to_int).fold(start, op))
}

fn paired(call: &Call<'_, '_>, op: fn(i64, i64) -> Option<i64>) -> Given<Value> {
    call.exactly(2)?;
    match op(to_int(call.get(0)?), to_int(call.get(1)?)) {
        Some(value) => call.number64(value),
        None => call.fail("runtime error: integer divide by zero"),
    }
}

fn chosen(call: &Call<'_, '_>, op: fn(i64, i64) -> i64) -> Given<Value> {
    call.get(0)?;
    let numbers = call.arguments.iter().map(to_int);
    call.number64(numbers.reduce(op).unwrap_or(0))
}

fn floats(call: &Call<'_, '_>, start: f64, op: fn(f64, f64) -> f64) -> Given<Value> {
    call.float(call.arguments.iter().map(to_float).fold(start, op))
}

fn reduced(call: &Call<'_, '_>, op: fn(f64, f64) -> f64) -> Given<Value> {
    call.get(0)?;
    let numbers = call.arguments.iter().map(to_float);
    call.float(numbers.reduce(op).unwrap_or(0.0))
}

fn round(call: &Call<'_, '_>) -> Given<Value> {
    let value = to_float(call.get(0)?);
    let on = call.arguments.get(2).map_or(0.5, to_float);
    let power = 10f64.powf(call.int(1)? as f64);
    let digits = power * value;
    let rounded = if digits.fract() >= on {
        digits.ceil()
    } else {
        digits.floor()
    };
    call.float(rounded / power)
}
