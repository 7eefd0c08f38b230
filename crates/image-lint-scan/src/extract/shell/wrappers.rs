//! Programs that start the command behind them: `sudo`, `env`, `timeout` and their kin.

use std::sync::Arc;

use crate::extract::shell::field::{Atom, Field};
use crate::extract::shell::walk::{Call, Fields};
use image_lint_model::value::{Op, Piece, Syntax, Variable};
use image_lint_text::meter::Meter;
use image_lint_text::source::Span;

/// One such program.
struct Wrapper {
    name: &'static str,
    /// One-letter flags with a value.
    short_values: &'static str,
    /// Long flags with a value in the next word.
    long_values: &'static str,
    /// Words of its own before the command.
    words: usize,
    /// `K=V` words before the command are environment.
    environment: bool,
}

const fn wrapper(name: &'static str, short_values: &'static str, words: usize) -> Wrapper {
    Wrapper {
        name,
        short_values,
        long_values: "",
        words,
        environment: false,
    }
}

const WRAPPERS: &[Wrapper] = &[
    Wrapper {
        name: "sudo",
        short_values: "CDghpRrtTuU",
        long_values: "user group host prompt chdir chroot role type close-from command-timeout other-user",
        words: 0,
        environment: true,
    },
    Wrapper {
        name: "doas",
        short_values: "uC",
        long_values: "",
        words: 0,
        environment: true,
    },
    Wrapper {
        name: "env",
        short_values: "uCS",
        long_values: "unset chdir",
        words: 0,
        environment: true,
    },
    wrapper("time", "fo", 0),
    wrapper("exec", "a", 0),
    wrapper("command", "", 0),
    wrapper("builtin", "", 0),
    wrapper("nohup", "", 0),
    wrapper("setsid", "", 0),
    wrapper("chronic", "", 0),
    wrapper("unbuffer", "", 0),
    wrapper("winpty", "", 0),
    wrapper("travis_retry", "", 0),
    wrapper("retry", "tndms", 0),
    Wrapper {
        name: "nice",
        short_values: "n",
        long_values: "adjustment",
        words: 0,
        environment: false,
    },
    wrapper("ionice", "cnp", 0),
    wrapper("stdbuf", "ioe", 0),
    Wrapper {
        name: "timeout",
        short_values: "ks",
        long_values: "kill-after signal",
        words: 1,
        environment: false,
    },
    wrapper("flock", "wE", 1),
    Wrapper {
        name: "xargs",
        short_values: "adEIiLlnPs",
        long_values: "arg-file delimiter max-args max-procs max-lines replace",
        words: 0,
        environment: false,
    },
    wrapper("travis_wait", "", 0),
    wrapper("faketime", "", 1),
];

/// Whether a program reads a script from `-c` or its input.
pub fn is_shell(name: &str) -> bool {
    matches!(name, "sh" | "bash" | "dash" | "ash" | "ksh" | "zsh")
}

/// The command that a wrapper starts.
///
/// # Errors
/// The call itself when the program is no wrapper or starts nothing; nothing when the meter is used up.
pub fn unwrap(name: &str, mut call: Call, meter: &Meter) -> Result<Call, Option<Call>> {
    let Some(wrapper) = WRAPPERS.iter().find(|w| w.name == name) else {
        return Err(Some(call));
    };
    let own = call.prefix.len();
    let mut i = 1;
    let mut words = wrapper.words;
    while let Some(field) = call.fields.get(i) {
        let text = field.known_prefix();
        if text == "--" {
            i += 1;
            break;
        }
        if let Some(long) = text.strip_prefix("--") {
            i += if wrapper.long_values.split(' ').any(|v| v == long) {
                2
            } else {
                1
            };
        } else if text.starts_with('-') && text.len() > 1 {
            let last_takes = text[1..].find(|c| wrapper.short_values.contains(c));
            i += if last_takes.is_some_and(|at| at + 2 == text.len()) {
                2
            } else {
                1
            };
        } else if wrapper.environment
            && let Some((key, value)) = field.split_once('=')
            && let Some(key) = key.known()
            && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        {
            call.prefix.push((key.into(), value));
            i += 1;
        } else if words > 0 {
            words -= 1;
            i += 1;
        } else if matches!(name, "retry" | "travis_wait")
            && text.bytes().all(|b| b.is_ascii_digit())
            && !text.is_empty()
        {
            i += 1;
        } else {
            break;
        }
    }
    if i >= call.fields.len() {
        call.prefix.truncate(own);
        return Err(Some(call));
    }
    meter.charge(i as u64).map_err(|_| None)?;
    let mark = (name == "xargs").then(|| replaced(&call.fields[1..i]));
    call.fields = call.fields.after(i);
    if let Some(mark) = mark {
        meter.charge(call.fields.len() as u64).map_err(|_| None)?;
        call.fields = match mark {
            Some(mark) => with_lines(&call, &mark),
            None => with_input(&call),
        };
    }
    Ok(call)
}

