//! What the client asks. A question about a document is answered when what is known was made of the document as it is
//! now; until then it waits, and may be cancelled.

use std::path::PathBuf;
use std::sync::Arc;

use lsp_server::{ErrorCode, Request, RequestId};
use lsp_types::request::{
    CodeActionRequest, Completion, ExecuteCommand, GotoDefinition, HoverRequest, Initialize,
    InlayHintRequest, Request as _, Shutdown,
};
use lsp_types::{
    CodeActionParams, CompletionList, CompletionResponse, MessageType, Position, Range, Uri,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::document::Document;
use super::exchange::{Job, Snapshot, Tag};
use super::ranges::Ranges;
use super::server::{BAD_PARAMETERS, Server, Stage};
use super::{actions, completion, definition, hover, inlay, uri};
use image_lint_text::source::FileId;

/// Questions that may wait at once.
const MOST: usize = 1000;

/// A question about a document.
#[derive(Clone, Debug)]
pub(super) enum Ask {
    Hover(Position),
    Definition(Position),
    Completion(Position),
    Actions(Box<CodeActionParams>),
    Hints(Range),
}

/// A question that has no answer yet.
#[derive(Debug)]
pub(super) struct Waiting {
    pub id: RequestId,
    pub path: PathBuf,
    pub ask: Ask,
    /// It waits for a registry's answer, which completes this.
    pub tags: Option<(u64, completion::Wanted)>,
}

/// What an answer is made of.
pub(super) struct View<'a> {
    pub snapshot: &'a Snapshot,
    pub document: &'a Document,
    /// None: the file is no source.
    pub file: Option<FileId>,
    pub ranges: Ranges<'a>,
    pub versioned_edits: bool,
    pub markdown: bool,
}

impl View<'_> {
    pub fn offset(&self, position: Position) -> usize {
        let document = self.document;
        document
            .lines
            .offset(&document.text, position, self.ranges.encoding)
    }
}

impl Server {
    pub(super) fn request(&mut self, request: Request) {
        match (self.stage, request.method.as_str()) {
            (_, Initialize::METHOD) => self.initialize(request),
            (Stage::New, _) => {
                let why = "the conversation has not begun";
                self.client
                    .refuse(request.id, ErrorCode::ServerNotInitialized, why);
            }
            (Stage::ShutDown, _) => {
                let why = "the server was shut down";
                self.client
                    .refuse(request.id, ErrorCode::InvalidRequest, why);
            }
            (Stage::Running, Shutdown::METHOD) => self.shut_down(request),
            (Stage::Running, ExecuteCommand::METHOD) => self.execute(request),
            (Stage::Running, _) => self.ask(request),
        }
    }

    fn ask(&mut self, request: Request) {
        let Request { id, method, params } = request;
        match question(&method, params) {
            Ok(Some((uri, ask))) => self.wait(id, &uri, ask),
            Ok(None) => {
                let why = format!("there is no `{method}` here");
                self.client.refuse(id, ErrorCode::MethodNotFound, why);
            }
            Err(why) => self.client.refuse(id, BAD_PARAMETERS, why),
        }
    }

    fn wait(&mut self, id: RequestId, uri: &Uri, ask: Ask) {
        let path = uri::to_path(uri).filter(|path| self.documents.get(path).is_some());
        let Some(path) = path else {
            return self.client.reply(id, Value::Null);
        };
        if self.waiting.len() >= MOST {
            let why = "too many questions wait for an answer";
            return self.client.refuse(id, ErrorCode::RequestFailed, why);
        }
        self.waiting.push(Waiting {
            id,
            path,
            ask,
            tags: None,
        });
        self.answer_waiting();
        if !self.waiting.is_empty() {
            self.job(Job::Now);
        }
    }

    /// Answers what can be answered by now.
    pub(super) fn answer_waiting(&mut self) {
        let mut kept = Vec::new();
        for mut waiting in std::mem::take(&mut self.waiting) {
            let known = self.snapshot(&waiting.path).cloned();
            let current = waiting.tags.is_none()
                && known
                    .as_ref()
                    .is_some_and(|snapshot| self.is_current(&waiting.path, snapshot));
            match known.filter(|_| current) {
                Some(snapshot) => {
                    if !self.answer(&mut waiting, &snapshot) {
                        kept.push(waiting);
                    }
                }
                None => kept.push(waiting),
            }
        }
        self.waiting.append(&mut kept);
    }

    /// Whether a snapshot was made of the document as it is now.
    fn is_current(&self, path: &PathBuf, snapshot: &Arc<Snapshot>) -> bool {
        let now = self.documents.get(path).map(|document| document.version);
        snapshot.versions.get(path).copied() == now
    }

