//! The scrubber: it reads all logs from end to end, slowly, and looks at every checksum, so that a bit that has flipped
//! is found while there is still something to do about it.
//!
//! A pass goes over the partitions one after the other, a part of a segment at a time, and never faster than
//! `milena.scrub.bytes.per.second`, so that it neither takes the disk from anybody nor fills the page cache with what
//! nobody asked for. The next pass begins `milena.scrub.interval.ms` after the last one began. What it finds is fenced
//! off ([`storage::Damage`]), told in the log of the node and in its metrics, and remembered over restarts.

use std::{collections::VecDeque, sync::Arc};

use parking_lot::Mutex;
use protocol::types::{Monotonic, Now};
use storage::{Damage, ScrubCursor};

use crate::{metrics::Counter, node::Node, partition::Partition, queue::Bell};

/// At most so much at a time: about what a disk reads in a few milliseconds.
const STEP_BYTES: u64 = 1 << 20;
/// How soon to look again where there is nothing to do: settings may have changed.
const IDLE_MS: u64 = 1000;

/// How far the scrubbing has come.
#[derive(Debug, Default)]
pub struct Scrubber {
    pass: Mutex<Pass>,
    /// Bytes that were looked at.
    pub bytes: Counter,
    /// Passes that came to their end.
    pub passes: Counter,
    /// Wakes who calls [`Node::scrub`].
    pub bell: Bell,
}

#[derive(Debug, Default)]
struct Pass {
    running: bool,
    /// The first is being looked at, from the cursor on.
    left: VecDeque<Arc<Partition>>,
    cursor: Option<ScrubCursor>,
    /// When the next one begins.
    due: Monotonic,
    /// When the next step may come.
    step_due: Monotonic,
    bytes: u64,
    done: u64,
}

impl Scrubber {
    /// How much of the pass under way is done, in percent; 100 between two passes.
    #[must_use]
    pub fn percent(&self) -> i64 {
        let pass = self.pass.lock();
        if !pass.running || pass.bytes == 0 {
            return 100;
        }
        (pass.done.min(pass.bytes) * 100 / pass.bytes) as i64
    }
}

impl Node {
    /// Looks at the next part of the logs, if it is time for it. Called by the scrubber's thread.
    ///
    /// # Returns
    /// When to call again.
    pub fn scrub(&self, now: Now) -> Monotonic {
        let (bytes_per_second, interval_ms) = self.scrub_settings();
        let (later, due) = (now.mono.plus_ms(IDLE_MS), self.scrubber.pass.lock().step_due);
        if bytes_per_second == 0 || now.mono < due {
            return if bytes_per_second == 0 { later } else { due };
        }
        let Some((partition, cursor)) = self.scrubber.next(self, now, interval_ms) else { return later };
        let was_open = partition.is_open();
        let scrub = if partition.open() { partition.scrub(cursor) } else { None };
        if !was_open && partition.is_open() {
            self.scrubber.pass.lock().bytes += partition.size();
        }
        let Some(mut scrub) = scrub else {
            self.scrubber.done_with(&partition);
            return now.mono;
        };
        let (bytes, next) = scrub.run(STEP_BYTES.min(bytes_per_second));
        if !scrub.is_clean() {
            partition.scrubbed(&scrub);
            self.tell_damage();
        }
        self.scrubber.bytes.add(bytes);
        let mut pass = self.scrubber.pass.lock();
        pass.done += bytes;
        pass.cursor = Some(next);
        pass.step_due = now.mono.plus_ms(bytes.saturating_mul(1000).div_ceil(bytes_per_second));
        pass.step_due
    }

    fn scrub_settings(&self) -> (u64, u64) {
        let image = self.image();
        let number = |number: i64| u64::try_from(number).unwrap_or(0);
        self.with_layers(&image, |layers| {
            (number(layers.long("milena.scrub.bytes.per.second")), number(layers.long("milena.scrub.interval.ms")))
        })
    }

    /// Tells the operator what was found damaged, and has it remembered.
    pub(crate) fn tell_damage(&self) {
        for damage in self.take_damage() {
            let Damage { partition, .. } = &damage;
            tracing::error!(%partition, %damage, "records are damaged; all others are served");
            let topic = self.topics.by_name(&partition.topic);
            let index = usize::try_from(partition.partition).unwrap_or(usize::MAX);
            if let Some(partition) = topic.as_ref().and_then(|topic| topic.partitions.get(index)) {
                partition.remember_damage();
            }
        }
    }
}

impl Scrubber {
    /// What to look at next.
    fn next(&self, node: &Node, now: Now, interval_ms: u64) -> Option<(Arc<Partition>, Option<ScrubCursor>)> {
        let mut pass = self.pass.lock();
        if !pass.running {
            if now.mono < pass.due {
                return None;
            }
            let left = VecDeque::from(node.topics.all_partitions());
            let open = left.iter().filter(|partition| partition.is_open());
            let bytes = open.map(|partition| partition.size()).sum();
            let due = now.mono.plus_ms(interval_ms);
            *pass = Pass { running: true, left, cursor: None, due, step_due: now.mono, bytes, done: 0 };
        }
        let next = pass.left.front().cloned();
        if next.is_none() {
            pass.running = false;
            self.passes.add(1);
        }
        next.map(|partition| (partition, pass.cursor))
    }

    fn done_with(&self, partition: &Arc<Partition>) {
        let mut pass = self.pass.lock();
        if pass.left.front().is_some_and(|front| Arc::ptr_eq(front, partition)) {
            pass.left.pop_front();
            pass.cursor = None;
        }
    }
}
