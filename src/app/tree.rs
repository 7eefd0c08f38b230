//! The files of a run by path, read again when a kustomization or a chart is made of them.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::top;
use crate::discover::content::{self, Content};
use crate::discover::worktree::Found;
use image_lint_scan::tree;
use image_lint_text::decode;
use image_lint_text::source::{FileId, RepoPath, SourceFile};

/// Where the bytes of a file are.
#[derive(Debug)]
pub enum Bytes {
    OnDisk(Box<Found>),
    Here(Vec<u8>),
}

/// All files that were met, by path.
#[derive(Debug, Default)]
pub struct Tree {
    entries: Vec<(String, FileId, Bytes)>,
    numbers: HashMap<FileId, usize>,
    /// In bytes.
    max_file_size: u64,
}

impl Tree {
    /// Of two files with one path the first counts.
    pub fn new(files: Vec<(RepoPath, FileId, Bytes)>, max_file_size: u64) -> Self {
        let mut entries: Vec<_> = files
            .into_iter()
            .map(|(path, id, bytes)| (path.to_text().into_owned(), id, bytes))
            .collect();
        entries.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.cmp(&b.1)));
        entries.dedup_by(|b, a| a.0 == b.0);
        let numbers = entries.iter().enumerate().map(|(at, entry)| (entry.1, at));
        Tree {
            numbers: numbers.collect(),
            entries,
            max_file_size,
        }
    }

    /// Puts a file there, and gives what was in its place.
    pub fn put(&mut self, path: &RepoPath, id: FileId, bytes: Bytes) -> Option<Bytes> {
        let path = path.to_text().into_owned();
        match self.entries.binary_search_by(|entry| entry.0.cmp(&path)) {
            Ok(at) => {
                let was = std::mem::replace(&mut self.entries[at], (path, id, bytes));
                if was.1 != id {
                    self.count();
                }
                Some(was.2)
            }
            Err(at) => {
                self.entries.insert(at, (path, id, bytes));
                self.count();
                None
            }
        }
    }

    fn count(&mut self) {
        let numbers = self.entries.iter().enumerate();
        self.numbers = numbers.map(|(at, entry)| (entry.1, at)).collect();
    }

    /// Where a file is on the disk; None for one that is at hand.
    pub fn found(&self, file: FileId) -> Option<&Found> {
        match &self.entry(file)?.2 {
            Bytes::OnDisk(found) => Some(found),
            Bytes::Here(_) => None,
        }
    }

    /// A number that no file has.
    pub fn next_id(&self) -> u32 {
        let numbers = self.entries.iter().map(|entry| entry.1.0 + 1);
        numbers.max().unwrap_or(0)
    }

    fn entry(&self, file: FileId) -> Option<&(String, FileId, Bytes)> {
        self.numbers.get(&file).map(|at| &self.entries[*at])
    }

    /// The path of a file.
    pub fn path(&self, file: FileId) -> Option<RepoPath> {
        self.entry(file)
            .map(|(path, ..)| RepoPath::from_bytes(path.as_bytes()))
    }
}

impl tree::Tree for Tree {
    fn find(&self, path: &str) -> Option<FileId> {
        let at = self
            .entries
            .binary_search_by(|entry| entry.0.as_str().cmp(path))
            .ok()?;
        Some(self.entries[at].1)
    }

    fn text(&self, file: FileId) -> Option<Arc<SourceFile>> {
        let path = self.path(file)?;
        let (text, encoding) = decode::decode(self.bytes(file)?).ok()?;
        Some(Arc::new(SourceFile {
            id: file,
            path,
            text,
            encoding,
        }))
    }

    fn bytes(&self, file: FileId) -> Option<Vec<u8>> {
        match &self.entry(file)?.2 {
            Bytes::Here(bytes) => Some(bytes.clone()),
            Bytes::OnDisk(found) => match content::read(found.open(), self.max_file_size, |_| true)
            {
                Content::Bytes(bytes) => Some(bytes),
                _ => None,
            },
        }
    }

    fn is_beyond(&self, file: FileId, path: &str) -> bool {
        let Some(folder) = self.found(file).and_then(|found| found.on_disk.parent()) else {
            return false;
        };
        let real = |path: &Path| std::fs::canonicalize(path).ok();
        // An empty path is the folder that the program runs in.
        let folder = real(&Path::new(".").join(folder));
        let there = folder
            .as_deref()
            .and_then(|folder| real(&folder.join(path)));
        let (Some(folder), Some(there)) = (folder, there) else {
            return false;
        };
        top::of(&folder).is_some_and(|top| there.starts_with(top))
    }

    fn below(&self, folder: &str) -> Vec<(FileId, String)> {
        let folder = if folder.is_empty() {
            String::new()
        } else {
            format!("{folder}/")
        };
        let first = self
            .entries
            .partition_point(|entry| entry.0.as_str() < folder.as_str());
        let below = self.entries[first..]
            .iter()
            .take_while(|entry| entry.0.starts_with(&folder));
        below.map(|(path, id, _)| (*id, path.clone())).collect()
    }
}

/// Notes the files while several threads meet them.
#[derive(Debug, Default)]
pub struct Met(Mutex<Vec<(RepoPath, FileId, Bytes)>>);

impl Met {
    pub fn note(&self, path: RepoPath, id: FileId, bytes: Bytes) {
        // A thread that failed while it held the lock left the list whole: it only adds to it.
        let mut list = self.0.lock().unwrap_or_else(|failed| failed.into_inner());
        list.push((path, id, bytes));
    }

    pub fn into_tree(self, max_file_size: u64) -> Tree {
        let list = self
            .0
            .into_inner()
            .unwrap_or_else(|failed| failed.into_inner());
        Tree::new(list, max_file_size)
    }
}