/// The text that a line of the input is put in the place of: `-I{}`, `-I {}`, `-i`, `--replace=X` (xargs(1)).
fn replaced(options: &[Field]) -> Option<String> {
    let full = |text: &str| match text {
        "" => "{}".to_owned(),
        mark => mark.to_owned(),
    };
    let mut options = options.iter().map(Field::known_prefix);
    while let Some(option) = options.next() {
        if option == "-I" {
            return options.next().filter(|mark| !mark.is_empty());
        }
        let short = option
            .strip_prefix("-I")
            .or_else(|| option.strip_prefix("-i"));
        if let Some(mark) = short.or_else(|| option.strip_prefix("--replace=")) {
            return Some(full(mark));
        }
        if option == "--replace" {
            return Some(full(""));
        }
    }
    None
}

/// The arguments of `xargs -I MARK`: a line of the input in each place of the mark.
fn with_lines(call: &Call, mark: &str) -> Fields {
    let fields: Vec<Field> = call
        .fields
        .iter()
        .map(|field| with_line(field, mark))
        .collect();
    fields.into()
}

fn with_line(field: &Field, mark: &str) -> Field {
    let mut atoms = Vec::with_capacity(field.atoms.len());
    for atom in &field.atoms {
        let Piece::Literal(text) = &atom.piece else {
            atoms.push(atom.clone());
            continue;
        };
        let part = |from: usize, to: usize, piece: Piece| Atom {
            piece,
            span: match atom.exact {
                true => Span {
                    start: atom.span.start + from as u32,
                    end: atom.span.start + to as u32,
                },
                false => atom.span,
            },
            exact: atom.exact,
        };
        let mut from = 0;
        for (at, _) in text.match_indices(mark) {
            if at > from {
                atoms.push(part(from, at, Piece::Literal(text[from..at].into())));
            }
            let line = Variable {
                name: mark.into(),
                written: mark.into(),
                syntax: Syntax::Command,
                op: Op::Plain,
            };
            let line = Piece::Variable(Arc::new(line));
            from = at + mark.len();
            atoms.push(Atom {
                exact: false,
                ..part(at, from, line)
            });
        }
        if from < text.len() {
            atoms.push(part(from, text.len(), Piece::Literal(text[from..].into())));
        }
    }
    Field {
        atoms,
        ..field.clone()
    }
}

/// The arguments of `xargs`: what is read from the input comes last.
fn with_input(call: &Call) -> Fields {
    let end = call.span.end;
    let variable = Variable {
        name: "@".into(),
        written: "…".into(),
        syntax: Syntax::Command,
        op: Op::Plain,
    };
    let span = Span { start: end, end };
    let atom = Atom {
        piece: Piece::Variable(Arc::new(variable)),
        span,
        exact: false,
    };
    let mut fields = call.fields.to_vec();
    fields.push(Field {
        atoms: vec![atom],
        word: span,
        splits: true,
    });
    fields.into()
}
