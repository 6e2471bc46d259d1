//! Drives the group coordinator: one shard for each partition of `__consumer_offsets`.
//!
//! ```text
//! handler ─▶ lock shard ─▶ decide ─▶ append to the partition ─▶ replay ─▶ unlock      … fdatasync …
//!                                                                                          │
//! connection ◀── promise kept ◀── lock shard ◀── committed(high watermark) ◀── sync thread ┘
//! ```
//!
//! The shard's lock is taken before its partition's, never after. Answers are promises kept by token, so a join that is
//! parked for a minute costs an entry in a map. A partition is loaded when it appears, by the timer's thread; until then
//! its groups are told COORDINATOR_LOAD_IN_PROGRESS.
//!
//! If an append fails in a way that leaves open whether the records are in the log, the log is offline with it, and the
//! shard is unloaded: everybody who waits hears NOT_COORDINATOR.

use std::{
    collections::BTreeMap,
    sync::Arc,
    task::{Poll, Waker},
};

use coordinator::{
    group::{Body, Caller, GroupConfig, GroupCoordinator, Request, Response, State, TopicNames},
    runtime::{Completion, Marker, Position, Shard, Step, Token},
};
use metadata::{image::Image, topic_name::CONSUMER_OFFSETS};
use parking_lot::{Mutex, RwLock};
use protocol::{
    ErrorCode,
    records::{BatchBuilder, Compression, ControlRecordType, RecordBatch, Records, compression, next_batch},
    stored::coordinator_partition,
    types::{Monotonic, Now, Offset, ProducerEpoch, ProducerId, Str, Uuid},
};

use crate::{
    answer::{Broken, Promise, Reply, Ticket, Wait, promise},
    dispatch::Context,
    node::Node,
    partition::{Isolation, Partition, ReadRequest},
};

/// One read while loading.
const LOAD_BYTES: i64 = 4 * 1024 * 1024;

/// The largest batch that is decompressed while loading: the largest that a coordinator writes, with room to spare.
const LOAD_DECOMPRESSED_MAX: usize = 64 * 1024 * 1024;

/// The coordinators of this broker's groups.
#[derive(Debug)]
pub struct Groups {
    config: GroupConfig,
    shards: RwLock<Vec<Arc<Mutex<Hosted>>>>,
}

/// A shard, loaded or not.
struct Hosted {
    /// `None` where its log could not be opened.
    partition: Option<Arc<Partition>>,
    state: Stage,
    promises: BTreeMap<Token, Promise<Response>>,
    next_token: u64,
}

enum Stage {
    Loading,
    Loaded(Box<Shard<GroupCoordinator>>),
    /// The log failed.
    Failed,
}

impl std::fmt::Debug for Hosted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hosted").field("partition", &self.partition).finish_non_exhaustive()
    }
}

impl Groups {
    /// No shards yet.
    #[must_use]
    pub fn new(config: GroupConfig) -> Self {
        Self { config, shards: RwLock::default() }
    }

    /// `__consumer_offsets` has these partitions now. They are loaded by the next [`tick`](Self::tick).
    pub fn host(&self, partitions: &[Arc<Partition>]) {
        let mut shards = self.shards.write();
        for partition in partitions.iter().skip(shards.len()) {
            let partition = partition.open().then(|| Arc::clone(partition));
            shards.push(Arc::new(Mutex::new(Hosted {
                state: if partition.is_some() { Stage::Loading } else { Stage::Failed },
                partition,
                promises: BTreeMap::new(),
                next_token: 0,
            })));
        }
    }

