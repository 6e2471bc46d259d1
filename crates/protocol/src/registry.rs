//! Every message there is, by name: what tools walk over.
//!
//! Requests and responses come from the table in [`api`]; what is stored or sent inside something else has
//! its line below.

use crate::{
    api::{self, RequestHeader, ResponseHeader},
    codec::Message,
    schema::MessageSchema,
    stored,
};

/// What a message is for, and so what stands in front of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// A request, behind a [`RequestHeader`].
    Request,
    /// A response, behind a [`ResponseHeader`].
    Response,
    /// One of these two headers.
    Header,
    /// A record of `__cluster_metadata`, behind the varints of a frame version, its type and its version.
    Metadata,
    /// A record of `__remote_log_metadata`, behind the same with types of its own.
    RemoteLog,
    /// The key of a coordinator's record, behind its type as an `int16`.
    Key,
    /// The value of a coordinator's record, behind its version as an `int16`.
    Value,
    /// The value of a control record of a quorum, which begins with its version as a field of its own.
    Control,
    /// Anything else: behind its version as an `int16` where it is stored or sent.
    Data,
}

impl MessageKind {
    /// What Kafka's definitions call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
            Self::Header => "header",
            Self::Metadata | Self::RemoteLog => "metadata",
            Self::Key => "coordinator-key",
            Self::Value => "coordinator-value",
            Self::Control | Self::Data => "data",
        }
    }
}

/// One message.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What it is for.
    pub kind: MessageKind,
    /// What it says about itself.
    pub schema: &'static MessageSchema,
}

macro_rules! others {
    ($($kind:ident $($path:ident)::+,)*) => {
        #[allow(elided_lifetimes_in_paths)]
        static OTHERS: &[Entry] = &[
            $(Entry { kind: MessageKind::$kind, schema: <$($path)::+ as Message>::SCHEMA },)*
        ];
    };
}

