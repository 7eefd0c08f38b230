//! The main loop, and what it knows.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, select};
use lsp_server::{ErrorCode, Message};
use lsp_types::MessageType;

use super::client::{Abilities, Client};
use super::diagnostics::{self, Shown};
use super::document::Documents;
use super::exchange::{Event, Job, Snapshot};
use super::options::Options;
use super::position::Encoding;
use super::ranges::Ranges;
use super::requests::Waiting;
use super::transport::{Incoming, Outgoing};

/// How the main loop is connected.
pub struct Wires {
    pub incoming: Receiver<Incoming>,
    pub outgoing: Sender<Outgoing>,
    pub jobs: Sender<Job>,
    pub events: Receiver<Event>,
}

/// Where the conversation is (LSP 3.17, "Server lifecycle").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    New,
    Running,
    ShutDown,
}

/// All that the main loop knows.
pub(super) struct Server {
    pub client: Client,
    pub jobs: Sender<Job>,
    pub stage: Stage,
    pub abilities: Abilities,
    pub encoding: Encoding,
    pub options: Options,
    pub documents: Documents,
    /// By folder, or by the document that is in none.
    pub snapshots: HashMap<PathBuf, Arc<Snapshot>>,
    pub waiting: Vec<Waiting>,
    pub next_ticket: u64,
    shown: Shown,
    /// What was last logged of each folder, so that it is not repeated at every change.
    logged: HashMap<PathBuf, Vec<String>>,
}

/// Talks until the client ends it. Goes out: whether it ended as the protocol has it.
pub fn serve(wires: Wires) -> bool {
    let Wires {
        incoming,
        outgoing,
        jobs,
        events,
    } = wires;
    let mut server = Server {
        client: Client::new(outgoing),
        jobs,
        stage: Stage::New,
        abilities: Abilities::default(),
        encoding: Encoding::Utf16,
        options: Options::default(),
        documents: Documents::default(),
        snapshots: HashMap::new(),
        waiting: Vec::new(),
        next_ticket: 0,
        shown: Shown::default(),
        logged: HashMap::new(),
    };
    loop {
        select! {
            recv(incoming) -> message => match message {
                Ok(Incoming::Message(message)) => {
                    if let Some(orderly) = server.take(message) {
                        return orderly;
                    }
                }
                Ok(Incoming::Nonsense(code, why)) => server.client.refuse_nonsense(code, why),
                // The client is gone without a word.
                Err(_) => return false,
            },
            recv(events) -> event => match event {
                Ok(event) => server.event(event),
                // The analysing side failed; nothing can be said any more.
                Err(_) => return false,
            },
        }
    }
}

impl Server {
    /// Goes out: whether the conversation ended in order, when it ended.
    fn take(&mut self, message: Message) -> Option<bool> {
        match message {
            Message::Request(request) => self.request(request),
            Message::Notification(notification) if notification.method == "exit" => {
                return Some(self.stage == Stage::ShutDown);
            }
            Message::Notification(notification) => {
                // What comes before `initialize` is dropped (LSP 3.17, "initialize").
                if self.stage == Stage::Running {
                    self.notification(notification);
                }
            }
            Message::Response(response) => self.response(response),
        }
        None
    }

    /// Hands a job to the analysing side.
    pub fn job(&self, job: Job) {
        // It has failed; its events end, too, and with them the loop.
        let _ = self.jobs.send(job);
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Analysed(snapshot) => self.analysed(snapshot),
            Event::Tags { ticket, tags } => self.tags(ticket, &tags),
            Event::Progress { work, step } => {
                if self.abilities.progress && self.stage == Stage::Running {
                    self.client.progress(work, step);
                }
            }
            Event::Message { warning, text } => {
                let kind = match warning {
                    true => MessageType::WARNING,
                    false => MessageType::INFO,
                };
                self.client.show(kind, text);
            }
        }
    }

    fn analysed(&mut self, snapshot: Arc<Snapshot>) {
        let key = snapshot.lone.as_ref().unwrap_or(&snapshot.root).clone();
        let lines: Vec<String> = diagnostics::of_run(&snapshot).collect();
        if self.logged.get(&key) != Some(&lines) {
            lines.iter().for_each(|line| self.client.log(line.clone()));
            self.logged.insert(key.clone(), lines);
        }
        let ranges = Ranges::new(&snapshot, &self.documents, self.encoding);
        self.shown
            .publish(&self.client, &ranges, self.abilities.related);
        self.snapshots.insert(key, snapshot);
        self.answer_waiting();
    }

    /// Forgets a folder, or a document that is in none.
    pub fn forget(&mut self, key: &PathBuf) {
        if let Some(snapshot) = self.snapshots.remove(key) {
            let ranges = Ranges::new(&snapshot, &self.documents, self.encoding);
            self.shown
                .forget(&self.client, key, |path| ranges.uri(path));
        }
        self.logged.remove(key);
    }

    /// What is known of the folder that a path is in: the deepest one.
    pub fn snapshot(&self, path: &Path) -> Option<&Arc<Snapshot>> {
        if let Some(own) = self.snapshots.get(path) {
            return Some(own);
        }
        let within = self
            .snapshots
            .values()
            .filter(|snapshot| snapshot.lone.is_none() && path.starts_with(&snapshot.root));
        within.max_by_key(|snapshot| snapshot.root.components().count())
    }

    pub fn ticket(&mut self) -> u64 {
        self.next_ticket += 1;
        self.next_ticket
    }

    /// Says that a message is not understood.
    pub fn not_understood(&self, method: &str, why: &str) {
        self.client
            .log(format!("{method} is not understood: {why}"));
    }
}

/// The error of a request whose parameters are not what they should be.
pub(super) const BAD_PARAMETERS: ErrorCode = ErrorCode::InvalidParams;
