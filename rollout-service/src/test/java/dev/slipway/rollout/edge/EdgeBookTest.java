package dev.slipway.rollout.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.contracts.device.EdgeAck;
import dev.slipway.rollout.edge.Publications.Publication;
import dev.slipway.testkit.SteppingClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class EdgeBookTest {

  private static final Instant T0 = Instant.parse("2026-03-01T12:00:00Z");
  private static final Publication SENT = new Publication.Sent(1, 41);

  private final SteppingClock clock = SteppingClock.at(T0);
  private final EdgeBook book = new EdgeBook(clock);

  @Test
  void anEdgeServesWhatItAppliedPast() {
    // Given
    ack("a", 41);
    ack("b", 42);

    // When
    var edges = book.spread(SENT, T0);

    // Then
    assertThat(edges.live()).isEqualTo(2);
    assertThat(edges.serving()).isEqualTo(1);
    assertThat(edges.missing()).containsExactly("a");
    assertThat(edges.millis()).isNull();
  }

  @Test
  void theTimeIsThatOfTheLastEdgesFirstAcknowledgement() {
    // Given
    ack("a", 41);
    ack("b", 41);
    clock.step(Duration.ofMillis(120));
    ack("a", 42);
    clock.step(Duration.ofMillis(80));
    ack("b", 43);
    clock.step(Duration.ofSeconds(3));
    ack("a", 44);
    ack("b", 44);

    // When
    var edges = book.spread(SENT, T0);

    // Then
    assertThat(edges.serving()).isEqualTo(2);
    assertThat(edges.millis()).isEqualTo(200);
  }

  @Test
  void whatWasAcknowledgedBeforeAnybodyListenedHasNoTime() {
    ack("a", 50);
    clock.step(Duration.ofSeconds(1));
    ack("a", 51);
    assertThat(book.spread(SENT, T0).serving()).isEqualTo(1);
    assertThat(book.spread(SENT, T0).millis()).isNull();
  }

  @Test
  void anEdgeThatStartedLaterDoesNotCountForTheTime() {
    // Given
    ack("a", 41);
    clock.step(Duration.ofMillis(100));
    ack("a", 42);
    clock.step(Duration.ofSeconds(5));
    book.heard(new EdgeAck("late", clock.instant(), applied(42), false, clock.instant()));

    // When
    var edges = book.spread(SENT, T0);

    // Then
    assertThat(edges.serving()).isEqualTo(2);
    assertThat(edges.millis()).isEqualTo(100);
  }

  @Test
  void whoIsSilentForTenSecondsIsNotLive() {
    ack("a", 42);
    clock.step(EdgeBook.LIVE);
    assertThat(book.live()).isEqualTo(1);
    clock.step(Duration.ofMillis(1));
    assertThat(book.live()).isZero();
    assertThat(book.spread(SENT, T0).missing()).isEmpty();
  }

  @Test
  void whatKafkaDoesNotHaveYetNobodyServes() {
    ack("a", 9999);
    assertThat(book.spread(new Publication.Waiting(), T0).missing()).containsExactly("a");
    assertThat(book.spread(new Publication.LongAgo(), T0).missing()).isEmpty();
  }

  @Test
  void manyStepsNeedBoundedMemoryAndTheNewestStay() {
    for (int i = 0; i < EdgeBook.STEPS * 3; i++) {
      ack("a", i);
      clock.step(Duration.ofMillis(1));
    }
    int newest = EdgeBook.STEPS * 3 - 2;
    assertThat(book.spread(new Publication.Sent(1, newest), T0).millis()).isEqualTo(newest + 1L);
    assertThat(book.spread(new Publication.Sent(1, 5), T0).serving()).isEqualTo(1);
  }

  private void ack(String instance, long offset) {
    book.heard(new EdgeAck(instance, T0.minusSeconds(60), applied(offset), false, clock.instant()));
  }

  private static TreeMap<Integer, Long> applied(long offset) {
    return new TreeMap<>(Map.of(0, 0L, 1, offset, 2, 0L));
  }
}
