//! Applies ignores and the baseline to a report, and writes a new baseline when asked to.

use std::collections::HashSet;
use std::path::Path;

use super::{Failure, settle};
use crate::cli::{JudgingArgs, NetworkArgs};
use crate::config::{self, baseline::Baseline, suppress::Suppressor};
use crate::report::{Report, Silent, SilentWhy};
use image_lint_model::finding::Untrusted;
use image_lint_model::mention::Repository;
use image_lint_text::source::Place;

/// # Errors
/// A baseline that cannot be read or written.
pub fn apply(
    report: &mut Report,
    repository: &Repository,
    settings: &config::Settings,
    args: &JudgingArgs,
    network: &NetworkArgs,
) -> Result<(), Failure> {
    if let Some(path) = &args.write_baseline {
        let text = Baseline::of(&report.findings, &report.files).to_text();
        super::output::write_whole(path, |out| out.write_all(text.as_bytes())).map_err(
            |source| Failure::Io {
                what: format!("cannot write the baseline `{}`", path.display()),
                source,
            },
        )?;
    }
    let baseline = args.baseline.as_deref().map(read).transpose()?;
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
    let outcome = Suppressor::new(&files, inline, ignores, baseline).map(|mut suppressor| {
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
        let complete =
            !network.offline && report.unchecked.is_empty() && !report.summary.interrupted;
        report
            .notes
            .extend(suppressor.unused(complete, &config::known_rules()));
    });
    report.files = files;
    outcome.map_err(|error| {
        Failure::Usage(format!("ignore pattern `{}`: {}", error.pattern, error.why))
    })
}

/// A million findings.
const MAX_BASELINE: u64 = 256 * 1024 * 1024;

fn read(path: &Path) -> Result<Baseline, Failure> {
    let what = format!("baseline `{}`", path.display());
    let text = settle::read_named(path, MAX_BASELINE).map_err(|source| Failure::Io {
        what: what.clone(),
        source,
    })?;
    Baseline::parse(&text).map_err(|error| Failure::Usage(format!("{what}: {error}")))
}
