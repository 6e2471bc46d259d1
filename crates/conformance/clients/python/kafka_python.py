"""kafka-python: Kafka's protocol in Python alone."""

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

import cells


def call(function, *args, **named):
    try:
        return function(*args, **named)
    except KafkaError as error:
        raise cells.BrokerError(getattr(error, "errno", -1), repr(error)) from error


class Reader:
    def __init__(self, group):
        self.consumer = KafkaConsumer(bootstrap_servers=cells.BOOTSTRAP, group_id=group, auto_offset_reset="earliest",
                                      enable_auto_commit=False, heartbeat_interval_ms=1000)

    def subscribe(self, topic):
        self.consumer.subscribe([topic])

    def assign(self, topic, partition):
        self.consumer.assign([TopicPartition(topic, partition)])
        self.consumer.seek(TopicPartition(topic, partition), 0)

    def seek(self, topic, partition, offset):
        self.consumer.seek(TopicPartition(topic, partition), offset)

    def poll(self, seconds):
        batches = call(self.consumer.poll, timeout_ms=int(seconds * 1000))
        return [cells.Seen(record.partition, record.offset, record.key, record.value, list(record.headers))
                for batch in batches.values() for record in batch]

    def held(self):
        return len(self.consumer.assignment())

    def commit(self, topic, partition, offset):
        call(self.consumer.commit, {TopicPartition(topic, partition): OffsetAndMetadata(offset, "", -1)})

    def ends(self, topic, partition):
        at = TopicPartition(topic, partition)
        return call(self.consumer.beginning_offsets, [at])[at], call(self.consumer.end_offsets, [at])[at]

    def offset_for(self, topic, partition, timestamp):
        at = TopicPartition(topic, partition)
        return call(self.consumer.offsets_for_times, {at: timestamp})[at].offset

    def close(self):
        self.consumer.close()


class Adapter:
    def __init__(self):
        self.admin = KafkaAdminClient(bootstrap_servers=cells.BOOTSTRAP)

    def create_topic(self, name, partitions, config):
        topic = {name: {"num_partitions": partitions, "replication_factor": 1, "configs": config}}
        call(self.admin.create_topics, topic)

    def partition_count(self, name):
        (topic,) = call(self.admin.describe_topics, [name])
        if topic["error_code"]:
            raise cells.BrokerError(topic["error_code"])
        return len(topic["partitions"])

    def retention(self, name):
        found = call(self.admin.describe_configs, [ConfigResource(ConfigResourceType.TOPIC, name)])
        return found["topic"][name]["retention.ms"]["value"]

    def add_partitions(self, name, total):
        call(self.admin.create_partitions, {name: total})

    def set_retention(self, name, value):
        call(self.admin.alter_configs, [ConfigResource(ConfigResourceType.TOPIC, name, {"retention.ms": value})])

    def delete_topic(self, name):
        call(self.admin.delete_topics, [name])

    def topics(self):
        return call(self.admin.list_topics)

    def produce(self, topic, records, codec, idempotent):
        producer = KafkaProducer(bootstrap_servers=cells.BOOTSTRAP, acks="all", linger_ms=20,
                                 compression_type=None if codec == "none" else codec, enable_idempotence=idempotent,
                                 max_request_size=3_000_000)
        try:
            sent = [call(producer.send, topic, value=record.value, key=record.key, headers=record.headers,
                         partition=record.partition, timestamp_ms=record.timestamp) for record in records]
            return [call(future.get, timeout=60).offset for future in sent]
        finally:
            producer.close()

    def consumer(self, group):
        return Reader(group)


cells.run(Adapter())
