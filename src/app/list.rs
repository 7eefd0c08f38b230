//! `image-lint list`: every mention, without the network; `--files`: every file and who read it; `--unread`: files that
//! name images and that nobody reads.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::Failure;
use super::gather;
use super::own_places::OwnPlaces;
use super::run::Flags;
use crate::cli::{self, JudgingArgs, ListArgs, NetworkArgs};
use crate::exit::Exit;
use crate::report::files::{FileEntry, list_files, list_unread};
use crate::report::list::{self, ListFormat};

/// # Errors
/// When an input cannot be read at all, or the output not written.
pub fn run(
    args: &ListArgs,
    env: &BTreeMap<String, String>,
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    let network = NetworkArgs::default();
    let own = OwnPlaces::of(&args.paths, &network, env);
    let flags = Flags {
        sources: &args.sources,
        settings: &args.settings,
        judging: &JudgingArgs::default(),
        network: &network,
        env: &own.env,
    };
    flags.check(std::iter::empty())?;
    let sources = flags.of_paths(&args.paths)?.sources()?;
    let gathered = gather::gather(&sources, None, None, None, gather::from_input(&sources))?;
    let paths = gathered.read.paths();
    let format = match args.format {
        cli::ListFormat::Text => ListFormat::Text,
        cli::ListFormat::Json => ListFormat::Json,
        cli::ListFormat::Jsonl => ListFormat::JsonLines,
    };
    let mut buffered = io::BufWriter::with_capacity(64 * 1024, out);
    if args.unread {
        let files = gathered.read.files.iter();
        let unread: Vec<_> = files
            .filter_map(|file| Some((&file.path, file.unknown?)))
            .collect();
        list_unread(&unread, format, &mut buffered).map_err(Failure::Output)?;
    } else if args.files {
        let mut mentions: BTreeMap<u32, usize> = BTreeMap::new();
        for linked in &gathered.repository.mentions {
            *mentions.entry(linked.mention.place.file.0).or_default() += 1;
        }
        let files: Vec<FileEntry<'_>> = gathered
            .read
            .files
            .iter()
            .map(|file| FileEntry {
                path: &file.path,
                reader: file.reader,
                mentions: mentions.get(&file.id.0).copied().unwrap_or_default(),
                skips: gathered
                    .repository
                    .skips
                    .iter()
                    .filter(|skip| skip.place.file == file.id)
                    .collect(),
                notes: gathered
                    .read
                    .notes
                    .iter()
                    .filter(|note| note.file == Some(file.id))
                    .collect(),
            })
            .collect();
        list_files(&files, format, &mut buffered).map_err(Failure::Output)?;
    } else {
        list::list(&paths, &gathered.repository, format, &mut buffered).map_err(Failure::Output)?;
    }
    buffered.flush().map_err(Failure::Output)?;
    Ok(Exit::Clean.code())
}
