//! From linked mentions and answers to a report: every mention gets exactly one verdict.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::ask::Answers;
use super::read::Read;
use super::{changed, test_data};
use crate::config::{Judging, Targets};
use crate::report::{Mentioned, PullQuota, Report, Silent, SilentWhy, Summary, Unchecked};
use crate::rules::{self, Case, Finding, Levels, Policy, Subject, unchecked};
use image_lint_model::fact::Fact;
use image_lint_model::finding::{Level, Note, Untrusted};
use image_lint_model::mention::{Condition, LinkedMention, Repository, Role, Skip, Text};
use image_lint_model::reference::{ImageReference, redact_credentials};
use image_lint_model::resolution::{Resolution, Resolved};
use image_lint_model::target::Target;
use image_lint_model::verdict::Verdict;
use image_lint_text::source::{FileId, Place, RepoPath};

/// The levels that hold for a file.
pub type LevelsOf<'a> = dyn Fn(&RepoPath) -> &'a Levels + 'a;

/// The policy that holds for a file.
pub type PolicyOf<'a> = dyn Fn(&RepoPath) -> &'a Policy + 'a;

/// What judging needs besides the repository and the answers.
pub struct JudgeContext<'a> {
    pub targets: &'a Targets,
    /// What is configured for rules.
    pub levels: &'a LevelsOf<'a>,
    pub policy: &'a PolicyOf<'a>,
    /// Only findings of these files count; None: all.
    pub only: Option<&'a dyn Fn(&RepoPath) -> bool>,
    pub offline: bool,
    /// Some output shows what passed, too: it is kept.
    pub passed: bool,
    /// Nothing may hide an image: what is in data of tests counts as anywhere else.
    pub strict: bool,
}

