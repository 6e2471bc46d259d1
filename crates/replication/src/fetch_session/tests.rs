use super::*;

fn wanted(partition: i32, offset: i64) -> FetchPartition {
    FetchPartition {
        topic: TopicKey::Name("t".into()),
        partition,
        offset: Offset(offset),
        max_bytes: 100,
        current_leader_epoch: LeaderEpoch::NONE,
        last_fetched_epoch: LeaderEpoch::NONE,
    }
}

fn told(high_watermark: i64) -> Told {
    Told { error: ErrorCode::NONE, high_watermark: Offset(high_watermark), log_start: Offset(0), has_records: false }
}

fn request(id: i32, epoch: i32) -> SessionRequest {
    SessionRequest { id, epoch, by_id: false }
}

const NOW: Monotonic = Monotonic(0);

fn with_session(partitions: i32) -> FetchSessions {
    let mut sessions = FetchSessions::new(2);
    let asked = (0..partitions).map(|p| wanted(p, 0)).collect::<Vec<_>>();
    assert_eq!(sessions.fetch(request(0, 0), asked.clone(), [], NOW), Ok(Fetch::Full(asked.clone())));
    assert_eq!(sessions.open(9, false, asked.into_iter().map(|p| (p, told(5))), NOW), 9);
    sessions
}

#[test]
fn an_answer_leaves_out_what_did_not_change() {
    let mut sessions = with_session(3);
    let Ok(Fetch::Incremental(asked)) = sessions.fetch(request(9, 1), vec![], [], NOW) else { panic!() };
    assert_eq!(asked.len(), 3);
    let key = TopicKey::Name("t".into());
    let answer = [(key.clone(), 0, told(5)), (key.clone(), 1, told(6)), (key, 2, told(5))];
    assert_eq!(sessions.update(9, &answer), [false, true, false]);
}

#[test]
fn a_partition_in_error_is_repeated_each_time() {
    let mut sessions = with_session(1);
    let error = Told { error: ErrorCode::UNKNOWN_TOPIC_OR_PARTITION, high_watermark: Offset(-1), ..told(-1) };
    let answer = [(TopicKey::Name("t".into()), 0, error)];
    assert_eq!(sessions.update(9, &answer), [true]);
    assert_eq!(sessions.update(9, &answer), [true]);
}

#[test]
fn a_wrong_epoch_is_refused_and_the_session_lives_on() {
    let mut sessions = with_session(1);
    assert_eq!(sessions.fetch(request(9, 4), vec![], [], NOW), Err(SessionError::WrongEpoch));
    assert!(sessions.fetch(request(9, 1), vec![], [], NOW).is_ok());
    assert!(sessions.fetch(request(9, 2), vec![], [], NOW).is_ok());
}

#[test]
fn an_unknown_session_is_not_found_but_epoch_0_opens_a_new_one() {
    let mut sessions = with_session(1);
    assert_eq!(sessions.fetch(request(8, 1), vec![], [], NOW), Err(SessionError::NotFound));
    assert_eq!(sessions.fetch(request(0, 5), vec![], [], NOW), Err(SessionError::NotFound));
    assert_eq!(sessions.fetch(request(8, 0), vec![], [], NOW), Ok(Fetch::Full(vec![])));
}

#[test]
fn names_and_ids_do_not_mix_in_a_session() {
    let mut sessions = with_session(1);
    let by_id = SessionRequest { by_id: true, ..request(9, 1) };
    assert_eq!(sessions.fetch(by_id, vec![], [], NOW), Err(SessionError::TopicId { id: 9 }));
}

#[test]
fn a_session_takes_new_partitions_and_forgets_others() {
    let mut sessions = with_session(2);
    let gone = [(TopicKey::Name("t".into()), 0)];
    let Ok(Fetch::Incremental(asked)) = sessions.fetch(request(9, 1), vec![wanted(1, 7), wanted(5, 0)], gone, NOW)
    else {
        panic!()
    };
    assert_eq!(asked, [wanted(1, 7), wanted(5, 0)]);
}

#[test]
fn the_next_answer_begins_behind_the_last_one_with_records() {
    let mut sessions = with_session(3);
    let _ = sessions.fetch(request(9, 1), vec![], [], NOW);
    let filled = Told { has_records: true, ..told(5) };
    sessions.update(9, &[(TopicKey::Name("t".into()), 1, filled)]);
    let Ok(Fetch::Incremental(asked)) = sessions.fetch(request(9, 2), vec![], [], NOW) else { panic!() };
    assert_eq!(asked.iter().map(|p| p.partition).collect::<Vec<_>>(), [2, 0, 1]);
}

#[test]
fn the_same_partition_twice_counts_as_it_was_named_last() {
    let mut sessions = FetchSessions::new(1);
    let asked = sessions.fetch(request(0, -1), vec![wanted(0, 1), wanted(1, 0), wanted(0, 9)], [], NOW);
    assert_eq!(asked, Ok(Fetch::Sessionless(vec![wanted(0, 9), wanted(1, 0)])));
}

#[test]
fn without_room_there_is_no_session_until_one_has_been_idle_for_two_minutes() {
    let mut sessions = with_session(1);
    assert_eq!(sessions.open(10, false, [], NOW), 10);
    assert_eq!(sessions.open(11, false, [], NOW), 0);
    assert_eq!(sessions.open(11, false, [], NOW + EVICTION_AGE), 11);
    assert_eq!(sessions.len(), 2);
}

#[test]
fn the_epoch_after_the_largest_is_1() {
    assert_eq!(next_epoch(i32::MAX), 1);
}
