//! `image-lint mirror`: lints, plans a copy of what the target cannot pull, or of all that others publish, and prints the
//! plan or carries it out.

mod apply;
mod rewriting;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use super::ask::{Answers, AskOptions, Asking};
use super::fixing::{self, Drafts};
use super::gather::{self, Gathered};
use super::lint;
use super::own_places::OwnPlaces;
use super::progress::Show;
use super::run::{Flags, Reads as _};
use super::skopeo::Skopeo;
use super::{Failure, network, suppress};
use crate::cli::{JudgingArgs, MirrorArgs, MirrorFormat, NetworkArgs, ReportArgs};
use crate::config::{self, Targets};
use crate::exit::Exit;
use crate::mirror::document::{CopyEntry, Document, LeftEntry, MentionEntry};
use crate::mirror::{Destination, Left, Plan, Wanted, plan, script};
use crate::report::{Report, count};
use crate::rules::RuleId;
use crate::rules::remedy::copy::needs;
use apply::{apply, client, say_by_hand};
use image_lint_model::manifest::Format;
use image_lint_model::mention::{LinkedMention, Text};
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::Resolution;
use image_lint_model::sanitize;
use image_lint_registry::Depth;
use rewriting::{Rewrites, Rewriting};

/// # Errors
/// When the run could not be made.
pub fn run(
    args: &MirrorArgs,
    env: &BTreeMap<String, String>,
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    let to = Destination::parse(&args.to, args.named.as_deref())
        .map_err(|error| Failure::Usage(format!("--to or --named: {error}")))?;
    if args.network.offline {
        return Err(Failure::Usage(
            "mirror has to ask registries what they store: leave out --offline".into(),
        ));
    }
    let own = OwnPlaces::of(&args.paths, &args.network, env);
    let env = &own.env;
    let mut network = args.network.clone();
    network.no_cache |= own.no_cache;
    let flags = Flags {
        network: &network,
        ..args.flags(env)
    };
    flags.check(std::iter::empty())?;
    let run = flags.of_paths(&args.paths)?;
    let (settings, targets) = (&run.settings, &run.targets);
    let mut sources = run.sources()?;
    sources.input.editing = true;
    if !targets.main().takes(Format::DockerSchema2) {
        let name = &targets.main().name;
        return Err(Failure::Usage(format!(
            "mirror copies in docker format, which the target {name} does not take"
        )));
    }
    let lists = !args.one_platform && targets.main().takes(Format::DockerList);
    let reporting = ReportArgs {
        progress: args.progress,
        quiet: args.quiet,
        ..ReportArgs::default()
    };
    let asking = run.ask(&reporting)?;
    let gathered = gather::gather(
        &sources,
        Some(asking),
        None,
        None,
        gather::from_input(&sources),
    )?;
    let mut report = lint::judge(
        &gathered,
        settings,
        targets,
        lint::Shown::default(),
        &args.network,
    );
    // What a baseline forgives is copied, too: this is how it gets smaller.
    let without_baseline = config::Settings {
        baseline: None,
        known: None,
        ..settings.clone()
    };
    let judging = JudgingArgs {
        baseline: None,
        ..args.judging.clone()
    };
    suppress::apply(
        &mut report,
        &gathered.repository,
        &without_baseline,
        &judging,
        suppress::Extent {
            offline: false,
            only: None,
            whole: false,
        },
    )?;

    let mentions = match args.all_images {
        true => of_others(&gathered, &to),
        false => unpullable(&report, &gathered),
    };
    if mentions.is_empty() {
        let text = nothing(&report, targets, args.all_images);
        let _ = writeln!(std::io::stderr(), "image-lint: {}", sanitize::line(&text));
        if !args.apply && args.format == MirrorFormat::Script {
            writeln!(out, "#!/bin/sh\n# {}", sanitize::line(&text)).map_err(Failure::Output)?;
        }
        // No error of a script that goes on, unless nobody knows.
        return Ok(match report.unchecked.is_empty() {
            true => Exit::Clean.code(),
            false => Exit::Unchecked.code(),
        });
    }
    let answers = look_closer(&mentions, &network, settings, &reporting, env)?;
    let (wanted, absent) = wanted(&mentions, &answers, &gathered, targets, &report);
    let mut plan = plan(wanted, &to, lists);
    plan.left.extend(absent);
    let drafts = Drafts::new(&gathered.read, &sources.input.roots)?;
    let rewriting = Rewriting::new(&report, &drafts, &gathered.repository.mentions, &mentions);
    let plain_http: Vec<String> = settings
        .hosts
        .iter()
        .filter(|(_, host)| host.value.plain_http)
        .map(|(name, _)| name.clone())
        .collect();
    if args.apply {
        let skopeo = Skopeo::find(env, &args.network, settings, &to)?;
        return apply(
            &plan,
            &rewriting,
            &skopeo,
            &plain_http,
            &client(&args.network, settings, env)?,
            args.quiet,
        );
    }
    let none = BTreeMap::new();
    let rewrites = rewriting.of(&plan, &none);
    match args.format {
        MirrorFormat::Script => {
            let shown = |mention: &LinkedMention| report.at(mention.mention.place);
            let text = script::script(&plan, &plain_http, &shown, &rewrites.by_hand);
            out.write_all(text.as_bytes()).map_err(Failure::Output)?;
        }
        MirrorFormat::Patch => {
            fixing::print(&rewrites.patch(&rewriting)?, out)?;
            say_by_hand(&rewrites.by_hand);
        }
        MirrorFormat::Json => {
            let document = document(&plan, &rewriting, &rewrites, &plain_http)?;
            let text = serde_json::to_string_pretty(&document)
                .map_err(|error| Failure::Usage(format!("cannot write the plan: {error}")))?;
            // As in every JSON report, no character acts on a terminal.
            writeln!(out, "{}", sanitize_json(&text)).map_err(Failure::Output)?;
        }
    }
    Ok(Exit::Clean.code())
}

