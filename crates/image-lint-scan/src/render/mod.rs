//! What charts and kustomizations become, read again by the readers of manifests, each image at the line of the source
//! that decides it.
//!
//! Comes in: [`Rendered`] YAML and the files it was made of. Goes out: an [`Extraction`] for each of those files. This
//! room does not know how the text was made.

pub mod charts;
pub mod delivered;
pub mod kustomize;
mod located;
mod problems;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::extract::kubernetes::Kubernetes;
use crate::extract::{Draft, Extractor, Sink};
use image_lint_model::mention::{Condition, DeployedBy, Extraction, Mention, Scope, SourceKind};
use image_lint_model::object::{Facts, Object};
use image_lint_text::rendered::{Origin, Rendered};
use image_lint_text::source::{FileId, Place, RepoPath, SourceFile, Span};
use located::Located;

/// Collects what renderings give, for each file that they were made of. A [`SourceId`](image_lint_text::rendered::SourceId)
/// is the place of its file in the list.
pub struct Collector<'f> {
    files: &'f [SourceFile],
    sinks: BTreeMap<u32, Sink<'f>>,
    /// What was written down already: file, first byte and text.
    seen: HashMap<(u32, Span, Box<str>), u32>,
    /// Where a problem was reported.
    reported: HashSet<Origin>,
    source: SourceKind,
    /// Bytes of the sources that some image was made of.
    used: HashSet<Origin>,
    /// Under which condition what is read now is deployed.
    pub when: Option<Arc<str>>,
    /// The files that say what is read now, beside its own.
    pub by: DeployedBy,
    /// What is read now lacks what could not be rendered.
    pub has_holes: bool,
}

/// Where a mention was written down.
#[derive(Clone, Copy, Debug)]
pub struct At {
    file: u32,
    index: u32,
}

impl<'f> Collector<'f> {
    /// `source` is what mentions that stand in no template are of.
    pub fn new(files: &'f [SourceFile], source: SourceKind) -> Self {
        Collector {
            files,
            sinks: BTreeMap::new(),
            seen: HashMap::new(),
            reported: HashSet::new(),
            source,
            used: HashSet::new(),
            when: None,
            by: DeployedBy::default(),
            has_holes: false,
        }
    }

    /// Reads one rendered file. `template` is the name under which it was rendered. Gives where its images are.
    pub fn read(&mut self, text: &Rendered, template: &RepoPath) -> Vec<At> {
        let file = SourceFile::new(FileId(u32::MAX), template.clone(), text.as_str().to_owned());
        if !Kubernetes.worth_reading(&file.text) {
            return Vec::new();
        }
        let mut sink = Sink::new(&file);
        Kubernetes.extract(&file, &mut sink);
        Reading {
            collector: self,
            text,
            extraction: sink.finish(),
            objects: HashMap::new(),
            scopes: HashMap::new(),
        }
        .run()
    }

    /// The files that say what is read now say the same of these images.
    pub fn deployed(&mut self, at: &[At]) {
        for at in at {
            let sink = self.sinks.get_mut(&at.file);
            let mention = sink.and_then(|sink| sink.extraction.mentions.get_mut(at.index as usize));
            let Some(ways) = mention.map(|mention| &mut mention.deployed_by) else {
                continue;
            };
            if !ways.last().is_some_and(|last| Arc::ptr_eq(last, &self.by)) {
                ways.push(Arc::clone(&self.by));
            }
        }
    }

    /// Bytes of the sources that an image was made of, whether it was known before or not.
    pub fn used(&self) -> &HashSet<Origin> {
        &self.used
    }

    /// What each file gives.
    pub fn finish(self) -> Vec<(FileId, Extraction)> {
        let files = self.files;
        let of =
            |(file, sink): (u32, Sink<'_>)| Some((files.get(file as usize)?.id, sink.finish()));
        self.sinks.into_iter().filter_map(of).collect()
    }

    fn sink(&mut self, file: u32) -> Option<&mut Sink<'f>> {
        let source = self.files.get(file as usize)?;
        Some(self.sinks.entry(file).or_insert_with(|| Sink::new(source)))
    }

    fn place(&mut self, origin: Origin) -> Option<Place> {
        Some(self.sink(origin.source.0)?.place(origin.span))
    }
}

/// One rendered text on its way back to its sources.
struct Reading<'c, 'f> {
    collector: &'c mut Collector<'f>,
    text: &'c Rendered,
    extraction: Extraction,
    /// Objects that were written down, by file and number in the rendered text.
    objects: HashMap<(u32, u32), u32>,
    /// First scope and first definition that the rendered text's own have in a file.
    scopes: HashMap<u32, (u32, u32)>,
}

