//! YAML as helm reads and writes it: sigs.k8s.io/yaml, which is go-yaml v2 (YAML 1.1) on its way to and from JSON.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use image_lint_text::meter::Meter;
use image_lint_text::rendered::{Builder, From, Rendered};
use image_lint_text::source::{SourceText, SpanMap};
use image_lint_text::yaml::{self, Kind, Node, Style};

use crate::exec::Given;
use crate::print;
use crate::value::{self, Value};

/// The first document of a text; or why it is none.
pub fn read(text: &Rendered, meter: &Meter) -> Given<Result<Value, String>> {
    let source = SourceText {
        text: Cow::Borrowed(text.as_str()),
        map: SpanMap::Identity { shift: 0 },
    };
    let stream = yaml::parse(&source);
    if let Some(broken) = stream.unread.first() {
        return Ok(Err(format!(
            "error converting YAML to JSON: yaml: {}",
            broken.why
        )));
    }
    match stream.documents.first() {
        None => Ok(Ok(Value::Nil)),
        Some(document) => node(document.root(), text, meter).map(Ok),
    }
}

fn node(node_: Node<'_>, text: &Rendered, meter: &Meter) -> Given<Value> {
    meter.step()?;
    let _level = meter.deeper()?;
    Ok(match node_.kind() {
        Kind::Null => Value::Nil,
        Kind::Scalar => scalar(node_, text, meter)?,
        Kind::Sequence => {
            let items = node_.items().map(|item| node(item, text, meter));
            Value::list(items.collect::<Given<Vec<_>>>()?)
        }
        Kind::Mapping => {
            let mut entries: BTreeMap<Arc<str>, Value> = BTreeMap::new();
            let mut pairs = 0usize;
            for (key, item) in node_.pairs() {
                let plain = key.style() == Some(Style::Plain);
                let name = key.as_str().unwrap_or("");
                if name == "<<" && plain {
                    continue;
                }
                pairs += 1;
                meter.produce(size_of::<Value>())?;
                let item = node(item, text, meter)?;
                let name: Arc<str> = if plain { key_text(name) } else { name.into() };
                entries.insert(name, item);
            }
            meter.charge(pairs as u64)?;
            Value::map(entries)
        }
    })
}

/// A key as JSON has it: numbers and booleans are written out.
fn key_text(name: &str) -> Arc<str> {
    match resolve(name) {
        Scalar::Bool(value) => (if value { "true" } else { "false" }).into(),
        Scalar::Int(value) => value.to_string().into(),
        Scalar::Float(value) => print::shortest(value, 21).into(),
        Scalar::Null => "null".into(),
        Scalar::Text => name.into(),
    }
}

fn scalar(node: Node<'_>, text: &Rendered, meter: &Meter) -> Given<Value> {
    let decoded = node.as_str().unwrap_or("");
    meter.charge(decoded.len() as u64 / 8)?;
    let slice = text.slice(node.span().range());
    if node.style() == Some(Style::Plain) && !node_tagged_as_text(node, text) {
        match resolve(decoded) {
            Scalar::Null => return Ok(Value::Nil),
            Scalar::Bool(value) => return Ok(Value::Bool(value, slice.smeared())),
            // Numbers pass through JSON, where all are floats.
            Scalar::Int(value) => return Ok(Value::Float(value as f64, slice.smeared())),
            Scalar::Float(value) => return Ok(Value::Float(value, slice.smeared())),
            Scalar::Text => {}
        }
    }
    if slice.as_str() == decoded {
        return Ok(Value::Str(slice));
    }
    Ok(Value::Str(Rendered::new(decoded, slice.smeared())))
}

/// `!!str 1.20`
fn node_tagged_as_text(node: Node<'_>, text: &Rendered) -> bool {
    let start = node.span().start as usize;
    let before = text.as_str().get(..start).unwrap_or("");
    before.trim_end_matches(' ').ends_with("!!str")
}

/// How helm prints a plain scalar of a values file, where that is otherwise than it is written: `1.20` as `1.2`, `on` as
/// `true`. None for what is text, or null.
///
/// ```
/// assert_eq!(helm_render::printed_otherwise("20210512").as_deref(), Some("2.0210512e+07"));
/// assert_eq!(helm_render::printed_otherwise("12"), None);
/// ```
pub fn printed_otherwise(written: &str) -> Option<String> {
    let printed = match resolve(written) {
        Scalar::Null | Scalar::Text => return None,
        Scalar::Bool(value) => value.to_string(),
        Scalar::Int(value) => print::float(value as f64),
        Scalar::Float(value) => print::float(value),
    };
    (printed != written).then_some(printed)
}

/// What a plain scalar is in YAML 1.1 (go-yaml v2, `resolve.go`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text,
}

