package dev.slipway.contracts.rollout;

/** Where a rollout stands. */
public enum RolloutState {
  RUNNING,
  PAUSED,
  COMPLETED,
  ROLLED_BACK;

  /** Whether it still is its channel's active rollout. */
  public boolean isActive() {
    return this == RUNNING || this == PAUSED;
  }
}
