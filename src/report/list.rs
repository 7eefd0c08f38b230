//! `image-lint list`: every mention with its exact place and meaning, and no verdict. As text for people, as one JSON
//! object, or as one object a line.
//!
//! The field names are a promise like those of [`json`](crate::report::json).

use std::io::{self, Write};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::report::json::{SCHEMA_VERSION, exact_path};
use crate::report::wire;
use crate::rules::facts;
use image_lint_model::fact::Fact;
use image_lint_model::mention::{
    Expect, LinkedMention, Mention, OpenVariable, Repository, StreamKind, Text, Unknown,
};
use image_lint_model::reference::redact_credentials;
use image_lint_model::sanitize;
use image_lint_model::value::OriginKind;
use image_lint_text::source::{Place, RepoPath};

/// An output format of `list`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListFormat {
    Text,
    Json,
    JsonLines,
}

impl ListFormat {
    pub const ALL: [ListFormat; 3] = [ListFormat::Text, ListFormat::Json, ListFormat::JsonLines];

    pub fn as_str(self) -> &'static str {
        match self {
            ListFormat::Text => "text",
            ListFormat::Json => "json",
            ListFormat::JsonLines => "jsonl",
        }
    }
}

impl FromStr for ListFormat {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|f| f.as_str() == name)
            .ok_or_else(|| {
                format!("there is no list format `{name}`: choose one of text, json, jsonl")
            })
    }
}

/// All mentions of a repository.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListDocument {
    /// Version of this format.
    pub schema_version: u32,
    /// Sorted by path, line and column.
    pub mentions: Vec<MentionEntry>,
}

/// One place that names an image. Lines and columns start at 1, columns count Unicode scalar values, ends are exclusive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MentionEntry {
    /// Relative to the root, `/` between its parts, without `./`.
    pub path: String,
    /// The bytes of the path in base64, only where it is not UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_base64: Option<String>,
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
    /// Offset in the file, in bytes.
    pub start_byte: u32,
    pub end_byte: u32,
    /// As written, quotes and escapes undone, variables with their marks, credentials as `***`.
    pub text: String,
    /// Normalised; null unless the status is `known`.
    pub reference: Option<String>,
    /// `known`, `open`, `invalid`, `internal`, `stream` or `local`.
    pub status: String,
    /// `run`, `build-base`, `push`, `stream`, `local` or `ci`.
    pub role: String,
    /// Kind of source: `kubernetes`, `dockerfile`, `shell` …
    pub source: String,
    /// What the text is meant to be: `image`, `repository`, `artifact`, `image-stream-tag`, `image-stream-image`,
    /// `image-stream` or `local`.
    pub kind: String,
    /// Where in the object, Dockerfile or command it stands.
    pub field: String,
    /// Whether a registry would be asked.
    pub asked: bool,
    /// Where each substituted piece came from.
    pub parts: Vec<PartEntry>,
    /// Why the reference is not known or not asked; null when there is nothing to explain.
    pub reason: Option<String>,
    /// The whole name where it is known and no registry's that is asked: one that only the cluster reaches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<String>,
    /// Where an image is one of several: the way through the script or Makefile that leads to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// The template that helm rendered it from, only where rendered input has a line `# Source: TEMPLATE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
}

/// A piece of the text that did not stand at the place itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PartEntry {
    /// Name of the variable, without marks.
    pub name: String,
    pub text: String,
    /// `template-parameter`, `dockerfile-arg`, `assignment` …
    pub origin: String,
    /// Where the value is defined, when that is in the repository.
    pub path: Option<String>,
    pub line: Option<u32>,
    pub column: Option<u32>,
}

/// Writes the mentions of a repository.
///
/// # Errors
/// Those of the stream.
pub fn list(
    files: &[RepoPath],
    repository: &Repository,
    format: ListFormat,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        ListFormat::Text => {
            for linked in &repository.mentions {
                out.write_all(text_line(files, linked).as_bytes())?;
            }
            Ok(())
        }
        ListFormat::Json => {
            let mentions = repository
                .mentions
                .iter()
                .map(|m| entry(files, m))
                .collect();
            wire::pretty(
                &ListDocument {
                    schema_version: SCHEMA_VERSION,
                    mentions,
                },
                out,
            )
        }
        ListFormat::JsonLines => {
            for linked in &repository.mentions {
                wire::line(&entry(files, linked), out)?;
            }
            Ok(())
        }
    }
}

fn path(files: &[RepoPath], place: Place) -> &RepoPath {
    // Places are made by extractors of the files of this list.
    &files[place.file.0 as usize]
}

