//! How the node's own threads are given work, and told that it is time.
//!
//! Under the simulator nobody waits here: it takes what there is and goes on.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::{Condvar, Mutex};
use protocol::types::Monotonic;

use crate::partition::Partition;

/// The longest a thread sleeps without being woken.
const NAP: Duration = Duration::from_secs(1);

/// Partitions whose log wants a sync, each at most once.
#[derive(Debug, Default)]
pub struct SyncQueue {
    queue: Mutex<VecDeque<Arc<Partition>>>,
    ready: Condvar,
    closed: AtomicBool,
}

impl SyncQueue {
    /// Adds a partition.
    pub fn push(&self, partition: Arc<Partition>) {
        self.queue.lock().push_back(partition);
        self.ready.notify_one();
    }

    /// The next partition, if there is one.
    #[must_use]
    pub fn take(&self) -> Option<Arc<Partition>> {
        self.queue.lock().pop_front()
    }

    /// The next partition; waits for one, but not for ever.
    #[must_use]
    pub fn wait(&self) -> Option<Arc<Partition>> {
        let mut queue = self.queue.lock();
        if queue.is_empty() && !self.closed.load(Ordering::Acquire) {
            self.ready.wait_for(&mut queue, NAP);
        }
        queue.pop_front()
    }

    /// Lets nobody wait any more.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.ready.notify_all();
    }
}

/// A bell for one thread that sleeps until there is something to do.
#[derive(Debug, Default)]
pub struct Bell {
    rung: Mutex<bool>,
    ready: Condvar,
}

impl Bell {
    /// Wakes the thread, or lets it not fall asleep.
    pub fn ring(&self) {
        *self.rung.lock() = true;
        self.ready.notify_one();
    }

    /// Sleeps until the bell rings, or `deadline` comes, or a second has passed.
    pub fn wait_until(&self, deadline: Option<Monotonic>, now: Monotonic) {
        let nap = deadline.map_or(NAP, |deadline| deadline.since(now).min(NAP));
        let mut rung = self.rung.lock();
        if !*rung {
            self.ready.wait_for(&mut rung, nap);
        }
        *rung = false;
    }
}
