//! The files of a folder with what each of them says, kept from change to change: a change of one file reads that file
//! again, and the rest of the work begins at linking.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use image_lint_model::mention::Extraction;
use image_lint_model::object::Facts;
use image_lint_scan::extract::{self, Claim, MentionLimit};
use image_lint_scan::render::kustomize::FileOf;
use image_lint_text::meter::RunMeter;
use image_lint_text::source::{FileId, RepoPath};

use super::overlay::{Documents, Open};
use crate::app::charts;
use crate::app::gather;
use crate::app::read::{self, Input, Outcome, Read, is_kustomization, is_made_of_several};
use crate::app::settings::Sources;
use crate::app::tree::Bytes;

/// What is to be done so that all is known again. The later ones include the earlier ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    #[default]
    Nothing,
    /// Findings and answers.
    Judging,
    /// One or more files were read again, by themselves.
    Linking,
    /// The same, and what they mean for files that are not shown.
    LinkingAll,
    /// What is made of several files.
    Rendering,
    /// All files.
    Reading,
    /// The configuration, too.
    Settling,
}

/// Readers of files that no script or Makefile includes.
const ALONE: [&str; 4] = ["manifest", "compose", "dockerfile", "github"];

/// All files of a folder.
#[derive(Default)]
pub struct Files {
    /// What each file says by itself.
    own: Read,
    /// What they say once charts are rendered and kustomizations built.
    pub deployed: Vec<FileOf>,
    pub open: Documents,
    /// What the disk holds in the place of open documents.
    beneath: HashMap<RepoPath, Bytes>,
    /// Files whose meaning is not their own alone.
    rendered: HashSet<FileId>,
    charts: Vec<String>,
    kustomized: bool,
}

impl Files {
    /// Reads all files. A root that is gone has none.
    pub fn read(&mut self, sources: &Sources) {
        let own = read::read_all(&fresh(&sources.input, sources.max_mentions), &|_, _, _| {});
        self.own = own.unwrap_or_default();
        self.beneath.clear();
        let open: Vec<RepoPath> = self.open.keys().cloned().collect();
        for path in open {
            self.take_open(&path, sources);
        }
    }

    /// Puts an open document in the place of its file.
    pub fn open(&mut self, path: &RepoPath, open: Open, sources: &Sources) -> Due {
        let same = self.open.get(path).map(|known| known.text == open.text);
        self.open.insert(path.clone(), open);
        match same {
            Some(true) => Due::Judging,
            _ => self.take_open(path, sources),
        }
    }

    /// The file counts again.
    pub fn close(&mut self, path: &RepoPath, sources: &Sources) -> Due {
        if self.open.remove(path).is_none() {
            return Due::Nothing;
        }
        match (self.id(path), self.beneath.remove(path)) {
            (Some(id), Some(bytes)) => {
                self.own.tree.put(path, id, bytes);
                self.read_again(path, id, sources)
            }
            // It was never saved, or made since the files were read.
            _ => Due::Reading,
        }
    }

    /// Somebody changed a file on the disk; `whole` is where it is.
    pub fn disk(&mut self, path: &RepoPath, whole: &Path, sources: &Sources) -> Due {
        if self.open.contains_key(path) {
            return Due::Nothing;
        }
        let inside_git = path.to_text().split('/').any(|part| part == ".git");
        if inside_git || !sources.input.selection.wants(&path.to_path()) {
            return Due::Nothing;
        }
        match self.id(path).filter(|_| whole.is_file()) {
            Some(id) => self.read_again(path, id, sources),
            None if whole.is_dir() => Due::Reading,
            None => match extract::claim(path, b"", false) {
                Claim::By(_) | Claim::Look => Due::Reading,
                Claim::Nobody if self.is_of_chart(path) => Due::Rendering,
                Claim::Nobody => Due::Nothing,
            },
        }
    }

    /// Renders and builds what is made of several files. Goes out: what assessing needs of them.
    pub fn render(&mut self, sources: &Sources) -> Read {
        let mut read = Read {
            files: self.own.files.clone(),
            met: self.own.met,
            unread: self.own.unread.clone(),
            notes: self.own.notes.clone(),
            tree: Default::default(),
            roots: Vec::new(),
        };
        // Open documents are in the tree already.
        charts::render(
            &mut read,
            &self.own.tree,
            &fresh(&sources.input, sources.max_mentions),
        );
        read.tree = std::mem::take(&mut self.own.tree);
        self.deployed = gather::deployed(&mut read, sources);
        self.own.tree = std::mem::take(&mut read.tree);
        self.note_rendered();
        read
    }

    /// Takes over what one file says by itself, where nothing is made of it and others.
    pub fn refresh(&mut self, read: &mut Read, changed: &HashSet<FileId>) {
        for id in changed {
            read.files.retain(|file| file.id != *id);
            read.notes.retain(|note| note.file != Some(*id));
            self.deployed.retain(|(known, ..)| known != id);
            let of_file = |note: &&image_lint_model::finding::Note| note.file == Some(*id);
            read.notes
                .extend(self.own.notes.iter().filter(of_file).cloned());
            if let Some(own) = self.own.files.iter().find(|file| file.id == *id) {
                let extraction = own.extraction.clone();
                self.deployed.push((*id, own.path.clone(), extraction));
                let mut shown = own.clone();
                shown.extraction = Extraction::default();
                read.files.push(shown);
            }
        }
        read.sort();
    }

    /// What linking needs for the files that are shown: these, and those that say something about others.
    pub fn context(&self, shown: &dyn Fn(&RepoPath) -> bool) -> Vec<FileOf> {
        let needed = self.deployed.iter().filter(|(_, path, extraction)| {
            shown(path) || path.file_name() == "Chart.yaml" || says_of_others(extraction)
        });
        needed.cloned().collect()
    }

