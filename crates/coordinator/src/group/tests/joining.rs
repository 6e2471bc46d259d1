//! Rules of JoinGroup, SyncGroup, Heartbeat, LeaveGroup for dynamic members.

use super::*;

#[test]
fn a_dynamic_member_is_given_an_id_first_from_v4_on() {
    for version in 0..=9 {
        let mut bench = Bench::new();
        let token = bench.join(Join { version, ..Join::default() });
        bench.pass_ms(0);
        let answer = bench.joined(token);
        let expected = if version < 4 { OK } else { ErrorCode::MEMBER_ID_REQUIRED };
        assert_eq!(answer.error_code, expected, "v{version}");
        let id = answer.member_id.to_string();
        assert!(id.starts_with("c-") && id.len() == 2 + 36, "{id}");
        if version >= 4 {
            assert_eq!((answer.generation_id, answer.protocol_type, answer.leader.to_string()), (-1, None, "".into()));
            assert_eq!(answer.protocol_name, (version < 7).then_some("".into()), "v{version}");
        }
    }
}

#[test]
fn an_id_is_a_client_id_and_a_uuid_of_version_4() {
    let mut bench = Bench::new();
    let id = bench.join_now(Join::default()).member_id.to_string();
    assert_eq!(id, "c-00000000-0000-4000-8000-000000000000");
}

