package dev.slipway.telemetry.story;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.device.DeviceEvent.Offered;
import dev.slipway.contracts.device.DeviceEvent.Reported;
import dev.slipway.contracts.device.DeviceFailures;
import dev.slipway.contracts.device.Stamp;
import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import dev.slipway.contracts.topic.MalformedRecordException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What one device reported about the rollouts that it met, newest last. Immutable.
///
/// An attempt begins with the word for it, stamped by delivery as exposed, and only then: a failure
/// that overtakes it waits, without being counted, until the attempt is there. Were it counted at
/// once, it would bring its own attempt along, and failures, which are reported first, would
/// condemn a healthy release. A failure is booked to the device's attempt whenever it comes,
/// stamped or not, also after the rollout ended.
///
/// @param knownSince when the device was first heard of
/// @param seenAt when it was last heard of, to the day
public record Story(Instant knownSince, Instant seenAt, List<Chapter> chapters, Mishaps mishaps) {

  /// A device that was never heard of.
  public static final Story EMPTY = new Story(Instant.MAX, Instant.MIN, List.of(), Mishaps.NONE);

  /// A story is forgotten this long after its last report: well after a failure could override.
  static final Duration KEPT = Duration.ofDays(30);

  private static final Duration TOUCH = Duration.ofDays(1);
  private static final int MAX_CHAPTERS = 8;
  private static final int MAX_STAGE = 99;

  public Story {
    chapters = List.copyOf(chapters);
  }

  /// The story with a report, and what changes in the counts of rollouts.
  ///
  /// @param failures the versions that failed on the device, where that is news
  /// @param due when to look again whether the device came back; absent where nothing is awaited
  public record Told(
      Story story,
      List<Change> changes,
      Optional<DeviceFailures> failures,
      Optional<Instant> due) {}

  /// What a report adds to the counts of one rollout.
  ///
  /// @param exclusions devices by reason; negative where a reason no longer holds
  /// @param returns devices by the hours within which they came back; 0 for those that are watched
  public record Change(
      RolloutId rolloutId,
      ChannelName channel,
      List<Count> counts,
      SortedMap<String, Long> exclusions,
      SortedMap<Integer, Long> returns) {
    public Change {
      counts = List.copyOf(counts);
    }
  }

  /// @param at the broker's time of the report
  /// @param around what is known besides
  /// @throws MalformedRecordException if the report lacks what every report has
  public Told after(Reported report, Instant at, Surroundings around) {
    check(report);
    Word word = Word.of(report);
    var all = new ArrayList<>(chapters);
    int place = chapterOf(report);
    if (place < 0) {
      Chapter begun = begun(report);
      if (begun != null) {
        place = all.size();
        all.add(begun);
      }
    }
    if (place >= 0) all.set(place, all.get(place).after(report, word, around));
    Mishaps now = mishaps.after(report, word, at);
    var next = seen(report.receivedAt(), kept(all, place, report.receivedAt()), now);
    return told(
        next,
        now.equals(mishaps)
            ? Optional.empty()
            : Optional.of(failures(report.appId(), report.deviceId(), now)));
  }

  /// The candidate of a rollout was offered.
  public Told after(Offered offer) {
    require(offer.stamp(), "stamp");
    require(offer.channel(), "channel");
    require(offer.version(), "version");
    require(offer.receivedAt(), "received_at");
    check(offer.stamp());
    var all = new ArrayList<>(chapters);
    int place = -1;
    for (int i = 0; i < all.size(); i++) {
      var chapter = all.get(i);
      if (!chapter.rolloutId().equals(offer.stamp().rolloutId())) continue;
      all.set(i, chapter.after(offer));
      place = i;
    }
    if (place < 0) {
      place = all.size();
      all.add(
          Chapter.begin(
                  offer.stamp().rolloutId(),
                  offer.channel(),
                  offer.version().text(),
                  false,
                  offer.receivedAt())
              .after(offer));
    }
    return told(
        seen(offer.receivedAt(), kept(all, place, offer.receivedAt()), mishaps), Optional.empty());
  }

  /// Time went by in the log.
  public Told at(Instant now) {
    var all = chapters.stream().map(chapter -> chapter.at(now)).toList();
    return told(new Story(knownSince, seenAt, all, mishaps), Optional.empty());
  }

  /// When nothing of it matters any more.
  public Instant forgottenAt() {
    return seenAt.plus(KEPT).plus(TOUCH);
  }

  /// What takes away the failures that were told of; nothing if none were.
  public Optional<Long> failuresRevision() {
    return mishaps.revision() == 0 ? Optional.empty() : Optional.of(mishaps.revision() + 1);
  }

