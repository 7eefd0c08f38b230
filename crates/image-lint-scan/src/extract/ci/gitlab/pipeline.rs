//! A pipeline: the files that it is made of, later ones before earlier ones, and its jobs with what they extend and refer
//! to (docs.gitlab.com, `include`, `extends`, `!reference`).

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

use super::super::matrix::Combinations;
use super::super::{Variables, add_variables};
use crate::extract::Site;
use image_lint_model::value::Value;
use image_lint_text::source::{FileId, Positions, SourceFile};
use image_lint_text::yaml::{Kind, Node, Stream};

/// Keys of the top level that are no jobs.
const GLOBAL: [&str; 11] = [
    "default",
    "include",
    "stages",
    "variables",
    "workflow",
    "image",
    "services",
    "cache",
    "before_script",
    "after_script",
    "spec",
];

/// GitLab allows eleven levels of `extends` and ten of `!reference`.
const MAX_LEVELS: usize = 11;
/// Lines of one script.
const MAX_LINES: usize = 10_000;
/// What looking up jobs may cost a pipeline, in keys that are compared: each of eleven levels may name any number of
/// jobs. What is beyond is taken for not there.
const MAX_COMPARED: usize = 20_000_000;
/// A variable that is copied takes the memory, and some of the time, of so many keys.
const COMPARED_PER_COPY: usize = 40;
/// Following a `!reference`, and looking at a line of a script, take the time of so many keys.
const COMPARED_PER_REFERENCE: usize = 100;
const COMPARED_PER_LINE: usize = 10;

/// One file of a pipeline.
pub(super) struct Part<'n> {
    id: FileId,
    text: &'n str,
    roots: Vec<Node<'n>>,
    positions: RefCell<Positions<'n>>,
    /// `inputs.X`, with their defaults before.
    inputs: Variables,
}

impl<'n> Part<'n> {
    pub fn new(file: &'n SourceFile, stream: &'n Stream<'n>, given: Variables) -> Self {
        let roots: Vec<Node<'n>> = stream.documents.iter().map(|d| d.root()).collect();
        let mut part = Part {
            id: file.id,
            text: &file.text,
            roots,
            positions: RefCell::new(Positions::new(&file.text)),
            inputs: Variables::new(),
        };
        let mut inputs = Variables::new();
        let specs = part
            .roots
            .iter()
            .filter_map(|root| root.at(&["spec", "inputs"]));
        for (name, input) in specs.flat_map(|inputs| inputs.pairs()) {
            if let (Some(name), Some(default)) = (name.as_str(), input.get("default"))
                && let Some(text) = default.as_str()
            {
                let site = Site::Here(default.span());
                let name = format!("inputs.{name}").into();
                inputs.push((name, Value::literal(text), Some(site)));
            }
        }
        let mut inputs = part.located(inputs);
        inputs.extend(given);
        part.inputs = inputs;
        part
    }

    /// Values of this file, as another one sees them.
    fn located(&self, variables: Variables) -> Variables {
        let mut positions = self.positions.borrow_mut();
        let place = |site| match site {
            Site::Here(span) => Site::There(positions.place(self.id, span)),
            there => there,
        };
        let mut place = place;
        variables
            .into_iter()
            .map(|(name, value, site)| (name, value, site.map(&mut place)))
            .collect()
    }
}

/// A node of one of the files.
#[derive(Clone, Copy)]
pub(super) struct At<'n> {
    pub part: usize,
    pub node: Node<'n>,
}

pub(super) struct Pipeline<'n> {
    parts: Vec<Part<'n>>,
    /// Where each job is written, the place that wins last.
    jobs: HashMap<&'n str, Vec<At<'n>>>,
    /// Names of jobs in the order in which they are written.
    order: Vec<&'n str>,
    extended: HashSet<&'n str>,
    left: Cell<usize>,
}

impl<'n> Pipeline<'n> {
    pub fn new(parts: Vec<Part<'n>>) -> Self {
        let mut jobs: HashMap<&'n str, Vec<At<'n>>> = HashMap::new();
        let mut order = Vec::new();
        let mut extended = HashSet::new();
        for (part, one) in parts.iter().enumerate() {
            for (name, node) in one.roots.iter().flat_map(|root| root.pairs()) {
                let Some(name) = name.as_str() else { continue };
                if GLOBAL.contains(&name) || node.kind() != Kind::Mapping {
                    continue;
                }
                extended.extend(names(node.get("extends")));
                let places = jobs.entry(name).or_default();
                if places.is_empty() {
                    order.push(name);
                }
                places.push(At { part, node });
            }
        }
        Pipeline {
            parts,
            jobs,
            order,
            extended,
            left: Cell::new(MAX_COMPARED),
        }
    }

