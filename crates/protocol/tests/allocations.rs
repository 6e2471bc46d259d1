//! What decoding and encoding the two hot messages costs the allocator, counted.
//!
//! A partition may cost room in a vector of the struct, or in the bytes written, and nothing of its own: names and
//! records borrow from the frame that came. The counting allocator is for the whole process, so this stands alone.

use allocation_counter::measure;
use milena_protocol::{
    ErrorCode, Writer,
    codec::{self, Records},
    messages::{
        fetch::{FetchPartition, FetchRequest, FetchResponse, FetchTopic, FetchableTopicResponse, PartitionData},
        produce::{
            PartitionProduceData, PartitionProduceResponse, ProduceRequest, ProduceResponse, TopicProduceData,
            TopicProduceResponse,
        },
    },
    types::{LeaderEpoch, Offset, Uuid},
};

const PARTITIONS: [i32; 3] = [1, 100, 10_000];
/// The room of the two vectors around the partitions: topics, and partitions.
const VECTORS: u64 = 2;

/// Reads and writes the message at `$version` with each number of partitions. The writer has room already, as those of
/// a connection have.
macro_rules! costs_its_vectors_only {
    ($message:ident, $version:expr, $of:expr) => {
        for partitions in PARTITIONS {
            let bytes = codec::to_bytes::<$message<'_>>(&$of(partitions), $version).unwrap();
            let mut message = None;
            let decoding = measure(|| message = Some(codec::decode_exact::<$message<'_>>(&bytes, $version).unwrap()));
            assert_eq!(decoding.count_total, VECTORS, "decoding {partitions} partitions");
            let message = message.expect("it was decoded");
            let mut writer = Writer::over(Vec::with_capacity(bytes.len()));
            let encoding = measure(|| codec::encode(&message, &mut writer, $version).unwrap());
            assert_eq!(encoding.count_total, 0, "encoding {partitions} partitions");
            assert_eq!(writer.into_bytes(), bytes);
        }
    };
}

#[test]
fn a_fetch_request_costs_its_vectors_only() {
    costs_its_vectors_only!(FetchRequest, 12, |count| {
        let partition = |partition| FetchPartition { partition, fetch_offset: Offset(5), ..Default::default() };
        let topic = FetchTopic {
            topic: "topic".into(),
            partitions: (0..count).map(partition).collect(),
            ..FetchTopic::default()
        };
        FetchRequest { topics: vec![topic], ..FetchRequest::default() }
    });
}

#[test]
fn a_fetch_response_costs_its_vectors_only() {
    costs_its_vectors_only!(FetchResponse, 18, |count| {
        let partition = |partition_index| PartitionData {
            partition_index,
            aborted_transactions: None,
            records: Some(Records::Bytes(b"batches"[..].into())),
            ..PartitionData::default()
        };
        let topic = FetchableTopicResponse {
            topic_id: Uuid::ONE,
            partitions: (0..count).map(partition).collect(),
            ..FetchableTopicResponse::default()
        };
        FetchResponse { responses: vec![topic], ..FetchResponse::default() }
    });
}

#[test]
fn a_produce_request_costs_its_vectors_only() {
    costs_its_vectors_only!(ProduceRequest, 12, |count| {
        let partition = |index| PartitionProduceData { index, records: Some(Records::Bytes(b"batches"[..].into())) };
        let topic = TopicProduceData {
            name: "topic".into(),
            partition_data: (0..count).map(partition).collect(),
            ..TopicProduceData::default()
        };
        ProduceRequest { topic_data: vec![topic], ..ProduceRequest::default() }
    });
}

#[test]
fn a_produce_response_costs_its_vectors_only() {
    costs_its_vectors_only!(ProduceResponse, 13, |count| {
        let partition = |index| PartitionProduceResponse {
            index,
            error_code: ErrorCode::NOT_LEADER_OR_FOLLOWER,
            current_leader: milena_protocol::messages::produce::LeaderIdAndEpoch {
                leader_epoch: LeaderEpoch(3),
                ..Default::default()
            },
            ..PartitionProduceResponse::default()
        };
        let topic = TopicProduceResponse {
            topic_id: Uuid::ONE,
            partition_responses: (0..count).map(partition).collect(),
            ..TopicProduceResponse::default()
        };
        ProduceResponse { responses: vec![topic], ..ProduceResponse::default() }
    });
}
