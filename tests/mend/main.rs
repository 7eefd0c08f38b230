//! Mending files: `--diff`, `--fix` and `mirror`, by the program itself, against real tools and a real registry.

#[path = "../support/mod.rs"]
mod support;

#[path = "../../crates/image-lint-registry/src/executable.rs"]
mod executable;
mod fixing;
mod mirror;
mod names;
mod program;
mod proof;
mod refused;
mod remedies;
#[path = "../support/tools.rs"]
mod tools;
