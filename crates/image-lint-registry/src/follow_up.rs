//! What is asked about a reference beside the question whether it resolves, and only when a rule has a use for it: what a
//! tag beside a digest names, whether strangers are refused, and whether an older tag is stored otherwise.
//!
//! Each costs HEAD requests only (no pulls on Docker Hub), bounded per repository. Not knowing is no failure here: the
//! rule is silent then.

use std::collections::HashMap;
use std::sync::PoisonError;

use crate::body;
use crate::cache::Key;
use crate::client::{Client, Depth, Shared};
use crate::probe::Probe;
use crate::registries_conf::Route;
use crate::session::{End, Session};
use crate::tags::{self, TagList};
use crate::transfer::Answer;
use image_lint_model::manifest::Format;
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::{Alternative, Exchange};

/// HEAD requests that the search for an older tag may cost a repository.
const MAX_HEADS: usize = 5;

/// References of a repository for which an older tag is looked for; each goes through the whole list.
const MAX_SEARCHES: usize = 50;

impl Client {
    /// The digest that the tag of `name:tag@digest` names now: one HEAD, none when a run shortly before kept the answer.
    pub async fn tag_digest(&self, reference: &ImageReference) -> Option<Box<str>> {
        let _turn = self.shared.turns.take(&reference.host).await;
        Box::pin(self.tag_digest_now(reference)).await
    }

    async fn tag_digest_now(&self, reference: &ImageReference) -> Option<Box<str>> {
        let shared = &*self.shared;
        reference.tag.as_ref()?;
        let mut route = shared.in_place_of(reference)?;
        route.reference.digest = None;
        let endpoint = shared.endpoint_of(&route).await.ok()?;
        let tag = &route.reference;
        let identity = shared.credentials.identity(&tag.host, &tag.repository);
        let (api, repository, identifier) =
            (endpoint.base.as_str(), &*tag.repository, tag.identifier());
        let key = Key {
            api,
            repository,
            identifier,
            identity: &identity,
            depth: Depth::Probe,
        };
        if let Some(manifest) = shared.cache.as_ref().and_then(|cache| cache.get(&key)) {
            return manifest.digest;
        }
        let answer = shared.head(&route, true).await?.ok()?;
        let digest = answer
            .header("docker-content-digest")
            .filter(|digest| body::is_digest(digest));
        digest.filter(|_| answer.status == 200).map(Into::into)
    }

    /// Whether the repository of an image that was found is closed to strangers: an anonymous token and one HEAD per
    /// repository and run (where they are refused both once more, as always when a token is), and nothing at all where we
    /// are strangers ourselves.
    pub async fn refuses_strangers(&self, reference: &ImageReference) -> bool {
        let _turn = self.shared.turns.take(&reference.host).await;
        Box::pin(self.refuses_strangers_now(reference)).await
    }

    async fn refuses_strangers_now(&self, reference: &ImageReference) -> bool {
        let shared = &*self.shared;
        let Some(route) = &shared.in_place_of(reference) else {
            return false;
        };
        let reference = &route.reference;
        if shared
            .credentials
            .identity(&reference.host, &reference.repository)
            .is_empty()
        {
            return false;
        }
        let cell = {
            let mut cells = shared
                .refuses_strangers
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            cells.entry(reference.name()).or_default().clone()
        };
        let ask = || async {
            match shared.head(route, false).await {
                // Some registries tell strangers that a private repository is not there.
                Some(Ok(answer)) => matches!(answer.status, 401 | 403 | 404),
                Some(Err(End::NoToken { .. })) => true,
                Some(Err(End::Failed(_))) | None => false,
            }
        };
        *cell.get_or_init(ask).await
    }

    /// The requests that were made about a reference's repository beside the question itself, and are not told yet.
    pub fn asked_later(&self, reference: &ImageReference) -> Vec<Exchange> {
        let Some(route) = self.shared.in_place_of(reference) else {
            return Vec::new();
        };
        let mut later = self
            .shared
            .later
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        later.remove(&route.reference.name()).unwrap_or_default()
    }

