//! The conductor: wires the rooms for each command. Only this room sees more than two others.

mod ask;
mod assess;
mod changed;
mod charts;
mod completions;
mod editor;
mod fixing;
mod follow_up;
mod gather;
mod github_action;
mod given;
mod help;
mod hook;
mod inspect;
mod lint;
mod list;
mod mirror;
mod network;
mod output;
mod own_places;
mod pre_push;
mod progress;
mod read;
mod run;
mod settings;
mod skopeo;
mod strict;
mod suppress;
mod test_data;
mod top;
mod tree;
mod tree_config;
mod unmatched;
mod untrusted_guard;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::FromArgMatches;

use crate::cli::{self, Cli, Command, ConfigArgs};
use crate::exit::Exit;
use image_lint_model::sanitize;
use run::Reads as _;

/// A run that could not be made: usage, configuration, input or output.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Read(#[from] read::ReadError),
    #[error(transparent)]
    Glob(#[from] crate::discover::globs::GlobError),
    #[error(transparent)]
    Config(#[from] crate::config::ConfigError),
    #[error(transparent)]
    Target(#[from] crate::config::targets::TargetError),
    #[error(transparent)]
    Registry(#[from] image_lint_registry::SetupError),
    #[error(transparent)]
    Asking(#[from] ask::AskingFailed),
    #[error(transparent)]
    Git(#[from] crate::git::GitError),
    #[error(transparent)]
    Install(#[from] crate::hook::install::InstallError),
    /// A flag's value that cannot be used; names the flag.
    #[error("{0}")]
    Usage(String),
    #[error("cannot write the report: {0}")]
    Output(io::Error),
    /// A fault of ours, of which the panic's own line told the place.
    #[error("the run was given up")]
    Inside,
    #[error("{what}: {source}")]
    Io { what: String, source: io::Error },
}

/// The whole program: arguments in, exit code out, reports on stdout, messages on stderr.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let parsed = cli::command()
        .try_get_matches_from(args)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors; what is wrong with an argument was said by clap.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() {
                Exit::CouldNotRun.code()
            } else {
                Exit::Clean.code()
            });
        }
    };
    let env = environment();
    hide_words_of_panics();
    // Not locked: the editor server writes from a thread of its own.
    let mut out = io::stdout();
    let ended = catch_unwind(AssertUnwindSafe(|| run(cli, &env, &mut out)));
    match ended.unwrap_or(Err(Failure::Inside)) {
        Ok(code) => ExitCode::from(code),
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::from(Exit::Clean.code())
        }
        Err(failure) => {
            for (number, line) in failure.to_string().lines().enumerate() {
                let lead = if number == 0 { "image-lint: " } else { "" };
                let line = format!("{lead}{}", sanitize::line(line));
                let _ = writeln!(io::stderr(), "{}", sanitize::break_commands(&line));
            }
            if let Some(command) = mistyped(&failure) {
                let _ = writeln!(io::stderr(), "did you mean `image-lint {command}`?");
            }
            ExitCode::from(Exit::CouldNotRun.code())
        }
    }
}

/// A panic's own words may hold anything that was at hand: a line of a file, a header. Only where it happened is said.
pub fn hide_words_of_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        let _ = writeln!(
            io::stderr(),
            "image-lint: failed inside at {place}; please report this"
        );
    }));
}

/// The command that a path which does not exist may have been meant for.
fn mistyped(failure: &Failure) -> Option<String> {
    let Failure::Read(read::ReadError::Root(root)) = failure else {
        return None;
    };
    let word = root.path.to_str()?;
    let commands = cli::command();
    let names = commands
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .map(clap::Command::get_name);
    let near = names.min_by_key(|name| strsim::damerau_levenshtein(name, word))?;
    (strsim::damerau_levenshtein(near, word) <= 2).then(|| near.to_owned())
}

/// The process environment as text; what is not UTF-8 is none of ours.
fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Runs one command. `env` is the process environment, `out` takes what goes to stdout.
///
/// # Errors
/// When the run could not be made; findings are no error but an exit code.
pub fn run(cli: Cli, env: &BTreeMap<String, String>, out: &mut dyn Write) -> Result<u8, Failure> {
    let code = match cli.command {
        None => lint::run(&cli.lint, env, out)?,
        Some(Command::List(args)) => list::run(&args, env, out)?,
        Some(Command::Inspect(args)) => inspect::run(&args, env, out)?,
        Some(Command::PrePush(args)) => pre_push::run(&args, env, &mut io::stderr())?,
        Some(Command::Hook(args)) => hook::run(&args, out)?,
        Some(Command::GithubAction) => github_action::run(env, out)?,
        Some(Command::Explain(args)) => help::explain(&args, out)?,
        Some(Command::Config(args)) => config(&args, env, out)?,
        Some(Command::Schema(args)) => help::schema(&args, out)?,
        Some(Command::Completions(args)) => help::completions(&args, out)?,
        Some(Command::Man(args)) => help::man(&args, out)?,
        Some(Command::Mirror(args)) => mirror::run(&args, env, out)?,
        Some(Command::Lsp(args)) => editor::run(&args, env)?,
    };
    out.flush().map_err(Failure::Output)?;
    Ok(code)
}

/// `config --show`: what is in force with these flags, this environment and these files.
fn config(
    args: &ConfigArgs,
    env: &BTreeMap<String, String>,
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    let lint = &args.lint;
    // A target that does not exist is said here as a run would say it.
    let own = own_places::OwnPlaces::of(&lint.paths, &lint.network, env);
    let settings = lint.flags(&own.env).of_paths(&lint.paths)?.settings;
    let text = match lint.reporting.format.as_str() {
        "auto" | "human" => settings.show(),
        "json" => settings.show_json(),
        other => {
            let why =
                format!("config --show --format {other}: settings are shown as human or json");
            return Err(Failure::Usage(why));
        }
    };
    out.write_all(text.as_bytes()).map_err(Failure::Output)?;
    Ok(Exit::Clean.code())
}
