package dev.slipway.rollout.plan;

import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.RolloutEvent.Alert;
import dev.slipway.contracts.rollout.RolloutEvent.AlertRaised;
import dev.slipway.contracts.rollout.RolloutEvent.RolledBack;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutPaused;
import dev.slipway.contracts.rollout.RolloutEvent.VersionQuarantined;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.telemetry.Verdict;
import java.time.Instant;

/// What a verdict does to the rollout that it is about.
final class Evidence {

  private Evidence() {}

  static boolean isNews(Rollout rollout, Verdict verdict) {
    var known = rollout.verdict();
    return known == null || verdict.revision() > known.revision();
  }

  /// What a verdict does: the first row that holds, then whatever is due by it.
  static Outcome hear(Channel before, Rollout known, Verdict verdict, Facts facts, Instant now) {
    var told = known.told(verdict, now);
    var channel = before.knowing(told);
    var decision = new Decision(channel, now);
    boolean changed = known.verdict() == null || known.verdict().health() != verdict.health();
    var cause = new Cause.Evidence(verdict);
    switch (verdict.health()) {
      case INCIDENT -> consequence(decision, told, Alert.INCIDENT, changed, cause);
      case UNHEALTHY -> {
        switch (verdict.action()) {
          case ROLL_BACK -> condemn(decision, told, changed, cause, facts);
          // Whether it is paused now is looked at below.
          case PAUSE -> alert(decision, told, Alert.UNHEALTHY, changed, cause);
          case NONE -> alert(decision, told, Alert.UNHEALTHY, changed, cause);
        }
      }
      case FETCH_FAILING -> consequence(decision, told, Alert.FETCH_FAILING, changed, cause);
      case SILENT -> consequence(decision, told, Alert.SILENT, changed, cause);
      case DEGRADED -> alert(decision, told, Alert.DEGRADED, changed, cause);
      case HEALTHY, INCONCLUSIVE -> {}
    }
    Progress.lookAt(decision, told.id(), facts);
    return decision.accepted();
  }

  /// Says it, and offers the version to nobody new.
  private static void consequence(
      Decision decision, Rollout told, Alert alert, boolean changed, Cause.Evidence cause) {
    alert(decision, told, alert, changed, cause);
    if (told.state() == RolloutState.RUNNING
        && !Channel.isOverruled(told, cause.verdict().health())) {
      decision.add(new RolloutPaused(decision.about(told), cause));
    }
  }

  private static void alert(
      Decision decision, Rollout told, Alert alert, boolean changed, Cause.Evidence cause) {
    boolean concerns =
        told.state().isActive()
            || told.state() == RolloutState.COMPLETED
                && decision.channel().baseline().equals(told.version());
    if (changed && concerns) {
      decision.add(new AlertRaised(decision.about(told), alert, cause.verdict().sentence(), cause));
    }
  }

  /// Takes the version back from everybody, if there is something to go back to.
  private static void condemn(
      Decision decision, Rollout told, boolean changed, Cause.Evidence cause, Facts facts) {
    var channel = decision.channel();
    if (!Rollbacks.canRollBack(channel, told)) return;
    var target = Rollbacks.target(channel, told);
    var obstacle = Rollbacks.obstacleBack(channel, told, target, facts);
    boolean quarantined = channel.quarantined().contains(told.version());
    if (obstacle.isEmpty()) {
      decision.add(new RolledBack(decision.about(told), target, cause));
      if (told.policy().quarantine() != Policy.Quarantine.AUTO || quarantined) return;
      decision.add(new VersionQuarantined(decision.about(null, told.version()), cause));
      return;
    }
    if (quarantined && told.state() == RolloutState.PAUSED) return;
    if (told.state() == RolloutState.COMPLETED && !changed) return;
    decision.add(
        new AlertRaised(
            decision.about(told), Alert.ROLLBACK_IMPOSSIBLE, obstacle.get().detail(), cause));
    if (told.state() == RolloutState.RUNNING) {
      decision.add(new RolloutPaused(decision.about(told), cause));
    }
    if (told.state() != RolloutState.COMPLETED) {
      decision.add(new VersionQuarantined(decision.about(null, told.version()), cause));
    }
  }
}
