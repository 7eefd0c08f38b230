//! Bearer tokens: asked for once per realm, service, scope and identity, however many references need them, and for
//! several scopes at once where the service takes that.
//!
//! The distribution spec's "Token Authentication" (GET) and "OAuth2 Token Authentication" (POST with an identity token).
//! Each request runs by itself, so that what a question that is given up asked for is still there for the others.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::{Method, Url};
use serde::Deserialize;

use crate::challenge::Bearer;
use crate::credentials::{Kind, Login};
use crate::secret::Secret;
use crate::tls::Check;
use crate::token_book::{Departure, Next, NoToken, Outcome, Token, TokenBook};
use crate::transfer::{Answer, Network, Request, Trail};
use crate::wanted::WantedQueue;
use image_lint_model::resolution::{Unreachable, UnreachableCause};

/// As go-containerregistry limits it.
const MAX_TOKEN: usize = 64 * 1024;
/// A token without `expires_in` lives 60 s, and none counts for less (distribution spec; containers/image `docker_client.go`).
const SHORTEST_LIFE: Duration = Duration::from_secs(60);
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 3600);
/// Requests that one question waits for: a batch, one by itself, and those that others found wanting meanwhile.
const MOST_WAITS: usize = 6;

/// Whose tokens. Scopes come below it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    realm: String,
    service: Option<String>,
    /// Empty: anonymous.
    identity: String,
}

/// The tokens of a run.
pub struct Tokens {
    network: Arc<Network>,
    books: Mutex<HashMap<Key, Arc<TokenBook>>>,
    serial: Arc<AtomicU64>,
}

/// A token, and the book to tell when a registry took it.
pub struct Granted {
    pub token: Arc<Token>,
    book: Arc<TokenBook>,
}

impl Granted {
    pub fn taken(&self, scope: &str) {
        self.book.taken(&self.token, scope);
    }
}

#[derive(Deserialize)]
struct Wire {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<serde_json::Value>,
}

impl Tokens {
    pub fn new(network: Arc<Network>) -> Self {
        Tokens {
            network,
            books: Mutex::default(),
            serial: Arc::default(),
        }
    }

    /// The token for a scope, asked for when there is none, together with others that are `wanted` as well. `stale` is the
    /// serial of one that a registry refused.
    ///
    /// # Errors
    /// See [`NoToken`]. A refusal is remembered like a token is.
    pub async fn get(
        &self,
        ask: &Arc<Ask>,
        scope: &str,
        stale: Option<u64>,
        trail: &mut Trail,
    ) -> Result<Granted, NoToken> {
        let book = self.book(ask);
        for _ in 0..MOST_WAITS {
            let flight = match book.next(scope, stale) {
                Next::Known(known) => {
                    if let Some(departure) = book.ahead() {
                        self.send_off(ask, departure);
                    }
                    return known.map(|token| Granted { token, book });
                }
                Next::Wait(flight) => flight,
                Next::Ask(departure) => {
                    let flight = departure.flight.clone();
                    self.send_off(ask, departure);
                    flight
                }
            };
            let failure = flight.landed().await;
            flight
                .take_exchanges()
                .into_iter()
                .for_each(|exchange| trail.note(exchange));
            if let Some(failure) = failure {
                return Err(NoToken::Failed(failure));
            }
        }
        Err(NoToken::Failed(failed(
            "the token service gives no token that the registry takes",
        )))
    }

    fn book(&self, ask: &Ask) -> Arc<TokenBook> {
        let new = || Arc::new(TokenBook::new(ask.wanted.clone(), ask.login.is_some()));
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        books.entry(ask.key()).or_insert_with(new).clone()
    }

    fn send_off(&self, ask: &Arc<Ask>, departure: Departure) {
        let (network, ask, serial) = (self.network.clone(), ask.clone(), self.serial.clone());
        tokio::spawn(async move {
            let mut trail = Trail::default();
            let outcome = match fetch(&network, &ask, &departure.scopes, &mut trail).await {
                Ok(answer) => read(&answer, serial.fetch_add(1, Ordering::Relaxed)),
                Err(failure) => Outcome::Failed(failure),
            };
            departure.land(outcome, trail.exchanges);
        });
    }
}

async fn fetch(
    network: &Network,
    ask: &Ask,
    scopes: &[Arc<str>],
    trail: &mut Trail,
) -> Result<Answer, Unreachable> {
    let request = match ask.login.as_ref().map(|login| &login.kind) {
        Some(Kind::IdentityToken { user, token }) => {
            let posted = send(network, ask.post(token, scopes), trail).await?;
            // Services without OAuth2 do not know the method (distribution spec, "OAuth2": fall back to GET), and take the
            // token as a password then (containerd `remotes/docker/authorizer.go`).
            if !matches!(posted.status, 404 | 405) {
                return Ok(posted);
            }
            ask.get(Some(basic(user, token)), scopes)
        }
        Some(Kind::Password { user, password }) => ask.get(Some(basic(user, password)), scopes),
        _ => ask.get(None, scopes),
    };
    send(network, request, trail).await
}

