package dev.slipway.cli.replay;

import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.telemetry.OutcomeDelta;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.decisions.Replay;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One rollout that is judged again: with its own settings, against what is on record, and with
/// others. For one thread.
final class Rerun {

  private static final int MOST_DIFFERENCES = 20;

  private final Recorded recorded;
  private final Track own;
  private final @Nullable Track other;
  private final @Nullable Instant from;
  private final @Nullable Instant to;
  private final Map<String, List<Verdict>> outstanding = new HashMap<>();
  private final List<Difference> differences = new ArrayList<>();
  private int reproduced;
  private long impossible;

  /// A verdict that does not come out again.
  ///
  /// @param replayed what comes out; absent where the deltas that it was made of are not there
  record Difference(Verdict verdict, @Nullable Double replayed) {}

  /// @param asked settings besides the recorded ones; null for none
  /// @param from only deltas from then on are judged by the asked settings
  /// @param to only deltas before
  Rerun(Recorded recorded, @Nullable Policy asked, @Nullable Instant from, @Nullable Instant to) {
    this.recorded = recorded;
    this.from = from;
    this.to = to;
    this.own = track("recorded", recorded, recorded.policy());
    this.other = asked == null ? null : track("asked", recorded, asked);
    for (var verdict : recorded.verdicts()) {
      verdict
          .offsets()
          .forEach(
              (partition, offset) ->
                  outstanding
                      .computeIfAbsent(place(partition, offset), _ -> new ArrayList<>())
                      .add(verdict));
    }
  }

  private static Track track(String name, Recorded recorded, Policy policy) {
    return new Track(name, policy, new Replay(recorded.version(), policy, recorded.usualHealth()));
  }

  private static String place(int partition, long offset) {
    return partition + "/" + offset;
  }

  /// Takes the next delta of the rollout.
  void add(OutcomeDelta delta, int partition, long offset) {
    try {
      own.add(delta);
    } catch (IllegalArgumentException _) {
      // Telemetry put it aside, and so nobody judges by it.
      impossible++;
      return;
    }
    var said = outstanding.remove(place(partition, offset + 1));
    if (said != null) said.forEach(this::compare);
    var what = other;
    if (what == null
        || from != null && delta.flushedAt().isBefore(from)
        || to != null && !delta.flushedAt().isBefore(to)) {
      return;
    }
    try {
      what.add(delta);
    } catch (IllegalArgumentException _) {
      // It takes back what came before the window.
      impossible++;
    }
  }

  private void compare(Verdict verdict) {
    if (own.replay().says(verdict)) {
      reproduced++;
    } else if (differences.size() < MOST_DIFFERENCES) {
      differences.add(new Difference(verdict, own.end().map(Track.Mark::evidence).orElse(null)));
    }
  }

  Recorded recorded() {
    return recorded;
  }

  Track own() {
    return own;
  }

  Optional<Track> other() {
    return Optional.ofNullable(other);
  }

  /// Verdicts that came out again, to the bit.
  int reproduced() {
    return reproduced;
  }

  /// Deltas that make sums impossible.
  long impossible() {
    return impossible;
  }

  boolean isReproduced() {
    return reproduced == recorded.verdicts().size();
  }

  /// Some of the verdicts that did not come out again, at most 20.
  List<Difference> differences() {
    var all = new ArrayList<>(differences);
    for (var verdicts : outstanding.values()) {
      for (var verdict : verdicts) {
        if (all.size() < MOST_DIFFERENCES) all.add(new Difference(verdict, null));
      }
    }
    return all;
  }
}
