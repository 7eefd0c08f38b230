//! Settings of GitLab's runner (docs.gitlab.com/runner/configuration/advanced-configuration): the image that jobs without
//! one of their own run in, helpers and services. The file is TOML; in a chart's values it is a text.

use super::variables::{self, Dialect};
use super::{Candidate, Draft, Extractor, Sink};
use image_lint_model::mention::{Role, SourceKind};
use image_lint_text::source::{SourceFile, SourceText, Span};

/// `config.toml` of a runner, and templates of one.
pub struct Runner;

impl Extractor for Runner {
    fn name(&self) -> &'static str {
        "gitlab-runner"
    }

    fn claims(&self, file: &Candidate<'_>) -> bool {
        let name = file.path.file_name();
        [
            "config.toml",
            ".config.toml",
            "config.template.toml",
            "config.toml.j2",
        ]
        .iter()
        .any(|ending| name.ends_with(ending))
    }

    fn worth_reading(&self, text: &str) -> bool {
        is_runner(text)
    }

    fn extract(&self, file: &SourceFile, out: &mut Sink<'_>) {
        read(&file.whole(), out);
    }
}

/// Whether a text is a runner's settings.
pub(super) fn is_runner(text: &str) -> bool {
    text.contains("[[runners]]") && text.contains("image")
}

/// Keys of `[runners.docker]` and `[runners.kubernetes]` that are images.
const KEYS: [&str; 5] = [
    "image",
    "helper_image",
    "build_image",
    "pod_image",
    "volume_driver_image",
];

/// Reads the lines of a text.
pub(super) fn read(text: &SourceText<'_>, out: &mut Sink<'_>) {
    let mut section = String::new();
    let mut at = 0;
    for line in text.text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let content = line.trim();
        if content.starts_with('[') {
            section = content.trim_matches(['[', ']']).trim().to_owned();
            continue;
        }
        let Some((key, value)) = content
            .split_once('=')
            .filter(|_| !content.starts_with('#'))
        else {
            continue;
        };
        let key = key.trim();
        let image = section.starts_with("runners.") && KEYS.contains(&key);
        let service = section.ends_with(".services") && key == "name";
        let Some(name) = quoted(value.trim()).filter(|_| image || service) else {
            continue;
        };
        // The value stands behind its key.
        let Some(offset) = line
            .find(value)
            .and_then(|from| Some(from + value.find(name)?))
        else {
            continue;
        };
        let span = Span::new(start + offset, start + offset + name.len());
        let value = variables::read(name, Dialect::Kubernetes);
        let field = format!("[{section}] {key}");
        out.mention(Draft::image(
            text.outer(span),
            value,
            Role::Ci,
            SourceKind::Configuration,
            field,
        ));
    }
}

fn quoted(value: &str) -> Option<&str> {
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (inner, _) = value[1..].split_once(quote)?;
    (!inner.is_empty()).then_some(inner)
}
