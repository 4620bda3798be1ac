package dev.slipway.delivery.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.slipway.contracts.Json;
import dev.slipway.delivery.Samples;
import dev.slipway.delivery.image.DeliveryImage;
import dev.slipway.delivery.image.ImageDelta;
import dev.slipway.delivery.image.OfferWriter;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class ProtectionTest {

  private static final long SECOND = 1_000_000_000L;

  @Test
  void aPaceLetsThroughABurstAndThenSoManyASecond() {
    var pace = new Pace(2, 5, 16);
    for (int i = 0; i < 5; i++) assertThat(pace.take(1, 0)).isZero();
    assertThat(pace.take(1, 0)).isEqualTo(SECOND / 2);
    assertThat(pace.take(2, 0)).isZero();
    int passed = 0;
    for (long now = 0; now < 100 * SECOND; now += SECOND / 100) {
      if (pace.take(1, now) == 0) passed++;
    }
    assertThat(passed).isBetween(199, 201);
    // A long rest fills the bucket, and not more.
    passed = 0;
    while (pace.take(1, 1000 * SECOND) == 0) passed++;
    assertThat(passed).isEqualTo(5);
  }

  @Test
  void aPaceWithoutALimitLetsAllThrough() {
    var pace = new Pace(0, 1, 2);
    for (int i = 0; i < 1_000; i++) assertThat(pace.take(7, 0)).isZero();
  }

  @Test
  void turnsAwayMoreTheLaterItIs() {
    assertThat(LoopLag.share(100, 100)).isZero();
    assertThat(LoopLag.share(250, 100)).isBetween(0.4, 0.5);
    assertThat(LoopLag.share(400, 100)).isBetween(0.899, 0.901);
    assertThat(LoopLag.share(60_000, 100)).isBetween(0.899, 0.901);
  }

  /// Strict limits, so that a test reaches them.
  private static final class Strict extends RoutesOnImage.NoLimits {
    @Override
    public double devicePerSecond() {
      return 0.3;
    }

    @Override
    public double missesPerSecond() {
      return 0.2;
    }

    @Override
    public Duration lag() {
      return Duration.ZERO;
    }
  }

  @Test
  void tellsADeviceThatAsksTooOftenWhenToComeBackAndLeavesOthersAlone() throws Exception {
    try (var routes = new RoutesOnImage(100, new Strict(), Clock.systemUTC())) {
      routes.image = Optional.of(image());
      // Given
      for (int i = 0; i < 3; i++) {
        assertThat(routes.send("POST", "/updates", body(1, "com.demo.app")).statusCode())
            .isEqualTo(200);
      }

      // When
      var waits = new HashSet<Integer>();
      for (int i = 0; i < 30; i++) {
        var refused = routes.send("POST", "/updates", body(1, "com.demo.app"));

        // Then
        assertThat(refused.statusCode()).isEqualTo(429);
        var json = Json.LENIENT.readTree(refused.body());
        assertThat(json.path("error").asText()).isEqualTo("too_many_requests");
        int wait = (int) refused.headers().firstValueAsLong("Retry-After").orElseThrow();
        assertThat(wait).isBetween(1, 10);
        assertThat(json.path("moreInfo").path("retryAfterSeconds").asInt()).isEqualTo(wait);
        assertThat(refused.headers().firstValue("X-RateLimit-Reset")).isPresent();
        waits.add(wait);
      }
      assertThat(waits).hasSizeGreaterThan(1);
      assertThat(routes.send("POST", "/updates", body(2, "com.demo.app")).statusCode())
          .isEqualTo(200);

      // A report is never turned away, which would silence older plugins
      var report = routes.send("POST", "/stats", body(1, "com.demo.app"));
      assertThat(report.statusCode()).isEqualTo(200);
      assertThat(routes.ring.size()).isZero();
      assertThat(routes.reports("dropped")).isEqualTo(1);
    }
  }

  @Test
  void makesTryingNamesOfAppsSlowWork() throws Exception {
    try (var routes = new RoutesOnImage(100, new Strict(), Clock.systemUTC())) {
      routes.image = Optional.of(image());
      int known = 0;
      for (int i = 0; i < 20; i++) {
        var answer = routes.send("POST", "/updates", body(100 + i, "com.guess.n" + i));
        if (answer.statusCode() == 200) known++;
        else assertThat(answer.headers().firstValue("Retry-After")).isPresent();
      }
      assertThat(known).isLessThan(5);
      // whoever asks for an app that is there is answered
      assertThat(routes.send("POST", "/updates", body(999, "com.demo.app")).statusCode())
          .isEqualTo(200);
    }
  }

  /// Each look at it takes long, as if the processor belonged to somebody else.
  private static final class Dragging extends Clock {
    @Override
    public Instant instant() {
      LockSupport.parkNanos(SECOND / 50);
      return Clock.systemUTC().instant();
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  private static final class Impatient extends RoutesOnImage.NoLimits {
    @Override
    public Duration lag() {
      return Duration.ofMillis(5);
    }
  }

  @Test
  void sendsSomeAwayForHalfAMinuteWhenItFallsBehind() throws Exception {
    try (var routes = new RoutesOnImage(100, new Impatient(), new Dragging())) {
      routes.image = Optional.of(image());
      var waits = new HashSet<Long>();
      int answered = 0;
      // How many of a wave come late is up to the machine: more waves, until the waits are seen to
      // differ.
      for (int wave = 0; wave < 100 && (answered == 0 || waits.size() < 4); wave++) {
        var answers = new ArrayList<CompletableFuture<HttpResponse<String>>>();
        for (int i = 0; i < 40; i++) {
          answers.add(
              routes.http.sendAsync(
                  HttpRequest.newBuilder(routes.base.resolve("/updates"))
                      .POST(BodyPublishers.ofByteArray(body(i, "com.demo.app")))
                      .build(),
                  BodyHandlers.ofString()));
        }
        for (var future : answers) {
          var answer = future.get();
          if (answer.statusCode() == 200) {
            answered++;
          } else {
            assertThat(answer.statusCode()).isEqualTo(429);
            waits.add(answer.headers().firstValueAsLong("Retry-After").orElseThrow());
          }
        }
      }
      assertThat(answered).isPositive();
      assertThat(waits).hasSizeGreaterThanOrEqualTo(4).allMatch(wait -> wait >= 30 && wait <= 46);
      assertThat(routes.meters.counter("slipway.limited", "by", "overload").count()).isPositive();
      // A report is taken all the same.
      assertThat(routes.send("POST", "/stats", body(1, "com.demo.app")).statusCode())
          .isEqualTo(200);
    }
  }

  /// In turns, so that what the machine does meanwhile meets both. The bound is wide: what a look
  /// into a data base or a wait would add is many times as much.
  @Test
  void anUnknownAppIsAnsweredLikeAKnownOneAndAsFast() throws Exception {
    try (var routes = new RoutesOnImage(100)) {
      routes.image = Optional.of(image());
      int rounds = 600;
      long[] known = new long[rounds];
      long[] unknown = new long[rounds];
      HttpResponse<String> ofKnown = null;
      HttpResponse<String> ofUnknown = null;
      for (int i = 0; i < rounds; i++) {
        long start = System.nanoTime();
        ofKnown = routes.send("POST", "/updates", upToDate("com.demo.app"));
        long middle = System.nanoTime();
        ofUnknown = routes.send("POST", "/updates", upToDate("com.demo.no1"));
        known[i] = middle - start;
        unknown[i] = System.nanoTime() - middle;
      }
      assertThat(ofUnknown.statusCode()).isEqualTo(ofKnown.statusCode());
      assertThat(ofUnknown.headers().map().keySet()).isEqualTo(ofKnown.headers().map().keySet());
      assertThat(names(ofUnknown)).isEqualTo(names(ofKnown));
      Arrays.sort(known);
      Arrays.sort(unknown);
      assertThat((double) unknown[rounds / 2] / known[rounds / 2]).isBetween(0.5, 2.0);
    }
  }

  private static Set<String> names(HttpResponse<String> answer) throws Exception {
    var names = new HashSet<String>();
    Json.LENIENT.readTree(answer.body()).fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static byte[] upToDate(String app) {
    return new String(body(1, app), StandardCharsets.UTF_8)
        .replace("\"version_name\":\"1.0.0\"", "\"version_name\":\"1.0.1\"")
        .getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void refusesWhatIsCompressed() throws Exception {
    try (var routes = new RoutesOnImage(100)) {
      var request =
          java.net.http.HttpRequest.newBuilder(routes.base.resolve("/stats"))
              .header("Content-Encoding", "gzip")
              .POST(java.net.http.HttpRequest.BodyPublishers.ofByteArray(new byte[100]))
              .build();
      var answer = routes.http.send(request, java.net.http.HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).isEqualTo(415);
    }
  }

  private static DeliveryImage image() {
    var delta =
        new ImageDelta(DeliveryImage.EMPTY, new OfferWriter(URI.create("https://ota.example.com")));
    delta.replay(Samples.app("com.demo.app"));
    delta.replay(Samples.bundle("com.demo.app", "1.0.1"));
    delta.replay(Samples.channel("com.demo.app", "production", 1, "1.0.1"));
    return delta.apply();
  }

  private static byte[] body(int device, String app) {
    return ("{\"platform\":\"android\",\"device_id\":\"00009a6b-eefe-490a-9c60-8e965132%04x\","
            + "\"app_id\":\"%s\",\"version_build\":\"1.0.0\",\"version_name\":\"1.0.0\","
            + "\"plugin_version\":\"8.51.23\",\"key_id\":\"MIIBCgKCAQEAbbbbbbbb\",\"action\":\"set\"}")
        .formatted(device, app)
        .getBytes(StandardCharsets.UTF_8);
  }
}
