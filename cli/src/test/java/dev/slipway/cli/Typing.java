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
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/// Someone who types commands, and reads what comes back.
public final class Typing {

  private final Map<String, String> environment = new TreeMap<>();
  private final Clock clock;

  /// @param clock what the commands take for the time
  public Typing(Clock clock) {
    this.clock = clock;
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
    int exit = Slipway.commandLine(new Surroundings(terminal, environment, clock)).execute(words);
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
