//! Which scopes of one realm, service and identity have a token, and which may be asked for together.
//!
//! Several scopes in one request save requests, but not every service heeds more than the first, and one repository that
//! cannot be read may spoil the whole batch. So a batch is only a try: a service that refuses one is asked scope by scope
//! from then on, and a scope that the token proves not to hold is asked for alone. Knows no network.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::token::{EARLY, NoToken, Token};

/// Scopes in one request, and the bytes they may take of its URL (servers refuse from 8 KiB on).
const MOST: usize = 20;
const MOST_BYTES: usize = 4000;
/// Scopes that batches were found not to hold, after which none is tried any more.
const DISAPPOINTMENTS: usize = 3;

/// All that is asked of one service for one identity.
#[derive(Default)]
pub struct Scopes {
    state: Mutex<State>,
    /// Held while a batch is on its way: what is wanted meanwhile becomes the next one.
    pub turn: tokio::sync::Mutex<()>,
}

/// The scopes that a run wants of one registry, by the credentials that their repositories have
/// ([`Store::identity`](crate::credentials::Store::identity)), so that the token of one can come with another's.
#[derive(Default)]
pub struct WantedScopes(Mutex<HashMap<String, BTreeSet<String>>>);

impl WantedScopes {
    pub fn add(&self, credentials: &str, scope: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = match all.get_mut(credentials) {
            Some(known) => known,
            None => all.entry(credentials.to_owned()).or_default(),
        };
        if !known.contains(scope) {
            known.insert(scope.to_owned());
        }
    }

    pub fn of(&self, credentials: &str) -> Vec<String> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(credentials)
            .map(|scopes| scopes.iter().cloned().collect())
            .unwrap_or_default()
    }
}

#[derive(Default)]
struct State {
    known: HashMap<String, Result<Token, NoToken>>,
    /// Single flight of scopes that are asked for alone.
    flights: HashMap<String, Arc<tokio::sync::Mutex<()>>>,
    alone: HashSet<String>,
    one_by_one: bool,
}

