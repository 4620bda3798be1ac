package dev.slipway.contracts.telemetry;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.telemetry.Baseline.Signal;
import dev.slipway.contracts.topic.State;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the fleet's reports say about a rollout. Written by telemetry on {@code rollout-verdicts} on
 * change and at most every 10 s, key: the rollout's id. UNHEALTHY and INCIDENT latch.
 *
 * @param stage the newest stage that attempts came from; HEALTHY is said of this stage only
 * @param action what the evidence and the policy together ask for
 * @param counts of attempts to start, the signal that most verdicts rest on
 * @param evidence the e-value of "fails more often than tolerated"; 1/alpha condemns
 * @param gate the e-value of the promotion gate; 1/beta opens it
 * @param offsets of {@code outcome-deltas}: per partition the offset after the last delta that was
 *     read
 * @param configDigest names the policy and the rules' version that were applied
 * @param sentence the same for people
 * @param parts what the evidence is made of; absent in verdicts of before there were several
 * @param shortfall what a condemned version lacks to be rolled back, where more reports may bring
 *     it; absent where nothing is lacking, or nothing that reports could bring
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
    Instant decidedAt,
    @Nullable Parts parts,
    @Nullable Shortfall shortfall)
    implements State {

  public Verdict {
    exclusions = Collections.unmodifiableSortedMap(new TreeMap<>(exclusions));
    offsets = Collections.unmodifiableSortedMap(new TreeMap<>(offsets));
  }

  /** A verdict on starts alone. */
  public Verdict(
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
      Instant decidedAt) {
    this(
        rolloutId,
        appId,
        channel,
        revision,
        health,
        action,
        stage,
        counts,
        evidence,
        gate,
        exclusions,
        offsets,
        configDigest,
        sentence,
        decidedAt,
        null,
        null);
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

  /**
   * What a judgement rests on. The whole evidence is ½·start + ¼·health + ¼·strata.
   *
   * @param start e-value of failed starts, a fresh process for each stage included
   * @param health e-value of "exposed devices fail more often than control"
   * @param strata mean of the e-values of failed starts over the platforms
   * @param fetch e-value of failed downloads, checks and unpackings
   * @param silence e-value of "exposed devices are not seen again more often than control"
   * @param incidentExposed e-value of "exposed devices fail more often than is usual of this app"
   * @param incidentControl the same of the control devices
   * @param usualHealth share of device-days with a failure that was taken as usual
   * @param rate of failed starts, at 95 % confidence however often one looks
   * @param signals the counts of the other signals
   * @param strataOf attempts to start per platform, most evidence first
   * @param largestNetwork share of the attempts to start that one network sent; where it is large,
   *     forged attempts may hide failures
   */
  public record Parts(
      double start,
      double health,
      double strata,
      double fetch,
      double silence,
      double incidentExposed,
      double incidentControl,
      double usualHealth,
      Interval rate,
      List<SignalCounts> signals,
      List<Stratum> strataOf,
      double largestNetwork) {
    public Parts {
      signals = List.copyOf(signals);
      strataOf = List.copyOf(strataOf);
    }
  }

  /**
   * What lacks to roll back a version whose failed starts condemn it. What anonymous devices say
   * must reach the policy's least figures, and of them only those count here that were known before
   * the rollout.
   *
   * @param attempts still lacking, from 0
   * @param failures still lacking, from 0
   * @param networks with failures still lacking, from 0
   * @param knownAttempts those of known devices so far
   * @param knownFailures those of known devices so far, within the caps per network
   */
  public record Shortfall(
      long attempts, long failures, int networks, long knownAttempts, long knownFailures) {}

  /** From and to, both in [0, 1]. */
  public record Interval(double low, double high) {}

  /** The counts of one signal in one arm. */
  public record SignalCounts(Signal signal, Arm arm, Counts counts) {}

  /** One platform's share in the evidence. */
  public record Stratum(Platform platform, long attempts, long failures, double evidence) {}
}
