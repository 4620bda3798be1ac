package dev.slipway.delivery.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.DeviceChannel;
import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.contracts.device.DeviceFailures;
import dev.slipway.contracts.device.DeviceFailures.Failure;
import dev.slipway.contracts.device.DeviceFailures.Kind;
import dev.slipway.contracts.device.DeviceOverride;
import dev.slipway.delivery.Samples;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DevicesTest {

  private static final AppId APP = AppId.of("com.demo.app");
  private static final ChannelName BETA = ChannelName.of("beta");
  private static final ChannelName ALPHA = ChannelName.of("alpha");
  private static final Instant NOW = Samples.NOW;
  private static final int BROKEN = DeviceKeys.name("1.1.0");

  private final Devices devices = new Devices(17);
  private final DeviceId device = Samples.device(new Random(1));
  private final long key = devices.keys().device(DeviceKeys.app(APP.text()), device);

  @Test
  void knowsWhereAnOperatorPutADevice() {
    devices.override(new DeviceOverride(APP, device, BETA, 2, NOW));
    assertThat(devices.overrideOf(key)).isEqualTo(DeviceKeys.name("beta"));

    // an older record, and the same again
    devices.override(new DeviceOverride(APP, device, ALPHA, 1, NOW));
    devices.override(new DeviceOverride(APP, device, BETA, 2, NOW));
    assertThat(devices.overrideOf(key)).isEqualTo(DeviceKeys.name("beta"));

    devices.removeOverride(DeviceEvent.key(APP, device));
    assertThat(devices.overrideOf(key)).isEqualTo(-1);
  }

  @Test
  void ordersRevisionsThatAreTimes() {
    long revision = NOW.toEpochMilli();
    devices.chosen(new DeviceChannel(APP, device, BETA, revision, NOW));
    devices.chosen(new DeviceChannel(APP, device, ALPHA, revision - 60_000, NOW));
    assertThat(devices.choiceOf(key)).isEqualTo(DeviceKeys.name("beta"));
    devices.chosen(new DeviceChannel(APP, device, ALPHA, revision + 60_000, NOW));
    assertThat(devices.choiceOf(key)).isEqualTo(DeviceKeys.name("alpha"));
    long years = Duration.ofDays(70 * 365).toMillis();
    devices.chosen(new DeviceChannel(APP, device, BETA, revision + years, NOW));
    assertThat(devices.choiceOf(key)).isEqualTo(DeviceKeys.name("beta"));
  }

  @Test
  void knowsAtOnceWhatADeviceChoseHere() {
    // When
    devices.choose(key, BETA, 100);
    // Then
    assertThat(devices.choiceOf(key)).isEqualTo(DeviceKeys.name("beta"));

    // When it has come through the topic, and another instance says later
    devices.chosen(new DeviceChannel(APP, device, BETA, 100, NOW));
    devices.chosen(new DeviceChannel(APP, device, ALPHA, 200, NOW));
    // Then
    assertThat(devices.choiceOf(key)).isEqualTo(DeviceKeys.name("alpha"));

    // When the device takes it back
    devices.choose(key, null, 300);
    // Then
    assertThat(devices.choiceOf(key)).isEqualTo(-1);
    devices.removeChoice(DeviceEvent.key(APP, device));
    assertThat(devices.choiceOf(key)).isEqualTo(-1);
  }

  @Test
  void remembersForAMonthWhatDidNotStart() {
    devices.failedBefore(failures(new Failure(Version.of("1.1.0"), Kind.START, 1, NOW)));

    assertThat(failed(NOW)).isTrue();
    assertThat(failed(NOW.plus(Duration.ofDays(29)))).isTrue();
    assertThat(failed(NOW.plus(Duration.ofDays(31)))).isFalse();
    assertThat(devices.failed(key, DeviceKeys.name("1.1.1"), NOW.getEpochSecond(), null)).isFalse();
    assertThat(devices.failed(key + 1, BROKEN, NOW.getEpochSecond(), null)).isFalse();
    // forgiven by the plan
    long later = NOW.plusSeconds(60).getEpochSecond();
    assertThat(devices.failed(key, BROKEN, later, NOW.plusSeconds(1))).isFalse();
    assertThat(devices.failed(key, BROKEN, later, NOW.minusSeconds(1))).isTrue();
    // and by telemetry
    devices.failedBefore(failures());
    assertThat(failed(NOW)).isFalse();
  }

  @Test
  void offersAgainAfterOneSixAndTwentyFourHoursWhatDidNotArriveWhole() {
    int[] hours = {1, 6, 24, 24};
    for (int times = 1; times <= 4; times++) {
      devices.failedBefore(failures(new Failure(Version.of("1.1.0"), Kind.FETCH, times, NOW)));
      var over = NOW.plus(Duration.ofHours(hours[times - 1]));
      assertThat(failed(over.minusSeconds(1))).as("%d times", times).isTrue();
      assertThat(failed(over)).as("%d times", times).isFalse();
    }
  }

  @Test
  void remembersByItselfWhatDevicesReport() {
    // Given
    var recent = devices.recentFailures();
    long at = NOW.getEpochSecond();

    // When three reports of one try come, and one of the next
    recent.notFetched(key, BROKEN, at);
    recent.notFetched(key, BROKEN, at + 1);
    recent.notFetched(key, BROKEN, at + 2);
    // Then
    assertThat(failed(NOW.plusSeconds(3_599))).isTrue();
    assertThat(failed(NOW.plusSeconds(3_600))).isFalse();

    // When
    recent.notFetched(key, BROKEN, at + 3_700);
    // Then
    assertThat(failed(NOW.plusSeconds(3_700 + 6 * 3_600 - 1))).isTrue();
    assertThat(failed(NOW.plusSeconds(3_700 + 6 * 3_600))).isFalse();

    // When
    recent.notStarted(key, BROKEN, at + 40_000);
    // Then
    assertThat(failed(NOW.plus(Duration.ofDays(20)))).isTrue();
    assertThat(devices.failed(key, DeviceKeys.name("1.1.1"), at + 40_000, null)).isFalse();
  }

  @Test
  void remembersOnlySoMuch() {
    var recent = new RecentFailures(1 << 10);
    for (int i = 0; i < 100_000; i++) recent.notStarted(i * 0x9e37_79b9_7f4a_7c15L, BROKEN, i + 1);
    long last = 0;
    for (int i = 0; i < 100_000; i++) last = i * 0x9e37_79b9_7f4a_7c15L;
    int known = 0;
    for (int i = 0; i < 100_000; i++) {
      if (recent.find(i * 0x9e37_79b9_7f4a_7c15L, BROKEN) != CompactTable.NOTHING) known++;
    }
    assertThat(known).isBetween(1_000, 1_030);
    assertThat(recent.find(last, BROKEN)).isNotZero();
  }

  @Test
  void isReadAsItWasWritten() throws Exception {
    // Given
    devices.override(new DeviceOverride(APP, device, BETA, 2, NOW));
    devices.chosen(new DeviceChannel(APP, device, ALPHA, 2, NOW));
    devices.failedBefore(failures(new Failure(Version.of("1.1.0"), Kind.START, 1, NOW)));
    var out = new ByteArrayOutputStream();
    devices.write(new DataOutputStream(out));

    // When
    var read = Devices.read(new DataInputStream(new ByteArrayInputStream(out.toByteArray())));

    // Then
    long same = read.keys().device(DeviceKeys.app(APP.text()), device);
    assertThat(read.overrideOf(same)).isEqualTo(DeviceKeys.name("beta"));
    assertThat(read.choiceOf(same)).isEqualTo(DeviceKeys.name("alpha"));
    assertThat(read.failed(same, BROKEN, NOW.getEpochSecond(), null)).isTrue();
  }

  private boolean failed(Instant now) {
    return devices.failed(key, BROKEN, now.getEpochSecond(), null);
  }

  private DeviceFailures failures(Failure... failures) {
    return new DeviceFailures(APP, device, 1, List.of(failures));
  }
}
