package dev.slipway.contracts.rollout;

import java.time.Duration;

/**
 * One step of a plan.
 *
 * @param exposure the share of devices, or their number, that are offered the version from here on
 * @param hold the least time before the next stage opens
 * @param gate what else the next stage waits for
 */
public record Stage(Reach exposure, Duration hold, Gate gate) {

  /** What a stage waits for besides its hold. */
  public enum Gate {
    /** The fleet's reports: a HEALTHY verdict on this stage. */
    EVIDENCE,
    /** A person's {@code advance}. */
    MANUAL,
    /** Nothing: time alone. */
    TIME
  }

  public Stage {
    if (exposure.equals(Exposure.NONE))
      throw new IllegalArgumentException("a stage exposes somebody");
    if (hold.isNegative()) throw new IllegalArgumentException("a hold is not negative");
  }
}
