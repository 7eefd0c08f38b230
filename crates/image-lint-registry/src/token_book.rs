//! Which scopes of one realm, service and identity have a token, which are on their way, and which may be asked for
//! together.
//!
//! Several scopes in one request save requests, but not every service heeds more than the first, and one repository that
//! cannot be read may spoil the whole batch. So a batch is only a try: a service that refuses one is asked scope by scope
//! from then on, and a scope that the token proves not to hold is asked for alone. A question waits for the request that
//! brings its own token and for no other. Knows no network.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::sync::watch;

use crate::secret::Secret;
use crate::wanted::WantedQueue;
use image_lint_model::resolution::{Exchange, Unreachable, UnreachableCause};

/// Scopes in one request, and the bytes they may take of its URL (servers refuse from 8 KiB on).
const MOST: usize = 20;
const MOST_BYTES: usize = 4000;
/// Scopes that batches were found not to hold, after which none is tried any more.
const DISAPPOINTMENTS: usize = 3;
/// Batches on their way at which no more are sent ahead of need.
const AHEAD: usize = 4;
/// Tokens that are had before they are needed: more could run out before.
const MOST_READY: usize = 160;
/// Renewed this long before its end.
const EARLY: Duration = Duration::from_secs(10);
/// A token that is younger did not run out (none lives shorter than a minute; see `token`).
const YOUNG: Duration = Duration::from_secs(30);

/// A token as an `Authorization` value.
pub struct Token {
    pub authorization: Secret,
    pub made: Instant,
    pub ends: Instant,
    /// Distinguishes a token from the one that replaced it.
    pub serial: u64,
    /// The scope that was named first, where there were several.
    pub first_of: Option<Arc<str>>,
    /// A registry took it.
    pub taken: AtomicBool,
}

impl Token {
    fn is_fresh(&self) -> bool {
        self.ends > Instant::now() + EARLY
    }

    /// Whether another one could be taken where this one was not: a batch may hold less than was asked for, and what was
    /// good before may have run out.
    pub fn may_be_replaced(&self) -> bool {
        self.first_of.is_some() || self.taken.load(Ordering::Relaxed) || self.made.elapsed() > YOUNG
    }
}

/// Why there is no token.
#[derive(Clone, Debug)]
pub enum NoToken {
    /// The service said no.
    Refused { status: u16, codes: Vec<String> },
    /// Nobody knows.
    Failed(Unreachable),
}

/// A request for tokens on its way; any number of questions wait for it.
pub struct Flight {
    landed: watch::Sender<bool>,
    /// Why it brought nothing for any of its scopes, when that says nothing about them.
    failure: Mutex<Option<Unreachable>>,
    /// Evidence for the first who waits.
    exchanges: Mutex<Vec<Exchange>>,
}

impl Flight {
    fn new() -> Self {
        Flight {
            landed: watch::Sender::new(false),
            failure: Mutex::default(),
            exchanges: Mutex::default(),
        }
    }

