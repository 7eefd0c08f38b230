//! Images whose parts stand in fields of their own: `{registry, repository, tag, digest}`, `{image, tag}`,
//! `{name, version}`. They become one mention at the last part that is present, the others beside it.

use std::sync::Arc;

use super::path::FieldPath;
use super::reader::{Reader, Text, Within, looks_like_image};
use image_lint_model::mention::{Expect, Role};
use image_lint_model::value::{Op, Piece, Syntax, Value, Variable};
use image_lint_text::yaml::{Kind, Node};

/// What a missing tag means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tagless {
    /// `latest`, or whatever the controller adds: the name stands alone.
    Plain,
    /// Charts take `appVersion` of Chart.yaml: a variable `Chart.AppVersion`, defined in the Chart.yaml of the folder.
    AppVersion,
    /// The tag stands in a file that this one changes.
    Elsewhere,
}

const NAMES: [&str; 5] = ["repository", "image", "imageName", "baseImage", "name"];
const TAGS: [&str; 4] = ["tag", "version", "imageTag", "imageVersion"];

/// Reads a mapping that holds an image in parts. `registry` is what stands before names without their own registry.
pub fn split(
    reader: &mut Reader<'_, '_>,
    node: Node<'_>,
    path: &FieldPath<'_>,
    within: &Within,
    registry: Option<&Value>,
    tagless: Tagless,
) -> Option<u32> {
    let field = |keys: &[&'static str]| {
        keys.iter().find_map(|key| {
            let value = node
                .get(key)
                .filter(|value| value.as_str().is_some_and(|text| !text.trim().is_empty()))?;
            Some((*key, reader.text(value, within.dialect)?))
        })
    };
    let (key, name) = field(&NAMES)?;
    // `repository: ""` beside a name is filled in by the chart, from values that differ from chart to chart.
    if key == "name" && node.get("repository").is_some() {
        return None;
    }
    // In values of charts a name beside the repository may be a container's.
    let sure_of_parts =
        tagless == Tagless::Plain || names_host(&name.value) || field(&["registry"]).is_some();
    let within_namespace = field(&["name"])
        .filter(|(_, last)| key == "repository" && is_namespace_of(&name.value, &last.value))
        .filter(|_| sure_of_parts);
    // A bare word is a namespace whose name the operator knows (k8ssandra's `containerImage`).
    let bare = |value: &Value| !value.written().contains('/');
    let nothing_more = || field(&TAGS).is_none() && field(&["digest", "sha"]).is_none();
    if key == "repository"
        && tagless == Tagless::Plain
        && within_namespace.is_none()
        && bare(&name.value)
        && nothing_more()
    {
        return None;
    }
    let own_registry = field(&["registry"]);
    let registry = registry.filter(|_| !names_host(&name.value));
    let tag = field(&TAGS);
    let digest = field(&["digest", "sha"]);
    // With all three parts it is meant to be one, valid or not.
    let sure = key == "repository" && own_registry.is_some() && tag.is_some();
    let mut value = Value::default();
    let mut last = key;
    let mut also = Vec::new();
    let mut span = name.span;
    match (own_registry, registry) {
        (_, Some(global)) => push(&mut value, global.clone(), "/"),
        (Some((_, own)), None) => {
            also.push(own.span);
            also.extend(own.also);
            push(&mut value, own.value, "/");
        }
        (None, None) => {}
    }
    let whole = names_tag(&name.value);
    push(&mut value, name.value, "");
    also.extend(name.also);
    if let Some((key, text)) = within_namespace {
        value.push_literal("/");
        also.push(std::mem::replace(&mut span, text.span));
        also.extend(text.also);
        push(&mut value, text.value, "");
        last = key;
    }
    let mut part = |value: &mut Value, (key, text): (&'static str, Text), mark: &str| {
        value.push_literal(mark);
        also.push(std::mem::replace(&mut span, text.span));
        also.extend(text.also);
        push(value, text.value, "");
        last = key;
    };
    match (tag, &digest) {
        (Some(tag), _) if tag.1.value.written().starts_with("sha256:") => {
            part(&mut value, tag, "@")
        }
        (Some(tag), _) if !whole => part(&mut value, tag, ":"),
        (None, None) if !whole && tagless != Tagless::Plain => {
            let (name, written) = match tagless {
                Tagless::Elsewhere => (".Values tag", "{{ .Values tag }}"),
                _ => ("Chart.AppVersion", "{{ .Chart.AppVersion }}"),
            };
            value.push_literal(":");
            value.pieces.push(Piece::Variable(Arc::new(Variable {
                name: name.into(),
                written: written.into(),
                syntax: Syntax::Braces,
                op: Op::Plain,
            })));
        }
        _ => {}
    }
    if let Some(digest) = digest {
        let known = digest.1.value.written().contains(':');
        part(&mut value, digest, if known { "@" } else { "@sha256:" });
    }
    if !sure && !looks_like_image(&value, true) {
        return None;
    }
    also.sort_unstable();
    let text = Text { span, value, also };
    reader.text_mention(
        text,
        &path.key(last),
        within,
        Role::Run,
        Expect::Image,
        None,
    )
}

