package dev.slipway.rollout.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RetriesTest {

  private static final Instant NOON = Instant.parse("2026-11-24T12:00:00Z");

  @Test
  void aMessageIsTriedForMoreThanThreeDaysAndThenNoMore() {
    var random = new Random(1);
    var now = NOON;
    int attempts = 1;
    for (var next = Retries.next(attempts, now, null, random);
        next.isPresent();
        next = Retries.next(attempts, now, null, random)) {
      assertThat(next.get()).isAfter(now);
      now = next.get();
      attempts++;
    }
    assertThat(attempts).isEqualTo(Retries.ATTEMPTS);
    assertThat(Duration.between(NOON, now)).isBetween(Duration.ofHours(60), Duration.ofHours(95));
  }

  @Test
  void waitsDifferByChance() {
    var random = new Random(2);
    assertThat(Retries.next(6, NOON, null, random)).isNotEqualTo(Retries.next(6, NOON, null, random));
    for (int i = 0; i < 1_000; i++) {
      var wait = Duration.between(NOON, Retries.next(6, NOON, null, random).orElseThrow());
      assertThat(wait).isBetween(Duration.ofMinutes(48), Duration.ofMinutes(72));
    }
  }

  @Test
  void theReceiversWishIsFollowedWithinADay() {
    var random = new Random(3);
    assertThat(Retries.next(1, NOON, "3600", random)).contains(NOON.plusSeconds(3600));
    assertThat(Retries.next(1, NOON, "Tue, 24 Nov 2026 13:00:00 GMT", random))
        .contains(NOON.plusSeconds(3600));
    assertThat(Retries.next(1, NOON, "99999999999999", random))
        .contains(NOON.plus(Retries.LONGEST_WISH));
    for (var nonsense : new String[] {"", "soon", "-5", "1"}) {
      assertThat(Retries.next(1, NOON, nonsense, random).orElseThrow())
          .isBetween(NOON.plusSeconds(4), NOON.plusSeconds(6));
    }
  }
}