/// Forbidden characters as JSON escapes; outside of strings there are none but line breaks.
fn sanitize_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if sanitize::is_forbidden(c) && c != '\n' {
            let mut units = [0; 2];
            c.encode_utf16(&mut units)
                .iter()
                .for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    out
}

fn nothing(report: &Report, targets: &Targets, all_images: bool) -> String {
    let unchecked = match report.unchecked.len() {
        0 => String::new(),
        n => format!(
            "; {} could not be checked (`image-lint` says why)",
            count::of(n, "reference")
        ),
    };
    if all_images {
        return format!(
            "nothing to copy: the files name no image of others that is elsewhere{unchecked}"
        );
    }
    format!(
        "nothing to copy: no image of others was found that {} cannot pull{unchecked}; --all-images copies what can be \
         pulled, too",
        targets.main().name
    )
}

/// Mentions with a finding that a copy mends; what the repository builds itself is mended at its build.
fn unpullable<'a>(report: &Report, gathered: &'a Gathered) -> Vec<&'a LinkedMention> {
    let places: BTreeSet<_> = report
        .findings
        .iter()
        .filter(|f| f.rule == RuleId::UnsupportedFormat)
        .map(|f| f.place)
        .collect();
    let mentions = gathered.repository.mentions.iter();
    mentions
        .filter(|m| m.asked && places.contains(&m.mention.place))
        .filter(|m| !m.built_here())
        .collect()
}

/// Mentions of all that others publish and that is not where the copies go, whether the target can pull it or not.
fn of_others<'a>(gathered: &'a Gathered, to: &Destination) -> Vec<&'a LinkedMention> {
    let elsewhere = |m: &&LinkedMention| match &m.text {
        Text::Known(reference) => !to.holds(reference),
        _ => false,
    };
    let mentions = gathered.repository.mentions.iter();
    mentions
        .filter(|m| m.asked && !m.built_here())
        .filter(elsewhere)
        .collect()
}

