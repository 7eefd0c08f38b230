//! Helm charts as they render: with their defaults, with each values file beside them, and with what a value that is
//! false by default would turn on.

mod switches;

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::rc::Rc;
use std::sync::Arc;

use helm_render::{
    Chart, File, Output, Part, Renderer, Stop, Value, allowance, load, missing, read_yaml,
};
use image_lint_model::chart::ChartProblemKind;
use image_lint_model::mention::{DeployedBy, Expect, Extraction, Mention, SourceKind};
use image_lint_text::meter::{Meter, RunMeter};
use image_lint_text::rendered::{Origin, Rendered, SourceId};
use image_lint_text::source::{FileId, Place, Positions, RepoPath, SourceFile, Span};

use super::delivered::{self, Delivered};
use super::{At, Collector, located};
use crate::extract::helm::is_values;

/// A file of a chart.
pub struct ChartFile {
    /// Relative to the chart's folder.
    pub path: Arc<str>,
    /// Its text is empty where it is an archive.
    pub file: SourceFile,
    pub bytes: Arc<[u8]>,
}

/// What rendering a chart gave.
#[derive(Default)]
pub struct RenderedChart {
    /// The images, in the files that decide them.
    pub extractions: Vec<(FileId, Extraction)>,
    /// Bytes that some image was made of.
    used: HashSet<(FileId, Span)>,
    /// The rules by which the chart leaves files out: those are none of it.
    left_out: String,
    /// Keys of the values that only charts see which are not here.
    unseen: Vec<Arc<str>>,
    pub notes: Vec<(Place, String)>,
    /// Which of the deliveries it was rendered with.
    pub given: Vec<usize>,
}

/// Most values files that a chart is rendered with.
const MAX_VALUES_FILES: usize = 32;

/// Charts of `file://` repositories that are not among the files, relative to the chart's folder, with their names.
pub fn local_dependencies(files: &[ChartFile], run: &RunMeter) -> Vec<(Arc<str>, String)> {
    let (meter, own) = (meter(files, run), own_files(files));
    let Ok(chart) = load(&own, &meter) else {
        return Vec::new();
    };
    let local = missing(&chart).into_iter().filter_map(|dependency| {
        let path = dependency.repository.strip_prefix("file://")?;
        Some((Arc::clone(&dependency.name), path.to_owned()))
    });
    local.collect()
}

/// Whether a chart of these files deploys something, which may be what a chart does that is not here.
pub fn deploys(files: &[ChartFile], run: &RunMeter) -> bool {
    let renders = |file: &ChartFile| {
        matches!(
            Part::of(&file.path),
            Part::Template | Part::Included(_) | Part::Requirements
        )
    };
    files.iter().any(renders)
        || load(&own_files(files), &meter(files, run))
            .is_ok_and(|chart| !missing(&chart).is_empty())
}

fn meter(files: &[ChartFile], run: &RunMeter) -> Meter {
    Meter::within(
        run,
        allowance(files.iter().map(|file| file.bytes.len()).sum()),
    )
}

fn own_files(files: &[ChartFile]) -> Vec<File> {
    let numbered = files.iter().enumerate();
    numbered
        .map(|(i, file)| File {
            path: Arc::clone(&file.path),
            source: SourceId(i as u32),
            bytes: Arc::clone(&file.bytes),
        })
        .collect()
}

/// Renders a chart.
///
/// # Errors
/// Why it cannot be rendered at all; then only what is read statically is known of it.
pub fn render(
    folder: &RepoPath,
    files: &[ChartFile],
    deliveries: &[Delivered],
    run: &RunMeter,
) -> Result<RenderedChart, String> {
    let loading = meter(files, run);
    let chart = load(&own_files(files), &loading).map_err(|error| error.to_string())?;
    let mut sources: Vec<SourceFile> = files.iter().map(|file| file.file.clone()).collect();
    let given = delivered::values(deliveries, files, &mut sources, &loading);
    let mut work = Work {
        folder: folder.to_text().into_owned(),
        renderer: Rc::new(Renderer::new(&chart)),
        files,
        run,
        collector: Collector::new(&sources, SourceKind::Helm),
        lines: HashSet::new(),
        known: HashMap::new(),
        hasher: RandomState::new(),
        failure: None,
        rendered: false,
        refused: Vec::new(),
        given: Vec::new(),
    };
    let first = work.defaults()?;
    work.values_files();
    work.deliveries(deliveries, &given);
    work.read_refused();
    work.collector.by = DeployedBy::default();
    if let Some((first, steps)) = first {
        work.hidden(&first, steps);
    }
    if let Some((at, why)) = work.failure.take().filter(|_| !work.rendered) {
        let at = at.unwrap_or(Origin {
            source: SourceId(0),
            span: Span::new(0, 0),
        });
        let kind = ChartProblemKind::Refused(why.into());
        work.collector.report(at, kind);
    }
    let mut result = RenderedChart::default();
    let used = work.collector.used();
    result.used = used
        .iter()
        .filter_map(|origin| Some((sources.get(origin.source.0 as usize)?.id, origin.span)))
        .collect();
    result.given = std::mem::take(&mut work.given);
    let rules = files.iter().find(|file| &*file.path == ".helmignore");
    result.left_out = rules.map_or_else(String::new, |rules| rules.file.text.clone());
    result.extractions = work.collector.finish();
    result.unseen = unseen(&chart);
    for dependency in missing(&chart) {
        if let Some(place) = dependency
            .place
            .and_then(|o| place(&sources, o.source, o.span))
        {
            let text = format!(
                "the chart {} is not in the repository: what it deploys is not known",
                dependency.name
            );
            result.notes.push((place, text));
        }
    }
    Ok(result)
}

