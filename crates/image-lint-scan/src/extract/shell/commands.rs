//! From the arguments of a command to what it says: images it names, images it makes.

use crate::extract::Sink;
use crate::extract::shell::field::Field;
use crate::extract::shell::flags::{self, Arguments, Stop};
use crate::extract::shell::grammar::{self, Arity, Command, NO_FLAGS, Program, Slot};
use crate::extract::shell::names::Naming;
use crate::extract::shell::walk::{Call, Walker};
use crate::extract::shell::{builds, heredoc, names};
use image_lint_model::build::Action;
use image_lint_model::value::{Op, Piece, Syntax};

/// A command whose program, subcommand and arguments are known.
pub(super) struct Recognised<'a> {
    pub program: &'static Program,
    pub command: &'static Command,
    /// As written: `buildah bud`.
    pub label: String,
    /// The last word of the subcommand.
    pub subcommand: &'a Field,
    pub arguments: Arguments,
    /// The program's name is only a default.
    pub assumed: bool,
}

/// Recognises a command and writes down what it names.
pub(super) fn command(walker: &mut Walker<'_>, call: &Call, sink: &mut Sink<'_>) {
    super::helm::command(walker, &call.fields, sink);
    let Some(recognised) = recognise(&call.fields) else {
        return;
    };
    let slots = recognised.command.positionals;
    if let Some(at) = slots.iter().position(|s| *s == Slot::Reparse) {
        let words = &recognised.arguments.positionals;
        if words.len() > at {
            let mut inner = call.clone();
            inner.fields = words[at..].to_vec().into();
            walker.call(inner, sink);
        }
        return;
    }
    images(walker, &recognised, sink);
    if recognised.command.action == Action::Build {
        let stdin = recognised
            .arguments
            .last("file")
            .and_then(|f| f.value.as_ref())
            .is_some_and(|v| v.known().as_deref() == Some("-"))
            || recognised
                .arguments
                .positionals
                .first()
                .is_some_and(|p| p.known().as_deref() == Some("-"));
        if stdin {
            heredoc::built(walker, call, sink);
        }
    }
    builds::write_down(walker, call, &recognised, sink);
}

/// The program, subcommand and arguments of a command line; None when no table has it.
fn recognise(fields: &[Field]) -> Option<Recognised<'_>> {
    let (name, assumed) = program_name(fields.first()?)?;
    let base = name.rsplit('/').next().unwrap_or(&name);
    if base == "executor" || base == "kaniko" || base == "warmer" {
        return kaniko(fields, &name);
    }
    let program = grammar::program(base)?;
    let mut i = 1;
    let first = loop {
        let field = fields.get(i)?;
        let text = field.known_prefix();
        if text.starts_with('-') {
            i += 1 + usize::from(global_takes_next(program, field, &text));
        } else if field.known().is_none() || text.is_empty() {
            // Unquoted and unknown: no word at all, or more options.
            i += 1;
        } else if program.starts_command(&text) {
            break i;
        } else {
            return None;
        }
    };
    let mut words = Vec::new();
    let mut indices = Vec::new();
    let mut j = first;
    while words.len() < 3 {
        let Some(text) = fields.get(j).and_then(Field::known) else {
            break;
        };
        if text.starts_with('-') {
            // `docker buildx --builder x build`
            if words != ["buildx"] {
                break;
            }
            j += if text == "--builder" { 2 } else { 1 };
            continue;
        }
        words.push(text);
        indices.push(j);
        j += 1;
    }
    let texts: Vec<&str> = words.iter().map(String::as_str).collect();
    let (command, n) = program.command(&texts)?;
    let at = indices[n - 1];
    let globals = if program.globals_anywhere {
        &program.globals
    } else {
        &NO_FLAGS
    };
    let stop = match command
        .positionals
        .iter()
        .position(|s| matches!(s, Slot::Rest | Slot::Reparse))
    {
        Some(n) if !command.interspersed || command.positionals == [Slot::Reparse] => {
            Stop::Behind(n.max(1))
        }
        _ if command.interspersed => Stop::Never,
        _ => Stop::AtFirstPositional,
    };
    Some(Recognised {
        program,
        command,
        label: format!("{} {}", program.tool.as_str(), texts[..n].join(" ")),
        subcommand: &fields[at],
        arguments: flags::split(&fields[at + 1..], &command.flags, globals, stop),
        assumed,
    })
}

