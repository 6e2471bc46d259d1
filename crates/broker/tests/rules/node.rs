//! A whole broker on a simulated disk, handled by one thread and without waiting for anything.
//!
//! Its clock stands still while there is work. An answer that has to wait is polled; when nothing is left to do the clock
//! goes on to the next thing that is due, so that a fetch of thirty seconds costs none, and how long it took can be
//! asserted exactly.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    marker::PhantomData,
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    task::{Poll, Waker},
};

use broker::{
    answer::{Answer, Pending, Response},
    cleaner::{Step, Worker},
    dispatch::dispatch,
    format::{self, Format},
    net::Peer,
    node::{Node, OpenError},
};
use metadata::config::{ServerConfig, properties::Properties};
use protocol::{
    Decode, Encode, ErrorCode,
    api::{self, Request},
    codec::Records,
    messages::{
        create_topics::{CreatableTopic, CreatableTopicConfig, CreateTopicsRequest},
        fetch::{FetchPartition, FetchRequest, FetchResponse, FetchTopic, PartitionData},
        list_offsets::{ListOffsetsPartition, ListOffsetsPartitionResponse, ListOffsetsRequest, ListOffsetsTopic},
        produce::{PartitionProduceData, PartitionProduceResponse, ProduceRequest, ProduceResponse, TopicProduceData},
    },
    types::{BrokerId, Monotonic, Now, Offset, Str, Timestamp, Uuid},
};
use storage::disk::FaultDisk;

use crate::batches::{parse, values};

/// When a node starts for the first time.
pub(crate) const START: Now = Now { mono: Monotonic(0), wall: Timestamp(1_700_000_000_000) };

/// The directory of a node.
pub(crate) const DIR: &str = "/data";

/// The cluster of a node.
pub(crate) const CLUSTER: &str = "bmFtZSBvZiBhIGNsdXN0ZQ";

/// The settings of a node, as its file would have them.
pub(crate) type Settings = BTreeMap<&'static str, &'static str>;

/// A configuration of one node, with `settings` on top.
pub(crate) fn config(settings: &Settings) -> ServerConfig {
    let mut file = Properties::default();
    let base = [
        ("process.roles", "broker,controller"),
        ("node.id", "1"),
        ("listeners", "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093"),
        ("controller.listener.names", "CONTROLLER"),
        ("controller.quorum.bootstrap.servers", "127.0.0.1:9093"),
        ("log.dirs", DIR),
        ("offsets.topic.replication.factor", "1"),
        ("offsets.topic.num.partitions", "3"),
        ("group.initial.rebalance.delay.ms", "0"),
    ];
    for (name, value) in base.into_iter().chain(settings.iter().map(|(name, value)| (*name, *value))) {
        file.set(name, value);
    }
    ServerConfig::from_properties(&file, &[]).expect("a configuration that is right").0
}

/// Formats the directory of `config`.
pub(crate) fn format_dir(disk: &dyn storage::Disk, config: &ServerConfig) {
    let format = Format {
        cluster_id: CLUSTER,
        directory_id: Uuid([7; 16]),
        standalone: true,
        records: format::default_records(),
    };
    format::format(disk, config, &format, START.wall).expect("an empty directory can be formatted");
}

/// A node, its disk and its clock.
pub(crate) struct TestNode {
    pub(crate) node: Node,
    pub(crate) disk: FaultDisk,
    now: Cell<Now>,
    cleaner: RefCell<Worker>,
    settings: Settings,
    peer: Peer,
    correlation_id: Cell<i32>,
}

/// What came of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Got {
    /// A frame, with its size.
    Frame(Vec<u8>),
    /// Nothing, as asked.
    Nothing,
    /// The connection is closed.
    Closed,
}

/// A request that was sent.
pub(crate) enum Exchange {
    Done(Got),
    Waiting(Box<dyn Pending>),
}

/// A request that was sent and whose answer is not taken yet.
pub(crate) struct Asked<R> {
    version: i16,
    exchange: Exchange,
    request: PhantomData<R>,
}

