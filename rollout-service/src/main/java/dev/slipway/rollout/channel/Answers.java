package dev.slipway.rollout.channel;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.rollout.RolloutView;
import dev.slipway.kit.http.Refusal;
import dev.slipway.rollout.plan.Channel;
import dev.slipway.rollout.plan.Outcome;
import dev.slipway.rollout.plan.Phase;
import dev.slipway.rollout.plan.Phase.Run;
import dev.slipway.rollout.plan.Reason;
import dev.slipway.rollout.plan.Rollout;
import java.util.Optional;

/// Outcomes and rollouts as HTTP answers.
final class Answers {

  private Answers() {}

  /// The channel after an accepted order.
  static Channel accepted(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Accepted(_, var channel) -> channel;
      case Outcome.Refused refused -> throw refusal(refused);
    };
  }

  static Refusal refusal(Outcome.Refused refused) {
    return Refusal.of(
        status(refused.reason()), refused.reason().slug(), refused.detail(), refused.facts());
  }

  private static int status(Reason reason) {
    if (reason.isMistake()) return 422;
    return reason == Reason.EPOCH_CHANGED ? 412 : 409;
  }

  /// The rollout after an accepted order about it.
  static RolloutView rollout(Outcome outcome, RolloutId id) {
    var channel = accepted(outcome);
    return view(channel, channel.rollout(id).orElseThrow());
  }

  /// All but the salt.
  static RolloutView view(Channel channel, Rollout rollout) {
    var phase = rollout.phase();
    Optional<Run> run = phase.started();
    return new RolloutView(
        rollout.id(),
        channel.appId(),
        channel.name(),
        rollout.version(),
        run.isPresent() ? rollout.baseline() : channel.baseline(),
        rollout.state(),
        rollout.epoch(),
        rollout.stages(),
        run.map(Run::stage).orElse(0),
        rollout.exposure(),
        run.map(Run::maxDevices).orElse(null),
        run.map(Run::full).orElse(false),
        rollout.targeting(),
        rollout.policy(),
        rollout.createdAt(),
        phase.toStartAt().orElse(null),
        run.map(Run::startedAt).orElse(null),
        run.map(Run::enteredAt).orElse(null),
        phase instanceof Phase.Running ? rollout.opensNextAt().orElse(null) : null,
        phase.ended().orElse(null),
        rollout.state().isActive() && run.map(Run::asked).orElse(false),
        rollout.supersedes(),
        rollout.verdict(),
        rollout.cause());
  }
}
