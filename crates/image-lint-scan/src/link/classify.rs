//! From expanded text to what it is: a known reference, an invalid one, an open one, or a name that no registry knows.

use super::to_come;
use super::values::Values;
use image_lint_model::evaluate::Evaluated;
use image_lint_model::mention::{
    Expect, Mention, OpenVariable, Part, Role, SourceKind, StreamKind, StreamName, Text, Unknown,
};
use image_lint_model::reference::{ImageReference, ReferenceError, ReferenceErrorKind};
use image_lint_model::value::{Op, Syntax};
use image_lint_text::source::Span;

/// Local stores and files that containers/image reads instead of a registry (containers-transports(5)).
const TRANSPORTS: &[&str] = &[
    "containers-storage:",
    "dir:",
    "docker-archive:",
    "docker-daemon:",
    "oci:",
    "oci-archive:",
    "ostree:",
    "sif:",
    "tarball:",
];

/// Bytes of a text that can be a name: host, path, tag and digest together are shorter.
const MAX_NAME: usize = 1024;
/// Characters that are kept of a longer one.
const MAX_KEPT: usize = 256;

/// A mention's text with its meaning.
#[derive(Debug)]
pub(super) struct Classified {
    pub text: Text,
    pub parts: Vec<Part>,
    /// The string as it would be asked for; names of streams and kustomizations are compared with it.
    pub raw: Box<str>,
    /// White space around it was left out.
    pub trimmed: bool,
}

/// Says what an expanded value is.
pub(super) fn classify(evaluated: Evaluated, mention: &Mention, values: &Values) -> Classified {
    let Evaluated {
        text: whole,
        mut parts,
        open,
    } = evaluated;
    let start = whole.len() - whole.trim_start().len();
    let mut raw = whole.trim();
    let trimmed = raw.len() != whole.len();
    let mut shift = start;
    if let Some(bare) = raw.strip_prefix("docker://")
        && takes_transport(mention)
    {
        shift += raw.len() - bare.len();
        raw = bare;
    } else if mention.expect == Expect::Artifact
        && let Some(bare) = raw.strip_prefix("oci://")
    {
        shift += raw.len() - bare.len();
        raw = bare;
    }
    let text = meaning(raw, (open, &parts), mention, values);
    // What is longer is not a valid image name, and a thousand places may repeat it.
    let (raw, text) = match raw
        .char_indices()
        .nth(MAX_KEPT)
        .filter(|_| raw.len() > MAX_NAME)
    {
        Some((end, _)) => (&raw[..end], shortened(text, end)),
        None => (raw, text),
    };
    shift_parts(&mut parts, shift, raw.len());
    Classified {
        text,
        parts,
        raw: raw.into(),
        trimmed,
    }
}

/// The text without what stands behind `end`.
fn shortened(text: Text, end: usize) -> Text {
    let cut = |text: String| format!("{}…", &text[..end]);
    match text {
        Text::Invalid { text, mut error } => {
            error.at = error.at.start.min(end)..error.at.end.min(end);
            Text::Invalid {
                text: cut(text),
                error,
            }
        }
        Text::Local { text, why } => Text::Local {
            text: cut(text),
            why,
        },
        Text::Internal { text } => Text::Internal { text: cut(text) },
        other => other,
    }
}

/// Builders, skopeo and KubeVirt take `docker://`; a PodSpec does not.
fn takes_transport(mention: &Mention) -> bool {
    mention.role != Role::Run || mention.source == SourceKind::CustomResource
}