    /// Asks the coordinator of `group`, and makes what it says into an answer.
    pub fn ask<R: Send + 'static>(
        &self,
        node: &Node,
        cx: &Context<'_>,
        group: &Str<'_>,
        body: Body<'_>,
        now: Now,
        answer: impl FnOnce(Response) -> R + Send + 'static,
    ) -> Reply<R> {
        let mut ticket = self.ticket(node, cx, group, body, now);
        match ticket.poll(Waker::noop()) {
            Poll::Ready(Ok(response)) => Reply::Now(answer(response)),
            _ => Reply::later(Mapped { ticket, answer: Some(answer) }),
        }
    }

    /// Asks the coordinator of `group`; the ticket may have its answer already.
    pub fn ticket(&self, node: &Node, cx: &Context<'_>, group: &Str<'_>, body: Body<'_>, now: Now) -> Ticket<Response> {
        let shard = {
            let shards = self.shards.read();
            match i32::try_from(shards.len()) {
                Ok(count) if count > 0 => Some(Arc::clone(&shards[coordinator_partition(group, count) as usize])),
                _ => None,
            }
        };
        ask_shard(node, cx, shard.as_deref(), body, now)
    }

    /// Asks every shard the same; for what concerns all groups of this broker.
    pub fn ask_all(&self, node: &Node, cx: &Context<'_>, body: &Body<'_>, now: Now) -> Vec<Ticket<Response>> {
        let shards = self.shards.read().clone();
        shards.iter().map(|shard| ask_shard(node, cx, Some(shard), body.clone(), now)).collect()
    }

    /// Topics are gone, and with them the offsets in them.
    pub fn topics_deleted(&self, node: &Node, topics: &[(String, Uuid)], now: Now) {
        if topics.is_empty() {
            return;
        }
        let names = Names(node.image());
        for shard in self.shards.read().clone() {
            let mut hosted = shard.lock();
            let caller = Caller { version: 0, client_id: "", client_host: "", random: [0; 16], topics: &names };
            let token = hosted.token();
            if let Stage::Loaded(shard) = &mut hosted.state {
                let request = Request { caller, body: Body::TopicsDeleted(topics) };
                let step = shard.handle(now, token, request);
                hosted.take(node, step, now);
            }
        }
    }

    /// A partition of `__consumer_offsets` has committed everything below `high_watermark`.
    pub fn committed(&self, index: i32, high_watermark: Offset) {
        let shard = usize::try_from(index).ok().and_then(|index| self.shards.read().get(index).cloned());
        if let Some(shard) = shard {
            let mut hosted = shard.lock();
            if let Stage::Loaded(shard) = &mut hosted.state {
                let completions = shard.committed(high_watermark);
                hosted.keep(completions);
            }
        }
    }

    /// Loads what is to be loaded, and does what timers ask for.
    pub fn tick(&self, node: &Node, now: Now) {
        for shard in self.shards.read().clone() {
            let mut hosted = shard.lock();
            if matches!(hosted.state, Stage::Loading) {
                hosted.load(&self.config, now);
            }
            while let Stage::Loaded(shard) = &mut hosted.state
                && shard.poll_timeout().is_some_and(|at| at <= now.mono)
            {
                let step = shard.tick(now);
                hosted.take(node, step, now);
            }
        }
    }

    /// When to call [`tick`](Self::tick).
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Monotonic> {
        let shards = self.shards.read();
        let timeout = |shard: &Arc<Mutex<Hosted>>| match &shard.lock().state {
            Stage::Loading => Some(Monotonic::default()),
            Stage::Loaded(shard) => shard.poll_timeout(),
            Stage::Failed => None,
        };
        shards.iter().filter_map(timeout).min()
    }
}

fn ask_shard(
    node: &Node,
    cx: &Context<'_>,
    shard: Option<&Mutex<Hosted>>,
    body: Body<'_>,
    now: Now,
) -> Ticket<Response> {
    let names = Names(node.image());
    let client_id = cx.client_id.as_ref().map(Str::to_text).unwrap_or_default();
    let client_host = format!("/{}", cx.peer.address.ip());
    let random = node.chance.uuid().0;
    let caller =
        Caller { version: cx.version(), client_id: &client_id, client_host: &client_host, random, topics: &names };
    let (kept, ticket) = promise();
    let Some(shard) = shard else {
        kept.keep(body.refuse(&caller, ErrorCode::NOT_COORDINATOR));
        return ticket;
    };
    let mut hosted = shard.lock();
    let token = hosted.token();
    match &mut hosted.state {
        Stage::Loading => kept.keep(body.refuse(&caller, ErrorCode::COORDINATOR_LOAD_IN_PROGRESS)),
        Stage::Failed => kept.keep(body.refuse(&caller, ErrorCode::NOT_COORDINATOR)),
        Stage::Loaded(shard) => {
            let before = shard.poll_timeout();
            let step = shard.handle(now, token, Request { caller, body });
            hosted.promises.insert(token, kept);
            hosted.take(node, step, now);
            let after = hosted.poll_timeout();
            if after.is_some_and(|after| before.is_none_or(|before| after < before)) {
                node.timers.ring();
            }
        }
    }
    ticket
}