    fn spend(&self, cost: usize) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(cost));
        left >= cost
    }

    /// The jobs that run, or the templates.
    pub fn jobs(&self, run: bool) -> impl Iterator<Item = Job<'_, 'n>> {
        let wanted = self
            .order
            .iter()
            .filter(move |name| name.starts_with('.') != run);
        wanted.filter_map(|name| self.job(name))
    }

    fn job(&self, name: &str) -> Option<Job<'_, 'n>> {
        let (name, places) = self.jobs.get_key_value(name)?;
        Some(Job {
            pipeline: self,
            name,
            places,
        })
    }

    /// No job at all: what the top level says to everybody.
    pub fn nobody(&self) -> Job<'_, 'n> {
        Job {
            pipeline: self,
            name: "",
            places: &[],
        }
    }

    pub fn is_extended(&self, name: &str) -> bool {
        self.extended.contains(name)
    }

    /// A key of the top level and of `default`, everywhere it is written, the one that wins last.
    pub fn defaults(&self, key: &str) -> Vec<At<'n>> {
        let mut found = Vec::new();
        for (part, one) in self.parts.iter().enumerate() {
            let at = |node| At { part, node };
            let global = one.roots.iter().filter_map(|root| root.get(key)).map(at);
            let default = one
                .roots
                .iter()
                .filter_map(|root| root.at(&["default", key]))
                .map(at);
            found.extend(global.chain(default));
        }
        found
    }

    /// Variables of all jobs, as the file `seen_from` sees them.
    pub fn variables(&self, seen_from: usize) -> Variables {
        let mut all = dependency_proxies();
        for (part, one) in self.parts.iter().enumerate() {
            let mut own = Variables::new();
            for root in &one.roots {
                add_variables(&mut own, root.get("variables"));
            }
            all.extend(self.seen(part, seen_from, own));
        }
        all.extend(self.parts[seen_from].inputs.iter().cloned());
        all
    }

    fn seen(&self, part: usize, from: usize, variables: Variables) -> Variables {
        match part == from {
            true => variables,
            false => self.parts[part].located(variables),
        }
    }

    /// Whether a list is a path after `!reference`.
    fn is_reference(&self, at: At<'n>) -> bool {
        let start = at.node.span().start as usize;
        let before = self.parts[at.part].text.get(..start).unwrap_or("");
        at.node.kind() == Kind::Sequence && before.trim_end().ends_with("!reference")
    }
}

/// A job of the pipeline.
#[derive(Clone, Copy)]
pub(super) struct Job<'p, 'n> {
    pipeline: &'p Pipeline<'n>,
    pub name: &'p str,
    /// Where it is written, the place that wins last.
    places: &'p [At<'n>],
}

impl<'p, 'n> Job<'p, 'n> {
    /// The beginning of its fields' paths.
    pub fn field(self) -> String {
        match self.name {
            "" => String::new(),
            name => format!("{name}."),
        }
    }

    /// What it extends, the one that wins last.
    fn parents(self) -> Vec<Job<'p, 'n>> {
        let mut found = Vec::new();
        for at in self.places {
            let own = at.node.pairs().count();
            for name in names(at.node.get("extends")) {
                if !self.pipeline.spend(own + 1) {
                    return found;
                }
                found.extend(self.pipeline.job(name));
            }
        }
        found
    }

