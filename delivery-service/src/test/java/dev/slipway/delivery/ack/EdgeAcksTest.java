package dev.slipway.delivery.ack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.slipway.delivery.Samples;
import dev.slipway.delivery.image.LiveImage;
import dev.slipway.delivery.image.OfferWriter;
import dev.slipway.kit.topic.KafkaClients;
import dev.slipway.testkit.SteppingClock;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// With the client of a Kafka that is not there, and a clock of the test's own.
class EdgeAcksTest {

  private static final Duration STALE_AFTER = Duration.ofSeconds(30);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final SteppingClock clock = SteppingClock.at(Samples.NOW);
  private final AtomicReference<Instant> heard = new AtomicReference<>(clock.instant());
  private final LiveImage image =
      new LiveImage(new OfferWriter(URI.create("https://ota.example.com")), clock, 0);
  private final EdgeAcks acks =
      new EdgeAcks(
          "edge-1",
          STALE_AFTER,
          new EdgeAcks.Source(() -> true, Collections::emptySortedMap, heard::get),
          image,
          new KafkaClients("127.0.0.1:1", "test")
              .producer("acks", Duration.ZERO, Map.of(ProducerConfig.MAX_BLOCK_MS_CONFIG, 0L)),
          clock);

  @BeforeEach
  void start() {
    acks.start();
  }

  @AfterEach
  void close() {
    acks.close();
  }

  @Test
  void rolloutsCountAsPausedAfterHalfAMinuteWithoutKafkaAndGoOnWithIt() {
    // Given
    clock.step(STALE_AFTER);
    assertThat(acks.isStale()).isFalse();

    // When
    clock.step(Duration.ofMillis(1));

    // Then
    assertThat(acks.isStale()).isTrue();
    await().atMost(PATIENCE).until(() -> image.current().rolloutsPaused());

    // When
    heard.set(clock.instant());

    // Then
    assertThat(acks.isStale()).isFalse();
    await().atMost(PATIENCE).until(() -> !image.current().rolloutsPaused());
    assertThat(acks.isAlive()).isTrue();
  }
}
