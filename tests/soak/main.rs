//! The program under load and under signals, as a process of its own against the registry inside this one.
//!
//! `cargo test --test soak` ends it 20 times at random moments, `IMAGE_LINT_SOAK_RUNS=200 cargo test --test soak` 200
//! times; the load takes minutes and runs with `cargo test --test soak -- --ignored --nocapture`.

#![cfg(target_os = "linux")]

#[path = "../support/mod.rs"]
mod support;

#[path = "../../crates/image-lint-registry/src/executable.rs"]
mod executable;
mod load;
mod process;
mod signals;
mod tokens;
