//! Rules of OffsetCommit, OffsetFetch, OffsetDelete.

use protocol::{
    codec,
    messages::offset_delete::{OffsetDeleteRequest, OffsetDeleteRequestPartition, OffsetDeleteRequestTopic},
    stored::{groups::OffsetCommitValue, split_prefix},
};

use super::*;

#[test]
fn whoever_has_no_group_commits_and_reads_back() {
    let mut bench = Bench::new();
    for (group, member_id, offset) in [("g", "", 5), ("g", "anybody", -1), ("", "", -5)] {
        assert_eq!(bench.commit(Commit { group, member_id, offset, ..Commit::default() }), OK);
    }
    assert_eq!(bench.fetch("t1"), (-1, String::new(), OK), "null metadata is returned as the empty string");
    assert_eq!(bench.list(&[], &[]), [" Empty classic", "g Empty classic"]);
}

#[test]
fn metadata_comes_back_and_has_a_limit_in_characters() {
    let mut bench = Bench::new();
    for (metadata, expected) in [("é".repeat(4_096), OK), ("x".repeat(4_097), ErrorCode::OFFSET_METADATA_TOO_LARGE)] {
        assert_eq!(bench.commit(Commit { metadata: Some(&metadata), ..Commit::default() }), expected);
    }
    assert_eq!(bench.fetch("t1"), (1, "é".repeat(4_096), OK));
}