fn text_line(files: &[RepoPath], linked: &LinkedMention) -> String {
    let m = &linked.mention;
    let mut line = format!(
        "{}:{}:{}  {}  {} {}",
        sanitize::path(path(files, m.place)),
        m.place.start.line,
        m.place.start.column,
        match &linked.text {
            Text::Known(reference) => sanitize::short(&reference.to_string(), sanitize::LONGEST),
            Text::Internal { text } => {
                sanitize::short(&redact_credentials(text), sanitize::LONGEST)
            }
            _ => sanitize::short(&redact_credentials(&written(m)), sanitize::LONGEST),
        },
        linked.role.as_str(),
        m.source.as_str(),
    );
    if !matches!(linked.text, Text::Known(_)) {
        line.push_str(&format!(" {}", linked.text.status()));
    }
    if let Some(condition) = &m.condition {
        let words = condition.words();
        line.push_str(&format!("  {}", sanitize::short(words, sanitize::LONGEST)));
    }
    if let Some(template) = template(linked) {
        let template = sanitize::short(template, sanitize::LONGEST);
        line.push_str(&format!("  (rendered from {template})"));
    }
    if let Some(reason) = reason(linked) {
        line.push_str(&format!(
            "  ({})",
            sanitize::short(&reason, sanitize::LONGEST)
        ));
    }
    line.push('\n');
    sanitize::break_commands(&line).into_owned()
}

fn entry(files: &[RepoPath], linked: &LinkedMention) -> MentionEntry {
    let m = &linked.mention;
    let (name, path_base64) = exact_path(path(files, m.place));
    MentionEntry {
        path: name,
        path_base64,
        line: m.place.start.line,
        column: m.place.start.column,
        end_line: m.place.end.line,
        end_column: m.place.end.column,
        start_byte: m.place.span.start,
        end_byte: m.place.span.end,
        text: redact_credentials(&written(m)).into_owned(),
        reference: match &linked.text {
            Text::Known(reference) => Some(reference.to_string()),
            _ => None,
        },
        status: linked.text.status().into(),
        role: linked.role.as_str().into(),
        source: m.source.as_str().into(),
        kind: kind(&m.expect).into(),
        field: m.field.to_string(),
        asked: linked.asked,
        parts: linked
            .parts
            .iter()
            .map(|part| PartEntry {
                name: part.origin.name.to_string(),
                text: redact_credentials(&part.text).into_owned(),
                origin: origin(part.origin.kind).into(),
                path: part
                    .origin
                    .place
                    .map(|p| path(files, p).to_text().into_owned()),
                line: part.origin.place.map(|p| p.start.line),
                column: part.origin.place.map(|p| p.start.column),
            })
            .collect(),
        reason: reason(linked).map(|r| sanitize::line(&r).into_owned()),
        resolved: match &linked.text {
            Text::Internal { text } => Some(redact_credentials(text).into_owned()),
            _ => None,
        },
        condition: m
            .condition
            .as_ref()
            .map(|condition| sanitize::line(condition.words()).into_owned()),
        template: template(linked).map(|t| sanitize::line(t).into_owned()),
    }
}

fn template(linked: &LinkedMention) -> Option<&str> {
    linked.facts.iter().find_map(|fact| match fact {
        Fact::RenderedFrom { template, .. } => Some(&**template),
        _ => None,
    })
}

/// The text as it stands in the file, variables with their marks.
fn written(mention: &Mention) -> String {
    mention
        .written
        .as_deref()
        .map_or_else(|| mention.value.written(), str::to_owned)
}

fn kind(expect: &Expect) -> &'static str {
    match expect {
        Expect::Image | Expect::Frontend => "image",
        Expect::Repository => "repository",
        Expect::Stream {
            kind: StreamKind::ImageStreamTag,
            ..
        } => "image-stream-tag",
        Expect::Stream {
            kind: StreamKind::ImageStreamImage,
            ..
        } => "image-stream-image",
        Expect::Stream {
            kind: StreamKind::ImageStream,
            ..
        } => "image-stream",
        Expect::Local => "local",
        Expect::Artifact => "artifact",
    }
}

fn origin(kind: OriginKind) -> &'static str {
    match kind {
        OriginKind::TemplateParameter => "template-parameter",
        OriginKind::TektonParam => "tekton-param",
        OriginKind::ArgoParameter => "argo-parameter",
        OriginKind::DockerfileArg => "dockerfile-arg",
        OriginKind::Predefined => "predefined",
        OriginKind::Assignment => "assignment",
        OriginKind::InlineDefault => "inline-default",
        OriginKind::BuildArg => "build-arg",
        OriginKind::HelmChart | OriginKind::HelmNumber => "helm-chart",
        OriginKind::Kustomize => "kustomize",
        OriginKind::CommandLine => "command-line",
    }
}

/// What is not known of open variables, and why.
pub(crate) fn unknown(
    variables: &[OpenVariable],
    name: &dyn Fn(&OpenVariable) -> String,
) -> String {
    let mut parts: Vec<String> = Vec::new();
    for (why, before, after) in [
        (Unknown::NoValue, "no value for ", ""),
        (Unknown::Argument, "", " is given by whoever calls it"),
        (Unknown::Several, "", " has several values"),
        (Unknown::Running, "only running it tells what ", " is"),
        (
            Unknown::Expression,
            "",
            " is an expression that is not followed",
        ),
    ] {
        let names: Vec<String> = variables
            .iter()
            .filter(|variable| variable.why == why)
            .map(name)
            .collect();
        if !names.is_empty() {
            parts.push(format!("{before}{}{after}", names.join(", ")));
        }
    }
    parts.join("; ")
}