/// Judges everything and puts the report together. Findings are sorted by path, place and rule.
pub fn assess(
    read: &Read,
    repository: &Repository,
    answers: &Answers,
    context: &JudgeContext<'_>,
) -> Report {
    let paths = read.paths();
    let mut report = Report {
        target: context.targets.main().name.to_string(),
        target_client: context.targets.main().client,
        ..Report::default()
    };
    let mut verdicts: BTreeMap<Verdict, usize> = BTreeMap::new();
    let mut not_checkable: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut texts = Texts::default();
    let wanted = |file: FileId| {
        context
            .only
            .is_none_or(|only| only(&paths[file.0 as usize]))
    };
    let concerned = |linked: &LinkedMention| {
        context
            .only
            .is_none_or(|only| changed::decides(linked, &paths, only))
    };

    if context.passed {
        report.mentions.reserve_exact(repository.mentions.len());
    }
    for linked in &repository.mentions {
        if !concerned(linked) {
            continue;
        }
        let file = linked.mention.place.file;
        let resolved = match &linked.text {
            Text::Known(reference) if linked.asked => answers.to(reference),
            _ => None,
        };
        let path = &paths[file.0 as usize];
        let before = report.findings.len();
        let judged = Judged {
            linked,
            resolved,
            path,
            repository,
        };
        let (verdict, target) = judged.by_all(context, &mut report.findings);
        for finding in &mut report.findings[before..] {
            match &linked.mention.condition {
                // Nothing deploys it as the chart is.
                Some(Condition::TurnedOn(when)) => {
                    finding.level = finding.level.min(Level::Warning);
                    finding.evidence.push(("deployed", Untrusted::new(&**when)));
                }
                Some(Condition::NotPulled(why)) => {
                    finding.level = finding.level.min(Level::Warning);
                    finding.evidence.push(("pulled", Untrusted::new(&**why)));
                }
                Some(Condition::Branch(when)) => {
                    finding
                        .evidence
                        .push(("condition", Untrusted::new(&**when)));
                }
                None => {}
            }
        }
        let number = context.passed.then_some(report.mentions.len());
        for finding in &mut report.findings[before..] {
            finding.mention = number;
            texts.share(finding);
        }
        *verdicts.entry(verdict).or_default() += 1;
        if verdict == Verdict::NotCheckable {
            *not_checkable.entry(why_not(linked)).or_default() += 1;
        }
        if context.passed {
            let mentioned = mentioned(linked, resolved, verdict, &mut texts);
            if report.findings.len() == before {
                let silent = silent(linked, &mentioned.reference, verdict);
                report.silent.extend(silent);
            }
            report.mentions.push(Mentioned {
                target: number_of(&mut report.targets, &target.name),
                ..mentioned
            });
        }
        if let (
            Text::Known(reference),
            Some(Resolved {
                resolution: Resolution::Unknown(unreachable),
                ..
            }),
        ) = (&linked.text, resolved)
        {
            // With --offline nothing was to be asked: that is no failure to check, and it is said once.
            if !context.offline {
                report.unchecked.push(Unchecked {
                    mention: number,
                    place: linked.mention.place,
                    reference: texts.one(reference.to_string().into()),
                    cause: unreachable.cause,
                    message: texts.one(unchecked::message_for(reference, unreachable)),
                    help: resolved
                        .map(|r| unchecked::help_for(reference, r, unreachable))
                        .unwrap_or_default()
                        .into_iter()
                        .map(|line| texts.one(line))
                        .collect(),
                });
            }
        }
    }
    for build in &repository.builds {
        let file = build.command.place.file;
        if !wanted(file) {
            continue;
        }
        let target = context
            .targets
            .for_mention(&paths[file.0 as usize], Role::Push);
        let case = Case {
            subject: Subject::Build(build, &|reference| answers.to(reference)),
            target,
            target_is_of_path: context.targets.names(&paths[file.0 as usize]),
            policy: None,
            repository,
        };
        let levels = (context.levels)(&paths[file.0 as usize]);
        rules::judge(&case, levels, &mut report.findings);
    }
    let kustomize = repository.kustomize.iter();
    let kustomize = kustomize.map(|problem| (problem.place.file, Subject::Kustomize(problem)));
    let charts = repository.charts.iter();
    let charts = charts.map(|problem| (problem.place.file, Subject::Chart(problem)));
    for (file, subject) in kustomize.chain(charts) {
        if !wanted(file) {
            continue;
        }
        let case = Case {
            subject,
            target: context
                .targets
                .for_mention(&paths[file.0 as usize], Role::Run),
            target_is_of_path: context.targets.names(&paths[file.0 as usize]),
            policy: None,
            repository,
        };
        let levels = (context.levels)(&paths[file.0 as usize]);
        rules::judge(&case, levels, &mut report.findings);
    }

    report.notes = read
        .notes
        .iter()
        .filter(|note| note.file.is_none_or(wanted))
        .cloned()
        .collect();
    report
        .notes
        .extend(skip_notes(&repository.skips, &paths, &wanted));
    if context.offline && answers.len() > 0 {
        let text = format!(
            "no registry was asked (--offline): {} only judged by what the files show",
            match answers.len() {
                1 => "one image was".to_owned(),
                n => format!("{n} images were"),
            }
        );
        report.notes.push(Note {
            level: Level::Warning,
            file: None,
            place: None,
            message: text.into(),
        });
    }
    report
        .notes
        .extend(answers.credentials.iter().map(|line| note(line)));
    let unread = answers.statistics.unread_lines();
    report.notes.extend(unread.map(|line| note(&line)));
    let quotas = answers.statistics.quotas().into_iter();
    report.quotas = quotas
        .map(|line| PullQuota {
            note: note(&line.text),
            is_low: line.low,
        })
        .collect();
    report.templates = templates(repository);
    report.summary = Summary {
        files: read.met,
        files_read: read
            .files
            .iter()
            .filter(|file| file.reader.is_some())
            .count(),
        files_unknown: read
            .files
            .iter()
            .filter(|file| file.unknown.is_some())
            .count(),
        mentions: repository
            .mentions
            .iter()
            .filter(|linked| concerned(linked))
            .count(),
        references: answers.len(),
        requests: usize::try_from(answers.statistics.requests()).unwrap_or(usize::MAX),
        verdicts,
        not_checkable,
        fixed: 0,
        elapsed_ms: 0,
        unchanged_since: None,
        nameless_stdin: false,
        interrupted: answers.interrupted,
        unread: read.unread.len(),
        incomplete: 0,
    };
    if !context.strict {
        test_data::weaken(&mut report.findings, &paths, &read.roots, context.targets);
    }
    let by_path = |file: FileId| &paths[file.0 as usize];
    report.findings.sort_by(|a, b| {
        by_path(a.place.file)
            .cmp(by_path(b.place.file))
            .then(a.place.span.cmp(&b.place.span))
            .then(a.rule.as_str().cmp(b.rule.as_str()))
            .then(a.message.cmp(&b.message))
    });
    report.unchecked.sort_by(|a, b| {
        by_path(a.place.file)
            .cmp(by_path(b.place.file))
            .then(a.place.span.cmp(&b.place.span))
    });
    report.files = paths;
    report
}

