//! Puts what was read of built objects back at the lines that it came from.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::build::{Report, Use};
use super::emit::{Bit, Rendered};
use super::fail::{ProblemKind, Site};
use super::images;
use super::load::Files;
use super::ways::{Ways, deployed};
use super::{Built, FileOf};
use crate::extract::Sink;
use image_lint_model::kustomize::{KustomizeProblem, KustomizeProblemKind, Unbuilt};
use image_lint_model::mention::{Excerpt, Extraction, Mention, Role, Scope, Skip, SourceKind};
use image_lint_model::object::{Facts, Object};
use image_lint_model::value::{Origin, OriginKind, Piece, Value};
use image_lint_text::source::{FileId, Place, SourceFile, Span};

/// Names that a message offers.
const MAX_OFFERED: usize = 3;

/// Places mentions of builds in the files that they came from.
pub struct Placing<'a, 't> {
    sources: &'a Files<'t>,
    files: &'a mut Vec<FileOf>,
    numbers: HashMap<FileId, usize>,
    texts: HashMap<FileId, Arc<SourceFile>>,
    /// Mentions that builds gave, by file and place, so that several overlays mention one line once; with their numbers
    /// in the file.
    seen: HashMap<(Place, String, Role), u32>,
    /// Mentions of each file, by place, that extract wrote down.
    written: HashMap<FileId, HashMap<Span, u32>>,
    /// How many extract wrote down, of files that builds added to.
    counts: HashMap<FileId, usize>,
    /// Which of them a build gave too.
    confirmed: HashMap<FileId, BTreeSet<u32>>,
    objects: HashMap<(Place, String, String), u32>,
    added: Vec<FileId>,
    /// Spans that were found before they are asked for.
    known: HashMap<(FileId, Span), (Place, Excerpt)>,
}

impl<'a, 't> Placing<'a, 't> {
    pub fn new(sources: &'a Files<'t>, files: &'a mut Vec<FileOf>) -> Self {
        let numbers = files.iter().enumerate().map(|(at, file)| (file.0, at));
        Placing {
            numbers: numbers.collect(),
            sources,
            files,
            texts: HashMap::new(),
            seen: HashMap::new(),
            written: HashMap::new(),
            counts: HashMap::new(),
            confirmed: HashMap::new(),
            objects: HashMap::new(),
            added: Vec::new(),
            known: HashMap::new(),
        }
    }

    /// The index of a file; one that nobody read is added.
    fn number(&mut self, file: FileId) -> Option<usize> {
        if let Some(number) = self.numbers.get(&file) {
            return Some(*number);
        }
        let path = self.sources.text(file)?.path.clone();
        self.files.push((file, path, Extraction::default()));
        self.added.push(file);
        self.numbers.insert(file, self.files.len() - 1);
        Some(self.files.len() - 1)
    }

    /// Where one span of a file is.
    fn located(&mut self, file: FileId, span: Span) -> Option<(Place, Excerpt)> {
        if let Some(known) = self.known.get(&(file, span)) {
            return Some(known.clone());
        }
        self.locate(file, &[span])?.pop()
    }

    /// Finds spans file by file before they are asked for one by one: to find lines costs a pass over a file.
    fn prepare(&mut self, spans: impl Iterator<Item = (FileId, Span)>) {
        let mut by_file: BTreeMap<FileId, BTreeSet<Span>> = BTreeMap::new();
        for (file, span) in spans {
            by_file.entry(file).or_default().insert(span);
        }
        self.known.clear();
        for (file, spans) in by_file {
            let spans: Vec<Span> = spans.into_iter().collect();
            let found = self.locate(file, &spans).unwrap_or_default();
            let named = spans.into_iter().zip(found);
            self.known
                .extend(named.map(|(span, found)| ((file, span), found)));
        }
    }

