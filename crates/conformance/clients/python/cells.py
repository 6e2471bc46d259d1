"""The features, for clients in Python: a client fills in an adapter, this module asks for each feature in turn.

An adapter has the methods that `run` calls; errors of the broker come out of it as BrokerError with Kafka's code.
"""

import os
import sys
import threading
import time
import traceback
from collections import namedtuple

BOOTSTRAP = os.environ["BOOTSTRAP"]
PREFIX = os.environ["PREFIX"]
COUNT = 100
CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
PATIENCE = 90
INVALID_TOPIC_EXCEPTION = 17
UNKNOWN_TOPIC_OR_PARTITION = 3
MESSAGE_TOO_LARGE = 10

Record = namedtuple("Record", "key value headers timestamp partition")
Seen = namedtuple("Seen", "partition offset key value headers")


class BrokerError(Exception):
    def __init__(self, code, text=""):
        super().__init__(f"error {code} {text}")
        self.code = code


def records(partition_of=lambda i: 0, count=COUNT):
    start = int(time.time() * 1000) - COUNT * 1000
    return [
        Record(f"key-{i}".encode(), f"value-{i}".encode() + b"x" * 100, [("number", str(i).encode())],
               start + i * 1000, partition_of(i))
        for i in range(count)
    ]


def expect(what, got, wanted):
    if got != wanted:
        raise AssertionError(f"{what}: {str(got)[:300]} instead of {str(wanted)[:300]}")


def until(what, condition, patience=PATIENCE):
    """Waits until `condition` gives something true; errors of the broker count as not yet."""
    end = time.monotonic() + patience
    last = None
    while time.monotonic() < end:
        try:
            last = condition()
            if last:
                return last
        except BrokerError as error:
            last = error
        time.sleep(0.1)
    raise AssertionError(f"{what}: not after {patience} s, last {str(last)[:300]}")


def refused(code, action):
    try:
        action()
    except BrokerError as error:
        expect("error code", error.code, code)
    else:
        raise AssertionError(f"not refused, error {code} was due")


def report(feature, outcome, detail=""):
    print(feature, outcome, detail, sep="\t", flush=True)


def cell(feature, check):
    try:
        check()
        report(feature, "ok")
    except BaseException as error:  # whatever it is, the other cells are still asked
        traceback.print_exc()
        text = " ".join(f"{type(error).__name__}: {error}".split())
        report(feature, "fail", text[:500])


def read(consumer, count):
    """The next `count` records of a consumer."""
    seen = []
    until(f"{count} records", lambda: seen.extend(consumer.poll(0.5)) or len(seen) >= count)
    expect("number of records", len(seen), count)
    return seen


class Member(threading.Thread):
    """A member of a group, in a thread of its own; what it holds and what it has read can be looked at meanwhile."""

    def __init__(self, adapter, group, topic):
        super().__init__(daemon=True)
        self.consumer = adapter.consumer(group)
        self.consumer.subscribe(topic)
        self.leaving = threading.Event()
        self.held = 0
        self.seen = []
        self.failure = None
        self.start()

    def run(self):
        try:
            while not self.leaving.is_set():
                self.seen.extend(self.consumer.poll(0.2))
                self.held = self.consumer.held()
            self.consumer.close()
        except BaseException as error:
            self.failure = error

    def holds(self, count):
        if self.failure:
            raise AssertionError(f"a member has failed: {self.failure!r}")
        return self.held == count

    def leave(self):
        self.leaving.set()
        self.join(PATIENCE)
        expect("failure of a member", self.failure, None)


def run(adapter):
    if sys.argv[1] == "after":
        cell("restart", lambda: resumed(adapter, "restart"))
        return
    admin = PREFIX + "admin"
    cell("create", lambda: adapter.create_topic(admin, 2, {"retention.ms": "3600000"}))
    cell("describe", lambda: described(adapter, admin, 2, "3600000"))
    cell("alter", lambda: altered(adapter, admin))
    cell("delete", lambda: deleted(adapter, admin))
    for codec in CODECS:
        cell(codec, lambda: produced(adapter, codec, codec, False))
    cell("idempotent", lambda: produced(adapter, "idempotent", "none", True))
    cell("consume", lambda: [consumed(adapter, codec) for codec in CODECS])
    cell("group", lambda: rebalanced(adapter))
    cell("resume", lambda: (committed(adapter, "resume"), resumed(adapter, "resume")))
    cell("timestamp", lambda: sought(adapter))
    cell("bad-name", lambda: refused(INVALID_TOPIC_EXCEPTION, lambda: adapter.create_topic("bad name!", 1, {})))
    cell("unknown-topic",
         lambda: refused(UNKNOWN_TOPIC_OR_PARTITION, lambda: adapter.delete_topic(PREFIX + "nowhere")))
    cell("too-large", lambda: refused(MESSAGE_TOO_LARGE, lambda: too_large(adapter)))
    try:
        committed(adapter, "restart")
    except BaseException:
        traceback.print_exc()  # the cell fails after the restart


