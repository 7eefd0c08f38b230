//! JSON as Go's `encoding/json` writes it.

use image_lint_text::meter::Meter;
use image_lint_text::rendered::{Builder, From, Rendered};

use crate::exec::Given;
use crate::print;
use crate::value::{Kind, Value};

pub struct Writer<'m> {
    pub out: Builder,
    pub meter: &'m Meter,
    pub pretty: bool,
    /// `<`, `>` and `&` are escaped.
    pub html: bool,
}

impl Writer<'_> {
    pub fn value(&mut self, value: &Value, depth: usize) -> Given<()> {
        self.meter.step()?;
        let _level = self.meter.deeper()?;
        match value {
            Value::Nil => self.mark("null"),
            Value::Bool(..) => self.copy(&print::value(value)),
            Value::Int(number, from) | Value::Int64(number, from) => {
                self.copy(&Rendered::new(number.to_string(), from.clone()))
            }
            Value::Float(number, from) => self.copy(&Rendered::new(float(*number), from.clone())),
            Value::Str(text) => self.string(text),
            Value::List(items) => self.collection('[', ']', depth, items.len(), |writer, i| {
                writer.value(&items[i], depth + 1)
            }),
            // It has a way of its own to become JSON (semver, `MarshalJSON`).
            Value::Map(map) if map.kind == Kind::Struct("*semver.Version") => {
                self.string(&print::value(value))
            }
            Value::Map(map) => {
                let entries = map.entries.borrow();
                let entries: Vec<_> = entries
                    .iter()
                    .filter(|(key, _)| !key.starts_with('\0'))
                    .collect();
                self.collection('{', '}', depth, entries.len(), |writer, i| {
                    let (key, value) = entries[i];
                    writer.string(&Rendered::constant(key))?;
                    writer.mark(if writer.pretty { ": " } else { ":" })?;
                    writer.value(value, depth + 1)
                })
            }
        }
    }

    fn collection(
        &mut self,
        open: char,
        close: char,
        depth: usize,
        count: usize,
        mut each: impl FnMut(&mut Self, usize) -> Given<()>,
    ) -> Given<()> {
        self.mark(open.encode_utf8(&mut [0; 4]))?;
        for i in 0..count {
            if i > 0 {
                self.mark(",")?;
            }
            self.line(depth + 1)?;
            each(self, i)?;
        }
        if count > 0 {
            self.line(depth)?;
        }
        self.mark(close.encode_utf8(&mut [0; 4]))
    }

    fn line(&mut self, depth: usize) -> Given<()> {
        if self.pretty {
            self.mark("\n")?;
            self.mark(&"  ".repeat(depth))?;
        }
        Ok(())
    }

    fn mark(&mut self, text: &str) -> Given<()> {
        self.meter.produce(text.len())?;
        self.out.push_from(text, &From::Nowhere);
        Ok(())
    }

    fn copy(&mut self, text: &Rendered) -> Given<()> {
        self.meter.produce(text.len())?;
        self.out.push(text);
        Ok(())
    }

    fn string(&mut self, text: &Rendered) -> Given<()> {
        self.mark("\"")?;
        let all = text.as_str();
        let mut copied = 0;
        for (at, c) in all.char_indices() {
            let escape = match c {
                '"' => "\\\"".to_owned(),
                '\\' => "\\\\".to_owned(),
                '\n' => "\\n".to_owned(),
                '\r' => "\\r".to_owned(),
                '\t' => "\\t".to_owned(),
                '\u{8}' => "\\b".to_owned(),
                '\u{c}' => "\\f".to_owned(),
                '<' | '>' | '&' if self.html => format!("\\u{:04x}", c as u32),
                '\u{2028}' | '\u{2029}' => format!("\\u{:04x}", c as u32),
                c if (c as u32) < 0x20 => format!("\\u{:04x}", c as u32),
                _ => continue,
            };
            self.copy(&text.slice(copied..at))?;
            let from = From::made(text.origins_of(at..at + c.len_utf8()));
            self.copy(&Rendered::new(escape, from))?;
            copied = at + c.len_utf8();
        }
        self.copy(&text.slice(copied..all.len()))?;
        self.mark("\"")
    }
}

/// A float64 as JSON: plain digits up to 1e21.
pub fn float(number: f64) -> String {
    let shown = print::shortest(number, 21);
    // encoding/json writes e-07 as e-7.
    match shown.split_once("e-0") {
        Some((digits, exponent)) => format!("{digits}e-{exponent}"),
        None if number != 0.0 && number.abs() < 1e-4 && number.abs() >= 1e-6 => format!("{number}"),
        None => shown,
    }
}
