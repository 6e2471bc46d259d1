//! Telling damage apart: which batches of a segment are what they were, and what of the rest is a torn tail or rot.
//!
//! A checksum covers a batch from its attributes on. What lies before it (base offset, length, leader epoch) is only
//! held together by its neighbours: each batch begins where the one before it ended, or later where compaction left a
//! gap, and none reaches beyond the next segment. So a batch is given out once its successor was seen and agrees.
//!
//! Where something does not agree:
//!
//! ```text
//!                   mark
//!                    │
//!  ═════╳═══════════╪═══════════════════   rot: it was whole once. A hole: its bytes and offsets are fenced off,
//!                    │                      and the chain goes on with the next whole batch
//!  ═════════════════╪══════════╳─ ─ ─ ─    a torn tail: the chain ends, with everything behind it
//! ```
//!
//! - *mark*: everything below it was known to be whole on the platter. For a segment that was sealed and synced this is
//!   where it ends.
//! - Two batches that overlap are both checked; if both have the right checksum, one of the two base offsets is wrong,
//!   and that of the batch which fits its neighbours is believed. If none does, both are fenced off.
//! - The next whole batch is looked for at the damaged one's own end, then byte by byte. It counts only with the right
//!   checksum and an offset that can be there.
//!
//! What this cannot see is a base offset that was changed into another one of a gap that compaction left.

use std::ops::Range;

use protocol::{
    records::{BatchHeader, HEADER_SIZE, batch::MAGIC_AT},
    types::{Offset, OffsetRange},
};

use super::{Flaw, Found, Step, Walk};
use crate::{
    bugs::{self, Bug},
    disk::{self, DiskError, DiskFile},
    index::relative,
};

/// How many times as much as it searches through a search for the next whole batch may check.
const SEARCH_FACTOR: u64 = 8;

/// Bytes of a segment that are no batches any more, and the offsets that were in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hole {
    /// Empty if the bytes are not there at all.
    pub(crate) positions: Range<u64>,
    pub(crate) offsets: OffsetRange,
    pub(crate) flaw: Flaw,
}

/// What is known of a segment before it is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    /// The segment's base offset.
    pub(crate) base: Offset,
    /// No batch of it reaches beyond.
    pub(crate) limit: Offset,
    /// Everything below was whole once; at most `limit` matters.
    pub(crate) mark: Offset,
    /// From which offset on checksums are looked at.
    pub(crate) checked_from: Offset,
    /// Whether compaction may have left gaps.
    pub(crate) gaps: bool,
}

/// What the next step of a chain found.
#[derive(Debug)]
pub(crate) enum Link {
    Batch(Found),
    Hole(Hole),
    /// The file ends with a whole batch, or with a hole.
    End,
    /// From here on nothing was ever known to be whole.
    Torn {
        flaw: Flaw,
    },
}

/// A batch that waits for its successor.
#[derive(Clone, Copy, Debug)]
struct Held {
    found: Found,
    /// Where it should begin, or after.
    expected: Offset,
}

/// A walk that tells damage apart. See the [module](self).
#[derive(Debug)]
pub(crate) struct Chain<'a> {
    file: &'a dyn DiskFile,
    walk: Walk<'a>,
    end: u64,
    known: Expected,
    /// Where the next batch should begin, or after.
    next: Offset,
    held: Option<Held>,
}

impl<'a> Chain<'a> {
    /// A chain from `position`, where a batch of `next` or later should begin, to `end`, around what is known to be
    /// damaged.
    pub(crate) fn new(
        file: &'a dyn DiskFile,
        positions: Range<u64>,
        next: Offset,
        known: Expected,
        holes: Vec<Range<u64>>,
    ) -> Self {
        let walk = Walk::headers(file, positions.start, positions.end).around(holes);
        let mut chain = Self { file, walk, end: positions.end, known, next, held: None };
        if known.checked_from <= next {
            chain.walk.look_at_contents();
        }
        chain
    }

