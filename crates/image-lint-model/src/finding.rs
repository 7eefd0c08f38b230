//! What findings are made of: levels, text that nobody may print as it is, notes, edits.

use std::sync::Arc;

use image_lint_text::source::{FileId, Place, Span};

/// How bad a finding is; the order is that of `--fail-on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    Note,
    Warning,
    Error,
}

impl Level {
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

/// Text that may hold something from the repository or from a registry. It has no `Display`: a reporter shows it
/// through [`sanitize`](crate::sanitize). Copies share one text: findings about one image say the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Untrusted(Arc<str>);

impl Untrusted {
    pub fn new(text: impl Into<String>) -> Self {
        Untrusted(Arc::from(text.into()))
    }

    /// The raw text, for [`sanitize`](crate::sanitize) and for comparisons; never for printing.
    pub fn raw(&self) -> &str {
        &self.0
    }
}

impl From<String> for Untrusted {
    fn from(text: String) -> Self {
        Untrusted(text.into())
    }
}

impl From<Arc<str>> for Untrusted {
    fn from(text: Arc<str>) -> Self {
        Untrusted(text)
    }
}

impl From<&str> for Untrusted {
    fn from(text: &str) -> Self {
        Untrusted(text.into())
    }
}

/// Something worth saying that is no finding: a skipped part of a file, a file over the limit.
#[derive(Clone, Debug)]
pub struct Note {
    pub level: Level,
    /// None for the run as a whole.
    pub file: Option<FileId>,
    pub place: Option<Place>,
    pub message: Untrusted,
}

impl Note {
    /// About the run as a whole.
    pub fn of_run(level: Level, message: impl Into<Untrusted>) -> Self {
        Note {
            level,
            file: None,
            place: None,
            message: message.into(),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Related {
    pub place: Place,
    pub label: Untrusted,
}

/// Edits that fix a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// Imperative: "insert `--format=docker`".
    pub title: String,
    pub edits: Vec<Edit>,
    /// `--fix` applies it; otherwise it is only shown.
    pub safe: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    pub file: FileId,
    /// Replaced by `text`; empty for an insertion.
    pub span: Span,
    pub place: Place,
    pub text: String,
}
