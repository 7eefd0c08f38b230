//! Notes what each command of a script receives, for [`crate::extract::received`]. Nothing is done where nobody asks.

use crate::extract::Sink;
use crate::extract::shell::field::Field;
use crate::extract::shell::syntax::RedirectKind;
use crate::extract::shell::walk::{Call, Walker};
use image_lint_model::value::{Piece, Syntax, Value};

/// A variable's new value, or its elements.
pub(super) fn assignment(name: &str, values: &[Value], sink: &mut Sink<'_>) {
    let Some(log) = &mut sink.log else { return };
    let mut words = vec!["=".to_owned(), name.to_owned()];
    words.extend(values.iter().map(text));
    log.command(words);
}

/// A command that is no shell and starts no other one.
pub(super) fn command(walker: &Walker<'_>, call: &Call, sink: &mut Sink<'_>) {
    let Some(log) = &mut sink.log else { return };
    let mut words = environment(call);
    words.extend(call.fields.iter().map(word));
    for redirect in call.redirects.iter() {
        let span = match &redirect.kind {
            RedirectKind::Heredoc(i) => walker.script.heredocs.get(*i).map(|heredoc| heredoc.body),
            RedirectKind::HereString(word) | RedirectKind::Out(word) => Some(word.span),
            RedirectKind::In => None,
        };
        words.extend(span.map(|span| walker.written(span).to_owned()));
    }
    log.command(words);
}

/// A program that starts another one: its own words.
pub(super) fn wrapper(call: Option<&Call>, inner: &Call, sink: &mut Sink<'_>) {
    let (Some(log), Some(call)) = (&mut sink.log, call) else {
        return;
    };
    let own = call.fields.len().saturating_sub(inner.fields.len());
    log.command(call.fields[..own].iter().map(word).collect());
}

/// A shell: the words before its script, whose commands are read.
pub(super) fn shell(call: &Call, sink: &mut Sink<'_>) {
    let Some(log) = &mut sink.log else { return };
    let script = call.fields.iter().skip(1).position(|field| {
        field
            .known()
            .is_none_or(|text| !text.starts_with('-') || text.contains(char::is_whitespace))
    });
    let mut words = environment(call);
    words.extend(
        call.fields
            .iter()
            .enumerate()
            .filter(|(i, _)| script.is_none_or(|at| *i != at + 1))
            .map(|(_, f)| word(f)),
    );
    log.command(words);
}

fn environment(call: &Call) -> Vec<String> {
    let given = call.prefix.iter();
    given
        .map(|(name, field)| format!("{name}={}", word(field)))
        .collect()
}

/// A word, marked where the shell may make several ones of it.
fn word(field: &Field) -> String {
    let mut text = text(&field.value());
    if field.splits {
        text.push('\u{0}');
    }
    text
}

/// The commands of a substitution are read by themselves.
fn text(value: &Value) -> String {
    let pieces = value.pieces.iter();
    pieces
        .map(|piece| match piece {
            Piece::Variable(variable) if variable.syntax == Syntax::Command => "$()".to_owned(),
            Piece::Literal(text) | Piece::Substituted { text, .. } => text.to_string(),
            Piece::Variable(variable) => variable.written.to_string(),
        })
        .collect()
}
