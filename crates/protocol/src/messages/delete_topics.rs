//! DeleteTopics: delete topics.
//!
//! Source: KIP-4, KIP-322, KIP-516.

use crate::{
    ErrorCode, Message,
    types::{Str, Uuid},
};

/// DeleteTopics (key 20): delete topics.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 20, versions = "1..=6", flexible = "4+")]
pub struct DeleteTopicsRequest<'a> {
    #[field(versions = "6+")]
    pub topics: Vec<DeleteTopicState<'a>>,
    #[field(versions = "1..=5", ignorable)]
    pub topic_names: Vec<Str<'a>>,
    pub timeout_ms: i32,
}

/// Part of [`DeleteTopicsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeleteTopicState<'a> {
    #[field(nullable)]
    pub name: Option<Str<'a>>,
    pub topic_id: Uuid,
}

/// The answer to [`DeleteTopicsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 20, versions = "1..=6", flexible = "4+")]
pub struct DeleteTopicsResponse<'a> {
    pub throttle_time_ms: i32,
    pub responses: Vec<DeletableTopicResult<'a>>,
}

/// Part of [`DeleteTopicsResponse`].
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeletableTopicResult<'a> {
    #[field(nullable = "6+")]
    pub name: Option<Str<'a>>,
    #[field(versions = "6+", ignorable)]
    pub topic_id: Uuid,
    pub error_code: ErrorCode,
    #[field(versions = "5+", nullable, ignorable)]
    pub error_message: Option<Str<'a>>,
}
