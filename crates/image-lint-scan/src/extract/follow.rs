//! Files whose meaning other files give are read again once all files were met: scripts that source, Makefiles and
//! pipelines that include, workflows that are called.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Claim, Reading, claim, extract_with};
use crate::tree::Tree;
use image_lint_model::mention::Extraction;
use image_lint_text::source::{FileId, RepoPath, SourceFile};

/// What reading a file again gave.
#[derive(Debug)]
pub struct Followed {
    path: RepoPath,
    file: FileId,
    /// Who read it.
    reader: &'static str,
    own: Extraction,
    /// What other files give within this one.
    others: Vec<(FileId, Extraction)>,
}

/// The files of a repository, with the bytes that were asked for.
pub struct Counted<'t> {
    tree: &'t dyn Tree,
    bytes: AtomicU64,
}

impl<'t> Counted<'t> {
    pub fn new(tree: &'t dyn Tree) -> Self {
        Counted {
            tree,
            bytes: AtomicU64::new(0),
        }
    }

    /// Of all texts that were handed out.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl Tree for Counted<'_> {
    fn find(&self, path: &str) -> Option<FileId> {
        self.tree.find(path)
    }

    fn text(&self, file: FileId) -> Option<Arc<SourceFile>> {
        let text = self.tree.text(file)?;
        let bytes = text.text.len() as u64;
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        Some(text)
    }

    fn bytes(&self, file: FileId) -> Option<Vec<u8>> {
        self.tree.bytes(file)
    }

    fn below(&self, folder: &str) -> Vec<(FileId, String)> {
        self.tree.below(folder)
    }
}

/// Reads a file again; None when it is gone, or nobody reads it.
pub fn follow(file: FileId, tree: &dyn Tree, extended: bool, run: &Reading) -> Option<Followed> {
    let source: Arc<SourceFile> = tree.text(file)?;
    let head = &source.text.as_bytes()[..source.text.len().min(128)];
    let Claim::By(extractor) = claim(&source.path, head, true) else {
        return None;
    };
    let (own, others) = extract_with(&source, extractor, extended, run, tree);
    Some(Followed {
        path: source.path.clone(),
        file,
        reader: extractor.name(),
        own,
        others,
    })
}

/// What each file gives after all: within the pipeline that includes it, the top one first, else by itself.
pub fn settle(mut followed: Vec<Followed>) -> BTreeMap<FileId, (&'static str, Extraction)> {
    // A file that nothing includes is the top of its own; `.gitlab-ci.yml` at the root comes before those below.
    followed.sort_by(|a, b| {
        let depth = |followed: &Followed| {
            let path = followed.path.to_text();
            (path.matches('/').count(), path.into_owned())
        };
        depth(a).cmp(&depth(b))
    });
    let mut within: HashSet<FileId> = HashSet::new();
    let mut settled = BTreeMap::new();
    for one in followed {
        if within.contains(&one.file) {
            continue;
        }
        for (file, extraction) in one.others {
            if file != one.file && within.insert(file) {
                settled.insert(file, (one.reader, extraction));
            }
        }
        settled.insert(one.file, (one.reader, one.own));
    }
    settled
}
