//! DeleteTopics: delete topics by their names or ids.
//!
//! Whatever is named twice, by name, by id or by both, is left alone and answered once with 42.
//!
//! Source: Kafka `ControllerApis.deleteTopics`, `ReplicationControlManager.deleteTopics`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use protocol::{
    ErrorCode,
    messages::delete_topics::{DeletableTopicResult, DeleteTopicsRequest, DeleteTopicsResponse},
    stored::metadata::RemoveTopicRecord,
    types::{Str, Uuid},
};

use super::{Controller, Outcome};

/// Why a topic was not deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteTopicError {
    /// `delete.topic.enable` is off.
    Disabled,
    /// The request's timeout was over before it began.
    TimedOut,
    /// Neither a name nor an id.
    Unnamed,
    /// A name and an id.
    NameAndId,
    /// The request has the name twice.
    DuplicateName,
    /// The request has the id twice.
    DuplicateId,
    /// The request has the topic by its name and by its id.
    NameOfGivenId,
    /// No topic has this name.
    UnknownName,
    /// No topic has this id.
    UnknownId,
}

impl DeleteTopicError {
    /// Kafka's code.
    #[must_use]
    pub fn code(self) -> ErrorCode {
        match self {
            Self::Disabled => ErrorCode::TOPIC_DELETION_DISABLED,
            Self::TimedOut => ErrorCode::REQUEST_TIMED_OUT,
            Self::Unnamed | Self::NameAndId | Self::DuplicateName | Self::DuplicateId | Self::NameOfGivenId => {
                ErrorCode::INVALID_REQUEST
            }
            Self::UnknownName => ErrorCode::UNKNOWN_TOPIC_OR_PARTITION,
            Self::UnknownId => ErrorCode::UNKNOWN_TOPIC_ID,
        }
    }
}

impl fmt::Display for DeleteTopicError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Disabled | Self::TimedOut | Self::UnknownName | Self::UnknownId => self.code().message(),
            Self::Unnamed => "Neither topic name nor id were specified.",
            Self::NameAndId => "You may not specify both topic name and topic id.",
            Self::DuplicateName => "Duplicate topic name.",
            Self::DuplicateId => "Duplicate topic id.",
            Self::NameOfGivenId => "The provided topic name maps to an ID that was already supplied.",
        })
    }
}

impl std::error::Error for DeleteTopicError {}

/// How a request names a topic.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    Name(Str<'static>),
    Id(Uuid),
}

impl Controller {
    /// Decides on DeleteTopics.
    pub fn delete_topics(&self, request: &DeleteTopicsRequest<'_>) -> Outcome<DeleteTopicsResponse<'static>> {
        let refused = if !self.layers().boolean("delete.topic.enable") {
            Some(DeleteTopicError::Disabled)
        } else {
            (request.timeout_ms <= 0).then_some(DeleteTopicError::TimedOut)
        };
        let mut outcome = Outcome::atomic(Vec::new(), DeleteTopicsResponse::default());
        let results = &mut outcome.response.responses;
        let mut named: Vec<Named> =
            request.topic_names.iter().map(|name| Named::Name(name.clone().into_owned())).collect();
        for topic in &request.topics {
            match (&topic.name, topic.topic_id) {
                (None, Uuid::ZERO) => results.push(failed(None, Uuid::ZERO, DeleteTopicError::Unnamed)),
                (None, id) => named.push(Named::Id(id)),
                (Some(name), Uuid::ZERO) => named.push(Named::Name(name.clone().into_owned())),
                (Some(name), id) => results.push(failed(Some(name), id, DeleteTopicError::NameAndId)),
            }
        }
        let mut times: BTreeMap<&Named, usize> = BTreeMap::new();
        for topic in &named {
            *times.entry(topic).or_default() += 1;
        }
        let id_of = |topic: &Named| match topic {
            Named::Name(name) => self.image().topics.id(&name.to_text()),
            Named::Id(id) => Some(*id),
        };
        let is_name = |topic: &Named| matches!(topic, Named::Name(_));
        let ids_by = |names: bool| -> BTreeSet<Uuid> {
            let once = |topic: &&Named| is_name(topic) == names && (!names || times[*topic] == 1);
            named.iter().filter(once).filter_map(id_of).collect()
        };
        let (ids_of_names, ids) = (ids_by(true), ids_by(false));
        let mut answered = BTreeSet::new();
        for topic in &named {
            if !answered.insert(topic) {
                continue;
            }
            let deleted = match topic {
                _ if refused.is_some() => Err(refused),
                Named::Name(_) if times[topic] > 1 => Err(Some(DeleteTopicError::DuplicateName)),
                Named::Id(_) if times[topic] > 1 => Err(Some(DeleteTopicError::DuplicateId)),
                Named::Name(name) => match self.image().topics.by_name(&name.to_text()) {
                    Some(topic) if ids.contains(&topic.id) => Err(Some(DeleteTopicError::NameOfGivenId)),
                    Some(topic) => Ok(topic),
                    None => Err(Some(DeleteTopicError::UnknownName)),
                },
                // Answered with the name.
                Named::Id(id) if ids_of_names.contains(id) => Err(None),
                Named::Id(id) => self.image().topics.by_id(*id).ok_or(Some(DeleteTopicError::UnknownId)),
            };
            match (deleted, topic) {
                (Ok(topic), _) => {
                    outcome.records.push(RemoveTopicRecord { topic_id: topic.id }.into());
                    results.push(DeletableTopicResult {
                        name: Some(topic.name.to_string().into()),
                        topic_id: topic.id,
                        ..DeletableTopicResult::default()
                    });
                }
                (Err(None), _) => {}
                (Err(Some(error)), Named::Name(name)) => {
                    let id = if error == DeleteTopicError::NameOfGivenId { id_of(topic) } else { None };
                    results.push(failed(Some(name), id.unwrap_or_default(), error));
                }
                (Err(Some(error)), Named::Id(id)) => results.push(failed(None, *id, error)),
            }
        }
        outcome
    }
}

fn failed(name: Option<&Str<'_>>, topic_id: Uuid, error: DeleteTopicError) -> DeletableTopicResult<'static> {
    DeletableTopicResult {
        name: name.map(|name| name.clone().into_owned()),
        topic_id,
        error_code: error.code(),
        error_message: Some(error.to_string().into()),
    }
}
