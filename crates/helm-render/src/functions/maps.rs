//! Functions of maps. They are references: `set` and `merge` change what others see.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::{Call, to_text};
use crate::exec::{Given, failed};
use crate::value::{Kind, Map, Value};

pub fn call(call: &Call<'_, '_>) -> Option<Given<Value>> {
    Some(match call.name {
        "dict" => dict(call),
        "get" => get(call),
        "set" => set(call),
        "unset" => call.map(0).and_then(|map| {
            changes(call, map);
            map.remove(call.str(1)?.as_str());
            Ok(Value::Map(Rc::clone(map)))
        }),
        "hasKey" => call.map(0).and_then(|map| {
            let has = map.get(call.str(1)?.as_str()).is_some();
            call.truth(has)
        }),
        "keys" => keys(call),
        "values" => call.map(0).and_then(|map| {
            let values = map.entries.borrow().values().cloned().collect();
            call.new_list(values)
        }),
        "pluck" => pluck(call),
        "pick" => picked(call, true),
        "omit" => picked(call, false),
        "merge" | "mustMerge" => merge(call, false),
        "mergeOverwrite" | "mustMergeOverwrite" => merge(call, true),
        "dig" => dig(call),
        _ => return None,
    })
}

fn dict(call: &Call<'_, '_>) -> Given<Value> {
    let mut entries = BTreeMap::new();
    for pair in call.arguments.chunks(2) {
        let key: Arc<str> = to_text(&pair[0]).as_str().into();
        let value = pair.get(1).cloned().unwrap_or_else(|| Value::text(""));
        entries.insert(key, value);
    }
    call.engine.meter.charge(entries.len() as u64)?;
    Ok(Value::map(entries))
}

fn get(call: &Call<'_, '_>) -> Given<Value> {
    let map = call.map(0)?;
    Ok(map
        .get(call.str(1)?.as_str())
        .unwrap_or_else(|| Value::text("")))
}

fn set(call: &Call<'_, '_>) -> Given<Value> {
    if call.get(0)?.is_nil() {
        return call.fail("assignment to entry in nil map");
    }
    let map = call.map(0)?;
    let value = call.get(2)?.clone();
    put(call, map, call.str(1)?.as_str(), value)?;
    Ok(Value::Map(Rc::clone(map)))
}

/// Whether a map is within a value: Go's map would hold itself then, and whatever walks through it would never end.
fn holds(call: &Call<'_, '_>, value: &Value, map: &Rc<Map>) -> Given<bool> {
    match value {
        Value::Map(inner) if Rc::ptr_eq(inner, map) => Ok(true),
        Value::Map(inner) => any_holds(call, inner.entries.borrow().values(), map),
        Value::List(items) => any_holds(call, items.iter(), map),
        _ => Ok(false),
    }
}

fn any_holds<'v>(
    call: &Call<'_, '_>,
    values: impl Iterator<Item = &'v Value>,
    map: &Rc<Map>,
) -> Given<bool> {
    let _level = call.engine.meter.deeper()?;
    for value in values {
        call.engine.meter.step()?;
        if holds(call, value, map)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Puts a value into a map that is not within it.
fn put(call: &Call<'_, '_>, map: &Rc<Map>, key: &str, value: Value) -> Given<()> {
    if holds(call, &value, map)? {
        return call.fail("a map cannot be put into itself");
    }
    changes(call, map);
    map.set(key, value);
    Ok(())
}

fn changes(call: &Call<'_, '_>, map: &Map) {
    if let Some(watch) = call.engine.watch.as_ref().filter(|_| map.is_shared()) {
        watch.changed(&call.engine.template.borrow());
    }
}

fn keys(call: &Call<'_, '_>) -> Given<Value> {
    let mut keys = Vec::new();
    for i in 0..call.count() {
        keys.extend(
            call.map(i)?
                .entries
                .borrow()
                .keys()
                .map(|key| Value::text(key)),
        );
    }
    call.new_list(keys)
}

fn pluck(call: &Call<'_, '_>) -> Given<Value> {
    let key = call.key(0)?;
    let mut found = Vec::new();
    for i in 1..call.count() {
        found.extend(call.map(i)?.get(&key));
    }
    call.new_list(found)
}

fn picked(call: &Call<'_, '_>, wanted: bool) -> Given<Value> {
    let map = call.map(0)?;
    let mut names = Vec::new();
    for i in 1..call.count() {
        names.push(call.key(i)?);
    }
    let entries = map.entries.borrow();
    call.engine.meter.charge(entries.len() as u64)?;
    let chosen = entries
        .iter()
        .filter(|(key, _)| names.contains(key) == wanted);
    Ok(Value::map(
        chosen
            .map(|(key, value)| (Arc::clone(key), value.clone()))
            .collect(),
    ))
}

fn merge(call: &Call<'_, '_>, overwrite: bool) -> Given<Value> {
    let target = match call.get(0)? {
        Value::Nil => &Rc::new(Map::new(BTreeMap::new(), Kind::Plain)),
        _ => call.map(0)?,
    };
    for i in 1..call.count() {
        let source = call.map(i)?;
        call.engine
            .meter
            .charge(Value::Map(Rc::clone(source)).size())?;
        if !Rc::ptr_eq(target, source) {
            merge_into(call, target, source, overwrite)?;
        }
    }
    Ok(Value::Map(Rc::clone(target)))
}

/// mergo's `Merge`: a value that is empty gives way; with `overwrite` the source's values win, empty ones too.
fn merge_into(
    call: &Call<'_, '_>,
    target: &Rc<Map>,
    source: &Rc<Map>,
    overwrite: bool,
) -> Given<()> {
    let _level = call.engine.meter.deeper()?;
    let entries: Vec<(Arc<str>, Value)> = source
        .entries
        .borrow()
        .iter()
        .map(|(key, value)| (Arc::clone(key), value.clone()))
        .collect();
    for (key, value) in entries {
        match (target.get(&key), &value) {
            (Some(Value::Map(old)), Value::Map(new)) => {
                if !Rc::ptr_eq(&old, new) {
                    merge_into(call, &old, new, overwrite)?;
                }
            }
            // mergo passes over what is nil, unless it overwrites.
            (_, Value::Nil) if !overwrite => {}
            (None, _) | (_, Value::Nil) => put(call, target, &key, value)?,
            (Some(old), new) => {
                let replaces = overwrite || !old.truth() && new.truth();
                if replaces {
                    put(call, target, &key, value)?;
                }
            }
        }
    }
    Ok(())
}

fn dig(call: &Call<'_, '_>) -> Given<Value> {
    let count = call.count();
    if count < 3 {
        return call.fail("dig needs at least three arguments");
    }
    let mut value = Value::Map(Rc::clone(call.map(count - 1)?));
    for i in 0..count - 2 {
        let key = call.str(i)?;
        let Value::Map(map) = &value else {
            return failed(format!(
                "interface conversion: interface {{}} is {}, not map[string]interface {{}}",
                value.type_name()
            ));
        };
        match map.get(key.as_str()) {
            Some(found) => value = found,
            None => return Ok(call.get(count - 2)?.clone()),
        }
    }
    Ok(value)
}