    /// Where another chain can go on, and with which offset: behind the last batch that was given out.
    pub(crate) fn resume(&self) -> (u64, Offset) {
        match &self.held {
            Some(held) => (held.found.position, held.expected),
            None => (self.walk.position(), self.next),
        }
    }

    /// The next whole batch, or what is there in its place.
    pub(crate) fn step(&mut self) -> Result<Link, DiskError> {
        loop {
            let position = self.position();
            let found = match self.walk.step()? {
                Step::Batch(found) => found,
                Step::End => return Ok(self.held.take().map_or(Link::End, |held| Link::Batch(held.found))),
                Step::Flaw(flaw) => return self.broken(position, None, flaw),
            };
            if let Some(flaw) = self.flaw_of(&found)? {
                return self.broken(found.position, Some(found), flaw);
            }
            let held = Held { found, expected: self.next };
            self.next = found.header.next_offset();
            if let Some(before) = self.held.replace(held) {
                return Ok(Link::Batch(before.found));
            }
        }
    }

    fn position(&self) -> u64 {
        self.walk.position()
    }

    fn flaw_of(&mut self, found: &Found) -> Result<Option<Flaw>, DiskError> {
        let header = &found.header;
        let Expected { base, limit, mark, checked_from, gaps } = self.known;
        let offsets = Flaw::Offsets { base: header.base_offset, expected: self.next };
        if header.base_offset < self.next
            || header.last_offset_delta < 0
            || relative(base, header.last_offset()).is_none()
            || header.next_offset() > limit
        {
            return Ok(Some(offsets));
        }
        // The mark is the end of a batch, and the next one was given the offset behind it.
        let across = header.base_offset < mark && header.next_offset() > mark;
        let beyond = self.next < mark && header.base_offset > mark && !gaps;
        if across || beyond {
            return Ok(Some(offsets));
        }
        if header.base_offset >= checked_from {
            self.walk.look_at_contents();
            if !self.walk.crc_is_valid(found)? {
                return Ok(Some(Flaw::Crc));
            }
        }
        Ok(None)
    }

    /// What is at `position` does not belong there. Gives the batch before it out first, if that is not to blame.
    fn broken(&mut self, position: u64, found: Option<Found>, flaw: Flaw) -> Result<Link, DiskError> {
        let overlaps = matches!(flaw, Flaw::Offsets { .. });
        if let Some(held) = self.held.take() {
            let blame = match &found {
                Some(found) if overlaps && held.found.header.next_offset() > found.header.base_offset => {
                    self.blame(&held, found)?
                }
                // A length that is not what it was leads to a place where nothing begins.
                _ if held.found.header.base_offset < self.known.checked_from
                    && !self.walk.crc_is_valid(&held.found)? =>
                {
                    Blame::First
                }
                _ => Blame::Second,
            };
            match blame {
                Blame::Second => {
                    self.walk.jump(position);
                    return Ok(Link::Batch(held.found));
                }
                Blame::First | Blame::Both if held.expected >= self.known.mark => {
                    return Ok(Link::Torn { flaw });
                }
                Blame::First => return self.hole(held.found.position, held.expected, Some(position), flaw),
                Blame::Both => {
                    return self.hole(held.found.position, held.expected, found.map(|found| found.end()), flaw);
                }
            }
        }
        if self.next >= self.known.mark || bugs::on(Bug::RotIsTornTail) {
            return Ok(Link::Torn { flaw });
        }
        self.hole(position, self.next, found.map(|found| found.end()), flaw)
    }

    /// Which of two batches that overlap is not what it was.
    fn blame(&mut self, held: &Held, found: &Found) -> Result<Blame, DiskError> {
        if !self.walk.crc_is_valid(&held.found)? {
            return Ok(Blame::First);
        }
        if !self.walk.crc_is_valid(found)? {
            return Ok(Blame::Second);
        }
        let header = &held.found.header;
        if header.base_offset == held.expected {
            return Ok(Blame::Second);
        }
        let count = header.next_offset().0 - header.base_offset.0;
        Ok(if held.expected.plus(count) == found.header.base_offset { Blame::First } else { Blame::Both })
    }

