//! Fetch sessions: what a consumer asked for last time, so that it needs to say only what changed (KIP-227).
//!
//! A request names a session and an epoch. `(0, 0)` opens a session and asks in full; the answer gives it an id, and
//! the next requests come with that id and epochs 1, 2, 3 …, each telling only the partitions that are new or differ
//! and those to forget. The answer then leaves out partitions with nothing to say: no records, no error, the same
//! marks as last time. Epoch `-1` closes a session and asks in full without one.
//!
//! Two rules that clients feel: after a wrong epoch the session lives on, at its own epoch; and a partition in error is
//! repeated in every answer, so that a client that lost one does not wait for ever.
//!
//! A session speaks of topics by id (Fetch 13 and up) or by name, never both.
//!
//! Source: Kafka `FetchSession`, `FetchSessionCacheShard`.

use std::{collections::BTreeMap, time::Duration};

use indexmap::IndexMap;
use protocol::{
    ErrorCode,
    types::{LeaderEpoch, Monotonic, Offset, Uuid},
};

/// A session untouched for so long makes room for a new one (Kafka's `MIN_INCREMENTAL_FETCH_SESSION_EVICTION_MS`).
const EVICTION_AGE: Duration = Duration::from_secs(120);

/// How a request names a topic: by id from Fetch 13 on, by name before.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TopicKey {
    /// The topic's id.
    Id(Uuid),
    /// The topic's name.
    Name(String),
}

/// One partition that a fetch asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchPartition {
    /// The topic, as the request names it.
    pub topic: TopicKey,
    /// The partition.
    pub partition: i32,
    /// From where on.
    pub offset: Offset,
    /// At most about so many bytes.
    pub max_bytes: i32,
    /// The leader epoch that the client knows; -1 if none.
    pub current_leader_epoch: LeaderEpoch,
    /// The epoch of the last record that the client has; -1 if not given.
    pub last_fetched_epoch: LeaderEpoch,
}

/// What an answer says of a partition, as far as the next answer depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// The error.
    pub error: ErrorCode,
    /// The high watermark, -1 in an error.
    pub high_watermark: Offset,
    /// The start of the log, -1 in an error.
    pub log_start: Offset,
    /// Whether there are records.
    pub has_records: bool,
}

/// What the header of a fetch says of its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionRequest {
    /// 0 for none.
    pub id: i32,
    /// 0 to open one, -1 to go without, else the next number.
    pub epoch: i32,
    /// Whether topics go by id.
    pub by_id: bool,
}

/// How a fetch is to be answered.
#[derive(Debug, PartialEq, Eq)]
pub enum Fetch {
    /// In full, without a session.
    Sessionless(Vec<FetchPartition>),
    /// In full; [`FetchSessions::open`] makes the session once the answer is known.
    Full(Vec<FetchPartition>),
    /// Only what changed, by [`FetchSessions::update`]. These are all partitions of the session, beginning where the
    /// last answer with records left off.
    Incremental(Vec<FetchPartition>),
}

/// Why a fetch is refused as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionError {
    /// There is no such session.
    NotFound,
    /// Not the epoch that comes next. The session stays as it is.
    WrongEpoch,
    /// The session speaks of topics by name and the request by id, or the other way round.
    TopicId {
        /// The session, which stays.
        id: i32,
    },
}

impl SessionError {
    /// Kafka's code.
    #[must_use]
    pub fn code(self) -> ErrorCode {
        match self {
            Self::NotFound => ErrorCode::FETCH_SESSION_ID_NOT_FOUND,
            Self::WrongEpoch => ErrorCode::INVALID_FETCH_SESSION_EPOCH,
            Self::TopicId { .. } => ErrorCode::FETCH_SESSION_TOPIC_ID_ERROR,
        }
    }

    /// The session id that the answer carries.
    #[must_use]
    pub fn session_id(self) -> i32 {
        if let Self::TopicId { id } = self { id } else { 0 }
    }
}

type Key = (TopicKey, i32);

#[derive(Debug)]
struct Cached {
    wanted: FetchPartition,
    /// `None` until an answer told of it.
    told: Option<Told>,
}

#[derive(Debug)]
struct Session {
    by_id: bool,
    /// The epoch that the next request must have.
    epoch: i32,
    partitions: IndexMap<Key, Cached, foldhash::fast::FixedState>,
    /// Where the next answer begins, so that a full one does not starve those behind.
    first: usize,
    last_used: Monotonic,
}

/// The sessions of a broker.
#[derive(Debug)]
pub struct FetchSessions {
    sessions: BTreeMap<i32, Session>,
    slots: usize,
}

/// 1, 2, … and after the largest number 1 again.
fn next_epoch(epoch: i32) -> i32 {
    if epoch == i32::MAX { 1 } else { epoch + 1 }
}

