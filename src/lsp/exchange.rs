//! What the protocol's side and the analysing side say to each other. The analysing side (in `app`) reads files, links,
//! judges and asks; this side knows documents, positions and the client.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::options::Options;
use crate::report::Unchecked;
use crate::rules::Finding;
use image_lint_model::finding::Note;
use image_lint_model::manifest::Format;
use image_lint_model::mention::{LinkedMention, Repository};
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::Resolved;
use image_lint_model::target::Target;
use image_lint_text::source::{FileId, Place, RepoPath};

/// What is to be done.
#[derive(Debug)]
pub enum Job {
    /// What the client's settings say. Comes first, and whenever they change.
    Options(Options),
    Folders {
        added: Vec<PathBuf>,
        removed: Vec<PathBuf>,
    },
    /// An open document's text; it counts in place of the file. `saved`: it is what the disk holds.
    Text {
        path: PathBuf,
        text: Arc<str>,
        version: i32,
        saved: bool,
    },
    /// The file counts again.
    Closed { path: PathBuf },
    /// These files were made, changed or removed by somebody else.
    Disk { paths: Vec<PathBuf> },
    /// Somebody waits for what is to come: the pause after a change ends at once.
    Now,
    /// The tags of a repository for the document at `path`, or with `digest` what the reference names now.
    Tags {
        ticket: u64,
        path: PathBuf,
        reference: ImageReference,
        digest: bool,
    },
}

/// What was done.
#[derive(Debug)]
pub enum Event {
    Analysed(Arc<Snapshot>),
    /// The answer to [`Job::Tags`]; empty where nobody says them.
    Tags {
        ticket: u64,
        tags: Vec<Tag>,
    },
    Progress {
        work: Work,
        step: Step,
    },
    /// To be shown to the user; sanitised.
    Message {
        warning: bool,
        text: String,
    },
}

/// Work that takes long enough to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Work {
    Reading,
    Asking,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Begin,
    At { done: usize, known: usize },
    End,
}

/// A tag, or for a digest that is completed the digest.
#[derive(Clone, Debug)]
pub struct Tag {
    pub name: String,
    /// How it is stored, where that is known.
    pub format: Option<Format>,
}

/// What is known of a workspace folder at one moment.
#[derive(Debug)]
pub struct Snapshot {
    /// As the client names it, or the folder of a document that lies in none.
    pub root: PathBuf,
    /// A document that is in no workspace folder has a snapshot of its own.
    pub lone: Option<PathBuf>,
    /// Paths below `root`, by [`FileId`].
    pub files: Vec<RepoPath>,
    pub repository: Arc<Repository>,
    /// Of the files that are shown.
    pub findings: Vec<Finding>,
    pub unchecked: Vec<Unchecked>,
    pub notes: Vec<Note>,
    /// By the reference as text, for the images of the files that are shown.
    pub answers: HashMap<String, Answer>,
    /// The version of each open document that this was made of.
    pub versions: HashMap<PathBuf, i32>,
    /// Names of repositories as they are written, and how often each is used.
    pub repositories: Arc<BTreeMap<String, usize>>,
    /// The configuration's main target first, then the built-in ones.
    pub targets: Vec<Target>,
    /// Why no registry is asked.
    pub silent: Option<&'static str>,
}

/// What a registry said.
#[derive(Clone, Debug)]
pub struct Answer {
    pub resolved: Arc<Resolved>,
    /// When a registry gave it.
    pub at: SystemTime,
}

impl Snapshot {
    /// The file at a path of the disk.
    pub fn file(&self, path: &Path) -> Option<FileId> {
        let below = RepoPath::new(path.strip_prefix(&self.root).ok()?);
        let at = self.files.iter().position(|known| *known == below)?;
        u32::try_from(at).ok().map(FileId)
    }

    /// Where a file is on the disk.
    pub fn path(&self, file: FileId) -> PathBuf {
        let path = self.files.get(file.0 as usize);
        self.root
            .join(path.map(RepoPath::to_path).unwrap_or_default())
    }

    /// Mentions of which some part is at a byte of a file: those that stand there first.
    pub fn mentions_at(&self, file: FileId, offset: usize) -> Vec<&LinkedMention> {
        let here = |place: &Place| {
            let span = place.span;
            place.file == file && (span.start as usize..=span.end as usize).contains(&offset)
        };
        let of = |linked: &&LinkedMention| here(&linked.mention.place);
        let parts = |linked: &&LinkedMention| {
            let origins = linked.parts.iter().filter_map(|part| part.origin.place);
            !of(linked)
                && origins
                    .chain(linked.mention.also.iter().copied())
                    .any(|place| here(&place))
        };
        let all = &self.repository.mentions;
        all.iter()
            .filter(of)
            .chain(all.iter().filter(parts))
            .collect()
    }

    /// What a registry said of a reference.
    pub fn answer(&self, reference: &ImageReference) -> Option<&Answer> {
        self.answers.get(&reference.to_string())
    }
}
