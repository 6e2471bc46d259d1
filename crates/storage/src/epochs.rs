//! Which leader epoch wrote which offsets of a log.
//!
//! Each entry says where an epoch began; it ends where the next begins. A leader makes its entry when it begins to
//! lead, before any record, so an entry may be empty; the next one that begins at the same offset replaces it. From
//! the entries follows where two logs part: followers and consumers ask where an epoch ended and cut there.
//!
//! The file `leader-epoch-checkpoint` can lag behind the log by the entries of batches not synced yet; recovery adds
//! them again from the batches, which name their epoch.
//!
//! Source: Kafka `LeaderEpochFileCache`; KIP-101, KIP-279.

use protocol::types::{LeaderEpoch, Offset};

use crate::checkpoint::{CheckpointError, format_lines, parse_lines};

/// The file's name.
pub const FILE_NAME: &str = "leader-epoch-checkpoint";

/// An epoch and its first offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochEntry {
    /// The epoch.
    pub epoch: LeaderEpoch,
    /// Where it began.
    pub start: Offset,
}

/// The epochs of one log, oldest first; both numbers rise strictly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeaderEpochs(Vec<EpochEntry>);

impl LeaderEpochs {
    /// The entries, oldest first.
    #[must_use]
    pub fn entries(&self) -> &[EpochEntry] {
        &self.0
    }

    /// The newest epoch.
    #[must_use]
    pub fn latest(&self) -> Option<LeaderEpoch> {
        self.0.last().map(|entry| entry.epoch)
    }

    /// Notes that `epoch` begins at `start`; entries that contradict it go. Whether anything changed.
    pub fn assign(&mut self, epoch: LeaderEpoch, start: Offset) -> bool {
        if self.0.last().is_some_and(|last| last.epoch == epoch && last.start <= start) {
            return false;
        }
        while self.0.last().is_some_and(|last| last.epoch >= epoch || last.start >= start) {
            self.0.pop();
        }
        self.0.push(EpochEntry { epoch, start });
        true
    }

    /// Where `epoch` ended in a log that ends at `log_end`: the largest known epoch that is not above it, and the
    /// offset after its last. `None` if the epoch is "none" or above all that are known.
    #[must_use]
    pub fn end_offset_for(&self, epoch: LeaderEpoch, log_end: Offset) -> Option<(LeaderEpoch, Offset)> {
        if epoch < LeaderEpoch(0) || self.latest().is_none_or(|latest| epoch > latest) {
            return None;
        }
        let above = self.0.partition_point(|entry| entry.epoch <= epoch);
        let end = self.0.get(above).map_or(log_end, |next| next.start);
        // An epoch older than all known: its records are gone, and whoever asks goes on where the log begins.
        Some((above.checked_sub(1).map_or(epoch, |floor| self.0[floor].epoch), end))
    }

    /// The epoch that wrote `offset`; `None` if it is before the first known.
    #[must_use]
    pub fn epoch_of(&self, offset: Offset) -> Option<LeaderEpoch> {
        let after = self.0.partition_point(|entry| entry.start <= offset);
        after.checked_sub(1).map(|last| self.0[last].epoch)
    }

    /// Forgets epochs that began at `end` or later, because the log now ends there. Whether anything changed.
    pub fn truncate_end(&mut self, end: Offset) -> bool {
        let kept = self.0.partition_point(|entry| entry.start < end);
        let changed = kept < self.0.len();
        self.0.truncate(kept);
        changed
    }

    /// Lets the oldest epoch begin at `start`, because the log now does. Whether anything changed.
    pub fn truncate_start(&mut self, start: Offset) -> bool {
        let before = self.0.partition_point(|entry| entry.start <= start);
        let Some(first) = before.checked_sub(1) else { return false };
        let changed = first > 0 || self.0[first].start != start;
        self.0.drain(..first);
        self.0[0].start = start;
        changed
    }

    /// The text of the file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        format_lines(self.0.iter().map(|entry| format!("{} {}", entry.epoch, entry.start)))
    }

    /// The epochs in the text of a file.
    ///
    /// # Errors
    /// If it is not such a text, or its numbers do not rise (reported as the line that does not).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let parse = |line: &str| {
            let (epoch, start) = line.split_once(' ')?;
            let (epoch, start): (i32, i64) = (epoch.parse().ok()?, start.parse().ok()?);
            (epoch >= 0 && start >= 0).then_some(EpochEntry { epoch: LeaderEpoch(epoch), start: Offset(start) })
        };
        let entries = parse_lines(bytes, parse)?;
        match entries.windows(2).position(|pair| pair[0].epoch >= pair[1].epoch || pair[0].start >= pair[1].start) {
            Some(pair) => Err(CheckpointError::Line(pair + 4)),
            None => Ok(Self(entries)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn epochs(entries: &[(i32, i64)]) -> LeaderEpochs {
        LeaderEpochs(
            entries
                .iter()
                .map(|&(epoch, start)| EpochEntry { epoch: LeaderEpoch(epoch), start: Offset(start) })
                .collect(),
        )
    }

    #[test]
    fn an_epoch_without_records_is_replaced() {
        let mut known = epochs(&[(0, 0)]);
        assert!(known.assign(LeaderEpoch(2), Offset(13)));
        assert!(known.assign(LeaderEpoch(4), Offset(13)));
        assert!(!known.assign(LeaderEpoch(4), Offset(20)));
        assert_eq!(known.to_bytes(), b"0\n2\n0 0\n4 13\n");
    }

    #[test]
    fn an_epoch_ends_where_the_next_begins() {
        let known = epochs(&[(2, 10), (5, 20), (6, 25)]);
        let end = |epoch| known.end_offset_for(LeaderEpoch(epoch), Offset(30)).map(|(epoch, end)| (epoch.0, end.0));
        assert_eq!(end(-1), None);
        assert_eq!(end(1), Some((1, 10)), "older than everything known");
        assert_eq!(end(2), Some((2, 20)));
        assert_eq!(end(4), Some((2, 20)), "there was no epoch 4 here");
        assert_eq!(end(5), Some((5, 25)));
        assert_eq!(end(6), Some((6, 30)), "still written");
        assert_eq!(end(7), None, "nobody knows yet");
        assert_eq!(
            [9, 10, 19, 20, 99].map(|offset| known.epoch_of(Offset(offset)).map(|epoch| epoch.0)),
            [None, Some(2), Some(2), Some(5), Some(6)]
        );
    }

    #[test]
    fn epochs_are_cut_with_the_log() {
        let mut known = epochs(&[(2, 10), (5, 20), (6, 25)]);
        assert!(known.truncate_end(Offset(25)) && !known.truncate_end(Offset(25)));
        assert_eq!(known, epochs(&[(2, 10), (5, 20)]));
        assert!(known.truncate_start(Offset(22)) && !known.truncate_start(Offset(22)));
        assert_eq!(known, epochs(&[(5, 22)]));
    }

    proptest! {
        #[test]
        fn whatever_happens_the_entries_rise_and_survive_their_text(
            changes in prop::collection::vec((0..4, 0..20i32, 0..50i64), 0..30)
        ) {
            let mut known = LeaderEpochs::default();
            for (change, epoch, offset) in changes {
                match change {
                    0 => known.truncate_end(Offset(offset)),
                    1 => known.truncate_start(Offset(offset)),
                    _ => known.assign(LeaderEpoch(epoch), Offset(offset)),
                };
                prop_assert_eq!(LeaderEpochs::from_bytes(&known.to_bytes()), Ok(known.clone()));
            }
        }
    }
}