fn meaning(
    raw: &str,
    (open, parts): (Vec<OpenVariable>, &[Part]),
    mention: &Mention,
    values: &Values,
) -> Text {
    if mention.role == Role::Local || mention.expect == Expect::Local {
        return local(
            raw,
            "a name in a local store, of a build stage, or replaced by the build's own settings",
        );
    }
    if let Some(refused) = refused_operator(raw, mention) {
        return refused;
    }
    if !open.is_empty() {
        return Text::Open(open);
    }
    if raw.is_empty() {
        // A parameter whose default is empty has a value only when the template is used.
        let open: Vec<_> = mention
            .value
            .variables()
            .map(|v| OpenVariable {
                name: v.name.to_string(),
                written: v.written.to_string(),
                syntax: v.syntax,
                declared_at: None,
                why: Unknown::of(v),
            })
            .collect();
        return if open.is_empty() {
            Text::Empty
        } else {
            Text::Open(open)
        };
    }
    if let Expect::Stream { kind, namespace } = &mention.expect {
        return Text::Stream {
            name: stream_name(raw, *kind, namespace.as_deref()),
            defined: None,
        };
    }
    if raw.starts_with("uses:") {
        return local(raw, "a step of a catalog that Lighthouse puts in its place");
    }
    if raw.starts_with("ko://") {
        return local(raw, "a Go import path that ko builds and replaces");
    }
    if raw.starts_with("//") || raw.starts_with('@') && raw.contains("//") {
        return local(raw, "a Bazel label");
    }
    if TRANSPORTS
        .iter()
        .any(|transport| raw.starts_with(transport))
        && !raw.contains("://")
    {
        return local(raw, "a local store or a file, not a registry");
    }
    let parsed = match mention.expect {
        Expect::Repository => ImageReference::parse_repository(raw),
        _ => ImageReference::parse(raw),
    };
    match parsed {
        Ok(reference)
            if (is_internal(&reference.host) || values.is_internal(&reference.host))
                && !values.is_rewritten(&reference.name()) =>
        {
            Text::Internal {
                text: raw.to_owned(),
            }
        }
        // podman and buildah put it before the names of what they build and commit, and take such a name from their store
        // (containers/common, `libimage/runtime.go`); no registry is called so without a port.
        Ok(reference)
            if &*reference.host == "localhost"
                && matches!(mention.role, Role::BuildBase | Role::Ci) =>
        {
            local(raw, "an image that was built on the same machine")
        }
        Ok(reference) => match to_come::in_tag(&reference, mention) {
            Some(open) => Text::Open(vec![open]),
            None => Text::Known(reference),
        },
        Err(error) if error.kind == ReferenceErrorKind::Placeholder => {
            Text::Open(vec![placeholder(raw, &error)])
        }
        Err(error) => match to_come::empty_part(raw, parts, mention) {
            Some(open) => Text::Open(vec![open]),
            None => Text::Invalid {
                text: raw.to_owned(),
                error,
            },
        },
    }
}

/// `${X:=word}` in a Dockerfile: builders know no such operator and refuse the line (BuildKit, `lex.go`, "unsupported
/// modifier"). In a template somebody else may replace it.
fn refused_operator(raw: &str, mention: &Mention) -> Option<Text> {
    if mention.source != SourceKind::Dockerfile || mention.scope.is_none() {
        return None;
    }
    let refused = mention.value.variables().find(|variable| {
        variable.op == Op::Unsupported
            && variable.syntax == Syntax::Shell
            && variable.written.starts_with("${")
            && variable.written.contains([':', '='])
            && !variable.name.is_empty()
    })?;
    let at = raw.find(&*refused.written)?;
    Some(Text::Invalid {
        text: raw.to_owned(),
        error: ReferenceError {
            why: format!("`{}` is no expansion that builders know", refused.written),
            at: at..at + refused.written.len(),
            hint: Some(format!("write `${{{}:-…}}` for a default", refused.name)),
            kind: ReferenceErrorKind::Character,
        },
    })
}

fn local(raw: &str, why: &'static str) -> Text {
    Text::Local {
        text: raw.to_owned(),
        why,
    }
}

