//! The repository's own meaning, made from the extracted facts alone: which value a variable has, which stream an
//! image comes from, what the repository builds itself. Pure; knows no files and no network.
//!
//! Comes in: the [`Extraction`] of every file. Goes out: a [`Repository`] whose mentions say what they are, where each
//! part of them came from, and whether a registry is to be asked. Everything is looked up by name in tables, so the
//! time is that of the number of mentions.

mod ansible;
mod build_args;
pub mod build_chain;
mod build_contexts;
mod built_here;
mod charts;
mod classify;
mod equal_turns;
mod filled_in;
mod imagestreams;
mod kustomize;
mod mirrors;
mod objects;
mod parameters;
mod platforms;
mod pull_secrets;
mod replaced_from;
mod stream_names;
mod to_come;
mod values;

use std::collections::HashSet;
use std::sync::Arc;

pub use values::Values;

use image_lint_model::build::{Built, Command, FormatSetting};
use image_lint_model::fact::Fact;
use image_lint_model::mention::{
    Expect, Extraction, LinkedMention, Mention, RenderedDocument, Repository, Role, SourceKind,
    Text,
};
use image_lint_model::object::Facts;
use image_lint_model::reference::ImageReference;
use image_lint_model::value::OriginKind;
use image_lint_text::source::{FileId, Place, RepoPath};
use objects::{Assembly, Entry, FileEntry};
use parameters::{FromOutside, Meanings};

/// Gives every mention its meaning in the whole repository. Sorted by path, then by place.
pub fn link(mut files: Vec<(FileId, RepoPath, Extraction)>, values: &Values) -> Repository {
    files.sort_by(|a, b| a.1.cmp(&b.1).then(a.0.cmp(&b.0)));
    let build_arguments = build_args::collect(&files, values);
    let recipes = build_args::recipes(&files);
    let contexts = build_contexts::collect(&files, &recipes);
    let ansible = ansible::collect(&files);
    let substitutions = filled_in::collect(&files);
    let strategies = replaced_from::collect(&files, &recipes);
    let charts = charts::Charts::new(&files);
    let tasks = own_tasks(&files);
    let vendored: HashSet<FileId> = files
        .iter()
        .filter(|(_, path, _)| build_chain::is_vendored(&path.to_text()))
        .map(|(id, ..)| *id)
        .collect();
    let mut assembly = Assembly::default();
    assembly.mentions.reserve_exact(
        files
            .iter()
            .map(|(_, _, extraction)| extraction.mentions.len())
            .sum(),
    );
    assembly.objects.reserve_exact(
        files
            .iter()
            .map(|(_, _, extraction)| extraction.objects.len())
            .sum(),
    );
    let mut repository = Repository::default();
    for (number, (id, path, mut extraction)) in files.into_iter().enumerate() {
        let first = assembly.mentions.len();
        let first_object = assembly.objects.len();
        let mut formats = Vec::with_capacity(extraction.builds.len());
        let (classified, platforms) = {
            let outside = FromOutside {
                build_arguments: build_arguments.get(&number),
                app_version: charts.version(&path),
                ansible: ansible.get(&number),
            };
            let meanings = Meanings::new(&extraction, values, outside);
            assembly
                .objects
                .extend(objects::objects(&extraction, &meanings, number, first));
            formats.extend(
                extraction
                    .builds
                    .iter()
                    .map(|build| parameter_format(build, &meanings)),
            );
            let included = charts.included(&path);
            let meant = |m: &Mention| {
                let value = charts::own_value(m, included);
                classify::classify(meanings.evaluate(&value, m.scope), m, values)
            };
            (
                extraction.mentions.iter().map(meant).collect::<Vec<_>>(),
                platforms::of_recipes(&extraction, &meanings),
            )
        };
        let replaced = contexts
            .get(&id)
            .map(|given| build_contexts::replaced(&extraction, given));
        let rendered = std::mem::take(&mut extraction.rendered);
        let mentions = std::mem::take(&mut extraction.mentions);
        for (mention, classified) in mentions.into_iter().zip(classified) {
            let fault = stream_names::fault(&mention, &classified.text, &extraction);
            let object = mention
                .object
                .map(|o| first_object + o as usize)
                .filter(|o| *o < assembly.objects.len());
            let from = rendered_from(&rendered, mention.place);
            let mut entry = entry(mention, classified, number, object);
            entry.linked.facts.extend(from);
            if let Some(fault) = fault {
                entry.add(Fact::NoStreamName(fault));
            }
            assembly.mentions.push(entry);
        }
        for (mention, platform) in platforms {
            assembly.mentions[first + mention].add(Fact::Platforms(platform.into()));
        }
        for (mention, place) in replaced.into_iter().flatten() {
            let entry = &mut assembly.mentions[first + mention];
            let text = entry.raw.to_string();
            entry.linked.text = Text::Local {
                text,
                why: "a build context that the build command gives",
            };
            entry.add(Fact::BuildContext { place });
        }
        replaced_from::link(&mut assembly, first, &extraction, strategies.get(&id));
        kustomize::link(&mut assembly, first, &extraction.unbuilt);
        repository.kustomize.append(&mut extraction.kustomize);
        repository.charts.append(&mut extraction.charts);
        assembly.files.push(FileEntry {
            folder: path.folder().into_owned(),
        });
        for (i, (command, format)) in extraction.builds.drain(..).zip(formats).enumerate() {
            if command
                .task
                .as_ref()
                .is_some_and(|task| tasks.contains(task))
            {
                continue;
            }
            let format = format.unwrap_or_else(|| command.format.clone());
            let recipe = recipes.get(&(id, i)).copied();
            repository.builds.push(Built::new(command, format, recipe));
        }
        repository.ignores.append(&mut extraction.ignores);
        repository.skips.append(&mut extraction.skips);
        repository
            .containerfiles
            .append(&mut extraction.containerfiles);
    }
    imagestreams::link(&mut assembly);
    platforms::link(&mut assembly);
    pull_secrets::link(&mut assembly);
    built_here::link(&mut assembly, &repository.builds);
    mirrors::link(&mut assembly);
    filled_in::link(&mut assembly, &substitutions);
    let mut repository = finish(assembly, repository);
    build_chain::hush(&mut repository.builds, &vendored);
    repository
}

