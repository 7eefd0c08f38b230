//! Whose turn it is: of the questions about one host only some are worked on at once, and the others wait for little
//! memory. A conversation takes ten kilobytes, and a run may have twenty thousand of them before it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Turns beyond the requests that a host may have in flight.
const SPARE: usize = 4;

/// The hosts' lines.
pub struct Turns {
    by_host: Mutex<HashMap<String, Arc<Semaphore>>>,
    each: usize,
}

/// Ends with the question.
pub struct Turn(#[expect(dead_code, reason = "held")] Option<OwnedSemaphorePermit>);

impl Turns {
    /// `requests`: that one host may have in flight. There are a few turns more, so that none of these waits for a question
    /// to begin.
    pub fn new(requests: usize) -> Self {
        Turns {
            by_host: Mutex::default(),
            each: requests.saturating_add(SPARE).min(Semaphore::MAX_PERMITS),
        }
    }

    /// Waits for a turn of a host (in any case).
    pub async fn take(&self, host: &str) -> Turn {
        let line = {
            let mut by_host = self.by_host.lock().unwrap_or_else(PoisonError::into_inner);
            let new = || Arc::new(Semaphore::new(self.each));
            by_host
                .entry(host.to_ascii_lowercase())
                .or_insert_with(new)
                .clone()
        };
        // Never closed, so there is always a permit in the end.
        Turn(line.acquire_owned().await.ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    #[test]
    fn a_host_has_its_own_line() {
        let turns = Turns::new(0);
        let mut context = Context::from_waker(Waker::noop());
        let mut take = |host: &str| match pin!(turns.take(host)).poll(&mut context) {
            Poll::Ready(turn) => Some(turn),
            Poll::Pending => None,
        };
        let taken = ["a", "A", "a", "A"].map(&mut take);
        assert!(taken.iter().all(Option::is_some) && take("a").is_none());
        assert!(take("b").is_some());
        drop(taken);
        assert!(take("a").is_some());
    }
}
