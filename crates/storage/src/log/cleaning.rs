//! What compaction asks of a log: what there is to clean, and to put segments in the place of others.
//!
//! Source: Kafka `LogCleanerManager`, `UnifiedLog.replaceSegments`.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicBool, Ordering},
};

use protocol::types::{Offset, Timestamp};

use super::{AppendError, DiskError, Log, retention::RetiredSegments};
use crate::{
    bugs::{self, Bug},
    checkpoint::Checkpoint,
    compaction::{CleanJob, CleanLimits, Cleanable, Cleaned, CleanedGroup, JobInput, LastWrite, Swap},
    scan::{Step, Walk},
    segment::Segment,
};

/// What a log knows of its cleaning.
#[derive(Debug, Default)]
pub(super) struct CleaningState {
    /// Of the cleaning under way: set, it gives up.
    cancelled: Weak<AtomicBool>,
    /// New segments whose files do not have their names yet.
    swap: Option<Swap>,
}

/// What became of a group of segments.
#[derive(Debug)]
#[must_use = "either the files get their names, or they have to go"]
pub enum Installed {
    /// It is in its place, and its files have to get their names.
    Swap(Swap),
    /// The log is not what it was when the cleaning began.
    Stale(CleanedGroup),
}

impl Log {
    /// How much of the log could be cleaned; `None` if it is not to be compacted, or is empty, or a cleaning is under way.
    ///
    /// # Errors
    /// [`AppendError::Offline`].
    ///
    /// Source: Kafka `LogCleanerManager.cleanableOffsets`.
    pub fn cleanable(&mut self, now: Timestamp, high_watermark: Offset) -> Result<Option<Cleanable>, AppendError> {
        self.check_open().map_err(AppendError::Offline)?;
        if !self.config.compact || self.segments.is_empty() || self.cleaning.cancelled.strong_count() > 0 {
            return Ok(None);
        }
        let first_dirty = self.first_dirty();
        let bound = self.clean_bound(first_dirty, now, high_watermark);
        let bound = bound.map_err(|error| AppendError::Offline(self.shared.fail(&error)))?;
        let (mut clean_bytes, mut dirty_bytes) = (0, 0);
        for segment in self.segments.iter().filter(|segment| segment.base < bound) {
            if self.next_of(segment) <= first_dirty {
                clean_bytes += segment.size;
            } else {
                dirty_bytes += segment.size;
            }
        }
        let overdue_ms = self.overdue_ms(first_dirty, bound, now);
        let overdue_ms = overdue_ms.map_err(|error| AppendError::Offline(self.shared.fail(&error)))?;
        let ratio_min = self.config.min_cleanable_ratio;
        Ok(Some(Cleanable { first_dirty, bound, clean_bytes, dirty_bytes, overdue_ms, ratio_min }))
    }

    /// Where the part begins that was not cleaned yet.
    fn first_dirty(&self) -> Offset {
        match self.shared.checkpoint(Checkpoint::Cleaner, &self.partition) {
            Some(checkpoint) if (self.start..=self.end).contains(&checkpoint) => checkpoint,
            _ => self.start,
        }
    }

    fn next_of(&self, segment: &Segment) -> Offset {
        let after = self.segments.partition_point(|other| other.base <= segment.base);
        self.segments.get(after).map_or(self.end, |next| next.base)
    }

    /// Where the first segment begins that must not be cleaned: the active one; the first that is not on the platter, or
    /// is damaged; that with the last stable offset; the first with a record that is too young.
    fn clean_bound(
        &mut self,
        first_dirty: Offset,
        now: Timestamp,
        high_watermark: Offset,
    ) -> Result<Offset, DiskError> {
        let stable = self.last_stable_offset(high_watermark);
        let lag = self.config.min_compaction_lag_ms;
        for at in 0..self.segments.len() {
            let segment = &self.segments[at];
            let Some(next) = self.segments.get(at + 1) else { break };
            let mut is_held = !segment.is_stored()
                || segment.is_damaged()
                || next.base > stable && !bugs::on(Bug::CleanerPassesStableOffset);
            if !is_held && lag > 0 && next.base > first_dirty {
                let largest = segment.largest(&self.shared, &self.dir)?;
                is_held = largest.map_or(segment.touched, |(timestamp, _)| timestamp).0 > now.0.saturating_sub(lag);
            }
            if is_held {
                return Ok(segment.base);
            }
        }
        Ok(self.segments.last().map_or(self.start, |active| active.base))
    }

    /// For how long dirty records wait that are older than `max.compaction.lag.ms`.
    fn overdue_ms(&mut self, first_dirty: Offset, bound: Offset, now: Timestamp) -> Result<i64, DiskError> {
        let until = now.0.saturating_sub(self.config.max_compaction_lag_ms.max(0));
        if until <= 0 {
            return Ok(0);
        }
        let mut oldest = i64::MAX;
        for at in 0..self.segments.len() {
            let segment = &self.segments[at];
            if segment.base >= bound || self.next_of(segment) <= first_dirty || segment.size == 0 {
                continue;
            }
            if segment.first_timestamp.is_none() {
                let file = segment.file(&self.shared, &self.dir)?;
                if let Step::Batch(first) = Walk::headers(&*file, 0, segment.size).step()? {
                    self.segments[at].first_timestamp = Some(first.header.max_timestamp);
                }
            }
            let first = self.segments[at].first_timestamp.filter(|first| first.0 > 0);
            oldest = first.map_or(oldest, |first| oldest.min(first.0));
        }
        Ok(if oldest < until { until - oldest } else { 0 })
    }

