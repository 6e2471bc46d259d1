//! The node: everything a broker and its controller are, and nothing of the world around.
//!
//! It is called and never runs by itself. A driver gives it time, a disk and a seed, calls a handler for each request,
//! and calls [`Node::tick`], [`Node::commit_metadata`] and the partitions' syncs when it is time for them: threads under
//! [`runtime`](crate::runtime), one loop under the simulator.
//!
//! Locks, in the order in which they may be taken: a group's shard, the metadata log, a partition. Nobody holds the locks
//! of two partitions, and none of these while it waits for the disk to sync.
//!
//! Source: Kafka `BrokerServer`, `ControllerServer`, `BrokerMetadataPublisher`.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use arc_swap::ArcSwap;
use coordinator::group::GroupConfig;
use metadata::{
    Delta, Image,
    config::{BrokerLayers, Overrides, ResourceType, ServerConfig, TopicConfig},
    controller::{brokers::BrokerRegistrationRequest, features},
    image::{ConfigResource, ControllerRegistration, TopicImage},
    topic_name::{CONSUMER_OFFSETS, is_internal},
};
use parking_lot::Mutex;
use protocol::types::{BrokerId, Monotonic, Now, Offset, Timestamp, TopicPartition, Uuid};
use replication::fetch_session::FetchSessions;
use storage::{
    Checkpoint, DeletedDir, Disk, DiskError, Log, LogDir, LogDirError, LogDirLimits, OpenWarning, RetiredSegments,
};

use crate::{
    chance::Chance,
    cleaner::{Cleaner, CleanerConfig},
    groups::Groups,
    metadata_log::{self, AppendFailed, Committed, LoadError, MetadataLog},
    metrics::Metrics,
    partition::{Partition, PartitionConfig},
    queue::{Bell, SyncQueue},
    retention_clock::RetentionClock,
    scrubber::Scrubber,
    space::SpaceWatch,
    topics::{Topic, Topics},
};

/// How often logs are looked at for a sync that `flush.ms` asks for.
const FLUSH_CHECK_MS: u64 = 1000;

/// Numbers that requests need at hand.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// `fetch.max.bytes`: at most about so much in one answer.
    pub fetch_bytes_max: i32,
}

/// Why a node did not open.
#[derive(Debug)]
pub enum OpenError {
    /// The log directory.
    Dir(LogDirError),
    /// The metadata log.
    Metadata(LoadError),
    /// The disk.
    Disk(DiskError),
    /// This node could not be registered.
    Register(AppendFailed),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dir(error) => error.fmt(f),
            Self::Metadata(error) => error.fmt(f),
            Self::Disk(error) => error.fmt(f),
            Self::Register(error) => write!(f, "this node cannot be registered: {error}"),
        }
    }
}

impl std::error::Error for OpenError {}

impl From<LogDirError> for OpenError {
    fn from(error: LogDirError) -> Self {
        Self::Dir(error)
    }
}

impl From<LoadError> for OpenError {
    fn from(error: LoadError) -> Self {
        Self::Metadata(error)
    }
}

impl From<DiskError> for OpenError {
    fn from(error: DiskError) -> Self {
        Self::Disk(error)
    }
}

impl From<AppendFailed> for OpenError {
    fn from(error: AppendFailed) -> Self {
        Self::Register(error)
    }
}

/// Files that are no longer part of anything, kept a while for those who still read them.
#[derive(Debug)]
enum Trash {
    Segments(RetiredSegments),
    Dir(DeletedDir),
}

/// What it takes to open a log that nobody has asked for yet.
struct LogOpener {
    dir: Arc<LogDir>,
    id: TopicPartition,
    topic_id: Uuid,
    producer_id_expiration_ms: i64,
    draw: u64,
    unique: Uuid,
    now: Timestamp,
}