impl Reading<'_, '_> {
    fn run(mut self) -> Vec<At> {
        let mentions = std::mem::take(&mut self.extraction.mentions);
        let at: Vec<Option<At>> = mentions
            .iter()
            .map(|mention| self.mention(mention))
            .collect();
        for number in 0..self.extraction.objects.len() as u32 {
            let place = self.extraction.objects[number as usize].place;
            if let Some(origin) = self.origin(place.span) {
                self.object(origin.source.0, number);
            }
        }
        self.streams(&at);
        let at: Vec<At> = at.into_iter().flatten().collect();
        self.collector.deployed(&at);
        at
    }

    fn mention(&mut self, mention: &Mention) -> Option<At> {
        let located = located::locate(self.text, mention, self.collector)?;
        self.collector.used.extend(located.used.iter().copied());
        if self.collector.is_problem(mention, &located) {
            return None;
        }
        let file = located.main.source.0;
        let key = (file, located.main.span, Box::from(mention.value.written()));
        if let Some(index) = self.collector.seen.get(&key) {
            return Some(At {
                file,
                index: *index,
            });
        }
        let draft = self.draft(mention, located);
        let when = self.collector.when.clone();
        let sink = self.collector.sink(file)?;
        let index = sink.mention(draft)?;
        sink.extraction.mentions[index as usize].condition =
            when.map(Condition::TurnedOn).or(mention.condition.clone());
        self.collector.seen.insert(key, index);
        Some(At { file, index })
    }

    fn draft(&mut self, mention: &Mention, located: Located) -> Draft {
        let file = located.main.source.0;
        let object = mention.object.and_then(|object| self.object(file, object));
        let scope = mention.scope.and_then(|scope| self.scope(file, scope));
        let own = self.collector.files.get(file as usize);
        let is_template = own.is_some_and(|file| {
            let path = file.path.to_text();
            path.starts_with("templates/") || path.contains("/templates/")
        });
        let source = if is_template || mention.source == SourceKind::CustomResource {
            mention.source
        } else {
            self.collector.source
        };
        Draft {
            span: located.main.span,
            value: located.value,
            expect: mention.expect.clone(),
            role: mention.role,
            source,
            field: mention.field.to_string(),
            named_in: mention.named_in,
            scope,
            object,
            container: mention.container.clone(),
            also: Vec::new(),
            elsewhere: located.also,
            tag_at: located.tag,
        }
    }

    /// The first byte of the sources that a span of the rendered text came from.
    fn origin(&self, span: Span) -> Option<Origin> {
        let range = span.range();
        let end = range.end.max(range.start + 1);
        self.text
            .origins_of(range.start..end)
            .first()
            .copied()
            .or_else(|| located::line_origin(self.text, span.start as usize))
    }

    fn place_of(&mut self, place: Place) -> Place {
        self.origin(place.span)
            .and_then(|origin| self.collector.place(origin))
            .unwrap_or(place)
    }

    /// Writes an object of the rendered text down in a file, once.
    fn object(&mut self, file: u32, number: u32) -> Option<u32> {
        if let Some(known) = self.objects.get(&(file, number)) {
            return Some(*known);
        }
        let mut object = self.extraction.objects.get(number as usize)?.clone();
        object.place = self.place_of(object.place);
        self.places_of_facts(&mut object);
        let objects = &mut self.collector.sink(file)?.extraction.objects;
        objects.push(object);
        let index = objects.len() as u32 - 1;
        self.objects.insert((file, number), index);
        Some(index)
    }

    fn places_of_facts(&mut self, object: &mut Object) {
        match &mut object.facts {
            Facts::Workload(workload) => {
                for trigger in &mut workload.triggers {
                    trigger.place = self.place_of(trigger.place);
                }
            }
            Facts::ImageStream(stream) => {
                for tag in &mut stream.tags {
                    tag.place = self.place_of(tag.place);
                }
            }
            _ => {}
        }
    }

    /// Tags of streams name mentions by their number, which holds only where both are written down in one file.
    fn streams(&mut self, at: &[Option<At>]) {
        let objects: Vec<_> = self
            .objects
            .iter()
            .map(|((file, _), index)| (*file, *index))
            .collect();
        for (file, index) in objects {
            let Some(sink) = self.collector.sinks.get_mut(&file) else {
                continue;
            };
            let Some(Facts::ImageStream(stream)) = sink
                .extraction
                .objects
                .get_mut(index as usize)
                .map(|object| &mut object.facts)
            else {
                continue;
            };
            for tag in &mut stream.tags {
                let image = tag.image.and_then(|image| *at.get(image as usize)?);
                tag.image = image
                    .filter(|image| image.file == file)
                    .map(|image| image.index);
            }
        }
    }