    fn locate(&mut self, file: FileId, spans: &[Span]) -> Option<Vec<(Place, Excerpt)>> {
        let source = match self.texts.get(&file) {
            Some(known) => Arc::clone(known),
            None => {
                let source = self.sources.text(file)?;
                self.texts.insert(file, Arc::clone(&source));
                source
            }
        };
        let mut sink = Sink::new(&source);
        let located = spans.iter().map(|span| {
            let place = sink.place(*span);
            (place, sink.excerpt(place))
        });
        Some(located.collect())
    }

    /// Takes what was read of one build.
    pub fn take(&mut self, built: &Built, mut found: Extraction) {
        let rendered = &built.rendered;
        let mentions = std::mem::take(&mut found.mentions);
        let objects = found.objects.iter().map(|object| object.place.span);
        let spans = mentions
            .iter()
            .map(|mention| mention.place.span)
            .chain(objects);
        let bits: Vec<Bit> = spans.flat_map(|span| rendered.bits(span)).collect();
        self.prepare(bits.iter().map(|bit| (bit.file, bit.outer)));
        let mut scopes = HashMap::new();
        let mut ways = Ways::new(built, self.sources);
        for mention in mentions {
            let by = ways.of(rendered.through(mention.place.span.start));
            if let Some((number, at)) = self.mention(rendered, mention, &found, &mut scopes)
                && let Some(mention) = self.files[number].2.mentions.get_mut(at as usize)
            {
                deployed(mention, by);
            }
        }
        let needed = |object: &Object| {
            matches!(
                object.facts,
                Facts::ServiceAccount { .. } | Facts::PullSecret { .. }
            )
        };
        for object in found.objects.iter().filter(|object| needed(object)) {
            if let Some(place) = self.outer(rendered, object.place.span)
                && let Some(number) = self.number(place.file)
            {
                self.object(rendered, object, place, number);
            }
        }
    }

    /// Where the first byte of a span came from.
    fn outer(&mut self, rendered: &Rendered, span: Span) -> Option<Place> {
        let bit = rendered.bits(span).into_iter().next()?;
        self.located(bit.file, bit.outer).map(|(place, _)| place)
    }

    fn mention(
        &mut self,
        rendered: &Rendered,
        mut mention: Mention,
        found: &Extraction,
        scopes: &mut HashMap<(FileId, u32), u32>,
    ) -> Option<(usize, u32)> {
        let bits = rendered.bits(mention.place.span);
        let decides = bits
            .iter()
            .rposition(|bit| bit.entry.is_some())
            .or(bits.len().checked_sub(1))?;
        let mut places = Vec::with_capacity(bits.len());
        for bit in &bits {
            places.push(self.located(bit.file, bit.outer)?);
        }
        let inner = mention.place.span;
        let (place, excerpt) = places[decides].clone();
        mention.value = parted(rendered, &mention.value, inner, (&bits, &places, decides))
            .unwrap_or(mention.value);
        mention.place = place;
        mention.excerpt = excerpt;
        mention.written = None;
        let mut also: Vec<Place> = places.iter().map(|(place, _)| *place).collect();
        also.retain(|other| *other != place);
        also.sort_unstable();
        also.dedup();
        mention.also = also;
        if bits[decides].entry.is_some() {
            mention.source = SourceKind::Kustomize;
        }
        let number = self.number(place.file)?;
        let object = mention.object.and_then(|at| found.objects.get(at as usize));
        let object = object.cloned();
        let key = (place, mention.value.written(), mention.role);
        let written = self.written_at(place.file, number, place.span);
        if let Some(at) = written {
            self.confirmed.entry(place.file).or_default().insert(at);
        }
        if let Some(at) = self.seen.get(&key) {
            return Some((number, *at));
        }
        let of_workload = object
            .as_ref()
            .is_some_and(|object| matches!(object.facts, Facts::Workload(_) | Facts::Other));
        mention.object = match object {
            Some(object) if of_workload => {
                let at = self.outer(rendered, object.place.span).unwrap_or(place);
                Some(self.object(rendered, &object, at, number))
            }
            _ => None,
        };
        let at = self.put(number, written, mention, (of_workload, found), scopes);
        self.seen.insert(key, at);
        Some((number, at))
    }

