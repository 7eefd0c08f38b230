//! `image-lint [PATH]...`: the main job.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use super::assess::{JudgeContext, assess, note};
use super::gather::{self, Gathered};
use super::own_places::OwnPlaces;
use super::run::{Flags, Reads as _};
use super::settings::root_folder;
use super::{Failure, charts, fixing, given, strict, suppress, top, unmatched};
use crate::cli::{LintArgs, NetworkArgs, ShortNamesArg};
use crate::config::anchor::Anchor;
use crate::config::{self, Targets};
use crate::exit::Exit;
use crate::exit::OnUnchecked;
use crate::fix;
use crate::report::{Links, Report};
use crate::rules::{Levels, Policy, RuleId};
use image_lint_model::finding::Level;
use image_lint_text::source::RepoPath;

/// # Errors
/// When the run could not be made.
pub fn run(
    args: &LintArgs,
    env: &BTreeMap<String, String>,
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    let started = Instant::now();
    let own = OwnPlaces::of(&args.paths, &args.network, env);
    let env = &own.env;
    let mut network = args.network.clone();
    network.no_cache |= own.no_cache;
    let flags = Flags {
        network: &network,
        ..args.flags(env)
    };
    let outputs = flags.outputs(&args.reporting, false)?;
    let run = flags.of_paths(&args.paths)?;
    let (settings, targets) = (&run.settings, &run.targets);
    let mut sources = run.sources()?;
    if args.strict {
        super::settings::insist(&mut sources, settings, &args.sources)?;
    }
    sources.input.editing = args.fix || args.diff;
    if args.fix && sources.input.stdin.is_some() {
        return Err(Failure::Usage(
            "--fix writes files: it cannot fix what comes from stdin (`-`); --diff can".into(),
        ));
    }
    let changed = args
        .changed_since
        .as_deref()
        .map(|reference| super::changed::since(reference, &root_folder(&args.paths)))
        .transpose()?;
    let of_charts = changed.as_ref().map(|changed| {
        let root = root_folder(&args.paths);
        let is_chart = |folder: &str| root.join(folder).join("Chart.yaml").is_file();
        super::charts::changed_charts(changed, &is_chart)
    });
    let only = changed
        .as_ref()
        .zip(of_charts.as_ref())
        .map(|(changed, charts)| {
            |path: &RepoPath| changed.contains(path) || super::charts::is_within(path, charts)
        });
    let counts = only
        .as_ref()
        .map(|only| only as &(dyn Fn(&RepoPath) -> bool + Sync));

    let asking = run.ask(&args.reporting)?;
    let left_out = settings.left_out();
    let not_left_out = |path: &RepoPath| {
        counts.is_none_or(|counts| counts(path))
            && left_out.as_ref().is_none_or(|left_out| !left_out(path))
    };
    let asked: Option<&(dyn Fn(&RepoPath) -> bool + Sync)> = match left_out {
        Some(_) => Some(&not_left_out),
        None => counts,
    };
    let mut gathered = gather::gather(
        &sources,
        Some(asking),
        Some(targets),
        asked,
        gather::from_input(&sources),
    )?;
    let shown = Shown {
        only: counts,
        passed: outputs.show_passed(),
        strict: args.strict,
    };
    let mut report = judge(&gathered, settings, targets, shown, &args.network);
    if args.reporting.verbose > 0 {
        let lines = gathered.answers.statistics.host_lines();
        report.notes.extend(lines.iter().map(|line| note(line)));
    }
    let finish = |report: &mut Report, gathered: &Gathered| {
        let unused = given::unused(&args.sources.set, &sources.values, gathered);
        report.notes.extend(unused);
        report.notes.extend(own.notes());
        let input = &sources.input;
        if counts.is_none() {
            let loose = charts::loose::notes(&gathered.read, &input.chart_values);
            report.notes.extend(loose);
        }
        report.notes.extend(unmatched::notes(
            &input.selection,
            settings,
            &input.roots,
            &report.files,
        ));
        if args.strict {
            strict::judge(report, gathered, shown.only);
        }
        report.prefix = top::prefix(&args.paths, env);
        report.links = Links::of_job(env, top::is_checkout(&args.paths, env));
        if report.summary.mentions == 0 {
            let since = args.changed_since.as_ref();
            report.summary.unchanged_since =
                since.map(|since| since.to_string_lossy().into_owned());
        }
        report.summary.nameless_stdin =
            sources.input.roots.is_empty() && args.sources.stdin_filename.is_none();
        let extent = suppress::Extent {
            offline: args.network.offline,
            only: shown.only.map(|only| only as &dyn Fn(&RepoPath) -> bool),
            whole: is_whole(args, settings),
        };
        suppress::apply(
            report,
            &gathered.repository,
            settings,
            &args.judging,
            extent,
        )
    };
    finish(&mut report, &gathered)?;
    if args.diff {
        let wanted = fix::Wanted::of(args.unsafe_fixes);
        fixing::show(&report, wanted, &gathered.read, &sources.input.roots, out)?;
        outputs.write_files(&report)?;
        return Ok(settings
            .exit_policy(OnUnchecked::Fail)
            .exit(report.ended())
            .code());
    }
    if args.fix {
        let wanted = fix::Wanted::of(args.unsafe_fixes);
        let outcome = fixing::mend(&report, wanted, &gathered.read, &sources.input.roots)?;
        if outcome.changed {
            // What is left is what a look at the fixed files gives. Only what they name now and did not before is asked.
            let mut answers = std::mem::take(&mut gathered.answers);
            let asking = run.ask(&args.reporting)?;
            asking.leave_out(&answers);
            let from = gather::from_input(&sources);
            gathered = gather::gather(&sources, Some(asking), Some(targets), asked, from)?;
            answers.add(std::mem::take(&mut gathered.answers));
            gathered.answers = answers;
            report = judge(&gathered, settings, targets, shown, &args.network);
            finish(&mut report, &gathered)?;
        }
        outcome.tell(&mut report, args.reporting.quiet);
        if !args.reporting.quiet {
            fixing::say_unsafe(&report, wanted);
        }
    }
    report.summary.elapsed_ms = started.elapsed().as_millis() as u64;
    outputs.write(&report, out)?;
    if args.judging.write_baseline.is_some() {
        return Ok(Exit::Clean.code());
    }
    Ok(settings
        .exit_policy(OnUnchecked::Fail)
        .exit(report.ended())
        .code())
}

