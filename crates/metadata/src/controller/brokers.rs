//! Brokers and controllers come, stay and go.
//!
//! ```text
//!            register            heartbeat                 heartbeat, wants to leave
//! (unknown) ─────────▶ FENCED ─────────────▶ UNFENCED ─────────────────────────────▶ CONTROLLED_SHUTDOWN
//!                        ▲      has caught up   │ wants to be fenced, or leads nothing    │ leads nothing any more
//!                        └──────────────────────┴─────────────────────────────────────────┘
//! ```
//!
//! A broker that comes back says which incarnation of it wrote its clean-stop mark. If that is the registered one, its
//! logs are whole; if not, it may have lost their ends, and it is struck from ISR and eligible replicas before it is
//! registered again. The registration is the last record, so that a controller that dies in between starts over.
//!
//! Source: KIP-631, KIP-966; Kafka `ClusterControlManager`, `BrokerHeartbeatManager`, `ReplicationControlManager`.

use std::fmt;

use protocol::{
    ErrorCode,
    stored::metadata::BrokerRegistrationChangeRecord,
    types::{BrokerId, Offset, Uuid},
};

use super::{Controller, Outcome, leader_and_isr::Event};
use crate::{
    MetadataRecord, MetadataVersion,
    image::{BrokerRegistration, ControllerRegistration, Listener, SupportedFeatures},
};

/// Directory ids below this are reserved.
const RESERVED_DIRECTORIES: u128 = 100;

/// What a broker says when it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerRegistrationRequest {
    /// `node.id`.
    pub id: BrokerId,
    /// Drawn at random by the process.
    pub incarnation_id: Uuid,
    /// Where clients and brokers reach it.
    pub listeners: Vec<Listener>,
    /// What it supports, `metadata.version` included.
    pub features: SupportedFeatures,
    /// `broker.rack`.
    pub rack: Option<String>,
    /// The ids of its log directories that are online, ascending.
    pub log_dirs: Vec<Uuid>,
    /// The epoch of the incarnation that stopped cleanly last, from `.kafka_cleanshutdown`; -1 after an unclean stop.
    pub previous_epoch: i64,
}

/// Whether a former incarnation of a broker may still be at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Former {
    /// It is certainly gone: its session has run out, or the new one holds the lock of its log directories.
    Gone,
    /// It may be.
    Unknown,
}

/// Why a broker is not registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegisterBrokerError {
    /// Another incarnation may still be at work.
    Duplicate {
        /// The broker.
        id: BrokerId,
    },
    /// It has no log directory.
    NoDirectories,
    /// A log directory has an id that means something else.
    ReservedDirectory {
        /// The id.
        directory: Uuid,
    },
    /// Two log directories have one id.
    DuplicateDirectory {
        /// The id.
        directory: Uuid,
    },
    /// Another broker has a log directory of this id.
    ForeignDirectory {
        /// The id.
        directory: Uuid,
        /// The other broker.
        broker: BrokerId,
    },
    /// It does not say what levels of `metadata.version` it supports.
    NoMetadataVersion,
    /// It does not support a finalized level.
    Feature {
        /// The feature.
        feature: String,
        /// The finalized level.
        level: i16,
    },
}

impl RegisterBrokerError {
    /// Kafka's code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Duplicate { .. } => ErrorCode::DUPLICATE_BROKER_REGISTRATION,
            Self::Feature { .. } => ErrorCode::UNSUPPORTED_VERSION,
            _ => ErrorCode::INVALID_REGISTRATION,
        }
    }
}

impl fmt::Display for RegisterBrokerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Duplicate { id } => write!(f, "another broker is registered with the id {id}"),
            Self::NoDirectories => f.write_str("the broker names no log directory"),
            Self::ReservedDirectory { directory } => write!(f, "the directory id {directory} is reserved"),
            Self::DuplicateDirectory { directory } => write!(f, "two log directories have the id {directory}"),
            Self::ForeignDirectory { directory, broker } => {
                write!(f, "broker {broker} has registered the log directory {directory}")
            }
            Self::NoMetadataVersion => {
                write!(f, "the broker does not say which levels of {} it supports", MetadataVersion::FEATURE)
            }
            Self::Feature { feature, level } => {
                write!(f, "the broker does not support the finalized level {level} of {feature}")
            }
        }
    }
}

impl std::error::Error for RegisterBrokerError {}

/// The broker is not registered with the epoch it gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaleBrokerEpoch {
    /// The broker.
    pub id: BrokerId,
    /// The epoch it gave.
    pub epoch: i64,
    /// The registered one; `None` if it is not registered.
    pub registered: Option<i64>,
}

