//! What the page shows: mentions and findings put together by image, target and verdict. Comes in: a [`Report`]. Goes
//! out: images, the worst first, with what was found at them and where they are used. Knows no markup.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::report::{Mentioned, Report, Unchecked, blocks};
use crate::rules::{Finding, RuleId};
use image_lint_model::finding::{Fix, Level, Related, Untrusted};
use image_lint_model::mention::Role;
use image_lint_model::verdict::Verdict;
use image_lint_text::source::Place;

/// What came of an image, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    Bad,
    /// A build command or a setting: something is wrong with the line, and no image was judged.
    Line,
    Unchecked,
    NotCheckable,
    Ok,
}

impl Status {
    pub const ALL: [Status; 5] = [
        Status::Bad,
        Status::Line,
        Status::Unchecked,
        Status::NotCheckable,
        Status::Ok,
    ];

    /// The word of classes and links: a verdict's own where there is one.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Bad => Verdict::Bad.as_str(),
            Status::Line => "line",
            Status::Unchecked => Verdict::Unchecked.as_str(),
            Status::NotCheckable => Verdict::NotCheckable.as_str(),
            Status::Ok => Verdict::Ok.as_str(),
        }
    }

    /// What people read.
    pub fn words(self) -> &'static str {
        match self {
            Status::Bad => "cannot be pulled",
            Status::Line => "build or setting",
            Status::Unchecked => "not checked",
            Status::NotCheckable => "not checkable",
            Status::Ok => "can be pulled",
        }
    }
}

impl From<Verdict> for Status {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Bad => Status::Bad,
            Verdict::Unchecked => Status::Unchecked,
            Verdict::NotCheckable => Status::NotCheckable,
            Verdict::Ok => Status::Ok,
        }
    }
}

/// All of the page.
#[derive(Debug, Default)]
pub struct Overview<'a> {
    /// The worst first.
    pub images: Vec<Image<'a>>,
    /// Each distinct thing that was found.
    pub problems: Vec<Problem<'a>>,
    /// By registry, the ones with most images that cannot be pulled first.
    pub registries: Vec<Registry<'a>>,
    /// Images by status, in the order of [`Status::ALL`].
    pub counts: Counts,
}

/// Images by status, in the order of [`Status::ALL`].
pub type Counts = [usize; Status::ALL.len()];

/// One image as one target sees it.
#[derive(Debug)]
pub struct Image<'a> {
    pub status: Status,
    /// Untrusted: the reference, or the text of the line.
    pub name: &'a str,
    /// Its number in the overview's registries; None where the name says none.
    pub registry: Option<usize>,
    /// Its number in the report's targets.
    pub target: Option<usize>,
    /// Why it is not checkable.
    pub why: Option<&'static str>,
    /// What was seen, as (what, value).
    pub evidence: Vec<(&'static str, &'a Untrusted)>,
    /// In the order of the files.
    pub uses: Vec<Use<'a>>,
    /// The worst first.
    pub found: Vec<Found>,
}

/// Rows of evidence for one image, which has a handful unless somebody means harm.
const EVIDENCE: usize = 40;

/// A place that names an image.
#[derive(Clone, Copy, Debug)]
pub struct Use<'a> {
    pub place: Place,
    /// None for a build command or a setting.
    pub mention: Option<&'a Mentioned>,
}

impl Use<'_> {
    /// Who pulls or pushes it here, in words.
    pub fn role(&self) -> &'static str {
        match self.mention.map(|mention| mention.role) {
            Some(Role::Run) => "run by the cluster",
            Some(Role::BuildBase) => "base of a build",
            Some(Role::Push) => "pushed",
            Some(Role::Stream) => "image stream",
            Some(Role::Local) => "local",
            Some(Role::Ci) => "pulled by CI",
            None => "build or setting",
        }
    }
}

/// Something that was found at an image.
#[derive(Debug)]
pub struct Found {
    /// Its number in the overview's problems.
    pub problem: usize,
    /// Numbers of the image's uses that have it; empty: all of them.
    pub uses: Vec<usize>,
}

/// What a finding or an unchecked image says, whichever image it is found at.
#[derive(Debug)]
pub struct Problem<'a> {
    pub kind: Kind,
    pub message: &'a Untrusted,
    /// In a few words; empty where there are none.
    pub label: &'a str,
    pub help: &'a [Untrusted],
    /// Of the first place.
    pub related: &'a [Related],
    pub fix: Option<&'a Fix>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Found(RuleId, Level),
    Unchecked(&'static str),
}

