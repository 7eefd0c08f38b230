//! `image-lint mirror`: lints, plans a copy of what the target cannot pull, and prints the plan or carries it out.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
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
use crate::cli::{MirrorArgs, MirrorFormat, NetworkArgs, ReportArgs};
use crate::config::{self, Targets};
use crate::exit::Exit;
use crate::fix::Edits;
use crate::mirror::document::{CopyEntry, Document, LeftEntry, MentionEntry};
use crate::mirror::{Destination, Plan, Step, Wanted, plan, rewrite, script, variable};
use crate::report::{Report, count};
use crate::rules::RuleId;
use crate::rules::remedy::copy::needs;
use image_lint_model::finding::Edit;
use image_lint_model::manifest::Format;
use image_lint_model::mention::{LinkedMention, Text};
use image_lint_model::pull::Pull;
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::Resolution;
use image_lint_model::sanitize;
use image_lint_model::target::Target;
use image_lint_registry::{CacheMode, Client, Depth};
use image_lint_text::source::{FileId, Place};

/// # Errors
/// When the run could not be made, or nothing is to be copied.
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
    suppress::apply(
        &mut report,
        &gathered.repository,
        settings,
        &args.judging,
        &args.network,
    )?;

    let mentions = unpullable(&report, &gathered);
    if mentions.is_empty() {
        return Err(nothing(&report, targets));
    }
    let answers = look_closer(&mentions, &network, settings, &reporting, env)?;
    let plan = plan(
        wanted(&mentions, &answers, &gathered, targets, &report),
        &to,
        lists,
    );
    let drafts = Drafts::new(&gathered.read, &sources.input.roots)?;
    let rewriting = Rewriting {
        report: &report,
        drafts: &drafts,
        users: Users::new(&gathered.repository.mentions, &mentions),
        texts: RefCell::default(),
    };
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

fn nothing(report: &Report, targets: &Targets) -> Failure {
    let unchecked = match report.unchecked.len() {
        0 => String::new(),
        n => format!(
            "; {} could not be checked (`image-lint` says why)",
            count::of(n, "reference")
        ),
    };
    Failure::Usage(format!(
        "nothing to copy: no image of others was found that {} cannot pull{unchecked}",
        targets.main().name
    ))
}

/// Mentions with a finding that a copy mends; what the repository builds itself is mended at its build.
fn unpullable<'a>(report: &Report, gathered: &'a Gathered) -> Vec<&'a LinkedMention> {
    let places: std::collections::BTreeSet<_> = report
        .findings
        .iter()
        .filter(|f| f.rule == RuleId::UnsupportedFormat)
        .map(|f| f.place)
        .collect();
    let of_others = |m: &&LinkedMention| !m.built_here();
    let mentions = gathered.repository.mentions.iter();
    mentions
        .filter(|m| m.asked && places.contains(&m.mention.place))
        .filter(of_others)
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

fn wanted<'a>(
    mentions: &[&'a LinkedMention],
    answers: &Answers,
    gathered: &Gathered,
    targets: &Targets,
    report: &Report,
) -> Vec<Wanted<'a>> {
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
            continue;
        };
        let path = report.path(mention.mention.place.file);
        let platform = targets.for_mention(path, mention.role).platform.clone();
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
    by_name.into_values().collect()
}

/// Makes the edits that name copies.
struct Rewriting<'a> {
    report: &'a Report,
    drafts: &'a Drafts<'a>,
    users: Users,
    /// Texts of the files, or why they cannot be edited, each read once.
    texts: RefCell<BTreeMap<FileId, Result<String, String>>>,
}

/// Which places name images that are not copied, beside those that are.
struct Users {
    /// Where those are named, or their parts have values.
    others: HashSet<Place>,
}

impl Users {
    fn new(all: &[LinkedMention], copied: &[&LinkedMention]) -> Self {
        let is_copied: HashSet<*const LinkedMention> = copied
            .iter()
            .map(|linked| std::ptr::from_ref(*linked))
            .collect();
        let others = all
            .iter()
            .filter(|linked| !is_copied.contains(&std::ptr::from_ref(*linked)));
        let places = others.flat_map(|linked| {
            let parts = linked.parts.iter().filter_map(|part| part.origin.place);
            parts.chain([linked.mention.place])
        });
        Users {
            others: places.collect(),
        }
    }

