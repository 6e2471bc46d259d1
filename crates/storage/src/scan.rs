//! Walking over the batches of a segment's file by their headers.
//!
//! A batch says how long it is, so a walk reads a header, skips, and reads the next; where it should trust nothing it
//! also reads the bytes between and checks their CRC. A walk ends at the end of the file or at the first thing that is
//! no batch, a [`Flaw`]; what a flaw means (a torn tail, or rot) is told by [`chain`].

use std::{fmt, ops::Range};

use protocol::{
    records::{
        BatchError, BatchHeader, HEADER_SIZE, RecordBatch,
        batch::{ATTRIBUTES_AT, LENGTH_END},
    },
    types::Offset,
};

use crate::disk::{self, DiskError, DiskFile};

pub(crate) mod chain;
#[cfg(test)]
mod tests;

/// Why the bytes at some place of a segment are no batch that belongs there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// They end too early, have an impossible length, or another magic.
    Batch(BatchError),
    /// The checksum is another.
    Crc,
    /// The batch begins before the one before it ended, or ends before it begins, or is too far from the segment's
    /// base.
    Offsets {
        /// Where it says it begins.
        base: Offset,
        /// Where it should begin, or after.
        expected: Offset,
    },
    /// The file ends, and more was known to be in it.
    Missing,
    /// The disk cannot read them.
    Unreadable,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Batch(error) => error.fmt(f),
            Self::Crc => f.write_str("the checksum is wrong"),
            Self::Offsets { base, expected } => write!(f, "a batch begins at offset {base}, {expected} was next"),
            Self::Missing => f.write_str("the file ends before what was known to be in it"),
            Self::Unreadable => f.write_str("the disk cannot read it"),
        }
    }
}

/// A batch found in a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    /// Where it begins in the file.
    pub(crate) position: u64,
    pub(crate) header: BatchHeader,
}

impl Found {
    /// Where the next one begins.
    pub(crate) fn end(&self) -> u64 {
        self.position + self.header.size() as u64
    }
}

/// What the next step of a walk found.
#[derive(Debug)]
pub(crate) enum Step {
    Batch(Found),
    /// The walk's end was reached exactly.
    End,
    Flaw(Flaw),
}

/// A walk over the batches in one part of a file.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    file: &'a dyn DiskFile,
    /// Where the next batch begins.
    position: u64,
    /// Where the walk ends, at most the size of the file.
    end: u64,
    /// Some bytes of the file, from `buffered_from` on.
    buffer: Vec<u8>,
    buffered_from: u64,
    /// How much to read at a time.
    chunk: usize,
    /// Parts of the file that are known to be no batches; the walk goes on behind them.
    holes: Vec<Range<u64>>,
}

/// Enough for many headers where batches are small.
const HEADERS_CHUNK: usize = 8 << 10;
/// Enough for a header, and little to waste where batches are large.
const HEADER_CHUNK: usize = 256;
/// Large reads for walks that look at every byte.
const CONTENT_CHUNK: usize = 512 << 10;

impl<'a> Walk<'a> {
    /// A walk over headers, from the batch that begins at `position` up to `end`.
    pub(crate) fn headers(file: &'a dyn DiskFile, position: u64, end: u64) -> Self {
        Self { file, position, end, buffer: Vec::new(), buffered_from: 0, chunk: HEADERS_CHUNK, holes: Vec::new() }
    }

    /// The same for a walk that is going to call [`crc_is_valid`](Self::crc_is_valid).
    pub(crate) fn contents(file: &'a dyn DiskFile, position: u64, end: u64) -> Self {
        Self { chunk: CONTENT_CHUNK, ..Self::headers(file, position, end) }
    }

    /// The same walk, which leaves these parts of the file out.
    pub(crate) fn around(self, holes: Vec<Range<u64>>) -> Self {
        Self { holes, ..self }
    }

    /// Lets the walk go on at `position`.
    pub(crate) fn jump(&mut self, position: u64) {
        self.position = position;
    }

