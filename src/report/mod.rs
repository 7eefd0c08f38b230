//! Writes findings for people and programs. Knows findings and nothing else; every string from the repository or a
//! registry passes [`sanitize`].
//!
//! Comes in: a [`Report`]. Goes out: bytes of one [`Format`]. One file per format; what several share stands in
//! [`blocks`] (findings with one cause), [`count`] (numbers in words) and [`fingerprint`]. A format never changes
//! what is found, how it is ordered or how the program exits.

pub mod blocks;
pub mod count;
pub mod files;
pub mod fingerprint;
pub mod format;
mod github;
mod gitlab;
mod html;
mod human;
pub mod inspect;
pub mod json;
mod junit;
mod links;
pub mod list;
mod markdown;
mod rdjsonl;
#[cfg(test)]
pub(crate) mod sample;
mod sarif;
mod short;
pub mod statistics;
pub mod style;
mod wire;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

pub use format::{Format, write};
pub use links::Links;
pub use style::Style;

use crate::exit::{Ended, NotChecked};
use crate::rules::{Finding, RuleId};
use image_lint_model::finding::{Level, Note, Untrusted};
use image_lint_model::mention::{Role, SourceKind};
use image_lint_model::resolution::UnreachableCause;
use image_lint_model::sanitize;
use image_lint_model::verdict::Verdict;
use image_lint_text::source::{FileId, Place, RepoPath};

/// All that a reporter may show, in its final order.
#[derive(Debug, Default)]
pub struct Report {
    /// Paths by [`FileId`].
    pub files: Vec<RepoPath>,
    /// Folder of the linted root below the repository's root, with a `/` at its end; empty when they are the same.
    /// Formats that a host joins to the repository's files (all but human, json and jsonl) put it before each path.
    pub prefix: String,
    /// Where a CI host shows the files, for the formats that people click in.
    pub links: Links,
    /// Name of the target, shown in the header.
    pub target: String,
    /// Client of the target in words ("docker 1.13").
    pub target_client: &'static str,
    /// Nobody chose the target.
    pub target_is_default: bool,
    /// What other targets judge, in words: `kubernetes for ci/**`.
    pub other_targets: Vec<String>,
    /// The configuration files of the repository that count, as they are shown.
    pub configuration: Vec<String>,
    /// One per place, sorted by path, line, column, rule.
    pub findings: Vec<Finding>,
    /// References that could not be checked.
    pub unchecked: Vec<Unchecked>,
    /// Targets by number, as the mentions name theirs.
    pub targets: Vec<String>,
    /// Every mention that was judged, in the order of the files; empty unless an output shows what passed.
    pub mentions: Vec<Mentioned>,
    /// Mentions without a finding, for formats that count what passed (JUnit). May be empty.
    pub silent: Vec<Silent>,
    pub notes: Vec<Note>,
    /// What registries that count pulls have left for this machine.
    pub quotas: Vec<PullQuota>,
    /// Where the text of a place was rendered from, for input that says so: a template of a chart.
    pub templates: HashMap<Place, Arc<str>>,
    pub summary: Summary,
    /// Findings that inline comments, configuration or the baseline keep silent.
    pub suppressed: Suppressed,
}

/// What is left of a registry's pull quota. It says nothing of the linted files, so that only one that is nearly used up is
/// shown unasked.
#[derive(Clone, Debug)]
pub struct PullQuota {
    pub note: Note,
    pub is_low: bool,
}

