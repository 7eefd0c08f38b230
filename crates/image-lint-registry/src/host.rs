//! One host (scheme, name, port) during a run: how many requests it may have in flight, whether it has to be left in
//! peace for a while, and whether it is worth asking at all.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::statistics::{HostStatistics, Quota};
use image_lint_model::resolution::{Unreachable, UnreachableCause};

/// All the waiting that one host may ask for in a run.
const WAIT_BUDGET: Duration = Duration::from_secs(60);
/// Failures in a row after which a host that did answer once is given up.
const FAILURES: u32 = 3;
/// Requests in flight to a host that answered 429.
const AFTER_LIMIT: usize = 2;

/// Requests in flight, with a limit that can be lowered while they fly.
struct Gate {
    semaphore: Arc<Semaphore>,
    limit: AtomicUsize,
    /// Permits that are still out and must not come back.
    debt: Arc<AtomicUsize>,
}

/// Leave to have one request in flight.
pub struct Permit {
    inner: Option<OwnedSemaphorePermit>,
    debt: Arc<AtomicUsize>,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let owed = self
            .debt
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |debt| {
                debt.checked_sub(1)
            })
            .is_ok();
        if let (true, Some(permit)) = (owed, self.inner.take()) {
            permit.forget();
        }
    }
}

impl Gate {
    fn new(limit: usize) -> Self {
        let limit = limit.max(1);
        Gate {
            semaphore: Arc::new(Semaphore::new(limit)),
            limit: AtomicUsize::new(limit),
            debt: Arc::default(),
        }
    }

    async fn enter(&self) -> Permit {
        // The semaphore is never closed, so there is always a permit in the end.
        let inner = self.semaphore.clone().acquire_owned().await.ok();
        Permit {
            inner,
            debt: self.debt.clone(),
        }
    }

    fn lower(&self, to: usize) {
        let before = self.limit.fetch_min(to, Ordering::AcqRel);
        let excess = before.saturating_sub(to);
        let idle = self.semaphore.forget_permits(excess);
        self.debt.fetch_add(excess - idle, Ordering::AcqRel);
    }
}

#[derive(Default)]
struct State {
    frozen_until: Option<Instant>,
    waited: Duration,
    ever_answered: bool,
    failures: u32,
    last_failure: Option<Unreachable>,
    statistics: HostStatistics,
}

pub struct Host {
    /// `quay.io`, `localhost:5000`
    pub name: String,
    gate: Gate,
    first: tokio::sync::Mutex<()>,
    met: AtomicBool,
    state: Mutex<State>,
}