    /// A key of its own.
    pub fn own(self, key: &str) -> Option<At<'n>> {
        let places = self.places.iter().rev();
        places
            .filter_map(|at| {
                Some(At {
                    node: at.node.get(key)?,
                    ..*at
                })
            })
            .next()
    }

    /// A key of its own, or of what it extends: lists are taken as a whole.
    pub fn get(self, key: &str, level: usize) -> Option<At<'n>> {
        self.own(key).or_else(|| {
            let parents = (level < MAX_LEVELS).then(|| self.parents());
            let mut parents = parents.into_iter().flatten().rev();
            parents.find_map(|parent| parent.get(key, level + 1))
        })
    }

    /// A key as it counts for the job, with what the top level gives to all.
    pub fn effective(self, key: &str) -> Option<At<'n>> {
        self.get(key, 0)
            .or_else(|| self.pipeline.defaults(key).pop())
    }

    /// Mappings are joined key by key.
    pub fn variables(self, seen_from: usize, level: usize, variables: &mut Variables) {
        if level < MAX_LEVELS {
            for parent in self.parents() {
                parent.variables(seen_from, level + 1, variables);
            }
        }
        for at in self.places {
            let given = at.node.get("variables");
            let copies = given.map_or(0, |given| given.pairs().count());
            let cost = copies.saturating_mul(COMPARED_PER_COPY);
            if level == 0 || self.pipeline.spend(cost) {
                let mut own = Variables::new();
                add_variables(&mut own, given);
                variables.extend(self.pipeline.seen(at.part, seen_from, own));
            }
        }
    }

    /// The variables of each rule that sets some (`workflow:rules:variables`, `rules:variables`), with what is known
    /// without them where a rule leaves one out.
    pub fn rules(self, seen_from: usize, known: &Variables) -> Combinations {
        let mut lists: Vec<At<'n>> = Vec::new();
        for (part, one) in self.pipeline.parts.iter().enumerate() {
            let workflow = one
                .roots
                .iter()
                .filter_map(|root| root.at(&["workflow", "rules"]));
            lists.extend(workflow.map(|node| At { part, node }));
        }
        lists.extend(self.get("rules", 0));
        let mut rules: Combinations = Vec::new();
        let mut set: HashSet<Box<str>> = HashSet::new();
        let mut leaves_out = false;
        for list in lists {
            for rule in list.node.items() {
                let mut own = Variables::new();
                add_variables(&mut own, rule.get("variables"));
                leaves_out |= own.is_empty() && rule.str_at(&["when"]) != Some("never");
                set.extend(own.iter().map(|(name, ..)| name.clone()));
                if !own.is_empty() {
                    rules.push(self.pipeline.seen(list.part, seen_from, own));
                }
            }
        }
        if rules.is_empty() {
            return rules;
        }
        if leaves_out {
            rules.push(Variables::new());
        }
        for rule in &mut rules {
            for name in &set {
                let has = |all: &Variables| all.iter().rev().find(|one| one.0 == *name).cloned();
                if has(rule).is_none() {
                    rule.extend(has(known));
                }
            }
        }
        rules.retain(|rule| !rule.is_empty());
        rules
    }

    /// The node itself, or what the path after a `!reference` leads to.
    pub fn followed(self, at: At<'n>) -> Option<At<'n>> {
        match self.pipeline.is_reference(at) {
            true => self.referred(at.node),
            false => Some(at),
        }
    }

    fn referred(self, path: Node<'n>) -> Option<At<'n>> {
        let path: Vec<&str> = path.items().filter_map(|item| item.as_str()).collect();
        let [name, first, rest @ ..] = path.as_slice() else {
            return None;
        };
        let found = self.pipeline.job(name)?.get(first, 0)?;
        Some(At {
            node: found.node.at(rest)?,
            ..found
        })
    }

    /// The lines of a script, with what `!reference [job, key]` leads to in its place.
    pub fn gather(self, at: At<'n>, level: usize, lines: &mut Vec<At<'n>>) {
        if level > MAX_LEVELS || lines.len() > MAX_LINES || !self.pipeline.spend(COMPARED_PER_LINE)
        {
            return;
        }
        if at.node.kind() != Kind::Sequence {
            lines.push(at);
            return;
        }
        if self.pipeline.is_reference(at) {
            if self.pipeline.spend(COMPARED_PER_REFERENCE)
                && let Some(found) = self.referred(at.node)
            {
                self.gather(found, level + 1, lines);
            }
            return;
        }
        for node in at.node.items() {
            self.gather(At { node, ..at }, level + 1, lines);
        }
    }
}

/// Group-wide caches of Docker Hub (docs.gitlab.com, "Dependency proxy"): `$PREFIX/alpine:3` is Docker Hub's.
fn dependency_proxies() -> Variables {
    ["GROUP", "DIRECT_GROUP"]
        .into_iter()
        .map(|which| {
            let name = format!("CI_DEPENDENCY_PROXY_{which}_IMAGE_PREFIX");
            (name.into(), Value::literal("docker.io"), None)
        })
        .collect()
}

/// A name or a list of names.
fn names(node: Option<Node<'_>>) -> Vec<&str> {
    let Some(node) = node else { return Vec::new() };
    match node.as_str() {
        Some(name) => vec![name],
        None => node.items().filter_map(|item| item.as_str()).collect(),
    }
}