    /// The mention that extract wrote down at a place.
    fn written_at(&mut self, file: FileId, number: usize, span: Span) -> Option<u32> {
        let mentions = &self.files[number].2.mentions;
        self.counts.entry(file).or_insert(mentions.len());
        let index = self.written.entry(file).or_insert_with(|| {
            let places = mentions.iter().enumerate();
            places
                .map(|(at, mention)| (mention.place.span, at as u32))
                .collect()
        });
        index.get(&span).copied()
    }

    fn put(
        &mut self,
        number: usize,
        written: Option<u32>,
        mut mention: Mention,
        (of_workload, found): (bool, &Extraction),
        scopes: &mut HashMap<(FileId, u32), u32>,
    ) -> u32 {
        let extraction = &mut self.files[number].2;
        let old = written.and_then(|at| Some((at, extraction.mentions.get_mut(at as usize)?)));
        if let Some((at, old)) = old {
            if old.value.written() == mention.value.written() && old.role == mention.role {
                // The same words: its variables and its streams are those of the file. What is deployed is an image,
                // where an entry alone may be a name with any tag.
                old.expect = mention.expect;
                if of_workload {
                    old.object = mention.object;
                    old.container = mention.container;
                }
                return at;
            }
            // Another build keeps the words of the file: this one is a further mention.
            let first = !self
                .seen
                .contains_key(&(old.place, old.value.written(), old.role));
            if first {
                mention.scope = moved(
                    mention.scope,
                    found,
                    extraction,
                    (mention.place.file, scopes),
                );
                let old = &mut extraction.mentions[at as usize];
                if mention.object.is_none() {
                    mention.object = old.object;
                }
                *old = mention;
                return at;
            }
        }
        mention.scope = moved(
            mention.scope,
            found,
            extraction,
            (mention.place.file, scopes),
        );
        extraction.mentions.push(mention);
        extraction.mentions.len() as u32 - 1
    }

    /// Adds an object that a build made to a file, once.
    fn object(&mut self, rendered: &Rendered, object: &Object, place: Place, number: usize) -> u32 {
        let space = object.namespace.as_ref().map(Value::written);
        let secrets = match &object.facts {
            Facts::Workload(workload) => workload
                .pull_secrets
                .iter()
                .chain(&workload.service_account)
                .map(Value::written)
                .collect::<Vec<_>>()
                .join(","),
            _ => String::new(),
        };
        let names = format!("{}\u{0}{number}\u{0}{secrets}", object.name.written());
        let key = (place, names, space.unwrap_or_default());
        if let Some(known) = self.objects.get(&key) {
            return *known;
        }
        let mut copy = object.clone();
        copy.place = place;
        if let Facts::Workload(workload) = &mut copy.facts {
            let triggers = std::mem::take(&mut workload.triggers);
            for mut trigger in triggers {
                if let Some(at) = self.outer(rendered, trigger.place.span) {
                    trigger.place = at;
                    workload.triggers.push(trigger);
                }
            }
        }
        let objects = &mut self.files[number].2.objects;
        objects.push(copy);
        let at = objects.len() as u32 - 1;
        self.objects.insert(key, at);
        at
    }

    /// Marks what no build gave, writes the problems down, and gives the files that were added.
    pub fn finish(mut self, report: &Report, folders: &BTreeMap<String, FileId>) -> Vec<FileId> {
        let unbuilt_components: Vec<FileId> = folders
            .values()
            .filter(|file| !report.built.contains(file))
            .copied()
            .collect();
        let hits = self.hits(report);
        for file in report.used.iter().chain(&unbuilt_components) {
            self.mark(*file, report, &hits);
        }
        let problems = report
            .problems
            .iter()
            .map(|problem| (problem.at, problem.kind.clone()));
        let unhit = |used: &Use| !used.hit && !used.open;
        let entries = report.entries.iter().filter(|(_, used)| unhit(used));
        let entries = entries.map(|(at, used)| {
            let candidates = nearest(&used.shown, &used.candidates);
            let name = used.shown.clone();
            (*at, ProblemKind::NoImage { name, candidates })
        });
        let targets = report.targets.iter().filter(|(_, used)| unhit(used));
        let targets = targets.map(|(at, used)| {
            let candidates = nearest(&used.shown, &used.candidates);
            let target = used.shown.clone();
            (*at, ProblemKind::NoTarget { target, candidates })
        });
        let all: Vec<_> = problems.chain(entries).chain(targets).collect();
        self.prepare(all.iter().map(|(at, _)| *at));
        for (at, kind) in all {
            self.problem(at, kind);
        }
        self.added
    }

