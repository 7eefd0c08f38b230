//! Where a value is written that a reader hands on.

use image_lint_text::source::{Place, Span};

/// In the file that is being read, or in one that it includes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    Here(Span),
    There(Place),
}

impl From<Span> for Site {
    fn from(span: Span) -> Self {
        Site::Here(span)
    }
}
