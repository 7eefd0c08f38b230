//! Reads one file and writes down every place that names an image, with its exact span, and what else the file says
//! that gives those names their meaning. Comes in: a [`SourceFile`]. Goes out: an [`Extraction`].
//!
//! This room knows no network, no other file and no rule. It never fails: what cannot be read is a
//! [`Skip`](image_lint_model::mention::Skip), and the rest of the file is read all the same.

mod ai_lab;
mod ansible;
pub mod argo;
pub mod bake;
pub mod bazel;
pub mod buildpacks;
pub mod ci;
pub mod compose;
mod container_map;
mod containers_conf;
pub mod custom_resources;
mod delivery;
pub mod devcontainer;
pub mod dockerfile;
pub mod follow;
mod hcl;
pub mod helm;
mod helmfile;
pub mod ignores;
mod image_map;
mod jenkins_config;
pub mod jenkinsfile;
mod json_patch;
mod kind_only;
mod kube_burner;
pub mod kubernetes;
pub mod kustomize;
mod limit;
mod loose_values;
pub mod makefile;
mod mirror_sets;
mod olm_catalog;
pub mod openshift;
mod pod_fragment;
mod prow;
pub mod quadlet;
pub mod received;
mod redact;
pub mod runner_toml;
mod scripts;
mod shapes;
pub mod shell;
mod sink;
mod site;
pub mod systemd;
pub mod tekton;
mod tekton_catalog;
pub mod terraform;
mod toml_lines;
pub mod unread;
pub mod variables;
mod yaml_comments;

pub use limit::MentionLimit;
pub use sink::{Draft, Handed, HandedTo, Sink};
pub use site::Site;

use crate::tree::Tree;
use image_lint_model::mention::{Extraction, Role};
use image_lint_text::meter::RunMeter;
use image_lint_text::source::{FileId, RepoPath, SourceFile};

/// What is known of a file before it is read as a whole.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    pub path: &'a RepoPath,
    /// The first bytes of the file (at most 256 on the first look; the whole text when `whole`).
    pub head: &'a [u8],
    pub whole: bool,
}

/// Reads one kind of source.
pub trait Extractor: Sync {
    /// Name that `list --files` prints.
    fn name(&self) -> &'static str;

