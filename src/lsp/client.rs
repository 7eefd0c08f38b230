//! The client: what it can do, and what is sent to it.

use std::collections::HashMap;

use crossbeam_channel::Sender;
use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::notification::{LogMessage, Notification as _, Progress, ShowMessage};
use lsp_types::request::{Request as _, WorkDoneProgressCreate};
use lsp_types::{
    ClientCapabilities, LogMessageParams, MarkupKind, MessageType, NumberOrString, ProgressParams,
    ProgressParamsValue, ShowMessageParams, WorkDoneProgress, WorkDoneProgressBegin,
    WorkDoneProgressCreateParams, WorkDoneProgressEnd, WorkDoneProgressReport,
};
use serde::Serialize;
use serde_json::Value;

use super::exchange::{Step, Work};
use super::transport::Outgoing;

/// What the client can do, as far as it matters here.
#[derive(Clone, Copy, Debug, Default)]
pub struct Abilities {
    pub progress: bool,
    pub related: bool,
    pub configuration: bool,
    pub watches: bool,
    pub refreshes_hints: bool,
    pub markdown: bool,
    /// Edits may name the version of the document that they are for.
    pub versioned_edits: bool,
}

impl Abilities {
    pub fn of(client: &ClientCapabilities) -> Self {
        let workspace = client.workspace.clone().unwrap_or_default();
        let documents = client.text_document.clone().unwrap_or_default();
        let window = client.window.clone().unwrap_or_default();
        let markdown = documents
            .hover
            .and_then(|hover| hover.content_format)
            .is_some_and(|formats| formats.contains(&MarkupKind::Markdown));
        Abilities {
            progress: window.work_done_progress.unwrap_or(false),
            related: documents
                .publish_diagnostics
                .and_then(|published| published.related_information)
                .unwrap_or(false),
            configuration: workspace.configuration.unwrap_or(false),
            watches: workspace
                .did_change_watched_files
                .and_then(|watched| watched.dynamic_registration)
                .unwrap_or(false),
            refreshes_hints: workspace
                .inlay_hint
                .and_then(|hints| hints.refresh_support)
                .unwrap_or(false),
            markdown,
            versioned_edits: workspace
                .workspace_edit
                .and_then(|edits| edits.document_changes)
                .unwrap_or(false),
        }
    }
}

/// What the answer to a request of ours is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Awaited {
    Nothing,
    Settings,
}

/// Sends to the client.
pub struct Client {
    outgoing: Sender<Outgoing>,
    next: i32,
    awaiting: HashMap<RequestId, Awaited>,
    /// Tokens of work whose progress is shown.
    begun: HashMap<Work, NumberOrString>,
}

impl Client {
    pub fn new(outgoing: Sender<Outgoing>) -> Self {
        Client {
            outgoing,
            next: 0,
            awaiting: HashMap::new(),
            begun: HashMap::new(),
        }
    }

    fn send(&self, message: impl Into<Message>) {
        // Nobody reads any more: the input ends, too.
        let _ = self.outgoing.send(Outgoing::Message(message.into()));
    }

    pub fn reply(&self, id: RequestId, result: impl Serialize) {
        // The protocol's types are all JSON.
        let result = serde_json::to_value(result).unwrap_or(Value::Null);
        self.send(Response {
            id,
            response_result: Ok(result),
        });
    }

    pub fn refuse(&self, id: RequestId, code: ErrorCode, why: impl Into<String>) {
        self.send(Response::new_err(id, code as i32, why.into()));
    }

    /// Answers what has no id.
    pub fn refuse_nonsense(&self, code: ErrorCode, why: String) {
        let _ = self.outgoing.send(Outgoing::NoId(code, why));
    }

    pub fn notify<N: lsp_types::notification::Notification>(&self, params: N::Params) {
        self.send(Notification {
            method: N::METHOD.to_owned(),
            params: serde_json::to_value(params).unwrap_or(Value::Null),
        });
    }

    pub fn request<R: lsp_types::request::Request>(&mut self, params: R::Params, what: Awaited) {
        self.next += 1;
        let id = RequestId::from(self.next);
        self.awaiting.insert(id.clone(), what);
        self.send(Request {
            id,
            method: R::METHOD.to_owned(),
            params: serde_json::to_value(params).unwrap_or(Value::Null),
        });
    }

    /// What an answer is for; None where nobody asked.
    pub fn awaited(&mut self, id: &RequestId) -> Option<Awaited> {
        self.awaiting.remove(id)
    }

    pub fn log(&self, text: impl Into<String>) {
        self.notify::<LogMessage>(LogMessageParams {
            typ: MessageType::LOG,
            message: text.into(),
        });
    }

    pub fn show(&self, typ: MessageType, text: impl Into<String>) {
        self.notify::<ShowMessage>(ShowMessageParams {
            typ,
            message: text.into(),
        });
    }

    pub fn progress(&mut self, work: Work, step: Step) {
        let value = match step {
            Step::Begin => {
                let token = self.create(work);
                self.begun.insert(work, token);
                WorkDoneProgress::Begin(WorkDoneProgressBegin {
                    title: title(work).to_owned(),
                    cancellable: Some(false),
                    ..WorkDoneProgressBegin::default()
                })
            }
            Step::At { done, known } => WorkDoneProgress::Report(WorkDoneProgressReport {
                message: Some(format!("{done}/{known}")),
                percentage: u32::try_from(done * 100 / known.max(1)).ok(),
                ..WorkDoneProgressReport::default()
            }),
            Step::End => WorkDoneProgress::End(WorkDoneProgressEnd::default()),
        };
        let token = match step {
            Step::End => self.begun.remove(&work),
            _ => self.begun.get(&work).cloned(),
        };
        let Some(token) = token else { return };
        self.notify::<Progress>(ProgressParams {
            token,
            value: ProgressParamsValue::WorkDone(value),
        });
    }

    fn create(&mut self, work: Work) -> NumberOrString {
        let token = NumberOrString::String(format!("image-lint/{}", self.next + 1));
        let params = WorkDoneProgressCreateParams {
            token: token.clone(),
        };
        let _ = work;
        self.request::<WorkDoneProgressCreate>(params, Awaited::Nothing);
        token
    }
}

fn title(work: Work) -> &'static str {
    match work {
        Work::Reading => "image-lint: reading files",
        Work::Asking => "image-lint: asking registries",
    }
}

/// The name of a method, to be logged where nothing is done with it.
pub fn is_optional(method: &str) -> bool {
    method.starts_with("$/")
        || method == WorkDoneProgressCreate::METHOD
        || method == LogMessage::METHOD
}