impl Hosted {
    fn token(&mut self) -> Token {
        self.next_token += 1;
        Token(self.next_token)
    }

    fn poll_timeout(&self) -> Option<Monotonic> {
        if let Stage::Loaded(shard) = &self.state { shard.poll_timeout() } else { None }
    }

    fn keep(&mut self, completions: Vec<Completion<Response>>) {
        for Completion { token, response } in completions {
            if let Some(promise) = self.promises.remove(&token) {
                promise.keep(response);
            }
        }
    }

    /// Carries a step out.
    fn take(&mut self, node: &Node, step: Step<GroupCoordinator>, now: Now) {
        let (Stage::Loaded(shard), Some(partition)) = (&mut self.state, &self.partition) else { return };
        let append = match step {
            Step::Done(completions) => return self.keep(completions),
            Step::Append(append) => append,
        };
        // Sequence 0 without a producer is what Kafka's coordinator writes.
        let mut batch = BatchBuilder::new(Compression::NONE).producer(ProducerId::NONE, ProducerEpoch::NONE, 0);
        for record in append.records() {
            batch.append(now.wall, Some(&record.key), record.value.as_deref(), &[]);
        }
        match partition.append_own(node, batch.build(), now) {
            Ok(offsets) => {
                shard.appended(append, offsets);
                // Syncs are quick: the high watermark may have passed it before this lock was asked for again.
                let completions = shard.committed(partition.high_watermark());
                self.keep(completions);
            }
            Err(error) => {
                let completions = shard.append_failed(append, error.code());
                let is_offline = partition.is_offline();
                self.keep(completions);
                if is_offline {
                    self.fail();
                }
            }
        }
    }

    fn fail(&mut self) {
        if let Stage::Loaded(shard) = std::mem::replace(&mut self.state, Stage::Failed) {
            let completions = shard.unload(ErrorCode::NOT_COORDINATOR);
            self.keep(completions);
        }
    }

    /// Replays the partition from its start to its end.
    fn load(&mut self, config: &GroupConfig, now: Now) {
        let Some(partition) = &self.partition else { return };
        match replay(partition) {
            Ok((state, end)) => {
                let coordinator = GroupCoordinator::new(config.clone(), state, now);
                let shard = Shard::new(coordinator, end, partition.high_watermark());
                self.state = Stage::Loaded(Box::new(shard));
            }
            Err(reason) => {
                tracing::error!(?partition, reason, "a partition of {CONSUMER_OFFSETS} cannot be loaded");
                self.state = Stage::Failed;
            }
        }
    }
}

/// The state that the log of a partition gives, and where the log ends.
fn replay(partition: &Partition) -> Result<(State, Offset), String> {
    let mut state = State::default();
    let (mut at, end) = (partition.log_start(), partition.log_end());
    while at < end {
        let request = ReadRequest {
            offset: at,
            max_bytes: LOAD_BYTES,
            at_least_one: true,
            isolation: Isolation::Everything,
            ..ReadRequest::default()
        };
        let read = partition.read(&request).map_err(|error| error.to_string())?;
        let range = read.range.ok_or_else(|| format!("there is nothing at offset {at}, before the end {end}"))?;
        let bytes = range.read().map_err(|error| error.to_string())?;
        let mut rest = &bytes[..];
        let before = at;
        // A read may end inside a batch, which the next one begins with.
        while let Ok(Some((batch, behind))) = next_batch(rest) {
            replay_batch(&mut state, &batch)?;
            at = batch.header().next_offset();
            rest = behind;
        }
        if at == before {
            return Err(format!("the batch at offset {at} is damaged"));
        }
    }
    Ok((state, end))
}