fn placeholder(raw: &str, error: &ReferenceError) -> OpenVariable {
    let written = raw.get(error.at.clone()).unwrap_or(raw);
    let name = written.trim_matches([
        '$', '{', '}', '(', ')', '[', ']', '<', '>', '@', '#', '%', '_', ' ',
    ]);
    let syntax = if written.starts_with("${{") || written.starts_with("$[[") {
        Syntax::Expression
    } else if written.starts_with("$(") {
        Syntax::Tekton
    } else if written.starts_with('$') {
        Syntax::Shell
    } else if written.starts_with("{{") {
        Syntax::Braces
    } else {
        Syntax::Placeholder
    };
    OpenVariable {
        name: name.to_owned(),
        written: written.to_owned(),
        syntax,
        declared_at: None,
        why: Unknown::NoValue,
    }
}

/// Registries that only the cluster reaches: OpenShift's own (3.x and 4.x), its service network, any Service's name.
fn is_internal(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => (name, Some(port)),
        _ => (&*host, None),
    };
    name.ends_with(".svc")
        || name.ends_with(".svc.cluster.local")
        // OpenShift 3's default service network (servicesSubnet 172.30.0.0/16), where the registry listens on 5000.
        || (port == Some("5000") && name.starts_with("172.30.") && name.parse::<std::net::Ipv4Addr>().is_ok())
}

/// `name:tag`, `name@sha256:…` or `name`; a namespace in front counts when the field gives none.
pub(super) fn stream_name(raw: &str, kind: StreamKind, namespace: Option<&str>) -> StreamName {
    let (in_front, rest) = match raw.split_once('/') {
        Some((namespace, rest)) => (Some(namespace), rest),
        None => (None, raw),
    };
    let (name, tag) = match (kind, rest.split_once('@'), rest.split_once(':')) {
        (StreamKind::ImageStreamImage, Some((name, id)), _) => (name, Some(id)),
        (StreamKind::ImageStream, _, _) => (rest, None),
        (_, _, Some((name, tag))) => (name, Some(tag)),
        (_, _, None) => (rest, None),
    };
    StreamName {
        namespace: namespace.or(in_front).map(str::to_owned),
        name: name.to_owned(),
        tag: tag.map(str::to_owned),
    }
}

