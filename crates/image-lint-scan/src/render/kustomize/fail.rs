//! Why a kustomization cannot be built, in kustomize's words, and what in it has no effect.

use image_lint_text::meter::UsedUp;
use image_lint_text::source::{FileId, Span};

/// A place in a file.
pub type Site = (FileId, Span);

/// A step of a build that kustomize refuses.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Fail {
    /// kustomize's own reason.
    #[error("{why}")]
    Refused { why: String, at: Option<Site> },
    /// The same, where quotes would make a string of the number or boolean that stands there.
    #[error("{why}")]
    Unquoted { why: String, at: Option<Site> },
    /// A file that the repository does not hold; a step before the build may make it.
    #[error("`{path}` is not in this repository")]
    Missing { path: String, at: Option<Site> },
    #[error(transparent)]
    UsedUp(#[from] UsedUp),
}

impl Fail {
    pub fn refused(why: impl Into<String>, at: Option<Site>) -> Self {
        Fail::Refused {
            why: why.into(),
            at,
        }
    }
}

/// Something to be reported of a kustomization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub at: Site,
    pub kind: ProblemKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// kustomize cannot build it.
    Refused(String),
    /// The same, where quotes around the value are missing.
    Unquoted(String),
    /// A file that it needs is not in the repository.
    Missing(String),
    /// A file of the repository that this run does not read.
    Beyond(String),
    /// An `images` entry whose name no image has; names that it could have meant.
    NoImage {
        name: String,
        candidates: Vec<String>,
    },
    /// A patch whose target selects no object; names of objects that it could have meant.
    NoTarget {
        target: String,
        candidates: Vec<String>,
    },
    /// A base of another repository, which is not fetched.
    Remote(String),
    /// It makes objects in a way that is not followed (a plugin, a chart that is elsewhere).
    Elsewhere(String),
}
