//! Drives the quorum and the controller: the metadata log, from a decision to what everybody sees.
//!
//! ```text
//! handler ─▶ lock ─▶ controller decides ─▶ raft places ─▶ log appends ─▶ controller replays ─▶ unlock
//!                                                                                 ⋮  (others decide meanwhile)
//! thread `metadata` ─▶ what is to be synced ─▶ fdatasync ─▶ raft: committed ─▶ publish image ─▶ answers
//! ```
//!
//! A decision takes effect for the next one as soon as it is appended, and for everybody else once it is synced. While one
//! sync is under way any number of decisions gather for the next, so thousands of topics cost a handful of syncs.
//!
//! An append that fails leaves the state ahead of the log, and the node of no further use: it stops and says so
//! ([`MetadataLog::trouble`]).
//!
//! Source: Kafka `QuorumController`, `KafkaRaftClient`, `MetadataLoader`, `BrokerLifecycleManager`.

use std::{
    collections::{BTreeSet, VecDeque},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use metadata::{
    Controller, Delta, Image, MetadataRecord, Outcome,
    controller::brokers::{BrokerRegistrationRequest, Former, Heartbeat},
};
use parking_lot::Mutex;
use protocol::{
    ErrorCode,
    messages::{
        create_topics::{CreatableTopic, CreateTopicsRequest},
        describe_quorum::{Node as QuorumNode, ResponsePartitionData},
    },
    types::{BrokerId, LeaderEpoch, Now, Offset, ProducerId, Timestamp, Uuid},
};
use raft::{Effect, Input, QUORUM_STATE_FILE, Raft, snapshot::Retention};
use storage::{
    Log, SyncScope,
    disk::{Disk, replace_file},
};

use crate::{
    answer::{Reply, promise},
    node::Node,
    queue::Bell,
};

mod load;
mod snapshots;

pub use load::{LoadError, Loaded, load};

/// What is known of the quorum, for metrics.
#[derive(Clone, Copy, Debug)]
pub struct Status {
    /// Whether the controller on this node is the active one.
    pub is_active: bool,
    /// The quorum's epoch.
    pub epoch: LeaderEpoch,
    /// Everything below is committed.
    pub high_watermark: Offset,
    /// The next record's offset.
    pub log_end: Offset,
}

/// What is committed and to be seen by everybody: the image after some record, and what changed up to it.
#[derive(Debug)]
pub struct Committed {
    /// The offset of the next record.
    pub end: Offset,
    /// The metadata below it.
    pub image: Image,
    /// What changed since the one before.
    pub delta: Delta,
}

/// The most that a record takes beside its value, and a batch beside its records.
const RECORD_OVERHEAD: u64 = 64;
const BATCH_OVERHEAD: u64 = 1024;

/// Something that waits for a record to be committed.
type Waiting = Box<dyn FnOnce() + Send>;

struct State {
    raft: Raft,
    log: Log,
    controller: Controller,
    epoch: LeaderEpoch,
    broker_epoch: i64,
    high_watermark: Offset,
    /// Appended and not committed, ascending.
    staged: VecDeque<Committed>,
    /// Ascending by offset.
    waiting: VecDeque<(Offset, Waiting)>,
    /// Topics that nobody asked for and that are being made.
    creating: BTreeSet<String>,
    producer_ids: ProducerIds,
    snapshot_wanted: bool,
    last_append: Timestamp,
}

/// The block of producer ids that this broker gives out.
#[derive(Default)]
struct ProducerIds {
    left: Range<i64>,
    /// The block is this broker's once everything below is committed.
    committed_at: Offset,
}

/// The metadata log and its controller.
pub struct MetadataLog {
    state: Mutex<State>,
    work: Bell,
    /// Why the node cannot go on.
    trouble: Mutex<Option<String>>,
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    node_id: BrokerId,
    retention: Retention,
}

impl std::fmt::Debug for MetadataLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MetadataLog").field("dir", &self.dir).finish_non_exhaustive()
    }
}

/// A record that could not be appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AppendFailed {
    /// The disk is full, and so is what was kept in reserve. Nothing has happened, and it may pass.
    NoRoom,
    /// The log is of no further use, for this reason.
    Broken(String),
}

impl std::fmt::Display for AppendFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoRoom => f.write_str("no space is left on the disk, nor in reserve"),
            Self::Broken(reason) => f.write_str(reason),
        }
    }
}

