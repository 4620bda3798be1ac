package dev.slipway.rollout.plan;

import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.rollout.plan.Order.Personal;
import dev.slipway.rollout.plan.Outcome.Accepted;
import dev.slipway.rollout.plan.Outcome.Refused;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What is answered: accepted with what happened, or refused with the state that was found. Pure.
final class Replies {

  private Replies() {}

  static Outcome unlessStale(Channel channel, @Nullable Long seen, Supplier<Outcome> obeyed) {
    return seen == null || seen == channel.epoch()
        ? obeyed.get()
        : refuse(
            channel,
            channel.activeRollout().orElse(null),
            Reason.EPOCH_CHANGED,
            "the channel changed since epoch " + seen + ": look again, then decide");
  }

  static Outcome obeyed(Channel channel, Personal order, Instant now, Consumer<Decision> effect) {
    return unlessStale(
        channel,
        order.epoch(),
        () -> {
          var decision = new Decision(channel, now);
          effect.accept(decision);
          return decision.accepted();
        });
  }

  static Accepted one(Channel channel, Instant now, Function<Decision, RolloutEvent> event) {
    var decision = new Decision(channel, now);
    return decision.add(event.apply(decision)).accepted();
  }

  static Accepted unchanged(Channel channel) {
    return new Accepted(java.util.List.of(), channel);
  }

  static Refused alreadyEnded(Channel channel, Rollout rollout) {
    return refuse(
        channel,
        rollout,
        Reason.ALREADY_ENDED,
        switch (rollout.state()) {
          case ROLLED_BACK -> "the rollout was rolled back";
          case COMPLETED -> "the rollout is complete, and " + channel.baseline() + " the baseline";
          case CANCELLED -> "the rollout was cancelled";
          case SUPERSEDED -> "another rollout took its place";
          case DRAFT, AWAITING_APPROVAL, SCHEDULED, RUNNING, PAUSED -> "the rollout is under way";
        });
  }

  static Refused notADraft(Channel channel, Rollout rollout) {
    return refuse(channel, rollout, Reason.NOT_A_DRAFT, "the rollout is not a draft any more");
  }

  static Refused notSubmitted(Channel channel, Rollout rollout) {
    return refuse(
        channel, rollout, Reason.NOT_SUBMITTED, "nobody was asked to approve it: submit it first");
  }

  static Refused awaitingApproval(Channel channel, Rollout rollout) {
    return refuse(
        channel, rollout, Reason.AWAITING_APPROVAL, "a second person has to approve it first");
  }

  static Refused notStarted(Channel channel, Rollout rollout) {
    return refuse(
        channel, rollout, Reason.NOT_RUNNING, "the rollout has not started: start or cancel it");
  }

  static Refused paused(Channel channel, Rollout rollout) {
    return refuse(channel, rollout, Reason.NOT_RUNNING, "the rollout is paused: resume it first");
  }

  static Refused anotherIsActive(Channel channel) {
    return refuse(
        channel,
        channel.activeRollout().orElse(null),
        Reason.ROLLOUT_ACTIVE,
        "rollout "
            + channel.active()
            + " is under way on this channel: end it first, or take its place (supersede)");
  }

  static Refused refuse(Channel channel, @Nullable Rollout rollout, Reason reason, String detail) {
    var found = new LinkedHashMap<String, Object>();
    found.put("epoch", channel.epoch());
    if (rollout != null) {
      found.put("state", rollout.state());
      rollout.phase().started().ifPresent(run -> found.put("stage", run.stage()));
    }
    if (channel.active() != null) found.put("active_rollout", channel.active());
    return new Refused(reason, detail, found);
  }
}
