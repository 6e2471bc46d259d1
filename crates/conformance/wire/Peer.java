// A running `milena wire decode` or `milena wire encode`: a line in, a line out.

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

final class Peer implements AutoCloseable {
    private final Process process;
    private final BufferedWriter in;
    private final BufferedReader out;

    Peer(String milena, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(milena, "wire"));
        command.addAll(List.of(arguments));
        process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        in = new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
        out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** Asks all; the answers are in the same order. */
    List<String> ask(List<String> lines) throws Exception {
        // Both pipes can be full at once: writing goes on while the answers are read.
        Thread writer = new Thread(() -> {
            try {
                for (String line : lines) {
                    in.write(line);
                    in.write('\n');
                }
                in.flush();
            } catch (java.io.IOException gone) {
                // The reader finds out.
            }
        });
        writer.start();
        List<String> answers = new ArrayList<>(lines.size());
        for (int i = 0; i < lines.size(); i++) {
            String answer = out.readLine();
            if (answer == null) {
                throw new IllegalStateException("milena wire ended at: " + shorten(lines.get(i)));
            }
            answers.add(answer);
        }
        writer.join();
        return answers;
    }

    static String shorten(String text) {
        return text.length() <= 400 ? text : text.substring(0, 300) + "…(" + text.length() + " characters)";
    }

    @Override
    public void close() {
        process.destroy();
    }
}
