// The clients of the judge of directories: they write a part of everything at each turn, and know at each later one
// what must be there.
//
// The node at the other end is another broker at each turn, on the same directory. One command a line on standard input:
//
//   write TURN [transactions]   write and change; with transactions where the node has them
//   check                       read and ask everything, and compare
//
// and one line `verdict TAB ok|fail TAB detail` for each.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public final class Directories {
    static final String BOOTSTRAP = System.getenv("BOOTSTRAP");
    static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");
    static final String GROUP = "directories";
    /** The first timestamp that is given to records. Not long ago: a log forgets producers by the time of their records. */
    static final long BEGINNING = System.currentTimeMillis() - 3_600_000;
    static final Duration POLL = Duration.ofMillis(500);
    static final long PATIENCE_MS = 60_000;

    enum Fate { SEEN, ABORTED, OPEN }

    /** A record as it was written, and what became of its transaction. */
    static final class Written {
        final String key;
        final String value;
        final long timestamp;
        final Map<String, String> headers;
        Fate fate = Fate.SEEN;

        Written(ProducerRecord<String, String> record, RecordMetadata metadata) {
            key = record.key();
            value = record.value();
            timestamp = metadata.timestamp();
            headers = headers(record.headers());
        }

        boolean is(ConsumerRecord<String, String> record) {
            return Objects.equals(key, record.key()) && Objects.equals(value, record.value())
                && timestamp == record.timestamp() && headers.equals(headers(record.headers()));
        }

        static Map<String, String> headers(Iterable<Header> headers) {
            var map = new TreeMap<String, String>();
            for (Header header : headers) {
                map.put(header.key(), header.value() == null ? null : new String(header.value(), StandardCharsets.UTF_8));
            }
            return map;
        }
    }

    /** What must be in each partition, by offset. */
    final Map<TopicPartition, TreeMap<Long, Written>> logs = new HashMap<>();
    final Map<TopicPartition, Long> starts = new HashMap<>();
    final Map<TopicPartition, Long> committed = new HashMap<>();
    /** What the node said before it ended. */
    final Map<String, String> said = new TreeMap<>();
    final Admin admin = Admin.create(Map.of("bootstrap.servers", BOOTSTRAP, "reconnect.backoff.max.ms", 100));
    /** Lives through all turns: each broker must go on with its sequence numbers. */
    final KafkaProducer<String, String> steady = producer(Map.of("compression.type", "lz4"));
    long number = 0;

    public static void main(String[] args) throws Exception {
        var judge = new Directories();
        var orders = new BufferedReader(new InputStreamReader(System.in));
        for (String order = orders.readLine(); order != null && !order.equals("finish"); order = orders.readLine()) {
            String verdict;
            try {
                String[] words = order.split(" ");
                verdict = "ok\t" + switch (words[0]) {
                    case "write" -> judge.write(Integer.parseInt(words[1]), words.length > 2);
                    case "check" -> judge.check();
                    default -> throw new IllegalArgumentException(order);
                };
            } catch (Exception | AssertionError error) {
                verdict = "fail\t" + error;
                error.printStackTrace();
            }
            System.out.println("verdict\t" + verdict.replace('\n', ' '));
        }
        System.exit(0);
    }

    static KafkaProducer<String, String> producer(Map<String, Object> more) {
        var config = new HashMap<String, Object>(Map.of("bootstrap.servers", BOOTSTRAP, "acks", "all", "linger.ms", 20,
            "batch.size", 16_384, "reconnect.backoff.max.ms", 100, "max.block.ms", 30_000));
        config.putAll(more);
        return new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
    }

    static KafkaConsumer<String, String> consumer(Map<String, Object> more) {
        var config = new HashMap<String, Object>(Map.of("bootstrap.servers", BOOTSTRAP, "enable.auto.commit", false,
            "auto.offset.reset", "earliest"));
        config.putAll(more);
        return new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
    }

    static <T> T get(Future<T> future) throws Exception {
        try {
            return future.get();
        } catch (ExecutionException error) {
            throw error.getCause() instanceof Exception cause ? cause : error;
        }
    }

    static void ensure(boolean holds, String message) {
        if (!holds) {
            throw new AssertionError(message);
        }
    }

    // --- Writing

    /** Records on their way, to be noted once they are acknowledged. */
    final class Sent {
        final List<ProducerRecord<String, String>> records = new ArrayList<>();
        final List<Future<RecordMetadata>> answers = new ArrayList<>();

        void send(KafkaProducer<String, String> producer, ProducerRecord<String, String> record) {
            records.add(record);
            answers.add(producer.send(record));
        }

        void note(Fate fate) throws Exception {
            for (int i = 0; i < records.size(); i++) {
                RecordMetadata metadata = get(answers.get(i));
                var written = new Written(records.get(i), metadata);
                written.fate = fate;
                var at = new TopicPartition(metadata.topic(), metadata.partition());
                var before = log(at).put(metadata.offset(), written);
                ensure(before == null, at + ": offset " + metadata.offset() + " was given out twice");
            }
        }
    }

    TreeMap<Long, Written> log(TopicPartition at) {
        return logs.computeIfAbsent(at, unused -> new TreeMap<>());
    }

    /** The next record for a partition. Its timestamp is the sender's own, and now and then earlier than the last. */
    ProducerRecord<String, String> next(String topic, int partition, int size) {
        long id = number++;
        long timestamp = BEGINNING + 10 * id - (id % 7 == 3 ? 25 : 0);
        String key = id % 11 == 0 ? null : "key-" + id;
        String value = id % 13 == 0 ? null : ("value-" + id + " ").repeat(1 + size / 12);
        var record = new ProducerRecord<>(topic, partition, timestamp, key, value);
        if (id % 3 == 0) {
            record.headers().add("number", Long.toString(id).getBytes(StandardCharsets.UTF_8)).add("none", null);
        }
        return record;
    }

    String write(int turn, boolean transactions) throws Exception {
        long before = number;
        if (turn == 0) {
            create("plain", 3, Map.of("segment.bytes", "1048576"));
            create("codecs", 1, Map.of("segment.bytes", "1048576"));
            create("append-time", 1, Map.of("message.timestamp.type", "LogAppendTime"));
            create("compacted", 1, Map.of("cleanup.policy", "compact", "segment.ms", "100", "min.cleanable.dirty.ratio",
                "0.001", "delete.retention.ms", "100"));
            create("transactions", 2, Map.of("segment.bytes", "1048576"));
        }
        create("turn-" + turn, 2, Map.of());
        if (turn > 0) {
            get(admin.deleteTopics(List.of("turn-" + (turn - 1))).all());
            logs.keySet().removeIf(at -> at.topic().equals("turn-" + (turn - 1)));
            said.remove("id of turn-" + (turn - 1));
        }
        var sent = new Sent();
        for (int i = 0; i < 2000; i++) {
            sent.send(steady, next("plain", i % 3, 2400));
        }
        sent.send(steady, next("turn-" + turn, 0, 10));
        sent.note(Fate.SEEN);
        if (turn == 0 || !transactions) {
            // Apache Kafka writes it down half a minute after its start, or at a clean stop.
            deleteRecords();
        }
        codecs("codecs", 300);
        codecs("append-time", 30);
        transactions(transactions);
        compact(transactions);
        consume();
        listen();
        return (number - before) + " records";
    }

    void create(String topic, int partitions, Map<String, String> configs) throws Exception {
        var all = new HashMap<>(configs);
        all.put("retention.ms", "-1");
        var created = admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1).configs(all)));
        said.put("id of " + topic, get(created.topicId(topic)).toString());
    }

    /** Batches of each codec, one after the other, in one partition. */
    void codecs(String topic, int records) throws Exception {
        for (String codec : CODECS) {
            var sent = new Sent();
            try (var producer = producer(Map.of("compression.type", codec))) {
                for (int i = 0; i < records; i++) {
                    sent.send(producer, next(topic, 0, 100));
                }
            }
            sent.note(Fate.SEEN);
        }
    }

    /** Transactions that overlap: one committed, one aborted, one left open; and records of none in between. */
    void transactions(boolean transactions) throws Exception {
        if (!transactions) {
            others(100);
            return;
        }
        try (var commits = transactional("commits"); var aborts = transactional("aborts")) {
            // This one finds its transaction of an earlier turn open, and has it aborted.
            var stays = transactional("stays-open");
            logs.values().forEach(log -> log.values().forEach(record -> {
                record.fate = record.fate == Fate.OPEN ? Fate.ABORTED : record.fate;
            }));
            for (int round = 0; round < 3; round++) {
                commits.beginTransaction();
                aborts.beginTransaction();
                Sent kept = new Sent(), dropped = new Sent();
                for (int i = 0; i < 120; i++) {
                    kept.send(commits, next("transactions", i % 2, 600));
                    dropped.send(aborts, next("transactions", i % 2, 600));
                }
                commits.flush();
                aborts.flush();
                others(20);
                if (round == 2) {
                    stays.beginTransaction();
                    var open = new Sent();
                    for (int i = 0; i < 40; i++) {
                        // Partition 1 has no open transaction, and its readers go to the end.
                        open.send(stays, next("transactions", 0, 600));
                    }
                    stays.flush();
                    open.note(Fate.OPEN);
                }
                aborts.abortTransaction();
                commits.commitTransaction();
                kept.note(Fate.SEEN);
                dropped.note(Fate.ABORTED);
            }
            others(20);
            stays.close(Duration.ZERO);
        }
    }

    static KafkaProducer<String, String> transactional(String id) {
        var producer = producer(Map.of("transactional.id", id, "transaction.timeout.ms", 900_000));
        producer.initTransactions();
        return producer;
    }

    /** Records outside of any transaction. */
    void others(int records) throws Exception {
        var sent = new Sent();
        for (int i = 0; i < records; i++) {
            sent.send(steady, next("transactions", i % 2, 100));
        }
        sent.note(Fate.SEEN);
    }

    /** Keys that are written again and again, and some of them deleted. */
    void compact(boolean transactions) throws Exception {
        for (int round = 0; round < 3; round++) {
            var sent = new Sent();
            try (var producer = producer(Map.of())) {
                for (int i = 0; i < 50; i++) {
                    sent.send(producer, keyed(i % 20, i == 7));
                }
            }
            sent.note(Fate.SEEN);
            // Each round into a segment of its own.
            Thread.sleep(150);
        }
        if (!transactions) {
            return;
        }
        for (Fate fate : List.of(Fate.ABORTED, Fate.SEEN)) {
            var sent = new Sent();
            try (var producer = transactional("compacted")) {
                producer.beginTransaction();
                for (int i = 0; i < 10; i++) {
                    sent.send(producer, keyed(15 + i, false));
                }
                if (fate == Fate.SEEN) {
                    producer.commitTransaction();
                } else {
                    producer.flush();
                    producer.abortTransaction();
                }
            }
            sent.note(fate);
            Thread.sleep(150);
        }
        // The cleaner of the node does not touch the last segment, and has to come by.
        var last = new Sent();
        last.send(steady, keyed(99, false));
        last.note(Fate.SEEN);
        var at = new TopicPartition("compacted", 0);
        long begin = System.currentTimeMillis();
        while (read(at, "read_uncommitted").size() > log(at).size() / 2) {
            ensure(System.currentTimeMillis() < begin + PATIENCE_MS, "the node does not compact");
            Thread.sleep(100);
        }
    }

    ProducerRecord<String, String> keyed(int key, boolean isTombstone) {
        long id = number++;
        return new ProducerRecord<>("compacted", 0, "key-" + key, isTombstone ? null : "value-" + id);
    }

    void deleteRecords() throws Exception {
        var at = new TopicPartition("plain", 1);
        long start = starts.getOrDefault(at, 0L) + 377;
        starts.put(at, get(admin.deleteRecords(Map.of(at, RecordsToDelete.beforeOffset(start))).lowWatermarks().get(at))
            .lowWatermark());
        log(at).headMap(start).clear();
    }

    /** A group goes on where it was, and commits. */
    void consume() throws Exception {
        try (var consumer = consumer(Map.of("group.id", GROUP, "max.poll.records", 100))) {
            consumer.subscribe(List.of("plain"));
            var next = new HashMap<TopicPartition, Long>();
            long begin = System.currentTimeMillis();
            for (int records = 0; records < 500;) {
                ensure(System.currentTimeMillis() < begin + PATIENCE_MS, "the group reads only " + records + " records");
                for (var record : consumer.poll(POLL)) {
                    var at = new TopicPartition(record.topic(), record.partition());
                    long from = next.getOrDefault(at, Math.max(committed.getOrDefault(at, 0L), starts.getOrDefault(at, 0L)));
                    ensure(record.offset() == from, at + ": the group goes on at " + record.offset() + ", not " + from);
                    next.put(at, from + 1);
                    records++;
                }
            }
            var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
            next.forEach((at, offset) -> offsets.put(at, new OffsetAndMetadata(offset, "after " + number)));
            consumer.commitSync(offsets);
            committed.putAll(next);
        }
    }

    // --- Checking

    /** What the node says of itself, to be compared with what the next one says. */
    Map<String, String> ask() throws Exception {
        var answers = new TreeMap<String, String>();
        get(admin.describeTopics(said.keySet().stream().filter(name -> name.startsWith("id of "))
            .map(name -> name.substring(6)).toList()).allTopicNames())
            .forEach((name, topic) -> answers.put("id of " + name, topic.topicId().toString()));
        Set<TopicPartition> partitions = logs.keySet();
        get(admin.describeProducers(partitions).all()).forEach((at, state) -> answers.put("producers of " + at,
            state.activeProducers().stream().map(Object::toString).sorted().collect(Collectors.joining(", "))));
        get(admin.listConsumerGroupOffsets(GROUP).partitionsToOffsetAndMetadata())
            .forEach((at, offset) -> answers.put("committed in " + at, offset.offset() + " " + offset.metadata()));
        var topics = partitions.stream().map(TopicPartition::topic).distinct()
            .map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic)).toList();
        get(admin.describeConfigs(topics).all()).forEach((topic, config) -> answers.put("configs of " + topic.name(),
            config.entries().stream().filter(entry -> !entry.isDefault()).filter(entry -> entry.source().name()
                .contains("TOPIC")).map(entry -> entry.name() + "=" + entry.value()).sorted().toList().toString()));
        for (var isolation : IsolationLevel.values()) {
            for (var spec : Map.of("end", OffsetSpec.latest(), "start", OffsetSpec.earliest()).entrySet()) {
                var wanted = partitions.stream().collect(Collectors.toMap(at -> at, at -> spec.getValue()));
                get(admin.listOffsets(wanted, new ListOffsetsOptions(isolation)).all()).forEach((at, offset) ->
                    answers.put(spec.getKey() + " of " + at + ", " + isolation, Long.toString(offset.offset())));
            }
        }
        return answers;
    }

    void listen() throws Exception {
        var answers = ask();
        answers.putAll(said.entrySet().stream().filter(entry -> entry.getKey().startsWith("id of "))
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
        said.clear();
        said.putAll(answers);
    }

    String check() throws Exception {
        var answers = ask();
        var names = new HashSet<>(said.keySet());
        names.addAll(answers.keySet());
        for (String name : names) {
            String before = said.get(name), now = answers.get(name);
            ensure(Objects.equals(before, now), name + ": " + now + ", and before: " + before);
        }
        long records = 0;
        for (var at : logs.keySet()) {
            var all = read(at, "read_uncommitted");
            var seen = read(at, "read_committed");
            records += all.size();
            var log = log(at);
            long open = log.entrySet().stream().filter(entry -> entry.getValue().fate == Fate.OPEN)
                .mapToLong(Map.Entry::getKey).min().orElse(Long.MAX_VALUE);
            var stable = new TreeMap<>(log.headMap(open));
            stable.values().removeIf(record -> record.fate != Fate.SEEN);
            if (at.topic().equals("compacted")) {
                compare(at, newest(stable), stable, seen);
                compare(at, newest(stable), log, all);
            } else {
                compare(at, log.keySet(), log, all);
                compare(at, stable.keySet(), stable, seen);
                if (!at.topic().equals("transactions")) {
                    // Markers have timestamps too.
                    times(at, log);
                }
            }
        }
        return records + " records, " + answers.size() + " answers";
    }

    /** Records that compaction must keep. */
    static Set<Long> newest(TreeMap<Long, Written> log) {
        var newest = new HashMap<String, Long>();
        log.forEach((offset, record) -> newest.put(record.key, offset));
        var kept = new HashSet<>(newest.values());
        kept.removeIf(offset -> log.get(offset).value == null);
        return kept;
    }

    static void compare(
        TopicPartition at, Collection<Long> required, TreeMap<Long, Written> log, List<ConsumerRecord<String, String>> read
    ) {
        var missing = new HashSet<>(required);
        long last = -1;
        for (var record : read) {
            ensure(record.offset() > last, at + ": offset " + record.offset() + " after " + last);
            last = record.offset();
            missing.remove(last);
            var written = log.get(last);
            ensure(written != null, at + ": nothing was to be read at offset " + last + ", and there is " + record);
            ensure(written.is(record), at + ": offset " + last + " is " + record + ", written was " + written.key + " at "
                + written.timestamp);
        }
        ensure(missing.isEmpty(), at + ": " + missing.size() + " records are gone, the first at offset "
            + missing.stream().min(Long::compare).orElse(-1L) + "; read were " + read.size() + " to " + last);
    }

    /** Offsets by timestamp, to the record, and the largest timestamp. */
    void times(TopicPartition at, TreeMap<Long, Written> log) throws Exception {
        var offsets = new ArrayList<>(log.keySet());
        for (int i = 0; i < offsets.size(); i += 1 + offsets.size() / 7) {
            long timestamp = log.get(offsets.get(i)).timestamp;
            long expected = offsets.stream().filter(offset -> log.get(offset).timestamp >= timestamp).findFirst().get();
            var found = get(admin.listOffsets(Map.of(at, OffsetSpec.forTimestamp(timestamp))).partitionResult(at));
            ensure(found.offset() == expected, at + ": " + timestamp + " is at offset " + found.offset() + ", not " + expected);
        }
        long largest = log.values().stream().mapToLong(record -> record.timestamp).max().orElse(-1);
        var found = get(admin.listOffsets(Map.of(at, OffsetSpec.maxTimestamp())).partitionResult(at));
        ensure(found.timestamp() == largest, at + ": the largest timestamp is " + found.timestamp() + ", not " + largest);
    }

    List<ConsumerRecord<String, String>> read(TopicPartition at, String isolation) {
        var read = new ArrayList<ConsumerRecord<String, String>>();
        try (var consumer = consumer(Map.of("isolation.level", isolation))) {
            consumer.assign(List.of(at));
            consumer.seekToBeginning(List.of(at));
            long end = consumer.endOffsets(List.of(at)).get(at);
            long begin = System.currentTimeMillis();
            while (consumer.position(at) < end) {
                ensure(System.currentTimeMillis() < begin + PATIENCE_MS,
                    at + ": reading stays at " + consumer.position(at) + " of " + end);
                consumer.poll(POLL).forEach(read::add);
            }
        }
        return read;
    }
}
