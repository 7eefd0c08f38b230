//! What is wrong in a Helm chart: it cannot be rendered, or what it renders to is not what its files say.

use std::sync::Arc;

use crate::mention::Excerpt;
use image_lint_text::source::Place;

/// Something to be reported of a chart, at the line of the source that decides it.
#[derive(Clone, Debug)]
pub struct ChartProblem {
    pub place: Place,
    pub excerpt: Excerpt,
    pub kind: ChartProblemKind,
}

/// Texts are the repository's own, so untrusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChartProblemKind {
    /// helm cannot render it with any values of the repository, in helm's words.
    Refused(Arc<str>),
    /// A number or a boolean of a values file, which helm prints otherwise than it is written.
    Unquoted {
        written: Arc<str>,
        printed: Arc<str>,
        /// As it is rendered.
        image: Arc<str>,
    },
    /// An image without a name, as it is rendered.
    Nameless { image: Arc<str> },
}
