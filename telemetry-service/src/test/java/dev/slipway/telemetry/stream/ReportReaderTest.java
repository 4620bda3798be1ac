package dev.slipway.telemetry.stream;

import static dev.slipway.telemetry.PluginTrace.APP;
import static dev.slipway.telemetry.PluginTrace.CHANNEL;
import static dev.slipway.telemetry.PluginTrace.ROLLOUT;
import static dev.slipway.telemetry.PluginTrace.START;
import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.contracts.device.DeviceEvent.Forgotten;
import dev.slipway.contracts.device.DeviceEvent.Offered;
import dev.slipway.contracts.device.DeviceEvent.Reported;
import dev.slipway.contracts.device.DeviceEvent.Tick;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.device.Stamp;
import dev.slipway.contracts.topic.MalformedRecordException;
import dev.slipway.contracts.topic.Message;
import dev.slipway.contracts.topic.Topics;
import dev.slipway.telemetry.Reports;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReportReaderTest {

  private static final DeviceId DEVICE = DeviceId.of("0fedcba9-8765-4321-8fed-cba987654321");

  private final ReportReader reader = new ReportReader();

  private static Reported whole(Platform platform, Arm arm, Instant at) {
    return new Reported(
        APP,
        CHANNEL,
        DEVICE,
        platform,
        "set",
        "1.4.2:main.js",
        "1.4.1 \"ä\u2028\"",
        "8.51.23",
        at.minusNanos(1),
        "network-1",
        false,
        "no space",
        at.minusSeconds(86_400),
        new Stamp(ROLLOUT, arm, 3, Long.MAX_VALUE, Reports.CANDIDATE),
        at);
  }

  private static byte[] written(DeviceEvent event) {
    byte[] value = Message.of(Topics.DEVICE_EVENTS, event.key(), event, START).value();
    assertThat(value).isNotNull();
    return value;
  }

  @Test
  void whatDeliveryWritesNeedsNoDataBinding() {
    for (Platform platform : Platform.values()) {
      for (Arm arm : Arm.values()) {
        for (String at :
            List.of(
                "2026-11-25T00:00:00Z",
                "2024-02-29T23:59:59.999Z",
                "1969-12-31T23:59:59.000001Z",
                "2026-11-25T14:38:20.123456789Z")) {
          // Given
          var report = whole(platform, arm, Instant.parse(at));

          // When
          var read = reader.report(written(report));

          // Then
          assertThat(read).isEqualTo(report);
        }
      }
    }
  }

  @Test
  void neitherDoReportsThatSayLittle() {
    // Given
    var report =
        new Reported(
            APP, null, DEVICE, Platform.IOS, "x", null, null, null, null, "", true, null, START);

    // When
    var read = reader.report(written(report));

    // Then
    assertThat(read).isEqualTo(report);
  }

  @Test
  void whatIsRememberedOfOneReportIsNotToldOfTheNext() {
    // Given
    var one = whole(Platform.IOS, Arm.EXPOSED, START);
    var other = Reports.of(7, RolloutId.of(new UUID(1, 2).toString())).say("app_launch_ready");

    // When
    reader.read(written(one));
    var read = reader.read(written(other));
    var again = reader.read(written(one));

    // Then
    assertThat(read).isEqualTo(other);
    assertThat(again).isEqualTo(one);
  }

  @Test
  void otherEventsAreRead() {
    var offer =
        new Offered(
            APP,
            CHANNEL,
            DEVICE,
            Platform.IOS,
            Reports.CANDIDATE,
            new Stamp(ROLLOUT, Arm.EXPOSED, 0, 1, null),
            START);
    for (var event : List.of(offer, new Tick(3, START), new Forgotten(APP, DEVICE, START))) {
      assertThat(reader.read(written(event))).isEqualTo(event);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\":\"reported\",",
        "{\"type\":\"reported\",\"later\":{\"a\":[1]},",
        "{\"type\":\"reported\",\"channel\":null,",
        "{\"type\":\"reported\",\"action\":\"twice\",",
        "{\"type\":\"reported\",\"network\":7,",
        "{\"type\":\"reported\",\"counts\":1,",
        "{\"type\":\"reported\",\"device_time\":\"2026-02-30T00:00:00Z\",",
        "{\"type\":\"reported\",\"device_time\":\"2026-11-25T14:38:20+01:00\",",
        "{\"type\":\"reported\",\"device_time\":\"2026-11-25T23:59:60Z\",",
        "{\"type\":\"reported\",\"device_time\":\"2026-11-25T24:00:00Z\",",
        "{\"type\":\"reported\",\"device_time\":\"2026-11-25T14:38:20.Z\",",
        "{\"type\":\"reported\",\"device_time\":\"2026-11-25T14:38:20.1234567891Z\",",
        "{\"type\":\"reported\",\"device_time\":1764081500,",
        "{\"type\":\"reported\",\"stamp\":null,",
        "{\"type\":\"reported\",\"stamp\":{},",
        "{\"type\":\"reported\",\"stamp\":{\"rollout_id\":\"r\",\"arm\":\"exposed\"},",
        "{\"later\":1,\"type\":\"reported\",",
        "{\"type\":\"Reported\",",
        "{",
      })
  void whatLooksOtherwiseIsReadAsDataBindingDoes(String beginning) {
    // Given: the rest of a report without those members
    String rest =
        text(
            written(
                new Reported(
                    APP,
                    null,
                    DEVICE,
                    Platform.IOS,
                    "set",
                    "1.4.2",
                    null,
                    null,
                    null,
                    "n",
                    true,
                    null,
                    START)));
    byte[] odd = bytes(beginning + rest.substring("{\"type\":\"reported\",".length()));

    // When
    var outcome = outcome(reader::read, odd);

    // Then
    assertThat(outcome).isEqualTo(outcome(ReportReaderTest::bind, odd));
  }

  @Test
  void noDamageIsReadInAnotherWay() {
    // Given
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    var random = new Random(seed);
    byte[] sound = written(whole(Platform.ELECTRON, Arm.CONTROL, START.plusNanos(123_000)));
    String strange = "0129.:-+{}[]\",\\TZnulltrue eE\u00e4";

    for (int i = 0; i < 4_000; i++) {
      // When
      var damaged = new StringBuilder(text(sound));
      for (int times = 1 + random.nextInt(2); times > 0; times--) {
        int place = random.nextInt(damaged.length());
        String other = "" + strange.charAt(random.nextInt(strange.length()));
        switch (random.nextInt(4)) {
          case 0 -> damaged.deleteCharAt(place);
          case 1 -> damaged.insert(place, other);
          case 2 -> damaged.replace(place, place + 1, other);
          default -> damaged.setLength(place + 1);
        }
      }
      byte[] value = bytes(damaged.toString());

      // Then
      assertThat(outcome(reader::read, value))
          .as(damaged.toString())
          .isEqualTo(outcome(ReportReaderTest::bind, value));
    }
  }

  @Test
  void nothingAndTooMuchAreRefused() {
    assertThat(outcome(reader::read, null)).isEqualTo("no value");
    byte[] large = new byte[Message.MAX_VALUE_BYTES + 1];
    Arrays.fill(large, (byte) ' ');
    assertThat(outcome(reader::read, large)).isEqualTo(outcome(ReportReaderTest::bind, large));
  }

  private static DeviceEvent bind(byte[] value) {
    return Message.read(Topics.DEVICE_EVENTS, value);
  }

  /// What was read, or why it was not.
  private static Object outcome(Function<byte[], DeviceEvent> read, byte[] value) {
    try {
      return read.apply(value);
    } catch (MalformedRecordException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static String text(byte[] value) {
    return new String(value, StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
