//! A secret that cannot be printed: no `Debug`, no `Display`, and one clearly named way to its text.

use std::sync::Arc;

/// A password, a token, or an `Authorization` value.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Secret(text.into())
    }

    /// The text, to be put into a request and nowhere else.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
