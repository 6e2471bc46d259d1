//! Why a member, or a request about a group, is refused.

use std::sync::Arc;

use protocol::ErrorCode;

/// Why something is refused; [`GroupError::code`] is what the client sees of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum GroupError {
    /// The group id is empty where a group with members is meant.
    EmptyGroupId,
    /// There is no such group.
    NoSuchGroup,
    /// The group has no such member.
    UnknownMember,
    /// The instance id belongs to another member by now.
    Fenced {
        /// Who has it.
        by: Arc<str>,
    },
    /// The member speaks of another generation.
    IllegalGeneration {
        /// The group's generation.
        current: i32,
    },
    /// The group is rebalancing.
    Rebalancing,
    /// No protocol, or none that all members share; or another type.
    InconsistentProtocol,
    /// The session timeout is outside what is allowed.
    SessionTimeout,
    /// A string that cannot be stored.
    TooLong,
    /// The group has as many members as are allowed.
    Full,
    /// The group has members.
    NotEmpty,
    /// The offset's metadata is longer than allowed.
    MetadataTooLarge,
    /// The group is of a type that this cannot be done to yet.
    OtherType,
}

impl GroupError {
    pub(super) const fn code(&self) -> ErrorCode {
        match self {
            Self::EmptyGroupId => ErrorCode::INVALID_GROUP_ID,
            Self::NoSuchGroup => ErrorCode::GROUP_ID_NOT_FOUND,
            Self::UnknownMember => ErrorCode::UNKNOWN_MEMBER_ID,
            Self::Fenced { .. } => ErrorCode::FENCED_INSTANCE_ID,
            Self::IllegalGeneration { .. } => ErrorCode::ILLEGAL_GENERATION,
            Self::Rebalancing => ErrorCode::REBALANCE_IN_PROGRESS,
            Self::InconsistentProtocol => ErrorCode::INCONSISTENT_GROUP_PROTOCOL,
            Self::SessionTimeout => ErrorCode::INVALID_SESSION_TIMEOUT,
            Self::TooLong => ErrorCode::INVALID_REQUEST,
            Self::Full => ErrorCode::GROUP_MAX_SIZE_REACHED,
            Self::NotEmpty => ErrorCode::NON_EMPTY_GROUP,
            Self::MetadataTooLarge => ErrorCode::OFFSET_METADATA_TOO_LARGE,
            Self::OtherType => ErrorCode::UNSUPPORTED_VERSION,
        }
    }
}
