//! Opening the metadata log: the latest snapshot, the log behind it, and an election.

use std::{fmt, path::PathBuf, sync::Arc};

use metadata::{
    Controller, Delta, MetadataRecord, config::ServerConfig, controller::bootstrap::ActivationError,
    topic_name::CLUSTER_METADATA,
};
use parking_lot::Mutex;
use protocol::{
    records::{RecordBatch, next_batch},
    types::{BrokerId, Now, Offset, TopicPartition, Uuid},
};
use raft::{
    Config, ControlState, ElectionState, Endpoint, QUORUM_STATE_FILE, Raft, ReplicaKey, Snapshot, SnapshotId, VoterSet,
    format::BOOTSTRAP_FILE, snapshot::Retention,
};
use storage::{
    DiskError, Log, LogConfig, LogDir,
    disk::{Disk, read_file},
};

use super::{AppendFailed, MetadataLog, ProducerIds, State};
use crate::queue::Bell;

/// The largest snapshot that is read.
const SNAPSHOT_BYTES_MAX: u64 = 4 << 30;

/// One read of the log while loading.
const READ_BYTES: u32 = 8 << 20;

/// Why the metadata log cannot be used.
#[derive(Debug)]
pub enum LoadError {
    /// The log's own files.
    Log(storage::OpenError),
    /// Another file.
    Disk(DiskError),
    /// What stands in a file.
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// What stands in the log.
    Record {
        /// Where.
        offset: Offset,
        /// What is wrong with it.
        reason: String,
    },
    /// The quorum is not this node alone.
    Quorum(raft::StartError),
    /// The levels of the cluster, or the records of its formatter.
    Activation(ActivationError),
    /// Something could not be written.
    Append(AppendFailed),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log(error) => error.fmt(f),
            Self::Disk(error) => error.fmt(f),
            Self::Content { path, reason } => write!(f, "{}: {reason}", path.display()),
            Self::Record { offset, reason } => write!(f, "the metadata log at offset {offset}: {reason}"),
            Self::Quorum(error) => error.fmt(f),
            Self::Activation(error) => error.fmt(f),
            Self::Append(error) => write!(f, "the metadata log cannot be written: {error}"),
        }
    }
}

impl std::error::Error for LoadError {}

impl From<DiskError> for LoadError {
    fn from(error: DiskError) -> Self {
        Self::Disk(error)
    }
}

/// A metadata log that was read and whose leader this node is.
#[derive(Debug)]
pub struct Loaded {
    /// It.
    pub log: MetadataLog,
    /// The incarnation that this node last registered with.
    pub last_incarnation: Option<Uuid>,
}

/// Reads the metadata log of `dir` and has this node elected.
///
/// # Errors
/// Nothing was written then, except where that itself failed.
pub fn load(dir: &LogDir, config: &ServerConfig, now: Now) -> Result<Loaded, LoadError> {
    let disk = Arc::clone(dir.disk());
    let path = dir.path().join(format!("{CLUSTER_METADATA}-0"));
    let node_id = BrokerId(config.node_id);
    let mut controller = Controller::new(config.node_id, config.file.clone());
    let mut control = ControlState::new(static_voters(config));

    let snapshot_end = load_snapshot(&*disk, &path, &mut controller, &mut control)?;
    let (log, warnings) = open_log(dir, config, now).map_err(LoadError::Log)?;
    for warning in warnings {
        tracing::warn!(%warning, "the metadata log");
    }
    let (mut log, mut last_append) = (log, now.wall);
    if log.end() < snapshot_end {
        log.truncate_fully(snapshot_end, now.wall)
            .map_err(|error| LoadError::Append(AppendFailed::Broken(error.to_string())))?;
    }
    replay(&log, snapshot_end, |batch| {
        control.on_loaded(batch).map_err(|error| error.to_string())?;
        last_append = batch.header().max_timestamp;
        replay_batch(&mut controller, batch, snapshot_end)
    })?;
    let last_incarnation = controller.image().cluster.broker(node_id).map(|broker| broker.incarnation_id);

    let endpoints = config.advertised_controller_listeners.iter().map(|listener| Endpoint {
        name: listener.name.clone(),
        host: listener.host.clone(),
        port: listener.port,
    });
    let raft_config = Config {
        local: ReplicaKey::new(node_id, dir.meta().directory_id.unwrap_or_default()),
        endpoints: endpoints.collect(),
        election_timeout_ms: config.quorum.election_timeout_ms.max(0) as u64,
        snapshot_bytes: config.quorum.max_record_bytes_between_snapshots.max(0) as u64,
        snapshot_interval_ms: config.quorum.max_snapshot_interval_ms.map_or(0, |ms| ms.max(0) as u64),
    };
    let election = load_election(&*disk, &path)?;
    let mut effects = Vec::new();
    let raft = Raft::start(raft_config, control, election, now, &mut effects).map_err(LoadError::Quorum)?;
    let mut state = State {
        epoch: raft.epoch(),
        raft,
        log,
        controller,
        broker_epoch: -1,
        high_watermark: Offset::ZERO,
        staged: Default::default(),
        waiting: Default::default(),
        creating: Default::default(),
        producer_ids: ProducerIds::default(),
        snapshot_wanted: false,
        last_append,
    };
    storage::log_dir::make_dirs(&*disk, &path)?;
    state.carry_out(&*disk, &path, now, effects).map_err(LoadError::Append)?;
    let bootstrap = load_bootstrap(&*disk, dir)?;
    let activation = state.controller.activate(&bootstrap, config.unstable_feature_versions);
    let activation = activation.map_err(LoadError::Activation)?;
    if !activation.records.is_empty() {
        state.append(&*disk, &path, now, activation.records).map_err(LoadError::Append)?;
    }
    let retention = Retention { bytes: config.quorum.max_retention_bytes, ms: config.quorum.max_retention_ms };
    let log = MetadataLog {
        state: Mutex::new(state),
        work: Bell::default(),
        trouble: Mutex::default(),
        disk,
        dir: path,
        node_id,
        retention,
    };
    Ok(Loaded { log, last_incarnation })
}

