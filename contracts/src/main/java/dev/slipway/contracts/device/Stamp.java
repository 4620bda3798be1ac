package dev.slipway.contracts.device;

import dev.slipway.contracts.RolloutId;

/**
 * What delivery knows about a device's event when it arrives: the channel's active rollout and the
 * device's side of it.
 *
 * @param stage the rollout's stage at that time, from 0
 * @param epoch the channel's epoch that this delivery instance served
 */
public record Stamp(RolloutId rolloutId, Arm arm, int stage, long epoch) {}