/// Names of the Tekton tasks that the repository defines.
fn own_tasks(files: &[(FileId, RepoPath, Extraction)]) -> HashSet<Box<str>> {
    let objects = files
        .iter()
        .flat_map(|(_, _, extraction)| &extraction.objects);
    let tasks = objects.filter(|object| matches!(&*object.kind, "Task" | "ClusterTask"));
    tasks
        .filter_map(|task| task.name.as_known())
        .map(Into::into)
        .collect()
}

/// The template that a place of rendered input was made from; documents are in the order of the text.
fn rendered_from(documents: &[RenderedDocument], place: Place) -> Option<Fact> {
    let at = place.span.start;
    let after = documents.partition_point(|document| document.span.start <= at);
    let document = documents[..after].last()?;
    (at < document.span.end).then(|| Fact::RenderedFrom {
        template: Arc::clone(&document.template),
        place: document.place,
    })
}

/// A format that stands in a parameter whose default, or whose value in a run, is known.
fn parameter_format(build: &Command, meanings: &Meanings<'_>) -> Option<FormatSetting> {
    let FormatSetting::Open { value, scope } = &build.format else {
        return None;
    };
    let evaluated = meanings.evaluate(value, *scope);
    let text = evaluated.known().filter(|text| !text.is_empty())?;
    // An edit replaces the default, so the default must be all of it.
    let place = match evaluated.parts.as_slice() {
        [only] if only.text == text => only.origin.place,
        _ => None,
    };
    Some(FormatSetting::Default {
        value: text.into(),
        place,
    })
}

fn entry(
    mention: Mention,
    classified: classify::Classified,
    file: usize,
    object: Option<usize>,
) -> Entry {
    let mut facts = Vec::new();
    if classified.trimmed && !classified.raw.is_empty() && refuses_blanks(&mention) {
        facts.push(Fact::Blank);
    }
    let linked = LinkedMention {
        role: mention.role,
        mention,
        text: classified.text,
        parts: classified.parts,
        facts,
        asked: false,
    };
    Entry {
        linked,
        raw: classified.raw,
        file,
        object,
    }
}

