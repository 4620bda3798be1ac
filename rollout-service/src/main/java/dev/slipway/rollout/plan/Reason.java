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
  TARGETING_INVALID,
  /// A time in the past, or too far away.
  TIME_INVALID,
  /// One rollout at a time.
  ROLLOUT_ACTIVE,
  /// Only a draft can be submitted or scheduled.
  NOT_A_DRAFT,
  /// The app wants a second person to agree before it starts.
  APPROVAL_REQUIRED,
  /// A second person has not agreed yet.
  AWAITING_APPROVAL,
  /// Nobody was asked to agree.
  NOT_SUBMITTED,
  /// Who asks may not be who agrees.
  SAME_PERSON,
  NOT_RUNNING,
  /// Devices were offered the version already.
  EXPOSED_ALREADY,
  ALREADY_ENDED,
  /// Devices refuse to go below the floor that the version raised.
  ROLLBACK_BELOW_FLOOR,
  /// What there was before was withdrawn, quarantined, or never published.
  ROLLBACK_TARGET_GONE,
  /// Something changed since the person looked.
  EPOCH_CHANGED;

  public String slug() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /// Whether the order itself is wrong, whatever it is about.
  public boolean isMistake() {
    return this == STAGES_INVALID || this == TARGETING_INVALID || this == TIME_INVALID;
  }
}