others! {
    Header RequestHeader,
    Header ResponseHeader,

    Metadata stored::metadata::RegisterBrokerRecord,
    Metadata stored::metadata::UnregisterBrokerRecord,
    Metadata stored::metadata::TopicRecord,
    Metadata stored::metadata::PartitionRecord,
    Metadata stored::metadata::ConfigRecord,
    Metadata stored::metadata::PartitionChangeRecord,
    Metadata stored::metadata::FenceBrokerRecord,
    Metadata stored::metadata::UnfenceBrokerRecord,
    Metadata stored::metadata::RemoveTopicRecord,
    Metadata stored::metadata::DelegationTokenRecord,
    Metadata stored::metadata::UserScramCredentialRecord,
    Metadata stored::metadata::FeatureLevelRecord,
    Metadata stored::metadata::ClientQuotaRecord,
    Metadata stored::metadata::ProducerIdsRecord,
    Metadata stored::metadata::BrokerRegistrationChangeRecord,
    Metadata stored::metadata::AccessControlEntryRecord,
    Metadata stored::metadata::RemoveAccessControlEntryRecord,
    Metadata stored::metadata::NoOpRecord,
    Metadata stored::metadata::ZkMigrationStateRecord,
    Metadata stored::metadata::RemoveUserScramCredentialRecord,
    Metadata stored::metadata::BeginTransactionRecord,
    Metadata stored::metadata::EndTransactionRecord,
    Metadata stored::metadata::AbortTransactionRecord,
    Metadata stored::metadata::RemoveDelegationTokenRecord,
    Metadata stored::metadata::RegisterControllerRecord,
    Metadata stored::metadata::ClearElrRecord,

    Control stored::control::LeaderChangeMessage,
    Control stored::control::SnapshotHeaderRecord,
    Control stored::control::SnapshotFooterRecord,
    Control stored::control::KRaftVersionRecord,
    Control stored::control::VotersRecord,
    Data stored::control::EndTxnMarker,
    Data stored::control::ControlRecordTypeSchema,

    Key stored::groups::LegacyOffsetCommitKey,
    Value stored::groups::LegacyOffsetCommitValue,
    Key stored::groups::OffsetCommitKey,
    Value stored::groups::OffsetCommitValue,
    Key stored::groups::GroupMetadataKey,
    Value stored::groups::GroupMetadataValue,

    Key stored::consumer_groups::ConsumerGroupMetadataKey,
    Value stored::consumer_groups::ConsumerGroupMetadataValue,
    Key stored::consumer_groups::ConsumerGroupPartitionMetadataKey,
    Value stored::consumer_groups::ConsumerGroupPartitionMetadataValue,
    Key stored::consumer_groups::ConsumerGroupMemberMetadataKey,
    Value stored::consumer_groups::ConsumerGroupMemberMetadataValue,
    Key stored::consumer_groups::ConsumerGroupTargetAssignmentMetadataKey,
    Value stored::consumer_groups::ConsumerGroupTargetAssignmentMetadataValue,
    Key stored::consumer_groups::ConsumerGroupTargetAssignmentMemberKey,
    Value stored::consumer_groups::ConsumerGroupTargetAssignmentMemberValue,
    Key stored::consumer_groups::ConsumerGroupCurrentMemberAssignmentKey,
    Value stored::consumer_groups::ConsumerGroupCurrentMemberAssignmentValue,
    Key stored::consumer_groups::ConsumerGroupRegularExpressionKey,
    Value stored::consumer_groups::ConsumerGroupRegularExpressionValue,

    Key stored::share_groups::ShareGroupMemberMetadataKey,
    Value stored::share_groups::ShareGroupMemberMetadataValue,
    Key stored::share_groups::ShareGroupMetadataKey,
    Value stored::share_groups::ShareGroupMetadataValue,
    Key stored::share_groups::ShareGroupTargetAssignmentMetadataKey,
    Value stored::share_groups::ShareGroupTargetAssignmentMetadataValue,
    Key stored::share_groups::ShareGroupTargetAssignmentMemberKey,
    Value stored::share_groups::ShareGroupTargetAssignmentMemberValue,
    Key stored::share_groups::ShareGroupCurrentMemberAssignmentKey,
    Value stored::share_groups::ShareGroupCurrentMemberAssignmentValue,
    Key stored::share_groups::ShareGroupStatePartitionMetadataKey,
    Value stored::share_groups::ShareGroupStatePartitionMetadataValue,

    Key stored::streams_groups::StreamsGroupMetadataKey,
    Value stored::streams_groups::StreamsGroupMetadataValue,
    Key stored::streams_groups::StreamsGroupMemberMetadataKey,
    Value stored::streams_groups::StreamsGroupMemberMetadataValue,
    Key stored::streams_groups::StreamsGroupTargetAssignmentMetadataKey,
    Value stored::streams_groups::StreamsGroupTargetAssignmentMetadataValue,
    Key stored::streams_groups::StreamsGroupTargetAssignmentMemberKey,
    Value stored::streams_groups::StreamsGroupTargetAssignmentMemberValue,
    Key stored::streams_groups::StreamsGroupCurrentMemberAssignmentKey,
    Value stored::streams_groups::StreamsGroupCurrentMemberAssignmentValue,
    Key stored::streams_groups::StreamsGroupTopologyKey,
    Value stored::streams_groups::StreamsGroupTopologyValue,

    Key stored::transactions::TransactionLogKey,
    Value stored::transactions::TransactionLogValue,

    Key stored::share_state::ShareSnapshotKey,
    Value stored::share_state::ShareSnapshotValue,
    Key stored::share_state::ShareUpdateKey,
    Value stored::share_state::ShareUpdateValue,

    RemoteLog stored::remote_log::RemoteLogSegmentMetadataRecord,
    RemoteLog stored::remote_log::RemoteLogSegmentMetadataUpdateRecord,
    RemoteLog stored::remote_log::RemotePartitionDeleteMetadataRecord,
    RemoteLog stored::remote_log::RemoteLogSegmentMetadataSnapshotRecord,

    Data stored::quorum::QuorumStateData,

    Data stored::producers::ProducerSnapshot,

    Data stored::principal::DefaultPrincipalData,

    Data stored::consumer_protocol::ConsumerProtocolSubscription,
    Data stored::consumer_protocol::ConsumerProtocolAssignment,
}

/// Every message: requests and responses by API key, then the others.
pub fn all() -> impl Iterator<Item = Entry> {
    api::MESSAGES.iter().flatten().chain(OTHERS).copied()
}

/// The message that Kafka calls `name`.
#[must_use]
pub fn find(name: &str) -> Option<Entry> {
    all().find(|entry| entry.schema.name == name)
}

#[cfg(test)]
mod tests;