impl State {
    /// Appends records as one batch and lets the controller replay them. Returns the end of the batch.
    fn append(
        &mut self,
        disk: &dyn Disk,
        dir: &Path,
        now: Now,
        records: Vec<MetadataRecord>,
    ) -> Result<Offset, AppendFailed> {
        let failed = |error: &dyn std::fmt::Display| AppendFailed::Broken(error.to_string());
        let level = level_of(&self.controller, &records);
        let values = records.iter().map(|record| record.encode(level)).collect::<Result<Vec<_>, _>>();
        let values = values.map_err(|error| failed(&error))?;
        // Before anything is decided: it could not be taken back.
        let bytes = values.iter().map(|value| value.len() as u64 + RECORD_OVERHEAD).sum::<u64>() + BATCH_OVERHEAD;
        self.log.ensure_room(bytes, now.wall).map_err(|error| match error {
            storage::AppendError::DiskFull => AppendFailed::NoRoom,
            other => failed(&other),
        })?;
        let mut effects = Vec::new();
        let offsets = self.raft.propose(now, self.epoch, &values, &mut effects).map_err(|error| failed(&error))?;
        self.carry_out(disk, dir, now, effects)?;
        let mut delta = Delta::default();
        for (offset, record) in (offsets.start.0..).map(Offset).zip(records) {
            self.controller.replay(offset, record, &mut delta).map_err(|error| failed(&error))?;
        }
        self.last_append = now.wall;
        self.staged.push_back(Committed { end: offsets.end, image: self.controller.image().clone(), delta });
        Ok(offsets.end)
    }

    /// Does what the quorum asks for, in its order. Syncs are left to [`MetadataLog::commit`].
    fn carry_out(&mut self, disk: &dyn Disk, dir: &Path, now: Now, effects: Vec<Effect>) -> Result<(), AppendFailed> {
        for effect in effects {
            match effect {
                Effect::PersistQuorumState(text) => replace_file(disk, &dir.join(QUORUM_STATE_FILE), text.as_bytes())
                    .map_err(|error| AppendFailed::Broken(error.to_string()))?,
                Effect::Append { offsets, bytes } => {
                    let appended = self.log.append_placed(&bytes, now.wall);
                    let appended = appended.map_err(|error| AppendFailed::Broken(error.to_string()))?;
                    assert_eq!(appended, offsets, "the log gives the offsets that the quorum gave");
                }
                Effect::Sync { .. } => {}
                Effect::Committed { high_watermark } => self.high_watermark = high_watermark,
                Effect::BecameLeader { epoch } => self.epoch = epoch,
                Effect::Resigned { epoch } => tracing::info!(%epoch, "the controller resigned"),
                Effect::SnapshotNeeded => self.snapshot_wanted = true,
            }
        }
        Ok(())
    }
}

/// The level to write records at: the one that they set themselves, for the first records of a cluster.
fn level_of(controller: &Controller, records: &[MetadataRecord]) -> metadata::MetadataVersion {
    let set = records.iter().find_map(|record| match record {
        MetadataRecord::FeatureLevel(level) if level.name == metadata::MetadataVersion::FEATURE => {
            Some(metadata::MetadataVersion(level.feature_level))
        }
        _ => None,
    });
    set.unwrap_or_else(|| controller.image().metadata_version())
}

