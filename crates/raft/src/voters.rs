//! Who may vote, and how the set of voters is written down.
//!
//! There are two ways to know the voters. *Static*: every node has `controller.quorum.voters`, ids without directories,
//! and `kraft.version` is 0. *Dynamic*: the set stands in the log itself, in a KRaftVoters record, each voter named by
//! its id *and* the id of its log directory, so that a node whose disk was replaced is another voter than the one that
//! may have voted before; `kraft.version` is 1. What the log says always wins over the configuration.
//!
//! Source: Kafka `VoterSet`, `ReplicaKey`, `QuorumConfig.parseVoterConnections`; KIP-853.

use std::{collections::BTreeMap, fmt, ops::RangeInclusive};

use protocol::{
    stored::control::{self, KRaftVersionFeature, VotersRecord},
    types::{BrokerId, Str, Uuid},
};

/// The levels of `kraft.version` that this node can work at.
pub const KRAFT_VERSIONS: RangeInclusive<i16> = 0..=1;

/// A replica of the metadata log: a node, and the directory in which it keeps the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReplicaKey {
    /// `node.id`.
    pub id: BrokerId,
    /// `directory.id` of `meta.properties`; `None` where only the node is known, as with static voters.
    pub directory_id: Option<Uuid>,
}

impl ReplicaKey {
    /// From a place of the protocol where the zero id stands for "no directory".
    #[must_use]
    pub fn new(id: BrokerId, directory_id: Uuid) -> Self {
        Self { id, directory_id: (!directory_id.is_zero()).then_some(directory_id) }
    }

    /// The directory's id, the zero id if it is not known.
    #[must_use]
    pub fn directory_id_or_zero(&self) -> Uuid {
        self.directory_id.unwrap_or_default()
    }
}

/// Where a voter can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The listener's name, `CONTROLLER` for instance.
    pub name: String,
    /// A host name or an address.
    pub host: String,
    /// The port; 0 in a configuration that lets the system choose.
    pub port: u16,
}

/// One voter as the KRaftVoters record describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voter {
    /// Who it is.
    pub key: ReplicaKey,
    /// Its controller listeners.
    pub endpoints: Vec<Endpoint>,
    /// The levels of `kraft.version` it can work at.
    pub kraft_versions: RangeInclusive<i16>,
}

/// The voters, in ascending order of their ids. May be empty: then nobody can be elected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VoterSet(BTreeMap<BrokerId, Voter>);

impl VoterSet {
    /// The set of one.
    #[must_use]
    pub fn of(voter: Voter) -> Self {
        Self(BTreeMap::from([(voter.key.id, voter)]))
    }

    /// Reads `controller.quorum.voters`: `id@host:port`, separated by commas. `listener` is the name of the controller
    /// listener, the same for all. Nothing at all is the empty set.
    ///
    /// # Errors
    /// The first voter that is not written so, and an id given twice.
    pub fn from_static(text: &str, listener: &str) -> Result<Self, StaticVotersError> {
        let mut voters = BTreeMap::new();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let voter = static_voter(entry, listener).ok_or_else(|| StaticVotersError::Syntax(entry.to_owned()))?;
            let id = voter.key.id;
            if voters.insert(id, voter).is_some() {
                return Err(StaticVotersError::Twice(id));
            }
        }
        Ok(Self(voters))
    }

    /// Reads a KRaftVoters record.
    #[must_use]
    pub fn from_record(record: &VotersRecord<'_>) -> Self {
        let voter = |voter: &control::Voter<'_>| {
            let endpoint = |endpoint: &control::Endpoint<'_>| Endpoint {
                name: endpoint.name.to_text().into_owned(),
                host: endpoint.host.to_text().into_owned(),
                port: endpoint.port,
            };
            let versions = &voter.kraft_version_feature;
            Voter {
                key: ReplicaKey::new(voter.voter_id, voter.voter_directory_id),
                endpoints: voter.endpoints.iter().map(endpoint).collect(),
                kraft_versions: versions.min_supported_version..=versions.max_supported_version,
            }
        };
        Self(record.voters.iter().map(|v| (v.voter_id, voter(v))).collect())
    }

    /// The KRaftVoters record that holds this set.
    #[must_use]
    pub fn to_record(&self) -> VotersRecord<'_> {
        let voter = |voter: &'_ Voter| control::Voter {
            voter_id: voter.key.id,
            voter_directory_id: voter.key.directory_id_or_zero(),
            endpoints: voter
                .endpoints
                .iter()
                .map(|e| control::Endpoint {
                    name: Str::from(e.name.clone()),
                    host: Str::from(e.host.clone()),
                    port: e.port,
                })
                .collect(),
            kraft_version_feature: KRaftVersionFeature {
                min_supported_version: *voter.kraft_versions.start(),
                max_supported_version: *voter.kraft_versions.end(),
            },
        };
        VotersRecord { version: 0, voters: self.0.values().map(voter).collect() }
    }

    /// The voters by ascending id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Voter> {
        self.0.values()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `key` may vote. A voter without a directory id is any replica of that node.
    #[must_use]
    pub fn is_voter(&self, key: ReplicaKey) -> bool {
        let voter = self.0.get(&key.id);
        voter.is_some_and(|v| v.key.directory_id.is_none() || v.key.directory_id == key.directory_id)
    }

    /// Whether `key` is the one and only voter.
    #[must_use]
    pub fn is_only_voter(&self, key: ReplicaKey) -> bool {
        self.len() == 1 && self.is_voter(key)
    }

    /// The same set with what it says of `voter` replaced; `None` if it says that already.
    ///
    /// # Panics
    /// If `voter` is not in the set: a leader describes itself, and leads because it is a voter.
    #[must_use]
    pub fn updated(&self, voter: &Voter) -> Option<Self> {
        assert!(self.is_voter(voter.key), "only a voter's own description is updated");
        if self.0.get(&voter.key.id) == Some(voter) {
            return None;
        }
        let mut voters = self.0.clone();
        voters.insert(voter.key.id, voter.clone());
        Some(Self(voters))
    }
}

