package dev.slipway.contracts.rollout;

import dev.slipway.contracts.Version;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Starts a rollout on a channel.
 *
 * @param stages rising exposures, the last one 100 %; 1 %, 10 %, 50 %, 100 % with gate {@code
 *     evidence} and 15 minutes' hold each unless given
 * @param policy {@link Policy#CAUTIOUS}, or the shipped settings over the app's known base rate,
 *     unless given
 */
public record StartRollout(
    Version version, @Nullable List<Stage> stages, @Nullable Policy policy, String reason) {
  public StartRollout {
    stages = stages == null ? null : List.copyOf(stages);
  }
}
