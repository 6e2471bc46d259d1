// The producer of the kill -9 judge, and its reader afterwards.
//
// It sends numbers without pause, each to the partition that is its remainder by the number of partitions, and keeps
// the offset of each acknowledged one. Told to finish, it reads the topic: each acknowledged number must lie at its
// offset, no number may be there twice, and numbers must grow within a partition.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.LongDeserializer;
import org.apache.kafka.common.serialization.LongSerializer;

public final class Kill9 {
    static final String BOOTSTRAP = System.getenv("BOOTSTRAP");
    static final String TOPIC = "kill-9";
    static final int PARTITIONS = 3;
    /** Records on their way at most: enough for five full requests to each partition. */
    static final int OUTSTANDING = 3_000;

    public static void main(String[] args) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", BOOTSTRAP))) {
            admin.createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short) 1))).all().get();
        }
        // Offsets by partition, where a number's place is its quotient; -1 is not acknowledged.
        List<List<Long>> offsets = new ArrayList<>();
        for (int i = 0; i < PARTITIONS; i++) {
            // One thread adds, another sets: in a plain list a set is lost while it grows.
            offsets.add(Collections.synchronizedList(new ArrayList<>()));
        }
        String failure = send(offsets);
        String wrong = failure == null ? check(offsets) : failure;
        System.out.println("verdict\t" + wrong);
    }

    /** Sends until told to finish; gives what has failed, or null. */
    static String send(List<List<Long>> offsets) throws Exception {
        // A send may take as long as the whole run: it is the node that is to come back, not the producer to give up.
        Map<String, Object> config = Map.of("bootstrap.servers", BOOTSTRAP, "acks", "all", "enable.idempotence", true,
            "max.in.flight.requests.per.connection", 5, "batch.size", 4096, "linger.ms", 1, "delivery.timeout.ms",
            3_600_000, "max.block.ms", 3_600_000, "request.timeout.ms", 30_000, "reconnect.backoff.max.ms", 100);
        var room = new Semaphore(OUTSTANDING);
        var acknowledged = new AtomicLong();
        var failures = new AtomicInteger();
        var firstFailure = new AtomicReference<Exception>();
        var orders = new BufferedReader(new InputStreamReader(System.in));
        try (var producer = new KafkaProducer<>(config, new LongSerializer(), new LongSerializer())) {
            for (long number = 0; !orders.ready(); number++) {
                int partition = (int) (number % PARTITIONS);
                int place = (int) (number / PARTITIONS);
                List<Long> kept = offsets.get(partition);
                kept.add(-1L);
                room.acquire();
                producer.send(new ProducerRecord<>(TOPIC, partition, number, number), (metadata, error) -> {
                    room.release();
                    if (error != null) {
                        failures.incrementAndGet();
                        firstFailure.compareAndSet(null, error);
                        return;
                    }
                    kept.set(place, metadata.offset());
                    long count = acknowledged.incrementAndGet();
                    if (count % 500 == 0) {
                        System.out.println("acknowledged\t" + count);
                    }
                });
            }
        }
        return failures.get() == 0 ? null : "fail\t" + failures + " sends failed, the first: " + firstFailure;
    }

    static String check(List<List<Long>> offsets) {
        long records = 0;
        for (int partition = 0; partition < PARTITIONS; partition++) {
            var at = new TopicPartition(TOPIC, partition);
            List<Long> sent = offsets.get(partition);
            List<Long> log = read(at);
            records += log.size();
            for (int offset = 1; offset < log.size(); offset++) {
                if (log.get(offset) <= log.get(offset - 1)) {
                    return "fail\t" + at + ": " + log.get(offset) + " at offset " + offset + " follows "
                        + log.get(offset - 1) + ", twice or out of order";
                }
            }
            for (int place = 0; place < sent.size(); place++) {
                long number = (long) place * PARTITIONS + partition;
                long offset = sent.get(place);
                if (offset < 0) {
                    return "fail\t" + at + ": " + number + " was acknowledged without an offset; it lies at "
                        + log.indexOf(number);
                }
                if (offset >= log.size() || log.get((int) offset) != number) {
                    return "fail\t" + at + ": " + number + " was acknowledged at offset " + offset + ", where "
                        + (offset < log.size() ? "" + log.get((int) offset) : "nothing") + " lies";
                }
            }
        }
        return "ok\t" + records + " records, all there, once, in order";
    }

    /** The numbers of a partition in the order of their offsets, which must have no gap. */
    static List<Long> read(TopicPartition at) {
        Map<String, Object> config = Map.of("bootstrap.servers", BOOTSTRAP, "enable.auto.commit", false);
        List<Long> log = new ArrayList<>();
        try (var consumer = new KafkaConsumer<>(config, new LongDeserializer(), new LongDeserializer())) {
            consumer.assign(List.of(at));
            consumer.seekToBeginning(List.of(at));
            long end = consumer.endOffsets(List.of(at)).get(at);
            while (consumer.position(at) < end) {
                for (var record : consumer.poll(Duration.ofSeconds(1))) {
                    if (record.offset() != log.size()) {
                        throw new AssertionError(at + ": offset " + record.offset() + " after " + log.size());
                    }
                    log.add(record.value());
                }
            }
        }
        return log;
    }
}
