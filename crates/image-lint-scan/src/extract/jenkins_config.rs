//! Jenkins' own configuration: `config.xml` of a controller or a job, as far as its clouds run agents in containers
//! (plugins.jenkins.io/kubernetes, `ContainerTemplate`; plugins.jenkins.io/docker-plugin, `DockerTemplateBase`), and the
//! same in YAML (plugins.jenkins.io/configuration-as-code).

use super::kubernetes::path::FieldPath;
use super::kubernetes::reader::{Reader, Within, looks_like_image};
use super::shapes::{Shape, holds_all, holds_any};
use super::variables::{self, Dialect};
use super::{Candidate, Draft, Extractor, Sink};
use image_lint_model::mention::{Role, SourceKind};
use image_lint_text::source::{SourceFile, Span};
use image_lint_text::yaml::{Document, Kind, Node};

/// `config.xml`.
pub struct Config;

/// Classes that make the file one of Jenkins.
const CLASSES: [&str; 4] = [
    "org.csanchez.jenkins.plugins.kubernetes",
    "com.nirima.jenkins.plugins.docker",
    "io.jenkins.docker",
    "hudson",
];

/// Elements that hold an image, and what they hold otherwise (a machine of another cloud) does not look like one.
const ELEMENTS: [&str; 2] = ["image", "dockerImage"];

impl Extractor for Config {
    fn name(&self) -> &'static str {
        "jenkins-config"
    }

    fn claims(&self, file: &Candidate<'_>) -> bool {
        file.path.file_name().ends_with(".xml")
    }

    fn worth_reading(&self, text: &str) -> bool {
        holds_any(text, &["<image>", "<dockerImage>"]) && holds_any(text, &CLASSES)
    }

    fn extract(&self, file: &SourceFile, out: &mut Sink<'_>) {
        for name in ELEMENTS {
            elements(&file.text, name, out);
        }
        out.extraction
            .mentions
            .sort_by_key(|mention| mention.place.span.start);
        // It may name one in a way that is not read.
        out.nothing = out.extraction.mentions.is_empty();
    }
}

/// Every `<name>text</name>` outside of comments.
fn elements(text: &str, name: &str, out: &mut Sink<'_>) {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut at = 0;
    while let Some(found) = text[at..].find(&open) {
        let start = at + found + open.len();
        let Some(len) = text[start..].find(['<', '\n']) else {
            return;
        };
        at = start + len;
        let inner = text[start..at].trim();
        if !text[at..].starts_with(&close) || inner.contains('&') || in_comment(text, start) {
            continue;
        }
        let value = variables::read(inner, Dialect::Compose);
        if !value.is_literal() || looks_like_image(&value, true) {
            let start = start + (text[start..at].len() - text[start..at].trim_start().len());
            let span = Span::new(start, start + inner.len());
            let source = SourceKind::Configuration;
            out.mention(Draft::image(span, value, Role::Ci, source, name));
        }
    }
}

fn in_comment(text: &str, at: usize) -> bool {
    let before = &text[..at];
    let opened = before.rfind("<!--");
    opened.is_some_and(|opened| !before[opened..].contains("-->"))
}

/// Configuration as code.
pub(super) struct AsCode;

impl Shape for AsCode {
    fn name(&self) -> &'static str {
        "jenkins-config"
    }

    fn may_be(&self, text: &str) -> bool {
        holds_all(text, &["jenkins:", "clouds:", "image:"])
    }

    fn read(&self, document: &Document<'_>, out: &mut Sink<'_>) -> bool {
        let clouds = document.root().at(&["jenkins", "clouds"]);
        let Some(clouds) = clouds.filter(|list| list.kind() == Kind::Sequence) else {
            return false;
        };
        let mut reader = Reader::new(out);
        images(
            &mut reader,
            clouds,
            &FieldPath::ROOT.key("jenkins.clouds"),
            0,
        );
        true
    }
}

/// Templates are followed this deep.
const MAX_DEPTH: usize = 12;

/// `kubernetes.templates[].containers[].image`, `docker.templates[].dockerTemplateBase.image`.
fn images(reader: &mut Reader<'_, '_>, node: Node<'_>, path: &FieldPath<'_>, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    for (i, item) in node.items().enumerate() {
        images(reader, item, &path.item(i), depth + 1);
    }
    for (key, value) in node.pairs() {
        let Some(key) = key.as_str() else { continue };
        if key == "image" && value.as_str().is_some() {
            let within = Within::source(SourceKind::Configuration, Dialect::Compose);
            reader.image(value, &path.key(key), &within, Role::Ci);
        } else if matches!(
            key,
            "kubernetes" | "docker" | "templates" | "containers" | "dockerTemplateBase"
        ) {
            images(reader, value, &path.key(key), depth + 1);
        }
    }
}
