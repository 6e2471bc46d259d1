//! Our own list of the partitions that a log directory holds data of: `milena.manifest`.
//!
//! A partition has no directory until its first record. So a directory that is not there means either "no records yet"
//! or "somebody removed it", and the second must never be taken for the first: an empty log would be elected, and what
//! was acknowledged would be gone for good. The manifest tells them apart.
//!
//! ```text
//! milena.manifest 1 <incarnation> <lineage> <registered> <crc>
//! + orders 0 <topic id> <crc>          a directory was made
//! = orders 0 <crc>                     and is on the platter, with records: it must be there from now on
//! - orders 0 <crc>                     it was removed on purpose
//! ```
//!
//! Lines are added while the node runs, without a sync: a line that a power cut takes away only makes us less strict. So
//! a line that is not as above is dropped, and all behind it. The first line was synced; if that is bad, the whole file
//! counts for nothing.
//!
//! It also says whether somebody else ran on this directory in between. Each start of a node has an *incarnation* id,
//! which it registers with in the metadata log. If the last registered one is the manifest's, the last who ran was one
//! of us, and our own files are right. They are right too if it is the one that was *registered* when the manifest was
//! begun: then that start died before it could register. The *lineage* stays the same as long as this holds, and a new one begins when it
//! does not; our files in partition directories carry it, so they need not be written again at each start.

use std::collections::BTreeMap;

use protocol::types::{TopicPartition, Uuid};

/// The file's name in a log directory.
pub const FILE_NAME: &str = "milena.manifest";

/// What is known of one partition's directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManifestEntry {
    /// The topic's id.
    pub topic_id: Uuid,
    /// Whether it must be there.
    pub durable: bool,
}

/// The content of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The start of a node that wrote it.
    pub incarnation: Uuid,
    /// The first of the unbroken row of such starts.
    pub lineage: Uuid,
    /// The start that was registered last when this one began; zero for none.
    pub registered: Uuid,
    /// The partitions with a directory.
    pub partitions: BTreeMap<TopicPartition, ManifestEntry>,
}

/// A change to the list.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change<'a> {
    Made(&'a TopicPartition, Uuid),
    Durable(&'a TopicPartition),
    Removed(&'a TopicPartition),
}

fn seal(line: &str) -> String {
    format!("{line} {:08x}\n", crc32c::crc32c(line.as_bytes()))
}

impl Change<'_> {
    /// The line that records it.
    pub(crate) fn to_line(self) -> String {
        seal(&match self {
            Self::Made(partition, topic_id) => format!("+ {} {} {topic_id}", partition.topic, partition.partition),
            Self::Durable(partition) => format!("= {} {}", partition.topic, partition.partition),
            Self::Removed(partition) => format!("- {} {}", partition.topic, partition.partition),
        })
    }
}

impl Manifest {
    pub(crate) fn apply(&mut self, change: Change<'_>) {
        match change {
            Change::Made(partition, topic_id) => {
                self.partitions.insert(partition.clone(), ManifestEntry { topic_id, durable: false });
            }
            Change::Durable(partition) => {
                if let Some(entry) = self.partitions.get_mut(partition) {
                    entry.durable = true;
                }
            }
            Change::Removed(partition) => {
                self.partitions.remove(partition);
            }
        }
    }

    /// The text of a fresh file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = seal(&format!("milena.manifest 1 {} {} {}", self.incarnation, self.lineage, self.registered));
        for (partition, entry) in &self.partitions {
            text += &Change::Made(partition, entry.topic_id).to_line();
            if entry.durable {
                text += &Change::Durable(partition).to_line();
            }
        }
        text.into_bytes()
    }

    /// What a file says; `None` if it cannot be believed.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut lines = bytes.split_inclusive(|&byte| byte == b'\n').map_while(unseal);
        let header: Vec<_> = lines.next()?.split(' ').collect();
        let ["milena.manifest", "1", incarnation, lineage, registered] = header[..] else { return None };
        let mut manifest = Self {
            incarnation: incarnation.parse().ok()?,
            lineage: lineage.parse().ok()?,
            registered: registered.parse().ok()?,
            partitions: BTreeMap::new(),
        };
        for line in lines {
            let words: Vec<_> = line.split(' ').collect();
            let partition = TopicPartition::new(*words.get(1)?, words.get(2)?.parse().ok()?);
            manifest.apply(match words[..] {
                ["+", _, _, topic_id] => Change::Made(&partition, topic_id.parse().ok()?),
                ["=", _, _] => Change::Durable(&partition),
                ["-", _, _] => Change::Removed(&partition),
                _ => return None,
            });
        }
        Some(manifest)
    }
}

/// The line without its checksum and end, if both are right.
fn unseal(line: &[u8]) -> Option<&str> {
    let (line, crc) = std::str::from_utf8(line).ok()?.strip_suffix('\n')?.rsplit_once(' ')?;
    (crc == format!("{:08x}", crc32c::crc32c(line.as_bytes()))).then_some(line)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn manifest() -> Manifest {
        let (incarnation, lineage, registered) = (Uuid([1; 16]), Uuid([2; 16]), Uuid([9; 16]));
        let mut manifest = Manifest { incarnation, lineage, registered, ..Manifest::default() };
        for partition in 0..3 {
            manifest.apply(Change::Made(&TopicPartition::new("a", partition), Uuid([3; 16])));
        }
        manifest.apply(Change::Durable(&TopicPartition::new("a", 1)));
        manifest
    }

    #[test]
    fn changes_added_to_the_file_count() {
        let mut expected = manifest();
        let mut bytes = expected.to_bytes();
        let (made, gone) = (TopicPartition::new("b", 0), TopicPartition::new("a", 1));
        for change in [Change::Made(&made, Uuid::ONE), Change::Durable(&made), Change::Removed(&gone)] {
            bytes.extend(change.to_line().bytes());
            expected.apply(change);
        }
        assert_eq!(Manifest::from_bytes(&bytes), Some(expected.clone()));
        assert_eq!(Manifest::from_bytes(&expected.to_bytes()), Some(expected));
    }

    proptest! {
        #[test]
        fn a_damaged_line_is_dropped_with_all_behind_it(line in 0..5usize, byte: prop::sample::Index, bit in 0..8u8) {
            let mut bytes = manifest().to_bytes();
            let lines: Vec<_> = bytes.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::len).collect();
            let begin: usize = lines[..line].iter().sum();
            let whole = Manifest::from_bytes(&bytes[..begin]);
            bytes[begin + byte.index(lines[line])] ^= 1 << bit;
            prop_assert_eq!(whole.is_none(), line == 0);
            prop_assert_eq!(Manifest::from_bytes(&bytes), whole);
        }
    }
}
