//! action.yml as the runner would run it: its steps with their environment, hostile inputs, and what they leave behind.

mod install;
mod runner;
mod steps;
#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "other tests use more of the support")]
mod support;
mod whole;
