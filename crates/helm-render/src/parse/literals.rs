//! Numbers, characters and strings as Go writes them.

use image_lint_text::rendered::{Builder, From, Rendered};

use crate::ast::Word;
use crate::lex::{SyntaxError, error};

pub(super) fn number(shown: Rendered, position: usize) -> Result<Word, SyntaxError> {
    let text = shown.as_str();
    if let Some(value) = integer(text) {
        return Ok(Word::Int(value, shown));
    }
    if let Some(value) = hexadecimal(text) {
        return Ok(Word::Float(value, shown));
    }
    match text.replace('_', "").parse::<f64>() {
        Ok(value) => Ok(Word::Float(value, shown)),
        Err(_) => error(format!("bad number syntax: {text:?}"), position),
    }
}

/// `0x1p60`
fn hexadecimal(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.strip_prefix("0x")?.split_once(['p', 'P'])?;
    let mantissa = u64::from_str_radix(mantissa, 16).ok()?;
    let exponent: i32 = exponent.parse().ok()?;
    Some(mantissa as f64 * 2f64.powi(exponent))
}

/// Go's `ParseInt(text, 0, 64)`.
pub fn integer(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = if let Some(hex) = lower.strip_prefix("0x") {
        (16, hex)
    } else if let Some(octal) = lower.strip_prefix("0o") {
        (8, octal)
    } else if let Some(binary) = lower.strip_prefix("0b") {
        (2, binary)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, &lower[1..])
    } else {
        (10, &*lower)
    };
    let digits = digits.replace('_', "");
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let value = u64::from_str_radix(&digits, radix).ok()?;
    if negative {
        0i64.checked_sub_unsigned(value)
    } else {
        i64::try_from(value).ok()
    }
}

pub(super) fn character(shown: Rendered, position: usize) -> Result<Word, SyntaxError> {
    let inner = unescaped(&shown.slice(1..shown.len() - 1), position)?;
    match inner.as_str().chars().next() {
        Some(c) => Ok(Word::Int(i64::from(u32::from(c)), shown)),
        None => error("malformed character constant", position),
    }
}

pub(super) fn unquoted(shown: &Rendered, position: usize) -> Result<Rendered, SyntaxError> {
    unescaped(&shown.slice(1..shown.len() - 1), position)
}

/// Go's escapes undone; what has none stays a copy.
pub(super) fn unescaped(text: &Rendered, position: usize) -> Result<Rendered, SyntaxError> {
    if !text.as_str().contains('\\') {
        return Ok(text.clone());
    }
    let mut out = Builder::default();
    let mut at = 0;
    let all = text.as_str();
    while let Some(slash) = all[at..].find('\\').map(|i| at + i) {
        out.push_part(text, at..slash);
        let Some((c, length)) = escape(&all[slash..]) else {
            return error("invalid syntax in a quoted string", position);
        };
        let from = From::made(text.origins_of(slash..slash + length));
        out.push_from(c.encode_utf8(&mut [0; 4]), &from);
        at = slash + length;
    }
    out.push_part(text, at..all.len());
    Ok(out.finish())
}

/// The character of an escape, and how long it is.
fn escape(text: &str) -> Option<(char, usize)> {
    let simple = match text.as_bytes().get(1)? {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'a' => '\u{7}',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'v' => '\u{b}',
        c @ (b'\\' | b'"' | b'\'') => char::from(*c),
        b'x' => return coded(text, 2, 2, 16),
        b'u' => return coded(text, 2, 4, 16),
        b'U' => return coded(text, 2, 8, 16),
        b'0'..=b'7' => return coded(text, 1, 3, 8),
        _ => return None,
    };
    Some((simple, 2))
}

fn coded(text: &str, start: usize, length: usize, radix: u32) -> Option<(char, usize)> {
    let digits = text.get(start..start + length)?;
    let code = u32::from_str_radix(digits, radix).ok()?;
    Some((char::from_u32(code)?, start + length))
}
