package dev.slipway.contracts.rollout;

/**
 * An event with its place in the history.
 *
 * @param id rises along a channel's history; to be given as {@code after}
 */
public record RecordedEvent(long id, RolloutEvent event) {}
