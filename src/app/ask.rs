//! Resolution while files are still being read: references come in from all threads, each distinct one is asked once.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use super::Failure;
use super::follow_up::{self, FollowUp, FollowUps};
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::{
    Denial, DenialKind, Evidence, Resolution, Resolved, Unreachable, UnreachableCause,
};
use image_lint_registry::{Client, Depth, Settings, Statistics};
use image_lint_text::meter::{RunMeter, Stop};

/// How a run asks.
#[derive(Clone, Copy, Debug)]
pub struct AskOptions {
    pub depth: Depth,
    /// Also tell where credentials were looked for.
    pub explain_auth: bool,
    /// Also look for an older tag that the target can pull.
    pub alternatives: bool,
    /// Credentials are withheld because the tree is not trusted.
    pub withheld: bool,
    /// Nothing goes over the network, so there is nothing to follow up.
    pub offline: bool,
    pub limits: Limits,
}

/// How much one run asks.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most distinct references.
    pub references: usize,
    /// Most hosts that the tree may have asked; None for a tree that is trusted.
    pub hosts: Option<usize>,
}

/// What makes two references the same question: host, repository, and the digest or else the tag.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Question {
    host: String,
    repository: Box<str>,
    identifier: Box<str>,
}

impl Question {
    pub fn of(reference: &ImageReference) -> Self {
        Question {
            host: reference.host.to_ascii_lowercase(),
            repository: reference.repository.clone(),
            identifier: reference.identifier().into(),
        }
    }
}

/// Answers to all questions of a run.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    by_question: HashMap<Question, Box<Resolved>>,
    /// Answers to `name:tag@digest` that know what the tag names, by the name as text.
    pinned: HashMap<String, Resolved>,
    pub statistics: Statistics,
    /// For `--explain-auth`.
    pub credentials: Vec<String>,
    pub interrupted: bool,
}

impl Answers {
    pub fn to(&self, reference: &ImageReference) -> Option<&Resolved> {
        if reference.tag.is_some()
            && reference.digest.is_some()
            && let Some(pinned) = self.pinned.get(&reference.to_string())
        {
            return Some(pinned);
        }
        self.by_question
            .get(&Question::of(reference))
            .map(Box::as_ref)
    }

    /// Keeps an answer; a later one takes its place.
    pub fn put(&mut self, reference: &ImageReference, resolved: Resolved) {
        self.by_question
            .insert(Question::of(reference), Box::new(resolved));
    }

    /// All answers.
    pub fn each(&self) -> impl Iterator<Item = (&Question, &Resolved)> {
        let all = self.by_question.iter();
        all.map(|(question, resolved)| (question, &**resolved))
    }

    /// Takes in the answers of another batch of questions, which are newer.
    pub fn merge(&mut self, newer: Answers) {
        self.by_question.extend(newer.by_question);
        self.pinned.extend(newer.pinned);
        self.statistics = newer.statistics;
    }

    /// Takes in the answers of questions that came up later, asked by a client of their own.
    pub fn add(&mut self, later: Answers) {
        self.by_question.extend(later.by_question);
        self.pinned.extend(later.pinned);
        self.statistics.add(&later.statistics);
        self.interrupted |= later.interrupted;
    }

    /// Changes an answer that is there.
    pub fn change(&mut self, question: &Question, change: impl FnOnce(&mut Resolved)) {
        if let Some(resolved) = self.by_question.get_mut(question) {
            change(resolved);
        }
    }

    /// The tag beside a reference's digest names this digest. Another tag may stand beside the same digest elsewhere.
    pub fn put_tag_digest(&mut self, reference: &ImageReference, digest: Box<str>) {
        if let Some(resolved) = self.by_question.get(&Question::of(reference)) {
            let resolved = Resolved {
                tag_digest: Some(digest),
                ..Resolved::clone(resolved)
            };
            self.pinned.insert(reference.to_string(), resolved);
        }
    }

    /// How many distinct references were asked.
    pub fn len(&self) -> usize {
        self.by_question.len()
    }
}

/// Told of progress, from the thread that asks.
pub trait Progress: Send {
    /// `done` of `known` questions have an answer; more may become known.
    fn at(&mut self, done: usize, known: usize);

    /// Time passes, whether anything is answered or not.
    fn tick(&mut self);
}

/// A run of questions that goes on beside the reading of files.
pub struct Asking {
    sender: UnboundedSender<Message>,
    sent: Mutex<HashSet<Question>>,
    admitted: Mutex<Admitted>,
    thread: JoinHandle<Answers>,
    options: AskOptions,
}

/// What the limits let through, in the order of the mentions, so that it is the same for any number of threads.
#[derive(Default)]
struct Admitted {
    questions: HashSet<Question>,
    hosts: HashSet<String>,
    refused: HashMap<Question, String>,
}

enum Message {
    Ask(ImageReference),
    Then(ImageReference, FollowUp),
    /// Reading goes on beside, and ends with the run.
    Reading(RunMeter),
}