impl FetchSessions {
    /// Room for `slots` sessions, `max.incremental.fetch.session.cache.slots`.
    #[must_use]
    pub fn new(slots: usize) -> Self {
        Self { sessions: BTreeMap::new(), slots }
    }

    /// How many sessions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether there is no session.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// What a fetch asks for, `partitions` and `forgotten` being what the request itself names.
    ///
    /// # Errors
    /// The request as a whole is refused; the session, if there is one, stays as it is.
    pub fn fetch(
        &mut self,
        request: SessionRequest,
        partitions: Vec<FetchPartition>,
        forgotten: impl IntoIterator<Item = (TopicKey, i32)>,
        now: Monotonic,
    ) -> Result<Fetch, SessionError> {
        if request.epoch == 0 || request.epoch == -1 {
            self.sessions.remove(&request.id);
            let partitions = last_of_each(partitions);
            return Ok(if request.epoch == 0 { Fetch::Full(partitions) } else { Fetch::Sessionless(partitions) });
        }
        let session = self.sessions.get_mut(&request.id).ok_or(SessionError::NotFound)?;
        if session.epoch != request.epoch {
            return Err(SessionError::WrongEpoch);
        }
        if session.by_id != request.by_id {
            return Err(SessionError::TopicId { id: request.id });
        }
        session.epoch = next_epoch(session.epoch);
        session.last_used = now;
        for wanted in partitions {
            let key = (wanted.topic.clone(), wanted.partition);
            match session.partitions.entry(key) {
                indexmap::map::Entry::Occupied(mut entry) => entry.get_mut().wanted = wanted,
                indexmap::map::Entry::Vacant(entry) => {
                    entry.insert(Cached { wanted, told: None });
                }
            }
        }
        for key in forgotten {
            session.partitions.shift_remove(&key);
        }
        let first = session.first.checked_rem(session.partitions.len()).unwrap_or(0);
        let all = || session.partitions.values().map(|cached| cached.wanted.clone());
        Ok(Fetch::Incremental(all().skip(first).chain(all().take(first)).collect()))
    }

    /// Makes a session of a fetch in full that was answered with `told`, under the id `candidate` (positive, drawn at
    /// random). Returns the id, or 0 if there is no room: the client then asks in full again.
    pub fn open(
        &mut self,
        candidate: i32,
        by_id: bool,
        answered: impl IntoIterator<Item = (FetchPartition, Told)>,
        now: Monotonic,
    ) -> i32 {
        if candidate <= 0 || self.sessions.contains_key(&candidate) || !self.make_room(now) {
            return 0;
        }
        let partitions = answered
            .into_iter()
            .map(|(wanted, told)| ((wanted.topic.clone(), wanted.partition), Cached { wanted, told: Some(told) }))
            .collect();
        self.sessions.insert(candidate, Session { by_id, epoch: 1, partitions, first: 0, last_used: now });
        candidate
    }

    fn make_room(&mut self, now: Monotonic) -> bool {
        if self.sessions.len() < self.slots {
            return true;
        }
        let oldest = self.sessions.iter().min_by_key(|(_, session)| session.last_used);
        match oldest {
            Some((&id, session)) if now.since(session.last_used) >= EVICTION_AGE => {
                self.sessions.remove(&id);
                true
            }
            _ => false,
        }
    }

    /// Remembers what an incremental answer is about to tell, and says for each partition whether it belongs into the
    /// answer at all.
    ///
    /// A session that was closed or replaced meanwhile remembers nothing, and everything belongs into the answer.
    pub fn update(&mut self, id: i32, told: &[(TopicKey, i32, Told)]) -> Vec<bool> {
        let Some(session) = self.sessions.get_mut(&id) else { return vec![true; told.len()] };
        told.iter()
            .map(|(topic, partition, now_told)| {
                let key = (topic.clone(), *partition);
                let Some((index, _, cached)) = session.partitions.get_full_mut(&key) else { return true };
                if now_told.has_records {
                    session.first = index + 1;
                }
                let news = now_told.has_records
                    || now_told.error != ErrorCode::NONE
                    || cached.told.is_none_or(|before| {
                        before.high_watermark != now_told.high_watermark
                            || before.log_start != now_told.log_start
                            || before.error != now_told.error
                    });
                cached.told = Some(*now_told);
                news
            })
            .collect()
    }
}

/// A partition named twice counts as it was named last, where it was named first.
fn last_of_each(partitions: Vec<FetchPartition>) -> Vec<FetchPartition> {
    let mut unique = IndexMap::<Key, FetchPartition, foldhash::fast::FixedState>::default();
    for wanted in partitions {
        unique.insert((wanted.topic.clone(), wanted.partition), wanted);
    }
    unique.into_values().collect()
}

#[cfg(test)]
mod tests;
