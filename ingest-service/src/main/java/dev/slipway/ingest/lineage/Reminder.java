package dev.slipway.ingest.lineage;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// A moment at which a publisher is reminded of a certificate that nears its end, or the end of its
/// grace.
///
/// @param point its name, unique for the certificate
/// @param at the first second at which it is due
/// @param of what ends
/// @param end the last second of it
record Reminder(String point, Instant at, Of of, Instant end) {

  /// What ends.
  enum Of {
    LIFE,
    GRACE
  }

  private static final int[] BEFORE_LIFE_ENDS = {90, 30, 7};
  private static final int[] BEFORE_GRACE_ENDS = {30, 7};
  private static final Duration INTO_GRACE = Duration.ofDays(180);

  /// All of a certificate, in the order of time. A certificate without grace has none of those; a
  /// short one has no point outside it.
  static List<Reminder> of(Instant notAfter, int graceDays) {
    var all = new ArrayList<Reminder>();
    for (int days : BEFORE_LIFE_ENDS) {
      all.add(
          new Reminder("life-" + days, notAfter.minus(Duration.ofDays(days)), Of.LIFE, notAfter));
    }
    if (graceDays > 0) {
      Instant end = notAfter.plus(Duration.ofDays(graceDays));
      Instant begin = notAfter.plusSeconds(1);
      all.add(new Reminder("grace-start", begin, Of.GRACE, end));
      Instant half = notAfter.plus(INTO_GRACE);
      for (int days : BEFORE_GRACE_ENDS) {
        Instant at = end.minus(Duration.ofDays(days));
        if (at.isAfter(begin)) all.add(new Reminder("grace-" + days, at, Of.GRACE, end));
      }
      if (half.isBefore(end)) all.add(new Reminder("grace-180-in", half, Of.GRACE, end));
    }
    all.sort(java.util.Comparator.comparing(Reminder::at));
    return List.copyOf(all);
  }

  /// The days that are left at this time, begun ones counted whole.
  int daysLeft(Instant now) {
    long seconds = Math.max(0, Duration.between(now, end).toSeconds());
    return (int) Math.ceilDiv(seconds, Duration.ofDays(1).toSeconds());
  }
}
