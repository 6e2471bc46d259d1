//! The keys of control records: what brokers and quorums write between the data.
//!
//! A control batch holds control records only and never reaches an application. The key says what the value is; the
//! values are in [`stored::control`](crate::stored::control).
//!
//! Source: Kafka `ControlRecordType`; KIP-98, KIP-595, KIP-630, KIP-853.

/// What a control record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(i16)]
pub enum ControlRecordType {
    /// A transaction is aborted.
    Abort = 0,
    /// A transaction is committed.
    Commit = 1,
    /// A leader begins its epoch.
    LeaderChange = 2,
    /// A snapshot begins.
    SnapshotHeader = 3,
    /// A snapshot ends, and is whole.
    SnapshotFooter = 4,
    /// The level of `kraft.version`.
    KRaftVersion = 5,
    /// The voters of the quorum.
    KRaftVoters = 6,
}

/// The version of the keys that Kafka writes.
const KEY_VERSION: i16 = 0;

impl ControlRecordType {
    /// The key of such a record: version 0 and the type, an `i16` each.
    #[must_use]
    pub const fn key(self) -> [u8; 4] {
        let [a, b] = KEY_VERSION.to_be_bytes();
        let [c, d] = (self as i16).to_be_bytes();
        [a, b, c, d]
    }

    /// What the record with this key is; `None` for a type that Kafka 4.3 does not have, which readers skip, and for
    /// a key that is none.
    ///
    /// Later versions of the key only add to its end, so what follows the type is not looked at.
    #[must_use]
    pub fn from_key(key: &[u8]) -> Option<Self> {
        let &[a, b, c, d] = key.first_chunk()?;
        if i16::from_be_bytes([a, b]) < KEY_VERSION {
            return None;
        }
        Some(match i16::from_be_bytes([c, d]) {
            0 => Self::Abort,
            1 => Self::Commit,
            2 => Self::LeaderChange,
            3 => Self::SnapshotHeader,
            4 => Self::SnapshotFooter,
            5 => Self::KRaftVersion,
            6 => Self::KRaftVoters,
            _ => return None,
        })
    }
}
