package dev.slipway.telemetry.stream;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import java.util.Locale;

/// Keys of stores that hold one row per rollout, signal, arm, stage, platform, sender and network,
/// so that a range has them in the order in which a delta lists them.
final class CountKey {

  private static final char AFTER_SLASH = '/' + 1;

  private CountKey() {}

  static String of(RolloutId rollout, Count count) {
    return rollout
        + "/"
        + name(count.signal())
        + "/"
        + name(count.arm())
        + (count.stage() < 10 ? "/0" : "/")
        + count.stage()
        + "/"
        + name(count.platform())
        + "/"
        + name(count.sender())
        + "/"
        + count.network();
  }

  private static String name(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
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
        other.signal(),
        other.arm(),
        other.stage(),
        other.platform(),
        other.sender(),
        other.network(),
        one.attempts() + other.attempts(),
        one.failures() + other.failures(),
        one.confirmed() + other.confirmed());
  }
}
