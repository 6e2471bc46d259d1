//! The shape that every coordinator has, and the part of it that is always the same.
//!
//! A coordinator is a state machine over one partition of an internal topic. Kafka's own runs each on a thread and keeps
//! snapshots to roll back to; here nothing has to be rolled back, because deciding cannot change anything:
//!
//! ```text
//!            handle / on_timeout                 replay, apply                    committed(hw)
//! request ───────────────────────► Outcome ───────────────────────► waiting ───────────────────────► answer
//!            reads state              │      once the log has the      │     once nobody can lose
//!                                     ▼      records                   ▼     the records any more
//!                              append failed: nothing has changed   leadership lost: all thrown away
//! ```
//!
//! 1. [`Shard::handle`] asks the coordinator, which looks at its state and returns an [`Outcome`].
//! 2. An outcome without records takes effect at once. One with records comes back as [`Step::Append`]: the driver, still
//!    holding the shard's lock, appends them to the partition's log.
//! 3. [`Shard::appended`] replays the records and applies the soft changes, so that the next request decides on what is
//!    true. [`Shard::append_failed`] gives the requester the error; the state is as it was before the request.
//! 4. Every answer tells something that may rest on records not committed yet. It waits in the shard until
//!    [`Shard::committed`] brings a high watermark that covers all that was appended when it was decided. That is as
//!    coarse as Kafka's own runtime: an answer may wait for the records of another group, for the length of one sync.
//!
//! When leadership is lost, or when it is unknown whether an append reached the log, [`Shard::unload`] consumes the shard
//! and answers all who wait; the partition is loaded anew into a fresh state.
//!
//! *Soft* is what is not in the log: timers and members waiting in a join. It changes by [`Coordinator::Change`]s only.
//!
//! Source: Kafka `CoordinatorRuntime`, `CoordinatorShard`, `CoordinatorResult`.

use std::collections::VecDeque;

use protocol::{
    ErrorCode,
    types::{Monotonic, Now, Offset, OffsetRange, ProducerId},
};

/// How long a timer's decision rests when its records could not be appended.
///
/// Kafka's runtime waits as long; at once would spin on a full disk.
const RETRY_AFTER_FAILED_TIMER_MS: u64 = 500;

/// Who asked: a number of the driver's choosing, unique among those not answered yet. Each is answered exactly once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Token(pub u64);

/// A record to be appended. No value takes back what the key said (a tombstone).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The key as it is stored, its type included.
    pub key: Vec<u8>,
    /// The value as it is stored, its version included.
    pub value: Option<Vec<u8>>,
}

/// Where a replayed record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Its offset in the partition.
    pub offset: Offset,
    /// The producer whose transaction it belongs to; it counts once that one's marker says so. `None` outside of
    /// transactions, also for batches of idempotent producers.
    pub transaction: Option<ProducerId>,
}

/// How a transaction ended, as the control record in the log says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marker {
    /// What the transaction wrote counts.
    Commit,
    /// What the transaction wrote never was.
    Abort,
}

/// An answer and whom it is for.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion<R> {
    /// As given to [`Shard::handle`].
    pub token: Token,
    /// What to send.
    pub response: R,
}

/// What a coordinator has decided. Nothing of it has happened yet.
#[derive(Debug)]
pub struct Outcome<R, C> {
    /// To be appended, in this order and as one batch.
    pub records: Vec<Record>,
    /// Answers that are given once the records are committed; not only to the requester.
    pub complete: Vec<Completion<R>>,
    /// How the soft state changes once the records are in the log.
    pub changes: Vec<C>,
    /// What the requester gets, as an error, if there are records that cannot be appended and it is not among
    /// [`complete`](Self::complete), because it would have been parked.
    pub otherwise: Option<R>,
}

impl<R, C> Outcome<R, C> {
    /// Nothing to do and nobody to answer.
    #[must_use]
    pub const fn nothing() -> Self {
        Self { records: Vec::new(), complete: Vec::new(), changes: Vec::new(), otherwise: None }
    }

    /// One answer, and nothing else.
    pub fn answer(token: Token, response: R) -> Self {
        let mut outcome = Self::nothing();
        outcome.answer_also(token, response);
        outcome
    }

    /// Adds an answer.
    pub fn answer_also(&mut self, token: Token, response: R) {
        self.complete.push(Completion { token, response });
    }
}

/// A state machine over one partition. Its methods that take `&self` decide, the others change.
pub trait Coordinator {
    /// What it is asked.
    type Request<'a>;
    /// What it answers.
    type Response;
    /// A change of what is not in the log.
    type Change;

