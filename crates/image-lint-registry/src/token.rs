//! Bearer tokens: asked for once per realm, service, scope and identity, however many references need them, and for
//! several scopes at once where the service takes that.
//!
//! The distribution spec's "Token Authentication" (GET) and "OAuth2 Token Authentication" (POST with an identity token).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::{Method, Url};
use serde::Deserialize;

use crate::challenge::Bearer;
use crate::credentials::{Kind, Login};
use crate::scopes::{Scopes, WantedScopes};
use crate::secret::Secret;
use crate::tls::Check;
use crate::transfer::{Answer, Network, Request, Trail};
use image_lint_model::resolution::{Unreachable, UnreachableCause};

/// As go-containerregistry limits it.
const MAX_TOKEN: usize = 64 * 1024;
/// A token without `expires_in` lives 60 s, and none counts for less (distribution spec; containers/image `docker_client.go`).
const SHORTEST_LIFE: Duration = Duration::from_secs(60);
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 3600);
/// Renewed this long before its end.
pub const EARLY: Duration = Duration::from_secs(10);

/// Whose tokens. Scopes come below it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    pub realm: String,
    pub service: Option<String>,
    /// Empty: anonymous.
    pub identity: String,
}

/// A token as an `Authorization` value.
#[derive(Clone)]
pub struct Token {
    pub authorization: Secret,
    pub ends: Instant,
    /// Distinguishes a token from the one that replaced it.
    pub serial: u64,
    /// Asked for together with others.
    pub batch: bool,
}

/// Why there is no token.
#[derive(Clone, Debug)]
pub enum NoToken {
    /// The service said no.
    Refused { status: u16, codes: Vec<String> },
    /// Nobody knows.
    Failed(Unreachable),
}

#[derive(Default)]
pub struct Tokens {
    scopes: Mutex<HashMap<Key, Arc<Scopes>>>,
    serial: std::sync::atomic::AtomicU64,
}

#[derive(Deserialize)]
struct Wire {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<serde_json::Value>,
}

impl Tokens {
    /// The token for a scope, asked for when there is none, together with the others that are wanted as well. `stale` is
    /// the serial of one that a registry refused.
    ///
    /// # Errors
    /// See [`NoToken`]. A refusal is remembered like a token is.
    pub async fn get(
        &self,
        network: &Network,
        ask: &Ask<'_>,
        stale: Option<u64>,
        trail: &mut Trail,
    ) -> Result<Token, NoToken> {
        let scopes = self
            .scopes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(ask.key())
            .or_default()
            .clone();
        if let Some(known) = scopes.known(&ask.scope, stale) {
            return known;
        }
        if scopes.together(&ask.scope, stale) {
            // Whoever comes second waits here and finds the first one's token. A caller that is cancelled gives the lock up.
            let _turn = scopes.turn.lock().await;
            if let Some(known) = scopes.known(&ask.scope, stale) {
                return known;
            }
            if scopes.together(&ask.scope, stale) {
                let wanted = ask
                    .wanted
                    .map(|(wanted, credentials)| wanted.of(credentials));
                let batch = scopes.batch(&ask.scope, wanted.unwrap_or_default());
                if batch.len() == 1 {
                    return self.alone(network, ask, &scopes, trail).await;
                }
                match self.fetch(network, ask, &batch, trail).await {
                    Ok(token) => {
                        if scopes.grant(&batch, &token) {
                            return Ok(token);
                        }
                    }
                    Err(NoToken::Refused { .. }) => {
                        scopes.give_up_batches();
                        return self.alone(network, ask, &scopes, trail).await;
                    }
                    Err(failed) => return Err(failed),
                }
            }
        }
        let flight = scopes.flight(&ask.scope);
        let _flight = flight.lock().await;
        match scopes.known(&ask.scope, stale) {
            Some(known) => known,
            None => self.alone(network, ask, &scopes, trail).await,
        }
    }

    async fn alone(
        &self,
        network: &Network,
        ask: &Ask<'_>,
        scopes: &Scopes,
        trail: &mut Trail,
    ) -> Result<Token, NoToken> {
        let found = self
            .fetch(network, ask, std::slice::from_ref(&ask.scope), trail)
            .await;
        scopes.put(&ask.scope, &found);
        found
    }