  private Told told(Story next, Optional<DeviceFailures> failures) {
    var changes = new ArrayList<Change>();
    for (Chapter after : next.chapters) {
      Chapter before = before(after);
      if (after.equals(before) && next.knownSince.equals(knownSince)) continue;
      change(before, after, next.knownSince).ifPresent(changes::add);
    }
    return new Told(next, changes, failures, next.due());
  }

  private @Nullable Chapter before(Chapter after) {
    for (Chapter chapter : chapters) {
      if (chapter.rolloutId().equals(after.rolloutId()) && chapter.signed() == after.signed()) {
        return chapter;
      }
    }
    return null;
  }

  /// When to look again whether the device came back; nothing where that is not awaited.
  public Optional<Instant> due() {
    Instant first = null;
    for (Chapter chapter : chapters) {
      for (Watch watch : chapter.watches()) {
        var due = watch.due();
        if (!watch.over() && due != null && (first == null || due.isBefore(first))) first = due;
      }
    }
    return Optional.ofNullable(first);
  }

  /// By its rollout; without a stamp it is about the newest rollout of the version that it names.
  private int chapterOf(Reported report) {
    var stamp = report.stamp();
    boolean signed = report.enrolledAt() != null;
    for (int i = chapters.size() - 1; i >= 0; i--) {
      var chapter = chapters.get(i);
      if (chapter.signed() == signed
          && (stamp == null
              ? chapter.version().equals(report.versionName())
              : chapter.rolloutId().equals(stamp.rolloutId()))) {
        return i;
      }
    }
    return -1;
  }

  private static @Nullable Chapter begun(Reported report) {
    var stamp = report.stamp();
    var channel = report.channel();
    if (stamp == null || channel == null) return null;
    var candidate = stamp.candidate();
    String version = candidate == null ? report.versionName() : candidate.text();
    if (version == null) return null;
    return Chapter.begin(
        stamp.rolloutId(), channel, version, report.enrolledAt() != null, report.receivedAt());
  }

  private static List<Chapter> kept(List<Chapter> chapters, int current, Instant now) {
    var all = new ArrayList<Chapter>();
    for (int i = 0; i < chapters.size(); i++) {
      if (i == current || !chapters.get(i).touchedAt().plus(KEPT).isBefore(now)) {
        all.add(chapters.get(i));
      }
    }
    return all.subList(Math.max(0, all.size() - MAX_CHAPTERS), all.size());
  }

  private Story seen(Instant at, List<Chapter> told, Mishaps failed) {
    return new Story(
        at.isBefore(knownSince) ? at : knownSince,
        seenAt.equals(Instant.MIN) || at.isAfter(seenAt.plus(TOUCH)) ? at : seenAt,
        told,
        failed);
  }

  private Optional<Change> change(@Nullable Chapter before, Chapter after, Instant since) {
    List<Count> counts =
        Row.difference(before == null ? List.of() : before.shares(knownSince), after.shares(since));
    var exclusions = new TreeMap<String, Long>();
    Set<Exclusion> held = before == null ? Set.of() : before.openExclusions();
    Set<Exclusion> holds = after.openExclusions();
    if (!holds.equals(held)) {
      for (var exclusion : Exclusion.values()) {
        long difference = (holds.contains(exclusion) ? 1 : 0) - (held.contains(exclusion) ? 1 : 0);
        if (difference != 0) exclusions.put(exclusion.slug(), difference);
      }
    }
    var returns = new TreeMap<Integer, Long>();
    if (before != null) before.countReturns(returns, -1);
    after.countReturns(returns, 1);
    returns.values().removeIf(devices -> devices == 0);
    return counts.isEmpty() && exclusions.isEmpty() && returns.isEmpty()
        ? Optional.empty()
        : Optional.of(new Change(after.rolloutId(), after.channel(), counts, exclusions, returns));
  }

  private static DeviceFailures failures(AppId app, DeviceId device, Mishaps now) {
    return new DeviceFailures(app, device, now.revision(), now.failures());
  }

  /// Data binding leaves what is missing null.
  private static void check(Reported report) {
    require(report.appId(), "app_id");
    require(report.deviceId(), "device_id");
    require(report.action(), "action");
    require(report.platform(), "platform");
    require(report.network(), "network");
    require(report.receivedAt(), "received_at");
    var stamp = report.stamp();
    if (stamp == null) return;
    check(stamp);
    require(report.channel(), "channel");
    if (stamp.candidate() == null) require(report.versionName(), "version_name");
  }

  private static void check(Stamp stamp) {
    require(stamp.rolloutId(), "stamp/rollout_id");
    require(stamp.arm(), "stamp/arm");
    if (stamp.stage() < 0 || stamp.stage() > MAX_STAGE) {
      throw new MalformedRecordException("stamp/stage is not between 0 and " + MAX_STAGE);
    }
  }

  private static void require(@Nullable Object value, String member) {
    if (value == null) throw new MalformedRecordException("no " + member);
  }
}