    /// A cleaning of what [`Log::cleanable`] tells, to be run without the log's lock; `None` if there is nothing.
    ///
    /// # Errors
    /// [`AppendError::Offline`].
    pub fn clean_job(
        &mut self,
        now: Timestamp,
        high_watermark: Offset,
        limits: CleanLimits,
    ) -> Result<Option<CleanJob>, AppendError> {
        let Some(what) = self.cleanable(now, high_watermark)?.filter(|what| what.dirty_bytes > 0) else {
            return Ok(None);
        };
        let cancelled = Arc::new(AtomicBool::new(false));
        self.cleaning.cancelled = Arc::downgrade(&cancelled);
        // Whoever opens the log has to know that there may be gaps, from before the first one on.
        self.shared.set_checkpoint(Checkpoint::Cleaner, &self.partition, Some(what.first_dirty));
        let input = JobInput {
            shared: Arc::clone(&self.shared),
            partition: self.partition.clone(),
            dir: self.dir.clone(),
            generation: self.sync.generation,
            cancelled,
            config: self.config,
            now,
            what,
            sources: self.segments.iter().map(|segment| segment.source(self.next_of(segment))).collect(),
            high_watermark,
            last_writes: LastWrite::all(&self.producers),
        };
        Ok(Some(CleanJob::new(input, limits)))
    }

    /// Puts a group that a cleaning has made in the place of its segments, for readers. Its files get their names by
    /// [`Swap::run`], without the log's lock, and its result is to be handed to [`Log::swapped`].
    pub fn install(&mut self, group: CleanedGroup) -> Installed {
        let first = group.sources.first().map_or(Offset::ZERO, |first| first.base);
        let at = self.segments.partition_point(|segment| segment.base < first);
        let end = at + group.sources.len();
        // The active segment is behind them.
        let is_same = self.check_open().is_ok()
            && self.cleaning.swap.is_none()
            && end < self.segments.len()
            && (group.generation == self.sync.generation || bugs::on(Bug::InstallsIntoCutLog))
            && self.segments[at..end]
                .iter()
                .zip(&group.sources)
                .all(|(segment, source)| (segment.base, segment.size) == (source.base, source.size));
        if !is_same {
            return Installed::Stale(group);
        }
        let next = self.segments[end].base;
        self.sync.durable = self.sync.durable.max(next);
        self.shared.set_checkpoint(Checkpoint::RecoveryPoint, &self.partition, Some(self.sync.durable));
        let old = group.sources.iter().map(|source| source.base).collect();
        let new = group.made.iter().map(|made| (made.segment.base, made.kinds.clone())).collect();
        let swap = Swap::new(group.shared, group.dir, old, new, self.config.file_delete_delay_ms);
        let made = group.made.into_iter().map(|mut made| {
            made.segment.pin(made.file);
            made.segment
        });
        self.segments.splice(at..end, made);
        self.cleaning.swap = Some(swap.clone());
        Installed::Swap(swap)
    }

    /// Takes the result of a swap: from here on the new segments are like all others.
    ///
    /// # Errors
    /// If it failed: the log directory is dead for this process.
    pub fn swapped(&mut self, swap: &Swap, result: Result<(), DiskError>) -> Result<(), AppendError> {
        self.cleaning.swap = None;
        result.map_err(|error| AppendError::Offline(self.shared.fail(&error)))?;
        for base in swap.new_bases() {
            if let Ok(at) = self.segments.binary_search_by_key(&base, |segment| segment.base) {
                self.segments[at].unpin(&self.shared);
            }
        }
        Ok(())
    }

    /// Notes that a cleaning is done. The next one begins where it ended, after a restart too once
    /// [`LogDir::save_checkpoint`](crate::LogDir::save_checkpoint) ran.
    pub fn clean_done(&mut self, job: CleanJob) -> Cleaned {
        if job.input.generation == self.sync.generation && self.check_open().is_ok() {
            self.shared.set_checkpoint(Checkpoint::Cleaner, &self.partition, Some(job.cleaned.to));
        }
        job.cleaned
    }

    /// Ends a cleaning during which the disk failed: the log directory is dead for this process.
    pub fn clean_failed(&mut self, error: &DiskError) -> AppendError {
        AppendError::Offline(self.shared.fail(error))
    }

    /// Ends the cleaning under way, because the log is going to be cut: what it has put in place gets its names first.
    pub(super) fn end_cleaning(&mut self) -> Result<Option<RetiredSegments>, DiskError> {
        if let Some(cancelled) = self.cleaning.cancelled.upgrade() {
            cancelled.store(true, Ordering::Release);
        }
        let Some(swap) = self.cleaning.swap.take() else { return Ok(None) };
        let retired = swap.run()?;
        for base in swap.new_bases() {
            if let Ok(at) = self.segments.binary_search_by_key(&base, |segment| segment.base) {
                self.segments[at].unpin(&self.shared);
            }
        }
        Ok(retired)
    }

    /// Ends the cleaning under way, because the directory is going to be somebody else's.
    pub(super) fn cancel_cleaning(&mut self) {
        if let Some(cancelled) = self.cleaning.cancelled.upgrade() {
            cancelled.store(true, Ordering::Release);
        }
        if let Some(swap) = self.cleaning.swap.take() {
            swap.cancel();
        }
    }

    /// Lets the next cleaning begin at `to` at the latest, because the log ends there now. `true`: the checkpoint is to
    /// be saved.
    pub(super) fn cut_cleaned(&mut self, to: Offset) -> bool {
        let cleaned = self.shared.checkpoint(Checkpoint::Cleaner, &self.partition);
        let is_beyond = cleaned.is_some_and(|cleaned| cleaned > to);
        if is_beyond {
            self.shared.set_checkpoint(Checkpoint::Cleaner, &self.partition, Some(to));
        }
        is_beyond
    }
}
