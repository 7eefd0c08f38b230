//! Parses arguments, runs, exits with the run's code; nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    image_lint::app::main(std::env::args_os())
}
