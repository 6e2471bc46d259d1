//! DeleteTopics: delete topics.
//!
//! Source: KIP-4, KIP-322, KIP-516.

use crate::{
    ErrorCode, Message,
    types::{Str, Uuid},
};

/// DeleteTopics (key 20): delete topics.
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 20, versions = "1..=6", flexible = "4+", listeners = "broker, controller")]
pub struct DeleteTopicsRequest<'a> {
    /// The topics.
    #[field(versions = "6+")]
    pub topics: Vec<DeleteTopicState<'a>>,
    /// The names of the topics.
    #[field(versions = "1..=5", ignorable)]
    pub topic_names: Vec<Str<'a>>,
    /// How long to wait for it to be done, in milliseconds.
    pub timeout_ms: i32,
}

/// One topic to delete, by name or by id.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeleteTopicState<'a> {
    /// The name of the topic.
    #[field(nullable)]
    pub name: Option<Str<'a>>,
    /// The id of the topic; zero if it is not known.
    pub topic_id: Uuid,
}

/// The answer to [`DeleteTopicsRequest`].
#[derive(Clone, Debug, PartialEq, Message)]
#[message(key = 20, versions = "1..=6", flexible = "4+")]
pub struct DeleteTopicsResponse<'a> {
    /// How long the client is to pause because of a quota, in milliseconds.
    #[field(ignorable)]
    pub throttle_time_ms: i32,
    /// What became of each topic.
    pub responses: Vec<DeletableTopicResult<'a>>,
}

/// What became of one topic.
#[derive(Clone, Debug, PartialEq, Message)]
pub struct DeletableTopicResult<'a> {
    /// The name of the topic.
    #[field(nullable = "6+", default = Some(Default::default()))]
    pub name: Option<Str<'a>>,
    /// The id of the topic; zero if it is not known.
    #[field(versions = "6+", ignorable)]
    pub topic_id: Uuid,
    /// What went wrong, or none.
    pub error_code: ErrorCode,
    /// The error in words; null if there is nothing to say.
    #[field(versions = "5+", nullable, ignorable)]
    pub error_message: Option<Str<'a>>,
}
