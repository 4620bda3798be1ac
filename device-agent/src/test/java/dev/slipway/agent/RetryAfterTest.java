package dev.slipway.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Blob;
import dev.slipway.bundle.BundleParts;
import dev.slipway.bundle.Compat;
import dev.slipway.bundle.Delegation;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.KeyRing;
import dev.slipway.bundle.ReleaseKey;
import dev.slipway.bundle.ReleaseStatement;
import dev.slipway.bundle.SealRequest;
import dev.slipway.bundle.Sealer;
import dev.slipway.bundle.Secret;
import dev.slipway.bundle.WrappingKey;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Json;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.agent.AgentAnswer;
import dev.slipway.contracts.device.Platform;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
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
  private final Map<String, byte[]> served = new ConcurrentHashMap<>();
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
          byte[] body = served.get(exchange.getRequestURI().getPath());
          if (body != null) {
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
            return;
          }
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

  /** What came before delivery got busy is not fetched again. */
  @Test
  void aDownloadGoesOnWhenTheTimeHasCome() throws Exception {
    // Given
    var app = AppId.of("com.example.app");
    var keys =
        KeyRing.generate(app, new SecureRandom(), NOW.minusSeconds(60), Duration.ofDays(900));
    Path files = Files.createDirectory(folder.resolve("files"));
    for (String name : List.of("a.html", "b.js")) Files.writeString(files.resolve(name), name);
    var parts = new BundleParts(folder.resolve("parts"));
    var release =
        new Sealer(keys, new Told())
            .seal(
                new SealRequest(
                    files, "1.0.0", 0, new Compat(List.of("android"), null), NOW, Map.of(), false),
                parts.folder(),
                (bytes, all) -> {});
    var leaf = keys.certificate().fingerprint();
    var installer =
        installer(app, leaf, keys.fleetKeys().get(0), URI.create(address()), new Told());

    // When
    status = 503;
    assertBusy(installer, release.digest(), 120);
    assertThat(asked).hasValue(1);
    served.put("/v1/apps/" + app + "/bundles/" + release.digest(), parts.manifest());
    now = NOW.plusSeconds(119);
    assertBusy(installer, release.digest(), 1);
    assertThat(asked).as("not asked early").hasValue(1);

    // Then: manifest and one blob come, the next is refused
    var blobs = release.manifest().allBlobs().map(Blob::id).toList();
    assertThat(blobs).hasSizeGreaterThan(1);
    serve(app, blobs.get(0), parts);
    status = 429;
    retryAfter = "999999";
    now = NOW.plusSeconds(120);
    assertBusy(installer, release.digest(), Duration.ofDays(1).toSeconds());
    assertThat(asked).hasValue(4);
    assertThat(installer.current()).isEmpty();

    // Then: the rest
    for (Digest blob : blobs) serve(app, blob, parts);
    now = now.plus(Duration.ofDays(1));
    Path installed = installer.install(release.digest());
    assertThat(asked).as("the first blob is there").hasValue(4 + 1 + blobs.size() - 1);
    assertThat(installed.resolve("b.js")).hasContent("b.js");
    assertThat(installer.current()).contains(installed);
  }

  private void serve(AppId app, Digest blob, BundleParts parts) throws IOException {
    served.put("/v1/apps/" + app + "/blobs/" + blob, Files.readAllBytes(parts.blob(blob)));
  }

  private static void assertBusy(ReleaseInstaller installer, Digest release, long seconds) {
    assertThatThrownBy(() -> installer.install(release))
        .isInstanceOfSatisfying(
            BusyException.class,
            busy -> assertThat(busy.askAgain()).isEqualTo(Duration.ofSeconds(seconds)));
  }

  /** A follower takes a busy download for what a busy answer is. */
  @Test
  void aFollowerLeavesDeliveryAloneAfterADownload() throws Exception {
    // Given: an offer that is to be believed
    var app = AppId.of("com.example.app");
    var keys =
        KeyRing.generate(app, new SecureRandom(), NOW.minusSeconds(60), Duration.ofDays(900));
    var key = ReleaseKey.generate(new SecureRandom());
    var manifest = Digest.sha256(new byte[] {1});
    String statement =
        new ReleaseStatement(
                app,
                "production",
                7,
                NOW,
                NOW.plus(Duration.ofHours(24)),
                0,
                List.of(
                    new ReleaseStatement.Release(
                        manifest, "1.1.0", ReleaseStatement.Role.BASELINE, NOW)),
                List.of(),
                List.of())
            .sign(key);
    String delegation =
        new Delegation(app, List.of("*"), List.of(key.publicKey()), NOW, NOW.plusSeconds(86_400))
            .sign(keys.signer());
    URI download = URI.create(address() + "/v1/apps/" + app + "/bundles/" + manifest);
    served.put(
        "/v1/apps/" + app + "/check",
        Json.LENIENT.writeValueAsBytes(
            new AgentAnswer(
                statement,
                List.of(delegation),
                new AgentAnswer.Offer(
                    Version.of("1.1.0"), download, URI.create(address()), 1, "token", false),
                false,
                Duration.ofMinutes(15))));
    var follower = follower(keys.certificate().fingerprint(), keys.fleetKeys().get(0));

    // When
    var step = follower.follow();
    now = NOW.plusSeconds(119);
    var early = follower.follow();

    // Then
    assertThat(step).isEqualTo(new ReleaseFollower.Busy(Duration.ofSeconds(120)));
    assertThat(early).isEqualTo(new ReleaseFollower.Busy(Duration.ofSeconds(1)));
    assertThat(asked).hasValue(2);
    now = NOW.plusSeconds(120);
    follower.follow();
    assertThat(asked).hasValue(4);
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
    return follower(
        Digest.sha256(new byte[0]), new WrappingKey("fleet-1", Secret.of(new byte[32])));
  }

  private ReleaseFollower follower(Digest leaf, WrappingKey key) throws IOException {
    var address = URI.create(address());
    var app = AppId.of("com.example.app");
    var clock = new Told();
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
        installer(app, leaf, key, address, clock),
        folder.resolve("trust"),
        HttpClient.newHttpClient(),
        clock);
  }

  private ReleaseInstaller installer(
      AppId app, Digest leaf, WrappingKey key, URI address, Clock clock) {
    return new ReleaseInstaller(
        address, app, leaf, key, folder.resolve("home"), HttpClient.newHttpClient(), clock);
  }

  private String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
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