fn replay_batch(state: &mut State, batch: &RecordBatch<'_>) -> Result<(), String> {
    let header = batch.header();
    if !batch.crc_is_valid() {
        return Err(format!("the batch at offset {} is damaged: its checksum is wrong", header.base_offset));
    }
    let codec = header.attributes.compression().ok_or_else(|| format!("unknown codec at {}", header.base_offset))?;
    let body =
        compression::decompress(codec, batch.body(), LOAD_DECOMPRESSED_MAX).map_err(|error| error.to_string())?;
    for record in Records::new(header, &body) {
        let record = record.map_err(|error| error.to_string())?;
        let Some(key) = record.key else { continue };
        if header.attributes.is_control() {
            match ControlRecordType::from_key(key) {
                Some(ControlRecordType::Commit) => state.end_transaction(header.producer_id, Marker::Commit),
                Some(ControlRecordType::Abort) => state.end_transaction(header.producer_id, Marker::Abort),
                _ => {}
            }
            continue;
        }
        let transaction = header.attributes.is_transactional().then_some(header.producer_id);
        state.replay(Position { offset: record.offset, transaction }, key, record.value);
    }
    Ok(())
}

/// The topics as the metadata image has them.
struct Names(Arc<Image>);

impl TopicNames for Names {
    fn topic_id(&self, name: &str) -> Option<Uuid> {
        self.0.topics.id(name)
    }

    fn topic_name(&self, id: Uuid) -> Option<String> {
        self.0.topics.by_id(id).map(|topic| topic.name.to_string())
    }

    fn has_partition(&self, name: &str, partition: i32) -> bool {
        self.0.topics.by_name(name).is_some_and(|topic| topic.partitions.contains_key(&partition))
    }
}

/// A ticket whose answer is made into another.
struct Mapped<F> {
    ticket: Ticket<Response>,
    answer: Option<F>,
}

impl<R, F: FnOnce(Response) -> R> Wait for Mapped<F>
where
    F: Send,
{
    type Answer = R;

    fn poll(&mut self, _: &Node, _: Now, waker: &Waker) -> Poll<Result<R, Broken>> {
        self.ticket.poll(waker).map(|answered| {
            let answer = self.answer.take().ok_or(Broken)?;
            answered.map(answer)
        })
    }

    fn deadline(&self) -> Option<Monotonic> {
        None
    }
}

/// Several tickets, whose answers are put together.
pub struct Gather<F> {
    tickets: Vec<Ticket<Response>>,
    answers: Vec<Option<Response>>,
    finish: Option<F>,
}

impl<R: Send + 'static, F: FnOnce(Vec<Response>) -> R + Send + 'static> Gather<F> {
    /// The reply that `finish` makes of all answers, in the order of `tickets`.
    pub fn reply(tickets: Vec<Ticket<Response>>, finish: F) -> Reply<R> {
        let answers = tickets.iter().map(|_| None).collect();
        let mut gather = Self { tickets, answers, finish: Some(finish) };
        match gather.collect(Waker::noop()) {
            Poll::Ready(Ok(answer)) => Reply::Now(answer),
            _ => Reply::later(gather),
        }
    }

    fn collect(&mut self, waker: &Waker) -> Poll<Result<R, Broken>> {
        let mut missing = false;
        for (ticket, answer) in self.tickets.iter_mut().zip(&mut self.answers).filter(|(_, answer)| answer.is_none()) {
            match ticket.poll(waker) {
                Poll::Ready(Ok(response)) => *answer = Some(response),
                Poll::Ready(Err(Broken)) => return Poll::Ready(Err(Broken)),
                Poll::Pending => missing = true,
            }
        }
        if missing {
            return Poll::Pending;
        }
        let finish = self.finish.take().ok_or(Broken)?;
        Poll::Ready(Ok(finish(self.answers.drain(..).flatten().collect())))
    }
}

impl<R: Send + 'static, F: FnOnce(Vec<Response>) -> R + Send + 'static> Wait for Gather<F> {
    type Answer = R;

    fn poll(&mut self, _: &Node, _: Now, waker: &Waker) -> Poll<Result<R, Broken>> {
        self.collect(waker)
    }

    fn deadline(&self) -> Option<Monotonic> {
        None
    }
}
