//! Applies ignores and the baseline to a report, and writes a new baseline when asked to.

use std::collections::HashSet;
use std::io::Write;
use std::path::Path;

use super::{Failure, settings};
use crate::cli::JudgingArgs;
use crate::config::{
    self,
    baseline::Baseline,
    suppress::{Judged, Suppressor},
};
use crate::report::{Report, Silent, SilentWhy, count};
use image_lint_model::finding::Untrusted;
use image_lint_model::mention::Repository;
use image_lint_model::sanitize;
use image_lint_text::source::{FileId, Place, RepoPath};

/// What of the linted tree a run judges.
#[derive(Clone, Copy)]
pub struct Extent<'a> {
    /// Nothing was asked, or not all that would have to be.
    pub offline: bool,
    /// Only these files; None: all that were read.
    pub only: Option<&'a dyn Fn(&RepoPath) -> bool>,
    /// All that the configuration is about was read.
    pub whole: bool,
}

/// # Errors
/// A baseline that cannot be read or written.
pub fn apply(
    report: &mut Report,
    repository: &Repository,
    settings: &config::Settings,
    args: &JudgingArgs,
    extent: Extent<'_>,
) -> Result<(), Failure> {
    if let Some(path) = &args.write_baseline {
        let text = Baseline::of(&report.findings, &report.unchecked, &report.files).to_text();
        super::output::write_whole(path, |out| out.write_all(text.as_bytes())).map_err(
            |source| Failure::Io {
                what: format!("cannot write the baseline `{}`", path.display()),
                source,
            },
        )?;
        say_written(report, settings, path);
    }
    let baseline = match (&args.baseline, &settings.known, &settings.baseline) {
        (Some(path), _, _) => Some(read(path)?),
        (None, Some(known), _) => Some(known.clone()),
        (None, None, Some(named)) if args.write_baseline.is_none() => {
            let (file, from) = (&named.value, &named.from);
            return Err(Failure::Usage(format!(
                "{from}: the baseline `{file}` is not there; --write-baseline FILE writes it"
            )));
        }
        (None, None, _) => None,
    };
    // Flags come first in the list, and `--no-ignores` is not about them.
    let given = args.ignore.len();
    let (inline, ignores): (&[_], &[_]) = if args.no_ignores {
        (&[], &settings.ignore[..given])
    } else {
        (&repository.ignores, &settings.ignore)
    };
    let files = std::mem::take(&mut report.files);
    let findings = std::mem::take(&mut report.findings);
    let unchecked = std::mem::take(&mut report.unchecked);
    let said: Vec<(Place, Untrusted)> = findings
        .iter()
        .filter_map(|f| Some((f.place, f.reference.clone()?)))
        .chain(unchecked.iter().map(|u| (u.place, u.reference.clone())))
        .collect();
    let suppressor = Suppressor::new(&files, inline, ignores, baseline)
        .and_then(|suppressor| suppressor.in_folders(settings, args.no_ignores))
        .map(|suppressor| suppressor.baseline_of_the_tree(args.baseline.is_none()));
    let outcome = suppressor.map(|mut suppressor| {
        report.findings = suppressor.findings(findings);
        report.unchecked = suppressor.unchecked(unchecked);
        report.suppressed = suppressor.counts();
        let left: HashSet<Place> = report
            .findings
            .iter()
            .map(|f| f.place)
            .chain(report.unchecked.iter().map(|u| u.place))
            .collect();
        let hidden = said.into_iter().filter(|(place, _)| !left.contains(place));
        report
            .silent
            .extend(hidden.map(|(place, reference)| Silent {
                place,
                reference,
                why: SilentWhy::Suppressed,
            }));
        let asked = !extent.offline && !report.summary.interrupted;
        let open: HashSet<FileId> = report.unchecked.iter().map(|u| u.place.file).collect();
        let file = |file: FileId| {
            let judged = (extent.only).is_none_or(|only| only(&files[file.0 as usize]));
            asked && judged && !open.contains(&file)
        };
        let judged = Judged {
            everything: asked && extent.whole && extent.only.is_none() && open.is_empty(),
            file: &file,
        };
        let unused = suppressor.unused(&judged, &config::known_rules());
        report.notes.extend(unused);
    });
    report.files = files;
    outcome.map_err(|error| {
        Failure::Usage(format!("ignore pattern `{}`: {}", error.pattern, error.why))
    })
}

/// What was written, and how it comes to count.
fn say_written(report: &Report, settings: &config::Settings, path: &Path) {
    let mut text = format!(
        "image-lint: wrote {}",
        count::of(report.findings.len(), "finding")
    );
    if !report.unchecked.is_empty() {
        let images = count::of(report.unchecked.len(), "place");
        text.push_str(&format!(" and {images} that could not be checked"));
    }
    text.push_str(&format!(" to {}", path.display()));
    if settings.baseline.is_none() {
        text.push_str("; `baseline: FILE` in .image-lint.yaml makes it count");
    }
    let _ = writeln!(std::io::stderr(), "{}", sanitize::line(&text));
}

/// The baseline that a configuration in `folder` names; None where there is no such file.
///
/// # Errors
/// A file that cannot be read, leads out of the folder, or is no baseline.
pub fn named(folder: &Path, path: &str) -> Result<Option<Baseline>, Failure> {
    let file = folder.join(path);
    let Ok(real) = std::fs::canonicalize(&file) else {
        return Ok(None);
    };
    let folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    match real.starts_with(folder) {
        true => read(&file).map(Some),
        false => Err(Failure::Usage(format!(
            "baseline `{path}` is a symlink out of the folder of the configuration"
        ))),
    }
}

/// From the text of the file that is named so.
///
/// # Errors
/// What is no baseline.
pub fn parse(what: &str, text: &str) -> Result<Baseline, Failure> {
    Baseline::parse(text).map_err(|error| Failure::Usage(format!("baseline `{what}`: {error}")))
}

/// A million findings.
pub const MAX_BASELINE: u64 = 256 * 1024 * 1024;

fn read(path: &Path) -> Result<Baseline, Failure> {
    let what = format!("baseline `{}`", path.display());
    let text = settings::read_named(path, MAX_BASELINE).map_err(|source| Failure::Io {
        what: what.clone(),
        source,
    })?;
    Baseline::parse(&text).map_err(|error| Failure::Usage(format!("{what}: {error}")))
}
