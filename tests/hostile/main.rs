//! Inputs of people and machines that mean harm, by who sends them: the author of a pull request, a registry, the
//! network, the environment. docs/trust.md says which promise each test holds.

#[path = "../support/program.rs"]
mod program;
#[path = "../support/mod.rs"]
mod support;

mod answers;
mod bombs;
mod comparing;
mod configuration;
mod cost;
mod echoes;
mod encodings;
mod environment;
#[path = "../../crates/image-lint-registry/src/executable.rs"]
mod executable;
mod headers;
mod helpers;
mod limits;
mod names;
mod network;
mod places;
mod pushes;
mod registry;
mod repository;
mod secrets;
mod size;
mod strict;
mod tls;
mod tree;
mod untrusted;
mod volume;

/// Every format of a lint run.
const FORMATS: [&str; 10] = [
    "human", "github", "gitlab", "sarif", "junit", "json", "jsonl", "markdown", "html", "rdjsonl",
];
