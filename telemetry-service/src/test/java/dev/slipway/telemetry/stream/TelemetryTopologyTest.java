package dev.slipway.telemetry.stream;

import static dev.slipway.telemetry.PluginTrace.APP;
import static dev.slipway.telemetry.PluginTrace.CHANNEL;
import static dev.slipway.telemetry.PluginTrace.ROLLOUT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.contracts.device.DeviceEvent.Reported;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.ChannelState.ActiveRollout;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.telemetry.Baseline.Signal;
import dev.slipway.contracts.telemetry.OutcomeDelta;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.contracts.telemetry.Verdict.Action;
import dev.slipway.contracts.telemetry.Verdict.Counts;
import dev.slipway.contracts.telemetry.Verdict.Health;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topic;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.kit.topic.DeadLetters;
import dev.slipway.telemetry.PluginTrace;
import dev.slipway.telemetry.Reports;
import dev.slipway.telemetry.TelemetryMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.test.TestRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TelemetryTopologyTest {

  private static final long SEED = 20261122;
  private static final Version VERSION = Version.of("1.4.2");

  @TempDir Path stateDir;

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private TopologyTestDriver driver;
  private TestInputTopic<String, byte[]> events;
  private TestInputTopic<String, byte[]> deltasIn;
  private TestInputTopic<String, byte[]> plans;
  private TestOutputTopic<String, byte[]> deltas;
  private TestOutputTopic<String, byte[]> verdicts;
  private TestOutputTopic<String, byte[]> deadLetters;
  private final List<Verdict> heard = new ArrayList<>();

  @BeforeEach
  void start() {
    driver = driver(stateDir.resolve("first"));
    connect();
  }

  @AfterEach
  void stop() {
    driver.close();
  }

  @Test
  void theSubtopologiesAreApartAndTheirTopicsNamed() {
    var description = TelemetryTopology.of(new TelemetryMetrics(meters)).describe();

    assertThat(description.subtopologies()).hasSize(2);
    assertThat(description.globalStores()).hasSize(3);
  }

  @Test
  void everyTraceOfAPluginTogether() {
    // Given
    plan(ROLLOUT, "1.0.1", Policy.CAUTIOUS, 1);

    // When
    PluginTrace.all("healthy").forEach(trace -> trace.reports().forEach(this::tell));
    pass(Duration.ofSeconds(1));

    // Then
    assertThat(lastVerdict(ROLLOUT).counts()).isEqualTo(new Counts(5, 0, 0, 2, 1));
  }

  @Test
  void aBrokenReleaseIsRolledBack() {
    // Given
    plan(ROLLOUT, VERSION.text(), Policy.CAUTIOUS, 1);
    fleet(ROLLOUT, 400, 60).forEach(this::tell);

    // When
    pass(Duration.ofSeconds(1));

    // Then
    var verdict = lastVerdict(ROLLOUT);
    assertThat(verdict.health()).isEqualTo(Health.UNHEALTHY);
    assertThat(verdict.action()).isEqualTo(Action.ROLL_BACK);
    assertThat(verdict.counts()).isEqualTo(new Counts(400, 60, 60, 340, 20));
    assertThat(verdict.sentence()).startsWith("60 of 400 devices failed to start 1.4.2");
    assertThat(verdict.evidence()).isGreaterThan(1_000);
    assertThat(verdict.offsets()).containsExactly(Map.entry(0, 1L));
    assertThat(verdict.configDigest()).hasSize(43);
  }

  @Test
  void orderAndRepetitionDoNotMatter() {
    // Given
    plan(ROLLOUT, VERSION.text(), Policy.CAUTIOUS, 1);
    var reports = new ArrayList<>(fleet(ROLLOUT, 300, 9));
    reports.addAll(fleet(ROLLOUT, 300, 9));
    var random = new Random(SEED);
    Collections.shuffle(reports, random);

    // When
    for (var report : reports) {
      tell(report);
      if (random.nextInt(10) == 0) pass(Duration.ofMillis(random.nextInt(700)));
    }
    pass(Duration.ofSeconds(1));

    // Then
    var verdict = lastVerdict(ROLLOUT);
    assertThat(verdict.counts()).as("seed %s", SEED).isEqualTo(new Counts(300, 9, 9, 291, 20));
    assertThat(verdict.exclusions()).isEmpty();
    assertThat(heard).extracting(Verdict::revision).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void aReplayOfTheDeltasGivesTheSameBits() {
    // Given
    plan(ROLLOUT, VERSION.text(), Policy.CAUTIOUS, 1);
    for (var report : fleet(ROLLOUT, 300, 9)) {
      tell(report);
      pass(Duration.ofMillis(100));
    }
    pass(Duration.ofSeconds(1));
    var first = lastVerdict(ROLLOUT);
    var log = deltas.readRecordsToList();
    driver.close();

    // When
    driver = driver(stateDir.resolve("second"));
    connect();
    plan(ROLLOUT, VERSION.text(), Policy.CAUTIOUS, 1);
    log.forEach(deltasIn::pipeInput);
    pass(Duration.ofSeconds(1));

    // Then
    var again = lastVerdict(ROLLOUT);
    assertThat(Double.doubleToLongBits(again.evidence()))
        .isEqualTo(Double.doubleToLongBits(first.evidence()));
    assertThat(Double.doubleToLongBits(again.gate()))
        .isEqualTo(Double.doubleToLongBits(first.gate()));
    assertThat(again.counts()).isEqualTo(first.counts());
    assertThat(again.sentence()).isEqualTo(first.sentence());
    assertThat(again.configDigest()).isEqualTo(first.configDigest());
  }

  @Test
  void deltasAreSaidTwiceASecondAtMost() {
    for (int i = 0; i < 50; i++) {
      tell(Reports.of(i, ROLLOUT).say("set"));
      pass(Duration.ofMillis(20));
    }
    pass(Duration.ofSeconds(2));

    var said = deltas.readRecordsToList();
    assertThat(said).hasSizeBetween(2, 3);
    assertThat(
            said.stream()
                .map(record -> Message.read(Topics.OUTCOME_DELTAS, record.value()))
                .flatMap(delta -> delta.counts().stream())
                .filter(count -> count.signal() == Signal.START)
                .mapToLong(OutcomeDelta.Count::attempts)
                .sum())
        .isEqualTo(50);
    assertThat(header(said.getFirst(), Message.TYPE)).isEqualTo("dev.slipway.outcome-delta");
  }

  @Test
  void aLargeDeltaIsSaidInParts() {
    for (int i = 0; i < 4_500; i++) {
      tell(Reports.of(i, ROLLOUT).say("set"), "network-" + i);
    }
    tell(Reports.of(9_999, ROLLOUT).control().say("set"));
    pass(Duration.ofSeconds(1));

    var said =
        deltas.readRecordsToList().stream()
            .map(record -> Message.read(Topics.OUTCOME_DELTAS, record.value()))
            .toList();
    // Each device stands for an attempt and for a day on which it was seen.
    assertThat(said)
        .extracting(delta -> delta.counts().size())
        .containsExactly(2_000, 2_000, 2_000, 2_000, 1_001);
    assertThat(said.getFirst().exclusions()).isEqualTo(Map.of("not-exposed", 1L));
    assertThat(said.get(1).exclusions()).isEmpty();
  }

  @Test
  void aRolloutIsJudgedWhenItsPolicyIsKnown() {
    // Given
    fleet(ROLLOUT, 400, 60).forEach(this::tell);
    pass(Duration.ofSeconds(5));
    assertThat(verdicts.isEmpty()).isTrue();

    // When
    plan(ROLLOUT, VERSION.text(), Policy.CAUTIOUS, 1);
    pass(Duration.ofSeconds(1));

    // Then
    assertThat(lastVerdict(ROLLOUT))
        .returns(Health.UNHEALTHY, Verdict::health)
        .returns(1L, Verdict::revision);
  }

  @Test
  void thePolicyIsKnownAfterTheRolloutEnded() {
    // Given
    plan(ROLLOUT, VERSION.text(), Policy.CAUTIOUS, 1);
    fleet(ROLLOUT, 100, 0).forEach(this::tell);
    pass(Duration.ofSeconds(1));
    noPlan(2);

    // When
    for (int i = 0; i < 30; i++) {
      tell(Reports.of(i, ROLLOUT).unstamped().say("update_fail", Duration.ofHours(1)));
    }
    pass(Duration.ofSeconds(1));

    // Then
    assertThat(lastVerdict(ROLLOUT))
        .returns(Health.UNHEALTHY, Verdict::health)
        .returns(new Counts(100, 30, 30, 70, 20), Verdict::counts);
  }

  @Test
  void anOlderPlanAndOneThatCannotBeReadAreIgnored() {
    // Given
    plan(ROLLOUT, VERSION.text(), Policy.CAUTIOUS, 5);

    // When
    noPlan(4);
    plans.pipeInput(ChannelState.key(APP, CHANNEL), bytes("{\"app_id\":"));
    fleet(ROLLOUT, 100, 0).forEach(this::tell);
    pass(Duration.ofSeconds(1));

    // Then
    assertThat(lastVerdict(ROLLOUT).counts().attempts()).isEqualTo(100);
    assertThat(meters.counter("slipway.telemetry.unreadable.plans").count()).isEqualTo(1);
  }

  @Test
  void countsAloneAreSaidTwiceASecondAtMostAndHealthAtOnce() {
    // Given
    plan(ROLLOUT, VERSION.text(), Policy.CAUTIOUS, 1);
    for (int i = 0; i < 40; i++) {
      tell(Reports.of(i, ROLLOUT).say("set"));
      pass(Duration.ofMillis(250));
    }
    hear();

    // Then
    assertThat(heard).hasSizeBetween(15, 21);
    assertThat(heard).extracting(Verdict::health).containsOnly(Health.INCONCLUSIVE);
    assertThat(heard).extracting(Verdict::revision).first().isEqualTo(1L);

    // When nothing comes any more, nothing is said
    pass(Duration.ofSeconds(1));
    hear();
    int before = heard.size();
    pass(Duration.ofMinutes(1));
    hear();
    assertThat(heard).hasSize(before);
  }

  @Test
  void poisonGoesToTheDeadLettersAndTheLineGoesOn() {
    // Given
    plan(ROLLOUT, VERSION.text(), Policy.CAUTIOUS, 1);
    String key = Reports.of(1, ROLLOUT).say("set").key();

    // When
    events.pipeInput(key, bytes("not json"));
    events.pipeInput(key, bytes("{\"type\":\"reported\"}"));
    events.pipeInput(key, bytes("{\"type\":\"unheard-of\"}"));
    events.pipeInput(new TestRecord<>(key, null));
    events.pipeInput(new TestRecord<>(null, bytes("{}")));
    events.pipeInput("other/device", value(Reports.of(1, ROLLOUT).say("set")));
    deltasIn.pipeInput(ROLLOUT.text(), bytes("[]"));
    deltasIn.pipeInput(
        ROLLOUT.text(),
        bytes(
            """
            {"rollout_id":"%s","app_id":"%s","channel":"%s","partition":0,"counts":[
             {"signal":"start","arm":"exposed","sender":"fresh","stage":0,"platform":"ios",
              "network":"a","attempts":1,"failures":0,"confirmed":0},
             {"signal":"start","arm":"exposed","sender":"fresh","stage":0,"platform":"ios",
              "network":"b","attempts":1,"failures":2,"confirmed":0}],
             "exclusions":{},"returns":{},"flushed_at":"2026-11-22T12:00:00Z"}
            """
                .formatted(ROLLOUT, APP, CHANNEL)));
    tell(Reports.of(1, ROLLOUT).say("set"));
    pass(Duration.ofSeconds(1));

    // Then
    var letters = deadLetters.readRecordsToList();
    assertThat(letters)
        .extracting(TestRecord::key)
        .containsExactly(
            "slipway.device-events-0-0",
            "slipway.device-events-0-1",
            "slipway.device-events-0-2",
            "slipway.device-events-0-3",
            "slipway.device-events-0-4",
            "slipway.device-events-0-5",
            "slipway.outcome-deltas-0-0",
            "slipway.outcome-deltas-0-1");
    assertThat(letters.getFirst().value()).isEqualTo(bytes("not json"));
    assertThat(header(letters.getFirst(), DeadLetters.CAUSE)).isEqualTo("not JSON");
    assertThat(header(letters.getLast(), DeadLetters.CAUSE)).isEqualTo("impossible counts");
    assertThat(header(letters.getLast(), DeadLetters.SERVICE)).isEqualTo("telemetry-service");
    assertThat(lastVerdict(ROLLOUT).counts()).isEqualTo(new Counts(1, 0, 0, 0, 1));
  }

  @Test
  void rolloutsAreJudgedApart() {
    var other = RolloutId.of("aaaaaaaa-2222-3333-4444-555555555555");
    plan(ROLLOUT, VERSION.text(), Policy.CAUTIOUS, 1);
    fleet(ROLLOUT, 400, 60).forEach(this::tell);
    pass(Duration.ofSeconds(1));
    plan(other, VERSION.text(), Policy.CAUTIOUS, 2);
    fleet(other, 200, 0).forEach(this::tell);
    pass(Duration.ofSeconds(1));

    assertThat(lastVerdict(ROLLOUT).counts().attempts()).isEqualTo(400);
    assertThat(lastVerdict(other))
        .returns(new Counts(200, 0, 0, 200, 20), Verdict::counts)
        .returns(Health.HEALTHY, Verdict::health);
  }

  @Test
  void whatEndedLongAgoIsForgotten() {
    // Given
    plan(ROLLOUT, VERSION.text(), Policy.CAUTIOUS, 1);
    fleet(ROLLOUT, 10, 0).forEach(this::tell);
    pass(Duration.ofSeconds(1));
    assertThat(driver.getKeyValueStore(StoryProcessor.STORIES).get(storyKey(0))).isNotNull();

    // When
    var later = RolloutId.of("aaaaaaaa-2222-3333-4444-555555555555");
    Instant far = PluginTrace.START.plus(Duration.ofDays(200));
    var fresh = Reports.of(99, later).say("set", Duration.ofDays(200));
    events.pipeInput(fresh.key(), value(fresh), far);
    pass(Duration.ofSeconds(1));
    pass(Duration.ofMinutes(61));
    pass(Duration.ofMinutes(61));

    // Then
    assertThat(driver.getKeyValueStore(StoryProcessor.STORIES).get(storyKey(0))).isNull();
    assertThat(driver.getKeyValueStore(StoryProcessor.STORIES).get(fresh.key())).isNotNull();
  }

  private static String storyKey(long device) {
    return Reports.of(device, ROLLOUT).say("set").key();
  }

  private TopologyTestDriver driver(Path dir) {
    var settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "test");
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "nowhere:1");
    settings.put(StreamsConfig.STATE_DIR_CONFIG, dir.toString());
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    // The driver flushes RocksDB to disk after every single record.
    return new TopologyTestDriver(
        TelemetryTopology.of(new TelemetryMetrics(meters), Stores::inMemoryKeyValueStore),
        settings,
        PluginTrace.START);
  }

  private void connect() {
    events = in(Topics.DEVICE_EVENTS);
    deltasIn = in(Topics.OUTCOME_DELTAS);
    plans = in(Topics.CHANNEL_STATES);
    deltas = out(Topics.OUTCOME_DELTAS);
    verdicts = out(Topics.ROLLOUT_VERDICTS);
    deadLetters = out(Topics.DEAD_LETTERS);
  }

  private TestInputTopic<String, byte[]> in(Topic<?> topic) {
    return driver.createInputTopic(
        topic.name(),
        new StringSerializer(),
        new ByteArraySerializer(),
        PluginTrace.START,
        Duration.ZERO);
  }

  private TestOutputTopic<String, byte[]> out(Topic<?> topic) {
    return driver.createOutputTopic(
        topic.name(), new StringDeserializer(), new ByteArrayDeserializer());
  }

  /// Devices that try the version; the first so many fail.
  private static List<Reported> fleet(RolloutId rollout, int devices, int failing) {
    var reports = new ArrayList<Reported>();
    for (int i = 0; i < devices; i++) {
      var device = Reports.of(i, rollout);
      reports.add(device.before());
      reports.add(device.say("set", Duration.ofSeconds(i)));
      reports.add(
          device.say(
              i < failing ? "update_fail" : "app_launch_ready", Duration.ofSeconds(i + 20L)));
    }
    return reports;
  }

  private void tell(DeviceEvent event) {
    events.pipeInput(event.key(), value(event));
  }

  private void tell(Reported report, String network) {
    tell(
        new Reported(
            report.appId(),
            report.channel(),
            report.deviceId(),
            report.platform(),
            report.action(),
            report.versionName(),
            report.oldVersionName(),
            report.pluginVersion(),
            report.deviceTime(),
            network,
            report.counts(),
            report.reason(),
            report.enrolledAt(),
            report.stamp(),
            report.receivedAt()));
  }

  private static byte[] value(DeviceEvent event) {
    return Message.of(Topics.DEVICE_EVENTS, event.key(), event, PluginTrace.START).value();
  }

  private void pass(Duration time) {
    driver.advanceWallClockTime(time);
  }

  private void plan(RolloutId rollout, String version, Policy policy, long epoch) {
    plan(
        new ActiveRollout(
            rollout,
            Version.of(version),
            "AAAAAAAAAAAAAAAAAAAAAA",
            Exposure.ALL,
            Exposure.NONE,
            0,
            false,
            policy,
            PluginTrace.START),
        epoch);
  }

  private void noPlan(long epoch) {
    plan(null, epoch);
  }

  private void plan(ActiveRollout rollout, long epoch) {
    var state =
        new ChannelState(
            APP,
            CHANNEL,
            epoch,
            Version.BUILTIN,
            null,
            rollout,
            Set.of(),
            Set.of(),
            ChannelRules.DEFAULT,
            PluginTrace.START);
    plans.pipeInput(
        state.key(),
        Message.of(Topics.CHANNEL_STATES, state.key(), state, PluginTrace.START).value());
  }

  private void hear() {
    verdicts.readRecordsToList().stream()
        .map(record -> Message.read(Topics.ROLLOUT_VERDICTS, record.value()))
        .forEach(heard::add);
  }

  private Verdict lastVerdict(RolloutId rollout) {
    hear();
    return heard.stream()
        .filter(verdict -> verdict.rolloutId().equals(rollout))
        .reduce((_, later) -> later)
        .orElseThrow();
  }

  private static String header(TestRecord<?, ?> record, String name) {
    return new String(record.headers().lastHeader(name).value(), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
