//! What a voter must never forget: the file `quorum-state`.
//!
//! Whoever has voted in an epoch may not vote for another in it, and whoever has led an epoch may not lead it a second
//! time with a shorter log. Both hold across restarts because the election is on disk, synced, before anybody hears of
//! it. The file is one line of JSON in one of two versions:
//!
//! ```text
//! 0  {"clusterId":"","leaderId":1,"leaderEpoch":2,"votedId":-1,"appliedOffset":0,
//!     "currentVoters":[{"voterId":1}],"data_version":0}                                   kraft.version 0
//! 1  {"leaderId":1,"leaderEpoch":1,"votedId":-1,
//!     "votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}                       kraft.version 1
//! ```
//!
//! `-1` is "none". Of version 0 the cluster id, the applied offset and the voters are written as Kafka writes them and
//! never believed.
//!
//! Source: Kafka `FileQuorumStateStore`, `ElectionState`.

use std::fmt;

use protocol::types::{BrokerId, LeaderEpoch, Uuid};
use serde_json::Value;

use crate::voters::{ReplicaKey, VoterSet};

/// The file's name, in the directory of the metadata log.
pub const QUORUM_STATE_FILE: &str = "quorum-state";

/// How the election of an epoch stands, as far as this replica knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ElectionState {
    /// The epoch; 0 before the first election.
    pub epoch: LeaderEpoch,
    /// Who won it, if that is known.
    pub leader: Option<BrokerId>,
    /// Whom this replica gave its vote.
    pub voted: Option<ReplicaKey>,
}

impl ElectionState {
    /// Reads the content of `quorum-state`. Only the first line counts; fields that Kafka does not know are passed over.
    ///
    /// # Errors
    /// Whatever is not as Kafka writes it. To go on without the file would be to forget a vote: the node must not start.
    pub fn parse(text: &str) -> Result<Self, QuorumStateError> {
        let line = text.lines().next().unwrap_or_default();
        let value: Value = serde_json::from_str(line).map_err(|e| QuorumStateError::Json { column: e.column() })?;
        let version = number(&value, "data_version")?;
        if !(0..=1).contains(&version) {
            return Err(QuorumStateError::Version { version });
        }
        let epoch = number(&value, "leaderEpoch")?;
        // The epoch after it must exist: it is the one to be elected in.
        let epoch = i32::try_from(epoch).ok().filter(|epoch| (0..i32::MAX).contains(epoch));
        let epoch = epoch.ok_or(QuorumStateError::Field { name: "leaderEpoch" })?;
        let voted = match (id(&value, "votedId")?, version) {
            (None, _) => None,
            (Some(id), 0) => Some(ReplicaKey { id, directory_id: None }),
            (Some(id), _) => {
                let directory = value.get("votedDirectoryId").and_then(Value::as_str);
                let directory: Option<Uuid> = directory.and_then(|text| text.parse().ok());
                Some(ReplicaKey::new(id, directory.ok_or(QuorumStateError::Field { name: "votedDirectoryId" })?))
            }
        };
        Ok(Self { epoch: LeaderEpoch(epoch), leader: id(&value, "leaderId")?, voted })
    }

    /// The content of `quorum-state`, without a newline, as Kafka writes it at this level of `kraft.version`.
    #[must_use]
    pub fn to_text(&self, kraft_version: i16, voters: &VoterSet) -> String {
        let leader = self.leader.map_or(-1, |id| id.0);
        let voted = self.voted.map_or(-1, |key| key.id.0);
        let epoch = self.epoch;
        if kraft_version == 0 {
            let voters: Vec<_> = voters.iter().map(|voter| format!(r#"{{"voterId":{}}}"#, voter.key.id)).collect();
            format!(
                r#"{{"clusterId":"","leaderId":{leader},"leaderEpoch":{epoch},"votedId":{voted},"appliedOffset":0,"currentVoters":[{}],"data_version":0}}"#,
                voters.join(",")
            )
        } else {
            let directory = self.voted.map_or(Uuid::ZERO, |key| key.directory_id_or_zero());
            format!(
                r#"{{"leaderId":{leader},"leaderEpoch":{epoch},"votedId":{voted},"votedDirectoryId":"{directory}","data_version":1}}"#
            )
        }
    }

    /// Whether this replica voted for `key`. A vote that was written without a directory id was for the node.
    #[must_use]
    pub fn voted_for(&self, key: ReplicaKey) -> bool {
        self.voted.is_some_and(|voted| voted.id == key.id && (voted.directory_id.is_none() || voted == key))
    }
}

fn number(value: &Value, name: &'static str) -> Result<i64, QuorumStateError> {
    value.get(name).and_then(Value::as_i64).ok_or(QuorumStateError::Field { name })
}

/// A node's id, `None` for -1.
fn id(value: &Value, name: &'static str) -> Result<Option<BrokerId>, QuorumStateError> {
    match i32::try_from(number(value, name)?) {
        Ok(-1) => Ok(None),
        Ok(id) if id >= 0 => Ok(Some(BrokerId(id))),
        _ => Err(QuorumStateError::Field { name }),
    }
}

/// Why `quorum-state` cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuorumStateError {
    /// The first line is not JSON.
    Json {
        /// Where, from 1.
        column: usize,
    },
    /// A version that does not exist yet.
    Version {
        /// The file's `data_version`.
        version: i64,
    },
    /// A field that is missing or cannot be what it says.
    Field {
        /// Its name.
        name: &'static str,
    },
}

impl fmt::Display for QuorumStateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Json { column } => write!(f, "{QUORUM_STATE_FILE} is not JSON (column {column})"),
            Self::Version { version } => {
                write!(f, "{QUORUM_STATE_FILE} has data_version {version}; 0 and 1 can be read")
            }
            Self::Field { name } => write!(f, "{QUORUM_STATE_FILE} has no valid '{name}'"),
        }
    }
}

