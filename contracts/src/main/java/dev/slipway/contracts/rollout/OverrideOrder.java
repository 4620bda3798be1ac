package dev.slipway.contracts.rollout;

import dev.slipway.contracts.ChannelName;

/**
 * Puts a device on a channel, whatever it chose itself.
 *
 * @param reason why, for those who read it later; 1 to 500 characters
 */
public record OverrideOrder(ChannelName channel, String reason) {}
