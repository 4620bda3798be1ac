package dev.slipway.decisions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.slipway.contracts.DeviceId;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceSketchTest {

  private static final long SEED = 20261124;
  private final SplittableRandom random = new SplittableRandom(SEED);

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 10, 200, 1_000, 5_000, 20_000, 200_000})
  void countsDistinctDevices(int devices) {
    var sketch = new DeviceSketch();
    for (int i = 0; i < devices; i++) {
      var device = device();
      sketch.add(device);
      assertThat(sketch.add(device)).isFalse();
    }
    assertThat((double) sketch.count())
        .as("seed %s", SEED)
        .isCloseTo(devices, within(0.08 * devices + 1e-9));
  }

  @Test
  void countsIdsThatDifferByTheirLastDigits() {
    var sketch = new DeviceSketch();
    for (int i = 0; i < 10_000; i++) {
      sketch.add(DeviceId.of("00000000-0000-0000-0000-%012x".formatted(i)));
    }
    assertThat((double) sketch.count()).isCloseTo(10_000, within(800.0));
  }

  @Test
  void aDeviceOfTwoSketchesCountsOnce() {
    var one = new DeviceSketch();
    var other = new DeviceSketch();
    for (int i = 0; i < 4_000; i++) {
      var device = device();
      if (i < 3_000) one.add(device);
      if (i >= 1_000) other.add(device);
    }
    one.merge(DeviceSketch.of(other.registers()));
    assertThat((double) one.count()).as("seed %s", SEED).isCloseTo(4_000, within(320.0));
  }

  @Test
  void registersComeBackAsTheyWent() {
    var sketch = new DeviceSketch();
    for (int i = 0; i < 100; i++) sketch.add(device());
    assertThat(DeviceSketch.of(sketch.registers()).registers()).isEqualTo(sketch.registers());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "AAAA", "!", "_____________________w"})
  void whatIsNoSketch(String registers) {
    assertThatThrownBy(() -> DeviceSketch.of(registers))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private DeviceId device() {
    return DeviceId.of(new UUID(random.nextLong(), random.nextLong()).toString());
  }
}
