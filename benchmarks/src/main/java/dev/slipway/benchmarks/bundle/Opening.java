package dev.slipway.benchmarks.bundle;

import dev.slipway.benchmarks.Goal;
import dev.slipway.bundle.BundleParts;
import dev.slipway.bundle.Opener;
import dev.slipway.bundle.VerifiedManifest;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Opening a bundle of 64 MiB that could not be compressed, against the least that these bytes can
/// cost: the digests of the blobs, decryption, the digests of the files.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx512m")
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@SuppressWarnings("NullAway.Init")
public class Opening {

  @Param({"1", "64", "1024"})
  public int files;

  private JdkCrypto jdk;
  private Workshop workshop;
  private VerifiedManifest sealed;
  private BundleParts parts;
  private Path opened;

  @Setup
  public void makeBundle() throws IOException, GeneralSecurityException {
    jdk = new JdkCrypto();
    workshop = new Workshop();
    for (int i = 0; i < files; i++) workshop.noise("d" + i % 10 + "/f" + i, Sealing.BYTES / files);
    parts = new BundleParts(workshop.fresh());
    sealed = workshop.seal(parts.folder());
    opened = workshop.fresh();
  }

  @TearDown(Level.Invocation)
  public void clear() throws IOException {
    Workshop.delete(opened);
  }

  @TearDown
  public void close() throws IOException {
    workshop.close();
  }

  /// AES-256-GCM and two passes of SHA-256 by the JDK, and each file read and written once.
  @Benchmark
  public byte[] baseline() throws GeneralSecurityException, IOException {
    workshop.copy(opened);
    return jdk.open(Sealing.BYTES);
  }

  /// The same without the files: what they cost on this machine is the difference.
  @Benchmark
  public byte[] cryptographyAlone() throws GeneralSecurityException {
    return jdk.open(Sealing.BYTES);
  }

  @Benchmark
  @Goal(ratio = 0.7)
  public Opener.Contents open() throws IOException {
    return new Opener(sealed, workshop.keys.publisherKey(), parts).open(opened);
  }
}
