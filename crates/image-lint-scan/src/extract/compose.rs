//! Compose files (compose-spec `spec.md`, `build.md`): what a developer's machine or a CI job pulls.

mod builds;
mod environment;
mod loose;

pub(super) use loose::Loose;

use memchr::memmem;

use super::ci::recover;
use super::kubernetes::path::FieldPath;
use super::kubernetes::reader::{Reader, Text, Within};
use super::variables::{self, Dialect};
use super::{Candidate, Extractor, Sink};
use image_lint_model::mention::{Role, SourceKind};
use image_lint_text::source::{SourceFile, Span};
use image_lint_text::yaml::{self, Kind, Node};

pub struct Compose;

impl Extractor for Compose {
    fn name(&self) -> &'static str {
        "compose"
    }

    fn claims(&self, file: &Candidate<'_>) -> bool {
        is_compose(&file.path.file_name())
    }

    fn worth_reading(&self, text: &str) -> bool {
        memmem::find(text.as_bytes(), b"image").is_some()
            || memmem::find(text.as_bytes(), b"build").is_some()
            || yaml::spells_words(text)
    }

    fn worth_reading_strictly(&self, text: &str) -> bool {
        self.worth_reading(text)
    }

    fn extract(&self, file: &SourceFile, out: &mut Sink<'_>) {
        let whole = file.whole();
        let stream = yaml::parse(&whole);
        crate::extract::yaml_comments::ignores(&whole, &stream, out);
        let first = out.extraction.mentions.len();
        let mut reader = Reader::new(out);
        let path = FieldPath::ROOT.key("services");
        let mut others = Vec::new();
        for document in &stream.documents {
            let root = document.root();
            // The first version of the format has the services at the root.
            let (all, path) = match root.get("services") {
                Some(all) => (all, &path),
                None => (root, &FieldPath::ROOT),
            };
            read_services(&mut reader, all, path);
            let extended = all
                .pairs()
                .filter_map(|(_, service)| service.str_at(&["extends", "file"]));
            others.extend(extended.map(str::to_owned));
            others.extend(included(root));
        }
        environment::put_in(first, out);
        for path in others {
            read_other(&path, out);
        }
        crate::extract::yaml_comments::cuts(&stream, out);
        recover(&whole, &stream, SourceKind::Compose, "Compose", out);
    }
}

/// Ends of a file that is filled in, or copied, before it is used.
const TEMPLATES: [&str; 8] = [
    ".tpl",
    ".tmpl",
    ".template",
    ".j2",
    ".erb",
    ".dist",
    ".example",
    ".sample",
];

/// `compose.yaml`, `docker-compose.yml`, `docker-compose.override.yml`, `compose.prod.yaml`, `docker-compose-dev.yml`,
/// `docker-compose.yml.j2`, `docker-compose.tpl`.
fn is_compose(name: &str) -> bool {
    let template = TEMPLATES.iter().find_map(|end| name.strip_suffix(end));
    if template == Some("docker-compose") {
        return true;
    }
    let name = template.unwrap_or(name);
    let Some(stem) = name
        .strip_suffix(".yaml")
        .or_else(|| name.strip_suffix(".yml"))
    else {
        return false;
    };
    let rest = stem
        .strip_prefix("docker-compose")
        .or_else(|| stem.strip_prefix("compose"));
    let ending = stem.ends_with(".compose")
        || stem.ends_with("-compose")
        || stem.ends_with(".docker-compose");
    ending || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
}

/// The services of a Compose file that stands in another file.
pub(super) fn services(reader: &mut Reader<'_, '_>, file: Node<'_>, path: &FieldPath<'_>) {
    if let Some(all) = file.get("services") {
        read_services(reader, all, &path.key("services"));
    }
}

fn read_services(reader: &mut Reader<'_, '_>, all: Node<'_>, path: &FieldPath<'_>) {
    for (name, service) in all.pairs() {
        if let Some(name) = name.as_str() {
            read_service(reader, service, &path.key(name));
        }
    }
}

/// Paths of `include`.
fn included(root: Node<'_>) -> Vec<String> {
    let Some(include) = root.get("include") else {
        return Vec::new();
    };
    let paths = include.items().flat_map(|item| {
        let list = item.get("path").into_iter().flat_map(|path| path.items());
        let list: Vec<Node<'_>> = list.collect();
        let one = item.get("path").unwrap_or(item);
        list.into_iter().chain(std::iter::once(one))
    });
    paths
        .filter_map(|path| path.as_str().map(str::to_owned))
        .collect()
}

/// A file that only this one says to be a Compose file.
fn read_other(path: &str, out: &mut Sink<'_>) {
    let folder = out.file().path.folder().into_owned();
    let Some(path) = crate::tree::join(&folder, path) else {
        return;
    };
    let name = path.rsplit('/').next().unwrap_or(&path);
    if is_compose(name) || out.others.len() > MAX_OTHERS || path == out.file().path.to_text() {
        return;
    }
    let Some(file) = out.other(&path) else { return };
    if out.others.iter().any(|(known, _)| *known == file.id) {
        return;
    }
    let mut beside = out.beside(&file);
    Compose.extract(&file, &mut beside);
    let mut others = std::mem::take(&mut beside.others);
    out.others.push((file.id, beside.finish()));
    out.others.append(&mut others);
}

/// Most files that one names.
const MAX_OTHERS: usize = 32;

fn read_service(reader: &mut Reader<'_, '_>, service: Node<'_>, path: &FieldPath<'_>) {
    let within = Within::source(SourceKind::Compose, Dialect::Compose);
    let build = service.get("build");
    for (key, value) in service.pairs() {
        if key.as_str() == Some("image") {
            // With a `build` beside it, it is the name that the result is given.
            let role = if build.is_some() {
                Role::Push
            } else {
                Role::Ci
            };
            reader.image(value, &path.key("image"), &within, role);
        }
    }
    if let Some(build) = build {
        builds::read(reader, build, &path.key("build"), &within);
    }
}

/// A mapping, or a list of `name=value`.
fn pairs(node: Option<Node<'_>>) -> Vec<(Box<str>, Text)> {
    let Some(node) = node else { return Vec::new() };
    let text = |value: Node<'_>, from: usize| {
        let source = value.text();
        let span = source.outer(Span::new(from, source.text.len()));
        Text {
            span,
            value: variables::read(&source.text[from..], Dialect::Compose),
            also: Vec::new(),
        }
    };
    match node.kind() {
        Kind::Mapping => node
            .pairs()
            .filter_map(|(key, value)| {
                Some((
                    key.as_str()?.into(),
                    value.as_str().map(|_| text(value, 0))?,
                ))
            })
            .collect(),
        _ => node
            .items()
            .filter_map(|item| {
                let (name, _) = item.as_str()?.split_once('=')?;
                Some((name.into(), text(item, name.len() + 1)))
            })
            .collect(),
    }
}
