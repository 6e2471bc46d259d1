//! What becomes of all partitions when one broker comes, goes, or turns out to have died.
//!
//! Source: Kafka `ReplicationControlManager.generateLeaderAndIsrUpdates`.

use protocol::types::{BrokerId, Uuid};

use super::{Controller, partition_change::PartitionChange};
use crate::{
    MetadataRecord,
    config::{Overrides, ResourceType, table, value::Value},
    image::{BrokerRegistration, PartitionImage, TopicImage},
};

/// What happened to a broker.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// It may lead from now on; partitions without a leader get one.
    Joins(BrokerId),
    /// It leaves the ISR of its partitions and leads nothing.
    Leaves(BrokerId),
    /// It went without saying so and may have lost the end of its logs: it is not in sync and not eligible any more.
    Died(BrokerId),
}

impl Controller {
    /// The changes of all partitions that the event concerns.
    pub(super) fn partition_changes(&self, event: Event, records: &mut Vec<MetadataRecord>) {
        let gone = match event {
            Event::Joins(_) => None,
            Event::Leaves(broker) | Event::Died(broker) => Some(broker),
        };
        let concerns = |partition: &PartitionImage| match event {
            Event::Joins(_) => partition.leader.is_none(),
            Event::Leaves(broker) => partition.isr.contains(&broker),
            Event::Died(broker) => {
                partition.isr.contains(&broker) || partition.eligible_leader_replicas.contains(&broker)
            }
        };
        for topic in self.image().topics.iter() {
            let mut concerned = topic.partitions.iter().filter(|(_, partition)| concerns(partition)).peekable();
            if concerned.peek().is_none() {
                continue;
            }
            let (min_isr, unclean_election) = self.election_configs(topic);
            for (&index, partition) in concerned {
                let acceptable = |broker: BrokerId| {
                    let joins = event == Event::Joins(broker);
                    gone != Some(broker)
                        && self.image().cluster.broker(broker).is_some_and(|registration| {
                            (joins || registration.is_active()) && holds_online(registration, partition)
                        })
                };
                let change = PartitionChange {
                    partition,
                    target_isr: partition.isr.iter().copied().filter(|broker| gone != Some(*broker)).collect(),
                    unclean_shutdown: gone.filter(|broker| event == Event::Died(*broker)),
                    unclean_election,
                    min_isr: min_isr.min(partition.replicas.len()),
                    elr_enabled: self.image().features.has_elr(),
                    level: self.image().metadata_version(),
                    acceptable: &acceptable,
                };
                records.extend(change.record(topic.id, index).map(MetadataRecord::from));
            }
        }
    }

    /// `min.insync.replicas` and `unclean.leader.election.enable` of a topic.
    fn election_configs(&self, topic: &TopicImage) -> (usize, bool) {
        let nothing = Overrides::new();
        let overrides = self.image().configs.topic(&topic.name).map_or(&nothing, |configs| &**configs);
        let effective = |name| {
            let def = table::find(ResourceType::Topic, name).expect("a config of topics");
            self.layers().effective(def, overrides)
        };
        let min_isr = match effective("min.insync.replicas") {
            Some(Value::Int(count)) => usize::try_from(count).unwrap_or(0),
            _ => 1,
        };
        (min_isr, effective("unclean.leader.election.enable") == Some(Value::Boolean(true)))
    }
}

/// The directory id of a replica that is in no directory any more; those below 100 are reserved by Kafka.
const LOST: Uuid = Uuid([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);

/// Whether the directory that holds the broker's replica is online, as far as is known.
fn holds_online(broker: &BrokerRegistration, partition: &PartitionImage) -> bool {
    match partition.directory(broker.id) {
        None | Some(Uuid::ZERO | Uuid::ONE) => true,
        Some(LOST) => false,
        Some(directory) => broker.log_dirs.is_empty() || broker.log_dirs.contains(&directory),
    }
}
