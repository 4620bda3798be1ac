package dev.slipway.telemetry.story;

import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.DeviceEvent.Offered;
import dev.slipway.contracts.device.DeviceEvent.Reported;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.device.Stamp;
import dev.slipway.contracts.telemetry.Baseline.Signal;
import dev.slipway.contracts.telemetry.OutcomeDelta.Sender;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/// One rollout in the story of one device: the facts that were reported. What counts follows from
/// the set of facts alone, so neither their order nor repetition matters. Immutable.
///
/// @param version that the rollout offers
/// @param signed whether these are the reports that the device signed; what anybody says in its
///     name is a chapter of its own
/// @param startedAt when the rollout started; absent until telemetry knows
/// @param enrolledAt when the device enrolled the key that it signs with
/// @param real whether a report says that it is neither an emulator nor a debug build
/// @param origin of the earliest report that its arm is known of
/// @param fetch the earliest download of the version
/// @param offered when the version was offered, or its download began
/// @param fetchFailed when the version's install ended
/// @param checkFailed when a check of something failed that the device did not name
/// @param excused when the device itself was in the way of a download
/// @param start the earliest switch to the version; retries are part of the same attempt
/// @param failedAt the earliest failure to start
/// @param readyAt the earliest time that the application said it is ready
/// @param sightings the earliest ones, in order; only of plugins that never say "ready"
/// @param days on which it was seen, per stage and arm
/// @param watches whether it comes back; at most one for each arm
/// @param exclusions why reports were not counted
/// @param touchedAt roughly the newest report
record Chapter(
    RolloutId rolloutId,
    ChannelName channel,
    String version,
    boolean signed,
    @Nullable Instant startedAt,
    @Nullable Instant enrolledAt,
    boolean real,
    @Nullable Origin origin,
    @Nullable Began fetch,
    Moments offered,
    Moments fetchFailed,
    Moments checkFailed,
    Moments excused,
    @Nullable Began start,
    @Nullable Instant failedAt,
    @Nullable Instant readyAt,
    List<Sighting> sightings,
    List<Days> days,
    List<Watch> watches,
    Set<Exclusion> exclusions,
    Instant touchedAt) {

  /// Where a device stood when it was first heard of.
  record Origin(Instant at, Platform platform, String network) {
    boolean isBefore(Origin other) {
      int order = at.compareTo(other.at);
      return order < 0 || order == 0 && network.compareTo(other.network) < 0;
    }
  }

  /// When an attempt began, and in which stage.
  record Began(Instant at, int stage) {
    boolean isBefore(Began other) {
      int order = at.compareTo(other.at);
      return order < 0 || order == 0 && stage < other.stage;
    }
  }

  /// A failure overrides a success that is not older than this.
  static final Duration FAILURE_OVERRIDES = Duration.ofDays(7);

  /// A device counts in full, or as known, when it was there so long before the rollout.
  static final Duration BEFOREHAND = Duration.ofHours(24);

  /// From a plugin that never says "ready": the version stood so long before the next word of it.
  private static final Duration HEALTHY_SESSION = Duration.ofSeconds(60);

  /// A check that fails so soon after an offer is about what was offered.
  private static final Duration OFFER_STANDS = Duration.ofHours(1);

  /// What is in the way of a download, and the failure, are told of within this time.
  private static final Duration TOGETHER = Duration.ofSeconds(60);

  /// A device that is never confirmed must not grow without end; the earliest are kept, which is
  /// the same in any order.
  private static final int MAX_SIGHTINGS = 16;

  /// The time of the last report only decides when a story may be forgotten.
  private static final Duration TOUCH = Duration.ofHours(1);

  Chapter {
    sightings = List.copyOf(sightings);
    days = List.copyOf(days);
    watches = List.copyOf(watches);
    exclusions =
        exclusions.isEmpty() ? Set.of() : Collections.unmodifiableSet(EnumSet.copyOf(exclusions));
  }

  static Chapter begin(
      RolloutId rolloutId, ChannelName channel, String version, boolean signed, Instant at) {
    return new Chapter(
        rolloutId,
        channel,
        version,
        signed,
        null,
        null,
        false,
        null,
        null,
        Moments.NONE,
        Moments.NONE,
        Moments.NONE,
        Moments.NONE,
        null,
        null,
        null,
        List.of(),
        List.of(),
        List.of(),
        Set.of(),
        at);
  }

  /// The chapter with one more report about its rollout.
  Chapter after(Reported report, Word word, Surroundings around) {
    return new Facts(this).tell(report, word, around).chapter();
  }

  /// The version was offered to the device.
  Chapter after(Offered offer) {
    var facts = new Facts(this);
    facts.touch(offer.receivedAt());
    facts.offered = offered.and(offer.receivedAt());
    return facts.chapter();
  }

  /// Time went by in the log.
  Chapter at(Instant now) {
    var facts = new Facts(this);
    facts.watches.replaceAll(watch -> watch.at(now));
    return facts.chapter();
  }

  /// What the device stands for in the counts.
  ///
  /// @param knownSince when the device was first heard of
  List<Row.Share> shares(Instant knownSince) {
    var from = origin;
    if (from == null) return List.of();
    var shares = new ArrayList<Row.Share>(2 + days.size() + watches.size());
    Sender sender = sender(knownSince);
    if (fetch != null) {
      shares.add(
          new Row.Share(
              row(Signal.FETCH, Arm.EXPOSED, fetch.stage(), from, sender),
              new Row.Sum(1, hasFetchFailed() ? 1 : 0, 0)));
    }
    if (start != null) {
      boolean failed = hasStartFailed();
      shares.add(
          new Row.Share(
              row(Signal.START, Arm.EXPOSED, start.stage(), from, sender),
              new Row.Sum(1, failed ? 1 : 0, !failed && confirmedAt() != null ? 1 : 0)));
    }
    for (Days of : days) {
      shares.add(
          new Row.Share(
              row(Signal.HEALTH, of.arm(), of.stage(), from, sender),
              new Row.Sum(of.days().size(), of.broke() ? 1 : 0, 0)));
    }
    for (Watch watch : watches) {
      if (!watch.over()) continue;
      shares.add(
          new Row.Share(
              row(Signal.SILENCE, watch.arm(), watch.stage(), from, sender),
              new Row.Sum(1, watch.isSilent() ? 1 : 0, 0)));
    }
    return shares;
  }

  /// The devices that come back, with this one; of emulators nothing is learnt.
  void countReturns(SortedMap<Integer, Long> returns, long times) {
    if (real) watches.forEach(watch -> watch.countReturn(returns, times));
  }

  /// Why not all that was reported is counted.
  Set<Exclusion> openExclusions() {
    boolean open = start == null && failedAt != null || fetch == null && !fetchFailed.isEmpty();
    if (!open) return exclusions;
    var all = EnumSet.of(Exclusion.NO_ATTEMPT);
    all.addAll(exclusions);
    return all;
  }

  private static Row row(Signal signal, Arm arm, int stage, Origin from, Sender sender) {
    return new Row(signal, arm, stage, from.platform(), sender, from.network());
  }

  private Sender sender(Instant knownSince) {
    if (!real) return Sender.EMULATOR;
    var started = startedAt;
    if (started == null) return Sender.FRESH;
    Instant before = started.minus(BEFOREHAND);
    var enrolled = enrolledAt;
    if (enrolled != null && !enrolled.isAfter(before)) return Sender.ENROLLED;
    return knownSince.isAfter(before) ? Sender.FRESH : Sender.ANONYMOUS;
  }

  private boolean hasFetchFailed() {
    return fetchFailed.at().stream().anyMatch(this::isNotExcused)
        || checkFailed.at().stream()
            .anyMatch(at -> offered.near(at, OFFER_STANDS, TOGETHER) && isNotExcused(at));
  }

  private boolean isNotExcused(Instant failure) {
    return !excused.near(failure, TOGETHER, TOGETHER);
  }

  private boolean hasStartFailed() {
    Instant confirmed = confirmedAt();
    Instant failed = failedAt;
    return failed != null
        && (confirmed == null || !failed.isAfter(confirmed.plus(FAILURE_OVERRIDES)));
  }

  private @Nullable Instant confirmedAt() {
    Instant confirmed = readyAt;
    for (int i = 0; i + 1 < sightings.size(); i++) {
      var first = sightings.get(i);
      var next = sightings.get(i + 1);
      if (first.foreground() && !next.at().isBefore(first.at().plus(HEALTHY_SESSION))) {
        confirmed = earlier(confirmed, next.heardAt());
      }
    }
    return confirmed;
  }

  private static Instant earlier(@Nullable Instant one, Instant other) {
    return one == null || other.isBefore(one) ? other : one;
  }

  private static Began earlier(@Nullable Began one, Began other) {
    return one == null || other.isBefore(one) ? other : one;
  }

  /// A chapter while a report is added to it.
  private static final class Facts {
    private final Chapter before;
    private @Nullable Instant startedAt;
    private @Nullable Instant enrolledAt;
    private boolean real;
    private @Nullable Origin origin;
    private @Nullable Began fetch;
    private Moments offered;
    private Moments fetchFailed;
    private Moments checkFailed;
    private Moments excused;
    private @Nullable Began start;
    private @Nullable Instant failedAt;
    private @Nullable Instant readyAt;
    private List<Sighting> sightings;
    private final List<Days> days;
    private final List<Watch> watches;
    private final EnumSet<Exclusion> exclusions = EnumSet.noneOf(Exclusion.class);
    private Instant touchedAt;

    Facts(Chapter before) {
      this.before = before;
      startedAt = before.startedAt;
      enrolledAt = before.enrolledAt;
      real = before.real;
      origin = before.origin;
      fetch = before.fetch;
      offered = before.offered;
      fetchFailed = before.fetchFailed;
      checkFailed = before.checkFailed;
      excused = before.excused;
      start = before.start;
      failedAt = before.failedAt;
      readyAt = before.readyAt;
      sightings = before.sightings;
      days = new ArrayList<>(before.days);
      watches = new ArrayList<>(before.watches);
      exclusions.addAll(before.exclusions);
      touchedAt = before.touchedAt;
    }

    Facts tell(Reported report, Word word, Surroundings around) {
      Instant at = report.receivedAt();
      touch(at);
      if (startedAt == null) startedAt = around.startedAt();
      Instant enrolled = report.enrolledAt();
      if (enrolled != null) enrolledAt = earlier(enrolledAt, enrolled);
      real |= report.counts();
      var stamp = report.stamp();
      if (stamp != null) {
        var here = new Origin(at, report.platform(), report.network());
        var known = origin;
        if (known == null || here.isBefore(known)) origin = here;
        observe(report, stamp, word, around);
      }
      watches.replaceAll(watch -> watch.seen(at));
      switch (word) {
        case CHECK_FAILED -> {
          if (names(report)) fetchFailed = fetchFailed.and(at);
          else checkFailed = checkFailed.and(at);
        }
        case FETCH_EXCUSED -> excused = excused.and(at);
        case FETCH_BEGAN, FETCH_FAILED, SET, START_FAILED, READY, FOREGROUND, BROKE, SEEN, NONE -> {
          if (names(report)) ofTheVersion(report, word, around);
          else if (word == Word.SET
              || word == Word.START_FAILED
              || stamp != null && stamp.candidate() == null && word != Word.NONE) {
            exclusions.add(Exclusion.OTHER_VERSION);
          }
        }
      }
      return this;
    }

    /// A report of one file names `version:file`.
    private boolean names(Reported report) {
      String named = report.versionName();
      if (named == null) return false;
      int colon = named.indexOf(':');
      return before.version.equals(colon < 0 ? named : named.substring(0, colon));
    }

    private void ofTheVersion(Reported report, Word word, Surroundings around) {
      Instant at = report.receivedAt();
      switch (word) {
        case FETCH_BEGAN -> {
          offered = offered.and(at);
          if (isExposed(report)) fetch = earlier(fetch, began(report));
        }
        case FETCH_FAILED -> fetchFailed = fetchFailed.and(at);
        case SET -> {
          if (isExposed(report)) {
            start = earlier(start, began(report));
            watch(Arm.EXPOSED, began(report), around);
          }
          see(report, false);
        }
        case START_FAILED -> failedAt = earlier(failedAt, at);
        case READY -> readyAt = earlier(readyAt, at);
        case FOREGROUND -> see(report, true);
        case BROKE, SEEN -> see(report, false);
        case CHECK_FAILED, FETCH_EXCUSED, NONE -> {}
      }
    }

    /// Only what delivery saw as exposed begins an attempt: anyone can claim to run a version.
    private boolean isExposed(Reported report) {
      var stamp = report.stamp();
      if (stamp == null) return false;
      if (stamp.arm() == Arm.EXPOSED) return true;
      exclusions.add(Exclusion.NOT_EXPOSED);
      return false;
    }

    private static Began began(Reported report) {
      var stamp = report.stamp();
      return new Began(report.receivedAt(), stamp == null ? 0 : stamp.stage());
    }

    /// Both arms alike, whatever version runs: chance alone decided who is in which. Where delivery
    /// stamps only reports that name the candidate, the arms would not be alike.
    private void observe(Reported report, Stamp stamp, Word word, Surroundings around) {
      if (stamp.candidate() == null) return;
      long day = Math.floorDiv(report.receivedAt().getEpochSecond(), 86_400L);
      boolean broke = word == Word.BROKE;
      boolean found = false;
      for (int i = 0; i < days.size(); i++) {
        if (!days.get(i).isOf(stamp.stage(), stamp.arm())) continue;
        days.set(i, days.get(i).and(day, broke));
        found = true;
      }
      if (!found) days.add(new Days(stamp.stage(), stamp.arm(), List.of(day), broke));
      if (stamp.arm() == Arm.CONTROL) watch(Arm.CONTROL, began(report), around);
    }

    private void watch(Arm arm, Began since, Surroundings around) {
      for (int i = 0; i < watches.size(); i++) {
        var watch = watches.get(i);
        if (watch.arm() != arm) continue;
        if (since.at().isBefore(watch.since())) {
          watches.set(i, watch.from(since.stage(), since.at()));
        }
        return;
      }
      watches.add(Watch.begin(arm, since.stage(), since.at(), around.returnTime()));
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
          before.signed,
          startedAt,
          enrolledAt,
          real,
          origin,
          fetch,
          offered,
          fetchFailed,
          checkFailed,
          excused,
          start,
          failedAt,
          readyAt,
          sightings,
          days,
          watches,
          exclusions,
          touchedAt);
    }
  }
}
