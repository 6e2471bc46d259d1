//! What the clients know, and so what the node must not take back.
//!
//! Every record's value is unique and says which [`Lane`] it belongs to and which of the lane's records it is. From
//! acknowledgements, reads and the looks at the logs after each restart grows, offset by offset, what must be there:
//!
//! | rule | broken by |
//! |---|---|
//! | an offset has one value, always | two reads, or a read and an acknowledgement, that differ |
//! | a value has one offset | a retry that was written twice |
//! | the values of an ordered lane rise with their offsets | a retry that overtook |
//! | what was acknowledged or read is there after a kill | a lost write |
//! | what was acknowledged with acks=all, or read, in a topic of `power-loss` is there after a power cut too | a lost write |
//! | the high watermark does not fall, but where a power cut took records from a `process-crash` topic | |
//! | deleted records stay deleted, others are not deleted | |
//! | a committed offset, once acknowledged or read, is never lower | an offset that regressed |
//! | a topic that was acknowledged is there, with its id; a deleted one is not; a setting has the value it was given | |
//! | a producer id is given once | |
//!
//! What the answer to a request in doubt would have been is found out from the node's first state after a restart:
//! whatever was under way has ended with the process.

use std::collections::{BTreeMap, BTreeSet};

use protocol::types::{ProducerId, Uuid};

mod facts;
mod log;

pub use facts::{Facts, TopicFact};
pub use log::{Kept, PartitionLog, Seen};

/// A run of values that one client writes to one partition.
#[derive(Clone, Copy, Debug)]
pub struct Lane {
    /// The topic, an index of [`History::topics`].
    pub topic: usize,
    /// The partition.
    pub partition: usize,
    /// Whether the records come in the order in which they were sent.
    pub is_ordered: bool,
    /// How many records were sent, whatever became of them.
    pub sent: u32,
}

/// A topic with data in it.
#[derive(Debug)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: Uuid,
    /// Whether acks=all waits for the disk.
    pub is_power_loss: bool,
    /// A deletion was asked for, so nothing can be said of its records any more.
    pub is_going: bool,
    /// What is known of each partition.
    pub partitions: Vec<PartitionLog>,
}

/// Everything that is known, and the first rule that was broken.
#[derive(Debug, Default)]
pub struct History {
    /// The topics with data, those of earlier ids included.
    pub topics: Vec<Topic>,
    /// The lanes.
    pub lanes: Vec<Lane>,
    /// What is known of the cluster.
    pub facts: Facts,
    /// By group, topic and partition: the lowest that a fetched offset may be, and all that anybody tried to commit.
    committed: BTreeMap<(String, usize, usize), Committed>,
    producer_ids: BTreeSet<ProducerId>,
    violation: Option<String>,
    /// How many records were acknowledged.
    pub acknowledged: u64,
    /// How many records were read.
    pub read: u64,
}

#[derive(Debug, Default)]
struct Committed {
    floor: Option<i64>,
    tried: BTreeSet<i64>,
}

/// The value of the `counter`th record of a lane.
#[must_use]
pub fn value_id(lane: usize, counter: u32) -> u64 {
    (lane as u64) << 32 | u64::from(counter)
}

/// A record's value: its id, and filling whose length and content follow from it.
#[must_use]
pub fn value_bytes(id: u64) -> Vec<u8> {
    let filling = (id.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 55) as usize;
    let mut bytes = id.to_be_bytes().to_vec();
    bytes.resize(8 + filling, id as u8);
    bytes
}

/// The id of a record's value, if it is one of ours, whole.
#[must_use]
pub fn value_of(bytes: &[u8]) -> Option<u64> {
    let id = u64::from_be_bytes(*bytes.first_chunk()?);
    (value_bytes(id) == bytes).then_some(id)
}

impl History {
    /// A rule was broken. The first counts.
    pub fn violated(&mut self, what: String) {
        self.violation.get_or_insert(what);
    }

    /// The first rule that was broken.
    #[must_use]
    pub fn violation(&self) -> Option<&str> {
        self.violation.as_deref()
    }

    /// A topic appeared. Returns its index.
    pub fn add_topic(&mut self, name: &str, id: Uuid, partitions: usize, is_power_loss: bool) -> usize {
        if self.topics.iter().any(|topic| topic.id == id) {
            self.violated(format!("topic id {id} was given twice, now to {name}"));
        }
        let partitions = (0..partitions).map(|_| PartitionLog::default()).collect();
        self.topics.push(Topic { name: name.to_owned(), id, is_power_loss, is_going: false, partitions });
        self.topics.len() - 1
    }

    /// A client begins a lane. Returns its index.
    pub fn add_lane(&mut self, topic: usize, partition: usize, is_ordered: bool) -> usize {
        self.lanes.push(Lane { topic, partition, is_ordered, sent: 0 });
        self.lanes.len() - 1
    }

    /// The next values of a lane are about to be sent. Returns the first's counter.
    pub fn sending(&mut self, lane: usize, count: u32) -> u32 {
        let lane = &mut self.lanes[lane];
        lane.sent += count;
        lane.sent - count
    }

