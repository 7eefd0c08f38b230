//! `toToml` and `fromToml` (helm, `pkg/engine/funcs.go`; github.com/BurntSushi/toml, `encode.go`).

use std::collections::BTreeMap;
use std::sync::Arc;

use image_lint_text::rendered::{Builder, From, Rendered};

use super::Call;
use crate::exec::Given;
use crate::print;
use crate::value::Value;

pub fn call(call: &Call<'_, '_>) -> Option<Given<Value>> {
    Some(match call.name {
        "toToml" => write(call),
        "fromToml" => read(call),
        _ => return None,
    })
}

fn read(call: &Call<'_, '_>) -> Given<Value> {
    let text = call.str(0)?;
    call.engine.meter.charge(text.len() as u64)?;
    call.engine.meter.produce(text.len() * 4)?;
    let from = text.smeared();
    Ok(match text.as_str().parse::<toml::Table>() {
        Ok(table) => value(&toml::Value::Table(table), &from),
        Err(error) => {
            let why = Value::text(&format!("toml: {}", error.message()));
            Value::map([("Error".into(), why)].into())
        }
    })
}

fn value(read: &toml::Value, from: &From) -> Value {
    match read {
        toml::Value::String(text) => Value::Str(Rendered::new(text.as_str(), from.clone())),
        toml::Value::Integer(number) => Value::Int64(*number, from.clone()),
        toml::Value::Float(number) => Value::Float(*number, from.clone()),
        toml::Value::Boolean(value) => Value::Bool(*value, from.clone()),
        toml::Value::Datetime(at) => Value::Str(Rendered::new(at.to_string(), from.clone())),
        toml::Value::Array(items) => {
            Value::list(items.iter().map(|item| value(item, from)).collect())
        }
        toml::Value::Table(table) => {
            let entries = table.iter();
            let entries: BTreeMap<Arc<str>, Value> = entries
                .map(|(key, item)| (key.as_str().into(), value(item, from)))
                .collect();
            Value::map(entries)
        }
    }
}

fn write(call: &Call<'_, '_>) -> Given<Value> {
    let Value::Map(_) = call.get(0)? else {
        return call.computed("toml: top-level values must be Go maps or structs".into());
    };
    let mut writer = Writer {
        call,
        out: Builder::default(),
    };
    writer.table(&mut Vec::new(), call.get(0)?)?;
    call.new_text(writer.out.finish())
}

struct Writer<'w, 'c, 'm> {
    call: &'w Call<'c, 'm>,
    out: Builder,
}

impl Writer<'_, '_, '_> {
    fn mark(&mut self, text: &str) -> Given<()> {
        self.call.engine.meter.produce(text.len())?;
        self.out.push_from(text, &From::Nowhere);
        Ok(())
    }

    /// No line is empty at the top.
    fn newline(&mut self) -> Given<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        self.mark("\n")
    }

    /// What is no table first, then the tables.
    fn table(&mut self, key: &mut Vec<Arc<str>>, value: &Value) -> Given<()> {
        let _level = self.call.engine.meter.deeper()?;
        let Value::Map(map) = value else {
            return Ok(());
        };
        let entries = map.entries.borrow().clone();
        for tables in [false, true] {
            for (name, item) in &entries {
                self.call.engine.meter.step()?;
                if item.is_nil() || is_table(item) != tables {
                    continue;
                }
                key.push(Arc::clone(name));
                self.entry(key, item)?;
                key.pop();
            }
        }
        Ok(())
    }

    fn entry(&mut self, key: &mut Vec<Arc<str>>, item: &Value) -> Given<()> {
        let indent = "  ".repeat(key.len() - 1);
        match item {
            Value::Map(_) => {
                if key.len() == 1 {
                    self.newline()?;
                }
                self.mark(&format!("{indent}[{}]\n", joined(key)))?;
                self.table(key, item)
            }
            Value::List(items) if is_table(item) => {
                for one in items.iter() {
                    self.newline()?;
                    self.mark(&format!("{indent}[[{}]]\n", joined(key)))?;
                    self.table(key, one)?;
                }
                Ok(())
            }
            other => {
                // The key was pushed before.
                let name = key.last().map(|name| quoted_key(name)).unwrap_or_default();
                self.mark(&format!("{indent}{name} = "))?;
                self.element(other)?;
                self.newline()
            }
        }
    }

    fn element(&mut self, item: &Value) -> Given<()> {
        let _level = self.call.engine.meter.deeper()?;
        match item {
            Value::Str(text) => {
                self.mark("\"")?;
                let escaped = escaped(text.as_str());
                if escaped == text.as_str() {
                    self.call.engine.meter.produce(text.len())?;
                    self.out.push(text);
                } else {
                    self.call.engine.meter.produce(escaped.len())?;
                    self.out.push(&Rendered::new(escaped, text.smeared()));
                }
                self.mark("\"")
            }
            Value::Float(number, from) => {
                let mut shown = format!("{number}");
                if !shown.contains(['.', 'e', 'n', 'N', 'I']) {
                    shown.push_str(".0");
                }
                self.out.push(&Rendered::new(shown, from.clone()));
                Ok(())
            }
            Value::List(items) => {
                self.mark("[")?;
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        self.mark(", ")?;
                    }
                    self.element(item)?;
                }
                self.mark("]")
            }
            Value::Map(map) => {
                let entries = map.entries.borrow().clone();
                self.mark("{")?;
                let shown = entries.iter().filter(|(_, item)| !item.is_nil());
                for (i, (name, item)) in shown.enumerate() {
                    if i > 0 {
                        self.mark(", ")?;
                    }
                    self.mark(&format!("{} = ", quoted_key(name)))?;
                    self.element(item)?;
                }
                self.mark("}")
            }
            Value::Nil => self.call.fail("toml: cannot encode array with nil element"),
            other => {
                self.out.push(&print::value(other));
                Ok(())
            }
        }
    }
}

/// A map, or a list of nothing but maps.
fn is_table(value: &Value) -> bool {
    match value {
        Value::Map(_) => true,
        Value::List(items) => !items.is_empty() && items.iter().all(|item| item.as_map().is_some()),
        _ => false,
    }
}

fn joined(key: &[Arc<str>]) -> String {
    let parts: Vec<String> = key.iter().map(|part| quoted_key(part)).collect();
    parts.join(".")
}

fn quoted_key(key: &str) -> String {
    let bare = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if !key.is_empty() && key.bytes().all(bare) {
        return key.to_owned();
    }
    format!("\"{}\"", escaped(key))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if (c as u32) < 0x20 || c == '\u{7f}' => {
                out.push_str(&format!("\\u{:04x}", c as u32));
            }
            c => out.push(c),
        }
    }
    out
}