    /// The scope in a file that a scope of the rendered text is; its definitions are written down with the first.
    fn scope(&mut self, file: u32, scope: Scope) -> Option<Scope> {
        let (first, definitions) = match self.scopes.get(&file) {
            Some(known) => *known,
            None => {
                let mut own = self.extraction.definitions.clone();
                for definition in &mut own {
                    definition.place = self.place_of(definition.place);
                }
                let scopes = self.extraction.scopes;
                let extraction = &mut self.collector.sink(file)?.extraction;
                let known = (extraction.scopes, extraction.definitions.len() as u32);
                extraction.scopes += scopes;
                for mut definition in own {
                    definition.scope += known.0;
                    extraction.definitions.push(definition);
                }
                self.scopes.insert(file, known);
                known
            }
        };
        let upto = match scope.upto {
            u32::MAX => u32::MAX,
            upto => upto + definitions,
        };
        Some(Scope {
            id: scope.id + first,
            upto,
        })
    }
}

/// A name for a piece of an image: the key before it, or the file it stands in.
fn name_of(file: &SourceFile, span: Span) -> Arc<str> {
    let before = file.text.get(..span.start as usize).unwrap_or("");
    let line = before.rsplit('\n').next().unwrap_or("");
    let key = line
        .trim()
        .trim_start_matches("- ")
        .split(':')
        .next()
        .unwrap_or("");
    let key = key.trim_matches(['"', '\'']);
    if line.contains(':')
        && !key.is_empty()
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
    {
        key.into()
    } else {
        file.path.file_name().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image_lint_text::rendered::{Builder, SourceId};

    const VALUES: &str = "image:\n  registry: quay.io\n  repository: a/b\n  tag: v1\n";
    const TEMPLATE: &str = "kind: Pod\napiVersion: v1\nspec: {containers: [{name: a, image: '{{ x }}/{{ y }}:{{ z }}'}]}\n";

    fn files() -> Vec<SourceFile> {
        [
            ("c/values.yaml", VALUES),
            ("c/templates/pod.yaml", TEMPLATE),
        ]
        .into_iter()
        .enumerate()
        .map(|(i, (path, text))| {
            let path = RepoPath::from_bytes(path.as_bytes());
            SourceFile::new(FileId(10 + i as u32), path, text.to_owned())
        })
        .collect()
    }

    fn rendered() -> Rendered {
        let copy = |file: usize, what: &str| {
            let text = [VALUES, TEMPLATE][file];
            Rendered::copied(what, SourceId(file as u32), text.find(what).unwrap())
        };
        let mut out = Builder::default();
        out.push(&copy(1, TEMPLATE.split("{{").next().unwrap()));
        for (file, piece) in [(0, "quay.io"), (1, "/"), (0, "a/b"), (1, ":"), (0, "v1")] {
            out.push(&copy(file, piece));
        }
        out.push(&copy(1, TEMPLATE.rsplit("}}").next().unwrap()));
        out.finish()
    }

    #[test]
    fn an_image_is_where_its_name_is_and_its_other_pieces_are_parts() {
        let files = files();
        let mut collector = Collector::new(&files, SourceKind::Helm);
        let path = RepoPath::from_bytes(b"c/templates/pod.yaml");
        collector.read(&rendered(), &path);
        collector.read(&rendered(), &path);
        let found = collector.finish();
        let (_, extraction) = found.iter().find(|(id, _)| id.0 == 10).unwrap();
        let [mention] = extraction.mentions.as_slice() else {
            panic!("one image: {extraction:?}")
        };
        assert_eq!(mention.place.start.line, 3);
        assert_eq!(files[0].slice(mention.place.span), "a/b");
        assert_eq!(mention.value.as_known().as_deref(), Some("quay.io/a/b:v1"));
        assert_eq!(mention.also[0].start.line, 3, "the template's line");
        assert_eq!(extraction.objects.len(), 1);
        let parts: Vec<_> = mention
            .value
            .pieces
            .iter()
            .filter_map(|piece| match piece {
                image_lint_model::value::Piece::Substituted { text, origin } => {
                    Some((&**text, &*origin.name, origin.place?.start.line))
                }
                _ => None,
            })
            .collect();
        assert_eq!(parts, [("quay.io", "registry", 2), ("v1", "tag", 4)]);
    }
}
