package dev.slipway.delivery.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.decisions.Cohort;
import dev.slipway.delivery.Samples;
import dev.slipway.delivery.image.DeliveryImage;
import dev.slipway.delivery.image.ImageDelta;
import dev.slipway.delivery.image.OfferWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Somebody makes up device ids until one is in the first cohort of a rollout, to get the candidate
/// before others do or to report on it.
class GrindingTest {

  private static final String APP = "com.demo.app";
  private static final Exposure FIRST = Exposure.of("5 %");
  private static final int BURST = 100;

  /// Ten calls a second from one network, a hundred at once.
  private static final class Limited extends RoutesOnImage.NoLimits {
    @Override
    public double networkPerSecond() {
      return BURST / 10.0;
    }
  }

  @Test
  void onlineEachTryIsACallAndOneNetworkHasOnlySoMany() throws Exception {
    try (var routes = new RoutesOnImage(10_000, new Limited(), Clock.systemUTC())) {
      // Given
      routes.image = Optional.of(image());
      var random = new Random(10);
      long start = System.nanoTime();

      // When
      int answered = 0;
      int found = 0;
      for (int i = 0; i < 20 * BURST; i++) {
        var answer = routes.send("POST", "/updates", body(Samples.device(random)));
        if (answer.statusCode() == 200) {
          answered++;
          if (answer.body().contains("\"1.1.0\"")) found++;
          assertThat(answer.body()).doesNotContain(Samples.SALT);
        } else {
          assertThat(answer.statusCode()).isEqualTo(429);
          assertThat(answer.headers().firstValue("Retry-After")).isPresent();
        }
      }

      // Then what was tried is what the network may ask, and one in twenty of that was in
      double seconds = (System.nanoTime() - start) / 1e9;
      assertThat((double) answered).isBetween((double) BURST, BURST * (1 + seconds / 10) + 1);
      assertThat(found).isBetween(0, answered / 5);
      assertThat(routes.meters.counter("slipway.limited", "by", "network").count())
          .isEqualTo(20 * BURST - answered);
    }
  }

  /// The hash is public and the salt is not: each rollout draws 128 bits of its own.
  @Test
  void offlineWhoDoesNotKnowTheSaltFindsNobody() {
    // Given ids that are in the first cohort by a salt that somebody guessed, or by the salt of the
    // rollout before
    var secure = new SecureRandom();
    var random = new Random(11);
    var guessed = Cohort.of(Cohort.newSalt(secure));
    var ground = new ArrayList<DeviceId>();
    while (ground.size() < 4_000) {
      var device = Samples.device(random);
      if (guessed.exposes(device, FIRST)) ground.add(device);
    }

    // When
    var real = Cohort.of(Samples.SALT);
    long in = ground.stream().filter(device -> real.exposes(device, FIRST)).count();

    // Then one in twenty of them is in, like of any others: 200, with a deviation of 14
    assertThat(in).isBetween(115L, 285L);
  }

  private static DeliveryImage image() {
    var delta =
        new ImageDelta(DeliveryImage.EMPTY, new OfferWriter(URI.create("https://ota.example.com")));
    delta.replay(Samples.app(APP));
    delta.replay(Samples.bundle(APP, "1.0.1"));
    delta.replay(Samples.bundle(APP, "1.1.0"));
    delta.replay(
        Samples.channel(
            APP,
            "production",
            1,
            "1.0.1",
            Samples.rollout("1.1.0", FIRST, false),
            Set.of(),
            Set.of(),
            ChannelRules.DEFAULT));
    return delta.apply();
  }

  private static byte[] body(DeviceId device) {
    return ("{\"platform\":\"android\",\"device_id\":\"%s\",\"app_id\":\"%s\","
            + "\"version_build\":\"1.0.0\",\"version_name\":\"1.0.1\",\"plugin_version\":\"8.51.23\","
            + "\"key_id\":\"%s\"}")
        .formatted(device, APP, Samples.KEY_ID)
        .getBytes(StandardCharsets.UTF_8);
  }
}