/// Moves parts to where they stand in the text without its first `shift` bytes; what falls outside is dropped.
fn shift_parts(parts: &mut Vec<Part>, shift: usize, len: usize) {
    parts.retain_mut(|part| {
        let (start, end) = (part.span.start as usize, part.span.end as usize);
        if start >= shift && end <= shift + len {
            part.span = Span::new(start - shift, end - shift);
            return true;
        }
        // Cut where white space or `docker://` was left out.
        let (from, to) = (start.max(shift), end.min(shift + len));
        if from >= to {
            return false;
        }
        let text = part.text.get(from - start..to - start).map(str::to_owned);
        part.span = Span::new(from - shift, to - shift);
        text.map(|text| part.text = text).is_some()
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::tests::mention_of;
    use image_lint_model::value::{Origin, OriginKind, Piece, Value};

    fn status(raw: &str, role: Role) -> Text {
        let mut mention = mention_of(Value::literal(raw));
        mention.role = role;
        let evaluated = Evaluated {
            text: raw.to_owned(),
            ..Evaluated::default()
        };
        classify(evaluated, &mention, &Values::new()).text
    }

    #[test]
    fn strings_are_known_invalid_open_internal_or_local() {
        for (raw, role, expected) in [
            ("nginx", Role::Run, "known"),
            (" nginx:1 \n", Role::Run, "known"),
            ("alpine:invalid!", Role::Run, "invalid"),
            ("imageValue", Role::Run, "invalid"),
            ("/proxyv2:", Role::Run, "invalid"),
            ("docker://nginx", Role::Run, "invalid"),
            ("docker://nginx", Role::BuildBase, "known"),
            ("", Role::Run, "open"),
            ("  ", Role::Run, "open"),
            ("gcr.io/@IMAGE_REGISTRY_PROJECT@/app", Role::Run, "open"),
            ("#IMAGE_NAME#", Role::BuildBase, "open"),
            ("%%IMAGE%%", Role::BuildBase, "open"),
            ("<your image>", Role::BuildBase, "open"),
            ("quay.io/__PROJECT_NAME__/x", Role::Run, "open"),
            ("{{ .Values.image }}", Role::Run, "open"),
            ("ko://example.com/cmd", Role::Run, "local"),
            ("//cmd:image", Role::Run, "local"),
            ("@repo//cmd:image", Role::Run, "local"),
            ("oci:/tmp/x:1", Role::BuildBase, "local"),
            ("docker-archive:x.tar", Role::BuildBase, "local"),
            ("containers-storage:nginx", Role::Push, "local"),
            ("nginx", Role::Local, "local"),
            (
                "docker-registry.default.svc:5000/a/b:1",
                Role::Run,
                "internal",
            ),
            ("docker-registry.default.svc/a/b:1", Role::Run, "internal"),
            (
                "image-registry.openshift-image-registry.svc:5000/a/b",
                Role::Run,
                "internal",
            ),
            ("172.30.1.1:5000/a/b", Role::Run, "internal"),
            ("172.30.1.1/a/b", Role::Run, "known"),
            ("172.31.1.1:5000/a/b", Role::Run, "known"),
            (
                "registry.tools.svc.cluster.local/a/b",
                Role::Run,
                "internal",
            ),
            ("localhost:5000/a", Role::Run, "known"),
            ("localhost:5000/a", Role::BuildBase, "known"),
            ("localhost/a/b:1", Role::BuildBase, "local"),
            ("localhost/a", Role::Ci, "local"),
            ("localhost/a", Role::Run, "known"),
            ("localhost/a", Role::Push, "known"),
        ] {
            assert_eq!(status(raw, role).status(), expected, "{raw}");
        }
    }

    #[test]
    fn configured_hosts_are_internal_too() {
        let mut values = Values::new();
        values.add_internal_host("Registry:5000");
        let mention = mention_of(Value::literal("registry:5000/a"));
        let evaluated = Evaluated {
            text: "registry:5000/a".into(),
            ..Evaluated::default()
        };
        assert_eq!(
            classify(evaluated, &mention, &values).text.status(),
            "internal"
        );
    }

    #[test]
    fn placeholders_keep_their_name_and_language() {
        for (raw, name, syntax) in [
            ("a/@X@", "X", Syntax::Placeholder),
            ("a/${X}", "X", Syntax::Shell),
            ("a/$(params.x)", "params.x", Syntax::Tekton),
            ("a/${{ x }}", "x", Syntax::Expression),
            ("{{ x }}/a", "x", Syntax::Braces),
        ] {
            let Text::Open(open) = status(raw, Role::Run) else {
                panic!("{raw} is open")
            };
            assert_eq!((&*open[0].name, open[0].syntax), (name, syntax), "{raw}");
        }
    }

    #[test]
    fn parts_move_with_the_text_that_is_left() {
        let origin = Origin {
            name: "X".into(),
            kind: OriginKind::InlineDefault,
            place: None,
        };
        let value = Value {
            pieces: vec![
                Piece::Literal(" docker://".into()),
                Piece::Substituted {
                    text: "a/b ".into(),
                    origin: origin.clone().into(),
                },
            ],
        };
        let mut mention = mention_of(value);
        mention.role = Role::BuildBase;
        let evaluated = Evaluated {
            text: " docker://a/b ".into(),
            parts: vec![Part {
                span: Span::new(10, 14),
                text: "a/b ".into(),
                origin,
            }],
            open: vec![],
        };
        let got = classify(evaluated, &mention, &Values::new());
        assert!(got.trimmed);
        assert_eq!(&got.raw[got.parts[0].span.range()], "a/b");
        assert_eq!(got.parts[0].text, "a/b");
    }
}