    /// Decides about a request.
    fn handle(&self, now: Now, token: Token, request: Self::Request<'_>) -> Outcome<Self::Response, Self::Change>;

    /// Decides what follows from the passing of time. Called at or after [`poll_timeout`](Self::poll_timeout), which
    /// has to be later once the outcome has taken effect, or must have come closer to it.
    fn on_timeout(&self, now: Now) -> Outcome<Self::Response, Self::Change>;

    /// When [`on_timeout`](Self::on_timeout) has something to decide; may be early, never late.
    fn poll_timeout(&self) -> Option<Monotonic>;

    /// Takes over what a record of the log says. Whatever the bytes are, it does not panic: they come from a disk, and
    /// perhaps from another program.
    fn replay(&mut self, at: Position, key: &[u8], value: Option<&[u8]>);

    /// Takes over how a transaction ended whose records were replayed before. Most coordinators' logs have none.
    fn end_transaction(&mut self, _producer: ProducerId, _marker: Marker) {}

    /// Applies a soft change, after the records it came with were replayed.
    fn apply(&mut self, change: Self::Change);

    /// Ends it, and gives each requester it has parked an answer that says `error`.
    fn unload(self, error: ErrorCode) -> Vec<Completion<Self::Response>>;

    /// Turns an answer into one that says `error`.
    fn fail(response: &mut Self::Response, error: ErrorCode);
}

/// What a request or a timer asks of the driver.
#[derive(Debug)]
#[must_use = "a step that is dropped leaves its requester without an answer"]
pub enum Step<C: Coordinator> {
    /// Nothing is to be appended; these answers may be sent. Others may have been parked.
    Done(Vec<Completion<C::Response>>),
    /// Append [`Append::records`], then call [`Shard::appended`] or [`Shard::append_failed`] before anything else.
    Append(Append<C>),
}

/// A decision whose records are on their way to the log.
#[must_use = "the driver has to append the records and say what came of it"]
pub struct Append<C: Coordinator> {
    outcome: Outcome<C::Response, C::Change>,
    /// `None` for the decision of a timer.
    requester: Option<Token>,
    now: Now,
}

impl<C: Coordinator> std::fmt::Debug for Append<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Append").field("records", &self.outcome.records).finish_non_exhaustive()
    }
}

impl<C: Coordinator> Append<C> {
    /// What to append, as one batch and in this order; never empty.
    #[must_use]
    pub fn records(&self) -> &[Record] {
        &self.outcome.records
    }
}

struct Waiting<R> {
    /// Everything below must be committed.
    end: Offset,
    completion: Completion<R>,
}

/// A coordinator with its answers that wait for the log: what a driver holds per partition, under a lock.
pub struct Shard<C: Coordinator> {
    core: C,
    /// The end of what was appended and replayed; only grows.
    appended: Offset,
    /// The highest high watermark seen; only grows. May be ahead of `appended` by a control record.
    committed: Offset,
    /// Ascending by `end`, and in the order of the decisions.
    waiting: VecDeque<Waiting<C::Response>>,
    /// Timers rest until then.
    not_before: Monotonic,
}

impl<C: Coordinator> Shard<C> {
    /// A shard over a coordinator that has replayed the log below `end`, of which everything below `high_watermark` is
    /// committed.
    pub const fn new(core: C, end: Offset, high_watermark: Offset) -> Self {
        Self { core, appended: end, committed: high_watermark, waiting: VecDeque::new(), not_before: Monotonic(0) }
    }

    /// The coordinator, to look at.
    pub const fn core(&self) -> &C {
        &self.core
    }

    /// The end of what was appended and replayed.
    #[must_use]
    pub const fn appended_to(&self) -> Offset {
        self.appended
    }

    /// Decides about a request.
    ///
    /// `token` is answered exactly once: in the returned step, or by a later call on this shard.
    pub fn handle(&mut self, now: Now, token: Token, request: C::Request<'_>) -> Step<C> {
        let outcome = self.core.handle(now, token, request);
        self.step(outcome, Some(token), now)
    }

