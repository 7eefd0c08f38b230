//! The files of charts, with open documents in the place of what the disk holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::app::charts::{Tree, WorkTree};
use image_lint_text::source::RepoPath;

/// An open document.
#[derive(Clone, Debug)]
pub struct Open {
    pub text: Arc<str>,
    pub version: i32,
    pub saved: bool,
}

/// Open documents by path.
pub type Documents = BTreeMap<RepoPath, Open>;

/// A work tree under open documents.
pub struct Overlay<'a> {
    pub disk: WorkTree,
    pub open: &'a Documents,
}

impl Tree for Overlay<'_> {
    fn below(&self, folder: &str) -> Vec<(String, Vec<u8>)> {
        let mut files = self.disk.below(folder);
        for (path, open) in self.open {
            let path = path.to_text();
            let below = match folder {
                "" => Some(&*path),
                folder => path
                    .strip_prefix(folder)
                    .and_then(|rest| rest.strip_prefix('/')),
            };
            let Some(below) = below else { continue };
            let bytes = open.text.as_bytes().to_vec();
            match files.iter_mut().find(|(known, _)| known == below) {
                Some(file) => file.1 = bytes,
                None => files.push((below.to_owned(), bytes)),
            }
        }
        files
    }

    fn file(&self, path: &str) -> Option<Vec<u8>> {
        let open = self.open.iter().find(|(open, _)| open.to_text() == path);
        match open {
            Some((_, open)) => Some(open.text.as_bytes().to_vec()),
            None => self.disk.file(path),
        }
    }
}
