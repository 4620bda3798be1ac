package dev.slipway.contracts.telemetry;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.device.Platform;
import java.time.Instant;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What one partition of the devices added to a rollout's counts since its last delta. Written by
 * telemetry on {@code outcome-deltas}, twice a second at most, key: the rollout's id. Exactly once:
 * a repeat would count again. The order of the log is the canonical order of the evidence.
 *
 * @param partition of {@code device-events} that it was counted on
 * @param counts in a fixed order: stage, platform, network
 * @param exclusions reports that were not counted, by reason
 */
public record OutcomeDelta(
    RolloutId rolloutId,
    AppId appId,
    ChannelName channel,
    int partition,
    List<Count> counts,
    SortedMap<String, Long> exclusions,
    Instant flushedAt) {

  public OutcomeDelta {
    counts = List.copyOf(counts);
    exclusions = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(exclusions));
  }

  /**
   * Devices of one stage, platform and network.
   *
   * @param stage in which the attempt began
   * @param network salted hash
   * @param attempts devices that began their attempt to start the version
   * @param failures of those, devices whose attempt failed
   * @param confirmed of those, devices that confirmed a healthy start; negative where a failure
   *     overrides an earlier success
   */
  public record Count(
      int stage, Platform platform, String network, long attempts, long failures, long confirmed) {}
}
