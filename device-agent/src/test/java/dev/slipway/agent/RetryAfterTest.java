package dev.slipway.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.Secret;
import dev.slipway.bundle.WrappingKey;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.device.Platform;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an agent makes of a server that asks to be left alone. */
final class RetryAfterTest {

  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

  @TempDir private Path folder;

  private final AtomicInteger asked = new AtomicInteger();
  private HttpServer server;
  private int status = 429;
  private @Nullable String retryAfter = "120";
  private Instant now = NOW;

  @BeforeEach
  void serve() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          asked.incrementAndGet();
          if (retryAfter != null) exchange.getResponseHeaders().set("Retry-After", retryAfter);
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void isLeftAloneUntilTheTimeHasCome() throws Exception {
    var follower = follower();

    assertThat(follower.follow()).isEqualTo(new ReleaseFollower.Busy(Duration.ofSeconds(120)));
    now = NOW.plusSeconds(119);
    assertThat(follower.follow()).isEqualTo(new ReleaseFollower.Busy(Duration.ofSeconds(1)));
    assertThat(asked).hasValue(1);

    now = NOW.plusSeconds(120);
    status = 503;
    retryAfter = "Sun, 01 Mar 2026 12:02:30 GMT";
    assertThat(follower.follow()).isEqualTo(new ReleaseFollower.Busy(Duration.ofSeconds(30)));
    assertThat(asked).hasValue(2);
  }

  @Test
  void withoutATimeItIsAFailureLikeAnother() throws Exception {
    var follower = follower();
    retryAfter = null;
    assertThatThrownBy(follower::follow)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("429");
    retryAfter = "soon";
    assertThatThrownBy(follower::follow).isInstanceOf(IOException.class);
    retryAfter = "60";
    status = 500;
    assertThatThrownBy(follower::follow)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("500");
    assertThat(asked).hasValue(3);
  }

  @Test
  void nobodyIsSilencedForMoreThanADay() {
    assertThat(RetryAfter.read("999999999", NOW)).contains(Duration.ofHours(24));
    assertThat(RetryAfter.read("Fri, 01 Mar 2030 12:00:00 GMT", NOW))
        .contains(Duration.ofHours(24));
    assertThat(RetryAfter.read("0", NOW)).contains(Duration.ofSeconds(1));
    assertThat(RetryAfter.read("Sun, 01 Mar 2026 11:00:00 GMT", NOW))
        .contains(Duration.ofSeconds(1));
    assertThat(RetryAfter.read("99999999999999999999", NOW)).isEmpty();
    assertThat(RetryAfter.read("-5", NOW)).isEmpty();
  }

  private ReleaseFollower follower() throws IOException {
    var address = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    var http = HttpClient.newHttpClient();
    var app = AppId.of("com.example.app");
    var leaf = Digest.sha256(new byte[0]);
    var clock = new Told();
    var key = new WrappingKey("fleet-1", Secret.of(new byte[32]));
    return new ReleaseFollower(
        address,
        app,
        new ReleaseFollower.Device(
            DeviceId.of("01234567-89ab-cdef-0123-456789abcdef"),
            "production",
            Platform.ANDROID,
            "1.0.0",
            "15"),
        leaf,
        new ReleaseInstaller(address, app, leaf, key, folder.resolve("home"), http, clock),
        folder.resolve("trust"),
        http,
        clock);
  }

  private final class Told extends Clock {
    @Override
    public Instant instant() {
      return now;
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
}
