package dev.slipway.bundle;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Folders that exist only while something is made. */
final class Folders {

  private Folders() {}

  /**
   * What failed at a file, with its path in the message: a full disk and a broken one do not say
   * which file they mean.
   */
  static IOException naming(String path, IOException failure) {
    String message = String.valueOf(failure.getMessage());
    return failure instanceof InterruptedIOException || message.contains(path)
        ? failure
        : new IOException(path + ": " + message, failure);
  }

  /** Deletes a folder with all that is in it, without following links. */
  static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> deepestFirst;
    try (Stream<Path> walk = Files.walk(folder)) {
      deepestFirst = walk.sorted(Comparator.reverseOrder()).collect(Collectors.toList());
    }
    for (Path path : deepestFirst) {
      Files.delete(path);
    }
  }
}