fn static_voters(config: &ServerConfig) -> VoterSet {
    let listener = config.controller_listeners.first().map_or("CONTROLLER", |listener| &listener.name);
    let text = config.quorum_voters.iter().map(|voter| format!("{}@{}", voter.id, voter.address));
    VoterSet::from_static(&text.collect::<Vec<_>>().join(","), listener).unwrap_or_default()
}

fn open_log(
    dir: &LogDir,
    config: &ServerConfig,
    now: Now,
) -> Result<(Log, Vec<storage::OpenWarning>), storage::OpenError> {
    let log_config = LogConfig {
        segment_bytes: config.quorum.log_segment_bytes,
        segment_ms: config.quorum.log_segment_ms,
        // Segments go with the snapshots that cover them, never by age or size alone.
        delete_old_segments: false,
        // It decides before it writes, and must not be refused then.
        headroom: true,
        ..LogConfig::default()
    };
    dir.open_log(&TopicPartition::new(CLUSTER_METADATA, 0), MetadataLog::TOPIC_ID, log_config, now.wall)
}

fn load_election(disk: &dyn Disk, dir: &std::path::Path) -> Result<Option<ElectionState>, LoadError> {
    let path = dir.join(QUORUM_STATE_FILE);
    let bytes = match read_file(disk, &path, 1 << 20) {
        Ok(bytes) => bytes,
        Err(error) if error.is_missing() => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let text = String::from_utf8_lossy(&bytes);
    match ElectionState::parse(&text) {
        Ok(election) => Ok(Some(election)),
        Err(error) => Err(LoadError::Content { path, reason: error.to_string() }),
    }
}

/// Replays the latest snapshot. Returns where it ends.
fn load_snapshot(
    disk: &dyn Disk,
    dir: &std::path::Path,
    controller: &mut Controller,
    control: &mut ControlState,
) -> Result<Offset, LoadError> {
    let entries = match disk.list(dir) {
        Ok(entries) => entries,
        Err(error) if error.is_missing() => return Ok(Offset::ZERO),
        Err(error) => return Err(error.into()),
    };
    let latest = entries.iter().filter_map(|entry| SnapshotId::from_file_name(&entry.name)).max();
    let Some(id) = latest else { return Ok(Offset::ZERO) };
    let path = dir.join(id.file_name());
    let bytes = read_file(disk, &path, SNAPSHOT_BYTES_MAX)?;
    let wrong = |reason: String| LoadError::Content { path: path.clone(), reason };
    let snapshot = Snapshot::read(&bytes).map_err(|error| wrong(error.to_string()))?;
    control.on_snapshot(id, &snapshot).map_err(|error| wrong(error.to_string()))?;
    let at = id.end_offset.plus(-1);
    for value in snapshot.records() {
        let record = MetadataRecord::decode(value).map_err(|error| wrong(error.to_string()))?;
        controller.replay(at, record, &mut Delta::default()).map_err(|error| wrong(error.to_string()))?;
    }
    Ok(id.end_offset)
}

fn load_bootstrap(disk: &dyn Disk, dir: &LogDir) -> Result<Vec<MetadataRecord>, LoadError> {
    let path = dir.path().join(BOOTSTRAP_FILE);
    let bytes = match read_file(disk, &path, SNAPSHOT_BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(error) if error.is_missing() => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let wrong = |reason: String| LoadError::Content { path: path.clone(), reason };
    let snapshot = Snapshot::read(&bytes).map_err(|error| wrong(error.to_string()))?;
    let records = snapshot.records().map(MetadataRecord::decode);
    records.collect::<Result<_, _>>().map_err(|error| wrong(error.to_string()))
}

/// Walks the log from its start.
fn replay(
    log: &Log,
    covered: Offset,
    mut each: impl FnMut(&RecordBatch<'_>) -> Result<(), String>,
) -> Result<(), LoadError> {
    let mut at = log.start().max(covered);
    while at < log.end() {
        let read = log.read(at, READ_BYTES, log.end(), true);
        let read = read.map_err(|error| LoadError::Record { offset: at, reason: error.to_string() })?;
        let Some(read) = read else {
            return Err(LoadError::Record { offset: at, reason: "there is nothing before the end".to_owned() });
        };
        let bytes = read.range.read()?;
        let (mut rest, before) = (&bytes[..], at);
        while let Ok(Some((batch, behind))) = next_batch(rest) {
            each(&batch).map_err(|reason| LoadError::Record { offset: batch.header().base_offset, reason })?;
            at = batch.header().next_offset();
            rest = behind;
        }
        if at == before {
            return Err(LoadError::Record { offset: at, reason: "the batch is damaged".to_owned() });
        }
    }
    Ok(())
}

fn replay_batch(controller: &mut Controller, batch: &RecordBatch<'_>, covered: Offset) -> Result<(), String> {
    if batch.header().attributes.is_control() {
        return Ok(());
    }
    let body = batch.decompress(READ_BYTES as usize * 8).map_err(|error| error.to_string())?;
    for record in batch.records(&body) {
        let record = record.map_err(|error| error.to_string())?;
        if record.offset < covered {
            continue;
        }
        let value = record.value.ok_or("a record without a value")?;
        let decoded = MetadataRecord::decode(value).map_err(|error| error.to_string())?;
        controller.replay(record.offset, decoded, &mut Delta::default()).map_err(|error| error.to_string())?;
    }
    Ok(())
}