/// A mention that was judged, whatever came of it.
#[derive(Clone, Debug)]
pub struct Mentioned {
    pub place: Place,
    /// In its normal form where it is known, else as it is written.
    pub reference: Untrusted,
    pub verdict: Verdict,
    /// Why it is not checkable, to be read after a number; None for the other verdicts.
    pub not_checkable: Option<&'static str>,
    /// The target that it is judged for: an index into the report's `targets`.
    pub target: usize,
    pub role: Role,
    pub source: SourceKind,
    /// Where in the object, Dockerfile or command.
    pub field: Untrusted,
    /// What the registry said, as (what, value); shared by all mentions of the image.
    pub evidence: Arc<[(&'static str, Untrusted)]>,
}

/// A mention whose image could not be checked, and why.
#[derive(Clone, Debug)]
pub struct Unchecked {
    /// Its index in the report's `mentions`.
    pub mention: Option<usize>,
    pub place: Place,
    pub reference: Untrusted,
    pub cause: UnreachableCause,
    pub message: Untrusted,
    pub help: Vec<Untrusted>,
}

/// A mention that nothing is said about.
#[derive(Clone, Debug)]
pub struct Silent {
    pub place: Place,
    pub reference: Untrusted,
    pub why: SilentWhy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SilentWhy {
    /// The target can pull it.
    Ok,
    /// A variable, a name inside the cluster, an output: which of them, in words.
    NotCheckable(&'static str),
    /// A comment, the configuration or the baseline keeps its findings silent.
    Suppressed,
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
    /// Files that name an image and are of a kind that is not read.
    pub files_unknown: usize,
    pub mentions: usize,
    /// Distinct references that were to be asked.
    pub references: usize,
    /// HTTP requests made.
    pub requests: usize,
    /// Mentions by verdict.
    pub verdicts: BTreeMap<Verdict, usize>,
    /// Mentions that cannot be checked, by why.
    pub not_checkable: BTreeMap<&'static str, usize>,
    /// Findings that `--fix` mended in this run; they are not among the report's findings.
    pub fixed: usize,
    pub elapsed_ms: u64,
    /// Nothing was judged because nothing differs from this commit.
    pub unchanged_since: Option<String>,
    /// A stream without a name was read.
    pub nameless_stdin: bool,
    /// The run was interrupted: what is shown is what was known by then.
    pub interrupted: bool,
    /// Files that were not read, or not to their end, since the time for reading was over.
    pub unread: usize,
    /// With `--strict`: how much was not read whole, in files and warnings of the run.
    pub incomplete: usize,
}

impl Report {
    /// Number of findings at a level.
    pub fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|f| f.level == level).count()
    }

    /// The path of a file; every [`FileId`] of a report is an index into its `files`.
    pub fn path(&self, file: FileId) -> &RepoPath {
        &self.files[file.0 as usize]
    }

    /// `path:line:column`, safe to show.
    pub fn at(&self, place: Place) -> String {
        format!(
            "{}:{}:{}",
            sanitize::path(self.path(place.file)),
            place.start.line,
            place.start.column
        )
    }

    /// ` (rendered from shop/templates/deployment.yaml)` where the input says so, safe to show; else empty.
    pub fn origin(&self, place: Place) -> String {
        self.templates
            .get(&place)
            .map_or(String::new(), |template| {
                format!(" (rendered from {})", sanitize::short(template, 200))
            })
    }

    /// Notes about the linted files, then those about registries.
    pub fn every_note(&self) -> impl Iterator<Item = &Note> {
        self.notes
            .iter()
            .chain(self.quotas.iter().map(|quota| &quota.note))
    }

    /// What its exit code depends on.
    pub fn ended(&self) -> Ended {
        Ended {
            interrupted: self.summary.interrupted,
            worst: self.findings.iter().map(|f| f.level).max(),
            incomplete: self.summary.incomplete > 0,
            unchecked: if self.summary.unread > 0 {
                NotChecked::Some
            } else if self.unchecked.is_empty() {
                NotChecked::None
            } else if self
                .unchecked
                .iter()
                .all(|u| u.cause == UnreachableCause::Withheld)
            {
                NotChecked::OnlyWithheld
            } else {
                NotChecked::Some
            },
        }
    }

    /// Whether every image that was to be asked failed because its registry could not be reached at all.
    pub fn nobody_answered(&self) -> bool {
        let silent: BTreeSet<&Untrusted> = self
            .unchecked
            .iter()
            .filter(|u| u.cause.is_unreachable())
            .map(|u| &u.reference)
            .collect();
        !silent.is_empty() && silent.len() >= self.summary.references
    }
}

/// A file's path below the repository's root, safe to show.
fn path_from_root(report: &Report, file: FileId) -> String {
    sanitize::line(&raw_path_from_root(report, file)).into_owned()
}

/// The same with every character it has.
fn raw_path_from_root(report: &Report, file: FileId) -> String {
    format!("{}{}", report.prefix, report.path(file).to_text())
}

/// Where a rule is documented: on the site (mkdocs.yml). None as long as the project has no address (`homepage` in
/// Cargo.toml, which scripts/set-owner.sh writes).
fn rule_url(rule: RuleId) -> Option<String> {
    let home = env!("CARGO_PKG_HOMEPAGE");
    (!home.is_empty()).then(|| format!("{home}/rules/#{rule}"))
}
