//! Bytes that nobody sends by mistake: whatever comes, there is an answer or an end, and nothing breaks.

use broker::{chance::Chance, dispatch::is_served};
use protocol::{
    Encode, ErrorCode,
    api::{APIS, ApiKey, Request},
    messages as m,
    records::{Compression, CompressionType},
};

use crate::{
    batches::{BODY, batch, compressed, parse, patched, sequenced},
    groups::coordinating,
    node::{Got, TestNode, fetch_partition, fetch_request, list_offsets_request, produce_request},
};

/// How often a good frame is damaged in another way.
const TRIES: u64 = 300;

/// A number below `limit`.
fn below(chance: &Chance, limit: usize) -> usize {
    (chance.u64() % limit as u64) as usize
}

/// The frame of an empty request at its newest version.
fn empty<R: Request<'static> + Encode + Default>(node: &TestNode) -> Vec<u8> {
    let api = protocol::api::Api::of(ApiKey(R::KEY)).expect("an API");
    node.frame(api.max, &R::default())
}

/// A good frame for each API, some with something in it.
fn frames(node: &TestNode) -> Vec<Vec<u8>> {
    let topic = m::create_topics::CreatableTopic {
        name: "made".into(),
        num_partitions: 1,
        replication_factor: 1,
        configs: vec![m::create_topics::CreatableTopicConfig { name: "retention.ms".into(), value: Some("1".into()) }],
        ..Default::default()
    };
    let create = m::create_topics::CreateTopicsRequest { topics: vec![topic], ..Default::default() };
    let resource = m::describe_configs::DescribeConfigsResource {
        resource_type: 2,
        resource_name: "t".into(),
        configuration_keys: None,
    };
    let describe = m::describe_configs::DescribeConfigsRequest { resources: vec![resource], ..Default::default() };
    let config = m::incremental_alter_configs::AlterableConfig {
        name: "retention.ms".into(),
        config_operation: 0,
        value: Some("1".into()),
    };
    let change = m::incremental_alter_configs::AlterConfigsResource {
        resource_type: 2,
        resource_name: "t".into(),
        configs: vec![config],
    };
    let alter =
        m::incremental_alter_configs::IncrementalAlterConfigsRequest { resources: vec![change], validate_only: false };
    let join = m::join_group::JoinGroupRequest {
        group_id: "g".into(),
        session_timeout_ms: 6000,
        rebalance_timeout_ms: 2000,
        protocol_type: "consumer".into(),
        protocols: vec![m::join_group::JoinGroupRequestProtocol { name: "range".into(), metadata: b"x"[..].into() }],
        ..Default::default()
    };
    let offset =
        m::offset_commit::OffsetCommitRequestPartition { committed_metadata: Some("x".into()), ..Default::default() };
    let offsets =
        m::offset_commit::OffsetCommitRequestTopic { name: "t".into(), partitions: vec![offset], ..Default::default() };
    let commit =
        m::offset_commit::OffsetCommitRequest { group_id: "g".into(), topics: vec![offsets], ..Default::default() };
    vec![
        node.frame(11, &produce_request(1, &[("t", 0, batch(&["a", "b"]))])),
        node.frame(12, &fetch_request(&[("t", &[fetch_partition(0, 0)])])),
        node.frame(11, &list_offsets_request(0, &[("t", &[(0, -1)])])),
        node.frame(12, &m::metadata::MetadataRequest { topics: None, ..Default::default() }),
        node.frame(9, &commit),
        node.frame(7, &create),
        node.frame(4, &describe),
        node.frame(1, &alter),
        node.frame(3, &join),
        empty::<m::offset_fetch::OffsetFetchRequest<'_>>(node),
        empty::<m::find_coordinator::FindCoordinatorRequest<'_>>(node),
        empty::<m::heartbeat::HeartbeatRequest<'_>>(node),
        empty::<m::leave_group::LeaveGroupRequest<'_>>(node),
        empty::<m::sync_group::SyncGroupRequest<'_>>(node),
        empty::<m::describe_groups::DescribeGroupsRequest<'_>>(node),
        empty::<m::list_groups::ListGroupsRequest<'_>>(node),
        empty::<m::sasl_handshake::SaslHandshakeRequest<'_>>(node),
        empty::<m::api_versions::ApiVersionsRequest<'_>>(node),
        empty::<m::delete_topics::DeleteTopicsRequest<'_>>(node),
        empty::<m::delete_records::DeleteRecordsRequest<'_>>(node),
        empty::<m::init_producer_id::InitProducerIdRequest<'_>>(node),
        empty::<m::offset_for_leader_epoch::OffsetForLeaderEpochRequest<'_>>(node),
        empty::<m::alter_configs::AlterConfigsRequest<'_>>(node),
        empty::<m::describe_log_dirs::DescribeLogDirsRequest<'_>>(node),
        empty::<m::sasl_authenticate::SaslAuthenticateRequest<'_>>(node),
        empty::<m::create_partitions::CreatePartitionsRequest<'_>>(node),
        empty::<m::delete_groups::DeleteGroupsRequest<'_>>(node),
        empty::<m::list_partition_reassignments::ListPartitionReassignmentsRequest<'_>>(node),
        empty::<m::offset_delete::OffsetDeleteRequest<'_>>(node),
        empty::<m::describe_quorum::DescribeQuorumRequest<'_>>(node),
        empty::<m::describe_cluster::DescribeClusterRequest>(node),
        empty::<m::describe_producers::DescribeProducersRequest<'_>>(node),
        empty::<m::list_config_resources::ListConfigResourcesRequest>(node),
        empty::<m::describe_topic_partitions::DescribeTopicPartitionsRequest<'_>>(node),
    ]
}

