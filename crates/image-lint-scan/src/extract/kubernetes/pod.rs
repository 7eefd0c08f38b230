//! PodSpecs: containers, image volumes, what says with which secret they are pulled.

use super::nodes;
use super::path::FieldPath;
use super::reader::{Reader, Within, looks_like_image};
use crate::extract::scripts;
use image_lint_model::mention::{Expect, Role};
use image_lint_model::object::Workload;
use image_lint_text::yaml::{Kind, Node};

/// Keys of a PodSpec that hold containers (Kubernetes API, `core/v1.PodSpec`).
pub const CONTAINERS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// Reads a PodSpec and adds its pull secrets and service account to the workload's.
pub fn pod_spec(
    reader: &mut Reader<'_, '_>,
    pod: Node<'_>,
    path: &FieldPath<'_>,
    within: &Within,
    facts: &mut Workload,
) {
    for key in CONTAINERS {
        if let Some(list) = pod.get(key) {
            containers(reader, list, &path.key(key), within);
        }
    }
    if let Some(volumes) = pod.get("volumes") {
        let path = path.key("volumes");
        for (i, volume) in volumes.items().enumerate() {
            if let Some(reference) = volume.at(&["image", "reference"]) {
                // KEP-4639: an image volume may be any OCI artifact.
                let path = path.item(i);
                reader.mention(
                    reference,
                    &path.key("image.reference"),
                    within,
                    Role::Run,
                    Expect::Artifact,
                    None,
                );
            }
            if let Some(disk) = volume.at(&["containerDisk", "image"]) {
                reader.image(
                    disk,
                    &path.item(i).key("containerDisk.image"),
                    within,
                    Role::Run,
                );
            }
        }
    }
    pull_secrets(reader, pod, within, &mut facts.pull_secrets);
    facts.nodes = nodes::read(reader, pod, within);
    let account = pod
        .get("serviceAccountName")
        .or_else(|| pod.get("serviceAccount"));
    if let Some(account) = reader.value(account, within.dialect) {
        facts.service_account = Some(account);
    }
}

/// `imagePullSecrets[].name` of a PodSpec or a ServiceAccount.
pub fn pull_secrets(
    reader: &Reader<'_, '_>,
    node: Node<'_>,
    within: &Within,
    out: &mut Vec<image_lint_model::value::Value>,
) {
    if let Some(secrets) = node.get("imagePullSecrets") {
        out.extend(
            secrets
                .items()
                .filter_map(|secret| reader.value(secret.get("name"), within.dialect)),
        );
    }
}

/// Reads a list of containers.
pub fn containers(
    reader: &mut Reader<'_, '_>,
    list: Node<'_>,
    path: &FieldPath<'_>,
    within: &Within,
) {
    for (i, item) in list.items().enumerate() {
        container(reader, item, &path.item(i), within);
        scripts::of_container(reader, item, &path.item(i), within);
    }
}

/// Reads one container: its image (each, where the key stands twice), and images that its environment and arguments name.
pub fn container(
    reader: &mut Reader<'_, '_>,
    container: Node<'_>,
    path: &FieldPath<'_>,
    within: &Within,
) {
    let name = container.str_at(&["name"]);
    for (key, value) in container.pairs() {
        match key.as_str() {
            // Istio's injector puts the proxy's image there (istio.io, "Installing Gateways").
            Some("image") if value.as_str() == Some("auto") => {
                reader.mention(
                    value,
                    &path.key("image"),
                    within,
                    Role::Local,
                    Expect::Local,
                    name,
                );
            }
            Some("image") => {
                reader.mention(
                    value,
                    &path.key("image"),
                    within,
                    Role::Run,
                    Expect::Image,
                    name,
                );
            }
            Some("env") => environment(reader, value, &path.key("env"), within),
            Some(key @ ("args" | "command")) => arguments(reader, value, &path.key(key), within),
            _ => {}
        }
    }
}