/// `executor` is a common word: it is kaniko's by its path, or when it has a destination.
fn kaniko<'a>(fields: &'a [Field], name: &str) -> Option<Recognised<'a>> {
    let program = &grammar::KANIKO;
    let command = program.commands.first()?;
    let arguments = flags::split(&fields[1..], &command.flags, &NO_FLAGS, Stop::Never);
    if !name.ends_with("kaniko/executor") && arguments.last("destination").is_none() {
        return None;
    }
    Some(Recognised {
        program,
        command,
        label: "kaniko executor".to_owned(),
        subcommand: &fields[0],
        arguments,
        assumed: false,
    })
}

/// The text of a command word; for `${DOCKER:-docker}` the default, and that it is one.
fn program_name(field: &Field) -> Option<(String, bool)> {
    if let Some(text) = field.known() {
        return Some((text, false));
    }
    let mut text = String::new();
    for atom in &field.atoms {
        match &atom.piece {
            Piece::Literal(t) | Piece::Substituted { text: t, .. } => text.push_str(t),
            Piece::Variable(variable) => match &variable.op {
                Op::Default { word, .. } => text.push_str(&word.as_known()?),
                // `ENGINE=$(command -v podman || command -v docker)`
                _ if variable.syntax == Syntax::Command => {
                    text.push_str(program_in(&variable.written)?);
                }
                Op::Plain | Op::Required { .. } if names_an_engine(&variable.name) => {
                    text.push_str("podman");
                }
                _ => return None,
            },
        }
    }
    Some((text, true))
}

/// The first program that a substitution names.
fn program_in(written: &str) -> Option<&str> {
    let mut words = written.split(|c: char| c.is_whitespace() || "$()`;|&\"'".contains(c));
    words.find(|word| {
        let base = word.rsplit('/').next().unwrap_or(word);
        grammar::program(base).is_some()
    })
}

/// Whether a variable's name says that it holds podman or docker: which of them, nobody here says.
fn names_an_engine(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let whole = ["CE", "CR", "CRI", "OCI_BIN", "ENGINE", "RUNTIME", "BUILDER"];
    let parts = ["DOCKER", "PODMAN", "BUILDAH"];
    let ends = [
        "CONTAINER_ENGINE",
        "CONTAINER_RUNTIME",
        "CONTAINER_TOOL",
        "CONTAINER_CMD",
        "CONTAINER_BIN",
        "CONTAINER_MANAGER",
        "CONTAINER_CLI",
        "CONTAINER_BUILDER",
        "IMAGE_BUILDER",
        "OCI_TOOL",
        "OCI_RUNTIME",
    ];
    whole.contains(&&*name)
        || ends.iter().any(|end| name.ends_with(end))
        || parts.iter().any(|part| {
            name == *part || name == format!("{part}_BIN") || name == format!("{part}_CMD")
        })
}

fn global_takes_next(program: &Program, field: &Field, text: &str) -> bool {
    if let Some(long) = text.strip_prefix("--") {
        return field.split_once('=').is_none() && program.globals.long(long) == Arity::Value;
    }
    match text[1..].chars().next_back() {
        Some(letter) => {
            program.globals.short(letter).0 == Arity::Value && text.chars().count() == 2
        }
        None => false,
    }
}

/// Writes down every image that flags and positional arguments name.
fn images(walker: &mut Walker<'_>, recognised: &Recognised<'_>, sink: &mut Sink<'_>) {
    let Recognised {
        command,
        arguments,
        label,
        ..
    } = recognised;
    let mut naming = Naming {
        walker,
        label,
        recognised,
    };
    for flag in &arguments.flags {
        let Some((_, slot)) = command.images.iter().find(|(name, _)| *name == &*flag.name) else {
            continue;
        };
        if let Some(value) = &flag.value {
            let label = format!("{label} --{}", flag.name);
            Naming {
                label: &label,
                ..naming.reborrow()
            }
            .name(value, *slot, sink);
        }
    }
    if command.action == Action::Sync {
        naming.sync(sink);
        return;
    }
    let broken = names::broken_continuation(arguments);
    for (i, field) in arguments.positionals.iter().enumerate() {
        let slot = match command.positionals.get(i) {
            Some(slot) => *slot,
            None if command.many => command.positionals.last().copied().unwrap_or(Slot::Other),
            None => break,
        };
        if matches!(slot, Slot::Rest | Slot::Reparse) || broken == Some(i) {
            break;
        }
        naming.positional(i, field, slot, sink);
    }
}
