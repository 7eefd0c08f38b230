//! One workspace folder, or a document that is in none: from its files and answers to what the editor shows.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use image_lint_model::mention::{LinkedMention, Role, Text};
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::Resolution;
use image_lint_model::target::{BUILT_IN, Target};
use image_lint_registry::Client;
use image_lint_scan::link;
use image_lint_text::source::{FileId, RepoPath};

use super::asker::Batch;
use super::files::{Due, Files};
use super::overlay::Open;
use super::setup::{Given, Setup, is_setting, words};
use crate::app::ask::{Answers, Question};
use crate::app::assess::questions;
use crate::app::follow_up::FollowUp;
use crate::app::gather::{self, Gathered};
use crate::app::{lint, network, suppress};
use crate::lsp::exchange::{Answer, Snapshot};
use crate::lsp::options::Scope;
use crate::lsp::used_repositories;
use crate::report::Report;

/// How long an answer counts, and a client with all that it keeps of a run.
const LIFE: Duration = Duration::from_secs(10 * 60);

/// Files that are linked all at once at every change.
const FEW: usize = 200;

pub struct Folder {
    /// Answers to an earlier one count no more.
    pub number: u64,
    pub root: PathBuf,
    pub lone: Option<PathBuf>,
    pub due: Due,
    /// What is due once nothing changes for a while.
    pub later: Due,
    setup: Setup,
    files: Files,
    gathered: Gathered,
    changed: HashSet<FileId>,
    /// When registries gave their answers.
    given_at: HashMap<Question, SystemTime>,
    in_flight: HashSet<Question>,
    /// Documents that were opened or saved: what is old or unknown of them is asked again.
    renewed: HashSet<RepoPath>,
    client: Option<(Client, Instant)>,
    /// Names that the workspace uses, and how often.
    repositories: Arc<BTreeMap<String, usize>>,
}

impl Folder {
    /// A folder, or with `lone` a document by itself. What is wrong with its configuration is said, and it is left out.
    ///
    /// # Errors
    /// Flags that cannot be used.
    pub fn new(
        number: u64,
        path: &Path,
        lone: bool,
        given: &Given,
        say: &mut dyn FnMut(String),
    ) -> Result<Self, crate::app::Failure> {
        let setup = match Setup::new(path, given) {
            Ok(setup) => setup,
            Err(failure) => {
                say(words(&failure));
                Setup::without_config(path, given)?
            }
        };
        let root = match lone {
            true => path.parent().unwrap_or(path).to_owned(),
            false => path.to_owned(),
        };
        Ok(Folder {
            number,
            root,
            lone: lone.then(|| path.to_owned()),
            due: Due::Reading,
            later: Due::Nothing,
            repositories: Arc::default(),
            setup,
            files: Files::default(),
            gathered: Gathered::default(),
            changed: HashSet::new(),
            given_at: HashMap::new(),
            in_flight: HashSet::new(),
            renewed: HashSet::new(),
            client: None,
        })
    }

    /// The path below the root, when the folder is the one for it.
    pub fn below(&self, path: &Path) -> Option<RepoPath> {
        match &self.lone {
            Some(own) if own != path => None,
            _ => path.strip_prefix(&self.root).ok().map(RepoPath::new),
        }
    }

    fn need(&mut self, due: Due) {
        self.due = self.due.max(due);
    }

    pub fn open(&mut self, path: &RepoPath, open: Open) {
        let was_saved = self.files.open.get(path).is_some_and(|known| known.saved);
        if open.saved && !was_saved {
            self.renewed.insert(path.clone());
        }
        let due = self.files.open(path, open, &self.setup.sources);
        self.note_changed(path, due);
    }

    pub fn close(&mut self, path: &RepoPath) {
        let due = self.files.close(path, &self.setup.sources);
        self.note_changed(path, due);
    }

    pub fn disk(&mut self, whole: &Path) {
        let Some(path) = self.below(whole) else {
            return;
        };
        if is_setting(whole, &self.setup.settings) {
            return self.need(Due::Settling);
        }
        let due = self.files.disk(&path, whole, &self.setup.sources);
        self.note_changed(&path, due);
    }

    fn note_changed(&mut self, path: &RepoPath, due: Due) {
        if due == Due::Linking
            && let Some(id) = self.files.id(path)
        {
            self.changed.insert(id);
            if self.files.may_render() {
                self.later = Due::Rendering;
            }
        }
        self.need(due);
    }

    /// Settings of the client or of files changed: what registries said under other ones is forgotten.
    pub fn settle(&mut self, number: u64, given: &Given, say: &mut dyn FnMut(String)) {
        let path = self.lone.as_ref().unwrap_or(&self.root);
        match Setup::new(path, given) {
            Ok(setup) => self.setup = setup,
            Err(failure) => say(words(&failure)),
        }
        self.number = number;
        self.client = None;
        self.in_flight.clear();
        self.gathered.answers = Answers::default();
        self.given_at.clear();
        self.renewed = self.files.open.keys().cloned().collect();
        self.need(Due::Reading);
    }

