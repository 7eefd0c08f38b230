//! Writes findings for people and programs. Knows findings and nothing else; every string from the repository or a
//! registry passes [`sanitize`].

pub mod sanitize;

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::model::finding::{Finding, Level, Untrusted};
use crate::model::source::{FileId, Place, RepoPath};

/// All that a reporter may show, in its final order.
#[derive(Debug, Default)]
pub struct Report {
    /// Paths by [`FileId`].
    pub files: Vec<RepoPath>,
    /// Name of the target, shown in the header.
    pub target: String,
    /// Client of the target in words ("docker 1.13").
    pub target_client: &'static str,
    /// One per place, sorted by path, line, column, rule.
    pub findings: Vec<Finding>,
    /// References that could not be checked.
    pub unchecked: Vec<Unchecked>,
    pub notes: Vec<Note>,
    pub summary: Summary,
    /// Findings that inline comments, configuration or the baseline keep silent.
    pub suppressed: Suppressed,
}

/// A mention whose image could not be checked, and why.
#[derive(Clone, Debug)]
pub struct Unchecked {
    pub place: Place,
    pub reference: Untrusted,
    /// Class in one word: `dns`, `tls`, `timeout`, `rate-limited`, `offline` …
    pub cause: &'static str,
    pub message: Untrusted,
    pub help: Vec<Untrusted>,
}

/// Something worth saying that is no finding: a skipped part of a file, a file over the limit.
#[derive(Clone, Debug)]
pub struct Note {
    pub level: Level,
    /// None for the run as a whole.
    pub file: Option<FileId>,
    pub place: Option<Place>,
    pub message: Untrusted,
}

#[derive(Clone, Debug, Default)]
pub struct Suppressed {
    pub inline: usize,
    pub config: usize,
    pub baseline: usize,
}

#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Files that were looked at, and of these the ones that were read as a source.
    pub files: usize,
    pub files_read: usize,
    pub mentions: usize,
    /// Distinct references that were to be asked.
    pub references: usize,
    /// HTTP requests made.
    pub requests: usize,
    /// Mentions by verdict: `ok`, `bad`, `unchecked`, `not-checkable`.
    pub verdicts: BTreeMap<&'static str, usize>,
    pub elapsed_ms: u64,
    /// The run was interrupted: what is shown is what was known by then.
    pub interrupted: bool,
}

impl Report {
    /// Number of findings at a level.
    pub fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|f| f.level == level).count()
    }

    pub fn path(&self, file: FileId) -> &RepoPath {
        &self.files[file.0 as usize]
    }
}

/// Writes one format.
pub trait Reporter {
    fn write(&self, report: &Report, out: &mut dyn Write) -> io::Result<()>;
}
