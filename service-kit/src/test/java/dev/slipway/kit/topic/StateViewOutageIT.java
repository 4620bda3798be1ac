package dev.slipway.kit.topic;

import static dev.slipway.kit.topic.StateTableTest.state;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.contracts.topic.Message;
import dev.slipway.stack.LocalStack;
import dev.slipway.stack.Part;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/// Has a broker of its own, to stop it. Only the local stack can be stopped in parts.
@EnabledIfSystemProperty(named = "slipway.stack", matches = "embedded")
class StateViewOutageIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path folder;
  private LocalStack stack;

  @BeforeEach
  void open() {
    var programs = Path.of(System.getProperty("slipway.root", "."), ".slipway", "programs");
    stack = LocalStack.at(folder.resolve("stack"), programs);
    stack.endWith(ProcessHandle.current());
  }

  @AfterEach
  void close() {
    stack.remove();
  }

  @Test
  void aViewOutlivesItsBroker() {
    // Given a broker that has an address, and is not there
    stack.start(Part.KAFKA, _ -> {});
    var kafka = new KafkaClients(stack.endpoints().kafka(), "test-service");
    stack.stop(Part.KAFKA, _ -> {});
    var topic = Fresh.compacted();
    try (var guard = new TopicGuard(kafka, TopicProfile.SINGLE);
        var view = new StateView<>(topic, kafka, Clock.systemUTC(), new SimpleMeterRegistry())) {
      view.start();
      var ensured = guard.ensure(List.of(topic));
      view.caughtUpWithNow(Duration.ofMillis(300)).await().indefinitely();
      assertThat(view.lastContact()).isEqualTo(Instant.EPOCH);
      assertThat(view.isCaughtUp()).isFalse();
      assertThat(ensured).isNotDone();

      // When it comes
      stack.start(Part.KAFKA, _ -> {});
      // Then
      await().atMost(PATIENCE).until(ensured::isDone);
      await().atMost(PATIENCE).until(view::isCaughtUp);
      send(kafka, topic.name(), state("a", 1, "before"));
      await().atMost(PATIENCE).until(() -> view.find("a").isPresent());

      // When it goes
      stack.kill(Part.KAFKA);
      var gone = Instant.now();
      // Then the view says so, and keeps what it has
      var later = gone.plusSeconds(4);
      await().atMost(PATIENCE).until(() -> Instant.now().isAfter(later));
      assertThat(view.lastContact()).isBefore(gone.plusMillis(500));
      assertThat(view.find("a")).isPresent();
      assertThat(view.isCaughtUp()).isTrue();

      // When it comes back
      stack.start(Part.KAFKA, _ -> {});
      var back = Instant.now();
      send(kafka, topic.name(), state("a", 2, "after"));
      // Then
      await().atMost(PATIENCE).until(() -> view.find("a").orElseThrow().revision() == 2);
      assertThat(view.lastContact()).isAfter(gone.plusSeconds(1));
      System.out.printf(
          "view back %d ms after its broker%n", Duration.between(back, Instant.now()).toMillis());
    }
  }

  private static void send(KafkaClients kafka, String topic, Message message) {
    try (var producer = kafka.producer("writer", Duration.ZERO)) {
      producer.send(new ProducerRecord<>(topic, message.key(), message.value())).get();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    } catch (java.util.concurrent.ExecutionException e) {
      throw new AssertionError(e);
    }
  }
}
