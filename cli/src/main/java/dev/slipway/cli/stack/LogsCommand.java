package dev.slipway.cli.stack;

import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Surroundings;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "logs",
    header = "What the processes of the suite wrote.",
    description = {"", "Example: ./slipway logs rollout -f", ""},
    mixinStandardHelpOptions = true)
public final class LogsCommand implements Callable<Integer> {

  private static final Duration LOOK = Duration.ofMillis(200);
  private static final int CHUNK = 1 << 16;

  @Parameters(
      paramLabel = "PROCESS",
      arity = "0..1",
      description =
          "kafka, postgres, s3, ingest, rollout, delivery or telemetry; all unless given.")
  @Nullable String process;

  @Option(
      names = {"-f", "--follow"},
      description = "Go on with what is written from now on, until Ctrl-C.")
  boolean follow;

  @Option(
      names = {"-n", "--lines"},
      paramLabel = "N",
      defaultValue = "20",
      description = "So many of the last lines; default: ${DEFAULT-VALUE}.")
  int lines;

  @Mixin final Where where;
  private final Surroundings surroundings;

  LogsCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.where = new Where(surroundings);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (!where.folder().exists()) {
      throw new CommandFailure("There is no stack in " + where.folder().path());
    }
    Map<String, Path> logs = chosen(where.folder().logs());
    Map<String, Long> positions = new LinkedHashMap<>();
    for (var log : logs.entrySet()) {
      positions.put(log.getKey(), tail(log.getKey(), log.getValue(), logs.size() > 1));
    }
    while (follow) {
      Thread.sleep(LOOK);
      for (var log : logs.entrySet()) {
        positions.computeIfPresent(
            log.getKey(),
            (name, position) -> more(name, log.getValue(), position, logs.size() > 1));
      }
    }
    return 0;
  }

  private Map<String, Path> chosen(Map<String, Path> all) {
    if (process == null) return all;
    String wanted = process;
    for (String name : new String[] {wanted, wanted + "-service"}) {
      Path log = all.get(name);
      if (log != null) return Map.of(name, log);
    }
    throw new CommandFailure(
        "There is no process %s; there are %s".formatted(wanted, String.join(", ", all.keySet())));
  }

  private long tail(String name, Path log, boolean prefixed) throws IOException {
    if (!Files.exists(log)) return 0;
    Deque<String> last = new ArrayDeque<>();
    try (var all = Files.lines(log, StandardCharsets.ISO_8859_1)) {
      all.forEach(
          line -> {
            last.add(line);
            if (last.size() > lines) last.removeFirst();
          });
    }
    last.forEach(line -> print(name, utf8(line), prefixed));
    return Files.size(log);
  }

  /// What was written since; a log that became shorter is a new one.
  private long more(String name, Path log, long position, boolean prefixed) {
    try (var file = new RandomAccessFile(log.toFile(), "r")) {
      long from = file.length() < position ? 0 : position;
      byte[] chunk = new byte[(int) Math.min(CHUNK, file.length() - from)];
      if (chunk.length == 0) return from;
      file.seek(from);
      file.readFully(chunk);
      int end = chunk.length;
      while (end > 0 && chunk[end - 1] != '\n') end--;
      if (end == 0 && chunk.length < CHUNK) return from;
      if (end == 0) end = chunk.length;
      new String(chunk, 0, end, StandardCharsets.UTF_8)
          .lines()
          .forEach(line -> print(name, line, prefixed));
      return from + end;
    } catch (IOException _) {
      // Between two starts there is no log for a moment.
      return 0;
    }
  }

  private static String utf8(String latin) {
    return new String(latin.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }

  private void print(String name, String line, boolean prefixed) {
    var terminal = surroundings.terminal();
    terminal.line(prefixed ? terminal.faint("%-18s ".formatted(name)) + line : line);
  }
}
