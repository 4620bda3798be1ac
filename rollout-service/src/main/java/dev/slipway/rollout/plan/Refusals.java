package dev.slipway.rollout.plan;

import dev.slipway.rollout.plan.Order.Personal;
import dev.slipway.rollout.plan.Outcome.Refused;
import java.util.LinkedHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Why an order is refused, with the state that it found.
final class Refusals {

  private Refusals() {}

  static Outcome unlessStale(Channel channel, @Nullable Long seen, Supplier<Outcome> obeyed) {
    return seen == null || seen == channel.epoch()
        ? obeyed.get()
        : refuse(
            channel,
            channel.activeRollout().orElse(null),
            Reason.EPOCH_CHANGED,
            "the channel changed since epoch " + seen + ": look again, then decide");
  }

  /// Who saw another epoch is told so before what else speaks against the order: what they did not
  /// know of is why.
  static Outcome orStale(Channel channel, Personal order, Outcome outcome) {
    var seen = order.epoch();
    return outcome instanceof Refused refused
            && seen != null
            && seen != channel.epoch()
            && refused.reason() != Reason.EPOCH_CHANGED
            && !refused.reason().isMistake()
        ? new Refused(
            Reason.EPOCH_CHANGED,
            "the channel changed since epoch " + seen + ": " + refused.detail(),
            refused.facts())
        : outcome;
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
}
