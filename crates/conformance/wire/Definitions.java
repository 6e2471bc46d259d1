// Kafka's definitions of its messages, read from the jars on the class path, each with the class that was made of it.

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipFile;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.ObjectSerializationCache;

final class Definitions {
    static final ObjectMapper JSON = new ObjectMapper().enable(JsonParser.Feature.ALLOW_COMMENTS);

    /** Versions from {@code min} to {@code max}, both among them; none if {@code max} is less. */
    record Versions(int min, int max) {
        static final Versions NONE = new Versions(0, -1);

        /** Kafka's notation: {@code 3}, {@code 0-4}, {@code 2+}, {@code none}. */
        static Versions parse(String text) {
            if (text == null || text.equals("none")) {
                return NONE;
            }
            if (text.endsWith("+")) {
                return new Versions(Integer.parseInt(text.substring(0, text.length() - 1)), Short.MAX_VALUE);
            }
            String[] ends = text.split("-");
            return new Versions(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]));
        }

        boolean has(int version) {
            return min <= version && version <= max;
        }
    }

    /** {@code fields} are those of the struct, or of the struct that the array is of; null if it has none. */
    record Field(String name, String type, Versions versions, Versions nullable, Versions tagged, int tag,
            boolean ignorable, boolean flexible, String standard, List<Field> fields) {
        boolean isArray() {
            return type.startsWith("[]");
        }

        /** The type in short: a struct is the word {@code struct}, whatever it is called. */
        String shortType() {
            return fields == null ? type : isArray() ? "[]struct" : "struct";
        }

        /** What an element of the array is, as a field that is always there and never null. */
        Field element() {
            return new Field(name, type.substring(2), versions, Versions.NONE, Versions.NONE, -1, false, flexible, null,
                fields);
        }
    }

    static final class Definition {
        String name;
        String kind;
        int key;
        Versions versions;
        Versions flexible;
        /** The last version that is advertised; less than the first if none is. */
        int stable;
        List<String> listeners;
        List<Field> fields;
        Class<?> type;
        private Method read;
        private Method write;

        Message fromJson(JsonNode json, int version) throws Exception {
            return (Message) read.invoke(null, json, (short) version);
        }

        JsonNode toJson(Message message, int version) throws Exception {
            return JSON.readTree(write.invoke(null, message, (short) version).toString());
        }

        Message fromBytes(byte[] bytes, int version) throws Exception {
            Message message = (Message) type.getDeclaredConstructor().newInstance();
            message.read(new ByteBufferAccessor(ByteBuffer.wrap(bytes)), (short) version);
            return message;
        }
    }

    static byte[] toBytes(Message message, int version) {
        var cache = new ObjectSerializationCache();
        ByteBuffer buffer = ByteBuffer.allocate(message.size(cache, (short) version));
        message.write(new ByteBufferAccessor(buffer), cache, (short) version);
        if (buffer.hasRemaining()) {
            throw new AssertionError("Kafka's size and Kafka's bytes differ");
        }
        return buffer.array();
    }

    /** All that are in the jars and not retired, by name. */
    static Map<String, Definition> load() throws Exception {
        Map<String, JsonNode> texts = new TreeMap<>();
        Map<String, String> converters = new HashMap<>();
        for (String jar : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (!new File(jar).getName().startsWith("kafka")) {
                continue;
            }
            try (ZipFile zip = new ZipFile(jar)) {
                for (var entry : java.util.Collections.list(zip.entries())) {
                    String path = entry.getName();
                    if (path.matches(".*(message|metadata)/\\w+\\.json")) {
                        try (var stream = zip.getInputStream(entry)) {
                            JsonNode text = JSON.readTree(stream);
                            texts.put(text.get("name").asText(), text);
                        }
                    } else if (path.endsWith("JsonConverter.class") && !path.contains("$")) {
                        String type = path.substring(0, path.length() - "JsonConverter.class".length()).replace('/', '.');
                        converters.put(type.substring(type.lastIndexOf('.') + 1), type);
                    }
                }
            }
        }
        Map<String, Definition> found = new TreeMap<>();
        for (var text : texts.entrySet()) {
            Definition definition = definition(text.getValue());
            // An API that a release has removed keeps its definition, without versions.
            if (definition.versions.max < 0) {
                continue;
            }
            String type = converters.getOrDefault(text.getKey(), converters.get(text.getKey() + "Data"));
            definition.type = Class.forName(type);
            Class<?> converter = Class.forName(type + "JsonConverter");
            definition.read = converter.getMethod("read", JsonNode.class, short.class);
            definition.write = converter.getMethod("write", definition.type, short.class);
            found.put(text.getKey(), definition);
        }
        return found;
    }

    private static Definition definition(JsonNode json) {
        Definition it = new Definition();
        it.name = json.get("name").asText();
        it.kind = json.get("type").asText();
        it.key = json.path("apiKey").asInt(-1);
        it.versions = Versions.parse(json.path("validVersions").asText("none"));
        it.flexible = Versions.parse(json.path("flexibleVersions").asText("none"));
        it.stable = it.versions.max - (json.path("latestVersionUnstable").asBoolean(false) ? 1 : 0);
        it.listeners = new ArrayList<>();
        json.path("listeners").forEach(listener -> it.listeners.add(listener.asText()));
        Map<String, JsonNode> structs = new HashMap<>();
        json.path("commonStructs").forEach(struct -> structs.put(struct.get("name").asText(), struct.get("fields")));
        it.fields = fields(json.path("fields"), structs);
        return it;
    }

    private static List<Field> fields(JsonNode json, Map<String, JsonNode> structs) {
        List<Field> fields = new ArrayList<>();
        for (JsonNode field : json) {
            String type = field.get("type").asText();
            JsonNode inner = field.has("fields") ? field.get("fields") : structs.get(type.replace("[]", ""));
            String name = field.get("name").asText();
            Versions tagged = Versions.parse(field.path("taggedVersions").asText("none"));
            fields.add(new Field(Character.toLowerCase(name.charAt(0)) + name.substring(1), type,
                Versions.parse(field.path("versions").asText(field.path("taggedVersions").asText("none"))),
                Versions.parse(field.path("nullableVersions").asText("none")), tagged, field.path("tag").asInt(-1),
                field.path("ignorable").asBoolean(false), !field.path("flexibleVersions").asText("").equals("none"),
                field.hasNonNull("default") ? field.get("default").asText() : null, inner == null ? null : fields(inner, structs)));
        }
        return fields;
    }
}
