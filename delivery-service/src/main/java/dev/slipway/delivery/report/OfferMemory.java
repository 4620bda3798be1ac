package dev.slipway.delivery.report;

import dev.slipway.contracts.RolloutId;
import java.util.concurrent.atomic.AtomicLongArray;

/// Remembers to whom a rollout's candidate was offered within the hour, in bounded memory: each
/// offer has one place, and where two meet the later one stays. The earlier one may then be told of
/// once more, which means nothing new to anybody. Lock-free.
public final class OfferMemory {

  private static final long SECONDS = 3600;
  private static final long FACTOR = 0x9e37_79b9_7f4a_7c15L;

  private final AtomicLongArray places;

  /// @param size how many offers it remembers at most; a power of two
  public OfferMemory(int size) {
    if (Integer.bitCount(size) != 1) throw new IllegalArgumentException("a power of two");
    places = new AtomicLongArray(size);
  }

  /// Whether this is the first offer of the hour, as far as is remembered.
  ///
  /// @param device the hash of app and device
  /// @param now in seconds since 1970
  public boolean isFirst(RolloutId rollout, long device, long now) {
    // A text keeps its hash. Two rollouts that share it hide one offer of a device that has both.
    long print = mix(device + rollout.text().hashCode() * 31L + now / SECONDS * FACTOR);
    int place = (int) (print & (places.length() - 1));
    return places.getAndSet(place, print) != print;
  }

  /// A 64-bit mixer (Stafford's variant 13).
  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xbf58_476d_1ce4_e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d0_49bb_1331_11ebL;
    return z ^ (z >>> 31);
  }
}
