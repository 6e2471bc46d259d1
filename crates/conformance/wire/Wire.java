// Judges Milena's wire by Apache Kafka's own definitions and classes: `Wire MILENA DIFFERENCES SEED VALUES [MESSAGE]`.
// One line per question on standard output: `question TAB ok|fail TAB detail`.

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;

public final class Wire {
    public static void main(String[] args) throws Exception {
        String milena = args[0];
        Map<String, String> known = new LinkedHashMap<>();
        for (String line : Files.readAllLines(Path.of(args[1]))) {
            if (!line.isBlank() && !line.startsWith("#")) {
                String[] parts = line.split("\t", 2);
                known.put(parts[0], parts[1]);
            }
        }
        long seed = Long.parseLong(args[2]);
        int values = Integer.parseInt(args[3]);
        String only = args.length > 4 ? args[4] : null;
        Map<String, Definitions.Definition> kafka = Definitions.load();
        if (only == null) {
            ask("structure", () -> Structure.judge(kafka, schema(milena), known));
        }
        ask("bytes", () -> Bytes.judge(kafka, milena, seed, values, only));
        if (only == null) {
            ask("framed", () -> Framed.judge(kafka, milena, seed));
        }
    }

    private static JsonNode schema(String milena) throws Exception {
        Process process = new ProcessBuilder(milena, "wire", "list", "--schema")
            .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (var stream = process.getInputStream()) {
            return Definitions.JSON.readTree(stream.readAllBytes());
        }
    }

    private static void ask(String question, Callable<String> judge) {
        String verdict;
        try {
            verdict = judge.call();
        } catch (Exception | Error broken) {
            broken.printStackTrace();
            verdict = "fail\t" + broken;
        }
        System.out.println(question + "\t" + verdict.replace('\n', ' ').replace('\r', ' '));
    }
}
