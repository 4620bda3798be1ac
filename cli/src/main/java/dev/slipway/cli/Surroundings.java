package dev.slipway.cli;

import dev.slipway.cli.term.Terminal;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/// What a command finds around it: the terminal, the environment, the place of the programs.
public record Surroundings(Terminal terminal, Map<String, String> environment, Clock clock) {

  private static final Duration CONNECT = Duration.ofSeconds(5);

  public Surroundings {
    environment = Map.copyOf(environment);
  }

  /// An environment variable that says something.
  public Optional<String> variable(String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
  }

  /// The folder with the programs: the root of the project.
  public Path home() {
    String home = System.getProperty("slipway.home");
    return Path.of(home == null ? "" : home).toAbsolutePath();
  }

  /// Where the person stands who typed the command.
  public Path here() {
    return Path.of("").toAbsolutePath();
  }

  /// The folder of the local stack, unless an option names another.
  public Path stackFolder() {
    return variable("SLIPWAY_STACK").map(Path::of).orElseGet(() -> home().resolve(".slipway"));
  }

  public HttpClient http() {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .connectTimeout(CONNECT)
        .build();
  }
}
