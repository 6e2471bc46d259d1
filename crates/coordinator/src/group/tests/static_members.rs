//! Rules of static members (KIP-345, KIP-814).

use super::*;

const STATIC: Join<'static> = Join {
    version: 9,
    group: "g",
    member_id: "",
    instance: Some("i"),
    protocol_type: "consumer",
    protocols: &[("range", b"")],
    session_ms: 10_000,
    rebalance_ms: 60_000,
};

/// A stable group of one static member, the leader.
fn stable(bench: &mut Bench) -> JoinGroupResponse<'static> {
    let token = bench.join(STATIC);
    bench.pass_ms(0);
    let member = bench.joined(token);
    let token = bench.sync(&member, &[(&member.member_id.to_string(), "mine")]);
    assert_eq!(bench.synced(token).error_code, OK);
    member
}

#[test]
fn a_static_member_joins_at_once_under_its_instance_id() {
    let mut bench = Bench::new();
    let member = stable(&mut bench);
    assert_eq!(member.error_code, OK);
    assert!(member.member_id.to_string().starts_with("i-"), "{:?}", member.member_id);
    assert_eq!(member.members[0].group_instance_id, Some("i".into()));
}

#[test]
fn coming_back_without_an_id_keeps_place_and_generation() {
    for version in [5, 8, 9] {
        let mut bench = Bench::new();
        let before = stable(&mut bench);
        let after = bench.join_now(Join { version, ..STATIC });
        assert_eq!((after.error_code, after.generation_id), (OK, before.generation_id));
        assert_ne!(after.member_id, before.member_id);
        if version >= 9 {
            assert!(after.skip_assignment);
            assert_eq!((after.members.len(), &after.leader), (1, &after.member_id));
        } else {
            assert!(!after.skip_assignment);
            assert_eq!((after.members.len(), &after.leader), (0, &before.member_id), "it must not assign");
        }
        let token = bench.sync(&after, &[]);
        assert_eq!(*bench.synced(token).assignment, *b"mine");
        assert_eq!(bench.state(), "Stable");
    }
}

#[test]
fn the_one_before_is_fenced() {
    let mut bench = Bench::new();
    let before = stable(&mut bench);
    bench.join_now(STATIC);
    let old = before.member_id.to_string();
    let heartbeat = |bench: &mut Bench, instance: Option<&'static str>| {
        let request = HeartbeatRequest {
            group_id: "g".into(),
            generation_id: 1,
            member_id: old.as_str().into(),
            group_instance_id: instance.map(Into::into),
        };
        let Response::Heartbeat(response) = bench.ask(4, Body::Heartbeat(request)) else { panic!() };
        response.error_code
    };
    assert_eq!(heartbeat(&mut bench, Some("i")), ErrorCode::FENCED_INSTANCE_ID);
    assert_eq!(heartbeat(&mut bench, None), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(heartbeat(&mut bench, Some("other")), ErrorCode::UNKNOWN_MEMBER_ID);
    let join = bench.join_now(Join { member_id: &old, ..STATIC });
    assert_eq!((join.error_code, join.member_id.to_string()), (ErrorCode::FENCED_INSTANCE_ID, old));
}

#[test]
fn a_parked_join_of_the_one_before_is_told_that_it_is_fenced() {
    let mut bench = Bench::with(GroupConfig::default());
    let first = bench.join(STATIC);
    let second = bench.join(STATIC);
    assert_eq!(bench.joined(first).error_code, ErrorCode::FENCED_INSTANCE_ID);
    bench.pass_ms(10_000);
    assert_eq!(bench.joined(second).error_code, OK);
}

#[test]
fn a_static_member_that_is_late_keeps_its_place_until_its_session_ends() {
    let mut bench = Bench::new();
    let patient = Join { rebalance_ms: 1_000, ..STATIC };
    let token = bench.join(patient);
    bench.pass_ms(0);
    let member = bench.joined(token);
    let token = bench.sync(&member, &[]);
    bench.synced(token);
    let (_, token) = bench.enter(Join { instance: None, ..patient });
    bench.pass_ms(999);
    assert!(bench.answers.is_empty());
    bench.pass_ms(1);
    let joined = bench.joined(token);
    assert_eq!((&joined.leader, joined.members.len()), (&joined.member_id, 2), "who is there leads");
    assert_eq!(bench.heartbeat(&member.member_id.to_string(), 2), OK, "and its place is kept");
}

#[test]
fn a_static_member_that_comes_back_before_it_has_synced_is_not_waited_for_under_its_old_id() {
    let mut bench = Bench::new();
    let (_, leader) = bench.enter(Join { instance: None, ..STATIC });
    let follower = bench.join(STATIC);
    bench.pass_ms(0);
    let (leader, follower) = (bench.joined(leader), bench.joined(follower));
    assert_eq!((&leader.leader, &follower.leader), (&leader.member_id, &leader.member_id));
    let token = bench.sync(&leader, &[(&follower.member_id.to_string(), "yours")]);
    bench.synced(token);
    let again = bench.join_now(STATIC);
    for _ in 0..9 {
        bench.pass_ms(9_000);
        assert_eq!(bench.heartbeat(&leader.member_id.to_string(), 1), OK);
        assert_eq!(bench.heartbeat(&again.member_id.to_string(), 1), OK);
    }
    let token = bench.sync(&again, &[]);
    assert_eq!(*bench.synced(token).assignment, *b"yours");
}

#[test]
fn an_administrator_removes_a_static_member_by_its_instance_id() {
    let mut bench = Bench::new();
    stable(&mut bench);
    let answer = bench.leave(&[("", Some("i")), ("", Some("i")), ("", None)]);
    let errors: Vec<_> = answer.members.iter().map(|member| member.error_code).collect();
    assert_eq!(errors, [OK, ErrorCode::UNKNOWN_MEMBER_ID, ErrorCode::UNKNOWN_MEMBER_ID]);
    assert_eq!(bench.state(), "Empty");
}

#[test]
fn coming_back_with_another_protocol_brings_about_a_rebalance() {
    let mut bench = Bench::new();
    let both: &[(&str, &[u8])] = &[("range", b""), ("sticky", b"")];
    let token = bench.join(Join { protocols: both, ..STATIC });
    bench.pass_ms(0);
    let member = bench.joined(token);
    let token = bench.sync(&member, &[]);
    bench.synced(token);
    let after = bench.join_now(Join { protocols: &[("sticky", b"")], ..STATIC });
    assert_eq!((after.generation_id, after.protocol_name), (2, Some("sticky".into())));
}
