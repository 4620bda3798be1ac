package dev.slipway.cli;

import dev.slipway.cli.http.Api;
import dev.slipway.cli.stack.StackFolder;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Where the services are and who asks: options first, then the environment, then the local stack's
/// folder.
public final class Connection {

  private static final String ADDRESS =
      "the address of a service is written https://ingest.example.com";

  @Option(
      names = "--stack",
      paramLabel = "FOLDER",
      description =
          "The local stack whose addresses and owner key are used. Environment: SLIPWAY_STACK;"
              + " default: .slipway beside this program.")
  @Nullable Path folder;

  @Option(
      names = "--ingest-url",
      paramLabel = "URL",
      description = "Address of the ingest service. Environment: SLIPWAY_INGEST_URL.")
  @Nullable URI ingest;

  @Option(
      names = "--rollout-url",
      paramLabel = "URL",
      description = "Address of the rollout service. Environment: SLIPWAY_ROLLOUT_URL.")
  @Nullable URI rollout;

  private final Surroundings surroundings;

  public Connection(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  public Api ingest() {
    return api("ingest", ingest, "SLIPWAY_INGEST_URL", stack().ingest());
  }

  public Api rollout() {
    return api("rollout", rollout, "SLIPWAY_ROLLOUT_URL", stack().rollout());
  }

  public StackFolder stack() {
    return new StackFolder(folder == null ? surroundings.stackFolder() : folder);
  }

  /// The address of a service.
  ///
  /// @throws IllegalArgumentException if it is none that HTTP is spoken at
  static URI address(String text) {
    URI address;
    try {
      address = new URI(text.strip());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(ADDRESS, e);
    }
    boolean http = "http".equals(address.getScheme()) || "https".equals(address.getScheme());
    if (!http || address.getHost() == null) throw new IllegalArgumentException(ADDRESS);
    return address;
  }

  private static URI address(String variable, String text) {
    try {
      return address(text);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure.Misunderstood(
          "%s is '%s': %s".formatted(variable, text, e.getMessage()));
    }
  }

  /// The local stack's key goes to the local stack's services only.
  private Api api(String service, @Nullable URI option, String variable, Optional<URI> local) {
    Optional<URI> named =
        Optional.ofNullable(option)
            .or(() -> surroundings.variable(variable).map(text -> address(variable, text)));
    URI base =
        named
            .or(() -> local)
            .orElseThrow(
                () ->
                    new CommandFailure(
                        "Where is the %s service? Start the suite on this machine with ./slipway up,"
                                .formatted(service)
                            + " or name it with --%s-url or %s".formatted(service, variable)));
    String key =
        surroundings
            .variable("SLIPWAY_ACCESS_KEY")
            .map(String::strip)
            .or(() -> named.isPresent() ? Optional.empty() : stack().ownerKey())
            .orElse(null);
    return new Api(service, base, key, surroundings.http());
  }
}
