package dev.slipway.telemetry.story;

import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.device.DeviceEvent.Reported;
import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import dev.slipway.contracts.topic.MalformedRecordException;
import dev.slipway.telemetry.story.Chapter.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What one device reported about the rollouts that it met, newest last. Immutable.
///
/// An attempt begins with `set`, stamped by delivery as exposed, and only then: a failure that
/// overtakes it waits, without being counted, until the `set` is there. Were it counted at once, it
/// would bring its own attempt along, and failures, which are reported first, would condemn a
/// healthy release. A failure is booked to the device's attempt whenever it comes, stamped or not,
/// also after the rollout ended.
public record Story(List<Chapter> chapters) {

  /// A device that was never heard of.
  public static final Story EMPTY = new Story(List.of());

  /// A chapter is forgotten this long after its last report: well after a failure could override.
  static final Duration KEPT = Duration.ofDays(30);

  private static final int MAX_CHAPTERS = 8;
  private static final int MAX_STAGE = 99;

  public Story {
    chapters = List.copyOf(chapters);
  }

  /// The story with a report, and what changes in the counts of a rollout.
  public record Told(Story story, Optional<Change> change) {}

  /// What a report adds to the counts of one rollout.
  ///
  /// @param count absent when only exclusions change
  /// @param exclusions devices by reason; negative where a reason no longer holds
  public record Change(
      RolloutId rolloutId,
      ChannelName channel,
      @Nullable Count count,
      SortedMap<String, Long> exclusions) {}

  /// @throws MalformedRecordException if the report lacks what every report has
  public Told after(Reported reported) {
    var report = aboutWhatItNames(reported);
    check(report);
    Signal signal = Signal.of(report.action());
    if (signal == Signal.NONE) return new Told(this, Optional.empty());
    int place = chapterOf(report);
    Chapter before = place < 0 ? begun(report) : chapters.get(place);
    if (before == null) return new Told(this, Optional.empty());
    Chapter after = before.after(report, signal);
    return new Told(with(place, after, report.receivedAt()), change(before, after, place < 0));
  }

  /// Delivery stamps whatever a device of either arm reports; of starts, only those of the
  /// candidate are the rollout's.
  private static Reported aboutWhatItNames(Reported report) {
    var stamp = report.stamp();
    if (stamp == null || stamp.candidate() == null) return report;
    var named = report.versionName() == null ? "" : report.versionName();
    int file = named.indexOf(':');
    if (stamp.candidate().text().equals(file < 0 ? named : named.substring(0, file))) return report;
    return new Reported(
        report.appId(),
        report.channel(),
        report.deviceId(),
        report.platform(),
        report.action(),
        report.versionName(),
        report.oldVersionName(),
        report.pluginVersion(),
        report.deviceTime(),
        report.network(),
        report.counts(),
        report.reason(),
        report.enrolledAt(),
        null,
        report.receivedAt());
  }

  /// When nothing of it matters any more.
  public Instant forgottenAt() {
    return chapters.stream()
        .map(chapter -> chapter.touchedAt().plus(KEPT))
        .max(Instant::compareTo)
        .orElse(Instant.MIN);
  }

  /// By its rollout; without a stamp it is about the newest rollout of the version that it names.
  private int chapterOf(Reported report) {
    var stamp = report.stamp();
    for (int i = chapters.size() - 1; i >= 0; i--) {
      var chapter = chapters.get(i);
      if (stamp == null
          ? chapter.version().equals(report.versionName())
          : chapter.rolloutId().equals(stamp.rolloutId())) {
        return i;
      }
    }
    return -1;
  }

  private static @Nullable Chapter begun(Reported report) {
    var stamp = report.stamp();
    var channel = report.channel();
    var version = report.versionName();
    if (stamp == null || channel == null || version == null) return null;
    return Chapter.begin(stamp.rolloutId(), channel, version, report.receivedAt());
  }

  private Story with(int place, Chapter chapter, Instant now) {
    var all = new ArrayList<>(chapters);
    if (place < 0) all.add(chapter);
    else all.set(place, chapter);
    all.removeIf(one -> one != chapter && one.touchedAt().plus(KEPT).isBefore(now));
    return new Story(all.subList(Math.max(0, all.size() - MAX_CHAPTERS), all.size()));
  }

  private static Optional<Change> change(Chapter before, Chapter after, boolean isNew) {
    Count count = count(before, after);
    var exclusions = new TreeMap<String, Long>();
    Set<Exclusion> held = isNew ? EnumSet.noneOf(Exclusion.class) : before.openExclusions();
    Set<Exclusion> holds = after.openExclusions();
    for (var exclusion : Exclusion.values()) {
      long difference = (holds.contains(exclusion) ? 1 : 0) - (held.contains(exclusion) ? 1 : 0);
      if (difference != 0) exclusions.put(exclusion.slug(), difference);
    }
    return count == null && exclusions.isEmpty()
        ? Optional.empty()
        : Optional.of(new Change(after.rolloutId(), after.channel(), count, exclusions));
  }

  private static @Nullable Count count(Chapter before, Chapter after) {
    var attempt = after.attempt();
    if (attempt == null) return null;
    var was = before.outcome();
    var is = after.outcome();
    if (was.equals(is)) return null;
    return new Count(
        attempt.stage(),
        attempt.platform(),
        attempt.network(),
        was.isPresent() ? 0 : 1,
        one(is, Outcome.FAILED) - one(was, Outcome.FAILED),
        one(is, Outcome.CONFIRMED) - one(was, Outcome.CONFIRMED));
  }

  private static int one(Optional<Outcome> outcome, Outcome wanted) {
    return outcome.filter(wanted::equals).isPresent() ? 1 : 0;
  }

  /// Data binding leaves what is missing null.
  private static void check(Reported report) {
    require(report.action(), "action");
    require(report.platform(), "platform");
    require(report.network(), "network");
    require(report.receivedAt(), "received_at");
    var stamp = report.stamp();
    if (stamp == null) return;
    require(stamp.rolloutId(), "stamp/rollout_id");
    require(stamp.arm(), "stamp/arm");
    require(report.channel(), "channel");
    require(report.versionName(), "version_name");
    if (stamp.stage() < 0 || stamp.stage() > MAX_STAGE) {
      throw new MalformedRecordException("stamp/stage is not between 0 and " + MAX_STAGE);
    }
  }

  private static void require(@Nullable Object value, String member) {
    if (value == null) throw new MalformedRecordException("no " + member);
  }
}
