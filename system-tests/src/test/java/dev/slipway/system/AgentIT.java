package dev.slipway.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.agent.ReleaseInstaller;
import dev.slipway.bundle.BundleException;
import dev.slipway.bundle.Digest;
import dev.slipway.bundle.KeyRing;
import dev.slipway.bundle.Secret;
import dev.slipway.bundle.WrappingKey;
import dev.slipway.contracts.bundle.BundleState;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// The sealed bundle, from the publisher's folder through the services to a device's: the same
// files,
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
