//! Where the files of a chart are: among those that were met, or in pushed commits.

use image_lint_scan::tree::Tree as _;

use crate::app::tree;
use crate::discover::commit::{self, Blobs};
use crate::git::Git;

/// Where the files of a chart are read.
pub trait Tree: Sync {
    /// Every file below a folder, by its path from there.
    fn below(&self, folder: &str) -> Vec<(String, Vec<u8>)>;

    /// One file, by its path.
    fn file(&self, path: &str) -> Option<Vec<u8>>;
}

/// Most files and bytes of one chart.
const MAX_FILES: usize = 4000;
const MAX_BYTES: u64 = 32 * 1024 * 1024;

fn prefix(folder: &str) -> String {
    if folder.is_empty() {
        String::new()
    } else {
        format!("{folder}/")
    }
}

/// As many as the bytes of one chart reach for.
fn within(files: impl Iterator<Item = (String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    let mut left = MAX_BYTES;
    let within = files.take_while(|(_, bytes)| {
        let size = bytes.len() as u64;
        let fits = size <= left;
        left = left.saturating_sub(size);
        fits
    });
    within.collect()
}

/// What the walk met: what it leaves out, links that lead out of the tree among it, is not there.
impl Tree for tree::Tree {
    fn below(&self, folder: &str) -> Vec<(String, Vec<u8>)> {
        let prefix = prefix(folder);
        let below = image_lint_scan::tree::Tree::below(self, folder);
        let read = below.into_iter().take(MAX_FILES).filter_map(|(id, path)| {
            let path = path.strip_prefix(&prefix)?.to_owned();
            Some((path, self.bytes(id)?))
        });
        within(read)
    }

    fn file(&self, path: &str) -> Option<Vec<u8>> {
        self.bytes(self.find(path)?)
    }
}

/// The files of pushed commits.
pub struct PushedTree<'a> {
    pub git: &'a Git,
    pub entries: &'a [commit::Entry],
    /// Of one file, in bytes.
    pub limit: u64,
}

impl Tree for PushedTree<'_> {
    fn below(&self, folder: &str) -> Vec<(String, Vec<u8>)> {
        let prefix = prefix(folder);
        let below = self.entries.iter().filter_map(|entry| {
            let path = entry.path.to_text().strip_prefix(&prefix)?.to_owned();
            Some((path, entry.oid.clone()))
        });
        let (paths, oids): (Vec<_>, Vec<_>) = below.take(MAX_FILES).unzip();
        let Ok(blobs) = Blobs::open(self.git, self.limit, oids) else {
            return Vec::new();
        };
        let read = paths
            .into_iter()
            .zip(blobs)
            .filter_map(|(path, bytes)| Some((path, bytes.ok()?)));
        within(read)
    }

    fn file(&self, path: &str) -> Option<Vec<u8>> {
        let entry = self
            .entries
            .iter()
            .find(|entry| entry.path.to_text() == path)?;
        let mut blobs = Blobs::open(self.git, self.limit, vec![entry.oid.clone()]).ok()?;
        blobs.next()?.ok()
    }
}
