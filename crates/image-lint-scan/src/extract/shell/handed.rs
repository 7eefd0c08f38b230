//! What a step of a workflow hands to later ones: `echo NAME=VALUE >> $GITHUB_ENV`, or to `$GITHUB_OUTPUT`
//! (docs.github.com, "Workflow commands for GitHub Actions").

use crate::extract::shell::syntax::RedirectKind;
use crate::extract::shell::walk::{Call, Walker};
use crate::extract::{Handed, HandedTo, Sink, Site};

/// Most values of one file.
const MAX: usize = 500;

/// Notes what `echo` writes into one of the files.
pub(super) fn note(walker: &Walker<'_>, call: &Call, sink: &mut Sink<'_>) {
    let to = call
        .redirects
        .iter()
        .find_map(|redirect| match &redirect.kind {
            RedirectKind::Out(word) => {
                let written = walker.written(word.span);
                if written.contains("GITHUB_ENV") {
                    Some(HandedTo::Environment)
                } else {
                    written
                        .contains("GITHUB_OUTPUT")
                        .then_some(HandedTo::Outputs)
                }
            }
            _ => None,
        });
    let Some(to) = to else { return };
    let Some(field) = call.fields.get(1).filter(|_| call.fields.len() == 2) else {
        return;
    };
    let Some((name, value)) = field.split_once('=') else {
        return;
    };
    let (Some(name), true) = (name.known(), sink.handed.len() < MAX) else {
        return;
    };
    let site = Site::Here(walker.text.outer(value.span()));
    sink.handed.push(Handed {
        to,
        name: name.into(),
        value: value.value(),
        site,
    });
}