impl StaleBrokerEpoch {
    /// Kafka's code.
    #[must_use]
    pub fn code(self) -> ErrorCode {
        match self.registered {
            Some(_) => ErrorCode::STALE_BROKER_EPOCH,
            None => ErrorCode::BROKER_ID_NOT_REGISTERED,
        }
    }
}

impl fmt::Display for StaleBrokerEpoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, epoch, registered } = self;
        match registered {
            Some(registered) => write!(f, "broker {id} is registered with epoch {registered}, not {epoch}"),
            None => write!(f, "broker {id} is not registered"),
        }
    }
}

impl std::error::Error for StaleBrokerEpoch {}

/// What a broker says every two seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// The broker.
    pub id: BrokerId,
    /// The epoch it was registered with.
    pub epoch: i64,
    /// The last record of the metadata log that it has applied.
    pub metadata_offset: Offset,
    /// Whether it wants to lead nothing.
    pub want_fence: bool,
    /// Whether it wants to leave.
    pub want_shut_down: bool,
    /// Log directories that get no new partitions; `None` while it has not caught up.
    pub cordoned_log_dirs: Option<Vec<Uuid>>,
}

/// What it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeartbeatReply {
    /// Whether it has applied its own registration.
    pub is_caught_up: bool,
    /// Whether it may lead nothing.
    pub is_fenced: bool,
    /// Whether it may go now.
    pub should_shut_down: bool,
}

/// Where a broker is in the picture above.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Fenced,
    Unfenced,
    ControlledShutdown,
    ShutdownNow,
}

impl Controller {
    /// Decides on a registration. `log_end` is the offset that the next record will have: it becomes the epoch.
    ///
    /// # Errors
    /// A former incarnation that may still be at work; directories or features that do not fit.
    pub fn register_broker(
        &self,
        request: &BrokerRegistrationRequest,
        former: Former,
        log_end: Offset,
    ) -> Result<Outcome<i64>, RegisterBrokerError> {
        let id = request.id;
        let existing = self.image().cluster.broker(id);
        let amends = existing.is_some_and(|existing| existing.incarnation_id == request.incarnation_id);
        if existing.is_some_and(|existing| !existing.fenced) && !amends && former == Former::Unknown {
            return Err(RegisterBrokerError::Duplicate { id });
        }
        self.check_directories(request)?;
        self.check_features(request)?;
        let mut records = Vec::new();
        if let Some(existing) = existing
            && !amends
        {
            let clean = existing.epoch == request.previous_epoch;
            let keeps_elr = self.image().features.has_elr();
            self.partition_changes(if keeps_elr && !clean { Event::Died(id) } else { Event::Leaves(id) }, &mut records);
        }
        let amended = existing.filter(|_| amends);
        let registration = BrokerRegistration {
            id,
            epoch: amended.map_or(log_end.0, |existing| existing.epoch),
            incarnation_id: request.incarnation_id,
            listeners: request.listeners.clone(),
            features: request.features.clone(),
            rack: request.rack.clone(),
            fenced: amended.is_none_or(|existing| existing.fenced),
            in_controlled_shutdown: amended.is_some_and(|existing| existing.in_controlled_shutdown),
            is_migrating_zk_broker: false,
            log_dirs: request.log_dirs.clone(),
            cordoned_log_dirs: None,
        };
        records.push(registration.to_record().into());
        Ok(Outcome { atomic: false, ..Outcome::atomic(records, registration.epoch) })
    }

    fn check_directories(&self, request: &BrokerRegistrationRequest) -> Result<(), RegisterBrokerError> {
        if request.log_dirs.is_empty() {
            return Err(RegisterBrokerError::NoDirectories);
        }
        for (i, &directory) in request.log_dirs.iter().enumerate() {
            if u128::from_be_bytes(directory.0) < RESERVED_DIRECTORIES {
                return Err(RegisterBrokerError::ReservedDirectory { directory });
            }
            if request.log_dirs[..i].contains(&directory) {
                return Err(RegisterBrokerError::DuplicateDirectory { directory });
            }
            let others = self.image().cluster.brokers.values().filter(|broker| broker.id != request.id);
            if let Some(other) = others.into_iter().find(|broker| broker.log_dirs.contains(&directory)) {
                return Err(RegisterBrokerError::ForeignDirectory { directory, broker: other.id });
            }
        }
        Ok(())
    }

    fn check_features(&self, request: &BrokerRegistrationRequest) -> Result<(), RegisterBrokerError> {
        if !request.features.contains_key(MetadataVersion::FEATURE) {
            return Err(RegisterBrokerError::NoMetadataVersion);
        }
        for (feature, level) in self.image().features.iter() {
            if !request.features.get(feature).is_some_and(|levels| levels.contains(&level)) {
                return Err(RegisterBrokerError::Feature { feature: feature.to_owned(), level });
            }
        }
        Ok(())
    }