/// Images that an operator is given in its environment: `RELATED_IMAGE_*` (operator-framework's convention) and `*_IMAGE`.
pub fn environment(
    reader: &mut Reader<'_, '_>,
    list: Node<'_>,
    path: &FieldPath<'_>,
    within: &Within,
) {
    for (i, variable) in list.items().enumerate() {
        let (Some(name), Some(value)) = (variable.str_at(&["name"]), variable.get("value")) else {
            continue;
        };
        let related = name.starts_with("RELATED_IMAGE_");
        if name.ends_with("_IMAGES") {
            image_map(reader, value, &path.item(i).key("value"), within);
            continue;
        }
        // `DRIVER_IMAGE-580`: one for each version.
        let versioned = name
            .split_once("_IMAGE-")
            .is_some_and(|(_, version)| version.starts_with(|c: char| c.is_ascii_digit()));
        if !related && !name.ends_with("_IMAGE") && !versioned && name != "IMAGE" {
            continue;
        }
        let Some(text) = reader.text(value, within.dialect) else {
            continue;
        };
        let open = text.value.as_known().is_none() && related;
        if open || looks_like_image(&text.value, related) {
            // What a build is told to make is no image to pull.
            let made = OUTPUTS.iter().any(|word| name.starts_with(word));
            let role = if made { Role::Push } else { Role::Run };
            reader.text_mention(
                text,
                &path.item(i).key("value"),
                within,
                role,
                Expect::Image,
                None,
            );
        }
    }
}

/// `version=image` lines, as Strimzi's operator takes them (strimzi-kafka-operator, `STRIMZI_KAFKA_IMAGES`).
fn image_map(reader: &mut Reader<'_, '_>, node: Node<'_>, path: &FieldPath<'_>, within: &Within) {
    let Some(text) = node
        .as_str()
        .filter(|text| text.contains('=') && text.len() < 65_536)
    else {
        return;
    };
    let source = node.text();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        let Some((_, image)) = line.trim_end().split_once('=') else {
            continue;
        };
        let value = crate::extract::variables::read(image, within.dialect);
        if !looks_like_image(&value, false) {
            continue;
        }
        let end = at + line.trim_end().len();
        let span = source.outer(image_lint_text::source::Span::new(end - image.len(), end));
        let text = super::reader::Text {
            span,
            value,
            also: Vec::new(),
        };
        reader.text_mention(text, path, within, Role::Run, Expect::Image, None);
    }
}

/// Beginnings of names of variables that say where a build puts its image.
const OUTPUTS: [&str; 4] = ["TARGET_", "OUTPUT_", "DESTINATION_", "PUSH_"];

/// Flags whose value is an image although their name does not say so (prometheus-operator `cmd/operator/main.go`).
const IMAGE_FLAGS: [&str; 1] = ["prometheus-config-reloader"];

/// Images in arguments: `--some-image=ref`, or `-some-image` with the reference as the next argument. Only references
/// that name a registry or a path with a tag are taken.
fn arguments(reader: &mut Reader<'_, '_>, list: Node<'_>, path: &FieldPath<'_>, within: &Within) {
    if list.kind() != Kind::Sequence {
        return;
    }
    let mut flag_before = false;
    for (i, argument) in list.items().enumerate() {
        let expected = std::mem::replace(&mut flag_before, false);
        let Some(text) = argument.as_str().filter(|text| text.len() < 1000) else {
            continue;
        };
        let (start, candidate) = match text.split_once('=') {
            Some((flag, value)) if names_image(flag) => (flag.len() + 1, value),
            None if expected => (0, text),
            _ => {
                flag_before = names_image(text);
                continue;
            }
        };
        let value = crate::extract::variables::read(candidate, within.dialect);
        let literal = value
            .as_known()
            .is_none_or(|text| text.contains('/') && text.contains([':', '@']));
        if literal && looks_like_image(&value, false) {
            let source = argument.text();
            let span = source.outer(image_lint_text::source::Span::new(start, text.len()));
            let text = super::reader::Text {
                span,
                value,
                also: Vec::new(),
            };
            reader.text_mention(text, &path.item(i), within, Role::Run, Expect::Image, None);
        }
    }
}

fn names_image(flag: &str) -> bool {
    let Some(name) = flag
        .strip_prefix('-')
        .map(|flag| flag.trim_start_matches('-'))
    else {
        return false;
    };
    name.ends_with("image")
        || name.contains("image-") && !name.contains("pull")
        || IMAGE_FLAGS.contains(&name)
}