#[test]
fn joins_are_refused_as_kafka_refuses_them() {
    let cases: &[(Join<'_>, ErrorCode)] = &[
        (Join { group: "", ..Join::default() }, ErrorCode::INVALID_GROUP_ID),
        (Join { session_ms: 5_999, ..Join::default() }, ErrorCode::INVALID_SESSION_TIMEOUT),
        (Join { session_ms: 1_800_001, ..Join::default() }, ErrorCode::INVALID_SESSION_TIMEOUT),
        (Join { protocol_type: "", ..Join::default() }, ErrorCode::INCONSISTENT_GROUP_PROTOCOL),
        (Join { protocols: &[], ..Join::default() }, ErrorCode::INCONSISTENT_GROUP_PROTOCOL),
        (Join { member_id: "nobody", ..Join::default() }, ErrorCode::UNKNOWN_MEMBER_ID),
    ];
    for (join, expected) in cases {
        let mut bench = Bench::new();
        let answer = bench.join_now(*join);
        assert_eq!(answer.error_code, *expected);
        assert_eq!(answer.member_id, join.member_id);
        assert_eq!(bench.log, [], "a refused join leaves nothing behind");
    }
}

#[test]
fn who_shares_no_protocol_with_the_group_stays_out() {
    let mut bench = Bench::new();
    bench.stable_group(1);
    for join in [
        Join { protocols: &[("sticky", b"")], ..Join::default() },
        Join { protocol_type: "connect", ..Join::default() },
    ] {
        assert_eq!(bench.join_now(join).error_code, ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    }
}

#[test]
fn only_the_leader_is_told_who_the_others_are() {
    let mut bench = Bench::new();
    let members = bench.stable_group(3);
    assert_eq!(members.iter().map(|member| member.members.len()).collect::<Vec<_>>(), [3, 0, 0]);
    assert!(members.iter().all(|member| member.leader == members[0].member_id));
    assert!(members.iter().all(|member| member.protocol_name == Some("range".into())));
    assert_eq!(bench.state(), "Stable");
}

#[test]
fn the_protocol_that_most_members_prefer_is_chosen() {
    let mut bench = Bench::new();
    let (_, first) = bench.enter(Join { protocols: &[("range", b""), ("sticky", b"")], ..Join::default() });
    let both: &[(&str, &[u8])] = &[("sticky", b""), ("range", b"")];
    let (_, second) = bench.enter(Join { protocols: both, ..Join::default() });
    let (_, third) = bench.enter(Join { protocols: both, ..Join::default() });
    bench.pass_ms(0);
    for token in [first, second, third] {
        assert_eq!(bench.joined(token).protocol_name, Some("sticky".into()));
    }
}

#[test]
fn a_follower_waits_for_the_leaders_assignment() {
    let mut bench = Bench::new();
    let members = bench.stable_group(2);
    let id = members[1].member_id.to_string();
    let (leader_id, follower_id) = (members[0].member_id.to_string(), id.clone());
    let (a, b) = (bench.join(Join { member_id: &leader_id, ..Join::default() }), {
        bench.join(Join { member_id: &follower_id, ..Join::default() })
    });
    let (leader, follower) = (bench.joined(a), bench.joined(b));
    let parked = bench.sync(&follower, &[]);
    assert!(!bench.answers.contains_key(&parked));
    let token = bench.sync(&leader, &[(&id, "yours")]);
    assert_eq!(*bench.synced(parked).assignment, *b"yours");
    assert_eq!(*bench.synced(token).assignment, *b"", "a member that the leader forgot gets nothing");
}

#[test]
fn a_sync_of_another_generation_or_protocol_is_refused() {
    let mut bench = Bench::new();
    let member = bench.stable_group(1).remove(0);
    let ask = |bench: &mut Bench, version, change: &dyn Fn(&mut SyncGroupRequest<'_>)| {
        let mut request = SyncGroupRequest {
            group_id: "g".into(),
            generation_id: member.generation_id,
            member_id: member.member_id.borrowed(),
            protocol_type: Some("consumer".into()),
            protocol_name: Some("range".into()),
            ..SyncGroupRequest::default()
        };
        change(&mut request);
        let Response::SyncGroup(response) = bench.ask(version, Body::SyncGroup(request)) else { panic!() };
        response.error_code
    };
    assert_eq!(ask(&mut bench, 5, &|_| ()), OK);
    assert_eq!(ask(&mut bench, 4, &|request| request.protocol_type = None), OK);
    assert_eq!(ask(&mut bench, 5, &|request| request.protocol_type = None), ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    assert_eq!(ask(&mut bench, 5, &|request| request.protocol_name = None), ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    let other = |request: &mut SyncGroupRequest<'_>| request.protocol_name = Some("sticky".into());
    assert_eq!(ask(&mut bench, 5, &other), ErrorCode::INCONSISTENT_GROUP_PROTOCOL);
    assert_eq!(ask(&mut bench, 5, &|request| request.generation_id -= 1), ErrorCode::ILLEGAL_GENERATION);
    assert_eq!(ask(&mut bench, 5, &|request| request.member_id = "x".into()), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(ask(&mut bench, 5, &|request| request.group_id = "x".into()), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(ask(&mut bench, 5, &|request| request.group_id = "".into()), ErrorCode::INVALID_GROUP_ID);
    // While others join there is nothing to sync.
    bench.enter(Join::default());
    assert_eq!(ask(&mut bench, 5, &|_| ()), ErrorCode::REBALANCE_IN_PROGRESS);
}

#[test]
fn a_heartbeat_tells_a_member_how_its_group_stands() {
    let mut bench = Bench::new();
    assert_eq!(bench.heartbeat("x", 1), ErrorCode::UNKNOWN_MEMBER_ID, "an unknown group");
    let (id, token) = bench.enter(Join::default());
    bench.pass_ms(0);
    let member = bench.joined(token);
    assert_eq!(bench.heartbeat(&id, 1), OK, "before the sync");
    let token = bench.sync(&member, &[]);
    assert_eq!(bench.synced(token).error_code, OK);
    assert_eq!(bench.heartbeat(&id, 1), OK);
    assert_eq!(bench.heartbeat(&id, 0), ErrorCode::ILLEGAL_GENERATION);
    assert_eq!(bench.heartbeat("x", 1), ErrorCode::UNKNOWN_MEMBER_ID);
    bench.enter(Join::default());
    assert_eq!(bench.heartbeat(&id, 1), ErrorCode::REBALANCE_IN_PROGRESS);
    let empty = HeartbeatRequest { generation_id: 1, ..HeartbeatRequest::default() };
    let Response::Heartbeat(answer) = bench.ask(4, Body::Heartbeat(empty)) else { panic!() };
    assert_eq!(answer.error_code, ErrorCode::INVALID_GROUP_ID);
}

#[test]
fn a_follower_that_says_the_same_again_disturbs_nobody() {
    let mut bench = Bench::new();
    let members = bench.stable_group(2);
    let id = members[1].member_id.to_string();
    let again = bench.join_now(Join { member_id: &id, ..Join::default() });
    assert_eq!((again.error_code, again.generation_id), (OK, members[1].generation_id));
    assert_eq!(bench.state(), "Stable");
}

#[test]
fn a_leader_that_joins_again_brings_about_a_rebalance() {
    let mut bench = Bench::new();
    let members = bench.stable_group(2);
    let (leader, follower) = (members[0].member_id.to_string(), members[1].member_id.to_string());
    let first = bench.join(Join { member_id: &leader, ..Join::default() });
    assert_eq!(bench.state(), "PreparingRebalance");
    let second = bench.join(Join { member_id: &follower, ..Join::default() });
    assert_eq!(bench.joined(first).generation_id, members[0].generation_id + 1);
    assert_eq!(bench.joined(second).generation_id, members[0].generation_id + 1);
}

#[test]
fn changed_metadata_while_a_rebalance_completes_begins_another() {
    let mut bench = Bench::new();
    let members = bench.stable_group(2);
    let ids: Vec<_> = members.iter().map(|member| member.member_id.to_string()).collect();
    let tokens: Vec<_> = ids.iter().map(|id| bench.join(Join { member_id: id, ..Join::default() })).collect();
    let joined: Vec<_> = tokens.into_iter().map(|token| bench.joined(token)).collect();
    let parked = bench.sync(&joined[1], &[]);
    let again = bench.join_now(Join { member_id: &ids[0], ..Join::default() });
    assert_eq!(again, joined[0], "the same metadata gets the same answer");
    let changed = bench.join(Join { member_id: &ids[0], protocols: &[("range", b"new")], ..Join::default() });
    assert_eq!(bench.synced(parked).error_code, ErrorCode::REBALANCE_IN_PROGRESS);
    assert!(!bench.answers.contains_key(&changed));
    assert_eq!(bench.state(), "PreparingRebalance");
}

#[test]
fn leaving_hands_the_work_to_those_who_stay() {
    let mut bench = Bench::new();
    let members = bench.stable_group(2);
    let (leader, follower) = (members[0].member_id.to_string(), members[1].member_id.to_string());
    let answer = bench.leave(&[(&leader, None), ("nobody", None)]);
    assert_eq!(answer.error_code, OK);
    let errors: Vec<_> = answer.members.iter().map(|member| member.error_code).collect();
    assert_eq!(errors, [OK, ErrorCode::UNKNOWN_MEMBER_ID]);
    assert_eq!(bench.heartbeat(&follower, members[1].generation_id), ErrorCode::REBALANCE_IN_PROGRESS);
    let joined = bench.join_now(Join { member_id: &follower, ..Join::default() });
    assert_eq!((joined.leader.to_string(), joined.members.len()), (follower, 1));
}

#[test]
fn before_v3_a_leave_has_one_error() {
    let mut bench = Bench::new();
    let id = bench.stable_group(1)[0].member_id.to_string();
    for (group, member, expected) in [
        ("g", "x", ErrorCode::UNKNOWN_MEMBER_ID),
        ("x", "x", ErrorCode::UNKNOWN_MEMBER_ID),
        ("", "x", ErrorCode::INVALID_GROUP_ID),
        ("g", id.as_str(), OK),
    ] {
        let request =
            LeaveGroupRequest { group_id: group.into(), member_id: member.into(), ..LeaveGroupRequest::default() };
        let Response::LeaveGroup(answer) = bench.ask(1, Body::LeaveGroup(request)) else { panic!() };
        assert_eq!((answer.error_code, answer.members.len()), (expected, 0));
    }
}

#[test]
fn a_group_that_everybody_leaves_is_empty_and_keeps_counting() {
    let mut bench = Bench::new();
    let member = bench.stable_group(1).remove(0);
    bench.leave(&[(&member.member_id.to_string(), None)]);
    assert_eq!((bench.state(), bench.heartbeat("x", 1)), ("Empty".into(), ErrorCode::UNKNOWN_MEMBER_ID));
    let (_, token) = bench.enter(Join::default());
    bench.pass_ms(0);
    assert_eq!(bench.joined(token).generation_id, member.generation_id + 2);
}

#[test]
fn a_full_group_takes_nobody() {
    let mut bench = Bench::with(GroupConfig { max_size: 2, initial_rebalance_delay_ms: 0, ..GroupConfig::default() });
    bench.stable_group(2);
    let answer = bench.join_now(Join::default());
    assert_eq!((answer.error_code, answer.member_id.to_string()), (ErrorCode::GROUP_MAX_SIZE_REACHED, "".into()));
}

#[test]
fn a_join_that_is_made_twice_is_answered_twice() {
    let mut bench = Bench::new();
    let members = bench.stable_group(2);
    let leader = members[0].member_id.to_string();
    let given_up = bench.join(Join { member_id: &leader, ..Join::default() });
    let parked = bench.join(Join { member_id: &leader, ..Join::default() });
    assert_eq!(bench.joined(given_up).error_code, ErrorCode::REBALANCE_IN_PROGRESS);
    assert!(!bench.answers.contains_key(&parked));
}

#[test]
fn an_assignment_is_told_once_it_is_committed() {
    let mut bench = Bench::new();
    let (_, token) = bench.enter(Join::default());
    bench.pass_ms(0);
    let member = bench.joined(token);
    let request = SyncGroupRequest {
        group_id: "g".into(),
        generation_id: 1,
        member_id: member.member_id.borrowed(),
        ..SyncGroupRequest::default()
    };
    let caller = Caller { version: 3, client_id: "c", client_host: "/h", random: [0; 16], topics: &Topics };
    let ask = |token, shard: &mut Shard<GroupCoordinator>| {
        let body = Body::SyncGroup(request.clone());
        shard.handle(Now::default(), Token(token), Request { caller, body })
    };
    let shard = bench.shard();
    let Step::Append(append) = ask(90, shard) else { panic!("the leader's sync writes the generation") };
    let failed = shard.append_failed(append, ErrorCode::NOT_ENOUGH_REPLICAS);
    let Response::SyncGroup(answer) = &failed[0].response else { panic!() };
    assert_eq!(answer.error_code, ErrorCode::COORDINATOR_NOT_AVAILABLE, "and it can be sent again");
    let Step::Append(append) = ask(91, shard) else { panic!() };
    let start = shard.appended_to();
    shard.appended(append, start..start.plus(1));
    let Step::Done(none) = ask(92, shard) else { panic!() };
    assert_eq!((none, shard.committed(start)), (vec![], vec![]));
    let tokens: Vec<_> = shard.committed(start.plus(1)).iter().map(|completion| completion.token).collect();
    assert_eq!(tokens, [Token(91), Token(92)]);
}

#[test]
fn a_group_has_the_bytes_that_kafka_writes() {
    let mut bench = Bench::new();
    let (id, token) = bench.enter(Join { protocols: &[("range", b"ab")], ..Join::default() });
    bench.pass_ms(0);
    let member = bench.joined(token);
    bench.sync(&member, &[(&id, "xyz")]);
    let now = bench.now.wall.0.to_be_bytes();
    let id = [b"\0\x26", id.as_bytes()].concat();
    let expected_new = [&b"\0\x03\0\0\0\0\0\0\xff\xff\xff\xff"[..], &now, b"\0\0\0\0"].concat();
    let expected_synced = [
        &b"\0\x03\0\x08consumer\0\0\0\x01\0\x05range"[..],
        &id,
        &now,
        b"\0\0\0\x01",
        &id,
        b"\xff\xff\0\x01c\0\x0a/127.0.0.1\0\0\xea\x60\0\0\x27\x10",
        b"\0\0\0\x02ab\0\0\0\x03xyz",
    ]
    .concat();
    let written: Vec<_> = bench.log.iter().map(|record| (&*record.key, record.value.as_deref().unwrap())).collect();
    assert_eq!(written, [(&b"\0\x02\0\x01g"[..], &*expected_new), (b"\0\x02\0\x01g", &expected_synced)]);
}