    /// For each reference of one repository the newest older tag that is stored in one of `accepts`, as far as a search by
    /// halves finds it: images move from docker's formats to OCI once, so what is older than a docker tag is docker, too.
    /// Costs the repository its tag list and at most five HEADs, however many references there are. What is offered was
    /// seen; that nothing is offered proves nothing.
    pub async fn alternatives(
        &self,
        references: &[(ImageReference, Vec<Format>)],
    ) -> Vec<Option<Alternative>> {
        let mut known: HashMap<String, Option<Format>> = HashMap::new();
        let mut found = Vec::with_capacity(references.len());
        for (reference, accepts) in references.iter().take(MAX_SEARCHES) {
            let _turn = self.shared.turns.take(&reference.host).await;
            found.push(Box::pin(self.alternative(reference, accepts, &mut known)).await);
        }
        found.resize(references.len(), None);
        found
    }

    async fn alternative(
        &self,
        reference: &ImageReference,
        accepts: &[Format],
        known: &mut HashMap<String, Option<Format>>,
    ) -> Option<Alternative> {
        let shared = &*self.shared;
        let route = &shared.in_place_of(reference)?;
        let tag = route.reference.tag.as_deref()?;
        let TagList::Tags(list) = shared.tag_list(route).await? else {
            return None;
        };
        let candidates = tags::older(tag, &list);
        let (mut low, mut high) = (0, candidates.len());
        let mut best = None;
        while low < high {
            let middle = (low + high) / 2;
            let candidate = &candidates[middle];
            if !known.contains_key(candidate) {
                if known.len() >= MAX_HEADS {
                    break;
                }
                let mut asked = route.clone();
                asked.reference.tag = Some(candidate.as_str().into());
                asked.reference.digest = None;
                let answer = shared
                    .head(&asked, true)
                    .await
                    .and_then(Result::ok)
                    .filter(|answer| answer.status == 200);
                let format = answer.and_then(|answer| match body::promise(answer.content_type()) {
                    body::Promise::Format(format) => Some(format),
                    _ => None,
                });
                known.insert(candidate.clone(), format);
            }
            match known
                .get(candidate)
                .copied()
                .flatten()
                .filter(|format| accepts.contains(format))
            {
                Some(format) => {
                    best = Some(Alternative {
                        tag: candidate.as_str().into(),
                        format,
                    });
                    high = middle;
                }
                None => low = middle + 1,
            }
        }
        best
    }
}

impl Shared {
    /// One HEAD with its challenges; None when the run is over, offline, or the host is not to be asked.
    async fn head(&self, route: &Route, with_login: bool) -> Option<Result<Answer, End>> {
        if self.settings.offline {
            return None;
        }
        let reference = &route.reference;
        let endpoint = self.endpoint_of(route).await.ok()?;
        let credentials = self
            .credentials
            .identity(&reference.host, &reference.repository);
        let mut session = self.session(&endpoint, &reference.repository, &credentials);
        let tags = self.tags_of(reference);
        let work = async {
            if with_login {
                session.login = self.login(reference).await;
            }
            Probe {
                session: &mut session,
                reference,
                full: false,
                tags: &tags,
            }
            .head()
            .await
        };
        let done = self.in_time(Box::pin(work)).await.ok();
        self.remember(reference, session);
        done
    }

    /// Keeps what was exchanged, for whoever asks which requests there were.
    fn remember(&self, reference: &ImageReference, mut session: Session<'_>) {
        let mut later = self.later.lock().unwrap_or_else(PoisonError::into_inner);
        later
            .entry(reference.name())
            .or_default()
            .append(&mut session.trail.exchanges);
    }

    /// The repository's tags; None when its host has no pulls left, since it then has better to do.
    async fn tag_list(&self, route: &Route) -> Option<TagList> {
        if self.settings.offline {
            return None;
        }
        let reference = &route.reference;
        let endpoint = self.endpoint_of(route).await.ok()?;
        if self.network.host(&endpoint.base).quota_used_up() {
            return None;
        }
        let credentials = self
            .credentials
            .identity(&reference.host, &reference.repository);
        let mut session = self.session(&endpoint, &reference.repository, &credentials);
        let tags = self.tags_of(reference);
        let work = async {
            session.login = self.login(reference).await;
            Probe {
                session: &mut session,
                reference,
                full: false,
                tags: &tags,
            }
            .all_tags()
            .await
        };
        let done = self.in_time(Box::pin(work)).await.ok();
        self.remember(reference, session);
        done
    }
}
