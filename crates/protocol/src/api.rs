//! API keys and their versions, the headers of requests and responses, and frames.
//!
//! A frame is an `i32` size and as many bytes: a header and a body. Which header a request has depends on its key and
//! version, so a key that Kafka does not have ends the conversation: nothing behind it can be read.
//!
//! [`APIS`] says what Kafka 4.3 has. What Milena serves, and so advertises, is the broker's to say; the versions of
//! each API come from its message.

use crate::{
    codec::{self, Decode, DecodeError, Encode, EncodeError, Format, Message, Reader, Writer},
    messages as m,
    types::Str,
};

/// The key of an API, as requests carry it. Any number can arrive; [`Api::of`] says what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// The highest version that is stable.
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
            max: stable_max(ApiKey::$konst, <m::$module::$request as Message>::VERSION_MAX),
            flexible_min: <m::$module::$request as Message>::FLEXIBLE_MIN,
        }),*];

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
    DESCRIBE_CONFIGS = 32, "DescribeConfigs": describe_configs::DescribeConfigsRequest [<'a>] => DescribeConfigsResponse [<'a>];
    ALTER_CONFIGS = 33, "AlterConfigs": alter_configs::AlterConfigsRequest [<'a>] => AlterConfigsResponse [<'a>];
    ALTER_REPLICA_LOG_DIRS = 34, "AlterReplicaLogDirs": alter_replica_log_dirs::AlterReplicaLogDirsRequest [<'a>] => AlterReplicaLogDirsResponse [<'a>];
    DESCRIBE_LOG_DIRS = 35, "DescribeLogDirs": describe_log_dirs::DescribeLogDirsRequest [<'a>] => DescribeLogDirsResponse [<'a>];
    SASL_AUTHENTICATE = 36, "SaslAuthenticate": sasl_authenticate::SaslAuthenticateRequest [<'a>] => SaslAuthenticateResponse [<'a>];
    CREATE_PARTITIONS = 37, "CreatePartitions": create_partitions::CreatePartitionsRequest [<'a>] => CreatePartitionsResponse [<'a>];
    DELETE_GROUPS = 42, "DeleteGroups": delete_groups::DeleteGroupsRequest [<'a>] => DeleteGroupsResponse [<'a>];
    INCREMENTAL_ALTER_CONFIGS = 44, "IncrementalAlterConfigs": incremental_alter_configs::IncrementalAlterConfigsRequest [<'a>] => IncrementalAlterConfigsResponse [<'a>];
    LIST_PARTITION_REASSIGNMENTS = 46, "ListPartitionReassignments": list_partition_reassignments::ListPartitionReassignmentsRequest [<'a>] => ListPartitionReassignmentsResponse [<'a>];
    OFFSET_DELETE = 47, "OffsetDelete": offset_delete::OffsetDeleteRequest [<'a>] => OffsetDeleteResponse [<'a>];
    DESCRIBE_QUORUM = 55, "DescribeQuorum": describe_quorum::DescribeQuorumRequest [<'a>] => DescribeQuorumResponse [<'a>];
    DESCRIBE_CLUSTER = 60, "DescribeCluster": describe_cluster::DescribeClusterRequest [] => DescribeClusterResponse [<'a>];
    DESCRIBE_PRODUCERS = 61, "DescribeProducers": describe_producers::DescribeProducersRequest [<'a>] => DescribeProducersResponse [<'a>];
    LIST_CONFIG_RESOURCES = 74, "ListConfigResources": list_config_resources::ListConfigResourcesRequest [] => ListConfigResourcesResponse [<'a>];
    DESCRIBE_TOPIC_PARTITIONS = 75, "DescribeTopicPartitions": describe_topic_partitions::DescribeTopicPartitionsRequest [<'a>] => DescribeTopicPartitionsResponse [<'a>];
}

/// InitProducerId 6 (two-phase commit, KIP-939) is not stable in Kafka 4.3.
const fn stable_max(key: ApiKey, max: i16) -> i16 {
    if key.0 == ApiKey::INIT_PRODUCER_ID.0 { 5 } else { max }
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestHeader<'a> {
    /// Which API.
    pub api_key: ApiKey,
    /// Which version of it.
    pub api_version: i16,
    /// Comes back in the answer.
    pub correlation_id: i32,
    /// What the client calls itself; unchecked, and not compact in any version.
    pub client_id: Option<Str<'a>>,
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
            reader.tagged_fields(|_, _| Ok(()))?;
        }
        Ok(())
    }

    /// Writes the header at `header_version` 1 or 2.
    ///
    /// # Errors
    /// A client id of more than 32,767 bytes.
    pub fn encode(&self, writer: &mut Writer, header_version: i16) -> Result<(), EncodeError> {
        self.api_key.0.encode(writer, PLAIN)?;
        self.api_version.encode(writer, PLAIN)?;
        self.correlation_id.encode(writer, PLAIN)?;
        match &self.client_id {
            Some(id) => id.encode(writer, PLAIN)?,
            None => Str::encode_null(writer, PLAIN),
        }
        if header_version >= 2 {
            writer.unsigned_varint(0);
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
    header.encode(&mut writer, api.request_header_version(version))?;
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
    correlation_id.encode(writer, PLAIN)?;
    if api.response_header_version(version) >= 1 {
        writer.unsigned_varint(0);
    }
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
    let correlation_id = i32::decode(&mut reader, PLAIN)?;
    if api.response_header_version(version) >= 1 {
        reader.tagged_fields(|_, _| Ok(()))?;
    }
    Ok((correlation_id, codec::decode_from(&mut reader, version)?))
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
