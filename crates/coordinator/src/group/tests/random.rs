//! Whatever clients do, in whatever order: the log holds the state, generations rise, everybody is answered once.

use proptest::prelude::*;

use super::{super::classic::Phase, *};

/// What a client, the clock or fate does. Numbers choose among what there is.
#[derive(Clone, Debug)]
enum Op {
    Join { member: usize, instance: Option<u8>, protocols: u8, version: i16, rebalance_ms: i32 },
    Sync { member: usize, generation: i32 },
    Heartbeat { member: usize, generation: i32 },
    Leave { member: usize, instance: Option<u8> },
    Commit { member: usize, generation: i32 },
    Delete,
    Pass { ms: u64 },
    Restart,
}

fn ops() -> impl Strategy<Value = Op> {
    let member = 0usize..6;
    let instance = prop::option::weighted(0.3, 0u8..2);
    let generation = prop_oneof![6 => Just(0), 1 => -2i32..3];
    let version = prop_oneof![1 => 0i16..=3, 2 => 4i16..=9];
    let rebalance_ms = prop_oneof![Just(-1), Just(0), Just(500), Just(30_000), Just(i32::MAX)];
    prop_oneof![
        8 => (member.clone(), instance.clone(), 0u8..4, version, rebalance_ms).prop_map(
            |(member, instance, protocols, version, rebalance_ms)| Op::Join { member, instance, protocols, version, rebalance_ms }
        ),
        8 => (member.clone(), generation.clone()).prop_map(|(member, generation)| Op::Sync { member, generation }),
        3 => (member.clone(), generation.clone()).prop_map(|(member, generation)| Op::Heartbeat { member, generation }),
        2 => (member.clone(), instance).prop_map(|(member, instance)| Op::Leave { member, instance }),
        2 => (member, generation).prop_map(|(member, generation)| Op::Commit { member, generation }),
        1 => Just(Op::Delete),
        4 => prop_oneof![0u64..10, 400u64..12_000, Just(700_000_000)].prop_map(|ms| Op::Pass { ms }),
        1 => Just(Op::Restart),
    ]
}

/// The protocols of a client: all share one but for the last kind.
const PROTOCOLS: [&[(&str, &[u8])]; 4] =
    [&[("range", b"")], &[("range", b"x"), ("sticky", b"")], &[("sticky", b""), ("range", b"")], &[("other", b"")]];

struct World {
    bench: Bench,
    /// Ids that were given out.
    ids: Vec<String>,
    generation: i32,
}

impl World {
    fn id(&self, member: usize) -> String {
        self.ids.iter().rev().nth(member).cloned().unwrap_or_default()
    }

    fn run(&mut self, op: Op) {
        let instances = ["a", "b"];
        match op {
            Op::Join { member, instance, protocols, version, rebalance_ms } => {
                let id = self.id(member);
                self.bench.join(Join {
                    version,
                    member_id: &id,
                    instance: instance.map(|i| instances[usize::from(i)]).filter(|_| version >= 5),
                    protocols: PROTOCOLS[usize::from(protocols)],
                    rebalance_ms,
                    ..Join::default()
                });
            }
            Op::Sync { member, generation } => {
                let id = self.id(member);
                let request = SyncGroupRequest {
                    group_id: "g".into(),
                    generation_id: self.generation + generation,
                    member_id: id.as_str().into(),
                    assignments: vec![SyncGroupRequestAssignment {
                        member_id: id.as_str().into(),
                        assignment: b"a"[..].into(),
                    }],
                    ..SyncGroupRequest::default()
                };
                self.bench.send(3, Body::SyncGroup(request));
            }
            Op::Heartbeat { member, generation } => {
                let id = self.id(member);
                self.bench.heartbeat(&id, self.generation + generation);
            }
            Op::Leave { member, instance } => {
                let id = self.id(member);
                self.bench.leave(&[(&id, instance.map(|i| instances[usize::from(i)]))]);
            }
            Op::Commit { member, generation } => {
                let id = self.id(member);
                let generation = self.generation + generation;
                self.bench.commit(Commit { member_id: &id, generation, ..Commit::default() });
            }
            Op::Delete => {
                if let Response::DeleteGroups(results) = self.bench.ask(2, Body::DeleteGroups(vec!["g".into()]))
                    && results[0].error_code == OK
                {
                    self.generation = 0;
                }
            }
            Op::Pass { ms } => {
                self.bench.pass_ms(ms);
                if self.bench.core().state.is_empty() {
                    self.generation = 0;
                }
            }
            Op::Restart => {
                self.bench.restart();
                self.generation = self.live().map_or(0, |group| group.generation);
            }
        }
        self.learn();
        self.check();
    }

    /// Clients remember the ids they are given.
    fn learn(&mut self) {
        for response in self.bench.answers.values() {
            let Response::JoinGroup(response) = response else { continue };
            let id = response.member_id.to_string();
            if !id.is_empty() && !self.ids.contains(&id) {
                self.ids.push(id);
            }
        }
    }

    fn live(&self) -> Option<Arc<ClassicGroup>> {
        match self.bench.core().find("g") {
            Found::Classic(group) => Some(group),
            _ => None,
        }
    }

    fn check(&mut self) {
        let Some(group) = self.live() else { return };
        assert!(group.generation >= self.generation, "generation {} after {}", group.generation, self.generation);
        self.generation = group.generation;
        assert_eq!(group.leader.is_some(), !group.members.is_empty());
        assert!(group.leader.iter().all(|leader| group.members.contains_key(leader)));
        for (instance, id) in &group.static_members {
            assert_eq!(group.members[id].instance_id.as_ref(), Some(instance));
        }
        assert!(group.pending.keys().all(|id| !group.members.contains_key(id)));
        if let Some(deadline) = group.next_deadline() {
            assert!(group.wakeup.is_some_and(|at| at <= deadline), "no timer looks after {group:?}");
        }
        let parked =
            |joining: bool| group.members.values().any(|m| if joining { m.joining } else { m.syncing }.is_some());
        match &group.phase {
            Phase::Empty => assert!(group.members.is_empty()),
            Phase::PreparingRebalance(_) => assert!(!parked(false)),
            Phase::CompletingRebalance(syncing) => {
                assert!(!parked(true) && !group.members.is_empty());
                assert!(syncing.missing.contains(group.leader.as_ref().unwrap()), "the leader has not spoken");
                assert!(group.protocol.is_some());
            }
            Phase::Stable(syncing) => {
                assert!(!parked(true) && !parked(false) && !group.members.is_empty());
                assert!(syncing.as_ref().is_none_or(|syncing| !syncing.missing.is_empty()));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_members_do_the_group_keeps_its_promises(
        delay in prop_oneof![Just(0u64), Just(3_000)],
        max_size in 1usize..5,
        ops in prop::collection::vec(ops(), 1..60),
    ) {
        let config = GroupConfig { initial_rebalance_delay_ms: delay, max_size, offsets_retention_check_interval_ms: 86_400_000, ..GroupConfig::default() };
        let mut world = World { bench: Bench::with(config), ids: Vec::new(), generation: 0 };
        for op in ops {
            world.run(op);
        }
        world.bench.restart();
        prop_assert!(world.bench.open.is_empty(), "{:?} got no answer", world.bench.open);
    }
}
