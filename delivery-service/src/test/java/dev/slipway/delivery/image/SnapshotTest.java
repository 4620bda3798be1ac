package dev.slipway.delivery.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.slipway.bundle.AppId;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.device.DeviceOverride;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.delivery.Samples;
import dev.slipway.delivery.decide.UpdateDecision;
import dev.slipway.delivery.decide.UpdateQuery;
import dev.slipway.delivery.decide.UpdateRules;
import dev.slipway.delivery.device.Devices;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SnapshotTest {

  private static final String APP = "com.demo.app";
  private static final OfferWriter OFFERS = new OfferWriter(URI.create("https://ota.example.com"));

  @TempDir Path folder;

  private final Devices devices = new Devices(99);

  private Path file() {
    return folder.resolve("deep/image.snapshot");
  }

  @Test
  void servesTheBaselineAfterARestartAndNoCandidate() throws Exception {
    // Given
    var device = Samples.device(new Random(1));
    var tester = Samples.device(new Random(2));
    devices.override(
        new DeviceOverride(AppId.of(APP), tester, ChannelName.of("beta"), 1, Samples.NOW));
    snapshot().write(file());

    // When
    var served = Snapshot.read(file()).served(OFFERS);

    // Then
    assertThat(served.live()).isFalse();
    assertThat(offered(served, query(device, "1.0.0"))).isEqualTo("1.0.1");
    // Whoever runs the candidate is left alone
    assertThat(UpdateRules.decide(served.image(), served.devices(), query(device, "1.1.0"), 0))
        .isInstanceOf(UpdateDecision.UpToDate.class);
    // and whom an operator put elsewhere stays there
    assertThat(offered(served, query(tester, "1.0.0"))).isEqualTo("1.1.0");
  }

  @Test
  void replacesTheOneBeforeAndLeavesNothingElse() throws Exception {
    snapshot().write(file());
    snapshot().write(file());
    try (var files = Files.list(file().getParent())) {
      assertThat(files).containsExactly(file());
    }
  }

  @Test
  void readsNothingThatIsDamaged() throws Exception {
    // Given
    snapshot().write(file());
    byte[] good = Files.readAllBytes(file());
    var random = new Random(7);

    for (int i = 0; i < 300; i++) {
      // When
      byte[] bad =
          i % 3 == 0
              ? java.util.Arrays.copyOf(good, random.nextInt(good.length))
              : i % 3 == 1 ? java.util.Arrays.copyOf(good, good.length + 1) : good.clone();
      if (i % 3 == 2) bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
      Files.write(file(), bad);

      // Then
      assertThatThrownBy(() -> Snapshot.read(file())).isInstanceOf(IOException.class);
    }
  }

  private Snapshot snapshot() {
    return new Snapshot(
        Samples.NOW,
        List.of(Samples.app(APP)),
        List.of(Samples.bundle(APP, "1.0.1"), Samples.bundle(APP, "1.1.0")),
        List.of(
            Samples.channel(
                APP,
                "production",
                1,
                "1.0.1",
                Samples.rollout("1.1.0", Exposure.ALL, false),
                Set.of(),
                Set.of(),
                ChannelRules.DEFAULT),
            Samples.channel(APP, "beta", 1, "1.1.0")),
        devices);
  }

  private static UpdateQuery query(dev.slipway.contracts.DeviceId device, String running) {
    var facts = Samples.facts("8.51.23", Samples.KEY_ID);
    // beta is first by name and open; ask for production
    var asking =
        new dev.slipway.delivery.decide.DeviceFacts(
            facts.platform(),
            facts.build(),
            facts.nativeVersion(),
            facts.plugin(),
            facts.pluginVersion(),
            facts.osVersion(),
            facts.customId(),
            false,
            true,
            "production",
            facts.keyId());
    return UpdateQuery.of(APP, device, asking, running);
  }

  private static String offered(Served served, UpdateQuery query) {
    var decision = UpdateRules.decide(served.image(), served.devices(), query, 0);
    assertThat(decision).isInstanceOf(UpdateDecision.Offer.class);
    return ((UpdateDecision.Offer) decision).bundle().state().version().text();
  }
}
