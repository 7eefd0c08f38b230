//! Cloud Native Buildpacks' `project.toml` (buildpacks/spec `extensions/project-descriptor.md`): the builder, and buildpacks
//! that are images.

use super::{Candidate, Draft, Extractor, Sink, ignores, toml_lines};
use image_lint_model::mention::{Role, SourceKind};
use image_lint_model::reference::ImageReference;
use image_lint_model::value::Value;
use image_lint_text::source::{SourceFile, Span};

/// A project descriptor.
pub struct Project;

impl Extractor for Project {
    fn name(&self) -> &'static str {
        "buildpacks"
    }

    fn claims(&self, file: &Candidate<'_>) -> bool {
        file.path.file_name() == "project.toml"
    }

    fn worth_reading(&self, text: &str) -> bool {
        text.contains("buildpacks")
    }

    fn extract(&self, file: &SourceFile, out: &mut Sink<'_>) {
        ignores::in_line_comments(&file.whole(), "#", out);
        for line in toml_lines::read(&file.text) {
            let ours = matches!(
                line.section,
                "io.buildpacks" | "io.buildpacks.group" | "build" | "build.buildpacks"
            );
            let image = match line.key {
                "builder" if ours => Some(line.value),
                "uri" if ours => of_uri(line.value),
                _ => None,
            };
            let Some(image) = image.filter(|image| !image.is_empty()) else {
                continue;
            };
            let end = line.span.end as usize;
            let span = Span::new(end - image.len(), end);
            let field = format!("[{}] {}", line.section, line.key);
            let source = SourceKind::Configuration;
            out.mention(Draft::image(
                span,
                Value::literal(image),
                Role::BuildBase,
                source,
                field,
            ));
        }
    }
}

/// `docker://a/b:1`, or a name with a tag or digest; `a/b@1.0` and `urn:…` are names of the buildpacks' own registry.
fn of_uri(uri: &str) -> Option<&str> {
    if let Some(image) = uri.strip_prefix("docker://") {
        return Some(image);
    }
    let named = uri
        .rsplit('/')
        .next()
        .is_some_and(|last| last.contains([':', '@']));
    let image = named && !uri.starts_with("urn:") && ImageReference::parse(uri).is_ok();
    image.then_some(uri)
}
