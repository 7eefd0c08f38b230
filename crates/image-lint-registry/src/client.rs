//! The room's door: one question per distinct reference, with deadline, interruption and limits of the run.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use reqwest::Url;
use tokio::sync::{OnceCell, watch};

use crate::cache::{Cache, Key};
use crate::classify::unknown;
use crate::credentials::Store;
use crate::endpoints::{Endpoint, Endpoints};
use crate::probe::Probe;
use crate::registries_conf::{RegistriesConf, Route, Wanted};
use crate::rewrites::Rewrites;
use crate::session::{self, Session, Standing};
use crate::settings::{Settings, SetupError};
use crate::statistics::Statistics;
use crate::tags::TagList;
use crate::tls::Check;
use crate::token::Tokens;
use crate::transfer::{Network, Trail};
use crate::transport::{Transport, authority};
use crate::wanted::WantedQueue;
use image_lint_model::manifest::Manifest;
use image_lint_model::reference::ImageReference;
use image_lint_model::resolution::{
    Denial, DenialKind, Evidence, Exchange, Resolution, Resolved, Unreachable, UnreachableCause,
};

/// How much is asked about a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Depth {
    /// Does it resolve, and in which form is it stored.
    Probe,
    /// Also the bodies, children and configs (`inspect`, `--deep`). Counts as pulls.
    Full,
}

/// Asks registries. Cheap to clone; all clones share connections, tokens and limits.
#[derive(Clone)]
pub struct Client {
    pub(super) shared: Arc<Shared>,
}

pub(super) struct Shared {
    pub settings: Settings,
    pub network: Arc<Network>,
    tokens: Tokens,
    pub credentials: Store,
    registries: RegistriesConf,
    rewrites: Rewrites,
    pub endpoints: Endpoints,
    tags: Mutex<HashMap<String, Arc<OnceCell<TagList>>>>,
    pub cache: Option<Cache>,
    /// By repository: whether an anonymous request for it is refused.
    pub anonymous_checks: Mutex<HashMap<String, Arc<OnceCell<bool>>>>,
    /// By repository: what was exchanged beside the questions themselves.
    pub later: Mutex<HashMap<String, Vec<Exchange>>>,
    from_cache: AtomicU64,
    started: Instant,
    interrupted: watch::Sender<bool>,
}

/// What an answer of an earlier run is good for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    Counts,
    IsReplaced,
}

impl Client {
    /// # Errors
    /// Something that the user named explicitly cannot be used.
    pub fn new(settings: Settings) -> Result<Client, SetupError> {
        for host in settings.plain_http.iter().chain(&settings.allow_hosts) {
            let fine = Url::parse(&format!("http://{host}/"))
                .is_ok_and(|u| u.path() == "/" && u.username().is_empty());
            if !fine || host.contains('/') {
                return Err(SetupError::Host(host.clone()));
            }
        }
        let registries = RegistriesConf::read(&settings.environment)?;
        let transport = Transport::new(&settings, &registries.insecure_hosts())?;
        let network = Arc::new(Network::new(&settings, transport));
        Ok(Client {
            shared: Arc::new(Shared {
                tokens: Tokens::new(network.clone()),
                network,
                credentials: Store::new(&settings, registries.credential_helpers())?,
                registries,
                rewrites: Rewrites::new(&settings.rewrites),
                endpoints: Endpoints::default(),
                tags: Mutex::default(),
                cache: Cache::open(&settings.cache),
                anonymous_checks: Mutex::default(),
                later: Mutex::default(),
                from_cache: AtomicU64::new(0),
                started: Instant::now(),
                interrupted: watch::Sender::new(false),
                settings,
            }),
        })
    }

    /// What the registry stores under a reference, or why nobody knows. Any number of these may run at once; the
    /// client keeps to its limits by itself.
    pub async fn resolve(&self, reference: &ImageReference, depth: Depth) -> Resolved {
        self.resolve_by(reference, depth, Kept::Counts).await
    }

