//! `image-lint lsp`: the editor server's other side. It reads, links, judges and asks for `lsp`, which talks to the editor.
//!
//! Four threads besides the main loop: one reads stdin, one writes stdout, one analyses, and one asks registries once there
//! is something to ask. All of them sleep while nothing happens.

mod analyst;
mod asker;
mod files;
mod folder;
mod overlay;
mod setup;

use std::collections::BTreeMap;
use std::io::{self, BufReader};
use std::thread::JoinHandle;

use crossbeam_channel::{bounded, unbounded};

use super::Failure;
use super::run::Reads as _;
use crate::cli::LspArgs;
use crate::exit::Exit;
use crate::lsp::{self, Wires, transport};

/// Messages that wait to be handled; more stay in the pipe.
const INCOMING: usize = 256;

/// # Errors
/// Flags that cannot be used, or a system without threads.
pub fn run(args: &LspArgs, env: &BTreeMap<String, String>) -> Result<u8, Failure> {
    if args.sources.stdin_filename.is_some() || args.judging.write_baseline.is_some() {
        let why = "an editor server reads no stream and writes no baseline";
        return Err(Failure::Usage(why.into()));
    }
    args.flags(env).check(std::iter::empty())?;
    let (to_loop, incoming) = bounded(INCOMING);
    let (outgoing, to_client) = unbounded();
    let (jobs, to_analyst) = unbounded();
    let (to_events, events) = unbounded();
    thread("reading", move || {
        transport::read(BufReader::new(io::stdin()), &to_loop);
    })?;
    let writing = thread("writing", move || {
        transport::write(io::BufWriter::new(io::stdout()), &to_client);
    })?;
    let analyst = analyst::Analyst::new(args, env, to_events)?;
    thread("analysing", move || analyst.run(&to_analyst))?;
    let orderly = lsp::serve(Wires {
        incoming,
        outgoing,
        jobs,
        events,
    });
    // What was said last is still on its way.
    let _ = writing.join();
    Ok(match orderly {
        true => Exit::Clean,
        false => Exit::Findings,
    }
    .code())
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, Failure> {
    let started = std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work);
    started.map_err(|source| Failure::Io {
        what: format!("cannot start the thread for {name}"),
        source,
    })
}
