//! Discovery and extraction together: files are read by all threads while the walk goes on.

use std::cell::Cell;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rayon::iter::{IntoParallelRefIterator, ParallelBridge, ParallelIterator};

use super::strict::{self, Link};
use super::tree::{Bytes, Met, Tree};
use crate::config::{self, baseline::Baseline};
use crate::discover::content::{self, Content};
use crate::discover::stdin;
use crate::discover::worktree::{self, Found, Links, RootError, Selection, Step};
use crate::fix::Stamp;
use image_lint_model::finding::Level;
use image_lint_model::finding::Note;
use image_lint_model::mention::Extraction;
use image_lint_scan::extract::{self, Claim, MentionLimit, Reading, follow, unread};
use image_lint_text::decode as text;
use image_lint_text::meter::{RunMeter, Stop, UsedUp};
use image_lint_text::source::{Encoding, FileId, RepoPath, SourceFile};

/// Stdin may be so many times as large as a file: it is what a whole cluster runs, or a large chart became.
const STDIN: u64 = 64;

/// Where files come from.
#[derive(Clone, Debug)]
pub struct Input {
    pub roots: Vec<PathBuf>,
    /// Read stdin too, under this name.
    pub stdin: Option<String>,
    pub selection: Selection,
    /// Where links in the place of `roots` may lead.
    pub links: Links,
    /// In bytes.
    pub max_file_size: u64,
    /// Most files that are looked at.
    pub max_files: usize,
    /// Files may be edited afterwards: note what they were.
    pub editing: bool,
    /// Read what is off by default too.
    pub extended: bool,
    /// What all files together cost, and whether reading has to stop.
    pub meter: RunMeter,
    /// How many places that name images all files may hold.
    pub mentions: MentionLimit,
    /// How long reading may take.
    pub read_deadline: Option<Duration>,
    /// Values files that every chart is rendered with, too, one over the other.
    pub chart_values: Vec<ChartValues>,
}

/// A values file that somebody named.
#[derive(Clone, Debug)]
pub struct ChartValues {
    pub path: RepoPath,
    pub text: String,
    /// It holds more than single values, so that it is for nothing but charts.
    pub nested: bool,
}

/// What a later edit must know of a file.
#[derive(Clone, Debug)]
pub struct Original {
    pub on_disk: PathBuf,
    pub encoding: Encoding,
    pub stamp: Stamp,
}

/// One file that was looked at.
#[derive(Clone, Debug)]
pub struct FileRead {
    pub id: FileId,
    pub path: RepoPath,
    /// Who read it; None: nobody, since its bytes show that it names no image.
    pub reader: Option<&'static str>,
    pub extraction: Extraction,
    /// The text of a file that builds something, or whose texts may be used twice: an edit of it is proved by reading it
    /// again.
    pub text: Option<Box<str>>,
    /// Only with [`Input::editing`], and only of a file of the work tree.
    pub original: Option<Original>,
    /// The first line, from 1, that names an image in a file of a kind that nobody reads.
    pub unknown: Option<u32>,
}

impl FileRead {
    /// A file that nobody has read yet.
    pub fn unread(id: FileId, path: RepoPath) -> Self {
        FileRead {
            id,
            path,
            reader: None,
            extraction: Extraction::default(),
            text: None,
            original: None,
            unknown: None,
        }
    }
}

/// All files of a run, in the order of their paths.
#[derive(Debug, Default)]
pub struct Read {
    pub files: Vec<FileRead>,
    /// How many files were met, whoever reads them.
    pub met: usize,
    /// Files that were not read to their end, or not at all, since the run had to stop.
    pub unread: Vec<RepoPath>,
    /// A warning says of a file, or of the run, that something was not read; with `--strict` it fails the run.
    pub notes: Vec<Note>,
    /// All that was met, for what is made of several files.
    pub tree: Tree,
    /// What was named to be read.
    pub roots: Vec<PathBuf>,
}