    /// Whether this kind of source may stand in the file, judged by its path and its first bytes.
    fn claims(&self, file: &Candidate<'_>) -> bool;

    /// Cheap test on the bytes of the whole file: false when it cannot name an image, so that it is not parsed.
    fn worth_reading(&self, text: &str) -> bool {
        let _ = text;
        true
    }

    /// The same with the sources that are off by default.
    fn worth_reading_extended(&self, text: &str) -> bool {
        self.worth_reading(text)
    }

    /// The same where nothing may be hidden: what finds words as they are written must not decide where words may be
    /// written otherwise.
    fn worth_reading_strictly(&self, text: &str) -> bool {
        let _ = text;
        true
    }

    /// Writes down what the file gives.
    fn extract(&self, file: &SourceFile, out: &mut Sink<'_>);
}

/// Whether a file is one of Ansible's variables.
pub(crate) fn is_ansible_variables(path: &RepoPath) -> bool {
    let head = &[];
    ansible::VariableFile.claims(&Candidate {
        path,
        head,
        whole: false,
    })
}

/// What a CI system runs in a pod of its own is no workload of the cluster: mentions from `first` on are the CI's.
fn of_ci(out: &mut Sink<'_>, first: usize) {
    for mention in &mut out.extraction.mentions[first..] {
        if matches!(mention.role, Role::Run | Role::BuildBase) {
            mention.role = Role::Ci;
        }
    }
}

/// Who reads a file, as far as its name and first bytes tell.
#[derive(Clone, Copy)]
pub enum Claim {
    By(&'static dyn Extractor),
    /// The name says nothing: the first bytes decide.
    Look,
    Nobody,
}

/// Asks every kind of source. With an empty `head` only the name is judged.
pub fn claim(path: &RepoPath, head: &[u8], executable: bool) -> Claim {
    let candidate = Candidate {
        path,
        head,
        whole: false,
    };
    if let Some(extractor) = extractors()
        .iter()
        .find(|extractor| extractor.claims(&candidate))
    {
        return Claim::By(*extractor);
    }
    // A script without an extension tells by its first line; so does an executable with one.
    // A unit of systemd does so by its first section.
    let name = path.file_name();
    let unsaid = executable || !name.contains('.') || quadlet::may_be_unit(&name);
    if head.is_empty() && unsaid {
        Claim::Look
    } else {
        Claim::Nobody
    }
}

/// Reads one file that belongs to no run; see [`extract_within`].
pub fn extract(
    file: &SourceFile,
    extractor: &'static dyn Extractor,
    extended: bool,
) -> (Option<&'static str>, Extraction) {
    extract_within(file, extractor, extended, &Reading::default())
}

/// What the files of a run share while they are read. The default is a run without limits.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    pub meter: RunMeter,
    pub mentions: Option<MentionLimit>,
    /// Nothing may be hidden: files are read whatever a look at their bytes says.
    pub strict: bool,
}

/// Reads one file of a run; `extended` with the sources that are off by default. The name of who read it is None when its bytes show that it cannot name an image.
pub fn extract_within(
    file: &SourceFile,
    extractor: &'static dyn Extractor,
    extended: bool,
    run: &Reading,
) -> (Option<&'static str>, Extraction) {
    let worth = match extended {
        true => extractor.worth_reading_extended(&file.text),
        false => extractor.worth_reading(&file.text),
    };
    let insists = run.strict && extractor.worth_reading_strictly(&file.text);
    if !worth && !insists {
        return (None, Extraction::default());
    }
    let beyond = |limit: &MentionLimit| limit.is_beyond(file.id);
    if run.mentions.as_ref().is_some_and(beyond) {
        return (Some(extractor.name()), Extraction::default());
    }
    let mut sink = Sink::within(file, &run.meter);
    sink.limit = run.mentions.clone();
    sink.extended = extended;
    sink.strict = run.strict;
    extractor.extract(file, &mut sink);
    let reader = sink.reader.unwrap_or(extractor.name());
    let reader = (!sink.nothing).then_some(reader);
    (reader, sink.finish())
}

/// Reads one file of a run again, with the other files at hand. Goes out: what it gives, and what files give that only
/// have a meaning in this one.
pub fn extract_with(
    file: &SourceFile,
    extractor: &'static dyn Extractor,
    extended: bool,
    run: &Reading,
    tree: &dyn Tree,
) -> (Extraction, Vec<(FileId, Extraction)>) {
    let mut sink = Sink::within(file, &run.meter);
    sink.limit = run.mentions.clone();
    sink.extended = extended;
    sink.strict = run.strict;
    sink.tree = Some(tree);
    extractor.extract(file, &mut sink);
    let others = std::mem::take(&mut sink.others);
    (sink.finish(), others)
}

/// Every kind of source, first claim wins. One line each.
pub fn extractors() -> &'static [&'static dyn Extractor] {
    &[
        &dockerfile::Dockerfile,
        &jenkinsfile::Jenkinsfile,
        &jenkins_config::Config,
        &makefile::Makefile,
        &ci::GitHub,
        &ci::GitLab,
        &ci::CloudBuild,
        &ci::OtherCi,
        &compose::Compose,
        &devcontainer::Devcontainer,
        &quadlet::Quadlet,
        &systemd::Unit,
        &bake::Bake,
        &bazel::Bazel,
        &buildpacks::Project,
        &terraform::Terraform,
        &runner_toml::Runner,
        &helm::Helm,
        &ansible::VariableFile,
        &kustomize::Kustomize,
        &kubernetes::Kubernetes,
        &containers_conf::ContainersConf,
        &shell::ShellFile,
    ]
}
