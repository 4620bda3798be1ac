package dev.slipway.delivery.http;

import java.util.concurrent.atomic.AtomicLongArray;

/// How often something may happen per key, for very many keys in bounded memory: each key falls on
/// one of a fixed number of places, and keys that share one share its limit. A place holds the time
/// at which its bucket will be full again (the generic cell rate algorithm), which is all that a
/// token bucket needs. Lock-free, for any thread; allocates nothing.
final class Pace {

  private static final long NANOS = 1_000_000_000L;

  private final AtomicLongArray fullAt;
  private final long interval;
  private final long tolerance;

  /// @param perSecond how often in the long run; 0 means without limit
  /// @param burst how often at once
  /// @param places a power of two
  Pace(double perSecond, int burst, int places) {
    if (perSecond < 0 || burst < 1) throw new IllegalArgumentException("no such limit");
    if (Integer.bitCount(places) != 1) throw new IllegalArgumentException("a power of two");
    fullAt = new AtomicLongArray(places);
    interval = perSecond == 0 ? 0 : Math.max(1, (long) (NANOS / perSecond));
    tolerance = interval * burst;
  }

  /// Takes a token if there is one.
  ///
  /// @param key hashed well
  /// @param now in nanoseconds, from any origin, not before 0
  /// @return 0, or after how many nanoseconds there will be a token again
  long take(long key, long now) {
    if (interval == 0) return 0;
    int place = (int) (key & (fullAt.length() - 1));
    while (true) {
      long full = fullAt.get(place);
      long next = Math.max(full, now) + interval;
      long early = next - now - tolerance;
      if (early > 0) return early;
      if (fullAt.compareAndSet(place, full, next)) return 0;
    }
  }
}
