//! Which URL a registry's API is asked at, decided once for each host.
//!
//! In: the host as an image's name has it, and whether the user's `registries.conf` calls it insecure. Out: its
//! [`Endpoint`], with the certificates of `certs.d` prepared. Only for an insecure host is anything sent here: one request
//! tells whether it speaks TLS at all, as podman does it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::Url;
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};

use crate::challenge::Challenge;
use crate::client::Shared;
use crate::credentials::Outcome;
use crate::first::First;
use crate::registries_conf::Route;
use crate::settings::Trust;
use crate::tls::{Check, HostFiles};
use crate::transport::names;
use crate::wanted::WantedScopes;
use image_lint_model::resolution::UnreachableCause;

/// Why a host has no endpoint.
pub type NoEndpoint = (UnreachableCause, String);

/// A registry's API and what this run learned of it.
pub struct Endpoint {
    /// `https://registry-1.docker.io/`
    pub base: Url,
    /// The user's `registries.conf` calls it insecure: its certificate is not looked at.
    pub check: Check,
    /// The first request learns the challenge for the others.
    pub first: First,
    learned: Mutex<Option<Challenge>>,
    /// What became of credentials, by their identity.
    outcomes: Mutex<HashMap<String, Outcome>>,
    pub wanted: WantedScopes,
    /// Requests without credentials that were refused here, and those that were not.
    refused: AtomicUsize,
    open: AtomicUsize,
    /// A few of them at a time, until one was not refused.
    few: Semaphore,
}

/// Repositories of a host with Basic authentication that are asked about without credentials, when all refuse.
const ENOUGH: usize = 3;
/// As many at a time as there are turns.
const MANY: usize = 1_000;

impl Endpoint {
    fn new(base: Url, check: Check) -> Self {
        Endpoint {
            base,
            check,
            first: First::default(),
            learned: Mutex::default(),
            outcomes: Mutex::default(),
            wanted: WantedScopes::default(),
            refused: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            few: Semaphore::new(ENOUGH),
        }
    }

    /// A repository was asked about without credentials.
    pub fn note_anonymous(&self, refused: bool) {
        let counter = if refused { &self.refused } else { &self.open };
        if counter.fetch_add(1, Ordering::Relaxed) == 0 && !refused {
            self.few.add_permits(MANY);
        }
    }

    /// Waits until it is known whether one more has to be asked about without credentials: a host that knows nothing but
    /// user and password may refuse all alike.
    pub async fn anonymous_turn(&self) -> Option<SemaphorePermit<'_>> {
        if self.learned() != Some(Challenge::Basic) {
            return None;
        }
        // Never closed.
        self.few.acquire().await.ok()
    }

    /// Whether a host that knows nothing but user and password refused all who came without, often enough to be asked no
    /// more. Where there are tokens, each repository may be open or not.
    pub fn is_closed(&self) -> bool {
        self.learned() == Some(Challenge::Basic)
            && self.refused.load(Ordering::Relaxed) >= ENOUGH
            && self.open.load(Ordering::Relaxed) == 0
    }

    pub fn learned(&self) -> Option<Challenge> {
        self.learned
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub fn learn(&self, challenge: &Challenge) {
        *self.learned.lock().unwrap_or_else(PoisonError::into_inner) = Some(challenge.clone());
    }

    /// What became of the credentials of an identity here.
    pub fn outcome(&self, identity: &str) -> Option<Outcome> {
        let outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        outcomes.get(identity).copied()
    }

    /// Credentials that were taken once are good; a refusal after that means one repository.
    pub fn note_outcome(&self, identity: &str, outcome: Outcome) {
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        match outcomes.get_mut(identity) {
            Some(Outcome::Taken) => {}
            Some(known) => *known = outcome,
            None => {
                outcomes.insert(identity.to_owned(), outcome);
            }
        }
    }
}

#[derive(Default)]
pub struct Endpoints {
    /// By host in lower case.
    strict: Mutex<HashMap<String, Result<Arc<Endpoint>, String>>>,
    insecure: Mutex<HashMap<String, Arc<OnceCell<Arc<Endpoint>>>>>,
}

impl Shared {
    /// The endpoint that a route is asked at.
    ///
    /// # Errors
    /// The host must not or cannot be asked.
    pub async fn endpoint_of(&self, route: &Route) -> Result<Arc<Endpoint>, NoEndpoint> {
        let strict = self.endpoint(&route.reference.host)?;
        if !route.insecure || strict.base.scheme() == "http" || self.settings.offline {
            return Ok(strict);
        }
        let cell = {
            let mut insecure = self
                .endpoints
                .insecure
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            insecure
                .entry(route.reference.host.to_ascii_lowercase())
                .or_default()
                .clone()
        };
        let decide = || async {
            let mut base = strict.base.clone();
            if !self.network.speaks_tls(&base).await {
                // A URL with a host takes the other of the two schemes.
                let _ = base.set_scheme("http");
            }
            Arc::new(Endpoint::new(base, Check::None))
        };
        Ok(cell.get_or_init(decide).await.clone())
    }

    /// The endpoint of a host that no `registries.conf` calls insecure.
    ///
    /// # Errors
    /// The host must not or cannot be asked.
    pub fn endpoint(&self, image_host: &str) -> Result<Arc<Endpoint>, NoEndpoint> {
        let key = image_host.to_ascii_lowercase();
        let mut endpoints = self
            .endpoints
            .strict
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = endpoints.get(&key) {
            return known.clone().map_err(|why| (UnreachableCause::Tls, why));
        }
        if self.settings.trust == Trust::Untrusted && endpoints.len() >= self.settings.max_hosts {
            let why = format!("more than {} hosts are named", self.settings.max_hosts);
            return Err((UnreachableCause::Limit, why));
        }
        // distribution/reference and docker: the API of docker.io lives elsewhere.
        let api = if key == "docker.io" {
            "registry-1.docker.io"
        } else {
            key.as_str()
        };
        let plain = Url::parse(&format!("http://{api}/")).map_err(|_| bad_host(image_host))?;
        let base = match names(&self.settings.plain_http, &plain) {
            true => plain,
            false => Url::parse(&format!("https://{api}/")).map_err(|_| bad_host(image_host))?,
        };
        let made = match HostFiles::find(&self.settings.environment, &key) {
            Some(files) => self
                .network
                .transport
                .prepare(&base, files)
                .map_err(|e| e.to_string()),
            None => Ok(()),
        };
        let endpoint = made.map(|()| Arc::new(Endpoint::new(base, Check::Certificate)));
        endpoints.insert(key, endpoint.clone());
        endpoint.map_err(|why| (UnreachableCause::Tls, why))
    }
}

fn bad_host(host: &str) -> NoEndpoint {
    (
        UnreachableCause::Dns,
        format!("`{host}` is not the name of a host"),
    )
}
