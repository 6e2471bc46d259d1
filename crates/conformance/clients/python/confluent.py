"""confluent-kafka: librdkafka from Python."""

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions,
                                   NewTopic, ResourceType)

import cells

SERVERS = {"bootstrap.servers": cells.BOOTSTRAP}


def wait(futures):
    """The only result of an admin call."""
    (future,) = futures.values()
    try:
        return future.result(timeout=60)
    except KafkaException as error:
        raise cells.BrokerError(error.args[0].code(), error.args[0].str()) from error


class Reader:
    def __init__(self, group):
        self.consumer = Consumer({**SERVERS, "group.id": group, "auto.offset.reset": "earliest",
                                  "enable.auto.commit": False, "session.timeout.ms": 45000})

    def subscribe(self, topic):
        self.consumer.subscribe([topic])

    def assign(self, topic, partition):
        self.consumer.assign([TopicPartition(topic, partition, 0)])

    def seek(self, topic, partition, offset):
        self.consumer.assign([TopicPartition(topic, partition, offset)])

    def poll(self, seconds):
        seen = []
        for message in self.consumer.consume(500, seconds):
            if message.error():
                raise cells.BrokerError(message.error().code(), message.error().str())
            seen.append(cells.Seen(message.partition(), message.offset(), message.key(), message.value(),
                                   message.headers()))
        return seen

    def held(self):
        return len(self.consumer.assignment())

    def commit(self, topic, partition, offset):
        self.consumer.commit(offsets=[TopicPartition(topic, partition, offset)], asynchronous=False)

    def ends(self, topic, partition):
        return self.consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=30)

    def offset_for(self, topic, partition, timestamp):
        (found,) = self.consumer.offsets_for_times([TopicPartition(topic, partition, timestamp)], timeout=30)
        return found.offset

    def close(self):
        self.consumer.close()


class Adapter:
    def __init__(self):
        self.admin = AdminClient(SERVERS)

    def create_topic(self, name, partitions, config):
        wait(self.admin.create_topics([NewTopic(name, partitions, 1, config=config)]))

    def partition_count(self, name):
        topic = self.admin.list_topics(name, timeout=30).topics[name]
        if topic.error:
            raise cells.BrokerError(topic.error.code(), topic.error.str())
        return len(topic.partitions)

    def retention(self, name):
        return wait(self.admin.describe_configs([ConfigResource(ResourceType.TOPIC, name)]))["retention.ms"].value

    def add_partitions(self, name, total):
        wait(self.admin.create_partitions([NewPartitions(name, total)]))

    def set_retention(self, name, value):
        entry = ConfigEntry("retention.ms", value, incremental_operation=AlterConfigOpType.SET)
        resource = ConfigResource(ResourceType.TOPIC, name, incremental_configs=[entry])
        wait(self.admin.incremental_alter_configs([resource]))

    def delete_topic(self, name):
        wait(self.admin.delete_topics([name]))

    def topics(self):
        return self.admin.list_topics(timeout=30).topics

    def produce(self, topic, records, codec, idempotent):
        producer = Producer({**SERVERS, "compression.type": codec, "enable.idempotence": idempotent, "acks": "all",
                             "linger.ms": 20, "message.max.bytes": 3_000_000})
        offsets = []
        failures = []

        def delivered(error, message):
            failures.append(error) if error else offsets.append(message.offset())

        for record in records:
            producer.produce(topic, value=record.value, key=record.key, headers=record.headers,
                             timestamp=record.timestamp, partition=record.partition, on_delivery=delivered)
        left = producer.flush(60)
        if failures:
            raise cells.BrokerError(failures[0].code(), failures[0].str())
        cells.expect("records not sent", left, 0)
        return offsets

    def consumer(self, group):
        return Reader(group)


cells.run(Adapter())