impl LogOpener {
    fn open(self, config: &PartitionConfig) -> Option<Log> {
        let Self { dir, id, topic_id, .. } = &self;
        let mut log_config = config.log(self.producer_id_expiration_ms, self.draw);
        log_config.headroom = is_internal(&id.topic);
        let open = || dir.open_log(id, *topic_id, log_config, self.now);
        let opened = open().or_else(|error| match error {
            storage::OpenError::OtherTopic { .. } => {
                set_aside(dir, id, self.unique);
                open()
            }
            other => Err(other),
        });
        match opened {
            Ok((log, warnings)) => {
                for warning in warnings {
                    match warning {
                        OpenWarning::Damaged(damage) => {
                            tracing::error!(partition = %id, %damage, "records are damaged; all others are served");
                        }
                        warning => tracing::warn!(partition = %id, %warning, "a log was opened"),
                    }
                }
                Some(log)
            }
            Err(error) => {
                tracing::error!(partition = %id, %error, "a log cannot be opened, the partition is offline");
                None
            }
        }
    }
}

fn set_aside(dir: &LogDir, partition: &TopicPartition, unique: Uuid) {
    match dir.set_aside(partition, unique) {
        Ok(to) => {
            tracing::warn!(%partition, to = %to.display(), "a directory belongs to no topic and is set aside")
        }
        Err(error) => tracing::error!(%partition, %error, "a directory belongs to no topic and is in the way"),
    }
}

/// When each of the recurring jobs is due.
#[derive(Debug)]
struct Due {
    retention: Monotonic,
    checkpoint: Monotonic,
    flush_check: Monotonic,
}

/// Everything that is one broker and one controller.
pub struct Node {
    /// As the operator wrote it.
    pub config: ServerConfig,
    /// Numbers that requests need at hand.
    pub settings: Settings,
    /// The cluster this node belongs to.
    pub cluster_id: String,
    /// This node.
    pub broker_id: BrokerId,
    /// What it counts.
    pub metrics: Metrics,
    /// Its chance.
    pub chance: Chance,
    /// The topics it holds.
    pub topics: Topics,
    /// Fetches that go on.
    pub sessions: Mutex<FetchSessions>,
    /// The metadata log, and who decides on it.
    pub controller: MetadataLog,
    /// Its groups.
    pub groups: Groups,
    /// How much room its disk has.
    pub space: SpaceWatch,
    /// How far the scrubbing of the logs has come.
    pub scrubber: Scrubber,
    /// Logs that want a sync.
    pub syncs: SyncQueue,
    /// Who compacts logs.
    pub cleaner: Cleaner,
    /// Wakes who calls [`tick`](Self::tick).
    pub timers: Bell,
    image: ArcSwap<Image>,
    metadata_offset: AtomicI64,
    dir: Arc<LogDir>,
    trash: Mutex<Vec<(Monotonic, Trash)>>,
    due: Mutex<Due>,
    clock: Mutex<RetentionClock>,
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("id", &self.broker_id).field("dir", &self.dir.path()).finish_non_exhaustive()
    }
}

