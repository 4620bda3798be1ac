package dev.slipway.cli.bundle;

import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.Container;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.KeyRing;
import dev.slipway.bundle.Manifest;
import dev.slipway.bundle.ManifestVerifier;
import dev.slipway.bundle.Opener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What is new in a bundle against an earlier one, and how much will travel where the earlier one
/// is published.
///
/// @param base the earlier bundle; none for the first one
/// @param travelParts parts that the earlier bundle does not have, the zip for the Capgo plugin
///     among them
/// @param travelBytes of these parts
/// @param manifestBytes which travel too, each time
record Comparison(
    @Nullable Path base,
    @Nullable String baseVersion,
    int added,
    int changed,
    int removed,
    int same,
    int travelParts,
    long travelBytes,
    long manifestBytes) {

  /// @param base nothing where there is no earlier bundle: then everything is new
  static Comparison of(Path file, @Nullable Path base, KeyRing keys) throws IOException {
    try (Container container = Container.open(file)) {
      Map<String, Digest> files = files(container, keys);
      Map<Digest, Long> parts = parts(container);
      if (base == null) {
        return new Comparison(
            null,
            null,
            files.size(),
            0,
            0,
            0,
            parts.size(),
            parts.values().stream().mapToLong(Long::longValue).sum(),
            container.manifest().length);
      }
      try (Container earlier = Container.open(base)) {
        Map<String, Digest> before = files(earlier, keys);
        parts.keySet().removeAll(parts(earlier).keySet());
        int same = (int) files.entrySet().stream().filter(file1 -> isSame(file1, before)).count();
        int added = (int) files.keySet().stream().filter(path -> !before.containsKey(path)).count();
        return new Comparison(
            base,
            manifest(earlier).version(),
            added,
            files.size() - added - same,
            (int) before.keySet().stream().filter(path -> !files.containsKey(path)).count(),
            same,
            parts.size(),
            parts.values().stream().mapToLong(Long::longValue).sum(),
            container.manifest().length);
      }
    }
  }

  /// The youngest other bundle of the app in a folder, by the file's time.
  static Optional<Path> youngest(Path folder, KeyRing keys, Path except) throws IOException {
    String prefix = keys.appId() + "-";
    try (var files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(prefix))
          .filter(file -> file.getFileName().toString().endsWith(".slipway"))
          .filter(file -> !file.getFileName().equals(except.getFileName()))
          .max(Comparator.comparing(Comparison::written));
    }
  }

  private static FileTime written(Path file) {
    try {
      return Files.getLastModifiedTime(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isSame(Map.Entry<String, Digest> file, Map<String, Digest> before) {
    return Objects.equals(before.get(file.getKey()), file.getValue());
  }

  private static Manifest manifest(Container container) {
    return ManifestVerifier.readUnverified(container.manifest());
  }

  private static Map<Digest, Long> parts(Container container) {
    Manifest manifest = manifest(container);
    Map<Digest, Long> parts = new HashMap<>();
    manifest.allBlobs().forEach(blob -> parts.put(blob.id(), blob.size()));
    var capgo = manifest.capgo();
    if (capgo != null) parts.put(capgo.id(), capgo.size());
    return parts;
  }

  private static Map<String, Digest> files(Container container, KeyRing keys) throws IOException {
    // A bundle of one's own: the key that opens it proves it, whoever signed it when it was made.
    var verified = Inspection.atItsTime(container.manifest());
    Map<String, Digest> files = new HashMap<>();
    for (var entry :
        new Opener(verified, keys.publisherKey(verified.manifest()), container).list().files()) {
      files.put(entry.path(), entry.digest());
    }
    return files;
  }

  /// Nothing where the earlier bundle was sealed with other keys, or is none: what is said beside
  /// an answer never stops the work.
  static Optional<Comparison> ifPossible(Path file, @Nullable Path base, KeyRing keys)
      throws IOException {
    try {
      return Optional.of(of(file, base, keys));
    } catch (BundleException _) {
      return Optional.empty();
    }
  }
}