    /// The same, whatever was kept of an earlier run: what a target could not pull then may be repaired by now. The new
    /// answer takes the place of the kept one.
    pub async fn resolve_anew(&self, reference: &ImageReference, depth: Depth) -> Resolved {
        self.resolve_by(reference, depth, Kept::IsReplaced).await
    }

    async fn resolve_by(&self, reference: &ImageReference, depth: Depth, kept: Kept) -> Resolved {
        let shared = &*self.shared;
        shared.announce(reference, true);
        let routes = match shared.routes(reference) {
            Ok(routes) => routes,
            Err(why) => {
                let denial = Denial {
                    kind: DenialKind::Blocked { why },
                    status: 0,
                    codes: Vec::new(),
                };
                let evidence = Evidence {
                    api_host: reference.host.to_string(),
                    ..Evidence::default()
                };
                return Resolved::new(Resolution::Denied(denial), evidence);
            }
        };
        let mut exchanges = Vec::new();
        let mut answer: Option<Resolved> = None;
        let mut answered_by = None;
        for route in &routes {
            let mut resolved = self.resolve_at(route, depth, kept).await;
            exchanges.append(&mut resolved.evidence.exchanges);
            let found = matches!(
                resolved.resolution,
                Resolution::Found(_) | Resolution::Ambiguous(_)
            );
            // What a mirror lacks or refuses says nothing; where one registry is silent, the others prove nothing.
            let silent = answer
                .as_ref()
                .is_some_and(|a| matches!(a.resolution, Resolution::Unknown(_)));
            if found || !(route.mirror || silent) {
                answered_by = Some(route.reference.name());
                answer = Some(resolved);
            }
            if found {
                break;
            }
        }
        let asked = answered_by.filter(|name| *name != reference.name());
        let mut answer = answer.unwrap_or_else(|| {
            let nowhere = unknown(
                UnreachableCause::Protocol,
                "registries.conf names no place to ask",
            );
            Resolved::new(Resolution::Unknown(nowhere), Evidence::default())
        });
        answer.evidence.exchanges = exchanges;
        answer.evidence.asked = asked.map(Into::into);
        answer
    }

    async fn resolve_at(&self, route: &Route, depth: Depth, kept: Kept) -> Resolved {
        let shared = &*self.shared;
        let endpoint = shared.in_time(Box::pin(shared.endpoint_of(route))).await;
        let endpoint = match endpoint
            .and_then(|made| made.map_err(|(cause, detail)| unknown(cause, detail)))
        {
            Ok(endpoint) => endpoint,
            Err(why) => {
                let evidence = Evidence {
                    api_host: route.reference.host.to_string(),
                    ..Evidence::default()
                };
                return Resolved::new(Resolution::Unknown(why), evidence);
            }
        };
        let host = shared.network.host(&endpoint.base);
        let _turn = host.turn().await;
        // Boxed once it is its turn: the future of a whole conversation is large.
        Box::pin(self.converse(&route.reference, &endpoint, depth, kept)).await
    }

