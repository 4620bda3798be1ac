package dev.slipway.contracts.rollout;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The body of an order about a rollout or a channel.
 *
 * @param reason why, for those who read it later; 1 to 500 characters
 * @param epoch the channel's epoch that the person saw; a change since then refuses the order. The
 *     header {@code If-Match} says the same
 * @param at for {@code schedule}: when it is to start; for {@code retry-from}: the instant, now
 *     unless given
 * @param supersede for {@code start} and {@code approve}: whether it takes the place of the rollout
 *     that is under way
 */
public record RolloutOrder(
    String reason, @Nullable Long epoch, @Nullable Instant at, @Nullable Boolean supersede) {

  public RolloutOrder(String reason, @Nullable Long epoch) {
    this(reason, epoch, null, null);
  }
}