    /// Fences off what begins at `position` and goes on with the next whole batch.
    fn hole(&mut self, position: u64, expected: Offset, likely: Option<u64>, flaw: Flaw) -> Result<Link, DiskError> {
        let Expected { limit, mark, .. } = self.known;
        let wanted = expected..limit;
        let whole = match likely {
            Some(at) if at < self.end => whole_at(self.file, at, self.end, self.known.base, &wanted)?,
            _ => None,
        };
        let whole = match whole {
            Some(found) => Some(found),
            // It was the last one; what is inside of it is not looked at, or a batch in a value would be taken for one.
            None if likely == Some(self.end) => None,
            None => next_whole(self.file, position + 1, self.end, self.known.base, &wanted)?,
        };
        // Beyond the mark is only what follows the batch that ends there.
        let whole = whole.filter(|found| expected >= mark || found.header.base_offset <= mark || self.known.gaps);
        let (end, next) = match whole {
            Some(found) => (found.position, found.header.base_offset),
            None => (self.end, limit.min(mark.max(expected))),
        };
        self.walk.jump(end);
        (self.held, self.next) = (None, next);
        Ok(Link::Hole(Hole { positions: position..end, offsets: expected..next, flaw }))
    }
}

enum Blame {
    First,
    Second,
    Both,
}

/// The batch that begins at `position`, if it is whole, by its checksum too, and has offsets that may be there.
fn whole_at(
    file: &dyn DiskFile,
    position: u64,
    end: u64,
    base: Offset,
    offsets: &OffsetRange,
) -> Result<Option<Found>, DiskError> {
    let mut walk = Walk::headers(file, position, end);
    let Step::Batch(found) = walk.step()? else { return Ok(None) };
    Ok((can_be(&found.header, base, offsets) && walk.crc_is_valid(&found)?).then_some(found))
}

fn can_be(header: &BatchHeader, base: Offset, offsets: &OffsetRange) -> bool {
    header.base_offset >= offsets.start
        && header.last_offset_delta >= 0
        && header
            .base_offset
            .0
            .checked_add(i64::from(header.last_offset_delta))
            .is_some_and(|last| last < offsets.end.0 && relative(base, Offset(last)).is_some())
}

/// The first whole batch that begins at `from` or later.
fn next_whole(
    file: &dyn DiskFile,
    from: u64,
    end: u64,
    base: Offset,
    offsets: &OffsetRange,
) -> Result<Option<Found>, DiskError> {
    const WINDOW: usize = 256 << 10;
    let mut budget = (end - from.min(end)).saturating_mul(SEARCH_FACTOR);
    let mut at = from;
    let mut window = Vec::new();
    while at + HEADER_SIZE as u64 <= end {
        window.resize(usize::try_from(end - at).unwrap_or(usize::MAX).min(WINDOW), 0);
        disk::read_exact(file, at, &mut window)?;
        for (i, bytes) in window.windows(HEADER_SIZE).enumerate() {
            if bytes[MAGIC_AT] != 2 {
                continue;
            }
            let Ok(header) = BatchHeader::read(bytes) else { continue };
            let size = header.size() as u64;
            if !can_be(&header, base, offsets) || size > end - at - i as u64 {
                continue;
            }
            // Somebody may have put headers into values so that checking them takes for ever.
            let Some(left) = budget.checked_sub(size) else { return Ok(None) };
            budget = left;
            if let Some(found) = whole_at(file, at + i as u64, end, base, offsets)? {
                return Ok(Some(found));
            }
        }
        at += (window.len() - HEADER_SIZE + 1) as u64;
    }
    Ok(None)
}
