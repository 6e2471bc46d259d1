//! The administrator: makes and deletes topics, writes a record into each, changes settings, deletes records, and looks
//! at what there is.
//!
//! One request is under way at a time, and this is the only client that changes the cluster, so each topic and each
//! setting is known or in doubt between two states. A change in doubt is tried again: "it exists already" and "there
//! is no such topic" are answers too, and must not be taken back either.

use std::{borrow::Cow, collections::BTreeMap};

use fastrand::Rng;
use protocol::{
    ErrorCode, api,
    codec::Records,
    messages::{
        create_topics::{CreatableTopic, CreatableTopicConfig, CreateTopicsRequest},
        delete_records::{DeleteRecordsPartition, DeleteRecordsRequest, DeleteRecordsTopic},
        delete_topics::{DeleteTopicState, DeleteTopicsRequest},
        describe_configs::{DescribeConfigsRequest, DescribeConfigsResource},
        incremental_alter_configs::{AlterConfigsResource, AlterableConfig, IncrementalAlterConfigsRequest},
        metadata::MetadataRequest,
        produce::{PartitionProduceData, ProduceRequest, TopicProduceData},
    },
    records::{BatchBuilder, Compression},
    types::{Offset, Str},
};

use crate::{
    client::{Client, Cx, Input, Link},
    history::{History, TopicFact, value_bytes, value_id},
    settings::pick,
};

/// A kind of resource: a topic.
const TOPIC: i8 = 2;

/// An operation on a setting: set it.
const SET: i8 = 0;

/// How many records it writes into a topic at a time.
const RECORDS: u32 = 3;

const SETTING: &str = "max.message.bytes";

/// The topics that come and go.
const NAMES: [&str; 4] = ["come-and-go-0", "come-and-go-1", "come-and-go-2", "come-and-go-3"];

#[derive(Clone, Debug)]
enum Action {
    Create { name: String, is_power_loss: bool },
    Delete { name: String },
    Write { topic: usize, lane: usize },
    Alter { name: String, value: i64 },
    Describe { name: String },
    DeleteRecords { topic: usize, partition: usize, before: i64 },
    List,
}

/// The administrator.
#[derive(Debug)]
pub struct Admin {
    link: Link<Action>,
    /// To be done, or done again, before anything else.
    next: Option<Action>,
    /// Topics that stay, whose settings are changed and whose records are deleted.
    stable: Vec<usize>,
    setting: i64,
    pace_us: u64,
}

impl Admin {
    /// An administrator. The topics in `stable` are left in place.
    #[must_use]
    pub fn new(name: String, stable: Vec<usize>, history: &mut History, rng: &mut Rng) -> Self {
        history.facts.topics.extend(NAMES.map(|name| (name.to_owned(), TopicFact::Absent)));
        let pace_us = pick(rng, &[5_000, 50_000, 500_000]);
        Self { link: Link::new(name), next: None, stable, setting: 1_000_000, pace_us }
    }

    fn choose(&mut self, cx: &mut Cx<'_>) -> Action {
        let name = (*cx.rng.choice(NAMES.iter()).expect("there are some")).to_owned();
        let stable = self.stable[cx.rng.usize(..self.stable.len())];
        match cx.rng.u8(..12) {
            0..=5 => match cx.history.facts.topics[&name] {
                TopicFact::Present(_) if cx.rng.bool() => Action::Delete { name },
                TopicFact::Present(_) => match cx.history.topics.iter().rposition(|topic| topic.name == name) {
                    Some(topic) if !cx.history.topics[topic].is_going => {
                        let lane = cx.history.add_lane(topic, 0, false);
                        Action::Write { topic, lane }
                    }
                    _ => Action::List,
                },
                TopicFact::Absent | TopicFact::Doubtful => Action::Create { name, is_power_loss: cx.rng.bool() },
            },
            6..=7 => {
                self.setting += 1;
                Action::Alter { name: cx.history.topics[stable].name.clone(), value: self.setting }
            }
            8..=9 => Action::Describe { name: cx.history.topics[stable].name.clone() },
            10 => {
                let topic = cx.rng.usize(..cx.history.topics.len());
                let log = &cx.history.topics[topic].partitions[0];
                let (start, end) = (log.start_acked, log.high_watermark);
                let is_there = !cx.history.topics[topic].is_going;
                // Not in a topic whose high watermark may fall under what is deleted.
                if is_there && end > start && cx.history.topics[topic].is_power_loss {
                    Action::DeleteRecords { topic, partition: 0, before: cx.rng.i64(start..=end) }
                } else {
                    Action::List
                }
            }
            _ => Action::List,
        }
    }

