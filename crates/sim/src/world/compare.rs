//! The look at the node right after its start, before anybody else has seen it.

use broker::partition::{Isolation, Partition, ReadRequest};
use metadata::config::Overrides;
use protocol::records::next_batch;

use super::{Death, World};
use crate::history::{Seen, value_of};

impl World {
    /// Compares what the node has, right after its start, with what the clients know.
    pub(super) fn compare(&mut self) -> Result<(), String> {
        let node = self.node.clone().ok_or("there is no node")?;
        let power = std::mem::replace(&mut self.worst, Death::Stop) == Death::PowerCut;
        let image = node.image();
        let there = image.topics.iter().map(|topic| (topic.name.to_string(), topic.id)).collect();
        self.history.facts.compare_topics(&there, true)?;
        for topic in image.topics.iter() {
            let overrides = image.configs.topic(&topic.name).map(|set| Overrides::clone(set)).unwrap_or_default();
            let set = overrides.get("max.message.bytes").map(|value| value.to_string());
            let value = set.map_or(Ok(1_048_588), |value| value.parse()).map_err(|error| format!("{error}"))?;
            self.history.facts.compare_setting(&topic.name, value, true)?;
        }
        for i in 0..self.history.topics.len() {
            if self.history.topics[i].is_going {
                continue;
            }
            let id = self.history.topics[i].id;
            let topic = node.topics.by_id(id).ok_or_else(|| format!("topic {id} has no logs"))?;
            for p in 0..self.history.topics[i].partitions.len() {
                let partition = topic.partitions.get(p).filter(|partition| partition.is_open());
                let partition = partition.ok_or_else(|| format!("{}-{p} is offline", topic.name))?;
                let seen = look(partition).map_err(|problem| format!("{partition:?}: {problem}"))?;
                let Seen { start, end, high_watermark, .. } = seen;
                self.note(format_args!("{partition:?} has {start}..{end}, committed {high_watermark}"));
                self.history.compare(i, p, &seen, power);
            }
        }
        self.check()
    }
}

/// A log from its start to its end, committed or not.
fn look(partition: &Partition) -> Result<Seen, String> {
    let (start, end) = (partition.log_start(), partition.log_end());
    let mut records = Vec::new();
    let mut at = start;
    while at < end {
        let request = ReadRequest {
            offset: at,
            max_bytes: 1 << 20,
            at_least_one: true,
            isolation: Isolation::Everything,
            ..ReadRequest::default()
        };
        let read = partition.read(&request).map_err(|error| error.to_string())?;
        let bytes = read.range.ok_or_else(|| format!("nothing at {at}"))?.read().map_err(|error| error.to_string())?;
        let (mut rest, before) = (&bytes[..], at);
        while let Ok(Some((batch, behind))) = next_batch(rest) {
            rest = behind;
            let body = batch.decompress(1 << 20).map_err(|error| format!("{error:?}"))?;
            for record in batch.records(&body) {
                let record = record.map_err(|error| format!("{error:?}"))?;
                if record.offset >= start {
                    let value =
                        record.value.and_then(value_of).ok_or_else(|| format!("foreign at {}", record.offset))?;
                    records.push((record.offset.0, value));
                }
            }
            at = batch.header().next_offset();
        }
        if at == before {
            return Err(format!("a batch at {at} that cannot be read"));
        }
    }
    Ok(Seen { start: start.0, end: end.0, high_watermark: partition.high_watermark().0, records })
}
