//! Which offsets go when.

use super::*;

const RETENTION_MS: u64 = 7 * 24 * 3_600 * 1_000;
const CHECK_MS: u64 = 600_000;

#[test]
fn a_simple_groups_offset_goes_a_retention_after_its_commit_and_the_group_with_it() {
    let mut bench = Bench::new();
    bench.commit(Commit::default());
    bench.pass_ms(RETENTION_MS / 2);
    bench.commit(Commit { topic: "t2", ..Commit::default() });
    bench.pass_ms(RETENTION_MS / 2 + CHECK_MS);
    assert_eq!((bench.fetch("t1").0, bench.fetch("t2").0), (-1, 1));
    bench.pass_ms(RETENTION_MS / 2);
    assert_eq!(bench.list(&[], &[]), [""; 0]);
    assert!(bench.core().state.is_empty());
}

#[test]
fn offsets_of_consumers_go_a_retention_after_the_last_of_them() {
    let mut bench = Bench::new();
    bench.commit(Commit::default());
    let member = bench.stable_group(1).remove(0);
    let id = member.member_id.to_string();
    for _ in 0..(RETENTION_MS + CHECK_MS) / 9_000 {
        bench.pass_ms(9_000);
        assert_eq!(bench.heartbeat(&id, member.generation_id), OK);
    }
    assert_eq!(bench.fetch("t1").0, 1, "the group reads the topic");
    bench.leave(&[(&id, None)]);
    bench.pass_ms(RETENTION_MS - CHECK_MS);
    assert_eq!(bench.fetch("t1").0, 1);
    bench.pass_ms(2 * CHECK_MS);
    assert_eq!(bench.fetch("t1").0, -1);
}

#[test]
fn an_offset_of_a_topic_that_consumers_gave_up_goes_too() {
    let mut bench = Bench::with(GroupConfig {
        initial_rebalance_delay_ms: 0,
        offsets_retention_ms: 1_000,
        offsets_retention_check_interval_ms: 2_000,
        ..GroupConfig::default()
    });
    let member = bench.stable_group(1).remove(0);
    let id = member.member_id.to_string();
    for topic in ["t1", "t2"] {
        assert_eq!(bench.commit(Commit { topic, member_id: &id, generation: 1, ..Commit::default() }), OK);
    }
    bench.pass_ms(4_000);
    assert_eq!((bench.fetch("t1").0, bench.fetch("t2").0), (1, -1));
}

#[test]
fn a_retention_that_an_old_client_asks_for_is_kept() {
    let mut bench = Bench::new();
    bench.commit(Commit { version: 4, retention_ms: 1_000, ..Commit::default() });
    bench.commit(Commit { version: 4, topic: "t2", retention_ms: 10 * RETENTION_MS as i64, ..Commit::default() });
    bench.pass_ms(RETENTION_MS + CHECK_MS);
    assert_eq!((bench.fetch("t1").0, bench.fetch("t2").0), (-1, 1));
}

#[test]
fn many_offsets_go_in_several_batches() {
    let mut bench = Bench::new();
    for i in 0..1_500 {
        bench.commit(Commit { group: &i.to_string(), ..Commit::default() });
    }
    bench.pass_ms(RETENTION_MS + CHECK_MS);
    assert!(bench.core().state.is_empty());
}
