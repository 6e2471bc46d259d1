//! The state machine of one replica. So far of a sole voter: whoever is not the only voter is refused at the start.
//!
//! ```text
//!            start, by quorum-state                         ┌────────────────────────────────┐
//!   ┌───────────────┬───────────────────┐                   ▼                                │
//!   │ led the epoch │ voted for itself  │ anything else   Unattached ─ at once, epoch + 1 ─► Candidate
//!   ▼               ▼                   ▼                   ▲                                │ own vote is
//!  Resigned       Candidate         Unattached              │ election timeout, epoch + 1    │ the majority
//!   │               (same epoch)                            │                                ▼
//!   └─ at once, epoch + 1 ─► Candidate                    Resigned ◄── Resign, Shutdown ── Leader
//! ```
//!
//! | from | to | when | epoch |
//! |---|---|---|---|
//! | (start) | Resigned | `quorum-state` says this node led its epoch | same |
//! | (start) | Candidate | it says this node voted for itself, and the log has nothing of that epoch | same |
//! | (start) | Unattached | otherwise; also if the log's epoch is higher | the higher of file and log |
//! | Unattached | Candidate | at once: there is nobody to wait for | + 1 |
//! | Resigned | Candidate | at the start, at once | + 1 |
//! | Resigned | Unattached | after a resignation, at the election timeout; never after Shutdown | + 1 |
//! | Candidate | Leader | its own vote is the majority | same |
//! | Leader | Resigned | [`Input::Resign`], [`Input::Shutdown`] | same |
//!
//! A node that led an epoch never leads it again: after a power cut its log may be shorter than what others, or its own
//! readers, saw of that epoch, and offset and epoch must name one record only. So it starts as Resigned, may not vote in
//! that epoch, and is elected in the next. Kafka's Prospective (pre-vote, KIP-996) has no row: a sole voter would pass
//! through it without a change to anything. Follower comes with the second voter.
//!
//! The high watermark is the end of what is synced, and only once that is beyond the start of the epoch: the LeaderChange
//! record in front makes sure that it soon is.
//!
//! Source: Kafka `QuorumState`, `KafkaRaftClient`, `LeaderState`.

use std::ops::Range;

use protocol::{
    records::RecordBatch,
    types::{LeaderEpoch, Monotonic, Now, Offset, Timestamp},
};

use crate::{
    batches::{self, ControlRecord, Place},
    control::ControlState,
    election::ElectionState,
    snapshot::{SnapshotId, SnapshotWriter},
    voters::{Endpoint, KRAFT_VERSIONS, ReplicaKey, Voter, VoterSet},
};

mod error;
mod step;

pub use error::{NotCommitted, ProposeError, StartError};
pub use step::{Effect, Input};

/// The most bytes that one batch of metadata may have, header included. A batch is all or nothing, so this bounds what
/// one decision of the controller may write.
///
/// Source: Kafka `KafkaRaftClient.MAX_BATCH_SIZE_BYTES`.
pub const BATCH_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What a replica knows of itself.
#[derive(Clone, Debug)]
pub struct Config {
    /// This node and its metadata log's directory, as in `meta.properties`.
    pub local: ReplicaKey,
    /// Its controller listeners, as others reach them.
    pub endpoints: Vec<Endpoint>,
    /// `controller.quorum.election.timeout.ms`, Kafka's default 1000.
    pub election_timeout_ms: u64,
    /// `metadata.log.max.record.bytes.between.snapshots`, Kafka's default 20 MiB.
    pub snapshot_bytes: u64,
    /// `metadata.log.max.snapshot.interval.ms`, Kafka's default one hour; 0 is never.
    pub snapshot_interval_ms: u64,
}

/// Where the replica stands; the fields are what only that state needs.
#[derive(Clone, Debug)]
enum State {
    /// Knows of no election it could win or follow in this epoch.
    Unattached {
        /// As `quorum-state` had it, kept until there is a new election.
        election: ElectionState,
    },
    /// Led this epoch, and neither leads nor votes in it any more.
    Resigned {
        /// When to stand again; `None` after Shutdown.
        until: Option<Monotonic>,
    },
    /// Has voted for itself.
    Candidate,
    /// Leads.
    Leader(Leader),
}

