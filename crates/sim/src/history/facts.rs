//! What is known of the cluster: its topics and their settings.
//!
//! One administrator changes them, one change after the other, so that each is known, or in doubt between two states.

use std::collections::BTreeMap;

use protocol::types::Uuid;

/// What is known of a topic's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopicFact {
    /// There is none.
    Absent,
    /// There is one; its id, where it was told.
    Present(Option<Uuid>),
    /// A creation or deletion is in doubt.
    Doubtful,
}

/// What is known of the cluster.
#[derive(Debug, Default)]
pub struct Facts {
    /// By name. Others are not there.
    pub topics: BTreeMap<String, TopicFact>,
    /// By topic: what `max.message.bytes` may be. Several while a change is in doubt.
    pub max_message_bytes: BTreeMap<String, Vec<i64>>,
}

impl Facts {
    /// Compares with what the node says now; `ended`: whatever was in doubt has happened by now, or never will.
    ///
    /// # Errors
    /// What contradicts.
    pub fn compare_topics(&mut self, there: &BTreeMap<String, Uuid>, ended: bool) -> Result<(), String> {
        for (name, fact) in &mut self.topics {
            let found = there.get(name).copied();
            match (&*fact, found) {
                (TopicFact::Absent, Some(id)) => return Err(format!("topic {name} was deleted and is there, id {id}")),
                (TopicFact::Present(known), None) => {
                    return Err(format!("topic {name} (id {known:?}) was acknowledged and is not there"));
                }
                (TopicFact::Present(Some(known)), Some(id)) if *known != id => {
                    return Err(format!("topic {name} has the id {id}, and had {known}"));
                }
                (TopicFact::Present(None), found) => *fact = TopicFact::Present(found),
                (TopicFact::Doubtful, found) if ended => {
                    *fact = found.map_or(TopicFact::Absent, |id| TopicFact::Present(Some(id)));
                }
                _ => {}
            }
        }
        match there.keys().find(|name| !name.starts_with("__") && !self.topics.contains_key(*name)) {
            Some(name) => Err(format!("nobody made the topic {name}")),
            None => Ok(()),
        }
    }

    /// Compares a setting with what the node says it is; `ended` as in [`compare_topics`](Self::compare_topics).
    ///
    /// # Errors
    /// What contradicts.
    pub fn compare_setting(&mut self, topic: &str, value: i64, ended: bool) -> Result<(), String> {
        let Some(possible) = self.max_message_bytes.get_mut(topic) else { return Ok(()) };
        if !possible.contains(&value) {
            return Err(format!("max.message.bytes of {topic} is {value} and should be {possible:?}"));
        }
        if ended {
            *possible = vec![value];
        }
        Ok(())
    }
}
