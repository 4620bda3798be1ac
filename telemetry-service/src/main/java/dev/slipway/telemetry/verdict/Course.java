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

  /// The course after one more event; a repeat changes nothing.
  ///
  /// @param known before; absent for the first event
  public static Course after(@Nullable Course known, RolloutEvent event) {
    var about = event.subject();
    var course =
        known == null
            ? new Course(about.rolloutId(), about.version(), null, null, null, null)
            : known;
    return switch (event) {
      case RolloutEvent.RolloutStarted started ->
          new Course(
              course.rolloutId,
              course.version,
              started.policy(),
              about.at(),
              course.completedAt,
              course.rolledBackAt);
      case RolloutEvent.RolloutCompleted _ ->
          new Course(
              course.rolloutId,
              course.version,
              course.policy,
              course.startedAt,
              about.at(),
              course.rolledBackAt);
      case RolloutEvent.RolledBack _ ->
          new Course(
              course.rolloutId,
              course.version,
              course.policy,
              course.startedAt,
              course.completedAt,
              about.at());
      case RolloutEvent.StageEntered _,
          RolloutEvent.RolloutPaused _,
          RolloutEvent.RolloutResumed _ ->
          course;
    };
  }

  /// Whether it ended well, so that its figures say what is usual of the app.
  public boolean isCompleted() {
    return completedAt != null && rolledBackAt == null;
  }
}
