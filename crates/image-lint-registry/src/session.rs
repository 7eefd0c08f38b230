//! One conversation with a registry about one repository: answers its challenges with tokens or credentials.
//!
//! A host's challenge is learned from its first answer, so later requests carry their token at once. What is learned
//! decides only what is sent first; each answer's own challenge is still heeded.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::{Method, Url};

use crate::challenge::{self, Bearer, Challenge, Offer};
use crate::credentials::{Kind, Login};
use crate::realm;
use crate::scopes::WantedScopes;
use crate::secret::Secret;
use crate::tls::Check;
use crate::token::{Ask, NoToken, Tokens, basic};
use crate::transfer::{Answer, Network, Request, Trail};
use image_lint_model::resolution::{Exchange, Unreachable, UnreachableCause};

/// A registry's API and what this run learned of it.
pub struct Endpoint {
    /// `https://registry-1.docker.io/`
    pub base: Url,
    /// The user's `registries.conf` calls it insecure: its certificate is not looked at.
    pub check: Check,
    learned: Mutex<Option<Challenge>>,
    first: tokio::sync::Mutex<()>,
    met: AtomicBool,
    /// Identities that a token service took, and those it threw out: these are not tried again (accounts get locked).
    accepted: Mutex<HashSet<String>>,
    refused: Mutex<HashSet<String>>,
    pub wanted: WantedScopes,
}

impl Endpoint {
    pub fn insecure(base: Url) -> Self {
        Endpoint {
            check: Check::None,
            ..Endpoint::new(base)
        }
    }

    pub fn new(base: Url) -> Self {
        Endpoint {
            base,
            check: Check::Certificate,
            learned: Mutex::default(),
            first: tokio::sync::Mutex::default(),
            met: AtomicBool::new(false),
            accepted: Mutex::default(),
            refused: Mutex::default(),
            wanted: WantedScopes::default(),
        }
    }

    /// The first request learns the challenge for the others.
    async fn first(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        if self.met.load(Ordering::Acquire) {
            return None;
        }
        let guard = self.first.lock().await;
        if self.met.load(Ordering::Acquire) {
            None
        } else {
            Some(guard)
        }
    }

    fn learned(&self) -> Option<Challenge> {
        self.learned
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn learn(&self, challenge: &Challenge) {
        *self.learned.lock().unwrap_or_else(PoisonError::into_inner) = Some(challenge.clone());
    }
}

fn holds(set: &Mutex<HashSet<String>>, identity: &str) -> bool {
    set.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .contains(identity)
}

fn add(set: &Mutex<HashSet<String>>, identity: &str) {
    set.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(identity.to_owned());
}

/// What became of the credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// None were used; `challenged` says that the registry asked for some kind of authorization.
    Anonymous { challenged: bool },
    /// The registry knows us, whatever we may do.
    Known,
    /// They were not taken; the rest was asked anonymously.
    Refused,
}

/// Why a conversation ended without an answer to the question.
pub enum End {
    /// The token service said no.
    NoToken {
        status: u16,
        codes: Vec<String>,
    },
    Failed(Unreachable),
}

/// What a token has to allow for a repository to be read.
pub fn scope(repository: &str) -> String {
    format!("repository:{repository}:pull")
}

/// What authorizes a request.
enum Grant {
    Nothing,
    Basic(Secret),
    Token {
        authorization: Secret,
        serial: Option<u64>,
    },
}

pub struct Session<'a> {
    pub network: &'a Network,
    pub tokens: &'a Tokens,
    pub endpoint: &'a Endpoint,
    pub repository: &'a str,
    /// Which credentials it has, as [`WantedScopes`] tells them apart.
    pub credentials: &'a str,
    pub trusted_realms: &'a [(String, String)],
    pub login: Option<Arc<Login>>,
    pub standing: Standing,
    /// A token was refused and another one asked for: a second renewal would end as the first did.
    pub renewed: bool,
    /// Asked without credentials, this repository was refused.
    pub anonymous_refused: bool,
    /// Source of the credentials that were sent.
    pub used: Option<String>,
    pub trail: Trail,
}

/// What is asked of the registry.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    pub method: &'a Method,
    pub what: &'static str,
    pub accept: Option<&'static str>,
    pub limit: usize,
}

