//! The nouns every room shares. No I/O, no network, no output.
#![forbid(unsafe_code)]
#![allow(
    rustdoc::private_intra_doc_links,
    reason = "module docs lead through private rooms; the docs are built with --document-private-items"
)]

pub mod build;
pub mod chart;
pub mod choose;
pub mod clients;
pub mod containerfile;
pub mod delivery;
pub mod evaluate;
pub mod fact;
pub mod finding;
pub mod kustomize;
pub mod manifest;
pub mod mention;
pub mod object;
pub mod pull;
pub mod reference;
pub mod resolution;
pub mod sanitize;
pub mod target;
pub mod value;
pub mod verdict;
