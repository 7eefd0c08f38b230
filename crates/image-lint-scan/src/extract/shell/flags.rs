//! Splits the arguments of a command into flags and positional arguments by pflag's rules.
//!
//! pflag (github.com/spf13/pflag, `flag.go` parseLongArg and parseShortArg): `--x v`, `--x=v`, no prefixes; `-t v`,
//! `-tv`, `-t=v`; clusters are scanned left to right and the first letter with a value eats the rest of the word or the
//! next word; `--` ends flags; switches take a value only behind `=`.

use crate::extract::shell::field::Field;
use crate::extract::shell::grammar::{Arity, Flags};
use image_lint_model::value::Piece;
use image_lint_text::source::Span;

/// One flag as given.
#[derive(Clone, Debug)]
pub struct Flag {
    /// Long name when the table knows it, else as written, without dashes.
    pub name: Box<str>,
    pub value: Option<Field>,
    /// From its dash to the end of its value.
    pub span: Span,
}

/// The arguments of a command by kind.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    pub flags: Vec<Flag>,
    pub positionals: Vec<Field>,
    /// An argument that may hold further flags: an unquoted variable nobody knows.
    pub open: bool,
    /// A flag behind a positional argument of a command that does not allow it.
    pub late_flag: Option<Span>,
    /// A flag that no table has; what follows it may have been read wrongly.
    pub unknown_flag: bool,
}

impl Arguments {
    /// The last flag of a name: repeated flags, the last one counts.
    pub fn last(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().rev().find(|f| &*f.name == name)
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Flag> {
        self.flags.iter().filter(move |f| &*f.name == name)
    }

    /// Whether a switch is on; None: its value is open.
    pub fn switch(&self, name: &str) -> Option<bool> {
        match self.last(name) {
            None => Some(false),
            Some(Flag { value: None, .. }) => Some(true),
            Some(Flag {
                value: Some(value), ..
            }) => value
                .known()
                .map(|v| matches!(&*v, "true" | "1" | "t" | "T" | "TRUE" | "True")),
        }
    }
}

/// Where to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Flags may stand anywhere.
    Never,
    /// Flags end at the first positional argument; a later one is an error of the user.
    AtFirstPositional,
    /// Everything behind the n-th positional argument belongs to another program.
    Behind(usize),
}

/// Splits `words`; flags are looked up in `own` and then in `globals`.
pub fn split(words: &[Field], own: &Flags, globals: &Flags, stop: Stop) -> Arguments {
    let mut out = Arguments::default();
    let mut i = 0;
    let mut only_positionals = false;
    while i < words.len() {
        let word = &words[i];
        let text = word.known_prefix();
        i += 1;
        if only_positionals || !text.starts_with('-') || text == "-" && word.known().is_some() {
            if word.splits && is_options_variable(word) {
                out.open = true;
                continue;
            }
            if word.splits && word.known().is_none() && names_all_arguments(word) {
                out.open = true;
            }
            let behind = matches!(stop, Stop::Behind(_)) && out.positionals.is_empty();
            if behind && holds_flags(word, &words[i..], own) {
                out.open = true;
                continue;
            }
            if word.known().is_some_and(|t| t.is_empty()) && word.splits {
                continue;
            }
            out.positionals.push(word.clone());
            if let Stop::Behind(n) = stop
                && out.positionals.len() >= n
            {
                out.positionals.extend_from_slice(&words[i..]);
                break;
            }
            continue;
        }
        if text == "--" && word.known().is_some() {
            only_positionals = true;
            continue;
        }
        if stop == Stop::AtFirstPositional && !out.positionals.is_empty() && out.late_flag.is_none()
        {
            // Unquoted and unknown, with flags behind it: it holds flags too.
            if out
                .positionals
                .iter()
                .all(|p| p.splits && p.known().is_none())
            {
                out.positionals.clear();
                out.open = true;
            } else {
                out.late_flag = Some(word.word);
            }
        }
        if text.starts_with("--") {
            i += long(word, words.get(i), own, globals, &mut out);
        } else {
            i += short(word, words.get(i), own, globals, &mut out);
        }
    }
    out
}

fn long(
    word: &Field,
    next: Option<&Field>,
    own: &Flags,
    globals: &Flags,
    out: &mut Arguments,
) -> usize {
    let body = word.skip(2);
    if let Some((name, value)) = body.split_once('=') {
        match name.known() {
            Some(name) => out.flags.push(Flag {
                name: name.into(),
                value: Some(value),
                span: word.word,
            }),
            None => out.open = true,
        }
        return 0;
    }
    let Some(name) = body.known() else {
        out.open = true;
        return 0;
    };
    let arity = match own.long(&name) {
        Arity::Unknown => globals.long(&name),
        known => known,
    };
    let takes = match arity {
        Arity::Value => true,
        Arity::Switch | Arity::Optional => false,
        Arity::Unknown => {
            out.unknown_flag = true;
            false
        }
    };
    push(name.into(), takes, word, next, out)
}

