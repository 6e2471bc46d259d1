//! Rules of ListGroups, DescribeGroups, DeleteGroups.

use super::*;

#[test]
fn groups_are_listed_by_state_and_type_whatever_the_case() {
    let mut bench = Bench::new();
    bench.commit(Commit { group: "a", ..Commit::default() });
    bench.stable_group(1);
    assert_eq!(bench.list(&[], &[]), ["a Empty classic", "g Stable classic"]);
    assert_eq!(bench.list(&["STABLE"], &[]), ["g Stable classic"]);
    assert_eq!(bench.list(&[" empty "], &["classic"]), ["a Empty classic"]);
    for nonsense in [bench.list(&["nonsense"], &[]), bench.list(&[], &["nonsense"]), bench.list(&[], &["share"])] {
        assert_eq!(nonsense, [""; 0]);
    }
}

#[test]
fn an_unknown_group_is_dead_and_from_v6_on_an_error() {
    let mut bench = Bench::new();
    for (version, error) in [(5, OK), (6, ErrorCode::GROUP_ID_NOT_FOUND)] {
        let Response::DescribeGroups(groups) = bench.ask(version, Body::DescribeGroups(vec!["x".into()])) else {
            panic!()
        };
        assert_eq!((groups[0].error_code, groups[0].group_state.to_string()), (error, "Dead".into()));
        assert_eq!(groups[0].error_message.is_some(), version >= 6);
    }
}

#[test]
fn a_stable_group_shows_its_protocol_and_its_members() {
    let mut bench = Bench::new();
    let members = bench.stable_group(2);
    let group = bench.describe();
    assert_eq!((group.protocol_type, group.protocol_data), ("consumer".into(), "range".into()));
    assert_eq!(group.members.len(), 2);
    let leader = group.members.iter().find(|member| member.member_id == members[0].member_id).unwrap();
    assert_eq!((&leader.client_id, &leader.client_host), (&"c".into(), &"/127.0.0.1".into()));
    assert_eq!((leader.member_assignment.as_ref(), leader.member_metadata.is_empty()), (&b"0"[..], false));
}

#[test]
fn an_empty_group_can_be_deleted_with_all_it_has() {
    let mut bench = Bench::new();
    bench.commit(Commit { group: "a", ..Commit::default() });
    bench.stable_group(1);
    let ids = vec!["a".into(), "g".into(), "x".into(), "a".into()];
    let Response::DeleteGroups(results) = bench.ask(2, Body::DeleteGroups(ids)) else { panic!() };
    let results: Vec<_> = results.iter().map(|result| (result.group_id.to_string(), result.error_code)).collect();
    let expected =
        [("a".into(), OK), ("g".into(), ErrorCode::NON_EMPTY_GROUP), ("x".into(), ErrorCode::GROUP_ID_NOT_FOUND)];
    assert_eq!(results, expected);
    assert_eq!(bench.list(&[], &[]), ["g Stable classic"]);
    let tombstones: Vec<_> = bench.log.iter().filter(|r| r.value.is_none()).map(|r| r.key.as_slice()).collect();
    assert_eq!(tombstones, [&b"\0\x01\0\x01a\0\x02t1\0\0\0\0"[..], &b"\0\x02\0\x01a"[..]]);
}

#[test]
fn a_deleted_group_begins_anew() {
    let mut bench = Bench::new();
    let member = bench.stable_group(1).remove(0);
    bench.leave(&[(&member.member_id.to_string(), None)]);
    bench.ask(2, Body::DeleteGroups(vec!["g".into()]));
    assert!(bench.core().state.is_empty());
    assert_eq!(bench.stable_group(1)[0].generation_id, 1);
}
