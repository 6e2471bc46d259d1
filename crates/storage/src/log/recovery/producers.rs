//! Making the producers' state anew when a log is opened or cut.

use super::{DiskError, Log, OpenWarning, SMALL_FILE_MAX};
use crate::{
    bugs::{self, Bug},
    disk::{read_file, replace_file},
    names::Kind,
    producer_state::{Marker, OWN_FILE_NAME, OwnFile, ProducerStates},
    scan::Step,
    segment::Segment,
};
use protocol::{
    records::RecordBatch,
    types::{Offset, Uuid},
};

impl Log {
    /// Removes snapshots that belong to no segment, but for the newest; returns those that are left.
    ///
    /// Source: Kafka `ProducerStateManager.removeStraySnapshots`.
    pub(super) fn tidy_snapshots(&self, mut snapshots: Vec<Offset>) -> Result<Vec<Offset>, DiskError> {
        let newest = snapshots.iter().copied().filter(|offset| *offset <= self.end).max();
        let mut outcome = Ok(());
        snapshots.retain(|offset| {
            let base = self.segments.binary_search_by_key(offset, |segment| segment.base).is_ok();
            let keep = *offset <= self.end && (base || Some(*offset) == newest);
            if !keep && outcome.is_ok() {
                outcome = self.shared.disk.unlink(&Kind::Snapshot.path(&self.dir, *offset));
            }
            keep
        });
        outcome.map(|()| snapshots)
    }

    /// Makes the producers' state: from our own file and what follows it, or, where that does not count, from the
    /// newest of Kafka's snapshots that leaves at least the active segment to be walked over, since a snapshot has the
    /// last batch of each producer only. A log of ours that never had a file of ours is young, and is walked over whole.
    pub(super) fn load_producers(
        &mut self,
        snapshots: &[Offset],
        lineage: Option<Uuid>,
        warnings: &mut Vec<OpenWarning>,
    ) -> Result<(), DiskError> {
        let first = self.segments.first().map_or(self.end, |first| first.base);
        let stored = self.segments.partition_point(Segment::is_stored);
        let stored_end = self.segments.get(stored).map_or(self.end, |segment| segment.base);
        let path = self.dir.join(OWN_FILE_NAME);
        let (absent, own) = match read_file(&*self.shared.disk, &path, SMALL_FILE_MAX) {
            Ok(bytes) => (false, OwnFile::from_bytes(&bytes).ok()),
            Err(error) if error.is_missing() => (true, None),
            Err(error) => return Err(error),
        };
        let own = own.filter(|own| Some(own.lineage) == lineage && (first..=self.end).contains(&own.end));
        let usable = own.is_some();
        let young = absent && lineage.is_some();
        let (from, states) = match own {
            Some(own) => (own.end, own.producers),
            None => self
                .load_snapshot(snapshots, if young { first } else { stored_end }, warnings)?
                .unwrap_or((first, ProducerStates::default())),
        };
        self.producers = states;
        let at_stored_end = self.replay_producers(from.max(first), stored_end)?;
        if usable && from >= stored_end {
            return Ok(());
        }
        self.sync.clean = false;
        match self.shared.lineage() {
            // A stored segment may be retired, and what it says of producers has to stand elsewhere by then; as of an
            // offset that is on the platter, and in a file that is, or a power cut would leave less than there was.
            Some(lineage) if stored > 0 => {
                replace_file(&*self.shared.disk, &path, &OwnFile::to_bytes(lineage, stored_end, &at_stored_end))
            }
            _ if absent => Ok(()),
            // It must not come to life again when the log has grown beyond its end.
            _ => self.shared.disk.unlink(&path),
        }
    }

    /// Applies the batches from `from` on and returns the state as it was at `boundary`, the base of a segment.
    /// Segments that have to be sealed anew get their snapshots on the way.
    fn replay_producers(&mut self, from: Offset, boundary: Offset) -> Result<ProducerStates, DiskError> {
        let begin = self.segment_of(from).unwrap_or(0);
        let Self { shared, dir, segments, producers, sync, .. } = self;
        let mut at_boundary = ProducerStates::default();
        for segment in segments.iter().skip(begin) {
            if segment.base == boundary {
                at_boundary.clone_from(producers);
            }
            if let Some(place) = segment.locate(shared, dir, from)? {
                let file = segment.file(shared, dir)?;
                let mut walk = segment.walk(&*file, place.position);
                while let Step::Batch(found) = walk.step()? {
                    if found.header.base_offset < from || !found.header.has_producer_id() {
                        continue;
                    }
                    let marker = if found.header.attributes.is_control() {
                        RecordBatch::new(&walk.read(&found)?).as_ref().and_then(Marker::of)
                    } else {
                        None
                    };
                    producers.apply(&found.header, marker);
                }
            }
            if let Some(sealed) = sync.sealed.iter_mut().find(|sealed| sealed.base == segment.base) {
                sealed.producers = Some(producers.to_snapshot());
            }
        }
        Ok(at_boundary)
    }

    /// The newest snapshot up to `until` that can be read.
    pub(in crate::log) fn load_snapshot(
        &self,
        snapshots: &[Offset],
        until: Offset,
        warnings: &mut Vec<OpenWarning>,
    ) -> Result<Option<(Offset, ProducerStates)>, DiskError> {
        for &offset in snapshots.iter().rev().filter(|offset| **offset <= until) {
            let path = Kind::Snapshot.path(&self.dir, offset);
            match ProducerStates::from_snapshot(&read_file(&*self.shared.disk, &path, SMALL_FILE_MAX)?) {
                Ok(states) => return Ok(Some((offset, states))),
                Err(error) if bugs::on(Bug::SnapshotMustBeGood) => {
                    return Err(DiskError::new("read", &path, std::io::Error::other(error)));
                }
                Err(error) => warnings.push(OpenWarning::Ignored { path, reason: error.to_string() }),
            }
        }
        Ok(None)
    }
}
