//! Functions of lists.

use image_lint_text::rendered::{Builder, From, Rendered};

use super::numbers::to_int;
use super::{Call, to_text};
use crate::exec::{Given, failed};
use crate::value::{Value, deep_equal};

pub fn call(call: &Call<'_, '_>) -> Option<Given<Value>> {
    Some(match call.name {
        "list" | "tuple" => call.new_list(call.arguments.clone()),
        "append" | "push" | "mustAppend" | "mustPush" => call.list(0).and_then(|items| {
            let mut items = items.to_vec();
            items.push(call.get(1)?.clone());
            call.new_list(items)
        }),
        "prepend" | "mustPrepend" => call.list(0).and_then(|items| {
            let mut all = vec![call.get(1)?.clone()];
            all.extend(items.iter().cloned());
            call.new_list(all)
        }),
        "first" | "mustFirst" => call
            .list(0)
            .map(|items| items.first().cloned().unwrap_or(Value::Nil)),
        "last" | "mustLast" => call
            .list(0)
            .map(|items| items.last().cloned().unwrap_or(Value::Nil)),
        "rest" | "mustRest" => part(call, |items| items.get(1..)),
        "initial" | "mustInitial" => {
            part(call, |items| items.split_last().map(|(_, before)| before))
        }
        "reverse" | "mustReverse" => call.list(0).and_then(|items| {
            let reversed = items.iter().rev().cloned().collect();
            call.new_list(reversed)
        }),
        "compact" | "mustCompact" => call.list(0).and_then(|items| {
            let full = items.iter().filter(|item| item.truth()).cloned().collect();
            call.new_list(full)
        }),
        "uniq" | "mustUniq" => uniq(call),
        "without" | "mustWithout" => without(call),
        "has" | "mustHas" => has(call),
        "slice" | "mustSlice" => slice(call),
        "concat" => concat(call),
        "chunk" | "mustChunk" => chunk(call),
        "join" => join(call),
        "sortAlpha" => sorted(call),
        "toStrings" => call
            .get(0)
            .and_then(|value| strings(call, value))
            .and_then(|texts| call.new_list(texts.into_iter().map(Value::Str).collect())),
        "until" => call
            .int(0)
            .and_then(|count| until(call, 0, count, if count < 0 { -1 } else { 1 })),
        "untilStep" => {
            let bounds = || Ok((call.int(0)?, call.int(1)?, call.int(2)?));
            bounds().and_then(|(start, end, step)| until(call, start, end, step))
        }
        "seq" => seq(call),
        _ => return None,
    })
}

fn part(call: &Call<'_, '_>, of: fn(&[Value]) -> Option<&[Value]>) -> Given<Value> {
    match of(call.list(0)?) {
        Some(items) => call.new_list(items.to_vec()),
        // A slice without a value in Go, which is as good as an empty one.
        None => Ok(Value::list(Vec::new())),
    }
}

fn uniq(call: &Call<'_, '_>) -> Given<Value> {
    let mut seen: Vec<Value> = Vec::new();
    for item in call.list(0)?.iter() {
        if !is_among(call, &seen, item)? {
            seen.push(item.clone());
        }
    }
    call.new_list(seen)
}

fn without(call: &Call<'_, '_>) -> Given<Value> {
    let left_out = call.arguments.get(1..).unwrap_or(&[]);
    let items = call.list(0)?;
    let mut kept = Vec::new();
    for item in items.iter() {
        if !is_among(call, left_out, item)? {
            kept.push(item.clone());
        }
    }
    call.new_list(kept)
}

