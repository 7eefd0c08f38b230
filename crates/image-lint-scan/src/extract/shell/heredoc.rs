//! Text inside a script that is something else: here-documents that are scripts or Containerfiles, arguments that are
//! scripts.

use std::borrow::Cow;

use crate::extract::Sink;
use crate::extract::dockerfile::{Embedding, extract_embedded};
use crate::extract::kubernetes;
use crate::extract::shell::field::Field;
use crate::extract::shell::parse;
use crate::extract::shell::syntax::{Heredoc, RedirectKind};
use crate::extract::shell::walk::{Call, Walker};
use image_lint_model::value::{Op, Piece, Value};
use image_lint_text::meter::Meter;
use image_lint_text::source::{Segment, SourceText, Span};

/// Arguments joined by blanks, each byte leading back to the file; None when that is more than the meter lets through.
pub(super) fn joined(
    text: &SourceText<'_>,
    fields: &[Field],
    meter: &Meter,
) -> Option<SourceText<'static>> {
    let mut out = String::new();
    let mut segments = Vec::new();
    for (i, field) in fields.iter().enumerate() {
        if i > 0 {
            segments.push(Segment {
                inner: out.len() as u32,
                outer: field.word.start,
                outer_len: 0,
            });
            out.push(' ');
        }
        for atom in &field.atoms {
            let inner = out.len() as u32;
            let piece = match &atom.piece {
                Piece::Literal(t) | Piece::Substituted { text: t, .. } => &**t,
                Piece::Variable(variable) => &*variable.written,
            };
            meter.produce(piece.len()).ok()?;
            out.push_str(piece);
            segments.push(Segment {
                inner,
                outer: atom.span.start,
                outer_len: atom.span.len() as u32,
            });
        }
    }
    Some(text.derive(out, segments))
}

/// Body of the last here-document of a command.
fn body<'s>(walker: &Walker<'s>, call: &Call) -> Option<&'s Heredoc> {
    call.redirects.iter().rev().find_map(|r| match r.kind {
        RedirectKind::Heredoc(i) => walker.script.heredocs.get(i),
        _ => None,
    })
}

/// A shell that reads its script from a here-document or a here-string.
pub(super) fn script(walker: &mut Walker<'_>, call: &Call, sink: &mut Sink<'_>) {
    if let Some(heredoc) = body(walker, call) {
        let text = walker.text.slice(heredoc.body);
        let text = SourceText {
            text: Cow::Owned(text.text.into_owned()),
            map: text.map,
        };
        walker.embedded(&text, false, sink);
        return;
    }
    let here = call.redirects.iter().find_map(|r| match &r.kind {
        RedirectKind::HereString(word) => Some(word.clone()),
        _ => None,
    });
    if let Some(word) = here {
        let field = walker.expand_whole(&word.parts, word.span, sink);
        if let Some(text) = joined(walker.text, &[field], &sink.meter) {
            walker.embedded(&text, false, sink);
        }
    }
}

/// `cat > Dockerfile <<EOF`, `tee Containerfile <<EOF`.
pub(super) fn written(walker: &mut Walker<'_>, call: &Call, sink: &mut Sink<'_>) {
    let Some(heredoc) = body(walker, call) else {
        return;
    };
    let mut to_containerfile = false;
    for redirect in call.redirects.iter() {
        if let RedirectKind::Out(word) = &redirect.kind {
            // `> $FILE`, where the script says what FILE is.
            let meant = walker
                .expand_whole(&word.parts, word.span, sink)
                .value()
                .written();
            to_containerfile |=
                is_containerfile(walker.written(word.span)) || is_containerfile(&meant);
        }
    }
    to_containerfile |= call.fields[1..].iter().any(|f| {
        is_containerfile(walker.written(f.word)) || is_containerfile(&f.value().written())
    });
    if to_containerfile {
        containerfile(walker, heredoc, sink);
    } else if goes_on(walker, call) {
        manifests(walker, heredoc, sink);
    }
}

/// `echo "$YAML" | oc apply -f -`, `printf '…' > app.yaml`.
pub(super) fn printed(walker: &mut Walker<'_>, call: &Call, sink: &mut Sink<'_>) {
    let holds = |field: &&Field| {
        field.atoms.iter().any(|atom| matches!(&atom.piece, Piece::Literal(t) | Piece::Substituted { text: t, .. } if t.contains("apiVersion")))
    };
    let texts: Vec<Field> = call.fields[1..].iter().filter(holds).cloned().collect();
    if texts.is_empty() || !goes_on(walker, call) {
        return;
    }
    for field in texts {
        if let Some(text) = joined(walker.text, &[field], &sink.meter)
            && is_manifest(&text.text)
        {
            kubernetes::embedded(&text, sink);
        }
    }
}

/// `kubectl patch deployment x -p '{"spec": …}'`: parts of objects, lists of operations.
pub(super) fn patched(walker: &Walker<'_>, call: &Call, sink: &mut Sink<'_>) {
    let known = |field: &Field| field.known().unwrap_or_default();
    if !call.fields.iter().any(|field| known(field) == "patch") {
        return;
    }
    for (i, field) in call.fields.iter().enumerate() {
        let patch = match field.split_once('=') {
            _ if matches!(&*known(field), "-p" | "--patch") => call.fields.get(i + 1).cloned(),
            Some((flag, value)) if known(&flag) == "--patch" || known(&flag) == "-p" => Some(value),
            _ => None,
        };
        let text = patch.and_then(|patch| joined(walker.text, &[patch], &sink.meter));
        if let Some(text) = text.filter(|text| text.text.contains("image")) {
            kubernetes::embedded_part(&text, sink);
        }
    }
}

