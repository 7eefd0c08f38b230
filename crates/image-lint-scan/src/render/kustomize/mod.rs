//! Kustomizations, built as `kustomize build` builds them as far as images go (kubernetes-sigs/kustomize).
//!
//! Each kustomization that no other includes is built; its objects are read like manifests, and each image is mentioned at
//! the line of the repository that decides it: the entry, the patch, or the base.

mod build;
mod delivered;
pub(crate) mod emit;
mod envsubst;
mod fail;
mod generators;
mod ids;
mod image_index;
mod images;
mod json6902;
mod kustomization;
mod load;
mod merge;
pub(crate) mod path;
mod place;
mod replacements;
mod select;
mod transform;
pub(crate) mod value;
mod vars;
mod ways;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use build::{Accumulated, Builder, Report, includes, is_kustomization};
use emit::Rendered;
use fail::{Problem, ProblemKind, Site};
use ids::Resource;
use image_index::ImageIndex;
use image_lint_model::mention::Extraction;
use image_lint_text::meter::{Allowance, Meter, UsedUp};
use image_lint_text::source::{FileId, RepoPath, Span};
use images::Entry;
use load::{Definitions, Files};
use path::FieldSpec;
use value::Node;

use crate::extract::{self, kubernetes};
use crate::tree::Tree;
use image_lint_text::source::SourceFile;

/// What one build may cost. A large one of a public repository takes some 300,000 steps and makes 5 MiB.
const ONE: Allowance = Allowance {
    steps: 4_000_000,
    bytes: 32 * 1024 * 1024,
    depth: 150,
};

/// What all builds of a run may cost.
const ALL_STEPS: u64 = 200_000_000;

/// A file of a run with what was read of it.
pub type FileOf = (FileId, RepoPath, Extraction);

/// Builds the kustomizations among the files, and changes what was read of the files to what is deployed. Gives the files
/// that nobody had read.
pub fn render(files: &mut Vec<FileOf>, tree: &dyn Tree, extended: bool) -> Vec<FileId> {
    let folders: BTreeMap<String, FileId> = files
        .iter()
        .filter(|(_, path, _)| is_kustomization(&path.file_name()))
        .map(|(id, path, _)| (path.folder().into_owned(), *id))
        .collect();
    if folders.is_empty() {
        return Vec::new();
    }
    let mut sources = Files::new(tree, Definitions::Heads);
    let mut builds = Builds::new(&sources, &folders).made(files);
    if sources.needs_whole_definitions() {
        drop(builds);
        sources = Files::new(tree, Definitions::Whole);
        builds = Builds::new(&sources, &folders).made(files);
    }
    let Builds { report, built, .. } = builds;
    let mut placing = place::Placing::new(&sources, files);
    for one in &built {
        let Some(found) = read(one.file, &one.rendered, &sources, extended) else {
            continue;
        };
        placing.take(one, found);
    }
    placing.finish(&report, &folders)
}

/// What the readers of manifests find in built objects.
fn read(
    file: FileId,
    rendered: &Rendered,
    sources: &Files<'_>,
    extended: bool,
) -> Option<Extraction> {
    let source = SourceFile::new(
        file,
        sources.text(file)?.path.clone(),
        rendered.text.clone(),
    );
    Some(extract::extract(&source, &kubernetes::Kubernetes, extended).1)
}

/// What a kustomization that was built by itself became.
struct Built {
    file: FileId,
    rendered: Rendered,
    /// The files that say so, of Argo CD or Flux.
    by: Vec<FileId>,
}

/// The builds of one run.
struct Builds<'t, 'f> {
    sources: &'f Files<'t>,
    folders: &'f BTreeMap<String, FileId>,
    report: Report,
    cache: HashMap<String, Rc<Accumulated>>,
    delivered: delivered::Delivered,
    built: Vec<Built>,
    steps: u64,
}

impl<'t, 'f> Builds<'t, 'f> {
    fn new(sources: &'f Files<'t>, folders: &'f BTreeMap<String, FileId>) -> Self {
        Builds {
            sources,
            folders,
            report: Report::default(),
            cache: HashMap::new(),
            delivered: delivered::Delivered::new(),
            built: Vec::new(),
            steps: 0,
        }
    }

    /// With all that the files ask for.
    fn made(mut self, files: &[FileOf]) -> Self {
        for (id, ..) in files.iter().filter(|(.., read)| read.names_folders) {
            delivered::collect(self.sources, *id, self.folders, &mut self.delivered);
        }
        self.all();
        self
    }

