package dev.slipway.telemetry.stream;

import static dev.slipway.telemetry.PluginTrace.APP;
import static dev.slipway.telemetry.PluginTrace.CHANNEL;
import static dev.slipway.telemetry.PluginTrace.ROLLOUT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.contracts.device.DeviceEvent.Reported;
import dev.slipway.contracts.device.DeviceFailures;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.rollout.Cause;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.ChannelState.ActiveRollout;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.contracts.telemetry.Baseline;
import dev.slipway.contracts.telemetry.Baseline.Signal;
import dev.slipway.contracts.telemetry.OutcomeDelta;
import dev.slipway.contracts.telemetry.Verdict;
import dev.slipway.contracts.telemetry.Verdict.Action;
import dev.slipway.contracts.telemetry.Verdict.Counts;
import dev.slipway.contracts.telemetry.Verdict.Health;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topic;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.decisions.Judge;
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
import java.util.function.IntFunction;
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
  private TestInputTopic<String, byte[]> rolloutEvents;
  private TestOutputTopic<String, byte[]> failures;
  private TestOutputTopic<String, byte[]> baselines;
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

  /// Each device that fails tries the version five times more and fails as often: the verdict is
  /// the one of a fleet whose devices try it once.
  @Test
  void fiveRetriesOfEachFailingDeviceChangeNothing() {
    // Given
    plan(ROLLOUT, VERSION.text(), Policy.CAUTIOUS, 1);
    fleet(ROLLOUT, 400, 60).forEach(this::tell);
    pass(Duration.ofSeconds(1));
    var once = lastVerdict(ROLLOUT);

    // When
    for (int retry = 1; retry <= 5; retry++) {
      for (int i = 0; i < 60; i++) {
        var device = Reports.of(i, ROLLOUT);
        var at = Duration.ofMinutes(10L * retry).plusSeconds(i);
        tell(device.say("set", at));
        tell(device.say("update_fail", at.plusSeconds(20)));
      }
      pass(Duration.ofSeconds(11));
    }

    // Then
    var after = lastVerdict(ROLLOUT);
    assertThat(after.counts()).isEqualTo(once.counts()).isEqualTo(new Counts(400, 60, 60, 340, 20));
    assertThat(Double.doubleToLongBits(after.evidence()))
        .isEqualTo(Double.doubleToLongBits(once.evidence()));
    assertThat(after.action()).isEqualTo(once.action());
    assertThat(after.sentence()).isEqualTo(once.sentence());
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
  void whatWasNotSaidYetIsInTheLogOnceWhenATransactionEnds() {
    // Given
    var log =
        driver.createOutputTopic(
            "test-" + StoryProcessor.PENDING + "-changelog",
            new StringDeserializer(),
            new ByteArrayDeserializer());
    for (int i = 0; i < 50; i++) tell(Reports.of(i, ROLLOUT).say("set"));
    tell(Reports.of(50, ROLLOUT).control().say("set"));
    PendingStore waiting = (PendingStore) driver.getStateStore(StoryProcessor.PENDING);

    // When a new start finds nothing but the log
    waiting.load();
    pass(Duration.ofSeconds(1));

    // Then
    var said =
        deltas.readRecordsToList().stream()
            .map(record -> Message.read(Topics.OUTCOME_DELTAS, record.value()))
            .toList();
    assertThat(said).hasSize(1);
    assertThat(said.getFirst().exclusions()).isEqualTo(Map.of("not-exposed", 1L));
    assertThat(
            said.getFirst().counts().stream()
                .filter(count -> count.signal() == Signal.START)
                .mapToLong(OutcomeDelta.Count::attempts)
                .sum())
        .isEqualTo(50);
    assertThat(log.readKeyValuesToMap())
        .hasSize(51)
        .allSatisfy((_, rest) -> assertThat(rest).isNull());
    waiting.load();
    assertThat(waiting.isEmpty()).isTrue();
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

  /// 2,000 ids that nobody knew, from one network: what is beyond its cap does not count.
  @Test
  void freshIdsFromOneNetworkChangeNothing() {
    plan(ROLLOUT, VERSION.text(), Policy.forBaseRate(0.01, true), 1);
    fleet(ROLLOUT, 200, 0).forEach(this::tell);
    forge(2_000, "update_fail", _ -> "attacker");

    var verdict = lastVerdict(ROLLOUT);
    System.out.println("One network: " + verdict.sentence());
    assertThat(verdict.action()).isEqualTo(Action.NONE);
    assertThat(verdict.counts().failures()).isEqualTo(2_000);
    assertThat(verdict.counts().counted()).isEqualTo(3);
    assertThat(verdict.exclusions())
        .containsEntry("network-cap", 1_997L)
        .containsEntry("unknown-before-the-rollout", 2_000L);
  }

  /// The same from 500 networks: that pauses, and a person is told why it does no more.
  @Test
  void freshIdsFromManyNetworksPauseAndNoMore() {
    plan(ROLLOUT, VERSION.text(), Policy.forBaseRate(0.01, true), 1);
    fleet(ROLLOUT, 200, 0).forEach(this::tell);
    forge(2_000, "update_fail", i -> "attacker-" + i % 500);

    var verdict = lastVerdict(ROLLOUT);
    System.out.println("500 networks: " + verdict.sentence());
    assertThat(verdict.health()).isEqualTo(Health.UNHEALTHY);
    assertThat(verdict.action()).isEqualTo(Action.PAUSE);
    assertThat(verdict.sentence()).contains("not enough to roll it back: known devices made 200");
  }

  /// 5,000 forged successes over 60 failures of 400 real devices: no stage opens, and a person is
  /// told what they hide, and that one network sent them.
  @Test
  void forgedSuccessesOpenNoStage() {
    plan(ROLLOUT, VERSION.text(), Policy.forBaseRate(0.01, true), 1);
    forge(5_000, "app_launch_ready", _ -> "attacker");
    fleet(ROLLOUT, 400, 60).forEach(this::tell);
    pass(Duration.ofSeconds(1));
    pass(Duration.ofSeconds(1));

    hear();
    var verdict = lastVerdict(ROLLOUT);
    System.out.println("Forged successes: " + verdict.sentence());
    assertThat(heard)
        .filteredOn(said -> said.counts().failures() > 0)
        .extracting(Verdict::health)
        .doesNotContain(Health.HEALTHY);
    assertThat(verdict.gate()).isLessThan(20);
    assertThat(verdict.health()).isEqualTo(Health.DEGRADED);
    assertThat(verdict.action()).isEqualTo(Action.NONE);
    assertThat(verdict.parts().largestNetwork()).isGreaterThan(0.9);
    assertThat(verdict.sentence())
        .contains("400 devices that were known before the rollout 60 failed", "hide it")
        .endsWith("of the attempts came from one network");
  }

  /// The same from 500 networks, none of which is capped: nobody knew these devices before.
  @Test
  void forgedSuccessesFromManyNetworksOpenNoStageEither() {
    plan(ROLLOUT, VERSION.text(), Policy.forBaseRate(0.01, true), 1);
    forge(5_000, "app_launch_ready", i -> "attacker-" + i % 500);
    fleet(ROLLOUT, 400, 60).forEach(this::tell);
    pass(Duration.ofSeconds(1));
    pass(Duration.ofSeconds(1));

    hear();
    var verdict = lastVerdict(ROLLOUT);
    System.out.println("Forged successes, 500 networks: " + verdict.sentence());
    assertThat(heard).extracting(Verdict::health).doesNotContain(Health.HEALTHY);
    assertThat(verdict.gate()).isLessThan(20);
    assertThat(verdict.health()).isEqualTo(Health.DEGRADED);
    assertThat(verdict.action()).isEqualTo(Action.NONE);
    assertThat(verdict.sentence())
        .contains("400 devices that were known before the rollout 60 failed", "hide it");
    assertThat(verdict.exclusions()).containsEntry("unknown-before-the-rollout", 5_000L);
  }

  @Test
  void reportsForAVersionThatIsNotOfferedDoNotCount() {
    plan(ROLLOUT, VERSION.text(), Policy.forBaseRate(0.01, true), 1);
    for (int i = 0; i < 500; i++) {
      var device = Reports.of(i, ROLLOUT).version("9.9.9");
      tell(device.say("set"));
      tell(device.say("update_fail"));
    }
    pass(Duration.ofSeconds(1));

    var verdict = lastVerdict(ROLLOUT);
    assertThat(verdict.counts()).isEqualTo(new Counts(0, 0, 0, 0, 0));
    assertThat(verdict.action()).isEqualTo(Action.NONE);
    assertThat(verdict.exclusions()).containsEntry("other-version", 500L);
  }

  @Test
  void whenBothArmsFailItIsAnIncident() {
    plan(ROLLOUT, VERSION.text(), Policy.forBaseRate(0.01, true), 1);
    for (int i = 0; i < 600; i++) {
      var device = Reports.of(i, ROLLOUT);
      tell(device.before());
      device = i % 6 == 0 ? device : device.control().version("1.4.1");
      tell(device.say("app_moved_to_foreground"));
      if (i % 6 == 0) tell(device.say("set"));
      if (i / 20 % 5 < 2) tell(device.say("app_crash", Duration.ofSeconds(i)));
    }
    pass(Duration.ofSeconds(1));

    var verdict = lastVerdict(ROLLOUT);
    System.out.println("Incident: " + verdict.sentence());
    assertThat(verdict.health()).isEqualTo(Health.INCIDENT);
    assertThat(verdict.action()).isEqualTo(Action.PAUSE);
    assertThat(heard).extracting(Verdict::action).doesNotContain(Action.ROLL_BACK);
  }

  @Test
  void aReleaseThatCrashesIsRolledBackThoughItStarts() {
    plan(ROLLOUT, VERSION.text(), Policy.forBaseRate(0.01, true), 1);
    for (int i = 0; i < 2_400; i++) {
      var device = Reports.of(i, ROLLOUT).network("network-" + i / 4 % 41);
      boolean exposed = i % 4 == 0;
      tell(device.before());
      device = exposed ? device : device.control().version("1.4.1");
      tell(device.say("app_moved_to_foreground", Duration.ofSeconds(i)));
      if (exposed) tell(device.say("set", Duration.ofSeconds(i)));
      if (i / 4 % 50 == 7 || exposed && i / 4 % 8 == 0) {
        tell(device.say("app_crash", Duration.ofSeconds(i + 10L)));
      }
      if (i % 100 == 99) pass(Duration.ofMillis(500));
    }
    pass(Duration.ofSeconds(1));

    var verdict = lastVerdict(ROLLOUT);
    System.out.println("Crashes: " + verdict.sentence());
    assertThat(verdict.counts().failures()).isZero();
    assertThat(verdict.health()).isEqualTo(Health.UNHEALTHY);
    assertThat(verdict.action()).isEqualTo(Action.ROLL_BACK);
  }

  @Test
  void aRolloutThatStartedAndEndedUnheardIsJudged() {
    // Given what is left of it: the channel's next state, and its events
    noPlan(9);
    tellOf(started());
    tellOf(new RolloutEvent.RolledBack(subject(), Version.of("1.4.1"), new Cause.Schedule()));

    // When
    fleet(ROLLOUT, 400, 60).forEach(this::tell);
    pass(Duration.ofSeconds(1));

    // Then
    assertThat(lastVerdict(ROLLOUT))
        .returns(Health.UNHEALTHY, Verdict::health)
        .returns(new Counts(400, 60, 60, 340, 20), Verdict::counts);
    assertThat(baselines.isEmpty()).isTrue();
  }

  @Test
  void deltasThatHadToWaitGiveTheBitsOfAReplay() {
    // Given deltas that came before anybody said what the rollout is judged by
    for (var report : fleet(ROLLOUT, 200, 5)) {
      tell(report);
      pass(Duration.ofMillis(100));
    }
    pass(Duration.ofSeconds(1));
    assertThat(verdicts.isEmpty()).isTrue();
    var log =
        deltas.readRecordsToList().stream()
            .map(record -> Message.read(Topics.OUTCOME_DELTAS, record.value()))
            .toList();
    assertThat(log).hasSizeGreaterThan(20);

    // When
    tellOf(started());
    pass(Duration.ofSeconds(1));

    // Then
    var replayed = Judge.replay(VERSION, Policy.CAUTIOUS, Judge.USUAL_HEALTH, log).getLast();
    var verdict = lastVerdict(ROLLOUT);
    assertThat(verdict.parts()).isEqualTo(replayed.parts());
    assertThat(Double.doubleToLongBits(verdict.evidence()))
        .isEqualTo(Double.doubleToLongBits(replayed.evidence()));
    assertThat(verdict.sentence()).isEqualTo(replayed.sentence());
  }

  @Test
  void aCompletedRolloutTellsWhatIsUsualAndWhoStaysAwayIsSilentByTheLog() {
    // Given a rollout whose users come back within a day
    plan(ROLLOUT, VERSION.text(), Policy.CAUTIOUS, 1);
    tellOf(started());
    fleet(ROLLOUT, 300, 3).forEach(this::tell);
    for (int i = 0; i < 300; i++) {
      tell(Reports.of(i, ROLLOUT).say("app_moved_to_foreground", Duration.ofHours(20)));
    }
    tellOf(new RolloutEvent.RolloutCompleted(subject(), Version.of("1.4.1"), new Cause.Schedule()));
    noPlan(2);
    pass(Duration.ofSeconds(1));
    pass(Duration.ofSeconds(4));

    // Then
    var baseline = Message.read(Topics.BASELINES, baselines.readRecordsToList().getLast().value());
    assertThat(baseline.rollouts()).isEqualTo(1);
    assertThat(baseline.returnTime()).isEqualTo(Duration.ofHours(24));
    assertThat(baseline.rates())
        .contains(new Baseline.Rate(Signal.START, Platform.ANDROID, 300, 3));

    // When the next one runs, and only the tick tells that a day went by
    var next = RolloutId.of("aaaaaaaa-2222-3333-4444-555555555555");
    plan(next, VERSION.text(), Policy.CAUTIOUS, 3);
    var start = PluginTrace.START.plus(Duration.ofDays(2));
    for (int i = 0; i < 40; i++) {
      var report = Reports.of(i, next).say("set", Duration.ofDays(2));
      events.pipeInput(report.key(), value(report), start);
    }
    pass(Duration.ofSeconds(1));
    deltas.readRecordsToList();
    var tick = new DeviceEvent.Tick(0, start.plus(Duration.ofHours(25)));
    events.pipeInput(tick.key(), value(tick), tick.receivedAt());
    pass(Duration.ofSeconds(1));

    // Then
    assertThat(
            deltas.readRecordsToList().stream()
                .map(record -> Message.read(Topics.OUTCOME_DELTAS, record.value()))
                .flatMap(delta -> delta.counts().stream())
                .filter(count -> count.signal() == Signal.SILENCE)
                .mapToLong(OutcomeDelta.Count::failures)
                .sum())
        .isEqualTo(40);
  }

  @Test
  void theVersionsThatFailedOnADeviceAreTold() {
    var device = Reports.of(1, ROLLOUT).unstamped();
    tell(device.say("update_fail"));
    tell(device.say("update_fail"));

    var said = failures.readRecordsToList();
    assertThat(said).hasSize(1);
    var told = Message.read(Topics.DEVICE_FAILURES, said.getFirst().value());
    assertThat(told.key()).isEqualTo(said.getFirst().key());
    assertThat(told.failures().getFirst())
        .returns(VERSION, DeviceFailures.Failure::version)
        .returns(DeviceFailures.Kind.START, DeviceFailures.Failure::kind);

    // When all of it was long ago
    Instant far = PluginTrace.START.plus(Duration.ofDays(200));
    var other = Reports.of(99, ROLLOUT).say("set", Duration.ofDays(200));
    events.pipeInput(other.key(), value(other), far);
    pass(Duration.ofMinutes(61));
    assertThat(failures.readRecordsToList())
        .extracting(TestRecord::value)
        .containsExactly((byte[]) null);
  }

  @Test
  void aDeviceIsForgottenWhenSomebodyAsks() {
    // Given
    plan(ROLLOUT, VERSION.text(), Policy.CAUTIOUS, 1);
    var device = Reports.of(1, ROLLOUT);
    tell(device.say("set"));
    tell(device.say("update_fail"));
    pass(Duration.ofSeconds(1));
    failures.readRecordsToList();
    var key = device.say("set").key();
    var stories = driver.getKeyValueStore(StoryProcessor.STORIES);
    assertThat(stories.get(key)).isNotNull();

    // When
    var forgotten =
        new DeviceEvent.Forgotten(
            device.say("set").appId(), device.say("set").deviceId(), PluginTrace.START);
    events.pipeInput(key, value(forgotten), PluginTrace.START.plusSeconds(60));
    events.pipeInput(key, value(forgotten), PluginTrace.START.plusSeconds(61));
    pass(Duration.ofSeconds(1));

    // Then nothing names it, and what it was counted as stays
    assertThat(stories.get(key)).isNull();
    try (var waiting = driver.<String, String>getKeyValueStore(StoryProcessor.DEADLINES).all()) {
      assertThat(waiting).toIterable().noneMatch(entry -> entry.key.endsWith(key));
    }
    assertThat(failures.readRecordsToList())
        .extracting(TestRecord::key, TestRecord::value)
        .containsExactly(tuple(key, null), tuple(key, null));
    assertThat(lastVerdict(ROLLOUT).counts().failures()).isEqualTo(1);
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

  /// Devices that nobody knew before the rollout say that they switched, and how it went.
  private void forge(int devices, String outcome, IntFunction<String> network) {
    for (int i = 0; i < devices; i++) {
      var device = Reports.of(1_000_000L + i, ROLLOUT).network(network.apply(i));
      tell(device.say("set"));
      tell(device.say(outcome, Duration.ofSeconds(5)));
    }
    // What is flushed is judged, and what is due is said.
    pass(Duration.ofSeconds(1));
    pass(Duration.ofSeconds(1));
  }

  private static RolloutEvent.Subject subject() {
    return new RolloutEvent.Subject(APP, CHANNEL, ROLLOUT, VERSION, 1, PluginTrace.START);
  }

  private static RolloutEvent started() {
    return new RolloutEvent.RolloutStarted(
        subject(),
        Version.of("1.4.1"),
        List.of(),
        Policy.CAUTIOUS,
        List.of(),
        null,
        new Cause.Schedule());
  }

  private void tellOf(RolloutEvent event) {
    String key = ChannelState.key(APP, CHANNEL);
    rolloutEvents.pipeInput(
        key, Message.of(Topics.ROLLOUT_EVENTS, key, event, PluginTrace.START).value());
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
    rolloutEvents = in(Topics.ROLLOUT_EVENTS);
    failures = out(Topics.DEVICE_FAILURES);
    baselines = out(Topics.BASELINES);
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
