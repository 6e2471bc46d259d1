//! What a log may hold, and how a coordinator goes on from it.

use proptest::prelude::*;

use super::*;

fn replay(records: &[(&[u8], Option<&[u8]>)]) -> Bench {
    let mut bench = Bench::new();
    bench.log =
        records.iter().map(|(key, value)| Record { key: key.to_vec(), value: value.map(<[u8]>::to_vec) }).collect();
    bench.restart();
    bench
}

#[test]
fn members_go_on_after_a_failover_in_the_generation_they_were_in() {
    let mut bench = Bench::new();
    let members = bench.stable_group(3);
    bench.restart();
    assert_eq!(bench.state(), "Stable");
    for (i, member) in members.iter().enumerate() {
        assert_eq!(bench.heartbeat(&member.member_id.to_string(), member.generation_id), OK);
        let token = bench.sync(member, &[]);
        assert_eq!(*bench.synced(token).assignment, *i.to_string().as_bytes());
    }
    bench.pass_ms(10_000);
    assert_eq!(bench.state(), "Empty", "each had its session timeout to be heard of");
}

#[test]
fn who_was_parked_is_told_that_the_coordinator_has_gone() {
    let mut bench = Bench::with(GroupConfig::default());
    let (_, token) = bench.enter(Join::default());
    bench.restart();
    assert_eq!(bench.joined(token).error_code, ErrorCode::NOT_COORDINATOR);
    assert_eq!(bench.state(), "Empty", "a generation that was never synced is forgotten");
}

#[test]
fn a_group_over_a_lowered_limit_rebalances_and_the_last_have_to_go() {
    let mut bench = Bench::new();
    let members = bench.stable_group(3);
    bench.config.max_size = 2;
    bench.restart();
    assert_eq!(bench.state(), "PreparingRebalance");
    let ids: Vec<_> = members.iter().map(|member| member.member_id.to_string()).collect();
    let tokens: Vec<_> = ids.iter().map(|id| bench.join(Join { member_id: id, ..Join::default() })).collect();
    let errors: Vec<_> = tokens.into_iter().map(|token| bench.joined(token).error_code).collect();
    assert_eq!(errors, [OK, OK, ErrorCode::GROUP_MAX_SIZE_REACHED]);
}

#[test]
fn offsets_of_before_kafka_0_9_are_read() {
    let mut bench =
        replay(&[(b"\0\0\0\x01g\0\x02t1\0\0\0\0", Some(b"\0\0\0\0\0\0\0\0\0\x07\0\x01m\0\0\0\0\0\0\0\x01"))]);
    assert_eq!(bench.fetch("t1"), (7, "m".into(), OK));
}

#[test]
fn a_group_of_a_later_protocol_is_never_taken_for_a_classic_one() {
    // The group's record, and one for a member.
    let group: (&[u8], Option<&[u8]>) = (b"\0\x03\0\x01g", Some(b"\0\0\0\0\0\x01\0"));
    let member: (&[u8], Option<&[u8]>) = (b"\0\x05\0\x01g\0\x01m", Some(b"\0\0"));
    let mut bench = replay(&[group, member]);
    assert_eq!(bench.list(&[], &[]), ["g Unknown consumer"]);
    assert_eq!(bench.join_now(Join::default()).error_code, ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    assert_eq!(bench.heartbeat("m", 1), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(bench.commit(Commit::default()), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(bench.state(), "Dead");
    let delete = |bench: &mut Bench| {
        let Response::DeleteGroups(results) = bench.ask(2, Body::DeleteGroups(vec!["g".into()])) else { panic!() };
        results[0].error_code
    };
    assert_eq!(delete(&mut bench), ErrorCode::NON_EMPTY_GROUP);
    let mut bench = replay(&[group, member, (member.0, None)]);
    assert_eq!(bench.list(&[], &[]), ["g Empty consumer"]);
    assert_eq!(bench.commit(Commit::default()), OK, "an administrator sets the offsets of an empty group");
    assert_eq!(delete(&mut bench), OK);
    assert!(bench.core().state.is_empty());
}

#[test]
fn unknown_and_damaged_records_take_nothing_else_with_them() {
    let mut whole = Bench::new();
    whole.stable_group(1);
    whole.commit(Commit { group: "h", ..Commit::default() });
    let mut damaged = whole.log.clone();
    for key in [&b""[..], b"\0", b"\0\x63junk", b"\0\x01\0\x7fg", b"\0\x02\xff\xffg", b"\xff\xff"] {
        damaged.push(Record { key: key.to_vec(), value: Some(vec![1, 2, 3]) });
    }
    for (key, value) in
        [(&b"\0\x02\0\x01x"[..], &b"\0\x63"[..]), (b"\0\x02\0\x01y", b""), (b"\0\x01\0\x01z\0\0\0\0\0\0", b"\0\x04\0")]
    {
        damaged.push(Record { key: key.to_vec(), value: Some(value.to_vec()) });
    }
    let expected = whole.replayed();
    whole.log = damaged;
    assert_eq!(whole.replayed(), expected);
}

proptest! {
    #[test]
    fn no_bytes_in_the_log_make_a_coordinator_fall(
        records in prop::collection::vec(
            (0i16..30, prop::collection::vec(any::<u8>(), 0..20), prop::option::of(prop::collection::vec(any::<u8>(), 0..40))),
            0..20,
        ),
    ) {
        let mut bench = Bench::new();
        let mut state = State::default();
        for (record_type, rest, value) in records {
            // A group id of one letter, so that records meet.
            let key = [&record_type.to_be_bytes()[..], b"\0\x01g", &rest].concat();
            state.replay(Position { offset: Offset(0), transaction: None }, &key, value.as_deref());
        }
        let core = GroupCoordinator::new(bench.config.clone(), state, bench.now);
        bench.shard = Some(Shard::new(core, Offset(0), Offset(0)));
        let _ = bench.shard().tick(Now { mono: Monotonic(u64::MAX), wall: Timestamp(i64::MAX) });
    }
}
