//! From the files of a repository to what they mean: every image that is named, and every build.
#![forbid(unsafe_code)]
#![allow(
    rustdoc::private_intra_doc_links,
    reason = "module docs lead through private rooms; the docs are built with --document-private-items"
)]

pub mod extract;
pub mod link;
#[cfg(test)]
mod processor_time;
pub mod render;
pub mod tree;
