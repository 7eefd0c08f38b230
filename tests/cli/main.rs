//! The built program as people and CI systems run it: arguments in, reports and exit code out, and what the registry was
//! asked.

#[path = "../support/program.rs"]
mod program;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/tools.rs"]
mod tools;

mod asking;
mod bad_input;
mod baseline;
mod charts;
mod configuration;
mod delivered;
mod exit_codes;
mod facts;
mod ignoring;
mod levels;
mod outputs;
mod policy;
mod pushing;
mod reading;
mod seed;
mod small_charts;
mod sources;
mod targets;
