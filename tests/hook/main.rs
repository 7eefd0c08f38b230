//! The pre-push hook with the real git: what a push sends, reading a commit, and the hook in a repository.

#[path = "../../crates/image-lint-registry/src/executable.rs"]
mod executable;
mod hostile;
mod install;
mod managers;
mod plan;
mod reading;
mod repository;
#[path = "../support/tools.rs"]
mod tools;
