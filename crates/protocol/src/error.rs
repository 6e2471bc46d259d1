//! Kafka's error codes.
//!
//! A code is an `i16` on the wire, and a peer of a later version may send one that we do not know: it stays what it
//! is, is shown by its number, and counts as not worth a retry. That is why [`ErrorCode`] is a number with named
//! constants and not an enum.
//!
//! The names, the numbers, and which of them are retriable are those of Kafka's `Errors` in 4.3; the words are ours.

use std::fmt;

/// An error code of Kafka's protocol; [`ErrorCode::NONE`] is success.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrorCode(pub i16);

/// Declares the constants and the tables over them. `retry` marks what Kafka's clients try again by themselves.
macro_rules! error_codes {
    ($($number:literal $name:ident $($retry:ident)?: $message:literal,)*) => {
        impl ErrorCode {
            $(
                #[doc = concat!("`", stringify!($number), "`: ", $message, ".")]
                pub const $name: Self = Self($number);
            )*

            /// Every code of Kafka 4.3, ascending.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Kafka's name for it, `None` for a code that Kafka 4.3 does not have.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some(stringify!($name)),)*
                    _ => None,
                }
            }

            /// What it means in one clause, without a full stop.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self.0 {
                    $($number => $message,)*
                    _ => "an error code that Kafka 4.3 does not have",
                }
            }

            /// Whether the same request may succeed later, perhaps after fresh metadata: what Java's clients know as a
            /// `RetriableException`.
            #[must_use]
            pub const fn is_retriable(self) -> bool {
                match self.0 {
                    $($number => error_codes!(@retry $($retry)?),)*
                    _ => false,
                }
            }
        }
    };
    (@retry retry) => { true };
    (@retry) => { false };
}

