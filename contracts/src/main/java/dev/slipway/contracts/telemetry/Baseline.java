package dev.slipway.contracts.telemetry;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.topic.State;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is usual for an app, pooled from its completed rollouts: what new ones are compared with.
 * Written by telemetry on {@code baselines}, key: the app's id.
 *
 * @param rollouts how many completed rollouts it is made of
 * @param rates per signal and platform; a platform that is absent stands for all together
 * @param returnTime within which 95 % of the devices were seen again; absent while unknown
 * @param confirmedShares what share of the attempts had confirmed a healthy start at which age of
 *     the rollout, ages rising
 */
public record Baseline(
    AppId appId,
    long revision,
    int rollouts,
    List<Rate> rates,
    @Nullable Duration returnTime,
    List<Share> confirmedShares,
    List<Part> parts,
    Instant at)
    implements State {
  public Baseline {
    rates = List.copyOf(rates);
    confirmedShares = List.copyOf(confirmedShares);
    parts = List.copyOf(parts);
  }

  /**
   * What one completed rollout adds.
   *
   * @param returns as in {@link OutcomeDelta}
   */
  public record Part(
      RolloutId rolloutId,
      Instant completedAt,
      List<Rate> rates,
      List<Share> confirmedShares,
      SortedMap<Integer, Long> returns) {
    public Part {
      rates = List.copyOf(rates);
      confirmedShares = List.copyOf(confirmedShares);
      returns = Collections.unmodifiableSortedMap(new TreeMap<>(returns));
    }
  }

  /** What is counted. */
  public enum Signal {
    FETCH,
    START,
    HEALTH,
    SILENCE
  }

  /**
   * @param trials attempts, or device-days for {@link Signal#HEALTH}
   * @param failures of those
   */
  public record Rate(Signal signal, @Nullable Platform platform, long trials, long failures) {}

  /** A share of the attempts at an age. */
  public record Share(Duration age, double share) {}
}