    async fn fetch(
        &self,
        network: &Network,
        ask: &Ask<'_>,
        scopes: &[String],
        trail: &mut Trail,
    ) -> Result<Token, NoToken> {
        let answer = match ask.login.map(|login| &login.kind) {
            Some(Kind::IdentityToken(refresh)) => {
                let posted = send(network, ask.post(refresh, scopes), trail).await?;
                // Services without OAuth2 do not know the method (distribution spec, "OAuth2": fall back to GET).
                if matches!(posted.status, 404 | 405) {
                    send(network, ask.get(None, scopes), trail).await?
                } else {
                    posted
                }
            }
            Some(Kind::Password { user, password }) => {
                send(network, ask.get(Some(basic(user, password)), scopes), trail).await?
            }
            _ => send(network, ask.get(None, scopes), trail).await?,
        };
        let mut token = self.read(&answer)?;
        token.batch = scopes.len() > 1;
        Ok(token)
    }

    fn read(&self, answer: &Answer) -> Result<Token, NoToken> {
        let failed = |detail: String| {
            NoToken::Failed(Unreachable {
                cause: UnreachableCause::Token,
                detail,
            })
        };
        match answer.status {
            200 => {}
            status @ (400..=404) => {
                return Err(NoToken::Refused {
                    status,
                    codes: answer.error().codes,
                });
            }
            status => {
                return Err(failed(format!(
                    "the token service answered with status {status}"
                )));
            }
        }
        let wire: Wire = serde_json::from_slice(&answer.body).map_err(|_| {
            failed("the token service's answer is not the JSON of a token".to_owned())
        })?;
        let text = wire
            .token
            .filter(|t| !t.is_empty())
            .or(wire.access_token)
            .filter(|t| !t.is_empty());
        let Some(text) = text else {
            return Err(failed(
                "the token service's answer holds no token".to_owned(),
            ));
        };
        if text.bytes().any(|b| !(b.is_ascii_graphic())) {
            return Err(failed(
                "the token holds characters that no header can carry".to_owned(),
            ));
        }
        let life = wire
            .expires_in
            .as_ref()
            .and_then(serde_json::Value::as_f64)
            .unwrap_or(0.0);
        let life = Duration::try_from_secs_f64(life.max(0.0)).unwrap_or(LONGEST_LIFE);
        let serial = self
            .serial
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Ok(Token {
            authorization: Secret::new(format!("Bearer {text}")),
            ends: Instant::now() + life.clamp(SHORTEST_LIFE, LONGEST_LIFE),
            serial,
            batch: false,
        })
    }
}

async fn send(network: &Network, request: Request, trail: &mut Trail) -> Result<Answer, NoToken> {
    network.send(request, trail).await.map_err(|failure| {
        // A limit stays one; the rest says only that there is no token.
        let cause = match failure.cause {
            UnreachableCause::RateLimited { .. } | UnreachableCause::Forbidden => failure.cause,
            _ => UnreachableCause::Token,
        };
        NoToken::Failed(Unreachable {
            cause,
            detail: format!("token service: {}", failure.detail),
        })
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

/// What is asked of a token service.
pub struct Ask<'a> {
    pub bearer: &'a Bearer,
    pub scope: String,
    /// Scopes that others want of the same service, or will, and which credentials these have.
    pub wanted: Option<(&'a WantedScopes, &'a str)>,
    pub login: Option<&'a Login>,
    /// The realm's host is that of a registry the user named.
    pub vouched: bool,
    pub check: Check,
}

impl Ask<'_> {
    fn key(&self) -> Key {
        Key {
            realm: self.bearer.realm.to_string(),
            service: self.bearer.service.clone(),
            identity: self
                .login
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

    fn get(&self, authorization: Option<Secret>, scopes: &[String]) -> Request {
        let mut url = self.bearer.realm.clone();
        {
            let mut query = url.query_pairs_mut();
            if let Some(service) = &self.bearer.service {
                query.append_pair("service", service);
            }
            for scope in scopes {
                query.append_pair("scope", scope);
            }
            if let Some(Login {
                kind: Kind::Password { user, .. },
                ..
            }) = self.login
            {
                query.append_pair("account", user);
            }
        }
        Request {
            authorization,
            ..self.request(Method::GET, url)
        }
    }

    fn post(&self, refresh: &Secret, scopes: &[String]) -> Request {
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
