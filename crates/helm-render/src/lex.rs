//! Tokens of Go's text/template, with their bytes (Go, `text/template/parse/lex.go`).

use std::ops::Range;

/// A part of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Text between actions, white space already trimmed as the marks say.
    Text(Range<usize>),
    /// The inside of an action, without its marks.
    Action(Range<usize>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A keyword or a function.
    Word,
    /// `.x`
    Field,
    /// `$` or `$x`
    Variable,
    Dot,
    Number,
    /// A string in quotes.
    Quoted,
    /// A string in backquotes.
    Raw,
    Character,
    Open,
    Close,
    Pipe,
    Declare,
    Assign,
    Comma,
    Space,
}

/// What is not a template, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct SyntaxError {
    pub why: String,
    pub at: usize,
}

pub fn error<T>(why: impl Into<String>, at: usize) -> Result<T, SyntaxError> {
    Err(SyntaxError {
        why: why.into(),
        at,
    })
}

const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// Splits a template into text and actions.
pub fn parts(text: &str) -> Result<Vec<Part>, SyntaxError> {
    let mut parts = Vec::new();
    let mut at = 0;
    let mut trim = false;
    while let Some(open) = text[at..].find("{{").map(|i| at + i) {
        let mut inside = open + 2;
        let left = text[inside..].starts_with('-') && text[inside + 1..].starts_with(SPACE);
        push_text(text, at..open, trim, left, &mut parts);
        if left {
            inside += 2;
        }
        let end = if text[inside..].starts_with("/*") {
            comment(text, inside)?
        } else {
            let end = action_end(text, inside)?;
            parts.push(Part::Action(inside..end.inner));
            end
        };
        at = end.outer;
        trim = end.trims;
    }
    push_text(text, at..text.len(), trim, false, &mut parts);
    Ok(parts)
}

fn push_text(text: &str, range: Range<usize>, left: bool, right: bool, parts: &mut Vec<Part>) {
    let (mut start, mut end) = (range.start, range.end);
    if right {
        end = start + text[start..end].trim_end_matches(SPACE).len();
    }
    if left {
        start = end - text[start..end].trim_start_matches(SPACE).len();
    }
    if start < end {
        parts.push(Part::Text(start..end));
    }
}

/// Where an action ends: its content, its mark, and whether the text after it is trimmed.
struct End {
    inner: usize,
    outer: usize,
    trims: bool,
}

fn comment(text: &str, start: usize) -> Result<End, SyntaxError> {
    let Some(inner) = text[start..].find("*/").map(|i| start + i + 2) else {
        return error("unclosed comment", start);
    };
    match end_mark(text, inner) {
        Some(end) => Ok(end),
        None => error("comment ends before closing delimiter", start),
    }
}

fn end_mark(text: &str, at: usize) -> Option<End> {
    let rest = &text[at..];
    let (length, trims) = if rest.starts_with("}}") {
        (2, false)
    } else if rest.starts_with(SPACE) && rest[1..].starts_with("-}}") {
        (4, true)
    } else {
        return None;
    };
    Some(End {
        inner: at,
        outer: at + length,
        trims,
    })
}

fn action_end(text: &str, start: usize) -> Result<End, SyntaxError> {
    let mut at = start;
    loop {
        if let Some(end) = end_mark(text, at) {
            return Ok(end);
        }
        match text.as_bytes().get(at) {
            None => return error("unclosed action", start),
            Some(b'"' | b'\'') => at = quoted_end(text, at)?,
            Some(b'`') => at = raw_end(text, at)?,
            Some(_) => at += text[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
}

fn quoted_end(text: &str, start: usize) -> Result<usize, SyntaxError> {
    let bytes = text.as_bytes();
    let quote = bytes[start];
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'\n' => break,
            byte if *byte == quote => return Ok(at + 1),
            _ => at += 1,
        }
    }
    error("unterminated quoted string", start)
}

fn raw_end(text: &str, start: usize) -> Result<usize, SyntaxError> {
    match text[start + 1..].find('`') {
        Some(i) => Ok(start + 1 + i + 1),
        None => error("unterminated raw quoted string", start),
    }
}

/// Tokens of the inside of an action.
pub fn tokens(text: &str, range: Range<usize>) -> Result<Vec<(Token, Range<usize>)>, SyntaxError> {
    let mut tokens = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let (token, end) = token(&text[..range.end], at)?;
        tokens.push((token, at..end));
        at = end;
    }
    Ok(tokens)
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn word_end(text: &str, at: usize) -> usize {
    at + text[at..].find(|c| !is_word(c)).unwrap_or(text.len() - at)
}

fn token(text: &str, at: usize) -> Result<(Token, usize), SyntaxError> {
    let rest = &text[at..];
    // The caller gives an offset within the text, at a character.
    let first = rest.chars().next().unwrap_or(' ');
    let next = rest[first.len_utf8()..].chars().next();
    let one = at + first.len_utf8();
    let found = match first {
        c if SPACE.contains(&c) => {
            let length = rest.find(|c| !SPACE.contains(&c)).unwrap_or(rest.len());
            (Token::Space, at + length)
        }
        ':' if next == Some('=') => (Token::Declare, at + 2),
        '=' => (Token::Assign, one),
        '|' => (Token::Pipe, one),
        ',' => (Token::Comma, one),
        '(' => (Token::Open, one),
        ')' => (Token::Close, one),
        '"' => (Token::Quoted, quoted_end(text, at)?),
        '\'' => (Token::Character, quoted_end(text, at)?),
        '`' => (Token::Raw, raw_end(text, at)?),
        '$' => (Token::Variable, word_end(text, one)),
        '.' if next.is_some_and(|c| c.is_ascii_digit()) => (Token::Number, number_end(text, at)),
        '.' if next.is_some_and(is_word) => (Token::Field, word_end(text, one)),
        '.' => (Token::Dot, one),
        '+' | '-' if next.is_some_and(|c| c.is_ascii_digit() || c == '.') => {
            (Token::Number, number_end(text, at))
        }
        c if c.is_ascii_digit() => (Token::Number, number_end(text, at)),
        c if is_word(c) => (Token::Word, word_end(text, at)),
        c => return error(format!("unexpected {c:?} in command"), at),
    };
    Ok(found)
}

fn number_end(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let mut end = at + 1;
    while let Some(byte) = bytes.get(end) {
        let sign =
            matches!(byte, b'+' | b'-') && matches!(bytes[end - 1], b'e' | b'E' | b'p' | b'P');
        if !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_') || sign) {
            break;
        }
        end += 1;
    }
    end
}
