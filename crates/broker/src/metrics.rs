//! What the node counts while it works.
//!
//! Counting is one relaxed addition: no lock, no lookup. What can be read off the state when somebody asks, sizes and
//! ends of logs for one, is not counted here but collected by [`http`](crate::http).

use std::sync::atomic::{AtomicU64, Ordering};

use protocol::api::{APIS, ApiKey};

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds `count`.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// What it has come to.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A counter for each API.
#[derive(Debug)]
pub struct PerApi(Vec<Counter>);

impl Default for PerApi {
    fn default() -> Self {
        Self(APIS.iter().map(|_| Counter::default()).collect())
    }
}

impl PerApi {
    /// Counts one request; one of an unknown API is not counted.
    pub fn count(&self, key: ApiKey) {
        if let Ok(i) = APIS.binary_search_by_key(&key, |api| api.key) {
            self.0[i].add(1);
        }
    }

    /// The name of each API and what was counted for it.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        APIS.iter().zip(&self.0).map(|(api, counter)| (api.name, counter.get()))
    }
}

/// The node's counters.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Requests by API.
    pub requests: PerApi,
    /// Requests that could not be read.
    pub requests_refused: Counter,
    /// Bytes of record batches produced.
    pub bytes_in: Counter,
    /// Records produced.
    pub messages_in: Counter,
    /// Bytes of record batches fetched.
    pub bytes_out: Counter,
    /// Batches that were refused.
    pub produce_failures: Counter,
}