    /// Does what is due, and gives what is known then.
    pub fn analyse(&mut self, given: &Given) -> Snapshot {
        let sources = &self.setup.sources;
        match std::mem::take(&mut self.due) {
            Due::Settling | Due::Reading => {
                self.files.read(sources);
                self.render();
            }
            Due::Rendering => self.render(),
            Due::Linking => {
                self.refresh();
                self.link_shown(given);
            }
            Due::LinkingAll => {
                self.refresh();
                self.later = Due::Nothing;
                self.link();
            }
            Due::Judging | Due::Nothing => {}
        }
        self.judge(given)
    }

    fn render(&mut self) {
        self.changed.clear();
        self.later = Due::Nothing;
        self.gathered.read = self.files.render(&self.setup.sources);
        self.link();
    }

    fn refresh(&mut self) {
        let changed = std::mem::take(&mut self.changed);
        self.files.refresh(&mut self.gathered.read, &changed);
    }

    fn link(&mut self) {
        let files = self.files.deployed.clone();
        let repository = link::link(files, &self.setup.sources.values);
        self.repositories = Arc::new(used_repositories(&repository));
        self.gathered.repository = Arc::new(repository);
    }

    /// Links what the files that are shown need; the rest follows when nobody types.
    fn link_shown(&mut self, given: &Given) {
        let all = given.options.diagnostics == Scope::Workspace;
        if all || self.files.deployed.len() < FEW {
            return self.link();
        }
        let files = self.files.context(&|path| self.shows(path, given));
        let repository = link::link(files, &self.setup.sources.values);
        self.gathered.repository = Arc::new(repository);
        self.later = self.later.max(Due::LinkingAll);
    }

    /// Whether findings of a file are shown, and its images asked for.
    fn shows(&self, path: &RepoPath, given: &Given) -> bool {
        given.options.diagnostics == Scope::Workspace || self.files.open.contains_key(path)
    }

    fn judge(&mut self, given: &Given) -> Snapshot {
        let only = |path: &RepoPath| self.shows(path, given);
        let settings = &self.setup.settings;
        let mut network = given.args.network.clone();
        network.offline = given.silent().is_some();
        let gathered = &self.gathered;
        let shown = lint::Shown {
            only: Some(&only),
            passed: false,
            strict: false,
        };
        let mut report = lint::judge(gathered, settings, &self.setup.targets, shown, &network);
        // Only where every image was asked does anybody know whether an ignore is of use.
        let all = given.options.diagnostics == Scope::Workspace;
        let extent = suppress::Extent {
            offline: !self.is_complete(given),
            only: (!all).then_some(&only),
            whole: true,
        };
        let judging = &given.args.judging;
        // A baseline or pattern that cannot be used was said when it was read.
        let _ = suppress::apply(&mut report, &gathered.repository, settings, judging, extent);
        self.snapshot(report, given)
    }

    fn is_complete(&self, given: &Given) -> bool {
        let paths = self.gathered.read.paths();
        let mut shown = questions(&self.gathered.repository)
            .filter(|linked| self.shows(&paths[linked.mention.place.file.0 as usize], given));
        let answered = |linked: &LinkedMention| match &linked.text {
            Text::Known(reference) => self.gathered.answers.to(reference).is_some(),
            _ => true,
        };
        given.silent().is_none() && shown.all(answered)
    }

    fn snapshot(&self, report: Report, given: &Given) -> Snapshot {
        let open = self.files.open.iter();
        let versions = open.map(|(path, open)| (self.root.join(path.to_path()), open.version));
        let shown = |file: FileId| {
            let path = report.files.get(file.0 as usize);
            path.is_some_and(|path| self.shows(path, given))
        };
        let mut answers = HashMap::new();
        for linked in &self.gathered.repository.mentions {
            let Text::Known(reference) = &linked.text else {
                continue;
            };
            if shown(linked.mention.place.file)
                && let Some(resolved) = self.gathered.answers.to(reference)
            {
                let text = reference.to_string();
                let at = self.given_at.get(&Question::of(reference)).copied();
                let at = at.unwrap_or(SystemTime::UNIX_EPOCH);
                answers.entry(text).or_insert_with(|| Answer {
                    resolved: Arc::new(resolved.clone()),
                    at,
                });
            }
        }
        let notes = report.notes.into_iter();
        let notes = notes.filter(|note| note.file.is_none_or(shown)).collect();
        Snapshot {
            root: self.root.clone(),
            lone: self.lone.clone(),
            repository: Arc::clone(&self.gathered.repository),
            findings: report.findings,
            unchecked: report.unchecked,
            notes,
            answers,
            versions: versions.collect(),
            repositories: Arc::clone(&self.repositories),
            targets: self.targets(),
            silent: given.silent(),
            files: report.files,
        }
    }

