package dev.slipway.telemetry.stream;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import java.util.Locale;

/// Keys of stores that hold one row per rollout, stage, platform and network, so that a range has
/// them in the order in which a delta lists them.
final class CountKey {

  private static final char AFTER_SLASH = '/' + 1;

  private CountKey() {}

  static String of(RolloutId rollout, Count count) {
    return String.format(
        Locale.ROOT,
        "%s/%02d/%s/%s",
        rollout,
        count.stage(),
        count.platform().name().toLowerCase(Locale.ROOT),
        count.network());
  }

  /// Where the rows of a rollout begin.
  static String first(RolloutId rollout) {
    return rollout + "/";
  }

  /// Where they have ended.
  static String last(RolloutId rollout) {
    return rollout.text() + AFTER_SLASH;
  }

  /// Both counts of the same row added up.
  static Count sum(Count one, Count other) {
    return new Count(
        other.stage(),
        other.platform(),
        other.network(),
        one.attempts() + other.attempts(),
        one.failures() + other.failures(),
        one.confirmed() + other.confirmed());
  }
}