impl Kind {
    /// `error`, `warning`, `note` or `unchecked`.
    pub fn level(self) -> &'static str {
        match self {
            Kind::Found(_, level) => level.as_str(),
            Kind::Unchecked(_) => "unchecked",
        }
    }

    /// The rule, or the cause in a word.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Found(rule, _) => rule.as_str(),
            Kind::Unchecked(cause) => cause,
        }
    }

    fn severity(self) -> Option<Level> {
        match self {
            Kind::Found(_, level) => Some(level),
            Kind::Unchecked(_) => Some(Level::Warning),
        }
    }
}

/// A registry and the images of it.
#[derive(Debug)]
pub struct Registry<'a> {
    /// Untrusted.
    pub name: &'a str,
    pub counts: Counts,
}

impl<'a> Overview<'a> {
    pub fn of(report: &'a Report) -> Self {
        let mut gathering = Gathering::default();
        for mention in &report.mentions {
            gathering.mention(mention);
        }
        for finding in &report.findings {
            gathering.finding(finding);
        }
        for unchecked in &report.unchecked {
            gathering.unchecked(unchecked);
        }
        gathering.finish()
    }

    /// The most severe thing that was found at an image.
    pub fn worst(&self, image: &Image<'a>) -> Option<&Problem<'a>> {
        image
            .found
            .first()
            .map(|found| &self.problems[found.problem])
    }
}

/// What two places have in common when they have the same problem.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Said<'a> {
    kind: Kind,
    message: &'a Untrusted,
    help: &'a [Untrusted],
}

/// Which image a mention is shown at.
type Key<'a> = (&'a str, Option<usize>, Status);

#[derive(Default)]
struct Gathering<'a> {
    overview: Overview<'a>,
    images: HashMap<Key<'a>, usize>,
    problems: HashMap<Said<'a>, usize>,
    /// By image: problems in the order in which they came, with the uses that have them.
    found: HashMap<(usize, usize), usize>,
    /// By mention: its image and which of its uses it is.
    mentions: Vec<(usize, usize)>,
}

impl<'a> Gathering<'a> {
    fn image(&mut self, name: &'a str, target: Option<usize>, status: Status) -> usize {
        let images = &mut self.overview.images;
        *self
            .images
            .entry((name, target, status))
            .or_insert_with(|| {
                images.push(Image {
                    status,
                    name,
                    registry: None,
                    target,
                    why: None,
                    evidence: Vec::new(),
                    uses: Vec::new(),
                    found: Vec::new(),
                });
                images.len() - 1
            })
    }

    fn mention(&mut self, mention: &'a Mentioned) {
        let status = Status::from(mention.verdict);
        let number = self.image(mention.reference.raw(), Some(mention.target), status);
        let image = &mut self.overview.images[number];
        if image.uses.is_empty() {
            image.why = mention.not_checkable;
            let seen = mention.evidence.iter();
            image
                .evidence
                .extend(seen.map(|(what, value)| (*what, value)));
        }
        image.uses.push(Use {
            place: mention.place,
            mention: Some(mention),
        });
        self.mentions.push((number, image.uses.len() - 1));
    }