impl Asking {
    /// Starts the thread that asks. It waits until the first reference comes.
    ///
    /// # Errors
    /// A file, host or proxy that the client cannot use; an operating system that gives no thread or no event queue.
    pub fn start(
        settings: Settings,
        options: AskOptions,
        progress: Box<dyn Progress>,
    ) -> Result<Self, Failure> {
        let client = Client::new(settings)?;
        let no_thread = |source| Failure::Io {
            what: "cannot start the network thread".into(),
            source,
        };
        let (sender, receiver) = unbounded_channel();
        // All of it on the thread below: asking is waiting. More workers would be threads that tokio cannot do without:
        // where the system has none left it panics and never ends.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(no_thread)?;
        let thread = std::thread::Builder::new()
            .name("asking".into())
            .spawn(move || runtime.block_on(answer_all(client, options, receiver, progress)))
            .map_err(no_thread)?;
        Ok(Asking {
            sender,
            sent: Mutex::default(),
            admitted: Mutex::default(),
            thread,
            options,
        })
    }

    /// Asks nothing of which an earlier run of questions has the answer.
    pub fn leave_out(&self, answers: &Answers) {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.extend(answers.by_question.keys().cloned());
    }

    /// An interrupt ends this reading, too.
    pub fn stops(&self, reading: &RunMeter) {
        // The thread is gone only when it failed, which [`Asking::finish`] reports.
        let _ = self.sender.send(Message::Reading(reading.clone()));
    }

    /// Adds a question ahead of [`Asking::ask`], in any order: only where the limits leave room for certain.
    pub fn ask_early(&self, reference: &ImageReference) {
        let room = self
            .sent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
            < self.options.limits.references;
        // Which hosts an untrusted tree may have asked is decided in the order of its files.
        if room && self.options.limits.hosts.is_none() {
            self.send(reference);
        }
    }

    /// Adds a question; one that was asked already costs nothing. Says whether the limits let it through; one that they
    /// do not is answered with the limit.
    pub fn ask(&self, reference: &ImageReference) -> bool {
        let Limits { references, hosts } = self.options.limits;
        let question = Question::of(reference);
        let mut admitted = self.admitted.lock().unwrap_or_else(PoisonError::into_inner);
        if !admitted.questions.contains(&question) {
            let why = if admitted.questions.len() >= references {
                format!(
                    "more than {references} images are named; raise the limit with --max-references"
                )
            } else if let Some(most) = hosts.filter(|most| {
                admitted.hosts.len() >= *most && !admitted.hosts.contains(&question.host)
            }) {
                format!(
                    "more than {most} hosts are named by a tree that is not trusted; raise the limit with --max-hosts"
                )
            } else {
                admitted.hosts.insert(question.host.clone());
                admitted.questions.insert(question);
                self.send(reference);
                return true;
            };
            admitted.refused.insert(question, why);
            return false;
        }
        true
    }

    fn send(&self, reference: &ImageReference) {
        let question = Question::of(reference);
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        if sent.insert(question) {
            // The receiver is gone only when the asking thread failed, which `finish` reports.
            let _ = self.sender.send(Message::Ask(reference.clone()));
        }
    }

    /// Has something asked about a reference, that is asked itself, once all answers are there.
    pub fn then(&self, reference: &ImageReference, what: FollowUp) {
        let wanted = self.options.alternatives || !matches!(what, FollowUp::Alternative(_));
        if wanted && !self.options.offline {
            let _ = self.sender.send(Message::Then(reference.clone(), what));
        }
    }

    /// Waits for all answers.
    ///
    /// # Errors
    /// When the asking thread failed inside.
    pub fn finish(self) -> Result<Answers, AskingFailed> {
        drop(self.sender);
        let mut answers = self.thread.join().map_err(|_| AskingFailed)?;
        let admitted = self
            .admitted
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        for (question, detail) in admitted.refused {
            let evidence = Evidence {
                api_host: question.host.clone(),
                ..Evidence::default()
            };
            let limit = Unreachable {
                cause: UnreachableCause::Limit,
                detail,
            };
            answers.by_question.insert(
                question,
                Box::new(Resolved::new(Resolution::Unknown(limit), evidence)),
            );
        }
        Ok(answers)
    }
}

/// The asking thread failed inside: a fault of ours.
#[derive(Debug, thiserror::Error)]
#[error("asking registries failed inside image-lint; please report this")]
pub struct AskingFailed;

/// How often progress is shown while nothing is answered.
const TICK: std::time::Duration = std::time::Duration::from_millis(100);

