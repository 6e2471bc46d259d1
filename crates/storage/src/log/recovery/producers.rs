//! Making the producers' state anew when a log is opened or cut.

use super::{DiskError, Log, OpenWarning, SMALL_FILE_MAX};
use crate::{
    disk::{read_file, replace_file},
    names::Kind,
    producer_state::{Marker, OWN_FILE_NAME, OwnFile, ProducerStates},
    scan::{Step, Walk},
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
            None if young => (first, ProducerStates::default()),
            None => self.load_snapshot(snapshots, warnings)?.unwrap_or((first, ProducerStates::default())),
        };
        self.producers = states;
        self.replay_producers(from.max(first))?;
        // A stored segment may be retired, and what it says of producers has to stand elsewhere by then.
        let stored = self.segments.partition_point(Segment::is_stored);
        let stored_end = self.segments.get(stored).map_or(self.end, |segment| segment.base);
        if usable && from >= stored_end {
            return Ok(());
        }
        self.sync.clean = false;
        if young && stored == 0 {
            return Ok(());
        }
        self.replace_own_file(absent)
    }

    /// Applies the batches from `from` on. Segments that have to be sealed anew get their snapshots on the way.
    fn replay_producers(&mut self, from: Offset) -> Result<(), DiskError> {
        let begin = self.segment_of(from).unwrap_or(0);
        let Self { shared, dir, segments, producers, sync, .. } = self;
        for segment in segments.iter().skip(begin) {
            if let Some(place) = segment.locate(shared, dir, from)? {
                let file = segment.file(shared, dir)?;
                let mut walk = Walk::headers(&*file, place.position, segment.size);
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
        Ok(())
    }

    /// Replaces our own file, which does not count. A log of one segment does without: it is walked over whole.
    ///
    /// It waits for the disk, or a power cut would leave a torn file where none, or an older one, says more.
    fn replace_own_file(&self, absent: bool) -> Result<(), DiskError> {
        let disk = &*self.shared.disk;
        let path = self.dir.join(OWN_FILE_NAME);
        match self.shared.lineage() {
            Some(lineage) if self.segments.len() > 1 => {
                replace_file(disk, &path, &OwnFile::to_bytes(lineage, self.end, &self.producers))
            }
            _ if absent => Ok(()),
            _ => disk.unlink(&path),
        }
    }

    fn load_snapshot(
        &self,
        snapshots: &[Offset],
        warnings: &mut Vec<OpenWarning>,
    ) -> Result<Option<(Offset, ProducerStates)>, DiskError> {
        let active = self.segments.last().map_or(self.end, |active| active.base);
        for &offset in snapshots.iter().rev().filter(|offset| **offset <= active) {
            let path = Kind::Snapshot.path(&self.dir, offset);
            match ProducerStates::from_snapshot(&read_file(&*self.shared.disk, &path, SMALL_FILE_MAX)?) {
                Ok(states) => return Ok(Some((offset, states))),
                Err(error) => warnings.push(OpenWarning::Ignored { path, reason: error.to_string() }),
            }
        }
        Ok(None)
    }
}