    /// When to call [`tick`](Self::tick) if nothing else happens.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Monotonic> {
        self.core.poll_timeout().map(|at| at.max(self.not_before))
    }

    /// Decides what one timer that is due by `now` brings about; to be repeated while
    /// [`poll_timeout`](Self::poll_timeout) is not after `now`.
    pub fn tick(&mut self, now: Now) -> Step<C> {
        if self.poll_timeout().is_none_or(|at| at > now.mono) {
            return Step::Done(Vec::new());
        }
        let outcome = self.core.on_timeout(now);
        self.step(outcome, None, now)
    }

    fn step(&mut self, outcome: Outcome<C::Response, C::Change>, requester: Option<Token>, now: Now) -> Step<C> {
        if !outcome.records.is_empty() {
            return Step::Append(Append { outcome, requester, now });
        }
        outcome.changes.into_iter().for_each(|change| self.core.apply(change));
        if self.appended <= self.committed {
            return Step::Done(outcome.complete);
        }
        self.wait(outcome.complete);
        Step::Done(Vec::new())
    }

    fn wait(&mut self, completions: Vec<Completion<C::Response>>) {
        let end = self.appended;
        self.waiting.extend(completions.into_iter().map(|completion| Waiting { end, completion }));
    }

    /// The records of `append` stand in the log at `offsets`, which need not be committed yet.
    ///
    /// Its answers wait until [`committed`](Self::committed) is told a high watermark of at least `offsets.end`, even
    /// where it has got there already.
    ///
    /// # Panics
    /// If `offsets` are fewer or more than the records, or lie before what was appended earlier.
    pub fn appended(&mut self, append: Append<C>, offsets: OffsetRange) {
        let outcome = append.outcome;
        assert_eq!(offsets.end.0 - offsets.start.0, outcome.records.len() as i64, "one offset for each record");
        assert!(offsets.start >= self.appended, "appended at {offsets:?}, before {:?}", self.appended);
        for (offset, record) in (offsets.start.0..).map(Offset).zip(&outcome.records) {
            self.core.replay(Position { offset, transaction: None }, &record.key, record.value.as_deref());
        }
        self.appended = offsets.end;
        outcome.changes.into_iter().for_each(|change| self.core.apply(change));
        self.wait(outcome.complete);
    }

    /// The log is as it was before: the records of `append` are not in it and never will be.
    ///
    /// The requester gets the error that Kafka's coordinator makes of `error`, those parked stay parked, and the state
    /// is as before. If it is not known whether the records are in the log, [`unload`](Self::unload) instead.
    #[must_use = "the requester waits for its answer"]
    pub fn append_failed(&mut self, append: Append<C>, error: ErrorCode) -> Vec<Completion<C::Response>> {
        let Some(token) = append.requester else {
            self.not_before = append.now.mono.plus_ms(RETRY_AFTER_FAILED_TIMER_MS);
            return Vec::new();
        };
        let own = append.outcome.complete.into_iter().find(|completion| completion.token == token);
        let mut response = own
            .map(|completion| completion.response)
            .or(append.outcome.otherwise)
            .expect("an outcome with records answers its requester or says what it gets otherwise");
        C::fail(&mut response, append_error(error));
        vec![Completion { token, response }]
    }

    /// Everything below `high_watermark` is committed; gives what may be sent now.
    #[must_use = "those who wait are answered by sending this"]
    pub fn committed(&mut self, high_watermark: Offset) -> Vec<Completion<C::Response>> {
        self.committed = self.committed.max(high_watermark);
        let due = self.waiting.partition_point(|waiting| waiting.end <= self.committed);
        self.waiting.drain(..due).map(|waiting| waiting.completion).collect()
    }

    /// A record that somebody else appended, such as an offset committed in a transaction.
    pub fn replay(&mut self, at: Position, key: &[u8], value: Option<&[u8]>) {
        self.core.replay(at, key, value);
        self.appended = self.appended.max(at.offset.plus(1));
    }

    /// A transaction ended by a control record at `at`.
    pub fn end_transaction(&mut self, at: Offset, producer: ProducerId, marker: Marker) {
        self.core.end_transaction(producer, marker);
        self.appended = self.appended.max(at.plus(1));
    }

    /// Ends the shard and gives everybody who waits an answer that says `error`, mostly `NOT_COORDINATOR`.
    #[must_use = "those who wait are answered by sending this"]
    pub fn unload(self, error: ErrorCode) -> Vec<Completion<C::Response>> {
        let mut completions: Vec<_> = self.waiting.into_iter().map(|waiting| waiting.completion).collect();
        for completion in &mut completions {
            C::fail(&mut completion.response, error);
        }
        completions.extend(self.core.unload(error));
        completions
    }
}

/// What a client of a coordinator is told when the log refuses a record: it knows nothing of logs.
///
/// Source: Kafka `GroupMetadataManager.appendGroupMetadataErrorToResponseError`, `handleOperationException`.
#[must_use]
pub const fn append_error(error: ErrorCode) -> ErrorCode {
    match error {
        ErrorCode::UNKNOWN_TOPIC_OR_PARTITION | ErrorCode::NOT_ENOUGH_REPLICAS | ErrorCode::REQUEST_TIMED_OUT => {
            ErrorCode::COORDINATOR_NOT_AVAILABLE
        }
        ErrorCode::NOT_LEADER_OR_FOLLOWER | ErrorCode::KAFKA_STORAGE_ERROR => ErrorCode::NOT_COORDINATOR,
        ErrorCode::MESSAGE_TOO_LARGE | ErrorCode::RECORD_LIST_TOO_LARGE | ErrorCode::INVALID_FETCH_SIZE => {
            ErrorCode::UNKNOWN_SERVER_ERROR
        }
        error => error,
    }
}

#[cfg(test)]
mod tests;
