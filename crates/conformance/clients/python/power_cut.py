"""Does what was acknowledged outlive a power cut, on a real file system?

A node runs on a file system in a file, on a loop device. While a producer sends without pause to a topic with
`milena.durability=power-loss`, the file system is stopped by the ioctl that exists for this, without writing what it
has in memory, its journal included. The node is killed, the file system unmounted, mounted again, which replays the
journal, and the node started. Whatever was acknowledged before the cut must be there at its offset. What comes later
does not count: while the ioctl runs, Linux (6.18, ext4 and XFS) lets some fdatasync succeed whose bytes it drops, and no
program sees that of a machine whose power is gone.

    power_cut.py --milena PATH --fs ext4|xfs --cuts N [--seed N] [--durability NAME]

Needs root, a free loop device, mkfs for the file system, and confluent-kafka. Exit status: 0 if everything was kept,
1 if not, 77 if this machine cannot do it.
"""

import argparse
import fcntl
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

# EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN are the same; the 2 is "do not flush the log".
SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = 2
TOPIC = "kept"
PARTITIONS = 4


class FileSystem:
    def __init__(self, kind, folder):
        self.kind = kind
        self.image = os.path.join(folder, "image")
        self.path = os.path.join(folder, "mount")
        os.mkdir(self.path)
        with open(self.image, "wb") as image:
            image.truncate(400 << 20)
        quiet = ["-q", "-F"] if kind == "ext4" else ["-q", "-f"]
        subprocess.run([f"mkfs.{kind}", *quiet, self.image], check=True)

    def mount(self):
        subprocess.run(["mount", "-o", "loop", "-t", self.kind, self.image, self.path], check=True)

    def cut(self):
        directory = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(directory, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(directory)

    def unmount(self):
        subprocess.run(["umount", self.path], check=True)


class Node:
    def __init__(self, binary, data, log):
        self.binary, self.data, self.log = binary, data, log
        while True:
            self.port = random.Random().randrange(20000, 29998)
            with socket.socket() as one, socket.socket() as other:
                try:
                    one.bind(("127.0.0.1", self.port))
                    other.bind(("127.0.0.1", self.port + 1))
                    break
                except OSError:
                    continue
        self.address = f"127.0.0.1:{self.port}"

    def start(self):
        command = [self.binary, "dev", "--data-dir", self.data, "--port", str(self.port)]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while True:
            if self.process.poll() is not None:
                raise SystemExit(f"the node ended at its start, see {self.log}")
            try:
                if AdminClient(quiet(self.address)).list_topics(timeout=1).brokers:
                    return
            except Exception as error:
                if time.monotonic() > deadline:
                    raise SystemExit(f"the node is not ready: {error}")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def quiet(address):
    return {"bootstrap.servers": address, "log_level": 0, "logger": _nobody}


class _Nobody:
    def log(self, *_):
        pass


_nobody = _Nobody()


def produce_until_cut(node, files, cycle, chance, acknowledged):
    """Sends until the power is gone and the node dead; notes what was acknowledged before."""
    producer = Producer({**quiet(node.address), "acks": "all", "linger.ms": chance.choice([0, 0, 2]),
                         "retries": 0, "message.timeout.ms": 5000})
    count = 0

    def delivered(error, message):
        if error is None:
            acknowledged.append((message.partition(), message.offset(), message.value()))

    def send(until):
        nonlocal count
        while time.monotonic() < until:
            if len(producer) < 200:
                value = b"%d-%d-" % (cycle, count) + b"x" * chance.randrange(0, 900)
                producer.produce(TOPIC, value, partition=chance.randrange(PARTITIONS), on_delivery=delivered)
                count += 1
            producer.poll(0.0005)

    before = len(acknowledged)
    deadline = time.monotonic() + 30
    # Not before something can be lost.
    while len(acknowledged) - before < chance.randrange(20, 200) and time.monotonic() < deadline:
        send(time.monotonic() + 0.02)
    send(time.monotonic() + chance.random() * 0.2)
    producer.poll(0)
    kept = len(acknowledged)
    files.cut()
    send(time.monotonic() + chance.random() * 0.1)
    node.kill()
    producer.poll(0.1)
    producer.purge()
    producer.flush(0.2)
    del acknowledged[kept:]
    return count, kept - before


def missing(node, expected):
    """Those of `expected` that are not where they were acknowledged."""
    wanted = {(partition, offset): value for partition, offset, value in expected}
    consumer = Consumer({**quiet(node.address), "group.id": "unused", "enable.auto.commit": False,
                         "auto.offset.reset": "error", "check.crcs": True, "fetch.wait.max.ms": 10})
    first, last = {}, {}
    for partition, offset in wanted:
        first[partition] = min(first.get(partition, offset), offset)
        last[partition] = max(last.get(partition, offset), offset)
    for partition in list(first):
        end = consumer.get_watermark_offsets(TopicPartition(TOPIC, partition), timeout=10)[1]
        last[partition] = min(last[partition], end - 1)
    consumer.assign([TopicPartition(TOPIC, partition, offset) for partition, offset in first.items()])
    open_ = {partition for partition in first if first[partition] <= last[partition]}
    deadline = time.monotonic() + 60
    while open_ and time.monotonic() < deadline:
        for message in consumer.consume(500, timeout=0.02):
            if message.error() is None:
                place = (message.partition(), message.offset())
                if wanted.get(place) == message.value():
                    del wanted[place]
                if message.offset() >= last[message.partition()]:
                    open_.discard(message.partition())
    consumer.close()
    return [(*place, value[:20]) for place, value in sorted(wanted.items())]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--milena", required=True)
    parser.add_argument("--fs", choices=["ext4", "xfs"], required=True)
    parser.add_argument("--cuts", type=int, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--durability", default="power-loss", help="another must lose something")
    options = parser.parse_args()
    if os.geteuid() != 0 or not os.path.exists("/dev/loop-control"):
        print("left out\tno root, or no loop devices")
        return 77
    # Whoever stops this must not keep the mount.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    chance = random.Random(options.seed)
    folder = tempfile.mkdtemp(prefix="milena-power-cut-")
    files = FileSystem(options.fs, folder)
    node, is_mounted, everything, sent = None, False, [], 0
    try:
        files.mount()
    except subprocess.CalledProcessError:
        print(f"left out\t{options.fs} cannot be mounted here")
        shutil.rmtree(folder)
        return 77
    try:
        is_mounted = True
        node = Node(options.milena, os.path.join(files.path, "data"), os.path.join(folder, "node.log"))
        node.start()
        config = {"milena.durability": options.durability, "segment.bytes": str(1 << 20), "segment.ms": "2000"}
        topic = NewTopic(TOPIC, PARTITIONS, 1, config=config)
        admin = AdminClient(quiet(node.address))
        admin.create_topics([topic])[TOPIC].result(30)
        for cycle in range(options.cuts):
            acknowledged = []
            count, kept = produce_until_cut(node, files, cycle, chance, acknowledged)
            sent += count
            files.unmount()
            is_mounted = False
            files.mount()
            is_mounted = True
            node.start()
            lost = missing(node, acknowledged)
            if lost:
                print(f"fail\tcut {cycle} (seed {options.seed}) lost {len(lost)} of {kept}: {lost[:5]}; see {folder}")
                return 1
            everything.extend(acknowledged)
        lost = missing(node, everything)
        if lost:
            print(f"fail\tin the end {len(lost)} of {len(everything)} are gone: {lost[:5]}; see {folder}")
            return 1
        print(f"ok\t{options.fs}, {options.cuts} cuts, {sent} records sent, {len(everything)} acknowledged, all kept")
        folder_done = folder
    finally:
        if node is not None and getattr(node, "process", None) and node.process.poll() is None:
            node.kill()
        if is_mounted:
            files.unmount()
    shutil.rmtree(folder_done)
    return 0


if __name__ == "__main__":
    sys.exit(main())
