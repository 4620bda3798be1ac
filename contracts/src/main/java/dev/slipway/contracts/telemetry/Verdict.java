package dev.slipway.contracts.telemetry;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.topic.State;
import java.time.Instant;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the fleet's reports say about a rollout. Written by telemetry on {@code rollout-verdicts} on
 * change and at most every 10 s, key: the rollout's id. UNHEALTHY and INCIDENT latch.
 *
 * @param stage the newest stage that attempts came from; HEALTHY is said of this stage only
 * @param action what the evidence and the policy together ask for
 * @param evidence the e-value of "fails more often than tolerated"; 1/alpha condemns
 * @param gate the e-value of the promotion gate; 1/beta opens it
 * @param offsets of {@code outcome-deltas}: per partition the offset after the last delta that was
 *     read
 * @param configDigest names the policy and the rules' version that were applied
 * @param sentence the same for people
 */
public record Verdict(
    RolloutId rolloutId,
    AppId appId,
    ChannelName channel,
    long revision,
    Health health,
    Action action,
    int stage,
    Counts counts,
    double evidence,
    double gate,
    SortedMap<String, Long> exclusions,
    SortedMap<Integer, Long> offsets,
    String configDigest,
    String sentence,
    Instant decidedAt)
    implements State {

  public Verdict {
    exclusions = Collections.unmodifiableSortedMap(new TreeMap<>(exclusions));
    offsets = Collections.unmodifiableSortedMap(new TreeMap<>(offsets));
  }

  /** The judgement, first row that holds. */
  public enum Health {
    /** Both arms fail: something else than the release is wrong. */
    INCIDENT,
    /** The evidence passed 1/alpha. */
    UNHEALTHY,
    /** Downloads, checks or unpacking fail more often than tolerated. */
    FETCH_FAILING,
    /** Devices that took the version are not seen again. */
    SILENT,
    /** The evidence passed 20: no stage opens. */
    DEGRADED,
    /** The promotion gate is open. */
    HEALTHY,
    INCONCLUSIVE
  }

  /** What follows. */
  public enum Action {
    NONE,
    PAUSE,
    ROLL_BACK
  }

  /**
   * Devices, never events.
   *
   * @param counted failures within the caps per network
   * @param networks that attempts came from
   */
  public record Counts(long attempts, long failures, long counted, long confirmed, int networks) {}
}