async fn answer_all(
    client: Client,
    options: AskOptions,
    mut receiver: UnboundedReceiver<Message>,
    mut progress: Box<dyn Progress>,
) -> Answers {
    let mut tasks: JoinSet<Vec<(ImageReference, Resolved)>> = JoinSet::new();
    let mut late: Vec<ImageReference> = Vec::new();
    let mut second = false;
    let mut answers = Answers::default();
    let mut known = 0;
    let mut open = true;
    let mut interrupts = 0;
    let mut reading: Option<RunMeter> = None;
    let mut interrupt = std::pin::pin!(interrupted());
    let mut clock = tokio::time::interval(TICK);
    clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let depth = options.depth;
    let mut follow_ups = FollowUps::default();
    let mut repositories = BTreeSet::new();
    while open || !tasks.is_empty() {
        tokio::select! {
            next = receiver.recv(), if open => match next {
                Some(Message::Then(reference, what)) => follow_ups.add(reference, what),
                Some(Message::Reading(meter)) => {
                    if answers.interrupted {
                        meter.stop(Stop::Interrupted);
                    }
                    reading = Some(meter);
                }
                Some(Message::Ask(reference)) => {
                    known += 1;
                    if options.explain_auth {
                        repositories.insert((reference.host.to_string(), reference.repository.to_string()));
                    }
                    let client = client.clone();
                    tasks.spawn(async move {
                        let resolved = client.resolve(&reference, depth).await;
                        vec![(reference, resolved)]
                    });
                }
                None => open = false,
            },
            Some(done) = tasks.join_next(), if !tasks.is_empty() => {
                // A task that failed inside leaves its reference without an answer, which the report shows as such.
                for (reference, resolved) in done.unwrap_or_default() {
                    let may_pass = Client::may_pass(&resolved);
                    answers.by_question.insert(Question::of(&reference), Box::new(plain(resolved, &reference, options.withheld)));
                    if may_pass {
                        late.push(reference);
                    }
                    // What failed in a bad moment gets another one when all else is done.
                    if !open && tasks.is_empty() && !second && !late.is_empty() && !answers.interrupted {
                        second = true;
                        let (client, references) = (client.clone(), std::mem::take(&mut late));
                        tasks.spawn(async move {
                            let resolved = client.retry_unknown(&references, depth).await;
                            references.into_iter().zip(resolved).collect()
                        });
                    }
                }
            },
            _ = clock.tick() => {
                progress.tick();
                continue;
            }
            () = &mut interrupt => {
                interrupts += 1;
                if interrupts > 1 {
                    std::process::exit(130);
                }
                answers.interrupted = true;
                if let Some(meter) = &reading {
                    meter.stop(Stop::Interrupted);
                }
                client.interrupt();
                interrupt.set(interrupted());
            }
        }
        progress.at(answers.by_question.len(), known);
    }
    let doubted = match answers.interrupted {
        true => Vec::new(),
        false => follow_ups.doubted(&answers),
    };
    for reference in doubted {
        let client = client.clone();
        tasks.spawn(async move {
            let resolved = client.resolve_anew(&reference, depth).await;
            vec![(reference, resolved)]
        });
    }
    while !tasks.is_empty() {
        tokio::select! {
            Some(done) = tasks.join_next() => for (reference, resolved) in done.unwrap_or_default() {
                answers.put(&reference, plain(resolved, &reference, options.withheld));
            },
            _ = clock.tick() => progress.tick(),
            () = &mut interrupt => {
                if answers.interrupted {
                    std::process::exit(130);
                }
                answers.interrupted = true;
                client.interrupt();
                interrupt.set(interrupted());
            }
        }
    }
    let mut running = follow_ups.start(&client, &answers);
    loop {
        tokio::select! {
            more = running.next(&mut answers) => if !more { break },
            _ = clock.tick() => progress.tick(),
            () = &mut interrupt => {
                if answers.interrupted {
                    std::process::exit(130);
                }
                answers.interrupted = true;
                client.interrupt();
                interrupt.set(interrupted());
            }
        }
    }
    running.finish(&mut answers);
    answers.credentials = follow_up::explain(&client, repositories).await;
    answers.statistics = client.statistics();
    answers
}

/// "Missing or private" proves nothing when credentials were there to be used and were withheld.
pub fn plain(mut resolved: Resolved, reference: &ImageReference, withheld: bool) -> Resolved {
    let hidden =
        |denial: &Denial| denial.kind == DenialKind::MissingOrPrivate && !is_official(reference);
    if withheld && matches!(&resolved.resolution, Resolution::Denied(denial) if hidden(denial)) {
        let cause = UnreachableCause::Withheld;
        resolved.resolution = Resolution::Unknown(Unreachable {
            cause,
            detail: String::new(),
        });
    }
    resolved
}

/// Docker's own images, of which none is private: without credentials, too, such a name is wrong.
fn is_official(reference: &ImageReference) -> bool {
    reference.host.as_ref() == "docker.io" && reference.repository.starts_with("library/")
}

/// SIGINT or SIGTERM.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let terminate = async {
            match signal(SignalKind::terminate()) {
                Ok(mut stream) => {
                    stream.recv().await;
                }
                Err(_) => std::future::pending().await,
            }
        };
        let interrupt = async {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! { () = terminate => {}, () = interrupt => {} }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