/// A mention with what judging it needs.
struct Judged<'a> {
    linked: &'a LinkedMention,
    resolved: Option<&'a Resolved>,
    path: &'a RepoPath,
    repository: &'a Repository,
}

impl Judged<'_> {
    /// Judges for every target that it is deployed to. Gives the verdict that counts, with its target: what one of them
    /// cannot pull is bad.
    fn by_all<'m>(
        &'m self,
        context: &'m JudgeContext<'_>,
        out: &mut Vec<Finding>,
    ) -> (Verdict, &'m Target) {
        let first = out.len();
        let mut worst: Option<(Verdict, &Target)> = None;
        for judging in context.targets.judging(self.path, self.linked) {
            let before = out.len();
            let verdict = self.by_one(judging, context, out);
            let new = out.split_off(before);
            for mut finding in new {
                // What is wrong for every target is said once.
                if out[first..].iter().any(|known| is_same(known, &finding)) {
                    continue;
                }
                if let Some(by) = judging.by {
                    let by = Untrusted::new(by.to_text().into_owned());
                    finding.evidence.push(("deployed by", by));
                }
                out.push(finding);
            }
            if worst.is_none_or(|(known, _)| verdict == Verdict::Bad && known != Verdict::Bad) {
                worst = Some((verdict, judging.target));
            }
        }
        // There is one target at least.
        worst.unwrap_or((Verdict::NotCheckable, context.targets.main()))
    }

    fn by_one(
        &self,
        judging: Judging<'_>,
        context: &JudgeContext<'_>,
        out: &mut Vec<Finding>,
    ) -> Verdict {
        let shown = self.path.to_text();
        let case = Case {
            subject: Subject::Mention {
                linked: self.linked,
                resolved: self.resolved,
            },
            target: judging.target,
            target_is_of_path: judging.is_of_path,
            policy: Some(((context.policy)(self.path), &shown)),
            repository: self.repository,
        };
        // The subject is a mention.
        rules::judge(&case, (context.levels)(self.path), out).unwrap_or(Verdict::NotCheckable)
    }
}

/// Whether two findings of one mention say the same.
fn is_same(a: &Finding, b: &Finding) -> bool {
    a.rule == b.rule && a.place == b.place && a.message == b.message
}

