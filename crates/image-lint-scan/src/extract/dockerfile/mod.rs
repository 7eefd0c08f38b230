//! Dockerfiles and Containerfiles: `FROM`, `COPY --from`, `RUN --mount=from=`, `# syntax=`, the arguments that `FROM`
//! sees, and what an OCI image cannot hold.
//!
//! Comes in: a file, or text that stands in another one. Goes out: mentions whose spans hold the reference alone. A
//! broken instruction loses only itself. Stage names and `scratch` are no mentions: no registry is asked for them.

mod arguments;
mod comments;
mod expansion;
mod instructions;
mod names;
mod reader;
mod sources;
mod words;

use crate::extract::{Candidate, Extractor, Sink};
use image_lint_model::mention::{Scope, SourceKind};
use image_lint_model::value::Value;
use image_lint_text::source::{SourceFile, SourceText};

pub(super) use names::is_dockerfile;

/// Files called Dockerfile or Containerfile.
pub struct Dockerfile;

/// What surrounds a Dockerfile that stands in another file.
#[derive(Clone, Debug)]
pub struct Embedding<'a> {
    /// Kind of source that its mentions are given.
    pub source: SourceKind,
    /// Field that holds it (`spec.source.dockerfile`); mentions are at `FIELD: FROM`.
    pub field: &'a str,
    /// `dockerStrategy.from` of the BuildConfig takes the place of the last `FROM`.
    pub replaced_from: bool,
    /// `buildArgs` and `build.args`: they win over the defaults of `ARG`.
    pub build_args: &'a [(Box<str>, Value)],
    /// Scope of the text around it: an OpenShift Template puts in its parameters before the builder reads it.
    pub enclosing: Option<Scope>,
    /// Index of the object that holds it.
    pub object: Option<u32>,
}

impl Extractor for Dockerfile {
    fn name(&self) -> &'static str {
        "dockerfile"
    }

    fn claims(&self, file: &Candidate<'_>) -> bool {
        names::is_dockerfile(&file.path.file_name())
    }

    /// Every image is in a `FROM`, a `--from`, a `from=` or a `# syntax=`, whose word may go on in the next line.
    fn worth_reading(&self, text: &str) -> bool {
        text.as_bytes()
            .windows(4)
            .any(|w| w.eq_ignore_ascii_case(b"from"))
            || ["syntax", "\\\n", "\\\r", "`\n", "`\r"]
                .iter()
                .any(|sign| text.contains(sign))
    }

    fn extract(&self, file: &SourceFile, out: &mut Sink<'_>) {
        let embedding = Embedding {
            source: SourceKind::Dockerfile,
            field: "",
            replaced_from: false,
            build_args: &[],
            enclosing: None,
            object: None,
        };
        let preprocessed = names::is_preprocessed(&file.path.file_name());
        reader::Reader::new(&file.whole(), &embedding, preprocessed, out).read();
    }
}

/// Reads a Dockerfile that stands in another file: `spec.source.dockerfile` of a BuildConfig, `dockerfile_inline` of
/// Compose, a heredoc of a script. Places are those of the file.
pub fn extract_embedded(text: &SourceText<'_>, context: &Embedding<'_>, sink: &mut Sink<'_>) {
    reader::Reader::new(text, context, false, sink).read();
}

#[cfg(test)]
mod peers;
#[cfg(test)]
mod tests;
