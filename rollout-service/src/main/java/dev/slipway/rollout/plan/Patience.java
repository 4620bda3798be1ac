package dev.slipway.rollout.plan;

import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.contracts.telemetry.Verdict.Action;
import dev.slipway.contracts.telemetry.Verdict.Counts;
import dev.slipway.contracts.telemetry.Verdict.Health;
import dev.slipway.contracts.telemetry.Verdict.Shortfall;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// Whether a condemned version is paused at once, or still offered to the devices of its open stage
/// until there are enough reports to roll it back.
///
/// A pause ends new attempts, and with them the reports that are lacking: a release that is paused
/// on its first dozens of failures is never rolled back by itself. So it goes on where
///
/// * nothing but the least figures for anonymous reports is lacking,
/// * the devices of the open stage that have not tried it yet suffice to reach them, at the shares
///   of known and of failing devices so far,
/// * at the pace so far that takes no longer than the policy's patience, counted from when the
///   reports first condemned it,
/// * and not more than half of the attempts fail for sure: of such a version hardly anything is
///   left to be rolled back, because a device goes back by itself when a start fails.
///
/// No stage opens meanwhile. All of it is looked at again with each verdict, so what made-up
/// reports gain is the pause or a delay of it within the one stage, never a rollback.
/// [Why](../../../../../../../../docs/adr/0032-a-pause-waits-for-the-figures.md).
final class Patience {

  /// A version of which this share fails for sure is paused at once.
  private static final double HOPELESS = 0.5;

  private Patience() {}

  /// Until when the version is still offered at most.
  ///
  /// @return empty where nothing speaks for waiting
  static Optional<Instant> until(Rollout rollout, Facts facts, Instant now) {
    var verdict = rollout.verdict();
    if (!isDoomed(rollout) || verdict == null || verdict.shortfall() == null) {
      return Optional.empty();
    }
    var run = rollout.run();
    var end = end(rollout, now);
    var counts = verdict.counts();
    if (run.full() || !now.isBefore(end) || isHopeless(verdict)) return Optional.empty();
    double lacking = attemptsLacking(verdict.shortfall(), counts);
    double elapsed = Duration.between(run.startedAt(), now).toMillis();
    double left = Duration.between(now, end).toMillis();
    return lacking <= devicesLeft(rollout, facts, counts)
            && lacking * elapsed <= asManyAs(counts.attempts()) * left
        ? Optional.of(end)
        : Optional.empty();
  }

  /// Whether nothing but patience keeps it from being paused.
  static boolean isDoomed(Rollout rollout) {
    var verdict = rollout.verdict();
    return rollout.state() == RolloutState.RUNNING
        && verdict != null
        && verdict.health() == Health.UNHEALTHY
        && verdict.action() == Action.PAUSE
        && !Channel.isOverruled(rollout, Health.UNHEALTHY);
  }

  /// When patience is over.
  static Instant end(Rollout rollout, Instant now) {
    var condemnedAt = rollout.run().condemnedAt();
    return (condemnedAt == null ? now : condemnedAt).plus(rollout.policy().patience());
  }

  private static boolean isHopeless(Verdict verdict) {
    var parts = verdict.parts();
    return parts != null && parts.rate().low() > HOPELESS;
  }

  /// How many more attempts bring what lacks, if they are like those so far. Each network that
  /// lacks takes a failure at least. Where no known device failed or tried yet the answer is
  /// infinite or no number, and either compares as too many.
  private static double attemptsLacking(Shortfall lacking, Counts counts) {
    long failures = Math.max(lacking.failures(), lacking.networks());
    double known = lacking.attempts();
    if (failures > 0) {
      known =
          Math.max(known, failures * (double) lacking.knownAttempts() / lacking.knownFailures());
    }
    return known * counts.attempts() / lacking.knownAttempts();
  }

  /// Where chance brought so many in a time, so many are to be expected in the like of it at most:
  /// two standard deviations more, so that the first few attempts do not decide.
  private static double asManyAs(long attempts) {
    double root = Math.sqrt(attempts) + 1;
    return root * root;
  }

  private static double devicesLeft(Rollout rollout, Facts facts, Counts counts) {
    var most = rollout.run().maxDevices();
    return facts
        .eligible(rollout.id())
        .map(devices -> (double) devices * rollout.exposure().ppm() / Exposure.ALL.ppm())
        .or(() -> Optional.ofNullable(most).map(Long::doubleValue))
        .map(meant -> meant - counts.attempts())
        .orElse(Double.POSITIVE_INFINITY);
  }
}