    /// False: it waits for a registry.
    fn answer(&mut self, waiting: &mut Waiting, snapshot: &Snapshot) -> bool {
        let Some(document) = self.documents.get(&waiting.path) else {
            self.client.reply(waiting.id.clone(), Value::Null);
            return true;
        };
        let view = View {
            snapshot,
            document,
            file: snapshot.file(&waiting.path),
            ranges: Ranges::new(snapshot, &self.documents, self.encoding),
            versioned_edits: self.abilities.versioned_edits,
            markdown: self.abilities.markdown,
        };
        let id = waiting.id.clone();
        match &waiting.ask {
            Ask::Hover(at) => self.client.reply(id, hover::hover(&view, *at)),
            Ask::Definition(at) => self.client.reply(id, definition::definition(&view, *at)),
            Ask::Actions(params) => self.client.reply(id, actions::actions(&view, params)),
            Ask::Hints(range) => {
                let hints = self
                    .options
                    .inlay_hints
                    .then(|| inlay::hints(&view, *range));
                self.client.reply(id, hints.unwrap_or_default());
            }
            Ask::Completion(at) => match completion::complete(&view, *at) {
                completion::Outcome::Items(items) => self.client.reply(id, list(items)),
                completion::Outcome::Ask(wanted) => {
                    let ticket = self.ticket();
                    self.job(Job::Tags {
                        ticket,
                        path: waiting.path.clone(),
                        reference: wanted.reference.clone(),
                        digest: wanted.digest,
                    });
                    waiting.tags = Some((ticket, *wanted));
                    return false;
                }
            },
        }
        true
    }

    /// A registry said which tags there are.
    pub(super) fn tags(&mut self, ticket: u64, tags: &[Tag]) {
        let of = |waiting: &Waiting| waiting.tags.as_ref().is_some_and(|(own, _)| *own == ticket);
        // It may have been cancelled.
        let Some(at) = self.waiting.iter().position(of) else {
            return;
        };
        let waiting = self.waiting.swap_remove(at);
        let items = match (waiting.tags, self.snapshot(&waiting.path)) {
            (Some((_, wanted)), Some(snapshot)) => completion::tags(&wanted, tags, snapshot),
            _ => Vec::new(),
        };
        self.client.reply(waiting.id, list(items));
    }

    /// The one command: what to do about a finding, for clients that cannot copy it.
    fn execute(&mut self, request: Request) {
        let params: Result<lsp_types::ExecuteCommandParams, _> =
            serde_json::from_value(request.params);
        match params {
            Ok(params) if params.command == actions::REMEDY => {
                let text = params.arguments.first().and_then(Value::as_str);
                self.client
                    .show(MessageType::INFO, text.unwrap_or_default());
                self.client.reply(request.id, Value::Null);
            }
            Ok(params) => {
                let why = format!("there is no command `{}` here", params.command);
                self.client.refuse(request.id, BAD_PARAMETERS, why);
            }
            Err(error) => {
                self.client
                    .refuse(request.id, BAD_PARAMETERS, error.to_string());
            }
        }
    }
}

fn list(items: Vec<lsp_types::CompletionItem>) -> CompletionResponse {
    // What is typed may lead to other names.
    CompletionResponse::List(CompletionList {
        is_incomplete: false,
        items,
    })
}

/// The document that a request is about, and what is asked; None where there is no such request.
fn question(method: &str, params: Value) -> Result<Option<(Uri, Ask)>, String> {
    fn read<T: DeserializeOwned>(params: Value) -> Result<T, String> {
        serde_json::from_value(params).map_err(|error| error.to_string())
    }
    let found = match method {
        HoverRequest::METHOD => {
            let params: lsp_types::HoverParams = read(params)?;
            let at = params.text_document_position_params;
            (at.text_document.uri, Ask::Hover(at.position))
        }
        GotoDefinition::METHOD => {
            let params: lsp_types::GotoDefinitionParams = read(params)?;
            let at = params.text_document_position_params;
            (at.text_document.uri, Ask::Definition(at.position))
        }
        Completion::METHOD => {
            let params: lsp_types::CompletionParams = read(params)?;
            let at = params.text_document_position;
            (at.text_document.uri, Ask::Completion(at.position))
        }
        CodeActionRequest::METHOD => {
            let params: CodeActionParams = read(params)?;
            (
                params.text_document.uri.clone(),
                Ask::Actions(Box::new(params)),
            )
        }
        InlayHintRequest::METHOD => {
            let params: lsp_types::InlayHintParams = read(params)?;
            (params.text_document.uri, Ask::Hints(params.range))
        }
        _ => return Ok(None),
    };
    Ok(Some(found))
}
