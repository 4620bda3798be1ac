package dev.slipway.rollout.plan;

import static dev.slipway.rollout.plan.Refusals.alreadyEnded;
import static dev.slipway.rollout.plan.Refusals.anotherIsActive;
import static dev.slipway.rollout.plan.Refusals.awaitingApproval;
import static dev.slipway.rollout.plan.Refusals.notADraft;
import static dev.slipway.rollout.plan.Refusals.notStarted;
import static dev.slipway.rollout.plan.Refusals.notSubmitted;
import static dev.slipway.rollout.plan.Refusals.paused;
import static dev.slipway.rollout.plan.Refusals.refuse;
import static dev.slipway.rollout.plan.Refusals.unlessStale;

import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.RolloutEvent.Opening;
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
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What a person orders about a rollout, in each state that it may be found in.
final class PersonalOrders {

  private PersonalOrders() {}

  static Outcome obey(Channel channel, Rollout rollout, Personal order, Facts facts, Instant now) {
    var state = rollout.state();
    return switch (order) {
      case Submit(_, var by, _) ->
          switch (state) {
            case DRAFT ->
                obeyed(channel, order, now, d -> d.add(new RolloutSubmitted(d.about(rollout), by)));
            case AWAITING_APPROVAL -> Decision.unchanged(channel);
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
                    () -> Starts.approve(channel, rollout, it, startAt, submittedBy, facts, now));
            case Phase.Scheduled _, Phase.Running _, Phase.Paused _ -> Decision.unchanged(channel);
            case Phase.Completed _, Phase.RolledBack _, Phase.Cancelled _, Phase.Superseded _ ->
                alreadyEnded(channel, rollout);
          };
      case Reject(_, var by, _) ->
          switch (state) {
            case DRAFT -> Decision.unchanged(channel);
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
            case Phase.Scheduled(var startAt) when startAt.equals(at) ->
                Decision.unchanged(channel);
            case Phase.Draft _, Phase.Scheduled _ ->
                unlessStale(
                    channel,
                    epoch,
                    () ->
                        Starts.timeFault(at, now, "/at")
                            .or(() -> Starts.unapproved(channel, rollout, facts))
                            .<Outcome>map(fault -> fault)
                            .orElseGet(
                                () ->
                                    Decision.one(
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
                        Starts.obstacle(channel, rollout.version(), supersede, facts)
                            .or(() -> Starts.unapproved(channel, rollout, facts))
                            .<Outcome>map(fault -> fault)
                            .orElseGet(
                                () -> {
                                  var decision = new Decision(channel, now);
                                  Starts.begin(decision, Starts.proposal(rollout), by, facts);
                                  return decision.accepted();
                                }));
            case AWAITING_APPROVAL -> awaitingApproval(channel, rollout);
            case RUNNING -> Decision.unchanged(channel);
            case PAUSED -> paused(channel, rollout);
            case COMPLETED, ROLLED_BACK, CANCELLED, SUPERSEDED -> alreadyEnded(channel, rollout);
          };
      case Pause(_, var by, _) ->
          switch (state) {
            case DRAFT, AWAITING_APPROVAL, SCHEDULED -> notStarted(channel, rollout);
            case RUNNING ->
                obeyed(channel, order, now, d -> d.add(new RolloutPaused(d.about(rollout), by)));
            case PAUSED -> Decision.unchanged(channel);
            case COMPLETED, ROLLED_BACK, CANCELLED, SUPERSEDED -> alreadyEnded(channel, rollout);
          };
      case Resume it ->
          switch (state) {
            case DRAFT, AWAITING_APPROVAL, SCHEDULED -> notStarted(channel, rollout);
            case RUNNING -> Decision.unchanged(channel);
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
                    d ->
                        Progress.openNext(d, rollout.id(), Exposure.ALL, Opening.ORDER, by, facts));
            case PAUSED -> paused(channel, rollout);
            case COMPLETED, ROLLED_BACK, CANCELLED, SUPERSEDED -> alreadyEnded(channel, rollout);
          };
      case Complete(_, var by, _) ->
          switch (state) {
            case DRAFT, AWAITING_APPROVAL, SCHEDULED -> notStarted(channel, rollout);
            case RUNNING -> obeyed(channel, order, now, d -> Progress.complete(d, rollout, by));
            case PAUSED -> paused(channel, rollout);
            case COMPLETED -> Decision.unchanged(channel);
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
            case CANCELLED -> Decision.unchanged(channel);
            case COMPLETED, ROLLED_BACK, SUPERSEDED -> alreadyEnded(channel, rollout);
          };
      case RollBack(_, var by, var epoch) ->
          switch (state) {
            case DRAFT, AWAITING_APPROVAL, SCHEDULED -> notStarted(channel, rollout);
            case ROLLED_BACK -> Decision.unchanged(channel);
            case RUNNING, PAUSED ->
                unlessStale(
                    channel, epoch, () -> Rollbacks.rollBack(channel, rollout, by, facts, now));
            case COMPLETED -> {
              if (!channel.baseline().equals(rollout.version())) {
                yield alreadyEnded(channel, rollout);
              }
              yield channel.active() == null
                  ? unlessStale(
                      channel, epoch, () -> Rollbacks.rollBack(channel, rollout, by, facts, now))
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

  /// The judgement that a person resumes it in the face of.
  private static @Nullable Health overruled(Rollout rollout) {
    return switch (rollout.health()) {
      case INCIDENT, UNHEALTHY, FETCH_FAILING, SILENT -> rollout.health();
      case DEGRADED, HEALTHY, INCONCLUSIVE -> null;
    };
  }

  private static Outcome obeyed(
      Channel channel, Personal order, Instant now, Consumer<Decision> effect) {
    return unlessStale(
        channel,
        order.epoch(),
        () -> {
          var decision = new Decision(channel, now);
          effect.accept(decision);
          return decision.accepted();
        });
  }
}