    fn go_on(&mut self, cx: &mut Cx<'_>) {
        if !self.link.is_up || self.link.under_way() > 0 {
            return;
        }
        let action = match self.next.take() {
            Some(action) => action,
            None if cx.is_ending => Action::List,
            None => self.choose(cx),
        };
        cx.note(format_args!("{} begins {action:?}", self.link.name()));
        self.send(action, cx);
    }

    fn send(&mut self, action: Action, cx: &mut Cx<'_>) {
        match &action {
            Action::Create { name, is_power_loss } => {
                let durability = if *is_power_loss { "power-loss" } else { "process-crash" };
                let configs =
                    vec![CreatableTopicConfig { name: "milena.durability".into(), value: Some(durability.into()) }];
                let topic = CreatableTopic {
                    name: name.clone().into(),
                    num_partitions: 1,
                    replication_factor: 1,
                    configs,
                    ..Default::default()
                };
                cx.history.facts.topics.insert(name.clone(), TopicFact::Doubtful);
                let request = CreateTopicsRequest { topics: vec![topic], ..Default::default() };
                self.link.send(cx, &request, 7, action);
            }
            Action::Delete { name } => {
                cx.history.facts.topics.insert(name.clone(), TopicFact::Doubtful);
                for topic in cx.history.topics.iter_mut().filter(|topic| topic.name == *name) {
                    topic.is_going = true;
                }
                let topics = vec![DeleteTopicState { name: Some(name.clone().into()), ..Default::default() }];
                self.link.send(
                    cx,
                    &DeleteTopicsRequest { topics, timeout_ms: 60_000, ..Default::default() },
                    6,
                    action,
                );
            }
            Action::Write { topic, lane } => {
                let mut batch = BatchBuilder::new(Compression::NONE);
                for counter in 0..RECORDS {
                    let id = value_id(*lane, counter);
                    batch.append(cx.now.wall, Some(&id.to_be_bytes()), Some(&value_bytes(id)), &[]);
                }
                cx.history.sending(*lane, RECORDS);
                let records = Some(Records::Bytes(Cow::Owned(batch.build())));
                let topic_id = cx.history.topics[*topic].id;
                let partition_data = vec![PartitionProduceData { index: 0, records }];
                let topic_data = vec![TopicProduceData { name: Str::EMPTY, topic_id, partition_data }];
                let request = ProduceRequest { transactional_id: None, acks: -1, timeout_ms: 60_000, topic_data };
                self.link.send(cx, &request, 13, action);
            }
            Action::Alter { name, value } => {
                cx.history.facts.max_message_bytes.entry(name.clone()).or_insert(vec![1_048_588]).push(*value);
                let configs = vec![AlterableConfig {
                    name: SETTING.into(),
                    config_operation: SET,
                    value: Some(value.to_string().into()),
                }];
                let resource_name = name.clone().into();
                let resources = vec![AlterConfigsResource { resource_type: TOPIC, resource_name, configs }];
                let request = IncrementalAlterConfigsRequest { resources, validate_only: false };
                self.link.send(cx, &request, 1, action);
            }
            Action::Describe { name } => {
                let resources = vec![DescribeConfigsResource {
                    resource_type: TOPIC,
                    resource_name: name.clone().into(),
                    configuration_keys: Some(vec![SETTING.into()]),
                }];
                let request = DescribeConfigsRequest { resources, ..Default::default() };
                self.link.send(cx, &request, 4, action);
            }
            Action::DeleteRecords { topic, partition, before } => {
                let known = &mut cx.history.topics[*topic];
                let log = &mut known.partitions[*partition];
                log.start_tried = log.start_tried.max(*before);
                let partitions =
                    vec![DeleteRecordsPartition { partition_index: *partition as i32, offset: Offset(*before) }];
                let topics = vec![DeleteRecordsTopic { name: known.name.clone().into(), partitions }];
                self.link.send(cx, &DeleteRecordsRequest { topics, timeout_ms: 60_000 }, 2, action);
            }
            Action::List => {
                let request = MetadataRequest { topics: None, ..Default::default() };
                self.link.send(cx, &request, 12, action);
            }
        }
    }

