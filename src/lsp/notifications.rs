//! What the client tells: documents, files, folders, settings.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use lsp_server::{ErrorCode, Notification, RequestId};
use lsp_types::notification::{
    Cancel, DidChangeConfiguration, DidChangeTextDocument, DidChangeWatchedFiles,
    DidChangeWorkspaceFolders, DidCloseTextDocument, DidOpenTextDocument, DidSaveTextDocument,
    Initialized, Notification as _,
};
use lsp_types::{MessageType, NumberOrString, TextDocumentItem, Uri};
use serde::de::DeserializeOwned;

use super::client::is_optional;
use super::document::{ChangeError, Document};
use super::exchange::Job;
use super::server::Server;
use super::uri;

impl Server {
    pub(super) fn notification(&mut self, notification: Notification) {
        let Notification { method, params } = notification;
        let method = method.as_str();
        match method {
            Initialized::METHOD => self.initialized(),
            DidOpenTextDocument::METHOD => {
                if let Some(params) = self.read::<DidOpenTextDocument>(params) {
                    self.opened(params.text_document);
                }
            }
            DidChangeTextDocument::METHOD => {
                if let Some(params) = self.read::<DidChangeTextDocument>(params) {
                    self.changed(params);
                }
            }
            DidSaveTextDocument::METHOD => {
                if let Some(params) = self.read::<DidSaveTextDocument>(params) {
                    self.saved(&params.text_document.uri);
                }
            }
            DidCloseTextDocument::METHOD => {
                if let Some(params) = self.read::<DidCloseTextDocument>(params) {
                    self.closed(&params.text_document.uri);
                }
            }
            DidChangeWatchedFiles::METHOD => {
                if let Some(params) = self.read::<DidChangeWatchedFiles>(params) {
                    let changes = params.changes.iter();
                    let paths = changes.filter_map(|change| uri::to_path(&change.uri));
                    self.job(Job::Disk {
                        paths: paths.collect(),
                    });
                }
            }
            DidChangeWorkspaceFolders::METHOD => {
                if let Some(params) = self.read::<DidChangeWorkspaceFolders>(params) {
                    self.folders_changed(params.event);
                }
            }
            DidChangeConfiguration::METHOD => {
                if let Some(params) = self.read::<DidChangeConfiguration>(params) {
                    self.settings_changed(&params.settings);
                }
            }
            Cancel::METHOD => {
                if let Some(params) = self.read::<Cancel>(params) {
                    self.cancelled(params.id);
                }
            }
            _ if is_optional(method) => {}
            _ => self.not_understood(method, "there is no such notification"),
        }
    }

    fn read<N>(&self, params: serde_json::Value) -> Option<N::Params>
    where
        N: lsp_types::notification::Notification,
        N::Params: DeserializeOwned,
    {
        match serde_json::from_value(params) {
            Ok(params) => Some(params),
            Err(error) => {
                self.not_understood(N::METHOD, &error.to_string());
                None
            }
        }
    }

    fn opened(&mut self, item: TextDocumentItem) {
        // What is no file of this machine has no folder and no configuration.
        let Some(path) = uri::to_path(&item.uri) else {
            return;
        };
        let mut document = Document::new(item.uri, path.clone(), item.version, item.text);
        document.saved = is_on_disk(&path, &document.text);
        match self.documents.open(document) {
            true => self.tell(&path),
            false => self
                .client
                .log("a document of more than 16 MiB is not read"),
        }
    }

    fn changed(&mut self, params: lsp_types::DidChangeTextDocumentParams) {
        let named = params.text_document;
        let Some(path) = uri::to_path(&named.uri) else {
            return;
        };
        let changes = &params.content_changes;
        match self
            .documents
            .change(&path, named.version, changes, self.encoding)
        {
            Ok(_) => self.tell(&path),
            Err(error) => {
                self.not_understood(DidChangeTextDocument::METHOD, &error.to_string());
                if error == ChangeError::TooLarge {
                    self.client.show(MessageType::WARNING, error.to_string());
                    self.job(Job::Closed { path });
                }
            }
        }
    }

    fn saved(&mut self, uri: &Uri) {
        let Some(path) = uri::to_path(uri) else {
            return;
        };
        if let Some(document) = self.documents.get_mut(&path) {
            document.saved = true;
            self.tell(&path);
        }
        // Not every client watches files.
        self.job(Job::Disk { paths: vec![path] });
    }

    fn closed(&mut self, uri: &Uri) {
        let Some(path) = uri::to_path(uri) else {
            return;
        };
        if self.documents.close(&path).is_none() {
            return;
        }
        let gone = |waiting: &super::requests::Waiting| waiting.path == path;
        let (gone, kept) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(gone);
        self.waiting = kept;
        for waiting in gone {
            let why = "the document was closed";
            self.client
                .refuse(waiting.id, ErrorCode::ContentModified, why);
        }
        self.forget(&path);
        self.job(Job::Closed { path });
    }

    /// Hands a document's text to the analysing side.
    fn tell(&self, path: &Path) {
        if let Some(document) = self.documents.get(path) {
            self.job(Job::Text {
                path: document.path.clone(),
                text: document.text.clone(),
                version: document.version,
                saved: document.saved,
            });
        }
    }

    fn folders_changed(&mut self, event: lsp_types::WorkspaceFoldersChangeEvent) {
        let paths = |folders: &[lsp_types::WorkspaceFolder]| -> Vec<PathBuf> {
            let paths = folders.iter().map(|folder| uri::to_path(&folder.uri));
            paths.flatten().collect()
        };
        let removed = paths(&event.removed);
        removed.iter().for_each(|folder| self.forget(folder));
        self.job(Job::Folders {
            added: paths(&event.added),
            removed,
        });
    }

    fn cancelled(&mut self, id: NumberOrString) {
        let id = match id {
            NumberOrString::Number(number) => RequestId::from(number),
            NumberOrString::String(text) => RequestId::from(text),
        };
        if let Some(at) = self.waiting.iter().position(|waiting| waiting.id == id) {
            self.waiting.swap_remove(at);
            let why = "cancelled by the client";
            self.client.refuse(id, ErrorCode::RequestCanceled, why);
        }
    }
}

/// Whether a file holds this text: some clients open documents that were changed before.
fn is_on_disk(path: &Path, text: &str) -> bool {
    let same_length = fs::metadata(path).is_ok_and(|found| {
        let mark = '\u{feff}'.len_utf8();
        let length = found.len() as usize;
        found.is_file() && (length == text.len() || length == text.len() + mark)
    });
    let mut bytes = Vec::new();
    let read = |bytes: &mut Vec<u8>| {
        let file = fs::File::open(path)?;
        file.take(text.len() as u64 + 3).read_to_end(bytes)
    };
    same_length
        && read(&mut bytes).is_ok()
        && bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes) == text.as_bytes()
}
