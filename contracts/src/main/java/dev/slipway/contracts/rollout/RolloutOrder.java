package dev.slipway.contracts.rollout;

import org.jspecify.annotations.Nullable;

/**
 * The body of {@code pause}, {@code resume}, {@code advance} and {@code rollback}.
 *
 * @param reason why, for those who read it later; 1 to 500 characters
 * @param epoch the channel's epoch that the person saw; a change since then refuses the order
 */
public record RolloutOrder(String reason, @Nullable Long epoch) {}
