package dev.slipway.rollout.plan;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.Stage;
import dev.slipway.contracts.telemetry.Verdict;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What somebody or something wants of a channel.
public sealed interface Order {

  /// Whether ingest has this version of the app.
  enum Publication {
    PUBLISHED,
    WITHDRAWN,
    UNKNOWN
  }

  record Start(
      RolloutId id,
      Version version,
      Publication publication,
      List<Stage> stages,
      Policy policy,
      Salt salt,
      Cause.Person by)
      implements Order {
    public Start {
      stages = List.copyOf(stages);
    }
  }

  /// Which devices the channel serves; the rollout is not touched.
  record ChangeRules(ChannelRules rules) implements Order {}

  /// A person's order about the rollout at hand.
  sealed interface Personal extends Order {
    Cause.Person by();

    /// The epoch that the person saw; another one by now refuses the order.
    @Nullable Long epoch();
  }

  record Pause(Cause.Person by, @Nullable Long epoch) implements Personal {}

  record Resume(Cause.Person by, @Nullable Long epoch) implements Personal {}

  record Advance(Cause.Person by, @Nullable Long epoch) implements Personal {}

  record RollBack(Cause.Person by, @Nullable Long epoch) implements Personal {}

  /// Telemetry's word on a rollout.
  record VerdictReceived(Verdict verdict) implements Order {}

  /// Time went by.
  record ClockTick() implements Order {}
}
