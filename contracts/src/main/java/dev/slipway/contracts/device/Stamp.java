package dev.slipway.contracts.device;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import org.jspecify.annotations.Nullable;

/**
 * What delivery knows about a device's event when it arrives: the channel's active rollout and the
 * device's side of it.
 *
 * @param stage the rollout's stage at that time, from 0
 * @param epoch the channel's epoch that this delivery instance served
 * @param candidate the version that the rollout offers
 */
public record Stamp(
    RolloutId rolloutId, Arm arm, int stage, long epoch, @Nullable Version candidate) {

  /** A stamp that does not name the rollout's version. */
  public Stamp(RolloutId rolloutId, Arm arm, int stage, long epoch) {
    this(rolloutId, arm, stage, epoch, null);
  }
}