error_codes! {
    -1 UNKNOWN_SERVER_ERROR: "the server met an error that it did not expect",
    0 NONE: "success",
    1 OFFSET_OUT_OF_RANGE: "the offset is outside the range that the partition holds",
    2 CORRUPT_MESSAGE retry: "the batch's checksum, size or magic is wrong",
    3 UNKNOWN_TOPIC_OR_PARTITION retry: "this server does not host the topic partition",
    4 INVALID_FETCH_SIZE: "the fetch size is invalid",
    5 LEADER_NOT_AVAILABLE retry: "the partition has no leader at the moment",
    6 NOT_LEADER_OR_FOLLOWER retry: "the broker is neither leader of the partition nor, where that would do, a follower",
    7 REQUEST_TIMED_OUT retry: "the request timed out",
    8 BROKER_NOT_AVAILABLE: "the broker is not available",
    9 REPLICA_NOT_AVAILABLE retry: "the replica is not available",
    10 MESSAGE_TOO_LARGE: "the batch is larger than the topic allows",
    11 STALE_CONTROLLER_EPOCH: "the controller has moved to another broker",
    12 OFFSET_METADATA_TOO_LARGE: "the metadata of the committed offset is too large",
    13 NETWORK_EXCEPTION retry: "the server disconnected before it answered",
    14 COORDINATOR_LOAD_IN_PROGRESS retry: "the coordinator is still loading",
    15 COORDINATOR_NOT_AVAILABLE retry: "the coordinator is not available",
    16 NOT_COORDINATOR retry: "this broker is not the coordinator",
    17 INVALID_TOPIC_EXCEPTION: "the topic's name is invalid, or the topic may not be used like this",
    18 RECORD_LIST_TOO_LARGE: "the batch is larger than a segment",
    19 NOT_ENOUGH_REPLICAS retry: "fewer replicas are in sync than min.insync.replicas",
    20 NOT_ENOUGH_REPLICAS_AFTER_APPEND retry: "the records were written, but to fewer replicas than min.insync.replicas",
    21 INVALID_REQUIRED_ACKS: "acks must be -1, 0 or 1",
    22 ILLEGAL_GENERATION: "the group is in another generation",
    23 INCONSISTENT_GROUP_PROTOCOL: "the member shares no protocol type or protocol with the group",
    24 INVALID_GROUP_ID: "the group id is invalid",
    25 UNKNOWN_MEMBER_ID: "the group has no such member",
    26 INVALID_SESSION_TIMEOUT: "the session timeout is outside what the broker allows",
    27 REBALANCE_IN_PROGRESS: "the group is rebalancing, so the member must join again",
    28 INVALID_COMMIT_OFFSET_SIZE: "the offsets to commit are too large to be stored",
    29 TOPIC_AUTHORIZATION_FAILED: "not authorized for the topic",
    30 GROUP_AUTHORIZATION_FAILED: "not authorized for the group",
    31 CLUSTER_AUTHORIZATION_FAILED: "not authorized for the cluster",
    32 INVALID_TIMESTAMP: "the record's timestamp is outside what the topic allows",
    33 UNSUPPORTED_SASL_MECHANISM: "the SASL mechanism is not supported",
    34 ILLEGAL_SASL_STATE: "the request does not fit the state of the authentication",
    35 UNSUPPORTED_VERSION: "this version of the API is not supported",
    36 TOPIC_ALREADY_EXISTS: "a topic of this name exists already",
    37 INVALID_PARTITIONS: "the number of partitions is invalid",
    38 INVALID_REPLICATION_FACTOR: "the replication factor is below 1 or above the number of brokers",
    39 INVALID_REPLICA_ASSIGNMENT: "the replica assignment is invalid",
    40 INVALID_CONFIG: "the configuration is invalid",
    41 NOT_CONTROLLER retry: "this node is not the active controller",
    42 INVALID_REQUEST: "the request contradicts itself or the protocol",
    43 UNSUPPORTED_FOR_MESSAGE_FORMAT: "the message format of the broker does not support the request",
    44 POLICY_VIOLATION: "the request violates a policy",
    45 OUT_OF_ORDER_SEQUENCE_NUMBER: "the producer's sequence number does not follow its last one",
    46 DUPLICATE_SEQUENCE_NUMBER: "the producer's sequence number was written before",
    47 INVALID_PRODUCER_EPOCH: "the producer's epoch is older than the one known",
    48 INVALID_TXN_STATE: "the transaction's state does not allow this",
    49 INVALID_PRODUCER_ID_MAPPING: "the producer id does not belong to the transactional id",
    50 INVALID_TRANSACTION_TIMEOUT: "the transaction timeout is larger than transaction.max.timeout.ms",
    51 CONCURRENT_TRANSACTIONS retry: "another operation of the same transaction is under way",
    52 TRANSACTION_COORDINATOR_FENCED: "a newer transaction coordinator is at work",
    53 TRANSACTIONAL_ID_AUTHORIZATION_FAILED: "not authorized for the transactional id, or none was given",
    54 SECURITY_DISABLED: "security is disabled",
    55 OPERATION_NOT_ATTEMPTED: "not tried, because another part of the request failed",
    56 KAFKA_STORAGE_ERROR retry: "the disk failed",
    57 LOG_DIR_NOT_FOUND: "the broker has no such log directory",
    58 SASL_AUTHENTICATION_FAILED: "authentication failed",
    59 UNKNOWN_PRODUCER_ID: "nothing is known of the producer any more",
    60 REASSIGNMENT_IN_PROGRESS: "the partition is being reassigned",
    61 DELEGATION_TOKEN_AUTH_DISABLED: "delegation tokens are disabled",
    62 DELEGATION_TOKEN_NOT_FOUND: "there is no such delegation token",
    63 DELEGATION_TOKEN_OWNER_MISMATCH: "only the owner or a renewer may use the delegation token like this",
    64 DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: "delegation tokens are not handed out on this connection",
    65 DELEGATION_TOKEN_AUTHORIZATION_FAILED: "not authorized for the delegation token",
    66 DELEGATION_TOKEN_EXPIRED: "the delegation token has expired",
    67 INVALID_PRINCIPAL_TYPE: "this type of principal is not supported",
    68 NON_EMPTY_GROUP: "the group still has members",
    69 GROUP_ID_NOT_FOUND: "there is no such group",
    70 FETCH_SESSION_ID_NOT_FOUND retry: "there is no such fetch session",
    71 INVALID_FETCH_SESSION_EPOCH retry: "the fetch session is at another epoch",
    72 LISTENER_NOT_FOUND retry: "the leader has no listener of the name the request came in on",
    73 TOPIC_DELETION_DISABLED: "deleting topics is disabled",
    74 FENCED_LEADER_EPOCH retry: "the leader epoch of the request is older than the broker's",
    75 UNKNOWN_LEADER_EPOCH retry: "the leader epoch of the request is newer than the broker's",
    76 UNSUPPORTED_COMPRESSION_TYPE: "this version of the API does not support the compression type",
    77 STALE_BROKER_EPOCH: "the broker's epoch is not the registered one",
    78 OFFSET_NOT_AVAILABLE retry: "the new leader's high watermark has not caught up yet",
    79 MEMBER_ID_REQUIRED: "the member must join again with the id it was given",
    80 PREFERRED_LEADER_NOT_AVAILABLE retry: "the preferred leader is not available",
    81 GROUP_MAX_SIZE_REACHED: "the group is full",
    82 FENCED_INSTANCE_ID: "another member has taken over the group instance id",
    83 ELIGIBLE_LEADERS_NOT_AVAILABLE retry: "no replica that may lead is available",
    84 ELECTION_NOT_NEEDED retry: "the partition needs no election",
    85 NO_REASSIGNMENT_IN_PROGRESS: "the partition is not being reassigned",
    86 GROUP_SUBSCRIBED_TO_TOPIC: "the group is subscribed to the topic",
    87 INVALID_RECORD: "the batch or a record in it is invalid",
    88 UNSTABLE_OFFSET_COMMIT retry: "a transaction over the offsets is still open",
    89 THROTTLING_QUOTA_EXCEEDED retry: "the quota is used up",
    90 PRODUCER_FENCED: "a newer producer with the same transactional id is at work",
    91 RESOURCE_NOT_FOUND: "there is no such resource",
    92 DUPLICATE_RESOURCE: "the request names the resource twice",
    93 UNACCEPTABLE_CREDENTIAL: "the credential does not meet what is required",
    94 INCONSISTENT_VOTER_SET: "one side of the request is not a voter for the other",
    95 INVALID_UPDATE_VERSION: "the version of the update is invalid",
    96 FEATURE_UPDATE_FAILED: "the features could not be updated",
    97 PRINCIPAL_DESERIALIZATION_FAILURE: "the forwarded principal could not be read",
    98 SNAPSHOT_NOT_FOUND: "there is no such snapshot",
    99 POSITION_OUT_OF_RANGE: "the position is outside the snapshot",
    100 UNKNOWN_TOPIC_ID retry: "this server knows no topic of the id",
    101 DUPLICATE_BROKER_REGISTRATION: "another process is registered with the broker id",
    102 BROKER_ID_NOT_REGISTERED: "no broker is registered with the id",
    103 INCONSISTENT_TOPIC_ID retry: "the log belongs to another topic id",
    104 INCONSISTENT_CLUSTER_ID: "the request is meant for another cluster",
    105 TRANSACTIONAL_ID_NOT_FOUND: "there is no such transactional id",
    106 FETCH_SESSION_TOPIC_ID_ERROR retry: "the fetch session mixes topic ids and names",
    107 INELIGIBLE_REPLICA: "the replica may not join the in-sync replicas",
    108 NEW_LEADER_ELECTED: "the change was made, and the partition has another leader now",
    109 OFFSET_MOVED_TO_TIERED_STORAGE: "the offset is in tiered storage",
    110 FENCED_MEMBER_EPOCH: "the member's epoch is not the group's, so the member must join again",
    111 UNRELEASED_INSTANCE_ID: "another member still uses the group instance id",
    112 UNSUPPORTED_ASSIGNOR: "the group does not know the assignor",
    113 STALE_MEMBER_EPOCH: "the member's epoch is out of date, so it must heartbeat and try again",
    114 MISMATCHED_ENDPOINT_TYPE: "the request was sent to the wrong kind of endpoint",
    115 UNSUPPORTED_ENDPOINT_TYPE: "this kind of endpoint is not supported",
    116 UNKNOWN_CONTROLLER_ID: "there is no such controller",
    117 UNKNOWN_SUBSCRIPTION_ID: "the telemetry subscription is out of date",
    118 TELEMETRY_TOO_LARGE: "the telemetry is larger than the broker allows",
    119 INVALID_REGISTRATION: "the registration is invalid",
    120 TRANSACTION_ABORTABLE: "the transaction failed and must be aborted",
    121 INVALID_RECORD_STATE: "the record's state does not allow the acknowledgement",
    122 SHARE_SESSION_NOT_FOUND retry: "there is no such share session",
    123 INVALID_SHARE_SESSION_EPOCH retry: "the share session is at another epoch",
    124 FENCED_STATE_EPOCH: "the state epoch is older than the share coordinator's",
    125 INVALID_VOTER_KEY: "the voter's key is not the receiver's",
    126 DUPLICATE_VOTER: "the voter is a voter already",
    127 VOTER_NOT_FOUND: "there is no such voter",
    128 INVALID_REGULAR_EXPRESSION: "the regular expression is invalid",
    129 REBOOTSTRAP_REQUIRED: "the client must find the cluster anew",
    130 STREAMS_INVALID_TOPOLOGY: "the topology is invalid",
    131 STREAMS_INVALID_TOPOLOGY_EPOCH: "the topology epoch is invalid",
    132 STREAMS_TOPOLOGY_FENCED: "the topology epoch is out of date",
    133 SHARE_SESSION_LIMIT_REACHED retry: "the broker has no room for another share session",
}

