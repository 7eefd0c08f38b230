//! `image-lint pre-push`: lints what a push sends, as it is in the commits, whatever the work tree holds.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IsTerminal, Read as _, Write};
use std::path::Path;
use std::time::Duration;
use std::time::Instant;

use super::own_places::OwnPlaces;
use super::read;
use super::run::{Flags, Reads as _};
use super::settings::Sources;
use super::tree_config::TreeConfig;
use super::{Failure, charts, gather, lint, suppress};
use crate::cli::PrePushArgs;
use crate::config::baseline::Baseline;
use crate::config::{FILE_NAMES, load};
use crate::discover::commit::{self, BlobError, Blobs, Kind};
use crate::exit::Exit;
use crate::exit::OnUnchecked;
use crate::git::{Git, Oid};
use crate::hook::pre_push::{self, Plan, PlanNote, Request};
use image_lint_model::finding::Note;
use image_lint_model::finding::{Level, Untrusted};
use image_lint_scan::extract::{self, Claim};
use image_lint_text::source::RepoPath;

/// Seconds that the hook takes at most unless `--deadline` says otherwise: longer hooks are bypassed.
const DEADLINE: f64 = 8.0;

/// More than git sends for 100,000 refs.
const MAX_STDIN: u64 = 64 * 1024 * 1024;

/// # Errors
/// Outside a repository, or when git fails.
pub fn run(
    args: &PrePushArgs,
    env: &BTreeMap<String, String>,
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    let started = Instant::now();
    if pre_push::skipped(|name| std::env::var_os(name)) {
        if !args.reporting.quiet {
            let _ = writeln!(io::stderr(), "{SKIPPED}");
        }
        return Ok(Exit::Clean.code());
    }
    let own = OwnPlaces::of(&[], &args.network, env);
    let env = &own.env;
    let mut network = args.network.clone();
    network.no_cache |= own.no_cache;
    network.deadline = network.deadline.or(Some(DEADLINE));
    let flags = Flags {
        network: &network,
        ..args.flags(env)
    };
    let outputs = flags.outputs(&args.reporting, true)?;
    let git = Git::open(Path::new("."))?;
    let (mut lines, mut cut) = (None, false);
    if !io::stdin().is_terminal() {
        let mut bytes = Vec::new();
        io::stdin()
            .lock()
            .take(MAX_STDIN + 1)
            .read_to_end(&mut bytes)
            .map_err(|source| Failure::Io {
                what: "cannot read stdin".into(),
                source,
            })?;
        cut = bytes.len() as u64 > MAX_STDIN;
        if cut {
            // The last line is whole or not read.
            bytes.pop();
            let whole = bytes
                .iter()
                .rposition(|b| *b == b'\n')
                .map_or(0, |at| at + 1);
            bytes.truncate(whole);
        }
        lines = Some(bytes);
    }
    if args.remote.is_some() && lines.as_ref().is_some_and(Vec::is_empty) && !args.reporting.quiet {
        // git says so where the remote has everything, a hook manager where it keeps git's lines for itself.
        let _ = writeln!(io::stderr(), "{NO_LINES}");
    }
    let request = Request::choose(lines, args.remote.is_some(), |name| std::env::var_os(name));
    let mut plan = pre_push::plan(&git, args.remote.as_deref(), &request)?;
    if cut {
        plan.notes.push(PlanNote::TooLong { limit: MAX_STDIN });
    }
    let Some(pushed) = Pushed::read(&git, &plan, args)? else {
        return Ok(Exit::Clean.code());
    };

    // The configuration is that of the pushed commit: what the work tree says may never be pushed.
    let mut run = flags.resolve(TreeConfig::Texts(pushed.configurations(&git)?), &[])?;
    if let Some(named) = &run.settings.baseline {
        run.settings.known = pushed.baseline(&git, &named.value)?;
    }
    let (settings, targets) = (&run.settings, &run.targets);
    let mut sources = run.sources()?;
    sources
        .input
        .read_deadline
        .get_or_insert(Duration::from_secs_f64(DEADLINE));
    let asking = run.ask(&args.reporting)?;
    let counts = |path: &RepoPath| pushed.counts(path);
    let limit = args.sources.max_file_size;
    let gathered = gather::gather(
        &sources,
        Some(asking),
        Some(targets),
        Some(&counts),
        |each| pushed.blobs(&git, &sources, limit, each),
    )?;

    let shown = lint::Shown {
        only: Some(&counts),
        passed: outputs.show_passed(),
        strict: false,
    };
    let mut report = lint::judge(&gathered, settings, targets, shown, &network);
    suppress::apply(
        &mut report,
        &gathered.repository,
        settings,
        &args.judging,
        suppress::Extent {
            offline: network.offline,
            only: Some(&counts),
            whole: false,
        },
    )?;
    report.notes.extend(own.notes());
    let notes = plan
        .notes
        .iter()
        .chain(plan.commits.iter().flat_map(|tree| &tree.notes));
    report.notes.extend(notes.map(|note| {
        let level = if note.leaves_out() {
            Level::Warning
        } else {
            Level::Note
        };
        Note {
            level,
            ..run_note(note.message())
        }
    }));
    if let Some(path) = run
        .config_path
        .as_ref()
        .filter(|_| args.reporting.verbose > 0)
    {
        report.notes.push(run_note(
            format!("configuration: {path} of the pushed commit").into(),
        ));
    }
    if report.summary.mentions == 0 {
        report.summary.unchanged_since = Some("what the remote has".into());
    }
    report.summary.elapsed_ms = started.elapsed().as_millis() as u64;
    outputs.write(&report, out)?;
    let exit = settings.exit_policy(OnUnchecked::Warn).exit(report.ended());
    if matches!(exit, Exit::Findings | Exit::Unchecked) && outputs.for_people() {
        writeln!(out, "{WAY_OUT}").map_err(Failure::Output)?;
    }
    Ok(exit.code())
}

