//! A registry inside the process, on loopback, that answers as the distribution spec has it, or as a registry of the
//! world does ([`Profile`]), or wrong on purpose ([`Fault`]), and keeps a log of every request.
//!
//! ```ignore
//! let registry = Registry::start();
//! registry.push_oci("team/app", "1.0");
//! registry.on("team/app:1.0").head().gives(Fault::status(405));
//! // … ask `registry.host()` …
//! assert_eq!(registry.count("HEAD", "/v2/team/app/manifests/1.0"), 1);
//! ```
//!
//! It is an HTTP proxy as well: with `http_proxy` set to [`Registry::url`], any host that is asked over plain HTTP is this
//! registry, so that a test or the demo can use names such as `registry.example.com`.

mod answer;
mod fault;
mod manners;
mod respond;
mod server;
mod store;
mod token;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

#[allow(
    unused_imports,
    reason = "each test program uses its own part of this folder"
)]
pub use self::{
    answer::{Answer, Payload, Wait},
    fault::{Fault, Kind},
    manners::{AcceptPolicy, Manners, Profile, Scheme},
    server::{Asked, Listening, Reaction, Service, listen},
    store::TokenManners,
};

use self::fault::{Rule, Where};
use self::respond::{Front, Target, Tokens};
use self::store::{State, User};
use super::artifact::{self, Artifact};
use super::tls::{Authority, Identity};

/// One request and what came of it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub kind: Kind,
    pub asked: Asked,
    /// None when the connection was reset or left hanging.
    pub status: Option<u16>,
    pub at: Instant,
}

impl Seen {
    /// The value of `Authorization`, when there was one.
    pub fn authorization(&self) -> Option<&str> {
        self.asked.header("authorization")
    }

    /// `GET /v2/app/manifests/1.0 200`
    pub fn line(&self) -> String {
        let status = self.status.map_or("-".to_owned(), |s| s.to_string());
        format!("{} {} {status}", self.asked.method, self.asked.path)
    }
}

struct Shared {
    state: Mutex<State>,
    log: Mutex<Vec<Seen>>,
    in_flight: AtomicUsize,
    most_in_flight: AtomicUsize,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("no test panics while it holds the registry's state")
    }

    /// Logs a request, applies the faults meant for it and else lets `respond` answer.
    async fn answer(
        self: Arc<Self>,
        kind: Kind,
        asked: Asked,
        target: Target,
        respond: impl Fn(&mut State, &Asked, &Target, &[Fault]) -> Answer,
    ) -> Reaction {
        let now = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_in_flight.fetch_max(now, Ordering::SeqCst);
        let at = Instant::now();
        // Logged when it arrives, so that a request is seen even when its client goes away.
        let number = {
            let mut log = self.log.lock().expect("the log's lock");
            log.push(Seen {
                kind,
                asked: asked.clone(),
                status: None,
                at,
            });
            log.len() - 1
        };
        let (faults, latency) = {
            let mut state = self.state();
            let faults = state.faults(
                kind,
                &asked.method,
                target.repository.as_deref(),
                target.reference.as_deref(),
            );
            (faults, state.latency)
        };
        let late: Duration = faults
            .iter()
            .map(|f| {
                if let Fault::Delay(d) = f {
                    *d
                } else {
                    Duration::ZERO
                }
            })
            .sum();
        if !(latency + late).is_zero() {
            tokio::time::sleep(latency + late).await;
        }
        self.in_flight.fetch_sub(1, Ordering::SeqCst);
        match faults.last() {
            Some(Fault::Reset) => return Reaction::Reset,
            Some(Fault::Hang) => return Reaction::Hang,
            _ => {}
        }
        let behind = self.state().behind.clone().filter(|_| kind != Kind::Token);
        let refused = self.state().refused_uploads.clone().filter(|(start, _)| {
            let of_type = asked
                .header("content-type")
                .is_some_and(|given| given.starts_with(start));
            (kind, &*asked.method) == (Kind::Manifest, "PUT") && of_type
        });
        let answer = match (faults.last(), behind) {
            (Some(Fault::Answer(answer)), _) => answer.clone(),
            _ if refused.is_some() => refused.expect("just looked at").1,
            (_, Some(host)) => respond::forward(host, asked).await,
            _ => respond(&mut self.state(), &asked, &target, &faults),
        };
        let answer = respond::spoil(answer, &faults);
        if let Some(seen) = self.log.lock().expect("the log's lock").get_mut(number) {
            seen.status = Some(answer.status);
        }
        Reaction::Answer(answer)
    }
}