    /// Overlays first; then what only includes itself in a circle.
    fn all(&mut self) {
        let mut included = BTreeSet::new();
        let mut components = BTreeSet::new();
        for (folder, file) in self.folders {
            let Some(node) = self.first_document(*file) else {
                continue;
            };
            included.extend(includes(&node, folder, self.folders));
            if node.string_at(&["kind"]).as_deref() == Some("Component") {
                components.insert(folder.clone());
            }
        }
        let folders: Vec<String> = self.folders.keys().cloned().collect();
        let single = |folder: &&String| !components.contains(*folder);
        for folder in folders.iter().filter(single) {
            if !included.contains(folder) {
                self.one(folder);
            }
        }
        for folder in folders.iter().filter(single) {
            let file = self.folders[folder];
            if !self.report.built.contains(&file) {
                self.one(folder);
            }
        }
    }

    fn first_document(&self, file: FileId) -> Option<Node> {
        self.sources.documents(file).ok()?.first().cloned()
    }

    fn one(&mut self, folder: &str) {
        let file = self.folders[folder];
        let start: Site = (file, Span::new(0, 0));
        if self.steps > ALL_STEPS {
            let why =
                "the kustomizations of this repository ask for more work than is done for one run";
            self.report.problems.push(Problem {
                at: start,
                kind: ProblemKind::Refused(why.into()),
            });
            return;
        }
        let meter = Meter::new(ONE);
        let mut builder = Builder {
            files: self.sources,
            folders: self.folders,
            meter: &meter,
            report: &mut self.report,
            cache: &mut self.cache,
            stack: Vec::new(),
        };
        let Some(made) = builder.base(folder, Some(start)) else {
            return;
        };
        let mut resources = made.resources.clone();
        transform::follow_names(&mut resources);
        let resolved = vars::resolve(&mut resources, &made.vars, &made.var_fields, &meter);
        if let Err(fail) = resolved
            && !made.open
        {
            builder.problem(fail, Some(start));
        }
        let deliveries = self.delivered.get(folder).map_or(&[][..], Vec::as_slice);
        for (resources, by) in variants(resources, deliveries, &made.image_fields, &meter) {
            match emitted(&resources, &meter) {
                Ok(rendered) => self.built.push(Built { file, rendered, by }),
                // Half an object is none.
                Err(cause) => builder.problem(cause.into(), Some(start)),
            }
        }
        self.steps += meter.steps();
    }
}

/// The objects as each delivery deploys them, with the files that say so; as they are where none does.
fn variants(
    resources: Vec<Resource>,
    deliveries: &[delivered::Delivery],
    fields: &[FieldSpec],
    meter: &Meter,
) -> Vec<(Vec<Resource>, Vec<FileId>)> {
    let mut variants = Vec::new();
    let mut as_they_are = Vec::new();
    for delivery in deliveries {
        if delivery.changes_nothing() {
            as_they_are.push(delivery.by);
            continue;
        }
        let changed = match delivery.entries.is_empty() {
            true => Some(resources.clone()),
            false => with_entries(&resources, &delivery.entries, fields, meter),
        };
        let filled = changed.and_then(|changed| match &delivery.variables {
            Some(variables) => envsubst::fill(changed, variables, meter),
            None => Some(changed),
        });
        variants.extend(filled.map(|filled| (filled, vec![delivery.by])));
    }
    if variants.is_empty() || !as_they_are.is_empty() {
        variants.push((resources, as_they_are));
    }
    variants
}

/// The objects with more entries; None where no image has their names, so that they are for another repository.
fn with_entries(
    resources: &[Resource],
    entries: &[Entry],
    fields: &[FieldSpec],
    meter: &Meter,
) -> Option<Vec<Resource>> {
    let mut changed = resources.to_vec();
    let mut index = ImageIndex::new(&changed, fields, meter).ok()?;
    let mut any = false;
    for entry in entries {
        any |= index.apply(entry, &mut changed, meter).ok()?;
    }
    any.then_some(changed)
}

/// The objects that are deployed, as a text.
fn emitted(resources: &[Resource], meter: &Meter) -> Result<Rendered, UsedUp> {
    let mut rendered = Rendered::default();
    for resource in resources.iter().filter(|one| is_deployed(&one.node)) {
        rendered.add_resource(resource, meter)?;
    }
    Ok(rendered)
}

/// Not kept for kustomize alone (`config.kubernetes.io/local-config`), and no schema, which names no image.
fn is_deployed(node: &Node) -> bool {
    let local = node.at(&[
        "metadata",
        "annotations",
        "config.kubernetes.io/local-config",
    ]);
    let local = local.and_then(Node::string);
    local.is_none_or(|text| text == "false") && !ids::is_definition(node)
}

/// Kustomizations name a base that lies elsewhere in ways that nothing else shares.
pub use kustomization::is_remote;
