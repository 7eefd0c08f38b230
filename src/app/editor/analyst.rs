//! The analysing thread: takes jobs in, waits until nothing changes for a moment, and gives what is known then.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, at, never, select, unbounded};

use super::asker::{Answer, Asker, Question};
use super::files::Due;
use super::folder::Folder;
use super::overlay::Open;
use super::setup::{Given, words};
use crate::app::Failure;
use crate::cli::LspArgs;
use crate::lsp::exchange::{Event, Job, Step, Work};
use crate::lsp::options::Options;

/// After this pause what was left out while somebody typed is done.
const LATER: Duration = Duration::from_millis(500);

pub struct Analyst {
    given: Given,
    folders: Vec<Folder>,
    open: BTreeMap<PathBuf, Open>,
    to: Sender<Event>,
    asker: Option<Asker>,
    to_answers: Sender<Answer>,
    answers: Receiver<Answer>,
    pool: rayon::ThreadPool,
    /// When something is to be done.
    alarm: Option<Instant>,
    /// Nothing changed for a while when the alarm comes.
    idle: bool,
    next_number: u64,
    /// Images that are asked for now, by folder.
    asking: BTreeMap<u64, (usize, usize)>,
}

impl Analyst {
    /// # Errors
    /// The threads that read files cannot be started.
    pub fn new(
        args: &LspArgs,
        env: &BTreeMap<String, String>,
        to: Sender<Event>,
    ) -> Result<Self, Failure> {
        let jobs = args.settings.jobs.map_or(0, usize::from);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build();
        let pool = pool.map_err(|error| {
            Failure::Usage(format!("cannot start the threads that read files: {error}"))
        })?;
        let (to_answers, answers) = unbounded();
        Ok(Analyst {
            given: Given {
                args: args.clone(),
                env: env.clone(),
                options: Options::default(),
            },
            folders: Vec::new(),
            open: BTreeMap::new(),
            to,
            asker: None,
            to_answers,
            answers,
            pool,
            alarm: None,
            idle: false,
            next_number: 0,
            asking: BTreeMap::new(),
        })
    }

