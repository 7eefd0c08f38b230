//! How Go prints values: `%v`, and the verbs of `printf` (Go, `fmt/print.go`).

use image_lint_text::meter::Meter;
use image_lint_text::rendered::{Builder, From, Rendered, smear};

use crate::exec::{Given, Stop};
use crate::value::{Kind, Value};

/// `%v`
pub fn value(value: &Value) -> Rendered {
    match value {
        Value::Str(text) => text.clone(),
        other => {
            let mut out = Builder::default();
            push(&mut out, other, &mut Room::default());
            out.finish()
        }
    }
}

/// What printing one value may take. What is shared is printed at each place, so that a few lines make a value whose
/// text has any length; the text is cut there, and whoever keeps it charges it.
struct Room {
    bytes: usize,
    levels: u32,
}

impl Default for Room {
    fn default() -> Self {
        Room {
            bytes: 4 * 1024 * 1024,
            levels: 100,
        }
    }
}

impl Room {
    /// Takes what a value needs by itself, if there is that much left.
    fn take(&mut self, value: &Value) -> bool {
        let needed = 8 + value.as_str().map_or(0, str::len);
        let enough = self.bytes >= needed && self.levels > 0;
        self.bytes = self.bytes.saturating_sub(needed);
        enough
    }
}

fn push(out: &mut Builder, value: &Value, room: &mut Room) {
    let nowhere = &From::Nowhere;
    if !room.take(value) {
        return;
    }
    room.levels -= 1;
    match value {
        Value::Nil => out.push_from("<nil>", nowhere),
        Value::Bool(value, from) => out.push_from(if *value { "true" } else { "false" }, from),
        Value::Int(value, from) | Value::Int64(value, from) => {
            out.push_from(&value.to_string(), from)
        }
        Value::Float(value, from) => out.push_from(&float(*value), from),
        Value::Str(text) => out.push(text),
        Value::List(items) => {
            out.push_from("[", nowhere);
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push_from(" ", nowhere);
                }
                push(out, item, room);
            }
            out.push_from("]", nowhere);
        }
        Value::Map(map) => {
            if let (Kind::Struct(_), Some(shown)) = (map.kind, map.get("\u{0}string")) {
                push(out, &shown, room);
                room.levels += 1;
                return;
            }
            out.push_from("map[", nowhere);
            for (i, (key, item)) in map.entries.borrow().iter().enumerate() {
                if i > 0 {
                    out.push_from(" ", nowhere);
                }
                out.push_from(key, nowhere);
                out.push_from(":", nowhere);
                push(out, item, room);
            }
            out.push_from("]", nowhere);
        }
    }
    room.levels += 1;
}

/// `%v` of a float64: the shortest digits, with an exponent below -4 and from 6 on (Go, `strconv/ftoa.go`, `%e is used if`).
pub fn float(value: f64) -> String {
    shortest(value, 6)
}

/// Go's `strconv.FormatFloat(value, 'g', -1, 64)` with an exponent from `limit` digits on.
pub fn shortest(value: f64, limit: i32) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 {
            "+Inf".into()
        } else {
            "-Inf".into()
        };
    }
    if value == 0.0 {
        return if value.is_sign_negative() {
            "-0".into()
        } else {
            "0".into()
        };
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if exponent < -4 || exponent >= limit {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{digits}e{sign}{:02}", exponent.abs())
    } else {
        format!("{value}")
    }
}

/// Go's `strconv.Quote`, `%q`.
pub fn quoted(text: &Rendered) -> Rendered {
    let mut out = Builder::default();
    out.push_from("\"", &From::Nowhere);
    let all = text.as_str();
    let mut copied = 0;
    for (at, c) in all.char_indices() {
        let Some(escape) = escape(c) else { continue };
        out.push_part(text, copied..at);
        let from = From::made(text.origins_of(at..at + c.len_utf8()));
        out.push_from(&escape, &from);
        copied = at + c.len_utf8();
    }
    out.push_part(text, copied..all.len());
    out.push_from("\"", &From::Nowhere);
    out.finish()
}

fn escape(c: char) -> Option<String> {
    Some(match c {
        '"' => "\\\"".into(),
        '\\' => "\\\\".into(),
        '\n' => "\\n".into(),
        '\t' => "\\t".into(),
        '\r' => "\\r".into(),
        '\u{7}' => "\\a".into(),
        '\u{8}' => "\\b".into(),
        '\u{c}' => "\\f".into(),
        '\u{b}' => "\\v".into(),
        c if (c as u32) < 0x20 || c == '\u{7f}' => format!("\\x{:02x}", c as u32),
        c if (0x80..0xa0).contains(&(c as u32)) || c == '\u{ad}' || c == '\u{feff}' => {
            format!("\\u{:04x}", c as u32)
        }
        _ => return None,
    })
}

