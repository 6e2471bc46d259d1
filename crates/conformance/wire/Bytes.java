// Do Milena and Kafka's own classes write the same bytes, and read the same values out of them? Every message at every
// version: a value is made from its definition, Kafka encodes it, and Milena decodes and encodes it again.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BinaryNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.types.RawTaggedField;

final class Bytes {
    private static final HexFormat HEX = HexFormat.of();

    /** A line for Milena and what has to come back: {@code text}, or {@code json} as a tree, or an error if both are null. */
    private record Question(String what, String line, String text, JsonNode json) {
        /** What is wrong with the answer; null if nothing is. */
        String check(String answer) throws Exception {
            boolean error = answer.startsWith("error:");
            boolean right = text != null ? answer.equals(text)
                : json != null ? !error && Definitions.JSON.readTree(answer).equals(json) : error;
            if (right) {
                return null;
            }
            String due = text != null ? text : json != null ? json.toString() : "error: …";
            return what + ": " + Peer.shorten(line) + " → " + Peer.shorten(answer) + ", due is " + Peer.shorten(due);
        }
    }

    private final long seed;
    private final Peer decode;
    private final Peer encode;
    private final List<String> failures = new ArrayList<>();
    private int values;
    private int checks;

    Bytes(long seed, Peer decode, Peer encode) {
        this.seed = seed;
        this.decode = decode;
        this.encode = encode;
    }

    /** {@code total} values over all messages and versions, or over those of the one called {@code only}. */
    static String judge(Map<String, Definitions.Definition> kafka, String milena, long seed, int total, String only)
            throws Exception {
        List<Definitions.Definition> asked = new ArrayList<>(kafka.values());
        asked.removeIf(definition -> only != null && !definition.name.equals(only));
        int pairs = asked.stream().mapToInt(it -> it.versions.max() - it.versions.min() + 1).sum();
        int each = Math.max(5, total / Math.max(1, pairs));
        try (Peer decode = new Peer(milena, "decode"); Peer encode = new Peer(milena, "encode")) {
            Bytes bytes = new Bytes(seed, decode, encode);
            for (Definitions.Definition definition : asked) {
                for (int version = definition.versions.min(); version <= definition.versions.max(); version++) {
                    bytes.ask(definition, version, each);
                }
            }
            String count = bytes.values + " values of " + asked.size() + " messages at " + pairs + " versions, "
                + bytes.checks + " answers compared, seed " + seed;
            for (String failure : bytes.failures) {
                System.err.println(failure);
            }
            return bytes.failures.isEmpty() && pairs > 0 ? "ok\t" + count
                : "fail\t" + bytes.failures.size() + " of " + count + ": "
                    + String.join(" / ", bytes.failures.subList(0, Math.min(5, bytes.failures.size())));
        }
    }

    private void ask(Definitions.Definition definition, int version, int each) throws Exception {
        List<Question> toDecode = new ArrayList<>();
        List<Question> toEncode = new ArrayList<>();
        String front = definition.name + " " + version + " ";
        for (int i = 0; i < each; i++) {
            Random random = new Random(seed + 31 * (31 * (31L * definition.name.hashCode() + version) + i));
            Values.Mode mode = i < 3 ? Values.Mode.values()[i] : Values.Mode.ANY;
            ObjectNode json = new Values(random, mode, version).message(definition.fields, -1);
            Message message = definition.fromJson(reread(json), version);
            String hex = HEX.formatHex(Definitions.toBytes(message, version));
            JsonNode written = definition.toJson(message, version);
            restoreRecords(definition.fields, written, json);
            values++;
            toEncode.add(new Question("encode", front + written, hex, null));
            toDecode.add(new Question("decode", front + hex, null, written));
            if (definition.flexible.has(version)) {
                addUnknownTags(message, definition.fields, version, random);
                String more = HEX.formatHex(Definitions.toBytes(message, version));
                toDecode.add(new Question("decode with unknown tags", front + more, null, written));
            }
            if (!hex.isEmpty()) {
                int cut = random.nextInt(hex.length() / 2);
                if (refused(definition, hex.substring(0, 2 * cut), version)) {
                    toDecode.add(new Question("decode what is cut off", front + hex.substring(0, 2 * cut), null, null));
                }
            }
            toEncode.add(atAnotherVersion(definition, version, random));
        }
        check(decode, toDecode);
        check(encode, toEncode);
    }

