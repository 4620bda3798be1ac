package dev.slipway.contracts.rollout;

/**
 * Where a rollout stands: {@code DRAFT → (AWAITING_APPROVAL) → SCHEDULED → RUNNING ⇄ PAUSED →
 * COMPLETED | ROLLED_BACK | CANCELLED | SUPERSEDED}; COMPLETED may still be rolled back.
 */
public enum RolloutState {
  /** Written down; nothing happens by itself. */
  DRAFT,
  /** A second person is to agree. */
  AWAITING_APPROVAL,
  /** It starts by itself at its time. */
  SCHEDULED,
  RUNNING,
  /** Offered to nobody new; those who run the version keep it. */
  PAUSED,
  /** The version became the baseline. */
  COMPLETED,
  ROLLED_BACK,
  /** Given up before any device was offered the version. */
  CANCELLED,
  /** Another rollout took its place on the channel. */
  SUPERSEDED;

  /** Whether it is its channel's active rollout. */
  public boolean isActive() {
    return this == RUNNING || this == PAUSED;
  }

  /** Whether no device was offered the version yet, and one may still be. */
  public boolean isPlanned() {
    return this == DRAFT || this == AWAITING_APPROVAL || this == SCHEDULED;
  }
}
