//! An editor server: the Language Server Protocol 3.17 on stdin and stdout.
//!
//! Comes in: the client's messages, and what the analysing side says ([`exchange`]). Goes out: messages to the client,
//! and jobs for the analysing side. This room knows documents, positions and the client; it reads no configuration,
//! links nothing and asks nobody: `app` does.
//!
//! One thread runs the main loop and owns all that is known of the client (the way of rust-analyzer and ruff); one reads
//! stdin, one writes stdout. Nothing here waits for a file or a registry: what takes longer is a job, whose result comes
//! back as an event.

mod actions;
mod capabilities;
mod client;
mod completion;
mod definition;
mod diagnostics;
mod document;
pub mod exchange;
mod hover;
mod ignoring;
mod inlay;
mod lifecycle;
mod markdown;
mod notifications;
pub mod options;
mod position;
mod ranges;
mod requests;
mod server;
pub mod transport;
mod uri;

pub use completion::used_repositories;
pub use server::{Wires, serve};
