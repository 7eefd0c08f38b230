//! Finds every container image a repository names and says which ones a cluster cannot pull.
//!
//! Data moves one way: `discover` → `image-lint-scan` (extract, link) → `image-lint-registry` → [`rules`] → [`report`]; only `app` sees more
//! than two of these rooms, and all share the nouns of `image-lint-model`.
#![forbid(unsafe_code)]
#![allow(
    rustdoc::private_intra_doc_links,
    reason = "module docs lead through private rooms; the docs are built with --document-private-items"
)]

pub mod action;
pub mod app;
pub mod cli;
pub mod config;
pub mod discover;
pub mod exit;
pub mod fix;
pub mod git;
pub mod hook;
pub mod lsp;
pub mod mirror;
pub mod report;
pub mod rules;
pub mod schema;
