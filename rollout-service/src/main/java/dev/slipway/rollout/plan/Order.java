package dev.slipway.rollout.plan;

import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.Condition;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.Stage;
import dev.slipway.contracts.telemetry.Verdict;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What somebody or something wants of a channel.
public sealed interface Order {

  /// The plan of a rollout that is new.
  ///
  /// @param salt for its cohorts, unless it keeps those of the rollout that it supersedes
  record Proposal(
      RolloutId id,
      Version version,
      List<Stage> stages,
      Policy policy,
      List<Condition> targeting,
      Salt salt) {
    public Proposal {
      stages = List.copyOf(stages);
      targeting = List.copyOf(targeting);
    }
  }

  /// Writes a rollout down.
  record Draft(Proposal proposal, @Nullable Instant startAt, Cause.Person by) implements Order {}

  /// Starts a new rollout at once.
  ///
  /// @param supersede whether it takes the place of the active one
  record Start(Proposal proposal, boolean supersede, Cause.Person by, @Nullable Long epoch)
      implements Order {}

  /// Serves devices again on a channel that was deleted.
  record Reopen(ChannelRules rules, Cause.Person by) implements Order {}

  /// Which devices the channel serves; the rollout is not touched.
  record ChangeRules(ChannelRules rules, Cause.Person by, @Nullable Long epoch) implements Order {}

  /// Serves nobody any more.
  record Delete(Cause.Person by, @Nullable Long epoch) implements Order {}

  /// Lets devices try again on which a version failed before this instant.
  ///
  /// @param from now, unless given
  record RetryFrom(@Nullable Instant from, Cause.Person by, @Nullable Long epoch)
      implements Order {}

  /// Never offers the version again on this channel.
  ///
  /// @param force even if it is the baseline
  record Quarantine(Version version, boolean force, Cause cause) implements Order {}

  /// Says that the version could not be quarantined on channels of which it is the baseline.
  record ReportRefusal(Version version, List<ChannelName> where, Cause cause) implements Order {
    public ReportRefusal {
      where = List.copyOf(where);
    }
  }

  /// A person's order about one rollout.
  sealed interface Personal extends Order {
    RolloutId rollout();

    Cause.Person by();

    /// The epoch that the person saw; another one by now refuses the order.
    @Nullable Long epoch();
  }

  /// Asks a second person to agree.
  record Submit(RolloutId rollout, Cause.Person by, @Nullable Long epoch) implements Personal {}

  /// Agrees: it is scheduled for its time, or starts now.
  record Approve(RolloutId rollout, boolean supersede, Cause.Person by, @Nullable Long epoch)
      implements Personal {}

  /// Does not agree.
  record Reject(RolloutId rollout, Cause.Person by, @Nullable Long epoch) implements Personal {}

  record Schedule(RolloutId rollout, Instant at, Cause.Person by, @Nullable Long epoch)
      implements Personal {}

  /// Starts a draft, or a scheduled rollout before its time.
  record Launch(RolloutId rollout, boolean supersede, Cause.Person by, @Nullable Long epoch)
      implements Personal {}

  record Pause(RolloutId rollout, Cause.Person by, @Nullable Long epoch) implements Personal {}

  record Resume(RolloutId rollout, Cause.Person by, @Nullable Long epoch) implements Personal {}

  record Advance(RolloutId rollout, Cause.Person by, @Nullable Long epoch) implements Personal {}

  record Complete(RolloutId rollout, Cause.Person by, @Nullable Long epoch) implements Personal {}

  record Cancel(RolloutId rollout, Cause.Person by, @Nullable Long epoch) implements Personal {}

  record RollBack(RolloutId rollout, Cause.Person by, @Nullable Long epoch) implements Personal {}

  /// Telemetry's word on a rollout.
  record VerdictReceived(Verdict verdict) implements Order {}

  /// Time went by.
  record ClockTick() implements Order {}
}