/// What of a run its outputs show.
#[derive(Clone, Copy, Default)]
pub struct Shown<'a> {
    /// Only findings of these files; None: all.
    pub only: Option<&'a (dyn Fn(&RepoPath) -> bool + Sync)>,
    /// What passed, too.
    pub passed: bool,
    /// What is in data of tests, as what is anywhere else.
    pub strict: bool,
}

/// Judges what was gathered.
pub fn judge(
    gathered: &Gathered,
    settings: &config::Settings,
    targets: &Targets,
    shown: Shown<'_>,
    args: &NetworkArgs,
) -> Report {
    let levels = |settings: &config::Settings| {
        let mut levels = settings.rule_levels();
        if args.short_names == ShortNamesArg::Error {
            levels.set(RuleId::ShortName, Some(Level::Error));
        }
        levels
    };
    let whole = levels(settings);
    let below: Vec<Levels> = settings.below.iter().map(levels).collect();
    let levels_of = |path: &RepoPath| match below.is_empty() {
        true => &whole,
        false => settings
            .owner(&path.to_text())
            .map_or(&whole, |owner| &below[owner]),
    };
    let whole_policy = settings.rules_policy();
    let policies: Vec<Policy> = settings.below.iter().map(|s| s.rules_policy()).collect();
    let policy_of = |path: &RepoPath| match policies.is_empty() {
        true => &whole_policy,
        false => settings
            .owner(&path.to_text())
            .map_or(&whole_policy, |owner| &policies[owner]),
    };
    let only = shown.only.map(|only| only as &dyn Fn(&RepoPath) -> bool);
    let context = JudgeContext {
        targets,
        levels: &levels_of,
        policy: &policy_of,
        only,
        offline: args.offline,
        passed: shown.passed,
        strict: shown.strict,
    };
    let mut report = assess(
        &gathered.read,
        &gathered.repository,
        &gathered.answers,
        &context,
    );
    if let Some(left_out) = settings.left_out() {
        keep_firm(&mut report, &left_out);
    }
    fix::prove(&mut report.findings, &|file| gathered.read.text(file));
    report.target_is_default = settings.target.from == config::Origin::Default;
    report.other_targets = settings.other_targets();
    report.configuration = settings.files().into_iter().map(str::to_owned).collect();
    report
}

/// Whether all is read that the configuration is about: its whole folder, and no flag leaves something out.
fn is_whole(args: &LintArgs, settings: &config::Settings) -> bool {
    let names_all = |path: &OsString| {
        let path = Path::new(path);
        let real = std::fs::canonicalize(path);
        real.is_ok_and(|real| super::top::base(path).is_ok_and(|base| base == real))
    };
    let sources = &args.sources;
    settings.anchor == Anchor::Same
        && sources.include.is_empty()
        && sources.exclude.is_empty()
        && (args.paths.is_empty() || args.paths.iter().any(names_all))
}

/// Of files that the repository's own configuration leaves out only what the user's file denies is reported.
fn keep_firm(report: &mut Report, left_out: &dyn Fn(&RepoPath) -> bool) {
    let files = std::mem::take(&mut report.files);
    let out: Vec<bool> = files.iter().map(left_out).collect();
    let is_out = |file: image_lint_text::source::FileId| out[file.0 as usize];
    report.findings.retain(|f| f.firm || !is_out(f.place.file));
    report.unchecked.retain(|u| !is_out(u.place.file));
    report.silent.retain(|s| !is_out(s.place.file));
    report
        .notes
        .retain(|n| n.file.is_none_or(|file| !is_out(file)));
    report.files = files;
}
