package dev.slipway.telemetry;

import static io.restassured.RestAssured.when;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;

import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.telemetry.Baseline;
import dev.slipway.contracts.telemetry.OutcomeDelta;
import dev.slipway.contracts.telemetry.Verdict.Action;
import dev.slipway.contracts.telemetry.Verdict.Counts;
import dev.slipway.contracts.telemetry.Verdict.Health;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.kit.topic.DeadLetters;
import dev.slipway.stack.Endpoints;
import dev.slipway.telemetry.stream.TelemetryTopology;
import dev.slipway.testkit.Stack;
import dev.slipway.testkit.StackResource;
import dev.slipway.testkit.TopicReader;
import dev.slipway.testkit.TopicWriter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.UUID;
import org.apache.kafka.streams.KafkaStreams;
import org.eclipse.microprofile.config.Config;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

@QuarkusTest
@QuarkusTestResource(StackResource.class)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class TelemetryIT {

  private static final long SEED = 20261122;

  /// A starved broker takes its time, and then nothing must be lost.
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final Endpoints endpoints = Stack.shared();

  @Inject KafkaStreams streams;
  @Inject Config config;

  @BeforeEach
  void ready() {
    // The last test ends the topology that the service runs.
    if (streams.state() == KafkaStreams.State.NOT_RUNNING) return;
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> when().get("/q/health/ready").then().statusCode(200));
  }

  @Test
  @Order(1)
  void condemnsABrokenRelease() throws Exception {
    var rollout = rollout();
    try (var fleet = new Fleet(endpoints.kafka());
        var verdicts = TopicReader.fromBeginning(endpoints, Topics.ROLLOUT_VERDICTS.name())) {
      // Given
      fleet.rollOut(rollout);

      // When
      fleet.tell(Fleet.reports(rollout, 0, 3_000, 8));
      Instant told = Instant.now();

      // Then
      var records =
          verdicts.until(
              all ->
                  Fleet.newest(all, rollout)
                      .map(verdict -> verdict.counts())
                      .filter(counts -> counts.failures() + counts.confirmed() == 3_000)
                      .isPresent(),
              PATIENCE);
      System.out.printf(
          "3,000 devices counted %d ms after the last of their reports%n",
          Duration.between(told, Instant.now()).toMillis());
      var verdict = Fleet.newest(records, rollout).orElseThrow();
      assertThat(verdict.health()).isEqualTo(Health.UNHEALTHY);
      assertThat(verdict.action()).isEqualTo(Action.ROLL_BACK);
      assertThat(verdict.counts()).isEqualTo(new Counts(3_000, 380, 380, 2_620, 20));
      assertThat(verdict.sentence()).startsWith("380 of 3,000 devices failed to start 1.4.2");
    }
  }

  @Test
  @Order(2)
  void aVerdictFollowsItsReportSoon() throws Exception {
    try (var fleet = new Fleet(endpoints.kafka());
        var verdicts = TopicReader.fromBeginning(endpoints, Topics.ROLLOUT_VERDICTS.name())) {
      var millis = new ArrayList<Long>();
      for (int round = 0; round < 11; round++) {
        // Given
        var rollout = rollout();
        fleet.rollOut(rollout);
        // When
        fleet.tell(Fleet.reports(rollout, 0, 320, 4));
        Instant told = Instant.now();

        // Then
        verdicts.until(
            all ->
                Fleet.newest(all, rollout)
                    .filter(verdict -> verdict.action() == Action.ROLL_BACK)
                    .isPresent(),
            PATIENCE);
        millis.add(Duration.between(told, Instant.now()).toMillis());
      }
      Collections.sort(millis);
      System.out.printf("From the last report to the order to roll back: %s ms%n", millis);
      assertThat(millis.get(millis.size() / 2)).isLessThan(10_000);
    }
  }

  @Test
  @Order(3)
  void aPoisonRecordIsPutAsideAndTheLineGoesOn() throws Exception {
    var rollout = rollout();
    try (var fleet = new Fleet(endpoints.kafka());
        var writer = new TopicWriter(endpoints);
        var letters = TopicReader.fromNow(endpoints, Topics.DEAD_LETTERS.name());
        var verdicts = TopicReader.fromBeginning(endpoints, Topics.ROLLOUT_VERDICTS.name())) {
      // Given
      fleet.rollOut(rollout);
      String plan = PluginTrace.APP + "/" + PluginTrace.CHANNEL;

      // When
      writer.send(Topics.CHANNEL_STATES.name(), plan, bytes("{]"), Map.of());
      writer.send(Topics.CHANNEL_STATES.name(), plan, bytes("{}"), Map.of());
      for (int i = 0; i < 20; i++) {
        writer.send(
            Topics.DEVICE_EVENTS.name(), "poison-" + i, bytes("{\"type\":"), Map.of("x", "y"));
      }
      writer.send(Topics.OUTCOME_DELTAS.name(), rollout.text(), new byte[900_000], Map.of());
      fleet.tell(Fleet.reports(rollout, 0, 100, 1_000));

      // Then
      var dead = letters.until(all -> all.size() >= 21, PATIENCE);
      assertThat(dead)
          .extracting(record -> record.key().replaceAll("-\\d+-\\d+$", ""))
          .containsOnly(Topics.DEVICE_EVENTS.name(), Topics.OUTCOME_DELTAS.name());
      var letter =
          dead.stream()
              .filter(record -> record.key().startsWith(Topics.DEVICE_EVENTS.name()))
              .findFirst()
              .orElseThrow();
      assertThat(letter.value()).isEqualTo(bytes("{\"type\":"));
      assertThat(letter.headers().lastHeader("x").value()).isEqualTo(bytes("y"));
      assertThat(letter.headers().lastHeader(DeadLetters.CAUSE).value())
          .isEqualTo(bytes("not JSON"));
      verdicts.until(
          all ->
              Fleet.newest(all, rollout)
                  .filter(verdict -> verdict.counts().attempts() == 100)
                  .isPresent(),
          PATIENCE);
    }
  }

  @Test
  @Order(4)
  void tellsHowItIs() {
    when().get("/q/health/live").then().statusCode(200).body("status", equalTo("UP"));
    when()
        .get("/q/metrics")
        .then()
        .statusCode(200)
        .body(containsString("slipway_telemetry_verdicts_total"))
        .body(containsString("kafka_stream"));
  }

  @Test
  @Order(5)
  void aNewStartCountsNothingTwiceAndLosesNothing() throws Exception {
    var rollout = rollout();
    var random = new Random(SEED);
    try (var fleet = new Fleet(endpoints.kafka());
        var verdicts = TopicReader.fromBeginning(endpoints, Topics.ROLLOUT_VERDICTS.name());
        var deltas = TopicReader.fromBeginning(endpoints, Topics.OUTCOME_DELTAS.name())) {
      // Given: stopped before the last of it was flushed
      fleet.rollOut(rollout);
      var reports = Fleet.reports(rollout, 0, 1_000, 100);
      Collections.shuffle(reports, random);
      fleet.tell(reports.subList(0, 1_200));
      streams.close();
      assertThat(streams.state()).isEqualTo(KafkaStreams.State.NOT_RUNNING);

      // When
      try (var again =
          new KafkaStreams(
              TelemetryTopology.of(new TelemetryMetrics(new SimpleMeterRegistry())),
              streamsSettings())) {
        again.start();
        fleet.tell(reports.subList(600, reports.size()));

        // Then
        var records =
            verdicts.until(
                all ->
                    Fleet.newest(all, rollout)
                        .map(verdict -> verdict.counts())
                        .filter(counts -> counts.failures() + counts.confirmed() >= 1_000)
                        .isPresent(),
                PATIENCE);
        assertThat(Fleet.newest(records, rollout).orElseThrow().counts())
            .as("seed %s", SEED)
            .isEqualTo(new Counts(1_000, 20, 20, 980, 20));
        long attempts =
            deltas.toEnd().stream()
                .filter(
                    record ->
                        record.key().equals(rollout.text()) && record.value().length < 500_000)
                .map(record -> Message.read(Topics.OUTCOME_DELTAS, record.value()))
                .flatMap(delta -> delta.counts().stream())
                .filter(count -> count.signal() == Baseline.Signal.START)
                .mapToLong(OutcomeDelta.Count::attempts)
                .sum();
        assertThat(attempts).isEqualTo(1_000);
      }
    }
  }

  /// As the service has them.
  private Properties streamsSettings() {
    var settings = new Properties();
    String prefix = "kafka-streams.";
    for (String name : config.getPropertyNames()) {
      if (name.startsWith(prefix)) {
        settings.put(name.substring(prefix.length()), config.getValue(name, String.class));
      }
    }
    settings.put("bootstrap.servers", endpoints.kafka());
    settings.put(
        "application.id", config.getValue("quarkus.kafka-streams.application-id", String.class));
    return settings;
  }

  private static RolloutId rollout() {
    return RolloutId.of(UUID.randomUUID().toString());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
