package dev.slipway.telemetry;

import dev.slipway.contracts.telemetry.Verdict;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;

/// What the service counts about itself. Kafka Streams brings its own metrics besides. A record
/// that is processed again after a crash is counted again.
public final class TelemetryMetrics {

  private final MeterRegistry meters;
  private final Counter reports;
  private final Counter changes;
  private final Counter deltas;
  private final Counter deadLetters;
  private final Counter unreadablePlans;
  private final Counter replacedThreads;

  public TelemetryMetrics(MeterRegistry meters) {
    this.meters = meters;
    this.reports = meters.counter("slipway.telemetry.reports");
    this.changes = meters.counter("slipway.telemetry.changes");
    this.deltas = meters.counter("slipway.telemetry.deltas");
    this.deadLetters = meters.counter("slipway.dead.letters");
    this.unreadablePlans = meters.counter("slipway.telemetry.unreadable.plans");
    this.replacedThreads = meters.counter("slipway.telemetry.replaced.threads");
  }

  /// A device reported something.
  public void report() {
    reports.increment();
  }

  /// A report changed what is counted.
  public void change() {
    changes.increment();
  }

  public void delta() {
    deltas.increment();
  }

  public void deadLetter() {
    deadLetters.increment();
  }

  /// A channel's state could not be read; the one before stays.
  public void unreadablePlan() {
    unreadablePlans.increment();
  }

  /// A thread of the topology failed and another took its place.
  public void replacedThread() {
    replacedThreads.increment();
  }

  public void verdict(Verdict verdict) {
    meters
        .counter(
            "slipway.telemetry.verdicts",
            "health",
            verdict.health().name().toLowerCase(Locale.ROOT))
        .increment();
  }
}
