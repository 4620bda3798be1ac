package dev.slipway.contracts.device;

/** On which side of a rollout a device is. */
public enum Arm {
  /** Offered the candidate. */
  EXPOSED,
  /** Eligible, but not offered it yet. */
  CONTROL
}
