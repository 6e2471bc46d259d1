//! Kafka's small text files: a version, a count, and as many lines.
//!
//! ```text
//! 0                      version
//! 2                      lines that follow
//! orders 0 1234          topic, partition, offset          …-checkpoint in a log directory
//! orders 1 17
//! ```
//!
//! `leader-epoch-checkpoint` has `epoch start-offset` lines ([`crate::epochs`]). A file of no bytes is one of no lines:
//! Apache Kafka makes them at its first start. Whatever else does not follow the form is refused as a whole: a file
//! that says less than it should is worse than none.
//!
//! Source: Kafka `CheckpointFile`, `OffsetCheckpointFile`.

use std::{collections::BTreeMap, fmt, fmt::Write as _};

use protocol::types::{Offset, TopicPartition};

/// Which offset of each partition a file of a log directory holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Checkpoint {
    /// Everything below is on the platter.
    RecoveryPoint,
    /// The high watermark.
    HighWatermark,
    /// The first offset that DeleteRecords or retention left.
    LogStart,
    /// Where the cleaner goes on.
    Cleaner,
}

impl Checkpoint {
    /// All four.
    pub const ALL: [Self; 4] = [Self::RecoveryPoint, Self::HighWatermark, Self::LogStart, Self::Cleaner];

    /// The name of our own copy of the file, if there is one. It has a checksum, which Kafka's has not: a digit that
    /// became another one would hide records, or make some out to be missing that never were.
    pub(crate) const fn copy_name(self) -> Option<&'static str> {
        match self {
            Self::RecoveryPoint => Some("milena.recovery-points"),
            Self::LogStart => Some("milena.log-starts"),
            Self::HighWatermark | Self::Cleaner => None,
        }
    }

    /// The file's name.
    #[must_use]
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::RecoveryPoint => "recovery-point-offset-checkpoint",
            Self::HighWatermark => "replication-offset-checkpoint",
            Self::LogStart => "log-start-offset-checkpoint",
            Self::Cleaner => "cleaner-offset-checkpoint",
        }
    }
}

/// Why a text is not a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointError {
    /// It is not UTF-8, or the line at this place, counted from 1, is not what it should be.
    Line(usize),
    /// It has another number of lines than it says.
    Count,
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line} is not one of a checkpoint of version 0"),
            Self::Count => f.write_str("it has another number of lines than it says"),
        }
    }
}

impl std::error::Error for CheckpointError {}

/// Reads the lines of a checkpoint, each by `parse`.
pub(crate) fn parse_lines<T>(bytes: &[u8], parse: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, CheckpointError> {
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let text = std::str::from_utf8(bytes).map_err(|_| CheckpointError::Line(1))?;
    let mut lines = text.lines();
    if lines.next() != Some("0") {
        return Err(CheckpointError::Line(1));
    }
    let count: usize = lines.next().and_then(|line| line.parse().ok()).ok_or(CheckpointError::Line(2))?;
    let parsed = lines.enumerate().map(|(i, line)| parse(line).ok_or(CheckpointError::Line(i + 3)));
    let parsed: Vec<T> = parsed.collect::<Result<_, _>>()?;
    if parsed.len() == count { Ok(parsed) } else { Err(CheckpointError::Count) }
}

/// Writes a checkpoint of `lines`.
pub(crate) fn format_lines(lines: impl ExactSizeIterator<Item: fmt::Display>) -> Vec<u8> {
    let mut text = format!("0\n{}\n", lines.len());
    for line in lines {
        writeln!(text, "{line}").expect("a String takes everything");
    }
    text.into_bytes()
}

/// The offsets in one of the `*-checkpoint` files of a log directory.
///
/// # Errors
/// If the text is anything else.
pub fn parse_offsets(bytes: &[u8]) -> Result<BTreeMap<TopicPartition, Offset>, CheckpointError> {
    let parse = |line: &str| {
        let mut words = line.split(' ');
        let (topic, partition, offset) = (words.next()?, words.next()?, words.next()?);
        let (partition, offset): (i32, i64) = (partition.parse().ok()?, offset.parse().ok()?);
        let fits = words.next().is_none() && partition >= 0 && offset >= 0;
        fits.then(|| (TopicPartition::new(topic, partition), Offset(offset)))
    };
    Ok(parse_lines(bytes, parse)?.into_iter().collect())
}

/// The text of one of the `*-checkpoint` files of a log directory.
#[must_use]
pub fn format_offsets(offsets: &BTreeMap<TopicPartition, Offset>) -> Vec<u8> {
    format_lines(
        offsets.iter().map(|(partition, offset)| format!("{} {} {offset}", partition.topic, partition.partition)),
    )
}

/// Our own copy of a checkpoint of these bytes: the same text, and its checksum.
pub(crate) fn seal_copy(bytes: &[u8]) -> Vec<u8> {
    [bytes, format!("# {:08x}\n", crc32c::crc32c(bytes)).as_bytes()].concat()
}

/// The offsets in our own copy of a checkpoint; `None` if it is not what it was.
pub(crate) fn parse_copy(bytes: &[u8]) -> Option<BTreeMap<TopicPartition, Offset>> {
    const SEAL_LEN: usize = 11;
    let (text, seal) = bytes.split_at(bytes.len().checked_sub(SEAL_LEN)?);
    (seal_copy(text)[text.len()..] == *seal).then(|| parse_offsets(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_text_is_kafkas() {
        let offsets = BTreeMap::from([(TopicPartition::new("comp", 0), Offset(10))]);
        assert_eq!(format_offsets(&offsets), b"0\n1\ncomp 0 10\n");
        assert_eq!(parse_offsets(b"0\n1\ncomp 0 10\n"), Ok(offsets));
        assert_eq!(format_offsets(&BTreeMap::new()), b"0\n0\n");
        assert_eq!(parse_offsets(b""), Ok(BTreeMap::new()));
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        for (text, error) in [
            ("1\n0\n", CheckpointError::Line(1)),
            ("0\n", CheckpointError::Line(2)),
            ("0\n2\na 0 1\n", CheckpointError::Count),
            ("0\n1\na 0\n", CheckpointError::Line(3)),
            ("0\n1\na 0 -1\n", CheckpointError::Line(3)),
            ("0\n1\na 0 1 2\n", CheckpointError::Line(3)),
        ] {
            assert_eq!(parse_offsets(text.as_bytes()), Err(error), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_map_survives_its_text(
            offsets in prop::collection::btree_map(("[a-zA-Z0-9._-]{1,20}", 0..9i32), 0..i64::MAX, 0..20)
        ) {
            let offsets: BTreeMap<_, _> = offsets
                .into_iter()
                .map(|((topic, partition), offset)| (TopicPartition::new(topic, partition), Offset(offset)))
                .collect();
            prop_assert_eq!(parse_offsets(&format_offsets(&offsets)), Ok(offsets));
        }

        #[test]
        fn a_copy_with_a_flipped_bit_counts_for_nothing(offset in 0..i64::MAX, at: prop::sample::Index, bit in 0..8u8) {
            let offsets = BTreeMap::from([(TopicPartition::new("comp", 0), Offset(offset))]);
            let mut copy = seal_copy(&format_offsets(&offsets));
            prop_assert_eq!(parse_copy(&copy), Some(offsets));
            let at = at.index(copy.len());
            copy[at] ^= 1 << bit;
            prop_assert_eq!(parse_copy(&copy), None);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = parse_copy(&bytes);
            let _ = parse_offsets(&bytes);
        }
    }
}
