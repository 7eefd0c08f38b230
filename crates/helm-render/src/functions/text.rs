//! Functions of text.

mod cases;
mod escapes;

use image_lint_text::rendered::{Builder, From, Rendered};

use self::cases::{camel, capitals, cased, swapped};
use self::escapes::{html, js, url_query};
use super::Call;
use crate::exec::Given;
use crate::print;
use crate::value::{Kind, Value};

pub fn call(call: &Call<'_, '_>) -> Option<Given<Value>> {
    Some(match call.name {
        "quote" => quote(call, true),
        "squote" => quote(call, false),
        "print" | "println" => printed(call),
        "printf" => call.str(0).and_then(|format| {
            print::printf(format, &call.arguments[1..], call.engine.meter).map(Value::Str)
        }),
        "trim" => call
            .str(0)
            .map(|text| trimmed(text, char::is_whitespace, true, true)),
        "trimAll" | "trimall" => with_set(call),
        "trimSuffix" => affix(call, |text, suffix| {
            text.strip_suffix(suffix).map(|rest| 0..rest.len())
        }),
        "trimPrefix" => affix(call, |text, prefix| {
            text.strip_prefix(prefix).map(|_| prefix.len()..text.len())
        }),
        "trunc" => trunc(call),
        "substr" => substr(call),
        "indent" => indent(call, false),
        "nindent" => indent(call, true),
        "replace" => replace(call),
        "repeat" => repeat(call),
        "cat" => cat(call),
        "upper" => changed(call, str::to_uppercase),
        "lower" => changed(call, str::to_lowercase),
        "title" => changed(call, |text| capitals(text, true)),
        "untitle" => changed(call, |text| capitals(text, false)),
        "swapcase" => changed(call, swapped),
        "snakecase" => changed(call, |text| cased(text, '_')),
        "kebabcase" => changed(call, |text| cased(text, '-')),
        "camelcase" => changed(call, camel),
        "nospace" => changed(call, |text| text.split_whitespace().collect()),
        "initials" => changed(call, |text| {
            text.split_whitespace()
                .filter_map(|word| word.chars().next())
                .collect()
        }),
        "contains" => test(call, |text, part| text.contains(part)),
        "hasPrefix" => test(call, |text, part| text.starts_with(part)),
        "hasSuffix" => test(call, |text, part| text.ends_with(part)),
        "split" => split(call, None),
        "splitn" => call
            .int(1)
            .and_then(|count| split(call, usize::try_from(count).ok())),
        "splitList" => split_list(call),
        "plural" => plural(call),
        "abbrev" => call
            .int(0)
            .and_then(|width| abbreviated(call, 0, width, call.str(1)?)),
        "abbrevboth" => {
            let bounds = || Ok((call.int(0)?, call.int(1)?));
            bounds().and_then(|(left, right)| abbreviated(call, left, right, call.str(2)?))
        }
        "wrap" | "wrapWith" => wrap(call),
        "hello" => super::types::constant("Hello!"),
        "html" => changed_all(call, html),
        "js" => changed_all(call, js),
        "urlquery" => changed_all(call, url_query),
        _ => return None,
    })
}

fn quote(call: &Call<'_, '_>, double: bool) -> Given<Value> {
    let mut out = Builder::default();
    for value in call.arguments.iter().filter(|value| !value.is_nil()) {
        if !out.is_empty() {
            out.push_from(" ", &From::Nowhere);
        }
        let text = call.shown(value)?;
        if double {
            out.push(&print::quoted(&text));
        } else {
            out.push_from("'", &From::Nowhere);
            out.push(&text);
            out.push_from("'", &From::Nowhere);
        }
    }
    Ok(Value::Str(out.finish()))
}

/// `fmt.Sprint`: a space between two that are no strings. `fmt.Sprintln`: between all.
fn printed(call: &Call<'_, '_>) -> Given<Value> {
    let line = call.name == "println";
    let mut out = Builder::default();
    for (i, value) in call.arguments.iter().enumerate() {
        let texts = value.as_str().is_some() || i > 0 && call.arguments[i - 1].as_str().is_some();
        if i > 0 && (line || !texts) {
            out.push_from(" ", &From::Nowhere);
        }
        out.push(&call.shown(value)?);
    }
    if line {
        out.push_from("\n", &From::Nowhere);
    }
    Ok(Value::Str(out.finish()))
}

fn trimmed(text: &Rendered, out: impl Fn(char) -> bool, left: bool, right: bool) -> Value {
    let all = text.as_str();
    let start = if left {
        all.len() - all.trim_start_matches(&out).len()
    } else {
        0
    };
    let end = if right {
        start + all[start..].trim_end_matches(&out).len()
    } else {
        all.len()
    };
    Value::Str(text.slice(start..end))
}