    /// Decides on the registration of a controller, which every controller asks for when it starts.
    pub fn register_controller(&self, registration: &ControllerRegistration) -> Outcome<()> {
        Outcome::atomic(vec![registration.to_record().into()], ())
    }

    /// Decides on a heartbeat: what becomes of the broker, and of the partitions that it holds.
    ///
    /// # Errors
    /// A broker that is not registered with this epoch.
    pub fn broker_heartbeat(&self, heartbeat: &Heartbeat) -> Result<Outcome<HeartbeatReply>, StaleBrokerEpoch> {
        let broker = self.check_epoch(heartbeat.id, heartbeat.epoch)?;
        let registered_at = self.registered_at.get(&heartbeat.id).copied().unwrap_or(Offset::ZERO);
        let is_caught_up = heartbeat.metadata_offset >= registered_at;
        let state = match (broker.fenced, broker.in_controlled_shutdown) {
            (true, _) => State::Fenced,
            (false, true) => State::ControlledShutdown,
            (false, false) => State::Unfenced,
        };
        let next = match state {
            State::Fenced if heartbeat.want_shut_down => State::ShutdownNow,
            State::Fenced if !heartbeat.want_fence && is_caught_up => State::Unfenced,
            State::Unfenced if heartbeat.want_fence && heartbeat.want_shut_down => State::ShutdownNow,
            State::Unfenced if heartbeat.want_fence => State::Fenced,
            State::Unfenced if heartbeat.want_shut_down && self.leads_anything(heartbeat.id) => {
                State::ControlledShutdown
            }
            State::Unfenced if heartbeat.want_shut_down => State::ShutdownNow,
            State::ControlledShutdown if !self.leads_anything(heartbeat.id) => State::ShutdownNow,
            state => state,
        };
        let mut records = Vec::new();
        if next != state {
            match next {
                State::Unfenced => self.unfence(broker, &mut records),
                State::Fenced | State::ShutdownNow => self.fence(broker, &mut records),
                State::ControlledShutdown => self.begin_controlled_shutdown(broker, &mut records),
            }
        }
        if let Some(cordoned) = &heartbeat.cordoned_log_dirs
            && self.image().metadata_version().has_cordoned_dirs()
            && !same_set(broker.cordoned_log_dirs.as_deref(), cordoned)
        {
            records.push(
                BrokerRegistrationChangeRecord { cordoned_log_dirs: Some(cordoned.clone()), ..unchanged(broker) }
                    .into(),
            );
        }
        let reply = HeartbeatReply {
            is_caught_up,
            is_fenced: matches!(next, State::Fenced | State::ShutdownNow),
            should_shut_down: next == State::ShutdownNow,
        };
        Ok(Outcome { atomic: false, ..Outcome::atomic(records, reply) })
    }

    /// The broker, if it is registered with this epoch.
    pub(super) fn check_epoch(&self, id: BrokerId, epoch: i64) -> Result<&BrokerRegistration, StaleBrokerEpoch> {
        match self.image().cluster.broker(id) {
            Some(broker) if broker.epoch == epoch => Ok(broker),
            other => Err(StaleBrokerEpoch { id, epoch, registered: other.map(|broker| broker.epoch) }),
        }
    }

    fn leads_anything(&self, id: BrokerId) -> bool {
        self.image().topics.iter().flat_map(|topic| topic.partitions.values()).any(|p| p.leader == Some(id))
    }

    fn unfence(&self, broker: &BrokerRegistration, records: &mut Vec<MetadataRecord>) {
        records.push(BrokerRegistrationChangeRecord { fenced: -1, ..unchanged(broker) }.into());
        self.partition_changes(Event::Joins(broker.id), records);
    }

    fn fence(&self, broker: &BrokerRegistration, records: &mut Vec<MetadataRecord>) {
        if broker.fenced {
            return;
        }
        self.partition_changes(Event::Leaves(broker.id), records);
        records.push(BrokerRegistrationChangeRecord { fenced: 1, ..unchanged(broker) }.into());
    }

    fn begin_controlled_shutdown(&self, broker: &BrokerRegistration, records: &mut Vec<MetadataRecord>) {
        records.push(BrokerRegistrationChangeRecord { in_controlled_shutdown: 1, ..unchanged(broker) }.into());
        self.partition_changes(Event::Leaves(broker.id), records);
    }
}

fn unchanged(broker: &BrokerRegistration) -> BrokerRegistrationChangeRecord {
    BrokerRegistrationChangeRecord { broker_id: broker.id, broker_epoch: broker.epoch, ..Default::default() }
}

fn same_set(known: Option<&[Uuid]>, told: &[Uuid]) -> bool {
    known.is_some_and(|known| known.iter().all(|dir| told.contains(dir)) && told.iter().all(|dir| known.contains(dir)))
}
