package dev.slipway.rollout.plan;

import static dev.slipway.rollout.plan.Replies.alreadyEnded;
import static dev.slipway.rollout.plan.Replies.anotherIsActive;
import static dev.slipway.rollout.plan.Replies.awaitingApproval;
import static dev.slipway.rollout.plan.Replies.notADraft;
import static dev.slipway.rollout.plan.Replies.notStarted;
import static dev.slipway.rollout.plan.Replies.notSubmitted;
import static dev.slipway.rollout.plan.Replies.obeyed;
import static dev.slipway.rollout.plan.Replies.one;
import static dev.slipway.rollout.plan.Replies.paused;
import static dev.slipway.rollout.plan.Replies.refuse;
import static dev.slipway.rollout.plan.Replies.unchanged;
import static dev.slipway.rollout.plan.Replies.unlessStale;
import static dev.slipway.rollout.plan.Starting.begin;
import static dev.slipway.rollout.plan.Starting.obstacle;
import static dev.slipway.rollout.plan.Starting.proposal;
import static dev.slipway.rollout.plan.Starting.timeFault;
import static dev.slipway.rollout.plan.Verdicts.obstacleBack;
import static dev.slipway.rollout.plan.Verdicts.target;
import static dev.slipway.rollout.plan.Widening.complete;
import static dev.slipway.rollout.plan.Widening.openNext;

import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.RolloutEvent.Opening;
import dev.slipway.contracts.rollout.RolloutEvent.RolledBack;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutApproved;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutCancelled;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutPaused;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutResumed;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutReturned;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutScheduled;
import dev.slipway.contracts.rollout.RolloutEvent.RolloutSubmitted;
import dev.slipway.contracts.telemetry.Verdict.Health;
import dev.slipway.rollout.plan.Order.Advance;
import dev.slipway.rollout.plan.Order.Approve;
import dev.slipway.rollout.plan.Order.Cancel;
import dev.slipway.rollout.plan.Order.Complete;
import dev.slipway.rollout.plan.Order.Launch;
import dev.slipway.rollout.plan.Order.Pause;
import dev.slipway.rollout.plan.Order.Personal;
import dev.slipway.rollout.plan.Order.Reject;
import dev.slipway.rollout.plan.Order.Resume;
import dev.slipway.rollout.plan.Order.RollBack;
import dev.slipway.rollout.plan.Order.Schedule;
import dev.slipway.rollout.plan.Order.Submit;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What a person may order about one rollout in each of its states. Pure.
final class PersonalOrders {

  private PersonalOrders() {}

