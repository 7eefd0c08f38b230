//! kustomize `images:`: which mentions of bases are rewritten, and what an entry without a tag means.
//!
//! A mention is not asked when every kustomization that includes its file rewrites it, itself or through all the
//! kustomizations above: then no build of the repository ever pulls it. The entry is the place of the image that is.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::classify;
use super::objects::{Assembly, ObjectFacts};
use super::values::Values;
use image_lint_model::evaluate::Evaluated;
use image_lint_model::mention::{Expect, Part, RemarkKind, Role, SourceKind, Text};
use image_lint_model::object::KustomizeImage;
use image_lint_model::value::{Origin, OriginKind};
use image_lint_text::source::{Place, Span};

/// How many kustomizations on top of each other are gone through.
const MAX_DEPTH: u32 = 32;

/// Steps from a kustomization to one that includes it, for all names together. What is beyond is taken for not rewritten
/// and is not completed.
const MAX_STEPS: usize = 2_000_000;

/// One kustomization.
struct Node<'a> {
    file: usize,
    images: HashMap<&'a str, &'a KustomizeImage>,
    /// Kustomizations that include it.
    parents: Vec<usize>,
}

struct Graph<'a> {
    nodes: Vec<Node<'a>>,
    /// Kustomizations that include a file directly. Sorted, so that circles are entered at the same point in every run.
    includers: BTreeMap<usize, Vec<usize>>,
    memo: HashMap<(usize, &'a str), Option<Place>>,
    /// How many more kustomizations are asked about a name.
    steps: usize,
}

impl<'a> Graph<'a> {
    fn new(assembly: &'a Assembly) -> Self {
        let mut nodes = Vec::new();
        let mut resources = Vec::new();
        let mut by_folder: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut files = HashSet::new();
        for object in &assembly.objects {
            let ObjectFacts::Kustomization(kustomization) = &object.facts else {
                continue;
            };
            // Kustomize refuses a file with a second one.
            if !files.insert(object.file) {
                continue;
            }
            by_folder
                .entry(&assembly.files[object.file].folder)
                .or_default()
                .push(nodes.len());
            resources.push(&kustomization.resources);
            let mut images = HashMap::new();
            for image in &kustomization.images {
                if rewrites(image) {
                    images.entry(&*image.name).or_insert(image);
                }
            }
            nodes.push(Node {
                file: object.file,
                images,
                parents: Vec::new(),
            });
        }
        let by_path: HashMap<&str, usize> = if nodes.is_empty() {
            HashMap::new()
        } else {
            assembly
                .files
                .iter()
                .enumerate()
                .map(|(i, f)| (&*f.path, i))
                .collect()
        };
        let mut includers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (node, resources) in resources.into_iter().enumerate() {
            let mut seen = HashSet::new();
            for resource in resources
                .iter()
                .filter(|resource| seen.insert(&***resource))
            {
                let Some(path) = resolve(&assembly.files[nodes[node].file].folder, resource) else {
                    continue;
                };
                if let Some(file) = by_path.get(&*path) {
                    includers.entry(*file).or_default().push(node);
                } else if let Some(bases) = by_folder.get(&*path) {
                    for base in bases.iter().filter(|base| **base != node) {
                        nodes[*base].parents.push(node);
                    }
                }
            }
        }
        // Its own patches are made before its images are put in.
        for (i, node) in nodes.iter().enumerate() {
            includers.entry(node.file).or_default().push(i);
        }
        // `a`, `./a` and `../x/a` are one resource.
        for list in includers
            .values_mut()
            .chain(nodes.iter_mut().map(|node| &mut node.parents))
        {
            list.sort_unstable();
            list.dedup();
        }
        Graph {
            nodes,
            includers,
            memo: HashMap::new(),
            steps: MAX_STEPS,
        }
    }

