package dev.slipway.rollout.plan;

import static dev.slipway.rollout.plan.Refusals.refuse;

import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.RolloutEvent.RolledBack;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.rollout.plan.Facts.Publication;
import dev.slipway.rollout.plan.Outcome.Refused;
import java.time.Instant;
import java.util.Optional;

/// Taking a version back from everybody: to what, and when not.
final class Rollbacks {

  private Rollbacks() {}

  static Outcome rollBack(Channel channel, Rollout rollout, Cause cause, Facts facts, Instant now) {
    var target = target(channel, rollout);
    var obstacle = obstacleBack(channel, rollout, target, facts);
    if (obstacle.isPresent()) return obstacle.get();
    return Decision.one(channel, now, d -> new RolledBack(d.about(rollout), target, cause));
  }

  /// What devices get instead.
  static Version target(Channel channel, Rollout rollout) {
    return rollout.state() == RolloutState.COMPLETED ? rollout.baseline() : channel.baseline();
  }

  static Optional<Refused> obstacleBack(
      Channel channel, Rollout rollout, Version target, Facts facts) {
    var release = facts.release(target);
    if (release.publication() != Publication.PUBLISHED || channel.quarantined().contains(target)) {
      return Optional.of(
          refuse(
              channel,
              rollout,
              Reason.ROLLBACK_TARGET_GONE,
              "version "
                  + target
                  + ", which devices would go back to, was withdrawn, quarantined or never"
                  + " published: roll out a fix, or quarantine "
                  + rollout.version()));
    }
    long floor = facts.release(rollout.version()).securityEpoch();
    return !target.isBuiltin() && release.securityEpoch() < floor
        ? Optional.of(
            refuse(
                channel,
                rollout,
                Reason.ROLLBACK_BELOW_FLOOR,
                "version "
                    + rollout.version()
                    + " raised the security floor to "
                    + floor
                    + ", and "
                    + target
                    + " is below it: devices would refuse. Pause, and roll out a fix"))
        : Optional.empty();
  }

  static boolean canRollBack(Channel channel, Rollout rollout) {
    return switch (rollout.state()) {
      case RUNNING, PAUSED -> true;
      case COMPLETED -> channel.active() == null && channel.baseline().equals(rollout.version());
      case DRAFT, AWAITING_APPROVAL, SCHEDULED, ROLLED_BACK, CANCELLED, SUPERSEDED -> false;
    };
  }
}
