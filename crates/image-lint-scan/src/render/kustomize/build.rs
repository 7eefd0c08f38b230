//! One kustomization after another, as `kustomize build` goes through them (kubernetes-sigs/kustomize
//! `api/internal/target/kusttarget.go`): resources, generators, components, transformers, variables.
//!
//! What kustomize refuses is reported with its reason, and the build goes on without that step: what is deployed once it
//! is corrected is the better guess than nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use image_lint_text::meter::Meter;
use image_lint_text::source::FileId;

use super::fail::{Fail, Problem, ProblemKind, Site};
use super::generators;
use super::ids::{self, Resource};
use super::images;
use super::json6902::weigh;
use super::kustomization::{NAMES, check, first_place, is_remote, text_of};
use super::load::{Files, embedded};
use super::path::FieldSpec;
use super::select::field;
use super::value::{Node, Text};
use super::vars::{self, Var};
use crate::tree;

/// What one kustomization has come to.
#[derive(Clone, Default)]
pub struct Accumulated {
    pub resources: Vec<Resource>,
    /// Where images are looked for.
    pub image_fields: Vec<FieldSpec>,
    /// Where variables are looked for.
    pub var_fields: Vec<FieldSpec>,
    /// Further kinds whose replicas are set, by `configurations`.
    pub replica_fields: Vec<FieldSpec>,
    pub vars: Vec<Var>,
    /// Not all of its objects are known: a base of another repository, a plugin, a chart.
    pub open: bool,
}

/// What an entry of `images`, or a target of a patch, came to in all builds.
#[derive(Clone, Debug, Default)]
pub struct Use {
    /// Its name or target, for messages.
    pub shown: String,
    pub hit: bool,
    pub open: bool,
    pub candidates: BTreeSet<String>,
}

/// What all builds together found.
#[derive(Default)]
pub struct Report {
    pub problems: Vec<Problem>,
    /// Files whose documents became part of a build.
    pub used: BTreeSet<FileId>,
    /// Kustomizations that were built.
    pub built: BTreeSet<FileId>,
    pub entries: BTreeMap<Site, Use>,
    pub targets: BTreeMap<Site, Use>,
    /// Files with patches for objects that only a base that is not here may have.
    pub open: BTreeSet<FileId>,
}

/// Builds the kustomizations of one repository.
pub struct Builder<'t, 'f> {
    pub files: &'f Files<'t>,
    /// The kustomization of each folder that has one.
    pub folders: &'f BTreeMap<String, FileId>,
    pub meter: &'f Meter,
    pub report: &'f mut Report,
    pub cache: &'f mut HashMap<String, Rc<Accumulated>>,
    /// Folders that are being built.
    pub stack: Vec<String>,
}

impl Builder<'_, '_> {
    pub fn problem(&mut self, fail: Fail, otherwise: Option<Site>) {
        let (kind, at) = match fail {
            Fail::Refused { why, at } => (ProblemKind::Refused(why), at),
            Fail::Unquoted { why, at } => (ProblemKind::Unquoted(why), at),
            Fail::Missing { path, at } => {
                let beyond = at
                    .or(otherwise)
                    .is_some_and(|(file, _)| self.files.tree.is_beyond(file, &path));
                match beyond {
                    true => (ProblemKind::Beyond(path), at),
                    false => (ProblemKind::Missing(path), at),
                }
            }
            Fail::UsedUp(cause) => (ProblemKind::Refused(cause.to_string()), None),
        };
        self.note(kind, at.or(otherwise));
    }

    pub fn note(&mut self, kind: ProblemKind, at: Option<Site>) {
        let Some(at) = at else { return };
        let problem = Problem { at, kind };
        if !self.report.problems.contains(&problem) && self.report.problems.len() < 1000 {
            self.report.problems.push(problem);
        }
    }

    /// The kustomization of a folder by itself.
    pub fn base(&mut self, folder: &str, at: Option<Site>) -> Option<Rc<Accumulated>> {
        if let Some(known) = self.cache.get(folder) {
            return Some(Rc::clone(known));
        }
        let made = Rc::new(self.accumulate(folder, Accumulated::default(), at)?);
        self.cache.insert(folder.to_owned(), Rc::clone(&made));
        Some(made)
    }

