package dev.slipway.cli.bundle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/// Folders that exist only while a command works.
final class TemporaryFolder {

  private TemporaryFolder() {}

  /// Deletes a folder with all that is in it, without following links.
  static void delete(Path folder) throws IOException {
    try (var walk = Files.walk(folder)) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) Files.delete(path);
    }
  }
}