    fn take(&mut self, action: Action, body: &[u8], cx: &mut Cx<'_>) -> Result<(), String> {
        let broken = |error: protocol::DecodeError| format!("{error:?}");
        let history = &mut *cx.history;
        match action {
            Action::Create { name, is_power_loss } => {
                let (_, answer) = api::decode_response::<CreateTopicsRequest<'_>>(body, 7).map_err(broken)?;
                let answer = &answer.topics[0];
                let fact = match answer.error_code {
                    ErrorCode::NONE => {
                        history.add_topic(&name, answer.topic_id, 1, is_power_loss);
                        Some(answer.topic_id)
                    }
                    ErrorCode::TOPIC_ALREADY_EXISTS => None,
                    other => return Err(format!("creating {name}: {other:?} {:?}", answer.error_message)),
                };
                history.facts.topics.insert(name, TopicFact::Present(fact));
            }
            Action::Delete { name } => {
                let (_, answer) = api::decode_response::<DeleteTopicsRequest<'_>>(body, 6).map_err(broken)?;
                match answer.responses[0].error_code {
                    ErrorCode::NONE | ErrorCode::UNKNOWN_TOPIC_OR_PARTITION => {}
                    other => return Err(format!("deleting {name}: {other:?}")),
                }
                history.facts.topics.insert(name, TopicFact::Absent);
            }
            Action::Write { topic, lane } => {
                let (_, answer) = api::decode_response::<ProduceRequest<'_>>(body, 13).map_err(broken)?;
                let answer = &answer.responses[0].partition_responses[0];
                match answer.error_code {
                    ErrorCode::NONE => history.acked(lane, 0, RECORDS, answer.base_offset.0, true),
                    other => return Err(format!("writing into {}: {other:?}", history.topics[topic].name)),
                }
            }
            Action::Alter { name, value } => {
                let (_, answer) =
                    api::decode_response::<IncrementalAlterConfigsRequest<'_>>(body, 1).map_err(broken)?;
                match answer.responses[0].error_code {
                    ErrorCode::NONE => history.facts.max_message_bytes.insert(name, vec![value]),
                    other => return Err(format!("setting {SETTING} of {name}: {other:?}")),
                };
            }
            Action::Describe { name } => {
                let (_, answer) = api::decode_response::<DescribeConfigsRequest<'_>>(body, 4).map_err(broken)?;
                let value = answer.results[0].configs.first().and_then(|config| config.value.as_ref());
                let value = value.and_then(|value| value.to_text().parse().ok());
                let value = value.ok_or_else(|| format!("{name} has no {SETTING}: {:?}", answer.results))?;
                history.facts.compare_setting(&name, value, false)?;
            }
            Action::DeleteRecords { topic, partition, before } => {
                let (_, answer) = api::decode_response::<DeleteRecordsRequest<'_>>(body, 2).map_err(broken)?;
                let answer = &answer.topics[0].partitions[0];
                let log = &mut history.topics[topic].partitions[partition];
                match answer.error_code {
                    ErrorCode::NONE if answer.low_watermark >= before => {
                        log.start_acked = log.start_acked.max(answer.low_watermark);
                    }
                    other => return Err(format!("deleting records before {before}: {other:?} {answer:?}")),
                }
            }
            Action::List => {
                let (_, answer) = api::decode_response::<MetadataRequest<'_>>(body, 12).map_err(broken)?;
                let there = answer.topics.iter().map(|topic| {
                    let name = topic.name.as_ref().map(ToString::to_string).unwrap_or_default();
                    (name, topic.topic_id)
                });
                history.facts.compare_topics(&there.collect::<BTreeMap<_, _>>(), false)?;
            }
        }
        Ok(())
    }
}

impl Client for Admin {
    fn name(&self) -> &str {
        self.link.name()
    }

    fn on(&mut self, input: Input, cx: &mut Cx<'_>) {
        match input {
            Input::Connected => self.link.is_up = true,
            Input::Lost => {
                // A write in doubt is forgotten; everything else may be done twice.
                self.next = self.link.lost().pop().filter(|action| !matches!(action, Action::Write { .. }));
                let after = cx.rng.u64(..20_000);
                return cx.connect(after);
            }
            Input::Answer(frame) => {
                let Some((action, body)) = self.link.answered(&frame, cx.history) else { return };
                if let Err(problem) = self.take(action, body, cx) {
                    cx.history.violated(format!("{}: {problem}", self.link.name()));
                }
                let after = cx.rng.u64(1..=self.pace_us);
                return cx.wake(after);
            }
            Input::Timer => {}
        }
        self.go_on(cx);
    }

    fn is_done(&self, _: &History) -> bool {
        self.next.is_none() && self.link.under_way() == 0
    }
}