    /// The document of a folder's kustomization; None when it is no YAML or is used up.
    fn document(&mut self, folder: &str) -> Option<(FileId, Node)> {
        let file = *self.folders.get(folder)?;
        let start = Some((file, image_lint_text::source::Span::new(0, 0)));
        match self.files.documents(file) {
            Ok(documents) => {
                let node = documents.first()?.clone();
                // A template of another tool, which fills it in before kustomize reads it.
                let is_template = || {
                    self.files
                        .text(file)
                        .is_some_and(|own| own.text.contains("{{"))
                };
                if let Err(fail) = check(&node, start)
                    && !is_template()
                {
                    self.problem(fail, start);
                }
                Some((file, node))
            }
            // The reader of the file itself says that it is not YAML.
            Err(_) => None,
        }
    }

    fn accumulate(
        &mut self,
        folder: &str,
        from: Accumulated,
        at: Option<Site>,
    ) -> Option<Accumulated> {
        if self.stack.iter().any(|open| open == folder) {
            let why = format!("cycle detected: `{folder}` includes itself");
            self.problem(Fail::refused(why, at), None);
            return None;
        }
        let (file, node) = self.document(folder)?;
        let level = match self.meter.deeper() {
            Ok(level) => level,
            Err(cause) => {
                self.problem(cause.into(), at);
                return None;
            }
        };
        self.stack.push(folder.to_owned());
        self.report.built.insert(file);
        self.report.used.insert(file);
        let target = Target {
            folder,
            node: &node,
        };
        let made = self.target(&target, from);
        self.stack.pop();
        drop(level);
        Some(made)
    }

    fn target(&mut self, target: &Target<'_>, from: Accumulated) -> Accumulated {
        let mut made = from;
        for key in ["resources", "bases"] {
            for path in target.list(key) {
                self.resource(target, path, &mut made);
            }
        }
        self.drop_doubles(&mut made);
        self.configurations(target, &mut made);
        self.generators(target, &mut made);
        for path in target.list("components") {
            self.component(target, path, &mut made);
        }
        self.transform(target, &mut made);
        for item in target.items("vars") {
            let Some(var) = Var::read(item) else { continue };
            if made.vars.iter().any(|known| known.name == var.name) {
                let why = format!("var '{}' already encountered", var.name);
                self.problem(Fail::refused(why, var.site), None);
                continue;
            }
            if let Err(fail) = vars::bind(&mut made.resources, &var) {
                self.problem(fail, var.site);
            }
            let bound = |one: &&Resource| one.vars.contains(&var.name);
            (made.resources.iter().filter(bound)).for_each(|one| self.files.looks_into(one));
            made.vars.push(var);
        }
        made
    }

    /// An item of `resources`: a file, a folder with a kustomization, or an address.
    fn resource(&mut self, target: &Target<'_>, path: &Text, made: &mut Accumulated) {
        let text = path.to_string();
        let Some(place) = tree::join(target.folder, &text) else {
            return self.outside(path, made);
        };
        if let Some(file) = self.files.tree.find(&place) {
            return self.resource_file(file, path, made);
        }
        if self.folders.contains_key(&place) {
            if let Some(base) = self.base(&place, path.place()) {
                self.include((self.folders[&place], &base), made);
            } else {
                made.open = true;
            }
            return;
        }
        self.outside(path, made);
    }

    /// What is not in the repository.
    fn outside(&mut self, path: &Text, made: &mut Accumulated) {
        made.open = true;
        let text = path.to_string();
        if is_remote(&text) {
            self.note(ProblemKind::Remote(text), path.place());
        } else {
            let at = path.place();
            self.problem(Fail::Missing { path: text, at }, None);
        }
    }

    fn include(&mut self, (by, base): (FileId, &Accumulated), made: &mut Accumulated) {
        let weighed = self.meter.charge(1).map_err(Fail::from).and_then(|()| {
            base.resources
                .iter()
                .try_for_each(|resource| weigh(&resource.node, self.meter))
        });
        if let Err(fail) = weighed {
            let at = self
                .report
                .built
                .last()
                .map(|file| (*file, Default::default()));
            made.open = true;
            return self.problem(fail, at);
        }
        made.resources.extend(ids::included(&base.resources, by));
        merge_fields(&mut made.image_fields, &base.image_fields);
        merge_fields(&mut made.var_fields, &base.var_fields);
        merge_fields(&mut made.replica_fields, &base.replica_fields);
        made.vars.extend(base.vars.iter().cloned());
        made.open |= base.open;
    }