#[test]
fn a_commit_has_to_be_of_the_generation() {
    let mut bench = Bench::new();
    let at = |version, member_id, generation| Commit { version, member_id, generation, ..Commit::default() };
    assert_eq!(bench.commit(at(8, "x", 3)), ErrorCode::ILLEGAL_GENERATION, "an unknown group");
    assert_eq!(bench.commit(at(9, "x", 3)), ErrorCode::GROUP_ID_NOT_FOUND, "an unknown group, from v9 on");
    let member = bench.stable_group(1).remove(0);
    let id = member.member_id.to_string();
    assert_eq!(bench.commit(at(9, &id, 1)), OK);
    assert_eq!(bench.commit(at(9, &id, 0)), ErrorCode::ILLEGAL_GENERATION);
    assert_eq!(bench.commit(at(9, "x", 1)), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(bench.commit(at(9, "", -1)), ErrorCode::UNKNOWN_MEMBER_ID, "the group is in use");
    bench.leave(&[(&id, None)]);
    assert_eq!(bench.commit(at(9, &id, 1)), ErrorCode::UNKNOWN_MEMBER_ID);
    assert_eq!(bench.commit(at(9, "", -1)), OK);
}

#[test]
fn a_commit_is_taken_while_members_join_and_refused_while_they_sync() {
    let mut bench = Bench::new();
    let member = bench.stable_group(1).remove(0);
    let id = member.member_id.to_string();
    let (_, token) = bench.enter(Join::default());
    assert_eq!(bench.state(), "PreparingRebalance");
    assert_eq!(bench.commit(Commit { member_id: &id, generation: 1, ..Commit::default() }), OK);
    let leader = bench.join_now(Join { member_id: &id, ..Join::default() });
    bench.joined(token);
    assert_eq!(bench.state(), "CompletingRebalance");
    let commit = Commit { member_id: &id, generation: leader.generation_id, ..Commit::default() };
    assert_eq!(bench.commit(commit), ErrorCode::REBALANCE_IN_PROGRESS);
}

#[test]
fn what_does_not_exist_cannot_be_committed() {
    let mut bench = Bench::new();
    let cases = [
        (9, "nowhere", Uuid::ZERO, 0, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        (9, "t1", Uuid::ZERO, 3, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        (10, "", topic_id(77), 0, ErrorCode::UNKNOWN_TOPIC_ID),
        (10, "", topic_id(1), 3, ErrorCode::UNKNOWN_TOPIC_OR_PARTITION),
        (10, "", topic_id(1), 0, OK),
    ];
    for (version, topic, topic_id, partition, expected) in cases {
        let commit = Commit { version, topic, topic_id, partition, offset: 9, ..Commit::default() };
        assert_eq!(bench.commit(commit), expected, "{topic:?} {partition}");
    }
    assert_eq!(bench.fetch("t1").0, 9);
    assert_eq!(bench.log.len(), 1);
}

#[test]
fn a_commit_has_the_bytes_that_kafka_writes() {
    let mut bench = Bench::new();
    bench.commit(Commit { offset: 7, metadata: Some("m"), ..Commit::default() });
    bench.commit(Commit { version: 2, retention_ms: 50, ..Commit::default() });
    assert_eq!(bench.log[0].key, b"\0\x01\0\x01g\0\x02t1\0\0\0\0");
    let (version, rest) = split_prefix(bench.log[0].value.as_deref().unwrap()).unwrap();
    let value: OffsetCommitValue<'_> = codec::decode_exact(rest, version).unwrap();
    assert_eq!((version, value.offset, value.topic_id), (4, 7, topic_id(1)));
    assert_eq!((value.metadata, value.commit_timestamp), ("m".into(), bench.now.wall));
    let (version, rest) = split_prefix(bench.log[1].value.as_deref().unwrap()).unwrap();
    let value: OffsetCommitValue<'_> = codec::decode_exact(rest, version).unwrap();
    assert_eq!((version, value.expire_timestamp.0), (1, bench.now.wall.0 + 50));
}

#[test]
fn an_offset_that_was_never_committed_is_minus_one() {
    let mut bench = Bench::new();
    assert_eq!(bench.fetch("t1"), (-1, String::new(), OK), "an unknown group");
    bench.commit(Commit::default());
    assert_eq!(bench.fetch("t2"), (-1, String::new(), OK));
    assert_eq!(bench.fetch("nowhere"), (-1, String::new(), OK), "an unknown topic is no error");
}

fn fetch(bench: &mut Bench, version: i16, topics: Option<Vec<Uuid>>) -> Vec<(String, Uuid, i64, ErrorCode)> {
    let named = |topic_id| OffsetFetchRequestTopics {
        topic_id,
        partition_indexes: vec![0],
        ..OffsetFetchRequestTopics::default()
    };
    let topics = topics.map(|topics| topics.into_iter().map(named).collect());
    let group = OffsetFetchRequestGroup { group_id: "g".into(), topics, ..OffsetFetchRequestGroup::default() };
    let Response::OffsetFetch(answer) = bench.ask(version, Body::OffsetFetch { group, require_stable: false }) else {
        panic!()
    };
    let show = |topic: &protocol::messages::offset_fetch::OffsetFetchResponseTopics<'_>| {
        let partition = &topic.partitions[0];
        (topic.name.to_string(), topic.topic_id, partition.committed_offset.0, partition.error_code)
    };
    answer.topics.iter().map(show).collect()
}

#[test]
fn no_topics_are_all_topics() {
    let mut bench = Bench::new();
    assert_eq!(fetch(&mut bench, 9, None), []);
    bench.commit(Commit { topic: "t1", offset: 1, ..Commit::default() });
    bench.commit(Commit { topic: "t2", offset: 2, ..Commit::default() });
    let by_name = [("t1".into(), Uuid::ZERO, 1, OK), ("t2".into(), Uuid::ZERO, 2, OK)];
    assert_eq!(fetch(&mut bench, 9, None), by_name);
    let by_id: Vec<_> = fetch(&mut bench, 10, None).into_iter().map(|(_, id, offset, _)| (id, offset)).collect();
    assert_eq!(by_id, [(topic_id(1), 1), (topic_id(2), 2)]);
}

#[test]
fn from_v10_on_topics_are_read_by_their_ids_and_unknown_ones_come_last() {
    let mut bench = Bench::new();
    bench.commit(Commit { topic: "t1", offset: 4, ..Commit::default() });
    let answer = fetch(&mut bench, 10, Some(vec![topic_id(77), topic_id(1)]));
    assert_eq!((answer[0].2, answer[0].3), (4, OK));
    assert_eq!((answer[1].2, answer[1].3), (-1, ErrorCode::UNKNOWN_TOPIC_ID));
}

fn delete(bench: &mut Bench, group: &str, topic: &str) -> (ErrorCode, Option<ErrorCode>) {
    let topic = OffsetDeleteRequestTopic {
        name: topic.into(),
        partitions: vec![OffsetDeleteRequestPartition { partition_index: 0 }],
    };
    let request = OffsetDeleteRequest { group_id: group.into(), topics: vec![topic] };
    let Response::OffsetDelete(answer) = bench.ask(0, Body::OffsetDelete(request)) else { panic!() };
    (answer.error_code, answer.topics.first().map(|topic| topic.partitions[0].error_code))
}

#[test]
fn offsets_of_topics_that_nobody_reads_can_be_deleted() {
    let mut bench = Bench::new();
    assert_eq!(delete(&mut bench, "g", "t1"), (ErrorCode::GROUP_ID_NOT_FOUND, None));
    assert_eq!(delete(&mut bench, "", "t1"), (ErrorCode::INVALID_GROUP_ID, None));
    for topic in ["t1", "t2"] {
        bench.commit(Commit { topic, ..Commit::default() });
    }
    bench.stable_group(1);
    assert_eq!(delete(&mut bench, "g", "t1"), (OK, Some(ErrorCode::GROUP_SUBSCRIBED_TO_TOPIC)));
    assert_eq!(delete(&mut bench, "g", "nowhere"), (OK, Some(ErrorCode::UNKNOWN_TOPIC_OR_PARTITION)));
    assert_eq!(delete(&mut bench, "g", "t2"), (OK, Some(OK)));
    assert_eq!((bench.fetch("t1").0, bench.fetch("t2").0), (1, -1));
}

#[test]
fn offsets_of_a_group_that_are_no_consumers_stay_while_it_has_members() {
    let mut bench = Bench::new();
    let token = bench.join(Join { version: 0, protocol_type: "connect", ..Join::default() });
    bench.pass_ms(0);
    bench.joined(token);
    assert_eq!(delete(&mut bench, "g", "t1"), (ErrorCode::NON_EMPTY_GROUP, None));
}

#[test]
fn a_deleted_topic_takes_its_offsets_with_it() {
    let mut bench = Bench::new();
    for (group, topic) in [("g", "t1"), ("h", "t1"), ("g", "t2")] {
        bench.commit(Commit { group, topic, ..Commit::default() });
    }
    let topics = [("t1".to_owned(), topic_id(1)), ("t2".to_owned(), topic_id(9))];
    assert_eq!(bench.ask(0, Body::TopicsDeleted(&topics)), Response::TopicsDeleted(OK));
    assert_eq!((bench.fetch("t1").0, bench.fetch("t2").0), (-1, 1), "another topic of the same name is not meant");
    assert_eq!(bench.log.iter().filter(|record| record.value.is_none()).count(), 2);
}

/// Replays an offset that a transaction has committed.
fn commit_in_transaction(bench: &mut Bench, producer: i64, offset: i64) {
    let mut other = Bench::new();
    other.commit(Commit { offset, ..Commit::default() });
    let record = other.log.remove(0);
    let at = Position { offset: bench.shard().appended_to(), transaction: Some(ProducerId(producer)) };
    bench.has_foreign_records = true;
    bench.shard().replay(at, &record.key, record.value.as_deref());
    assert_eq!(bench.shard().committed(at.offset.plus(1)), []);
}

#[test]
fn an_offset_of_a_transaction_counts_once_it_is_committed() {
    for (marker, expected) in [(Marker::Commit, 8), (Marker::Abort, 1)] {
        let mut bench = Bench::new();
        bench.commit(Commit { offset: 1, ..Commit::default() });
        commit_in_transaction(&mut bench, 4, 8);
        assert_eq!(bench.fetch("t1").2, ErrorCode::UNSTABLE_OFFSET_COMMIT);
        assert_eq!(fetch(&mut bench, 9, None)[0].2, 1, "who does not ask for stable offsets gets the last stable one");
        let at = bench.shard().appended_to();
        bench.shard().end_transaction(at, ProducerId(4), marker);
        let answers = bench.shard().committed(at.plus(1));
        assert_eq!(answers, []);
        assert_eq!(bench.fetch("t1"), (expected, String::new(), OK), "{marker:?}");
    }
}

#[test]
fn a_later_commit_outside_of_the_transaction_stays() {
    let mut state = State::default();
    let mut other = Bench::new();
    other.commit(Commit { offset: 1, ..Commit::default() });
    other.commit(Commit { offset: 2, ..Commit::default() });
    for (at, record, transaction) in [(0, 0, Some(ProducerId(4))), (1, 1, None)] {
        let record = &other.log[record];
        state.replay(Position { offset: Offset(at), transaction }, &record.key, record.value.as_deref());
    }
    state.end_transaction(ProducerId(4), Marker::Commit);
    assert_eq!(state.offsets.get("g", "t1", 0).unwrap().offset, Offset(2));
}
