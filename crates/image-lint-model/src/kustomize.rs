//! What is wrong in a kustomization: it cannot be built, or something in it has no effect.

use std::sync::Arc;

use crate::mention::Excerpt;
use image_lint_text::source::Place;

/// Something to be reported of a kustomization, at its line.
#[derive(Clone, Debug)]
pub struct KustomizeProblem {
    pub place: Place,
    pub excerpt: Excerpt,
    pub kind: KustomizeProblemKind,
}

/// Texts are the repository's own, so untrusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KustomizeProblemKind {
    /// kustomize cannot build it, in kustomize's words.
    Refused(Arc<str>),
    /// The same, of a number or boolean that quotes would make a string.
    Unquoted(Arc<str>),
    /// It needs a file that the repository does not hold.
    Missing(Arc<str>),
    /// No image has the name of this `images` entry; the nearest names that there are.
    NoImage {
        name: Arc<str>,
        candidates: Vec<Arc<str>>,
    },
    /// The target of this patch selects no object; the nearest objects that there are.
    NoTarget {
        target: Arc<str>,
        candidates: Vec<Arc<str>>,
    },
}

/// A mention that no build deploys as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbuilt {
    /// Index in the file's mentions.
    pub mention: u32,
    /// What is put in its place, when that is known.
    pub by: Option<Place>,
    pub why: &'static str,
}
