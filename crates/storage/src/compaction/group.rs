//! Writing what stays of a group of segments.
//!
//! The result is one segment, of the first one's base offset; or several, where one would become larger than
//! `segment.bytes`, than its indexes may be, or than an offset in them can say: a batch that is compressed anew may be larger
//! than it was. Each begins where the one before it ends. All files are called `.cleaned`, and are on the platter once the
//! group is whole.

use std::{io::IoSlice, mem, path::PathBuf, sync::Arc};

use protocol::{
    records::{BatchHeader, RecordBatch},
    types::Offset,
};

use super::{
    CleanError, Kept,
    job::{JobInput, Source},
    swap::{CLEANED, suffixed},
};
use crate::{
    bugs::{self, Bug},
    disk::{DiskError, DiskFile, Open, write_file},
    index::{OFFSET_ENTRY_SIZE, TIME_ENTRY_SIZE, relative},
    names::Kind,
    segment::Segment,
    shared::Shared,
    txn_index::AbortedTxn,
};

/// A segment that was made, beside those that it is made of.
#[derive(Debug)]
pub(crate) struct CleanedSegment {
    pub(crate) segment: Segment,
    pub(crate) file: Arc<dyn DiskFile>,
    /// Which files it has, beside that of the records.
    pub(crate) kinds: Vec<Kind>,
}

/// Segments that were made of others and are on the platter beside them, to be handed to
/// [`Log::install`](crate::Log::install).
#[derive(Debug)]
#[must_use = "the files stay until the group is installed or discarded"]
pub struct CleanedGroup {
    pub(crate) shared: Arc<Shared>,
    pub(crate) dir: PathBuf,
    pub(crate) generation: u64,
    pub(crate) sources: Vec<Source>,
    pub(crate) made: Vec<CleanedSegment>,
}

impl CleanedGroup {
    /// Removes the files, as far as the disk lets it; the next start does the rest.
    pub fn discard(self) {
        let bases: Vec<_> = self.made.iter().map(|made| made.segment.base).collect();
        discard(&self.shared, &self.dir, &bases);
    }
}

fn discard(shared: &Shared, dir: &std::path::Path, bases: &[Offset]) {
    for (&base, kind) in bases.iter().flat_map(|base| Kind::ALL.map(|kind| (base, kind))) {
        let _ = shared.disk.unlink(&suffixed(&kind.path(dir, base), CLEANED));
    }
}

/// See the [module](self).
#[derive(Debug)]
pub(crate) struct GroupWriter {
    shared: Arc<Shared>,
    dir: PathBuf,
    generation: u64,
    config: crate::LogConfig,
    sources: Vec<Source>,
    made: Vec<CleanedSegment>,
    /// Of the last one in `made`: bytes that are not written yet.
    buffer: Vec<u8>,
    buffer_max: usize,
}

impl GroupWriter {
    pub(crate) fn new(input: &JobInput, sources: Vec<Source>, buffer_max: usize) -> Self {
        let JobInput { shared, dir, generation, config, .. } = input;
        Self {
            shared: Arc::clone(shared),
            dir: dir.clone(),
            generation: *generation,
            config: *config,
            sources,
            made: Vec::new(),
            buffer: Vec::new(),
            buffer_max,
        }
    }

    /// Writes what was kept of a batch, and the transactions that it ended. Returns how many bytes.
    pub(crate) fn write(
        &mut self,
        batch: &RecordBatch<'_>,
        kept: &Kept,
        aborted: Vec<AbortedTxn>,
    ) -> Result<u64, CleanError> {
        let bytes = match kept {
            Kept::Nothing => return Ok(0),
            Kept::Whole => batch.bytes(),
            Kept::Changed(bytes) => bytes,
        };
        let header = BatchHeader::read(bytes).unwrap_or(*batch.header());
        if self.must_begin(&header) {
            self.begin()?;
        }
        let last = self.made.last_mut().expect("one was begun");
        last.segment.note(&header, self.config.index_interval_bytes);
        aborted.into_iter().for_each(|aborted| last.segment.note_aborted(aborted));
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= self.buffer_max {
            self.flush()?;
        }
        Ok(bytes.len() as u64)
    }

    fn must_begin(&self, header: &BatchHeader) -> bool {
        let Some(last) = self.made.last() else { return true };
        let segment = &last.segment;
        let (offsets, times) = segment.index_entries();
        let entries_max = self.config.index_bytes_max as usize;
        segment.size > 0
            && (segment.size + header.size() as u64 > u64::from(self.config.segment_bytes)
                && !bugs::on(Bug::CleanedSegmentUnbounded)
                || relative(segment.base, header.last_offset()).is_none()
                || offsets >= (entries_max / OFFSET_ENTRY_SIZE).max(1)
                || times + 1 >= (entries_max / TIME_ENTRY_SIZE).max(2))
    }

    fn begin(&mut self) -> Result<(), DiskError> {
        self.flush()?;
        let first = self.sources.first().expect("a group has a segment");
        let base = self.made.last().map_or(first.base, |last| last.segment.next);
        let touched = self.sources.iter().map(|source| source.touched).max().unwrap_or(first.touched);
        let file = self.shared.disk.open(&suffixed(&Kind::Log.path(&self.dir, base), CLEANED), Open::Empty)?;
        let mut segment = Segment::found(base, touched);
        segment.gaps = true;
        self.made.push(CleanedSegment { segment, file, kinds: Vec::new() });
        Ok(())
    }

    fn flush(&mut self) -> Result<(), DiskError> {
        let Some(last) = self.made.last().filter(|_| !self.buffer.is_empty()) else { return Ok(()) };
        let position = last.segment.size - self.buffer.len() as u64;
        last.file.write_at(position, &mut [IoSlice::new(&self.buffer)])?;
        self.buffer.clear();
        Ok(())
    }

    /// Makes everything survive a power cut.
    pub(crate) fn finish(&mut self) -> Result<CleanedGroup, CleanError> {
        if self.made.is_empty() {
            self.begin()?;
        }
        self.flush()?;
        // Nothing is behind the last batch of the last one up to where the next segment begins.
        let end = self.sources.last().map(|source| source.next);
        for at in 0..self.made.len() {
            let next = self.made.get(at + 1).map(|next| next.segment.base).or(end);
            let made = &mut self.made[at];
            made.segment.next = next.unwrap_or(made.segment.next);
            made.file.sync()?;
            let Some(files) = made.segment.index_files() else { continue };
            let kinds = [Kind::Index, Kind::TimeIndex, Kind::TxnIndex];
            for (kind, (path, bytes)) in kinds.into_iter().zip(files.files(&self.dir, made.segment.base)) {
                if let Some(bytes) = bytes {
                    write_file(&*self.shared.disk, &suffixed(&path, CLEANED), bytes)?.sync()?;
                    made.kinds.push(kind);
                }
            }
        }
        Ok(CleanedGroup {
            shared: Arc::clone(&self.shared),
            dir: self.dir.clone(),
            generation: self.generation,
            sources: mem::take(&mut self.sources),
            made: mem::take(&mut self.made),
        })
    }

    /// Removes what was written.
    pub(crate) fn discard(self) {
        let bases: Vec<_> = self.made.iter().map(|made| made.segment.base).collect();
        // A file of indexes is made when the group is whole only, but that may have failed.
        discard(&self.shared, &self.dir, &bases);
    }
}
