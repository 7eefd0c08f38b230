//! Text inside a script that is something else: here-documents that are scripts or Containerfiles, arguments that are
//! scripts.

use std::borrow::Cow;

use crate::extract::Sink;
use crate::extract::dockerfile::{Embedding, extract_embedded};
use crate::extract::kubernetes;
use crate::extract::shell::field::Field;
use crate::extract::shell::syntax::RedirectKind;
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
fn body(walker: &Walker<'_>, call: &Call) -> Option<(Span, bool)> {
    call.redirects.iter().rev().find_map(|r| match r.kind {
        RedirectKind::Heredoc(i) => walker.script.heredocs.get(i).map(|h| (h.body, h.literal)),
        _ => None,
    })
}

/// A shell that reads its script from a here-document or a here-string.
pub(super) fn script(walker: &mut Walker<'_>, call: &Call, sink: &mut Sink<'_>) {
    if let Some((body, _)) = body(walker, call) {
        let text = walker.text.slice(body);
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
    let Some((body, literal)) = body(walker, call) else {
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
        containerfile(walker, body, literal, sink);
    } else if goes_on(walker, call) {
        manifests(walker, body, literal, sink);
    }
}

/// `cat > app.yaml <<EOF`, `cat <<EOF | oc apply -f -`: what is only printed is deployed by nobody.
fn goes_on(walker: &Walker<'_>, call: &Call) -> bool {
    let written = call
        .redirects
        .iter()
        .any(|r| matches!(r.kind, RedirectKind::Out(_)));
    let after = walker.text.text.get(call.span.end as usize..).unwrap_or("");
    let piped = after.lines().next().unwrap_or("").contains('|');
    written || piped || call.fields.len() > 1
}

/// `kubectl apply -f - <<EOF`
pub(super) fn applied(walker: &mut Walker<'_>, call: &Call, sink: &mut Sink<'_>) {
    let deletes = call
        .fields
        .iter()
        .any(|field| field.known().as_deref() == Some("delete"));
    if let Some((body, literal)) = body(walker, call).filter(|_| !deletes) {
        manifests(walker, body, literal, sink);
    }
}

/// Objects of a cluster, with the script's variables in their place.
fn manifests(walker: &mut Walker<'_>, body: Span, literal: bool, sink: &mut Sink<'_>) {
    let text = walker.text.slice(body);
    let line = |start: &str| {
        text.text
            .lines()
            .any(|line| line.trim_start().starts_with(start))
    };
    let json = text.text.trim_start().starts_with('{') && text.text.contains("\"apiVersion\"");
    let manifest = json || (line("apiVersion:") && line("kind:"));
    if !manifest {
        return;
    }
    if literal {
        kubernetes::embedded(&text, sink);
        return;
    }
    let (pieces, segments) = expanded(walker, &text.text, body, &sink.meter);
    let text = walker.text.derive(pieces, segments);
    kubernetes::embedded(&text, sink);
}

/// `docker build - <<EOF`, `buildah bud -f - <<EOF`.
pub(super) fn built(walker: &mut Walker<'_>, call: &Call, sink: &mut Sink<'_>) {
    if let Some((body, literal)) = body(walker, call) {
        containerfile(walker, body, literal, sink);
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

fn containerfile(walker: &mut Walker<'_>, body: Span, literal: bool, sink: &mut Sink<'_>) {
    let text = walker.text.slice(body);
    let embedding = Embedding {
        source: walker.context.source,
        field: walker.context.field,
        replaced_from: false,
        build_args: &[],
        enclosing: walker.context.scope,
        object: walker.context.object,
    };
    if literal {
        extract_embedded(&text, &embedding, sink);
        return;
    }
    // The shell puts its variables in first.
    let (pieces, segments) = expanded(walker, &text.text, body, &sink.meter);
    let text = walker.text.derive(pieces, segments);
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

/// A here-document's text after the shell: `$X` replaced where the script knows it, `\$` undone.
fn expanded(walker: &Walker<'_>, body: &str, span: Span, meter: &Meter) -> (String, Vec<Segment>) {
    let mut out = String::with_capacity(body.len());
    let mut segments = Vec::new();
    let bytes = body.as_bytes();
    let (mut i, mut from) = (0, 0);
    let copy = |out: &mut String, segments: &mut Vec<Segment>, from: usize, to: usize| {
        if from < to {
            let outer = span.start + from as u32;
            segments.push(Segment {
                inner: out.len() as u32,
                outer,
                outer_len: (to - from) as u32,
            });
            out.push_str(&body[from..to]);
        }
    };
    while i < bytes.len() {
        match bytes[i] {
            b'\\' if matches!(bytes.get(i + 1), Some(b'$' | b'`' | b'\\')) => {
                copy(&mut out, &mut segments, from, i);
                from = i + 1;
                i += 2;
            }
            b'$' => {
                let braced = bytes.get(i + 1) == Some(&b'{');
                let start = i + 1 + usize::from(braced);
                let len = bytes[start..]
                    .iter()
                    .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
                    .count();
                let end = start + len + usize::from(braced);
                let closed = !braced || bytes.get(start + len) == Some(&b'}');
                let known = (len > 0 && closed)
                    .then(|| walker.environment.get(&body[start..start + len]))
                    .flatten()
                    .and_then(|binding| {
                        binding
                            .value
                            .as_known()
                            .or_else(|| with_default(&binding.value))
                    });
                match known {
                    Some(text) => {
                        if meter.produce(text.len()).is_err() {
                            return (out, segments);
                        }
                        copy(&mut out, &mut segments, from, i);
                        let outer = span.start + i as u32;
                        segments.push(Segment {
                            inner: out.len() as u32,
                            outer,
                            outer_len: (end - i) as u32,
                        });
                        out.push_str(&text);
                        from = end;
                        i = end;
                    }
                    None => i += 1,
                }
            }
            _ => i += 1,
        }
    }
    copy(&mut out, &mut segments, from, bytes.len());
    (out, segments)
}
