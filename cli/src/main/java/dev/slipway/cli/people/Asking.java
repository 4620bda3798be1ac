package dev.slipway.cli.people;

import dev.slipway.cli.Connection;
import dev.slipway.cli.Surroundings;
import dev.slipway.cli.http.Api;
import dev.slipway.cli.term.Terminal;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// A command that asks the rollout service something.
public abstract class Asking implements Callable<Integer> {

  @Option(names = "--json", description = "The answer as JSON.")
  protected boolean json;

  @Mixin final Connection connection;
  protected final Surroundings surroundings;

  protected Asking(Surroundings surroundings) {
    this.surroundings = surroundings;
    this.connection = new Connection(surroundings);
  }

  protected Api rollout() {
    return connection.rollout();
  }

  protected Terminal terminal() {
    return surroundings.terminal();
  }

  /// Prints the answer as JSON if that is wanted.
  ///
  /// @return whether it was
  protected boolean asJson(Object answer) {
    if (json) terminal().json(answer);
    return json;
  }

  protected static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /// `&name=value`, or nothing.
  protected static String parameter(String name, @Nullable Object value) {
    return value == null ? "" : "&" + name + "=" + encoded(value.toString());
  }
}