#[derive(Clone, Debug)]
struct Leader {
    /// The offset of this epoch's LeaderChange record.
    epoch_start: Offset,
    /// One past the last record known to be synced.
    synced: Offset,
    /// `None` until a record of this epoch is synced; from then on beyond `epoch_start` and at most `synced`.
    high_watermark: Option<Offset>,
}

/// One replica of the metadata log.
#[derive(Clone, Debug)]
pub struct Raft {
    config: Config,
    log: ControlState,
    epoch: LeaderEpoch,
    state: State,
    /// What `quorum-state` holds.
    persisted: Option<ElectionState>,
    last_snapshot_at: Monotonic,
}

impl Raft {
    /// Starts from what is on disk, and is elected: see the table above. `log` must have seen the latest snapshot and
    /// the whole log, `election` is what `quorum-state` says, `None` if there is no such file.
    ///
    /// # Errors
    /// If this node is not the only voter. Nothing is to be done then.
    pub fn start(
        config: Config,
        log: ControlState,
        election: Option<ElectionState>,
        now: Now,
        effects: &mut Vec<Effect>,
    ) -> Result<Self, StartError> {
        if !log.voters().is_only_voter(config.local) {
            return Err(match log.voters().len() {
                0 => StartError::NoVoters,
                1 => StartError::NotVoter { local: config.local, voters: log.voters().clone() },
                count => StartError::SeveralVoters { count },
            });
        }
        let read = election.unwrap_or(ElectionState { epoch: LeaderEpoch(0), leader: None, voted: None });
        let state = if read.epoch < log.last_epoch() {
            let election = ElectionState { epoch: log.last_epoch(), leader: None, voted: None };
            State::Unattached { election }
        } else if read.leader == Some(config.local.id) {
            State::Resigned { until: Some(now.mono) }
        } else if read.voted_for(config.local) && read.epoch > log.last_epoch() {
            State::Candidate
        } else {
            State::Unattached { election: read }
        };
        let epoch = read.epoch.max(log.last_epoch());
        let mut raft = Self { config, log, epoch, state, persisted: election, last_snapshot_at: now.mono };
        match raft.state {
            State::Candidate => raft.become_leader(now, effects),
            _ => raft.become_candidate(now, effects),
        }
        Ok(raft)
    }

    /// Takes what happened and says what to do.
    ///
    /// # Panics
    /// If more is said to be synced than was appended.
    pub fn step(&mut self, now: Now, input: Input, effects: &mut Vec<Effect>) {
        match (input, &mut self.state) {
            (Input::Synced { next }, State::Leader(leader)) => {
                assert!(next <= self.log.next_offset(), "only what was appended can be synced");
                leader.synced = leader.synced.max(next);
                self.advance_high_watermark(now, effects);
            }
            (Input::Resign { epoch }, State::Leader(_)) if epoch == self.epoch => {
                let until = now.mono.plus_ms(self.config.election_timeout_ms);
                self.resign(Some(until), effects);
            }
            (Input::Shutdown, State::Leader(_)) => self.resign(None, effects),
            (Input::Shutdown, State::Resigned { until }) => *until = None,
            (Input::Timeout, State::Resigned { until: Some(until) }) if *until <= now.mono => {
                self.become_unattached(effects);
                self.become_candidate(now, effects);
            }
            (Input::Snapshotted { id }, _) => self.log.forget_before(id.end_offset),
            (Input::Synced { .. } | Input::Resign { .. } | Input::Shutdown | Input::Timeout, _) => {}
        }
    }