/// Asks again for these alone, for layers and platforms.
fn look_closer(
    mentions: &[&LinkedMention],
    args: &NetworkArgs,
    settings: &config::Settings,
    reporting: &ReportArgs,
    env: &BTreeMap<String, String>,
) -> Result<Answers, Failure> {
    let show = Show::new(reporting, env);
    let mut settings = network::settings(args, settings, env);
    settings.watch = show.watch();
    let options = AskOptions {
        depth: Depth::Full,
        explain_auth: false,
        alternatives: false,
        withheld: false,
        offline: false,
        limits: network::limits(args, env),
    };
    let asking = Asking::start(settings, options, show.progress())?;
    for mention in mentions {
        if let Text::Known(reference) = &mention.text {
            asking.ask(reference);
        }
    }
    Ok(asking.finish()?)
}

/// What is to be copied, and what registries did not give.
fn wanted<'a>(
    mentions: &[&'a LinkedMention],
    answers: &Answers,
    gathered: &Gathered,
    targets: &Targets,
    report: &Report,
) -> (Vec<Wanted<'a>>, Vec<Left>) {
    let mut absent: BTreeMap<String, ImageReference> = BTreeMap::new();
    let mut by_name: BTreeMap<String, Wanted<'a>> = BTreeMap::new();
    for mention in mentions {
        let Text::Known(reference) = &mention.text else {
            continue;
        };
        if let Some(known) = by_name.get_mut(&reference.to_string()) {
            known.mentions.push(mention);
            continue;
        }
        let found =
            |answers: &Answers| match answers.to(reference).map(|resolved| &resolved.resolution) {
                Some(Resolution::Found(manifest)) => Some(manifest.clone()),
                _ => None,
            };
        // What only the closer look could not get is planned with what the first one saw.
        let Some(manifest) = found(answers).or_else(|| found(&gathered.answers)) else {
            absent.insert(reference.to_string(), reference.clone());
            continue;
        };
        let path = report.path(mention.mention.place.file);
        let judging = targets.judging(path, mention);
        let first = judging.first().map_or(targets.main(), |one| one.target);
        let platform = first.platform.clone();
        let reference = ImageReference {
            short: false,
            ..reference.clone()
        };
        by_name.insert(
            reference.to_string(),
            Wanted {
                reference,
                manifest,
                mentions: vec![mention],
                platform,
            },
        );
    }
    let absent = absent.into_values().map(|reference| Left {
        reference,
        why: "its registry did not give it; `image-lint` says why".into(),
    });
    (by_name.into_values().collect(), absent.collect())
}

fn document(
    plan: &Plan<'_>,
    rewriting: &Rewriting<'_>,
    rewrites: &Rewrites,
    plain_http: &[String],
) -> Result<Document, Failure> {
    let mention = |linked: &&LinkedMention| {
        let place = linked.mention.place;
        MentionEntry {
            path: rewriting.report.path(place.file).to_text().into_owned(),
            line: place.start.line,
            column: place.start.column,
            by_hand: rewrites.reasons.get(&place).cloned(),
        }
    };
    let copies = plan.steps.iter().map(|step| CopyEntry {
        source: step.source.to_string(),
        from: step.from(),
        media_type: step.format.media_type(),
        destination: step.destination.to_string(),
        named: step.named.to_string(),
        platform: step.platform.as_ref().map(ToString::to_string),
        command: step
            .commands(plain_http)
            .into_iter()
            .next()
            .unwrap_or_default(),
        commands: step.commands(plain_http),
        skopeo: needs(&step.conversion).map(|(major, minor)| format!("{major}.{minor}")),
        mentions: step.mentions.iter().map(mention).collect(),
    });
    let left = plan.left.iter().map(|l| LeftEntry {
        reference: l.reference.to_string(),
        why: l.why.clone(),
    });
    Ok(Document {
        schema_version: 1,
        copies: copies.collect(),
        left: left.collect(),
        patch: rewrites.patch(rewriting)?,
    })
}