    /// Works until there are no more jobs.
    pub fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            let alarm = self.alarm.map_or_else(never, at);
            select! {
                recv(jobs) -> job => match job {
                    Ok(job) => self.job(job),
                    Err(_) => return,
                },
                recv(self.answers) -> answer => {
                    if let Ok(answer) = answer {
                        self.answer(answer);
                    }
                }
                recv(alarm) -> _ => {
                    // What is waiting changes what there is to do.
                    while let Ok(job) = jobs.try_recv() {
                        self.job(job);
                    }
                    self.work();
                }
            }
        }
    }

    /// Something is to be done after a pause; one that is nearer stays.
    fn wake(&mut self, pause: Duration) {
        self.idle = false;
        self.alarm = Some(Instant::now() + pause);
    }

    fn now(&mut self) {
        self.wake(Duration::ZERO);
    }

    fn job(&mut self, job: Job) {
        let debounce = Duration::from_millis(self.given.options.debounce);
        match job {
            Job::Options(options) => self.set(options),
            Job::Folders { added, removed } => self.change_folders(added, &removed),
            Job::Text {
                path,
                text,
                version,
                saved,
            } => {
                let open = Open {
                    text,
                    version,
                    saved,
                };
                let first = self.open.insert(path.clone(), open.clone()).is_none();
                self.put(&path, open);
                self.wake(match first || saved {
                    true => Duration::ZERO,
                    false => debounce,
                });
            }
            Job::Closed { path } => {
                self.open.remove(&path);
                if let Some(folder) = self.home(&path)
                    && let Some(below) = folder.below(&path)
                {
                    folder.close(&below);
                }
                self.folders
                    .retain(|folder| folder.lone.as_ref() != Some(&path));
                self.now();
            }
            Job::Disk { paths } => {
                for folder in &mut self.folders {
                    paths.iter().for_each(|path| folder.disk(path));
                }
                self.wake(debounce);
            }
            Job::Now => {
                if self.folders.iter().any(|folder| folder.due > Due::Nothing) {
                    self.now();
                }
            }
            Job::Tags {
                ticket,
                path,
                reference,
                digest,
            } => {
                if let Err(failure) = self.ask_tags(ticket, &path, reference, digest) {
                    self.say(true, words(&failure));
                    let tags = Vec::new();
                    self.send(Event::Tags { ticket, tags });
                }
            }
        }
    }

    fn send(&self, event: Event) {
        // The main loop has ended, and so will the jobs.
        let _ = self.to.send(event);
    }

    fn say(&self, warning: bool, text: String) {
        self.send(Event::Message { warning, text });
    }

    /// The folder that a path is in: the deepest one.
    fn home(&mut self, path: &Path) -> Option<&mut Folder> {
        let within = self
            .folders
            .iter_mut()
            .filter(|folder| folder.below(path).is_some());
        within.max_by_key(|folder| (folder.lone.is_some(), folder.root.components().count()))
    }

    fn put(&mut self, path: &Path, open: Open) {
        if self.home(path).is_none() {
            self.add(path, true);
        }
        if let Some(folder) = self.home(path)
            && let Some(below) = folder.below(path)
        {
            folder.open(&below, open);
        }
    }

    fn add(&mut self, path: &Path, lone: bool) {
        self.next_number += 1;
        let to = self.to.clone();
        let mut say = |text: String| {
            let _ = to.send(Event::Message {
                warning: true,
                text,
            });
        };
        match Folder::new(self.next_number, path, lone, &self.given, &mut say) {
            Ok(folder) => self.folders.push(folder),
            Err(failure) => self.say(true, words(&failure)),
        }
    }

    fn set(&mut self, options: Options) {
        if self.given.options == options && !self.folders.is_empty() {
            return;
        }
        self.given.options = options;
        self.folders
            .iter_mut()
            .for_each(|folder| folder.due = Due::Settling);
        self.now();
    }

    fn change_folders(&mut self, added: Vec<PathBuf>, removed: &[PathBuf]) {
        self.folders
            .retain(|folder| folder.lone.is_some() || !removed.contains(&folder.root));
        for path in added {
            let known = self
                .folders
                .iter()
                .any(|f| f.lone.is_none() && f.root == path);
            if !known && path.is_dir() {
                self.add(&path, false);
            }
        }
        // Documents may be at home elsewhere now.
        self.folders.retain(|folder| folder.lone.is_none());
        for (path, open) in self.open.clone() {
            for folder in &mut self.folders {
                if let Some(below) = folder.below(&path) {
                    folder.close(&below);
                }
            }
            self.put(&path, open);
        }
        self.now();
    }

    /// Does what is due in every folder.
    fn work(&mut self) {
        self.alarm = None;
        for at in 0..self.folders.len() {
            if self.idle {
                let later = std::mem::take(&mut self.folders[at].later);
                self.folders[at].due = self.folders[at].due.max(later);
            }
            if self.folders[at].due > Due::Nothing {
                self.work_in(at);
            }
        }
        if self
            .folders
            .iter()
            .any(|folder| folder.later > Due::Nothing)
        {
            self.wake(LATER);
            self.idle = true;
        }
    }

    fn work_in(&mut self, at: usize) {
        let reading = self.folders[at].due >= Due::Reading;
        if reading {
            self.progress(Work::Reading, Step::Begin);
        }
        if self.folders[at].due == Due::Settling {
            self.settle(at);
        }
        let (folder, given) = (&mut self.folders[at], &self.given);
        let pool = &self.pool;
        // A fault of ours must not end the server: what was known stays.
        let done = catch_unwind(AssertUnwindSafe(|| pool.install(|| folder.analyse(given))));
        match done {
            Ok(snapshot) => {
                self.send(Event::Analysed(Arc::new(snapshot)));
                self.ask(at);
            }
            Err(_) => self.say(
                true,
                "image-lint: internal error; please report this".to_owned(),
            ),
        }
        if reading {
            self.progress(Work::Reading, Step::End);
        }
    }

    fn settle(&mut self, at: usize) {
        self.next_number += 1;
        let to = self.to.clone();
        let mut say = |text: String| {
            let _ = to.send(Event::Message {
                warning: true,
                text,
            });
        };
        let folder = &mut self.folders[at];
        self.asking.remove(&folder.number);
        folder.settle(self.next_number, &self.given, &mut say);
    }

    fn ask(&mut self, at: usize) {
        match self.folders[at].batch(&self.given) {
            Ok(None) => {}
            Ok(Some(batch)) => {
                if self.asking.is_empty() {
                    self.progress(Work::Asking, Step::Begin);
                }
                let asking = self.asking.entry(batch.folder).or_default();
                asking.1 += batch.images.len();
                self.question(Question::Batch(batch));
            }
            Err(failure) => self.say(true, words(&failure)),
        }
    }

    /// Hands a question to the thread that asks, which is started with the first one.
    fn question(&mut self, question: Question) {
        if self.asker.is_none() {
            match Asker::start(self.to_answers.clone()) {
                Ok(asker) => self.asker = Some(asker),
                Err(failure) => return self.say(true, words(&failure)),
            }
        }
        if let Some(asker) = &self.asker {
            asker.ask(question);
        }
    }

    fn ask_tags(
        &mut self,
        ticket: u64,
        path: &Path,
        reference: image_lint_model::reference::ImageReference,
        digest: bool,
    ) -> Result<(), Failure> {
        let given = self.given.clone();
        let folder = self.home(path).filter(|_| given.silent().is_none());
        let Some(folder) = folder else {
            let tags = Vec::new();
            self.send(Event::Tags { ticket, tags });
            return Ok(());
        };
        let client = folder.client(&given)?;
        self.question(Question::Tags {
            ticket,
            client,
            reference,
            digest,
        });
        Ok(())
    }

    fn answer(&mut self, answer: Answer) {
        match answer {
            Answer::Tags { ticket, tags } => self.send(Event::Tags { ticket, tags }),
            Answer::Some {
                folder,
                answers,
                left,
            } => {
                let of = |known: &&mut Folder| known.number == folder;
                let found = self.folders.iter_mut().find(of);
                if let Some(found) = found {
                    found.answered(*answers);
                    self.now();
                }
                self.asked(folder, left);
            }
        }
    }

    fn asked(&mut self, folder: u64, left: usize) {
        if left == 0 {
            self.asking.remove(&folder);
        } else if let Some(asking) = self.asking.get_mut(&folder) {
            asking.0 = asking.1.saturating_sub(left);
        }
        let sum = |of: fn(&(usize, usize)) -> usize| self.asking.values().map(of).sum();
        let step = match self.asking.is_empty() {
            true => Step::End,
            false => Step::At {
                done: sum(|asking| asking.0),
                known: sum(|asking| asking.1),
            },
        };
        self.progress(Work::Asking, step);
    }

    fn progress(&self, work: Work, step: Step) {
        self.send(Event::Progress { work, step });
    }
}
