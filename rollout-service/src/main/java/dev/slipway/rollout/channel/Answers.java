package dev.slipway.rollout.channel;

import dev.slipway.contracts.rollout.RolloutView;
import dev.slipway.kit.http.Refusal;
import dev.slipway.rollout.plan.Channel;
import dev.slipway.rollout.plan.Outcome;
import dev.slipway.rollout.plan.Reason;
import dev.slipway.rollout.plan.Rollout;

/// Outcomes and rollouts as HTTP answers.
final class Answers {

  private Answers() {}

  /// The channel after an accepted order.
  static Channel accepted(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Accepted(_, var channel) -> channel;
      case Outcome.Refused(var reason, var detail, var facts) ->
          throw Refusal.of(
              reason == Reason.STAGES_INVALID ? 422 : 409, reason.slug(), detail, facts);
    };
  }

  /// The rollout at hand after an accepted order.
  static RolloutView rollout(Outcome outcome) {
    var channel = accepted(outcome);
    var rollout = channel.rollout();
    if (rollout == null) throw new IllegalStateException("an order without a rollout at hand");
    return view(channel, rollout);
  }

  /// All but the salt.
  static RolloutView view(Channel channel, Rollout rollout) {
    var progress = rollout.progress();
    return new RolloutView(
        rollout.id(),
        channel.appId(),
        channel.name(),
        rollout.version(),
        rollout.baseline(),
        progress.state(),
        progress.epoch(),
        rollout.stages(),
        progress.stage(),
        rollout.policy(),
        rollout.startedAt(),
        progress.stageEnteredAt(),
        progress.endedAt(),
        rollout.verdict(),
        progress.cause());
  }
}
