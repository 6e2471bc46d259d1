//! The names of files and directories, which are part of Kafka's format.
//!
//! ```text
//! orders-0/                                      a partition
//! orders-0/00000000000000000042.log              its records from offset 42 on; likewise .index, .timeindex, .txnindex
//! orders-0/00000000000000000042.snapshot         its producers below offset 42
//! orders-0/00000000000000000000.log.deleted      waits to be removed
//! orders-0.<32 hex digits>-delete/               a removed partition; -stray: one that nobody knows; -future: a move
//! ```
//!
//! Source: Kafka `LogFileUtils`, `UnifiedLog.parseTopicPartitionName`.

use std::{fmt::Write as _, path::Path, path::PathBuf};

use protocol::types::{Offset, TopicPartition, Uuid};

/// The longest name of a directory.
const DIR_NAME_MAX: usize = 255;

/// Which of a segment's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Log,
    Index,
    TimeIndex,
    TxnIndex,
    Snapshot,
}

impl Kind {
    /// Those that go with a segment.
    pub(crate) const ALL: [Self; 5] = [Self::Log, Self::Index, Self::TimeIndex, Self::TxnIndex, Self::Snapshot];

    const fn extension(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Index => "index",
            Self::TimeIndex => "timeindex",
            Self::TxnIndex => "txnindex",
            Self::Snapshot => "snapshot",
        }
    }

    /// The path of this file of the segment that begins at `base`.
    pub(crate) fn path(self, dir: &Path, base: Offset) -> PathBuf {
        dir.join(format!("{:020}.{}", base.0, self.extension()))
    }
}

/// What a name in a partition's directory means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileName {
    /// A file of the segment that begins at this offset; for a snapshot the offset is its end.
    Segment(Offset, Kind),
    /// Left over from something unfinished, or waiting to be removed: of no use.
    Leftover,
    /// Made by a compaction that was not decided; with the offset of its segment.
    Cleaned(Offset),
    /// Made by a compaction that was decided, to take the place of this file.
    Swap(Offset, Kind),
    /// Anything else.
    Other,
}

pub(crate) fn parse_file_name(name: &str) -> FileName {
    if matches!(
        name,
        "leader-epoch-checkpoint.tmp" | "partition.metadata.tmp" | "milena.producers.tmp" | "milena.quarantine.tmp"
    ) {
        return FileName::Leftover;
    }
    let Some((digits, rest)) = name.split_once('.') else { return FileName::Other };
    if digits.len() != 20 {
        return FileName::Other;
    }
    let (extension, suffix) =
        rest.split_once('.').map_or((rest, None), |(extension, suffix)| (extension, Some(suffix)));
    let kind = Kind::ALL.into_iter().find(|kind| kind.extension() == extension);
    match (digits.parse().ok().filter(|base: &i64| *base >= 0), kind, suffix) {
        (Some(base), Some(kind), None) => FileName::Segment(Offset(base), kind),
        (Some(_), Some(_), Some("deleted" | "tmp")) => FileName::Leftover,
        (Some(base), Some(_), Some("cleaned")) => FileName::Cleaned(Offset(base)),
        (Some(base), Some(kind), Some("swap")) => FileName::Swap(Offset(base), kind),
        _ => FileName::Other,
    }
}

/// What a directory in a log directory is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DirName {
    /// A partition's log.
    Partition(TopicPartition),
    /// A removed partition, to be removed from the disk.
    Deleted,
    /// A partition that was found but not expected, or that was being moved: not ours to touch.
    Aside,
    /// Anything else.
    Other,
}

/// Tells what the directory called `name` is.
pub(crate) fn parse_dir_name(name: &str) -> DirName {
    let set_aside = |suffix: &str| {
        let stem = name.strip_suffix(suffix)?;
        let (_, id) = stem.rsplit_once('.')?;
        (id.len() == 32 && id.bytes().all(|c| c.is_ascii_hexdigit())).then_some(())
    };
    if set_aside("-delete").is_some() {
        return DirName::Deleted;
    }
    if set_aside("-stray").is_some() || set_aside("-future").is_some() {
        return DirName::Aside;
    }
    let Some((topic, partition)) = name.rsplit_once('-') else { return DirName::Other };
    let digits = !partition.is_empty() && partition.bytes().all(|c| c.is_ascii_digit());
    let legal =
        !topic.is_empty() && topic.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'-'));
    match partition.parse() {
        Ok(partition) if digits && legal => DirName::Partition(TopicPartition::new(topic, partition)),
        _ => DirName::Other,
    }
}

/// The name that the directory of `partition` gets when it is removed; `unique` makes it one of its own.
pub(crate) fn deleted_dir_name(partition: &TopicPartition, unique: Uuid) -> String {
    renamed_dir_name(partition, unique, "-delete")
}

/// The name that the directory of `partition` gets when it belongs to no topic; `unique` makes it one of its own.
pub(crate) fn stray_dir_name(partition: &TopicPartition, unique: Uuid) -> String {
    renamed_dir_name(partition, unique, "-stray")
}

fn renamed_dir_name(partition: &TopicPartition, unique: Uuid, what: &str) -> String {
    let mut suffix = String::from(".");
    for byte in unique.0 {
        write!(suffix, "{byte:02x}").expect("a String takes everything");
    }
    suffix.push_str(what);
    let mut name = partition.to_string();
    // Topic names are ASCII, or `truncate` would have to look for a boundary.
    name.truncate(DIR_NAME_MAX - suffix.len());
    name + &suffix
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_what_they_mean_to_kafka() {
        let base = Offset(42);
        assert_eq!(Kind::TimeIndex.path(Path::new("/a"), base), Path::new("/a/00000000000000000042.timeindex"));
        for (name, meaning) in [
            ("00000000000000000042.log", FileName::Segment(base, Kind::Log)),
            ("00000000000000000042.snapshot", FileName::Segment(base, Kind::Snapshot)),
            ("00000000000000000042.index.deleted", FileName::Leftover),
            ("00000000000000000042.log.swap", FileName::Swap(Offset(42), Kind::Log)),
            ("00000000000000000042.timeindex.cleaned", FileName::Cleaned(Offset(42))),
            ("00000000000000000042-0000000003.checkpoint", FileName::Other),
            ("-0000000000000000042.log", FileName::Other),
            ("partition.metadata", FileName::Other),
            ("milena.producers.tmp", FileName::Leftover),
        ] {
            assert_eq!(parse_file_name(name), meaning, "{name}");
        }
        let partition = TopicPartition::new("a-b.c", 7);
        assert_eq!(parse_dir_name("a-b.c-7"), DirName::Partition(partition.clone()));
        let deleted = deleted_dir_name(&partition, Uuid::ONE);
        assert_eq!(deleted, "a-b.c-7.00000000000000000000000000000001-delete");
        assert_eq!(parse_dir_name(&deleted), DirName::Deleted);
        assert_eq!(parse_dir_name("a-7.00000000000000000000000000000001-stray"), DirName::Aside);
        for name in ["lost+found", "a", "-1", "a-", "a-x", "a-+1", "a b-1", "remote-log-index-cache"] {
            assert_eq!(parse_dir_name(name), DirName::Other, "{name}");
        }
        let long = deleted_dir_name(&TopicPartition::new("x".repeat(249), 12345), Uuid::ONE);
        assert_eq!(long.len(), 255);
    }
}
