package dev.slipway.telemetry;

import dev.slipway.contracts.DeviceId;
import dev.slipway.contracts.RolloutId;
import dev.slipway.contracts.Version;
import dev.slipway.contracts.device.Arm;
import dev.slipway.contracts.device.DeviceEvent.Reported;
import dev.slipway.contracts.device.Platform;
import dev.slipway.contracts.device.Stamp;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;

/// Reports of made-up devices.
public record Reports(
    DeviceId device,
    RolloutId rollout,
    String network,
    String version,
    String plugin,
    int stage,
    Arm arm,
    boolean stamped,
    boolean counts,
    Instant enrolledAt) {

  /// What the rollout offers.
  public static final Version CANDIDATE = Version.of("1.4.2");

  /// Devices are spread over so many networks.
  public static final int NETWORKS = 20;

  public static Reports of(long device, RolloutId rollout) {
    return new Reports(
        DeviceId.of(new UUID(0xd, device).toString()),
        rollout,
        "network-" + device % NETWORKS,
        "1.4.2",
        "8.51.23",
        0,
        Arm.EXPOSED,
        true,
        true,
        null);
  }

  public Reports version(String other) {
    return new Reports(
        device, rollout, network, other, plugin, stage, arm, stamped, counts, enrolledAt);
  }

  public Reports plugin(String other) {
    return new Reports(
        device, rollout, network, version, other, stage, arm, stamped, counts, enrolledAt);
  }

  public Reports stage(int other) {
    return new Reports(
        device, rollout, network, version, plugin, other, arm, stamped, counts, enrolledAt);
  }

  public Reports control() {
    return new Reports(
        device, rollout, network, version, plugin, stage, Arm.CONTROL, stamped, counts, enrolledAt);
  }

  /// As of a device that signs with a key that it enrolled then.
  public Reports enrolled(Instant at) {
    return new Reports(device, rollout, network, version, plugin, stage, arm, stamped, counts, at);
  }

  public Reports network(String other) {
    return new Reports(
        device, rollout, other, version, plugin, stage, arm, stamped, counts, enrolledAt);
  }

  /// What makes the device known before the rollout.
  public Reported before() {
    return unstamped()
        .version("1.4.1")
        .say("app_moved_to_foreground", Duration.ofDays(-3).plusSeconds(device.hashCode() % 60));
  }

  public Reports unstamped() {
    return new Reports(
        device, rollout, network, version, plugin, stage, arm, false, counts, enrolledAt);
  }

  public Reports emulator() {
    return new Reports(
        device, rollout, network, version, plugin, stage, arm, stamped, false, enrolledAt);
  }

  public Reported say(String action) {
    return say(action, Duration.ZERO);
  }

  public Reported say(String action, Duration after) {
    Instant at = PluginTrace.START.plus(after);
    return new Reported(
        PluginTrace.APP,
        PluginTrace.CHANNEL,
        device,
        Platform.ANDROID,
        action,
        version,
        "",
        plugin,
        null,
        network,
        counts,
        null,
        enrolledAt,
        stamped ? new Stamp(rollout, arm, stage, 7, CANDIDATE) : null,
        at);
  }
}