/// A run that cannot start.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Root(#[from] RootError),
    #[error("cannot read stdin: {0}")]
    Stdin(std::io::Error),
    #[error("cannot start the thread that looks for files: {0}")]
    Thread(std::io::Error),
}

/// What one step of the walk gave.
pub enum Outcome {
    Read(Box<FileRead>),
    Noted(Note, FileId, RepoPath),
    /// The run had to stop before it was read.
    Unread(RepoPath),
    /// A link, which is not followed.
    Link(Link),
    Passed,
}

/// Called from the reading threads as soon as a file is extracted. The flag says whether a kustomization, which could
/// rewrite the file's images, may still be among the files: false once the walk has ended without meeting one.
pub type Each<'a> = &'a (dyn Fn(&RepoPath, &Extraction, bool) + Sync);

/// Reads every file, on all threads of the current rayon pool, while a thread of its own walks ahead.
///
/// # Errors
/// A root that does not exist, or unreadable stdin. A file that cannot be read is a note.
pub fn read_all(input: &Input, each: Each<'_>) -> Result<Read, ReadError> {
    let cut_off = AtomicBool::new(false);
    let met = Met::default();
    let walked = if input.roots.is_empty() {
        Vec::new()
    } else {
        let numbered = worktree::walk(&input.roots, &input.selection, &input.links)?.enumerate();
        let within = numbered.take_while(|(number, _)| {
            let within = *number < input.max_files;
            cut_off.fetch_or(!within, Ordering::AcqRel);
            within
        });
        let steps = within.map(|(number, step)| {
            if let Step::File(found) = &step {
                let bytes = Bytes::OnDisk(Box::new(found.clone()));
                met.note(found.path.clone(), FileId(number as u32), bytes);
            }
            step
        });
        read_walked(steps, input, each).map_err(ReadError::Thread)?
    };
    let mut read = Read {
        tree: met.into_tree(input.max_file_size),
        roots: input.roots.clone(),
        ..Read::default()
    };
    let named_links = input.roots.iter().filter(|root| root.is_symlink());
    read.notes.extend(named_links.map(|root| {
        Note {
            level: Level::Note,
            file: None,
            place: None,
            message: format!(
                "`{}` is a link, which was followed since it was named",
                root.display()
            )
            .into(),
        }
    }));
    let mut links = Vec::new();
    for outcome in walked {
        match outcome {
            Outcome::Link(link) => {
                read.met += 1;
                links.push(link);
            }
            outcome => read.take(outcome),
        }
    }
    if let Some(name) = &input.stdin {
        let bytes =
            stdin::read(input.max_file_size.saturating_mul(STDIN)).map_err(ReadError::Stdin)?;
        let name = match name.as_str() {
            stdin::DEFAULT_NAME if stdin::is_dockerfile(&bytes) => stdin::DOCKERFILE_NAME,
            name => name,
        };
        let path = RepoPath::from_bytes(name.as_bytes());
        let id = FileId(read.met as u32);
        read.take(extract_bytes(id, path, bytes, true, None, input, each));
    }
    if cut_off.into_inner() {
        read.notes.push(too_many_files(input.max_files));
    }
    if input.selection.is_strict() {
        strict::complete(&mut read, links, input);
    }
    read.sort();
    Ok(read)
}

/// Ends reading when its time is over.
pub struct ReadClock {
    over: Option<(Sender<()>, JoinHandle<()>)>,
}

impl ReadClock {
    /// Starts to count.
    ///
    /// # Errors
    /// The operating system gives no thread for the clock.
    pub fn start(input: &Input) -> Result<Self, ReadError> {
        let Some(limit) = input.read_deadline else {
            return Ok(ReadClock { over: None });
        };
        let (sender, receiver) = channel();
        let meter = input.meter.clone();
        let thread = std::thread::Builder::new()
            .name("read-deadline".into())
            .spawn(move || {
                if receiver.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                    meter.stop(Stop::Deadline);
                }
            })
            .map_err(ReadError::Thread)?;
        Ok(ReadClock {
            over: Some((sender, thread)),
        })
    }
}

