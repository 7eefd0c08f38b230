//! The editor server by its protocol: the built program on pipes, and the registry inside the process.

#[path = "../support/program.rs"]
mod program;
#[path = "../support/mod.rs"]
mod support;

mod actions;
mod client;
mod completion;
mod diagnostics;
mod hover;
mod neovim;
mod nonsense;
#[path = "../support/tools.rs"]
mod tools;
mod trust;
mod vscode;
