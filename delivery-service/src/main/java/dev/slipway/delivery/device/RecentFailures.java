package dev.slipway.delivery.device;

import java.util.concurrent.atomic.AtomicLongArray;

/// What devices have just reported to this instance, which they may ask again before telemetry has
/// said a word: a plugin asks within milliseconds after it gave up a version. Bounded: each device
/// and version has four places, where the oldest mark makes room. Lock-free, for any thread.
public final class RecentFailures {

  private static final int WAYS = 4;

  private final AtomicLongArray marks;
  private final int sets;

  /// @param size how many marks it holds; a power of two
  public RecentFailures(int size) {
    if (Integer.bitCount(size) != 1 || size < WAYS) {
      throw new IllegalArgumentException("a power of two");
    }
    marks = new AtomicLongArray(size);
    sets = size / WAYS;
  }

  /// The version did not start on the device.
  public void notStarted(long device, int version, long now) {
    put(device, version, now, true);
  }

  /// The version did not arrive whole. Several reports of one try count once: as long as the
  /// version is kept from the device it cannot have tried again.
  public void notFetched(long device, int version, long now) {
    put(device, version, now, false);
  }

  /// The mark of the version on the device, or [CompactTable#NOTHING]. Its version bits are of no
  /// use: they tell the device too.
  public long find(long device, int version) {
    long print = print(device, version);
    int set = set(print);
    for (int way = 0; way < WAYS; way++) {
      long mark = marks.get(set + way);
      if (mark != 0 && (mark & FailureMark.VERSION_MASK) == bits(print)) return mark;
    }
    return CompactTable.NOTHING;
  }

  private void put(long device, int version, long now, boolean start) {
    long print = print(device, version);
    int set = set(print);
    while (true) {
      int place = set;
      long there = marks.get(place);
      for (int way = 0; way < WAYS; way++) {
        long mark = marks.get(set + way);
        if (mark != 0 && (mark & FailureMark.VERSION_MASK) == bits(print)) {
          place = set + way;
          there = mark;
          break;
        }
        if (mark == 0 || there != 0 && FailureMark.second(mark) < FailureMark.second(there)) {
          place = set + way;
          there = mark;
        }
      }
      boolean known = there != 0 && (there & FailureMark.VERSION_MASK) == bits(print);
      int times = 0;
      if (!start) {
        if (known && FailureMark.blocks(there, now, null)) return;
        times = known ? FailureMark.times(there) + 1 : 1;
      }
      long mark = bits(print) | FailureMark.of(0, times, now);
      if (marks.compareAndSet(place, there, mark)) return;
    }
  }

  private static long print(long device, int version) {
    return DeviceKeys.mix(device + 0x9e37_79b9_7f4a_7c15L * (version + 1));
  }

  private static long bits(long print) {
    // Never 0, which a free place is.
    return print & FailureMark.VERSION_MASK | 1L << 63;
  }

  private int set(long print) {
    return (int) ((print & 0x3_ffff_ffffL) % sets) * WAYS;
  }
}
