// Does Milena read what stands in front of a message as Kafka writes it? Requests with their header, stored records
// with their type and version, each written by the class that Kafka itself uses for it.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.RequestHeaderDataJsonConverter;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.metadata.MetadataRecordSerde;
import org.apache.kafka.server.common.ApiMessageAndVersion;

final class Framed {
    private static final int EACH = 5;

    static String judge(Map<String, Definitions.Definition> kafka, String milena, long seed) throws Exception {
        List<String> frames = new ArrayList<>();
        List<String> lines = new ArrayList<>();
        List<String> due = new ArrayList<>();
        for (Definitions.Definition definition : kafka.values()) {
            for (int version = definition.versions.min(); version <= definition.versions.max(); version++) {
                for (int i = 0; i < EACH; i++) {
                    Random random = new Random(seed ^ (31L * (31 * definition.name.hashCode() + version) + i));
                    JsonNode json = new Values(random, i == 0 ? Values.Mode.DEFAULT : Values.Mode.ANY, version)
                        .message(definition.fields, -1);
                    Message message = definition.fromJson(Definitions.JSON.readTree(json.toString()), version);
                    JsonNode[] shown = {definition.toJson(message, version)};
                    byte[] frame = frame(definition, message, version, random, shown);
                    if (frame == null || json.toString().contains("\"records\"")) {
                        continue;
                    }
                    boolean tellsItsName = definition.kind.equals("request") || definition.type.getName().contains(".common.metadata.");
                    String hex = HexFormat.of().formatHex(frame);
                    frames.add(hex);
                    lines.add(tellsItsName ? hex : definition.name + " " + hex);
                    due.add(definition.name + " " + version + " " + shown[0]);
                }
            }
        }
        List<String> failures = new ArrayList<>();
        try (Peer decode = new Peer(milena, "decode", "--framed"); Peer encode = new Peer(milena, "encode", "--framed")) {
            List<String> answers = decode.ask(lines);
            for (int i = 0; i < answers.size(); i++) {
                if (!same(answers.get(i), due.get(i))) {
                    failures.add("decode " + Peer.shorten(lines.get(i)) + " → " + Peer.shorten(answers.get(i)) + ", due is "
                        + Peer.shorten(due.get(i)));
                }
            }
            List<String> back = encode.ask(due);
            for (int i = 0; i < back.size(); i++) {
                if (!back.get(i).equals(frames.get(i))) {
                    failures.add("encode " + Peer.shorten(due.get(i)) + " → " + Peer.shorten(back.get(i)) + ", due is "
                        + Peer.shorten(frames.get(i)));
                }
            }
        }
        failures.forEach(System.err::println);
        String count = frames.size() + " frames both ways, seed " + seed;
        return failures.isEmpty() ? "ok\t" + count
            : "fail\t" + failures.size() + " of " + count + ": " + String.join(" / ", failures.subList(0, Math.min(5, failures.size())));
    }

    private static boolean same(String answer, String due) throws Exception {
        String[] mine = answer.split(" ", 3);
        String[] its = due.split(" ", 3);
        return mine.length == 3 && mine[0].equals(its[0]) && mine[1].equals(its[1]) && mine[2].startsWith("{")
            && Definitions.JSON.readTree(mine[2]).equals(Definitions.JSON.readTree(its[2]));
    }

    /** The message with its front; null where Kafka has no such front. What is to be shown may grow a header. */
    private static byte[] frame(Definitions.Definition definition, Message message, int version, Random random,
            JsonNode[] shown) throws Exception {
        switch (definition.kind) {
            case "request": {
                ApiMessageType api = ApiMessageType.fromApiKey((short) definition.key);
                short headerVersion = api.requestHeaderVersion((short) version);
                RequestHeaderData header = new RequestHeaderData().setRequestApiKey((short) definition.key)
                    .setRequestApiVersion((short) version).setCorrelationId(random.nextInt())
                    .setClientId(random.nextBoolean() ? null : "client-" + random.nextInt());
                ObjectNode both = Definitions.JSON.createObjectNode();
                both.set("header", Definitions.JSON.readTree(
                    RequestHeaderDataJsonConverter.write(header, headerVersion).toString()));
                both.set("body", shown[0]);
                shown[0] = both;
                byte[] first = Definitions.toBytes(header, headerVersion);
                byte[] second = Definitions.toBytes(message, version);
                byte[] all = java.util.Arrays.copyOf(first, first.length + second.length);
                System.arraycopy(second, 0, all, first.length, second.length);
                return all;
            }
            case "metadata": {
                // The records of remote log metadata are of this kind too, and have a serde of their own.
                var record = new ApiMessageAndVersion((ApiMessage) message, (short) version);
                if (!definition.type.getName().contains(".common.metadata.")) {
                    return new org.apache.kafka.server.common.serialization.BytesApiMessageSerde() {
                        @Override
                        public ApiMessage apiMessageFor(short key) {
                            throw new AssertionError("nothing is read here");
                        }
                    }.serialize(record);
                }
                var cache = new ObjectSerializationCache();
                ByteBuffer buffer = ByteBuffer.allocate(MetadataRecordSerde.INSTANCE.recordSize(record, cache));
                MetadataRecordSerde.INSTANCE.write(record, cache, new ByteBufferAccessor(buffer));
                return buffer.array();
            }
            case "coordinator-key":
                // A key is written at the one version that its type stands for.
                return version == definition.versions.max() && message instanceof ApiMessage
                    ? MessageUtil.toCoordinatorTypePrefixedBytes((ApiMessage) message) : null;
            case "coordinator-value":
                return MessageUtil.toVersionPrefixedBytes((short) version, message);
            default:
                return definition.name.startsWith("ConsumerProtocol")
                    ? MessageUtil.toVersionPrefixedBytes((short) version, message) : null;
        }
    }
}
