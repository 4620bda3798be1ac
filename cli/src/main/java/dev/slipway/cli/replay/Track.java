package dev.slipway.cli.replay;

import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.telemetry.OutcomeDelta;
import dev.slipway.contracts.telemetry.Verdict.Action;
import dev.slipway.contracts.telemetry.Verdict.Health;
import dev.slipway.decisions.Judgement;
import dev.slipway.decisions.Replay;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// How a rollout is judged with some settings, delta by delta: what changes, and enough of the way
/// between to draw it. Its memory is bounded. For one thread.
final class Track {

  private static final int MOST_POINTS = 1_000;
  private static final int MOST_MARKS = 200;

  private final String name;
  private final Policy policy;
  private final Replay replay;
  private final List<Point> points = new ArrayList<>();
  private final List<Mark> marks = new ArrayList<>();
  private long deltas;
  private long every = 1;
  private @Nullable Mark newest;

  /// @param evidence e-value against the release
  record Point(long attempts, double evidence) {}

  /// A judgement that differs from the one before in health or action.
  record Mark(
      Instant at,
      long attempts,
      long failures,
      double evidence,
      double gate,
      Health health,
      Action action,
      String sentence) {}

  /// @param name for people
  Track(String name, Policy policy, Replay replay) {
    this.name = name;
    this.policy = policy;
    this.replay = replay;
  }

  /// Adds the next delta.
  ///
  /// @throws IllegalArgumentException if it makes a sum impossible; nothing is changed then
  void add(OutcomeDelta delta) {
    Judgement now = replay.add(delta);
    deltas++;
    var counts = now.counts();
    var last = newest;
    boolean isNews = last == null || last.health() != now.health() || last.action() != now.action();
    newest =
        new Mark(
            delta.flushedAt(),
            counts.attempts(),
            counts.failures(),
            now.evidence(),
            now.gate(),
            now.health(),
            now.action(),
            now.sentence());
    if (isNews && marks.size() < MOST_MARKS) marks.add(newest);
    if (!isNews && deltas % every != 0) return;
    points.add(new Point(counts.attempts(), now.evidence()));
    if (points.size() <= MOST_POINTS) return;
    every *= 2;
    for (int i = points.size() - 2; i > 0; i -= 2) points.remove(i);
  }

  String name() {
    return name;
  }

  Policy policy() {
    return policy;
  }

  Replay replay() {
    return replay;
  }

  long deltas() {
    return deltas;
  }

  /// The way from the first delta to the last, thinned out where it is long.
  List<Point> points() {
    var all = new ArrayList<>(points);
    var last = newest;
    if (last != null) all.add(new Point(last.attempts(), last.evidence()));
    return all;
  }

  List<Mark> marks() {
    return List.copyOf(marks);
  }

  /// The first judgement of this kind.
  Optional<Mark> first(Predicate<Mark> kind) {
    return marks.stream().filter(kind).findFirst();
  }

  /// After the last delta; nothing if there was none.
  Optional<Mark> end() {
    return Optional.ofNullable(newest);
  }
}
