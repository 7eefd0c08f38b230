//! One conversation with a registry about one repository: answers its challenges with tokens or credentials.
//!
//! A host's challenge is learned from its first answer, so later requests carry their token at once. What is learned
//! decides only what is sent first; each answer's own challenge is still heeded. Of several credentials one after the
//! other is tried, and what none of them opens is asked for anonymously.

use std::sync::Arc;

use reqwest::{Method, Url};

use crate::challenge::{self, Bearer, Challenge, Offer};
use crate::credentials::{Kind, Login, Outcome, Search};
use crate::endpoints::Endpoint;
use crate::realm;
use crate::secret::Secret;
use crate::tls::Check;
use crate::token::{Ask, Granted, Tokens, basic};
use crate::token_book::NoToken;
use crate::transfer::{Answer, Network, Request, Trail};
use crate::wanted::WantedQueue;
use image_lint_model::resolution::{Exchange, Unreachable, UnreachableCause};

/// Rounds of one question: learn the challenge, a token, another token, and one for each of several credentials.
const ROUNDS: usize = 16;
/// Characters of a scope that a registry may ask for.
const MAX_SCOPE: usize = 400;

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
    /// A token of the user's own.
    Own(Secret),
    Token(Granted),
}

impl Grant {
    fn authorization(&self) -> Option<Secret> {
        match self {
            Grant::Nothing => None,
            Grant::Basic(value) | Grant::Own(value) => Some(value.clone()),
            Grant::Token(granted) => Some(granted.token.authorization.clone()),
        }
    }
}

pub struct Session<'a> {
    pub network: &'a Network,
    pub tokens: &'a Tokens,
    pub endpoint: &'a Endpoint,
    pub repository: &'a str,
    /// The scope that its tokens must hold.
    pub scope: String,
    /// Scopes of repositories with the same credentials.
    pub wanted: Arc<WantedQueue>,
    pub trusted_realms: &'a [(String, String)],
    /// Credentials that were not tried yet; None for an anonymous conversation.
    pub search: Option<Search<'a>>,
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

/// What follows from an answer.
enum Step {
    /// It is the answer to the question.
    Done,
    /// The question is sent again, with other authorization.
    Again {
        /// A token that was not taken.
        stale: Option<u64>,
    },
}