/// How a registry is started.
pub struct Options<'a> {
    pub address: IpAddr,
    pub tls: Option<&'a Identity>,
    /// Offered over TLS only.
    pub http2: bool,
    /// Clients have to show a certificate of this authority.
    pub clients: Option<&'a Authority>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            address: Ipv4Addr::LOCALHOST.into(),
            tls: None,
            http2: true,
            clients: None,
        }
    }
}

/// The registry; it ends when this is dropped.
pub struct Registry {
    shared: Arc<Shared>,
    front: Listening,
    tokens: Listening,
}

impl Registry {
    /// Passes everything on to a server at this address and back, but for the faults: a faulty proxy before it.
    pub fn before(host: &str, options: Options<'_>) -> Self {
        let registry = Registry::start_with(options);
        registry.shared.state().behind = Some(host.to_owned());
        registry
    }

    /// Plain HTTP on 127.0.0.1.
    pub fn start() -> Self {
        Registry::start_with(Options::default())
    }

    /// TLS on 127.0.0.1 with HTTP/2 offered.
    pub fn start_tls(identity: &Identity) -> Self {
        Registry::start_with(Options {
            tls: Some(identity),
            ..Options::default()
        })
    }

    pub fn start_with(options: Options<'_>) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::new(State::new()),
            log: Mutex::new(Vec::new()),
            in_flight: AtomicUsize::new(0),
            most_in_flight: AtomicUsize::new(0),
        });
        let tls = options
            .tls
            .map(|identity| identity.server_config(options.http2, options.clients));
        let scheme = if tls.is_some() { "https" } else { "http" };
        let front = listen(
            options.address,
            tls.clone(),
            Arc::new(Front(shared.clone())),
        );
        let tokens = listen(options.address, tls, Arc::new(Tokens(shared.clone())));
        {
            let mut state = shared.state();
            state.registry_url = format!("{scheme}://{}", front.address);
            // Over plain HTTP credentials stay at the registry's own port.
            let tokens = match scheme {
                "https" => tokens.address,
                _ => front.address,
            };
            state.realm = format!("{scheme}://{tokens}/token");
        }
        Registry {
            shared,
            front,
            tokens,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.front.address
    }

    /// `127.0.0.1:port`, as it stands before the repository in an image's name.
    pub fn host(&self) -> String {
        self.front.address.to_string()
    }

    /// `http://127.0.0.1:port`
    pub fn url(&self) -> String {
        self.shared.state().registry_url.clone()
    }

    /// URL of the token service, for another registry's challenge.
    pub fn realm(&self) -> String {
        self.shared.state().realm.clone()
    }

    /// The name that challenges give as `service`.
    pub fn service(&self) -> String {
        self.shared.state().service.clone()
    }

    /// Host and port of the token service.
    pub fn token_host(&self) -> String {
        let url = self.realm();
        let host = url.split_once("://").map_or(&*url, |(_, rest)| rest);
        host.trim_end_matches("/token").to_owned()
    }

    /// `127.0.0.1:port/repository:tag`
    pub fn name(&self, repository_and_tag: &str) -> String {
        format!("{}/{repository_and_tag}", self.host())
    }

    // What it holds.

    /// Stores an artifact with all that belongs to it and returns its digest.
    pub fn push(&self, repository: &str, tag: &str, artifact: &Artifact) -> String {
        self.shared.state().push(repository, Some(tag), artifact)
    }

    /// The same without a tag.
    pub fn push_untagged(&self, repository: &str, artifact: &Artifact) -> String {
        self.shared.state().push(repository, None, artifact)
    }

    /// Removes a blob or a manifest, as a purge that broke a name would.
    pub fn forget(&self, repository: &str, digest: &str) {
        if let Some(repository) = self.shared.state().repositories.get_mut(repository) {
            repository.blobs.remove(digest);
            repository.manifests.remove(digest);
        }
    }

    pub fn push_schema2(&self, repository: &str, tag: &str) -> String {
        self.push(
            repository,
            tag,
            &artifact::schema2(&format!("{repository}:{tag}")),
        )
    }

    pub fn push_oci(&self, repository: &str, tag: &str) -> String {
        self.push(
            repository,
            tag,
            &artifact::oci(&format!("{repository}:{tag}")),
        )
    }

    pub fn push_docker_list(&self, repository: &str, tag: &str) -> String {
        self.push(
            repository,
            tag,
            &artifact::docker_list(&format!("{repository}:{tag}")),
        )
    }

    pub fn push_oci_index(&self, repository: &str, tag: &str) -> String {
        self.push(
            repository,
            tag,
            &artifact::oci_index(&format!("{repository}:{tag}")),
        )
    }

    /// A tag that existed once (Quay's `TAG_EXPIRED`). The repository is made when it is not there.
    pub fn expire(&self, repository: &str, tag: &str) {
        let mut state = self.shared.state();
        let repository = state.repositories.entry(repository.to_owned()).or_default();
        repository.tags.remove(tag);
        repository.expired.insert(tag.to_owned());
    }

    // Who may read it.

    pub fn profile(&self, profile: Profile) -> &Self {
        self.shared.state().manners = Manners::of(profile);
        self
    }

    /// Changes single manners: `registry.manners(|m| m.digest_header = false)`.
    pub fn manners(&self, change: impl FnOnce(&mut Manners)) -> &Self {
        change(&mut self.shared.state().manners);
        self
    }

    pub fn token_manners(&self, change: impl FnOnce(&mut TokenManners)) -> &Self {
        change(&mut self.shared.state().token_manners);
        self
    }

    /// Tokens of the token service are needed, anonymous ones for public repositories.
    pub fn with_tokens(&self) -> &Self {
        self.manners(|m| m.scheme = Scheme::Bearer)
    }

    /// User and password are needed for everything.
    pub fn with_basic(&self) -> &Self {
        self.manners(|m| {
            m.scheme = Scheme::Basic;
            m.challenge = vec![r#"Basic realm="Registry""#.to_owned()];
        })
    }

    /// The lines of `WWW-Authenticate`, word for word but for `{realm}`, `{service}`, `{scope}`, `{registry}`,
    /// `{host}` (as the client named it).
    pub fn challenge(&self, lines: &[&str]) -> &Self {
        self.manners(|m| m.challenge = lines.iter().map(|l| (*l).to_owned()).collect())
    }

    pub fn user(&self, name: &str, password: &str) -> &Self {
        let user = User {
            password: password.to_owned(),
            namespaces: Vec::new(),
        };
        self.shared.state().users.insert(name.to_owned(), user);
        self
    }

    /// The user is told that a repository below the prefix is missing, not that it cannot be read.
    pub fn owns(&self, user: &str, prefix: &str) -> &Self {
        if let Some(user) = self.shared.state().users.get_mut(user) {
            user.namespaces.push(prefix.to_owned());
        }
        self
    }

    pub fn identity_token(&self, token: &str, user: &str) -> &Self {
        self.shared
            .state()
            .identity_tokens
            .insert(token.to_owned(), user.to_owned());
        self
    }

    /// Only these users may read the repository, which is made when it is not there.
    pub fn private(&self, repository: &str, readers: &[&str]) -> &Self {
        let mut state = self.shared.state();
        let repository = state.repositories.entry(repository.to_owned()).or_default();
        repository.readers = Some(readers.iter().map(|r| (*r).to_owned()).collect());
        drop(state);
        self
    }

    /// Every token given out so far is no longer valid.
    pub fn revoke_tokens(&self) {
        self.shared.state().grants.clear();
    }

    // What it does wrong.

    /// Chooses manifest requests by `repository`, `repository:tag`, `repository@digest` or `*`; narrow or move the choice
    /// with the methods of [`On`].
    pub fn on(&self, place: &str) -> On<'_> {
        On {
            registry: self,
            place: Where::parse(place),
        }
    }

    /// Chooses requests to the token service.
    pub fn on_tokens(&self) -> On<'_> {
        On {
            registry: self,
            place: Where {
                kind: Some(Kind::Token),
                ..Where::default()
            },
        }
    }

    /// Answers uploads of manifests whose `Content-Type` begins so with this error.
    pub fn refuses_uploads(&self, content_type: &'static str, status: u16, code: &str) -> &Self {
        self.shared.state().refused_uploads =
            Some((content_type, Answer::errors(status, &[(code, "refused")])));
        self
    }

    /// Every answer comes this much later.
    pub fn latency(&self, latency: Duration) -> &Self {
        self.shared.state().latency = latency;
        self
    }

    /// Back to good behaviour.
    pub fn behave(&self) {
        self.shared.state().rules.clear();
    }

    // What it saw.

    pub fn log(&self) -> Vec<Seen> {
        self.shared.log.lock().expect("the log's lock").clone()
    }

    pub fn clear_log(&self) {
        self.shared.log.lock().expect("the log's lock").clear();
    }

    /// Requests so far.
    pub fn requests(&self) -> usize {
        self.shared.log.lock().expect("the log's lock").len()
    }

    /// Requests as lines, `GET /v2/app/manifests/1.0 200`, sorted.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.log().iter().map(Seen::line).collect();
        lines.sort();
        lines
    }

    /// Requests with this method whose path begins so.
    pub fn count(&self, method: &str, path: &str) -> usize {
        self.log()
            .iter()
            .filter(|s| s.asked.method == method && s.asked.path.starts_with(path))
            .count()
    }

    /// Requests of one kind.
    pub fn count_kind(&self, kind: Kind) -> usize {
        self.log().iter().filter(|s| s.kind == kind).count()
    }

    /// The most requests that were waiting for an answer at one time.
    pub fn most_in_flight(&self) -> usize {
        self.shared.most_in_flight.load(Ordering::SeqCst)
    }

    /// Counts them anew.
    pub fn forget_most_in_flight(&self) {
        self.shared.most_in_flight.store(0, Ordering::SeqCst);
    }

    /// Connections accepted so far, those to the token service apart.
    pub fn connections(&self) -> usize {
        self.front.connections.load(Ordering::SeqCst)
    }
}

