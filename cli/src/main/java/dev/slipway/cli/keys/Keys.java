package dev.slipway.cli.keys;

import dev.slipway.bundle.KeyRing;
import dev.slipway.cli.CommandFailure;
import dev.slipway.cli.Surroundings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Where the publisher's keys are.
public final class Keys {

  @Option(
      names = "--keys",
      paramLabel = "FOLDER",
      description =
          "The folder with the app's keys. Environment: SLIPWAY_KEYS; default: slipway-keys.")
  @Nullable Path folder;

  private final Surroundings surroundings;

  public Keys(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  public Path folder() {
    return folder != null
        ? folder
        : surroundings
            .variable("SLIPWAY_KEYS")
            .map(Path::of)
            .orElseGet(() -> surroundings.here().resolve("slipway-keys"));
  }

  /// Whether the command line itself says which keys to use.
  public boolean areNamed() {
    return folder != null;
  }

  /// Whether there are keys, named or not.
  public boolean arePresent() {
    return Files.isDirectory(folder());
  }

  public KeyRing read() throws IOException {
    if (!Files.isDirectory(folder())) {
      throw new CommandFailure(
          "There are no keys in %s. Make them with: ./slipway keys init APP_ID"
              .formatted(folder()));
    }
    return KeyRing.read(folder());
  }
}
