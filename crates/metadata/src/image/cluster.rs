//! The brokers and controllers that have registered.
//!
//! Source: Kafka `ClusterImage`, `BrokerRegistration`, `ControllerRegistration`.

use std::{collections::BTreeMap, ops::RangeInclusive, sync::Arc};

use protocol::{
    stored::metadata::*,
    types::{BrokerId, Str, Uuid},
};

use super::{Delta, ReplayError};
use crate::MetadataRecord;

/// Where a node can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// The name, as in `listeners`.
    pub name: String,
    /// The advertised host, verbatim.
    pub host: String,
    /// The advertised port.
    pub port: u16,
    /// Kafka's code: 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL.
    pub security_protocol: i16,
}

/// The levels of each feature that a node supports, by the feature's name.
pub type SupportedFeatures = BTreeMap<String, RangeInclusive<i16>>;

/// A broker as it last registered, and what has changed since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokerRegistration {
    /// `node.id`.
    pub id: BrokerId,
    /// The end of the metadata log when it registered; rises with every incarnation.
    pub epoch: i64,
    /// Chosen by the process when it started.
    pub incarnation_id: Uuid,
    /// In the order in which the broker sent them.
    pub listeners: Vec<Listener>,
    /// What it supports.
    pub features: SupportedFeatures,
    /// `broker.rack`.
    pub rack: Option<String>,
    /// Whether it may lead nothing and is hidden from clients.
    pub fenced: bool,
    /// Whether it has asked to leave and is handing over its leaderships.
    pub in_controlled_shutdown: bool,
    /// Whether it came from a cluster with ZooKeeper; only kept.
    pub is_migrating_zk_broker: bool,
    /// The ids of its log directories that are online.
    pub log_dirs: Vec<Uuid>,
    /// Log directories that get no new partitions; `None` until the broker has told.
    pub cordoned_log_dirs: Option<Vec<Uuid>>,
}

impl BrokerRegistration {
    /// Whether it may lead partitions and be in their ISR.
    #[must_use]
    pub fn is_active(&self) -> bool {
        !self.fenced && !self.in_controlled_shutdown
    }

    /// Whether a new partition may be put on it.
    #[must_use]
    pub fn has_uncordoned_dirs(&self) -> bool {
        match &self.cordoned_log_dirs {
            Some(cordoned) if !self.log_dirs.is_empty() => self.log_dirs.iter().any(|dir| !cordoned.contains(dir)),
            _ => true,
        }
    }

    /// The listener of a name.
    #[must_use]
    pub fn listener(&self, name: &str) -> Option<&Listener> {
        self.listeners.iter().find(|listener| listener.name == name)
    }

    fn from_record(record: RegisterBrokerRecord<'_>) -> Self {
        Self {
            id: record.broker_id,
            epoch: record.broker_epoch,
            incarnation_id: record.incarnation_id,
            listeners: record
                .end_points
                .iter()
                .map(|e| Listener {
                    name: text(&e.name),
                    host: text(&e.host),
                    port: e.port,
                    security_protocol: e.security_protocol,
                })
                .collect(),
            features: record
                .features
                .iter()
                .map(|f| (text(&f.name), f.min_supported_version..=f.max_supported_version))
                .collect(),
            rack: record.rack.as_ref().map(text),
            fenced: record.fenced,
            in_controlled_shutdown: record.in_controlled_shutdown,
            is_migrating_zk_broker: record.is_migrating_zk_broker,
            log_dirs: record.log_dirs,
            cordoned_log_dirs: record.cordoned_log_dirs,
        }
    }

    /// The record that says all of this.
    #[must_use]
    pub fn to_record(&self) -> RegisterBrokerRecord<'static> {
        RegisterBrokerRecord {
            broker_id: self.id,
            is_migrating_zk_broker: self.is_migrating_zk_broker,
            incarnation_id: self.incarnation_id,
            broker_epoch: self.epoch,
            end_points: self
                .listeners
                .iter()
                .map(|l| RegisterBrokerBrokerEndpoint {
                    name: l.name.clone().into(),
                    host: l.host.clone().into(),
                    port: l.port,
                    security_protocol: l.security_protocol,
                })
                .collect(),
            features: self
                .features
                .iter()
                .map(|(name, levels)| RegisterBrokerBrokerFeature {
                    name: name.clone().into(),
                    min_supported_version: *levels.start(),
                    max_supported_version: *levels.end(),
                })
                .collect(),
            rack: self.rack.clone().map(Str::from),
            fenced: self.fenced,
            in_controlled_shutdown: self.in_controlled_shutdown,
            log_dirs: self.log_dirs.clone(),
            cordoned_log_dirs: self.cordoned_log_dirs.clone(),
        }
    }
}

/// A controller as it last registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControllerRegistration {
    /// `node.id`.
    pub id: i32,
    /// Chosen by the process when it started.
    pub incarnation_id: Uuid,
    /// Only kept.
    pub zk_migration_ready: bool,
    /// Where it can be reached.
    pub listeners: Vec<Listener>,
    /// What it supports.
    pub features: SupportedFeatures,
}

