package dev.slipway.benchmarks.bundle;

import com.github.luben.zstd.ZstdCompressCtx;
import dev.slipway.bundle.VerifiedManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Sealing an app of 5,000 files, 12 KiB of text each, against reading and hashing them once: what
/// the rest costs (compression, encryption, writing 5,000 blobs) is to be seen beside it.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx512m")
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@SuppressWarnings("NullAway.Init")
public class ManyFiles {

  private static final int FILES = 5_000;
  private static final int SIZE = 12 << 10;

  private Workshop workshop;
  private Path made;

  @Setup
  public void makeFiles() throws IOException {
    workshop = new Workshop();
    for (int i = 0; i < FILES; i++) workshop.text("d" + i % 50 + "/f" + i + ".js", SIZE);
    made = workshop.fresh();
  }

  @TearDown(Level.Invocation)
  public void clear() throws IOException {
    Workshop.delete(made);
  }

  @TearDown
  public void close() throws IOException {
    workshop.close();
  }

  /// Reads and hashes each file once.
  @Benchmark
  public byte[] baseline() throws IOException, NoSuchAlgorithmException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    List<Path> files;
    try (Stream<Path> walk = Files.walk(workshop.files)) {
      files = walk.filter(Files::isRegularFile).toList();
    }
    for (Path file : files) digest.update(Files.readAllBytes(file));
    return digest.digest();
  }

  /// The plainest program that leaves 5,000 compressed files, on one core: it reads, hashes,
  /// compresses and writes each in turn. It encrypts nothing, makes no index and signs nothing.
  @Benchmark
  public byte[] compressedCopy() throws IOException, NoSuchAlgorithmException {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    List<Path> files;
    try (Stream<Path> walk = Files.walk(workshop.files)) {
      files = walk.filter(Files::isRegularFile).toList();
    }
    Files.createDirectory(made);
    int number = 0;
    try (var compressor = new ZstdCompressCtx().setLevel(3)) {
      for (Path file : files) {
        byte[] content = Files.readAllBytes(file);
        digest.update(content);
        Files.write(made.resolve("f" + number++), compressor.compress(content));
      }
    }
    return digest.digest();
  }

  @Benchmark
  public VerifiedManifest seal() throws IOException {
    return workshop.seal(made);
  }
}
