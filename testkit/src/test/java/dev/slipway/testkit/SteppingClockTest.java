package dev.slipway.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;

class SteppingClockTest {

  @Test
  void standsUntilItIsStepped() {
    // Given
    SteppingClock clock = SteppingClock.at("2026-01-01T00:00:00Z");
    Clock elsewhere = clock.withZone(ZoneId.of("Asia/Tokyo"));

    // When
    clock.step(Duration.ofMinutes(90));

    // Then
    assertThat(clock.instant()).isEqualTo(Instant.parse("2026-01-01T01:30:00Z"));
    assertThat(elsewhere.instant()).isEqualTo(clock.instant());
  }
}