impl Session<'_> {
    /// Asks, answering challenges on the way.
    ///
    /// # Errors
    /// The conversation ended before the question was answered.
    pub async fn ask(&mut self, url: &Url, question: Question<'_>) -> Result<Answer, End> {
        let mut stale = None;
        self.endpoint.wanted.add(self.credentials, &self.scope());
        // Learn, token, renewed token, anonymously after refused credentials: no registry needs more.
        for _ in 0..6 {
            let first = self.endpoint.first().await;
            let grant = match self.endpoint.learned() {
                Some(challenge) => match self.grant(&challenge, stale).await? {
                    Some(grant) => grant,
                    None => continue,
                },
                None => Grant::Nothing,
            };
            let answer = self
                .send(url, question, &grant)
                .await
                .map_err(End::Failed)?;
            if answer.foreign && answer.status == 401 {
                return self.ask_stranger(answer, question).await;
            }
            let offer = challenge::read(&answer.headers);
            if let Offer::Usable(challenge) = &offer
                && answer.status == 401
            {
                self.endpoint.learn(challenge);
            }
            self.endpoint.met.store(true, Ordering::Release);
            drop(first);
            match (&grant, answer.status) {
                (Grant::Nothing, 401) => {
                    if self.standing == (Standing::Anonymous { challenged: false }) {
                        self.standing = Standing::Anonymous { challenged: true };
                    }
                    let challenge = match offer {
                        Offer::Usable(challenge) => challenge,
                        Offer::None => return Ok(answer),
                        // Nobody asked with credentials, or without in the way that is wanted.
                        Offer::Unusable(why) => {
                            let detail = format!("its challenge cannot be followed: {why}");
                            return Err(End::Failed(Unreachable {
                                cause: UnreachableCause::Protocol,
                                detail,
                            }));
                        }
                    };
                    let password = matches!(
                        self.login.as_deref(),
                        Some(Login {
                            kind: Kind::Password { .. },
                            ..
                        })
                    );
                    if challenge == Challenge::Basic && !password {
                        self.anonymous_refused = true;
                        return Ok(answer);
                    }
                    if challenge == Challenge::Basic {
                        self.anonymous_refused = true;
                    }
                }
                (Grant::Basic(_), 401) => self.refuse(401),
                // ECR says 403 for a password that has run out; an identity that was taken before has no right here.
                (Grant::Basic(_), 403) if !self.is_accepted() => self.refuse(403),
                // A token may have run out, or be for another scope. ECR Public says 400 then, without a challenge
                // (aws/containers-roadmap#2835).
                (
                    Grant::Token {
                        serial: Some(serial),
                        ..
                    },
                    400 | 401,
                ) if !self.renewed => {
                    self.renewed = true;
                    stale = Some(*serial);
                }
                (Grant::Token { serial: None, .. }, 401) => self.refuse(401),
                _ => {
                    if let (Grant::Basic(_), Some(login)) = (&grant, &self.login) {
                        add(&self.endpoint.accepted, &login.identity);
                        self.standing = Standing::Known;
                    }
                    return Ok(answer);
                }
            }
        }
        Err(End::Failed(Unreachable {
            cause: UnreachableCause::Protocol,
            detail: "the registry keeps asking for authorization".to_owned(),
        }))
    }

    fn scope(&self) -> String {
        scope(self.repository)
    }

    fn is_accepted(&self) -> bool {
        self.login
            .as_deref()
            .is_some_and(|login| holds(&self.endpoint.accepted, &login.identity))
    }

    async fn send(
        &mut self,
        url: &Url,
        question: Question<'_>,
        grant: &Grant,
    ) -> Result<Answer, Unreachable> {
        let authorization = match grant {
            Grant::Nothing => None,
            Grant::Basic(value)
            | Grant::Token {
                authorization: value,
                ..
            } => Some(value.clone()),
        };
        let request = Request {
            method: question.method.clone(),
            url: url.clone(),
            what: question.what,
            accept: question.accept,
            authorization,
            form: None,
            limit: question.limit,
            follow: true,
            vouched: false,
            check: if url.origin() == self.endpoint.base.origin() {
                self.endpoint.check
            } else {
                Check::Certificate
            },
        };
        self.network.send(request, &mut self.trail).await
    }

    /// What to send for a challenge; None when credentials were refused on the way and the question starts again.
    async fn grant(
        &mut self,
        challenge: &Challenge,
        stale: Option<u64>,
    ) -> Result<Option<Grant>, End> {
        if let Some(login) = self.login.clone()
            && holds(&self.endpoint.refused, &login.identity)
        {
            self.refuse(401);
        }
        let login = self.login.clone();
        match (challenge, login.as_deref()) {
            (
                _,
                Some(Login {
                    kind: Kind::RegistryToken(token),
                    source,
                    ..
                }),
            ) => {
                self.used = Some(source.clone());
                let authorization = Secret::new(format!("Bearer {}", token.reveal()));
                Ok(Some(Grant::Token {
                    authorization,
                    serial: None,
                }))
            }
            (
                Challenge::Basic,
                Some(Login {
                    kind: Kind::Password { user, password },
                    source,
                    ..
                }),
            ) => {
                self.used = Some(source.clone());
                Ok(Some(Grant::Basic(basic(user, password))))
            }
            (Challenge::Basic, _) => Ok(Some(Grant::Nothing)),
            (Challenge::Bearer(bearer), login) => self.token(bearer, login, stale).await,
        }
    }

    async fn token(
        &mut self,
        bearer: &Bearer,
        login: Option<&Login>,
        stale: Option<u64>,
    ) -> Result<Option<Grant>, End> {
        self.standing = match self.standing {
            Standing::Anonymous { .. } => Standing::Anonymous { challenged: true },
            other => other,
        };
        let base = &self.endpoint.base;
        realm::check(&bearer.realm, base).map_err(|detail| {
            End::Failed(Unreachable {
                cause: UnreachableCause::Token,
                detail,
            })
        })?;
        let bound = realm::may_see_credentials(&bearer.realm, base, self.trusted_realms);
        let login = match login {
            Some(login) if !bound => {
                let host = bearer.realm.host_str().unwrap_or_default();
                self.note(format!(
                    "the credentials from {} were kept back from {host}",
                    login.source
                ));
                None
            }
            login => login,
        };
        let own = bearer.realm.host_str() == base.host_str();
        let ask = Ask {
            bearer,
            scope: self.scope(),
            wanted: Some((&self.endpoint.wanted, self.credentials)),
            login,
            vouched: own && self.network.transport.is_named(base),
            check: if own {
                self.endpoint.check
            } else {
                Check::Certificate
            },
        };
        match self
            .tokens
            .get(self.network, &ask, stale, &mut self.trail)
            .await
        {
            Ok(token) => {
                if let Some(login) = login {
                    add(&self.endpoint.accepted, &login.identity);
                    self.standing = Standing::Known;
                    self.used = Some(login.source.clone());
                }
                Ok(Some(Grant::Token {
                    authorization: token.authorization,
                    serial: Some(token.serial),
                }))
            }
            Err(NoToken::Failed(failure)) => Err(End::Failed(failure)),
            Err(NoToken::Refused { status, .. }) if login.is_some() => {
                self.refuse(status);
                Ok(None)
            }
            // 400 and 404 without credentials are the service's own trouble.
            Err(NoToken::Refused { status, codes }) if matches!(status, 401 | 403) => {
                self.anonymous_refused = true;
                Err(End::NoToken { status, codes })
            }
            Err(NoToken::Refused { status, .. }) => Err(End::Failed(Unreachable {
                cause: UnreachableCause::Token,
                detail: format!("the token service answered with status {status}"),
            })),
        }
    }

    /// The credentials were not taken. What is public can still be had without them.
    fn refuse(&mut self, status: u16) {
        let Some(login) = self.login.take() else {
            return;
        };
        // A service that took them before means this repository (GAR says 403 for a missing one).
        if holds(&self.endpoint.accepted, &login.identity) {
            self.standing = Standing::Known;
        } else {
            self.standing = Standing::Refused;
            if status == 401 {
                add(&self.endpoint.refused, &login.identity);
            }
        }
        self.used = Some(login.source.clone());
        self.note(format!(
            "the credentials from {} were refused with status {status}",
            login.source
        ));
    }

    fn note(&mut self, text: String) {
        if !self
            .trail
            .exchanges
            .iter()
            .any(|exchange| exchange.error.as_ref() == Some(&text))
        {
            self.trail.note(Exchange {
                method: "-",
                what: "credentials",
                place: String::new(),
                status: None,
                content_type: None,
                error: Some(text),
            });
        }
    }

    /// A redirect led to another registry, which wants a token of its own: it gets an anonymous one, never ours.
    async fn ask_stranger(
        &mut self,
        answer: Answer,
        question: Question<'_>,
    ) -> Result<Answer, End> {
        let Offer::Usable(Challenge::Bearer(bearer)) = challenge::read(&answer.headers) else {
            return Ok(answer);
        };
        let scope = match &bearer.scope {
            Some(scope) if scope.starts_with("repository:") && scope.len() < 400 => scope.clone(),
            _ => self.scope(),
        };
        if realm::check(&bearer.realm, &answer.url).is_err() {
            return Ok(answer);
        }
        let ask = Ask {
            bearer: &bearer,
            scope,
            wanted: None,
            login: None,
            vouched: false,
            check: Check::Certificate,
        };
        match self
            .tokens
            .get(self.network, &ask, None, &mut self.trail)
            .await
        {
            Ok(token) => {
                let grant = Grant::Token {
                    authorization: token.authorization,
                    serial: Some(token.serial),
                };
                self.send(&answer.url.clone(), question, &grant)
                    .await
                    .map_err(End::Failed)
            }
            Err(NoToken::Failed(failure)) => Err(End::Failed(failure)),
            Err(NoToken::Refused { .. }) => Ok(answer),
        }
    }
}
