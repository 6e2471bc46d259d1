//! What of a log is damaged, and how that is remembered.
//!
//! Damage below the durable mark is never cut: the bytes stay where they are, the offsets in them answer with an error,
//! and everything before and behind is served. It is found where a segment is walked anyway, at the open and by a reader
//! that goes through the headers, and by the scrubber ([`Scrub`]), which looks at the checksums.
//!
//! So that a start need not look for it again, `milena.quarantine` in the partition's directory says where it is:
//!
//! ```text
//! milena.quarantine 1 <crc>
//! ! <base of the segment> <from byte> <to byte> <from offset> <to offset> <crc>
//! ```
//!
//! A line is a hint: what it names is looked at again when the log is opened, and dropped if it is whole (somebody put
//! the file of a backup there). A line that is damaged itself counts for nothing, and the scrubber finds what it said.

use std::{
    fmt,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use protocol::types::{Offset, OffsetRange, TopicPartition};

use super::{Log, OpenWarning};
use crate::{
    disk::{Disk, DiskError, DiskFile, read_file, replace_file},
    names::{DirName, Kind, parse_dir_name},
    scan::{
        Flaw,
        chain::{Chain, Expected, Hole, Link},
    },
    segment::Segment,
};

/// The file's name.
pub const QUARANTINE_FILE: &str = "milena.quarantine";

/// Something that is damaged, and was whole once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Whose log it is in.
    pub partition: TopicPartition,
    /// The segment's file.
    pub path: PathBuf,
    /// The bytes; none if the file ends there, and more was known to be in it.
    pub positions: Range<u64>,
    /// The offsets that cannot be read.
    pub offsets: OffsetRange,
    /// What is wrong with the first of them.
    pub flaw: Flaw,
}

impl Damage {
    pub(crate) fn of(dir: &Path, base: Offset, hole: &Hole) -> Self {
        let name = dir.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let partition = match parse_dir_name(&name) {
            DirName::Partition(partition) => partition,
            _ => TopicPartition::new(name, 0),
        };
        let Hole { positions, offsets, flaw } = hole.clone();
        Self { partition, path: Kind::Log.path(dir, base), positions, offsets, flaw }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, positions, offsets, flaw, .. } = self;
        write!(
            f,
            "offsets {} to {} are damaged, bytes {} to {} of {}: {flaw}",
            offsets.start,
            offsets.end.0 - 1,
            positions.start,
            positions.end,
            path.display()
        )
    }
}

/// Where a hole was, as [`QUARANTINE_FILE`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    base: Offset,
    positions: Range<u64>,
    offsets: OffsetRange,
}

fn seal(line: &str) -> String {
    format!("{line} {:08x}\n", crc32c::crc32c(line.as_bytes()))
}

fn unseal(line: &str) -> Option<&str> {
    let (text, crc) = line.rsplit_once(' ')?;
    (u32::from_str_radix(crc, 16).ok()? == crc32c::crc32c(text.as_bytes())).then_some(text)
}

const HEADER: &str = "milena.quarantine 1";

fn format_lines(lines: &[Line]) -> Vec<u8> {
    let mut text = seal(HEADER);
    for Line { base, positions, offsets } in lines {
        let (from, to) = (positions.start, positions.end);
        text += &seal(&format!("! {base} {from} {to} {} {}", offsets.start, offsets.end));
    }
    text.into_bytes()
}

/// The lines that are whole.
fn parse_lines(bytes: &[u8]) -> Vec<Line> {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines().filter_map(unseal).peekable();
    if lines.next_if_eq(&HEADER).is_none() {
        return Vec::new();
    }
    let parse = |line: &str| {
        let mut words = line.strip_prefix("! ")?.split(' ').map(|word| word.parse::<i64>().ok().filter(|n| *n >= 0));
        let mut next = || words.next().flatten();
        let base = Offset(next()?);
        let positions = next()? as u64..next()? as u64;
        let offsets = Offset(next()?)..Offset(next()?);
        (offsets.start < offsets.end && offsets.start >= base && positions.start <= positions.end).then_some(Line {
            base,
            positions,
            offsets,
        })
    };
    lines.filter_map(parse).collect()
}

/// The new content of a log's [`QUARANTINE_FILE`], to be written without the log's lock.
#[derive(Debug)]
#[must_use = "the damage is only remembered once it is written"]
pub struct QuarantineFile {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    lines: Vec<Line>,
}