pub fn resolve(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Scalar::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Scalar::Bool(false);
        }
        ".nan" | ".NaN" | ".NAN" => return Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Scalar::Float(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        _ => {}
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return Scalar::Text;
    }
    let plain = text.replace('_', "");
    if let Some(number) = crate::parse::integer(&plain) {
        return Scalar::Int(number);
    }
    if is_float(&plain) || plain.len() > 18 && plain.bytes().all(|byte| byte.is_ascii_digit()) {
        return plain.parse().map_or(Scalar::Text, Scalar::Float);
    }
    Scalar::Text
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let number = digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    number
        && exponent.is_none_or(|e| {
            let e = e.strip_prefix(['+', '-']).unwrap_or(e);
            !e.is_empty() && digits(e)
        })
}

/// `toYaml`
pub fn write(value: &Value, meter: &Meter, out: &mut Builder) -> Given<()> {
    let mut writer = Writer { meter, out };
    match value {
        Value::List(items) if !items.is_empty() => writer.list(items, 0, false),
        Value::Map(map) if !map.entries.borrow().is_empty() => writer.map(map, 0, false),
        other => writer.inline(other, 2),
    }
}

struct Writer<'w> {
    meter: &'w Meter,
    out: &'w mut Builder,
}

impl Writer<'_> {
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

    fn line(&mut self, indent: usize) -> Given<()> {
        self.mark("\n")?;
        self.mark(&" ".repeat(indent))
    }

    /// `started`: the first entry goes on the line that is already begun.
    fn map(&mut self, map: &value::Map, indent: usize, started: bool) -> Given<()> {
        let _level = self.meter.deeper()?;
        let entries = map.entries.borrow();
        let mut entries: Vec<_> = entries
            .iter()
            .filter(|(key, _)| !key.starts_with('\0'))
            .collect();
        entries.sort_by(|(a, _), (b, _)| natural(a, b));
        for (i, (key, item)) in entries.into_iter().enumerate() {
            self.meter.step()?;
            if i > 0 {
                self.line(indent)?;
            } else if !started {
                self.mark(&" ".repeat(0))?;
            }
            self.text(&Rendered::constant(key), indent, true)?;
            self.mark(":")?;
            match item {
                Value::Map(map) if !map.entries.borrow().is_empty() => {
                    self.line(indent + 2)?;
                    self.map(map, indent + 2, true)?;
                }
                Value::List(items) if !items.is_empty() => {
                    self.line(indent)?;
                    self.list(items, indent, true)?;
                }
                other => {
                    self.mark(" ")?;
                    self.inline(other, indent + 2)?;
                }
            }
        }
        Ok(())
    }

    fn list(&mut self, items: &[Value], indent: usize, _started: bool) -> Given<()> {
        let _level = self.meter.deeper()?;
        for (i, item) in items.iter().enumerate() {
            self.meter.step()?;
            if i > 0 {
                self.line(indent)?;
            }
            self.mark("- ")?;
            match item {
                Value::Map(map) if !map.entries.borrow().is_empty() => {
                    self.map(map, indent + 2, true)?
                }
                Value::List(items) if !items.is_empty() => self.list(items, indent + 2, true)?,
                other => self.inline(other, indent + 2)?,
            }
        }
        Ok(())
    }

    fn inline(&mut self, value: &Value, indent: usize) -> Given<()> {
        match value {
            Value::Nil => self.mark("null"),
            Value::Bool(..) | Value::Int(..) | Value::Int64(..) => self.copy(&print::value(value)),
            Value::Float(number, from) => {
                let shown = print::shortest(*number, 21);
                self.copy(&Rendered::new(shown, from.clone()))
            }
            Value::Str(text) => self.text(text, indent, false),
            Value::List(_) => self.mark("[]"),
            Value::Map(_) => self.mark("{}"),
        }
    }

    fn text(&mut self, text: &Rendered, indent: usize, key: bool) -> Given<()> {
        let all = text.as_str();
        let looks = Looks::of(all);
        if all.contains('\n') && !key && looks.block {
            return self.literal(text, indent);
        }
        if all.contains('\n') {
            return self.double(text);
        }
        if resolve(all) != Scalar::Text || is_base60(all) {
            return self.double(text);
        }
        if looks.plain {
            return self.copy(text);
        }
        if !looks.single {
            return self.double(text);
        }
        self.mark("'")?;
        let mut at = 0;
        for (quote, _) in all.match_indices('\'') {
            self.copy(&text.slice(at..quote + 1))?;
            self.mark("'")?;
            at = quote + 1;
        }
        self.copy(&text.slice(at..all.len()))?;
        self.mark("'")
    }

    fn literal(&mut self, text: &Rendered, indent: usize) -> Given<()> {
        let all = text.as_str();
        self.mark("|")?;
        if all.starts_with([' ', '\n']) {
            self.mark("2")?;
        }
        if !all.ends_with('\n') {
            self.mark("-")?;
        } else if all.ends_with("\n\n") || all == "\n" {
            self.mark("+")?;
        }
        let body = all.strip_suffix('\n').unwrap_or(all);
        let mut at = 0;
        for line in body.split('\n') {
            self.mark("\n")?;
            if !line.is_empty() {
                self.mark(&" ".repeat(indent))?;
                self.copy(&text.slice(at..at + line.len()))?;
            }
            at += line.len() + 1;
        }
        Ok(())
    }

    fn double(&mut self, text: &Rendered) -> Given<()> {
        self.mark("\"")?;
        let all = text.as_str();
        let mut copied = 0;
        for (at, c) in all.char_indices() {
            let escape = match c {
                '"' => "\\\"".to_owned(),
                '\\' => "\\\\".to_owned(),
                '\n' => "\\n".to_owned(),
                '\t' => "\\t".to_owned(),
                '\r' => "\\r".to_owned(),
                '\0' => "\\0".to_owned(),
                '\u{7}' => "\\a".to_owned(),
                '\u{8}' => "\\b".to_owned(),
                '\u{1b}' => "\\e".to_owned(),
                c if (c as u32) < 0x20 || c == '\u{7f}' => format!("\\x{:02X}", c as u32),
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

/// `12:30:45`, a number to YAML 1.1.
fn is_base60(text: &str) -> bool {
    text.contains(':')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.' | b'_' | b'+' | b'-'))
        && text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'))
}

/// In which styles a text can be written (libyaml, `yaml_emitter_analyze_scalar`).
struct Looks {
    plain: bool,
    single: bool,
    block: bool,
}

impl Looks {
    fn of(text: &str) -> Looks {
        let special = text.chars().any(|c| {
            !matches!(c, '\n' | '\t' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
                || c == '\u{feff}'
        });
        let tab = text.contains('\t');
        let space_break = text.contains(" \n");
        let break_space = text.contains("\n ");
        let edges = text.starts_with([' ', '\n']) || text.ends_with([' ', '\n']) || text.is_empty();
        Looks {
            plain: !special && !tab && !edges && !text.contains('\n') && !indicators(text),
            single: !special && !tab && !space_break && !break_space,
            block: !special && !space_break && !text.ends_with(' '),
        }
    }
}

fn indicators(text: &str) -> bool {
    if text.starts_with("---") || text.starts_with("...") {
        return true;
    }
    let bytes = text.as_bytes();
    let space_after = |at: usize| {
        bytes
            .get(at + 1)
            .is_none_or(|next| matches!(next, b' ' | b'\t' | b'\n'))
    };
    let first = bytes
        .first()
        .is_some_and(|first| b"#,[]{}&*!|>'\"%@`".contains(first))
        || matches!(bytes.first(), Some(b'-' | b'?' | b':')) && space_after(0);
    first
        || bytes.iter().enumerate().any(|(at, byte)| match byte {
            b':' => space_after(at),
            b'#' => at > 0 && bytes[at - 1] == b' ',
            _ => false,
        })
}

/// The order of keys (go-yaml v2, `sorter.go`): numbers within them by their value, letters after all else.
fn natural(a: &str, b: &str) -> Ordering {
    let (left, right): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut i = 0;
    while i < left.len() && i < right.len() {
        let (x, y) = (left[i], right[i]);
        if x == y {
            i += 1;
            continue;
        }
        let (xl, yl) = (x.is_alphabetic(), y.is_alphabetic());
        if xl && yl {
            return x.cmp(&y);
        }
        if xl || yl {
            // Letters after digits stand before what is no letter.
            let after_digit = i > 0 && left[i - 1].is_ascii_digit();
            let _ = after_digit;
            return if xl {
                Ordering::Greater
            } else {
                Ordering::Less
            };
        }
        let (an, ad) = number(&left, i);
        let (bn, bd) = number(&right, i);
        if ad > 0 && bd > 0 && an != bn {
            return an.cmp(&bn);
        }
        return x.cmp(&y);
    }
    left.len().cmp(&right.len())
}

fn number(text: &[char], at: usize) -> (u64, usize) {
    let digits: Vec<char> = text[at..]
        .iter()
        .take_while(|c| c.is_ascii_digit())
        .take(18)
        .copied()
        .collect();
    let value = digits.iter().collect::<String>().parse().unwrap_or(0);
    (value, digits.len())
}

#[cfg(test)]
mod tests;
