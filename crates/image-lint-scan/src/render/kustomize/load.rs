//! Reads the YAML files that a build needs, each once.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::ids::Resource;
use super::value::{Embedded, Node};
use crate::extract::kubernetes::is_definition;
use crate::tree::Tree;
use image_lint_text::source::{FileId, SourceFile, SourceText};
use image_lint_text::yaml;

/// The documents of a file, or why it is not YAML.
pub type Documents = Result<Rc<Vec<Node>>, Rc<str>>;

/// The files of the repository, with what was parsed of them.
pub struct Files<'t> {
    pub tree: &'t dyn Tree,
    texts: RefCell<HashMap<FileId, Option<Arc<SourceFile>>>>,
    parsed: RefCell<HashMap<FileId, Documents>>,
    /// How much of a CustomResourceDefinition is parsed.
    definitions: Definitions,
    /// A build has looked into one of which only the head is there.
    looked_into: Cell<bool>,
}

/// How much is read of CustomResourceDefinitions: they are the bulk of many builds, name no image, and hardly any
/// kustomization looks into them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Definitions {
    /// What is above `spec`: version, kind and metadata.
    Heads,
    Whole,
}

impl<'t> Files<'t> {
    pub fn new(tree: &'t dyn Tree, definitions: Definitions) -> Self {
        Files {
            tree,
            texts: RefCell::default(),
            parsed: RefCell::default(),
            definitions,
            looked_into: Cell::new(false),
        }
    }

    /// What is done to an object depends on what is in it.
    pub fn looks_into(&self, resource: &Resource) {
        if self.definitions == Definitions::Heads && resource.is_definition() {
            self.looked_into.set(true);
        }
    }

    /// Whether a build took a head for the whole, so that its result is not sure.
    pub fn needs_whole_definitions(&self) -> bool {
        self.looked_into.get()
    }

    pub fn text(&self, file: FileId) -> Option<Arc<SourceFile>> {
        let mut texts = self.texts.borrow_mut();
        texts
            .entry(file)
            .or_insert_with(|| self.tree.text(file))
            .clone()
    }

    /// The documents of a file that are not empty.
    pub fn documents(&self, file: FileId) -> Documents {
        if let Some(known) = self.parsed.borrow().get(&file) {
            return known.clone();
        }
        let read = match self.text(file) {
            Some(source) => parse(&source.whole(), file, &source.text, self.definitions),
            None => Err("it cannot be read".into()),
        };
        self.parsed.borrow_mut().insert(file, read.clone());
        read
    }
}

/// The documents of an embedded text.
pub fn embedded(inner: &Embedded) -> Documents {
    let text = SourceText {
        text: (&*inner.text).into(),
        map: inner.map.clone(),
    };
    // No offset of the string is one of the file, so nothing is taken for a copy of it.
    parse(&text, inner.file, "", Definitions::Whole)
}

fn parse(text: &SourceText<'_>, file: FileId, whole: &str, definitions: Definitions) -> Documents {
    let stream = yaml::parse_parts(text, |document| match definitions {
        Definitions::Heads if is_definition(document) => head(document),
        _ => document.len(),
    });
    if let Some(broken) = stream.unread.first() {
        return Err(broken.why.as_str().into());
    }
    let nodes = stream
        .documents
        .iter()
        .map(|document| Node::read(document.root(), file, whole))
        .filter(|node| !node.is_null());
    Ok(Rc::new(nodes.collect()))
}

/// Where `spec` begins, a key of the outermost mapping: what stands at the beginning of a line is no part of a text.
fn head(definition: &str) -> usize {
    let above = definition.find("\nspec:").map(|at| at + 1);
    let named = |end: &usize| definition[..*end].contains("\nmetadata:");
    above.filter(named).unwrap_or(definition.len())
}