/// `cat > app.yaml <<EOF`, `cat <<EOF | oc apply -f -`, `$(cat <<EOF …)`: what is only printed is deployed by nobody.
fn goes_on(walker: &Walker<'_>, call: &Call) -> bool {
    let written = call
        .redirects
        .iter()
        .any(|r| matches!(r.kind, RedirectKind::Out(_)));
    let after = walker.text.text.get(call.span.end as usize..).unwrap_or("");
    let piped = after.lines().next().unwrap_or("").contains('|');
    written || piped || call.fields.len() > 1 || walker.shared.captured > 0
}

/// `kubectl apply -f - <<EOF`
pub(super) fn applied(walker: &mut Walker<'_>, call: &Call, sink: &mut Sink<'_>) {
    let deletes = call
        .fields
        .iter()
        .any(|field| field.known().as_deref() == Some("delete"));
    if let Some(heredoc) = body(walker, call).filter(|_| !deletes) {
        manifests(walker, heredoc, sink);
    }
    patched(walker, call, sink);
}

/// Objects of a cluster, with the script's variables in their place.
fn manifests(walker: &mut Walker<'_>, heredoc: &Heredoc, sink: &mut Sink<'_>) {
    if is_manifest(&walker.text.slice(heredoc.body).text) {
        let text = contents(walker, heredoc, sink);
        kubernetes::embedded(&text, sink);
    }
}

fn is_manifest(text: &str) -> bool {
    let line = |start: &str| {
        text.lines()
            .any(|line| line.trim_start().starts_with(start))
    };
    let json = text.trim_start().starts_with('{') && text.contains("\"apiVersion\"");
    json || (line("apiVersion:") && line("kind:"))
}

/// What a here-document's reader gets: variables in their place unless the delimiter is quoted, and without leading tabs
/// after `<<-` (POSIX, "Here-Document").
fn contents(
    walker: &mut Walker<'_>,
    heredoc: &Heredoc,
    sink: &mut Sink<'_>,
) -> SourceText<'static> {
    let text = if heredoc.literal {
        let slice = walker.text.slice(heredoc.body);
        SourceText {
            text: Cow::Owned(slice.text.into_owned()),
            map: slice.map,
        }
    } else {
        let (pieces, segments) = expanded(walker, heredoc.body, sink);
        walker.text.derive(pieces, segments)
    };
    if heredoc.strip_tabs {
        without_tabs(&text)
    } else {
        text
    }
}

fn without_tabs(text: &SourceText<'_>) -> SourceText<'static> {
    let mut out = String::with_capacity(text.text.len());
    let mut segments = Vec::new();
    let mut at = 0;
    for line in text.text.split_inclusive('\n') {
        let rest = line.trim_start_matches('\t');
        segments.push(Segment {
            inner: out.len() as u32,
            outer: (at + line.len() - rest.len()) as u32,
            outer_len: rest.len() as u32,
        });
        out.push_str(rest);
        at += line.len();
    }
    text.derive(out, segments)
}

/// `docker build - <<EOF`, `buildah bud -f - <<EOF`.
pub(super) fn built(walker: &mut Walker<'_>, call: &Call, sink: &mut Sink<'_>) {
    if let Some(heredoc) = body(walker, call) {
        containerfile(walker, heredoc, sink);
    }
}

fn is_containerfile(written: &str) -> bool {
    let name = written
        .trim_matches(['"', '\''])
        .rsplit('/')
        .next()
        .unwrap_or("")
        .to_ascii_lowercase();
    name.contains("dockerfile") || name.contains("containerfile")
}

fn containerfile(walker: &mut Walker<'_>, heredoc: &Heredoc, sink: &mut Sink<'_>) {
    let embedding = Embedding {
        source: walker.context.source,
        field: walker.context.field,
        replaced_from: false,
        build_args: &[],
        enclosing: walker.context.scope,
        object: walker.context.object,
    };
    let text = contents(walker, heredoc, sink);
    extract_embedded(&text, &embedding, sink);
}

/// A variable that holds another one with a default (`TAG=${1:-3}`), as a Dockerfile writes it.
fn with_default(value: &Value) -> Option<String> {
    let written = |piece: &Piece| match piece {
        Piece::Literal(text) | Piece::Substituted { text, .. } => Some(text.to_string()),
        Piece::Variable(variable) => match &variable.op {
            Op::Default { word, .. } => word
                .as_known()
                .map(|word| format!("${{{}:-{word}}}", variable.name)),
            _ => None,
        },
    };
    value.pieces.iter().map(written).collect()
}

/// What nobody knows, so that whoever reads the text sees a variable: `$2` is one for a shell only.
fn as_variable(written: &str) -> String {
    match written.strip_prefix('$') {
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) && !digits.is_empty() => {
            format!("${{{digits}}}")
        }
        _ => written.to_owned(),
    }
}

/// A here-document's text after the shell: what the script knows is put in, and what it does not stays as it is written.
fn expanded(walker: &mut Walker<'_>, body: Span, sink: &mut Sink<'_>) -> (String, Vec<Segment>) {
    let word = parse::here_document(&walker.text.text, body, walker.context.foreign);
    let mut out = String::with_capacity(body.len());
    let mut segments = Vec::new();
    for part in &word.parts {
        let at = part.span;
        let field = walker.expand_whole(std::slice::from_ref(part), at, sink);
        let value = field.value();
        let known = value.as_known().or_else(|| with_default(&value));
        let text = known.unwrap_or_else(|| as_variable(walker.written(at)));
        if sink.meter.produce(text.len()).is_err() {
            break;
        }
        segments.push(Segment {
            inner: out.len() as u32,
            outer: at.start,
            outer_len: at.len() as u32,
        });
        out.push_str(&text);
    }
    (out, segments)
}