    /// From here on every byte is looked at.
    pub(crate) fn look_at_contents(&mut self) {
        self.chunk = CONTENT_CHUNK;
    }

    /// The same with reads of `chunk` bytes at least.
    pub(crate) fn in_chunks(file: &'a dyn DiskFile, end: u64, chunk: usize) -> Self {
        Self { chunk: chunk.max(HEADERS_CHUNK), ..Self::headers(file, 0, end) }
    }

    /// Where the next batch begins, or would.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Bytes of the file from `from` on, at least `needed` of them unless the walk's end comes first.
    fn bytes(&mut self, from: u64, needed: usize) -> Result<&[u8], DiskError> {
        let available = usize::try_from(self.end - from).unwrap_or(usize::MAX);
        let needed = needed.min(available);
        let start = from.checked_sub(self.buffered_from).filter(|start| *start <= self.buffer.len() as u64);
        if start.is_none_or(|start| self.buffer.len() - (start as usize) < needed) {
            let chunk = if self.is_near(from) { self.chunk } else { self.chunk_far() };
            self.buffer.resize(chunk.max(needed).min(available), 0);
            disk::read_exact(self.file, from, &mut self.buffer)?;
            self.buffered_from = from;
        }
        Ok(&self.buffer[(from - self.buffered_from) as usize..])
    }

    /// Whether `from` is within or so close behind what was read that batches are small.
    fn is_near(&self, from: u64) -> bool {
        let near = self.buffered_from..self.buffered_from + (self.buffer.len() + HEADERS_CHUNK) as u64;
        !self.buffer.is_empty() && near.contains(&from)
    }

    /// How much to read where nothing was read before, or a large batch was passed over.
    fn chunk_far(&self) -> usize {
        if self.chunk == HEADERS_CHUNK { HEADER_CHUNK } else { self.chunk }
    }

    /// The next batch.
    pub(crate) fn step(&mut self) -> Result<Step, DiskError> {
        while let Some(hole) = self.holes.iter().find(|hole| hole.contains(&self.position)) {
            self.position = hole.end;
        }
        let (position, remaining) = (self.position, self.end.saturating_sub(self.position));
        if remaining == 0 {
            return Ok(Step::End);
        }
        let header = match BatchHeader::read(self.bytes(position, HEADER_SIZE)?) {
            Ok(header) => header,
            Err(error) => return Ok(Step::Flaw(Flaw::Batch(error))),
        };
        if header.size() as u64 > remaining {
            let remaining = usize::try_from(remaining).unwrap_or(usize::MAX);
            return Ok(Step::Flaw(Flaw::Batch(BatchError::Short { needed: header.size(), remaining })));
        }
        let found = Found { position, header };
        self.position = found.end();
        Ok(Step::Batch(found))
    }

    /// Whether the bytes of `found` are those its CRC was made over.
    pub(crate) fn crc_is_valid(&mut self, found: &Found) -> Result<bool, DiskError> {
        let mut crc = 0;
        let mut at = found.position + ATTRIBUTES_AT as u64;
        while at < found.end() {
            let bytes = self.bytes(at, 1)?;
            let len = bytes.len().min((found.end() - at) as usize);
            crc = crc32c::crc32c_append(crc, &bytes[..len]);
            at += len as u64;
        }
        Ok(crc == found.header.crc)
    }

    /// The batch `found`, if its CRC is right; without a copy where the walk has its bytes.
    pub(crate) fn batch(&mut self, found: &Found) -> Result<Option<RecordBatch<'_>>, DiskError> {
        let bytes = self.bytes(found.position, found.header.size())?;
        let batch = RecordBatch::new(&bytes[..found.header.size()]);
        Ok(batch.filter(RecordBatch::crc_is_valid))
    }

    /// All bytes of `found`.
    pub(crate) fn read(&self, found: &Found) -> Result<Vec<u8>, DiskError> {
        debug_assert!(found.header.size() > LENGTH_END);
        let mut bytes = vec![0; found.header.size()];
        disk::read_exact(self.file, found.position, &mut bytes)?;
        Ok(bytes)
    }
}