impl<R> Asked<R> {
    /// Whether there is no answer yet.
    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self.exchange, Exchange::Waiting(_))
    }
}

impl TestNode {
    /// A new node with Kafka's defaults.
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// A new node with these settings.
    pub(crate) fn with(settings: &[(&'static str, &'static str)]) -> Self {
        let settings = settings.iter().copied().collect::<Settings>();
        let disk = FaultDisk::new(1);
        format_dir(&disk, &config(&settings));
        Self::open(disk, settings, START).expect("a new node opens")
    }

    /// A node that opens what is on `disk`.
    pub(crate) fn open(disk: FaultDisk, settings: Settings, now: Now) -> Result<Self, OpenError> {
        // Each life has a seed of its own, or it would draw the incarnation id of the one before.
        let seed = disk.changes();
        let node = Node::open(config(&settings), Arc::new(disk.clone()), seed, now)?;
        let peer = Peer {
            address: SocketAddr::from(([127, 0, 0, 1], 50_000)),
            listener: "PLAINTEXT".into(),
            is_controller: false,
        };
        let opened = Self {
            node,
            disk,
            now: Cell::new(now),
            cleaner: RefCell::default(),
            settings,
            peer,
            correlation_id: Cell::new(0),
        };
        opened.work();
        Ok(opened)
    }

    /// Stops cleanly and starts again.
    pub(crate) fn restart(self) -> Self {
        self.node.close(self.now.get()).expect("a clean stop");
        self.start_again(FaultDisk::kill)
    }

    /// Is killed and starts again.
    pub(crate) fn kill(self) -> Self {
        self.start_again(FaultDisk::kill)
    }

    /// Loses power and starts again.
    pub(crate) fn lose_power(self) -> Self {
        self.start_again(FaultDisk::crash)
    }

    fn start_again(self, end: impl FnOnce(&FaultDisk)) -> Self {
        let Self { node, disk, now, settings, .. } = self;
        drop(node);
        end(&disk);
        Self::open(disk, settings, now.get()).expect("a node starts again")
    }

    /// Dies, and leaves what is needed to start again.
    pub(crate) fn die(self) -> (FaultDisk, Settings, Now) {
        let Self { node, disk, now, settings, .. } = self;
        drop(node);
        disk.kill();
        (disk, settings, now.get())
    }

    /// Lets `self` be asked on the controller's listener.
    pub(crate) fn on_controller(mut self) -> Self {
        self.peer.listener = "CONTROLLER".into();
        self.peer.is_controller = true;
        self
    }

    /// Lets `self` be asked on another of the brokers' listeners.
    pub(crate) fn on_listener(mut self, name: &str) -> Self {
        self.peer.listener = name.into();
        self
    }

    /// What time it is.
    pub(crate) fn now(&self) -> Now {
        self.now.get()
    }

    /// Milliseconds since the start.
    pub(crate) fn elapsed_ms(&self) -> u64 {
        self.now.get().mono.0 / 1_000_000
    }

    /// Lets time pass, and does what is due.
    pub(crate) fn pass_ms(&self, ms: u64) {
        let now = self.now.get();
        self.now.set(Now { mono: now.mono.plus_ms(ms), wall: Timestamp(now.wall.0 + ms as i64) });
        self.work();
    }

    /// Sets the wall clock, and that only, ahead or back.
    pub(crate) fn jump_ms(&self, ms: i64) {
        let now = self.now.get();
        self.now.set(Now { wall: Timestamp(now.wall.0 + ms), ..now });
    }

    /// Does what the node's threads would do.
    pub(crate) fn work(&self) {
        let now = self.now.get();
        loop {
            self.node.commit_metadata(now);
            self.node.tick(now);
            if let Some(partition) = self.node.syncs.take() {
                partition.sync(&self.node);
            } else if self.cleaner.borrow_mut().step(&self.node, now, &mut |_| true) != Step::Again {
                return;
            }
        }
    }

