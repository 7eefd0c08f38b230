//! One host (name and port) during a run: how many questions about it are worked on, how many requests it may have in
//! flight, whether it wants a pause, and whether it is worth asking at all.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;
use tokio::sync::{MutexGuard as AsyncGuard, Semaphore, SemaphorePermit};

use crate::first::First;
use crate::permits::{Permit, Permits};
use crate::statistics::{HostStatistics, Quota};
use image_lint_model::resolution::{Unreachable, UnreachableCause};

/// All the waiting that one host may ask for in a run.
const WAIT_BUDGET: Duration = Duration::from_secs(60);
/// Failures in a row after which a host that did answer once is given up.
const FAILURES: u32 = 3;
/// Requests in flight to a host that answered 429.
const AFTER_LIMIT: usize = 2;
/// Questions that are worked on for each request that a host may have in flight: some of them wait for a token, and no
/// request waits for a question to begin.
const QUESTIONS: usize = 2;
/// And a few more.
const SPARE: usize = 4;

/// GETs of manifests that a plain run makes on a host where each counts as a pull.
const MOST_LOOKS: u64 = 20;
/// How many of them indexes get: of a docker list nothing is known before its body is read.
const LOOKS_FOR_INDEXES: u64 = 10;
/// Images within lists that a plain run reads on a host where nothing is counted: the remedy of each further one is that
/// of the usual layers.
const MOST_CHILDREN: u64 = 50;

/// What the body of a manifest is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    List,
    Index,
    /// An image within a list that is about to be called bad, so that the remedy fits its layers.
    Child,
}

#[derive(Default)]
struct State {
    /// GETs of manifests that were granted where they count as pulls.
    looks: u64,
    /// GETs of images within lists.
    children: u64,
    frozen_until: Option<Instant>,
    waited: Duration,
    ever_answered: bool,
    failures: u32,
    last_failure: Option<Unreachable>,
    statistics: HostStatistics,
}

/// One request with its tries.
pub struct Visit<'a> {
    host: &'a Host,
    _first: Option<AsyncGuard<'a, ()>>,
}

impl Visit<'_> {
    /// Leave to send one try, after the pause that the host asked for.
    ///
    /// # Errors
    /// The host is given up, or asks for a longer wait than there is time for.
    pub async fn permit(&self) -> Result<Permit, Unreachable> {
        loop {
            self.host.wait_for_thaw().await?;
            let permit = self.host.permits.take().await;
            // The host may have been frozen or given up while this request waited.
            if self.host.verdict()?.is_none() {
                return Ok(permit);
            }
        }
    }
}

pub struct Host {
    /// `quay.io`, `localhost:5000`
    pub name: String,
    /// Questions that are worked on; the others wait for little memory. A conversation takes ten kilobytes, and a run may
    /// have twenty thousand of them to come.
    queue: Semaphore,
    permits: Permits,
    /// The first request goes alone: the others then find its HTTP/2 connection and need none of their own, and a host
    /// that is down costs one time-out instead of sixteen.
    first: First,
    state: Mutex<State>,
}

impl Host {
    pub fn new(name: String, per_host: usize) -> Self {
        Host {
            name,
            queue: Semaphore::new(
                per_host
                    .saturating_mul(QUESTIONS)
                    .saturating_add(SPARE)
                    .min(Semaphore::MAX_PERMITS),
            ),
            permits: Permits::new(per_host),
            first: First::default(),
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds the lock; a poisoned state would still be whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a question's turn, which ends with what is given.
    pub async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        // Never closed, so there is always a permit in the end.
        self.queue.acquire().await.ok()
    }

    /// Waits until a request may be begun, with all its tries.
    pub async fn enter(&self) -> Visit<'_> {
        Visit {
            _first: self.first.alone().await,
            host: self,
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

    /// Counts the time that a request took.
    pub fn took(&self, time: Duration) {
        let mut state = self.state();
        state.statistics.took = state.statistics.took.saturating_add(time);
    }

    /// The host answered, whatever it said.
    pub fn answered(&self, headers: &HeaderMap) {
        let mut state = self.state();
        state.ever_answered = true;
        state.failures = 0;
        self.first.done();
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
        self.permits.lower(AFTER_LIMIT);
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

    /// Whether a plain run may read the body of a manifest. Where a GET counts as a pull (Docker Hub, hosts that send pull
    /// limits) a run gets [`MOST_LOOKS`] of them; what is refused is counted, to be said once.
    pub fn may_look(&self, what: Look) -> bool {
        let mut state = self.state();
        let counts = self.name == "registry-1.docker.io" || state.statistics.quota.is_some();
        if what == Look::Child {
            state.children += 1;
            if state.children > MOST_CHILDREN {
                return false;
            }
        }
        if !counts {
            return true;
        }
        let most = match what {
            Look::List => MOST_LOOKS,
            Look::Index | Look::Child => LOOKS_FOR_INDEXES,
        };
        if state.looks >= most {
            state.statistics.unread += u64::from(what != Look::Child);
            return false;
        }
        state.looks += 1;
        true
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
    async fn a_host_that_never_answered_is_given_up_at_once_and_can_be_forgiven() {
        let host = Host::new("x".into(), 4);
        host.failed(&failure(UnreachableCause::Connect));
        assert_eq!(
            host.enter().await.permit().await.err().map(|e| e.cause),
            Some(UnreachableCause::HostGivenUp)
        );
        host.forgive();
        assert!(host.enter().await.permit().await.is_ok());
        host.failed(&failure(UnreachableCause::Tls));
        assert_eq!(
            host.enter().await.permit().await.err().map(|e| e.cause),
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
        assert!(host.enter().await.permit().await.is_ok());
        host.failed(&failure(UnreachableCause::Timeout));
        assert!(host.enter().await.permit().await.is_err());
    }

    #[tokio::test]
    async fn a_wait_beyond_the_budget_is_not_waited_for() {
        let host = Host::new("x".into(), 4);
        host.limit(Duration::from_secs(3600));
        let refused = host.enter().await.permit().await.err().map(|e| e.cause);
        assert!(matches!(
            refused,
            Some(UnreachableCause::RateLimited {
                retry_after: Some(_)
            })
        ));
    }
}
