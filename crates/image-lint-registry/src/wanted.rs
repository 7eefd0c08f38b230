//! Which scopes a run is going to want of one registry, in the order of its questions, so that the token of one can come
//! with another's. Knows no network.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// The scopes of one registry, by the credentials that their repositories have
/// ([`Store::identity`](crate::credentials::Store::identity)).
#[derive(Default)]
pub struct WantedScopes(Mutex<HashMap<String, Arc<WantedQueue>>>);

impl WantedScopes {
    pub fn of(&self, credentials: &str) -> Arc<WantedQueue> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match all.get(credentials) {
            Some(known) => known.clone(),
            None => all.entry(credentials.to_owned()).or_default().clone(),
        }
    }
}

/// Scopes that nobody asked for yet. Each is added and taken once, however many tags a repository has.
#[derive(Default)]
pub struct WantedQueue(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    seen: HashSet<Arc<str>>,
    waiting: VecDeque<Arc<str>>,
}

impl WantedQueue {
    pub fn add(&self, scope: &str) {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !queue.seen.contains(scope) {
            let scope: Arc<str> = scope.into();
            queue.seen.insert(scope.clone());
            queue.waiting.push_back(scope);
        }
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        let queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        queue.waiting.len()
    }

    /// Fills a batch up to `most` scopes and `bytes` of text with those that are `open`; the others are forgotten.
    pub fn fill(
        &self,
        batch: &mut Vec<Arc<str>>,
        most: usize,
        bytes: usize,
        open: impl Fn(&str) -> bool,
    ) {
        let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken: usize = batch.iter().map(|scope| scope.len()).sum();
        while batch.len() < most
            && let Some(next) = queue.waiting.front()
        {
            if open(next) && !batch.contains(next) {
                taken += next.len();
                if taken > bytes {
                    return;
                }
                batch.push(next.clone());
            }
            queue.waiting.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(queue: &WantedQueue, first: &str, open: impl Fn(&str) -> bool) -> Vec<Arc<str>> {
        let mut batch = vec![first.into()];
        queue.fill(&mut batch, 4, 30, open);
        batch
    }

    #[test]
    fn batches_follow_the_order_of_the_questions_and_take_each_scope_once() {
        let queue = WantedQueue::default();
        for scope in ["a", "b", "a", "c", "d", "e", "f"] {
            queue.add(scope);
        }
        let words = |batch: Vec<Arc<str>>| batch.concat();
        assert_eq!(words(filled(&queue, "b", |s| s != "c")), "bade");
        assert_eq!(words(filled(&queue, "x", |_| true)), "xf");
        queue.add("a");
        assert_eq!(words(filled(&queue, "x", |_| true)), "x", "taken before");
    }

    #[test]
    fn scopes_that_are_known_take_no_room_in_a_batch() {
        let queue = WantedQueue::default();
        for n in 0..50 {
            queue.add(&format!("{n:010}"));
        }
        let batch = filled(&queue, "x", |scope| scope.ends_with('9'));
        assert_eq!(batch.len(), 3, "thirty bytes: {batch:?}");
        let long = WantedQueue::default();
        long.add(&"x".repeat(40));
        assert_eq!(filled(&long, "a", |_| true).len(), 1);
    }
}