impl QuarantineFile {
    /// Writes it; one that would say nothing is removed.
    ///
    /// # Errors
    /// As the disk says. Nothing is lost by it: the scrubber finds the damage again.
    pub fn write(&self) -> Result<(), DiskError> {
        if !self.lines.is_empty() {
            return replace_file(&*self.disk, &self.path, &format_lines(&self.lines));
        }
        match self.disk.unlink(&self.path) {
            Err(error) if !error.is_missing() => Err(error),
            _ => Ok(()),
        }
    }
}

impl Log {
    /// What is known to be damaged, oldest first; below [`Log::start`] nobody wants it any more.
    #[must_use]
    pub fn damage(&self) -> Vec<Damage> {
        let of = |segment: &Segment| {
            let base = segment.base;
            segment.holes().into_iter().map(move |hole| (base, hole))
        };
        let holes = self.segments.iter().flat_map(of).filter(|(_, hole)| hole.offsets.end > self.start);
        holes.map(|(base, hole)| Damage::of(&self.dir, base, &hole)).collect()
    }

    /// What the log's [`QUARANTINE_FILE`] should say now.
    pub fn quarantine_file(&self) -> QuarantineFile {
        let mut lines = Vec::new();
        for segment in &self.segments {
            let base = segment.base;
            let line = |hole: Hole| Line { base, positions: hole.positions, offsets: hole.offsets };
            lines.extend(segment.holes().into_iter().map(line));
        }
        QuarantineFile { disk: self.shared.disk.clone(), path: self.dir.join(QUARANTINE_FILE), lines }
    }

    /// Looks again at what the file says is damaged, in segments that were not walked.
    pub(super) fn load_quarantine(&mut self, warnings: &mut Vec<OpenWarning>) -> Result<(), DiskError> {
        let path = self.dir.join(QUARANTINE_FILE);
        let bytes = match read_file(&*self.shared.disk, &path, super::recovery::SMALL_FILE_MAX) {
            Ok(bytes) => bytes,
            Err(error) if error.is_missing() => Vec::new(),
            Err(error) => return Err(error),
        };
        let lines = parse_lines(&bytes);
        for line in &lines {
            let Some(segment) = self.segments.iter().find(|segment| segment.base == line.base) else { continue };
            if line.offsets.end <= segment.next {
                self.look_again(segment, line)?;
            }
        }
        let mut damage = self.damage();
        // They are told of here.
        self.shared.take_damage_of(&self.partition);
        let file = self.quarantine_file();
        if file.lines != lines {
            file.write()?;
        }
        damage.drain(..).for_each(|damage| warnings.push(OpenWarning::Damaged(damage)));
        Ok(())
    }

    fn look_again(&self, segment: &Segment, line: &Line) -> Result<(), DiskError> {
        let (shared, dir) = (&self.shared, &self.dir);
        if line.positions.is_empty() {
            if line.positions.start == segment.size && segment.locate(shared, dir, line.offsets.start)?.is_none() {
                let (positions, offsets) = (line.positions.clone(), line.offsets.clone());
                segment.add_hole(shared, dir, Hole { positions, offsets, flaw: Flaw::Missing });
            }
            return Ok(());
        }
        // Damage of the headers is found on the way; of what a checksum covers only by it.
        let Some(place) = segment.locate(shared, dir, line.offsets.start)? else { return Ok(()) };
        let known = Expected { checked_from: Offset::ZERO, ..segment.expected(Offset::ZERO) };
        let file = segment.file(shared, dir)?;
        let holes = segment.holes().into_iter().map(|hole| hole.positions).collect();
        let mut chain = Chain::new(&*file, place.position..segment.size, place.base, known, holes);
        while chain.resume().0 < line.positions.end {
            match chain.step()? {
                Link::Batch(_) => {}
                Link::Hole(hole) => segment.add_hole(shared, dir, hole),
                Link::End | Link::Torn { .. } => break,
            }
        }
        Ok(())
    }

