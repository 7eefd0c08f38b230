//! `--diff` shows the safe edits of a report's findings, `--fix` makes them. Findings that a comment, the configuration
//! or the baseline keeps silent are not in the report any more, so nothing is edited for them.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use super::Failure;
use super::read::{FileRead, Original, Read};
use crate::fix::{self, AllowedRoots, FixError, Wanted};
use crate::report::{Report, count};
use image_lint_model::finding::{Edit, Level, Note};
use image_lint_model::sanitize;
use image_lint_text::source::{Encoding, FileId, RepoPath};

/// Files to be edited, each with what it holds now.
pub struct Drafts<'a> {
    allowed: AllowedRoots,
    files: BTreeMap<FileId, &'a FileRead>,
}

/// What became of the edits.
#[derive(Debug, Default)]
pub struct Outcome {
    /// By finding: whether the file was written that mends it.
    pub mended: Vec<bool>,
    /// A file was written.
    pub changed: bool,
    /// For each file what was done, or why it was not.
    pub said: Vec<(RepoPath, Level, String)>,
}

impl<'a> Drafts<'a> {
    /// # Errors
    /// A root that cannot be reached any more.
    pub fn new(read: &'a Read, roots: &[PathBuf]) -> Result<Self, Failure> {
        let allowed = AllowedRoots::new(roots).map_err(|source| Failure::Io {
            what: "cannot find the files again".into(),
            source,
        })?;
        Ok(Drafts {
            allowed,
            files: read.files.iter().map(|file| (file.id, file)).collect(),
        })
    }

    /// The path a report names, and the text as it was linted.
    ///
    /// # Errors
    /// A file that may not or need not be edited any more.
    pub fn text(&self, file: FileId) -> Result<(&'a Original, String), FixError> {
        // Only a file of the work tree has an original; stdin and commits have no place to write to.
        let original = self
            .files
            .get(&file)
            .and_then(|f| f.original.as_ref())
            .ok_or(FixError::Outside)?;
        if original.encoding == Encoding::Utf16 {
            return Err(FixError::Utf16);
        }
        Ok((
            original,
            fix::read(&original.on_disk, original.stamp, &self.allowed)?,
        ))
    }

    /// Writes one file with its edits.
    ///
    /// # Errors
    /// The original is kept on every one.
    pub fn write(&self, file: FileId, edits: &[Edit]) -> Result<(), FixError> {
        let (original, before) = self.text(file)?;
        fix::write(
            &original.on_disk,
            &before,
            &fix::apply(&before, edits)?,
            &self.allowed,
        )
    }

    /// The diff of one file.
    ///
    /// # Errors
    /// A file that could not be written either.
    pub fn diff(&self, path: &RepoPath, file: FileId, edits: &[Edit]) -> Result<String, FixError> {
        let (_, before) = self.text(file)?;
        fix::diff(path, &before, edits)
    }
}

/// Writes the diff of all safe edits to `out`, and what cannot be edited to stderr.
///
/// # Errors
/// When `out` cannot be written.
pub fn show(
    report: &Report,
    wanted: Wanted,
    read: &Read,
    roots: &[PathBuf],
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let drafts = Drafts::new(read, roots)?;
    let plan = fix::plan(&report.findings, wanted);
    let mut err = std::io::stderr();
    for (file, edits) in &plan.edits {
        match drafts.diff(report.path(*file), *file, edits) {
            Ok(diff) => print(&diff, out)?,
            Err(error) => {
                let path = sanitize::path(report.path(*file));
                let _ = writeln!(
                    err,
                    "image-lint: {path}: cannot be fixed: {}",
                    sanitize::line(&error.to_string())
                );
            }
        }
    }
    let mends = plan.mends.iter().filter(|mends| **mends).count();
    let _ = writeln!(
        err,
        "image-lint: {} of {} can be fixed by --fix{}",
        mends,
        count::of(report.findings.len(), "finding"),
        match wanted {
            Wanted::Safe => "",
            Wanted::All => " --unsafe",
        }
    );
    say_unsafe(report, wanted);
    Ok(())
}

/// What more `--unsafe` would do, where it was not asked for.
pub fn say_unsafe(report: &Report, wanted: Wanted) {
    let more = |f: &&crate::rules::Finding| {
        f.fix
            .as_ref()
            .is_some_and(|fix| !fix.safe && !fix.edits.is_empty())
    };
    let more = report.findings.iter().filter(more).count();
    if wanted == Wanted::Safe && more > 0 {
        let _ = writeln!(
            std::io::stderr(),
            "image-lint: {} more can be fixed by --fix --unsafe; --diff --unsafe shows how",
            count::of(more, "finding")
        );
    }
}