    /// Where the entries are that changed images, by the name that they change.
    fn hits(&mut self, report: &Report) -> HashMap<String, Place> {
        let mut hits = HashMap::new();
        let all = || report.entries.iter().filter(|(_, used)| used.hit);
        self.prepare(all().map(|(at, _)| *at));
        for ((file, span), used) in all() {
            if let Some((place, _)) = self.located(*file, *span) {
                hits.entry(used.shown.clone()).or_insert(place);
            }
        }
        hits
    }

    /// Mentions of a file that became part of builds, but that none of them deploys.
    fn mark(&mut self, file: FileId, report: &Report, hits: &HashMap<String, Place>) {
        let Some(number) = self.numbers.get(&file).copied() else {
            return;
        };
        let confirmed = self.confirmed.remove(&file).unwrap_or_default();
        let first = report.entries.range((file, Span::default())..);
        let here: Vec<(Span, &Use)> = first
            .take_while(|((id, _), _)| *id == file)
            .map(|((_, span), used)| (*span, used))
            .collect();
        let built = report.built.contains(&file);
        let of_kustomization = super::is_kustomization(&self.files[number].1.file_name());
        let extraction = &mut self.files[number].2;
        // Those that this room added are behind the ones that extract wrote down.
        let count = self
            .counts
            .get(&file)
            .copied()
            .unwrap_or(extraction.mentions.len());
        for at in 0..count.min(extraction.mentions.len()) {
            let mention = &extraction.mentions[at];
            if confirmed.contains(&(at as u32)) || matches!(mention.role, Role::Push | Role::Local)
            {
                continue;
            }
            // A base that is elsewhere may have the image that an entry names.
            let spans = || {
                mention
                    .also
                    .iter()
                    .map(|place| place.span)
                    .chain([mention.place.span])
            };
            let of_entry = |used: &&(Span, &Use)| spans().any(|other| near(used.0, other));
            let entry = here
                .iter()
                .filter(of_entry)
                .min_by_key(|(span, _)| mention.place.span.start.abs_diff(span.start));
            let open = match entry {
                Some((_, used)) if mention.source == SourceKind::Kustomize => {
                    used.open && !used.hit
                }
                _ => report.open.contains(&file),
            };
            if open {
                continue;
            }
            let why = match (of_kustomization, built) {
                (true, false) => "no kustomization of this repository includes this one",
                (true, true) => "no image of what is built has this name",
                _ => "a kustomization puts another image in its place",
            };
            let by = mention.value.as_known().and_then(|image| {
                let (name_end, ..) = images::split(&image);
                hits.get(&image[..name_end]).copied()
            });
            extraction.unbuilt.push(Unbuilt {
                mention: at as u32,
                by: by.filter(|_| !of_kustomization),
                why,
            });
        }
    }