impl Node {
    /// Opens the node that `config` describes on `disk`, which was formatted: takes its directory, reads the metadata,
    /// has it elected and registered, opens its logs.
    ///
    /// # Errors
    /// The directory cannot be used as it is; what to do about it is in the message.
    pub fn open(config: ServerConfig, disk: Arc<dyn Disk>, seed: u64, now: Now) -> Result<Self, OpenError> {
        let chance = Chance::from_seed(seed);
        let broker_id = BrokerId(config.node_id);
        let mut dir = LogDir::open(disk, Path::new(&config.log_dir), broker_id, None, LogDirLimits::default())?;
        for warning in dir.warnings() {
            tracing::warn!(%warning, "the log directory");
        }
        let leftovers = dir.take_leftovers();
        let loaded = metadata_log::load(&dir, &config, now)?;
        let incarnation = chance.uuid();
        dir.begin(loaded.last_incarnation, incarnation)?;

        let node = Self {
            settings: Settings { fetch_bytes_max: i32::try_from(config.network.fetch_max_bytes).unwrap_or(i32::MAX) },
            cluster_id: dir.meta().cluster_id.clone(),
            broker_id,
            metrics: Metrics::default(),
            chance,
            topics: Topics::default(),
            sessions: Mutex::new(FetchSessions::new(config.network.fetch_session_cache_slots as usize)),
            controller: loaded.log,
            groups: Groups::new(group_config(&config)),
            space: SpaceWatch::default(),
            scrubber: Scrubber::default(),
            syncs: SyncQueue::default(),
            cleaner: Cleaner::default(),
            timers: Bell::default(),
            image: ArcSwap::default(),
            metadata_offset: AtomicI64::new(0),
            trash: Mutex::new(leftovers.into_iter().map(|dir| (now.mono, Trash::Dir(dir))).collect()),
            due: Mutex::new(Due { retention: now.mono, checkpoint: now.mono, flush_check: now.mono }),
            clock: Mutex::default(),
            dir: Arc::new(dir),
            config,
        };
        node.register(incarnation, now)?;
        Ok(node)
    }

    fn register(&self, incarnation: Uuid, now: Now) -> Result<(), OpenError> {
        let supported = features::supported(self.config.unstable_feature_versions);
        let listeners = |listeners: &[metadata::config::server::Listener]| {
            let told = listeners.iter().map(|listener| metadata::image::Listener {
                name: listener.name.clone(),
                host: listener.host.clone(),
                port: listener.port,
                security_protocol: listener.protocol.code(),
            });
            told.collect::<Vec<_>>()
        };
        let controller = ControllerRegistration {
            id: self.broker_id.0,
            incarnation_id: incarnation,
            zk_migration_ready: false,
            listeners: listeners(&self.config.advertised_controller_listeners),
            features: supported.clone(),
        };
        let broker = BrokerRegistrationRequest {
            id: self.broker_id,
            incarnation_id: incarnation,
            listeners: listeners(&self.config.advertised_listeners),
            features: supported,
            rack: self.config.rack.clone(),
            log_dirs: self.dir.meta().directory_id.into_iter().collect(),
            previous_epoch: self.dir.clean_shutdown().map_or(-1, |clean| clean.broker_epoch),
        };
        self.controller.register(&controller, &broker, now)?;
        let (committed, waiting) = self.controller.commit(now);
        let Some(last) = committed.into_iter().next_back() else {
            let reason = self.controller.trouble().unwrap_or_else(|| "nothing was committed".to_owned());
            return Err(AppendFailed::Broken(reason).into());
        };
        self.store_image(last.end, last.image);
        self.look_at_space(now);
        let image = self.image();
        self.set_strays_aside(&image);
        for topic in image.topics.iter() {
            self.hold(&image, topic, now);
        }
        waiting.into_iter().for_each(|keep| keep());
        Ok(())
    }

    /// A topic may have been deleted whose directories a death has left in place.
    fn set_strays_aside(&self, image: &Image) {
        for partition in self.dir.partitions() {
            let is_known = partition.topic == metadata::topic_name::CLUSTER_METADATA
                || image.topics.by_name(&partition.topic).is_some();
            if !is_known {
                set_aside(&self.dir, &partition, self.chance.uuid());
            }
        }
    }

    /// The metadata that everybody sees.
    #[must_use]
    pub fn image(&self) -> Arc<Image> {
        self.image.load_full()
    }

    /// The offset behind the last record of [`image`](Self::image).
    #[must_use]
    pub fn metadata_offset(&self) -> Offset {
        Offset(self.metadata_offset.load(Ordering::Acquire))
    }

    fn store_image(&self, end: Offset, image: Image) {
        self.image.store(Arc::new(image));
        self.metadata_offset.store(end.0, Ordering::Release);
    }