fn unseen(chart: &Chart) -> Vec<Arc<str>> {
    let names = missing(chart)
        .into_iter()
        .map(|dependency| dependency.alias.as_ref().unwrap_or(&dependency.name));
    names.cloned().collect()
}

fn place(sources: &[SourceFile], source: SourceId, span: Span) -> Option<Place> {
    let file = sources.get(source.0 as usize)?;
    Some(Positions::new(&file.text).place(file.id, span))
}

struct Work<'w, 'c> {
    folder: String,
    renderer: Rc<Renderer<'c>>,
    files: &'w [ChartFile],
    run: &'w RunMeter,
    collector: Collector<'w>,
    /// Lines of all renderings that may name an image.
    lines: HashSet<String>,
    /// What was read already: the names of templates, with what they became and its origins. The keys of the hash are
    /// chance, so that nobody can make two texts equal.
    known: HashMap<u64, Vec<At>>,
    hasher: RandomState,
    /// The first failure of helm's own kind.
    failure: Option<(Option<Origin>, String)>,
    /// Some rendering had none.
    rendered: bool,
    /// Renderings that helm refuses, with the files that say so.
    refused: Vec<(Output, DeployedBy)>,
    given: Vec<usize>,
}

impl Work<'_, '_> {
    /// Renders with the chart's own values. Gives what helm would give, and how many steps it took.
    ///
    /// # Errors
    /// Why there is no output at all.
    fn defaults(&mut self) -> Result<Option<(Output, u64)>, String> {
        let meter = meter(self.files, self.run);
        let output = self
            .renderer
            .render_watched(&Value::Nil, &meter, &switches::may_name_image);
        if let Some(Stop::UsedUp(cause)) = output.refused {
            return Err(cause.to_string());
        }
        Ok(self.judge(output).map(|output| (output, meter.steps())))
    }

    fn render(&mut self, values: &Value) {
        let output = self.renderer.render(values, &meter(self.files, self.run));
        self.judge(output);
    }

    /// Reads what helm would render, and gives it back; what it refuses is kept.
    fn judge(&mut self, output: Output) -> Option<Output> {
        let failure = output
            .failures
            .iter()
            .find_map(|failure| match &failure.why {
                Stop::Failed(why) => Some((failure.at, why.clone())),
                _ => None,
            });
        let reason = output.refused.as_ref().and_then(|why| match why {
            Stop::Failed(why) => Some((None, why.clone())),
            _ => None,
        });
        let failure = failure.or(reason);
        match failure {
            None => {
                self.rendered = true;
                self.read(&output, None);
                Some(output)
            }
            Some(failure) => {
                self.failure.get_or_insert(failure);
                let by = Arc::clone(&self.collector.by);
                self.refused.push((output, by));
                None
            }
        }
    }

    /// A chart that helm refuses with all values deploys nothing yet: what could be rendered of it is read, for want of
    /// better.
    fn read_refused(&mut self) {
        for (output, by) in std::mem::take(&mut self.refused) {
            if !self.rendered {
                self.collector.by = by;
                self.read(&output, None);
            }
        }
    }

    fn read(&mut self, output: &Output, when: Option<&Arc<str>>) {
        self.collector.has_holes = !output.failures.is_empty();
        for file @ (name, text) in &output.files {
            let fingerprint = self.fingerprint(file);
            if let Some(at) = self.known.get(&fingerprint) {
                self.collector.deployed(at);
                continue;
            }
            let inner = name.split_once('/').map_or(&**name, |(_, inner)| inner);
            let path = format!("{}/{inner}", self.folder);
            self.collector.when = when.cloned();
            let at = self
                .collector
                .read(text, &RepoPath::from_bytes(path.as_bytes()));
            self.known.insert(fingerprint, at);
            self.lines.extend(image_lines(text).map(str::to_owned));
        }
    }