    fn problem(&mut self, (file, span): Site, kind: ProblemKind) {
        let Some(number) = self.number(file) else {
            return;
        };
        let Some((place, excerpt)) = self.located(file, span) else {
            return;
        };
        let shared = |list: Vec<String>| list.into_iter().map(Into::into).collect();
        let kind = match kind {
            ProblemKind::Refused(why) => KustomizeProblemKind::Refused(why.into()),
            ProblemKind::Unquoted(why) => KustomizeProblemKind::Unquoted(why.into()),
            ProblemKind::Missing(path) => KustomizeProblemKind::Missing(path.into()),
            ProblemKind::NoImage { name, candidates } => KustomizeProblemKind::NoImage {
                name: name.into(),
                candidates: shared(candidates),
            },
            ProblemKind::NoTarget { target, candidates } => KustomizeProblemKind::NoTarget {
                target: target.into(),
                candidates: shared(candidates),
            },
            ProblemKind::Beyond(path) => {
                let why = format!(
                    "`{path}` is not among the files of this run, so nothing that it deploys was judged: name a folder that holds \
                     both, or leave it in"
                );
                return self.files[number].2.skips.push(Skip {
                    place,
                    why,
                    expected: false,
                });
            }
            ProblemKind::Remote(address) => {
                let why = format!("`{address}` is in another repository, so it was not built in");
                return self.files[number].2.skips.push(skipped(place, why));
            }
            ProblemKind::Elsewhere(what) => {
                let why = format!("{what} was not built in");
                return self.files[number].2.skips.push(skipped(place, why));
            }
        };
        self.files[number].2.kustomize.push(KustomizeProblem {
            place,
            excerpt,
            kind,
        });
    }
}

fn skipped(place: Place, why: String) -> Skip {
    Skip {
        place,
        why,
        expected: true,
    }
}

/// An entry's fields are a few lines from its name.
fn near(a: Span, b: Span) -> bool {
    a.start.abs_diff(b.start) < 600
}

/// The names that are most like one.
fn nearest(name: &str, all: &BTreeSet<String>) -> Vec<String> {
    let last = |text: &str| text.rsplit('/').next().unwrap_or("").to_owned();
    let like = |other: &str| {
        strsim::jaro_winkler(&last(name), &last(other)).max(strsim::jaro_winkler(name, other))
    };
    let mut scored: Vec<(f64, &String)> = all.iter().map(|other| (like(other), other)).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let near = scored.iter().filter(|(score, _)| *score > 0.75);
    let near: Vec<String> = near
        .take(MAX_OFFERED)
        .map(|(_, name)| (*name).clone())
        .collect();
    if near.is_empty() {
        return all.iter().take(MAX_OFFERED).cloned().collect();
    }
    near
}

/// A literal value with the pieces apart that did not stand at the place that decides.
fn parted(
    rendered: &Rendered,
    value: &Value,
    inner: Span,
    (bits, places, decides): (&[Bit], &[(Place, Excerpt)], usize),
) -> Option<Value> {
    if !value.is_literal() || bits.len() < 2 || rendered.text.get(inner.range())? != value.written()
    {
        return None;
    }
    let mut out = Value::default();
    let mut at = inner.start;
    for (i, bit) in bits.iter().enumerate() {
        out.push_literal(rendered.text.get(at as usize..bit.inner.start as usize)?);
        let text = rendered.text.get(bit.inner.range())?;
        if i == decides {
            out.push_literal(text);
        } else {
            let name = bit.entry.map_or("base", super::value::Part::as_str);
            out.pieces.push(Piece::Substituted {
                text: text.into(),
                origin: Arc::new(Origin {
                    name: name.into(),
                    kind: OriginKind::Kustomize,
                    place: Some(places[i].0),
                }),
            });
        }
        at = bit.inner.end;
    }
    out.push_literal(rendered.text.get(at as usize..inner.end as usize)?);
    Some(out)
}

/// Copies the definitions that a mention's variables see to the file that it moves to.
fn moved(
    scope: Option<Scope>,
    found: &Extraction,
    into: &mut Extraction,
    (file, scopes): (FileId, &mut HashMap<(FileId, u32), u32>),
) -> Option<Scope> {
    let scope = scope?;
    let id = match scopes.get(&(file, scope.id)) {
        Some(known) => *known,
        None => {
            let id = into.new_scope();
            let seen = found.definitions.iter().take(scope.upto as usize);
            for definition in seen.filter(|one| one.scope == scope.id) {
                let mut copy = definition.clone();
                copy.scope = id;
                into.definitions.push(copy);
            }
            scopes.insert((file, scope.id), id);
            id
        }
    };
    Some(Scope { id, upto: u32::MAX })
}
