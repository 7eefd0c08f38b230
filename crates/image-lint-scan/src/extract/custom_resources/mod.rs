//! Objects of projects beyond Kubernetes and OpenShift: known fields by table, the rest by what surrounds a string.
//!
//! An unknown field called `image` proves nothing: it must hold what looks like a reference, and a bare word is taken
//! only where the object around it looks like a container.

pub mod switches;
mod table;

use super::image_map;
use super::kubernetes::path::FieldPath;
use super::kubernetes::pod;
use super::kubernetes::reader::{Reader, Text, Within, looks_like_image};
use super::kubernetes::repository_key::{self, Beside};
use super::kubernetes::split::{self, Tagless};
use super::variables;
use image_lint_model::mention::{Expect, Role};
use image_lint_model::object::{Facts, Workload};
use image_lint_text::source::Span;
use image_lint_text::yaml::{Kind, Node};
use table::Reads;

/// Objects are followed this deep, aliases included.
const MAX_DEPTH: usize = 64;

/// Reads an object of any other group.
pub fn read(
    reader: &mut Reader<'_, '_>,
    node: Node<'_>,
    path: &FieldPath<'_>,
    within: &Within,
    (group, kind): (&str, &str),
) -> Facts {
    let mut walk = Walk {
        reader,
        within,
        workload: None,
    };
    for (_, _, way, reads) in table::rows(group, kind) {
        if *reads == Reads::Nothing {
            return Facts::Other;
        }
        walk.follow(node, path, way, *reads);
    }
    for (key, value) in node.pairs() {
        if let Some(key) = key
            .as_str()
            .filter(|key| !matches!(*key, "metadata" | "status" | "kind" | "apiVersion"))
        {
            walk.any(value, key, &path.key(key), 0);
        }
    }
    match walk.workload {
        Some(workload) => Facts::Workload(workload),
        None => Facts::Other,
    }
}

/// Reads a tree of which no schema is known.
pub fn read_unknown(
    reader: &mut Reader<'_, '_>,
    node: Node<'_>,
    key: &str,
    path: &FieldPath<'_>,
    within: &Within,
) {
    Walk {
        reader,
        within,
        workload: None,
    }
    .any(node, key, path, 0);
}

struct Walk<'r, 's, 'f> {
    reader: &'r mut Reader<'s, 'f>,
    within: &'r Within,
    /// Facts of the PodSpecs that were found.
    workload: Option<Workload>,
}

/// Keys below which nothing is a request to run an image: observed state, schemas, data.
const CLOSED: [&str; 18] = [
    "status",
    "managedFields",
    "openAPIV3Schema",
    "properties",
    "schema",
    "example",
    "examples",
    "withItems",
    "rbd",
    "labels",
    "annotations",
    "matchLabels",
    "selector",
    "validation",
    "containerStatuses",
    "imagePullSecrets",
    "rules",
    "matchImages",
];

/// Keys beside an `image` that make a mapping a container (`core/v1.Container`).
const CONTAINER_KEYS: [&str; 14] = [
    "command",
    "args",
    "env",
    "envFrom",
    "ports",
    "resources",
    "imagePullPolicy",
    "volumeMounts",
    "securityContext",
    "livenessProbe",
    "readinessProbe",
    "workingDir",
    "imagePullSecrets",
    "pullPolicy",
];

