//! API keys and their versions, the headers of requests and responses, and frames.
//!
//! A frame is an `i32` size and as many bytes: a header and a body. Which header a request has depends on its key and
//! version, so a key that Kafka does not have ends the conversation: nothing behind it can be read.
//!
//! [`APIS`] says what Kafka 4.3 has. What Milena serves, and so advertises, is the broker's to say; the versions of
//! each API come from its message.

use crate::{
    Message,
    codec::{self, Decode, DecodeError, Encode, EncodeError, Format, Message, Reader, Writer},
    messages as m,
    registry::{Entry, MessageKind},
    types::Str,
};

/// The key of an API, as requests carry it. Any number can arrive; [`Api::of`] says what it means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiKey(pub i16);

/// One API of Kafka 4.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Api {
    /// Its key.
    pub key: ApiKey,
    /// Its name, as in `Fetch`.
    pub name: &'static str,
    /// The lowest version there is.
    pub min: i16,
    /// The highest version that is stable in Kafka 4.3; below `min` where none is.
    pub max: i16,
    /// The first flexible version.
    pub flexible_min: i16,
}

/// A request, and what answers it.
pub trait Request<'a>: Message {
    /// The message that answers.
    type Response: Message;
}

macro_rules! apis {
    ($($konst:ident = $key:literal, $name:literal:
        $module:ident::$request:ident [$(<$r:lifetime>)?] => $response:ident [$(<$s:lifetime>)?];)*) => {
        impl ApiKey {
            $(
                #[doc = concat!("`", $name, "`.")]
                pub const $konst: Self = Self($key);
            )*
        }

        /// The APIs whose messages this crate has, by ascending key.
        #[allow(elided_lifetimes_in_paths)]
        pub const APIS: &[Api] = &[$(Api {
            key: ApiKey::$konst,
            name: $name,
            min: <m::$module::$request as Message>::VERSION_MIN,
            max: <m::$module::$request as Message>::SCHEMA.stable_max,
            flexible_min: <m::$module::$request as Message>::FLEXIBLE_MIN,
        }),*];

        /// Their messages: request and response of each.
        #[allow(elided_lifetimes_in_paths)]
        pub(crate) static MESSAGES: &[[Entry; 2]] = &[$([
            Entry { kind: MessageKind::Request, schema: <m::$module::$request as Message>::SCHEMA },
            Entry { kind: MessageKind::Response, schema: <m::$module::$response as Message>::SCHEMA },
        ]),*];

        $(
            impl<'a> Request<'a> for m::$module::$request $(<$r>)? {
                type Response = m::$module::$response $(<$s>)?;
            }
        )*
    };
}

