// Does each message of Milena have the fields that Kafka's definition gives it? Milena tells its own by
// `milena wire list --schema`; both are laid side by side version by version, because a range of versions can be written
// in more than one way.

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

final class Structure {
    /** What differs on purpose: where, and why. */
    private final Map<String, String> known;
    private final Set<String> seen = new HashSet<>();
    private final List<String> differences = new ArrayList<>();
    private int compared;

    Structure(Map<String, String> known) {
        this.known = known;
    }

    static String judge(Map<String, Definitions.Definition> kafka, JsonNode milena, Map<String, String> known) {
        return new Structure(known).compare(kafka, milena);
    }

    private String compare(Map<String, Definitions.Definition> kafka, JsonNode milena) {
        Map<String, JsonNode> ours = new TreeMap<>();
        milena.forEach(message -> ours.put(message.get("name").asText(), message));
        for (String name : kafka.keySet()) {
            if (!ours.containsKey(name)) {
                differ(name, "Milena does not have it");
            }
        }
        ours.forEach((name, message) -> {
            Definitions.Definition definition = kafka.get(name);
            if (definition == null) {
                differ(name, "Kafka 4.3.1 does not have it");
            } else {
                message(definition, message);
            }
        });
        for (String place : known.keySet()) {
            if (!seen.contains(place)) {
                differences.add(place + ": listed as a difference, and is none");
            }
        }
        String count = kafka.size() + " messages, " + compared + " fields at all versions, " + known.size() + " listed differences";
        return differences.isEmpty() ? "ok\t" + count : "fail\t" + differences.size() + " differences: "
            + String.join(" / ", differences.subList(0, Math.min(12, differences.size())));
    }

    private void message(Definitions.Definition kafka, JsonNode milena) {
        String place = kafka.name;
        Definitions.Versions versions = Definitions.Versions.parse(milena.get("versions").asText());
        Definitions.Versions stable = Definitions.Versions.parse(milena.path("stable").asText("none").replace("null", "none"));
        Definitions.Versions flexible = Definitions.Versions.parse(milena.get("flexible").asText());
        same(place, "kind", kafka.kind, milena.get("kind").asText());
        same(place, "key", kafka.key, milena.get("key").asInt());
        same(place, "versions", kafka.versions, versions);
        same(place, "last stable version", kafka.stable, stable.max() < 0 ? kafka.versions.min() - 1 : stable.max());
        List<String> listeners = new ArrayList<>();
        milena.path("listeners").forEach(listener -> listeners.add(listener.asText()));
        same(place, "listeners", new HashSet<>(kafka.listeners), new HashSet<>(listeners));
        for (int version = kafka.versions.min(); version <= kafka.versions.max(); version++) {
            same(place, "flexible at version " + version, kafka.flexible.has(version), flexible.has(version));
            fields(place, kafka.fields, milena.get("fields"), version, kafka.flexible.has(version));
        }
    }

    private void fields(String place, List<Definitions.Field> kafka, JsonNode milena, int version, boolean flexible) {
        Map<String, JsonNode> ours = new LinkedHashMap<>();
        for (JsonNode field : milena) {
            if (Definitions.Versions.parse(field.get("versions").asText()).has(version)) {
                ours.put(field.get("name").asText(), field);
            }
        }
        List<String> order = new ArrayList<>();
        for (Definitions.Field field : kafka) {
            String at = place + "." + field.name();
            // A version without the field still has its default and its rule: those are compared at every version.
            JsonNode mine = ours.get(field.name());
            if (!field.versions().has(version)) {
                continue;
            }
            order.add(field.name());
            if (mine == null) {
                differ(at, "Milena does not have it at version " + version);
                continue;
            }
            compared++;
            same(at, "type", field.shortType(), mine.get("type").asText());
            Definitions.Versions nullable = Definitions.Versions.parse(mine.path("nullable").asText("none").replace("null", "none"));
            same(at, "nullable at version " + version, field.nullable().has(version), nullable.has(version));
            same(at, "tag at version " + version, field.tagged().has(version) ? field.tag() : -1, mine.path("tag").asInt(-1));
            // What Kafka says of a field that every version has is never asked.
            same(at, "ignorable", field.ignorable(), mine.get("ignorable").asBoolean());
            same(at, "compact where the message is flexible", field.flexible(), mine.get("flexible").asBoolean());
            if (field.fields() == null || field.isArray() || "null".equals(field.standard())) {
                String text = Values.standard(field, -1).toString();
                same(at, "default", text(text), text(mine.get("default").toString()));
            } else {
                same(at, "default is a struct", true, mine.get("default").isObject());
            }
            if (field.fields() != null) {
                fields(at, field.fields(), mine.get("fields"), version, flexible);
            }
        }
        // Tagged fields are written in the order of their tags, wherever they stand.
        List<String> untagged = new ArrayList<>();
        kafka.stream().filter(field -> field.versions().has(version) && !field.tagged().has(version))
            .forEach(field -> untagged.add(field.name()));
        List<String> mine = new ArrayList<>();
        ours.values().stream().filter(field -> field.path("tag").asInt(-1) < 0).forEach(field -> mine.add(field.get("name").asText()));
        for (String name : ours.keySet()) {
            if (!order.contains(name)) {
                differ(place + "." + name, "Kafka 4.3.1 does not have it at version " + version);
                mine.remove(name);
            }
        }
        same(place, "order of fields at version " + version, untagged, mine);
    }

    /** Numbers in one notation. */
    private static String text(String json) {
        return json.matches("-?\\d+\\.0") ? json.substring(0, json.length() - 2) : json;
    }

    private void same(String place, String what, Object kafka, Object milena) {
        if (!kafka.equals(milena)) {
            differ(place, what + ": Kafka " + kafka + ", Milena " + milena);
        }
    }

    private void differ(String place, String what) {
        if (known.containsKey(place)) {
            seen.add(place);
        } else if (seen.add(place + ": " + what)) {
            differences.add(place + ": " + what);
        }
    }
}