    /// The next part of the log to be scrubbed, from `after` on; `None` if there is no more. What is added to the log in
    /// the meantime is for the next time.
    ///
    /// # Errors
    /// As the disk says.
    pub fn scrub(&self, after: Option<ScrubCursor>) -> Result<Option<Scrub>, DiskError> {
        // Of a directory that failed nothing can be said.
        if self.check_open().is_err() {
            return Ok(None);
        }
        let (base, from) = after.map_or((Offset::ZERO, None), |after| (after.base, after.inside));
        for segment in self.segments.iter().filter(|segment| segment.base >= base && segment.size > 0) {
            let (position, next) = match from {
                Some(inside) if segment.base == base => inside,
                None if segment.base == base && after.is_some() => continue,
                _ => (0, segment.base),
            };
            if position >= segment.size {
                continue;
            }
            return Ok(Some(Scrub {
                file: segment.file(&self.shared, &self.dir)?,
                known: segment.expected(Offset::ZERO),
                size: segment.size,
                position,
                next,
                found: Vec::new(),
                holes: segment.holes().into_iter().map(|hole| hole.positions).collect(),
            }));
        }
        Ok(None)
    }

    /// Takes what a scrub found, as far as it is still there. Returns whether anything was found.
    ///
    /// # Errors
    /// As the disk says.
    pub fn scrubbed(&self, scrub: &Scrub) -> Result<bool, DiskError> {
        if self.check_open().is_err() {
            return Ok(false);
        }
        let Some(segment) =
            self.segments.iter().find(|segment| segment.base == scrub.known.base && segment.size >= scrub.size)
        else {
            return Ok(false);
        };
        let mut any = false;
        for hole in &scrub.found {
            // The segment may have been replaced in the meantime: what is in its place has to be damaged too.
            let file = segment.file(&self.shared, &self.dir)?;
            let begin = hole.positions.start..segment.size;
            let mut chain = Chain::new(&*file, begin, hole.offsets.start, segment.expected(Offset::ZERO), Vec::new());
            let is_same = |again: &Hole| again.positions.start == hole.positions.start;
            if hole.flaw == Flaw::Unreadable || matches!(chain.step()?, Link::Hole(again) if is_same(&again)) {
                segment.add_hole(&self.shared, &self.dir, hole.clone());
                any = true;
            }
        }
        Ok(any)
    }
}

/// How far the scrubbing of a log has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScrubCursor {
    base: Offset,
    /// Where in the segment to go on, and with which offset; `None` if it is done.
    inside: Option<(u64, Offset)>,
}

/// A part of a segment to be looked at, every byte of it, without the log's lock.
#[derive(Debug)]
pub struct Scrub {
    file: Arc<dyn DiskFile>,
    known: Expected,
    size: u64,
    position: u64,
    next: Offset,
    found: Vec<Hole>,
    holes: Vec<Range<u64>>,
}

impl Scrub {
    /// Looks at about `budget` bytes, a batch at least.
    ///
    /// # Returns
    /// How many it were, and where to go on.
    ///
    /// What the disk cannot read is damage, and the rest of the segment is left alone.
    pub fn run(&mut self, budget: u64) -> (u64, ScrubCursor) {
        let begin = self.position;
        let positions = begin..self.size;
        let mut chain = Chain::new(&*self.file, positions, self.next, self.known, self.holes.clone());
        let inside = loop {
            match chain.step() {
                Ok(Link::Batch(_)) => {}
                Ok(Link::Hole(hole)) => self.found.push(hole),
                Ok(Link::End | Link::Torn { .. }) => break None,
                Err(_) => {
                    let (position, next) = chain.resume();
                    let offsets = next..self.known.limit;
                    self.found.push(Hole { positions: position..self.size, offsets, flaw: Flaw::Unreadable });
                    break None;
                }
            }
            if chain.resume().0 - begin >= budget {
                break Some(chain.resume());
            }
        };
        let end = inside.map_or(self.size, |(position, _)| position);
        (end - begin, ScrubCursor { base: self.known.base, inside })
    }

    /// What was found.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.found.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line() -> impl Strategy<Value = Line> {
        (0..1000i64, 0..9u64, 0..9u64, 0..9i64, 1..9i64).prop_map(|(base, from, bytes, first, count)| Line {
            base: Offset(base),
            positions: from..from + bytes,
            offsets: Offset(base + first)..Offset(base + first + count),
        })
    }

    proptest! {
        #[test]
        fn a_damaged_line_is_dropped_and_the_others_count(
            lines in prop::collection::vec(line(), 1..5), byte: prop::sample::Index, bit in 0..8u8
        ) {
            let mut bytes = format_lines(&lines);
            prop_assert_eq!(parse_lines(&bytes), lines.clone());
            let at = byte.index(bytes.len());
            bytes[at] ^= 1 << bit;
            let left = parse_lines(&bytes);
            prop_assert!(left.len() < lines.len() || left == lines);
            prop_assert!(left.iter().all(|line| lines.contains(line)));
        }
    }
}