impl Walk<'_, '_, '_> {
    /// Goes along a way of the table and reads what stands at its end.
    fn follow(&mut self, node: Node<'_>, path: &FieldPath<'_>, way: &str, reads: Reads) {
        if way.is_empty() {
            let before = switches::before(self.reader);
            self.known(node, path, reads);
            return switches::mark(self.reader, node, path, before);
        }
        let (step, rest) = way.split_once('.').unwrap_or((way, ""));
        if step == "*" {
            for (key, value) in node.pairs() {
                if let Some(key) = key.as_str().filter(|key| !CLOSED.contains(key)) {
                    self.follow(value, &path.key(key), rest, reads);
                }
            }
        } else if let Some(key) = step.strip_suffix("[]") {
            let Some(list) = node.get(key) else { return };
            let path = path.key(key);
            for (i, item) in list.items().enumerate() {
                self.follow(item, &path.item(i), rest, reads);
            }
        } else if let Some(next) = node.get(step) {
            self.follow(next, &path.key(step), rest, reads);
        }
    }

    fn known(&mut self, node: Node<'_>, path: &FieldPath<'_>, reads: Reads) {
        match reads {
            Reads::Pod => {
                let facts = self.workload.get_or_insert_default();
                pod::pod_spec(self.reader, node, path, self.within, facts);
            }
            // An image with its tag beside it is read by its looks, as one.
            Reads::Container if split_beside(node).is_none() => {
                pod::container(self.reader, node, path, self.within)
            }
            Reads::Image if node.kind() == Kind::Scalar => {
                self.reader.image(node, path, self.within, Role::Run);
            }
            Reads::Shown if node.kind() == Kind::Scalar => {
                let shown = self.reader.image(node, path, self.within, Role::Run);
                switches::not_pulled(self.reader, shown, "OLM shows it, no node pulls it");
            }
            Reads::Repository if node.kind() == Kind::Scalar => {
                self.reader
                    .mention(node, path, self.within, Role::Run, Expect::Repository, None);
            }
            Reads::Artifact if node.kind() == Kind::Scalar => {
                self.reader
                    .mention(node, path, self.within, Role::Run, Expect::Artifact, None);
            }
            Reads::Package if self.reader.sink.extended && node.kind() == Kind::Scalar => {
                self.reader
                    .mention(node, path, self.within, Role::Run, Expect::Artifact, None);
            }
            Reads::OciRepository if self.reader.sink.extended => self.oci_repository(node, path),
            Reads::Push => {
                self.reader.image(node, path, self.within, Role::Push);
            }
            Reads::DockerUrl => self.docker_url(node, path),
            Reads::Container
            | Reads::Image
            | Reads::Shown
            | Reads::Repository
            | Reads::Artifact
            | Reads::Nothing => {}
            Reads::Package | Reads::OciRepository => {}
        }
    }

    /// `docker://ref` (containerized-data-importer docs, "image-from-registry").
    fn docker_url(&mut self, node: Node<'_>, path: &FieldPath<'_>) {
        let Some(reference) = node
            .as_str()
            .and_then(|text| text.strip_prefix("docker://"))
        else {
            return;
        };
        let source = node.text();
        let span = source.outer(Span::new("docker://".len(), source.text.len()));
        let value = variables::read(reference, self.within.dialect);
        let text = Text {
            span,
            value,
            also: Vec::new(),
        };
        self.reader
            .text_mention(text, path, self.within, Role::Run, Expect::Image, None);
    }

    /// `url` with `ref.digest`, `ref.tag`, or neither of them.
    fn oci_repository(&mut self, spec: Node<'_>, path: &FieldPath<'_>) {
        let Some(url) = spec
            .get("url")
            .filter(|url| url.as_str().is_some_and(|url| url.starts_with("oci://")))
        else {
            return;
        };
        let Some(mut text) = self.reader.text(url, self.within.dialect) else {
            return;
        };
        let mut field = "url";
        let full = |key: &str| {
            spec.at(&["ref", key])
                .filter(|node| node.as_str().is_some_and(|text| !text.is_empty()))
        };
        for (mark, key, name) in [("@", "digest", "ref.digest"), (":", "tag", "ref.tag")] {
            let Some(part) = full(key).and_then(|node| self.reader.text(node, self.within.dialect))
            else {
                continue;
            };
            text.also.push(text.span);
            text.span = part.span;
            text.value.push_literal(mark);
            text.value.pieces.extend(part.value.pieces);
            field = name;
            break;
        }
        let expect = if full("semver").is_some() {
            Expect::Repository
        } else {
            Expect::Artifact
        };
        self.reader
            .text_mention(text, &path.key(field), self.within, Role::Run, expect, None);
    }

    /// Reads a value of which nothing is known but the key it stands under.
    fn any(&mut self, node: Node<'_>, key: &str, path: &FieldPath<'_>, depth: usize) {
        if depth > MAX_DEPTH || CLOSED.contains(&key) {
            return;
        }
        match node.kind() {
            Kind::Mapping => {
                let before = switches::before(self.reader);
                self.mapping(node, key, path, depth);
                switches::mark(self.reader, node, path, before);
            }
            Kind::Sequence => {
                for (i, item) in node.items().enumerate() {
                    self.any(item, key, &path.item(i), depth + 1);
                }
            }
            Kind::Scalar | Kind::Null => {}
        }
    }

    /// `redis_image: a` with `redis_image_version: 7`.
    fn versioned(
        &mut self,
        node: Node<'_>,
        (name, value): (&str, Node<'_>),
        path: &FieldPath<'_>,
    ) -> bool {
        let written = value.as_str().unwrap_or("");
        let Some((key, version)) = split::version_beside(node, name, written) else {
            return false;
        };
        let dialect = self.within.dialect;
        let texts = (
            self.reader.text(value, dialect),
            self.reader.text(version, dialect),
        );
        let (Some(image), Some(version)) = texts else {
            return false;
        };
        if !looks_like_image(&image.value, false) {
            return false;
        }
        let text = split::with_version(image, version);
        let path = path.key(&key);
        self.reader
            .text_mention(text, &path, self.within, Role::Run, Expect::Image, None);
        true
    }

    fn mapping(&mut self, node: Node<'_>, key: &str, path: &FieldPath<'_>, depth: usize) {
        if split::is_split(node, key) {
            split::split(self.reader, node, path, self.within, None, Tagless::Plain);
            return;
        }
        if image_map::speaks_of_images(key) {
            image_map::read(self.reader, node, path, self.within);
        }
        let pod = pod::CONTAINERS
            .iter()
            .any(|list| node.get(list).is_some_and(holds_containers));
        if pod {
            let facts = self.workload.get_or_insert_default();
            pod::pod_spec(self.reader, node, path, self.within, facts);
        }
        let beside = split_beside(node);
        if beside.is_some() {
            split::split(self.reader, node, path, self.within, None, Tagless::Plain);
        }
        let container = is_container(node, key);
        for (name, value) in node.pairs() {
            let Some(name) = name.as_str() else { continue };
            if value.kind() == Kind::Scalar {
                let speaks =
                    split::speaks_of_image(name) && !name.to_ascii_lowercase().ends_with("tag");
                if repository_key::is_one(name) {
                    let of = Beside { parent: node, path };
                    repository_key::read(self.reader, (name, value), &of, self.within);
                } else if beside != Some(name) && speaks {
                    let plain = container && name == "image";
                    if !self.versioned(node, (name, value), path) {
                        self.reader
                            .plausible_image(value, &path.key(name), self.within, plain);
                    }
                }
            } else if name == "env" {
                pod::environment(self.reader, value, &path.key(name), self.within);
            } else if name != "<<" && !(pod && pod::CONTAINERS.contains(&name)) {
                self.any(value, name, &path.key(name), depth + 1);
            }
        }
    }
}