impl Scopes {
    fn state(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token or refusal for a scope; `stale` is the serial of a token that the registry did not take for it.
    pub fn known(&self, scope: &str, stale: Option<u64>) -> Option<Result<Token, NoToken>> {
        match self.state().known.get(scope)? {
            Ok(token) if Some(token.serial) != stale && is_fresh(token) => Some(Ok(token.clone())),
            Err(refusal @ NoToken::Refused { .. }) => Some(Err(refusal.clone())),
            _ => None,
        }
    }

    /// Whether a scope may be asked for together with others. A batch's token that was not taken for it proves that not.
    pub fn together(&self, scope: &str, stale: Option<u64>) -> bool {
        let mut state = self.state();
        if let Some(Ok(token)) = state.known.get(scope)
            && token.batch
            && Some(token.serial) == stale
        {
            state.alone.insert(scope.to_owned());
            state.one_by_one |= state.alone.len() >= DISAPPOINTMENTS;
        }
        !state.one_by_one && !state.alone.contains(scope)
    }

    /// The scope itself, and those of `wanted` that need a token as well.
    pub fn batch(&self, scope: &str, wanted: impl IntoIterator<Item = String>) -> Vec<String> {
        let state = self.state();
        let mut batch = vec![scope.to_owned()];
        let mut bytes = scope.len();
        for other in wanted {
            let has = state.known.get(&other).is_some_and(|known| match known {
                Ok(token) => is_fresh(token),
                Err(refusal) => matches!(refusal, NoToken::Refused { .. }),
            });
            bytes += other.len();
            if batch.len() >= MOST || bytes > MOST_BYTES {
                break;
            }
            if !has && other != scope && !state.alone.contains(&other) {
                batch.push(other);
            }
        }
        batch
    }

    /// Keeps the token of a batch for the scopes that it holds, as far as it can be read; says whether the first is among
    /// them.
    pub fn grant(&self, scopes: &[String], token: &Token) -> bool {
        let held = held(token.authorization.reveal());
        let holds = |scope: &String| {
            held.as_ref()
                .is_none_or(|held| held.contains(scope.as_str()))
        };
        let mut state = self.state();
        let (with, without): (Vec<_>, Vec<_>) = scopes.iter().partition(|scope| holds(scope));
        // It heeds the first scope alone.
        state.one_by_one |= scopes.len() > 1 && with.len() <= 1;
        for scope in with {
            state.known.insert(scope.clone(), Ok(token.clone()));
        }
        state.alone.extend(without.into_iter().cloned());
        state.known.get(&scopes[0]).is_some_and(|known| {
            known
                .as_ref()
                .is_ok_and(|known| known.serial == token.serial)
        })
    }

    /// The service refused a batch: perhaps for one of its repositories, perhaps for being one.
    pub fn give_up_batches(&self) {
        self.state().one_by_one = true;
    }

    pub fn put(&self, scope: &str, found: &Result<Token, NoToken>) {
        self.state().known.insert(scope.to_owned(), found.clone());
    }

    pub fn flight(&self, scope: &str) -> Arc<tokio::sync::Mutex<()>> {
        self.state()
            .flights
            .entry(scope.to_owned())
            .or_default()
            .clone()
    }
}

fn is_fresh(token: &Token) -> bool {
    token.ends > Instant::now() + EARLY
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
    use crate::secret::Secret;
    use std::time::Duration;

    fn scope(n: usize) -> String {
        format!("repository:r{n}:pull")
    }

    fn token(text: &str, serial: u64, life: u64, batch: bool) -> Token {
        let authorization = Secret::new(format!("Bearer {text}"));
        Token {
            authorization,
            ends: Instant::now() + Duration::from_secs(life),
            serial,
            batch,
        }
    }

    fn jwt(names: &[&str]) -> String {
        let access: Vec<_> = names
            .iter()
            .map(|n| serde_json::json!({"type": "repository", "name": n, "actions": ["pull"]}))
            .collect();
        let payload = URL_SAFE_NO_PAD.encode(serde_json::json!({ "access": access }).to_string());
        format!("e30.{payload}.c2ln")
    }

    #[test]
    fn a_batch_is_bounded_and_leaves_out_what_is_known() {
        let scopes = Scopes::default();
        scopes.put(&scope(1), &Ok(token("a", 1, 300, false)));
        scopes.put(&scope(2), &Ok(token("a", 1, 5, false)));
        scopes.put(
            &scope(3),
            &Err(NoToken::Refused {
                status: 403,
                codes: Vec::new(),
            }),
        );
        let batch = scopes.batch(&scope(0), (0..100).map(scope));
        assert_eq!(batch.len(), MOST);
        let expected: Vec<String> = [0, 2].into_iter().chain(4..22).map(scope).collect();
        assert_eq!(
            batch, expected,
            "known ones are left out, one about to end is renewed"
        );
        let long = |n: usize| format!("repository:{}{n}:pull", "x".repeat(240));
        assert!(
            scopes
                .batch(&long(0), (1..100).map(long))
                .iter()
                .map(String::len)
                .sum::<usize>()
                <= MOST_BYTES
        );
    }

    #[test]
    fn a_token_counts_for_the_scopes_that_it_shows() {
        let scopes = Scopes::default();
        let batch: Vec<String> = (0..4).map(scope).collect();
        assert!(scopes.grant(&batch, &token(&jwt(&["r0", "r2"]), 1, 300, true)));
        let has = |n| scopes.known(&scope(n), None).is_some();
        assert_eq!([has(0), has(1), has(2), has(3)], [true, false, true, false]);
        assert!(!scopes.together(&scope(1), None) && scopes.together(&scope(9), None));
        let opaque = Scopes::default();
        assert!(opaque.grant(&batch, &token("opaque", 1, 300, true)));
        assert!(
            opaque.known(&scope(3), None).is_some(),
            "what cannot be read is believed until it fails"
        );
    }

    #[test]
    fn a_service_that_heeds_one_scope_is_asked_for_one() {
        let first_only = Scopes::default();
        first_only.grant(&[scope(0), scope(1)], &token(&jwt(&["r0"]), 1, 300, true));
        assert!(!first_only.together(&scope(5), None));
        let opaque = Scopes::default();
        let batch: Vec<String> = (0..6).map(scope).collect();
        opaque.grant(&batch, &token("opaque", 7, 300, true));
        for n in 1..=DISAPPOINTMENTS {
            assert!(
                !opaque.together(&scope(n), Some(7)),
                "the registry did not take it for this one"
            );
            assert!(opaque.known(&scope(n), Some(7)).is_none());
        }
        assert!(
            !opaque.together(&scope(9), None),
            "and after a few not for any"
        );
        assert!(
            opaque.known(&scope(0), None).is_some(),
            "what worked goes on working"
        );
    }
}