    /// A producer id was given out.
    pub fn producer_id_given(&mut self, id: ProducerId) {
        if !self.producer_ids.insert(id) {
            self.violated(format!("producer id {id} was given out twice"));
        }
    }

    /// A batch of a lane was acknowledged; `all` for acks=all.
    pub fn acked(&mut self, lane: usize, first: u32, count: u32, base_offset: i64, all: bool) {
        let Lane { topic, partition, .. } = self.lanes[lane];
        self.acknowledged += u64::from(count);
        let kept = if all && self.topics[topic].is_power_loss { Kept::Disk } else { Kept::Memory };
        for i in 0..count {
            self.learn(topic, partition, base_offset + i64::from(i), value_id(lane, first + i), kept, "acknowledged");
        }
        if all {
            self.high_watermark(topic, partition, base_offset + i64::from(count));
        }
    }

    /// A reader was given a record.
    pub fn was_read(&mut self, topic: usize, partition: usize, offset: i64, value: &[u8]) {
        self.read += 1;
        let Some(id) = value_of(value) else {
            let name = &self.topics[topic].name;
            self.violated(format!("{name}-{partition}: the record read at offset {offset} is none that anybody sent"));
            return;
        };
        let kept = if self.topics[topic].is_power_loss { Kept::Disk } else { Kept::Memory };
        self.learn(topic, partition, offset, id, kept, "read");
    }

    /// A reader was told a high watermark.
    pub fn high_watermark(&mut self, topic: usize, partition: usize, offset: i64) {
        let log = &mut self.topics[topic].partitions[partition];
        log.high_watermark = log.high_watermark.max(offset);
    }

    fn learn(&mut self, topic: usize, partition: usize, offset: i64, value: u64, kept: Kept, how: &str) {
        let (lane, counter) = ((value >> 32) as usize, value as u32);
        let known = self.lanes.get(lane).filter(|lane| counter < lane.sent);
        let Some(known) = known.filter(|lane| (lane.topic, lane.partition) == (topic, partition)) else {
            let name = &self.topics[topic].name;
            self.violated(format!("{name}-{partition}: value {value:#x} {how} at {offset} was never sent there"));
            return;
        };
        let is_ordered = known.is_ordered;
        let topic = &mut self.topics[topic];
        if let Err(problem) = topic.partitions[partition].learn(offset, value, kept, is_ordered) {
            let message = format!("{}-{partition}: {how} at offset {offset}: {problem}", topic.name);
            self.violated(message);
        }
    }

    /// Compares a log as it is after a restart with what is known of it. `power`: the power had been cut.
    pub fn compare(&mut self, topic: usize, partition: usize, seen: &Seen, power: bool) {
        let Topic { name, is_power_loss, .. } = &self.topics[topic];
        let (name, is_power_loss) = (name.clone(), *is_power_loss);
        if let Err(problem) = self.topics[topic].partitions[partition].compare(seen, power, is_power_loss) {
            self.violated(format!("{name}-{partition}: {problem}"));
        }
        for &(offset, value) in &seen.records {
            let committed = is_power_loss && offset < seen.high_watermark;
            let kept = if committed { Kept::Disk } else { Kept::Memory };
            self.learn(topic, partition, offset, value, kept, "found after a restart");
        }
    }

    /// A client is about to commit an offset.
    pub fn committing(&mut self, group: &str, topic: usize, partition: usize, offset: i64) {
        self.committed.entry((group.to_owned(), topic, partition)).or_default().tried.insert(offset);
    }

    /// The commit was acknowledged.
    pub fn was_committed(&mut self, group: &str, topic: usize, partition: usize, offset: i64) {
        let known = self.committed.entry((group.to_owned(), topic, partition)).or_default();
        known.floor = known.floor.max(Some(offset));
    }

    /// What a fetch that begins now must at least find.
    #[must_use]
    pub fn committed_floor(&self, group: &str, topic: usize, partition: usize) -> Option<i64> {
        self.committed.get(&(group.to_owned(), topic, partition))?.floor
    }

    /// A fetch that began when the floor was `floor` found `offset`; `None` if there was none.
    pub fn offset_fetched(
        &mut self,
        group: &str,
        topic: usize,
        partition: usize,
        floor: Option<i64>,
        offset: Option<i64>,
    ) {
        let known = self.committed.entry((group.to_owned(), topic, partition)).or_default();
        let problem = match offset {
            Some(offset) if !known.tried.contains(&offset) => Some("nobody ever committed that"),
            _ if offset < floor => Some("a committed offset regressed"),
            _ => None,
        };
        known.floor = known.floor.max(offset);
        if let Some(problem) = problem {
            let name = &self.topics[topic].name;
            self.violated(format!("group {group}, {name}-{partition}: {offset:?} after {floor:?}: {problem}"));
        }
    }

    /// All groups and partitions that somebody tried to commit for.
    pub fn commits(&self) -> impl Iterator<Item = (&str, usize, usize)> {
        self.committed.keys().map(|(group, topic, partition)| (group.as_str(), *topic, *partition))
    }
}

#[cfg(test)]
mod tests;
