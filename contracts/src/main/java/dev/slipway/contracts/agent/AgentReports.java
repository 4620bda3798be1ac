package dev.slipway.contracts.agent;

import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.Platform;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /v1/apps/{app}/reports}: what happened on a device, in order.
 *
 * @param channel that the device is on; its app's default unless given
 * @param offerToken of the offer that these events follow from; without one they are kept and do
 *     not count
 * @param events 1 to 50
 */
public record AgentReports(
    DeviceId deviceId,
    @Nullable String channel,
    Platform platform,
    String nativeVersion,
    String osVersion,
    @Nullable String offerToken,
    List<Event> events) {

  private static final int MAX_EVENTS = 50;
  private static final int MAX_TEXT = 256;

  public AgentReports {
    events = List.copyOf(events);
    if (events.isEmpty() || events.size() > MAX_EVENTS) {
      throw new IllegalArgumentException("1 to 50 events");
    }
    if (nativeVersion.length() > MAX_TEXT || osVersion.length() > MAX_TEXT) {
      throw new IllegalArgumentException(
          "native_version and os_version have at most 256 characters");
    }
  }

  /** What can happen to a version on a device, in this order when all goes well. */
  public enum Kind {
    DOWNLOADING,
    DOWNLOADED,
    VERIFIED,
    PENDING,
    STARTED,
    HEALTHY,
    FAILED,
    ROLLED_BACK
  }

  /**
   * One event.
   *
   * @param prevVersion that ran before
   * @param seq rises with each event of the device; a repeat has the same
   * @param at the device's own time: data, never a deadline
   * @param reason of a failure, a word such as {@code digest} or {@code storage}; at most 1,024
   *     bytes
   */
  public record Event(
      Kind event,
      Version version,
      @Nullable Version prevVersion,
      long seq,
      Instant at,
      @Nullable String reason) {

    private static final int MAX_REASON_BYTES = 1024;

    public Event {
      if (reason != null && reason.getBytes(StandardCharsets.UTF_8).length > MAX_REASON_BYTES) {
        throw new IllegalArgumentException("a reason has at most 1,024 bytes");
      }
    }
  }
}
