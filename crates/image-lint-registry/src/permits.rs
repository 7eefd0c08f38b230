//! How many requests are in flight, with a limit that can be lowered while they fly.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Requests in flight, with a limit that can be lowered while they fly.
pub struct Permits {
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

impl Permits {
    pub fn new(limit: usize) -> Self {
        let limit = limit.max(1);
        Permits {
            semaphore: Arc::new(Semaphore::new(limit)),
            limit: AtomicUsize::new(limit),
            debt: Arc::default(),
        }
    }

    pub async fn take(&self) -> Permit {
        // The semaphore is never closed, so there is always a permit in the end.
        let inner = self.semaphore.clone().acquire_owned().await.ok();
        Permit {
            inner,
            debt: self.debt.clone(),
        }
    }

    pub fn lower(&self, to: usize) {
        let before = self.limit.fetch_min(to, Ordering::AcqRel);
        let excess = before.saturating_sub(to);
        let idle = self.semaphore.forget_permits(excess);
        self.debt.fetch_add(excess - idle, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_lowered_limit_lets_no_more_than_its_limit_through_even_with_permits_out() {
        let permits = Permits::new(4);
        let out: Vec<Permit> = [
            permits.take().await,
            permits.take().await,
            permits.take().await,
        ]
        .into();
        permits.lower(2);
        assert_eq!(permits.semaphore.available_permits(), 0);
        drop(out);
        assert_eq!(permits.semaphore.available_permits(), 2);
        permits.lower(2);
        assert_eq!(
            permits.semaphore.available_permits(),
            2,
            "lowering twice changes nothing"
        );
    }
}
