//! Reading, linking and asking, overlapped: what every command but `inspect` begins with.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Failure;
use super::ask::{Answers, Asking};
use super::assess::questions;
use super::follow_up::FollowUp;
use super::read::{self, Each, Read, ReadClock};
use super::settings::Sources;
use super::{changed, charts};
use crate::config::Targets;
use image_lint_model::finding::Level;
use image_lint_model::finding::Note;
use image_lint_model::mention::{Extraction, LinkedMention, Repository, Role, Text};
use image_lint_model::reference::ImageReference;
use image_lint_model::target::Target;
use image_lint_scan::render::kustomize::FileOf;
use image_lint_scan::{link, render};
use image_lint_text::source::RepoPath;

/// All that is known before judging.
#[derive(Default)]
pub struct Gathered {
    pub read: Read,
    pub repository: Arc<Repository>,
    pub answers: Answers,
}

/// Reads with `reader`, links, and asks through `asking`; without it nothing is asked. With `counts` only the references
/// of those files are. `targets` say for which images a tag in another format is worth a few requests.
///
/// # Errors
/// When an input cannot be read at all, or asking failed inside.
pub fn gather(
    sources: &Sources,
    asking: Option<Asking>,
    targets: Option<&Targets>,
    counts: Option<&(dyn Fn(&RepoPath) -> bool + Sync)>,
    reader: impl FnOnce(Each<'_>) -> Result<Read, Failure> + Send,
) -> Result<Gathered, Failure> {
    let early = |path: &RepoPath, extraction: &Extraction, rewrites_possible: bool| {
        if let Some(asking) = asking
            .as_ref()
            .filter(|_| counts.is_none_or(|counts| counts(path)))
        {
            for reference in link::early(path, extraction, &sources.values, rewrites_possible) {
                asking.ask_early(&reference);
            }
        }
    };
    let jobs = sources.jobs.unwrap_or(0);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(jobs)
        .build()
        .map_err(|error| {
            Failure::Usage(format!(
                "cannot start the threads that read files: {error}; with --jobs 1 there is one"
            ))
        })?;
    // Linking, too, in a thread that read files: what it frees of them it has at hand for what is made of them.
    if let Some(asking) = &asking {
        asking.stops(&sources.input.meter);
    }
    let (read, repository) = pool.install(|| {
        let clock = ReadClock::start(&sources.input)?;
        let mut read = reader(&early)?;
        drop(clock);
        read.note_unread(&sources.input);
        let files = deployed(&mut read, sources);
        let repository = link::link(files, &sources.values);
        Ok::<_, Failure>((read, repository))
    })?;
    let answers = match asking {
        Some(asking) => {
            let paths = read.paths();
            // One message for each image, choice of formats and platforms, not for each mention.
            let mut told = HashSet::new();
            let mut shared: HashMap<*const Target, Arc<Target>> = HashMap::new();
            for linked in questions(&repository) {
                if counts.is_some_and(|counts| !changed::decides(linked, &paths, &counts)) {
                    continue;
                }
                let Text::Known(reference) = &linked.text else {
                    continue;
                };
                if !asking.ask(reference) {
                    continue;
                }
                for what in follow_ups(linked, reference) {
                    asking.then(reference, what);
                }
                if let Some(targets) = targets.filter(|_| linked.role != Role::Ci) {
                    let path = &paths[linked.mention.place.file.0 as usize];
                    for judging in targets.judging(path, linked) {
                        let target = judging.target;
                        let platforms = linked.platforms(&target.platform);
                        if told.insert((reference, &target.accepts, platforms.clone())) {
                            // One for all images, of which there may be ten thousand.
                            let target = shared
                                .entry(std::ptr::from_ref(target))
                                .or_insert_with(|| Arc::new(target.clone()));
                            let target = Arc::clone(target);
                            asking.then(reference, FollowUp::Alternative(target.accepts.clone()));
                            asking.then(reference, FollowUp::Repaired(target, platforms));
                        }
                    }
                }
            }
            asking.finish()?
        }
        None => Answers::default(),
    };
    Ok(Gathered {
        read,
        repository: Arc::new(repository),
        answers,
    })
}

/// What the files say once those that include others are read again, and kustomizations are built; taken out of `read`.
pub fn deployed(read: &mut Read, sources: &Sources) -> Vec<FileOf> {
    read.follow(&sources.input);
    bound_mentions(read, sources.max_mentions);
    let files = read.files.iter_mut();
    let mut files = files
        .map(|file| {
            let extraction = std::mem::take(&mut file.extraction);
            (file.id, file.path.clone(), extraction)
        })
        .collect();
    let extended = sources.input.extended;
    let added = render::kustomize::render(&mut files, &read.tree, extended);
    read.add(added);
    files
}

/// What is asked about a mention's image beside whether it resolves, whatever the target is.
pub fn follow_ups(linked: &LinkedMention, reference: &ImageReference) -> Vec<FollowUp> {
    let mut all = Vec::new();
    if reference.tag.is_some() && reference.digest.is_some() {
        all.push(FollowUp::TagDigest);
    }
    if linked.no_pull_secret().is_some() && linked.role == Role::Run {
        all.push(FollowUp::AnonymousCheck);
    }
    all
}

/// Forgets what the files after the limit hold, in the order of the walk, and says so. Much of it was not even kept.
fn bound_mentions(read: &mut Read, most: usize) {
    let (mut mentions, mut left_out) = (0, Vec::new());
    let mut files: Vec<_> = read.files.iter_mut().collect();
    files.sort_by_key(|file| file.id);
    for file in files {
        mentions += file.extraction.mentions.len();
        if mentions > most {
            left_out.push(file.path.clone());
            file.extraction = Extraction::default();
        }
    }
    if !left_out.is_empty() {
        let text = format!(
            "{} files were not judged: there are more than {most} places that name images; raise the limit with --max-mentions ({})",
            left_out.len(),
            read::named(&left_out)
        );
        read.notes.push(Note {
            level: Level::Warning,
            file: None,
            place: None,
            message: text.into(),
        });
    }
}

/// Reads the work tree, files and stdin as the sources say.
pub fn from_input(sources: &Sources) -> impl FnOnce(Each<'_>) -> Result<Read, Failure> + Send {
    |each| {
        let mut read = read::read_all(&sources.input, each)?;
        let tree = std::mem::take(&mut read.tree);
        charts::render(&mut read, &tree, &sources.input);
        read.tree = tree;
        Ok(read)
    }
}
