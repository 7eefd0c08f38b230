//! Open documents: their text as the client has it, kept by its changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lsp_types::{TextDocumentContentChangeEvent, Uri};

use super::position::{Encoding, Lines};

/// Bytes of a document; a larger one is not kept.
const LARGEST: usize = 16 * 1024 * 1024;

/// One open document.
#[derive(Debug)]
pub struct Document {
    /// As the client writes it.
    pub uri: Uri,
    pub path: PathBuf,
    pub version: i32,
    pub text: Arc<str>,
    pub lines: Lines,
    /// It is what the disk holds.
    pub saved: bool,
}

/// Why a change was not made.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    #[error("the document is not open")]
    NotOpen,
    #[error("version {given} is not newer than {known}")]
    Version { given: i32, known: i32 },
    #[error("the document grew beyond 16 MiB and is no longer followed")]
    TooLarge,
}

impl Document {
    pub fn new(uri: Uri, path: PathBuf, version: i32, text: String) -> Self {
        let lines = Lines::of(&text);
        Document {
            uri,
            path,
            version,
            lines,
            text: text.into(),
            saved: false,
        }
    }
}

/// All open documents, by path.
#[derive(Debug, Default)]
pub struct Documents(BTreeMap<PathBuf, Document>);

impl Documents {
    pub fn get(&self, path: &Path) -> Option<&Document> {
        self.0.get(path)
    }

    pub fn get_mut(&mut self, path: &Path) -> Option<&mut Document> {
        self.0.get_mut(path)
    }

    /// Opens a document; one that was open is opened anew. False: it is too large to be kept.
    pub fn open(&mut self, document: Document) -> bool {
        let fits = document.text.len() <= LARGEST;
        if fits {
            self.0.insert(document.path.clone(), document);
        }
        fits
    }

    pub fn close(&mut self, path: &Path) -> Option<Document> {
        self.0.remove(path)
    }

    /// Makes changes, one after the other.
    ///
    /// # Errors
    /// A document that is not open, an old version, or one that grew too large, which is then no longer open.
    pub fn change(
        &mut self,
        path: &Path,
        version: i32,
        changes: &[TextDocumentContentChangeEvent],
        encoding: Encoding,
    ) -> Result<&Document, ChangeError> {
        let document = self.0.get(path).ok_or(ChangeError::NotOpen)?;
        let known = document.version;
        if version <= known {
            let given = version;
            return Err(ChangeError::Version { given, known });
        }
        let mut text = document.text.to_string();
        let mut lines = document.lines.clone();
        for change in changes {
            apply(&mut text, &lines, change, encoding);
            if text.len() > LARGEST {
                self.0.remove(path);
                return Err(ChangeError::TooLarge);
            }
            lines = Lines::of(&text);
        }
        let document = self.0.get_mut(path).ok_or(ChangeError::NotOpen)?;
        document.version = version;
        document.text = text.into();
        document.lines = lines;
        document.saved = false;
        Ok(document)
    }
}

fn apply(
    text: &mut String,
    lines: &Lines,
    change: &TextDocumentContentChangeEvent,
    encoding: Encoding,
) {
    let Some(range) = change.range else {
        text.clone_from(&change.text);
        return;
    };
    let start = lines.offset(text, range.start, encoding);
    let end = lines.offset(text, range.end, encoding);
    // Some clients turn ends around.
    text.replace_range(start.min(end)..start.max(end), &change.text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use lsp_types::{Position, Range};
    use std::str::FromStr;

    fn change(
        range: Option<((u32, u32), (u32, u32))>,
        text: &str,
    ) -> TextDocumentContentChangeEvent {
        let at = |(line, character)| Position::new(line, character);
        TextDocumentContentChangeEvent {
            range: range.map(|(start, end)| Range::new(at(start), at(end))),
            range_length: None,
            text: text.to_owned(),
        }
    }

    fn documents(text: &str) -> Documents {
        let mut documents = Documents::default();
        let uri = Uri::from_str("file:///a").unwrap();
        documents.open(Document::new(uri, "/a".into(), 1, text.to_owned()));
        documents
    }

    #[test]
    fn changes_are_made_one_after_the_other() {
        let mut documents = documents("image: ü\nb\n");
        let changes = [
            change(Some(((0, 7), (0, 8))), "nginx"),
            change(Some(((0, 12), (0, 12))), ":1"),
            change(Some(((1, 0), (9, 0))), ""),
        ];
        let changed = documents
            .change(Path::new("/a"), 2, &changes, Encoding::Utf16)
            .unwrap();
        assert_eq!((&*changed.text, changed.version), ("image: nginx:1\n", 2));
        let whole = [change(None, "x")];
        let changed = documents.change(Path::new("/a"), 5, &whole, Encoding::Utf16);
        assert_eq!(&*changed.unwrap().text, "x");
    }

    #[test]
    fn changes_out_of_order_are_refused() {
        let mut documents = documents("a");
        let empty = [change(None, "b")];
        let mut given = |path: &str, version| {
            documents
                .change(Path::new(path), version, &empty, Encoding::Utf16)
                .map(|document| document.version)
        };
        assert_eq!(given("/b", 2), Err(ChangeError::NotOpen));
        assert_eq!(
            given("/a", 1),
            Err(ChangeError::Version { given: 1, known: 1 })
        );
        assert_eq!(given("/a", 3), Ok(3));
    }

    #[test]
    fn a_document_that_grows_without_end_is_given_up() {
        let mut documents = documents("a");
        let large = [change(None, &"x".repeat(LARGEST + 1))];
        let path = Path::new("/a");
        let grown = documents.change(path, 2, &large, Encoding::Utf16);
        assert_eq!(grown.map(|_| ()), Err(ChangeError::TooLarge));
        assert!(documents.get(path).is_none());
    }
}
