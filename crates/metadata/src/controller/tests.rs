//! A small world around a controller: records are written and read again before they are replayed, as they would be
//! by another node.

use protocol::{messages::create_topics::*, types::Str};

use super::{
    brokers::{BrokerRegistrationRequest, Former, Heartbeat, HeartbeatReply},
    *,
};
use crate::{MetadataVersion, image::Listener};
use protocol::types::Uuid;

mod brokers;
mod configs;
mod kafka;
mod topics;

const NODE: BrokerId = BrokerId(1);
const DIRECTORY: Uuid = Uuid([0xd1; 16]);

struct World {
    controller: Controller,
    log_end: i64,
    ids: u32,
    delta: Delta,
}

impl World {
    /// A controller over an empty log.
    fn empty() -> Self {
        Self::with_file(&[])
    }

    fn with_file(file: &[(&str, &str)]) -> Self {
        let file = file.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { controller: Controller::new(NODE.0, file), log_end: 3, ids: 0, delta: Delta::default() }
    }

    /// One formatted node that is up.
    fn up() -> Self {
        Self::up_with_file(&[])
    }

    fn up_with_file(file: &[(&str, &str)]) -> Self {
        let mut world = Self::with_file(file);
        let activation = world.controller.activate(&bootstrap::default_records(), false).unwrap();
        world.apply(activation);
        world.start(1, -1);
        world
    }

    /// A broker starts: it registers and is unfenced. The answer is its epoch.
    fn start(&mut self, incarnation: u8, previous_epoch: i64) -> i64 {
        let outcome = self.controller.register_broker(
            &registration(incarnation, previous_epoch),
            Former::Gone,
            Offset(self.log_end),
        );
        let epoch = self.apply(outcome.unwrap());
        assert!(!self.heartbeat(epoch, false).is_fenced);
        epoch
    }

    fn heartbeat(&mut self, epoch: i64, want_shut_down: bool) -> HeartbeatReply {
        let heartbeat = Heartbeat {
            id: NODE,
            epoch,
            metadata_offset: Offset(self.log_end - 1),
            want_fence: false,
            want_shut_down,
            cordoned_log_dirs: Some(Vec::new()),
        };
        let outcome = self.controller.broker_heartbeat(&heartbeat).unwrap();
        self.apply(outcome)
    }

    fn apply<R>(&mut self, outcome: Outcome<R>) -> R {
        let level = self.controller.image().metadata_version();
        for record in outcome.records {
            let value = record.encode(level).unwrap();
            let read = MetadataRecord::decode(&value).unwrap();
            assert_eq!(read, record);
            self.controller.replay(Offset(self.log_end), read, &mut self.delta).unwrap();
            self.log_end += 1;
        }
        outcome.response
    }

    fn decide_topics(&mut self, request: &CreateTopicsRequest<'_>) -> Outcome<CreateTopicsResponse<'static>> {
        let ids = &mut self.ids;
        self.controller.create_topics(request, &mut || {
            *ids += 1;
            let mut id = [7; 16];
            id[..4].copy_from_slice(&ids.to_be_bytes());
            Uuid(id)
        })
    }

    fn create_topics(&mut self, request: &CreateTopicsRequest<'_>) -> Vec<CreatableTopicResult<'static>> {
        let outcome = self.decide_topics(request);
        self.apply(outcome).topics
    }

    /// Asks for one topic and returns the one answer.
    fn create(&mut self, topic: CreatableTopic<'_>) -> CreatableTopicResult<'static> {
        let request = CreateTopicsRequest { topics: vec![topic], ..Default::default() };
        let mut results = self.create_topics(&request);
        assert_eq!(results.len(), 1);
        results.remove(0)
    }

    fn partition(&self, topic: &str, partition: i32) -> crate::image::PartitionImage {
        self.controller.image().topics.by_name(topic).unwrap().partitions[&partition].clone()
    }
}

fn registration(incarnation: u8, previous_epoch: i64) -> BrokerRegistrationRequest {
    BrokerRegistrationRequest {
        id: NODE,
        incarnation_id: Uuid([incarnation; 16]),
        listeners: vec![Listener {
            name: "PLAINTEXT".into(),
            host: "localhost".into(),
            port: 9092,
            security_protocol: 0,
        }],
        features: features::supported(false),
        rack: None,
        log_dirs: vec![DIRECTORY],
        previous_epoch,
    }
}

fn topic(name: &str) -> CreatableTopic<'_> {
    CreatableTopic { name: name.into(), num_partitions: 1, replication_factor: 1, ..Default::default() }
}

fn topic_of(name: &str, num_partitions: i32) -> CreatableTopic<'_> {
    CreatableTopic { num_partitions, ..topic(name) }
}

fn with_configs<'a>(name: &'a str, configs: &[(&'a str, Option<&'a str>)]) -> CreatableTopic<'a> {
    let config = |&(name, value): &(&'a str, Option<&'a str>)| CreatableTopicConfig {
        name: name.into(),
        value: value.map(Str::from),
    };
    CreatableTopic { configs: configs.iter().map(config).collect(), ..topic(name) }
}

fn names(records: &[MetadataRecord]) -> Vec<&'static str> {
    records.iter().map(MetadataRecord::name).collect()
}