    /// Every image that a mention's place names is copied.
    fn only_copied(&self, linked: &LinkedMention) -> bool {
        !self.others.contains(&linked.mention.place)
    }

    /// Every image with the value of a variable is copied.
    fn share(&self, value: Place) -> bool {
        !self.others.contains(&value)
    }
}

/// The edits of a plan.
struct Rewrites {
    edits: Edits,
    /// Lines about mentions that are left, in the order of the plan.
    by_hand: Vec<String>,
    /// The same by place, for programs.
    reasons: BTreeMap<image_lint_text::source::Place, String>,
}

impl Rewriting<'_> {
    /// `digests` are those of copies that were made, by destination.
    fn of(&self, plan: &Plan<'_>, digests: &BTreeMap<String, String>) -> Rewrites {
        let mut rewrites = Rewrites {
            edits: Edits::default(),
            by_hand: Vec::new(),
            reasons: BTreeMap::new(),
        };
        for step in &plan.steps {
            self.step(
                step,
                digests
                    .get(&step.destination.to_string())
                    .map(String::as_str),
                &mut rewrites,
            );
        }
        rewrites
    }

    fn step(&self, step: &Step<'_>, digest: Option<&str>, rewrites: &mut Rewrites) {
        for mention in &step.mentions {
            let place = mention.mention.place;
            let made = match self.users.only_copied(mention) {
                true => self.edits(mention, step, digest),
                false => Err("another image that is not copied is named there, too".to_owned()),
            };
            let made = made.and_then(|edits| match rewrites.edits.add(&edits) {
                true => Ok(()),
                false => Err("another image's name is at the same place".to_owned()),
            });
            if let Err(why) = made {
                rewrites.by_hand.push(format!(
                    "{}: write {}: {why}",
                    self.report.at(place),
                    step.named
                ));
                rewrites.reasons.insert(place, why);
            }
        }
    }

    /// At the mention, or where the variable that it is made of has its value.
    fn edits(
        &self,
        mention: &LinkedMention,
        step: &Step<'_>,
        digest: Option<&str>,
    ) -> Result<Vec<Edit>, String> {
        let text = self.text(mention.mention.place.file)?;
        rewrite::edits(mention, &step.named, digest, &text)
            .or_else(|why| self.at_the_variable(mention, step).ok_or(why))
    }

    fn at_the_variable(&self, mention: &LinkedMention, step: &Step<'_>) -> Option<Vec<Edit>> {
        let (part, place) = variable::of_the_name(mention, &step.source)?;
        let text = self.text(place.file).ok()?;
        let is_written = text.get(place.span.range()) == Some(&part.text);
        let pinned = step.source.digest.is_some();
        if !is_written || pinned || !self.users.share(place) {
            return None;
        }
        let text = variable::value(part, &step.named);
        Some(vec![Edit {
            file: place.file,
            span: place.span,
            place,
            text,
        }])
    }

    fn text(&self, file: FileId) -> Result<String, String> {
        let read = || {
            self.drafts
                .text(file)
                .map(|(_, text)| text)
                .map_err(|error| error.to_string())
        };
        self.texts
            .borrow_mut()
            .entry(file)
            .or_insert_with(read)
            .clone()
    }
}

