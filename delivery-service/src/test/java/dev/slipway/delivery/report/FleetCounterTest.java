package dev.slipway.delivery.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.contracts.device.FleetSize;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.decisions.DeviceSketch;
import dev.slipway.delivery.Samples;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FleetCounterTest {

  private static final ChannelState CHANNEL =
      Samples.channel("com.demo.app", "production", 1, "1.0.1");

  private final Random random = new Random(20261124);
  private final FleetCounter fleets = new FleetCounter(Samples.NOW);

  @Test
  void tellsOfAChannelOnceAndAgainOnlyWhenThereIsSomethingNew() {
    // Given
    var device = Samples.device(random);
    fleets.count(CHANNEL, Platform.ANDROID, "1.0.0", device);

    // When
    var sizes = fleets.changes("edge-1", Samples.NOW);

    // Then
    assertThat(sizes).hasSize(1);
    assertThat(sizes.getFirst().key()).isEqualTo("com.demo.app/production/edge-1");
    assertThat(count(sizes.getFirst(), "1.0.0")).isEqualTo(1);
    fleets.count(CHANNEL, Platform.ANDROID, "1.0.0", device);
    assertThat(fleets.changes("edge-1", Samples.NOW)).isEmpty();
    // It could not be told after all
    fleets.again(sizes.getFirst());
    assertThat(fleets.changes("edge-1", Samples.NOW)).hasSize(1);
  }

  @Test
  void forgetsDevicesThatHaveNotAskedForTwoWeeks() {
    fleets.count(CHANNEL, Platform.ANDROID, "1.0.0", Samples.device(random));
    var week = Duration.ofDays(7);
    fleets.changes("edge-1", Samples.NOW.plus(week));
    fleets.count(CHANNEL, Platform.ANDROID, "1.0.0", Samples.device(random));
    // Both generations count
    var sizes = fleets.changes("edge-1", Samples.NOW.plus(week).plusSeconds(60));
    assertThat(count(sizes.getFirst(), "1.0.0")).isEqualTo(2);
    sizes = fleets.changes("edge-1", Samples.NOW.plus(week.multipliedBy(2)));
    assertThat(count(sizes.getFirst(), "1.0.0")).isEqualTo(1);
    assertThat(fleets.changes("edge-1", Samples.NOW.plus(week.multipliedBy(3)))).isEmpty();
  }

  @Test
  void keepsSoManyNativeVersionsApart() {
    for (int i = 0; i < 1_000; i++) {
      fleets.count(CHANNEL, Platform.IOS, i + ".0.0", Samples.device(random));
    }
    var size = fleets.changes("edge-1", Samples.NOW).getFirst();
    assertThat(size.sketches()).hasSize(65);
    assertThat(count(size, "other")).isBetween(850L, 1_020L);
  }

  @Test
  void asksForADeviceOnceAnHour() {
    long now = Samples.NOW.getEpochSecond();
    assertThat(fleets.isDue(42, now)).isTrue();
    assertThat(fleets.isDue(42, now + 1)).isFalse();
    assertThat(fleets.isDue(42, now + 3_600)).isTrue();
  }

  private static long count(FleetSize size, String nativeVersion) {
    return size.sketches().stream()
        .filter(sketch -> sketch.nativeVersion().equals(nativeVersion))
        .mapToLong(sketch -> DeviceSketch.of(sketch.registers()).count())
        .sum();
  }
}
