package dev.slipway.telemetry;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.telemetry.Baseline.Signal;
import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import dev.slipway.contracts.telemetry.Verdict;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

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
  private final Counter lateDeadlines;
  private final Counter unexplained;
  private final AtomicLong lagMillis = new AtomicLong();
  private final Map<RolloutId, Meter> evidence = new ConcurrentHashMap<>();
  private final Map<RolloutId, AtomicLong> evidenceOf = new ConcurrentHashMap<>();
  private final Map<Signal, Map<String, Counter>> outcomes = new ConcurrentHashMap<>();

  public TelemetryMetrics(MeterRegistry meters) {
    this.meters = meters;
    this.reports = meters.counter("slipway.telemetry.reports");
    this.changes = meters.counter("slipway.telemetry.changes");
    this.deltas = meters.counter("slipway.telemetry.deltas");
    this.deadLetters = meters.counter("slipway.dead.letters");
    this.unreadablePlans = meters.counter("slipway.telemetry.unreadable.plans");
    this.lateDeadlines = meters.counter("slipway.telemetry.deadlines.late");
    this.unexplained = meters.counter("slipway.telemetry.rollouts.unexplained");
    meters.gauge("slipway.telemetry.lag.seconds", lagMillis, millis -> millis.get() / 1_000.0);
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

  /// A tick was read so long after it was written.
  public void lag(long millis) {
    lagMillis.set(Math.max(0, millis));
  }

  /// Whether a device came back was looked at a minute late or later: the log stood still.
  public void lateDeadline() {
    lateDeadlines.increment();
  }

  /// Devices report about a rollout of which nothing else is known.
  public void unexplained() {
    unexplained.increment();
  }

  /// A device's attempt began, failed or was confirmed.
  public void outcome(Count count) {
    outcome(count.signal(), "attempt", count.attempts());
    outcome(count.signal(), "failure", count.failures());
    outcome(count.signal(), "confirmed", count.confirmed());
  }

  private void outcome(Signal signal, String outcome, long devices) {
    if (devices <= 0) return;
    outcomes
        .computeIfAbsent(signal, _ -> new ConcurrentHashMap<>())
        .computeIfAbsent(
            outcome,
            _ ->
                meters.counter(
                    "slipway.telemetry.outcomes",
                    "signal",
                    signal.name().toLowerCase(Locale.ROOT),
                    "outcome",
                    outcome))
        .increment(devices);
  }

  /// Devices whose reports were not counted, by reason.
  public void exclusions(Map<String, Long> devices) {
    devices.forEach(
        (reason, number) -> {
          if (number > 0) {
            meters.counter("slipway.telemetry.exclusions", "reason", reason).increment(number);
          }
        });
  }

  /// A verdict was said; the evidence of its rollout is a gauge until it is forgotten.
  public void verdict(Verdict verdict) {
    meters
        .counter(
            "slipway.telemetry.verdicts",
            "health",
            verdict.health().name().toLowerCase(Locale.ROOT))
        .increment();
    evidenceOf
        .computeIfAbsent(verdict.rolloutId(), this::gauge)
        .set(Double.doubleToLongBits(verdict.evidence()));
  }

  private AtomicLong gauge(RolloutId rollout) {
    var value = new AtomicLong();
    evidence.put(
        rollout,
        Gauge.builder(
                "slipway.telemetry.evidence", value, bits -> Double.longBitsToDouble(bits.get()))
            .tag("rollout", rollout.text())
            .register(meters));
    return value;
  }

  /// The rollout is over.
  public void forget(RolloutId rollout) {
    evidenceOf.remove(rollout);
    var meter = evidence.remove(rollout);
    if (meter != null) meters.remove(meter);
  }
}