apis! {
    PRODUCE = 0, "Produce": produce::ProduceRequest [<'a>] => ProduceResponse [<'a>];
    FETCH = 1, "Fetch": fetch::FetchRequest [<'a>] => FetchResponse [<'a>];
    LIST_OFFSETS = 2, "ListOffsets": list_offsets::ListOffsetsRequest [<'a>] => ListOffsetsResponse [<'a>];
    METADATA = 3, "Metadata": metadata::MetadataRequest [<'a>] => MetadataResponse [<'a>];
    OFFSET_COMMIT = 8, "OffsetCommit": offset_commit::OffsetCommitRequest [<'a>] => OffsetCommitResponse [<'a>];
    OFFSET_FETCH = 9, "OffsetFetch": offset_fetch::OffsetFetchRequest [<'a>] => OffsetFetchResponse [<'a>];
    FIND_COORDINATOR = 10, "FindCoordinator": find_coordinator::FindCoordinatorRequest [<'a>] => FindCoordinatorResponse [<'a>];
    JOIN_GROUP = 11, "JoinGroup": join_group::JoinGroupRequest [<'a>] => JoinGroupResponse [<'a>];
    HEARTBEAT = 12, "Heartbeat": heartbeat::HeartbeatRequest [<'a>] => HeartbeatResponse [];
    LEAVE_GROUP = 13, "LeaveGroup": leave_group::LeaveGroupRequest [<'a>] => LeaveGroupResponse [<'a>];
    SYNC_GROUP = 14, "SyncGroup": sync_group::SyncGroupRequest [<'a>] => SyncGroupResponse [<'a>];
    DESCRIBE_GROUPS = 15, "DescribeGroups": describe_groups::DescribeGroupsRequest [<'a>] => DescribeGroupsResponse [<'a>];
    LIST_GROUPS = 16, "ListGroups": list_groups::ListGroupsRequest [<'a>] => ListGroupsResponse [<'a>];
    SASL_HANDSHAKE = 17, "SaslHandshake": sasl_handshake::SaslHandshakeRequest [<'a>] => SaslHandshakeResponse [<'a>];
    API_VERSIONS = 18, "ApiVersions": api_versions::ApiVersionsRequest [<'a>] => ApiVersionsResponse [<'a>];
    CREATE_TOPICS = 19, "CreateTopics": create_topics::CreateTopicsRequest [<'a>] => CreateTopicsResponse [<'a>];
    DELETE_TOPICS = 20, "DeleteTopics": delete_topics::DeleteTopicsRequest [<'a>] => DeleteTopicsResponse [<'a>];
    DELETE_RECORDS = 21, "DeleteRecords": delete_records::DeleteRecordsRequest [<'a>] => DeleteRecordsResponse [<'a>];
    INIT_PRODUCER_ID = 22, "InitProducerId": init_producer_id::InitProducerIdRequest [<'a>] => InitProducerIdResponse [];
    OFFSET_FOR_LEADER_EPOCH = 23, "OffsetForLeaderEpoch": offset_for_leader_epoch::OffsetForLeaderEpochRequest [<'a>] => OffsetForLeaderEpochResponse [<'a>];
    ADD_PARTITIONS_TO_TXN = 24, "AddPartitionsToTxn": add_partitions_to_txn::AddPartitionsToTxnRequest [<'a>] => AddPartitionsToTxnResponse [<'a>];
    ADD_OFFSETS_TO_TXN = 25, "AddOffsetsToTxn": add_offsets_to_txn::AddOffsetsToTxnRequest [<'a>] => AddOffsetsToTxnResponse [];
    END_TXN = 26, "EndTxn": end_txn::EndTxnRequest [<'a>] => EndTxnResponse [];
    WRITE_TXN_MARKERS = 27, "WriteTxnMarkers": write_txn_markers::WriteTxnMarkersRequest [<'a>] => WriteTxnMarkersResponse [<'a>];
    TXN_OFFSET_COMMIT = 28, "TxnOffsetCommit": txn_offset_commit::TxnOffsetCommitRequest [<'a>] => TxnOffsetCommitResponse [<'a>];
    DESCRIBE_ACLS = 29, "DescribeAcls": describe_acls::DescribeAclsRequest [<'a>] => DescribeAclsResponse [<'a>];
    CREATE_ACLS = 30, "CreateAcls": create_acls::CreateAclsRequest [<'a>] => CreateAclsResponse [<'a>];
    DELETE_ACLS = 31, "DeleteAcls": delete_acls::DeleteAclsRequest [<'a>] => DeleteAclsResponse [<'a>];
    DESCRIBE_CONFIGS = 32, "DescribeConfigs": describe_configs::DescribeConfigsRequest [<'a>] => DescribeConfigsResponse [<'a>];
    ALTER_CONFIGS = 33, "AlterConfigs": alter_configs::AlterConfigsRequest [<'a>] => AlterConfigsResponse [<'a>];
    ALTER_REPLICA_LOG_DIRS = 34, "AlterReplicaLogDirs": alter_replica_log_dirs::AlterReplicaLogDirsRequest [<'a>] => AlterReplicaLogDirsResponse [<'a>];
    DESCRIBE_LOG_DIRS = 35, "DescribeLogDirs": describe_log_dirs::DescribeLogDirsRequest [<'a>] => DescribeLogDirsResponse [<'a>];
    SASL_AUTHENTICATE = 36, "SaslAuthenticate": sasl_authenticate::SaslAuthenticateRequest [<'a>] => SaslAuthenticateResponse [<'a>];
    CREATE_PARTITIONS = 37, "CreatePartitions": create_partitions::CreatePartitionsRequest [<'a>] => CreatePartitionsResponse [<'a>];
    CREATE_DELEGATION_TOKEN = 38, "CreateDelegationToken": create_delegation_token::CreateDelegationTokenRequest [<'a>] => CreateDelegationTokenResponse [<'a>];
    RENEW_DELEGATION_TOKEN = 39, "RenewDelegationToken": renew_delegation_token::RenewDelegationTokenRequest [<'a>] => RenewDelegationTokenResponse [];
    EXPIRE_DELEGATION_TOKEN = 40, "ExpireDelegationToken": expire_delegation_token::ExpireDelegationTokenRequest [<'a>] => ExpireDelegationTokenResponse [];
    DESCRIBE_DELEGATION_TOKEN = 41, "DescribeDelegationToken": describe_delegation_token::DescribeDelegationTokenRequest [<'a>] => DescribeDelegationTokenResponse [<'a>];
    DELETE_GROUPS = 42, "DeleteGroups": delete_groups::DeleteGroupsRequest [<'a>] => DeleteGroupsResponse [<'a>];
    ELECT_LEADERS = 43, "ElectLeaders": elect_leaders::ElectLeadersRequest [<'a>] => ElectLeadersResponse [<'a>];
    INCREMENTAL_ALTER_CONFIGS = 44, "IncrementalAlterConfigs": incremental_alter_configs::IncrementalAlterConfigsRequest [<'a>] => IncrementalAlterConfigsResponse [<'a>];
    ALTER_PARTITION_REASSIGNMENTS = 45, "AlterPartitionReassignments": alter_partition_reassignments::AlterPartitionReassignmentsRequest [<'a>] => AlterPartitionReassignmentsResponse [<'a>];
    LIST_PARTITION_REASSIGNMENTS = 46, "ListPartitionReassignments": list_partition_reassignments::ListPartitionReassignmentsRequest [<'a>] => ListPartitionReassignmentsResponse [<'a>];
    OFFSET_DELETE = 47, "OffsetDelete": offset_delete::OffsetDeleteRequest [<'a>] => OffsetDeleteResponse [<'a>];
    DESCRIBE_CLIENT_QUOTAS = 48, "DescribeClientQuotas": describe_client_quotas::DescribeClientQuotasRequest [<'a>] => DescribeClientQuotasResponse [<'a>];
    ALTER_CLIENT_QUOTAS = 49, "AlterClientQuotas": alter_client_quotas::AlterClientQuotasRequest [<'a>] => AlterClientQuotasResponse [<'a>];
    DESCRIBE_USER_SCRAM_CREDENTIALS = 50, "DescribeUserScramCredentials": describe_user_scram_credentials::DescribeUserScramCredentialsRequest [<'a>] => DescribeUserScramCredentialsResponse [<'a>];
    ALTER_USER_SCRAM_CREDENTIALS = 51, "AlterUserScramCredentials": alter_user_scram_credentials::AlterUserScramCredentialsRequest [<'a>] => AlterUserScramCredentialsResponse [<'a>];
    VOTE = 52, "Vote": vote::VoteRequest [<'a>] => VoteResponse [<'a>];
    BEGIN_QUORUM_EPOCH = 53, "BeginQuorumEpoch": begin_quorum_epoch::BeginQuorumEpochRequest [<'a>] => BeginQuorumEpochResponse [<'a>];
    END_QUORUM_EPOCH = 54, "EndQuorumEpoch": end_quorum_epoch::EndQuorumEpochRequest [<'a>] => EndQuorumEpochResponse [<'a>];
    DESCRIBE_QUORUM = 55, "DescribeQuorum": describe_quorum::DescribeQuorumRequest [<'a>] => DescribeQuorumResponse [<'a>];
    ALTER_PARTITION = 56, "AlterPartition": alter_partition::AlterPartitionRequest [] => AlterPartitionResponse [];
    UPDATE_FEATURES = 57, "UpdateFeatures": update_features::UpdateFeaturesRequest [<'a>] => UpdateFeaturesResponse [<'a>];
    ENVELOPE = 58, "Envelope": envelope::EnvelopeRequest [<'a>] => EnvelopeResponse [<'a>];
    FETCH_SNAPSHOT = 59, "FetchSnapshot": fetch_snapshot::FetchSnapshotRequest [<'a>] => FetchSnapshotResponse [<'a>];
    DESCRIBE_CLUSTER = 60, "DescribeCluster": describe_cluster::DescribeClusterRequest [] => DescribeClusterResponse [<'a>];
    DESCRIBE_PRODUCERS = 61, "DescribeProducers": describe_producers::DescribeProducersRequest [<'a>] => DescribeProducersResponse [<'a>];
    BROKER_REGISTRATION = 62, "BrokerRegistration": broker_registration::BrokerRegistrationRequest [<'a>] => BrokerRegistrationResponse [];
    BROKER_HEARTBEAT = 63, "BrokerHeartbeat": broker_heartbeat::BrokerHeartbeatRequest [] => BrokerHeartbeatResponse [];
    UNREGISTER_BROKER = 64, "UnregisterBroker": unregister_broker::UnregisterBrokerRequest [] => UnregisterBrokerResponse [<'a>];
    DESCRIBE_TRANSACTIONS = 65, "DescribeTransactions": describe_transactions::DescribeTransactionsRequest [<'a>] => DescribeTransactionsResponse [<'a>];
    LIST_TRANSACTIONS = 66, "ListTransactions": list_transactions::ListTransactionsRequest [<'a>] => ListTransactionsResponse [<'a>];
    ALLOCATE_PRODUCER_IDS = 67, "AllocateProducerIds": allocate_producer_ids::AllocateProducerIdsRequest [] => AllocateProducerIdsResponse [];
    CONSUMER_GROUP_HEARTBEAT = 68, "ConsumerGroupHeartbeat": consumer_group_heartbeat::ConsumerGroupHeartbeatRequest [<'a>] => ConsumerGroupHeartbeatResponse [<'a>];
    CONSUMER_GROUP_DESCRIBE = 69, "ConsumerGroupDescribe": consumer_group_describe::ConsumerGroupDescribeRequest [<'a>] => ConsumerGroupDescribeResponse [<'a>];
    CONTROLLER_REGISTRATION = 70, "ControllerRegistration": controller_registration::ControllerRegistrationRequest [<'a>] => ControllerRegistrationResponse [<'a>];
    GET_TELEMETRY_SUBSCRIPTIONS = 71, "GetTelemetrySubscriptions": get_telemetry_subscriptions::GetTelemetrySubscriptionsRequest [] => GetTelemetrySubscriptionsResponse [<'a>];
    PUSH_TELEMETRY = 72, "PushTelemetry": push_telemetry::PushTelemetryRequest [<'a>] => PushTelemetryResponse [];
    ASSIGN_REPLICAS_TO_DIRS = 73, "AssignReplicasToDirs": assign_replicas_to_dirs::AssignReplicasToDirsRequest [] => AssignReplicasToDirsResponse [];
    LIST_CONFIG_RESOURCES = 74, "ListConfigResources": list_config_resources::ListConfigResourcesRequest [] => ListConfigResourcesResponse [<'a>];
    DESCRIBE_TOPIC_PARTITIONS = 75, "DescribeTopicPartitions": describe_topic_partitions::DescribeTopicPartitionsRequest [<'a>] => DescribeTopicPartitionsResponse [<'a>];
    SHARE_GROUP_HEARTBEAT = 76, "ShareGroupHeartbeat": share_group_heartbeat::ShareGroupHeartbeatRequest [<'a>] => ShareGroupHeartbeatResponse [<'a>];
    SHARE_GROUP_DESCRIBE = 77, "ShareGroupDescribe": share_group_describe::ShareGroupDescribeRequest [<'a>] => ShareGroupDescribeResponse [<'a>];
    SHARE_FETCH = 78, "ShareFetch": share_fetch::ShareFetchRequest [<'a>] => ShareFetchResponse [<'a>];
    SHARE_ACKNOWLEDGE = 79, "ShareAcknowledge": share_acknowledge::ShareAcknowledgeRequest [<'a>] => ShareAcknowledgeResponse [<'a>];
    ADD_RAFT_VOTER = 80, "AddRaftVoter": add_raft_voter::AddRaftVoterRequest [<'a>] => AddRaftVoterResponse [<'a>];
    REMOVE_RAFT_VOTER = 81, "RemoveRaftVoter": remove_raft_voter::RemoveRaftVoterRequest [<'a>] => RemoveRaftVoterResponse [<'a>];
    UPDATE_RAFT_VOTER = 82, "UpdateRaftVoter": update_raft_voter::UpdateRaftVoterRequest [<'a>] => UpdateRaftVoterResponse [<'a>];
    INITIALIZE_SHARE_GROUP_STATE = 83, "InitializeShareGroupState": initialize_share_group_state::InitializeShareGroupStateRequest [<'a>] => InitializeShareGroupStateResponse [<'a>];
    READ_SHARE_GROUP_STATE = 84, "ReadShareGroupState": read_share_group_state::ReadShareGroupStateRequest [<'a>] => ReadShareGroupStateResponse [<'a>];
    WRITE_SHARE_GROUP_STATE = 85, "WriteShareGroupState": write_share_group_state::WriteShareGroupStateRequest [<'a>] => WriteShareGroupStateResponse [<'a>];
    DELETE_SHARE_GROUP_STATE = 86, "DeleteShareGroupState": delete_share_group_state::DeleteShareGroupStateRequest [<'a>] => DeleteShareGroupStateResponse [<'a>];
    READ_SHARE_GROUP_STATE_SUMMARY = 87, "ReadShareGroupStateSummary": read_share_group_state_summary::ReadShareGroupStateSummaryRequest [<'a>] => ReadShareGroupStateSummaryResponse [<'a>];
    STREAMS_GROUP_HEARTBEAT = 88, "StreamsGroupHeartbeat": streams_group_heartbeat::StreamsGroupHeartbeatRequest [<'a>] => StreamsGroupHeartbeatResponse [<'a>];
    STREAMS_GROUP_DESCRIBE = 89, "StreamsGroupDescribe": streams_group_describe::StreamsGroupDescribeRequest [<'a>] => StreamsGroupDescribeResponse [<'a>];
    DESCRIBE_SHARE_GROUP_OFFSETS = 90, "DescribeShareGroupOffsets": describe_share_group_offsets::DescribeShareGroupOffsetsRequest [<'a>] => DescribeShareGroupOffsetsResponse [<'a>];
    ALTER_SHARE_GROUP_OFFSETS = 91, "AlterShareGroupOffsets": alter_share_group_offsets::AlterShareGroupOffsetsRequest [<'a>] => AlterShareGroupOffsetsResponse [<'a>];
    DELETE_SHARE_GROUP_OFFSETS = 92, "DeleteShareGroupOffsets": delete_share_group_offsets::DeleteShareGroupOffsetsRequest [<'a>] => DeleteShareGroupOffsetsResponse [<'a>];
    STREAMS_GROUP_TOPOLOGY_DESCRIPTION_UPDATE = 93, "StreamsGroupTopologyDescriptionUpdate": streams_group_topology_description_update::StreamsGroupTopologyDescriptionUpdateRequest [<'a>] => StreamsGroupTopologyDescriptionUpdateResponse [<'a>];
    UNREGISTER_CONTROLLER = 94, "UnregisterController": unregister_controller::UnregisterControllerRequest [] => UnregisterControllerResponse [<'a>];
}

impl Api {
    /// The API of a key; `None` where this crate has no messages for it.
    #[must_use]
    pub fn of(key: ApiKey) -> Option<&'static Self> {
        APIS.binary_search_by_key(&key, |api| api.key).ok().map(|i| &APIS[i])
    }

    /// Whether `version` is one of the stable versions.
    #[must_use]
    pub fn has_version(&self, version: i16) -> bool {
        (self.min..=self.max).contains(&version)
    }

    /// The version of the request's header: 2 has tagged fields, 1 has none.
    #[must_use]
    pub fn request_header_version(&self, version: i16) -> i16 {
        if version >= self.flexible_min { 2 } else { 1 }
    }

    /// The version of the answer's header: 1 has tagged fields, 0 has none. ApiVersions stays at 0, so that a client
    /// can read the answer before it knows what the node speaks.
    #[must_use]
    pub fn response_header_version(&self, version: i16) -> i16 {
        i16::from(version >= self.flexible_min && self.key != ApiKey::API_VERSIONS)
    }
}

impl std::fmt::Display for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match Api::of(*self) {
            Some(api) => f.write_str(api.name),
            None => write!(f, "API {}", self.0),
        }
    }
}

/// The length of the size in front of a frame.
pub const FRAME_SIZE_LEN: usize = 4;

const PLAIN: Format = Format { version: 0, flexible: false };

/// The header of a request.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "1..=2", flexible = "2+")]
pub struct RequestHeader<'a> {
    /// Which API.
    #[field(name = "requestApiKey")]
    pub api_key: ApiKey,
    /// Which version of it.
    #[field(name = "requestApiVersion")]
    pub api_version: i16,
    /// Comes back in the answer.
    pub correlation_id: i32,
    /// What the client calls itself; unchecked, and not compact in any version.
    #[field(nullable, flexible = "none", default = Some(Str::EMPTY))]
    pub client_id: Option<Str<'a>>,
}

/// The header of an answer.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(versions = "0..=1", flexible = "1+")]
pub struct ResponseHeader {
    /// That of the request.
    pub correlation_id: i32,
}

impl<'a> RequestHeader<'a> {
    /// Reads the part that every request has, whatever its key and version: both of these and the correlation id.
    /// The reader stands at the client id then.
    ///
    /// # Errors
    /// Cut bytes.
    pub fn decode_start(reader: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self {
            api_key: ApiKey(i16::decode(reader, PLAIN)?),
            api_version: i16::decode(reader, PLAIN)?,
            correlation_id: i32::decode(reader, PLAIN)?,
            client_id: None,
        })
    }

    /// Reads the rest of a header of `header_version` 1 or 2 behind [`decode_start`](Self::decode_start).
    ///
    /// # Errors
    /// Cut bytes.
    pub fn decode_rest(&mut self, reader: &mut Reader<'a>, header_version: i16) -> Result<(), DecodeError> {
        self.client_id = Str::decode_nullable(reader, PLAIN)?;
        if header_version >= 2 {
            reader.skip_tagged_fields()?;
        }
        Ok(())
    }
}

/// Writes a whole frame: size, request header, request.
///
/// # Errors
/// What the version cannot hold.
///
/// # Panics
/// If the API is not in [`APIS`].
pub fn request_frame<'a, R: Request<'a> + Encode>(
    request: &R,
    version: i16,
    correlation_id: i32,
    client_id: Option<Str<'_>>,
) -> Result<Vec<u8>, EncodeError> {
    let api = Api::of(ApiKey(R::KEY)).expect("every request has an API");
    let mut writer = Writer::over(vec![0; FRAME_SIZE_LEN]);
    let header = RequestHeader { api_key: api.key, api_version: version, correlation_id, client_id };
    codec::encode(&header, &mut writer, api.request_header_version(version))?;
    codec::encode(request, &mut writer, version)?;
    let mut frame = writer.into_bytes();
    let size = (frame.len() - FRAME_SIZE_LEN) as i32;
    frame[..FRAME_SIZE_LEN].copy_from_slice(&size.to_be_bytes());
    Ok(frame)
}

/// Writes a whole frame behind what `writer` holds: size, response header, response. Bytes that belong in between from
/// elsewhere are counted in the size.
///
/// # Errors
/// What the version cannot hold; the writer is then of no further use.
pub fn write_response<M: Message + Encode>(
    writer: &mut Writer,
    api: &Api,
    version: i16,
    correlation_id: i32,
    response: &M,
) -> Result<(), EncodeError> {
    let (start, elsewhere) = (writer.len(), writer.elsewhere());
    writer.put(&[0; FRAME_SIZE_LEN]);
    codec::encode(&ResponseHeader { correlation_id }, writer, api.response_header_version(version))?;
    codec::encode(response, writer, version)?;
    let size = writer.len() - start - FRAME_SIZE_LEN + (writer.elsewhere() - elsewhere);
    writer.bytes_mut()[start..start + FRAME_SIZE_LEN].copy_from_slice(&(size as i32).to_be_bytes());
    Ok(())
}

/// Reads the answer to `R` from a frame without its size: the correlation id, and the response.
///
/// # Errors
/// What the bytes get wrong.
///
/// # Panics
/// If the API is not in [`APIS`].
pub fn decode_response<'a, R>(frame: &'a [u8], version: i16) -> Result<(i32, R::Response), DecodeError>
where
    R: Request<'a>,
    R::Response: Decode<'a>,
{
    let api = Api::of(ApiKey(R::KEY)).expect("every request has an API");
    let mut reader = Reader::new(frame);
    let header: ResponseHeader = codec::decode_from(&mut reader, api.response_header_version(version))?;
    Ok((header.correlation_id, codec::decode_from(&mut reader, version)?))
}

/// What stands at the front of received bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NextFrame<'a> {
    /// Not even the size is there, or the frame is not whole yet: so many bytes in all make the next step possible.
    Incomplete {
        /// The bytes needed, the size included.
        needed: usize,
    },
    /// A whole frame, without its size.
    Whole(&'a [u8]),
    /// A negative size, or one beyond the limit: the peer does not speak Kafka, or means harm.
    Refused {
        /// The announced size.
        size: i32,
    },
}

/// Looks for a frame at the front of `bytes`; one of more than `size_max` bytes is refused.
#[must_use]
pub fn next_frame(bytes: &[u8], size_max: usize) -> NextFrame<'_> {
    let Some((size, rest)) = bytes.split_first_chunk::<FRAME_SIZE_LEN>() else {
        return NextFrame::Incomplete { needed: FRAME_SIZE_LEN };
    };
    let announced = i32::from_be_bytes(*size);
    match usize::try_from(announced) {
        Ok(size) if size <= size_max => match rest.get(..size) {
            Some(frame) => NextFrame::Whole(frame),
            None => NextFrame::Incomplete { needed: FRAME_SIZE_LEN + size },
        },
        _ => NextFrame::Refused { size: announced },
    }
}

#[cfg(test)]
mod tests;