    fn targets(&self) -> Vec<Target> {
        let main = self.setup.targets.main().clone();
        let others = BUILT_IN.iter().filter_map(|name| Target::named(name));
        let others = others.filter(|target| target.name != main.name);
        let others: Vec<Target> = others
            .map(|mut target| {
                target.platform = main.platform.clone();
                target
            })
            .collect();
        std::iter::once(main).chain(others).collect()
    }

    /// The images of saved files that nobody asked for yet; None where there is nothing to ask.
    ///
    /// # Errors
    /// No client can be made.
    pub fn batch(&mut self, given: &Given) -> Result<Option<Batch>, crate::app::Failure> {
        if given.silent().is_some() {
            return Ok(None);
        }
        let renewed = std::mem::take(&mut self.renewed);
        let images = self.unasked(given, &renewed);
        if images.is_empty() {
            return Ok(None);
        }
        let client = self.client(given)?;
        let asked = images.iter().map(|(reference, _)| Question::of(reference));
        self.in_flight.extend(asked);
        Ok(Some(Batch {
            folder: self.number,
            client,
            depth: network::depth(&given.args.network),
            images,
        }))
    }

    fn unasked(
        &self,
        given: &Given,
        renewed: &HashSet<RepoPath>,
    ) -> Vec<(ImageReference, Vec<FollowUp>)> {
        let paths = self.gathered.read.paths();
        let most = given.args.network.max_references;
        let mut left = most.saturating_sub(self.gathered.answers.len() + self.in_flight.len());
        let mut found: Vec<(ImageReference, Vec<FollowUp>)> = Vec::new();
        let mut known: HashMap<ImageReference, usize> = HashMap::new();
        for linked in questions(&self.gathered.repository) {
            let path = &paths[linked.mention.place.file.0 as usize];
            let Text::Known(reference) = &linked.text else {
                continue;
            };
            let saved = self.files.open.get(path).is_none_or(|open| open.saved);
            let wanted = saved
                && self.shows(path, given)
                && !self.in_flight.contains(&Question::of(reference))
                && self.is_unknown(reference, renewed.contains(path));
            if !wanted {
                continue;
            }
            let at = *known.entry(reference.clone()).or_insert_with(|| {
                found.push((reference.clone(), Vec::new()));
                found.len() - 1
            });
            if at >= left {
                found.truncate(left);
                left = 0;
                break;
            }
            found[at]
                .1
                .extend(self.follow_ups(linked, reference, path, given));
        }
        let _ = left;
        found
    }

    fn is_unknown(&self, reference: &ImageReference, renewed: bool) -> bool {
        let Some(resolved) = self.gathered.answers.to(reference) else {
            return true;
        };
        let at = self.given_at.get(&Question::of(reference));
        let old = at.is_none_or(|at| at.elapsed().unwrap_or_default() > LIFE);
        renewed && (old || matches!(resolved.resolution, Resolution::Unknown(_)))
    }

    fn follow_ups(
        &self,
        linked: &LinkedMention,
        reference: &ImageReference,
        path: &RepoPath,
        given: &Given,
    ) -> Vec<FollowUp> {
        let mut all = gather::follow_ups(linked, reference);
        if linked.role != Role::Ci && !given.args.network.no_alternatives {
            let judging = self.setup.targets.judging(path, linked).into_iter();
            all.extend(judging.map(|one| FollowUp::Alternative(one.target.accepts.clone())));
        }
        all
    }

    /// The client, made anew once in a while: what it keeps of a run gets old.
    ///
    /// # Errors
    /// A file, host or proxy that cannot be used.
    pub fn client(&mut self, given: &Given) -> Result<Client, crate::app::Failure> {
        let old = |made: &Instant| made.elapsed() > LIFE && self.in_flight.is_empty();
        if let Some((client, made)) = &self.client
            && !old(made)
        {
            return Ok(client.clone());
        }
        let args = given.trusted_network();
        let settings = network::settings(&args, &self.setup.settings, &given.env);
        let client = Client::new(settings)?;
        self.client = Some((client.clone(), Instant::now()));
        Ok(client)
    }

    /// Takes answers in.
    pub fn answered(&mut self, answers: Answers) {
        let now = SystemTime::now();
        for (question, resolved) in answers.each() {
            self.in_flight.remove(question);
            let at = now.checked_sub(resolved.evidence.age).unwrap_or(now);
            self.given_at.insert(question.clone(), at);
        }
        self.gathered.answers.merge(answers);
        self.need(Due::Judging);
    }
}