    /// The entry that rewrites a name on every way from a kustomization up to those that nothing includes.
    fn rewritten(&mut self, node: usize, name: &'a str, depth: u32) -> Option<Place> {
        if depth >= MAX_DEPTH || self.steps == 0 {
            return None;
        }
        self.steps -= 1;
        if let Some(image) = self.nodes[node].images.get(name) {
            return Some(image.place);
        }
        if let Some(known) = self.memo.get(&(node, name)) {
            return *known;
        }
        // Who includes itself in a circle is not rewritten by that.
        self.memo.insert((node, name), None);
        let mut all = None;
        for i in 0..self.nodes[node].parents.len() {
            let parent = self.nodes[node].parents[i];
            let Some(place) = self.rewritten(parent, name, depth + 1) else {
                all = None;
                break;
            };
            all.get_or_insert(place);
        }
        self.memo.insert((node, name), all);
        all
    }
}

fn rewrites(image: &KustomizeImage) -> bool {
    image.new_name.is_some()
        || image.new_tag.as_ref().is_some_and(|tag| !tag.is_empty())
        || image.digest.is_some()
        || image.tag_suffix.is_some()
}

/// What follows the name in a base: `:tag`, `@digest`, both, or nothing.
fn split_name(raw: &str) -> (&str, &str) {
    let path = raw.rfind('/').map_or(0, |i| i + 1);
    let at = raw[path..].find(['@', ':']).map_or(raw.len(), |i| path + i);
    raw.split_at(at)
}

/// A path relative to a folder, both below the root; None for what leads out of it or to another host.
fn resolve(folder: &str, path: &str) -> Option<String> {
    if path.contains("://") || path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// The entry of a kustomization that has neither a tag nor a digest of its own, with what the bases give it.
struct Completion {
    mention: usize,
    name: String,
    suffix: String,
    /// `:tag` with the place where it stands.
    found: Vec<(String, Place)>,
}

/// Marks rewritten mentions, and completes entries with the tags of their bases.
pub(super) fn link(assembly: &mut Assembly, values: &Values) {
    let (rewritten, completions) = {
        let mut graph = Graph::new(assembly);
        if graph.nodes.is_empty() {
            return;
        }
        (
            rewritten(assembly, &mut graph),
            completions(assembly, &graph),
        )
    };
    for (mention, place) in rewritten {
        let entry = &mut assembly.mentions[mention];
        entry.remark(
            RemarkKind::Rewritten,
            Some(place),
            "a kustomization puts another image in its place",
        );
        let placeholder =
            matches!(entry.linked.text, Text::Open(_)) && entry.linked.mention.value.is_literal();
        if placeholder || matches!(entry.linked.text, Text::Invalid { .. }) {
            // A name that only stands for the image, such as `IMAGE`.
            entry.linked.text = Text::Local {
                text: entry.raw.to_string(),
                why: "a name that kustomizations replace by an image",
            };
        }
    }
    for completion in completions {
        complete(assembly, completion, values);
    }
}

/// Mentions that every kustomization rewrites which includes their file.
fn rewritten<'a>(assembly: &'a Assembly, graph: &mut Graph<'a>) -> Vec<(usize, Place)> {
    let mut found = Vec::new();
    let includers = std::mem::take(&mut graph.includers);
    for (file, includers) in &includers {
        let file = *file;
        for i in assembly.files[file].mentions.clone() {
            let entry = &assembly.mentions[i];
            // An entry of a kustomization is what others are rewritten to.
            if entry.linked.mention.role != Role::Run
                || entry.linked.mention.source == SourceKind::Kustomize
            {
                continue;
            }
            let (name, _) = split_name(&entry.raw);
            let mut first = None;
            let all = includers
                .iter()
                .all(|node| match graph.rewritten(*node, name, 0) {
                    Some(place) => {
                        first.get_or_insert(place);
                        true
                    }
                    None => false,
                });
            if let (true, Some(place)) = (all, first) {
                found.push((i, place));
            }
        }
    }
    graph.includers = includers;
    found
}

