package dev.slipway.contracts.telemetry;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.telemetry.Baseline.Signal;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What one partition of the devices added to a rollout's counts since its last delta. Written by
 * telemetry on {@code outcome-deltas}, twice a second at most, key: the rollout's id. Exactly once:
 * a repeat would count again. The order of the log is the canonical order of the evidence.
 *
 * @param partition of {@code device-events} that it was counted on
 * @param counts in a fixed order: signal, arm, stage, platform, sender, network
 * @param exclusions reports that were not counted, by reason
 * @param returns devices that came back for the first time, by the hours within which they did;
 *     under 0 those that are watched
 */
public record OutcomeDelta(
    RolloutId rolloutId,
    AppId appId,
    ChannelName channel,
    int partition,
    List<Count> counts,
    SortedMap<String, Long> exclusions,
    SortedMap<Integer, Long> returns,
    Instant flushedAt) {

  public OutcomeDelta {
    counts = List.copyOf(counts);
    exclusions = Collections.unmodifiableSortedMap(new TreeMap<>(exclusions));
    returns = Collections.unmodifiableSortedMap(new TreeMap<>(returns));
  }

  /** Who says what is counted. */
  public enum Sender {
    /** Nothing proves who it is, but it was known before the rollout: caps per network. */
    ANONYMOUS,
    /**
     * Nothing proves who it is, and it was not heard of a day before the rollout: caps per network,
     * and it may pause a rollout, but not roll it back.
     */
    FRESH,
    /** Signed by a device that enrolled a day before the rollout, or earlier: counted in full. */
    ENROLLED,
    /** An emulator or a debug build: counted only where the policy says so. */
    EMULATOR
  }

  /**
   * Devices of one signal, arm, stage, platform, sender and network. A negative number takes back
   * what an earlier delta said: a failure that overrides a success, or an attempt that turns out to
   * have begun earlier.
   *
   * @param arm {@link Arm#EXPOSED} for {@link Signal#FETCH} and {@link Signal#START}
   * @param stage in which the attempt began
   * @param network salted hash
   * @param attempts devices that began their attempt; for {@link Signal#HEALTH} days on which a
   *     device was seen; for {@link Signal#SILENCE} devices that should have been seen again by now
   * @param failures of those, devices whose attempt failed; a device fails once for each signal,
   *     arm and stage, whatever it repeats
   * @param confirmed of those, devices that confirmed a healthy start; 0 for the other signals
   */
  public record Count(
      Signal signal,
      Arm arm,
      int stage,
      Platform platform,
      Sender sender,
      String network,
      long attempts,
      long failures,
      long confirmed) {

    /** Anonymous attempts to start. */
    public Count(
        int stage,
        Platform platform,
        String network,
        long attempts,
        long failures,
        long confirmed) {
      this(
          Signal.START,
          Arm.EXPOSED,
          stage,
          platform,
          Sender.ANONYMOUS,
          network,
          attempts,
          failures,
          confirmed);
    }

    /** What takes this count back. */
    public Count negated() {
      return new Count(
          signal, arm, stage, platform, sender, network, -attempts, -failures, -confirmed);
    }
  }
}
