//! action.yml as the runner would run it: its steps with their environment, hostile inputs, and what they leave behind.

#[path = "../../crates/image-lint-registry/src/executable.rs"]
mod executable;
mod gitlab;
mod install;
mod runner;
mod steps;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/tools.rs"]
mod tools;
mod whole;