    async fn converse(
        &self,
        reference: &ImageReference,
        endpoint: &Endpoint,
        depth: Depth,
        kept: Kept,
    ) -> Resolved {
        let shared = &*self.shared;
        let mut evidence = Evidence {
            api_host: authority(&endpoint.base),
            scheme: if endpoint.base.scheme() == "http" {
                "http"
            } else {
                "https"
            },
            ..Evidence::default()
        };
        let identity = shared
            .credentials
            .identity(&reference.host, &reference.repository);
        let api = endpoint.base.as_str();
        let (repository, identifier) = (&*reference.repository, reference.identifier());
        let key = Key {
            api,
            repository,
            identifier,
            identity: &identity,
            depth,
        };
        // What came from a server that nobody vouches for is not kept.
        let cache = shared
            .cache
            .as_ref()
            .filter(|_| endpoint.check == Check::Certificate);
        // A finding rests on what a tag is now: who follows its advice pushes the same tag again.
        let counts = |manifest: &Manifest| {
            let settings = &shared.settings;
            let is_fixed = reference.digest.is_some() || settings.offline;
            is_fixed || !settings.doubtful.contains(&manifest.format)
        };
        let kept = cache
            .filter(|_| kept == Kept::Counts || shared.settings.offline)
            .and_then(|cache| cache.aged(&key));
        if let Some((manifest, age)) = kept.filter(|(manifest, _)| counts(manifest)) {
            shared.from_cache.fetch_add(1, Ordering::Relaxed);
            let path = format!("/v2/{repository}/manifests/{identifier}");
            shared.network.cached(&evidence.api_host, &path);
            evidence.from_cache = true;
            evidence.age = age;
            return Resolved::new(Resolution::Found(manifest), evidence);
        }
        if shared.settings.offline {
            let offline = unknown(
                UnreachableCause::Offline,
                "registries are not asked (--offline)",
            );
            return Resolved::new(Resolution::Unknown(offline), evidence);
        }
        let mut session = shared.session(endpoint, reference, true);
        let tags = shared.tags_of(reference);
        let work = async {
            // A helper may take its time, so the deadline counts for it as well.
            session.next_login().await;
            let full = depth == Depth::Full;
            Probe {
                session: &mut session,
                reference,
                full,
                tags: &tags,
            }
            .run()
            .await
        };
        let resolution = shared
            .in_time(Box::pin(work))
            .await
            .unwrap_or_else(Resolution::Unknown);
        if let (Resolution::Found(manifest), Some(cache)) = (&resolution, cache) {
            cache.put(&key, manifest);
        }
        evidence.anonymous_refused = session.anonymous_refused;
        evidence.credentials = session.used.take();
        evidence.exchanges = std::mem::take(&mut session.trail.exchanges);
        Resolved::new(resolution, evidence)
    }

    /// Asks once more what nobody knew, after a pause; gives the answers in the order of the questions. Call it once,
    /// when all else is done: what failed because of a bad moment then gets another one.
    pub async fn retry_unknown(
        &self,
        references: &[ImageReference],
        depth: Depth,
    ) -> Vec<Resolved> {
        if references.is_empty() {
            return Vec::new();
        }
        tokio::select! {
            () = tokio::time::sleep(self.shared.settings.late_pause) => {}
            () = until(self.shared.settings.deadline.map(|length| self.shared.started + length)) => {}
        }
        for host in self.shared.network.hosts() {
            host.forgive();
        }
        let tasks: Vec<_> = references
            .iter()
            .map(|reference| {
                let (client, reference) = (self.clone(), reference.clone());
                tokio::spawn(async move { client.resolve(&reference, depth).await })
            })
            .collect();
        let mut answers = Vec::with_capacity(tasks.len());
        for task in tasks {
            answers.push(task.await.unwrap_or_else(|_| {
                let given_up = unknown(UnreachableCause::Interrupted, "the question was given up");
                Resolved::new(Resolution::Unknown(given_up), Evidence::default())
            }));
        }
        answers
    }

    /// Whether a second try may end otherwise.
    pub fn may_pass(resolved: &Resolved) -> bool {
        let Resolution::Unknown(unreachable) = &resolved.resolution else {
            return false;
        };
        matches!(
            unreachable.cause,
            UnreachableCause::Dns
                | UnreachableCause::Connect
                | UnreachableCause::Timeout
                | UnreachableCause::Server { .. }
                | UnreachableCause::Token
                | UnreachableCause::HostGivenUp
        )
    }

    /// Requests by host and kind, and quotas, so far.
    pub fn statistics(&self) -> Statistics {
        let hosts = self.shared.network.hosts();
        let hosts = hosts
            .iter()
            .map(|host| (host.name.clone(), host.statistics()));
        Statistics {
            hosts: hosts.filter(|(_, s)| !s.requests.is_empty()).collect(),
            from_cache: self.shared.from_cache.load(Ordering::Relaxed),
        }
    }