fn is_among(call: &Call<'_, '_>, items: &[Value], wanted: &Value) -> Given<bool> {
    let meter = call.engine.meter;
    meter.charge(items.len() as u64)?;
    for item in items {
        if deep_equal(item, wanted, meter)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn has(call: &Call<'_, '_>) -> Given<Value> {
    let needle = call.get(0)?;
    if call.get(1)?.is_nil() {
        return call.truth(false);
    }
    let items = call.list(1)?;
    let has = is_among(call, items, needle)?;
    call.truth(has)
}

fn slice(call: &Call<'_, '_>) -> Given<Value> {
    let items = call.list(0)?;
    if items.is_empty() {
        return Ok(Value::Nil);
    }
    let start = call.arguments.get(1).map_or(0, to_int);
    let end = call.arguments.get(2).map_or(items.len() as i64, to_int);
    let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
    match range.and_then(|(start, end)| items.get(start..end)) {
        Some(part) => call.new_list(part.to_vec()),
        None => call.fail("reflect.Value.Slice: slice index out of bounds"),
    }
}

fn concat(call: &Call<'_, '_>) -> Given<Value> {
    let mut all = Vec::new();
    for i in 0..call.count() {
        let Value::List(items) = call.get(i)? else {
            return call.fail(format!(
                "Cannot concat type {} as list",
                call.get(i)?.kind_name()
            ));
        };
        call.engine.meter.charge(items.len() as u64)?;
        all.extend(items.iter().cloned());
    }
    Ok(Value::list(all))
}

fn chunk(call: &Call<'_, '_>) -> Given<Value> {
    let size = usize::try_from(call.int(0)?).ok().filter(|size| *size > 0);
    let Some(size) = size else {
        return call.fail("runtime error: makeslice: len out of range");
    };
    let chunks = call
        .list(1)?
        .chunks(size)
        .map(|chunk| Value::list(chunk.to_vec()));
    call.new_list(chunks.collect())
}

/// sprig's `strslice`: what is no list is one of itself; nil is left out.
fn strings(call: &Call<'_, '_>, value: &Value) -> Given<Vec<Rendered>> {
    match value {
        Value::Nil => Ok(Vec::new()),
        Value::List(items) => items
            .iter()
            .filter(|item| !item.is_nil())
            .map(|item| call.shown(item))
            .collect(),
        other => Ok(vec![call.shown(other)?]),
    }
}

fn join(call: &Call<'_, '_>) -> Given<Value> {
    let separator = call.str(0)?;
    let mut out = Builder::default();
    for (i, text) in strings(call, call.get(1)?)?.iter().enumerate() {
        if i > 0 {
            out.push(separator);
        }
        call.engine.meter.produce(separator.len())?;
        out.push(text);
    }
    Ok(Value::Str(out.finish()))
}

fn sorted(call: &Call<'_, '_>) -> Given<Value> {
    let mut texts = strings(call, call.get(0)?)?;
    texts.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    call.new_list(texts.into_iter().map(Value::Str).collect())
}

fn until(call: &Call<'_, '_>, start: i64, end: i64, step: i64) -> Given<Value> {
    let mut numbers = Vec::new();
    let rises = step > 0 && start < end;
    let falls = step < 0 && end < start;
    let mut at = start;
    while (rises && at < end) || (falls && at > end) {
        call.engine.meter.step()?;
        call.engine.meter.produce(size_of::<Value>())?;
        numbers.push(Value::Int(at, From::Nowhere));
        at = at.saturating_add(step);
    }
    Ok(Value::list(numbers))
}

fn seq(call: &Call<'_, '_>) -> Given<Value> {
    let mut bounds = Vec::new();
    for i in 0..call.count() {
        bounds.push(call.int(i)?);
    }
    let (start, step, end) = match bounds.as_slice() {
        [end] => (1, if *end < 1 { -1 } else { 1 }, *end),
        [start, end] => (*start, if end < start { -1 } else { 1 }, *end),
        [start, step, end] => (*start, *step, *end),
        _ => return Ok(Value::text("")),
    };
    if end < start && step > 0 {
        return Ok(Value::text(""));
    }
    let last = if end < start {
        end.saturating_sub(1)
    } else {
        end.saturating_add(1)
    };
    let Value::List(numbers) = until(call, start, last, step)? else {
        return failed("a list");
    };
    let shown: Vec<String> = numbers
        .iter()
        .map(|number| to_text(number).as_str().to_owned())
        .collect();
    call.computed(shown.join(" "))
}
