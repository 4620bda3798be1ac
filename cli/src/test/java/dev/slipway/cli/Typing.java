package dev.slipway.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.slipway.cli.term.Terminal;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/// Someone who types commands, and reads what comes back.
public final class Typing {

  private final Map<String, String> environment = new TreeMap<>();
  private Instant now;

  /// @param now what the commands take for the time, until [#wait(Duration)]
  public Typing(Instant now) {
    this.now = now;
  }

  /// So much later.
  public Typing wait(Duration time) {
    now = now.plus(time);
    return this;
  }

  /// What a command said.
  public record Said(int exit, String out, String err) {
    public JsonNode json() {
      if (exit != 0) throw new AssertionError("exit " + exit + ": " + err);
      try {
        return new ObjectMapper().readTree(out);
      } catch (JsonProcessingException e) {
        throw new AssertionError(out, e);
      }
    }
  }

  public Typing with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  /// Runs one command in this process.
  public Said slipway(Object... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    var terminal =
        new Terminal(
            new PrintWriter(out, true), new PrintWriter(err, true), false, false, ZoneOffset.UTC);
    String[] words = Arrays.stream(arguments).map(String::valueOf).toArray(String[]::new);
    int exit =
        Slipway.commandLine(
                new Surroundings(terminal, environment, Clock.fixed(now, ZoneOffset.UTC)))
            .execute(words);
    return new Said(exit, out.toString(), err.toString());
  }

  /// A file of the test's resources.
  public static Path resource(String name) {
    try {
      return Path.of(Objects.requireNonNull(Typing.class.getResource("/" + name)).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