    fn fingerprint(&self, (name, text): &(Arc<str>, Rendered)) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        name.hash(&mut hasher);
        text.hash_with_origins(&mut hasher);
        hasher.finish()
    }

    /// `values-x.yaml` beside values.yaml, and all of `ci/`.
    fn values_files(&mut self) {
        let numbered = self.files.iter().enumerate();
        let beside = numbered.filter(|(_, file)| {
            let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
            let yaml = name.ends_with(".yaml") || name.ends_with(".yml");
            (folder.is_empty() && is_values(name) && name != "values.yaml")
                || (folder == "ci" && yaml)
        });
        let beside: Vec<usize> = beside.map(|(i, _)| i).take(MAX_VALUES_FILES).collect();
        for i in beside {
            let text = Rendered::copied(self.files[i].file.text.as_str(), SourceId(i as u32), 0);
            if let Ok(Ok(values)) = read_yaml(&text, &meter(self.files, self.run)) {
                self.collector.by = Arc::new([self.files[i].file.path.clone()]);
                self.render(&values);
            }
        }
    }

    /// As Argo CD, Flux, helmfiles and `helm` commands of the repository deploy it.
    fn deliveries(&mut self, deliveries: &[Delivered], given: &[(usize, Value)]) {
        for (number, values) in given.iter().take(MAX_VALUES_FILES) {
            let output = self.renderer.render(values, &meter(self.files, self.run));
            if output.refused.is_none() && output.failures.is_empty() {
                self.rendered = true;
                self.given.push(*number);
                self.collector.by = deliveries[*number].by();
                self.read(&output, None);
            }
        }
    }
}

/// Lines that may name an image.
fn image_lines(text: &Rendered) -> impl Iterator<Item = &str> {
    text.as_str()
        .lines()
        .map(str::trim)
        .filter(|line| line.contains("mage"))
}

impl RenderedChart {
    /// Takes out of a file of the chart what was read statically and is known better now. Gives what no rendering uses.
    pub fn supersede(&self, path: &str, extraction: &mut Extraction) -> Vec<Mention> {
        let part = Part::of_innermost(path);
        let template = part == Part::Template;
        let name = path.rsplit('/').next().unwrap_or(path);
        let decides = template || part == Part::Metadata || is_values(name);
        if !decides && !path.starts_with("ci/") {
            return Vec::new();
        }
        if helm_render::ignored(&self.left_out, path) {
            return Vec::new();
        }
        extraction.skips.retain(|skip| !skip.expected);
        let mut unused = Vec::new();
        if template {
            extraction.objects.clear();
            extraction.mentions.clear();
            extraction.definitions.clear();
            return unused;
        }
        let mut kept = Vec::new();
        for mention in extraction.mentions.drain(..) {
            if !matches!(mention.expect, Expect::Image) {
                kept.push(mention);
            } else if part == Part::Metadata || self.is_used(&mention) {
            } else if let Some(chart) = self.unseen_by(path, &mention) {
                kept.push(open_until_known(mention, chart));
            } else {
                unused.push(mention);
            }
        }
        extraction.mentions = kept;
        unused
    }

    /// The chart that is not here and that alone sees a value.
    fn unseen_by(&self, path: &str, mention: &Mention) -> Option<&Arc<str>> {
        let key = mention.field.split(['.', '[']).next()?;
        let of_the_root = !path.contains('/') || path.starts_with("ci/");
        let mut unseen = self.unseen.iter();
        unseen.find(|name| of_the_root && &***name == key)
    }

    fn is_used(&self, mention: &Mention) -> bool {
        let places = std::iter::once(&mention.place).chain(&mention.also);
        let mut spans = places.map(|place| (place.file, place.span));
        spans.any(|(file, span)| {
            self.used
                .iter()
                .any(|(f, s)| *f == file && s.start < span.end && span.start < s.end)
        })
    }
}

/// What a chart makes of a value is not known before it is there.
fn open_until_known(mut mention: Mention, chart: &str) -> Mention {
    mention.written = Some(mention.value.written().into());
    let name = format!("the chart {chart}");
    mention.value = image_lint_model::value::Value {
        pieces: vec![located::open(&name, &name)],
    };
    mention
}

/// Adds what a rendering gave to what a file gave otherwise.
pub fn append(into: &mut Extraction, mut more: Extraction) {
    let (objects, mentions) = (into.objects.len() as u32, into.mentions.len() as u32);
    let (definitions, scopes) = (into.definitions.len() as u32, into.scopes);
    for mention in &mut more.mentions {
        mention.object = mention.object.map(|object| object + objects);
        if let Some(scope) = &mut mention.scope {
            scope.id += scopes;
            if scope.upto != u32::MAX {
                scope.upto += definitions;
            }
        }
    }
    for object in &mut more.objects {
        if let image_lint_model::object::Facts::ImageStream(stream) = &mut object.facts {
            for tag in &mut stream.tags {
                tag.image = tag.image.map(|image| image + mentions);
            }
        }
    }
    for definition in &mut more.definitions {
        definition.scope += scopes;
    }
    into.mentions.append(&mut more.mentions);
    into.objects.append(&mut more.objects);
    into.definitions.append(&mut more.definitions);
    into.skips.append(&mut more.skips);
    into.charts.append(&mut more.charts);
    into.scopes += more.scopes;
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
