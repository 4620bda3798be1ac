package dev.slipway.delivery;

import dev.slipway.delivery.decide.Refusal;
import dev.slipway.delivery.decide.UpdateDecision;
import dev.slipway.delivery.device.CompactTable;
import dev.slipway.delivery.device.Devices;
import dev.slipway.delivery.image.AppImage;
import dev.slipway.delivery.image.LiveImage;
import dev.slipway.delivery.report.ReportRing;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;

/// What operators can watch.
public final class DeliveryMetrics {

  private final MeterRegistry meters;
  private final Counter[] refused;
  private final Counter offeredCandidate;
  private final Counter offeredBaseline;
  private final Counter upToDate;
  private final Counter toBuiltin;
  private final Counter keyMismatch;
  private final Counter invalid;
  private final Counter dropped;
  private final Counter sent;
  private final Counter unknownApp;
  private final Timer checkTime;
  private final Timer epochLag;

  public DeliveryMetrics(MeterRegistry meters) {
    this.meters = meters;
    refused =
        Stream.of(Refusal.values()).map(reason -> checks(reason.error())).toArray(Counter[]::new);
    offeredCandidate = checks("offered_candidate");
    offeredBaseline = checks("offered_baseline");
    upToDate = checks("up_to_date");
    toBuiltin = checks("to_builtin");
    keyMismatch = checks("key_id_mismatch");
    invalid = checks("invalid");
    dropped = meters.counter("slipway.reports", "outcome", "dropped");
    sent = meters.counter("slipway.reports", "outcome", "sent");
    unknownApp = meters.counter("slipway.reports", "outcome", "unknown_app");
    checkTime =
        Timer.builder("slipway.check.time")
            .description("from the headers of an update check to its answer")
            .serviceLevelObjectives(
                Duration.ofNanos(50_000),
                Duration.ofNanos(100_000),
                Duration.ofNanos(250_000),
                Duration.ofMillis(1),
                Duration.ofMillis(5),
                Duration.ofMillis(25),
                Duration.ofMillis(100),
                Duration.ofSeconds(1))
            .register(meters);
    epochLag =
        Timer.builder("slipway.epoch.lag")
            .description("from an order to a channel until it is served")
            .publishPercentiles(0.5, 0.99)
            .register(meters);
  }

  public void watch(LiveImage image, Devices devices, ReportRing ring, Clock clock) {
    Gauge.builder(
            "slipway.image.age",
            image,
            live -> Duration.between(live.changedAt(), clock.instant()).toMillis() / 1000.0)
        .description("time since the image last changed")
        .baseUnit("seconds")
        .register(meters);
    size("apps", image, live -> live.current().apps().size());
    size("channels", image, live -> sum(live, app -> app.channels().size()));
    size("bundles", image, live -> sum(live, app -> app.bundles().size()));
    devices.tables().forEach((name, table) -> size(name, table, CompactTable::size));
    Gauge.builder("slipway.image.file.lists", image, LiveImage::fileBytes)
        .description("memory of the lists of files that are offered")
        .baseUnit("bytes")
        .register(meters);
    Gauge.builder("slipway.reports.waiting", ring, ReportRing::size).register(meters);
  }

  /// How long nothing was heard from Kafka, and what follows from it.
  public void watchContact(Supplier<Duration> silence, BooleanSupplier stale) {
    Gauge.builder("slipway.kafka.silence", silence, it -> it.get().toMillis() / 1000.0)
        .description("time since Kafka was last heard")
        .strongReference(true)
        .baseUnit("seconds")
        .register(meters);
    Gauge.builder("slipway.image.stale", stale, it -> it.getAsBoolean() ? 1 : 0)
        .description("1 while rollouts count as paused because what is known may be out of date")
        .strongReference(true)
        .register(meters);
  }

  private <T> void size(String of, T source, ToDoubleFunction<T> size) {
    Gauge.builder("slipway.image.entries", source, size).tag("of", of).register(meters);
  }

  private static double sum(LiveImage image, ToIntFunction<AppImage> size) {
    return image.current().apps().stream().mapToInt(size).sum();
  }

  public void checkTook(long nanos) {
    checkTime.record(nanos, TimeUnit.NANOSECONDS);
  }

  public void epochLag(Duration lag) {
    epochLag.record(lag.isNegative() ? Duration.ZERO : lag);
  }

  public void checked(UpdateDecision decision) {
    switch (decision) {
      case UpdateDecision.Offer offer ->
          (offer.candidate() ? offeredCandidate : offeredBaseline).increment();
      case UpdateDecision.UpToDate() -> upToDate.increment();
      case UpdateDecision.AlreadyBuiltin() -> upToDate.increment();
      case UpdateDecision.ToBuiltin() -> toBuiltin.increment();
      case UpdateDecision.KeyMismatch _ -> keyMismatch.increment();
      case UpdateDecision.Refused refusal -> refused[refusal.reason().ordinal()].increment();
    }
  }

  /// An agent asked.
  ///
  /// @param outcome a word
  public void agentChecked(String outcome) {
    meters.counter("slipway.agent.checks", "outcome", outcome).increment();
  }

  public void invalidCheck() {
    invalid.increment();
  }

  public void dropped(long reports) {
    dropped.increment(reports);
  }

  public void sent() {
    sent.increment();
  }

  public void ofUnknownApp() {
    unknownApp.increment();
  }

  private Counter checks(String outcome) {
    return meters.counter("slipway.checks", "outcome", outcome);
  }
}