impl Rewrites {
    fn patch(&self, rewriting: &Rewriting<'_>) -> Result<String, Failure> {
        let mut patch = String::new();
        for (file, edits) in self.edits.files() {
            let path = rewriting.report.path(file);
            let diff = rewriting.drafts.diff(path, file, &edits);
            patch.push_str(
                &diff.map_err(|error| {
                    Failure::Usage(format!("{}: {error}", sanitize::path(path)))
                })?,
            );
        }
        Ok(patch)
    }
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

/// A client that remembers nothing: what was pushed a moment ago is to be seen.
fn client(
    args: &NetworkArgs,
    settings: &config::Settings,
    env: &BTreeMap<String, String>,
) -> Result<Client, Failure> {
    let settings = network::settings(args, settings, env);
    Ok(Client::new(image_lint_registry::Settings {
        cache: CacheMode::Off,
        ..settings
    })?)
}

/// Copies, checks each copy, and names in the files those that are what they must be.
fn apply(
    plan: &Plan<'_>,
    rewriting: &Rewriting<'_>,
    skopeo: &Skopeo,
    plain_http: &[String],
    client: &Client,
    quiet: bool,
) -> Result<u8, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Failure::Io {
            what: "cannot start the network thread".into(),
            source,
        })?;
    let say = |text: &str| {
        let _ = writeln!(std::io::stderr(), "image-lint: {}", sanitize::line(text));
    };
    let mut made: BTreeMap<String, String> = BTreeMap::new();
    let mut failed = false;
    let mut rewrites = Rewrites {
        edits: Edits::default(),
        by_hand: Vec::new(),
        reasons: BTreeMap::new(),
    };
    for left in &plan.left {
        failed = true;
        say(&format!(
            "{} cannot be copied: {}",
            left.reference, left.why
        ));
    }
    for step in &plan.steps {
        if !quiet {
            say(&format!("copying {} to {}", step.from(), step.destination));
        }
        let copied = skopeo.copy(step, plain_http).and_then(|()| {
            check(
                step,
                &runtime
                    .block_on(client.resolve(&step.destination, Depth::Full))
                    .resolution,
            )
        });
        match copied {
            Ok(digest) => {
                rewriting.step(step, digest.as_deref(), &mut rewrites);
                made.insert(step.destination.to_string(), digest.unwrap_or_default());
            }
            Err(why) => {
                failed = true;
                say(&format!("{} was not copied: {why}", step.source));
            }
        }
    }
    for (file, edits) in rewrites.edits.files() {
        let path = rewriting.report.path(file);
        match rewriting.drafts.write(file, &edits) {
            Ok(()) if quiet => {}
            Ok(()) => say(&format!(
                "{}: {} named anew",
                path.to_text(),
                count::of(edits.len(), "place")
            )),
            Err(error) => {
                failed = true;
                say(&format!("{}: not changed: {error}", path.to_text()));
            }
        }
    }
    say_by_hand(&rewrites.by_hand);
    say(&format!(
        "{} of {} made",
        made.len(),
        count::of(plan.steps.len() + plan.left.len(), "copy")
    ));
    let left = failed || !rewrites.by_hand.is_empty();
    Ok(if left {
        Exit::Findings.code()
    } else {
        Exit::Clean.code()
    })
}

/// The digest of a copy that is what it must be: of the expected form, with layers that every client unpacks.
fn check(step: &Step<'_>, resolution: &Resolution) -> Result<Option<String>, String> {
    let Resolution::Found(manifest) = resolution else {
        return Err(format!(
            "{} cannot be read back from the registry",
            step.destination
        ));
    };
    // A list may have come from a single image.
    let fine = manifest.format == Format::DockerSchema2 || manifest.format == step.expected();
    if !fine {
        return Err(format!(
            "the registry stores {} as {}",
            step.destination,
            manifest.format.words()
        ));
    }
    // Whatever the target is: a copy is made so that the oldest client pulls it.
    let mut strictest = Target::default();
    strictest.platform = step.nodes().clone();
    match strictest.pull(manifest) {
        Pull::Works => Ok(manifest.digest.as_deref().map(str::to_owned)),
        Pull::Refused(refusal) | Pull::Depends(refusal) => Err(format!(
            "{} is no better than before: {} ({})",
            step.destination, refusal.words, refusal.detail
        )),
    }
}

fn say_by_hand(lines: &[String]) {
    let mut err = std::io::stderr();
    if !lines.is_empty() {
        let _ = writeln!(err, "image-lint: to be changed by hand:");
    }
    for line in lines {
        let _ = writeln!(err, "  {}", sanitize::line(line));
    }
}
