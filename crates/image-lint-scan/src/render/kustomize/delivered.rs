//! Kustomizations of this repository to which Argo CD or Flux adds something: entries (`spec.source.kustomize.images` of an
//! Application, `spec.images` of a Flux Kustomization) and values of variables (`spec.postBuild` of the latter). They are
//! what reaches the cluster, in place of the kustomization alone.

use std::collections::BTreeMap;

use super::envsubst::Variables;
use super::images::Entry;
use super::load::Files;
use super::value::{Node, Part, Text};
use crate::tree;
use image_lint_text::source::FileId;

/// What one object says of a kustomization.
pub struct Delivery {
    /// The file of the object.
    pub by: FileId,
    pub entries: Vec<Entry>,
    /// What Flux puts in place of `${…}`; None: it leaves them.
    pub variables: Option<Variables>,
}

impl Delivery {
    /// The kustomization is deployed as it is built.
    pub fn changes_nothing(&self) -> bool {
        self.entries.is_empty() && self.variables.is_none()
    }
}

/// What is said of kustomizations, by their folders.
pub type Delivered = BTreeMap<String, Vec<Delivery>>;

/// Where the specs of applications are.
const SPECS: [&[&str]; 2] = [&["spec"], &["spec", "template", "spec"]];

/// Adds what the objects of a file say of kustomizations in these folders.
pub fn collect(
    files: &Files<'_>,
    file: FileId,
    folders: &BTreeMap<String, FileId>,
    out: &mut Delivered,
) {
    let Ok(documents) = files.documents(file) else {
        return;
    };
    let mut add = |path: Option<String>, entries: Vec<Entry>, variables: Option<Variables>| {
        let folder = path.and_then(|path| tree::join("", path.trim_start_matches('/')));
        if let Some(folder) = folder.filter(|folder| folders.contains_key(folder)) {
            let delivery = Delivery {
                by: file,
                entries,
                variables,
            };
            out.entry(folder).or_default().push(delivery);
        }
    };
    for document in documents.iter() {
        let kind = document.string_at(&["kind"]).unwrap_or_default();
        let version = document.string_at(&["apiVersion"]).unwrap_or_default();
        if kind == "Kustomization" && version.starts_with("kustomize.toolkit.fluxcd.io/") {
            let images = document.at(&["spec", "images"]);
            let entries = images.map(Node::items).unwrap_or_default();
            // Without a path it is the top of the repository.
            let path = document.string_at(&["spec", "path"]);
            add(
                Some(path.unwrap_or_default()),
                entries.iter().filter_map(Entry::read).collect(),
                document.at(&["spec", "postBuild"]).map(after_build),
            );
        } else if version.starts_with("argoproj.io/") {
            for spec in SPECS.iter().filter_map(|way| document.at(way)) {
                let several = spec.get("sources").map(Node::items).unwrap_or_default();
                for source in several.iter().chain(spec.get("source")) {
                    let images = source.at(&["kustomize", "images"]).map(Node::items);
                    let texts = images.unwrap_or_default().iter().filter_map(Node::as_text);
                    add(
                        source.string_at(&["path"]),
                        texts.filter_map(of_argo).collect(),
                        None,
                    );
                }
            }
        }
    }
}

/// `[OLD=]NEW[:TAG|@DIGEST]`; without `OLD` it is for images of the same name.
fn of_argo(text: &Text) -> Option<Entry> {
    let whole = text.to_string();
    let start = whole.find('=').map_or(0, |at| at + 1);
    let (end, tag, digest) = super::images::split(&whole[start..]);
    let name_end = start + end;
    let old = match start {
        0 => &whole[..name_end],
        start => &whole[..start - 1],
    };
    // One piece of the line, whatever is taken of it.
    let part = |from: usize, to: usize| text.slice(from, to).of_entry(Part::NewName);
    let tag = tag.map(|(from, to)| part(start + from, start + to));
    let digest = digest.map(|from| part(start + from, whole.len()));
    Entry::of_parts(text.place()?, old, (part(start, name_end), tag, digest))
}

/// `spec.postBuild`: what is written there counts before what `substituteFrom` takes from the cluster (fluxcd/pkg
/// `kustomize/kustomize_varsub.go`).
fn after_build(node: &Node) -> Variables {
    let pairs = node.get("substitute").map(Node::pairs).unwrap_or_default();
    let values = pairs
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.as_text()?.clone())));
    let from = node.get("substituteFrom").map(Node::items);
    Variables {
        values: values.collect(),
        open: !from.unwrap_or_default().is_empty(),
    }
}
