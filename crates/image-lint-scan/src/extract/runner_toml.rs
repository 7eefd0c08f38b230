//! Settings of GitLab's runner (docs.gitlab.com/runner/configuration/advanced-configuration): the image that jobs without
//! one of their own run in, helpers and services. The file is TOML; in a chart's values it is a text.

use super::variables::{self, Dialect};
use super::{Candidate, Draft, Extractor, Sink, toml_lines};
use image_lint_model::mention::{Role, SourceKind};
use image_lint_text::source::{SourceFile, SourceText};

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
    for line in toml_lines::read(&text.text) {
        let image = line.section.starts_with("runners.") && KEYS.contains(&line.key);
        let service = line.section.ends_with(".services") && line.key == "name";
        if !image && !service {
            continue;
        }
        let value = variables::read(line.value, Dialect::Kubernetes);
        let field = format!("[{}] {}", line.section, line.key);
        out.mention(Draft::image(
            text.outer(line.span),
            value,
            Role::Ci,
            SourceKind::Configuration,
            field,
        ));
    }
}
