//! `image-lint github-action`, which action.yml calls: the step's inputs become an ordinary run, its result the outputs.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write};

use clap::Parser;

use super::{Failure, lint, network, untrusted_guard};
use crate::action::inputs::Invocation;
use crate::action::outputs;
use crate::action::step::Step;
use crate::cli::Cli;
use crate::discover::root::LeadsOut;
use crate::exit::Exit;

/// Runs the step. What keeps it from running is shown as an annotation and in the outputs, so that it is no failure but
/// an exit code.
///
/// # Errors
/// When the log cannot be written.
pub fn run(env: &BTreeMap<String, String>, out: &mut dyn Write) -> Result<u8, Failure> {
    let look = |name: &str| std::env::var_os(name);
    let step = match Step::prepare(look) {
        Ok(step) => step,
        Err(error) => {
            say(out, &error.to_string())?;
            if let Err(error) = Step::refused(look, Exit::CouldNotRun.code()) {
                say(out, &error.to_string())?;
            }
            return Ok(Exit::CouldNotRun.code());
        }
    };
    let mut code = match lint_as_asked(&step.invocation, env, out) {
        Ok(code) => code,
        Err(Failure::Output(error)) => return Err(Failure::Output(error)),
        Err(failure) => {
            say(out, &failure.to_string())?;
            Exit::CouldNotRun.code()
        }
    };
    if let Err(error) = step.finish(code) {
        say(out, &error.to_string())?;
        code = Exit::CouldNotRun.code();
    }
    Ok(code)
}

fn lint_as_asked(
    invocation: &Invocation,
    env: &BTreeMap<String, String>,
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    if invocation.no_base {
        let text = "The event names no commit to compare with, so every file is judged, not only the changed ones.";
        writeln!(out, "{text}").map_err(Failure::Output)?;
    }
    let arguments =
        std::iter::once(OsString::from("image-lint")).chain(invocation.arguments.iter().cloned());
    let cli = Cli::try_parse_from(arguments).map_err(|error| Failure::Usage(error.to_string()))?;
    if let Some(folder) = &invocation.directory {
        let fail = |source| Failure::Io {
            what: format!("the input working-directory, `{}`", folder.display()),
            source,
        };
        // A fork may have made the folder a link.
        let links = untrusted_guard::links(network::trust(cli.lint.network.trust, env), env);
        let real = links.real(folder).map_err(|error| match error {
            LeadsOut::Io(source) => fail(source),
            error => fail(io::Error::other(error)),
        })?;
        std::env::set_current_dir(real).map_err(fail)?;
    }
    lint::run(&cli.lint, env, out)
}

fn say(out: &mut dyn Write, text: &str) -> Result<(), Failure> {
    out.write_all(outputs::error_line(text).as_bytes())
        .map_err(Failure::Output)
}
