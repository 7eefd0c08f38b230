//! Where words of a command can be taken out or moved. Comes in: a command with its arguments. Goes out: places in the
//! file, and the text that goes there; nothing where a word does not stand literally in it.

use crate::extract::Sink;
use crate::extract::shell::commands::Recognised;
use crate::extract::shell::flags::Arguments;
use crate::extract::shell::walk::Walker;
use image_lint_model::build::{LateFlags, Removable};
use image_lint_text::source::Span;

/// The place of a switch that is given once.
pub(super) fn removable(
    walker: &Walker<'_>,
    arguments: &Arguments,
    name: &str,
    sink: &mut Sink<'_>,
) -> Option<Removable> {
    let mut given = arguments.all(name);
    let flag = given.next().filter(|flag| flag.value.is_none())?;
    if given.next().is_some() {
        return None;
    }
    let word = walker.text.outer(flag.span);
    let text = sink.file().text.get(word.range())?;
    let bare = text.trim_matches(['"', '\'']);
    if bare.strip_prefix("--") != Some(name) {
        return None;
    }
    let with_blank = blank_before(&sink.file().text, word).map(|span| sink.place(span));
    Some(Removable {
        word: sink.place(word),
        with_blank,
    })
}

/// Flags from after the first argument, and the place before it: in their order, so that the last one still counts.
pub(super) fn late_flags(
    walker: &Walker<'_>,
    recognised: &Recognised<'_>,
    sink: &mut Sink<'_>,
) -> Option<LateFlags> {
    let Recognised {
        command,
        arguments,
        subcommand,
        ..
    } = recognised;
    let known = !arguments.open && !arguments.unknown_flag && subcommand.is_literal();
    // An argument too many may be the value of a flag.
    let fits = command.many || arguments.positionals.len() <= command.positionals.len();
    arguments.late_flag.filter(|_| known && fits)?;
    let first = arguments.positionals.first()?;
    let at = walker.text.outer(first.word).start;
    let mut flags = Vec::new();
    let mut end = at;
    for flag in arguments
        .flags
        .iter()
        .filter(|flag| flag.span.start > first.word.start)
    {
        let span = walker.text.outer(flag.span);
        let text = sink.file().text.get(span.range())?;
        let literal = text.starts_with('-') && !text.contains(['\n', '\r', '$', '`', '\\', '#']);
        let whole =
            blank_before(&sink.file().text, span).filter(|whole| literal && whole.start >= end)?;
        end = span.end;
        flags.push((sink.place(whole), Box::from(text)));
    }
    let before = walker.text.outer(subcommand.word).end < at;
    (before && !flags.is_empty()).then(|| LateFlags {
        to: sink.place(Span { start: at, end: at }),
        flags,
    })
}

/// A word with the blank before it, in the file.
fn blank_before(text: &str, word: Span) -> Option<Span> {
    let before = text.get(..word.start as usize)?;
    before.ends_with([' ', '\t']).then(|| Span {
        start: word.start - 1,
        end: word.end,
    })
}
