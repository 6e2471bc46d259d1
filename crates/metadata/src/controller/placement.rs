//! On which brokers new partitions go.
//!
//! Stripes over the brokers of a cluster without racks: partition after partition starts one broker further, so that
//! leaders and replicas are spread evenly. Brokers that are fenced get followers only, and only where the others do not
//! suffice.
//!
//! ```text
//! brokers 0 1 2 3, three replicas:   0 1 2   1 2 3   2 3 0   3 0 1   0 2 3 …
//! ```
//!
//! After each full turn the followers of a leader shift, so that the load of a broker that dies is spread over the
//! others. Where the first stripe starts comes from the topic's id, which is drawn at random.
//!
//! Source: Kafka `StripedReplicaPlacer`, which draws its shifts.

use std::fmt;

use protocol::types::{BrokerId, Uuid};

use crate::image::ClusterImage;

/// Why a partition cannot be placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlacementError {
    /// More replicas than brokers.
    TooFewBrokers {
        /// The number of replicas asked for.
        replication_factor: i16,
        /// The number of brokers that may hold one.
        brokers: usize,
    },
    /// No broker may lead.
    AllFenced,
}

impl fmt::Display for PlacementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewBrokers { replication_factor, brokers } => write!(
                f,
                "The target replication factor of {replication_factor} cannot be reached because only {brokers} \
                 broker(s) are registered or some brokers have all their log directories cordoned."
            ),
            Self::AllFenced => {
                f.write_str("All brokers are currently fenced, or have all their log directories cordoned.")
            }
        }
    }
}

/// The brokers that new partitions may go on.
pub(super) struct Placement {
    leaders: Vec<BrokerId>,
    fenced: Vec<BrokerId>,
    start: usize,
}

impl Placement {
    /// Over the brokers of `cluster`, for the topic of an id. `replication_factor` must be positive.
    pub(super) fn new(cluster: &ClusterImage, topic: Uuid, replication_factor: i16) -> Result<Self, PlacementError> {
        let usable = || cluster.brokers.values().filter(|broker| broker.has_uncordoned_dirs());
        let leaders: Vec<_> = usable().filter(|broker| !broker.fenced).map(|broker| broker.id).collect();
        let fenced: Vec<_> = usable().filter(|broker| broker.fenced).map(|broker| broker.id).collect();
        let brokers = leaders.len() + fenced.len();
        if leaders.is_empty() {
            return Err(PlacementError::AllFenced);
        }
        if usize::try_from(replication_factor).is_ok_and(|factor| factor > brokers) {
            return Err(PlacementError::TooFewBrokers { replication_factor, brokers });
        }
        let start = usize::from(topic.0[0]) << 8 | usize::from(topic.0[1]);
        Ok(Self { leaders, fenced, start })
    }

    /// The replicas of a partition, its preferred leader first.
    pub(super) fn replicas(&self, partition: usize, replication_factor: usize) -> Vec<BrokerId> {
        let count = self.leaders.len();
        let turn = self.start + partition;
        let first = turn % count;
        let others = count - 1;
        let shift = if others == 0 { 0 } else { partition / count % others };
        let followers = (0..others).map(|i| self.leaders[(first + 1 + (shift + i) % others) % count]);
        let fenced = (0..self.fenced.len()).map(|i| self.fenced[(turn + i) % self.fenced.len()]);
        std::iter::once(self.leaders[first]).chain(followers).chain(fenced).take(replication_factor).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc};

    use super::*;
    use crate::image::BrokerRegistration;

    fn cluster(brokers: &[(i32, bool)]) -> ClusterImage {
        let broker = |&(id, fenced): &(i32, bool)| {
            let registration = BrokerRegistration {
                id: BrokerId(id),
                epoch: 0,
                incarnation_id: Uuid::ZERO,
                listeners: Vec::new(),
                features: BTreeMap::new(),
                rack: None,
                fenced,
                in_controlled_shutdown: false,
                is_migrating_zk_broker: false,
                log_dirs: vec![Uuid::ONE],
                cordoned_log_dirs: None,
            };
            (BrokerId(id), Arc::new(registration))
        };
        ClusterImage { brokers: brokers.iter().map(broker).collect(), controllers: BTreeMap::new() }
    }

    proptest::proptest! {
        #[test]
        fn every_broker_leads_and_holds_its_share(count in 1usize..8, factor in 1usize..8, first: u8) {
            let factor = factor.min(count);
            let brokers: Vec<_> = (0..count as i32).map(|id| (id, false)).collect();
            let placement = Placement::new(&cluster(&brokers), Uuid([first; 16]), factor as i16).unwrap();
            let (mut leads, mut holds) = (vec![0; count], vec![0; count]);
            for partition in 0..count * 10 {
                let replicas = placement.replicas(partition, factor);
                let mut distinct = replicas.clone();
                distinct.sort();
                distinct.dedup();
                proptest::prop_assert_eq!(distinct.len(), factor);
                leads[replicas[0].0 as usize] += 1;
                replicas.iter().for_each(|replica| holds[replica.0 as usize] += 1);
            }
            proptest::prop_assert!(leads.iter().all(|&leads| leads == 10));
            proptest::prop_assert!(holds.iter().all(|&holds| holds == 10 * factor));
        }
    }

    #[test]
    fn a_fenced_broker_follows_where_it_must_and_never_leads() {
        let cluster = cluster(&[(1, true), (2, false), (3, false)]);
        let two = Placement::new(&cluster, Uuid::ZERO, 2).unwrap();
        assert!((0..9).all(|partition| !two.replicas(partition, 2).contains(&BrokerId(1))));
        let three = Placement::new(&cluster, Uuid::ZERO, 3).unwrap();
        assert!((0..9).all(|partition| three.replicas(partition, 3)[2] == BrokerId(1)));
    }

    #[test]
    fn too_few_brokers_or_none_that_may_lead_are_refused() {
        let error = |brokers: &[(i32, bool)], factor| Placement::new(&cluster(brokers), Uuid::ZERO, factor).err();
        assert_eq!(error(&[(1, false)], 2), Some(PlacementError::TooFewBrokers { replication_factor: 2, brokers: 1 }));
        assert_eq!(error(&[(1, true)], 1), Some(PlacementError::AllFenced));
        assert_eq!(error(&[], 1), Some(PlacementError::AllFenced));
    }
}
