package dev.slipway.delivery.device;

import dev.slipway.contracts.device.DeviceFailures;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What is remembered of one version that failed on one device, in 64 bits: 30 that tell the
/// version, 2 that tell how it failed, 32 for the second in which it did.
///
/// A version that failed to **start** is not offered again within 30 days, unless the plan says
/// "retry from" a later instant. One that did not **arrive** whole is offered again after an hour,
/// the next time after six, then after a day each time.
public final class FailureMark {

  static final Duration KEPT = Duration.ofDays(30);
  private static final long[] WAIT_SECONDS = {0, 3_600, 6 * 3_600, 24 * 3_600};

  /// The bits that tell the version.
  public static final long VERSION_MASK = 0xffff_fffc_0000_0000L;

  private FailureMark() {}

  /// The bits of a mark that tell its version.
  public static long version(int name) {
    return (long) name << 34;
  }

  /// @param times how often it did not arrive whole; 0 for a version that did not start
  static long of(int version, int times, long second) {
    return version(version) | (long) Math.min(times, 3) << 32 | second & 0xffff_ffffL;
  }

  static long of(int version, DeviceFailures.Failure failure) {
    int times =
        switch (failure.kind()) {
          case START -> 0;
          case FETCH -> Math.max(1, failure.times());
        };
    return of(version, times, failure.at().getEpochSecond());
  }

  /// How often it did not arrive whole; 0 for a version that did not start.
  static int times(long mark) {
    return (int) (mark >>> 32) & 3;
  }

  static long second(long mark) {
    return mark & 0xffff_ffffL;
  }

  /// Whether the version is kept from the device.
  ///
  /// @param now in seconds since 1970
  /// @param retryFrom failures before it are forgiven
  public static boolean blocks(long mark, long now, @Nullable Instant retryFrom) {
    if (mark == CompactTable.NOTHING) return false;
    long at = second(mark);
    // Times are kept to the second, and a try too many is better than a device that is left behind.
    if (retryFrom != null && at <= retryFrom.getEpochSecond()) return false;
    int times = times(mark);
    return now - at < (times == 0 ? KEPT.toSeconds() : WAIT_SECONDS[times]);
  }
}
