use super::*;

/// Counts what is asked of it in its log; 0 only looks, and a negative number is taken at the next timeout.
#[derive(Default)]
struct Counter {
    sum: i64,
    delayed: Vec<i64>,
}

impl Coordinator for Counter {
    type Request<'a> = i64;
    type Response = Result<i64, ErrorCode>;
    type Change = Vec<i64>;

    fn handle(&self, _: Now, token: Token, request: i64) -> Outcome<Self::Response, Self::Change> {
        let mut outcome = Outcome::answer(token, Ok(self.sum + request.max(0)));
        match request {
            1.. => outcome.records.push(record(request)),
            0 => {}
            _ => outcome.changes.push([self.delayed.clone(), vec![-request]].concat()),
        }
        outcome
    }

    fn on_timeout(&self, _: Now) -> Outcome<Self::Response, Self::Change> {
        let mut outcome = Outcome::nothing();
        outcome.records.extend(self.delayed.iter().map(|n| record(*n)));
        outcome.changes.push(Vec::new());
        outcome
    }

    fn poll_timeout(&self) -> Option<Monotonic> {
        (!self.delayed.is_empty()).then_some(Monotonic(5))
    }

    fn replay(&mut self, _: Position, key: &[u8], _: Option<&[u8]>) {
        self.sum += i64::from_be_bytes(key.try_into().unwrap());
    }

    fn apply(&mut self, change: Vec<i64>) {
        self.delayed = change;
    }

    fn unload(self, _: ErrorCode) -> Vec<Completion<Self::Response>> {
        Vec::new()
    }

    fn fail(response: &mut Self::Response, error: ErrorCode) {
        *response = Err(error);
    }
}

fn record(n: i64) -> Record {
    Record { key: n.to_be_bytes().to_vec(), value: None }
}

fn shard() -> Shard<Counter> {
    Shard::new(Counter::default(), Offset(0), Offset(0))
}

fn ask(shard: &mut Shard<Counter>, token: u64, request: i64) -> Step<Counter> {
    shard.handle(Now::default(), Token(token), request)
}

/// Asks for something that needs a record, and appends it behind all others.
fn append(shard: &mut Shard<Counter>, token: u64, request: i64) {
    let Step::Append(append) = ask(shard, token, request) else { panic!("{request} needs a record") };
    let start = shard.appended_to();
    shard.appended(append, start..start.plus(1));
}

fn answers(completions: Vec<Completion<Result<i64, ErrorCode>>>) -> Vec<(u64, Result<i64, ErrorCode>)> {
    completions.into_iter().map(|completion| (completion.token.0, completion.response)).collect()
}

#[test]
fn an_answer_leaves_once_its_records_are_committed() {
    let mut shard = shard();
    append(&mut shard, 1, 10);
    append(&mut shard, 2, 5);
    assert_eq!(answers(shard.committed(Offset(1))), [(1, Ok(10))]);
    assert_eq!(answers(shard.committed(Offset(1))), []);
    assert_eq!(answers(shard.committed(Offset(2))), [(2, Ok(15))]);
}

#[test]
fn what_was_read_before_it_is_committed_is_told_only_after() {
    let mut shard = shard();
    append(&mut shard, 1, 10);
    let Step::Done(completions) = ask(&mut shard, 2, 0) else { panic!() };
    assert_eq!(answers(completions), []);
    assert_eq!(answers(shard.committed(Offset(1))), [(1, Ok(10)), (2, Ok(10))]);
    let Step::Done(completions) = ask(&mut shard, 3, 0) else { panic!() };
    assert_eq!(answers(completions), [(3, Ok(10))]);
}

#[test]
fn an_append_that_failed_has_changed_nothing() {
    let mut shard = shard();
    let Step::Append(append) = ask(&mut shard, 1, 10) else { panic!() };
    let told = shard.append_failed(append, ErrorCode::NOT_ENOUGH_REPLICAS);
    assert_eq!(answers(told), [(1, Err(ErrorCode::COORDINATOR_NOT_AVAILABLE))]);
    assert_eq!(shard.core().sum, 0);
}

#[test]
fn a_timer_whose_append_failed_rests_and_tries_again() {
    let mut shard = shard();
    let Step::Done(_) = ask(&mut shard, 1, -7) else { panic!() };
    let now = Now { mono: Monotonic(5), ..Now::default() };
    let Step::Append(append) = shard.tick(now) else { panic!("it is due") };
    assert_eq!(answers(shard.append_failed(append, ErrorCode::KAFKA_STORAGE_ERROR)), []);
    assert_eq!(shard.poll_timeout(), Some(now.mono.plus_ms(500)));
    let Step::Done(_) = shard.tick(now) else { panic!("it rests") };
    let Step::Append(append) = shard.tick(Now { mono: now.mono.plus_ms(500), ..now }) else {
        panic!("it is due again")
    };
    shard.appended(append, Offset(0)..Offset(1));
    assert_eq!((shard.core().sum, shard.poll_timeout()), (7, None));
}

#[test]
fn a_shard_that_ends_answers_all_who_wait() {
    let mut shard = shard();
    append(&mut shard, 1, 10);
    let Step::Done(_) = ask(&mut shard, 2, 0) else { panic!() };
    let told = answers(shard.unload(ErrorCode::NOT_COORDINATOR));
    assert_eq!(told, [(1, Err(ErrorCode::NOT_COORDINATOR)), (2, Err(ErrorCode::NOT_COORDINATOR))]);
}