/// Requests for which something is to go wrong.
pub struct On<'a> {
    registry: &'a Registry,
    place: Where,
}

impl On<'_> {
    pub fn head(mut self) -> Self {
        self.place.method = Some("HEAD");
        self
    }

    pub fn get(mut self) -> Self {
        self.place.method = Some("GET");
        self
    }

    pub fn post(mut self) -> Self {
        self.place.method = Some("POST");
        self
    }

    pub fn tags(mut self) -> Self {
        self.place.kind = Some(Kind::Tags);
        self
    }

    pub fn blobs(mut self) -> Self {
        self.place.kind = Some(Kind::Blob);
        self
    }

    /// Manifests, tags, blobs, `/v2/` and tokens.
    pub fn anything(mut self) -> Self {
        self.place.kind = None;
        self
    }

    /// Always.
    pub fn gives(self, fault: Fault) -> Self {
        self.add(fault, None)
    }

    pub fn once(self, fault: Fault) -> Self {
        self.add(fault, Some(1))
    }

    pub fn times(self, times: usize, fault: Fault) -> Self {
        self.add(fault, Some(times))
    }

    fn add(self, fault: Fault, left: Option<usize>) -> Self {
        self.registry.shared.state().rules.push(Rule {
            place: self.place.clone(),
            fault,
            left,
        });
        self
    }
}
