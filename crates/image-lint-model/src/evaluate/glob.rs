//! Shell patterns of `${X#p}`, `${X%p}` and `${X/p/w}`: `*`, `?`, `[…]` and `\` (POSIX Shell Command Language, 2.13).

use super::MAX_TEXT;

/// Longer patterns are not evaluated: the work is pattern times text, for each place where a match may start.
const MAX_TOKENS: usize = 64;

/// Longer texts are not searched with a pattern. References are shorter.
const MAX_SUBJECT: usize = 1024;

#[derive(Debug)]
enum Token {
    Char(char),
    /// `?`
    One,
    /// `*`
    Any,
    /// `[…]`: ranges, and whether it is negated.
    Class(Vec<(char, char)>, bool),
}

/// A pattern that was read.
#[derive(Debug)]
pub(super) struct Pattern {
    tokens: Vec<Token>,
}

impl Pattern {
    /// None when the pattern is too long to be worth it.
    pub(super) fn new(text: &str) -> Option<Self> {
        let mut tokens = Vec::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            if tokens.len() >= MAX_TOKENS {
                return None;
            }
            rest = &rest[c.len_utf8()..];
            match c {
                '*' => {
                    if !matches!(tokens.last(), Some(Token::Any)) {
                        tokens.push(Token::Any);
                    }
                }
                '?' => tokens.push(Token::One),
                '[' => match class(rest) {
                    Some((token, len)) => {
                        tokens.push(token);
                        rest = &rest[len..];
                    }
                    None => tokens.push(Token::Char('[')),
                },
                '\\' => {
                    let next = rest.chars().next().unwrap_or('\\');
                    rest = &rest[next.len_utf8().min(rest.len())..];
                    tokens.push(Token::Char(next));
                }
                c => tokens.push(Token::Char(c)),
            }
        }
        Some(Pattern { tokens })
    }

    /// An upper bound of the steps that one use costs.
    pub(super) fn cost(&self, text: &str) -> usize {
        (self.tokens.len() + 1) * text.len().min(MAX_SUBJECT) * 8
    }

    pub(super) fn trim_prefix(&self, text: &str, longest: bool) -> Option<String> {
        let chars = subject(text)?;
        let ends = reach(self.tokens.iter(), &chars);
        let cut = if longest {
            ends.iter().rposition(|e| *e)
        } else {
            ends.iter().position(|e| *e)
        };
        Some(chars[cut.unwrap_or(0)..].iter().collect())
    }

    pub(super) fn trim_suffix(&self, text: &str, longest: bool) -> Option<String> {
        let mut chars = subject(text)?;
        chars.reverse();
        let ends = reach(self.tokens.iter().rev(), &chars);
        let cut = if longest {
            ends.iter().rposition(|e| *e)
        } else {
            ends.iter().position(|e| *e)
        };
        Some(chars[cut.unwrap_or(0)..].iter().rev().collect())
    }

    /// The longest match at the first place where one starts; all of them with `all`. None when the text is too long
    /// or would become so.
    pub(super) fn replace(&self, text: &str, with: &str, all: bool) -> Option<String> {
        let chars = subject(text)?;
        let mut out = String::new();
        let mut at = 0;
        let mut done = self.tokens.is_empty();
        while at < chars.len() {
            let end = if done {
                0
            } else {
                reach(self.tokens.iter(), &chars[at..])
                    .iter()
                    .rposition(|e| *e)
                    .unwrap_or(0)
            };
            if end == 0 {
                out.push(chars[at]);
                at += 1;
            } else {
                out.push_str(with);
                at += end;
                done = !all;
            }
            if out.len() > MAX_TEXT {
                return None;
            }
        }
        Some(out)
    }
}

fn subject(text: &str) -> Option<Vec<char>> {
    (text.len() <= MAX_SUBJECT).then(|| text.chars().collect())
}

/// For each length of a prefix of `chars`, whether the tokens match exactly that prefix.
fn reach<'t>(tokens: impl Iterator<Item = &'t Token>, chars: &[char]) -> Vec<bool> {
    let mut ends = vec![false; chars.len() + 1];
    ends[0] = true;
    for token in tokens {
        if let Token::Any = token {
            let mut seen = false;
            for end in &mut ends {
                seen |= *end;
                *end = seen;
            }
            continue;
        }
        for i in (0..chars.len()).rev() {
            ends[i + 1] = ends[i] && token.takes(chars[i]);
        }
        ends[0] = false;
        if !ends.contains(&true) {
            break;
        }
    }
    ends
}

impl Token {
    fn takes(&self, c: char) -> bool {
        match self {
            Token::Char(own) => *own == c,
            Token::One | Token::Any => true,
            Token::Class(ranges, negated) => {
                ranges.iter().any(|(a, z)| (*a..=*z).contains(&c)) != *negated
            }
        }
    }
}

/// Reads what follows `[`: the token and its length up to and with `]`; None without a `]`.
fn class(rest: &str) -> Option<(Token, usize)> {
    let mut ranges = Vec::new();
    let mut chars = rest.char_indices().peekable();
    let negated = chars.next_if(|(_, c)| matches!(c, '!' | '^')).is_some();
    let mut first = true;
    while let Some((i, c)) = chars.next() {
        if c == ']' && !first {
            return Some((Token::Class(ranges, negated), i + 1));
        }
        first = false;
        let mut ahead = chars.clone();
        if let (Some((_, '-')), Some((_, z))) = (ahead.next(), ahead.next())
            && z != ']'
        {
            ranges.push((c, z));
            chars = ahead;
        } else {
            ranges.push((c, c));
        }
        if ranges.len() > MAX_TOKENS {
            return None;
        }
    }
    None
}
