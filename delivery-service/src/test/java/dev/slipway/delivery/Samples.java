package dev.slipway.delivery;

import dev.slipway.bundle.AppId;
import dev.slipway.bundle.Digest;
import dev.slipway.contracts.ChannelName;
import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.app.AppPolicy;
import dev.slipway.contracts.app.AppState;
import dev.slipway.contracts.bundle.BundleState;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.rollout.ChannelRules;
import dev.slipway.contracts.rollout.ChannelState;
import dev.slipway.contracts.rollout.Exposure;
import dev.slipway.contracts.rollout.Policy;
import dev.slipway.delivery.decide.DeviceFacts;
import dev.slipway.delivery.decide.Plugin;
import dev.slipway.delivery.image.SemVer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.random.RandomGenerator;

/// States as the other services write them.
public final class Samples {

  public static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
  public static final String SALT = "AAECAwQFBgcICQoLDA0ODw";
  public static final String KEY_ID = "MIIBCgKCAQEAbbbbbbbb";
  public static final RolloutId ROLLOUT = RolloutId.of("0b7f6f5e-3a51-4f0c-9c7a-1f3d3b1f2a10");

  private Samples() {}

  public static Digest digest(String of) {
    return Digest.sha256(of.getBytes(StandardCharsets.UTF_8));
  }

  public static AppState app(String id) {
    return new AppState(
        AppId.of(id), 1, "Demo", "publisher", digest("leaf"), List.of("fleet-1"), NOW);
  }

  public static BundleState bundle(String app, String version) {
    return bundle(app, version, 1, BundleState.Status.PUBLISHED, capgo(app + version, KEY_ID));
  }

  public static BundleState.Capgo capgo(String content, String keyId) {
    return new BundleState.Capgo(
        digest("zip of " + content), 1000, "aXY=:a2V5", "c0ffee".repeat(20), keyId);
  }

  public static BundleState bundle(
      String app,
      String version,
      long revision,
      BundleState.Status status,
      BundleState.Capgo capgo) {
    return new BundleState(
        AppId.of(app),
        Version.of(version),
        revision,
        status,
        BundleState.Format.SLIPWAY_BUNDLE_1,
        digest("manifest of " + app + version),
        3,
        3000,
        0,
        digest("leaf"),
        capgo,
        NOW);
  }

  public static ChannelState channel(String app, String name, long epoch, String baseline) {
    return channel(app, name, epoch, baseline, null, Set.of(), Set.of(), ChannelRules.DEFAULT);
  }

  public static ChannelState channel(
      String app,
      String name,
      long epoch,
      String baseline,
      ChannelState.ActiveRollout rollout,
      Set<String> hold,
      Set<String> quarantined,
      ChannelRules rules) {
    return new ChannelState(
        AppId.of(app),
        ChannelName.of(name),
        epoch,
        Version.of(baseline),
        null,
        rollout,
        hold.stream().map(Version::of).collect(java.util.stream.Collectors.toSet()),
        quarantined.stream().map(Version::of).collect(java.util.stream.Collectors.toSet()),
        rules,
        NOW);
  }

  public static ChannelState.ActiveRollout rollout(
      String version, Exposure exposure, boolean paused) {
    return new ChannelState.ActiveRollout(
        ROLLOUT,
        Version.of(version),
        SALT,
        exposure,
        Exposure.of("10 %"),
        0,
        paused,
        Policy.CAUTIOUS,
        NOW);
  }

  public static DeviceId device(RandomGenerator random) {
    return DeviceId.of(new UUID(random.nextLong(), random.nextLong()).toString());
  }

  /// An app that lets its servers hold readable bytes, and devices see links.
  public static AppState openApp(String id) {
    var policy =
        new AppPolicy(
            AppPolicy.VersionScheme.SEMVER,
            AppPolicy.Confidentiality.NONE,
            365,
            AppPolicy.Pin.LEAF,
            true,
            1L << 30,
            1L << 40);
    return new AppState(
        AppId.of(id),
        1,
        "Demo",
        "publisher",
        digest("leaf"),
        List.of("fleet-1"),
        List.of(),
        policy,
        null,
        null,
        NOW,
        null);
  }

  /// A bundle with everything that one can have.
  public static BundleState bundle(
      String app,
      String version,
      BundleState.Capgo capgo,
      BundleState.Compat compat,
      BundleState.Metadata metadata) {
    return new BundleState(
        AppId.of(app),
        Version.of(version),
        1,
        BundleState.Status.PUBLISHED,
        BundleState.Format.CAPGO_ZIP,
        digest("manifest of " + app + version),
        3,
        3000,
        0,
        digest("leaf"),
        null,
        compat,
        capgo,
        null,
        metadata,
        false,
        NOW);
  }

  /// A plugin of this version on Android, in a native build 1.0.0.
  public static DeviceFacts facts(String plugin, String keyId) {
    return new DeviceFacts(
        Platform.ANDROID,
        SemVer.of(1, 0, 0),
        "1.0.0",
        new Plugin(SemVer.parse(plugin).orElseThrow()),
        plugin,
        "13",
        "",
        false,
        true,
        null,
        keyId);
  }
}
