package dev.slipway.rollout.plan;

import java.util.Locale;

/// Why an order is refused. The slug is stable: programs decide by it.
public enum Reason {
  /// No version of this name was accepted for the app.
  VERSION_NOT_PUBLISHED,
  VERSION_WITHDRAWN,
  VERSION_QUARANTINED,
  /// The channel serves it to everybody already.
  VERSION_IS_BASELINE,
  STAGES_INVALID,
  /// One rollout at a time.
  ROLLOUT_ACTIVE,
  NOT_RUNNING,
  ALREADY_ENDED,
  /// Something changed since the person looked.
  EPOCH_CHANGED;

  public String slug() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
