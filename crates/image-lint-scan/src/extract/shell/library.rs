//! Functions of files that a script sources: they are walked where they are called, for what they leave in the variables,
//! and for the images that the arguments make. Such an image is written down at the argument: in the function's own file
//! nobody knows it.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::extract::shell::field::{Atom, Field};
use crate::extract::shell::syntax::Script;
use crate::extract::shell::walk::{Call, Fields, Walker};
use crate::extract::shell::{ScriptContext, paths};
use crate::extract::{Draft, Sink};
use image_lint_model::mention::{Expect, Mention};
use image_lint_model::value::{Origin, OriginKind, Piece};
use image_lint_text::source::{FileId, Place, SourceFile, Span};

/// A sourced file that defines functions.
#[derive(Debug)]
pub(super) struct Library {
    file: Arc<SourceFile>,
    script: Script,
}

/// By the names of the functions; the last definition counts.
pub(super) type Libraries = HashMap<Box<str>, Rc<Library>>;

/// Functions of sourced files that call others are followed this deep.
const MAX_DEPTH: u32 = 8;

/// Keeps a script that was gone through for the functions it defines.
pub(super) fn keep(
    libraries: &mut Libraries,
    names: Vec<Box<str>>,
    file: &Arc<SourceFile>,
    script: Script,
) {
    if names.is_empty() {
        return;
    }
    let library = Rc::new(Library {
        file: Arc::clone(file),
        script,
    });
    libraries.extend(names.into_iter().map(|name| (name, Rc::clone(&library))));
}

/// Walks a function of a sourced file.
pub(super) fn call(
    walker: &mut Walker<'_>,
    library: &Library,
    name: &str,
    call: &Call,
    sink: &mut Sink<'_>,
) {
    let meter = Rc::clone(&sink.meter);
    let Ok(_level) = meter.deeper() else {
        return;
    };
    if walker.shared.level >= MAX_DEPTH || meter.charge(library.script.parts as u64).is_err() {
        return;
    }
    let open = call.fields.iter().any(|f| f.splits && f.known().is_none());
    let arguments = (!open).then(|| arguments(walker, call, sink));
    let mut beside = sink.beside(&library.file);
    let text = library.file.whole();
    let context = ScriptContext::new(walker.context.source, "", walker.context.job);
    let mut shared = std::mem::take(&mut walker.shared);
    shared.level += 1;
    // Spans of the other file.
    let seen = std::mem::take(&mut shared.seen);
    let environment = std::mem::take(&mut walker.environment);
    let mut inner = Walker::new(&text, &library.script, &context, environment, shared);
    inner.started.clone_from(&walker.started);
    inner.own = Some(paths::of_file(&library.file.path.to_text()).into());
    inner.folder.clone_from(&walker.folder);
    inner.only(name, arguments, &mut beside);
    walker.folder = inner.folder.take();
    walker.environment = std::mem::take(&mut inner.environment);
    walker.shared = std::mem::take(&mut inner.shared);
    walker.shared.seen = seen;
    walker.shared.level -= 1;
    walker.shared.parts -= library.script.parts;
    walker.printed = paths::Printed::Unknown;
    sink.extraction.follows |= beside.extraction.follows;
    let here = sink.file().id;
    for mention in std::mem::take(&mut beside.extraction.mentions) {
        if let Some(place) = made_of_argument(&mention, here) {
            write(&mention, place, sink);
        }
    }
}

/// The arguments as texts that stand in the caller's file.
fn arguments(walker: &Walker<'_>, call: &Call, sink: &mut Sink<'_>) -> Fields {
    let mut number = 0;
    let mut given = |field: &Field| {
        number += 1;
        let place = sink.place(walker.text.outer(field.span()));
        let origin = Arc::new(Origin {
            name: format!("{number}").into(),
            kind: OriginKind::Assignment,
            place: Some(place),
        });
        let atoms = field.atoms.iter().map(|atom| Atom {
            piece: match &atom.piece {
                Piece::Literal(text) | Piece::Substituted { text, .. } => Piece::Substituted {
                    text: text.clone(),
                    origin: origin.clone(),
                },
                open => open.clone(),
            },
            span: Span::new(0, 0),
            exact: false,
        });
        Field {
            atoms: atoms.collect(),
            word: Span::new(0, 0),
            splits: field.splits,
        }
    };
    let fields: Vec<Field> = call.fields.iter().skip(1).map(&mut given).collect();
    fields.into()
}

/// Where the argument stands that a known image is made of.
fn made_of_argument(mention: &Mention, here: FileId) -> Option<Place> {
    mention.value.as_known()?;
    mention.value.pieces.iter().find_map(|piece| match piece {
        Piece::Substituted { origin, .. } => origin.place.filter(|place| place.file == here),
        _ => None,
    })
}

fn write(mention: &Mention, place: Place, sink: &mut Sink<'_>) {
    if mention.expect != Expect::Image {
        return;
    }
    let mut draft = Draft::image(
        place.span,
        mention.value.clone(),
        mention.role,
        mention.source,
        &*mention.field,
    );
    draft.named_in = mention.named_in;
    sink.mention(draft);
}