impl Drop for ReadClock {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.over.take() {
            drop(sender);
            // The clock only waits and sets a flag; were it to fail, reading would go on.
            let _ = thread.join();
        }
    }
}

/// Unread files that are named; the others are counted.
const NAMED: usize = 20;

/// The first ones, and how many more there are.
pub fn named(paths: &[RepoPath]) -> String {
    let named: Vec<_> = (paths.iter().take(NAMED))
        .map(|path| path.to_text())
        .collect();
    match paths.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// Bytes of other files that are read again within those that include them: for all, and for each that includes some.
const MAX_FOLLOWED: u64 = 8 * 1024 * 1024;
const FOLLOWED_PER_FILE: u64 = 16 * 1024;
/// Files that are followed before the bytes are counted.
const FOLLOWED_AT_ONCE: usize = 64;

impl Read {
    /// Says which files were not read since the time for reading was over.
    pub fn note_unread(&mut self, input: &Input) {
        self.unread.sort();
        if self.unread.is_empty() || input.meter.stopped() != Some(UsedUp::Deadline) {
            return;
        }
        let seconds = input.read_deadline.unwrap_or_default().as_secs_f64();
        let text = format!(
            "reading was ended after {seconds} seconds (--read-deadline); not read, or not to the end: {}",
            named(&self.unread)
        );
        self.notes.push(Note {
            level: Level::Warning,
            file: None,
            place: None,
            message: text.into(),
        });
    }
}

/// Says that the files behind the first `most` were left out.
pub fn too_many_files(most: usize) -> Note {
    let text = format!(
        "only the first {most} files were looked at; raise the limit with --max-files, or lint a part of the tree"
    );
    Note {
        level: Level::Warning,
        file: None,
        place: None,
        message: text.into(),
    }
}

/// Reads what the walk meets while it goes on.
///
/// # Errors
/// The operating system gives no thread for the walk.
fn read_walked(
    walk: impl Iterator<Item = Step> + Send,
    input: &Input,
    each: Each<'_>,
) -> std::io::Result<Vec<Outcome>> {
    let rewrites_possible = AtomicBool::new(true);
    let each = &|path: &RepoPath, extraction: &Extraction, _: bool| {
        each(path, extraction, rewrites_possible.load(Ordering::Acquire));
    };
    std::thread::scope(|scope| {
        let (sender, receiver) = std::sync::mpsc::channel();
        let rewrites_possible = &rewrites_possible;
        std::thread::Builder::new()
            .name("walking".into())
            .spawn_scoped(scope, move || {
                let mut kustomized = false;
                for numbered in walk.enumerate() {
                    kustomized |=
                        matches!(&numbered.1, Step::File(found) if is_kustomization(&found.path));
                    // The readers are gone only when they failed; then nothing is left to do here.
                    if sender.send(numbered).is_err() {
                        return;
                    }
                }
                rewrites_possible.store(kustomized, Ordering::Release);
            })?;
        let outcomes = receiver
            .into_iter()
            .par_bridge()
            .map(|(number, step)| match step {
                Step::File(found) => read_one(FileId(number as u32), &found, input, each),
                Step::Failed { path, why } => noted(
                    FileId(number as u32),
                    path,
                    Level::Warning,
                    format!("not read: {why}"),
                ),
                Step::Link { path, to } => Outcome::Link(Link {
                    id: FileId(number as u32),
                    path,
                    to,
                }),
            })
            .collect();
        Ok(outcomes)
    })
}

/// Reads the files of a commit, which were already fetched, like files of the work tree. Their bytes are kept for what is
/// made of several of them.
pub fn read_blobs(
    blobs: impl Iterator<Item = (RepoPath, Vec<u8>)> + Send,
    input: &Input,
    each: Each<'_>,
) -> Read {
    let met = Met::default();
    let outcomes: Vec<Outcome> = blobs
        .enumerate()
        .inspect(|(number, (path, bytes))| {
            let bytes = Bytes::Here(bytes.clone());
            met.note(path.clone(), FileId(*number as u32), bytes);
        })
        .par_bridge()
        .map(|(number, (path, bytes))| {
            extract_bytes(FileId(number as u32), path, bytes, false, None, input, each)
        })
        .collect();
    let mut read = Read {
        tree: met.into_tree(u64::MAX),
        ..Read::default()
    };
    outcomes.into_iter().for_each(|outcome| read.take(outcome));
    read.sort();
    read
}

/// The names kustomize looks for (kubernetes-sigs/kustomize, `konfig.RecognizedKustomizationFileNames`).
pub fn is_kustomization(path: &RepoPath) -> bool {
    matches!(
        path.file_name().as_ref(),
        "kustomization.yaml" | "kustomization.yml" | "Kustomization"
    )
}

/// Files that say what is made of other files of the repository.
pub fn is_made_of_several(path: &RepoPath) -> bool {
    is_kustomization(path) || path.file_name() == "Chart.yaml"
}

/// The tree's own configuration, which was read before everything else and names no image.
pub fn is_configuration(path: &RepoPath) -> bool {
    config::FILE_NAMES
        .iter()
        .any(|name| path.as_bytes() == name.as_bytes())
}

impl Read {
    /// Adds what one file gave.
    pub fn take(&mut self, outcome: Outcome) {
        self.met += 1;
        match outcome {
            Outcome::Read(file) => self.files.push(*file),
            Outcome::Noted(note, id, path) => {
                self.files.push(FileRead::unread(id, path));
                self.notes.push(note);
            }
            Outcome::Unread(path) => self.unread.push(path),
            // Only the walk of a work tree gives links, and takes them out.
            Outcome::Link(_) | Outcome::Passed => {}
        }
    }

    /// Warns at a file that was counted already.
    pub fn note_file(&mut self, id: FileId, path: RepoPath, message: String) {
        self.files.push(FileRead::unread(id, path));
        self.notes.push(about(id, Level::Warning, message));
    }

    /// Files, links and folders of which something was said.
    pub fn noted(&self) -> HashSet<&[u8]> {
        let noted = self.notes.iter().filter_map(|note| note.file);
        let noted: HashSet<FileId> = noted.collect();
        let files = self.files.iter().filter(|file| noted.contains(&file.id));
        files.map(|file| file.path.as_bytes()).collect()
    }

    /// Reads the files again that other files give their meaning, now that all files were met.
    pub fn follow(&mut self, input: &Input) {
        let wanting = self.files.iter().filter(|file| file.extraction.follows);
        let wanting: Vec<FileId> = wanting.map(|file| file.id).collect();
        if wanting.is_empty() {
            return;
        }
        let reading = Reading {
            meter: input.meter.clone(),
            mentions: Some(input.mentions.clone()),
            strict: input.selection.is_strict(),
        };
        let again = |id: &FileId| {
            if input.meter.stopped().is_some() {
                return None;
            }
            let tree = follow::Counted::new(&self.tree);
            let read = || follow::follow(*id, &tree, input.extended, &reading);
            // What the first reading gave stays where the second one fails.
            let followed = catch_unwind(AssertUnwindSafe(read)).ok().flatten();
            Some((followed, tree.bytes()))
        };
        // Part by part, so that the same files are followed with any number of threads.
        let mut left = MAX_FOLLOWED + FOLLOWED_PER_FILE * wanting.len() as u64;
        let mut followed = Vec::new();
        let mut parts = wanting.chunks(FOLLOWED_AT_ONCE);
        while left > 0
            && let Some(part) = parts.next()
        {
            let read: Vec<_> = part.par_iter().filter_map(again).collect();
            for (one, bytes) in read {
                followed.extend(one);
                left = left.saturating_sub(bytes);
            }
        }
        let rest: usize = parts.map(<[FileId]>::len).sum();
        if rest > 0 {
            let text = format!(
                "{rest} files were read without the files that they include: those are larger together than what is read again"
            );
            self.notes.push(Note::of_run(Level::Warning, text));
        }
        let mut settled = follow::settle(followed);
        for file in &mut self.files {
            if let Some((reader, extraction)) = settled.remove(&file.id) {
                file.reader = Some(reader);
                file.extraction = extraction;
            }
        }
        for (id, (reader, extraction)) in settled {
            let Some(path) = self.tree.path(id) else {
                continue;
            };
            self.files.push(FileRead {
                reader: Some(reader),
                extraction,
                ..FileRead::unread(id, path)
            });
        }
        self.sort();
    }

    /// Adds files that only a kustomization reads.
    pub fn add(&mut self, files: Vec<FileId>) {
        for id in files {
            let Some(path) = self.tree.path(id) else {
                continue;
            };
            self.files.push(FileRead {
                reader: Some("kustomize"),
                ..FileRead::unread(id, path)
            });
        }
        self.sort();
    }

    /// Files by path. The walk's order is fixed, so numbers and order are the same for any number of threads.
    pub fn sort(&mut self) {
        self.files
            .sort_by(|a, b| a.path.cmp(&b.path).then(a.id.cmp(&b.id)));
    }

    /// The text of a file that builds something, as it was read.
    pub fn text(&self, id: FileId) -> Option<SourceFile> {
        let file = self.files.iter().find(|file| file.id == id)?;
        let text = file.text.as_deref()?;
        Some(SourceFile::new(id, file.path.clone(), text.to_owned()))
    }

    /// Paths by number, for reports. Files that nobody reads have an empty one.
    pub fn paths(&self) -> Vec<RepoPath> {
        let last = self
            .files
            .iter()
            .map(|file| file.id.0 as usize + 1)
            .max()
            .unwrap_or(0);
        let mut paths = vec![RepoPath::from_bytes(b""); last];
        for file in &self.files {
            paths[file.id.0 as usize] = file.path.clone();
        }
        paths
    }
}

/// How a file begins whose content git-lfs keeps elsewhere (git-lfs, docs/spec.md, "The Pointer").
const LFS: &str = "version https://git-lfs.github.com/spec/";

/// Reads a file that the walk found.
pub fn read_one(id: FileId, found: &Found, input: &Input, each: Each<'_>) -> Outcome {
    let by_name = extract::claim(&found.path, b"", found.executable);
    let unknown = matches!(by_name, Claim::Nobody);
    let may_deploy = unread::may_deploy(&found.path);
    let strict = input.selection.is_strict();
    let nobodys = unknown && !may_deploy || is_configuration(&found.path);
    if !found.explicit && !strict && nobodys {
        return Outcome::Passed;
    }
    let is_claimed = Cell::new(matches!(by_name, Claim::By(_)));
    let wanted = |head: &[u8]| {
        // A script is one whatever its mode: somebody may run it by its interpreter.
        let by_head = extract::claim(&found.path, head, found.executable || strict);
        is_claimed.set(is_claimed.get() || matches!(by_head, Claim::By(_)));
        found.explicit || may_deploy || is_claimed.get()
    };
    if input.meter.stopped().is_some() {
        return Outcome::Unread(found.path.clone());
    }
    let limit = input.max_file_size;
    let on_disk = input.editing.then_some(found.on_disk.as_path());
    match content::read(found.open(), limit, wanted) {
        Content::Bytes(bytes) => {
            let path = found.path.clone();
            extract_bytes(id, path, bytes, found.explicit, on_disk, input, each)
        }
        Content::Unclaimed => Outcome::Passed,
        Content::TooLarge { .. } if !is_claimed.get() && !found.explicit => Outcome::Passed,
        Content::Unreadable { .. } if unknown && !found.explicit && !strict => Outcome::Passed,
        Content::TooLarge { size } => noted(
            id,
            found.path.clone(),
            Level::Warning,
            format!(
                "not read: {size} bytes are more than the limit of {limit}; raise it with --max-file-size"
            ),
        ),
        Content::Unreadable { why } => noted(
            id,
            found.path.clone(),
            Level::Warning,
            format!("not read: {why}"),
        ),
    }
}

/// Reads the content of one file; `explicit`: whatever its name is.
pub fn extract_bytes(
    id: FileId,
    path: RepoPath,
    bytes: Vec<u8>,
    explicit: bool,
    on_disk: Option<&Path>,
    input: &Input,
    each: Each<'_>,
) -> Outcome {
    if input.meter.stopped().is_some() {
        return Outcome::Unread(path);
    }
    let head = &bytes[..bytes.len().min(content::HEAD)];
    let Claim::By(extractor) = extract::claim(&path, head, true) else {
        if explicit {
            let why = "not read: neither its name nor its content is one that image-lint knows";
            return noted(id, path, Level::Warning, why.into());
        }
        return look_at_unknown(id, path, bytes);
    };
    let (text, encoding) = match text::decode(bytes) {
        Ok((text, _)) if input.selection.is_strict() && text.starts_with(LFS) => {
            let why = "not read: a pointer of git-lfs, whose content is not here";
            return noted(id, path, Level::Warning, why.into());
        }
        Ok(decoded) => decoded,
        Err(text::NotText::Binary) if !explicit && !input.selection.is_strict() => {
            return Outcome::Passed;
        }
        Err(error) => return noted(id, path, Level::Warning, format!("not read: {error}")),
    };
    let original = on_disk.map(|p| Original {
        on_disk: p.to_owned(),
        encoding,
        stamp: Stamp::of(&text),
    });
    let file = SourceFile {
        id,
        path,
        text,
        encoding,
    };
    let reading = Reading {
        meter: input.meter.clone(),
        mentions: Some(input.mentions.clone()),
        strict: input.selection.is_strict(),
    };
    // A fault of ours in one file must not cost the others; it is reported as what it is.
    let extracted = catch_unwind(AssertUnwindSafe(|| {
        extract::extract_within(&file, extractor, input.extended, &reading)
    }));
    match extracted {
        // What was found up to there may miss what changes its meaning.
        Ok(_) if input.meter.stopped().is_some() => Outcome::Unread(file.path),
        Ok((reader, extraction)) => {
            each(&file.path, &extraction, true);
            let unknown = (reader.is_none() && unread::may_deploy(&file.path))
                .then(|| names_an_image(&file.text))
                .flatten();
            let text = is_proved(&extraction, &file.text).then(|| file.text.into());
            Outcome::Read(Box::new(FileRead {
                reader,
                extraction,
                text,
                original,
                unknown,
                ..FileRead::unread(id, file.path)
            }))
        }
        Err(_) => noted(
            id,
            file.path,
            Level::Error,
            "not read: image-lint failed inside; please report this with the file, if it can be shared".into(),
        ),
    }
}

/// Whether edits of a file have to be proved: of its commands, and of text that an alias may use elsewhere.
fn is_proved(extraction: &Extraction, text: &str) -> bool {
    !extraction.builds.is_empty()
        || !extraction.mentions.is_empty() && text.contains('&') && text.contains('*')
}

/// The line of a text that nobody reads which names an image. A baseline names such as were judged when it was written.
fn names_an_image(text: &str) -> Option<u32> {
    unread::first_image(text).filter(|_| Baseline::parse(text).is_err())
}

/// A file of a kind that nobody reads is kept in mind when it names an image.
fn look_at_unknown(id: FileId, path: RepoPath, bytes: Vec<u8>) -> Outcome {
    if !unread::may_deploy(&path) {
        return Outcome::Passed;
    }
    let Ok((text, _)) = text::decode(bytes) else {
        return Outcome::Passed;
    };
    match names_an_image(&text) {
        None => Outcome::Passed,
        unknown => Outcome::Read(Box::new(FileRead {
            unknown,
            ..FileRead::unread(id, path)
        })),
    }
}

fn noted(id: FileId, path: RepoPath, level: Level, message: String) -> Outcome {
    Outcome::Noted(about(id, level, message), id, path)
}

fn about(id: FileId, level: Level, message: String) -> Note {
    Note {
        level,
        file: Some(id),
        place: None,
        message: message.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::mpsc::Receiver;

    use super::*;

    /// A wait that only a broken promise makes long.
    const PATIENCE: Duration = Duration::from_secs(30);

    fn input(root: &Path) -> Input {
        Input {
            roots: vec![root.to_owned()],
            stdin: None,
            selection: Selection::new(true, &[], &[]).unwrap(),
            links: Links::Followed,
            max_file_size: 1_000_000,
            max_files: 100,
            editing: false,
            extended: false,
            meter: RunMeter::default(),
            mentions: MentionLimit::new(1000),
            read_deadline: None,
            chart_values: Vec::new(),
        }
    }

    fn dockerfiles(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            std::fs::write(folder.path().join(name), "FROM quay.io/team/app:1\n").unwrap();
        }
        folder
    }

    /// The walk of a folder, which stops before its second file until it is let go on.
    fn held(input: &Input, go_on: Receiver<()>) -> impl Iterator<Item = Step> + Send {
        let walk = worktree::walk(&input.roots, &input.selection, &input.links)
            .unwrap()
            .collect::<Vec<_>>();
        walk.into_iter().enumerate().map(move |(number, step)| {
            if number == 1 {
                go_on
                    .recv_timeout(PATIENCE)
                    .expect("the first file is extracted while the walk waits");
            }
            step
        })
    }

    #[test]
    fn files_are_extracted_while_the_walk_goes_on() {
        let folder = dockerfiles(&["a.Dockerfile", "b.Dockerfile"]);
        let input = input(folder.path());
        let (sender, go_on) = channel();
        let sender = Mutex::new(sender);
        let each = |_: &RepoPath, _: &Extraction, _: bool| {
            // Nobody waits for the second word.
            let _ = sender.lock().unwrap().send(());
        };
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(2)
            .build()
            .unwrap();
        let outcomes = pool
            .install(|| read_walked(held(&input, go_on), &input, &each))
            .unwrap();
        assert_eq!(outcomes.len(), 2);
    }

    #[test]
    fn two_files_are_extracted_at_once() {
        let folder = dockerfiles(&["a.Dockerfile", "b.Dockerfile"]);
        let input = input(folder.path());
        let (here, there) = (channel(), channel());
        let ends = Mutex::new(vec![(here.0, there.1), (there.0, here.1)]);
        // Each file's thread waits until it hears from the other's.
        let each = |_: &RepoPath, _: &Extraction, _: bool| {
            let (say, hear) = ends.lock().unwrap().pop().expect("two files, two ends");
            say.send(()).expect("the other end is kept");
            hear.recv_timeout(PATIENCE)
                .expect("the other file is being extracted too");
        };
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(2)
            .build()
            .unwrap();
        let read = pool.install(|| read_all(&input, &each)).unwrap();
        assert_eq!(read.files.len(), 2);
    }

    #[test]
    fn the_configuration_is_no_source() {
        let folder = dockerfiles(&["Dockerfile", ".image-lint.yaml"]);
        let read = read_all(&input(folder.path()), &|_, _, _| {}).unwrap();
        assert_eq!((read.met, read.files.len()), (2, 1));
    }

    #[test]
    fn files_that_a_stopped_run_does_not_read_are_named() {
        let names: Vec<String> = (10..32).map(|n| format!("a{n}.Dockerfile")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let folder = dockerfiles(&names);
        let input = Input {
            read_deadline: Some(Duration::from_secs(2)),
            ..input(folder.path())
        };
        input.meter.stop(Stop::Deadline);
        let mut read = read_all(&input, &|_, _, _| {}).unwrap();
        read.note_unread(&input);
        assert_eq!((read.files.len(), read.unread.len()), (0, names.len()));
        let [note] = read.notes.as_slice() else {
            panic!("one note: {:?}", read.notes)
        };
        assert!(
            note.message.raw().starts_with(
                "reading was ended after 2 seconds (--read-deadline); not read, or not to the end: a10.Dockerfile, "
            ) && note.message.raw().ends_with(", a29.Dockerfile and 2 more"),
            "{}",
            note.message.raw()
        );
    }
}
