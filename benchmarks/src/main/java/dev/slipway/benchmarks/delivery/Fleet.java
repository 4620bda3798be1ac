package dev.slipway.benchmarks.delivery;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.Condition;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.delivery.decide.DeviceFacts;
import dev.slipway.delivery.decide.Plugin;
import dev.slipway.delivery.image.DeliveryImage;
import dev.slipway.delivery.image.ImageDelta;
import dev.slipway.delivery.image.OfferWriter;
import dev.slipway.delivery.image.SemVer;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Apps, channels and devices to measure with. The same numbers give the same fleet.
final class Fleet {

  static final String KEY_ID = "MIIBCgKCAQEAbbbbbbbb";
  static final String PLUGIN = "8.51.23";
  private static final Instant START = Instant.parse("2026-11-24T00:00:00Z");
  private static final long SEED = 20261124;

  private Fleet() {}

  static String app(int number) {
    return "com.example.app" + number;
  }

  static String channel(int number) {
    return number == 0 ? "production" : "test" + number;
  }

  static DeviceId device(Random random) {
    return DeviceId.of(new UUID(random.nextLong(), random.nextLong()).toString());
  }

  static Random random() {
    return new Random(SEED);
  }

  static AppState appState(int number) {
    return new AppState(
        AppId.of(app(number)),
        1,
        "App " + number,
        "publisher",
        digest("leaf"),
        List.of("fleet"),
        START);
  }

  static BundleState bundle(int app, String version) {
    return new BundleState(
        AppId.of(app(app)),
        Version.of(version),
        1,
        BundleState.Status.PUBLISHED,
        BundleState.Format.SLIPWAY_BUNDLE_1,
        digest("manifest" + app + version),
        40,
        4_000_000,
        0,
        digest("leaf"),
        new BundleState.Capgo(
            digest("zip" + app + version), 4_000_000, "aXY=:a2V5", "ab".repeat(256), KEY_ID),
        START);
  }

  /// @param rollout whether a rollout is active that reaches half of the devices, chosen by two
  ///     conditions that all of them meet
  static ChannelState channelState(int app, int channel, long epoch, boolean rollout) {
    return new ChannelState(
        AppId.of(app(app)),
        ChannelName.of(channel(channel)),
        epoch,
        Version.of("1.0.1"),
        null,
        rollout ? rollout() : null,
        Set.of(),
        Set.of(),
        channel == 0
            ? ChannelRules.DEFAULT
            : new ChannelRules(
                false,
                true,
                true,
                true,
                true,
                true,
                true,
                true,
                true,
                ChannelRules.Barrier.MAJOR,
                true),
        Instant.now());
  }

  private static ChannelState.ActiveRollout rollout() {
    return new ChannelState.ActiveRollout(
        RolloutId.of("0b7f6f5e-3a51-4f0c-9c7a-1f3d3b1f2a10"),
        Version.of("1.1.0"),
        "AAECAwQFBgcICQoLDA0ODw",
        Exposure.of("50 %"),
        Exposure.of("10 %"),
        2,
        false,
        Policy.CAUTIOUS,
        List.of(
            new Condition.PlatformIn(Set.of(Platform.ANDROID, Platform.IOS)),
            new Condition.NativeVersion("1.0.0", "2.0.0")),
        null,
        START);
  }

  static DeliveryImage image(int apps, boolean rollout) {
    var delta =
        new ImageDelta(DeliveryImage.EMPTY, new OfferWriter(URI.create("https://ota.example.com")));
    for (int app = 0; app < apps; app++) {
      delta.replay(appState(app));
      delta.replay(bundle(app, "1.0.1"));
      delta.replay(bundle(app, "1.1.0"));
      for (int channel = 0; channel < 5; channel++) {
        delta.replay(channelState(app, channel, 1, rollout));
      }
    }
    return delta.apply();
  }

  /// The body of an update check as plugin 8.51.23 sends it: 400 bytes, more or less.
  static byte[] check(int app, DeviceId device, String running, @Nullable String keyId) {
    return ("{\"version_os\":\"13\",\"plugin_version\":\"%s\",\"device_id\":\"%s\",\"custom_id\":\"\","
            + "\"version_code\":\"1\",\"version_build\":\"1.0.0\",\"platform\":\"android\","
            + "\"version_name\":\"%s\",\"is_prod\":true,\"install_source\":\"google_play\","
            + "\"app_id\":\"%s\",\"defaultChannel\":\"production\",\"is_emulator\":false,"
            + "\"key_id\":\"%s\"}")
        .formatted(PLUGIN, device, running, app(app), keyId)
        .getBytes(StandardCharsets.UTF_8);
  }

  static DeviceFacts facts() {
    return new DeviceFacts(
        Platform.ANDROID,
        SemVer.of(1, 0, 0),
        "1.0.0",
        new Plugin(SemVer.parse(PLUGIN).orElseThrow()),
        PLUGIN,
        "13",
        null,
        false,
        true,
        "production",
        KEY_ID);
  }

  private static Digest digest(String of) {
    return Digest.sha256(of.getBytes(StandardCharsets.UTF_8));
  }
}
