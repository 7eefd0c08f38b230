//! action.yml as the runner would run it: its steps with their environment, hostile inputs, and what they leave behind.

mod install;
mod runner;
mod steps;
#[path = "../support/mod.rs"]
mod support;
mod whole;
