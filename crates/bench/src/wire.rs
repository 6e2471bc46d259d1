//! Blocking connections that speak Kafka: few copies, no runtime, answers parsed where they were received.

use std::{
    io::{IoSlice, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use protocol::{
    Decode, Encode,
    api::{Api, ApiKey, NextFrame, Request, decode_response, next_frame, request_frame},
    messages::{
        api_versions::ApiVersionsRequest,
        create_topics::{CreatableTopic, CreatableTopicConfig, CreateTopicsRequest},
        delete_topics::{DeleteTopicState, DeleteTopicsRequest},
        list_offsets::{ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic},
    },
    types::{BrokerId, LeaderEpoch, Str, Timestamp, Uuid},
};

/// No answer in this time is a failure of the broker.
const PATIENCE: Duration = Duration::from_secs(120);
/// More than any answer asked for here.
const FRAME_SIZE_MAX: usize = 256 << 20;
/// Where a request frame has its correlation id: behind size, key and version.
pub(crate) const CORRELATION_AT: usize = 8;

/// A broker's address and the versions it speaks.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// `host:port`.
    pub(crate) address: String,
    /// By API key, the highest version that both sides have.
    versions: Vec<(i16, i16)>,
}

impl Target {
    /// Asks the broker which versions it has.
    pub(crate) fn ask(address: &str) -> Result<Self> {
        let mut target = Self { address: address.to_owned(), versions: vec![(ApiKey::API_VERSIONS.0, 0)] };
        let mut connection = Connection::open(&target)?;
        let answer = connection.call(&ApiVersionsRequest::default())?;
        ensure!(answer.error_code.is_none(), "ApiVersions: {}", answer.error_code);
        let versions = answer.api_keys.iter().filter_map(|theirs| {
            let ours = Api::of(ApiKey(theirs.api_key))?;
            Some((theirs.api_key, theirs.max_version.min(ours.max)))
        });
        target.versions = versions.collect();
        Ok(target)
    }

    /// The version to use for `key`.
    pub(crate) fn version(&self, key: ApiKey) -> Result<i16> {
        let found = self.versions.iter().find(|(api, _)| *api == key.0);
        found.map(|(_, version)| *version).with_context(|| format!("{} does not serve {key}", self.address))
    }
}

/// A topic as requests name it.
#[derive(Clone, Debug)]
pub(crate) struct Topic {
    /// Its name.
    pub(crate) name: String,
    /// Its id.
    pub(crate) id: Uuid,
    /// How many partitions it has.
    pub(crate) partitions: i32,
}

/// Some partitions, by topic.
pub(crate) type Partitions<'a> = Vec<(&'a Topic, Vec<i32>)>;

/// One connection.
#[derive(Debug)]
pub(crate) struct Connection {
    target: Target,
    stream: TcpStream,
    /// `buffer[start..end]` is received and not yet looked at.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    correlation: i32,
}

