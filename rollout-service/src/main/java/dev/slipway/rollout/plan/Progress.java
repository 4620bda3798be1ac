package dev.slipway.rollout.plan;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.RolloutEvent.Alert;
import dev.slipway.contracts.rollout.RolloutEvent.AlertRaised;
import dev.slipway.contracts.rollout.RolloutEvent.Opening;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutCompleted;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutPaused;
import dev.slipway.contracts.rollout.RolloutEvent.StageEntered;
import dev.slipway.contracts.rollout.RolloutEvent.StageFilled;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.Stage.Gate;
import dev.slipway.contracts.telemetry.Verdict;
import java.time.Duration;
import java.time.Instant;

/// How a rollout goes on by itself: stages that open by time, by evidence, or because their devices
/// were used up; what is due.
final class Progress {

  /// The share of a stage's devices that must have tried the version for it to be used up: more
  /// cannot be asked for, because the size of a fleet is an estimate and some devices stay away.
  private static final double USED_UP = 0.9;

  /// Chance may leave a stage of fewer devices without any.
  private static final int FEW = 10;

  /// A stage whose devices were used up opens the next at most so much wider.
  private static final int USED_UP_FACTOR = 2;

  private Progress() {}

  /// What is due for a rollout under way: at most one step.
  static void lookAt(Decision decision, RolloutId id, Facts facts) {
    var rollout = decision.rollout(id);
    if (rollout.state() != RolloutState.RUNNING) return;
    var now = decision.now();
    var verdict = rollout.verdict();
    Cause why = verdict == null ? new Cause.Schedule() : new Cause.Evidence(verdict);
    if (Patience.isDoomed(rollout) && Patience.until(rollout, facts, now).isEmpty()) {
      decision.add(new RolloutPaused(decision.about(rollout), why));
      return;
    }
    if (sizeBecameKnown(decision, rollout, facts)) return;
    if (rollout.opensNextAt().filter(at -> !at.isAfter(now)).isPresent()) {
      if (rollout.currentStage().gate() == Gate.TIME) {
        openNext(decision, id, Exposure.ALL, Opening.TIME, new Cause.Schedule(), facts);
        return;
      }
      if (isSoaked(rollout, widthAhead(rollout, Exposure.ALL, facts), facts, now)) {
        openNext(decision, id, Exposure.ALL, Opening.EVIDENCE, why, facts);
        return;
      }
    }
    if (isUsedUp(rollout, facts, now)) {
      var widest =
          new Exposure(
              (int) Math.min(Exposure.ALL.ppm(), (long) USED_UP_FACTOR * rollout.exposure().ppm()));
      if (isSoaked(rollout, widthAhead(rollout, widest, facts), facts, now)) {
        openNext(decision, id, widest, Opening.USED_UP, why, facts);
        return;
      }
    }
    var run = rollout.run();
    if (run.maxDevices() != null
        && !run.full()
        && verdict != null
        && verdict.counts().attempts() >= run.maxDevices()) {
      decision.add(
          new StageFilled(decision.about(rollout), run.stage(), verdict.counts().attempts(), why));
    }
    if (rollout.decisionDueAt().filter(at -> !at.isAfter(now)).isPresent()) {
      decision.add(
          new AlertRaised(
              decision.about(rollout),
              Alert.DECISION_DUE,
              "stage "
                  + (run.stage() + 1)
                  + " of "
                  + rollout.stages().size()
                  + " has been without an answer since "
                  + run.enteredAt()
                  + ": advance, complete or roll back",
              why));
    }
  }

  /// Opens what follows: the rest of a stage that opened at less than its width, else the next
  /// stage that adds somebody; after the last one the version becomes the baseline.
  ///
  /// @param widest beyond which it does not open
  static void openNext(
      Decision decision, RolloutId id, Exposure widest, Opening opening, Cause cause, Facts facts) {
    var rollout = decision.rollout(id);
    var eligible = facts.eligible(id);
    var run = rollout.run();
    var here = Stages.width(rollout.stages(), run.stage(), eligible).exposure();
    if (here.compareTo(run.exposure()) > 0) {
      enter(decision, id, run.stage(), widest, opening, cause, facts);
      return;
    }
    var next = Stages.next(rollout.stages(), run.stage(), run.exposure(), eligible);
    if (next.isPresent()) enter(decision, id, next.getAsInt(), widest, opening, cause, facts);
    else complete(decision, rollout, cause);
  }

