//! CI files that are not YAML, most of them templates: images on lines whose keys say what they are. Scripts in them are
//! not read.

use crate::extract::kubernetes::reader::looks_like_image;
use crate::extract::variables::{self, Dialect};
use crate::extract::{Draft, Sink};
use image_lint_model::mention::{Role, SourceKind};
use image_lint_text::source::{SourceText, Span};
use image_lint_text::yaml::Stream;
use image_lint_text::yaml::scan::{self, Line};

/// Reads what can be read of documents that are not YAML, and notes each of them. `what` names the kind of file.
pub fn recover(
    text: &SourceText<'_>,
    stream: &Stream<'_>,
    source: SourceKind,
    what: &str,
    sink: &mut Sink<'_>,
) {
    for broken in &stream.unread {
        scan::lines(&text.text, broken.span, |line| {
            if !names_image(&line, source)
                || line.value.contains(char::is_whitespace) && !line.value.contains("{{")
            {
                return;
            }
            let (value, span) = match line.value.strip_prefix("docker://") {
                Some(bare) => (
                    bare,
                    Span {
                        start: line.span.start + "docker://".len() as u32,
                        ..line.span
                    },
                ),
                None if line.key == "uses" => return,
                None => (line.value, line.span),
            };
            let value = variables::read(value, Dialect::Compose);
            if value.as_known().is_none() || looks_like_image(&value, true) {
                sink.mention(Draft::image(
                    text.outer(span),
                    value,
                    Role::Ci,
                    source,
                    line.key,
                ));
            }
        });
        sink.skip(
            broken.at,
            format!("this {what} file is not YAML: {}", broken.why),
            broken.template,
        );
    }
}

/// Whether the keys above a line make its value an image.
fn names_image(line: &Line<'_, '_>, source: SourceKind) -> bool {
    let above = line
        .parents
        .iter()
        .rev()
        .find(|key| **key != "-")
        .copied()
        .unwrap_or("");
    let outermost = line.parents.first().copied().unwrap_or("");
    if line.value.is_empty()
        || line.value.starts_with(['{', '[', '&', '*']) && !line.value.starts_with("{{")
    {
        return false;
    }
    match (source, line.key) {
        (SourceKind::GitLab, "image") => line.parents.len() <= 1 && outermost != "variables",
        (SourceKind::GitLab, "name") => matches!(above, "image" | "services"),
        (SourceKind::GitHub, "container") => outermost == "jobs" && line.parents.len() == 2,
        (SourceKind::GitHub, "image") => {
            outermost == "jobs" && (above == "container" || line.parents.contains(&"services"))
        }
        (SourceKind::GitHub, "uses") => true,
        (SourceKind::Compose, "image") => outermost == "services" && line.parents.len() == 2,
        (SourceKind::Ci, "image") => {
            above == "docker" || above.ends_with("containers") || is_docker_plugin(above)
        }
        _ => false,
    }
}

/// What a plugin of Buildkite runs in (buildkite-plugins/docker-buildkite-plugin): `docker#v5.11.0`.
pub fn is_docker_plugin(name: &str) -> bool {
    let Some((name, _)) = name.split_once('#') else {
        return false;
    };
    matches!(
        name.rsplit('/').next(),
        Some("docker" | "docker-buildkite-plugin" | "docker-compose")
    )
}
