package dev.slipway.benchmarks.bundle;

import dev.slipway.benchmarks.Goal;
import dev.slipway.bundle.BundleParts;
import dev.slipway.bundle.CheckedManifest;
import dev.slipway.bundle.ManifestVerifier;
import java.io.IOException;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// Checking a manifest with as many blobs as there may be: form, certificate and signature.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx256m")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init")
public class LargeManifest {

  private static final int BLOBS = 20_000;

  private byte[] jws;

  @Setup
  public void sealManyFiles() throws IOException {
    try (Workshop workshop = new Workshop()) {
      for (int i = 0; i < BLOBS; i++) workshop.noise("d" + i % 100 + "/f" + i, 32);
      BundleParts parts = new BundleParts(workshop.fresh());
      int blobs = workshop.seal(parts.folder()).manifest().blobs().size();
      if (blobs != BLOBS) throw new IllegalStateException("only " + blobs + " blobs");
      jws = parts.manifest();
    }
  }

  @Benchmark
  @Goal(millis = 2000)
  public CheckedManifest check() {
    return ManifestVerifier.check(jws, Set.of(), Instant.parse("2026-11-25T00:00:00Z"));
  }
}
