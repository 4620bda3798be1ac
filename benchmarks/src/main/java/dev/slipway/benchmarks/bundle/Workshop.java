package dev.slipway.benchmarks.bundle;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Compat;
import dev.slipway.bundle.KeyRing;
import dev.slipway.bundle.SealRequest;
import dev.slipway.bundle.Sealer;
import dev.slipway.bundle.VerifiedManifest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A publisher's machine for one benchmark: keys, a folder of files, and room to seal them in. On a
/// disk in memory where there is one, so that the processor is measured and not a disk.
final class Workshop implements AutoCloseable {

  private static final Instant NOW = Instant.parse("2026-11-24T00:00:00Z");

  final KeyRing keys =
      KeyRing.generate(
          AppId.of("com.example.bench"), new SecureRandom(), NOW, Duration.ofDays(365));
  final Path room;
  final Path files;
  private int number;

  Workshop() throws IOException {
    Path memory = Path.of("/dev/shm");
    room =
        Files.isWritable(memory)
            ? Files.createTempDirectory(memory, "slipway-bench-")
            : Files.createTempDirectory("slipway-bench-");
    files = Files.createDirectory(room.resolve("files"));
  }

  /// Writes a file of bytes that no compressor makes smaller.
  void noise(String name, long size) throws IOException {
    var random = new Random(name.hashCode());
    byte[] piece = new byte[(int) Math.min(size, 1 << 20)];
    Path file = files.resolve(name);
    Files.createDirectories(file.getParent());
    try (OutputStream out = Files.newOutputStream(file)) {
      for (long left = size; left > 0; left -= piece.length) {
        random.nextBytes(piece);
        out.write(piece, 0, (int) Math.min(left, piece.length));
      }
    }
  }

  /// Writes a file of words, as scripts and pages are.
  void text(String name, int size) throws IOException {
    var random = new Random(name.hashCode());
    var text = new StringBuilder(size + 20);
    while (text.length() < size) {
      text.append("function f")
          .append(random.nextInt(5000))
          .append("(a, b) {\n  return a + b;\n}\n");
    }
    Path file = files.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text.substring(0, size));
  }

  SealRequest request() {
    return new SealRequest(
        files, "1.0.0", 0, new Compat(List.of("android"), null), NOW, Map.of(), false);
  }

  /// Reads each file once and writes it once: what no way of sealing or opening can do without.
  void copy(Path target) throws IOException {
    Files.createDirectories(target);
    List<Path> all;
    try (Stream<Path> walk = Files.walk(files)) {
      all = walk.filter(Files::isRegularFile).toList();
    }
    byte[] buffer = new byte[1 << 16];
    int written = 0;
    for (Path file : all) {
      try (InputStream in = Files.newInputStream(file);
          OutputStream out = Files.newOutputStream(target.resolve("f" + written++))) {
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
          out.write(buffer, 0, read);
        }
      }
    }
  }

  /// A folder that does not exist yet.
  Path fresh() {
    return room.resolve("made-" + number++);
  }

  VerifiedManifest seal(Path target) throws IOException {
    return new Sealer(keys, Clock.fixed(NOW, ZoneOffset.UTC))
        .seal(request(), target, (done, total) -> {});
  }

  @Override
  public void close() throws IOException {
    delete(room);
  }

  static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) return;
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, @Nullable IOException failure)
              throws IOException {
            Files.delete(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
