package dev.slipway.benchmarks.delivery;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.DeviceFailures;
import dev.slipway.contracts.device.DeviceOverride;
import dev.slipway.delivery.decide.UpdateDecision;
import dev.slipway.delivery.decide.UpdateQuery;
import dev.slipway.delivery.decide.UpdateRules;
import dev.slipway.delivery.device.Devices;
import dev.slipway.delivery.image.DeliveryImage;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// The decision alone: the image of 2,000 apps with five channels each, the tables of 100,000
/// devices, 4,096 devices that ask in turn.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class DecisionBenchmark {

  private static final int DEVICES = 4096;

  /// How many apps ask in turn: with one, all that a decision reads is in the processor's caches.
  @Param({"1", "2000"})
  int apps = 1;

  /// Whether the channel has an active rollout, with a targeting of two conditions.
  @Param({"false", "true"})
  boolean rollout;

  /// What the devices run: `1.0.1` is what the channel offers, so that there is nothing new.
  @Param({"1.0.1", "1.0.0"})
  String running = "";

  private DeliveryImage image = DeliveryImage.EMPTY;
  private final Devices devices = new Devices(17);
  private final UpdateQuery[] queries = new UpdateQuery[DEVICES];
  private int next;

  @Setup
  public void setUp() {
    image = Fleet.image(apps, rollout);
    var random = Fleet.random();
    for (int i = 0; i < 100_000; i++) {
      var app = AppId.of(Fleet.app(i % apps));
      var device = Fleet.device(random);
      devices.override(new DeviceOverride(app, device, ChannelName.of("test1"), 1, Instant.EPOCH));
      devices.failedBefore(
          new DeviceFailures(
              app,
              device,
              1,
              List.of(
                  new DeviceFailures.Failure(
                      Version.of("0.9.0"), DeviceFailures.Kind.START, 1, Instant.EPOCH))));
    }
    for (int i = 0; i < DEVICES; i++) {
      queries[i] =
          UpdateQuery.of(Fleet.app(i % apps), Fleet.device(random), Fleet.facts(), running);
    }
  }

  @Benchmark
  public UpdateDecision decide() {
    return UpdateRules.decide(image, devices, queries[next++ & (DEVICES - 1)], 1_800_000_000L);
  }
}