/// Largest width or precision of a verb; Go's own is a million.
const MAX_WIDTH: usize = 10_000;

/// A verb with its flags.
#[derive(Default)]
struct Verb {
    minus: bool,
    plus: bool,
    zero: bool,
    sharp: bool,
    space: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// `printf`
pub fn printf(format: &Rendered, arguments: &[Value], meter: &Meter) -> Given<Rendered> {
    meter.produce(format.len())?;
    let mut out = Builder::default();
    let all = format.as_str();
    let (mut at, mut used) = (0, 0);
    while let Some(percent) = all[at..].find('%').map(|i| at + i) {
        out.push_part(format, at..percent);
        let (verb, end) = flags(all, percent + 1)?;
        let Some(c) = all[end..].chars().next() else {
            out.push_from("%!(NOVERB)", &From::Nowhere);
            at = all.len();
            break;
        };
        at = end + c.len_utf8();
        if c == '%' {
            out.push_from("%", &From::Nowhere);
            continue;
        }
        match arguments.get(used) {
            None => out.push_from(&format!("%!{c}(MISSING)"), &From::Nowhere),
            Some(argument) => formatted(&mut out, &verb, c, argument, meter)?,
        }
        used += 1;
    }
    out.push_part(format, at..all.len());
    if used < arguments.len() {
        extra(&mut out, &arguments[used..], meter)?;
    }
    Ok(out.finish())
}

fn extra(out: &mut Builder, arguments: &[Value], meter: &Meter) -> Given<()> {
    out.push_from("%!(EXTRA ", &From::Nowhere);
    for (i, argument) in arguments.iter().enumerate() {
        if i > 0 {
            out.push_from(", ", &From::Nowhere);
        }
        if argument.is_nil() {
            out.push_from("<nil>", &From::Nowhere);
            continue;
        }
        out.push_from(argument.type_name(), &From::Nowhere);
        out.push_from("=", &From::Nowhere);
        let text = value(argument);
        meter.produce(text.len())?;
        out.push(&text);
    }
    out.push_from(")", &From::Nowhere);
    Ok(())
}

fn flags(text: &str, start: usize) -> Given<(Verb, usize)> {
    let bytes = text.as_bytes();
    let mut verb = Verb::default();
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'-' => verb.minus = true,
            b'+' => verb.plus = true,
            b'0' => verb.zero = true,
            b'#' => verb.sharp = true,
            b' ' => verb.space = true,
            _ => break,
        }
        at += 1;
    }
    let number = |at: &mut usize| {
        let start = *at;
        while bytes.get(*at).is_some_and(u8::is_ascii_digit) {
            *at += 1;
        }
        text[start..*at].parse::<usize>().ok()
    };
    verb.width = number(&mut at);
    if bytes.get(at) == Some(&b'.') {
        at += 1;
        verb.precision = Some(number(&mut at).unwrap_or(0));
    }
    if bytes.get(at) == Some(&b'*') || bytes.get(at) == Some(&b'[') {
        return Err(Stop::Unsupported(
            "a width or an index given as an argument of printf".into(),
        ));
    }
    if verb
        .width
        .max(verb.precision)
        .is_some_and(|width| width > MAX_WIDTH)
    {
        return Err(Stop::Failed("%!(BADWIDTH)".into()));
    }
    Ok((verb, at))
}