fn static_voter(entry: &str, listener: &str) -> Option<Voter> {
    let (id, address) = entry.split_once('@')?;
    let (host, port) = address.rsplit_once(':')?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let id = id.parse().ok().filter(|&id: &i32| id >= 0)?;
    let port = port.parse().ok()?;
    (!host.is_empty()).then(|| Voter {
        key: ReplicaKey { id: BrokerId(id), directory_id: None },
        endpoints: vec![Endpoint { name: listener.to_owned(), host: host.to_owned(), port }],
        // A static voter has said nothing about itself, so nothing beyond the first level is known of it.
        kraft_versions: 0..=0,
    })
}

/// Why `controller.quorum.voters` cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StaticVotersError {
    /// Not `id@host:port`.
    Syntax(String),
    /// The same id twice.
    Twice(BrokerId),
}

impl fmt::Display for StaticVotersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(entry) => {
                write!(f, "'{entry}' is not a voter: write id@host:port, as in 1@localhost:9093")
            }
            Self::Twice(id) => write!(f, "voter {id} is given twice"),
        }
    }
}

impl std::error::Error for StaticVotersError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn static_voters_are_read_as_kafka_reads_them() {
        let voters = VoterSet::from_static("1@localhost:9093, 2@[::1]:9094,", "CONTROLLER").unwrap();
        let seen: Vec<_> =
            voters.iter().map(|v| (v.key.id.0, v.endpoints[0].host.as_str(), v.endpoints[0].port)).collect();
        assert_eq!(seen, [(1, "localhost", 9093), (2, "::1", 9094)]);
        assert!(VoterSet::from_static("", "CONTROLLER").unwrap().is_empty());
        for wrong in ["1", "1@", "1@host", "@host:1", "-1@host:1", "x@host:1", "1@:1", "1@host:70000"] {
            assert_eq!(VoterSet::from_static(wrong, "C"), Err(StaticVotersError::Syntax(wrong.to_owned())));
        }
        assert_eq!(VoterSet::from_static("1@a:1,1@b:1", "C"), Err(StaticVotersError::Twice(BrokerId(1))));
    }

    #[test]
    fn a_replaced_disk_is_another_voter_unless_the_voters_are_static() {
        let (old, new) = (Uuid([1; 16]), Uuid([2; 16]));
        let key = |directory| ReplicaKey::new(BrokerId(1), directory);
        let voters = VoterSet::from_static("1@h:1", "C").unwrap();
        assert!(voters.is_only_voter(key(old)) && voters.is_only_voter(key(new)));
        let voters = VoterSet::of(Voter { key: key(old), endpoints: Vec::new(), kraft_versions: 0..=1 });
        assert!(voters.is_only_voter(key(old)) && !voters.is_voter(key(new)));
    }
}
