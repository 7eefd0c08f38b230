//! Places of a snapshot as ranges of the client's documents.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use lsp_types::{Location, Range, Uri};

use super::document::Documents;
use super::exchange::Snapshot;
use super::position::{self, Encoding, Lines};
use super::uri;
use image_lint_text::decode;
use image_lint_text::source::{FileId, Place};

/// Bytes of a file that is read for its columns.
const LARGEST: u64 = 4 * 1024 * 1024;

/// Makes ranges of places.
pub struct Ranges<'a> {
    pub snapshot: &'a Snapshot,
    pub documents: &'a Documents,
    pub encoding: Encoding,
    /// Texts of files that are not open, read once.
    read: RefCell<HashMap<FileId, Option<(String, Lines)>>>,
}

impl<'a> Ranges<'a> {
    pub fn new(snapshot: &'a Snapshot, documents: &'a Documents, encoding: Encoding) -> Self {
        Ranges {
            snapshot,
            documents,
            encoding,
            read: RefCell::default(),
        }
    }

    /// The range of a place in its file.
    pub fn range(&self, place: &Place) -> Range {
        let path = self.snapshot.path(place.file);
        if let Some(document) = self.documents.get(&path)
            && self.snapshot.versions.get(&path) == Some(&document.version)
        {
            return document
                .lines
                .range(&document.text, place.span, self.encoding);
        }
        if let Some(range) = position::without_text(place, self.encoding) {
            return range;
        }
        let mut read = self.read.borrow_mut();
        let text = read.entry(place.file).or_insert_with(|| text(&path));
        match text {
            Some((text, lines)) => lines.range(text, place.span, self.encoding),
            // It is gone: the line is the best that is known.
            None => position::without_text(place, Encoding::Utf32).unwrap_or_default(),
        }
    }

    pub fn location(&self, place: &Place) -> Option<Location> {
        let uri = self.uri(&self.snapshot.path(place.file))?;
        Some(Location::new(uri, self.range(place)))
    }

    /// The URI of a path, as the client writes it where it has the document open.
    pub fn uri(&self, path: &Path) -> Option<Uri> {
        match self.documents.get(path) {
            Some(document) => Some(document.uri.clone()),
            None => uri::from_path(path),
        }
    }
}

fn text(path: &PathBuf) -> Option<(String, Lines)> {
    let file = File::open(path).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes).ok()?;
    let (text, _) = decode::decode(bytes).ok()?;
    let lines = Lines::of(&text);
    Some((text, lines))
}