/// What git says of a failed hook names no way to push all the same.
const WAY_OUT: &str =
    "nothing was pushed; to push all the same: IMAGE_LINT_SKIP=1 git push, or git push --no-verify";

/// A variable that was set for another push and stayed would silence every later one.
const SKIPPED: &str = "image-lint: nothing was checked: IMAGE_LINT_SKIP is set";

/// `git push` with nothing to push runs the hook, too.
const NO_LINES: &str = "image-lint: nothing was checked, since stdin names nothing that is pushed; where a hook manager runs this, \
                        it has to pass stdin on (lefthook: `use_stdin: true`)";

fn run_note(message: Untrusted) -> Note {
    Note {
        level: Level::Note,
        file: None,
        place: None,
        message,
    }
}

/// The files of the pushed trees that something reads, each (path, content) once.
struct Pushed {
    entries: Vec<commit::Entry>,
    /// Every file, for charts.
    of_charts: Vec<commit::Entry>,
    /// Folders of charts of which something changed.
    charts: BTreeSet<String>,
    /// The configuration files of the newest trees, by their folders.
    configurations: BTreeMap<String, commit::Entry>,
    /// The commit that has the one at the top.
    newest: Option<Oid>,
    /// None: every file counts.
    changed: Option<BTreeSet<RepoPath>>,
    /// There are more files than may be looked at.
    cut: bool,
}

/// The folder of a configuration file, empty for the top; None for other files.
fn folder_of_configuration(path: &RepoPath) -> Option<String> {
    let text = path.to_text();
    let (folder, name) = text.rsplit_once('/').unwrap_or(("", &text));
    FILE_NAMES.contains(&name).then(|| folder.to_owned())
}

/// A file that nothing reads by itself, and that changes what a chart deploys.
fn is_part_of_chart(path: &RepoPath) -> bool {
    let text = path.to_text();
    text.ends_with(".tpl") || text.ends_with(".tgz") || text.contains("templates/")
}

impl Pushed {
    /// None when nothing that is pushed could name an image, and there is nothing to be said of the rest.
    fn read(git: &Git, plan: &Plan, args: &PrePushArgs) -> Result<Option<Self>, Failure> {
        let relevant = |path: &RepoPath| !matches!(extract::claim(path, b"", false), Claim::Nobody);
        let decides = |path: &RepoPath| relevant(path) || is_part_of_chart(path);
        let mut changed = Some(BTreeSet::new());
        for tree in &plan.commits {
            match (&tree.changed, &mut changed) {
                (Some(paths), Some(all)) if !args.all => {
                    all.extend(paths.iter().filter(|p| decides(p)).cloned())
                }
                _ => changed = None,
            }
        }
        if plan.commits.is_empty() || changed.as_ref().is_some_and(BTreeSet::is_empty) {
            let told = plan.notes.iter().any(PlanNote::leaves_out);
            let changed = Some(BTreeSet::new());
            return Ok(told.then(|| Pushed {
                entries: Vec::new(),
                configurations: BTreeMap::new(),
                charts: BTreeSet::new(),
                of_charts: Vec::new(),
                newest: None,
                changed,
                cut: false,
            }));
        }
        let mut seen = BTreeSet::new();
        let mut entries = Vec::new();
        let (mut newest, mut cut) = (None, false);
        let mut configurations = BTreeMap::new();
        let mut of_charts: Vec<commit::Entry> = Vec::new();
        let mut known = BTreeSet::new();
        for tree in &plan.commits {
            for entry in commit::list(git, &tree.commit)? {
                if entry.kind != Kind::Blob {
                    continue;
                }
                if let Some(folder) = folder_of_configuration(&entry.path) {
                    if folder.is_empty() && !configurations.contains_key("") {
                        newest = Some(tree.commit.clone());
                    }
                    // Of two names in one folder the first counts, which sorts first, too.
                    configurations.entry(folder).or_insert(entry);
                    continue;
                }
                // Of several pushed trees the first is that of the newest commit.
                if of_charts.len() < args.sources.max_files && known.insert(entry.path.clone()) {
                    of_charts.push(entry.clone());
                }
                let key = (entry.path.clone(), entry.oid.clone());
                if !relevant(&entry.path) || seen.contains(&key) {
                    continue;
                }
                if entries.len() >= args.sources.max_files {
                    cut = true;
                    continue;
                }
                seen.insert(key);
                entries.push(entry);
            }
        }
        let is_chart = |folder: &str| {
            let chart = if folder.is_empty() {
                "Chart.yaml".to_owned()
            } else {
                format!("{folder}/Chart.yaml")
            };
            known.contains(&RepoPath::from_bytes(chart.as_bytes()))
        };
        let charts = changed.as_ref().map_or_else(BTreeSet::new, |changed| {
            charts::changed_charts(changed, &is_chart)
        });
        Ok(Some(Pushed {
            entries,
            charts,
            of_charts,
            configurations,
            newest,
            changed,
            cut,
        }))
    }