    fn resource_file(&mut self, file: FileId, path: &Text, made: &mut Accumulated) {
        self.report.used.insert(file);
        match self.files.documents(file) {
            Ok(documents) => {
                for document in documents.iter() {
                    self.add(document, path, made, 0);
                }
            }
            Err(why) => {
                made.open = true;
                let why =
                    format!("accumulating resources from '{path}': MalformedYAMLError: {why}");
                self.problem(Fail::refused(why, path.place()), None);
            }
        }
    }

    /// An object, or the items of a list of them.
    fn add(&mut self, document: &Node, path: &Text, made: &mut Accumulated, depth: u32) {
        let kind = document.string_at(&["kind"]).unwrap_or_default();
        if kind.ends_with("List")
            && depth < 8
            && let Some(items) = document.get("items")
        {
            for item in items.items() {
                self.add(item, path, made, depth + 1);
            }
            return;
        }
        let at = first_place(document).or(path.place());
        if kind.is_empty() {
            let why = format!("accumulating resources from '{path}': missing Resource metadata");
            return self.problem(Fail::refused(why, at), None);
        }
        if document.string_at(&["metadata", "name"]).is_none() {
            let why =
                format!("accumulating resources from '{path}': missing metadata.name in object");
            return self.problem(Fail::refused(why, at), None);
        }
        // A file that is named again and again is copied as often as the meter lets it.
        if let Err(fail) = weigh(document, self.meter) {
            made.open = true;
            return self.problem(fail, at);
        }
        made.resources.push(Resource::new(document.clone()));
    }

    /// Objects with a name that another has.
    fn drop_doubles(&mut self, made: &mut Accumulated) {
        let mut seen = HashSet::new();
        let mut doubles = Vec::new();
        made.resources.retain(|resource| {
            let id = resource.id();
            let space = id.effective_namespace().to_owned();
            let new = seen.insert((id.gvk.clone(), id.name.clone(), space));
            if !new {
                let name = resource.node.at(&["metadata", "name"]);
                doubles.push((id, name.and_then(first_place)));
            }
            new
        });
        for (id, at) in doubles {
            let why = format!(
                "may not add resource with an already registered id: {}",
                id.show()
            );
            self.problem(Fail::refused(why, at), None);
        }
    }

    fn configurations(&mut self, target: &Target<'_>, made: &mut Accumulated) {
        merge_fields(&mut made.image_fields, &images::default_fields());
        merge_fields(&mut made.var_fields, &vars::default_fields());
        for path in target.list("configurations") {
            let Some((file, documents)) = self.file(target, path) else {
                continue;
            };
            self.report.used.insert(file);
            for document in documents.iter() {
                let read = |key: &str| -> Vec<FieldSpec> {
                    let list = field(document, key).map(Node::items).unwrap_or_default();
                    list.iter().filter_map(FieldSpec::read).collect()
                };
                merge_fields(&mut made.image_fields, &read("images"));
                merge_fields(&mut made.var_fields, &read("varReference"));
                merge_fields(&mut made.replica_fields, &read("replicas"));
            }
        }
    }

    /// The documents of a file that the kustomization names.
    pub fn file(&mut self, target: &Target<'_>, path: &Text) -> Option<(FileId, Rc<Vec<Node>>)> {
        let text = path.to_string();
        let found = tree::join(target.folder, &text).and_then(|path| self.files.tree.find(&path));
        let Some(file) = found else {
            if is_remote(&text) {
                self.note(ProblemKind::Remote(text), path.place());
            } else {
                let at = path.place();
                self.problem(Fail::Missing { path: text, at }, None);
            }
            return None;
        };
        match self.files.documents(file) {
            Ok(documents) => Some((file, documents)),
            Err(why) => {
                let why = format!("`{text}` is not YAML: {why}");
                self.problem(Fail::refused(why, path.place()), None);
                None
            }
        }
    }

