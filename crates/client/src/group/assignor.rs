//! How the leader of a classic group shares out partitions.
//!
//! Range goes topic by topic: the members that want it, in the order of their ids, get runs of neighbouring
//! partitions, the first ones one more where it does not divide evenly.
//!
//! Source: Kafka `RangeAssignor`.

use std::collections::{BTreeMap, BTreeSet};

use protocol::types::TopicPartition;

/// The name by which members agree on this assignor.
pub const RANGE: &str = "range";

/// What each member gets, given the topics it wants and how many partitions these have. A topic that nothing is known
/// of gives nothing.
#[must_use]
pub fn range(
    members: &BTreeMap<String, BTreeSet<String>>,
    partition_counts: &BTreeMap<String, i32>,
) -> BTreeMap<String, BTreeSet<TopicPartition>> {
    let mut assignment: BTreeMap<String, BTreeSet<TopicPartition>> =
        members.keys().map(|member| (member.clone(), BTreeSet::new())).collect();
    for (topic, &count) in partition_counts {
        let takers: Vec<&String> = members.iter().filter(|(_, wants)| wants.contains(topic)).map(|(m, _)| m).collect();
        let Ok(taker_count) = i32::try_from(takers.len()) else { continue };
        if taker_count == 0 {
            continue;
        }
        let (share, more) = (count / taker_count, count % taker_count);
        let mut next = 0;
        for (i, taker) in (0..).zip(takers) {
            let end = next + share + i32::from(i < more);
            let run = (next..end).map(|index| TopicPartition::new(topic.clone(), index));
            assignment.get_mut(taker).expect("every member has an entry").extend(run);
            next = end;
        }
    }
    assignment
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn assign(members: &[(&str, &[&str])], counts: &[(&str, i32)]) -> Vec<String> {
        let members =
            members.iter().map(|(m, wants)| ((*m).to_owned(), wants.iter().map(|t| (*t).to_owned()).collect()));
        let counts = counts.iter().map(|(t, n)| ((*t).to_owned(), *n)).collect();
        range(&members.collect(), &counts)
            .into_iter()
            .map(|(m, ps)| format!("{m}: {}", ps.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")))
            .collect()
    }

    #[test]
    fn the_first_members_get_one_more() {
        let both: &[&str] = &["t", "u"];
        assert_eq!(
            assign(&[("a", both), ("b", both), ("c", &["u"])], &[("t", 3), ("u", 2)]),
            ["a: t-0 t-1 u-0", "b: t-2 u-1", "c: "]
        );
    }

    proptest! {
        #[test]
        fn every_partition_has_one_reader(
            wants in proptest::collection::vec(proptest::collection::btree_set("[a-d]", 1..4), 1..6),
            counts in proptest::collection::btree_map("[a-d]", 1..9i32, 1..5),
        ) {
            let members = wants.iter().enumerate().map(|(i, w)| (i.to_string(), w.clone())).collect();
            let assignment = range(&members, &counts);
            let wanted = |topic: &String| wants.iter().any(|w| w.contains(topic));
            let expected: i32 = counts.iter().filter(|(topic, _)| wanted(topic)).map(|(_, count)| count).sum();
            let all: Vec<&TopicPartition> = assignment.values().flatten().collect();
            prop_assert_eq!(all.len(), expected as usize);
            prop_assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
            for (member, partitions) in &assignment {
                prop_assert!(partitions.iter().all(|p| members[member].contains(&p.topic)));
            }
        }
    }
}
