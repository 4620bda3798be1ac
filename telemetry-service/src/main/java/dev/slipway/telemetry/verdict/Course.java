package dev.slipway.telemetry.verdict;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.RolloutEvent;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// How a rollout went, as its events tell: known for a year, also of one that started and ended
/// while nobody listened. Immutable.
///
/// @param policy absent where only later events are left
/// @param startedAt absent likewise
public record Course(
    RolloutId rolloutId,
    Version version,
    @Nullable Policy policy,
    @Nullable Instant startedAt,
    @Nullable Instant completedAt,
    @Nullable Instant rolledBackAt) {

  /// A rollout of which nothing else is known yet.
  public static Course begin(RolloutId rolloutId, Version version) {
    return new Course(rolloutId, version, null, null, null, null);
  }

  /// The course after one more event; a repeat changes nothing.
  public Course after(RolloutEvent event) {
    var about = event.subject();
    return switch (event) {
      case RolloutEvent.RolloutStarted started ->
          new Course(rolloutId, version, started.policy(), about.at(), completedAt, rolledBackAt);
      case RolloutEvent.RolloutCompleted _ ->
          new Course(rolloutId, version, policy, startedAt, about.at(), rolledBackAt);
      case RolloutEvent.RolledBack _ ->
          new Course(rolloutId, version, policy, startedAt, completedAt, about.at());
      case RolloutEvent.ChannelOpened _,
          RolloutEvent.ChannelRulesChanged _,
          RolloutEvent.ChannelDeleted _,
          RolloutEvent.RolloutDrafted _,
          RolloutEvent.RolloutSubmitted _,
          RolloutEvent.RolloutApproved _,
          RolloutEvent.RolloutScheduled _,
          RolloutEvent.RolloutReturned _,
          RolloutEvent.StageEntered _,
          RolloutEvent.StageFilled _,
          RolloutEvent.RolloutPaused _,
          RolloutEvent.RolloutResumed _,
          RolloutEvent.RolloutCancelled _,
          RolloutEvent.RolloutSuperseded _,
          RolloutEvent.VersionQuarantined _,
          RolloutEvent.BaselineReplaced _,
          RolloutEvent.RetryAllowed _,
          RolloutEvent.AlertRaised _ ->
          this;
    };
  }

  /// Whether it ended well, so that its figures say what is usual of the app.
  public boolean isCompleted() {
    return completedAt != null && rolledBackAt == null;
  }
}