def described(adapter, topic, partitions, retention):
    def as_wanted():
        found = (adapter.partition_count(topic), adapter.retention(topic))
        return found == (partitions, retention)

    until(f"{partitions} partitions, retention {retention}", as_wanted)


def altered(adapter, topic):
    adapter.add_partitions(topic, 4)
    adapter.set_retention(topic, "7200000")
    described(adapter, topic, 4, "7200000")


def deleted(adapter, topic):
    adapter.delete_topic(topic)
    until("topic gone", lambda: topic not in adapter.topics())


def produced(adapter, name, codec, idempotent):
    topic = PREFIX + name
    adapter.create_topic(topic, 1, {})
    sent = records()
    expect("offsets", adapter.produce(topic, sent, codec, idempotent), list(range(COUNT)))
    return sent


def consumed(adapter, name):
    consumer = adapter.consumer(PREFIX + "consume")
    try:
        consumer.assign(PREFIX + name, 0)
        for i, (seen, sent) in enumerate(zip(read(consumer, COUNT), records())):
            expect(f"{name}, record {i}", seen, Seen(0, i, sent.key, sent.value, sent.headers))
    finally:
        consumer.close()


def rebalanced(adapter):
    topic, group = PREFIX + "group", PREFIX + "group"
    adapter.create_topic(topic, 6, {})
    until("topic", lambda: adapter.partition_count(topic) == 6)
    members = []
    # One after the other: kafka-python, on Apache Kafka too, sometimes gets stuck when three join at one moment.
    for share in [6, 3, 2]:
        members.append(Member(adapter, group, topic))
        until(f"{share} partitions each", lambda: all([member.holds(share) for member in members]))
    leaver = members.pop()
    leaver.leave()
    until("3 partitions each", lambda: all([member.holds(3) for member in members]))
    sent = records(lambda i: i % 6, 60)
    adapter.produce(topic, sent, "none", False)
    until("60 records", lambda: sum(len(member.seen) for member in members) >= 60)
    for member in members:
        member.leave()
    keys = sorted(seen.key for member in members for seen in member.seen)
    expect("keys", keys, sorted(record.key for record in sent))


def committed(adapter, name):
    produced(adapter, name, "none", False)
    consumer = adapter.consumer(PREFIX + name)
    consumer.subscribe(PREFIX + name)
    seen = []
    until("records", lambda: seen.extend(consumer.poll(0.5)) or len(seen) >= 50)
    expect("first offset", seen[0].offset, 0)
    consumer.commit(PREFIX + name, 0, 50)
    consumer.close()


def resumed(adapter, name):
    consumer = adapter.consumer(PREFIX + name)
    consumer.subscribe(PREFIX + name)
    seen = read(consumer, 50)
    consumer.close()
    expect("offsets", [record.offset for record in seen], list(range(50, 100)))
    expect("keys", [record.key for record in seen], [f"key-{i}".encode() for i in range(50, 100)])


def sought(adapter):
    topic = PREFIX + "timestamp"
    sent = produced(adapter, "timestamp", "none", False)
    consumer = adapter.consumer(PREFIX + "timestamp")
    try:
        consumer.assign(topic, 0)
        expect("ends", consumer.ends(topic, 0), (0, 100))
        expect("offset of a timestamp", consumer.offset_for(topic, 0, sent[50].timestamp), 50)
        expect("offset between timestamps", consumer.offset_for(topic, 0, sent[49].timestamp + 1), 50)
        consumer.seek(topic, 0, 50)
        seen = read(consumer, 50)
        expect("first record", (seen[0].offset, seen[0].key), (50, b"key-50"))
    finally:
        consumer.close()


def too_large(adapter):
    topic = PREFIX + "too-large"
    adapter.create_topic(topic, 1, {})
    record = records(count=1)[0]
    adapter.produce(topic, [record._replace(value=b"x" * 2_000_000)], "none", False)