    fn generators(&mut self, target: &Target<'_>, made: &mut Accumulated) {
        for (key, kind) in [
            ("configMapGenerator", "ConfigMap"),
            ("secretGenerator", "Secret"),
        ] {
            for item in target.items(key) {
                let mut files = Vec::new();
                let mut used = |file| files.push(file);
                let generated =
                    generators::generate(self.files, target.folder, item, kind, &mut used);
                let absorbed =
                    generated.and_then(|one| generators::absorb(&mut made.resources, one));
                match absorbed {
                    // A base that is not here may have what this is merged with.
                    Err(Fail::Refused { .. }) if made.open => {}
                    Err(fail) => self.problem(fail, first_place(item)),
                    Ok(()) => {}
                }
            }
        }
        for key in ["helmCharts", "helmChartInflationGenerator"] {
            for item in target.items(key) {
                made.open = true;
                let name = text_of(item, "name").or_else(|| text_of(item, "chartName"));
                let at = name.and_then(Text::place).or_else(|| first_place(item));
                let shown = name.map(Text::to_string).unwrap_or_default();
                self.note(ProblemKind::Elsewhere(format!("the chart `{shown}`")), at);
            }
        }
        for item in target.list("generators") {
            made.open = true;
            let what = "a generator that is a plugin".to_owned();
            self.note(ProblemKind::Elsewhere(what), item.place());
        }
    }

    fn component(&mut self, target: &Target<'_>, path: &Text, made: &mut Accumulated) {
        let text = path.to_string();
        let folder = tree::join(target.folder, &text);
        match folder.filter(|folder| self.folders.contains_key(folder)) {
            Some(folder) => {
                let from = std::mem::take(made);
                let kept = from.clone();
                *made = self.accumulate(&folder, from, path.place()).unwrap_or(kept);
            }
            None => self.outside(path, made),
        }
    }

    /// The documents of an item of `transformers`: inline, a file, or a folder with a kustomization.
    pub fn inline_or_file(&mut self, target: &Target<'_>, item: &Node) -> Vec<Node> {
        let Node::Scalar(scalar) = item else {
            return Vec::new();
        };
        let text = scalar.text.to_string();
        if text.contains('\n')
            && let Some(inner) = scalar.embedded()
        {
            return match embedded(&inner) {
                Ok(documents) => documents.to_vec(),
                Err(why) => {
                    let why = format!("this is not YAML: {why}");
                    self.problem(Fail::refused(why, scalar.text.place()), None);
                    Vec::new()
                }
            };
        }
        let folder = tree::join(target.folder, &text);
        if let Some(folder) = folder.filter(|folder| self.folders.contains_key(folder)) {
            let base = self.base(&folder, scalar.text.place());
            return base
                .map(|base| base.resources.iter().map(|one| one.node.clone()).collect())
                .unwrap_or_default();
        }
        match self.file(target, &scalar.text) {
            Some((file, documents)) => {
                self.report.used.insert(file);
                documents.to_vec()
            }
            None => Vec::new(),
        }
    }
}

fn merge_fields(into: &mut Vec<FieldSpec>, from: &[FieldSpec]) {
    // Nearly always both are kustomize's own, of which there are some hundreds.
    if into.starts_with(from) {
        return;
    }
    for field in from {
        if !into.contains(field) {
            into.push(field.clone());
        }
    }
}

/// A kustomization that is being built.
pub struct Target<'k> {
    pub folder: &'k str,
    pub node: &'k Node,
}

impl<'k> Target<'k> {
    pub fn items(&self, key: &str) -> &'k [Node] {
        field(self.node, key).map(Node::items).unwrap_or_default()
    }

    /// The strings of a list.
    pub fn list(&self, key: &str) -> impl Iterator<Item = &'k Text> + use<'k> {
        self.items(key).iter().filter_map(Node::as_text)
    }
}

/// Folders that a kustomization includes, in any of the ways that make it more than a base of its own.
pub fn includes(node: &Node, folder: &str, folders: &BTreeMap<String, FileId>) -> Vec<String> {
    let target = Target { folder, node };
    [
        "resources",
        "bases",
        "components",
        "transformers",
        "generators",
    ]
    .iter()
    .flat_map(|key| target.list(key))
    .filter_map(|path| tree::join(folder, &path.to_string()))
    .filter(|path| path != folder && folders.contains_key(path))
    .collect()
}

/// Whether a file's name makes it a kustomization.
pub fn is_kustomization(name: &str) -> bool {
    NAMES.contains(&name)
}