fn with_set(call: &Call<'_, '_>) -> Given<Value> {
    let set = call.str(0)?;
    Ok(trimmed(
        call.str(1)?,
        |c| set.as_str().contains(c),
        true,
        true,
    ))
}

fn affix(
    call: &Call<'_, '_>,
    cut: fn(&str, &str) -> Option<std::ops::Range<usize>>,
) -> Given<Value> {
    let (affix, text) = (call.str(0)?, call.str(1)?);
    Ok(Value::Str(match cut(text.as_str(), affix.as_str()) {
        Some(range) => text.slice(range),
        None => text.clone(),
    }))
}

/// sprig counts bytes; half a character is left out here.
fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

fn trunc(call: &Call<'_, '_>) -> Given<Value> {
    let count = call.int(0)?;
    let text = call.str(1)?;
    let all = text.as_str();
    let length = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    let range = if length >= all.len() {
        0..all.len()
    } else if count < 0 {
        boundary(all, all.len() - length)..all.len()
    } else {
        0..boundary(all, length)
    };
    Ok(Value::Str(text.slice(range)))
}

fn substr(call: &Call<'_, '_>) -> Given<Value> {
    let (start, end) = (call.int(0)?, call.int(1)?);
    let text = call.str(2)?;
    let all = text.as_str();
    let length = all.len() as i64;
    let range = if start < 0 {
        0..end
    } else if end < 0 || end > length {
        start..length
    } else {
        start..end
    };
    let bounds = usize::try_from(range.start)
        .ok()
        .zip(usize::try_from(range.end).ok());
    match bounds.filter(|(start, end)| start <= end && *end <= all.len()) {
        Some((start, end)) => Ok(Value::Str(
            text.slice(boundary(all, start)..boundary(all, end)),
        )),
        None => call.fail("runtime error: slice bounds out of range"),
    }
}

/// Widest indentation.
const MAX_INDENT: usize = 1000;

fn indent(call: &Call<'_, '_>, line_first: bool) -> Given<Value> {
    let width = usize::try_from(call.int(0)?)
        .ok()
        .filter(|width| *width <= MAX_INDENT);
    let Some(width) = width else {
        return call.fail("strings: negative Repeat count");
    };
    let text = call.str(1)?;
    let pad = " ".repeat(width);
    let all = text.as_str();
    let lines = all.bytes().filter(|byte| *byte == b'\n').count() + 1;
    call.engine.meter.produce(all.len() + lines * width)?;
    let mut out = Builder::default();
    if line_first {
        out.push_from("\n", &From::Nowhere);
    }
    let mut start = 0;
    for line in all.split_inclusive('\n') {
        out.push_from(&pad, &From::Nowhere);
        out.push_part(text, start..start + line.len());
        start += line.len();
    }
    if all.is_empty() || all.ends_with('\n') {
        out.push_from(&pad, &From::Nowhere);
    }
    Ok(Value::Str(out.finish()))
}

fn replace(call: &Call<'_, '_>) -> Given<Value> {
    let (old, new, text) = (call.str(0)?, call.str(1)?, call.str(2)?);
    let all = text.as_str();
    let mut out = Builder::default();
    let mut at = 0;
    for (found, part) in all.match_indices(old.as_str()) {
        call.engine.meter.produce(new.len() + (found - at))?;
        out.push_part(text, at..found);
        out.push(new);
        at = found + part.len();
    }
    out.push_part(text, at..all.len());
    call.new_text(out.finish())
}

/// Most repetitions that keep their own origins.
const MAX_PLACED_REPEATS: usize = 1000;

fn repeat(call: &Call<'_, '_>) -> Given<Value> {
    let text = call.str(1)?;
    let Ok(count) = usize::try_from(call.int(0)?) else {
        return call.fail("strings: negative Repeat count");
    };
    call.engine
        .meter
        .produce(text.len().saturating_mul(count))?;
    if count > MAX_PLACED_REPEATS {
        // An origin for each would take many times the memory of the text.
        let all = text.as_str().repeat(count);
        return Ok(Value::Str(Rendered::new(all, text.smeared())));
    }
    let mut out = Builder::default();
    if !text.is_empty() {
        for _ in 0..count {
            out.push(text);
        }
    }
    Ok(Value::Str(out.finish()))
}

fn cat(call: &Call<'_, '_>) -> Given<Value> {
    let mut out = Builder::default();
    for (i, value) in call
        .arguments
        .iter()
        .filter(|value| !value.is_nil())
        .enumerate()
    {
        if i > 0 {
            out.push_from(" ", &From::Nowhere);
        }
        out.push(&call.shown(value)?);
    }
    Ok(Value::Str(out.finish()))
}

