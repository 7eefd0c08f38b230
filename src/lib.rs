//! Finds every container image a repository names and says which ones a cluster cannot pull.
//!
//! Data moves one way: `discover` → [`extract`] → [`link`] → [`registry`] → [`rules`] → [`report`]; only `app`
//! sees more than two of these rooms, and all share the nouns of [`model`].
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
pub mod extract;
pub mod fix;
pub mod hook;
pub mod link;
pub mod mirror;
pub mod model;
#[cfg(test)]
mod processor_time;
pub mod registry;
pub mod report;
pub mod rules;
