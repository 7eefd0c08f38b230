//! Open documents, which count in the place of what the disk holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use image_lint_text::source::RepoPath;

/// An open document.
#[derive(Clone, Debug)]
pub struct Open {
    pub text: Arc<str>,
    pub version: i32,
    pub saved: bool,
}

/// Open documents by path.
pub type Documents = BTreeMap<RepoPath, Open>;
