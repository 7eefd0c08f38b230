//! The ground that every reader stands on: texts that remember where each byte came from, and YAML over them.
//!
//! Knows no image and does no input or output.
//!
//! ```
//! use image_lint_text::source::{FileId, RepoPath, SourceFile};
//! ```
#![forbid(unsafe_code)]
#![allow(
    rustdoc::private_intra_doc_links,
    reason = "module docs lead through private rooms; the docs are built with --document-private-items"
)]

pub mod decode;
pub mod meter;
pub mod rendered;
pub mod source;
pub mod yaml;
