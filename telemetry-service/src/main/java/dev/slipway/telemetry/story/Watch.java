package dev.slipway.telemetry.story;

import dev.slipway.contracts.device.Arm;
import java.time.Duration;
import java.time.Instant;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/// Whether a device comes back in the usual time. Immutable.
///
/// @param since when an exposed device switched, or a control one was first seen
/// @param due when it should have been seen again; absent while the app's usual time is unknown
/// @param back the earliest report of a later session
/// @param over whether `due` has passed in the log
record Watch(
    Arm arm,
    int stage,
    Instant since,
    @Nullable Instant due,
    @Nullable Instant back,
    boolean over) {

  /// What follows sooner is part of the same session.
  private static final Duration SESSION = Duration.ofMinutes(10);

  /// Within how many hours devices come back.
  private static final int[] HOURS = {1, 4, 8, 24, 48, 72, 168, 336, 720};

  static Watch begin(Arm arm, int stage, Instant since, @Nullable Duration usual) {
    return new Watch(arm, stage, since, usual == null ? null : since.plus(usual), null, false);
  }

  Watch seen(Instant at) {
    Instant known = back;
    return at.isBefore(since.plus(SESSION)) || known != null && !at.isBefore(known)
        ? this
        : new Watch(arm, stage, since, due, at, over);
  }

  /// It began earlier than was known.
  Watch from(int earlierStage, Instant earlier) {
    var sooner = due == null ? null : due.minus(Duration.between(earlier, since));
    return new Watch(arm, earlierStage, earlier, sooner, back, over).seen(since);
  }

  Watch at(Instant now) {
    return over || due == null || now.isBefore(due)
        ? this
        : new Watch(arm, stage, since, due, back, true);
  }

  boolean isSilent() {
    Instant known = back;
    return over && due != null && (known == null || known.isAfter(due));
  }

  /// Adds to, or takes from, the devices by the hours within which they came back.
  void countReturn(SortedMap<Integer, Long> returns, long times) {
    returns.merge(0, times, Long::sum);
    Instant known = back;
    if (known == null) return;
    for (int hours : HOURS) {
      if (!known.isAfter(since.plus(Duration.ofHours(hours)))) {
        returns.merge(hours, times, Long::sum);
        return;
      }
    }
  }
}