/// Entries whose tag is that of the base.
fn completions(assembly: &Assembly, graph: &Graph<'_>) -> Vec<Completion> {
    let mut open: HashMap<(usize, &str), usize> = HashMap::new();
    let mut list: Vec<Completion> = Vec::new();
    for (n, node) in graph.nodes.iter().enumerate() {
        let mut images: Vec<_> = node.images.values().collect();
        images.sort_unstable_by_key(|image| image.place);
        for image in images {
            let tagged =
                image.digest.is_some() || image.new_tag.as_ref().is_some_and(|tag| !tag.is_empty());
            if tagged {
                continue;
            }
            let Some(mention) = image.mention else {
                continue;
            };
            open.insert((n, &image.name), list.len());
            list.push(Completion {
                mention: assembly.files[node.file].mentions.start + mention as usize,
                name: image.new_name.as_deref().unwrap_or(&image.name).to_owned(),
                suffix: image.tag_suffix.as_deref().unwrap_or("").to_owned(),
                found: Vec::new(),
            });
        }
    }
    if list.is_empty() {
        return list;
    }
    // Each (kustomization, name, tag) is gone through once, however many mentions are alike.
    let mut seen: HashSet<(usize, &str, &str)> = HashSet::new();
    let mut steps = MAX_STEPS;
    for (file, includers) in &graph.includers {
        for entry in &assembly.mentions[assembly.files[*file].mentions.clone()] {
            if entry.linked.mention.source == SourceKind::Kustomize {
                continue;
            }
            let (name, rest) = split_name(&entry.raw);
            let mut ways: Vec<usize> = includers.clone();
            while let Some(node) = ways.pop() {
                let Some(left) = steps.checked_sub(1) else {
                    return Vec::new();
                };
                steps = left;
                if !seen.insert((node, name, rest)) {
                    continue;
                }
                if let Some(i) = open.get(&(node, name)) {
                    list[*i]
                        .found
                        .push((rest.to_owned(), entry.linked.mention.place));
                }
                ways.extend(&graph.nodes[node].parents);
            }
        }
    }
    list
}

/// Gives an entry the tag that its bases agree on. Where they do not, or where no base in the repository has the image,
/// the entry stays the name of a repository.
fn complete(assembly: &mut Assembly, completion: Completion, values: &Values) {
    let Some((tag, place)) = completion.found.first() else {
        return;
    };
    if completion.found.iter().any(|(other, _)| other != tag) {
        return;
    }
    let Some(entry) = assembly.mentions.get_mut(completion.mention) else {
        return;
    };
    let mut text = completion.name.clone();
    let start = text.len();
    text.push_str(tag);
    let mut parts = Vec::new();
    if !tag.is_empty() {
        let origin = Origin {
            name: "tag of the base".into(),
            kind: OriginKind::Kustomize,
            place: Some(*place),
        };
        parts.push(Part {
            span: Span::new(start, text.len()),
            text: tag.clone(),
            origin,
        });
    } else if !completion.suffix.is_empty() {
        text.push_str(":latest");
    }
    text.push_str(&completion.suffix);
    entry.linked.mention.expect = Expect::Image;
    let evaluated = Evaluated {
        text,
        parts,
        open: Vec::new(),
    };
    let classified = classify::classify(evaluated, &entry.linked.mention, values);
    entry.linked.text = classified.text;
    entry.linked.parts = classified.parts;
    entry.raw = classified.raw;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_where_tag_or_digest_begins() {
        for (raw, expected) in [
            ("nginx", ("nginx", "")),
            ("nginx:1", ("nginx", ":1")),
            ("h:5000/a/b", ("h:5000/a/b", "")),
            ("h:5000/a/b:1@sha256:0", ("h:5000/a/b", ":1@sha256:0")),
        ] {
            assert_eq!(split_name(raw), expected);
        }
    }

    #[test]
    fn resources_stay_below_the_root() {
        for (folder, path, expected) in [
            ("a/b", "../base", Some("a/base")),
            ("a/b", "./x.yaml", Some("a/b/x.yaml")),
            ("", "x//y/", Some("x/y")),
            ("a", "../../x", None),
            ("a", "https://example.com/x", None),
            ("a", "/etc", None),
            ("a", "..", Some("")),
        ] {
            assert_eq!(
                resolve(folder, path).as_deref(),
                expected,
                "{folder} {path}"
            );
        }
    }
}
