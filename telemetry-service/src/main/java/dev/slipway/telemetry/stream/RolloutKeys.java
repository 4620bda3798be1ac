package dev.slipway.telemetry.stream;

import dev.slipway.contracts.RolloutId;

/// Keys of stores that hold several records of each rollout, numbered: a range has those of one in
/// the order of their numbers.
final class RolloutKeys {

  private static final char AFTER_SLASH = '/' + 1;
  private static final int DIGITS = 19;

  private RolloutKeys() {}

  /// @param number from 0 on
  static String of(RolloutId rollout, long number) {
    String digits = Long.toString(number);
    return rollout.text() + "/" + "0".repeat(DIGITS - digits.length()) + digits;
  }

  static long number(String key) {
    return Long.parseLong(key, key.lastIndexOf('/') + 1, key.length(), 10);
  }

  /// Where the records of a rollout begin.
  static String first(RolloutId rollout) {
    return rollout + "/";
  }

  /// Where they have ended.
  static String last(RolloutId rollout) {
    return rollout.text() + AFTER_SLASH;
  }
}
