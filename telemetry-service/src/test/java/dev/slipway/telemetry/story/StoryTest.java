package dev.slipway.telemetry.story;

import static dev.slipway.telemetry.PluginTrace.ROLLOUT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.device.DeviceEvent.Reported;
import dev.slipway.contracts.device.DeviceFailures.Failure;
import dev.slipway.contracts.device.DeviceFailures.Kind;
import dev.slipway.contracts.telemetry.Baseline.Signal;
import dev.slipway.contracts.telemetry.OutcomeDelta.Count;
import dev.slipway.contracts.telemetry.OutcomeDelta.Sender;
import dev.slipway.contracts.topic.MalformedRecordException;
import dev.slipway.telemetry.PluginTrace;
import dev.slipway.telemetry.Reports;
import dev.slipway.telemetry.story.Story.Change;
import dev.slipway.telemetry.story.Story.Told;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class StoryTest {

  private static final long SEED = 20261122;
  private static final RolloutId LATER = RolloutId.of("99999999-2222-3333-4444-555555555555");
  private static final Reports DEVICE = Reports.of(1, ROLLOUT);
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration DAY = Duration.ofDays(1);
  private static final Surroundings AROUND =
      new Surroundings(PluginTrace.START, Duration.ofDays(2));

  /// What one device adds to the counts of a rollout.
  private record Sum(long attempts, long failures, long confirmed, Map<String, Long> exclusions) {
    static final Sum NONE = new Sum(0, 0, 0, Map.of());

    static Sum of(long attempts, long failures, long confirmed) {
      return new Sum(attempts, failures, confirmed, Map.of());
    }
  }

  static Stream<PluginTrace> healthy() {
    return PluginTrace.all("healthy");
  }

  static Stream<PluginTrace> neverReady() {
    return PluginTrace.all("never-ready");
  }

  static Stream<PluginTrace> notInstalled() {
    return Stream.concat(PluginTrace.all("bad-checksum"), PluginTrace.all("missing-file"));
  }

  static Stream<PluginTrace> all() {
    return Stream.of(healthy(), neverReady(), notInstalled()).flatMap(traces -> traces);
  }

  @ParameterizedTest
  @MethodSource
  void healthy(PluginTrace trace) {
    // The users of the recordings look for some seconds only: too short to prove a version of which
    // the plugin never says that it is ready.
    assertThat(sum(trace.reports())).isEqualTo(Sum.of(1, 0, trace.saysReady() ? 1 : 0));
    assertThat(sum(trace.reports(), ROLLOUT, Signal.FETCH)).isEqualTo(Sum.of(1, 0, 0));
  }

  @ParameterizedTest
  @MethodSource("healthy")
  void healthyAndLookedAtForAMinute(PluginTrace trace) {
    // Given the same recording with a user who stays twelve times as long
    var slow =
        trace.reports().stream()
            .map(
                report ->
                    at(
                        report,
                        PluginTrace.START.plus(
                            Duration.between(PluginTrace.START, report.receivedAt())
                                .multipliedBy(12))))
            .toList();

    assertThat(sum(slow)).isEqualTo(Sum.of(1, 0, 1));
  }

  @ParameterizedTest
  @MethodSource
  void neverReady(PluginTrace trace) {
    assertThat(sum(trace.reports())).isEqualTo(Sum.of(1, 1, 0));
    assertThat(sum(trace.reports(), ROLLOUT, Signal.FETCH)).isEqualTo(Sum.of(1, 0, 0));
  }

  @ParameterizedTest
  @MethodSource
  void notInstalled(PluginTrace trace) {
    assertThat(sum(trace.reports())).isEqualTo(Sum.NONE);
    boolean broken = trace.scenario().equals("bad-checksum");
    assertThat(sum(trace.reports(), ROLLOUT, Signal.FETCH)).isEqualTo(Sum.of(1, broken ? 1 : 0, 0));
  }

  @ParameterizedTest
  @MethodSource("all")
  void orderAndRepetitionDoNotMatter(PluginTrace trace) {
    var random = new Random(SEED);
    for (int round = 0; round < 100; round++) {
      // Given
      var reports = new ArrayList<Reported>(trace.reports());
      reports.addAll(trace.reports());
      Collections.shuffle(reports, random);

      // Then
      assertThat(sum(reports)).as("seed %s, round %s", SEED, round).isEqualTo(sum(trace.reports()));
    }
  }

  @Test
  void everyOrderOfALongStoryGivesTheSameCounts() {
    // Given reports whose parts contradict each other
    var old = DEVICE.plugin("8.40.7");
    var reports =
        List.of(
            old.say("set"),
            old.say("app_moved_to_foreground", MINUTE),
            old.say("app_moved_to_background", MINUTE.multipliedBy(3)),
            old.say("app_moved_to_foreground", MINUTE.multipliedBy(4)),
            old.say("update_fail", DAY),
            old.say("set", DAY.multipliedBy(2)),
            old.unstamped().say("app_moved_to_foreground", DAY.multipliedBy(3)));
    var random = new Random(SEED);

    for (int round = 0; round < 500; round++) {
      var shuffled = new ArrayList<>(reports);
      Collections.shuffle(shuffled, random);
      // The unstamped one comes after the rollout, so after the others.
      shuffled.remove(reports.getLast());
      shuffled.add(reports.getLast());
      assertThat(sum(shuffled)).as("seed %s", SEED).isEqualTo(Sum.of(1, 1, 0));
    }
  }

  @Test
  void aFailureThatOvertakesItsAttemptWaitsForIt() {
    assertThat(sum(List.of(DEVICE.say("update_fail"))))
        .isEqualTo(new Sum(0, 0, 0, Map.of("no-attempt", 1L)));
    assertThat(sum(List.of(DEVICE.say("update_fail"), DEVICE.say("set"))))
        .isEqualTo(Sum.of(1, 1, 0));
  }

  @Test
  void aFailureIsBookedAlsoAfterTheRolloutEnded() {
    assertThat(sum(List.of(DEVICE.say("set"), DEVICE.unstamped().say("update_fail", DAY))))
        .isEqualTo(Sum.of(1, 1, 0));
  }

  @Test
  void aFailureOverridesASuccessForAWeek() {
    var confirmed = List.of(DEVICE.say("set"), DEVICE.say("app_launch_ready", MINUTE));

    assertThat(sum(confirmed)).isEqualTo(Sum.of(1, 0, 1));
    assertThat(sum(confirmed, DEVICE.say("update_fail", DAY.multipliedBy(7))))
        .isEqualTo(Sum.of(1, 1, 0));
    assertThat(sum(confirmed, DEVICE.say("update_fail", DAY.multipliedBy(8))))
        .isEqualTo(Sum.of(1, 0, 1));
  }

  @Test
  void retriesCountOnce() {
    var reports =
        List.of(
            DEVICE.say("set"),
            DEVICE.say("update_fail", MINUTE),
            DEVICE.say("set", MINUTE.multipliedBy(2)),
            DEVICE.say("update_fail", MINUTE.multipliedBy(3)),
            DEVICE.say("set", MINUTE.multipliedBy(4)),
            DEVICE.say("app_launch_ready", MINUTE.multipliedBy(5)));

    assertThat(sum(reports)).isEqualTo(Sum.of(1, 1, 0));
  }

  @Test
  void theAttemptKeepsTheStageInWhichItBegan() {
    var first = tell(Story.EMPTY, DEVICE.say("set"));
    var failed = tell(first.story(), DEVICE.stage(3).say("update_fail", DAY));

    assertThat(failed.changes().getFirst().counts())
        .filteredOn(count -> count.signal() == Signal.START)
        .extracting(Count::stage)
        .containsExactly(0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"app_moved_to_foreground", "webview_page_loaded", "download_complete"})
  void nothingButReadyProvesANewPlugin(String action) {
    var reports =
        List.of(
            DEVICE.say("set"),
            DEVICE.say("app_moved_to_foreground", MINUTE),
            DEVICE.say(action, DAY));

    assertThat(sum(reports)).isEqualTo(Sum.of(1, 0, 0));
  }

  @Test
  void aDownloadIsNoSession() {
    var old = DEVICE.plugin("8.40.7");

    assertThat(
            sum(
                List.of(
                    old.say("set"),
                    old.say("app_moved_to_foreground", MINUTE),
                    old.say("download_complete", DAY),
                    old.say("set_next", DAY))))
        .isEqualTo(Sum.of(1, 0, 0));
  }

  @Test
  void aQueueThatIsSentLateOrTwiceIsNoSession() {
    // Given a plugin that dates its events, of which a batch arrives again an hour later
    var old = DEVICE.plugin("8.44.0");
    Instant devicesTime = Instant.parse("2020-01-01T00:00:00Z");
    var foreground = dated(old.say("app_moved_to_foreground"), devicesTime);
    var background = dated(old.say("app_moved_to_background"), devicesTime.plusSeconds(5));
    var again = at(foreground, PluginTrace.START.plus(Duration.ofHours(1)));
    var backgroundLate = at(background, PluginTrace.START.plus(Duration.ofHours(1)));

    assertThat(sum(List.of(old.say("set"), foreground, again, backgroundLate)))
        .isEqualTo(Sum.of(1, 0, 0));
  }

  @Test
  void onlyExposedRealDevicesCount() {
    assertThat(sum(List.of(DEVICE.control().say("set"), DEVICE.control().say("set", DAY))))
        .isEqualTo(new Sum(0, 0, 0, Map.of("not-exposed", 1L)));
    var emulator = List.of(DEVICE.emulator().say("set"), DEVICE.emulator().say("update_fail"));
    assertThat(senders(emulator)).containsExactly(Sender.EMULATOR);
    assertThat(sum(List.of(DEVICE.say("set"), DEVICE.version("1.4.3").say("update_fail"))))
        .isEqualTo(new Sum(1, 0, 0, Map.of("other-version", 1L)));
    assertThat(sum(List.of(DEVICE.unstamped().say("set"), DEVICE.unstamped().say("update_fail"))))
        .isEqualTo(Sum.NONE);
  }

  @Test
  void rolloutsOfTheSameVersionAreApart() {
    // Given a version that failed in one rollout and is rolled out again
    var again = Reports.of(1, LATER);
    var reports =
        List.of(
            DEVICE.say("set"),
            DEVICE.say("update_fail", MINUTE),
            again.say("set", DAY),
            again.say("app_launch_ready", DAY));

    assertThat(sum(reports, ROLLOUT)).isEqualTo(Sum.of(1, 1, 0));
    assertThat(sum(reports, LATER)).isEqualTo(Sum.of(1, 0, 1));
  }

  @Test
  void aStoryStaysSmallAndIsForgotten() {
    // Given
    var story = Story.EMPTY;
    var old = DEVICE.plugin("8.40.7");
    for (int i = 0; i < 1_000; i++) {
      story = tell(story, old.say("app_moved_to_background", Duration.ofSeconds(i))).story();
    }

    // Then
    assertThat(story.chapters()).hasSize(1);
    assertThat(story.chapters().getFirst().sightings()).hasSize(16);
    assertThat(story.forgottenAt()).isEqualTo(PluginTrace.START.plus(Story.KEPT).plus(DAY));

    // When many rollouts come by
    for (int i = 0; i < 20; i++) {
      var rollout = RolloutId.of("%08d-2222-3333-4444-555555555555".formatted(i));
      story = tell(story, Reports.of(1, rollout).say("set", DAY.multipliedBy(i))).story();
    }
    assertThat(story.chapters()).hasSize(8);
    story = tell(story, Reports.of(1, LATER).say("set", DAY.multipliedBy(365))).story();
    assertThat(story.chapters()).hasSize(1);
  }

  @Test
  void aRepeatChangesNothing() {
    var story = tell(Story.EMPTY, DEVICE.say("set")).story();

    var again = tell(story, DEVICE.say("set", MINUTE));

    assertThat(again.story()).isEqualTo(story);
    assertThat(again.changes()).isEmpty();
  }

  @Test
  void refusesWhatCannotBeCounted() {
    var report = DEVICE.say("set");
    assertThatThrownBy(() -> tell(Story.EMPTY, DEVICE.stage(100).say("set")))
        .isInstanceOf(MalformedRecordException.class);
    assertThatThrownBy(
            () ->
                tell(
                    Story.EMPTY,
                    new Reported(
                        report.appId(),
                        null,
                        report.deviceId(),
                        report.platform(),
                        report.action(),
                        report.versionName(),
                        null,
                        null,
                        null,
                        report.network(),
                        true,
                        report.stamp(),
                        report.receivedAt())))
        .isInstanceOf(MalformedRecordException.class)
        .hasMessage("no channel");
  }

  @Test
  void aDeviceCountsOnceADayInItsArm() {
    var reports =
        List.of(
            DEVICE.control().version("1.4.1").say("app_moved_to_foreground"),
            DEVICE.control().version("1.4.1").say("app_crash", MINUTE),
            DEVICE.control().version("1.4.1").say("app_crash", MINUTE.multipliedBy(2)),
            DEVICE.control().version("1.4.1").say("app_moved_to_foreground", DAY),
            DEVICE.stage(1).version("1.4.1").say("app_moved_to_foreground", DAY.multipliedBy(2)),
            DEVICE.stage(1).say("set", DAY.multipliedBy(2)),
            DEVICE.stage(1).say("webview_javascript_error", DAY.multipliedBy(3)),
            DEVICE.stage(1).say("app_anr", DAY.multipliedBy(4)));

    assertThat(rows(reports))
        .containsEntry("HEALTH CONTROL 0 FRESH network-1", List.of(2L, 1L, 0L))
        .containsEntry("HEALTH EXPOSED 1 FRESH network-1", List.of(3L, 1L, 0L))
        .containsEntry("START EXPOSED 1 FRESH network-1", List.of(1L, 0L, 0L));
  }

  @Test
  void everyOrderGivesTheSameRowsOfAllSignals() {
    var other = DEVICE.network("network-z");
    var reports =
        List.of(
            DEVICE.before(),
            DEVICE.control().version("1.4.1").say("app_moved_to_foreground"),
            other.stage(1).say("download_zip_start", DAY),
            other.stage(1).version("1.4.1").say("checksum_fail", DAY.plusSeconds(5)),
            DEVICE.stage(1).say("finish_download_fail", DAY.plusSeconds(6)),
            DEVICE.stage(2).say("download_zip_start", DAY.multipliedBy(2)),
            DEVICE.stage(2).say("set", DAY.multipliedBy(2).plusSeconds(1)),
            other.stage(2).say("app_crash", DAY.multipliedBy(2).plusSeconds(9)),
            DEVICE.stage(2).say("update_fail", DAY.multipliedBy(2).plusSeconds(10)),
            DEVICE.stage(3).say("set", DAY.multipliedBy(3)),
            DEVICE.stage(3).say("app_launch_ready", DAY.multipliedBy(3)));
    var expected = rows(reports);
    assertThat(expected)
        .containsEntry("FETCH EXPOSED 1 ANONYMOUS network-1", List.of(1L, 1L, 0L))
        .containsEntry("START EXPOSED 2 ANONYMOUS network-1", List.of(1L, 1L, 0L))
        .containsEntry("HEALTH EXPOSED 2 ANONYMOUS network-1", List.of(1L, 1L, 0L));
    var random = new Random(SEED);
    for (int round = 0; round < 500; round++) {
      var shuffled = new ArrayList<>(reports);
      shuffled.addAll(reports.subList(2, 7));
      Collections.shuffle(shuffled, random);
      assertThat(rows(shuffled)).as("seed %s round %s", SEED, round).isEqualTo(expected);
    }
  }

  @Test
  void aDownloadThatTheDeviceItselfHinderedIsNoFailure() {
    var began = DEVICE.say("download_manifest_start");
    var network = DEVICE.version(null).say("download_fail", MINUTE.plusSeconds(10));
    var failed = DEVICE.say("finish_download_fail", MINUTE);

    assertThat(fetches(began, failed)).isEqualTo(Sum.of(1, 1, 0));
    assertThat(fetches(began, network, failed)).isEqualTo(Sum.of(1, 0, 0));
    assertThat(fetches(began, failed, network)).isEqualTo(Sum.of(1, 0, 0));
    assertThat(
            fetches(began, failed, DEVICE.say("insufficient_disk_space", MINUTE.multipliedBy(3))))
        .isEqualTo(Sum.of(1, 1, 0));
    assertThat(fetches(failed)).isEqualTo(new Sum(0, 0, 0, Map.of("no-attempt", 1L)));
    assertThat(
            fetches(began, DEVICE.version("1.4.2:app.js").say("download_manifest_checksum_fail")))
        .isEqualTo(Sum.of(1, 1, 0));
    assertThat(fetches(began, DEVICE.version("1.4.1").say("checksum_fail", DAY)))
        .isEqualTo(Sum.of(1, 0, 0));
  }

  @Test
  void theWordsOfAgents() {
    var agent = DEVICE.plugin(null);
    assertThat(
            sum(
                List.of(
                    agent.say("downloading"),
                    agent.say("started", MINUTE),
                    agent.say("healthy", MINUTE.multipliedBy(2)))))
        .isEqualTo(Sum.of(1, 0, 1));
    assertThat(sum(List.of(agent.say("started"), agent.say("rolled_back", MINUTE))))
        .isEqualTo(Sum.of(1, 1, 0));
    assertThat(fetches(agent.say("downloading"), agent.say("failed", MINUTE)))
        .isEqualTo(Sum.of(1, 1, 0));
  }

  @Test
  void whoCountsHow() {
    Instant longAgo = PluginTrace.START.minus(DAY.multipliedBy(2));
    assertThat(senders(List.of(DEVICE.say("set")))).containsExactly(Sender.FRESH);
    assertThat(senders(List.of(DEVICE.before(), DEVICE.say("set"))))
        .containsExactly(Sender.ANONYMOUS);
    assertThat(senders(List.of(DEVICE.enrolled(longAgo).say("set"))))
        .containsExactly(Sender.ENROLLED);
    assertThat(senders(List.of(DEVICE.enrolled(PluginTrace.START).say("set"))))
        .containsExactly(Sender.FRESH);
    // What others say in the name of an enrolled device counts as what anybody says.
    var forged =
        List.of(
            DEVICE.enrolled(longAgo).say("set"),
            DEVICE.say("set", MINUTE),
            DEVICE.say("update_fail", MINUTE));
    assertThat(rows(forged))
        .containsEntry("START EXPOSED 0 ENROLLED network-1", List.of(1L, 0L, 0L))
        .containsEntry("START EXPOSED 0 FRESH network-1", List.of(1L, 1L, 0L));
  }

  @Test
  void aDeviceThatDoesNotComeBackIsSilentAndSpeaksLater() {
    // Given
    var story = tell(Story.EMPTY, DEVICE.say("set")).story();
    assertThat(story.due()).contains(PluginTrace.START.plus(DAY.multipliedBy(2)));

    // When
    var silent = story.at(PluginTrace.START.plus(DAY.multipliedBy(2)));
    var back = tell(silent.story(), DEVICE.say("app_launch_ready", DAY));

    // Then
    assertThat(silent.changes().getFirst().counts())
        .extracting(Count::signal, Count::attempts, Count::failures)
        .containsExactly(tuple(Signal.SILENCE, 1L, 1L));
    assertThat(back.changes().getFirst().counts())
        .filteredOn(count -> count.signal() == Signal.SILENCE)
        .extracting(Count::attempts, Count::failures)
        .containsExactly(tuple(0L, -1L));
    assertThat(back.changes().getFirst().returns()).isEqualTo(Map.of(24, 1L));
    assertThat(story.at(PluginTrace.START.plus(DAY)).changes()).isEmpty();
  }

  @Test
  void failuresAreToldForTheDeviceItself() {
    var first = tell(Story.EMPTY, DEVICE.unstamped().say("update_fail"));
    var repeat = tell(first.story(), DEVICE.say("update_fail", Duration.ofSeconds(5)));
    var second = tell(repeat.story(), DEVICE.say("update_fail", DAY));
    var fetch = tell(second.story(), DEVICE.version("1.5.0").say("finish_download_fail", DAY));

    assertThat(first.failures().orElseThrow().failures())
        .containsExactly(new Failure(Reports.CANDIDATE, Kind.START, 1, PluginTrace.START));
    assertThat(repeat.failures()).isEmpty();
    assertThat(second.failures().orElseThrow().failures().getFirst().times()).isEqualTo(2);
    assertThat(fetch.failures().orElseThrow().failures())
        .extracting(Failure::kind)
        .containsExactly(Kind.FETCH, Kind.START);
    assertThat(fetch.failures().orElseThrow().revision())
        .isGreaterThan(second.failures().orElseThrow().revision());
  }

  private static Sum fetches(Reported... reports) {
    return sum(List.of(reports), ROLLOUT, Signal.FETCH);
  }

  private static Sum sum(List<Reported> reports, Reported last) {
    return sum(Stream.concat(reports.stream(), Stream.of(last)).toList());
  }

  private static Sum sum(List<Reported> reports) {
    return sum(reports, ROLLOUT);
  }

  private static Sum sum(List<Reported> reports, RolloutId rollout) {
    return sum(reports, rollout, Signal.START);
  }

  private static Sum sum(List<Reported> reports, RolloutId rollout, Signal signal) {
    long attempts = 0;
    long failures = 0;
    long confirmed = 0;
    var exclusions = new TreeMap<String, Long>();
    for (var change : changes(reports)) {
      if (!change.rolloutId().equals(rollout)) continue;
      change
          .exclusions()
          .forEach((reason, devices) -> exclusions.merge(reason, devices, Long::sum));
      exclusions.values().removeIf(devices -> devices == 0);
      for (Count count : change.counts()) {
        if (count.signal() != signal) continue;
        attempts += count.attempts();
        failures += count.failures();
        confirmed += count.confirmed();
      }
    }
    return new Sum(attempts, failures, confirmed, exclusions);
  }

  /// Every row that is not 0 in the end.
  private static Map<String, List<Long>> rows(List<Reported> reports) {
    var rows = new TreeMap<String, List<Long>>();
    for (var change : changes(reports)) {
      for (Count count : change.counts()) {
        rows.merge(
            "%s %s %d %s %s"
                .formatted(
                    count.signal(), count.arm(), count.stage(), count.sender(), count.network()),
            List.of(count.attempts(), count.failures(), count.confirmed()),
            (one, other) ->
                List.of(
                    one.get(0) + other.get(0),
                    one.get(1) + other.get(1),
                    one.get(2) + other.get(2)));
      }
    }
    rows.values().removeIf(List.of(0L, 0L, 0L)::equals);
    return rows;
  }

  private static Set<Sender> senders(List<Reported> reports) {
    return changes(reports).stream()
        .flatMap(change -> change.counts().stream())
        .filter(count -> count.signal() == Signal.START && count.attempts() > 0)
        .map(Count::sender)
        .collect(Collectors.toSet());
  }

  private static List<Change> changes(List<Reported> reports) {
    var story = Story.EMPTY;
    var changes = new ArrayList<Change>();
    for (var report : reports) {
      var told = tell(story, report);
      story = told.story();
      changes.addAll(told.changes());
    }
    return changes;
  }

  private static Told tell(Story story, Reported report) {
    return story.after(report, report.receivedAt(), AROUND);
  }

  private static Reported at(Reported report, Instant receivedAt) {
    return copy(report, report.deviceTime(), receivedAt);
  }

  private static Reported dated(Reported report, Instant deviceTime) {
    return copy(report, deviceTime, report.receivedAt());
  }

  private static Reported copy(Reported report, Instant deviceTime, Instant receivedAt) {
    return new Reported(
        report.appId(),
        report.channel(),
        report.deviceId(),
        report.platform(),
        report.action(),
        report.versionName(),
        report.oldVersionName(),
        report.pluginVersion(),
        deviceTime,
        report.network(),
        report.counts(),
        report.reason(),
        report.enrolledAt(),
        report.stamp(),
        receivedAt);
  }
}
