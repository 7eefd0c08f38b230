//! What runs inside the GitHub action: its inputs become the arguments of an ordinary run, and the numbers of that run
//! become its outputs.
//!
//! Comes in: environment variables (`IMAGE_LINT_INPUT_*`, the runner's own) and the JSON report the run wrote. Goes out:
//! arguments, and lines for `GITHUB_OUTPUT`. No shell ever sees an input: action.yml passes them through the environment
//! only. This room knows neither files nor images nor registries.

pub mod event;
pub mod inputs;
pub mod outputs;
pub mod step;