    /// Sends a frame, with its size.
    pub(crate) fn send_frame(&self, frame: &[u8]) -> Exchange {
        let answer = dispatch(&self.node, &self.peer, &frame[api::FRAME_SIZE_LEN..], self.now.get());
        match answer {
            Answer::Now(response) => Exchange::Done(framed(response)),
            Answer::Later(pending) => self.poll(Exchange::Waiting(pending)),
            Answer::None => Exchange::Done(Got::Nothing),
            Answer::Close(reason) => {
                eprintln!("closed: {reason}");
                Exchange::Done(Got::Closed)
            }
        }
    }

    /// Does what there is to do now, and looks whether the answer is there.
    fn poll(&self, exchange: Exchange) -> Exchange {
        self.work();
        let Exchange::Waiting(mut pending) = exchange else { return exchange };
        match pending.poll(&self.node, self.now.get(), Waker::noop()) {
            Poll::Ready(Ok(response)) => Exchange::Done(framed(response)),
            Poll::Ready(Err(reason)) => {
                eprintln!("closed: {reason}");
                Exchange::Done(Got::Closed)
            }
            Poll::Pending => Exchange::Waiting(pending),
        }
    }

    /// Lets time pass until the answer is there.
    pub(crate) fn finish(&self, mut exchange: Exchange) -> Got {
        for _ in 0..10_000 {
            exchange = self.poll(exchange);
            match exchange {
                Exchange::Done(got) => return got,
                Exchange::Waiting(ref pending) => {
                    let now = self.now.get();
                    let due = [pending.deadline(), self.node.poll_timeout()].into_iter().flatten().min();
                    let ms = due.map_or(1, |due| due.since(now.mono).as_millis().max(1) as u64);
                    self.pass_ms(ms);
                }
            }
        }
        panic!("there is no answer after {:?}", self.now.get().mono);
    }

    /// Sends bytes as they are and lets time pass until the answer is there.
    pub(crate) fn exchange_frame(&self, frame: &[u8]) -> Got {
        self.finish(self.send_frame(frame))
    }

    /// The frame of a request.
    pub(crate) fn frame<'a, R: Request<'a> + Encode>(&self, version: i16, request: &R) -> Vec<u8> {
        self.frame_as("tester", version, request)
    }

    fn frame_as<'a, R: Request<'a> + Encode>(&self, client: &str, version: i16, request: &R) -> Vec<u8> {
        self.correlation_id.set(self.correlation_id.get() + 1);
        api::request_frame(request, version, self.correlation_id.get(), Some(client.into())).expect("a request")
    }

    /// Sends a request.
    pub(crate) fn start<R>(&self, version: i16, request: &R) -> Asked<R>
    where
        R: Request<'static> + Encode,
    {
        Asked { version, exchange: self.send_frame(&self.frame(version, request)), request: PhantomData }
    }

    /// Looks whether the answer to a request is there, without letting time pass.
    pub(crate) fn look<R>(&self, asked: Asked<R>) -> Asked<R> {
        Asked { exchange: self.poll(asked.exchange), ..asked }
    }

    /// The answer to a request.
    pub(crate) fn answer<R>(&self, asked: Asked<R>) -> R::Response
    where
        R: Request<'static>,
        R::Response: Decode<'static>,
    {
        decode::<R>(asked.version, self.finish(asked.exchange))
    }

    /// Sends a request and gives the answer.
    pub(crate) fn ask<R>(&self, version: i16, request: &R) -> R::Response
    where
        R: Request<'static> + Encode,
        R::Response: Decode<'static>,
    {
        self.answer(self.start(version, request))
    }

    /// Sends a request as the client of that name.
    pub(crate) fn ask_as<R>(&self, client: &str, version: i16, request: &R) -> R::Response
    where
        R: Request<'static> + Encode,
        R::Response: Decode<'static>,
    {
        decode::<R>(version, self.exchange_frame(&self.frame_as(client, version, request)))
    }

