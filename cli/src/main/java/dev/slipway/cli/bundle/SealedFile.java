package dev.slipway.cli.bundle;

import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.Container;
import dev.slipway.cli.CommandFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/// A sealed bundle that somebody named on the command line: what is wrong with it is said of its
/// name.
final class SealedFile {

  /// What a ZIP whose first entry begins at once begins with.
  private static final byte[] MAGIC = {'P', 'K', 3, 4};

  private SealedFile() {}

  /// @throws CommandFailure if the file is something else altogether
  /// @throws BundleException if it is a bundle that was damaged or changed
  static Container open(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new CommandFailure(
          "%s is a folder; a sealed bundle is one file, as `bundle seal` makes it".formatted(file));
    }
    try (var in = Files.newInputStream(file)) {
      if (!Arrays.equals(in.readNBytes(MAGIC.length), MAGIC)) {
        throw new CommandFailure(
            "%s is no sealed bundle; `bundle seal` makes them".formatted(file));
      }
    }
    return Container.open(file);
  }
}