impl MetadataLog {
    /// Why the node cannot go on, if it cannot.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().clone()
    }

    fn failed(&self, error: AppendFailed) {
        let reason = match error {
            AppendFailed::NoRoom => {
                tracing::error!("a decision is refused: no space is left on the disk, nor in reserve");
                return;
            }
            AppendFailed::Broken(reason) => reason,
        };
        tracing::error!(reason, "the metadata log failed");
        self.trouble.lock().get_or_insert(format!("the metadata log failed: {reason}"));
    }

    /// Lets the controller decide, and answers once the decision is committed, and all that it rests on.
    pub fn decide<R: Send + 'static>(&self, now: Now, decide: impl FnOnce(&Controller) -> Outcome<R>) -> Reply<R> {
        let mut state = self.state.lock();
        let Outcome { records, response, .. } = decide(&state.controller);
        if records.is_empty() {
            // It may rest on what is appended and not committed: that a topic exists, for one.
            let Some(end) = state.staged.back().map(|staged| staged.end) else { return Reply::Now(response) };
            let (kept, ticket) = promise();
            state.waiting.push_back((end, Box::new(move || kept.keep(response))));
            return Reply::later(ticket);
        }
        match state.append(&*self.disk, &self.dir, now, records) {
            Ok(end) => {
                let (kept, ticket) = promise();
                state.waiting.push_back((end, Box::new(move || kept.keep(response))));
                drop(state);
                self.work.ring();
                Reply::later(ticket)
            }
            Err(error) => {
                drop(state);
                self.failed(error);
                Reply::Close("the metadata log took no decision")
            }
        }
    }

    /// Makes a topic that a client only mentioned, with the broker's defaults; the offsets topic as groups need it.
    pub fn create_topic_unasked(&self, node: &Node, name: &str, now: Now) {
        let mut state = self.state.lock();
        if state.controller.image().topics.by_name(name).is_some() || !state.creating.insert(name.to_owned()) {
            return;
        }
        let topic = if name == metadata::topic_name::CONSUMER_OFFSETS {
            state.controller.consumer_offsets_topic()
        } else {
            let default = (-1, -1);
            CreatableTopic {
                name: name.to_owned().into(),
                num_partitions: default.0,
                replication_factor: default.1,
                ..CreatableTopic::default()
            }
        };
        let request = CreateTopicsRequest { topics: vec![topic], timeout_ms: 30_000, validate_only: false };
        let outcome = state.controller.create_topics(&request, &mut || node.chance.uuid());
        for failed in outcome.response.topics.iter().filter(|topic| topic.error_code != ErrorCode::NONE) {
            let reason = failed.error_message.as_ref().map(ToString::to_string).unwrap_or_default();
            tracing::warn!(topic = name, reason, "a topic could not be made");
        }
        if outcome.records.is_empty() {
            state.creating.remove(name);
            return;
        }
        tracing::info!(topic = name, "making a topic that a client asked about");
        if let Err(error) = state.append(&*self.disk, &self.dir, now, outcome.records) {
            state.creating.remove(name);
            drop(state);
            self.failed(error);
        } else {
            drop(state);
            self.work.ring();
        }
    }

    /// Gives out a producer id, once it is certain that nobody else ever gets it.
    pub fn producer_id<R: Send + 'static>(
        &self,
        now: Now,
        answer: impl FnOnce(Result<ProducerId, ErrorCode>) -> R + Send + 'static,
    ) -> Reply<R> {
        let mut state = self.state.lock();
        if state.producer_ids.left.is_empty() {
            let outcome = match state.controller.allocate_producer_ids(self.node_id, state.broker_epoch) {
                Ok(outcome) => outcome,
                Err(error) => return Reply::Now(answer(Err(error.code()))),
            };
            match state.append(&*self.disk, &self.dir, now, outcome.records) {
                Ok(committed_at) => state.producer_ids = ProducerIds { left: outcome.response, committed_at },
                Err(error) => {
                    drop(state);
                    let is_refused = error == AppendFailed::NoRoom;
                    self.failed(error);
                    if is_refused {
                        return Reply::Now(answer(Err(ErrorCode::COORDINATOR_LOAD_IN_PROGRESS)));
                    }
                    return Reply::Close("the metadata log failed");
                }
            }
        }
        let id = ProducerId(state.producer_ids.left.next().expect("a block is not empty"));
        let committed_at = state.producer_ids.committed_at;
        if committed_at <= state.high_watermark {
            return Reply::Now(answer(Ok(id)));
        }
        let (kept, ticket) = promise();
        let keep: Waiting = Box::new(move || kept.keep(answer(Ok(id))));
        let at = state.waiting.partition_point(|(end, _)| *end <= committed_at);
        state.waiting.insert(at, (committed_at, keep));
        drop(state);
        self.work.ring();
        Reply::later(ticket)
    }

    /// Registers this node as controller and broker, and lets it serve: the first records of a start.
    ///
    /// # Errors
    /// Why it cannot be; what was appended is harmless and the next start goes on from it.
    pub fn register(
        &self,
        controller: &metadata::image::ControllerRegistration,
        broker: &BrokerRegistrationRequest,
        now: Now,
    ) -> Result<(), AppendFailed> {
        let mut state = self.state.lock();
        let state = &mut *state;
        let failed = |error: &dyn std::fmt::Display| AppendFailed::Broken(error.to_string());
        let outcome = state.controller.register_controller(controller);
        state.append(&*self.disk, &self.dir, now, outcome.records)?;
        // The lock of the directory proves that the former incarnation is dead.
        let outcome = state.controller.register_broker(broker, Former::Gone, state.raft.log_end());
        let outcome = outcome.map_err(|error| failed(&error))?;
        // The registration's own offset is the broker's epoch, also if other records come before it in the batch.
        let mut records = outcome.records;
        let at = state.raft.log_end().plus(records.len() as i64 - 1);
        if let Some(MetadataRecord::RegisterBroker(registration)) = records.last_mut()
            && registration.broker_epoch == outcome.response
        {
            registration.broker_epoch = at.0;
        }
        state.broker_epoch = at.0;
        state.append(&*self.disk, &self.dir, now, records)?;
        let heartbeat = Heartbeat {
            id: broker.id,
            epoch: state.broker_epoch,
            metadata_offset: state.raft.log_end(),
            want_fence: false,
            want_shut_down: false,
            cordoned_log_dirs: Some(Vec::new()),
        };
        let outcome = state.controller.broker_heartbeat(&heartbeat).map_err(|error| failed(&error))?;
        if !outcome.records.is_empty() {
            state.append(&*self.disk, &self.dir, now, outcome.records)?;
        }
        Ok(())
    }

    /// Writes what a clean stop writes: leaderships given up, the broker fenced.
    ///
    /// # Errors
    /// The stop is not a clean one then.
    pub fn deregister(&self, now: Now) -> Result<(), AppendFailed> {
        let mut state = self.state.lock();
        let state = &mut *state;
        // One heartbeat moves the leaderships, the next lets the broker go.
        for _ in 0..2 {
            let heartbeat = Heartbeat {
                id: self.node_id,
                epoch: state.broker_epoch,
                metadata_offset: state.raft.log_end(),
                want_fence: false,
                want_shut_down: true,
                cordoned_log_dirs: None,
            };
            let outcome = state.controller.broker_heartbeat(&heartbeat);
            let outcome = outcome.map_err(|error| AppendFailed::Broken(error.to_string()))?;
            if !outcome.records.is_empty() {
                state.append(&*self.disk, &self.dir, now, outcome.records)?;
            }
            if outcome.response.should_shut_down {
                break;
            }
        }
        Ok(())
    }

    /// Syncs what was appended, and hands out what is committed by it, oldest first. The answers that waited come with it:
    /// to be given once the image is published.
    #[must_use = "what is committed has to be published, and who waits has to be told"]
    pub fn commit(&self, now: Now) -> (Vec<Committed>, Vec<Waiting>) {
        let job = self.state.lock().log.sync_job(SyncScope::Records);
        let job = match job {
            Ok(Some(job)) => job,
            Ok(None) => return (Vec::new(), Vec::new()),
            Err(error) => {
                self.failed(AppendFailed::Broken(error.to_string()));
                return (Vec::new(), Vec::new());
            }
        };
        let result = job.run();
        let mut state = self.state.lock();
        let state = &mut *state;
        let durable = match state.log.sync_done(&job, result) {
            Ok(durable) => durable,
            // There was no room for the files beside the records; the thread comes again soon.
            Err(storage::AppendError::DiskFull) => return (Vec::new(), Vec::new()),
            Err(error) => {
                self.failed(AppendFailed::Broken(error.to_string()));
                return (Vec::new(), Vec::new());
            }
        };
        let mut effects = Vec::new();
        state.raft.step(now, Input::Synced { next: durable }, &mut effects);
        if let Err(error) = state.carry_out(&*self.disk, &self.dir, now, effects) {
            self.failed(error);
            return (Vec::new(), Vec::new());
        }
        let committed = state.high_watermark;
        let staged = state.staged.partition_point(|staged| staged.end <= committed);
        let published = state.staged.drain(..staged).collect::<Vec<_>>();
        let topics = &state.controller.image().topics;
        state.creating.retain(|name| topics.by_name(name).is_none());
        let waiting = state.waiting.partition_point(|(end, _)| *end <= committed);
        (published, state.waiting.drain(..waiting).map(|(_, waiting)| waiting).collect())
    }

    /// Waits until something was appended, but not for ever.
    pub fn wait_for_work(&self) {
        self.work.wait_until(None, protocol::types::Monotonic::default());
    }

    /// Lets nobody wait.
    pub fn wake(&self) {
        self.work.ring();
    }

    /// What is known of the quorum.
    #[must_use]
    pub fn status(&self) -> Status {
        let state = self.state.lock();
        Status {
            is_active: state.raft.is_leader(),
            epoch: state.raft.epoch(),
            high_watermark: state.high_watermark,
            log_end: state.raft.log_end(),
        }
    }

    /// The level of `kraft.version`.
    #[must_use]
    pub fn kraft_version(&self) -> i16 {
        self.state.lock().raft.kraft_version()
    }

    /// The quorum as DescribeQuorum tells it.
    #[must_use]
    pub fn describe_quorum(&self, now: Timestamp) -> (ResponsePartitionData<'static>, Vec<QuorumNode<'static>>) {
        let state = self.state.lock();
        (state.raft.describe(now), state.raft.describe_nodes())
    }

    /// The registration that this run goes by.
    #[must_use]
    pub fn broker_epoch(&self) -> i64 {
        self.state.lock().broker_epoch
    }

    /// Ends the use of the log as a clean stop does.
    ///
    /// # Errors
    /// The stop is not clean.
    pub fn stop(&self, now: Now) -> Result<storage::StoppedLog, AppendFailed> {
        let mut state = self.state.lock();
        let mut effects = Vec::new();
        state.raft.step(now, Input::Shutdown, &mut effects);
        state.carry_out(&*self.disk, &self.dir, now, effects)?;
        state.log.stop().map_err(|error| AppendFailed::Broken(error.to_string()))
    }

    /// The topic id of the metadata log.
    pub const TOPIC_ID: Uuid = Uuid::ONE;
}