/// The version of an image that stands in a field with the same name and an ending: `redis_image` with
/// `redis_image_version`, `image` with `image_version` (the Ansible operators of AWX, Pulp and Galaxy), `imageVersion`.
pub fn version_beside<'n>(parent: Node<'n>, key: &str, name: &str) -> Option<(String, Node<'n>)> {
    const ENDINGS: [&str; 4] = ["_version", "_tag", "Version", "Tag"];
    let last = name.rsplit('/').next().unwrap_or("");
    if last.contains([':', '@']) {
        return None;
    }
    ENDINGS.iter().find_map(|ending| {
        let key = format!("{key}{ending}");
        let value = parent.get(&key)?;
        let full = value.as_str().is_some_and(|text| !text.trim().is_empty());
        full.then_some((key, value))
    })
}

/// Puts the version after the name; the mention is at the version.
pub fn with_version(mut name: Text, version: Text) -> Text {
    name.also.push(name.span);
    name.also.extend(version.also);
    name.also.sort_unstable();
    name.span = version.span;
    name.value.push_literal(":");
    push(&mut name.value, version.value, "");
    name
}

fn push(value: &mut Value, mut more: Value, behind: &str) {
    if let (Some(Piece::Literal(text)), "/") = (more.pieces.last_mut(), behind) {
        *text = text.trim_end_matches('/').into();
    }
    for piece in more.pieces {
        match piece {
            Piece::Literal(text) => value.push_literal(&text),
            other => value.pieces.push(other),
        }
    }
    value.push_literal(behind);
}

/// `repository: thelastpickle` with `name: cassandra-reaper`, `repository: quay.io/strimzi` with `name: operator`: a
/// namespace, and the image in it (k8ssandra's and Strimzi's fields).
fn is_namespace_of(repository: &Value, name: &Value) -> bool {
    let (Some(repository), Some(name)) = (repository.as_known(), name.as_known()) else {
        return false;
    };
    let parts: Vec<&str> = repository.split('/').collect();
    let host = parts[0].contains(['.', ':']) || parts[0] == "localhost";
    !name.contains(['/', ':', '@'])
        && parts.len() <= 1 + usize::from(host)
        && !(host && parts.len() == 1)
        && parts.last() != Some(&&*name)
}

/// The name begins with a registry: its first part has a dot or a port.
fn names_host(name: &Value) -> bool {
    name.written()
        .split_once('/')
        .is_some_and(|(host, _)| host.contains(['.', ':']) && !host.contains("{{"))
}

/// The name holds a tag or a digest already.
fn names_tag(name: &Value) -> bool {
    let written = name.written();
    written.contains('@')
        || written
            .rsplit('/')
            .next()
            .is_some_and(|last| last.contains(':') && !last.contains("{{"))
}

/// Whether a mapping is an image in parts: a `repository` that has a tag, digest or registry beside it, or that stands
/// under a key that speaks of an image.
pub fn is_split(node: Node<'_>, key: &str) -> bool {
    if node.kind() != Kind::Mapping {
        return false;
    }
    let has = |key: &str| {
        node.get(key)
            .is_some_and(|value| matches!(value.kind(), Kind::Scalar | Kind::Null))
    };
    let full = |key: &str| {
        node.str_at(&[key])
            .is_some_and(|text| !text.trim().is_empty())
    };
    let image_key = speaks_of_image(key);
    let part = TAGS.iter().chain(&["digest"]).any(|key| has(key));
    if full("repository") {
        return (image_key || has("tag") || has("digest"))
            && !node.str_at(&["repository"]).unwrap_or("").contains("://");
    }
    image_key && (full("name") || full("image") || full("imageName")) && (part || full("registry"))
}

/// `image`, `sidecarImage`, `init-image`, `image_spec`.
pub fn speaks_of_image(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    (lower == "image" || lower.ends_with("image") || lower.starts_with("image"))
        && !lower.contains("pull")
        && !FOREIGN.iter().any(|word| lower.contains(word))
}

/// Keys that speak of machine images and pictures.
const FOREIGN: [&str; 12] = [
    "vmimage",
    "osimage",
    "diskimage",
    "bootimage",
    "background",
    "favicon",
    "logo",
    "machineimage",
    "nodeimage",
    "imagetype",
    "sourceimage",
    "sshimage",
];
