package dev.slipway.rollout.plan;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.Stage;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.contracts.telemetry.Verdict.Health;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One rollout of a version over a baseline: what was agreed when it started, and how far it is.
///
/// @param baseline what the channel served to everybody when it started
/// @param verdict telemetry's newest word
public record Rollout(
    RolloutId id,
    Version version,
    Version baseline,
    List<Stage> stages,
    Policy policy,
    Salt salt,
    Instant startedAt,
    Progress progress,
    @Nullable Verdict verdict) {

  public Rollout {
    stages = List.copyOf(stages);
  }

  /// How far a rollout is.
  ///
  /// @param epoch the channel's epoch at the last change
  /// @param stage index of the current stage, from 0
  /// @param holdUntil when the stage's hold is over; time spent paused is added
  /// @param pauseOverruled whether a person resumed it in the face of an UNHEALTHY verdict
  /// @param cause of the last change
  public record Progress(
      RolloutState state,
      long epoch,
      int stage,
      Instant stageEnteredAt,
      Instant holdUntil,
      @Nullable Instant pausedAt,
      @Nullable Instant endedAt,
      boolean pauseOverruled,
      Cause cause) {}

  public RolloutState state() {
    return progress.state();
  }

  public Stage currentStage() {
    return stages.get(progress.stage());
  }

  public Exposure exposure() {
    return currentStage().exposure();
  }

  /// From when on the next stage opens by itself, or the last one completes the rollout; empty
  /// while it waits for a verdict or a person.
  ///
  /// The newest verdict counts: an evidence gate that closed again before the hold was over is
  /// closed. After DEGRADED or UNHEALTHY no stage opens by itself, whatever its gate.
  public Optional<Instant> opensNextAt() {
    if (state() != RolloutState.RUNNING) return Optional.empty();
    var health = verdict == null ? Health.INCONCLUSIVE : verdict.health();
    if (health == Health.DEGRADED || health == Health.UNHEALTHY) return Optional.empty();
    return switch (currentStage().gate()) {
      case MANUAL -> Optional.empty();
      case TIME -> Optional.of(progress.holdUntil());
      case EVIDENCE ->
          health == Health.HEALTHY && isAbout(progress.stage())
              ? Optional.of(later(progress.holdUntil(), soakedAt()))
              : Optional.empty();
    };
  }

  boolean isLastStage() {
    return progress.stage() == stages.size() - 1;
  }

  Rollout inStage(int stage, long epoch, Instant now, Cause cause) {
    return with(
        new Progress(
            progress.state(),
            epoch,
            stage,
            now,
            now.plus(stages.get(stage).hold()),
            null,
            null,
            progress.pauseOverruled(),
            cause));
  }

  Rollout paused(long epoch, Instant now, Cause cause) {
    return with(
        new Progress(
            RolloutState.PAUSED,
            epoch,
            progress.stage(),
            progress.stageEnteredAt(),
            progress.holdUntil(),
            now,
            null,
            progress.pauseOverruled(),
            cause));
  }

  Rollout resumed(long epoch, Instant now, Cause cause) {
    var pausedAt = progress.pausedAt();
    var rest = pausedAt == null ? Duration.ZERO : Duration.between(pausedAt, now);
    return with(
        new Progress(
            RolloutState.RUNNING,
            epoch,
            progress.stage(),
            progress.stageEnteredAt(),
            progress.holdUntil().plus(rest),
            null,
            null,
            progress.pauseOverruled() || (verdict != null && verdict.health() == Health.UNHEALTHY),
            cause));
  }

  Rollout ended(RolloutState state, long epoch, Instant now, Cause cause) {
    return with(
        new Progress(
            state,
            epoch,
            progress.stage(),
            progress.stageEnteredAt(),
            progress.holdUntil(),
            null,
            now,
            progress.pauseOverruled(),
            cause));
  }

  Rollout told(Verdict word) {
    return new Rollout(id, version, baseline, stages, policy, salt, startedAt, progress, word);
  }

  private Rollout with(Progress next) {
    return new Rollout(id, version, baseline, stages, policy, salt, startedAt, next, verdict);
  }

  private boolean isAbout(int stage) {
    return verdict != null && verdict.stage() == stage;
  }

  private Instant soakedAt() {
    return !isLastStage()
            && stages.get(progress.stage() + 1).exposure().compareTo(Stages.SOAKED) > 0
        ? startedAt.plus(policy.minSoak())
        : startedAt;
  }

  private static Instant later(Instant a, Instant b) {
    return a.isAfter(b) ? a : b;
  }
}