fn reason(linked: &LinkedMention) -> Option<String> {
    let text = match &linked.text {
        Text::Known(_) if linked.asked => return None,
        Text::Known(_) => {
            let kept = |fact: &&Fact| {
                matches!(
                    fact,
                    Fact::Rewritten { .. }
                        | Fact::TriggeredBy { .. }
                        | Fact::BuiltHere { .. }
                        | Fact::Mirrored { only: true, .. }
                )
            };
            facts::words(linked.facts.iter().find(kept)?).0
        }
        Text::Invalid { error, .. } => match &error.hint {
            Some(hint) => format!("{}; {hint}", error.why),
            None => error.why.clone(),
        },
        Text::Open(variables) => unknown(variables, &|v| v.written.clone()),
        Text::Internal { .. } => "a registry that only the cluster reaches".to_owned(),
        Text::Stream {
            defined: Some(_), ..
        } => "a stream that the repository defines".to_owned(),
        Text::Stream { defined: None, .. } => "a stream of the cluster".to_owned(),
        Text::Local { why, .. } => (*why).to_owned(),
        Text::Empty => "empty: a controller or a trigger fills it in".to_owned(),
    };
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Files;
    use image_lint_model::mention::{NamedIn, Part, Role, SourceKind};
    use image_lint_model::reference::ImageReference;
    use image_lint_model::value::{Origin, Syntax, Value};
    use image_lint_text::source::Span;

    fn repository(text: &str) -> (Vec<RepoPath>, Repository) {
        let content = format!("image: {text}\nTAG: 1\n");
        let files = Files::new(&[(b"a.yaml", &content)]);
        let place = files.place(0, text, 0);
        let mention = Mention {
            written: None,
            place,
            value: Value::literal(text),
            expect: Expect::Image,
            role: Role::Run,
            source: SourceKind::OpenShift,
            field: "spec.containers[0].image".into(),
            named_in: NamedIn::Field,
            scope: None,
            object: None,
            container: None,
            also: Vec::new(),
            tag_at: None,
            condition: None,
            deployed_by: Vec::new(),
            excerpt: files.excerpt(place),
        };
        let reference = ImageReference {
            host: "quay.io".into(),
            repository: "acme/web".into(),
            tag: Some("1".into()),
            digest: None,
            tag_implied: false,
            short: false,
        };
        let part = Part {
            span: Span::new(17, 18),
            text: "1".into(),
            origin: Origin {
                name: "TAG".into(),
                kind: OriginKind::TemplateParameter,
                place: Some(files.place(0, "TAG", text.matches("TAG").count())),
            },
        };
        let known = LinkedMention {
            mention: mention.clone(),
            text: Text::Known(reference),
            parts: vec![part],
            role: Role::Run,
            facts: Vec::new(),
            asked: true,
        };
        let open = LinkedMention {
            mention,
            text: Text::Open(vec![OpenVariable {
                name: "X".into(),
                written: "${X}".into(),
                syntax: Syntax::Shell,
                declared_at: None,
                why: Unknown::NoValue,
            }]),
            parts: Vec::new(),
            role: Role::Run,
            facts: Vec::new(),
            asked: false,
        };
        (
            files.paths(),
            Repository {
                mentions: vec![known, open],
                ..Repository::default()
            },
        )
    }

    fn written(text: &str, format: ListFormat) -> String {
        let (files, repository) = repository(text);
        let mut out = Vec::new();
        list(&files, &repository, format, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn text_is_one_line_for_each_mention() {
        assert_eq!(
            written("quay.io/acme/web:${TAG}", ListFormat::Text),
            "a.yaml:1:8  quay.io/acme/web:1  run openshift\n\
             a.yaml:1:8  quay.io/acme/web:${TAG}  run openshift open  (no value for ${X})\n"
        );
    }

    #[test]
    fn lines_and_document_say_the_same() {
        let lines = written("quay.io/acme/web:${TAG}", ListFormat::JsonLines);
        let entries: Vec<MentionEntry> = lines
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect();
        let json = written("quay.io/acme/web:${TAG}", ListFormat::Json);
        let document: ListDocument = serde_json::from_str(&json).unwrap();
        assert_eq!(document.mentions, entries);
        insta::assert_snapshot!(json);
    }

    #[test]
    fn hostile_text_is_exact_in_json_and_safe_on_a_terminal() {
        let hostile = "x\u{1b}[2J\u{202e}##teamcity[x]\n::error::y";
        for format in ListFormat::ALL {
            let out = written(hostile, format);
            assert!(
                !out.contains(|c| sanitize::is_forbidden(c) && c != '\n')
                    && sanitize::command_bracket(&out).is_none(),
                "{out}"
            );
        }
        let lines = written(hostile, ListFormat::JsonLines);
        let entry: MentionEntry = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
        assert_eq!(entry.text, hostile);
    }
}