    /// The features that are on, and their levels; `kraft.version` among them.
    #[must_use]
    pub fn finalized_features(&self) -> Vec<(String, i16)> {
        let image = self.image();
        let levels = image.features.iter().map(|(name, level)| (name.to_owned(), level));
        let kraft = ("kraft.version".to_owned(), self.controller.kraft_version());
        levels.chain([kraft]).filter(|(_, level)| *level > 0).collect()
    }

    /// Why the node cannot go on, if it cannot.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.controller.trouble().or_else(|| self.dir.offline().map(|reason| reason.to_string()))
    }

    /// Commits what the controller has decided, shows it, and answers who waited for it.
    pub fn commit_metadata(&self, now: Now) {
        loop {
            let (committed, waiting) = self.controller.commit(now);
            if committed.is_empty() && waiting.is_empty() {
                return;
            }
            for Committed { end, image, delta } in committed {
                self.store_image(end, image);
                self.apply(&delta, now);
            }
            waiting.into_iter().for_each(|keep| keep());
        }
    }

    /// Follows a change of the metadata with what this node holds.
    fn apply(&self, delta: &Delta, now: Now) {
        let image = self.image();
        let mut deleted = Vec::new();
        for (id, topic) in &delta.topics_deleted {
            if let Some(topic) = self.topics.remove(*id) {
                let openable = topic.partitions.iter().filter(|partition| partition.open());
                openable.for_each(|partition| self.delete(partition, now));
            }
            deleted.push((topic.name.to_string(), *id));
        }
        if !deleted.is_empty() {
            // What the checkpoints say of these partitions must not be taken for the next topic of the name.
            self.save_checkpoints();
        }
        self.groups.topics_deleted(self, &deleted, now);
        let changed = delta.topics_created.iter().chain(delta.partitions_changed.keys());
        for topic in changed.filter_map(|id| image.topics.by_id(*id)) {
            self.hold(&image, topic, now);
        }
        let mut all = false;
        for resource in &delta.configs_changed {
            match resource.kind {
                ResourceType::Topic => {
                    if let Some(topic) = self.topics.by_name(&resource.name) {
                        self.reconfigure(&image, &topic);
                    }
                }
                ResourceType::Broker => all = true,
                ResourceType::Group | ResourceType::ClientMetrics => {}
            }
        }
        if all {
            self.topics.all().iter().for_each(|topic| self.reconfigure(&image, topic));
        }
    }

    /// What broker and cluster set, for the configuration of topics.
    pub fn with_layers<R>(&self, image: &Image, f: impl FnOnce(BrokerLayers<'_>) -> R) -> R {
        let nothing = Overrides::new();
        let of = |name: &str| image.configs.get(&ConfigResource::new(ResourceType::Broker, name)).cloned();
        let (per_broker, cluster_default) = (of(&self.broker_id.to_string()), of(""));
        f(BrokerLayers {
            per_broker: per_broker.as_deref().unwrap_or(&nothing),
            cluster_default: cluster_default.as_deref().unwrap_or(&nothing),
            file: &self.config.file,
        })
    }

    /// How many connections there may be, in all and from one address: `max.connections` and `max.connections.per.ip`,
    /// which can be changed while the node runs.
    #[must_use]
    pub fn connections_max(&self) -> (usize, usize) {
        let image = self.image();
        let limit = |number: i32| usize::try_from(number).unwrap_or(0);
        self.with_layers(&image, |layers| {
            (limit(layers.int("max.connections")), limit(layers.int("max.connections.per.ip")))
        })
    }

    fn partition_config(&self, image: &Image, topic: &str) -> Arc<PartitionConfig> {
        let overrides = image.configs.topic(topic).map(|configs| Overrides::clone(configs)).unwrap_or_default();
        let config = self.with_layers(image, |layers| TopicConfig::new(layers, &overrides));
        Arc::new(PartitionConfig::new(config))
    }

    fn reconfigure(&self, image: &Image, topic: &Topic) {
        let config = self.partition_config(image, &topic.name);
        for partition in topic.partitions.iter().filter(|partition| partition.open()) {
            partition.set_config(Arc::clone(&config), self.producer_id_expiration_ms(image), self.chance.u64());
        }
    }

    fn producer_id_expiration_ms(&self, image: &Image) -> i64 {
        self.with_layers(image, |layers| layers.int("producer.id.expiration.ms")).into()
    }

    /// The settings of who compacts logs.
    #[must_use]
    pub fn cleaner_config(&self) -> CleanerConfig {
        self.with_layers(&self.image(), CleanerConfig::new)
    }

    /// The time that the age of records counts to: the wall clock's, unless that has jumped ahead.
    #[must_use]
    pub fn steady_now(&self, now: Now) -> Timestamp {
        let (steady, jumped) = self.clock.lock().now(now);
        if let Some(ms) = jumped {
            tracing::warn!(
                seconds = ms / 1000,
                "the clock has jumped ahead: retention and compaction believe it if that lasts for an hour"
            );
        }
        steady
    }

    /// By how many milliseconds the wall clock has jumped ahead and is not believed yet.
    #[must_use]
    pub fn clock_ahead_ms(&self) -> i64 {
        self.clock.lock().ahead_ms()
    }

    /// Takes up those partitions of a topic that are not held yet. Those that have records are opened later: by who asks
    /// for them, or by [`open_logs`](Self::open_logs).
    fn hold(&self, image: &Image, topic: &Arc<TopicImage>, now: Now) {
        let known = self.topics.by_id(topic.id);
        let mut partitions = known.map_or_else(Vec::new, |known| known.partitions.clone());
        if partitions.len() == topic.partitions.len() {
            return;
        }
        let config = self.partition_config(image, &topic.name);
        for (&index, partition) in topic.partitions.range(partitions.len() as i32..) {
            let id = TopicPartition::new(&*topic.name, index);
            let is_new = !self.dir.has_records(&id);
            let opener = LogOpener {
                dir: Arc::clone(&self.dir),
                id,
                topic_id: topic.id,
                producer_id_expiration_ms: self.producer_id_expiration_ms(image),
                draw: self.chance.u64(),
                unique: self.chance.uuid(),
                now: now.wall,
            };
            let (name, epoch) = (Arc::clone(&topic.name), partition.leader_epoch);
            let opener = Box::new(|config: &PartitionConfig| opener.open(config));
            let partition = Arc::new(Partition::new(name, index, topic.id, epoch, Arc::clone(&config), opener));
            if is_new {
                partition.open();
            }
            partitions.push(partition);
        }
        if *topic.name == *CONSUMER_OFFSETS {
            self.groups.host(&partitions);
            self.timers.ring();
        }
        self.topics.put(Topic { name: Arc::clone(&topic.name), id: topic.id, partitions });
    }

    /// Opens the logs that nobody has asked for since the start; to be called once, beside everything else. Nothing is
    /// retained, compacted or synced of a log before it is open.
    ///
    /// # Arguments
    /// - `go_on`: is told how many have been looked at, and of how many; `false` ends it.
    pub fn open_logs(&self, mut go_on: impl FnMut(usize, usize) -> bool) {
        let partitions = self.topics.all_partitions();
        for (at, partition) in partitions.iter().enumerate() {
            if !go_on(at, partitions.len()) {
                return;
            }
            partition.open();
        }
        self.timers.ring();
    }

    fn delete(&self, partition: &Partition, now: Now) {
        match partition.delete(self.chance.uuid()) {
            Ok(Some(dir)) => {
                let delay = partition.config().topic.file_delete_delay_ms.max(0) as u64;
                self.trash.lock().push((now.mono.plus_ms(delay), Trash::Dir(dir)));
            }
            Ok(None) => {}
            Err(error) => tracing::error!(?partition, %error, "a log could not be deleted"),
        }
    }

    /// Does what recurs: group timers, retention, checkpoints, and the removal of files that were kept a while.
    pub fn tick(&self, now: Now) {
        self.groups.tick(self, now);
        self.controller.snapshot_if_wanted(now);
        self.empty_trash(now);
        self.tell_damage();
        self.look_at_space(now);
        let (retention, checkpoint, flush_check) = {
            let mut due = self.due.lock();
            let is_due = |at: &mut Monotonic, interval_ms: u64| {
                let is_due = *at <= now.mono;
                if is_due {
                    *at = now.mono.plus_ms(interval_ms.max(1));
                }
                is_due
            };
            let Due { retention, checkpoint, flush_check } = &mut *due;
            (
                is_due(retention, self.config.logs.retention_check_interval_ms.max(0) as u64),
                is_due(checkpoint, self.config.logs.flush_offset_checkpoint_interval_ms.max(0) as u64),
                is_due(flush_check, FLUSH_CHECK_MS),
            )
        };
        if !(retention || checkpoint || flush_check) {
            return;
        }
        let steady = Now { wall: self.steady_now(now), ..now };
        for partition in self.topics.partitions() {
            if retention && let Some(retired) = partition.retire(steady) {
                self.retire(retired, now);
            }
            if checkpoint {
                partition.ask_for_checkpoint(self);
                self.note_high_watermark(&partition);
            } else if partition.is_sync_due(now) {
                partition.ask_for_sync(self);
            }
        }
        if checkpoint {
            self.save_checkpoints();
        }
    }

    fn retire(&self, retired: RetiredSegments, now: Now) {
        tracing::info!(segments = retired.count(), "retention lets segments go");
        match retired.rename() {
            Ok(()) => self.discard(retired, now),
            Err(error) => tracing::error!(%error, "segments could not be set aside"),
        }
    }

    /// Removes segments that have been renamed, once nobody reads them any more.
    pub fn discard(&self, retired: RetiredSegments, now: Now) {
        let at = now.mono.plus_ms(retired.delay_ms);
        self.trash.lock().push((at, Trash::Segments(retired)));
    }

    fn empty_trash(&self, now: Now) {
        let due = {
            let mut trash = self.trash.lock();
            let (due, later) = std::mem::take(&mut *trash).into_iter().partition(|(at, _)| *at <= now.mono);
            *trash = later;
            Vec::<(Monotonic, Trash)>::from_iter(due)
        };
        for (_, trash) in due {
            let removed = match trash {
                Trash::Segments(segments) => segments.remove(),
                Trash::Dir(dir) => dir.remove(),
            };
            if let Err(error) = removed {
                tracing::error!(%error, "files that are no longer needed could not be removed");
            }
        }
    }

    fn note_high_watermark(&self, partition: &Partition) {
        let id = TopicPartition::new(partition.topic(), partition.index());
        if partition.log_end() > Offset::ZERO {
            self.dir.set_checkpoint(Checkpoint::HighWatermark, &id, partition.high_watermark());
        }
    }

    fn save_checkpoints(&self) {
        Checkpoint::ALL.into_iter().for_each(|kind| self.save_checkpoint(kind));
    }

    /// Writes a checkpoint's file, if anything in it changed.
    pub fn save_checkpoint(&self, kind: Checkpoint) {
        if let Err(error) = self.dir.save_checkpoint(kind) {
            tracing::error!(%error, "a checkpoint could not be written");
        }
    }

    /// Makes the starts of all logs survive a restart.
    ///
    /// # Errors
    /// As the disk says.
    pub fn save_log_starts(&self) -> Result<(), DiskError> {
        self.dir.save_checkpoint(Checkpoint::LogStart)
    }

    /// When to call [`tick`](Self::tick) if nothing happens before.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Monotonic> {
        let due = self.due.lock();
        let recurring = due.retention.min(due.checkpoint).min(due.flush_check);
        drop(due);
        let trash = self.trash.lock().iter().map(|(at, _)| *at).min();
        [Some(recurring), trash, self.groups.poll_timeout()].into_iter().flatten().min()
    }

    /// Lets no thread wait for work.
    pub fn wake_threads(&self) {
        self.syncs.close();
        self.cleaner.close();
        self.controller.wake();
        self.timers.ring();
        self.scrubber.bell.ring();
    }

    /// What readers and the scrubber found damaged since somebody last asked.
    pub(crate) fn take_damage(&self) -> Vec<storage::Damage> {
        self.dir.take_damage()
    }

    /// The log directory, as DescribeLogDirs names it.
    #[must_use]
    pub fn log_dir_name(&self) -> String {
        absolute(self.dir.path()).display().to_string()
    }

    /// Whether the log directory failed.
    #[must_use]
    pub fn is_dir_offline(&self) -> bool {
        self.dir.offline().is_some()
    }

    /// How much can still be written, and how much in all; -1 if that is not known.
    #[must_use]
    pub fn disk_bytes(&self) -> (i64, i64) {
        let space = self.dir.disk().space(self.dir.path()).ok();
        let known = |bytes: Option<u64>| bytes.map_or(-1, |bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
        (known(space.map(|(free, _)| free)), known(space.map(|(_, total)| total)))
    }

    /// Looks how much room the disk has, if the last look is long enough ago.
    pub(crate) fn look_at_space(&self, now: Now) {
        let Some(before) = self.space.begin_look(now) else { return };
        let image = self.image();
        let reserve = self.with_layers(&image, |layers| layers.long("milena.disk.reserve.bytes"));
        match self.dir.look_at_space(u64::try_from(reserve).unwrap_or(0)) {
            Ok(status) => self.space.looked(before, status, self.dir.path()),
            Err(error) => tracing::warn!(%error, "how much room the disk has is not known"),
        }
    }

    /// Stops as Kafka does: the broker gives up its leaderships and is fenced, the logs are synced, the directory is
    /// marked as cleanly left. No request may be under way, and none may come.
    ///
    /// # Errors
    /// What could not be written; the next start then recovers as after a crash.
    pub fn close(&self, now: Now) -> Result<(), CloseError> {
        self.controller.deregister(now)?;
        self.commit_metadata(now);
        if let Some(reason) = self.trouble() {
            return Err(CloseError::Append(AppendFailed::Broken(reason)));
        }
        if self.dir.clean_shutdown().is_none() {
            // A clean mark must not hide a log that was never recovered.
            self.open_logs(|_, _| true);
        }
        let mut stopped = Vec::new();
        for partition in self.topics.partitions() {
            self.note_high_watermark(&partition);
            match partition.stop() {
                Ok(log) => stopped.push(log),
                Err(error) => tracing::error!(?partition, %error, "a log could not be stopped"),
            }
        }
        stopped.push(self.controller.stop(now)?);
        let broker_epoch = self.controller.broker_epoch();
        self.dir.close(stopped, broker_epoch).map_err(CloseError::Disk)
    }
}

/// Why a stop was not a clean one.
#[derive(Debug)]
pub enum CloseError {
    /// The metadata log.
    Append(AppendFailed),
    /// The disk.
    Disk(DiskError),
}

impl fmt::Display for CloseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Append(error) => error.fmt(f),
            Self::Disk(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CloseError {}

impl From<AppendFailed> for CloseError {
    fn from(error: AppendFailed) -> Self {
        Self::Append(error)
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn group_config(config: &ServerConfig) -> GroupConfig {
    let groups = &config.groups;
    GroupConfig {
        min_session_timeout_ms: groups.min_session_timeout_ms,
        max_session_timeout_ms: groups.max_session_timeout_ms,
        initial_rebalance_delay_ms: groups.initial_rebalance_delay_ms.max(0) as u64,
        max_size: groups.max_size as usize,
        offset_metadata_max: groups.offset_metadata_max_bytes as usize,
        offsets_retention_ms: groups.offsets_retention_ms,
        offsets_retention_check_interval_ms: groups.offsets_retention_check_interval_ms.max(1) as u64,
    }
}