    pub async fn landed(&self) -> Option<Unreachable> {
        let mut landed = self.landed.subscribe();
        // The sender lives as long as this does.
        let _ = landed.wait_for(|landed| *landed).await;
        self.failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub fn take_exchanges(&self) -> Vec<Exchange> {
        std::mem::take(
            &mut *self
                .exchanges
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}

/// What to do for a scope.
pub enum Next {
    Known(Result<Arc<Token>, NoToken>),
    Wait(Arc<Flight>),
    /// Ask for these, and wait for that.
    Ask(Departure),
}

/// A request for tokens that is to be sent. One that is dropped before it landed failed.
pub struct Departure {
    pub scopes: Vec<Arc<str>>,
    pub flight: Arc<Flight>,
    book: Arc<TokenBook>,
    landed: bool,
}

/// What a request for tokens brought.
pub enum Outcome {
    Token(Token),
    /// The service said no: to the one scope, or to the batch as such.
    Refused {
        status: u16,
        codes: Vec<String>,
    },
    /// It answered with what is no answer.
    Nonsense(Unreachable),
    /// It did not answer.
    Failed(Unreachable),
}

impl Departure {
    pub fn land(mut self, outcome: Outcome, exchanges: Vec<Exchange>) {
        *self
            .flight
            .exchanges
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = exchanges;
        self.settle(outcome);
    }

    fn settle(&mut self, outcome: Outcome) {
        self.landed = true;
        let failure = self.book.state().settle(&self.scopes, outcome);
        *self
            .flight
            .failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = failure;
        self.flight.landed.send_replace(true);
    }
}

impl Drop for Departure {
    fn drop(&mut self) {
        if !self.landed {
            self.settle(Outcome::Failed(Unreachable {
                cause: UnreachableCause::Interrupted,
                detail: "the request for a token was given up".to_owned(),
            }));
        }
    }
}

/// All that is asked of one service for one identity.
pub struct TokenBook {
    state: Mutex<State>,
    wanted: Arc<WantedQueue>,
}

#[derive(Default)]
struct State {
    /// Credentials are sent: a 401 means them, whatever is asked for.
    with_login: bool,
    known: HashMap<Arc<str>, Known>,
    /// Scopes that are asked for by themselves.
    alone: HashSet<Arc<str>>,
    one_by_one: bool,
    /// A batch's token held more than its first scope, as far as it or a registry said so.
    batches_work: bool,
    /// Batches on their way.
    flying: usize,
    /// Scopes with a token that nobody fetched yet.
    ready: usize,
}

enum Known {
    Flying(Arc<Flight>),
    Token { token: Arc<Token>, used: bool },
    Refused { status: u16, codes: Vec<String> },
}

impl TokenBook {
    pub fn new(wanted: Arc<WantedQueue>, with_login: bool) -> Self {
        let state = State {
            with_login,
            ..State::default()
        };
        TokenBook {
            state: Mutex::new(state),
            wanted,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What to do for a scope; `stale` is the serial of a token that the registry did not take for it.
    pub fn next(self: &Arc<Self>, scope: &str, stale: Option<u64>) -> Next {
        let mut state = self.state();
        match state.look_up(scope, stale) {
            Some(next) => next,
            None => Next::Ask(self.depart(&mut state, scope.into())),
        }
    }

    /// A batch that nobody waits for yet, when it is time for one: batches are known to work, and tokens run short.
    pub fn ahead(self: &Arc<Self>) -> Option<Departure> {
        let mut state = self.state();
        let full = state.flying >= AHEAD || state.ready + MOST * state.flying >= MOST_READY;
        // Ahead of need only a whole batch is worth a request.
        if state.one_by_one || !state.batches_work || full || self.wanted.len() < MOST {
            return None;
        }
        let mut first = Vec::new();
        self.wanted
            .fill(&mut first, 1, MOST_BYTES, |scope| state.is_open(scope));
        let first = first.pop()?;
        Some(self.depart(&mut state, first))
    }

    fn depart(self: &Arc<Self>, state: &mut State, scope: Arc<str>) -> Departure {
        let mut scopes = vec![scope];
        if !state.one_by_one && !state.alone.contains(&scopes[0]) {
            self.wanted
                .fill(&mut scopes, MOST, MOST_BYTES, |scope| state.is_open(scope));
        }
        state.flying += usize::from(scopes.len() > 1);
        let flight = Arc::new(Flight::new());
        for scope in &scopes {
            state
                .known
                .insert(scope.clone(), Known::Flying(flight.clone()));
        }
        Departure {
            scopes,
            flight,
            book: self.clone(),
            landed: false,
        }
    }

    /// A registry took a token for a scope.
    pub fn taken(&self, token: &Token, scope: &str) {
        token.taken.store(true, Ordering::Relaxed);
        if token
            .first_of
            .as_deref()
            .is_some_and(|first| first != scope)
        {
            self.state().batches_work = true;
        }
    }
}

impl State {
    fn look_up(&mut self, scope: &str, stale: Option<u64>) -> Option<Next> {
        match self.known.get_mut(scope)? {
            Known::Flying(flight) => Some(Next::Wait(flight.clone())),
            Known::Refused { status, codes } => Some(Next::Known(Err(NoToken::Refused {
                status: *status,
                codes: codes.clone(),
            }))),
            Known::Token { token, used } if Some(token.serial) != stale && token.is_fresh() => {
                if !std::mem::replace(used, true) {
                    self.ready = self.ready.saturating_sub(1);
                }
                Some(Next::Known(Ok(token.clone())))
            }
            Known::Token { token, .. } => {
                // A batch's token that was not taken proves that it does not hold the scope.
                if Some(token.serial) == stale && token.first_of.is_some() {
                    self.alone.insert(scope.into());
                    self.one_by_one |= self.alone.len() >= DISAPPOINTMENTS && !self.batches_work;
                }
                None
            }
        }
    }

    fn is_open(&self, scope: &str) -> bool {
        let open = match self.known.get(scope) {
            None => true,
            Some(Known::Token { token, .. }) => !token.is_fresh(),
            Some(Known::Flying(_) | Known::Refused { .. }) => false,
        };
        open && !self.alone.contains(scope)
    }

    /// Keeps what came for the scopes; a failure for those who wait.
    fn settle(&mut self, scopes: &[Arc<str>], outcome: Outcome) -> Option<Unreachable> {
        let batch = scopes.len() > 1;
        self.flying -= usize::from(batch);
        for scope in scopes {
            self.known.remove(scope);
        }
        match outcome {
            Outcome::Token(token) => self.grant(scopes, token),
            // Perhaps for one of its repositories, perhaps for being one.
            Outcome::Refused { status, .. } if batch && !(self.with_login && status == 401) => {
                self.one_by_one = true;
            }
            Outcome::Nonsense(_) if batch => self.one_by_one = true,
            Outcome::Refused { status, codes } => {
                for scope in scopes {
                    let (scope, codes) = (scope.clone(), codes.clone());
                    self.known.insert(scope, Known::Refused { status, codes });
                }
            }
            Outcome::Nonsense(failure) | Outcome::Failed(failure) => return Some(failure),
        }
        None
    }

    /// Keeps a token for the scopes that it holds, as far as it can be read. One that was asked for alone is tried
    /// whatever it says.
    fn grant(&mut self, scopes: &[Arc<str>], mut token: Token) {
        let batch = scopes.len() > 1;
        token.first_of = scopes.first().filter(|_| batch).cloned();
        let held = held(token.authorization.reveal()).filter(|_| batch);
        let token = Arc::new(token);
        let mut count = 0;
        for scope in scopes {
            if held.as_ref().is_none_or(|held| held.contains(&**scope)) {
                count += 1;
                let token = token.clone();
                let used = false;
                self.known
                    .insert(scope.clone(), Known::Token { token, used });
            } else {
                self.alone.insert(scope.clone());
            }
        }
        self.ready += count;
        self.batches_work |= held.is_some() && count > 1;
        // It heeds the first scope alone.
        self.one_by_one |= batch && count <= 1 && !self.batches_work;
    }
}

/// The scopes (`repository:NAME:pull`) that a token holds, when it is a JWT that says so (distribution spec, "Token
/// Authentication Implementation": `access`); None for an opaque one. Nothing is believed because of it, so that its
/// signature does not matter.
fn held(authorization: &str) -> Option<HashSet<String>> {
    #[derive(serde::Deserialize)]
    struct Payload {
        access: Vec<Access>,
    }
    #[derive(serde::Deserialize)]
    struct Access {
        #[serde(rename = "type")]
        kind: String,
        name: String,
        #[serde(default)]
        actions: Vec<String>,
    }
    let mut parts = authorization.strip_prefix("Bearer ")?.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    let payload: Payload =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?)
            .ok()?;
    let pulls = payload.access.into_iter().filter(|access| {
        access.kind == "repository"
            && access
                .actions
                .iter()
                .any(|action| action == "pull" || action == "*")
    });
    Some(
        pulls
            .map(|access| format!("repository:{}:pull", access.name))
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(n: usize) -> String {
        format!("repository:r{n}:pull")
    }

    fn token(text: &str, serial: u64, life: u64) -> Token {
        Token {
            authorization: Secret::new(format!("Bearer {text}")),
            made: Instant::now(),
            ends: Instant::now() + Duration::from_secs(life),
            serial,
            first_of: None,
            taken: AtomicBool::new(false),
        }
    }

    fn jwt(names: impl IntoIterator<Item = usize>) -> String {
        let access: Vec<_> = names
            .into_iter()
            .map(|n| serde_json::json!({"type": "repository", "name": format!("r{n}"), "actions": ["pull"]}))
            .collect();
        let payload = URL_SAFE_NO_PAD.encode(serde_json::json!({ "access": access }).to_string());
        format!("e30.{payload}.c2ln")
    }

    fn book(wanted: std::ops::Range<usize>) -> Arc<TokenBook> {
        let queue = Arc::new(WantedQueue::default());
        wanted.for_each(|n| queue.add(&scope(n)));
        Arc::new(TokenBook::new(queue, false))
    }

    fn asked(next: Next) -> Departure {
        match next {
            Next::Ask(departure) => departure,
            Next::Wait(_) => panic!("it waits"),
            Next::Known(_) => panic!("it is known"),
        }
    }

    fn serial(next: &Next) -> Option<u64> {
        match next {
            Next::Known(Ok(token)) => Some(token.serial),
            _ => None,
        }
    }

    #[test]
    fn a_batch_takes_twenty_and_all_of_them_wait_for_it_and_no_others() {
        let book = book(0..100);
        let first = asked(book.next(&scope(0), None));
        let names: Vec<&str> = first.scopes.iter().map(AsRef::as_ref).collect();
        assert_eq!(names, (0..20).map(scope).collect::<Vec<_>>());
        assert!(matches!(book.next(&scope(19), None), Next::Wait(_)));
        let second = asked(book.next(&scope(20), None));
        assert_eq!(second.scopes.len(), 20, "beside the first");
        first.land(Outcome::Token(token("opaque", 1, 300)), Vec::new());
        assert_eq!(serial(&book.next(&scope(19), None)), Some(1));
        assert!(matches!(book.next(&scope(39), None), Next::Wait(_)));
        drop(second);
        assert_eq!(
            asked(book.next(&scope(39), None)).scopes.len(),
            20,
            "one that came to nothing leaves no trace"
        );
    }

    #[test]
    fn tokens_are_fetched_ahead_once_batches_are_known_to_work() {
        let book = book(0..1000);
        let first = asked(book.next(&scope(0), None));
        first.land(Outcome::Token(token("opaque", 1, 300)), Vec::new());
        assert!(book.ahead().is_none());
        let Next::Known(Ok(taken)) = book.next(&scope(7), None) else {
            panic!("it is known");
        };
        book.taken(&taken, &scope(7));
        let more: Vec<_> = std::iter::from_fn(|| book.ahead()).collect();
        assert_eq!(more.len(), AHEAD);
        let mut serial = 2;
        for departure in more {
            departure.land(Outcome::Token(token("opaque", serial, 300)), Vec::new());
            serial += 1;
        }
        let mut ready = 5 * MOST - 1;
        while let Some(departure) = book.ahead() {
            ready += departure.scopes.len();
            departure.land(Outcome::Token(token("opaque", serial, 300)), Vec::new());
        }
        assert!((MOST_READY..MOST_READY + MOST).contains(&ready), "{ready}");
    }

    #[test]
    fn a_token_counts_for_the_scopes_that_it_shows() {
        let four = book(0..4);
        let batch = asked(four.next(&scope(0), None));
        batch.land(Outcome::Token(token(&jwt([0, 2]), 1, 300)), Vec::new());
        assert_eq!(serial(&four.next(&scope(2), None)), Some(1));
        let own = asked(four.next(&scope(1), None));
        assert_eq!(own.scopes.len(), 1);
        own.land(Outcome::Token(token(&jwt([]), 2, 300)), Vec::new());
        assert_eq!(
            serial(&four.next(&scope(1), None)),
            Some(2),
            "what was asked for alone is tried whatever it shows"
        );
    }

    #[test]
    fn a_service_that_heeds_one_scope_is_asked_for_one() {
        let first_only = book(0..4);
        let batch = asked(first_only.next(&scope(0), None));
        batch.land(Outcome::Token(token(&jwt([0]), 1, 300)), Vec::new());
        assert_eq!(asked(first_only.next(&scope(5), None)).scopes.len(), 1);
        let opaque = book(0..6);
        let batch = asked(opaque.next(&scope(0), None));
        batch.land(Outcome::Token(token("opaque", 7, 300)), Vec::new());
        for n in 1..=DISAPPOINTMENTS {
            let own = asked(opaque.next(&scope(n), Some(7)));
            assert_eq!(own.scopes.len(), 1, "the registry did not take it for this");
        }
        (10..20).for_each(|n| opaque.wanted.add(&scope(n)));
        let own = asked(opaque.next(&scope(9), None));
        assert_eq!(own.scopes.len(), 1, "and after a few not for any");
        assert!(opaque.ahead().is_none());
        assert_eq!(serial(&opaque.next(&scope(0), None)), Some(7));
    }

    #[test]
    fn refusals_are_remembered_and_a_refused_batch_is_asked_scope_by_scope() {
        let book = book(0..3);
        let refused = || Outcome::Refused {
            status: 403,
            codes: Vec::new(),
        };
        asked(book.next(&scope(0), None)).land(refused(), Vec::new());
        let own = asked(book.next(&scope(1), None));
        assert_eq!(own.scopes.len(), 1);
        own.land(refused(), Vec::new());
        assert!(matches!(
            book.next(&scope(1), None),
            Next::Known(Err(NoToken::Refused { status: 403, .. }))
        ));
    }

    #[test]
    fn wrong_credentials_are_sent_once_for_a_whole_batch() {
        let queue = Arc::new(WantedQueue::default());
        (0..5).for_each(|n| queue.add(&scope(n)));
        let book = Arc::new(TokenBook::new(queue, true));
        let refused = Outcome::Refused {
            status: 401,
            codes: Vec::new(),
        };
        asked(book.next(&scope(0), None)).land(refused, Vec::new());
        for n in 0..5 {
            assert!(
                matches!(book.next(&scope(n), None), Next::Known(Err(_))),
                "{n}"
            );
        }
    }

    #[test]
    fn a_token_that_runs_out_soon_is_renewed() {
        let book = book(0..0);
        asked(book.next(&scope(0), None)).land(Outcome::Token(token("a", 1, 5)), Vec::new());
        assert_eq!(asked(book.next(&scope(0), None)).scopes.len(), 1);
    }
}
