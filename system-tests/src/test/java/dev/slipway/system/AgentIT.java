package dev.slipway.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.slipway.agent.ReleaseFollower;
import dev.slipway.agent.ReleaseInstaller;
import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.BundleException.Reason;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.KeyRing;
import dev.slipway.bundle.Secret;
import dev.slipway.bundle.WrappingKey;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Stage;
import dev.slipway.contracts.rollout.Stage.Gate;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// The sealed bundle, from the publisher's folder through the services to a device's: the same
/// files,
/// and nothing that the publisher did not sign.
@ExtendWith(RunningSuite.Extension.class)
class AgentIT {

  private static final Path SAMPLES =
      Path.of(System.getProperty("slipway.root"), "samples/web-app");

  @TempDir Path folder;
  @TempDir Path device;

  @Test
  void aDeviceOpensWhatThePublisherSealedAndNothingElse(RunningSuite suite) throws Exception {
    // Given
    var app = ShippedApp.create(suite, folder, "agent");
    var keys = KeyRing.read(folder.resolve("slipway-keys"));
    var fleetKey = keys.fleetKeys().getFirst();
    var trusted = keys.certificate().fingerprint();
    var installer = installer(suite, app, trusted, fleetKey);

    // When
    Path good = installer.install(manifest(suite, app, ShippedApp.GOOD));

    // Then
    assertThat(files(good)).isEqualTo(files(SAMPLES.resolve("good")));
    assertThat(installer.current()).contains(good);

    // When it comes with a foreign signature, or cannot be opened
    var better = manifest(suite, app, ShippedApp.BETTER);
    var stranger = installer(suite, app, Digest.sha256(new byte[0]), fleetKey);
    var locksmith =
        installer(
            suite,
            app,
            trusted,
            new WrappingKey(fleetKey.kid(), Secret.random(new SecureRandom())));

    // Then the device keeps what it has
    assertThatThrownBy(() -> stranger.install(better)).isInstanceOf(BundleException.class);
    assertThatThrownBy(() -> locksmith.install(better)).isInstanceOf(BundleException.class);
    assertThat(installer.current()).contains(good);

    // When
    Path installed = installer.install(better);

    // Then
    assertThat(files(installed)).isEqualTo(files(SAMPLES.resolve("better")));
    assertThat(installer.current()).contains(installed);
  }

  /// From the publisher's delegation to a device that slept through a hand-over of certificates.
  @Test
  void aDeviceFollowsItsChannelByThePublishersWord(RunningSuite suite) throws Exception {
    // Given: nobody delegated, and the device believes nothing
    var app = ShippedApp.create(suite, folder, "follow");
    var keys = KeyRing.read(folder.resolve("slipway-keys"));
    var follower = follower(suite, app, keys);
    app.awaitServed();
    assertThatThrownBy(follower::follow)
        .isInstanceOfSatisfying(
            BundleException.class,
            it -> assertThat(it.reason()).isEqualTo(BundleException.Reason.MEMBER_MISSING));

    // When
    var said =
        suite.slipway(folder, "delegation", "create", "--app", app.id.text(), "--json").json();
    assertThat(said.path("state").asText()).isEqualTo("in_force");
    app.awaitServed();

    // Then
    assertThat(next(follower, Version.of(ShippedApp.GOOD)).steppingStone()).isFalse();
    follower.confirm();
    assertThat(follower.follow()).isInstanceOf(ReleaseFollower.Stay.class);

    // When two releases come while the device sleeps: one hands over, one is the successor's alone
    suite.slipway(folder, "cert", "create", "--out", "next", "--name", "Next", "--json").json();
    suite.slipway(folder, "keys", "rotate", "--signing", "next", "--json").json();
    seal(suite, "2.0.0");
    suite
        .slipway(
            folder,
            "bundle",
            "migrate",
            app.id + "-2.0.0.slipway",
            "--out",
            "handover.slipway",
            "--json")
        .json();
    suite.slipway(folder, "bundle", "publish", "handover.slipway", "--json").json();
    suite.slipway(folder, "delegation", "create", "--app", app.id.text(), "--json").json();
    complete(app, "2.0.0");
    seal(suite, "2.1.0");
    suite.slipway(folder, "bundle", "publish", app.id + "-2.1.0.slipway", "--json").json();
    complete(app, "2.1.0");
    app.awaitServed();

    // Then it passes through the one, also over a restart, and reaches the other
    assertThat(next(follower, Version.of("2.0.0")).steppingStone()).isTrue();
    follower.confirm();
    var restarted = follower(suite, app, keys);
    assertThat(restarted.trustedLeaf()).isNotEqualTo(keys.certificate().fingerprint());
    assertThat(next(restarted, Version.of("2.1.0")).steppingStone()).isFalse();
    restarted.confirm();
    assertThat(restarted.follow()).isInstanceOf(ReleaseFollower.Stay.class);
  }

  private ReleaseFollower follower(RunningSuite suite, ShippedApp app, KeyRing keys)
      throws IOException {
    var leaf = keys.certificate().fingerprint();
    return new ReleaseFollower(
        suite.delivery(),
        app.id,
        new ReleaseFollower.Device(
            DeviceId.of("1a2b3c4d-0000-4000-8000-000000000001"),
            "production",
            Platform.ANDROID,
            "1.0.0",
            "14"),
        leaf,
        installer(suite, app, leaf, keys.fleetKeys().getFirst()),
        device.resolve("trust.json"),
        HttpClient.newHttpClient(),
        Clock.systemUTC());
  }

  /// Statements of states that are on their way come within moments.
  private static ReleaseFollower.Installed next(ReleaseFollower follower, Version version) {
    return await()
        .atMost(Duration.ofSeconds(60))
        .ignoreExceptionsMatching(
            it -> it instanceof BundleException refused && refused.reason() != Reason.NOT_NEWER)
        .until(
            () ->
                follower.follow() instanceof ReleaseFollower.Installed installed
                        && installed.version().equals(version)
                    ? installed
                    : null,
            Objects::nonNull);
  }

  private void seal(RunningSuite suite, String version) throws Exception {
    suite
        .slipway(
            folder,
            "bundle",
            "seal",
            SAMPLES.resolve("better").toString(),
            "--app-version",
            version,
            "--json")
        .json();
  }

  private static void complete(ShippedApp app, String version) {
    app.start(
        version, List.of(new Stage(Exposure.ALL, Duration.ZERO, Gate.TIME)), ShippedApp.TRUSTED);
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> app.channel().baseline().equals(Version.of(version)));
  }

  private ReleaseInstaller installer(
      RunningSuite suite, ShippedApp app, Digest trusted, WrappingKey key) {
    return new ReleaseInstaller(
        suite.delivery(),
        app.id,
        trusted,
        key,
        device,
        HttpClient.newHttpClient(),
        Clock.systemUTC());
  }

  private static Digest manifest(RunningSuite suite, ShippedApp app, String version) {
    return suite.ingest().get(app.path() + "/bundles/" + version, BundleState.class).manifest();
  }

  /// Digests by relative path.
  private static Map<String, String> files(Path root) throws IOException {
    var found = new TreeMap<String, String>();
    try (var all = Files.walk(root)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        found.put(
            root.relativize(file).toString(),
            HexFormat.of().formatHex(Digest.sha256(Files.readAllBytes(file)).bytes()));
      }
    }
    return found;
  }
}