    /// For `--explain-auth`: each source that was looked into for a repository of the host, and what became of it. No
    /// secrets.
    pub async fn explain_auth(&self, host: &str, repository: &str) -> Vec<String> {
        let shared = &*self.shared;
        let named = ImageReference::parse(&format!("{host}/{repository}")).ok();
        let (host, repository) = named
            .and_then(|named| shared.in_place_of(&named))
            .map_or((host.into(), repository.into()), |route| {
                (route.reference.host, route.reference.repository)
            });
        let endpoint = shared.endpoint(&host).ok();
        let outcome = |identity: &str| endpoint.as_ref().and_then(|known| known.outcome(identity));
        shared
            .credentials
            .explain(&host, &repository, outcome)
            .await
    }

    /// Sources of credentials that were looked into and could not be used, each once and why. No secrets.
    pub fn credential_troubles(&self) -> Vec<String> {
        self.shared.credentials.troubles()
    }

    /// Ends all questions at once; what is known stays known.
    pub fn interrupt(&self) {
        self.shared.interrupted.send_replace(true);
    }
}

impl Shared {
    /// Where a reference is asked, after the configuration's rewrites and `registries.conf`.
    fn routes(&self, reference: &ImageReference) -> Result<Vec<Route>, String> {
        self.registries
            .routes(&self.rewrites.apply(reference), self.wanted())
    }

    fn wanted(&self) -> Wanted {
        Wanted {
            mirrors: self.settings.use_mirrors,
            short_names: self.settings.short_names,
        }
    }

    /// Where a reference's repository is looked at more closely; None when it is blocked, and when several registries of
    /// a search list could be meant.
    pub fn in_place_of(&self, reference: &ImageReference) -> Option<Route> {
        let routes = self.routes(reference).ok()?;
        let mut own = routes.into_iter().filter(|route| !route.mirror);
        own.next().filter(|_| own.next().is_none())
    }

    /// Says that a repository is going to be asked about, long before its turn, so that its token can come with another's.
    pub fn announce(&self, reference: &ImageReference, with_login: bool) {
        if !self.settings.offline
            && let Some(route) = self.in_place_of(reference)
            && let Ok(endpoint) = self.endpoint(&route.reference.host)
        {
            let wanted = self.wanted_beside(&endpoint, &route.reference, with_login);
            wanted.add(&session::scope(&route.reference.repository));
        }
    }

    /// The scopes that are wanted with the same credentials, or with none.
    fn wanted_beside(
        &self,
        endpoint: &Endpoint,
        reference: &ImageReference,
        with_login: bool,
    ) -> Arc<WantedQueue> {
        let identity = match with_login {
            true => self
                .credentials
                .identity(&reference.host, &reference.repository),
            false => String::new(),
        };
        endpoint.wanted.of(&identity)
    }

    /// A conversation about a repository; anonymous as long as it is given no login.
    pub fn session<'a>(
        &'a self,
        endpoint: &'a Endpoint,
        reference: &'a ImageReference,
        with_login: bool,
    ) -> Session<'a> {
        let search = with_login.then(|| {
            self.credentials
                .search(&reference.host, &reference.repository)
        });
        Session {
            network: &self.network,
            tokens: &self.tokens,
            endpoint,
            repository: &reference.repository,
            scope: session::scope(&reference.repository),
            wanted: self.wanted_beside(endpoint, reference, with_login),
            trusted_realms: &self.settings.trusted_realms,
            search,
            login: None,
            standing: Standing::Anonymous { challenged: false },
            renewed: false,
            anonymous_refused: false,
            used: None,
            trail: Trail::default(),
        }
    }

    /// What `work` comes to, unless the run's time is over or it is interrupted before.
    pub async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, Unreachable> {
        let mut interrupted = self.interrupted.subscribe();
        let deadline = self.settings.deadline.map(|length| self.started + length);
        tokio::select! {
            biased;
            _ = interrupted.wait_for(|set| *set) =>
                Err(unknown(UnreachableCause::Interrupted, "the run was interrupted")),
            () = until(deadline) =>
                Err(unknown(UnreachableCause::Deadline, "the time for all requests is over (--deadline)")),
            done = work => Ok(done),
        }
    }

    pub fn tags_of(&self, reference: &ImageReference) -> Arc<OnceCell<TagList>> {
        let mut tags = self.tags.lock().unwrap_or_else(PoisonError::into_inner);
        tags.entry(reference.name()).or_default().clone()
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}