impl ControllerRegistration {
    fn from_record(record: &RegisterControllerRecord<'_>) -> Self {
        Self {
            id: record.controller_id,
            incarnation_id: record.incarnation_id,
            zk_migration_ready: record.zk_migration_ready,
            listeners: record
                .end_points
                .iter()
                .map(|e| Listener {
                    name: text(&e.name),
                    host: text(&e.host),
                    port: e.port,
                    security_protocol: e.security_protocol,
                })
                .collect(),
            features: record
                .features
                .iter()
                .map(|f| (text(&f.name), f.min_supported_version..=f.max_supported_version))
                .collect(),
        }
    }

    /// The record that says all of this.
    #[must_use]
    pub fn to_record(&self) -> RegisterControllerRecord<'static> {
        RegisterControllerRecord {
            controller_id: self.id,
            incarnation_id: self.incarnation_id,
            zk_migration_ready: self.zk_migration_ready,
            end_points: self
                .listeners
                .iter()
                .map(|l| RegisterControllerControllerEndpoint {
                    name: l.name.clone().into(),
                    host: l.host.clone().into(),
                    port: l.port,
                    security_protocol: l.security_protocol,
                })
                .collect(),
            features: self
                .features
                .iter()
                .map(|(name, levels)| RegisterControllerControllerFeature {
                    name: name.clone().into(),
                    min_supported_version: *levels.start(),
                    max_supported_version: *levels.end(),
                })
                .collect(),
        }
    }
}

fn text(name: &Str<'_>) -> String {
    name.to_text().into_owned()
}

/// All brokers and controllers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterImage {
    /// By their ids.
    pub brokers: BTreeMap<BrokerId, Arc<BrokerRegistration>>,
    /// By their ids.
    pub controllers: BTreeMap<i32, Arc<ControllerRegistration>>,
}

impl ClusterImage {
    /// The registration of a broker.
    #[must_use]
    pub fn broker(&self, id: BrokerId) -> Option<&Arc<BrokerRegistration>> {
        self.brokers.get(&id)
    }

    /// Whether a broker is registered, not fenced and not leaving.
    #[must_use]
    pub fn is_active(&self, id: BrokerId) -> bool {
        self.broker(id).is_some_and(|broker| broker.is_active())
    }

    pub(super) fn replay_register(&mut self, record: RegisterBrokerRecord<'_>, delta: &mut Delta) {
        let broker = BrokerRegistration::from_record(record);
        delta.brokers_changed.insert(broker.id);
        self.brokers.insert(broker.id, Arc::new(broker));
    }

    pub(super) fn replay_unregister(
        &mut self,
        record: &UnregisterBrokerRecord,
        delta: &mut Delta,
    ) -> Result<(), ReplayError> {
        self.broker_mut(record.broker_id, record.broker_epoch, delta)?;
        self.brokers.remove(&record.broker_id);
        Ok(())
    }

    pub(super) fn replay_change(
        &mut self,
        record: BrokerRegistrationChangeRecord,
        delta: &mut Delta,
    ) -> Result<(), ReplayError> {
        let broker = self.broker_mut(record.broker_id, record.broker_epoch, delta)?;
        match record.fenced {
            0 => {}
            1 => broker.fenced = true,
            -1 => broker.fenced = false,
            code => return Err(ReplayError::Value { field: "Fenced", value: i64::from(code) }),
        }
        match record.in_controlled_shutdown {
            0 => {}
            1 => broker.in_controlled_shutdown = true,
            code => return Err(ReplayError::Value { field: "InControlledShutdown", value: i64::from(code) }),
        }
        if !record.log_dirs.is_empty() {
            broker.log_dirs = record.log_dirs;
        }
        if record.cordoned_log_dirs.is_some() {
            broker.cordoned_log_dirs = record.cordoned_log_dirs;
        }
        Ok(())
    }

    pub(super) fn replay_fenced(
        &mut self,
        id: BrokerId,
        epoch: i64,
        fenced: bool,
        delta: &mut Delta,
    ) -> Result<(), ReplayError> {
        self.broker_mut(id, epoch, delta)?.fenced = fenced;
        Ok(())
    }

    pub(super) fn replay_controller(&mut self, record: &RegisterControllerRecord<'_>) {
        let controller = ControllerRegistration::from_record(record);
        self.controllers.insert(controller.id, Arc::new(controller));
    }

    fn broker_mut(
        &mut self,
        id: BrokerId,
        epoch: i64,
        delta: &mut Delta,
    ) -> Result<&mut BrokerRegistration, ReplayError> {
        let broker = self.brokers.get_mut(&id).ok_or(ReplayError::UnknownBroker { id })?;
        if broker.epoch != epoch {
            return Err(ReplayError::BrokerEpoch { id, epoch, registered: broker.epoch });
        }
        delta.brokers_changed.insert(id);
        Ok(Arc::make_mut(broker))
    }

    pub(super) fn write(&self, records: &mut Vec<MetadataRecord>) {
        records.extend(self.brokers.values().map(|broker| broker.to_record().into()));
        records.extend(self.controllers.values().map(|controller| controller.to_record().into()));
    }
}
