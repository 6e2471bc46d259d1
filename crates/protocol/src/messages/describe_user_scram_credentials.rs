//! DescribeUserScramCredentials: which SCRAM credentials users have.
//!
//! Source: KIP-554.

use crate::{ErrorCode, Message, types::Str};

/// DescribeUserScramCredentials (key 50): which SCRAM credentials users have.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 50, versions = "0", flexible = "0+", listeners = "broker, controller")]
pub struct DescribeUserScramCredentialsRequest<'a> {
    /// The users to tell of; null or empty for all.
    #[field(nullable, default = Some(Default::default()))]
    pub users: Option<Vec<UserName<'a>>>,
}

/// One user.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct UserName<'a> {
    /// The name of the user.
    pub name: Str<'a>,
}

/// The answer to [`DescribeUserScramCredentialsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 50, versions = "0", flexible = "0+")]
pub struct DescribeUserScramCredentialsResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    pub throttle_time_ms: i32,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable, default = Some(Default::default()))]
    pub error_message: Option<Str<'a>>,
    /// The users, with their credentials.
    pub results: Vec<DescribeUserScramCredentialsResult<'a>>,
}

/// One credential, without its secrets.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct CredentialInfo {
    /// 0 unknown, 1 SCRAM-SHA-256, 2 SCRAM-SHA-512.
    pub mechanism: i8,
    /// How often the password was hashed.
    pub iterations: i32,
}

/// The credentials of one user.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DescribeUserScramCredentialsResult<'a> {
    /// The name of the user.
    pub user: Str<'a>,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(nullable, default = Some(Default::default()))]
    pub error_message: Option<Str<'a>>,
    /// The user's credentials, without secrets.
    pub credential_infos: Vec<CredentialInfo>,
}
