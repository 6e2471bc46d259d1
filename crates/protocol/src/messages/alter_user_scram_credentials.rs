//! AlterUserScramCredentials: set SCRAM credentials and delete them.
//!
//! Source: KIP-554.

use crate::{ErrorCode, Message, codec::Bytes, types::Str};

/// AlterUserScramCredentials (key 51): set SCRAM credentials and delete them.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 51, versions = "0", flexible = "0+", listeners = "broker, controller")]
pub struct AlterUserScramCredentialsRequest<'a> {
    /// The credentials to delete.
    pub deletions: Vec<ScramCredentialDeletion<'a>>,
    /// The credentials to set.
    pub upsertions: Vec<ScramCredentialUpsertion<'a>>,
}

/// One credential to delete.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ScramCredentialDeletion<'a> {
    /// The name of the user.
    pub name: Str<'a>,
    /// 0 unknown, 1 SCRAM-SHA-256, 2 SCRAM-SHA-512.
    pub mechanism: i8,
}

/// One credential to set.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct ScramCredentialUpsertion<'a> {
    /// The name of the user.
    pub name: Str<'a>,
    /// 0 unknown, 1 SCRAM-SHA-256, 2 SCRAM-SHA-512.
    pub mechanism: i8,
    /// How often the password was hashed.
    pub iterations: i32,
    /// What was hashed with the password.
    pub salt: Bytes<'a>,
    /// The password, hashed with the salt as often as said.
    pub salted_password: Bytes<'a>,
}

/// The answer to [`AlterUserScramCredentialsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 51, versions = "0", flexible = "0+")]
pub struct AlterUserScramCredentialsResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What became of each user.
    pub results: Vec<AlterUserScramCredentialsResult<'a>>,
}

/// What became of one user.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct AlterUserScramCredentialsResult<'a> {
    /// The name of the user.
    pub user: Str<'a>,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable, default = Some(Default::default()))]
    pub error_message: Option<Str<'a>>,
}