fn failed(detail: impl Into<String>) -> Unreachable {
    Unreachable {
        cause: UnreachableCause::Token,
        detail: detail.into(),
    }
}

fn read(answer: &Answer, serial: u64) -> Outcome {
    let nonsense = |detail: String| Outcome::Nonsense(failed(detail));
    match answer.status {
        200 => {}
        status @ (400..=404) => {
            let codes = answer.error().codes;
            return Outcome::Refused { status, codes };
        }
        status => return nonsense(format!("the token service answered with status {status}")),
    }
    let Ok(wire) = serde_json::from_slice::<Wire>(&answer.body) else {
        return nonsense("the token service's answer is not the JSON of a token".to_owned());
    };
    let mut told = [wire.token, wire.access_token].into_iter().flatten();
    let Some(text) = told.find(|text| !text.is_empty()) else {
        return nonsense("the token service's answer holds no token".to_owned());
    };
    if text.bytes().any(|b| !(b.is_ascii_graphic())) {
        return nonsense("the token holds characters that no header can carry".to_owned());
    }
    let life = wire
        .expires_in
        .as_ref()
        .and_then(serde_json::Value::as_f64)
        .unwrap_or(0.0);
    let life = Duration::try_from_secs_f64(life.max(0.0)).unwrap_or(LONGEST_LIFE);
    let made = Instant::now();
    Outcome::Token(Token {
        authorization: Secret::new(format!("Bearer {text}")),
        made,
        ends: made + life.clamp(SHORTEST_LIFE, LONGEST_LIFE),
        serial,
        first_of: None,
        taken: AtomicBool::new(false),
    })
}

async fn send(
    network: &Network,
    request: Request,
    trail: &mut Trail,
) -> Result<Answer, Unreachable> {
    network.send(request, trail).await.map_err(|failure| {
        // A limit stays one; the rest says only that there is no token.
        let cause = match failure.cause {
            UnreachableCause::RateLimited { .. } | UnreachableCause::Forbidden => failure.cause,
            _ => UnreachableCause::Token,
        };
        Unreachable {
            cause,
            detail: format!("token service: {}", failure.detail),
        }
    })
}

/// `Basic …` for a user and a password.
pub fn basic(user: &str, password: &Secret) -> Secret {
    use base64::Engine;
    let pair = format!("{user}:{}", password.reveal());
    Secret::new(format!(
        "Basic {}",
        base64::engine::general_purpose::STANDARD.encode(pair)
    ))
}

/// Which token service is asked, and for whom.
pub struct Ask {
    pub bearer: Bearer,
    /// Scopes that others want of the same service, or will.
    pub wanted: Arc<WantedQueue>,
    pub login: Option<Arc<Login>>,
    /// The realm's host is that of a registry the user named.
    pub vouched: bool,
    pub check: Check,
}

impl Ask {
    fn key(&self) -> Key {
        Key {
            realm: self.bearer.realm.to_string(),
            service: self.bearer.service.clone(),
            identity: self
                .login
                .as_ref()
                .map(|login| login.identity.clone())
                .unwrap_or_default(),
        }
    }

    fn request(&self, method: Method, url: Url) -> Request {
        Request {
            method,
            url,
            what: "token",
            accept: None,
            authorization: None,
            form: None,
            limit: MAX_TOKEN,
            follow: false,
            vouched: self.vouched,
            check: self.check,
        }
    }

    fn get(&self, authorization: Option<Secret>, scopes: &[Arc<str>]) -> Request {
        let mut url = self.bearer.realm.clone();
        {
            let mut query = url.query_pairs_mut();
            if let Some(service) = &self.bearer.service {
                query.append_pair("service", service);
            }
            for scope in scopes {
                query.append_pair("scope", scope);
            }
            if let Some(Kind::Password { user, .. }) = self.login.as_ref().map(|login| &login.kind)
            {
                query.append_pair("account", user);
            }
        }
        Request {
            authorization,
            ..self.request(Method::GET, url)
        }
    }

    fn post(&self, refresh: &Secret, scopes: &[Arc<str>]) -> Request {
        // The encoding of a form is that of a query; the realm's own query stays out of it.
        let mut url = self.bearer.realm.clone();
        url.set_query(None);
        url.query_pairs_mut()
            .append_pair("grant_type", "refresh_token")
            .append_pair("refresh_token", refresh.reveal())
            .append_pair(
                "service",
                self.bearer.service.as_deref().unwrap_or_default(),
            )
            // A list with blanks (distribution spec, "OAuth2 Token Authentication").
            .append_pair("scope", &scopes.join(" "))
            .append_pair("client_id", "image-lint");
        let form = url.query().unwrap_or_default().to_owned();
        Request {
            form: Some(Secret::new(form)),
            ..self.request(Method::POST, self.bearer.realm.clone())
        }
    }
}