impl Host {
    pub fn new(name: String, per_host: usize) -> Self {
        Host {
            name,
            gate: Gate::new(per_host),
            first: tokio::sync::Mutex::default(),
            met: AtomicBool::new(false),
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds the lock; a poisoned state would still be whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first request to a host goes alone: the others then find its HTTP/2 connection and need none of their own,
    /// and a host that is down costs one time-out instead of sixteen.
    pub async fn first(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
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

    /// Leave to send one request, after the pause that the host asked for.
    ///
    /// # Errors
    /// The host is given up, or asks for more patience than there is.
    pub async fn enter(&self) -> Result<Permit, Unreachable> {
        loop {
            self.wait_for_thaw().await?;
            let permit = self.gate.enter().await;
            // The host may have been frozen or given up while this request stood in line.
            if self.verdict()?.is_none() {
                return Ok(permit);
            }
        }
    }

    async fn wait_for_thaw(&self) -> Result<(), Unreachable> {
        while let Some(until) = self.verdict()? {
            tokio::time::sleep_until(until.into()).await;
        }
        Ok(())
    }

    /// Until when the host is frozen; an error when it is not to be asked any more.
    fn verdict(&self) -> Result<Option<Instant>, Unreachable> {
        let mut state = self.state();
        let given_up = if state.ever_answered {
            state.failures >= FAILURES
        } else {
            state.failures >= 1
        };
        if given_up && let Some(last) = &state.last_failure {
            return Err(given_up_after(last));
        }
        if state.waited > WAIT_BUDGET {
            let left = state
                .frozen_until
                .map(|until| until.saturating_duration_since(Instant::now()));
            return Err(limited(
                left.filter(|left| !left.is_zero()),
                "too many requests",
            ));
        }
        match state.frozen_until {
            Some(until) if until > Instant::now() => Ok(Some(until)),
            _ => {
                state.frozen_until = None;
                Ok(None)
            }
        }
    }

    /// Counts a request that is about to be sent.
    pub fn count(&self, what: &'static str, method: &'static str) {
        *self
            .state()
            .statistics
            .requests
            .entry((what, method))
            .or_default() += 1;
    }

    /// The host answered, whatever it said.
    pub fn answered(&self, headers: &HeaderMap) {
        let mut state = self.state();
        state.ever_answered = true;
        state.failures = 0;
        self.met.store(true, Ordering::Release);
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(quota) =
            text("ratelimit-remaining").and_then(|r| Quota::parse(r, text("ratelimit-limit")))
        {
            // Answers overtake each other, so the lowest figure is the newest.
            let lower = state
                .statistics
                .quota
                .is_none_or(|known| quota.remaining <= known.remaining);
            if lower {
                state.statistics.quota = Some(quota);
            }
        }
    }

    /// The host failed in a way that says something about the host, after all tries.
    pub fn failed(&self, failure: &Unreachable) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        state.last_failure = Some(failure.clone());
    }

    /// The host asks for fewer requests: it gets two at a time, and none before `wait` is over.
    pub fn limit(&self, wait: Duration) {
        self.gate.lower(AFTER_LIMIT);
        let now = Instant::now();
        let mut state = self.state();
        state.statistics.limited += 1;
        let before = state
            .frozen_until
            .filter(|until| *until > now)
            .unwrap_or(now);
        let until = now
            .checked_add(wait)
            .unwrap_or_else(|| now + Duration::from_secs(u64::from(u32::MAX)));
        if until > before {
            state.waited = state.waited.saturating_add(until - before);
            state.frozen_until = Some(until);
        }
    }

    /// The pull quota is used up: a GET of a manifest would be refused (HEAD is not counted; docker docs, "Pull rate limit").
    pub fn quota_used_up(&self) -> bool {
        self.state()
            .statistics
            .quota
            .is_some_and(|quota| quota.remaining == 0)
    }

    /// Forgets failures, for the late second pass.
    pub fn forgive(&self) {
        let mut state = self.state();
        state.failures = 0;
        state.last_failure = None;
    }

    pub fn statistics(&self) -> HostStatistics {
        self.state().statistics.clone()
    }
}

/// What further references of a host are told once it is given up. A cause that will be the same for each stays.
fn given_up_after(last: &Unreachable) -> Unreachable {
    match last.cause {
        UnreachableCause::Dns
        | UnreachableCause::Tls
        | UnreachableCause::Forbidden
        | UnreachableCause::RateLimited { .. } => last.clone(),
        _ => Unreachable {
            cause: UnreachableCause::HostGivenUp,
            detail: format!("not asked again after: {}", last.detail),
        },
    }
}

/// A refusal to wait any longer.
pub fn limited(retry_after: Option<Duration>, why: &str) -> Unreachable {
    Unreachable {
        cause: UnreachableCause::RateLimited { retry_after },
        detail: why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(cause: UnreachableCause) -> Unreachable {
        Unreachable {
            cause,
            detail: "x".into(),
        }
    }

    #[tokio::test]
    async fn a_lowered_gate_lets_no_more_than_its_limit_through_even_with_permits_out() {
        let gate = Gate::new(4);
        let out: Vec<Permit> = [gate.enter().await, gate.enter().await, gate.enter().await].into();
        gate.lower(2);
        assert_eq!(gate.semaphore.available_permits(), 0);
        drop(out);
        assert_eq!(gate.semaphore.available_permits(), 2);
        gate.lower(2);
        assert_eq!(
            gate.semaphore.available_permits(),
            2,
            "lowering twice changes nothing"
        );
    }

    #[tokio::test]
    async fn a_host_that_never_answered_is_given_up_at_once_and_can_be_forgiven() {
        let host = Host::new("x".into(), 4);
        host.failed(&failure(UnreachableCause::Connect));
        assert_eq!(
            host.enter().await.err().map(|e| e.cause),
            Some(UnreachableCause::HostGivenUp)
        );
        host.forgive();
        assert!(host.enter().await.is_ok());
        host.failed(&failure(UnreachableCause::Tls));
        assert_eq!(
            host.enter().await.err().map(|e| e.cause),
            Some(UnreachableCause::Tls),
            "the same for each"
        );
    }

    #[test]
    fn a_host_that_limits_stays_limited_for_all_its_references() {
        let limit = limited(Some(Duration::from_secs(3600)), "too many requests");
        assert_eq!(
            given_up_after(&limit).cause,
            limit.cause,
            "and is left in peace by the second pass"
        );
        assert_eq!(
            given_up_after(&failure(UnreachableCause::Connect)).cause,
            UnreachableCause::HostGivenUp
        );
    }

    #[tokio::test]
    async fn a_host_that_answered_once_is_given_more_chances() {
        let host = Host::new("x".into(), 4);
        host.answered(&HeaderMap::new());
        host.failed(&failure(UnreachableCause::Timeout));
        host.failed(&failure(UnreachableCause::Timeout));
        assert!(host.enter().await.is_ok());
        host.failed(&failure(UnreachableCause::Timeout));
        assert!(host.enter().await.is_err());
    }

    #[tokio::test]
    async fn a_wait_beyond_the_budget_is_not_waited_for() {
        let host = Host::new("x".into(), 4);
        host.limit(Duration::from_secs(3600));
        let refused = host.enter().await.err().map(|e| e.cause);
        assert!(matches!(
            refused,
            Some(UnreachableCause::RateLimited {
                retry_after: Some(_)
            })
        ));
    }
}
