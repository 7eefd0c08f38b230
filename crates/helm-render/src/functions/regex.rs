//! Regular expressions. Go's RE2 and `regex-lite` agree on what charts use; what it cannot parse is not supported.

use regex_lite::{Regex, RegexBuilder};

use image_lint_text::rendered::{Builder, From, Rendered};

use super::Call;
use crate::exec::{Given, Stop};
use crate::value::Value;

pub fn call(call: &Call<'_, '_>) -> Option<Given<Value>> {
    Some(
        match call
            .name
            .strip_prefix("mustR")
            .map_or(call.name.to_owned(), |rest| format!("r{rest}"))
            .as_str()
        {
            "regexMatch" => {
                prepared(call).and_then(|(regex, text)| call.truth(regex.is_match(text.as_str())))
            }
            "regexFind" => find(call),
            "regexFindAll" => find_all(call),
            "regexReplaceAll" => replace(call, false),
            "regexReplaceAllLiteral" => replace(call, true),
            "regexSplit" => split(call),
            "regexQuoteMeta" => call
                .str(0)
                .and_then(|text| call.computed(escaped(text.as_str()))),
            _ => return None,
        },
    )
}

/// Bytes of the largest program that a pattern may become.
const MAX_PROGRAM: usize = 1 << 20;

/// The pattern, and the text it is tried on; a step for each pair of their bytes, which is what trying may take.
fn prepared<'c>(call: &'c Call<'_, '_>) -> Given<(Regex, &'c Rendered)> {
    let (pattern, text) = (call.str(0)?, call.str(1)?);
    let pairs = (pattern.len() as u64 + 1) * (text.len() as u64 + 1);
    call.engine.meter.charge(pairs / 8 + 20)?;
    let built = RegexBuilder::new(pattern.as_str())
        .size_limit(MAX_PROGRAM)
        .build();
    match built {
        Ok(regex) => Ok((regex, text)),
        Err(error) => Err(Stop::Unsupported(format!(
            "the pattern {:?}: {error}",
            pattern.as_str()
        ))),
    }
}

fn find(call: &Call<'_, '_>) -> Given<Value> {
    let (regex, text) = prepared(call)?;
    let found = regex
        .find(text.as_str())
        .map(|found| text.slice(found.range()));
    Ok(Value::Str(found.unwrap_or_default()))
}

fn find_all(call: &Call<'_, '_>) -> Given<Value> {
    let (regex, text) = prepared(call)?;
    let most = usize::try_from(call.int(2)?).unwrap_or(usize::MAX);
    let found = regex.find_iter(text.as_str()).take(most);
    call.new_list(
        found
            .map(|found| Value::Str(text.slice(found.range())))
            .collect(),
    )
}

fn split(call: &Call<'_, '_>) -> Given<Value> {
    let (regex, text) = prepared(call)?;
    let most = match call.int(2)? {
        0 => return call.new_list(Vec::new()),
        most => usize::try_from(most).unwrap_or(usize::MAX),
    };
    let mut pieces = Vec::new();
    let mut start = 0;
    for found in regex.find_iter(text.as_str()) {
        if pieces.len() + 1 >= most {
            break;
        }
        if found.end() == 0 {
            continue;
        }
        pieces.push(Value::Str(text.slice(start..found.start())));
        start = found.end();
    }
    pieces.push(Value::Str(text.slice(start..text.len())));
    call.new_list(pieces)
}

fn replace(call: &Call<'_, '_>, literal: bool) -> Given<Value> {
    let (regex, text) = prepared(call)?;
    let with = call.str(2)?;
    let mut out = Builder::default();
    let mut at = 0;
    for captures in regex.captures_iter(text.as_str()) {
        let Some(whole) = captures.get(0) else {
            continue;
        };
        out.push_part(text, at..whole.start());
        if literal {
            out.push(with);
        } else {
            expand(&mut out, text, with, &captures);
        }
        call.engine.meter.produce(with.len())?;
        at = whole.end();
    }
    out.push_part(text, at..text.len());
    call.new_text(out.finish())
}

/// `$1`, `${1}`, `$name` of the replacement (Go, `regexp.Expand`).
fn expand(
    out: &mut Builder,
    text: &Rendered,
    with: &Rendered,
    captures: &regex_lite::Captures<'_>,
) {
    let all = with.as_str();
    let mut at = 0;
    while let Some(dollar) = all[at..].find('$').map(|i| at + i) {
        out.push_part(with, at..dollar);
        let rest = &all[dollar + 1..];
        if rest.starts_with('$') {
            out.push_from("$", &From::Nowhere);
            at = dollar + 2;
            continue;
        }
        let (name, end) = match rest
            .strip_prefix('{')
            .and_then(|inner| inner.split_once('}'))
        {
            Some((name, _)) => (name, dollar + name.len() + 3),
            None => {
                let length = rest
                    .find(|c: char| c != '_' && !c.is_alphanumeric())
                    .unwrap_or(rest.len());
                (&rest[..length], dollar + 1 + length)
            }
        };
        if name.is_empty() {
            out.push_from("$", &From::Nowhere);
            at = dollar + 1;
            continue;
        }
        let group = match name.parse::<usize>() {
            Ok(number) => captures.get(number),
            Err(_) => captures.name(name),
        };
        if let Some(group) = group {
            out.push_part(text, group.range());
        }
        at = end;
    }
    out.push_part(with, at..all.len());
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
