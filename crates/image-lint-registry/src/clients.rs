//! HTTP clients of the hosts that are being asked, one for each, so that connections of hosts that are done with can be
//! closed: a client's idle connections end with it.
//!
//! However many hosts a run asks, it keeps at most four times as many connections as it has requests in flight, and no
//! more than a third of the files that it may have open.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::tls::Check;

/// How a host is asked: clients that differ in this share no connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Way {
    /// Host and port of the URL.
    pub authority: String,
    /// Only permitted addresses are connected to.
    pub guarded: bool,
    pub check: Check,
}

/// The clients that are kept.
pub struct Clients<C> {
    state: Mutex<State<C>>,
    /// Connections that may stay open.
    most: usize,
}

struct State<C> {
    kept: HashMap<Way, Kept<C>>,
    /// Sum of `connections`.
    connections: usize,
    /// Counts the requests, as a clock.
    now: u64,
}

struct Kept<C> {
    client: C,
    in_flight: usize,
    /// Most requests in flight so far: there cannot be more connections.
    connections: usize,
    /// When it was made and last used.
    made: u64,
    used: u64,
}

/// A client for one request.
pub struct Lent<'a, C: Clone> {
    pub client: C,
    of: &'a Clients<C>,
    way: Way,
    made: u64,
}

impl<C: Clone> Clients<C> {
    /// `in_flight`: requests that the run has in flight at most. `files`: that it may have open.
    pub fn new(in_flight: usize, files: usize) -> Self {
        let state = State {
            kept: HashMap::new(),
            connections: 0,
            now: 0,
        };
        Clients {
            state: Mutex::new(state),
            most: in_flight.saturating_mul(4).min(files / 3).max(1),
        }
    }

    fn state(&self) -> MutexGuard<'_, State<C>> {
        // No code panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The client for one request, made with `make` unless it is kept.
    ///
    /// # Errors
    /// Those of `make`.
    pub fn lend<E>(&self, way: Way, make: impl FnOnce() -> Result<C, E>) -> Result<Lent<'_, C>, E> {
        let mut state = self.state();
        state.now += 1;
        let now = state.now;
        let State {
            kept, connections, ..
        } = &mut *state;
        let own = match kept.entry(way.clone()) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(Kept {
                client: make()?,
                in_flight: 0,
                connections: 0,
                made: now,
                used: now,
            }),
        };
        own.used = now;
        own.in_flight += 1;
        if own.in_flight > own.connections {
            own.connections += 1;
            *connections += 1;
        }
        let lent = Lent {
            client: own.client.clone(),
            of: self,
            way,
            made: own.made,
        };
        while state.connections > self.most && state.forget_oldest(&lent.way) {}
        Ok(lent)
    }
}

impl<C> State<C> {
    /// Forgets the client that was not used for longest; one whose requests are in flight only when there is no other,
    /// since they are answered all the same.
    fn forget_oldest(&mut self, but: &Way) -> bool {
        let others = self
            .kept
            .iter()
            .filter(|(way, kept)| *way != but && kept.connections > kept.in_flight);
        let oldest = others
            .min_by_key(|(_, kept)| (kept.in_flight > 0, kept.used))
            .map(|(way, _)| way.clone());
        let Some(gone) = oldest.and_then(|way| self.kept.remove(&way)) else {
            return false;
        };
        self.connections -= gone.connections;
        true
    }
}

impl<C: Clone> Drop for Lent<'_, C> {
    fn drop(&mut self) {
        let mut state = self.of.state();
        // It may have been forgotten meanwhile, and another one made.
        if let Some(kept) = state
            .kept
            .get_mut(&self.way)
            .filter(|kept| kept.made == self.made)
        {
            kept.in_flight -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;
    use std::sync::Arc;

    fn way(n: usize) -> Way {
        Way {
            authority: format!("h{n}"),
            guarded: true,
            check: Check::Certificate,
        }
    }

    /// A client whose life can be seen: it is shared by the list and whoever holds it.
    fn lend<'a>(
        clients: &'a Clients<Arc<usize>>,
        host: usize,
        number: usize,
    ) -> Lent<'a, Arc<usize>> {
        let Ok(lent) = clients.lend(way(host), || Ok::<_, Infallible>(Arc::new(number)));
        lent
    }

    #[test]
    fn a_host_keeps_its_client_as_long_as_there_is_room() {
        let clients = Clients::new(2, 100);
        for round in 0..3 {
            for host in 0..8 {
                assert_eq!(
                    *lend(&clients, host, round).client,
                    0,
                    "host {host} in round {round}"
                );
            }
        }
    }

    #[test]
    fn the_client_that_was_not_used_for_longest_makes_room() {
        let clients = Clients::new(2, 100);
        for host in 0..8 {
            drop(lend(&clients, host, 0));
        }
        drop(lend(&clients, 0, 1));
        drop(lend(&clients, 8, 1));
        assert_eq!(*lend(&clients, 0, 2).client, 0, "used again and kept");
        assert_eq!(*lend(&clients, 1, 2).client, 2, "the oldest one went");
    }

    #[test]
    fn requests_in_flight_keep_their_client_and_count_once_each() {
        let clients = Clients::new(10, 12);
        let flying: Vec<_> = (0..3).map(|_| lend(&clients, 0, 0)).collect();
        assert_eq!(clients.state().connections, 3);
        drop(flying);
        drop(lend(&clients, 0, 1));
        assert_eq!(
            clients.state().connections,
            3,
            "idle ones may still be open"
        );
        let busy = lend(&clients, 1, 1);
        let other = lend(&clients, 2, 1);
        assert!(
            !clients.state().kept.contains_key(&way(0)),
            "all of its connections are idle"
        );
        assert_eq!(
            (clients.state().connections, *busy.client, *other.client),
            (2, 1, 1)
        );
        drop(lend(&clients, 1, 2));
        assert_eq!(
            *lend(&clients, 1, 2).client,
            1,
            "the same while one is in flight"
        );
    }

    #[test]
    fn a_client_that_was_forgotten_in_flight_leaves_its_successor_alone() {
        let clients = Clients::new(10, 6);
        let (first, second) = (lend(&clients, 0, 0), lend(&clients, 0, 0));
        drop(second);
        let others = [lend(&clients, 1, 0), lend(&clients, 2, 0)];
        let again = lend(&clients, 0, 1);
        assert_eq!((*first.client, *again.client), (0, 1));
        drop(first);
        assert_eq!(clients.state().kept[&way(0)].in_flight, 1);
        drop((others, again));
        assert!(
            clients
                .state()
                .kept
                .values()
                .all(|kept| kept.in_flight == 0)
        );
    }

    #[test]
    fn a_client_that_cannot_be_made_takes_no_room() {
        let clients: Clients<Arc<usize>> = Clients::new(10, 6);
        assert_eq!(
            clients.lend(way(0), || Err("no authorities")).err(),
            Some("no authorities")
        );
        let state = clients.state();
        assert_eq!((state.connections, state.kept.len()), (0, 0));
    }
}
