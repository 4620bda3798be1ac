package dev.slipway.benchmarks.bundle;

import dev.slipway.bundle.BundleParts;
import dev.slipway.bundle.Opener;
import dev.slipway.bundle.VerifiedManifest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
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

/// One file of 1 GiB in a heap of 256 MiB: that it can be sealed and opened at all is what is
/// asked.
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx256m")
@Warmup(iterations = 0)
@Measurement(iterations = 1)
@SuppressWarnings("NullAway.Init")
public class LargeFile {

  private static final long BYTES = 1L << 30;

  private Workshop workshop;
  private BundleParts parts;
  private VerifiedManifest sealed;
  private Path made;

  @Setup
  public void makeFile() throws IOException {
    workshop = new Workshop();
    workshop.noise("large", BYTES);
    parts = new BundleParts(workshop.fresh());
    sealed = workshop.seal(parts.folder());
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

  @Benchmark
  public VerifiedManifest seal() throws IOException {
    return workshop.seal(made);
  }

  @Benchmark
  public Opener.Contents open() throws IOException {
    return new Opener(sealed, workshop.keys.publisherKey(), parts).open(made);
  }
}
