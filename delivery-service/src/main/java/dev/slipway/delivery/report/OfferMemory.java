package dev.slipway.delivery.report;

import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.RolloutId;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLongArray;

/// Remembers to whom a rollout's candidate was offered within the hour, in bounded memory: each
/// offer has one place, and where two meet the later one stays. The earlier one may then be told of
/// once more, which means nothing new to anybody. Lock-free.
public final class OfferMemory {

  private static final long SECONDS = 3600;

  private final AtomicLongArray places;

  /// @param size how many offers it remembers at most; a power of two
  public OfferMemory(int size) {
    if (Integer.bitCount(size) != 1) throw new IllegalArgumentException("a power of two");
    places = new AtomicLongArray(size);
  }

  /// Whether this is the first offer of the hour, as far as is remembered.
  public boolean isFirst(RolloutId rollout, DeviceId device, Instant now) {
    long hour = Math.floorDiv(now.getEpochSecond(), SECONDS);
    long print = hash(hash(hash(0x5d1e_a3b7_9c2f_4e61L, rollout.text()), device.text()), hour);
    int place = (int) (print & (places.length() - 1));
    return places.getAndSet(place, print) != print;
  }

  private static long hash(long seed, String text) {
    long hash = seed;
    for (int i = 0; i < text.length(); i++) hash = hash(hash, text.charAt(i));
    return hash;
  }

  /// One round of a 64-bit mixer (Stafford's variant 13).
  private static long hash(long seed, long value) {
    long z = seed * 31 + value;
    z = (z ^ (z >>> 30)) * 0xbf58_476d_1ce4_e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d0_49bb_1331_11ebL;
    return z ^ (z >>> 31);
  }
}