/// One argument, charged before it is kept: the same long text may be asked for many times.
fn formatted(
    out: &mut Builder,
    verb: &Verb,
    c: char,
    argument: &Value,
    meter: &Meter,
) -> Given<()> {
    meter.step()?;
    let text = match (c, argument) {
        ('v', Value::Str(text)) | ('s', Value::Str(text)) => cut(text, verb),
        ('v', Value::Float(number, from)) => {
            Rendered::new(with_sign(float(*number), *number < 0.0, verb), from.clone())
        }
        ('v', Value::Int(number, from) | Value::Int64(number, from)) => {
            Rendered::new(integer(*number, verb, 10), from.clone())
        }
        ('v', other) => value(other),
        ('T', other) => Rendered::constant(other.type_name()),
        ('s', Value::List(items)) => each(items, verb, c, meter)?,
        ('s', Value::Map(map)) if matches!(map.kind, Kind::Struct(_)) => value(argument),
        ('q', Value::Str(text)) => quoted(text),
        ('q', Value::List(items)) => each(items, verb, c, meter)?,
        ('d', Value::Int(number, from) | Value::Int64(number, from)) => {
            Rendered::new(integer(*number, verb, 10), from.clone())
        }
        ('x', Value::Int(number, from) | Value::Int64(number, from)) => {
            Rendered::new(integer(*number, verb, 16), from.clone())
        }
        ('X', Value::Int(number, from) | Value::Int64(number, from)) => {
            Rendered::new(integer(*number, verb, 16).to_uppercase(), from.clone())
        }
        ('o', Value::Int(number, from) | Value::Int64(number, from)) => {
            Rendered::new(integer(*number, verb, 8), from.clone())
        }
        ('b', Value::Int(number, from) | Value::Int64(number, from)) => {
            Rendered::new(integer(*number, verb, 2), from.clone())
        }
        ('c', Value::Int(number, from) | Value::Int64(number, from)) => {
            let c = u32::try_from(*number)
                .ok()
                .and_then(char::from_u32)
                .unwrap_or('\u{fffd}');
            Rendered::new(c.to_string(), from.clone())
        }
        ('t', Value::Bool(..)) => value(argument),
        ('x', Value::Str(text)) => {
            let hex: String = text.as_str().bytes().map(|b| format!("{b:02x}")).collect();
            Rendered::new(hex, text.smeared())
        }
        ('f' | 'F', Value::Float(number, from)) => {
            let shown = format!("{number:.*}", verb.precision.unwrap_or(6));
            Rendered::new(with_sign(shown, *number < 0.0, verb), from.clone())
        }
        ('g' | 'G', Value::Float(number, from)) if verb.precision.is_none() => {
            Rendered::new(shortest(*number, 6), from.clone())
        }
        ('e', Value::Float(number, from)) => Rendered::new(exponent(*number, verb), from.clone()),
        (_, other) => bad_verb(c, other),
    };
    meter.produce(text.len().max(verb.width.unwrap_or(0)))?;
    pad(out, verb, c, &text);
    Ok(())
}

fn exponent(number: f64, verb: &Verb) -> String {
    let shown = format!("{number:.*e}", verb.precision.unwrap_or(6));
    let (digits, exponent) = shown.split_once('e').unwrap_or((&shown, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

fn cut(text: &Rendered, verb: &Verb) -> Rendered {
    let Some(precision) = verb.precision else {
        return text.clone();
    };
    let end = text
        .as_str()
        .char_indices()
        .nth(precision)
        .map_or(text.len(), |(at, _)| at);
    text.slice(0..end)
}

fn with_sign(shown: String, negative: bool, verb: &Verb) -> String {
    if verb.plus && !negative {
        format!("+{shown}")
    } else {
        shown
    }
}

fn integer(number: i64, verb: &Verb, radix: u32) -> String {
    let magnitude = number.unsigned_abs();
    let digits = match radix {
        16 => format!("{magnitude:x}"),
        8 => format!("{magnitude:o}"),
        2 => format!("{magnitude:b}"),
        _ => magnitude.to_string(),
    };
    let prefix = if verb.sharp && radix == 16 { "0x" } else { "" };
    let sign = match (number < 0, verb.plus, verb.space) {
        (true, _, _) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    };
    let zeros = match (verb.precision, verb.width) {
        (Some(precision), _) => precision,
        (None, Some(width)) if verb.zero && !verb.minus => width.saturating_sub(sign.len()),
        _ => 0,
    };
    format!("{sign}{prefix}{digits:0>zeros$}")
}

fn each(items: &[Value], verb: &Verb, c: char, meter: &Meter) -> Given<Rendered> {
    let _level = meter.deeper()?;
    let mut out = Builder::default();
    out.push_from("[", &From::Nowhere);
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push_from(" ", &From::Nowhere);
        }
        let plain = Verb {
            precision: verb.precision,
            ..Verb::default()
        };
        formatted(&mut out, &plain, c, item, meter)?;
    }
    out.push_from("]", &From::Nowhere);
    Ok(out.finish())
}

fn bad_verb(c: char, argument: &Value) -> Rendered {
    if argument.is_nil() {
        return Rendered::constant(&format!("%!{c}(<nil>)"));
    }
    let shown = value(argument);
    let text = format!("%!{c}({}={})", argument.type_name(), shown.as_str());
    Rendered::new(text, smear([&shown]))
}

fn pad(out: &mut Builder, verb: &Verb, c: char, text: &Rendered) {
    let length = text.as_str().chars().count();
    let missing = verb.width.unwrap_or(0).saturating_sub(length);
    let fill = if verb.zero && !verb.minus && !matches!(c, 'v') {
        "0"
    } else {
        " "
    };
    let padding = fill.repeat(missing);
    if verb.minus {
        out.push(text);
        out.push_from(&padding, &From::Nowhere);
    } else {
        out.push_from(&padding, &From::Nowhere);
        out.push(text);
    }
}
