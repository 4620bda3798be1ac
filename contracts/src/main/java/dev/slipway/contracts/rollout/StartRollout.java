package dev.slipway.contracts.rollout;

import dev.slipway.contracts.Version;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The plan of a rollout on a channel: to start it, to draft it, or to see beforehand what it would
 * do.
 *
 * @param stages rising exposures, the last one 100 %; 1,000 devices, 2 %, 10 %, 50 %, 100 % with
 *     gate {@code evidence} and 15 minutes' hold each unless given
 * @param policy {@link Policy#CAUTIOUS}, or the shipped settings over the app's known base rate,
 *     unless given
 * @param targeting conditions that a device must meet, all of them, at most 20; every device of the
 *     channel unless given
 * @param startAt when it is to start; for drafts
 * @param supersede whether it takes the place of the rollout that is under way, and keeps its
 *     cohorts
 * @param reason why, for those who read it later; 1 to 500 characters
 */
public record StartRollout(
    Version version,
    @Nullable List<Stage> stages,
    @Nullable Policy policy,
    @Nullable List<Condition> targeting,
    @Nullable Instant startAt,
    @Nullable Boolean supersede,
    String reason) {
  public StartRollout {
    stages = stages == null ? null : List.copyOf(stages);
    targeting = targeting == null ? null : List.copyOf(targeting);
  }

  /** A start on a channel without an active rollout, for every device. */
  public StartRollout(
      Version version, @Nullable List<Stage> stages, @Nullable Policy policy, String reason) {
    this(version, stages, policy, null, null, null, reason);
  }
}
