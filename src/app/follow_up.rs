//! What is asked once the answers are there: only for the references whose rules have a use for it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use tokio::task::JoinSet;

use super::ask::{Answers, Question};
use image_lint_model::manifest::{Format, Manifest, Platform};
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::{Alternative, Resolution};
use image_lint_model::target::Target;
use image_lint_registry::Client;

/// Something to be asked about a reference after its answer.
#[derive(Clone, Debug)]
pub enum FollowUp {
    /// What the tag beside a digest names.
    TagDigest,
    /// Whether it is refused without credentials.
    AnonymousCheck,
    /// An older tag in one of these formats, when it is stored in none of them.
    Alternative(Vec<Format>),
    /// Once more, where the answer of an earlier run is one that this target cannot pull on any of these platforms.
    Repaired(Arc<Target>, Vec<Platform>),
}

/// An image and the formats that are wanted of it.
type Wanted = (ImageReference, Vec<Format>);

/// The follow-ups of a run.
#[derive(Debug, Default)]
pub struct FollowUps {
    /// By the reference as text: several tags may stand beside one digest.
    pinned: BTreeMap<String, ImageReference>,
    anonymous_checks: BTreeMap<Question, ImageReference>,
    /// With the formats that some target takes; a reference judged by two targets asks for the stricter one.
    alternatives: BTreeMap<Question, Wanted>,
    /// By whom each image is pulled.
    pulled_by: BTreeMap<Question, (ImageReference, Vec<Puller>)>,
}

/// A target and the platforms of which its nodes may have any.
type Puller = (Arc<Target>, Vec<Platform>);

/// Whether the nodes pull and run an image as it was kept; without a platform nothing is known of them.
fn content((target, platforms): &Puller, manifest: &Manifest) -> bool {
    platforms.is_empty()
        || platforms.iter().any(|platform| {
            let mut target = Target::clone(target);
            target.platform = platform.clone();
            target.is_content_with(manifest)
        })
}

/// What one task found.
enum Found {
    /// `host/repository:tag` and its digest.
    Tag(String, Option<Box<str>>),
    AnonymousCheck(Vec<Question>),
    Alternatives(Vec<(Question, Option<Alternative>)>),
}

impl FollowUps {
    pub fn add(&mut self, reference: ImageReference, what: FollowUp) {
        let question = Question::of(&reference);
        match what {
            FollowUp::TagDigest => {
                self.pinned.insert(reference.to_string(), reference);
            }
            FollowUp::AnonymousCheck => {
                self.anonymous_checks.insert(question, reference);
            }
            FollowUp::Alternative(accepts) => {
                let known = self
                    .alternatives
                    .entry(question)
                    .or_insert_with(|| (reference, accepts.clone()));
                known.1.retain(|format| accepts.contains(format));
            }
            FollowUp::Repaired(target, platforms) => {
                let known = self.pulled_by.entry(question);
                let (_, pullers) = known.or_insert_with(|| (reference, Vec::new()));
                pullers.push((target, platforms));
            }
        }
    }

    /// Images of which an earlier run's answer is one that somebody cannot pull: who follows a finding's advice pushes the
    /// same tag again.
    pub fn doubted(&mut self, answers: &Answers) -> Vec<ImageReference> {
        let pulled_by = std::mem::take(&mut self.pulled_by).into_values();
        let doubted = pulled_by.filter(|(reference, pullers)| {
            let kept = answers
                .to(reference)
                .filter(|resolved| resolved.evidence.from_cache);
            match kept.map(|resolved| &resolved.resolution) {
                Some(Resolution::Found(manifest)) => {
                    reference.digest.is_none() && !pullers.iter().all(|one| content(one, manifest))
                }
                _ => false,
            }
        });
        doubted.map(|(reference, _)| reference).collect()
    }