  static Outcome obey(Channel channel, Rollout rollout, Personal order, Facts facts, Instant now) {
    var state = rollout.state();
    return switch (order) {
      case Submit(_, var by, _) ->
          switch (state) {
            case DRAFT ->
                obeyed(channel, order, now, d -> d.add(new RolloutSubmitted(d.about(rollout), by)));
            case AWAITING_APPROVAL -> unchanged(channel);
            case SCHEDULED, RUNNING, PAUSED -> notADraft(channel, rollout);
            case COMPLETED, ROLLED_BACK, CANCELLED, SUPERSEDED -> alreadyEnded(channel, rollout);
          };
      case Approve it ->
          switch (rollout.phase()) {
            case Phase.Draft _ -> notSubmitted(channel, rollout);
            case Phase.AwaitingApproval(var startAt, var submittedBy) ->
                unlessStale(
                    channel,
                    it.epoch(),
                    () -> approve(channel, rollout, it, startAt, submittedBy, facts, now));
            case Phase.Scheduled _, Phase.Running _, Phase.Paused _ -> unchanged(channel);
            case Phase.Completed _, Phase.RolledBack _, Phase.Cancelled _, Phase.Superseded _ ->
                alreadyEnded(channel, rollout);
          };
      case Reject(_, var by, _) ->
          switch (state) {
            case DRAFT -> unchanged(channel);
            case AWAITING_APPROVAL ->
                obeyed(
                    channel,
                    order,
                    now,
                    d -> d.add(new RolloutReturned(d.about(rollout), by.reason(), by)));
            case SCHEDULED, RUNNING, PAUSED -> notSubmitted(channel, rollout);
            case COMPLETED, ROLLED_BACK, CANCELLED, SUPERSEDED -> alreadyEnded(channel, rollout);
          };
      case Schedule(_, var at, var by, var epoch) ->
          switch (rollout.phase()) {
            case Phase.Scheduled(var startAt) when startAt.equals(at) -> unchanged(channel);
            case Phase.Draft _, Phase.Scheduled _ ->
                unlessStale(
                    channel,
                    epoch,
                    () ->
                        timeFault(at, now, "/at")
                            .<Outcome>map(fault -> fault)
                            .orElseGet(
                                () ->
                                    one(
                                        channel,
                                        now,
                                        d -> new RolloutScheduled(d.about(rollout), at, by))));
            case Phase.AwaitingApproval _ -> awaitingApproval(channel, rollout);
            case Phase.Running _, Phase.Paused _ -> notADraft(channel, rollout);
            case Phase.Completed _, Phase.RolledBack _, Phase.Cancelled _, Phase.Superseded _ ->
                alreadyEnded(channel, rollout);
          };
      case Launch(_, var supersede, var by, var epoch) ->
          switch (state) {
            case DRAFT, SCHEDULED ->
                unlessStale(
                    channel,
                    epoch,
                    () ->
                        obstacle(channel, rollout.version(), supersede, facts)
                            .<Outcome>map(fault -> fault)
                            .orElseGet(
                                () -> {
                                  var decision = new Decision(channel, now);
                                  begin(decision, proposal(rollout), by, facts);
                                  return decision.accepted();
                                }));
            case AWAITING_APPROVAL -> awaitingApproval(channel, rollout);
            case RUNNING -> unchanged(channel);
            case PAUSED -> paused(channel, rollout);
            case COMPLETED, ROLLED_BACK, CANCELLED, SUPERSEDED -> alreadyEnded(channel, rollout);
          };
      case Pause(_, var by, _) ->
          switch (state) {
            case DRAFT, AWAITING_APPROVAL, SCHEDULED -> notStarted(channel, rollout);
            case RUNNING ->
                obeyed(channel, order, now, d -> d.add(new RolloutPaused(d.about(rollout), by)));
            case PAUSED -> unchanged(channel);
            case COMPLETED, ROLLED_BACK, CANCELLED, SUPERSEDED -> alreadyEnded(channel, rollout);
          };
      case Resume it ->
          switch (state) {
            case DRAFT, AWAITING_APPROVAL, SCHEDULED -> notStarted(channel, rollout);
            case RUNNING -> unchanged(channel);
            case PAUSED -> resume(channel, rollout, it, now);
            case COMPLETED, ROLLED_BACK, CANCELLED, SUPERSEDED -> alreadyEnded(channel, rollout);
          };
      case Advance(_, var by, _) ->
          switch (state) {
            case DRAFT, AWAITING_APPROVAL, SCHEDULED -> notStarted(channel, rollout);
            case RUNNING ->
                obeyed(
                    channel,
                    order,
                    now,
                    d -> openNext(d, rollout.id(), Exposure.ALL, Opening.ORDER, by, facts));
            case PAUSED -> paused(channel, rollout);
            case COMPLETED, ROLLED_BACK, CANCELLED, SUPERSEDED -> alreadyEnded(channel, rollout);
          };
      case Complete(_, var by, _) ->
          switch (state) {
            case DRAFT, AWAITING_APPROVAL, SCHEDULED -> notStarted(channel, rollout);
            case RUNNING -> obeyed(channel, order, now, d -> complete(d, rollout, by));
            case PAUSED -> paused(channel, rollout);
            case COMPLETED -> unchanged(channel);
            case ROLLED_BACK, CANCELLED, SUPERSEDED -> alreadyEnded(channel, rollout);
          };
      case Cancel(_, var by, _) ->
          switch (state) {
            case DRAFT, AWAITING_APPROVAL, SCHEDULED ->
                obeyed(channel, order, now, d -> d.add(new RolloutCancelled(d.about(rollout), by)));
            case RUNNING, PAUSED ->
                refuse(
                    channel,
                    rollout,
                    Reason.EXPOSED_ALREADY,
                    "devices were offered the version already: roll it back instead");
            case CANCELLED -> unchanged(channel);
            case COMPLETED, ROLLED_BACK, SUPERSEDED -> alreadyEnded(channel, rollout);
          };
      case RollBack(_, var by, var epoch) ->
          switch (state) {
            case DRAFT, AWAITING_APPROVAL, SCHEDULED -> notStarted(channel, rollout);
            case ROLLED_BACK -> unchanged(channel);
            case RUNNING, PAUSED ->
                unlessStale(channel, epoch, () -> rollBack(channel, rollout, by, facts, now));
            case COMPLETED -> {
              if (!channel.baseline().equals(rollout.version())) {
                yield alreadyEnded(channel, rollout);
              }
              yield channel.active() == null
                  ? unlessStale(channel, epoch, () -> rollBack(channel, rollout, by, facts, now))
                  : anotherIsActive(channel);
            }
            case CANCELLED, SUPERSEDED -> alreadyEnded(channel, rollout);
          };
    };
  }

  private static Outcome resume(Channel channel, Rollout rollout, Resume order, Instant now) {
    return channel.quarantined().contains(rollout.version())
        ? refuse(
            channel,
            rollout,
            Reason.VERSION_QUARANTINED,
            "version " + rollout.version() + " is quarantined: it is never offered again")
        : obeyed(
            channel,
            order,
            now,
            d -> d.add(new RolloutResumed(d.about(rollout), overruled(rollout), order.by())));
  }

  private static Outcome approve(
      Channel channel,
      Rollout rollout,
      Approve order,
      @Nullable Instant startAt,
      Cause.Person submittedBy,
      Facts facts,
      Instant now) {
    if (order.by().accessKey().equals(submittedBy.accessKey())) {
      return refuse(
          channel,
          rollout,
          Reason.SAME_PERSON,
          "who asked for the approval cannot give it: another access key is due");
    }
    boolean later = startAt != null && startAt.isAfter(now);
    if (!later) {
      var obstacle = obstacle(channel, rollout.version(), order.supersede(), facts);
      if (obstacle.isPresent()) return obstacle.get();
    }
    var decision = new Decision(channel, now);
    decision.add(new RolloutApproved(decision.about(rollout), order.by()));
    if (startAt != null && later) {
      decision.add(new RolloutScheduled(decision.about(rollout), startAt, order.by()));
    } else {
      begin(decision, proposal(rollout), order.by(), facts);
    }
    return decision.accepted();
  }

  private static Outcome rollBack(
      Channel channel, Rollout rollout, Cause cause, Facts facts, Instant now) {
    var target = target(channel, rollout);
    var obstacle = obstacleBack(channel, rollout, target, facts);
    if (obstacle.isPresent()) return obstacle.get();
    return one(channel, now, d -> new RolledBack(d.about(rollout), target, cause));
  }

  /// The judgement that a person resumes it in the face of.
  private static @Nullable Health overruled(Rollout rollout) {
    return switch (rollout.health()) {
      case INCIDENT, UNHEALTHY, FETCH_FAILING, SILENT -> rollout.health();
      case DEGRADED, HEALTHY, INCONCLUSIVE -> null;
    };
  }
}
