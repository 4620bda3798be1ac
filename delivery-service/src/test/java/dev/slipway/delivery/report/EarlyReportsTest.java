package dev.slipway.delivery.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.device.DeviceEvent;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.delivery.Samples;
import dev.slipway.delivery.image.DeliveryImage;
import dev.slipway.delivery.image.ImageDelta;
import dev.slipway.delivery.image.OfferWriter;
import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EarlyReportsTest {

  private static final String APP = "com.demo.app";
  private static final long SECOND = 1_000_000_000L;

  private final Random random = new Random(5);
  private final DeliveryImage before = image(1, null);
  private final DeliveryImage after = image(2, "1.1.0");
  private final EarlyReports early = new EarlyReports();

  @Test
  void waitsUntilThePlanNamesTheVersion() {
    // Given
    var report = arrival("1.1.0");
    var ofFile = arrival("1.1.0:index.html");
    assertThat(keep(report, before, 0)).isTrue();
    assertThat(keep(ofFile, before, 1)).isTrue();
    assertThat(early.due(before, SECOND)).isEmpty();

    // When
    var due = early.due(after, SECOND + 1);

    // Then
    assertThat(due).containsExactly(report, ofFile);
    assertThat(early.isEmpty()).isTrue();
    assertThat(keep(arrival("1.1.0"), after, SECOND + 2)).isFalse();
  }

  @Test
  void waitsForTwoSecondsAtMostAndInVainOnlyOnceInAWhile() {
    // Given
    var report = arrival("0.9.0");
    var later = arrival("0.9.0");
    assertThat(keep(report, before, 0)).isTrue();
    assertThat(keep(later, before, SECOND)).isTrue();

    // When
    var due = early.due(before, 2 * SECOND);

    // Then
    assertThat(due).containsExactly(report, later);
    assertThat(keep(arrival("0.9.0"), before, 3 * SECOND)).isFalse();
    assertThat(keep(arrival("0.9.1"), before, 3 * SECOND)).isTrue();
    assertThat(keep(arrival("0.9.0"), before, 33 * SECOND)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "1.0.1, the baseline",
    "1.0.2, what devices are kept on",
    "1.0.3, what devices are taken from",
    "builtin, the store's build",
    "'1.0 ', no version at all"
  })
  void keepsNothingThatThePlanNamesOrThatNamesNoVersion(String version, String what) {
    assertThat(keep(arrival(version), before, 0)).as(what).isFalse();
  }

  @Test
  void keepsSoManyAndNoMore() {
    for (int i = 0; i < EarlyReports.MOST; i++) {
      assertThat(keep(arrival("2.0." + i), before, i)).isTrue();
    }
    assertThat(keep(arrival("3.0.0"), before, 0)).isFalse();
    assertThat(early.all()).hasSize(EarlyReports.MOST);
    assertThat(early.isEmpty()).isTrue();
  }

  private boolean keep(Arrival.Stamped arrival, DeliveryImage image, long now) {
    return early.keep(arrival, arrival.event(), image, now);
  }

  private Arrival.Stamped arrival(String version) {
    var event =
        new DeviceEvent.Reported(
            AppId.of(APP),
            ChannelName.of("production"),
            Samples.device(random),
            Platform.ANDROID,
            "set",
            version,
            null,
            "8.51.23",
            null,
            "",
            true,
            null,
            Instant.EPOCH);
    return new Arrival.Stamped(event, Samples.app(APP), new byte[2], _ -> Optional.of(event));
  }

  private static DeliveryImage image(long epoch, @Nullable String candidate) {
    var delta =
        new ImageDelta(DeliveryImage.EMPTY, new OfferWriter(URI.create("https://ota.example.com")));
    delta.replay(Samples.app(APP));
    for (var version : List.of("1.0.1", "1.1.0")) delta.replay(Samples.bundle(APP, version));
    delta.replay(
        Samples.channel(
            APP,
            "production",
            epoch,
            "1.0.1",
            candidate == null ? null : Samples.rollout(candidate, Exposure.of("30 %"), false),
            Set.of("1.0.2"),
            Set.of("1.0.3"),
            ChannelRules.DEFAULT));
    return delta.apply();
  }
}
