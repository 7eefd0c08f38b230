//! Where a Jenkinsfile names an image outside its scripts: `agent { docker { image '…' } }` and `agent { docker '…' }`
//! of declarative pipelines, `docker.image('…')` and `docker.build('…')` of scripted ones, the pods of the Kubernetes
//! plugin (jenkins.io, "Using Docker with Pipeline"; plugins.jenkins.io/kubernetes).
//!
//! Comes in: what stands before a string. Goes out: what the string is. Groovy itself is not read.

use super::names::Names;
use crate::extract::kubernetes::object::{self, Surroundings};
use crate::extract::kubernetes::path::FieldPath;
use crate::extract::kubernetes::reader::Reader;
use crate::extract::{Draft, Sink};
use image_lint_model::mention::{Role, SourceKind};
use image_lint_text::source::{SourceText, Span};
use image_lint_text::yaml;

/// What a string is by where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// An image, and the field it is shown with.
    Image(Role, &'static str),
    /// The YAML of a pod.
    Pod,
}

/// The blocks that are open, outermost first: the word before each `{`.
#[derive(Debug, Default)]
pub(super) struct Blocks<'t> {
    open: Vec<&'t str>,
}

/// A Jenkinsfile nests less deep than this; what is deeper has no name.
const MAX_DEPTH: usize = 200;

impl<'t> Blocks<'t> {
    /// A `{`, with the text before it.
    pub fn enter(&mut self, before: &'t str) {
        let near = before.trim_end();
        let near = match near.strip_suffix(')') {
            // `withCredentials([…]) {`: not looked into further than a person would write on a line or two.
            Some(inner) => inner[floor(inner, inner.len().saturating_sub(400))..]
                .rfind('(')
                .map_or("", |at| {
                    let start = floor(inner, inner.len().saturating_sub(400)) + at;
                    inner[..start].trim_end()
                }),
            None => near,
        };
        if self.open.len() < MAX_DEPTH {
            self.open.push(word(near));
        }
    }

    /// A `}`.
    pub fn leave(&mut self) {
        self.open.pop();
    }

    /// The word before the innermost block.
    pub fn innermost(&self) -> &'t str {
        self.open.last().copied().unwrap_or("")
    }

    /// What a string is, by the text before it.
    pub fn meaning(&self, before: &str) -> Option<Meaning> {
        let near = before.trim_end();
        let (near, named) = match near.strip_suffix(':') {
            Some(near) => (near.trim_end(), true),
            None => (near.strip_suffix('(').map_or(near, str::trim_end), false),
        };
        let call = word(near);
        let innermost = self.open.last().copied().unwrap_or("");
        match (call, named) {
            ("image", false) if innermost == "docker" => {
                Some(Meaning::Image(Role::Ci, "agent.docker.image"))
            }
            ("image", false) if innermost == "containerTemplate" => {
                Some(Meaning::Image(Role::Run, "containerTemplate.image"))
            }
            ("docker", false) if innermost == "agent" => {
                Some(Meaning::Image(Role::Ci, "agent.docker"))
            }
            ("docker.image", false) => Some(Meaning::Image(Role::Ci, "docker.image")),
            ("docker.build", false) => Some(Meaning::Image(Role::Push, "docker.build")),
            ("image", true) if is_argument_of(near, "containerTemplate") => {
                Some(Meaning::Image(Role::Run, "containerTemplate.image"))
            }
            ("yaml", false) if innermost == "kubernetes" => Some(Meaning::Pod),
            ("yaml", true) if is_argument_of(near, "podTemplate") => Some(Meaning::Pod),
            _ => None,
        }
    }
}

/// Writes down what a string names.
pub(super) fn read(
    text: &SourceText<'static>,
    meaning: Meaning,
    names: &Names,
    out: &mut Sink<'_>,
) {
    match meaning {
        Meaning::Image(role, field) => {
            let trimmed = text.text.trim();
            // A string that only begins a sum (`'registry/' + name`) is no whole name.
            if trimmed.is_empty()
                || trimmed.ends_with(['/', ':'])
                || trimmed.contains(char::is_whitespace)
            {
                return;
            }
            let start = text.text.len() - text.text.trim_start().len();
            let span = text.outer(Span::new(start, start + trimmed.len()));
            let value = names.value(trimmed, out);
            out.mention(Draft::image(
                span,
                value,
                role,
                SourceKind::Jenkinsfile,
                field,
            ));
        }
        Meaning::Pod => {
            let stream = yaml::parse(text);
            let mut reader = Reader::new(out);
            for document in &stream.documents {
                let path = FieldPath::ROOT;
                object::read(
                    &mut reader,
                    document.root(),
                    &path.key("yaml"),
                    &Surroundings::default(),
                    Some("Pod"),
                );
            }
            for broken in &stream.unread {
                out.skip(
                    broken.at,
                    format!("this pod is not YAML: {}", broken.why),
                    broken.template,
                );
            }
        }
    }
}

/// The name that a text ends with, dots included.
fn word(text: &str) -> &str {
    let start = text
        .rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
        .map_or(0, |at| {
            // The character that ends the search may be longer than a byte.
            at + text[at..].chars().next().map_or(1, char::len_utf8)
        });
    &text[start..]
}

/// Whether an argument stands in the brackets of a call, on the same or one of the lines before.
fn is_argument_of(before: &str, call: &str) -> bool {
    let near = &before[floor(before, before.len().saturating_sub(400))..];
    near.rfind(call).is_some_and(|at| {
        let rest = &near[at + call.len()..];
        rest.trim_start().starts_with(['(', ' ']) | rest.starts_with(' ')
            && !rest.contains([')', '{'])
    })
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
