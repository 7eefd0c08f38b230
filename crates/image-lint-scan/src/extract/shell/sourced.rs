//! Files that scripts source: they are gone through where they are sourced, for what they leave in the variables, and for
//! their functions. What they name themselves is written down when they are read for themselves.

use crate::extract::Sink;
use crate::extract::shell::field::Field;
use crate::extract::shell::walk::{Shared, Walker};
use crate::extract::shell::{ScriptContext, library, parse, paths};
use image_lint_model::value::{Op, Piece};
use image_lint_text::source::SourceFile;
use std::sync::Arc;

/// Most files that one script is followed into.
const MAX_FILES: usize = 64;
/// Files that source files are followed this deep.
const MAX_DEPTH: u32 = 8;

/// `source FILE`, `. FILE`
pub(super) fn source(walker: &mut Walker<'_>, field: &Field, sink: &mut Sink<'_>) {
    let Some(file) = find(walker, field, sink) else {
        return;
    };
    if walker.shared.sourced.len() >= MAX_FILES
        || walker.shared.level >= MAX_DEPTH
        || walker.shared.sourced.contains(&file.id)
    {
        return;
    }
    walker.shared.sourced.push(file.id);
    go_through(walker, &file, sink);
    walker.shared.sourced.pop();
}

/// The file that is meant. Where nobody knows the folder it is the script's own or the top of the tree, if only one of
/// them has such a file.
fn find(walker: &Walker<'_>, field: &Field, sink: &mut Sink<'_>) -> Option<Arc<SourceFile>> {
    if let Some(path) = walker.path_of(field) {
        return sink.other(paths::in_repository(&path));
    }
    let rest = below_an_unknown_folder(field)?;
    let own = sink.file().path.folder().into_owned();
    let own = (!own.is_empty())
        .then(|| crate::tree::join(&own, &rest))
        .flatten();
    let own = own.and_then(|path| sink.other(&path));
    let top = crate::tree::join("", &rest).and_then(|path| sink.other(&path));
    match (own, top) {
        (Some(_), Some(_)) => None,
        (own, top) => own.or(top),
    }
}

/// `./vars.sh`, and the part of `$DIR/vars.sh` that is below the folder.
fn below_an_unknown_folder(field: &Field) -> Option<String> {
    let is_unknown = |piece: &Piece| match piece {
        Piece::Variable(variable) => Some(!matches!(variable.op, Op::Path(_))),
        _ => None,
    };
    let mut rest = String::new();
    for (i, atom) in field.atoms.iter().enumerate() {
        match (&atom.piece, is_unknown(&atom.piece)) {
            (Piece::Literal(text) | Piece::Substituted { text, .. }, _) => rest.push_str(text),
            (_, Some(true)) if i == 0 => {}
            _ => return None,
        }
    }
    let unknown = field.atoms.first().and_then(|atom| is_unknown(&atom.piece)) == Some(true);
    let rest = match unknown {
        true => rest.strip_prefix('/')?,
        false => rest.as_str(),
    };
    (!rest.is_empty() && !rest.starts_with('/')).then(|| rest.to_owned())
}

fn go_through(walker: &mut Walker<'_>, file: &Arc<SourceFile>, sink: &mut Sink<'_>) {
    let Ok(_level) = std::rc::Rc::clone(&sink.meter).deeper().map(drop) else {
        return;
    };
    let mut beside = sink.beside(file);
    let text = file.whole();
    let script = parse::parse(
        &text.text,
        walker.context.foreign,
        parse::MAX_PARTS.saturating_sub(walker.shared.parts),
    );
    let context = ScriptContext::new(walker.context.source, "", walker.context.job);
    let shared = Shared {
        level: walker.shared.level + 1,
        sourced: std::mem::take(&mut walker.shared.sourced),
        parts: walker.shared.parts,
        libraries: std::mem::take(&mut walker.shared.libraries),
        ..Shared::default()
    };
    let environment = std::mem::take(&mut walker.environment);
    let mut inner = Walker::new(&text, &script, &context, environment, shared);
    inner.started.clone_from(&walker.started);
    inner.own = Some(paths::of_file(&file.path.to_text()).into());
    inner.folder.clone_from(&walker.folder);
    inner.positional.clone_from(&walker.positional);
    inner.go_through(&mut beside);
    walker.folder = inner.folder.take();
    walker.environment = std::mem::take(&mut inner.environment);
    walker.shared.sourced = std::mem::take(&mut inner.shared.sourced);
    walker.shared.libraries = std::mem::take(&mut inner.shared.libraries);
    let names: Vec<Box<str>> = inner.function_names().map(Into::into).collect();
    walker.shared.parts += script.parts;
    library::keep(&mut walker.shared.libraries, names, file, script);
    sink.extraction.follows |= beside.extraction.follows;
}
