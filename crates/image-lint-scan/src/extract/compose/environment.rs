//! The `.env` file beside a Compose file: what its variables are where the shell gives them no value
//! (docs.docker.com, "Set, use, and manage variables in a Compose file with interpolation").

use std::collections::HashMap;
use std::sync::Arc;

use crate::extract::Sink;
use image_lint_model::value::{Op, Origin, OriginKind, Piece, Syntax, Value};
use image_lint_text::source::{Place, Positions, SourceFile, Span};

/// Puts the file's values into the mentions from `first` on.
pub(super) fn put_in(first: usize, out: &mut Sink<'_>) {
    let open = |value: &Value| value.variables().any(|v| v.syntax == Syntax::Shell);
    if !out.extraction.mentions[first..]
        .iter()
        .any(|m| open(&m.value))
    {
        return;
    }
    let folder = out.file().path.folder().into_owned();
    let path = match folder.is_empty() {
        true => ".env".to_owned(),
        false => format!("{folder}/.env"),
    };
    let Some(file) = out.other(&path) else { return };
    let known = read(&file);
    for mention in &mut out.extraction.mentions[first..] {
        let before = mention.value.written();
        let mut changed = false;
        for piece in &mut mention.value.pieces {
            if let Some(new) = replaced(piece, &known) {
                *piece = new;
                changed = true;
            }
        }
        if changed && mention.written.is_none() {
            mention.written = Some(before.into());
        }
    }
}

fn replaced(piece: &Piece, known: &HashMap<String, (String, Place)>) -> Option<Piece> {
    let Piece::Variable(variable) = piece else {
        return None;
    };
    let (text, place) = known.get(&*variable.name)?;
    let takes = match variable.op {
        Op::Plain => true,
        Op::Default { or_empty, .. } | Op::Required { or_empty } => !or_empty || !text.is_empty(),
        _ => false,
    };
    let origin = Origin {
        name: variable.name.clone(),
        kind: OriginKind::Assignment,
        place: Some(*place),
    };
    (takes && variable.syntax == Syntax::Shell).then(|| Piece::Substituted {
        text: text.as_str().into(),
        origin: Arc::new(origin),
    })
}

/// `NAME=VALUE` lines; values that hold other variables are left out.
fn read(file: &SourceFile) -> HashMap<String, (String, Place)> {
    let mut positions = Positions::new(&file.text);
    let mut known = HashMap::new();
    let mut at = 0;
    for line in file.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let bare = line.trim();
        let bare = bare.strip_prefix("export ").unwrap_or(bare).trim_start();
        let Some((name, value)) = bare.split_once('=').filter(|_| !bare.starts_with('#')) else {
            continue;
        };
        let value = match value
            .trim()
            .strip_prefix('"')
            .and_then(|rest| rest.split_once('"'))
        {
            Some((quoted, _)) => quoted,
            None => match value
                .trim()
                .strip_prefix('\'')
                .and_then(|rest| rest.split_once('\''))
            {
                Some((quoted, _)) => quoted,
                None => value.split(" #").next().unwrap_or(value).trim(),
            },
        };
        if value.contains('$') {
            continue;
        }
        let from = start + line.find(value).unwrap_or(0);
        let place = positions.place(file.id, Span::new(from, from + value.len()));
        known.insert(name.trim().to_owned(), (value.to_owned(), place));
    }
    known
}
