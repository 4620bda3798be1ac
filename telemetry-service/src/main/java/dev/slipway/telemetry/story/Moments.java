package dev.slipway.telemetry.story;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// When something happened: the earliest few times, which are the same in whatever order they are
/// heard of. Immutable.
record Moments(List<Instant> at) {

  static final Moments NONE = new Moments(List.of());

  private static final int MOST = 8;

  Moments {
    at = List.copyOf(at);
  }

  Moments and(Instant moment) {
    int place = Collections.binarySearch(at, moment);
    if (place >= 0 || at.size() == MOST && -place - 1 == MOST) return this;
    var all = new ArrayList<>(at);
    all.add(-place - 1, moment);
    return new Moments(all.subList(0, Math.min(MOST, all.size())));
  }

  boolean isEmpty() {
    return at.isEmpty();
  }

  /// Whether one of them is not more than this before or after the moment.
  boolean near(Instant moment, Duration before, Duration after) {
    return at.stream()
        .anyMatch(one -> !one.isBefore(moment.minus(before)) && !one.isAfter(moment.plus(after)));
  }
}