    /// Where something is shown that is about a mention or, without one, about a line.
    fn at(
        &mut self,
        mention: Option<usize>,
        (name, status): (&'a str, Status),
        place: Place,
    ) -> (usize, usize) {
        if let Some(known) = mention.and_then(|mention| self.mentions.get(mention)) {
            return *known;
        }
        let number = self.image(name, None, status);
        let uses = &mut self.overview.images[number].uses;
        let known = uses.iter().rposition(|known| known.place == place);
        let which = known.unwrap_or_else(|| {
            uses.push(Use {
                place,
                mention: None,
            });
            uses.len() - 1
        });
        (number, which)
    }

    fn finding(&mut self, finding: &'a Finding) {
        let name = match &finding.reference {
            Some(reference) => reference.raw(),
            None => marked(finding),
        };
        let at = self.at(finding.mention, (name, Status::Line), finding.place);
        let said = Said {
            kind: Kind::Found(finding.rule, finding.level),
            message: &finding.message,
            help: &finding.help,
        };
        let problem = self.problem(said, || Problem {
            kind: said.kind,
            message: said.message,
            label: finding.label.raw(),
            help: said.help,
            related: &finding.related,
            fix: finding.fix.as_ref(),
        });
        self.add(at, problem);
        let evidence = &mut self.overview.images[at.0].evidence;
        for (what, value) in &finding.evidence {
            if evidence.len() < EVIDENCE && !evidence.contains(&(what, value)) {
                evidence.push((what, value));
            }
        }
    }

    fn unchecked(&mut self, unchecked: &'a Unchecked) {
        let name = (unchecked.reference.raw(), Status::Unchecked);
        let at = self.at(unchecked.mention, name, unchecked.place);
        let said = Said {
            kind: Kind::Unchecked(unchecked.cause.as_str()),
            message: &unchecked.message,
            help: &unchecked.help,
        };
        let problem = self.problem(said, || Problem {
            kind: said.kind,
            message: said.message,
            label: "",
            help: said.help,
            related: &[],
            fix: None,
        });
        self.add(at, problem);
    }

    fn problem(&mut self, said: Said<'a>, make: impl FnOnce() -> Problem<'a>) -> usize {
        let problems = &mut self.overview.problems;
        *self.problems.entry(said).or_insert_with(|| {
            problems.push(make());
            problems.len() - 1
        })
    }

    fn add(&mut self, (image, which): (usize, usize), problem: usize) {
        let found = &mut self.overview.images[image].found;
        let number = *self.found.entry((image, problem)).or_insert_with(|| {
            found.push(Found {
                problem,
                uses: Vec::new(),
            });
            found.len() - 1
        });
        if found[number].uses.last() != Some(&which) {
            found[number].uses.push(which);
        }
    }

    fn finish(mut self) -> Overview<'a> {
        let mut overview = std::mem::take(&mut self.overview);
        let problems = &overview.problems;
        for image in &mut overview.images {
            let all = image.uses.len();
            image
                .found
                .sort_by_key(|found| Reverse(problems[found.problem].kind.severity()));
            for found in image.found.iter_mut().filter(|f| f.uses.len() >= all) {
                found.uses.clear();
            }
        }
        let severity = |image: &Image<'_>| {
            image
                .found
                .first()
                .and_then(|found| problems[found.problem].kind.severity())
        };
        overview.images.sort_by(|a, b| {
            (a.status.cmp(&b.status))
                .then(severity(b).cmp(&severity(a)))
                .then(b.uses.len().cmp(&a.uses.len()))
                .then(a.name.cmp(b.name))
                .then(a.target.cmp(&b.target))
        });
        overview.registries = registries(&mut overview.images);
        for image in &overview.images {
            overview.counts[image.status as usize] += 1;
        }
        overview
    }
}

/// The text of a finding's line that it is about; untrusted.
fn marked(finding: &Finding) -> &str {
    let (excerpt, span) = (&finding.excerpt, finding.place.span);
    let offset = |at: u32| at.checked_sub(excerpt.offset).map(|at| at as usize);
    let text = offset(span.start)
        .zip(offset(span.end))
        .and_then(|(start, end)| excerpt.text.get(start..end));
    let line = text.and_then(|text| text.lines().next()).map(str::trim);
    line.filter(|line| !line.is_empty())
        .unwrap_or(finding.rule.as_str())
}

/// Gives each image the number of its registry.
fn registries<'a>(images: &mut [Image<'a>]) -> Vec<Registry<'a>> {
    let mut all: Vec<Registry<'a>> = Vec::new();
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    for image in images.iter_mut() {
        let Some(name) = registry(image.name) else {
            continue;
        };
        let number = *numbers.entry(name).or_insert_with(|| {
            all.push(Registry {
                name,
                counts: Counts::default(),
            });
            all.len() - 1
        });
        all[number].counts[image.status as usize] += 1;
        image.registry = Some(number);
    }
    let mut order: Vec<usize> = (0..all.len()).collect();
    let total = |n: usize| all[n].counts.iter().sum::<usize>();
    order.sort_by_key(|&n| (Reverse(all[n].counts[0]), Reverse(total(n)), all[n].name));
    let mut place = vec![0; all.len()];
    for (new, &old) in order.iter().enumerate() {
        place[old] = new;
    }
    for number in images
        .iter_mut()
        .filter_map(|image| image.registry.as_mut())
    {
        *number = place[*number];
    }
    let mut sorted: Vec<_> = all.into_iter().enumerate().collect();
    sorted.sort_by_key(|(old, _)| place[*old]);
    sorted.into_iter().map(|(_, registry)| registry).collect()
}

/// The registry that a name begins with, where it says one: a first part with a dot or a port, as docker reads it
/// (distribution `reference.splitDockerDomain`), and without a variable.
fn registry(name: &str) -> Option<&str> {
    let first = blocks::host(name);
    let is_host = first.len() < name.len()
        && (first.contains(['.', ':']) || first == "localhost")
        && first
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".:-_[]".contains(&b));
    is_host.then_some(first)
}