fn holds_containers(list: Node<'_>) -> bool {
    list.items().any(|item| item.str_at(&["image"]).is_some())
}

fn is_container(node: Node<'_>, key: &str) -> bool {
    let beside = || CONTAINER_KEYS.iter().any(|key| node.get(key).is_some());
    let spec = || {
        key == "spec"
            && ["replicas", "version", "size", "instances"]
                .iter()
                .any(|key| node.get(key).is_some())
    };
    node.get("image").is_some()
        && (key == "container" || beside() || spec() || pod::CONTAINERS.contains(&key))
}

/// The key of an image whose tag stands beside it: `image: a` with `tag: b`, `baseImage: a` with `version: b`.
fn split_beside(node: Node<'_>) -> Option<&'static str> {
    let tagless = |key: &str| {
        node.str_at(&[key]).is_some_and(|text| {
            !text.is_empty()
                && !text.contains('@')
                && !text
                    .rsplit('/')
                    .next()
                    .is_some_and(|last| last.contains(':'))
        })
    };
    let full = |key: &&str| node.str_at(&[key]).is_some_and(|text| !text.is_empty());
    if tagless("image") && ["tag", "imageTag"].iter().any(full) {
        return Some("image");
    }
    // prometheus-operator before 0.38
    (tagless("baseImage") && ["tag", "version"].iter().any(full)).then_some("baseImage")
}