impl std::error::Error for QuorumStateError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OBSERVED: &str =
        r#"{"leaderId":1,"leaderEpoch":1,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}"#;

    #[test]
    fn apache_kafka_s_file_is_read_and_written_byte_for_byte() {
        let state = ElectionState { epoch: LeaderEpoch(1), leader: Some(BrokerId(1)), voted: None };
        assert_eq!(ElectionState::parse(OBSERVED), Ok(state));
        assert_eq!(state.to_text(1, &VoterSet::default()), OBSERVED);
        let voters = VoterSet::from_static("1@a:1,2@b:2", "C").unwrap();
        assert_eq!(
            state.to_text(0, &voters),
            r#"{"clusterId":"","leaderId":1,"leaderEpoch":1,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":1},{"voterId":2}],"data_version":0}"#
        );
    }

    #[test]
    fn what_kafka_would_not_write_is_refused_and_named() {
        let with = |from: &str, to: &str| ElectionState::parse(&OBSERVED.replace(from, to));
        assert_eq!(ElectionState::parse(""), Err(QuorumStateError::Json { column: 0 }));
        assert_eq!(ElectionState::parse(&OBSERVED[..40]), Err(QuorumStateError::Json { column: 40 }));
        assert_eq!(ElectionState::parse("[]"), Err(QuorumStateError::Field { name: "data_version" }));
        assert_eq!(with(r#"n":1}"#, r#"n":2}"#), Err(QuorumStateError::Version { version: 2 }));
        for epoch in ["-1", "2147483647", "1.5", "null", "99999999999"] {
            let text = format!(r#""leaderEpoch":{epoch}"#);
            assert_eq!(with(r#""leaderEpoch":1"#, &text), Err(QuorumStateError::Field { name: "leaderEpoch" }));
        }
        assert_eq!(with(r#""leaderId":1"#, r#""leaderId":-2"#), Err(QuorumStateError::Field { name: "leaderId" }));
        assert_eq!(with(r#""votedId":-1,"#, ""), Err(QuorumStateError::Field { name: "votedId" }));
        let voted = OBSERVED.replace(r#""votedId":-1"#, r#""votedId":3"#).replace("AAAA\"", "AAA\"");
        assert_eq!(ElectionState::parse(&voted), Err(QuorumStateError::Field { name: "votedDirectoryId" }));
    }

    #[test]
    fn a_vote_without_a_directory_was_for_the_node() {
        let key = ReplicaKey::new(BrokerId(1), Uuid([7; 16]));
        let voted = |voted| ElectionState { epoch: LeaderEpoch(3), leader: None, voted };
        assert!(voted(Some(key)).voted_for(key));
        assert!(voted(Some(ReplicaKey { directory_id: None, ..key })).voted_for(key));
        assert!(!voted(Some(ReplicaKey::new(BrokerId(1), Uuid([8; 16])))).voted_for(key));
        assert!(!voted(None).voted_for(key));
    }

    proptest! {
        #[test]
        fn an_election_survives_its_file(
            epoch in 0..i32::MAX, leader in proptest::option::of(0..i32::MAX),
            voted in proptest::option::of((0..i32::MAX, any::<[u8; 16]>())), kraft_version in 0i16..=1,
        ) {
            let voted = voted.map(|(id, directory)| match kraft_version {
                0 => ReplicaKey { id: BrokerId(id), directory_id: None },
                _ => ReplicaKey::new(BrokerId(id), Uuid(directory)),
            });
            let state = ElectionState { epoch: LeaderEpoch(epoch), leader: leader.map(BrokerId), voted };
            prop_assert_eq!(ElectionState::parse(&state.to_text(kraft_version, &VoterSet::default())), Ok(state));
        }

        #[test]
        fn no_text_makes_the_reader_panic(
            text in any::<String>(), cut in 0..OBSERVED.len(), byte in any::<char>(),
        ) {
            let _ = ElectionState::parse(&text);
            let mut damaged = OBSERVED.to_owned();
            damaged.insert(cut, byte);
            let _ = ElectionState::parse(&damaged);
        }
    }
}
