package dev.slipway.rollout.plan;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.telemetry.Verdict.Health;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Where a rollout stands, with what there is to know of it there.
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "state")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Phase.Draft.class, name = "draft"),
  @JsonSubTypes.Type(value = Phase.AwaitingApproval.class, name = "awaiting_approval"),
  @JsonSubTypes.Type(value = Phase.Scheduled.class, name = "scheduled"),
  @JsonSubTypes.Type(value = Phase.Running.class, name = "running"),
  @JsonSubTypes.Type(value = Phase.Paused.class, name = "paused"),
  @JsonSubTypes.Type(value = Phase.Completed.class, name = "completed"),
  @JsonSubTypes.Type(value = Phase.RolledBack.class, name = "rolled_back"),
  @JsonSubTypes.Type(value = Phase.Cancelled.class, name = "cancelled"),
  @JsonSubTypes.Type(value = Phase.Superseded.class, name = "superseded")
})
public sealed interface Phase {

  /// @param startAt when it is to start once it is scheduled
  record Draft(@Nullable Instant startAt) implements Phase {}

  /// @param submittedBy who may not be the one who agrees
  record AwaitingApproval(@Nullable Instant startAt, Cause.Person submittedBy) implements Phase {}

  record Scheduled(Instant startAt) implements Phase {}

  record Running(Run run) implements Phase {}

  record Paused(Run run, Instant since) implements Phase {}

  record Completed(Run run, Instant at) implements Phase {}

  record RolledBack(Run run, Instant at) implements Phase {}

  record Cancelled(Instant at) implements Phase {}

  record Superseded(Run run, RolloutId successor, Instant at) implements Phase {}

  /// How far a rollout came that has started.
  ///
  /// @param stage index of the current stage, from 0
  /// @param exposure the share of the eligible devices that are offered the version; may be below
  ///     what the stage plans, after one whose devices were used up
  /// @param maxDevices where the size of the fleet is not known: after how many attempts the stage
  ///     ends for newcomers
  /// @param full whether it has
  /// @param holdUntil when the stage's hold is over; time spent paused is added
  /// @param asked whether a person was told that a decision is due in this stage
  /// @param overruled judgements in whose face a person resumed it
  /// @param condemnedAt when the reports first condemned the version; absent: they do not, or it
  ///     was rolled back at once
  record Run(
      Instant startedAt,
      int stage,
      Exposure exposure,
      @Nullable Long maxDevices,
      boolean full,
      Instant enteredAt,
      Instant holdUntil,
      boolean asked,
      Set<Health> overruled,
      @Nullable Instant condemnedAt) {
    public Run {
      overruled = Set.copyOf(overruled);
    }
  }

  /// The word for it that travels.
  default RolloutState state() {
    return switch (this) {
      case Draft _ -> RolloutState.DRAFT;
      case AwaitingApproval _ -> RolloutState.AWAITING_APPROVAL;
      case Scheduled _ -> RolloutState.SCHEDULED;
      case Running _ -> RolloutState.RUNNING;
      case Paused _ -> RolloutState.PAUSED;
      case Completed _ -> RolloutState.COMPLETED;
      case RolledBack _ -> RolloutState.ROLLED_BACK;
      case Cancelled _ -> RolloutState.CANCELLED;
      case Superseded _ -> RolloutState.SUPERSEDED;
    };
  }

  /// How far it came, once it has started.
  default Optional<Run> started() {
    return switch (this) {
      case Draft _, AwaitingApproval _, Scheduled _, Cancelled _ -> Optional.empty();
      case Running(var run) -> Optional.of(run);
      case Paused(var run, _) -> Optional.of(run);
      case Completed(var run, _) -> Optional.of(run);
      case RolledBack(var run, _) -> Optional.of(run);
      case Superseded(var run, _, _) -> Optional.of(run);
    };
  }

  /// When it is to start, where that is known.
  default Optional<Instant> toStartAt() {
    return switch (this) {
      case Draft(var at) -> Optional.ofNullable(at);
      case AwaitingApproval(var at, _) -> Optional.ofNullable(at);
      case Scheduled(var at) -> Optional.of(at);
      case Running _, Paused _, Completed _, RolledBack _, Cancelled _, Superseded _ ->
          Optional.empty();
    };
  }

  /// When it ended.
  default Optional<Instant> ended() {
    return switch (this) {
      case Draft _, AwaitingApproval _, Scheduled _, Running _, Paused _ -> Optional.empty();
      case Completed(_, var at) -> Optional.of(at);
      case RolledBack(_, var at) -> Optional.of(at);
      case Cancelled(var at) -> Optional.of(at);
      case Superseded(_, _, var at) -> Optional.of(at);
    };
  }
}
