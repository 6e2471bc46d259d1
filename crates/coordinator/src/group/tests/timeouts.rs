//! What time brings about.

use super::*;

#[test]
fn the_first_rebalance_waits_for_more_members() {
    let mut bench = Bench::with(GroupConfig::default());
    let (_, first) = bench.enter(Join::default());
    bench.pass_ms(2_000);
    let (_, second) = bench.enter(Join::default());
    bench.pass_ms(2_000);
    assert!(bench.answers.is_empty(), "somebody came, so it waits for three seconds more");
    bench.pass_ms(2_000);
    assert_eq!((bench.joined(first).generation_id, bench.joined(second).generation_id), (1, 1));
}

#[test]
fn the_first_rebalance_waits_no_longer_than_its_members_do() {
    let mut bench = Bench::with(GroupConfig::default());
    let join = Join { rebalance_ms: 7_000, ..Join::default() };
    let (_, first) = bench.enter(join);
    for _ in 0..6 {
        assert!(!bench.answers.contains_key(&first));
        bench.pass_ms(1_000);
        bench.enter(join);
    }
    bench.pass_ms(1_000);
    assert_eq!(bench.joined(first).members.len(), 7);
}

#[test]
fn a_silent_member_is_out_at_its_session_timeout() {
    let mut bench = Bench::new();
    let members = bench.stable_group(2);
    let (leader, follower) = (members[0].member_id.to_string(), members[1].member_id.to_string());
    bench.pass_ms(6_000);
    assert_eq!(bench.heartbeat(&leader, members[0].generation_id), OK);
    bench.pass_ms(3_999);
    assert_eq!(bench.heartbeat(&leader, members[0].generation_id), OK);
    bench.pass_ms(1);
    assert_eq!(bench.heartbeat(&leader, members[0].generation_id), ErrorCode::REBALANCE_IN_PROGRESS);
    assert_eq!(bench.heartbeat(&follower, members[0].generation_id), ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn a_member_that_has_joined_is_to_be_heard_of_within_its_session() {
    let mut bench = Bench::new();
    let (_, token) = bench.enter(Join::default());
    bench.pass_ms(0);
    bench.joined(token);
    bench.pass_ms(9_999);
    assert_eq!(bench.state(), "CompletingRebalance");
    bench.pass_ms(1);
    assert_eq!(bench.state(), "Empty");
}

#[test]
fn a_commit_counts_as_a_sign_of_life() {
    let mut bench = Bench::new();
    let member = bench.stable_group(1).remove(0);
    let (id, generation) = (member.member_id.to_string(), member.generation_id);
    for _ in 0..3 {
        bench.pass_ms(9_000);
        assert_eq!(bench.commit(Commit { member_id: &id, generation, ..Commit::default() }), OK);
    }
    assert_eq!(bench.state(), "Stable");
}

#[test]
fn a_member_that_does_not_join_again_is_out_at_the_rebalance_timeout() {
    let mut bench = Bench::new();
    let join = Join { rebalance_ms: 2_000, ..Join::default() };
    let (first, token) = bench.enter(join);
    bench.pass_ms(0);
    let leader = bench.joined(token);
    let token = bench.sync(&leader, &[]);
    bench.synced(token);
    let (_, second) = bench.enter(join);
    bench.pass_ms(1_999);
    assert!(bench.answers.is_empty());
    bench.pass_ms(1);
    let joined = bench.joined(second);
    assert_eq!((joined.generation_id, joined.members.len()), (2, 1));
    assert_eq!(bench.heartbeat(&first, 1), ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn a_member_that_does_not_sync_is_out_at_the_rebalance_timeout() {
    let mut bench = Bench::new();
    let join = Join { rebalance_ms: 2_000, ..Join::default() };
    let (first, token) = bench.enter(join);
    bench.pass_ms(0);
    bench.joined(token);
    bench.pass_ms(2_000);
    assert_eq!(bench.state(), "Empty");
    assert_eq!(bench.heartbeat(&first, 1), ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn a_parked_member_need_not_send_heartbeats() {
    let mut bench = Bench::new();
    let members = bench.stable_group(2);
    let (leader, follower) = (members[0].member_id.to_string(), members[1].member_id.to_string());
    let parked = bench.join(Join { member_id: &leader, ..Join::default() });
    for _ in 0..5 {
        bench.pass_ms(9_000);
        assert_eq!(bench.heartbeat(&follower, members[1].generation_id), ErrorCode::REBALANCE_IN_PROGRESS);
    }
    let token = bench.join(Join { member_id: &follower, ..Join::default() });
    assert_eq!(bench.joined(parked).members.len(), 2);
    assert_eq!(bench.joined(token).error_code, OK);
}

#[test]
fn a_new_member_waits_five_minutes_at_most() {
    let mut bench = Bench::with(GroupConfig { initial_rebalance_delay_ms: 400_000, ..GroupConfig::default() });
    let (_, token) = bench.enter(Join { rebalance_ms: 1_000_000, ..Join::default() });
    bench.pass_ms(299_999);
    assert!(bench.answers.is_empty());
    bench.pass_ms(1);
    assert_eq!(bench.joined(token).error_code, ErrorCode::UNKNOWN_MEMBER_ID);
}

#[test]
fn an_id_that_is_not_used_holds_a_rebalance_up_for_a_session_only() {
    let mut bench = Bench::new();
    let member = bench.stable_group(1).remove(0);
    assert_eq!(bench.join_now(Join { session_ms: 6_000, ..Join::default() }).error_code, ErrorCode::MEMBER_ID_REQUIRED);
    let token = bench.join(Join { member_id: &member.member_id.to_string(), ..Join::default() });
    bench.pass_ms(5_999);
    assert!(bench.answers.is_empty());
    bench.pass_ms(1);
    assert_eq!(bench.joined(token).generation_id, member.generation_id + 1);
}

#[test]
fn only_a_pending_member_leaves_a_group_empty() {
    let mut bench = Bench::new();
    bench.join_now(Join::default());
    let described = bench.describe();
    assert_eq!((described.group_state.to_string(), described.members.len()), ("Empty".into(), 0));
}