impl Connection {
    /// Connects.
    pub(crate) fn open(target: &Target) -> Result<Self> {
        let stream =
            TcpStream::connect(&target.address).with_context(|| format!("connecting to {}", target.address))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { target: target.clone(), stream, buffer: vec![0; 64 << 10], start: 0, end: 0, correlation: 0 })
    }

    /// Sends a request and waits for its answer. Nothing else may be under way.
    pub(crate) fn call<'a, R>(&'a mut self, request: &R) -> Result<R::Response>
    where
        R: Request<'a> + Encode,
        R::Response: Decode<'a>,
    {
        let version = self.send(request)?;
        let correlation = self.correlation;
        let (answered, response) = decode_response::<R>(self.receive()?, version)?;
        ensure!(answered == correlation, "an answer to another request");
        Ok(response)
    }

    /// Sends a request; gives the version it was written in.
    pub(crate) fn send<'a, R: Request<'a> + Encode>(&mut self, request: &R) -> Result<i16> {
        let version = self.target.version(ApiKey(R::KEY))?;
        self.correlation += 1;
        let frame = request_frame(request, version, self.correlation, Some("milena-bench".into()))?;
        self.stream.write_all(&frame)?;
        Ok(version)
    }

    /// Sends a frame that was encoded before, in pieces; gives its correlation id, which is patched into the first.
    pub(crate) fn send_frame(&mut self, head: &mut [u8], records: &[u8], tail: &[u8]) -> Result<i32> {
        self.correlation += 1;
        head[CORRELATION_AT..CORRELATION_AT + 4].copy_from_slice(&self.correlation.to_be_bytes());
        let mut slices = [IoSlice::new(head), IoSlice::new(records), IoSlice::new(tail)];
        let mut slices = &mut slices[..];
        while !slices.is_empty() {
            match self.stream.write_vectored(slices)? {
                0 => bail!("the broker takes no more"),
                count => IoSlice::advance_slices(&mut slices, count),
            }
        }
        Ok(self.correlation)
    }

    /// The next frame that arrives, without its size.
    pub(crate) fn receive(&mut self) -> Result<&[u8]> {
        loop {
            match next_frame(&self.buffer[self.start..self.end], FRAME_SIZE_MAX) {
                NextFrame::Whole(frame) => {
                    let begin = self.start + 4;
                    self.start = begin + frame.len();
                    return Ok(&self.buffer[begin..self.start]);
                }
                NextFrame::Refused { size } => bail!("the broker announces an answer of {size} bytes"),
                NextFrame::Incomplete { needed } => self.fill(needed)?,
            }
        }
    }

    /// Reads once; makes sure that a frame of `needed` bytes finds room.
    fn fill(&mut self, needed: usize) -> Result<()> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        if self.buffer.len() < self.start + needed {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            if self.buffer.len() < needed {
                self.buffer.resize(needed.next_power_of_two(), 0);
            }
        }
        match self.stream.read(&mut self.buffer[self.end..])? {
            0 => bail!("the broker closed the connection"),
            count => self.end += count,
        }
        Ok(())
    }

    /// Creates topics of one replica and so many partitions each.
    pub(crate) fn create_topics(&mut self, names: &[String], partitions: i32) -> Result<Vec<Topic>> {
        self.create_configured(names, partitions, &[])
    }

    fn create_configured(&mut self, names: &[String], partitions: i32, configs: &[(&str, &str)]) -> Result<Vec<Topic>> {
        let config = |(name, value): &(&str, &str)| CreatableTopicConfig {
            name: Str::from((*name).to_owned()),
            value: Some(Str::from((*value).to_owned())),
        };
        let topic = |name: &'_ String| CreatableTopic {
            name: Str::from(name.clone()),
            num_partitions: partitions,
            replication_factor: 1,
            configs: configs.iter().map(config).collect(),
            ..CreatableTopic::default()
        };
        let topics = names.iter().map(topic).collect();
        let answer =
            self.call(&CreateTopicsRequest { topics, timeout_ms: 60_000, ..CreateTopicsRequest::default() })?;
        for topic in &answer.topics {
            ensure!(topic.error_code.is_none(), "CreateTopics {}: {}", topic.name, topic.error_code);
        }
        let created = answer.topics.iter();
        Ok(created.map(|t| Topic { name: t.name.to_string(), id: t.topic_id, partitions }).collect())
    }

    /// Creates a topic and waits until all its partitions answer. That Metadata names their leaders comes earlier.
    pub(crate) fn create_topic(&mut self, name: &str, partitions: i32) -> Result<Topic> {
        self.create_topic_with(name, partitions, &[])
    }

    /// The same, with settings.
    pub(crate) fn create_topic_with(&mut self, name: &str, partitions: i32, configs: &[(&str, &str)]) -> Result<Topic> {
        let topic = self.create_configured(&[name.to_owned()], partitions, configs)?.remove(0);
        let begin = Instant::now();
        while !self.unusable(&vec![(&topic, (0..partitions).collect())])?.is_empty() {
            ensure!(begin.elapsed() < PATIENCE, "{name} still has partitions that do not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(topic)
    }

    /// Which of these partitions do not tell the end of their log yet.
    pub(crate) fn unusable(&mut self, partitions: &Partitions<'_>) -> Result<Vec<(String, i32)>> {
        let partition = |&partition_index: &i32| ListOffsetsPartition {
            partition_index,
            current_leader_epoch: LeaderEpoch::NONE,
            timestamp: Timestamp(-1),
        };
        let topic = |(topic, partitions): &(&Topic, Vec<i32>)| ListOffsetsTopic {
            name: Str::from(topic.name.clone()),
            partitions: partitions.iter().map(partition).collect(),
        };
        let topics = partitions.iter().map(topic).collect();
        let request = ListOffsetsRequest { replica_id: BrokerId(-1), topics, ..ListOffsetsRequest::default() };
        let answer = self.call(&request)?;
        let mut failed = Vec::new();
        for topic in &answer.topics {
            for partition in topic.partitions.iter().filter(|partition| partition.error_code.is_error()) {
                failed.push((topic.name.to_string(), partition.partition_index));
            }
        }
        Ok(failed)
    }

    /// Deletes a topic.
    pub(crate) fn delete_topic(&mut self, topic: &Topic) -> Result<()> {
        let name = || Str::from(topic.name.clone());
        let state = DeleteTopicState { name: Some(name()), topic_id: Uuid::ZERO };
        let request = DeleteTopicsRequest { topics: vec![state], topic_names: vec![name()], timeout_ms: 60_000 };
        let answer = self.call(&request)?;
        for topic in &answer.responses {
            ensure!(topic.error_code.is_none(), "DeleteTopics: {}", topic.error_code);
        }
        Ok(())
    }
}