    /// Asks, and puts what is found to the answers.
    pub fn start(self, client: &Client, answers: &Answers) -> Running {
        let mut tasks = JoinSet::new();
        let mut asked = HashSet::new();
        for reference in self.pinned.values() {
            let tagged = ImageReference {
                digest: None,
                ..reference.clone()
            };
            // The tag may be an image of its own in this repository, and then its answer is there.
            if answers.to(&tagged).is_none() && asked.insert(tagged.to_string()) {
                let client = client.clone();
                tasks.spawn(async move {
                    let digest = client.tag_digest(&tagged).await;
                    Found::Tag(tagged.to_string(), digest)
                });
            }
        }
        let mut by_repository: BTreeMap<String, Vec<ImageReference>> = BTreeMap::new();
        for reference in self.anonymous_checks.values() {
            let found = answers
                .to(reference)
                .filter(|r| matches!(r.resolution, Resolution::Found(_)));
            if found.is_some_and(|resolved| !resolved.evidence.anonymous_refused) {
                by_repository
                    .entry(reference.name())
                    .or_default()
                    .push(reference.clone());
            }
        }
        for references in by_repository.into_values() {
            let client = client.clone();
            tasks.spawn(async move {
                let refused = client.anonymous_check(&references[0]).await;
                Found::AnonymousCheck(
                    references
                        .iter()
                        .filter(|_| refused)
                        .map(Question::of)
                        .collect(),
                )
            });
        }
        // In the order of the names, so that what the few requests find does not depend on chance.
        let references: Vec<Wanted> = self
            .alternatives
            .into_values()
            .filter(|(reference, accepts)| {
                let stored =
                    answers
                        .to(reference)
                        .and_then(|resolved| match &resolved.resolution {
                            Resolution::Found(manifest) => Some(manifest.format),
                            _ => None,
                        });
                reference.tag.is_some() && stored.is_some_and(|format| !accepts.contains(&format))
            })
            .collect();
        if !references.is_empty() {
            let client = client.clone();
            tasks.spawn(async move {
                let found = client.alternatives(&references).await;
                let questions = references
                    .iter()
                    .map(|(reference, _)| Question::of(reference));
                Found::Alternatives(questions.zip(found).collect())
            });
        }
        Running {
            tasks,
            pinned: self.pinned,
            tags: HashMap::new(),
        }
    }
}

/// Follow-ups on their way.
pub struct Running {
    tasks: JoinSet<Found>,
    pinned: BTreeMap<String, ImageReference>,
    tags: HashMap<String, Box<str>>,
}

impl Running {
    /// Waits for the next one; false when there is none.
    pub async fn next(&mut self, answers: &mut Answers) -> bool {
        let Some(done) = self.tasks.join_next().await else {
            return false;
        };
        match done {
            Ok(Found::Tag(name, digest)) => self.tags.extend(digest.map(|digest| (name, digest))),
            Ok(Found::AnonymousCheck(questions)) => {
                for question in questions {
                    answers.change(&question, |resolved| {
                        resolved.evidence.anonymous_refused = true
                    });
                }
            }
            Ok(Found::Alternatives(found)) => {
                for (question, alternative) in found {
                    answers.change(&question, |resolved| resolved.alternative = alternative);
                }
            }
            // A task that failed inside leaves its rule without what it asked for.
            Err(_) => {}
        }
        true
    }

    /// Puts the digests of tags to the answers; these are then the answers to `name:tag@digest`, not to the digest alone.
    pub fn finish(self, answers: &mut Answers) {
        for reference in self.pinned.into_values() {
            let tagged = ImageReference {
                digest: None,
                ..reference.clone()
            };
            let of_answer = answers
                .to(&tagged)
                .and_then(|resolved| match &resolved.resolution {
                    Resolution::Found(manifest) => manifest.digest.clone(),
                    _ => None,
                });
            if let Some(digest) = of_answer.or_else(|| self.tags.get(&tagged.to_string()).cloned())
            {
                answers.put_tag_digest(&reference, digest);
            }
        }
    }
}

/// What is said of credentials: sources that could not be used, or, for `--explain-auth`, one line for each host and each
/// different way its repositories were looked up, sorted.
pub async fn explain(client: &Client, repositories: BTreeSet<(String, String)>) -> Vec<String> {
    if repositories.is_empty() {
        let troubles = client.credential_troubles().into_iter();
        return troubles
            .map(|trouble| format!("no credentials from {trouble}"))
            .collect();
    }
    let mut by_lines: BTreeMap<(String, Vec<String>), Vec<String>> = BTreeMap::new();
    for (host, repository) in repositories {
        let lines = client.explain_auth(&host, &repository).await;
        by_lines.entry((host, lines)).or_default().push(repository);
    }
    let hosts: Vec<String> = by_lines.keys().map(|(host, _)| host.clone()).collect();
    by_lines
        .into_iter()
        .map(|((host, lines), repositories)| {
            let several = hosts.iter().filter(|other| **other == host).count() > 1;
            let which = if several {
                format!(" ({})", repositories.join(", "))
            } else {
                String::new()
            };
            format!("credentials for {host}{which}: {}", lines.join("; "))
        })
        .collect()
}