fn push(
    name: Box<str>,
    takes: bool,
    word: &Field,
    next: Option<&Field>,
    out: &mut Arguments,
) -> usize {
    match next {
        Some(value) if takes => {
            let span = Span {
                start: word.word.start,
                end: value.word.end.max(word.word.end),
            };
            out.flags.push(Flag {
                name,
                value: Some(value.clone()),
                span,
            });
            1
        }
        _ => {
            out.flags.push(Flag {
                name,
                value: None,
                span: word.word,
            });
            0
        }
    }
}

fn short(
    word: &Field,
    next: Option<&Field>,
    own: &Flags,
    globals: &Flags,
    out: &mut Arguments,
) -> usize {
    let text = word.known_prefix();
    let mut at = 1;
    for letter in text[1..].chars() {
        at += letter.len_utf8();
        let (arity, name) = match own.short(letter) {
            (Arity::Unknown, _) => globals.short(letter),
            known => known,
        };
        let name: Box<str> = name.map_or_else(|| letter.to_string().into(), Into::into);
        match arity {
            Arity::Value => {
                let rest = word.skip(at);
                if rest.is_empty() {
                    return push(name, true, word, next, out);
                }
                let value = rest.strip_prefix("=").unwrap_or(rest);
                out.flags.push(Flag {
                    name,
                    value: Some(value),
                    span: word.word,
                });
                return 0;
            }
            Arity::Unknown => {
                out.unknown_flag = true;
                out.flags.push(Flag {
                    name,
                    value: None,
                    span: word.word,
                });
            }
            _ => {
                if word.skip(at).known_prefix().starts_with('=') {
                    out.flags.push(Flag {
                        name,
                        value: Some(word.skip(at + 1)),
                        span: word.word,
                    });
                    return 0;
                }
                out.flags.push(Flag {
                    name,
                    value: None,
                    span: word.word,
                });
            }
        }
    }
    0
}

/// An unknown variable whose name says that it holds flags (`$EXTRA_ARGS`, `${BUILD_OPTS}`).
fn is_options_variable(word: &Field) -> bool {
    let [atom] = word.atoms.as_slice() else {
        return false;
    };
    let Piece::Variable(variable) = &atom.piece else {
        return false;
    };
    names_options(&variable.name) || names_all_arguments(word)
}

/// `podman run -d ${net} --name q "$IMG"`: a variable without quotes, whose name speaks of no image, before further flags
/// of the command and an argument. What comes after the image is another program's.
fn holds_flags(word: &Field, after: &[Field], own: &Flags) -> bool {
    let [atom] = word.atoms.as_slice() else {
        return false;
    };
    let Piece::Variable(variable) = &atom.piece else {
        return false;
    };
    let name = variable.name.to_ascii_lowercase();
    let image = ["image", "img"].iter().any(|mark| name.contains(mark));
    let Some(next) = after.first().map(Field::known_prefix) else {
        return false;
    };
    let flag = match next.strip_prefix("--") {
        Some(long) => own.long(long.split('=').next().unwrap_or(long)) != Arity::Unknown,
        None => next
            .strip_prefix('-')
            .and_then(|rest| rest.chars().next())
            .is_some_and(|letter| own.short(letter).0 != Arity::Unknown),
    };
    let argument = after.iter().skip(1).any(|field| {
        let text = field.known_prefix();
        !text.starts_with('-') && (text.contains(['/', ':']) || field.known().is_none())
    });
    word.splits && !image && flag && argument
}

/// Whether a variable's name says that it holds flags; of a dotted name (`params.EXTRA_ARGS`) the last part counts.
pub(super) fn names_options(name: &str) -> bool {
    let name = name.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
    [
        "arg", "opt", "flag", "param", "switch", "verify", "_cmd", "extra", "cache", "platform",
    ]
    .iter()
    .any(|mark| name.contains(mark))
}

/// `$@`, `$*`, `${ARRAY[@]}`.
fn names_all_arguments(word: &Field) -> bool {
    matches!(word.atoms.as_slice(), [atom] if matches!(&atom.piece, Piece::Variable(v) if v.name.ends_with(['@', '*'])))
}