impl ErrorCode {
    /// Whether this is success.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == Self::NONE.0
    }

    /// Whether this is anything but success.
    #[must_use]
    pub const fn is_error(self) -> bool {
        !self.is_none()
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.pad(name),
            None => write!(f, "error code {}", self.0),
        }
    }
}

impl fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.name().unwrap_or("(unknown)"))
    }
}

impl std::error::Error for ErrorCode {}

impl From<i16> for ErrorCode {
    fn from(code: i16) -> Self {
        Self(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_of_kafka_4_3_are_there_without_a_gap() {
        let numbers: Vec<i16> = ErrorCode::ALL.iter().map(|code| code.0).collect();
        assert_eq!(numbers, (-1..=133).collect::<Vec<_>>());
        assert!(ErrorCode::ALL.iter().all(|code| code.name().is_some() && !code.message().ends_with('.')));
    }

    #[test]
    fn clients_retry_what_javas_clients_retry() {
        // Every code of Kafka 4.3.1 whose exception is a RetriableException.
        let retriable: Vec<i16> = ErrorCode::ALL.iter().filter(|c| c.is_retriable()).map(|c| c.0).collect();
        assert_eq!(
            retriable,
            [
                2, 3, 5, 6, 7, 9, 13, 14, 15, 16, 19, 20, 41, 51, 56, 70, 71, 72, 74, 75, 78, 80, 83, 84, 88, 89, 100,
                103, 106, 122, 123, 133
            ]
        );
    }

    #[test]
    fn an_unknown_code_survives() {
        let code = ErrorCode(4711);
        assert_eq!(code.name(), None);
        assert!(code.is_error() && !code.is_retriable());
        assert_eq!(code.to_string(), "error code 4711");
        assert_eq!(ErrorCode::OFFSET_OUT_OF_RANGE.to_string(), "OFFSET_OUT_OF_RANGE");
        assert_eq!(ErrorCode::default(), ErrorCode::NONE);
    }
}
