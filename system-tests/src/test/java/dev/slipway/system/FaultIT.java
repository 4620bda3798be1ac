package dev.slipway.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.RolloutEvent;
import dev.slipway.contracts.rollout.RolloutState;
import dev.slipway.contracts.rollout.RolloutView;
import dev.slipway.contracts.rollout.Stage;
import dev.slipway.contracts.rollout.Stage.Gate;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topic;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.stack.Part;
import dev.slipway.stack.Service;
import dev.slipway.testkit.TopicReader;
import dev.slipway.testkit.TopicWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import com.fasterxml.jackson.core.type.TypeReference;
import dev.slipway.contracts.http.Page;
import dev.slipway.contracts.rollout.RecordedEvent;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// What happens to an ongoing rollout when its parts die, lie or stay away.
@ExtendWith(RunningSuite.Extension.class)
class FaultIT {

  private static final long SEED = 7_2026;
  private static final Duration SOON = Duration.ofSeconds(150);
  private static final List<Stage> BY_HAND =
      List.of(
          new Stage(Exposure.of("50 %"), Duration.ZERO, Gate.MANUAL),
          new Stage(Exposure.ALL, Duration.ZERO, Gate.MANUAL));

  @TempDir Path folder;

  @Test
  void eachServiceIsKilledInTheMiddleOfARollout(RunningSuite suite) throws Exception {
    // Given
    var app = ShippedApp.create(suite, folder, "killed");
    var rollout = app.start(ShippedApp.BROKEN, BY_HAND, ShippedApp.TRUSTED);
    app.awaitServed();
    var exposed = new ArrayList<Phone>();
    for (Phone phone : Phone.some(240, suite.delivery(), app.id, new Random(SEED))) {
      if (phone.isOffered(ShippedApp.BROKEN, ShippedApp.GOOD)) exposed.add(phone);
    }
    assertThat(exposed).hasSizeBetween(80, 160);
    int quarter = exposed.size() / 4;
    int begun = 0;

    // When
    for (Service service : Service.values()) {
      var next = exposed.subList(begun, begun + quarter);
      begin(next);
      begun += quarter;
      awaitAttempts(app, rollout, begun);
      app.order(rollout, "pause");
      suite.services().kill(service);
      suite.services().start(service, line -> {});

      // Then what was acknowledged is there, and what is said again does not count again
      assertThat(app.rollout(rollout).state())
          .as("after %s", service)
          .isEqualTo(RolloutState.PAUSED);
      app.order(rollout, "resume");
      app.awaitServed();
      begin(next);
    }
    assertThat(app.rollout(rollout).state()).isEqualTo(RolloutState.RUNNING);
    List<Phone> failing = exposed.subList(0, begun / 2);
    for (Phone phone : failing) phone.report("update_fail", ShippedApp.BROKEN, ShippedApp.GOOD);
    app.awaitState(rollout, RolloutState.ROLLED_BACK);

    // Then
    int attempts = begun;
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              var verdict = app.rollout(rollout).verdict();
              assertThat(verdict).isNotNull();
              assertThat(verdict.counts().attempts()).isEqualTo(attempts);
              assertThat(verdict.counts().failures()).isEqualTo(failing.size());
            });
    Phone told = failing.getFirst();
    await().atMost(SOON).until(() -> told.isOffered(ShippedApp.GOOD, ShippedApp.BROKEN));
    eachEventIsThereOnce(suite, rollout);
    suite
        .slipway(folder, "bundle", "publish", app.id + "-" + ShippedApp.GOOD + ".slipway", "--json")
        .json();
  }

  private static void begin(List<Phone> phones) throws Exception {
    for (Phone phone : phones) phone.set(ShippedApp.BROKEN, ShippedApp.GOOD);
  }

  private static void awaitAttempts(ShippedApp app, RolloutView rollout, int attempts) {
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              var verdict = app.rollout(rollout).verdict();
              assertThat(verdict).isNotNull();
              assertThat(verdict.counts().attempts()).isEqualTo(attempts);
            });
  }

  private static void eachEventIsThereOnce(RunningSuite suite, RolloutView rollout) {
    List<RolloutEvent> events = new ArrayList<>();
    try (var reader = TopicReader.fromBeginning(suite.endpoints(), Topics.ROLLOUT_EVENTS.name())) {
      for (var record : reader.toEnd()) {
        var event = Message.read(Topics.ROLLOUT_EVENTS, record.value());
        // A publisher that is killed between sending and noting it sends again: same epoch, same
        // type, nothing new.
        boolean isNew =
            events.stream()
                .noneMatch(
                    seen ->
                        seen.getClass() == event.getClass()
                            && seen.subject().epoch() == event.subject().epoch());
        if (rollout.rolloutId().equals(event.subject().rolloutId()) && isNew) events.add(event);
      }
    }
    assertThat(events)
        // How bad it looked on the way depends on how the reports fell into verdicts.
        .filteredOn(event -> !(event instanceof RolloutEvent.AlertRaised))
        .extracting(event -> event.getClass().getSimpleName())
        .containsExactly(
            "RolloutStarted",
            "StageEntered",
            "RolloutPaused",
            "RolloutResumed",
            "RolloutPaused",
            "RolloutResumed",
            "RolloutPaused",
            "RolloutResumed",
            "RolloutPaused",
            "RolloutResumed",
            "RolledBack");
  }

  /// The service is killed while orders of every kind are under way, at a moment that chance picks.
  /// Afterwards the topics say exactly what the rows say: no order is half done.
  @Test
  void whateverIsKilledRowsAndTopicsAgree(RunningSuite suite) throws Exception {
    // Given
    var app = ShippedApp.create(suite, folder, "halves");
    var random = new Random(SEED);
    System.out.println("FaultIT.whateverIsKilledRowsAndTopicsAgree seed " + SEED);
    for (int round = 0; round < 3; round++) {
      var rollout = app.start(ShippedApp.BROKEN, BY_HAND, ShippedApp.TRUSTED);
      var stop = new AtomicBoolean();
      var orders =
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (int i = 0; !stop.get(); i++) {
                      giveOrder(app, rollout, List.of("pause", "resume").get(i % 2));
                    }
                  });

      // When
      Thread.yield();
      await().pollDelay(Duration.ofMillis(random.nextInt(50, 900))).until(() -> true);
      suite.services().kill(Service.ROLLOUT);
      stop.set(true);
      orders.join();
      suite.services().start(Service.ROLLOUT, line -> {});

      // Then
      await().atMost(SOON).untilAsserted(() -> topicsSayWhatTheRowsSay(suite, app));
      app.order(rollout, "rollback");
    }
  }

  /// What is not answered may or may not have happened; that is the point.
  private static void giveOrder(ShippedApp app, RolloutView rollout, String verb) {
    try {
      app.order(rollout, verb);
    } catch (RuntimeException | AssertionError _) {
      Thread.onSpinWait();
    }
  }

  private static void topicsSayWhatTheRowsSay(RunningSuite suite, ShippedApp app) {
    var row = app.channel();
    String key = app.id + "/production";
    try (var reader = TopicReader.fromBeginning(suite.endpoints(), Topics.CHANNEL_STATES.name())) {
      var state =
          reader.toEnd().stream()
              .filter(record -> key.equals(record.key()))
              .reduce((_, later) -> later)
              .map(record -> Message.read(Topics.CHANNEL_STATES, record.value()))
              .orElseThrow();
      assertThat(state.epoch()).isEqualTo(row.epoch());
      assertThat(state.hold()).isEqualTo(row.hold());
      assertThat(state.rollout() != null)
          .isEqualTo(row.rollout() != null && row.rollout().state().isActive());
    }
    var recorded =
        suite
            .rollout()
            .get(
                "/v1/apps/" + app.id + "/channels/production/events?limit=500",
                new TypeReference<Page<RecordedEvent>>() {})
            .items()
            .stream()
            .map(RecordedEvent::event)
            .toList();
    try (var reader = TopicReader.fromBeginning(suite.endpoints(), Topics.ROLLOUT_EVENTS.name())) {
      var told =
          reader.toEnd().stream()
              .filter(record -> key.equals(record.key()))
              .map(record -> Message.read(Topics.ROLLOUT_EVENTS, record.value()))
              .distinct()
              .toList();
      assertThat(told).isEqualTo(recorded.subList(0, told.size()));
      if (recorded.size() < 500) assertThat(told).hasSameSizeAs(recorded);
    }
  }

  @Test
  void poisonIsKeptOutAndSeenAndTheLineGoesOn(RunningSuite suite) throws Exception {
    // Given
    var app = ShippedApp.create(suite, folder, "poisoned");
    String channel = app.id + "/production";
    String version = app.id + "/" + ShippedApp.BETTER;
    double unreadableBefore = suite.metric(Service.DELIVERY, "slipway_view_unreadable", "");

    // When
    var unreadable = poison(suite, Topics.CHANNEL_STATES, channel);
    poison(suite, Topics.BUNDLES, version);
    var report = poison(suite, Topics.DEVICE_EVENTS, app.id + "/" + UUID.randomUUID());
    String letter = report.topic() + "-" + report.partition() + "-" + report.offset();

    // Then it is seen
    await()
        .atMost(SOON)
        .until(
            () ->
                suite.metric(Service.DELIVERY, "slipway_view_unreadable", "")
                    >= unreadableBefore + 2);
    try (var reader = TopicReader.fromBeginning(suite.endpoints(), Topics.DEAD_LETTERS.name())) {
      reader.until(read -> read.stream().anyMatch(r -> letter.equals(r.key())), SOON);
    }
    acknowledgementIsWithheld(suite, unreadable);

    // Then it is kept out, and the line goes on
    var random = new Random(SEED);
    Phone phone = Phone.some(1, suite.delivery(), app.id, random).getFirst();
    assertThat(phone.isOffered(ShippedApp.GOOD, Phone.NATIVE)).isTrue();
    var rollout = app.start(ShippedApp.BETTER, BY_HAND, ShippedApp.TRUSTED);
    app.awaitServed();
    var exposed = new ArrayList<Phone>();
    for (Phone one : Phone.some(40, suite.delivery(), app.id, random)) {
      if (one.isOffered(ShippedApp.BETTER, ShippedApp.GOOD)) exposed.add(one);
    }
    assertThat(exposed).isNotEmpty();
    for (Phone one : exposed) one.set(ShippedApp.BETTER, ShippedApp.GOOD);
    awaitAttempts(app, rollout, exposed.size());
    app.order(rollout, "rollback");
  }

  private static void acknowledgementIsWithheld(RunningSuite suite, RecordMetadata unreadable) {
    try (var reader = TopicReader.fromNow(suite.endpoints(), Topics.EDGE_ACKS.name())) {
      var acks = reader.untilCount(2);
      assertThat(acks)
          .extracting(ack -> Message.read(Topics.EDGE_ACKS, ack.value()).applied())
          .allSatisfy(
              applied ->
                  assertThat(applied.get(unreadable.partition()))
                      .isLessThanOrEqualTo(unreadable.offset()));
    }
  }

  /// Puts bytes on a topic that are none of its records.
  private static RecordMetadata poison(RunningSuite suite, Topic<?> topic, String key) {
    try (var writer = new TopicWriter(suite.endpoints())) {
      var record =
          new ProducerRecord<>(topic.name(), key, "{\"poison\":".getBytes(StandardCharsets.UTF_8));
      return writer.send(record);
    }
  }

  @Test
  void deliveryServesWhileEverythingElseIsStopped(RunningSuite suite) throws Exception {
    // Given
    var app = ShippedApp.create(suite, folder, "alone");
    Phone phone = Phone.some(1, suite.delivery(), app.id, new Random(SEED)).getFirst();
    app.awaitServed();

    // When
    for (Service service : List.of(Service.INGEST, Service.ROLLOUT, Service.TELEMETRY)) {
      suite.services().stop(service, line -> {});
    }
    suite.stack().stop(Part.POSTGRES, line -> {});
    suite.stack().stop(Part.KAFKA, line -> {});
    try {
      // Then
      for (int again = 0; again < 20; again++) {
        var offer = phone.check(Phone.NATIVE);
        assertThat(offer.path("version").asText()).isEqualTo(ShippedApp.GOOD);
        assertThat(phone.download(offer).statusCode()).isEqualTo(200);
        phone.set(ShippedApp.GOOD, Phone.NATIVE);
      }

      // When it is started anew without them
      suite.services().restart(Service.DELIVERY, line -> {});

      // Then it serves what it knew
      assertThat(phone.check(Phone.NATIVE).path("version").asText()).isEqualTo(ShippedApp.GOOD);
    } finally {
      suite.stack().start(line -> {});
      suite.services().start(line -> {});
    }

    // Then the suite goes on where it was
    var rollout = app.start(ShippedApp.BETTER, BY_HAND, ShippedApp.TRUSTED);
    app.awaitServed();
    var exposed = new ArrayList<Phone>();
    for (Phone one : Phone.some(40, suite.delivery(), app.id, new Random(SEED + 1))) {
      if (one.isOffered(ShippedApp.BETTER, ShippedApp.GOOD)) exposed.add(one);
    }
    assertThat(exposed).isNotEmpty();
    for (Phone one : exposed) one.set(ShippedApp.BETTER, ShippedApp.GOOD);
    awaitAttempts(app, rollout, exposed.size());
    app.order(rollout, "rollback");
  }
}