    /// The baseline of the pushed commit whose configuration counts; None where it has none.
    fn baseline(&self, git: &Git, path: &str) -> Result<Option<Baseline>, Failure> {
        let Some(newest) = &self.newest else {
            return Ok(None);
        };
        let path = path.trim_start_matches("./");
        let found = git
            .look_up(&[format!("{newest}:{path}")])?
            .into_iter()
            .next()
            .flatten();
        let Some(oid) = found else {
            return Ok(None);
        };
        let answer = Blobs::open(git, suppress::MAX_BASELINE, vec![oid])?.next();
        let bytes = answer
            .unwrap_or(Err(BlobError::Absent))
            .map_err(|error| Failure::Usage(format!("{path} of the pushed commit: {error}")))?;
        suppress::parse(path, &String::from_utf8_lossy(&bytes)).map(Some)
    }

    /// Path and text of each configuration file above a file that counts, and of the one at the top.
    fn configurations(&self, git: &Git) -> Result<Vec<(String, String)>, Failure> {
        let is_above = |folder: &str| {
            let changed = self.changed.as_ref();
            let mut below = changed.into_iter().flatten();
            let mark = format!("{folder}/");
            folder.is_empty()
                || changed.is_none()
                || below.any(|path| path.to_text().starts_with(&mark))
        };
        let entries = self.configurations.iter();
        let wanted: Vec<&commit::Entry> = entries
            .filter(|(folder, _)| is_above(folder))
            .map(|(_, entry)| entry)
            .collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let blobs = wanted.iter().map(|entry| entry.oid.clone()).collect();
        let answers = Blobs::open(git, load::LARGEST as u64, blobs)?;
        let texts = wanted.iter().zip(answers).map(|(entry, answer)| {
            let path = entry.path.to_text().into_owned();
            let refused = |why: String| Failure::Usage(format!("{path} of the pushed commit{why}"));
            let bytes = answer.map_err(|error| refused(format!(": {error}")))?;
            let text = String::from_utf8(bytes).map_err(|_| refused(" is not UTF-8".to_owned()))?;
            Ok((path, text))
        });
        texts.collect()
    }

    fn counts(&self, path: &RepoPath) -> bool {
        self.changed
            .as_ref()
            .is_none_or(|changed| changed.contains(path) || charts::is_within(path, &self.charts))
    }

    /// Reads the blobs; one that is not to be had is a note when it counts.
    fn blobs(
        &self,
        git: &Git,
        sources: &Sources,
        limit: u64,
        each: read::Each<'_>,
    ) -> Result<read::Read, Failure> {
        let wanted: Vec<_> = self
            .entries
            .iter()
            .filter(|e| sources.input.selection.wants(&e.path.to_path()))
            .collect();
        let blobs = Blobs::open(
            git,
            limit,
            wanted.iter().map(|entry| entry.oid.clone()).collect(),
        )?;
        let mut missing = Vec::new();
        let contents = wanted
            .into_iter()
            .zip(blobs)
            .filter_map(|(entry, content)| match content {
                Ok(bytes) => Some((entry.path.clone(), bytes)),
                Err(error) => {
                    if self.counts(&entry.path) {
                        let text = format!("{} was not read: {error}", entry.path.to_text());
                        missing.push(Note {
                            level: Level::Warning,
                            file: None,
                            place: None,
                            message: text.into(),
                        });
                    }
                    None
                }
            });
        let mut read = read::read_blobs(contents, &sources.input, each);
        let tree = charts::PushedTree {
            git,
            entries: &self.of_charts,
            limit,
        };
        charts::render(&mut read, &tree, &sources.input);
        read.notes.append(&mut missing);
        if self.cut {
            read.notes
                .push(read::too_many_files(sources.input.max_files));
        }
        Ok(read)
    }
}