/// Each character keeps its origin where there are as many afterwards as before.
fn changed(call: &Call<'_, '_>, change: fn(&str) -> String) -> Given<Value> {
    let text = call.str(0)?;
    let new = change(text.as_str());
    if new == text.as_str() {
        return Ok(Value::Str(text.clone()));
    }
    call.computed(new)
}

fn changed_all(call: &Call<'_, '_>, change: fn(&str) -> String) -> Given<Value> {
    let shown = call.arguments.iter().map(|value| match value {
        Value::Nil => Value::text("<no value>"),
        other => other.clone(),
    });
    let all = Call {
        arguments: shown.collect(),
        ..*call
    };
    let Value::Str(text) = printed(&all)? else {
        return call.fail("no text");
    };
    call.computed(change(text.as_str()))
}

fn test(call: &Call<'_, '_>, holds: fn(&str, &str) -> bool) -> Given<Value> {
    let (part, text) = (call.str(0)?, call.str(1)?);
    call.truth(holds(text.as_str(), part.as_str()))
}

fn pieces(text: &Rendered, separator: &str, most: Option<usize>) -> Vec<Rendered> {
    let all = text.as_str();
    if separator.is_empty() {
        let chars = all.char_indices();
        return chars
            .map(|(at, c)| text.slice(at..at + c.len_utf8()))
            .collect();
    }
    let mut out = Vec::new();
    let mut at = 0;
    for (found, part) in all.match_indices(separator) {
        if most.is_some_and(|most| out.len() + 1 >= most) {
            break;
        }
        out.push(text.slice(at..found));
        at = found + part.len();
    }
    out.push(text.slice(at..all.len()));
    out
}

/// `{_0: …, _1: …}`
fn split(call: &Call<'_, '_>, most: Option<usize>) -> Given<Value> {
    let separator = call.str(0)?;
    let text = call.str(call.count().saturating_sub(1))?;
    let pieces = pieces(text, separator.as_str(), most);
    call.engine.meter.charge(pieces.len() as u64)?;
    let numbered = pieces.into_iter().enumerate();
    Ok(Value::of(
        numbered
            .map(|(i, piece)| (format!("_{i}").into(), Value::Str(piece)))
            .collect(),
        Kind::Texts,
    ))
}

fn split_list(call: &Call<'_, '_>) -> Given<Value> {
    let (separator, text) = (call.str(0)?, call.str(1)?);
    call.new_list(
        pieces(text, separator.as_str(), None)
            .into_iter()
            .map(Value::Str)
            .collect(),
    )
}

fn plural(call: &Call<'_, '_>) -> Given<Value> {
    Ok(call.get(usize::from(call.int(2)? != 1))?.clone())
}

/// goutils' `AbbreviateFull`, which counts bytes.
fn abbreviated(call: &Call<'_, '_>, left: i64, width: i64, text: &Rendered) -> Given<Value> {
    let all = text.as_str();
    let whole = Ok(Value::Str(text.clone()));
    let Some(width) = usize::try_from(width).ok().filter(|width| *width >= 4) else {
        return whole;
    };
    if left > 0 && width < 7 || all.len() <= width {
        return whole;
    }
    let kept = width - 3;
    let left = usize::try_from(left).unwrap_or(0).min(all.len());
    let left = if all.len() - left < kept {
        all.len() - kept
    } else {
        left
    };
    let part = if left <= 4 {
        0..kept
    } else if left + kept < all.len() {
        // The rest is cut once more.
        left..left + kept - 3
    } else {
        all.len() - kept..all.len()
    };
    let (before, after) = (left > 4, part.end < all.len());
    let mut out = Builder::default();
    if before {
        out.push_from("...", &From::Nowhere);
    }
    out.push_part(text, boundary(all, part.start)..boundary(all, part.end));
    if after {
        out.push_from("...", &From::Nowhere);
    }
    call.new_text(out.finish())
}

/// Breaks lines at spaces (github.com/Masterminds/goutils, `WrapCustom`).
fn wrap(call: &Call<'_, '_>) -> Given<Value> {
    let width = usize::try_from(call.int(0)?).unwrap_or(1).max(1);
    let custom = call.name == "wrapWith";
    let separator = if custom { call.str(1)?.as_str() } else { "\n" };
    let text = call.str(call.count().saturating_sub(1))?.as_str();
    let mut out = String::new();
    let mut line = 0;
    for word in text.split(' ') {
        if line > 0 && line + 1 + word.len() > width {
            out.push_str(separator);
            line = 0;
        } else if line > 0 {
            out.push(' ');
            line += 1;
        }
        out.push_str(word);
        line += word.len();
    }
    call.computed(out)
}
