package dev.slipway.delivery;

import dev.slipway.delivery.decide.Refusal;
import dev.slipway.delivery.decide.UpdateDecision;
import dev.slipway.delivery.image.LiveImage;
import dev.slipway.delivery.report.ReportRing;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
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
  }

  public void watch(LiveImage image, ReportRing ring, Clock clock) {
    Gauge.builder(
            "slipway.image.age",
            image,
            live -> Duration.between(live.changedAt(), clock.instant()).toMillis() / 1000.0)
        .description("time since the image last changed")
        .baseUnit("seconds")
        .register(meters);
    Gauge.builder("slipway.reports.waiting", ring, ReportRing::size).register(meters);
  }

  public void checked(UpdateDecision decision) {
    switch (decision) {
      case UpdateDecision.Offer offer ->
          (offer.stamp() == null ? offeredBaseline : offeredCandidate).increment();
      case UpdateDecision.UpToDate() -> upToDate.increment();
      case UpdateDecision.AlreadyBuiltin() -> upToDate.increment();
      case UpdateDecision.ToBuiltin() -> toBuiltin.increment();
      case UpdateDecision.KeyMismatch _ -> keyMismatch.increment();
      case UpdateDecision.Refused refusal -> refused[refusal.reason().ordinal()].increment();
    }
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
