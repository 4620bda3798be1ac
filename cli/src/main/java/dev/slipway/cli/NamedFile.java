package dev.slipway.cli;

import dev.slipway.bundle.BundleException;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;

/// A file that somebody named on the command line: what is wrong with it is said of its name.
public final class NamedFile {

  /// Keys and certificates are far smaller.
  private static final int MAX_TEXT = 1 << 20;

  private NamedFile() {}

  /// The whole text, at most 1 MiB.
  ///
  /// @throws CommandFailure if it is a folder, too large, or no text
  /// @throws java.nio.file.NoSuchFileException if there is no such file
  public static String text(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new CommandFailure("%s is a folder; a file is wanted".formatted(file));
    }
    if (Files.size(file) > MAX_TEXT) throw new CommandFailure(file + " is too large");
    try {
      return Files.readString(file);
    } catch (MalformedInputException e) {
      throw new CommandFailure(file + " is not a text", e);
    }
  }

  /// What the text means.
  ///
  /// @param parse refuses with a [BundleException], whose facts name what is missing, never what is
  ///     there
  /// @throws CommandFailure as [#text] does, and if the text is refused
  public static <T> T parse(Path file, Function<String, T> parse) throws IOException {
    try {
      return parse.apply(text(file));
    } catch (BundleException e) {
      throw new CommandFailure("%s: %s".formatted(file, e.getMessage()), e);
    }
  }

  /// Refuses a place for a new file or folder whose own folder is not there.
  public static void requireFolderOf(Path out) {
    Path folder = out.toAbsolutePath().normalize().getParent();
    if (folder != null && !Files.isDirectory(folder)) {
      throw new CommandFailure(
          "There is no folder %s to write into; make it first".formatted(folder));
    }
  }
}
