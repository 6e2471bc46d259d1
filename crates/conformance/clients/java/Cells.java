// kafka-clients, the Java client that comes with Apache Kafka.

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public final class Cells {
    static final String BOOTSTRAP = System.getenv("BOOTSTRAP");
    static final String PREFIX = System.getenv("PREFIX");
    static final int COUNT = 100;
    static final Duration PATIENCE = Duration.ofSeconds(90);
    static final List<String> CODECS = List.of("none", "gzip", "snappy", "lz4", "zstd");

    interface Check {
        void run() throws Exception;
    }

    static Admin admin;

    public static void main(String[] args) throws Exception {
        admin = Admin.create(Map.of("bootstrap.servers", BOOTSTRAP));
        if (args[0].equals("after")) {
            cell("restart", () -> resumed("restart"));
        } else {
            before();
        }
        admin.close();
    }

    static void before() {
        String topic = PREFIX + "admin";
        cell("create", () -> create(topic, 2, Map.of("retention.ms", "3600000")));
        cell("describe", () -> described(topic, 2, "3600000"));
        cell("alter", () -> altered(topic));
        cell("delete", () -> {
            get(admin.deleteTopics(List.of(topic)).all());
            until("topic gone", () -> !get(admin.listTopics().names()).contains(topic));
        });
        for (String codec : CODECS) {
            cell(codec, () -> produced(codec, Map.of("compression.type", codec, "enable.idempotence", false)));
        }
        cell("idempotent", () -> produced("idempotent", Map.of("enable.idempotence", true)));
        cell("consume", () -> {
            for (String codec : CODECS) {
                consumed(codec);
            }
        });
        cell("group", Cells::rebalanced);
        cell("resume", () -> {
            committed("resume");
            resumed("resume");
        });
        cell("timestamp", Cells::sought);
        cell("bad-name", () -> refused(InvalidTopicException.class, () -> create("bad name!", 1, Map.of())));
        cell("unknown-topic", () -> refused(UnknownTopicOrPartitionException.class,
            () -> get(admin.describeTopics(List.of(PREFIX + "nowhere")).allTopicNames())));
        cell("too-large", () -> {
            create(PREFIX + "too-large", 1, Map.of());
            var large = new ProducerRecord<>(PREFIX + "too-large", "key", "x".repeat(2_000_000));
            refused(RecordTooLargeException.class,
                () -> send(List.of(large), Map.of("max.request.size", 3_000_000)));
        });
        try {
            committed("restart");
        } catch (Exception e) {
            e.printStackTrace(); // the cell fails after the restart
        }
    }

    static void cell(String feature, Check check) {
        try {
            check.run();
            System.out.println(feature + "\tok\t");
        } catch (Throwable e) {
            e.printStackTrace();
            System.out.println(feature + "\tfail\t" + e.toString().replaceAll("\\s+", " "));
        }
    }

    static void equal(String what, Object got, Object wanted) {
        if (!Objects.equals(got, wanted)) {
            throw new AssertionError(what + ": " + got + " instead of " + wanted);
        }
    }

    /** Waits for a condition; errors of the broker count as not yet. */
    static void until(String what, Callable<Boolean> condition) throws Exception {
        long end = System.nanoTime() + PATIENCE.toNanos();
        Exception last = null;
        while (System.nanoTime() < end) {
            try {
                if (condition.call()) {
                    return;
                }
            } catch (KafkaException e) {
                last = e;
            }
            Thread.sleep(50);
        }
        throw new AssertionError(what + ": not after " + PATIENCE + ", last error " + last);
    }

    static <T> T get(Future<T> future) throws Exception {
        try {
            return future.get(60, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    static void refused(Class<? extends Exception> wanted, Check action) {
        try {
            action.run();
        } catch (Exception e) {
            equal("refusal", e.getClass(), wanted);
            return;
        }
        throw new AssertionError("not refused, " + wanted + " was due");
    }

    static void create(String topic, int partitions, Map<String, String> config) throws Exception {
        get(admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1).configs(config))).all());
    }

    static int partitionCount(String topic) throws Exception {
        return get(admin.describeTopics(List.of(topic)).allTopicNames()).get(topic).partitions().size();
    }

    static void described(String topic, int partitions, String retention) throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        until(partitions + " partitions, retention " + retention, () ->
            partitionCount(topic) == partitions
                && get(admin.describeConfigs(List.of(resource)).all()).get(resource).get("retention.ms").value()
                    .equals(retention));
    }

    static void altered(String topic) throws Exception {
        get(admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(4))).all());
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        var entry = new AlterConfigOp(new ConfigEntry("retention.ms", "7200000"), AlterConfigOp.OpType.SET);
        Map<ConfigResource, Collection<AlterConfigOp>> changes = Map.of(resource, List.of(entry));
        get(admin.incrementalAlterConfigs(changes).all());
        described(topic, 4, "7200000");
    }

    static List<ProducerRecord<String, String>> records(String topic, int count, int partitions) {
        long start = System.currentTimeMillis() - COUNT * 1000;
        List<ProducerRecord<String, String>> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            var header = new RecordHeader("number", Integer.toString(i).getBytes(StandardCharsets.UTF_8));
            records.add(new ProducerRecord<>(topic, i % partitions, start + i * 1000L, "key-" + i,
                "value-" + i + "x".repeat(100), List.of(header)));
        }
        return records;
    }

    static List<Long> send(List<ProducerRecord<String, String>> records, Map<String, Object> settings)
        throws Exception {
        Map<String, Object> config = new HashMap<>(Map.of("bootstrap.servers", BOOTSTRAP, "acks", "all",
            "linger.ms", 20, "enable.idempotence", false));
        config.putAll(settings);
        try (var producer = new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (var record : records) {
                sent.add(producer.send(record));
            }
            List<Long> offsets = new ArrayList<>();
            for (var future : sent) {
                offsets.add(get(future).offset());
            }
            return offsets;
        }
    }

    static List<ProducerRecord<String, String>> produced(String name, Map<String, Object> settings) throws Exception {
        create(PREFIX + name, 1, Map.of());
        var sent = records(PREFIX + name, COUNT, 1);
        equal("offsets", send(sent, settings), range(0, COUNT));
        return sent;
    }

    static List<Long> range(int from, int to) {
        return IntStream.range(from, to).mapToObj(Long::valueOf).toList();
    }

    static KafkaConsumer<String, String> consumer(String group) {
        Map<String, Object> config = Map.of("bootstrap.servers", BOOTSTRAP, "group.id", group, "auto.offset.reset",
            "earliest", "enable.auto.commit", false, "group.protocol", "classic", "allow.auto.create.topics", false);
        return new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
    }

    static List<ConsumerRecord<String, String>> read(KafkaConsumer<String, String> consumer, int count)
        throws Exception {
        List<ConsumerRecord<String, String>> seen = new ArrayList<>();
        until(count + " records", () -> {
            consumer.poll(Duration.ofMillis(500)).forEach(seen::add);
            return seen.size() >= count;
        });
        equal("number of records", seen.size(), count);
        return seen;
    }

    static void consumed(String name) throws Exception {
        var partition = new TopicPartition(PREFIX + name, 0);
        try (var consumer = consumer(PREFIX + "consume")) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            var seen = read(consumer, COUNT);
            var sent = records(PREFIX + name, COUNT, 1);
            for (int i = 0; i < COUNT; i++) {
                var record = seen.get(i);
                equal("offset", record.offset(), (long) i);
                equal("key", record.key(), sent.get(i).key());
                equal("value", record.value(), sent.get(i).value());
                equal("headers", Arrays.asList(record.headers().toArray()),
                    Arrays.asList(sent.get(i).headers().toArray()));
            }
        }
    }

    /** A member of a group in a thread of its own; what it holds and has read can be looked at meanwhile. */
    static final class Member extends Thread {
        final String topic;
        final List<String> keys = new ArrayList<>();
        volatile int held;
        volatile int read;
        volatile boolean leaving;
        volatile Exception failure;

        Member(String topic) {
            this.topic = topic;
            setDaemon(true);
            start();
        }

        @Override
        public void run() {
            try (var consumer = consumer(topic)) {
                consumer.subscribe(Set.of(topic));
                while (!leaving) {
                    consumer.poll(Duration.ofMillis(200)).forEach(record -> keys.add(record.key()));
                    held = consumer.assignment().size();
                    read = keys.size();
                }
            } catch (Exception e) {
                failure = e;
            }
        }

        void leave() throws Exception {
            leaving = true;
            join(PATIENCE.toMillis());
            equal("failure of a member", failure, null);
        }
    }

    static void rebalanced() throws Exception {
        String topic = PREFIX + "group";
        create(topic, 6, Map.of());
        until("topic", () -> partitionCount(topic) == 6);
        var members = new ArrayList<>(List.of(new Member(topic), new Member(topic), new Member(topic)));
        until("two partitions each", () -> members.stream().allMatch(member -> member.held == 2));
        members.remove(2).leave();
        until("three partitions each", () -> members.stream().allMatch(member -> member.held == 3));
        var sent = records(topic, 60, 6);
        send(sent, Map.of());
        until("60 records", () -> members.stream().mapToInt(member -> member.read).sum() >= 60);
        List<String> keys = new ArrayList<>();
        for (Member member : members) {
            member.leave();
            keys.addAll(member.keys);
        }
        equal("keys", keys.stream().sorted().toList(), sent.stream().map(ProducerRecord::key).sorted().toList());
    }

    static void committed(String name) throws Exception {
        produced(name, Map.of());
        try (var consumer = consumer(PREFIX + name)) {
            consumer.subscribe(Set.of(PREFIX + name));
            until("records", () -> !consumer.poll(Duration.ofMillis(500)).isEmpty());
            consumer.commitSync(Map.of(new TopicPartition(PREFIX + name, 0), new OffsetAndMetadata(50)));
        }
    }

    static void resumed(String name) throws Exception {
        try (var consumer = consumer(PREFIX + name)) {
            consumer.subscribe(Set.of(PREFIX + name));
            var seen = read(consumer, 50);
            equal("offsets", seen.stream().map(ConsumerRecord::offset).toList(), range(50, 100));
            equal("first key", seen.get(0).key(), "key-50");
        }
    }

    static void sought() throws Exception {
        var partition = new TopicPartition(PREFIX + "timestamp", 0);
        var sent = produced("timestamp", Map.of());
        try (var consumer = consumer(PREFIX + "timestamp")) {
            equal("offset of a timestamp",
                consumer.offsetsForTimes(Map.of(partition, sent.get(50).timestamp())).get(partition).offset(), 50L);
            equal("offset between timestamps",
                consumer.offsetsForTimes(Map.of(partition, sent.get(49).timestamp() + 1)).get(partition).offset(), 50L);
            equal("first offset", consumer.beginningOffsets(List.of(partition)).get(partition), 0L);
            equal("end", consumer.endOffsets(List.of(partition)).get(partition), (long) COUNT);
            consumer.assign(List.of(partition));
            consumer.seek(partition, 50);
            equal("first record", read(consumer, 50).get(0).key(), "key-50");
        }
    }
}
