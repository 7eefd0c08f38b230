//! Reads the YAML files that a build needs, each once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::value::{Embedded, Node};
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
}

impl<'t> Files<'t> {
    pub fn new(tree: &'t dyn Tree) -> Self {
        Files {
            tree,
            texts: RefCell::default(),
            parsed: RefCell::default(),
        }
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
            Some(source) => parse(&source.whole(), file, &source.text),
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
    parse(&text, inner.file, "")
}

fn parse(text: &SourceText<'_>, file: FileId, whole: &str) -> Documents {
    let stream = yaml::parse(text);
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
