// Values for a message at a version, in the JSON of Kafka's converters: any that Kafka accepts, the edges among them.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BinaryNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.Uuid;

final class Values {
    enum Mode { DEFAULT, LEAST, GREATEST, ANY }

    /** Strings and bytes at the length where a 16-bit length, or a varint of two bytes, is at its end. */
    private static final int[] LENGTHS = {0, 1, 7, 126, 127, 128, 300, 16_382, 16_383, 16_384};
    private static final int LONGEST_STRING = Short.MAX_VALUE;

    private final Random random;
    private final Mode mode;
    private final int version;
    /** Long strings and bytes left for this message: one shows all there is to see. */
    private int longOnes = 2;

    Values(Random random, Mode mode, int version) {
        this.random = random;
        this.mode = mode;
        this.version = version;
    }

    /** A value; with the fields that {@code other} has and this version has not at their defaults. */
    ObjectNode message(List<Definitions.Field> fields, int other) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        for (Definitions.Field field : fields) {
            if (!field.versions().has(version)) {
                if (field.versions().has(other)) {
                    node.set(field.name(), standard(field, other));
                }
            } else if (field.tagged().has(version) && mode == Mode.ANY && random.nextInt(3) == 0) {
                node.set(field.name(), standard(field, version));
            } else {
                node.set(field.name(), value(field, other));
            }
        }
        return node;
    }

    private JsonNode value(Definitions.Field field, int other) {
        boolean nullable = field.nullable().has(version);
        switch (mode) {
            case DEFAULT:
                return standard(field, version);
            case LEAST:
                if (nullable) {
                    return NullNode.instance;
                }
                break;
            default:
                if (nullable && mode == Mode.ANY && random.nextInt(4) == 0) {
                    return NullNode.instance;
                }
        }
        if (field.isArray()) {
            ArrayNode array = JsonNodeFactory.instance.arrayNode();
            int count = switch (mode) {
                case GREATEST -> field.fields() == null ? 130 : 2;
                case ANY -> random.nextInt(4);
                default -> 0;
            };
            for (int i = 0; i < count; i++) {
                array.add(value(field.element(), other));
            }
            return array;
        }
        if (field.fields() != null) {
            return message(field.fields(), other);
        }
        return switch (field.type()) {
            case "bool" -> BooleanNode.valueOf(mode == Mode.ANY ? random.nextBoolean() : mode == Mode.GREATEST);
            case "int8" -> whole(Byte.MIN_VALUE, Byte.MAX_VALUE);
            case "int16" -> whole(Short.MIN_VALUE, Short.MAX_VALUE);
            case "uint16" -> whole(0, 0xffff);
            case "int32" -> whole(Integer.MIN_VALUE, Integer.MAX_VALUE);
            case "uint32" -> whole(0, 0xffff_ffffL);
            case "int64" -> whole(Long.MIN_VALUE, Long.MAX_VALUE);
            case "float64" -> DoubleNode.valueOf(fraction());
            case "uuid" -> TextNode.valueOf(uuid().toString());
            case "string" -> TextNode.valueOf(text());
            case "bytes", "records" -> BinaryNode.valueOf(bytes());
            default -> throw new AssertionError(field.type());
        };
    }

    private LongNode whole(long min, long max) {
        return LongNode.valueOf(switch (mode) {
            case LEAST -> min;
            case GREATEST -> max;
            default -> switch (random.nextInt(6)) {
                case 0 -> min;
                case 1 -> max;
                case 2 -> Math.max(min, -1);
                case 3 -> random.nextInt(100);
                default -> max == Long.MAX_VALUE ? random.nextLong() : min + (long) (random.nextDouble() * (max - min));
            };
        });
    }

    private double fraction() {
        double[] edges = {0, -0.0, 1, -1.5, Double.MAX_VALUE, Double.MIN_VALUE, 1e-7, 123_456_789.125};
        return switch (mode) {
            case LEAST -> -Double.MAX_VALUE;
            case GREATEST -> Double.MAX_VALUE;
            default -> random.nextBoolean() ? edges[random.nextInt(edges.length)] : random.nextGaussian() * 1e9;
        };
    }

    private Uuid uuid() {
        return switch (mode) {
            case LEAST -> Uuid.ZERO_UUID;
            case GREATEST -> new Uuid(-1, -1);
            default -> random.nextInt(5) == 0 ? Uuid.ZERO_UUID : new Uuid(random.nextLong(), random.nextLong());
        };
    }

    private int length() {
        if (mode == Mode.LEAST) {
            return 0;
        }
        boolean mayBeLong = longOnes > 0 && (mode == Mode.GREATEST || random.nextInt(40) == 0);
        int length = mayBeLong ? LENGTHS[7 + random.nextInt(3)] : LENGTHS[random.nextInt(7)];
        longOnes -= length > 1_000 ? 1 : 0;
        return length;
    }

    private String text() {
        if (mode == Mode.GREATEST && longOnes > 1) {
            longOnes--;
            return "g".repeat(LONGEST_STRING);
        }
        if (mode == Mode.ANY && random.nextInt(3) > 0) {
            String letters = "abcXYZ019._-";
            StringBuilder name = new StringBuilder();
            for (int i = random.nextInt(12); i >= 0; i--) {
                name.append(letters.charAt(random.nextInt(letters.length())));
            }
            return name.toString();
        }
        String[] odd = {"x", "\u0000", "\"", "\\", "/", "\n", "\t", "\u001f", "\u007f", "\u00e9", "\u20ac", "\u2028", "\ufffd", "\ud83d\ude00"};
        StringBuilder text = new StringBuilder();
        for (int length = length(); length > 0; length--) {
            text.append(odd[random.nextInt(mode == Mode.ANY ? odd.length : 1)]);
        }
        return text.toString();
    }

    private byte[] bytes() {
        byte[] bytes = new byte[length()];
        random.nextBytes(bytes);
        return bytes;
    }

    /** The value that Kafka's own class has when nothing is set, as the definition tells it. */
    static JsonNode standard(Definitions.Field field, int version) {
        String text = field.standard();
        if ("null".equals(text)) {
            return NullNode.instance;
        }
        if (field.isArray()) {
            return JsonNodeFactory.instance.arrayNode();
        }
        if (field.fields() != null) {
            ObjectNode node = JsonNodeFactory.instance.objectNode();
            for (Definitions.Field inner : field.fields()) {
                if (version < 0 || inner.versions().has(version)) {
                    node.set(inner.name(), standard(inner, version));
                }
            }
            return node;
        }
        boolean none = text == null || text.isEmpty();
        return switch (field.type()) {
            case "bool" -> BooleanNode.valueOf(!none && text.equalsIgnoreCase("true"));
            case "float64" -> DoubleNode.valueOf(none ? 0 : Double.parseDouble(text));
            case "uuid" -> TextNode.valueOf(Uuid.ZERO_UUID.toString());
            case "string" -> TextNode.valueOf(none ? "" : text);
            case "bytes" -> BinaryNode.valueOf(new byte[0]);
            // Null in Kafka's class, and refused where the version has no null.
            case "records" -> version < 0 ? NullNode.instance : BinaryNode.valueOf(new byte[0]);
            default -> LongNode.valueOf(none ? 0 : Long.decode(text));
        };
    }
}
