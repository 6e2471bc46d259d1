//! The leader's half of replication: which records are committed, and who waits to hear of it.
//!
//! ```text
//!        log start      high watermark     durable        log end
//!            │                │               │              │
//!            ├════════════════╪───────────────┼──────────────┤
//!            ══ committed: consumers may read it, and acks=all has been answered
//! ```
//!
//! The *high watermark* is one past the last committed offset, and under one leader it only grows. With one replica,
//! what commits a record is a matter of [`Durability`]: being in the page cache, which a `kill -9` survives, or being
//! on the disk, which a power cut survives too.
//!
//! Produces with acks=all wait here in offset order, so that an advance pops from the front what it completes and
//! looks at nothing else.
//!
//! Pure: no IO, no clock, no randomness. Timeouts belong to whoever waits.
//!
//! Source: Kafka `Partition.maybeIncrementLeaderHW`, `DelayedProduce`.

use std::collections::VecDeque;

use protocol::types::{LeaderEpoch, Offset};

/// What an acknowledgement of acks=all survives; the config `milena.durability`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The end of the process, as in Kafka: a record counts once it is in the page cache.
    ProcessCrash,
    /// A power cut: a record counts once `fdatasync` returned.
    PowerLoss,
}

/// The leader of a partition with one replica. `W` is what the caller keeps for each produce that waits.
#[derive(Debug)]
pub struct Leader<W> {
    epoch: LeaderEpoch,
    durability: Durability,
    /// Never above `log_end`, never falls.
    high_watermark: Offset,
    log_end: Offset,
    /// Never above `log_end`, never falls.
    durable: Offset,
    /// In ascending order of the offset they wait for.
    waiting: VecDeque<(Offset, W)>,
}

impl<W> Leader<W> {
    /// A leader in `epoch` of a log that ends at `log_end`, of which everything below `durable` is on the disk.
    ///
    /// What a restart finds in the log counts as committed: with one replica there is nobody who could disagree.
    ///
    /// # Panics
    /// If `durable` is beyond `log_end`.
    #[must_use]
    pub fn new(epoch: LeaderEpoch, durability: Durability, log_end: Offset, durable: Offset) -> Self {
        assert!(durable <= log_end, "more is durable ({durable}) than there is ({log_end})");
        let mut leader =
            Self { epoch, durability, high_watermark: Offset::ZERO, log_end, durable, waiting: VecDeque::new() };
        leader.high_watermark = leader.committed();
        leader
    }

    fn committed(&self) -> Offset {
        match self.durability {
            Durability::ProcessCrash => self.log_end,
            Durability::PowerLoss => self.durable,
        }
    }

    /// The epoch this leader leads in.
    #[must_use]
    pub fn epoch(&self) -> LeaderEpoch {
        self.epoch
    }

    /// One past the last committed offset.
    #[must_use]
    pub fn high_watermark(&self) -> Offset {
        self.high_watermark
    }

    /// Whether the disk has to be asked before what is in the log counts.
    #[must_use]
    pub fn wants_sync(&self) -> bool {
        self.durability == Durability::PowerLoss && self.durable < self.log_end
    }

    /// The topic's durability was changed. A promise already given stays given: the high watermark does not fall.
    pub fn set_durability(&mut self, durability: Durability) {
        self.durability = durability;
    }

    /// The log now ends at `log_end`. Returns whether the high watermark moved.
    ///
    /// # Panics
    /// If the log became shorter: with one replica nothing truncates it.
    pub fn appended(&mut self, log_end: Offset) -> bool {
        assert!(log_end >= self.log_end, "the log fell from {} to {log_end}", self.log_end);
        self.log_end = log_end;
        self.advance()
    }

    /// Everything below `durable` is on the disk. Returns whether the high watermark moved.
    pub fn synced(&mut self, durable: Offset) -> bool {
        self.durable = self.durable.max(durable.min(self.log_end));
        self.advance()
    }

    fn advance(&mut self) -> bool {
        let committed = self.committed();
        let moved = committed > self.high_watermark;
        self.high_watermark = self.high_watermark.max(committed);
        moved
    }

    /// Keeps `waiter` until everything below `end` is committed.
    ///
    /// # Panics
    /// If an earlier waiter waits for more: they come in the order of their appends.
    pub fn wait_for(&mut self, end: Offset, waiter: W) {
        assert!(self.waiting.back().is_none_or(|(last, _)| *last <= end), "waiters come in offset order");
        self.waiting.push_back((end, waiter));
    }

    /// The next waiter whose records are committed.
    pub fn pop_committed(&mut self) -> Option<W> {
        let (end, _) = self.waiting.front()?;
        if *end > self.high_watermark { None } else { self.waiting.pop_front().map(|(_, waiter)| waiter) }
    }

    /// Everyone who waits, committed or not: the log failed and nothing will commit any more.
    pub fn drain(&mut self) -> impl Iterator<Item = W> {
        self.waiting.drain(..).map(|(_, waiter)| waiter)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn in_the_page_cache_a_record_counts_at_once() {
        let mut leader = Leader::<()>::new(LeaderEpoch(0), Durability::ProcessCrash, Offset(3), Offset(0));
        assert_eq!(leader.high_watermark(), Offset(3));
        assert!(leader.appended(Offset(5)));
        assert_eq!(leader.high_watermark(), Offset(5));
    }

    #[test]
    fn under_power_loss_it_counts_once_the_disk_has_it() {
        let mut leader = Leader::new(LeaderEpoch(0), Durability::PowerLoss, Offset(0), Offset(0));
        assert!(!leader.appended(Offset(5)));
        leader.wait_for(Offset(5), "five");
        assert_eq!(leader.pop_committed(), None);
        assert!(!leader.synced(Offset(0)));
        assert!(leader.synced(Offset(5)));
        assert_eq!(leader.pop_committed(), Some("five"));
    }

    #[test]
    fn a_promise_given_stays_given_when_durability_is_raised() {
        let mut leader = Leader::<()>::new(LeaderEpoch(0), Durability::ProcessCrash, Offset(3), Offset(0));
        leader.set_durability(Durability::PowerLoss);
        assert!(!leader.synced(Offset(1)));
        assert_eq!(leader.high_watermark(), Offset(3));
    }

    proptest! {
        #[test]
        fn the_high_watermark_never_falls_and_nobody_is_answered_early(
            steps in proptest::collection::vec((any::<bool>(), 0i64..5, any::<bool>()), 0..50)
        ) {
            let mut leader = Leader::new(LeaderEpoch(0), Durability::PowerLoss, Offset(0), Offset(0));
            let (mut end, mut last) = (0, Offset(0));
            for (append, count, wait) in steps {
                if append {
                    end += count;
                    leader.appended(Offset(end));
                    if wait {
                        leader.wait_for(Offset(end), end);
                    }
                } else {
                    leader.synced(Offset(end - count));
                }
                prop_assert!(leader.high_watermark() >= last && leader.high_watermark() <= Offset(end));
                last = leader.high_watermark();
                while let Some(answered) = leader.pop_committed() {
                    prop_assert!(Offset(answered) <= last);
                }
            }
            leader.synced(Offset(end));
            while leader.pop_committed().is_some() {}
            prop_assert_eq!(leader.drain().count(), 0, "everyone is answered once all is durable");
        }
    }
}
