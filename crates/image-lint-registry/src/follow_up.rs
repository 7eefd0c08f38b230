//! What is asked about a reference beside the question whether it resolves, and only when a rule has a use for it: what a
//! tag beside a digest names, whether it is refused without credentials, and whether an older tag is stored otherwise.
//!
//! Each costs HEAD requests only (no pulls on Docker Hub), bounded for the run. Not knowing is no failure here: the rule
//! is silent then.

use std::collections::{BTreeMap, HashMap};
use std::sync::PoisonError;

use tokio::task::JoinSet;

use crate::body;
use crate::cache::Key;
use crate::client::{Client, Depth, Shared};
use crate::probe::Probe;
use crate::registries_conf::Route;
use crate::session::End;
use crate::tags::{self, TagList};
use crate::transfer::Answer;
use image_lint_model::manifest::Format;
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::{Alternative, Exchange};

/// Requests that the search for an older tag may cost a repository: its tag list, and HEADs.
const MAX_REQUESTS: usize = 6;

/// Repositories of a run that are searched: fifty requests in all.
const FIRST_SEARCHES: usize = 3;
const MORE_SEARCHES: usize = 5;

/// References of a repository for which an older tag is looked for; each goes through the whole list.
const MAX_REFERENCES: usize = 50;

impl Client {
    /// The digest that the tag of `name:tag@digest` names now: one HEAD, none when a run shortly before kept the answer.
    pub async fn tag_digest(&self, reference: &ImageReference) -> Option<Box<str>> {
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

    /// Whether the repository of an image that was found is closed to those without credentials: an anonymous token and
    /// one HEAD per repository and run, and nothing at all where we have none ourselves.
    pub async fn anonymous_check(&self, reference: &ImageReference) -> bool {
        let shared = &*self.shared;
        let Some(route) = &shared.in_place_of(reference) else {
            return false;
        };
        let asked = &route.reference;
        if shared
            .credentials
            .identity(&asked.host, &asked.repository)
            .is_empty()
        {
            return false;
        }
        shared.announce(reference, false);
        let cell = {
            let mut cells = shared
                .anonymous_checks
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            cells.entry(asked.name()).or_default().clone()
        };
        let Ok(endpoint) = shared.endpoint_of(route).await else {
            return false;
        };
        let ask = || async {
            let _few = endpoint.anonymous_turn().await;
            if endpoint.is_closed() {
                return true;
            }
            let refused = match shared.head(route, false).await {
                // Some registries tell those without credentials that a private repository is not there.
                Some(Ok(answer)) => matches!(answer.status, 401 | 403 | 404),
                Some(Err(End::NoToken { .. })) => true,
                Some(Err(End::Failed(_))) | None => return false,
            };
            endpoint.note_anonymous(refused);
            refused
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

    /// For each reference the newest older tag of its repository that is stored in one of `accepts`, as far as a search by
    /// halves finds it: images move from docker's formats to OCI once, so what is older than a docker tag is docker, too.
    ///
    /// The search looks at a few repositories of a run, of different hosts first, and at no more where the first ones had
    /// nothing: those who build in one way do so for all of their images. What is offered was seen; that nothing is
    /// offered proves nothing. The same references in the same order give the same answers.
    pub async fn alternatives(
        &self,
        references: &[(ImageReference, Vec<Format>)],
    ) -> Vec<Option<Alternative>> {
        let mut found = vec![None; references.len()];
        let mut left = by_repository(references).into_iter();
        for most in [FIRST_SEARCHES, MORE_SEARCHES] {
            let mut tasks = JoinSet::new();
            for places in left.by_ref().take(most) {
                let asked: Vec<_> = places.iter().map(|at| references[*at].clone()).collect();
                let client = self.clone();
                tasks.spawn(async move { (places, client.alternatives_in_one(&asked).await) });
            }
            // A task that failed leaves its references without an alternative.
            for (places, alternatives) in tasks.join_all().await {
                for (at, alternative) in places.into_iter().zip(alternatives) {
                    found[at] = alternative;
                }
            }
            if found.iter().all(Option::is_none) {
                break;
            }
        }
        found
    }

    /// The tags of a repository, newest versions first; None where nobody says them. Signatures and the like are left out.
    pub async fn tag_list(&self, reference: &ImageReference) -> Option<Vec<String>> {
        let shared = &*self.shared;
        let route = &shared.in_place_of(reference)?;
        match shared.tag_list(route).await? {
            TagList::Tags(list) => Some(tags::newest_first(&list)),
            TagList::NoRepository | TagList::Denied | TagList::Silent => None,
        }
    }

    /// The same for references of one repository: its tag list and at most five HEADs, however many there are.
    async fn alternatives_in_one(
        &self,
        references: &[(ImageReference, Vec<Format>)],
    ) -> Vec<Option<Alternative>> {
        let mut known: HashMap<String, Option<Format>> = HashMap::new();
        let mut found = Vec::with_capacity(references.len());
        for (reference, accepts) in references.iter().take(MAX_REFERENCES) {
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
                if known.len() + tags::pages(&list) >= MAX_REQUESTS {
                    break;
                }
                let format = shared.format_of(route, candidate).await;
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

/// The places of references by repository, those of different hosts in turn; both in the order of their names.
fn by_repository(references: &[(ImageReference, Vec<Format>)]) -> Vec<Vec<usize>> {
    let mut hosts: BTreeMap<&str, BTreeMap<&str, Vec<usize>>> = BTreeMap::new();
    for (at, (reference, _)) in references.iter().enumerate() {
        let repositories = hosts.entry(&reference.host).or_default();
        repositories
            .entry(&reference.repository)
            .or_default()
            .push(at);
    }
    let mut in_turn: Vec<_> = hosts
        .into_values()
        .flat_map(|repositories| repositories.into_values().enumerate())
        .collect();
    in_turn.sort_by_key(|(round, _)| *round);
    in_turn.into_iter().map(|(_, places)| places).collect()
}

impl Shared {
    /// One HEAD with its challenges; None when the run is over, offline, or the host is not to be asked.
    async fn head(&self, route: &Route, with_login: bool) -> Option<Result<Answer, End>> {
        self.beside(route, with_login, |mut probe| {
            Box::pin(async move { probe.head().await })
        })
        .await
    }

    /// How another tag of the same repository is stored.
    async fn format_of(&self, route: &Route, tag: &str) -> Option<Format> {
        let mut asked = route.clone();
        asked.reference.tag = Some(tag.into());
        asked.reference.digest = None;
        let answer = self.head(&asked, true).await?.ok()?;
        match body::promise(answer.content_type()) {
            body::Promise::Format(format) if answer.status == 200 => Some(format),
            _ => None,
        }
    }

    /// The repository's tags; None when its host has no pulls left, since it then has better to do.
    async fn tag_list(&self, route: &Route) -> Option<TagList> {
        let endpoint = self.endpoint_of(route).await.ok()?;
        if self.network.host(&endpoint.base).quota_used_up() {
            return None;
        }
        self.beside(route, true, |mut probe| {
            Box::pin(async move { probe.all_tags().await })
        })
        .await
    }

    /// Asks something beside the question itself, at its turn; None when the run is over, offline, or the host is not to
    /// be asked. What was exchanged is kept for whoever asks which requests there were.
    async fn beside<T>(
        &self,
        route: &Route,
        with_login: bool,
        ask: impl for<'a, 'b> FnOnce(Probe<'a, 'b>) -> Work<'a, T>,
    ) -> Option<T> {
        if self.settings.offline {
            return None;
        }
        let reference = &route.reference;
        let endpoint = self.endpoint_of(route).await.ok()?;
        let host = self.network.host(&endpoint.base);
        let _turn = host.turn().await;
        let mut session = self.session(&endpoint, reference, with_login);
        let tags = self.tags_of(reference);
        let work = async {
            session.next_login().await;
            let full = false;
            let probe = Probe {
                session: &mut session,
                reference,
                full,
                tags: &tags,
            };
            ask(probe).await
        };
        let done = self.in_time(Box::pin(work)).await.ok();
        let mut later = self.later.lock().unwrap_or_else(PoisonError::into_inner);
        later
            .entry(reference.name())
            .or_default()
            .append(&mut session.trail.exchanges);
        done
    }
}

/// Something that is asked with a probe.
type Work<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_of_different_hosts_come_in_turn() {
        let references: Vec<_> = ["b/z:1", "a/y:1", "a/x:1", "a/y:2", "c/w:1"]
            .map(|name| {
                let name = format!("{}.io/{}", &name[..1], &name[2..]);
                (ImageReference::parse(&name).unwrap(), Vec::new())
            })
            .into();
        assert_eq!(
            by_repository(&references),
            [vec![2], vec![0], vec![4], vec![1, 3]]
        );
    }
}
