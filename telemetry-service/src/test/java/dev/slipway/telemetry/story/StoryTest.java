package dev.slipway.telemetry.story;

import static dev.slipway.telemetry.PluginTrace.ROLLOUT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.device.DeviceEvent.Reported;
import dev.slipway.contracts.topic.MalformedRecordException;
import dev.slipway.telemetry.PluginTrace;
import dev.slipway.telemetry.Reports;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
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
  }

  @ParameterizedTest
  @MethodSource
  void notInstalled(PluginTrace trace) {
    assertThat(sum(trace.reports())).isEqualTo(Sum.NONE);
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
    var first = Story.EMPTY.after(DEVICE.say("set"));
    var failed = first.story().after(DEVICE.stage(3).say("update_fail", DAY));

    assertThat(failed.change().orElseThrow().count().stage()).isZero();
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
    assertThat(sum(List.of(DEVICE.emulator().say("set"), DEVICE.emulator().say("update_fail"))))
        .isEqualTo(new Sum(0, 0, 0, Map.of("emulator-or-debug", 1L)));
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
      story = story.after(old.say("app_moved_to_background", Duration.ofSeconds(i))).story();
    }

    // Then
    assertThat(story.chapters()).hasSize(1);
    assertThat(story.chapters().getFirst().sightings()).hasSize(16);
    assertThat(story.forgottenAt()).isEqualTo(PluginTrace.START.plus(Story.KEPT));

    // When many rollouts come by
    for (int i = 0; i < 20; i++) {
      var rollout = RolloutId.of("%08d-2222-3333-4444-555555555555".formatted(i));
      story = story.after(Reports.of(1, rollout).say("set", DAY.multipliedBy(i))).story();
    }
    assertThat(story.chapters()).hasSize(8);
    story = story.after(Reports.of(1, LATER).say("set", DAY.multipliedBy(365))).story();
    assertThat(story.chapters()).hasSize(1);
  }

  @Test
  void aRepeatChangesNothing() {
    var story = Story.EMPTY.after(DEVICE.say("set")).story();

    var again = story.after(DEVICE.say("set", MINUTE));

    assertThat(again.story()).isEqualTo(story);
    assertThat(again.change()).isEmpty();
  }

  @Test
  void refusesWhatCannotBeCounted() {
    var report = DEVICE.say("set");
    assertThatThrownBy(() -> Story.EMPTY.after(DEVICE.stage(100).say("set")))
        .isInstanceOf(MalformedRecordException.class);
    assertThatThrownBy(
            () ->
                Story.EMPTY.after(
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

  private static Sum sum(List<Reported> reports, Reported last) {
    return sum(Stream.concat(reports.stream(), Stream.of(last)).toList());
  }

  private static Sum sum(List<Reported> reports) {
    return sum(reports, ROLLOUT);
  }

  private static Sum sum(List<Reported> reports, RolloutId rollout) {
    var story = Story.EMPTY;
    long attempts = 0;
    long failures = 0;
    long confirmed = 0;
    var exclusions = new TreeMap<String, Long>();
    for (var report : reports) {
      var told = story.after(report);
      story = told.story();
      if (told.change().isEmpty()) continue;
      var change = told.change().orElseThrow();
      if (!change.rolloutId().equals(rollout)) continue;
      change
          .exclusions()
          .forEach((reason, devices) -> exclusions.merge(reason, devices, Long::sum));
      exclusions.values().removeIf(devices -> devices == 0);
      if (change.count() == null) continue;
      attempts += change.count().attempts();
      failures += change.count().failures();
      confirmed += change.count().confirmed();
    }
    return new Sum(attempts, failures, confirmed, exclusions);
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
        report.stamp(),
        receivedAt);
  }
}