#[test]
fn every_api_is_among_those_that_are_tried() {
    let node = TestNode::new();
    let keys = frames(&node).iter().map(|frame| i16::from_be_bytes([frame[4], frame[5]])).collect::<Vec<_>>();
    for api in APIS.iter().filter(|api| is_served(api.key, false)) {
        assert!(keys.contains(&api.key.0), "{}", api.name);
    }
    for frame in frames(&node) {
        assert_ne!(node.exchange_frame(&frame), Got::Closed, "key {}", i16::from_be_bytes([frame[4], frame[5]]));
    }
}

#[test]
fn a_damaged_request_is_answered_or_closes_the_connection() {
    let node = coordinating();
    node.topic("t", 1, &[]);
    let chance = Chance::from_seed(7);
    for frame in frames(&node) {
        for _ in 0..TRIES {
            let mut damaged = frame.clone();
            for _ in 0..=below(&chance, 3) {
                // The size in front and the key stay, so that it is this API that is asked.
                let at = 6 + below(&chance, damaged.len() - 6);
                damaged[at] = match below(&chance, 4) {
                    0 => 0xff,
                    1 => 0x7f,
                    2 => 0,
                    _ => chance.u64() as u8,
                };
            }
            // What waits, such as a fetch for ever, is not waited for.
            drop(node.send_frame(&damaged));
        }
    }
    let response = node.produce("t", batch(&["still here"]));
    assert_eq!(response.error_code, ErrorCode::NONE);
}

#[test]
fn a_lying_batch_is_refused_or_harmless() {
    for policy in ["header", "walk", "full"] {
        let node = TestNode::new();
        node.topic("t", 1, &[("milena.record.validation", policy)]);
        let chance = Chance::from_seed(11);
        let good = [
            batch(&["a", "b", "c"]),
            compressed(Compression::of(CompressionType::Gzip), &["a", "b", "c"]),
            compressed(Compression::of(CompressionType::Lz4), &["a", "b", "c"]),
            compressed(Compression::of(CompressionType::Zstd), &["a", "b", "c"]),
            compressed(Compression::of(CompressionType::Snappy), &["a", "b", "c"]),
            sequenced(1, 0, 0, 3),
        ];
        for batch in good {
            for _ in 0..TRIES {
                let at = below(&chance, batch.len());
                let lying = patched(&batch, at, &[chance.u64() as u8]);
                node.produce("t", lying);
            }
        }
        // What was taken can be read: whole batches with right checksums, offsets without gaps.
        let mut next = 0;
        loop {
            let got = node.records("t", next);
            if got.is_empty() {
                break;
            }
            for batch in parse(&got) {
                assert_eq!(batch.base_offset.0, next);
                next = batch.next_offset().0;
            }
        }
        assert_eq!(next, node.fetch("t", next).high_watermark.0);
    }
}

#[test]
fn a_bomb_is_not_unpacked_beyond_the_bound() {
    let node = TestNode::new();
    node.topic("t", 1, &[("milena.record.validation", "full"), ("max.message.bytes", "2000000")]);
    // 300 MB of zeros in a body of 300 kB.
    let mut body = Vec::new();
    Compression::of(CompressionType::Gzip).compress(&vec![0; 300 * 1024 * 1024], &mut body);
    assert!(body.len() < 1_000_000);
    let bomb = crate::batches::with_body(&compressed(Compression::of(CompressionType::Gzip), &["a"])[..BODY], &body);
    assert_eq!(node.produce("t", bomb).error_code, ErrorCode::MESSAGE_TOO_LARGE);
}
