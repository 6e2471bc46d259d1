//! How the topics are made that brokers keep their own state in.
//!
//! Nobody makes them beforehand: the first client that looks for a coordinator does, through CreateTopics.
//!
//! Source: Kafka `AutoTopicCreationManager`, `GroupCoordinatorConfig`.

use protocol::messages::create_topics::{CreatableTopic, CreatableTopicConfig};

use super::Controller;
use crate::topic_name::CONSUMER_OFFSETS;

impl Controller {
    /// What to ask CreateTopics for so that groups can be coordinated.
    #[must_use]
    pub fn consumer_offsets_topic(&self) -> CreatableTopic<'static> {
        let layers = self.layers();
        let configs = [
            ("cleanup.policy", "compact".to_owned()),
            ("compression.type", "producer".to_owned()),
            ("segment.bytes", layers.int("offsets.topic.segment.bytes").to_string()),
        ];
        CreatableTopic {
            name: CONSUMER_OFFSETS.into(),
            num_partitions: layers.int("offsets.topic.num.partitions"),
            replication_factor: i16::try_from(layers.int("offsets.topic.replication.factor")).unwrap_or(i16::MAX),
            configs: configs
                .map(|(name, value)| CreatableTopicConfig { name: name.into(), value: Some(value.into()) })
                .into(),
            ..CreatableTopic::default()
        }
    }
}