impl Session<'_> {
    /// The first of the credentials, or the next ones. A helper may take its time.
    pub async fn next_login(&mut self) -> bool {
        self.login = match &mut self.search {
            Some(search) => search.next().await,
            None => None,
        };
        self.renewed = false;
        self.login.is_some()
    }

    /// Asks, answering challenges on the way.
    ///
    /// # Errors
    /// The conversation ended before the question was answered.
    pub async fn ask(&mut self, url: &Url, question: Question<'_>) -> Result<Answer, End> {
        let mut stale = None;
        for _ in 0..ROUNDS {
            let first = self.endpoint.first.alone().await;
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
            self.endpoint.first.done();
            drop(first);
            match self.step(&grant, answer.status, offer).await? {
                Step::Done => return Ok(answer),
                Step::Again { stale: refused } => stale = refused,
            }
        }
        Err(End::Failed(Unreachable {
            cause: UnreachableCause::Protocol,
            detail: "the registry keeps asking for authorization".to_owned(),
        }))
    }

    async fn step(&mut self, grant: &Grant, status: u16, offer: Offer) -> Result<Step, End> {
        match (grant, status) {
            (Grant::Nothing, 401) => self.challenged(offer),
            (Grant::Basic(_) | Grant::Own(_), 401) => Ok(self.refused(401).await),
            // ECR says 403 for a password that has run out.
            (Grant::Basic(_), 403) => Ok(self.refused(403).await),
            // ECR Public says 400 for a token that ran out, without a challenge (aws/containers-roadmap#2835).
            (Grant::Token(granted), 400 | 401 | 403) => {
                Ok(self.token_refused(granted, status, &offer).await)
            }
            _ => {
                match grant {
                    Grant::Token(granted) => granted.taken(&self.scope),
                    Grant::Basic(_) | Grant::Own(_) => self.accepted(),
                    Grant::Nothing => {}
                }
                Ok(Step::Done)
            }
        }
    }

    /// The registry wants to know who asks.
    fn challenged(&mut self, offer: Offer) -> Result<Step, End> {
        if self.standing == (Standing::Anonymous { challenged: false }) {
            self.standing = Standing::Anonymous { challenged: true };
        }
        let challenge = match offer {
            Offer::Usable(challenge) => challenge,
            Offer::None => return Ok(Step::Done),
            // Nobody asked with credentials, or without in the way that is wanted.
            Offer::Unusable(why) => {
                return Err(End::Failed(Unreachable {
                    cause: UnreachableCause::Protocol,
                    detail: format!("its challenge cannot be followed: {why}"),
                }));
            }
        };
        if challenge != Challenge::Basic {
            return Ok(Step::Again { stale: None });
        }
        let asked_before = std::mem::replace(&mut self.anonymous_refused, true);
        let kind = self.login.as_ref().map(|login| &login.kind);
        match kind {
            Some(Kind::Password { .. } | Kind::RegistryToken(_)) if !asked_before => {
                Ok(Step::Again { stale: None })
            }
            _ => Ok(Step::Done),
        }
    }

    /// A token of the token service was not taken.
    async fn token_refused(&mut self, granted: &Granted, status: u16, offer: &Offer) -> Step {
        let token = &granted.token;
        if let Some(wanted) = self.other_scope(offer).filter(|_| !self.renewed) {
            self.renewed = true;
            self.scope = wanted;
            return Step::Again { stale: None };
        }
        // It may hold less than was asked for, or have run out.
        if status != 403 && !self.renewed && token.may_be_replaced() {
            self.renewed = true;
            return Step::Again {
                stale: Some(token.serial),
            };
        }
        // These credentials are good, and have no right here: others may have.
        if status != 400 && self.login.is_some() && self.next_login().await {
            return Step::Again { stale: None };
        }
        Step::Done
    }

    /// The scope that a registry wants instead: it says that the token does not reach, or names another thing than this
    /// repository (containers/image `docker_client.go`, go-containerregistry `bearer.go`).
    fn other_scope(&self, offer: &Offer) -> Option<String> {
        let Offer::Usable(Challenge::Bearer(bearer)) = offer else {
            return None;
        };
        let wanted = bearer.scope.as_ref().filter(|scope| is_scope(scope))?;
        let ours = format!("repository:{}:", self.repository);
        let other = bearer.insufficient || !wanted.starts_with(&ours);
        (other && *wanted != self.scope).then(|| wanted.clone())
    }

    async fn send(
        &mut self,
        url: &Url,
        question: Question<'_>,
        grant: &Grant,
    ) -> Result<Answer, Unreachable> {
        let request = Request {
            method: question.method.clone(),
            url: url.clone(),
            what: question.what,
            accept: question.accept,
            authorization: grant.authorization(),
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
        // Credentials that were thrown out are not sent again: accounts get locked.
        while let Some(login) = self.login.clone()
            && self.endpoint.outcome(&login.identity) == Some(Outcome::Refused(401))
        {
            self.refused(401).await;
        }
        let login = self.login.clone();
        match (challenge, login.as_deref().map(|login| &login.kind)) {
            (_, Some(Kind::RegistryToken(token))) => {
                self.use_login();
                let value = Secret::new(format!("Bearer {}", token.reveal()));
                Ok(Some(Grant::Own(value)))
            }
            (Challenge::Basic, Some(Kind::Password { user, password })) => {
                self.use_login();
                Ok(Some(Grant::Basic(basic(user, password))))
            }
            (Challenge::Basic, _) => Ok(Some(Grant::Nothing)),
            (Challenge::Bearer(bearer), _) => self.token(bearer, login, stale).await,
        }
    }

    fn use_login(&mut self) {
        self.used = self.login.as_ref().map(|login| login.source.clone());
    }

    async fn token(
        &mut self,
        bearer: &Bearer,
        login: Option<Arc<Login>>,
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
        let bound = realm::may_see_credentials(
            &bearer.realm,
            base,
            self.trusted_realms,
            self.network.transport.is_named_with_port(&bearer.realm),
        );
        if let Some(kept) = login.as_ref().filter(|_| !bound) {
            let host = bearer.realm.host_str().unwrap_or_default();
            self.note(format!(
                "the credentials from {} were kept back from {host}",
                kept.source
            ));
        }
        let login = login.filter(|_| bound);
        let own = bearer.realm.host_str() == base.host_str();
        let with_login = login.is_some();
        let ask = Arc::new(Ask {
            bearer: bearer.clone(),
            wanted: self.wanted.clone(),
            login,
            // Over plain HTTP another port of a named host may be anybody's.
            vouched: own
                && bearer.realm.scheme() == "https"
                && self.network.transport.is_named(base),
            check: if own {
                self.endpoint.check
            } else {
                Check::Certificate
            },
        });
        let found = self
            .tokens
            .get(&ask, &self.scope, stale, &mut self.trail)
            .await;
        match found {
            Ok(granted) => {
                if with_login {
                    self.accepted();
                    self.use_login();
                }
                Ok(Some(Grant::Token(granted)))
            }
            Err(NoToken::Failed(failure)) => Err(End::Failed(failure)),
            Err(NoToken::Refused { status, .. }) if with_login => {
                self.refused(status).await;
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

    /// The credentials were taken.
    fn accepted(&mut self) {
        if let Some(login) = &self.login {
            self.endpoint.note_outcome(&login.identity, Outcome::Taken);
            self.standing = Standing::Known;
        }
    }

    /// The credentials were not taken: the next ones are tried, or none. What is public can still be had without.
    async fn refused(&mut self, status: u16) -> Step {
        let Some(login) = self.login.clone() else {
            return Step::Done;
        };
        self.endpoint
            .note_outcome(&login.identity, Outcome::Refused(status));
        // Where they were taken before, this repository is meant (GAR says 403 for a missing one).
        let taken_before = self.endpoint.outcome(&login.identity) == Some(Outcome::Taken);
        if taken_before {
            self.standing = Standing::Known;
        } else if self.standing != Standing::Known {
            self.standing = Standing::Refused;
        }
        self.used = Some(login.source.clone());
        self.note(format!(
            "the credentials from {} were refused with status {status}",
            login.source
        ));
        let more = self.next_login().await;
        // Who is known and has no right has none as a stranger either.
        if more || !taken_before {
            Step::Again { stale: None }
        } else {
            Step::Done
        }
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
            Some(scope) if is_scope(scope) => scope.clone(),
            _ => scope(self.repository),
        };
        if realm::check(&bearer.realm, &answer.url).is_err() {
            return Ok(answer);
        }
        let ask = Arc::new(Ask {
            bearer,
            wanted: Arc::default(),
            login: None,
            vouched: false,
            check: Check::Certificate,
        });
        match self.tokens.get(&ask, &scope, None, &mut self.trail).await {
            Ok(granted) => self
                .send(&answer.url.clone(), question, &Grant::Token(granted))
                .await
                .map_err(End::Failed),
            Err(NoToken::Failed(failure)) => Err(End::Failed(failure)),
            Err(NoToken::Refused { .. }) => Ok(answer),
        }
    }
}

/// Whether a registry may ask for a token of this scope: one repository's, and no secret channel.
fn is_scope(scope: &str) -> bool {
    scope.starts_with("repository:")
        && scope.len() < MAX_SCOPE
        && scope.bytes().all(|byte| byte.is_ascii_graphic())
}