/// A diff must be exact to be of use to a program, and harmless to be shown to a person.
///
/// # Errors
/// When `out` cannot be written.
pub fn print(diff: &str, out: &mut dyn Write) -> Result<(), Failure> {
    if !std::io::stdout().is_terminal() {
        let in_github = std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true");
        // Azure Pipelines and TeamCity cannot be told not to listen.
        let obeyed = ["TF_BUILD", "TEAMCITY_VERSION"]
            .iter()
            .any(|name| std::env::var_os(name).is_some());
        if !(in_github || obeyed) || !diff.lines().any(commands) {
            return out.write_all(diff.as_bytes()).map_err(Failure::Output);
        }
        if obeyed {
            let _ = writeln!(
                std::io::stderr(),
                "image-lint: the diff holds commands of the CI system and is shown escaped: it cannot be applied"
            );
            return shown(diff, out);
        }
        // Every byte counts, so the runner is told not to listen; `git apply` and `patch` pass over such lines.
        let word = format!(
            "{:016x}{:016x}",
            RandomState::new().hash_one(0),
            RandomState::new().hash_one(1)
        );
        return write!(out, "::stop-commands::{word}\n{diff}::{word}::\n").map_err(Failure::Output);
    }
    shown(diff, out)
}

/// The diff for people.
fn shown(diff: &str, out: &mut dyn Write) -> Result<(), Failure> {
    for line in diff.lines() {
        let tabs: Vec<_> = line.split('\t').map(sanitize::line).collect();
        writeln!(out, "{}", tabs.join("\t")).map_err(Failure::Output)?;
    }
    Ok(())
}

/// Whether a CI system could take a line for a command.
fn commands(line: &str) -> bool {
    line.trim_start_matches(['+', '-'])
        .trim_start()
        .starts_with("::")
        || sanitize::command_bracket(line).is_some()
}

/// Makes the safe edits of the report's findings.
///
/// # Errors
/// When the roots are gone. A file that cannot be written is said in the outcome, and kept.
pub fn mend(
    report: &Report,
    wanted: Wanted,
    read: &Read,
    roots: &[PathBuf],
) -> Result<Outcome, Failure> {
    let drafts = Drafts::new(read, roots)?;
    let plan = fix::plan(&report.findings, wanted);
    let mut outcome = Outcome {
        mended: plan.mends,
        ..Outcome::default()
    };
    for (file, edits) in &plan.edits {
        let path = report.path(*file).clone();
        let touches = |n: usize| {
            let fix = report.findings[n].fix.as_ref();
            fix.is_some_and(|fix| fix.edits.iter().any(|edit| edit.file == *file))
        };
        match drafts.write(*file, edits) {
            Ok(()) => {
                outcome.changed = true;
                outcome
                    .said
                    .push((path, Level::Note, done(report, wanted, *file, edits)));
            }
            Err(error) => {
                (0..outcome.mended.len())
                    .filter(|n| touches(*n))
                    .for_each(|n| outcome.mended[n] = false);
                outcome
                    .said
                    .push((path, Level::Warning, format!("not fixed: {error}")));
            }
        }
    }
    Ok(outcome)
}

/// `mended in line 3: insert …; in lines 7 and 9: …`
fn done(report: &Report, wanted: Wanted, file: FileId, edits: &[Edit]) -> String {
    let mut by_title: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for fix in report
        .findings
        .iter()
        .filter_map(|f| f.fix.as_ref())
        .filter(|fix| wanted.takes(fix))
    {
        for edit in fix
            .edits
            .iter()
            .filter(|e| e.file == file && edits.contains(e))
        {
            by_title
                .entry(&fix.title)
                .or_default()
                .push(edit.place.start.line);
        }
    }
    let parts: Vec<String> = by_title
        .into_iter()
        .map(|(title, mut lines)| {
            lines.sort_unstable();
            lines.dedup();
            let shown: Vec<String> = lines.iter().take(10).map(u32::to_string).collect();
            let more = if lines.len() > shown.len() {
                " …"
            } else {
                ""
            };
            let noun = if lines.len() == 1 { "line" } else { "lines" };
            format!("{noun} {}{more}: {title}", shown.join(", "))
        })
        .collect();
    format!("fixed, {}", parts.join("; "))
}

impl Outcome {
    /// Says on stderr what was done, and puts it among the report's notes.
    pub fn tell(self, report: &mut Report, quiet: bool) {
        report.summary.fixed = self.mended.iter().filter(|mended| **mended).count();
        for (path, level, message) in self.said {
            if !quiet || level > Level::Note {
                let line = format!(
                    "image-lint: {}: {}",
                    sanitize::path(&path),
                    sanitize::line(&message)
                );
                let _ = writeln!(std::io::stderr(), "{line}");
            }
            let file = report
                .files
                .iter()
                .position(|known| *known == path)
                .map(|n| FileId(n as u32));
            report.notes.push(Note {
                level,
                file,
                place: None,
                message: message.into(),
            });
        }
    }
}
