package dev.slipway.telemetry.story;

import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.DeviceEvent.Reported;
import dev.slipway.contracts.device.Platform;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One rollout in the story of one device: the facts that were reported. What counts follows from
/// the set of facts alone, so neither their order nor repetition matters.
///
/// @param version that the rollout offers
/// @param attempt where the attempt began; the first one in the log stays, retries are part of it
/// @param failedAt the earliest failure
/// @param readyAt the earliest time that the application said it is ready
/// @param sightings the earliest ones, in order; only of plugins that never say "ready"
/// @param exclusions why reports were not counted
/// @param touchedAt roughly the newest report
record Chapter(
    RolloutId rolloutId,
    ChannelName channel,
    String version,
    @Nullable Attempt attempt,
    @Nullable Instant failedAt,
    @Nullable Instant readyAt,
    List<Sighting> sightings,
    Set<Exclusion> exclusions,
    Instant touchedAt) {

  /// What an attempt is counted under.
  record Attempt(int stage, Platform platform, String network) {}

  /// How an attempt ended, as far as is known.
  enum Outcome {
    OPEN,
    FAILED,
    CONFIRMED
  }

  /// A failure overrides a success that is not older than this.
  static final Duration FAILURE_OVERRIDES = Duration.ofDays(7);

  /// From a plugin that never says "ready": the version stood so long before the next word of it.
  private static final Duration HEALTHY_SESSION = Duration.ofSeconds(60);

  /// A device that is never confirmed must not grow without end; the earliest are kept, which is
  /// the same in any order.
  private static final int MAX_SIGHTINGS = 16;

  /// The time of the last report only decides when a story may be forgotten.
  private static final Duration TOUCH = Duration.ofHours(1);

  Chapter {
    sightings = List.copyOf(sightings);
    exclusions =
        exclusions.isEmpty() ? Set.of() : Collections.unmodifiableSet(EnumSet.copyOf(exclusions));
  }

  static Chapter begin(
      RolloutId rolloutId, ChannelName channel, String version, Instant receivedAt) {
    return new Chapter(
        rolloutId, channel, version, null, null, null, List.of(), Set.of(), receivedAt);
  }

  /// The chapter with one more report about its rollout.
  Chapter after(Reported report, Signal signal) {
    var facts = new Facts(this);
    facts.touch(report.receivedAt());
    if (!version.equals(report.versionName())) {
      facts.exclusions.add(Exclusion.OTHER_VERSION);
    } else if (!report.counts()) {
      facts.exclusions.add(Exclusion.EMULATOR_OR_DEBUG);
    } else {
      switch (signal) {
        case SET -> {
          facts.set(report);
          facts.see(report, false);
        }
        case FAILED -> facts.failedAt = earlier(facts.failedAt, report.receivedAt());
        case READY -> facts.readyAt = earlier(facts.readyAt, report.receivedAt());
        case FOREGROUND -> facts.see(report, true);
        case SEEN -> facts.see(report, false);
        case NONE -> {}
      }
    }
    return facts.chapter();
  }

  /// How the attempt stands; nothing if there was none that counts.
  Optional<Outcome> outcome() {
    if (attempt == null) return Optional.empty();
    Instant confirmed = confirmedAt();
    Instant failed = failedAt;
    if (failed != null
        && (confirmed == null || !failed.isAfter(confirmed.plus(FAILURE_OVERRIDES)))) {
      return Optional.of(Outcome.FAILED);
    }
    return Optional.of(confirmed == null ? Outcome.OPEN : Outcome.CONFIRMED);
  }

  /// Why not all that was reported is counted.
  Set<Exclusion> openExclusions() {
    if (attempt != null || failedAt == null) return exclusions;
    var open = EnumSet.of(Exclusion.NO_ATTEMPT);
    open.addAll(exclusions);
    return open;
  }

  private @Nullable Instant confirmedAt() {
    Instant confirmed = readyAt;
    for (int i = 0; i + 1 < sightings.size(); i++) {
      var start = sightings.get(i);
      var next = sightings.get(i + 1);
      if (start.foreground() && !next.at().isBefore(start.at().plus(HEALTHY_SESSION))) {
        confirmed = earlier(confirmed, next.heardAt());
      }
    }
    return confirmed;
  }

  private static Instant earlier(@Nullable Instant one, Instant other) {
    return one == null || other.isBefore(one) ? other : one;
  }

  /// A chapter while a report is added to it.
  private static final class Facts {
    private final Chapter before;
    private @Nullable Attempt attempt;
    private @Nullable Instant failedAt;
    private @Nullable Instant readyAt;
    private List<Sighting> sightings;
    private final EnumSet<Exclusion> exclusions = EnumSet.noneOf(Exclusion.class);
    private Instant touchedAt;

    Facts(Chapter before) {
      this.before = before;
      attempt = before.attempt;
      failedAt = before.failedAt;
      readyAt = before.readyAt;
      sightings = before.sightings;
      exclusions.addAll(before.exclusions);
      touchedAt = before.touchedAt;
    }

    /// Only what delivery saw as exposed begins an attempt: anyone can claim to run a version.
    void set(Reported report) {
      var stamp = report.stamp();
      if (stamp == null) return;
      if (stamp.arm() != Arm.EXPOSED) {
        exclusions.add(Exclusion.NOT_EXPOSED);
      } else if (attempt == null) {
        attempt = new Attempt(stamp.stage(), report.platform(), report.network());
      }
    }

    void see(Reported report, boolean foreground) {
      if (PluginVersion.saysReady(report.pluginVersion())) return;
      Instant deviceTime = report.deviceTime();
      var sighting =
          new Sighting(
              deviceTime == null ? report.receivedAt() : deviceTime,
              report.receivedAt(),
              foreground);
      var all = new ArrayList<>(sightings);
      int place = Collections.binarySearch(all, sighting, Sighting.ORDER);
      if (place >= 0) {
        if (!sighting.heardAt().isBefore(all.get(place).heardAt())) return;
        all.set(place, sighting);
      } else {
        all.add(-place - 1, sighting);
      }
      sightings = all.subList(0, Math.min(all.size(), MAX_SIGHTINGS));
    }

    void touch(Instant at) {
      if (at.isAfter(touchedAt.plus(TOUCH))) touchedAt = at;
    }

    Chapter chapter() {
      return new Chapter(
          before.rolloutId,
          before.channel,
          before.version,
          attempt,
          failedAt,
          readyAt,
          sightings,
          exclusions,
          touchedAt);
    }
  }
}
