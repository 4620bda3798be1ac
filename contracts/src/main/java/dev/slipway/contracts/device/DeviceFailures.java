package dev.slipway.contracts.device;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.topic.State;
import java.time.Instant;
import java.util.List;

/**
 * The versions that failed on a device within the last 30 days, so that it is not offered them
 * again. Written by telemetry on {@code device-failures}, key: {@code app/device}.
 *
 * @param failures newest first, at most 8
 */
public record DeviceFailures(AppId appId, DeviceId deviceId, long revision, List<Failure> failures)
    implements State {
  public DeviceFailures {
    failures = List.copyOf(failures);
  }

  /**
   * @param at the broker's time of the last failure
   * @param times how often this version failed so
   */
  public record Failure(Version version, Kind kind, int times, Instant at) {}

  /** At which step it failed. */
  public enum Kind {
    /** It did not start: not offered again. */
    START,
    /** It did not arrive whole: offered again after 1, 6 and 24 hours. */
    FETCH
  }

  /** The record's key. */
  public String key() {
    return DeviceEvent.key(appId, deviceId);
  }
}