/// The texts of a report. One image may be named in thousands of places, and each finding tells all about it: each
/// distinct text is kept once.
#[derive(Default)]
struct Texts {
    one: HashSet<Untrusted>,
    /// What was seen of each image that was asked for, by its name.
    seen: HashMap<Untrusted, Arc<[(&'static str, Untrusted)]>>,
}

impl Texts {
    fn one(&mut self, text: Untrusted) -> Untrusted {
        match self.one.get(&text) {
            Some(known) => known.clone(),
            None => {
                self.one.insert(text.clone());
                text
            }
        }
    }

    /// What was seen of the image of this name.
    fn seen(
        &mut self,
        name: &Untrusted,
        reference: &ImageReference,
        resolved: &Resolved,
    ) -> Arc<[(&'static str, Untrusted)]> {
        if let Some(known) = self.seen.get(name) {
            return known.clone();
        }
        let rows = rules::seen(reference, resolved).into_iter();
        let rows: Arc<[_]> = rows.map(|(what, value)| (what, self.one(value))).collect();
        self.seen.insert(name.clone(), rows.clone());
        rows
    }

    fn share(&mut self, finding: &mut Finding) {
        let texts = [&mut finding.message, &mut finding.label]
            .into_iter()
            .chain(&mut finding.reference)
            .chain(&mut finding.help)
            .chain(finding.evidence.iter_mut().map(|(_, value)| value))
            .chain(finding.related.iter_mut().map(|related| &mut related.label));
        for text in texts {
            *text = self.one(std::mem::take(text));
        }
    }
}

/// Why no registry is asked about a mention, to be read after a number.
fn why_not(linked: &LinkedMention) -> &'static str {
    match &linked.text {
        Text::Open(_) | Text::Empty => "with a variable",
        Text::Internal { .. } => "inside the cluster",
        Text::Stream { .. } => "of an ImageStream",
        Text::Local { .. } => "local",
        Text::Invalid { .. } => "not an image name",
        Text::Known(_) if linked.role == Role::Push => "pushed",
        Text::Known(_) => "built here",
    }
}

/// The number of a target's name among those of the report.
fn number_of(targets: &mut Vec<String>, name: &str) -> usize {
    let known = targets.iter().position(|known| known == name);
    known.unwrap_or_else(|| {
        targets.push(name.to_owned());
        targets.len() - 1
    })
}

/// A mention as the report keeps it; its target's number is not known here.
fn mentioned(
    linked: &LinkedMention,
    resolved: Option<&Resolved>,
    verdict: Verdict,
    texts: &mut Texts,
) -> Mentioned {
    let reference = texts.one(match &linked.text {
        Text::Known(reference) => Untrusted::new(reference.to_string()),
        _ => Untrusted::new(redact_credentials(&linked.mention.value.written()).into_owned()),
    });
    let evidence = match (&linked.text, resolved) {
        (Text::Known(known), Some(resolved)) => texts.seen(&reference, known, resolved),
        _ => Arc::default(),
    };
    Mentioned {
        place: linked.mention.place,
        reference,
        verdict,
        not_checkable: (verdict == Verdict::NotCheckable).then(|| why_not(linked)),
        target: 0,
        role: linked.role,
        source: linked.mention.source,
        field: linked.mention.field.clone().into(),
        evidence,
    }
}

/// What passed, or could not be judged by its nature; None where something else is said about the mention.
fn silent(linked: &LinkedMention, reference: &Untrusted, verdict: Verdict) -> Option<Silent> {
    let why = match verdict {
        Verdict::Ok => SilentWhy::Ok,
        Verdict::NotCheckable => SilentWhy::NotCheckable(why_not(linked)),
        // Its rule is off.
        Verdict::Bad => SilentWhy::Suppressed,
        Verdict::Unchecked => return None,
    };
    Some(Silent {
        place: linked.mention.place,
        reference: reference.clone(),
        why,
    })
}

/// The templates that rendered input names, by the places of the mentions in it.
fn templates(repository: &Repository) -> HashMap<Place, Arc<str>> {
    let mentions = repository.mentions.iter();
    let named = mentions.filter_map(|linked| {
        let template = linked.facts.iter().find_map(|fact| match fact {
            Fact::RenderedFrom { template, .. } => Some(template.clone()),
            _ => None,
        });
        Some((linked.mention.place, template?))
    });
    named.collect()
}

/// One note for each file with parts that should have been readable, and one for all templates together.
fn skip_notes(skips: &[Skip], paths: &[RepoPath], wanted: &dyn Fn(FileId) -> bool) -> Vec<Note> {
    let mut by_file: BTreeMap<&RepoPath, Vec<&Skip>> = BTreeMap::new();
    for skip in skips.iter().filter(|skip| wanted(skip.place.file)) {
        by_file
            .entry(&paths[skip.place.file.0 as usize])
            .or_default()
            .push(skip);
    }
    let mut notes = Vec::new();
    let mut templates: Vec<&RepoPath> = Vec::new();
    for (path, skips) in by_file {
        let mut unexpected = skips.iter().filter(|skip| !skip.expected);
        let Some(first) = unexpected.next() else {
            templates.push(path);
            continue;
        };
        let more = match unexpected.count() {
            0 => String::new(),
            n => format!(" (and {n} more)"),
        };
        notes.push(Note {
            level: Level::Warning,
            file: Some(first.place.file),
            place: Some(first.place),
            message: format!("{}{more}", first.why).into(),
        });
    }
    if let Some(first) = templates.first() {
        let subject = match templates.len() {
            1 => format!("{} is a template", first.to_text()),
            count => format!(
                "{count} files are templates (the first: {})",
                first.to_text()
            ),
        };
        let text = format!(
            "{subject}: only literal images were read; lint what it renders to, such as `helm template . | image-lint -`"
        );
        notes.push(Note {
            level: Level::Note,
            file: None,
            place: None,
            message: text.into(),
        });
    }
    notes
}

/// Something that the run has to say, shown with `-v`.
pub fn note(text: &str) -> Note {
    Note {
        level: Level::Note,
        file: None,
        place: None,
        message: text.into(),
    }
}

/// Mentions that are to be asked.
pub fn questions(repository: &Repository) -> impl Iterator<Item = &LinkedMention> {
    repository
        .mentions
        .iter()
        .filter(|linked| linked.asked && matches!(linked.text, Text::Known(_)))
}