    /// Makes a topic.
    pub(crate) fn topic(&self, name: &'static str, partitions: i32, configs: &[(&'static str, &'static str)]) -> Uuid {
        let configs = configs
            .iter()
            .map(|(name, value)| CreatableTopicConfig { name: (*name).into(), value: Some((*value).into()) });
        let topic = CreatableTopic {
            name: name.into(),
            num_partitions: partitions,
            replication_factor: 1,
            configs: configs.collect(),
            ..CreatableTopic::default()
        };
        let request = CreateTopicsRequest { topics: vec![topic], ..CreateTopicsRequest::default() };
        let result = self.ask(7, &request).topics.remove(0);
        assert_eq!(result.error_code, ErrorCode::NONE, "{:?}", result.error_message);
        result.topic_id
    }

    /// Produces with acks=-1 at a version.
    pub(crate) fn produce_at(
        &self,
        version: i16,
        topic: &'static str,
        partition: i32,
        records: Vec<u8>,
    ) -> PartitionProduceResponse<'static> {
        let response = self.ask(version, &produce_request(-1, &[(topic, partition, records)]));
        only_produced(response)
    }

    /// Produces into partition 0 with acks=-1.
    pub(crate) fn produce(&self, topic: &'static str, records: Vec<u8>) -> PartitionProduceResponse<'static> {
        self.produce_at(11, topic, 0, records)
    }

    /// Produces into partition 0, which works. Returns the base offset.
    pub(crate) fn produced(&self, topic: &'static str, records: Vec<u8>) -> i64 {
        let response = self.produce(topic, records);
        assert_eq!(response.error_code, ErrorCode::NONE, "{:?}", response.error_message);
        response.base_offset.0
    }

    /// Fetches from a partition without waiting, as much as there is.
    pub(crate) fn fetch_from(&self, topic: &'static str, partition: i32, offset: i64) -> PartitionData<'static> {
        let request = fetch_request(&[(topic, &[fetch_partition(partition, offset)])]);
        only_fetched(self.ask(12, &request))
    }

    /// Fetches from partition 0 without waiting, as much as there is.
    pub(crate) fn fetch(&self, topic: &'static str, offset: i64) -> PartitionData<'static> {
        self.fetch_from(topic, 0, offset)
    }

    /// The bytes of partition 0 from an offset on.
    pub(crate) fn records(&self, topic: &'static str, offset: i64) -> Vec<u8> {
        let data = self.fetch(topic, offset);
        assert_eq!(data.error_code, ErrorCode::NONE);
        bytes(&data)
    }

    /// The values of all records in partition 0 from an offset on.
    pub(crate) fn all_values(&self, topic: &'static str, mut offset: i64) -> Vec<String> {
        let mut all = Vec::new();
        loop {
            let records = self.records(topic, offset);
            let Some(last) = parse(&records).last().map(|batch| batch.next_offset().0) else { return all };
            all.extend(values(&records));
            offset = last;
        }
    }

    /// The offset of a timestamp in partition 0.
    pub(crate) fn list_offset(
        &self,
        version: i16,
        topic: &'static str,
        timestamp: i64,
    ) -> ListOffsetsPartitionResponse {
        let request = list_offsets_request(0, &[(topic, &[(0, timestamp)])]);
        self.ask(version, &request).topics.remove(0).partitions.remove(0)
    }

    /// The names of the files of partition 0.
    pub(crate) fn files(&self, topic: &str) -> Vec<String> {
        let listed = storage::Disk::list(&self.disk, &self.path(&format!("{topic}-0"))).expect("it has a directory");
        listed.into_iter().map(|entry| entry.name).collect()
    }

    /// The base offsets of the segments of partition 0.
    pub(crate) fn segments(&self, topic: &str) -> Vec<i64> {
        let files = self.files(topic);
        files.iter().filter_map(|name| name.strip_suffix(".log")?.parse().ok()).collect()
    }

    /// The path of a file in the node's directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(DIR).join(name)
    }
}

fn framed(response: Response) -> Got {
    Got::Frame(response.into_bytes().expect("the disk reads"))
}

/// The answer in a frame. It lives as long as the test.
fn decode<R>(version: i16, got: Got) -> R::Response
where
    R: Request<'static>,
    R::Response: Decode<'static>,
{
    let Got::Frame(frame) = got else { panic!("{} v{version} got {got:?}", R::NAME) };
    decode_frame::<R>(version, frame)
}

/// The answer in a frame, with its size. It lives as long as the test.
pub(crate) fn decode_frame<R>(version: i16, frame: Vec<u8>) -> R::Response
where
    R: Request<'static>,
    R::Response: Decode<'static>,
{
    let frame: &'static [u8] = frame.leak();
    let (size, body) = frame.split_at(api::FRAME_SIZE_LEN);
    assert_eq!(size, (body.len() as i32).to_be_bytes());
    api::decode_response::<R>(body, version).expect("an answer").1
}

/// A Produce of these batches, by topic and partition; neighbours of one topic go together.
pub(crate) fn produce_request(acks: i16, batches: &[(&'static str, i32, Vec<u8>)]) -> ProduceRequest<'static> {
    let mut topic_data = Vec::<TopicProduceData<'static>>::new();
    for (topic, index, records) in batches {
        if topic_data.last().is_none_or(|last| last.name != *topic) {
            topic_data.push(TopicProduceData { name: (*topic).into(), ..TopicProduceData::default() });
        }
        let records = Some(Records::Bytes(records.clone().into()));
        let data = PartitionProduceData { index: *index, records };
        topic_data.last_mut().expect("just pushed").partition_data.push(data);
    }
    ProduceRequest { acks, timeout_ms: 1000, topic_data, ..ProduceRequest::default() }
}

/// The answer for the only partition.
pub(crate) fn only_produced(mut response: ProduceResponse<'static>) -> PartitionProduceResponse<'static> {
    assert_eq!(response.responses.len(), 1);
    let mut topic = response.responses.remove(0);
    assert_eq!(topic.partition_responses.len(), 1);
    topic.partition_responses.remove(0)
}

/// A partition to fetch from, with Kafka's limits.
pub(crate) fn fetch_partition(partition: i32, offset: i64) -> FetchPartition {
    FetchPartition {
        partition,
        fetch_offset: Offset(offset),
        partition_max_bytes: 1024 * 1024,
        ..FetchPartition::default()
    }
}

/// A fetch without a session that does not wait.
pub(crate) fn fetch_request(topics: &[(&'static str, &[FetchPartition])]) -> FetchRequest<'static> {
    let topics = topics.iter().map(|(topic, partitions)| FetchTopic {
        topic: (*topic).into(),
        partitions: partitions.to_vec(),
        ..FetchTopic::default()
    });
    FetchRequest {
        max_wait_ms: 0,
        min_bytes: 1,
        max_bytes: 50 * 1024 * 1024,
        topics: topics.collect(),
        ..FetchRequest::default()
    }
}

/// All partitions of a fetch's answer, in its order.
pub(crate) fn fetched(response: FetchResponse<'static>) -> Vec<PartitionData<'static>> {
    assert_eq!(response.error_code, ErrorCode::NONE);
    response.responses.into_iter().flat_map(|topic| topic.partitions).collect()
}

/// The only partition of a fetch's answer.
pub(crate) fn only_fetched(response: FetchResponse<'static>) -> PartitionData<'static> {
    let mut all = fetched(response);
    assert_eq!(all.len(), 1);
    all.remove(0)
}

/// The records that a fetch brought.
pub(crate) fn bytes(data: &PartitionData<'_>) -> Vec<u8> {
    data.records.as_ref().expect("records, if only empty ones").as_bytes().to_vec()
}

/// A ListOffsets of these partitions and timestamps.
pub(crate) fn list_offsets_request(
    isolation_level: i8,
    topics: &[(&'static str, &[(i32, i64)])],
) -> ListOffsetsRequest<'static> {
    let topics = topics.iter().map(|(name, partitions)| ListOffsetsTopic {
        name: Str::from(*name),
        partitions: partitions
            .iter()
            .map(|(partition_index, timestamp)| ListOffsetsPartition {
                partition_index: *partition_index,
                timestamp: Timestamp(*timestamp),
                ..ListOffsetsPartition::default()
            })
            .collect(),
    });
    ListOffsetsRequest {
        replica_id: BrokerId(-1),
        isolation_level,
        topics: topics.collect(),
        ..ListOffsetsRequest::default()
    }
}