  static void enter(
      Decision decision,
      RolloutId id,
      int stage,
      Exposure widest,
      Opening opening,
      Cause cause,
      Facts facts) {
    var rollout = decision.rollout(id);
    var width = Stages.width(rollout.stages(), stage, facts.eligible(id));
    var exposure = max(rollout.exposure(), min(width.exposure(), widest));
    decision.add(
        new StageEntered(
            decision.about(rollout), stage, exposure, width.maxDevices(), opening, cause));
  }

  static void complete(Decision decision, Rollout rollout, Cause cause) {
    decision.add(
        new RolloutCompleted(decision.about(rollout), decision.channel().baseline(), cause));
  }

  /// How wide the next step would be.
  private static Exposure widthAhead(Rollout rollout, Exposure widest, Facts facts) {
    var eligible = facts.eligible(rollout.id());
    var run = rollout.run();
    var here = Stages.width(rollout.stages(), run.stage(), eligible).exposure();
    if (here.compareTo(run.exposure()) > 0) return min(here, widest);
    var next = Stages.next(rollout.stages(), run.stage(), run.exposure(), eligible);
    return next.isEmpty()
        ? run.exposure()
        : min(Stages.width(rollout.stages(), next.getAsInt(), eligible).exposure(), widest);
  }

  /// Whether evidence may open this much now: above a tenth of the devices, time must have passed
  /// since the start, and as many must have confirmed as one may expect by then.
  private static boolean isSoaked(Rollout rollout, Exposure ahead, Facts facts, Instant now) {
    if (ahead.compareTo(Stages.SOAKED) <= 0 || ahead.equals(rollout.exposure())) return true;
    var age = Duration.between(rollout.run().startedAt(), now);
    if (age.compareTo(rollout.policy().minSoak()) < 0) return false;
    var verdict = rollout.verdict();
    if (verdict == null || verdict.counts().attempts() == 0) return true;
    double share = (double) verdict.counts().confirmed() / verdict.counts().attempts();
    return share >= facts.usualConfirmedShare(age) / 2;
  }

  /// Whether the devices of the stage all had their try, and none of it says much. Where so few are
  /// meant that chance may have left nobody, no device is waited for.
  private static boolean isUsedUp(Rollout rollout, Facts facts, Instant now) {
    if (!rollout.waitsForReports() || now.isBefore(rollout.run().holdUntil())) return false;
    var counts =
        rollout.verdict() == null ? new Verdict.Counts(0, 0, 0, 0, 0) : rollout.verdict().counts();
    boolean quiet = !rollout.quietAt().isAfter(now);
    var eligible = facts.eligible(rollout.id());
    if (eligible.isEmpty()) return quiet && counts.attempts() > 0;
    double meant = (double) eligible.get() * rollout.exposure().ppm() / Exposure.ALL.ppm();
    if (meant < 1) return true;
    boolean answered = counts.confirmed() + counts.failures() >= USED_UP * counts.attempts();
    boolean tried = counts.attempts() > 0 && counts.attempts() >= USED_UP * Math.floor(meant);
    return tried && answered || quiet && (counts.attempts() > 0 || meant < FEW);
  }

  /// A number of devices becomes a share once the size of the fleet is known.
  private static boolean sizeBecameKnown(Decision decision, Rollout rollout, Facts facts) {
    var run = rollout.run();
    if (run.maxDevices() == null || facts.eligible(rollout.id()).isEmpty()) return false;
    enter(
        decision,
        rollout.id(),
        run.stage(),
        Exposure.ALL,
        Opening.SIZE_KNOWN,
        new Cause.Schedule(),
        facts);
    return true;
  }

  private static Exposure min(Exposure a, Exposure b) {
    return a.compareTo(b) <= 0 ? a : b;
  }

  private static Exposure max(Exposure a, Exposure b) {
    return a.compareTo(b) >= 0 ? a : b;
  }
}