    /** A value made for one version and written at another: fields are dropped or refused by Kafka's rule. */
    private Question atAnotherVersion(Definitions.Definition definition, int from, Random random) throws Exception {
        int to = definition.versions.min() + random.nextInt(definition.versions.max() - definition.versions.min() + 1);
        long chance = random.nextLong();
        ObjectNode json = new Values(new Random(chance), Values.Mode.ANY, from).message(definition.fields, to);
        // The same without what only the other version has: Kafka's converters refuse some of that.
        ObjectNode plain = new Values(new Random(chance), Values.Mode.ANY, from).message(definition.fields, -1);
        Message message = definition.fromJson(reread(plain), from);
        String line = definition.name + " " + to + " " + json;
        try {
            return new Question("encode a value of version " + from, line, HEX.formatHex(Definitions.toBytes(message, to)), null);
        } catch (RuntimeException refused) {
            return new Question("encode a value of version " + from + ", refused by Kafka (" + refused.getMessage() + ")", line, null, null);
        }
    }

    private void check(Peer peer, List<Question> questions) throws Exception {
        List<String> answers = peer.ask(questions.stream().map(Question::line).toList());
        for (int i = 0; i < answers.size(); i++) {
            checks++;
            String wrong = questions.get(i).check(answers.get(i));
            if (wrong != null) {
                failures.add(wrong);
            }
        }
    }

    private static boolean refused(Definitions.Definition definition, String hex, int version) {
        try {
            definition.fromBytes(HEX.parseHex(hex), version);
            return false;
        } catch (Exception refused) {
            return true;
        }
    }

    /** As Kafka's converters want it: each number of the least width, bytes as text. */
    private static JsonNode reread(JsonNode json) throws Exception {
        return Definitions.JSON.readTree(json.toString());
    }

    /** Kafka's converters leave the bytes of records out; Milena's JSON has them. */
    private static void restoreRecords(List<Definitions.Field> fields, JsonNode written, JsonNode made) {
        for (Definitions.Field field : fields) {
            JsonNode mine = made.get(field.name());
            JsonNode out = written.get(field.name());
            if (mine == null || out == null || out.isNull()) {
                continue;
            }
            if (field.type().equals("records")) {
                ((ObjectNode) written).put(field.name(), BinaryNode.valueOf(((BinaryNode) mine).binaryValue()).asText());
            } else if (field.fields() != null && field.isArray()) {
                for (int i = 0; i < out.size(); i++) {
                    restoreRecords(field.fields(), out.get(i), mine.get(i));
                }
            } else if (field.fields() != null) {
                restoreRecords(field.fields(), out, mine);
            }
        }
    }

    /** Appends tags that no version knows, to the message and to some of the structs in it that the version has. */
    private static void addUnknownTags(Message message, List<Definitions.Field> fields, int version, Random random)
            throws Exception {
        int tag = 100;
        for (int i = random.nextInt(3); i >= 0; i--) {
            byte[] data = new byte[random.nextInt(4) == 0 ? 200 : random.nextInt(9)];
            random.nextBytes(data);
            tag += 1 + random.nextInt(1_000_000);
            message.unknownTaggedFields().add(new RawTaggedField(tag, data));
        }
        for (Definitions.Field field : fields) {
            if (field.fields() == null || !field.versions().has(version)) {
                continue;
            }
            Object held = message.getClass().getMethod(field.name()).invoke(message);
            Collection<?> all = held instanceof Collection<?> many ? many : held == null ? List.of() : List.of(held);
            for (Object inner : all) {
                if (!field.isArray() || random.nextBoolean()) {
                    addUnknownTags((Message) inner, field.fields(), version, random);
                }
            }
        }
    }
}