    /// When to say [`Input::Timeout`] if nothing happens before.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Monotonic> {
        match self.state {
            State::Resigned { until } => until,
            _ => None,
        }
    }

    /// Appends metadata records as one batch, so that all of them take effect or none. Each is framed as
    /// `protocol::stored::metadata_value` does it. They get the offsets returned, in their order, and are committed
    /// when an [`Effect::Committed`] says so.
    ///
    /// # Errors
    /// Nothing was appended then.
    ///
    /// # Panics
    /// If there are no records: an offset range that is empty can be neither written nor committed.
    pub fn propose(
        &mut self,
        now: Now,
        epoch: LeaderEpoch,
        records: &[Vec<u8>],
        effects: &mut Vec<Effect>,
    ) -> Result<Range<Offset>, ProposeError> {
        assert!(!records.is_empty(), "a proposal has records");
        if epoch != self.epoch || !matches!(self.state, State::Leader(_)) {
            return Err(ProposeError::NotLeader { epoch: self.epoch });
        }
        let bytes = batches::data_batch(self.place(now.wall), records);
        if bytes.len() > BATCH_BYTES_MAX {
            return Err(ProposeError::TooLarge { bytes: bytes.len() });
        }
        Ok(self.append(bytes, effects))
    }

    /// Begins the snapshot of what the log says below `end`, which must be the end of a batch and committed.
    /// `last_contained_log_timestamp` is that of the batch that ends there.
    ///
    /// # Errors
    /// [`NotCommitted`] if `end` is beyond the high watermark, or if this node has not led long enough to know it.
    pub fn snapshot(
        &self,
        end: Offset,
        last_contained_log_timestamp: Timestamp,
        now: Now,
    ) -> Result<SnapshotWriter, NotCommitted> {
        match &self.state {
            // Below its start the epoch would be another, and what it was is not known here.
            State::Leader(leader) if leader.high_watermark >= Some(end) && end > leader.epoch_start => {
                let id = SnapshotId { end_offset: end, epoch: self.epoch };
                let (kraft_version, voters) = self.log.before(end);
                Ok(SnapshotWriter::new(id, last_contained_log_timestamp, kraft_version, voters, now.wall))
            }
            _ => Err(NotCommitted),
        }
    }

    /// Who this replica is.
    #[must_use]
    pub fn local(&self) -> ReplicaKey {
        self.config.local
    }

    /// The current epoch.
    #[must_use]
    pub fn epoch(&self) -> LeaderEpoch {
        self.epoch
    }

    /// Whether this node leads. It may not be allowed to begin yet: see [`Effect::BecameLeader`].
    #[must_use]
    pub fn is_leader(&self) -> bool {
        matches!(self.state, State::Leader(_))
    }

    /// The end of the log; the next record proposed gets this offset.
    #[must_use]
    pub fn log_end(&self) -> Offset {
        self.log.next_offset()
    }

    /// One past the last committed record, as far as this leader knows; `None` before the first of its epoch.
    #[must_use]
    pub fn high_watermark(&self) -> Option<Offset> {
        match &self.state {
            State::Leader(leader) => leader.high_watermark,
            _ => None,
        }
    }

    /// The voters, as the log or the configuration names them.
    #[must_use]
    pub fn voters(&self) -> &VoterSet {
        self.log.voters()
    }

    /// The finalized level of `kraft.version`.
    #[must_use]
    pub fn kraft_version(&self) -> i16 {
        self.log.kraft_version()
    }

    fn become_unattached(&mut self, effects: &mut Vec<Effect>) {
        let Some(epoch) = self.next_epoch() else { return };
        self.epoch = epoch;
        self.state = State::Unattached { election: ElectionState { epoch, leader: None, voted: None } };
        self.persist(effects);
    }

    fn become_candidate(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let Some(epoch) = self.next_epoch() else {
            // 2^31 elections: the last leader of all has resigned.
            self.state = State::Resigned { until: None };
            return;
        };
        self.epoch = epoch;
        self.state = State::Candidate;
        self.persist(effects);
        self.become_leader(now, effects);
    }

    /// A sole candidate's own vote is the majority.
    fn become_leader(&mut self, now: Now, effects: &mut Vec<Effect>) {
        assert!(matches!(self.state, State::Candidate), "only a candidate is elected");
        assert!(self.epoch > self.log.last_epoch(), "an epoch has one leader, once");
        let epoch_start = self.log.next_offset();
        self.state = State::Leader(Leader { epoch_start, synced: Offset::ZERO, high_watermark: None });
        self.persist(effects);
        let bytes = batches::control_batch(self.place(now.wall), &self.start_of_epoch());
        self.append(bytes, effects);
    }

    /// LeaderChange, and who the voters are, unless the log says so already and as it is.
    fn start_of_epoch(&self) -> Vec<ControlRecord> {
        let voters = self.log.voters();
        let mut records = vec![ControlRecord::LeaderChange {
            leader: self.config.local.id,
            voters: voters.iter().map(|voter| voter.key.id).collect(),
            granting: vec![self.config.local.id],
        }];
        if self.log.kraft_version() >= 1 {
            let local = Voter {
                key: self.config.local,
                endpoints: self.config.endpoints.clone(),
                kraft_versions: KRAFT_VERSIONS,
            };
            let updated = voters.updated(&local);
            if updated.is_some() || self.log.voters_offset() == Some(Offset::NONE) {
                records.push(ControlRecord::KRaftVersion(self.log.kraft_version()));
                records.push(ControlRecord::KRaftVoters(updated.unwrap_or_else(|| voters.clone())));
            }
        }
        records
    }

    fn resign(&mut self, until: Option<Monotonic>, effects: &mut Vec<Effect>) {
        self.state = State::Resigned { until };
        self.persist(effects);
        effects.push(Effect::Resigned { epoch: self.epoch });
    }

    fn next_epoch(&self) -> Option<LeaderEpoch> {
        self.epoch.0.checked_add(1).map(LeaderEpoch)
    }

    fn persist(&mut self, effects: &mut Vec<Effect>) {
        let election = self.election();
        if self.persisted != Some(election) {
            self.persisted = Some(election);
            let text = election.to_text(self.log.kraft_version(), self.log.voters());
            effects.push(Effect::PersistQuorumState(text));
        }
    }

    fn election(&self) -> ElectionState {
        let ReplicaKey { id, .. } = self.config.local;
        match self.state {
            State::Unattached { election } => election,
            State::Candidate => ElectionState { epoch: self.epoch, leader: None, voted: Some(self.config.local) },
            State::Leader(_) | State::Resigned { .. } => {
                ElectionState { epoch: self.epoch, leader: Some(id), voted: None }
            }
        }
    }

    fn place(&self, timestamp: Timestamp) -> Place {
        Place { base_offset: self.log.next_offset(), epoch: self.epoch, timestamp }
    }

    fn append(&mut self, bytes: Vec<u8>, effects: &mut Vec<Effect>) -> Range<Offset> {
        let batch = RecordBatch::new(&bytes).expect("a batch built here is one");
        self.log.follow(&batch).expect("what is written here can be read here");
        let offsets = batch.base_offset..batch.next_offset();
        effects.push(Effect::Append { offsets: offsets.clone(), bytes });
        effects.push(Effect::Sync { next: offsets.end });
        offsets
    }

    fn advance_high_watermark(&mut self, now: Now, effects: &mut Vec<Effect>) {
        let State::Leader(leader) = &mut self.state else { return };
        // With more voters: the offset that a majority of them has synced.
        let replicated = leader.synced;
        if replicated <= leader.epoch_start || leader.high_watermark >= Some(replicated) {
            return;
        }
        let first = leader.high_watermark.replace(replicated).is_none();
        effects.push(Effect::Committed { high_watermark: replicated });
        if first {
            effects.push(Effect::BecameLeader { epoch: self.epoch });
        }
        let waited = now.mono.since(self.last_snapshot_at).as_millis();
        let interval = u128::from(self.config.snapshot_interval_ms);
        if self.log.bytes_since_snapshot() >= self.config.snapshot_bytes || interval != 0 && waited >= interval {
            self.log.take_bytes_since_snapshot();
            self.last_snapshot_at = now.mono;
            effects.push(Effect::SnapshotNeeded);
        }
    }
}

#[cfg(test)]
mod tests;
