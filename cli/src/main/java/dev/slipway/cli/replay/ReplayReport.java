package dev.slipway.cli.replay;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.telemetry.Verdict.Health;
import dev.slipway.decisions.Judge;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What came of judging a rollout again, for people and programs. Immutable.
///
/// @param match whether each verdict on record came out again, to the bit
/// @param verdicts on record that were compared
/// @param rules that this program judges by
/// @param reason why they do not match, as far as that is known
record ReplayReport(
    RolloutId rolloutId,
    AppId appId,
    ChannelName channel,
    Version version,
    Instant startedAt,
    String rules,
    long deltas,
    int verdicts,
    int reproduced,
    long passedOver,
    boolean match,
    @Nullable String reason,
    List<Unlike> differences,
    Judged recorded,
    @Nullable Judged asked) {

  ReplayReport {
    differences = List.copyOf(differences);
  }

  /// A verdict that did not come out again.
  ///
  /// @param replayed evidence; absent where the deltas that it was made of are not there
  record Unlike(long revision, Health health, double evidence, @Nullable Double replayed) {}

  /// How it is judged with some settings.
  ///
  /// @param marks each change of health or action
  /// @param end after the last delta; absent if there was none
  /// @param points the way of the evidence, thinned out
  record Judged(
      String name,
      Policy policy,
      long deltas,
      List<Track.Mark> marks,
      Track.@Nullable Mark end,
      List<Track.Point> points) {
    Judged {
      marks = List.copyOf(marks);
      points = List.copyOf(points);
    }

    static Judged of(Track track) {
      return new Judged(
          track.name(),
          track.policy(),
          track.deltas(),
          track.marks(),
          track.end().orElse(null),
          track.points());
    }
  }

  /// @param wholeSince since when the log has all deltas; null if none was deleted yet
  static ReplayReport of(Rerun run, @Nullable Instant wholeSince) {
    var recorded = run.recorded();
    return new ReplayReport(
        recorded.rolloutId(),
        recorded.appId(),
        recorded.channel(),
        recorded.version(),
        recorded.startedAt(),
        Judge.RULES,
        run.own().deltas(),
        recorded.verdicts().size(),
        run.reproduced(),
        recorded.passedOver(),
        run.isReproduced(),
        run.isReproduced() ? null : reason(run, wholeSince),
        run.differences().stream()
            .map(
                it ->
                    new Unlike(
                        it.verdict().revision(),
                        it.verdict().health(),
                        it.verdict().evidence(),
                        it.replayed()))
            .toList(),
        Judged.of(run.own()),
        run.other().map(Judged::of).orElse(null));
  }

  private static @Nullable String reason(Rerun run, @Nullable Instant wholeSince) {
    var recorded = run.recorded();
    if (wholeSince != null && wholeSince.isAfter(recorded.startedAt())) {
      return "the rollout started at %s, and deltas from before %s are deleted already"
          .formatted(recorded.startedAt(), wholeSince);
    }
    if (!recorded.isJudgedByTheseRules()) {
      return ("they were judged by other rules, or on other terms, than %s with the policy that the"
              + " rollout started with; replay them with the release that judged them")
          .formatted(Judge.RULES);
    }
    return null;
  }

  /// With which settings it was judged: one or two.
  Stream<Judged> judged() {
    return Stream.concat(Stream.of(recorded), Stream.ofNullable(asked));
  }
}