    /// Whether a change of a file that was judged by itself may change what is made of others.
    pub fn may_render(&self) -> bool {
        self.kustomized
    }

    pub fn id(&self, path: &RepoPath) -> Option<FileId> {
        use image_lint_scan::tree::Tree as _;
        self.own.tree.find(&path.to_text())
    }

    fn is_of_chart(&self, path: &RepoPath) -> bool {
        let path = path.to_text();
        self.charts.iter().any(|folder| {
            folder.is_empty()
                || path
                    .strip_prefix(folder.as_str())
                    .is_some_and(|rest| rest.starts_with('/'))
        })
    }

    fn note_rendered(&mut self) {
        let own = &self.own.files;
        let folders = own
            .iter()
            .filter(|file| file.path.file_name() == "Chart.yaml");
        self.charts = folders
            .map(|file| file.path.folder().into_owned())
            .collect();
        self.kustomized = own.iter().any(|file| is_kustomization(&file.path));
        self.rendered.clear();
        if !self.kustomized {
            return;
        }
        let before: HashMap<FileId, u64> = own
            .iter()
            .map(|file| (file.id, mark(&file.extraction)))
            .collect();
        let changed = self
            .deployed
            .iter()
            .filter(|(id, _, extraction)| before.get(id) != Some(&mark(extraction)));
        self.rendered.extend(changed.map(|(id, ..)| *id));
    }

    fn take_open(&mut self, path: &RepoPath, sources: &Sources) -> Due {
        let Some(open) = self.open.get(path) else {
            return Due::Nothing;
        };
        let bytes = open.text.as_bytes().to_vec();
        let known = self.id(path);
        let id = known.unwrap_or_else(|| self.next_id());
        let beneath = self.own.tree.put(path, id, Bytes::Here(bytes.clone()));
        if let Some(beneath @ Bytes::OnDisk(_)) = beneath {
            self.beneath.insert(path.clone(), beneath);
        }
        let input = fresh(&sources.input, sources.max_mentions);
        // One that is on the disk and was not met is left out, by git or by the configuration.
        let on_disk = folder_of(sources).join(path.to_path()).exists();
        let wanted = known.is_some() || !on_disk && input.selection.wants(&path.to_path());
        let outcome = match wanted {
            true if bytes.len() as u64 <= input.max_file_size => {
                read::extract_bytes(id, path.clone(), bytes, false, None, &input, &|_, _, _| {})
            }
            _ => Outcome::Passed,
        };
        self.replace(path, id, outcome)
    }

    fn read_again(&mut self, path: &RepoPath, id: FileId, sources: &Sources) -> Due {
        let input = fresh(&sources.input, sources.max_mentions);
        let outcome = match self.own.tree.found(id) {
            Some(found) => read::read_one(id, found, &input, &|_, _, _| {}),
            None => return Due::Reading,
        };
        self.replace(path, id, outcome)
    }

    fn replace(&mut self, path: &RepoPath, id: FileId, outcome: Outcome) -> Due {
        let was = self.own.files.iter().any(|file| file.id == id);
        self.own.files.retain(|file| file.id != id);
        self.own.notes.retain(|note| note.file != Some(id));
        // It is counted already, or counts as the file that it will be.
        let met = self.own.met;
        self.own.take(outcome);
        self.own.met = met;
        self.own.sort();
        let now = self.own.files.iter().find(|file| file.id == id);
        let is = now.is_some();
        // Others may follow it, or it them.
        let alone = now.is_some_and(|file| {
            let by = |reader: &str| ALONE.contains(&reader);
            file.reader.is_some_and(by) && !file.extraction.follows
        });
        let follows = self.own.files.iter().any(|file| file.extraction.follows);
        if follows && !alone
            || is_made_of_several(path)
            || self.is_of_chart(path)
            || self.rendered.contains(&id)
        {
            return Due::Rendering;
        }
        match was || is {
            true => Due::Linking,
            false => Due::Judging,
        }
    }

    fn next_id(&self) -> FileId {
        let last = self.own.files.iter().map(|file| file.id.0 + 1).max();
        FileId(last.unwrap_or(0).max(self.own.tree.next_id()))
    }
}

/// The folder that paths are below: the root, or that of the file which is the root.
fn folder_of(sources: &Sources) -> PathBuf {
    let root = sources.input.roots.first().cloned().unwrap_or_default();
    match root.parent() {
        Some(parent) if !root.is_dir() => parent.to_owned(),
        _ => root,
    }
}

/// What a run shares is used up by one run; here each reading is one.
fn fresh(input: &Input, mentions: usize) -> Input {
    Input {
        meter: RunMeter::default(),
        mentions: MentionLimit::new(mentions),
        ..input.clone()
    }
}

/// Whether a file may change what another one means: it builds, follows or is followed, or defines streams,
/// accounts or secrets.
fn says_of_others(extraction: &Extraction) -> bool {
    let objects = &extraction.objects;
    !extraction.builds.is_empty()
        || !extraction.containerfiles.is_empty()
        || extraction.follows
        || !extraction.substitutions.is_empty()
        || objects
            .iter()
            .any(|object| !matches!(object.facts, Facts::Workload(_) | Facts::Other))
}

/// What tells an extraction from another one of the same file.
fn mark(extraction: &Extraction) -> u64 {
    let mut hasher = DefaultHasher::new();
    for mention in &extraction.mentions {
        mention.place.hash(&mut hasher);
        mention.source.hash(&mut hasher);
        mention.field.hash(&mut hasher);
        mention.also.hash(&mut hasher);
        mention.deployed_by.hash(&mut hasher);
    }
    extraction.unbuilt.len().hash(&mut hasher);
    extraction.kustomize.len().hash(&mut hasher);
    hasher.finish()
}
