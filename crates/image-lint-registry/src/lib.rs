//! Asks registries what they store under a reference. Knows references and answers; no files of the repository, no rules.
//!
//! In: a [`Settings`] (plain data) and one [`ImageReference`](image_lint_model::reference::ImageReference) after the other.
//! Out: a [`Resolved`](image_lint_model::resolution::Resolved) for each. Never an error: a registry that fails is an answer
//! too ("nobody knows"), and it is never taken for "missing".
//!
//! The way of a question: [`client`] (cache, offline, deadline, its turn at the host) → `probe` (which requests) → `session`
//! (challenge, token, credentials) → `transfer` (limits, retries, redirects) → `transport` (TLS, proxy, address guard, how
//! many connections stay open). Answers become verdicts in `classify` alone.

#![forbid(unsafe_code)]
#![allow(
    rustdoc::private_intra_doc_links,
    reason = "module docs lead through private rooms; the docs are built with --document-private-items"
)]

mod address_guard;
mod backoff;
mod body;
mod cache;
mod challenge;
mod classify;
mod client;
mod clients;
pub mod credentials;
#[doc(hidden)]
pub mod doors;
mod echo;
mod endpoints;
mod error_body;
#[cfg(test)]
mod executable;
mod first;
mod follow_up;
mod host;
mod open_files;
mod permits;
mod probe;
#[cfg(test)]
mod processor_time;
mod realm;
mod refused;
mod registries_conf;
mod rewrites;
mod secret;
mod session;
mod settings;
mod statistics;
mod tags;
mod tls;
mod token;
mod token_book;
mod transfer;
mod transport;
mod unverified;
mod wanted;
mod watch;

pub use client::{Client, Depth};
pub use secret::Secret;
pub use settings::{CacheMode, Environment, Settings, SetupError, ShortNames, Trust};
pub use statistics::{HostStatistics, Quota, QuotaLine, Statistics};
pub use watch::{Watch, Watched};
