//! The first of many requests goes alone, so that the others find what it learned: a connection, a challenge, or that
//! nobody answers.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Mutex, MutexGuard};

#[derive(Default)]
pub struct First {
    lock: Mutex<()>,
    done: AtomicBool,
}

impl First {
    /// Waits until nobody is first; the guard is there as long as nothing was learned.
    pub async fn alone(&self) -> Option<MutexGuard<'_, ()>> {
        if self.is_done() {
            return None;
        }
        let guard = self.lock.lock().await;
        (!self.is_done()).then_some(guard)
    }

    /// What the others waited for is known.
    pub fn done(&self) {
        self.done.store(true, Ordering::Release);
    }

    fn is_done(&self) -> bool {
        self.done.load(Ordering::Acquire)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    #[test]
    fn one_goes_alone_and_then_all() {
        let first = First::default();
        let mut context = Context::from_waker(Waker::noop());
        let mut alone = || match pin!(first.alone()).poll(&mut context) {
            Poll::Ready(guard) => Some(guard),
            Poll::Pending => None,
        };
        let guard = alone();
        assert!(matches!(guard, Some(Some(_))) && alone().is_none());
        first.done();
        assert!(matches!(alone(), Some(None)));
    }
}