/// Whether whoever reads the name takes it as it is written, white space included, and refuses it: Kubernetes
/// (`validateContainerOnlyForPod`), builders and Compose (distribution/reference). What templates and other tools do with
/// a value is not known here.
fn refuses_blanks(mention: &Mention) -> bool {
    match mention.source {
        SourceKind::Kubernetes | SourceKind::OpenShift | SourceKind::Tekton | SourceKind::Argo => {
            mention.container.is_some()
        }
        SourceKind::Dockerfile | SourceKind::Compose => true,
        _ => false,
    }
}

/// Decides what is asked, and puts everything in the order of the report.
fn finish(assembly: Assembly, mut repository: Repository) -> Repository {
    let mut entries = assembly.mentions;
    for entry in &mut entries {
        let rewritten = entry.linked.facts.iter().any(|fact| {
            matches!(
                fact,
                Fact::Rewritten { .. } | Fact::Mirrored { only: true, .. }
            )
        });
        entry.linked.asked = is_asked(entry.linked.role, &entry.linked.text) && !rewritten;
    }
    // They are in the order of the files already. Stable: mentions of one place stay in the order in which they were
    // written down.
    for of_file in entries.chunk_by_mut(|a, b| a.file == b.file) {
        of_file.sort_by_key(|e| e.linked.mention.place.span);
    }
    repository.mentions = equal_turns::joined(entries, &assembly.objects);
    // In the order in which they run: the body of a function is written before what it is called after.
    build_chain::follow(&mut repository.builds);
    repository.builds.sort_by_key(|b| b.command.place);
    repository.ignores.sort_by_key(|i| i.place);
    repository.skips.sort_by_key(|s| s.place);
    repository.kustomize.sort_by_key(|problem| problem.place);
    repository.charts.sort_by_key(|problem| problem.place);
    repository.containerfiles.sort_by_key(|c| c.place);
    repository
}

/// An output is never required to exist; streams and local names are no registry's.
fn is_asked(role: Role, text: &Text) -> bool {
    matches!(text, Text::Known(_)) && matches!(role, Role::Run | Role::BuildBase | Role::Ci)
}

/// What a chart deploys is known when it has been rendered.
fn may_be_of_chart(path: &RepoPath) -> bool {
    let path = path.to_text();
    path.starts_with("templates/") || path.contains("/templates/")
}

/// The references of one file that no other file can change any more, each once, to be asked while other files are
/// still being read. `rewrites_possible`: a kustomization of the repository may put other images in their place.
///
/// Conservative: what is left out here is asked after [`link`].
pub fn early(
    path: &RepoPath,
    extraction: &Extraction,
    values: &Values,
    rewrites_possible: bool,
) -> Vec<ImageReference> {
    if may_be_of_chart(path) || extraction.follows {
        return Vec::new();
    }
    let meanings = Meanings::new(extraction, values, FromOutside::default());
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for mention in &extraction.mentions {
        if !matches!(mention.expect, Expect::Image | Expect::Artifact)
            || matches!(mention.source, SourceKind::Kustomize | SourceKind::Helm)
        {
            continue;
        }
        let in_cluster = mention.role == Role::Run;
        if in_cluster && (rewrites_possible || is_triggered(mention, extraction)) {
            continue;
        }
        let evaluated = meanings.evaluate(&mention.value, mention.scope);
        // `--build-arg` of another file may change what an ARG means.
        let elsewhere = |kind| kind == OriginKind::DockerfileArg;
        if evaluated
            .parts
            .iter()
            .any(|part| elsewhere(part.origin.kind))
        {
            continue;
        }
        let classified = classify::classify(evaluated, mention, values);
        if !is_asked(mention.role, &classified.text) {
            continue;
        }
        // A stream with `lookupPolicy.local` may answer a bare name.
        if in_cluster && !classified.raw.contains(['/', '@']) {
            continue;
        }
        if let Text::Known(reference) = classified.text
            && seen.insert(reference.clone())
        {
            found.push(reference);
        }
    }
    found
}

fn is_triggered(mention: &Mention, extraction: &Extraction) -> bool {
    let Some(object) = mention
        .object
        .and_then(|o| extraction.objects.get(o as usize))
    else {
        return false;
    };
    matches!(&object.facts, Facts::Workload(workload) if !workload.triggers.is_empty())
}

#[cfg(test)]
mod tests;
